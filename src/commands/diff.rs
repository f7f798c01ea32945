//! `knownfail diff OLD NEW [RESULTS]...`: what became of each row from one document to another, and with
//! results whether the tests of each row that claims more than before really fail.

use super::{check, color, print, print_text};
use crate::cli::{CheckOptions, DiffOptions, OutputFormat, ReadOptions};
use crate::compare::ListChange;
use crate::error::Error;
use crate::files::AccessRoot;
use crate::known::KnownFailures;
use crate::render::{render_changes, render_changes_json};
use crate::report::change_lines;
use std::path::Path;

/// Runs the command: exit code 0, whatever changed.
pub(crate) fn run(options: &DiffOptions) -> Result<u8, Error> {
    let (old, new) = (read(&options.old)?, read(&options.new)?);
    [&old, &new].into_iter().for_each(check::report_errors);
    let facts = if options.results.is_empty() {
        None
    } else {
        let DiffOptions { results, input, .. } = options.clone();
        let read = ReadOptions { results, input, ..ReadOptions::default() };
        let check = CheckOptions { read, ..CheckOptions::default() };
        let found = check::find_results(&check.read, &AccessRoot::Unrestricted)?;
        let (facts, _) =
            check::collect_facts(&check, &new, &found, &[], &AccessRoot::Unrestricted)?;
        Some(facts)
    };
    let changes = change_lines(&ListChange::new(old, new), facts.as_ref());
    match options.output {
        OutputFormat::Text => print_text(&render_changes(&changes, color())),
        OutputFormat::Json => print(&render_changes_json(&changes)),
    }
    Ok(0)
}

fn read(path: &Path) -> Result<KnownFailures, Error> {
    let known_failures = vec![path.to_owned()];
    let options = ReadOptions { known_failures, ..ReadOptions::default() };
    check::read_documents(&options, &AccessRoot::Unrestricted).map_err(Error::into_argument)
}
