//! `knownfail import`: converts other tools' lists to a document; what it cannot express is reported on stderr.

use super::console::{eprint, print};
use super::output_files;
use crate::cli::ImportOptions;
use crate::error::Error;
use crate::files::{self, AccessRoot, FoundBy, NotUtf8};
use crate::import;
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
    apply_overrides(&mut lists);
    import::remove_duplicates(&mut lists);
    report_unsupported(&lists);
    let lists: Vec<(SourceList, ParsedList)> = sources.into_iter().zip(lists).collect();
    let text = import::write(&lists);
    match &options.output {
        Some(path) => files::write(path, &text, &AccessRoot::Unrestricted)?,
        None => print(&text),
    }
    let is_unreadable =
        |item: &Unsupported| matches!(item.kind, UnsupportedKind::InvalidFile { .. });
    let all_read = !lists.iter().any(|(_, list)| list.unsupported.iter().any(is_unreadable));
    Ok(if all_read { 0 } else { 2 })
}

fn read(path: &Path, forced: Option<ListKind>) -> Result<(SourceList, ParsedList), Error> {
    let display_path = sanitize::path(path);
    let (text, mut unsupported) =
        text_or_lossy(&display_path, files::read_text(path, &AccessRoot::Unrestricted)?);
    let source = SourceList { path: display_path.into(), text };
    let Some(kind) = forced.or_else(|| ListKind::detect(&source)) else {
        return Err(Error::UnknownList { path: path.to_owned() });
    };
    // A list may be untrusted: it may only include files from its own directory.
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory: PathBuf = directory.unwrap_or(Path::new(".")).to_owned();
    let mut include = |included: &str| {
        let read =
            files::read_text(&directory.join(included), &AccessRoot::within(directory.clone()));
        let (text, more) = text_or_lossy(
            &sanitize::single_line(included),
            read.map_err(|error| error.to_string())?,
        );
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

/// Reports what could not be expressed, line by line, and a summary.
fn report_unsupported(lists: &[ParsedList]) {
    let unsupported = lists.iter().flat_map(|list| &list.unsupported);
    for item in unsupported.clone() {
        let what = messages::import_note(&item.kind).to_string();
        let what = sanitize::single_line(&what).into_owned();
        eprint(&format!("{}:{}: {what}\n", item.file, item.line));
    }
    let items = lists.iter().flat_map(|list| &list.items);
    let rows = items.filter(|item| matches!(item, ListItem::Entry(_))).count() as u64;
    let without_effect = lists.iter().map(|list| list.without_effect).sum();
    let unsupported = unsupported.count() as u64;
    eprint(&format!("{}\n", messages::import_summary(rows, without_effect, unsupported)));
}
