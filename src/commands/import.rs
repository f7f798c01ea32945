//! `knownfail import`: converts other tools' lists to a document; what it cannot express is reported on stderr.

use super::console::{eprint, print};
use super::output_files;
use crate::cli::ImportOptions;
use crate::error::Error;
use crate::files::{self, AccessRoot, FoundBy, NotUtf8};
use crate::import;
use crate::ingest::lists;
use crate::known::list_kinds::{
    ListItem, ListKind, ParsedList, SourceList, Unsupported, UnsupportedKind, apply_overrides,
};
use crate::report::messages;
use crate::sanitize;
use std::path::{Path, PathBuf};

/// Runs the command: exit code 0 if every list could be read, whatever could not be expressed, else 2.
pub(super) fn run(options: &ImportOptions) -> Result<u8, Error> {
    let (mut sources, mut lists) = (Vec::new(), Vec::new());
    let found = files::expand_directories(&options.lists)?;
    if let Some(path) = &options.output {
        let read = found.iter().map(|(path, _)| path.as_path());
        output_files::ensure_not_input(path, "the document", read, "a list")?;
    }
    for (path, found_by) in found {
        match (read(&path, options.from), found_by) {
            (Ok((source, list)), _) => {
                sources.push(source);
                lists.push(list);
            }
            // A directory of lists often has other files, such as a README.
            (Err(Error::UnknownList { .. }), FoundBy::Directory) => {
                eprint(&format!("{}: {}\n", sanitize::path(&path), messages::NOT_A_LIST));
            }
            (Err(error), FoundBy::Path | FoundBy::Directory) => return Err(error),
        }
    }
    if lists.is_empty()
        && let Some(path) = options.lists.first()
    {
        return Err(Error::UnknownList { path: path.clone() });
    }
    if !has_entries(&lists) && !lists.iter().all(is_readable) {
        eprint_notes(&lists);
        return Ok(2);
    }
    apply_overrides(&mut lists);
    import::remove_duplicates(&mut lists);
    report_unsupported(&lists);
    let code = if lists.iter().all(is_readable) { 0 } else { 2 };
    let lists: Vec<(SourceList, ParsedList)> = sources.into_iter().zip(lists).collect();
    let text = import::write(&lists);
    let is_file = |path: &&PathBuf| !output_files::is_stdout(path, &AccessRoot::Unrestricted);
    match options.output.as_ref().filter(is_file) {
        Some(path) => files::write(path, &text, &AccessRoot::Unrestricted)?,
        None => print(&text),
    }
    Ok(code)
}

fn has_entries(lists: &[ParsedList]) -> bool {
    lists.iter().flat_map(|list| &list.items).any(|item| matches!(item, ListItem::Entry(_)))
}

/// Whether a list could be read, with or without entries that are left out.
fn is_readable(list: &ParsedList) -> bool {
    let is_invalid = |item: &Unsupported| matches!(item.kind, UnsupportedKind::InvalidFile { .. });
    !list.unsupported.iter().any(is_invalid)
}

fn read(path: &Path, forced: Option<ListKind>) -> Result<(SourceList, ParsedList), Error> {
    let display_path = sanitize::path(path);
    let (text, mut unsupported) =
        text_or_lossy(&display_path, files::read_text(path, &AccessRoot::Unrestricted)?);
    let source = SourceList { path: display_path.into(), text };
    let Some(kind) = forced.or_else(|| ListKind::detect(&source)) else {
        return Err(Error::UnknownList { path: path.to_owned() });
    };
    let mut include = |included: &str| {
        let read = lists::read_sibling(path, included).map_err(|error| error.to_string())?;
        let (text, more) = text_or_lossy(&sanitize::single_line(included), read);
        unsupported.extend(more);
        Ok(text)
    };
    let mut list = kind.read(&source, &mut include);
    list.unsupported.append(&mut unsupported);
    Ok((source, list))
}

/// A list's text; where it is not UTF-8, a row may name the wrong test.
fn text_or_lossy(display_path: &str, read: Result<String, NotUtf8>) -> (String, Vec<Unsupported>) {
    match read {
        Ok(text) => (text, Vec::new()),
        Err(NotUtf8 { text, line }) => {
            let kind = UnsupportedKind::NotUtf8;
            (text, vec![Unsupported { file: display_path.into(), line: line as u32, kind }])
        }
    }
}

/// Reports what could not be expressed, line by line.
fn eprint_notes(lists: &[ParsedList]) {
    for item in lists.iter().flat_map(|list| &list.unsupported) {
        let what = messages::import_note(&item.kind).to_string();
        let what = sanitize::single_line(&what).into_owned();
        eprint(&format!("{}:{}: {what}\n", item.file, item.line));
    }
}

/// Reports the same, and a summary.
fn report_unsupported(lists: &[ParsedList]) {
    eprint_notes(lists);
    let items = lists.iter().flat_map(|list| &list.items);
    let rows = items.filter(|item| matches!(item, ListItem::Entry(_))).count() as u64;
    let without_effect = lists.iter().map(|list| list.without_effect).sum();
    let unsupported = lists.iter().map(|list| list.unsupported.len() as u64).sum();
    eprint(&format!("{}\n", messages::import_summary(rows, without_effect, unsupported)));
}
