//! `knownfail diff OLD NEW`: what became of each row from one document to another.

use super::{check, colour, print};
use crate::cli::{DiffOptions, DocumentOutput, ReadOptions};
use crate::compare::ListChange;
use crate::error::Error;
use crate::files::Root;
use crate::known::KnownFailures;
use crate::render::{render_changes, render_changes_json};
use crate::report::change_lines;
use std::path::Path;

/// Runs the command: exit code 0, whatever changed.
pub fn run(options: &DiffOptions) -> Result<u8, Error> {
    let changes = change_lines(&ListChange::new(read(&options.old)?, read(&options.new)?));
    print(&match options.output {
        DocumentOutput::Text => render_changes(&changes, colour()),
        DocumentOutput::Json => render_changes_json(&changes),
    });
    Ok(0)
}

fn read(path: &Path) -> Result<KnownFailures, Error> {
    let documents = ReadOptions { known_failures: vec![path.to_owned()], ..ReadOptions::default() };
    check::read_documents(&documents, &Root::Anywhere)
}
