//! `knownfail diff OLD NEW [RESULTS]...`: what became of each row; with results, also whether the tests of rows that
//! claim more than before really fail.

use super::check::compare;
use super::console::{color, eprint_document_errors, print, print_text};
use crate::cli::{CheckOptions, DiffOptions, OutputFormat, ReadOptions};
use crate::compare::{Facts, ListChange};
use crate::error::Error;
use crate::files::AccessRoot;
use crate::ingest::inputs::Inputs;
use crate::ingest::lists;
use crate::known::{KnownFailures, ListFormat};
use crate::render::{render_changes, render_changes_json};
use crate::report::change_lines;
use std::path::PathBuf;
use std::slice;

/// Runs the command: exit code 0, whatever changed.
pub(super) fn run(options: &DiffOptions) -> Result<u8, Error> {
    let format = options.list.list_format;
    let (old, new) = (read(&options.old, format)?, read(&options.new, format)?);
    [&old, &new].into_iter().for_each(eprint_document_errors);
    let facts = (!options.results.is_empty()).then(|| read_facts(options, &new)).transpose()?;
    let changes = change_lines(&ListChange::new(old, new), facts.as_ref());
    match options.output {
        OutputFormat::Text => print_text(&render_changes(&changes, color())),
        OutputFormat::Json => print(&render_changes_json(&changes)),
    }
    Ok(0)
}

fn read(path: &PathBuf, format: Option<ListFormat>) -> Result<KnownFailures, Error> {
    let paths = lists::expand_paths(slice::from_ref(path))?;
    lists::read(&paths, format, &AccessRoot::Unrestricted).map_err(Error::into_argument)
}

fn read_facts(options: &DiffOptions, known: &KnownFailures) -> Result<Facts, Error> {
    let DiffOptions { results, input, .. } = options.clone();
    let read = ReadOptions { results, input, ..ReadOptions::default() };
    let check = CheckOptions { read, ..CheckOptions::default() };
    let inputs = Inputs::find(&check, &AccessRoot::Unrestricted)?;
    Ok(compare(&inputs, known)?.facts)
}
