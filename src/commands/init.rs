//! `knownfail init`: writes a first list, and prints the workflow that uses it.
//!
//! A list is read back and compared with the same results before it is written, so that what it does not excuse is reported.

use super::check::compare;
use super::command_line::input_values;
use super::console::{eprint, eprint_document_errors, eprint_warning, print};
use super::diff_paths::current_diff_paths;
use super::list::eprint_gaps;
use super::output_files;
use crate::cli::{CheckOptions, InitOptions, ListFormatOptions, ReadOptions, UpdateOptions};
use crate::compare::{Facts, Verdict};
use crate::error::Error;
use crate::files::{self, AccessRoot, display_path};
use crate::ingest::inputs::Inputs;
use crate::ingest::lists;
use crate::known::{KnownFailures, ListFile, ListFormat, ListStyle, NewList};
use crate::render::{WorkflowInput, render_workflow};
use crate::report::{first_list, messages};
use crate::sanitize;
use std::path::Path;

/// What the workflow reads where no results were given.
const RESULTS_PLACEHOLDER: &str = "results/**/*.xml";

/// Runs the command: exit code 0 if the list was written, whatever it does not excuse.
pub(super) fn run(options: &InitOptions) -> Result<u8, Error> {
    let path = &options.known_failures;
    if files::exists(path) {
        return Err(Error::ListExists { path: path.clone() });
    }
    let style = new_style(path, options.plain.then_some(ListFormat::PLAIN))?;
    let read = ReadOptions {
        results: options.results.clone(),
        known_failures: vec![path.clone()],
        list: ListFormatOptions::default(),
        input: options.input.clone(),
    };
    let check = CheckOptions { read, ..CheckOptions::default() };
    let list = FirstList::new(&check, path, style)?;
    files::write_new(path, list.text())?;
    list.eprint_notes(path, style);
    eprint(&format!("knownfail: {}\n", messages::NEXT_STEPS));
    print(&workflow(options));
    Ok(0)
}

/// The list that `update --add` is to add rows to, if it is a single one that does not exist.
pub(super) fn missing_list(options: &UpdateOptions) -> Option<&Path> {
    let [path] = &options.read.known_failures[..] else { return None };
    Some(path.as_path()).filter(|path| options.add && !files::exists(path))
}

/// Writes that list: exit code 0.
pub(super) fn create(options: &UpdateOptions, path: &Path) -> Result<u8, Error> {
    let check = CheckOptions {
        read: options.read.clone(),
        completeness: options.completeness.clone(),
        ..CheckOptions::default()
    };
    let style = new_style(path, options.read.list.list_format)?;
    let list = FirstList::new(&check, path, style)?;
    let file = display_path(path);
    if options.dry_run {
        let paths = current_diff_paths(&options.read.known_failures);
        print(&paths.join([paths.new_file(&file, list.text())]));
    } else {
        files::write_new(path, list.text())?;
    }
    eprint(&messages::list_was_missing(&sanitize::single_line(&file)));
    list.eprint_notes(path, style);
    Ok(0)
}

/// How a list at this path is written: as requested, or by its name.
fn new_style(path: &Path, requested: Option<ListFormat>) -> Result<ListStyle, Error> {
    let style = requested.map_or_else(|| ListStyle::for_path(path), ListStyle::for_format);
    let style = style.filter(|_| !output_files::is_stdout(path, &AccessRoot::Unrestricted));
    style.ok_or_else(|| Error::UnwritableList { path: path.to_owned() })
}

/// A list that does not exist yet.
struct FirstList {
    /// As it is read back.
    known: KnownFailures,
    entries: u64,
    /// Of the run; `None` without results.
    facts: Option<Facts>,
    /// The names of the tests whose failures it does not excuse.
    not_excused: Vec<String>,
}

impl FirstList {
    fn new(check: &CheckOptions, path: &Path, style: ListStyle) -> Result<FirstList, Error> {
        if check.read.results.is_empty() {
            let known = read_back(path, style, first_list(None, style).write(style))?;
            return Ok(FirstList { known, entries: 0, facts: None, not_excused: Vec::new() });
        }
        let inputs = Inputs::find(check, &AccessRoot::Unrestricted)?;
        let facts = compare(&inputs, &KnownFailures::default())?.facts;
        if facts.counts.test_count() == 0 {
            return Err(Error::NoTests);
        }
        let list: NewList = first_list(Some(&facts), style);
        let known = read_back(path, style, list.write(style))?;
        let not_excused = not_excused(&inputs, &known)?;
        let entries = list.entry_count() as u64;
        Ok(FirstList { known, entries, facts: Some(facts), not_excused })
    }

    fn text(&self) -> &str {
        self.known.documents().first().map_or("", |document| &document.text)
    }

    fn eprint_notes(&self, path: &Path, style: ListStyle) {
        let file = sanitize::path(path);
        eprint(&messages::list_written(&file, self.entries, style));
        eprint_document_errors(&self.known);
        if let Some(name) = self.not_excused.first() {
            let name = sanitize::value(name);
            eprint_warning(&messages::not_excused(self.not_excused.len() as u64, &name));
        }
        let Some(facts) = &self.facts else { return };
        if style == ListStyle::Plain && facts.variants.len() > 1 {
            eprint_warning(messages::PLAIN_HAS_NO_VARIANTS);
        }
        if facts.variants.iter().any(|variant| !variant.incomplete.is_empty()) {
            eprint_warning(messages::INCOMPLETE_FIRST_LIST);
            eprint_gaps(facts);
        }
    }
}

/// The list as every command reads it: if it would not be read as it is written, it declares its format.
fn read_back(path: &Path, style: ListStyle, text: String) -> Result<KnownFailures, Error> {
    let format = style.format();
    let read = |text: &str| {
        let list = ListFile::new(display_path(path), text.as_bytes().to_vec(), None);
        let known = lists::parse(&[path.to_owned()], vec![list], &mut |_, _| Err(String::new()))?;
        let formats = known.documents().iter().map(|document| document.format);
        let is_as_written = formats.flatten().all(|read| read.name() == format.name());
        Ok((known, is_as_written))
    };
    match read(&text) {
        Ok((known, true)) => Ok(known),
        Ok((_, false)) | Err(_) => read(&format.declare(text)).map(|(known, _)| known),
    }
}

/// The names of the tests whose failures a list does not excuse.
fn not_excused(inputs: &Inputs<'_>, known: &KnownFailures) -> Result<Vec<String>, Error> {
    let facts = compare(inputs, known)?.facts;
    let new = facts.tests.iter().filter(|test| test.verdict == Verdict::NewFailure);
    Ok(new.map(|test| test.name.to_string()).collect())
}

/// The workflow that reads the same results and the new list.
fn workflow(options: &InitOptions) -> String {
    let results = match &options.results[..] {
        [] => RESULTS_PLACEHOLDER.to_owned(),
        results => results.join("\n"),
    };
    let list = options.known_failures.to_string_lossy().into_owned();
    let own = [("results", results), ("known-failures", list)].into_iter();
    let inputs = own.chain(input_values(&options.input));
    render_workflow(inputs.map(|(name, value)| WorkflowInput { name, value }))
}
