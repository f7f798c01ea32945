//! `knownfail import`: other tools' lists as a document of ours; what cannot be said goes to stderr.

use super::{output_files, print};
use crate::cli::ImportOptions;
use crate::error::Error;
use crate::files::{self, Named, NotUtf8, Root};
use crate::import::{self, Imported, Item, Kind, Source, Unsaid, UnsaidKind};
use crate::report::messages;
use crate::sanitize;
use std::path::{Path, PathBuf};

/// Runs the command: exit code 0 when every list could be read, whatever could not be said of it, else 2.
pub fn run(options: &ImportOptions) -> Result<u8, Error> {
    let (mut sources, mut lists) = (Vec::new(), Vec::new());
    let found = files::lists(&options.lists)?;
    if let Some(path) = &options.output {
        let read = found.iter().map(|(path, _)| path.as_path());
        output_files::spare(path, "the document", read, "a list")?;
    }
    for (path, named) in found {
        match (read(&path, options.from()), named) {
            (Ok((source, list)), _) => {
                sources.push(source);
                lists.push(list);
            }
            // Beside lists stand files that explain or use them.
            (Err(Error::UnknownList { .. }), Named::ByDirectory) => {
                let path = sanitize::line(&path.to_string_lossy()).into_owned();
                super::tell(&format!("{path}: {}\n", messages::NO_LIST));
            }
            (Err(error), Named::Itself | Named::ByDirectory) => return Err(error),
        }
    }
    if let (true, Some(path)) = (lists.is_empty(), options.lists.first()) {
        return Err(Error::UnknownList { path: path.clone() });
    }
    import::settle(&mut lists);
    tell(&lists);
    let lists: Vec<(Source, Imported)> = sources.into_iter().zip(lists).collect();
    let text = import::write(&lists);
    match &options.output {
        Some(path) => files::write(path, &text, &Root::Anywhere)?,
        None => print(&text),
    }
    let unread = |unsaid: &Unsaid| matches!(unsaid.what, UnsaidKind::Rest { .. });
    let all_read = !lists.iter().any(|(_, list)| list.unsaid.iter().any(unread));
    Ok(if all_read { 0 } else { 2 })
}

fn read(path: &Path, from: Option<Kind>) -> Result<(Source, Imported), Error> {
    let shown = sanitize::line(&path.to_string_lossy()).into_owned();
    let (text, mut unsaid) = as_text(&shown, files::read_text(path, &Root::Anywhere)?);
    let source = Source { path: shown.into(), text };
    let Some(kind) = from.or_else(|| Kind::recognise(&source)) else {
        return Err(Error::UnknownList { path: path.to_owned() });
    };
    // What a list includes stands beside it or below: a list may come from anybody.
    let beside = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let beside: PathBuf = beside.unwrap_or(Path::new(".")).to_owned();
    let mut include = |included: &str| {
        let read = files::read_text(&beside.join(included), &Root::Below(beside.clone()));
        let (text, more) =
            as_text(&sanitize::line(included), read.map_err(|error| error.to_string())?);
        unsaid.extend(more);
        Ok(text)
    };
    let mut list = kind.read(&source, &mut include);
    list.unsaid.append(&mut unsaid);
    Ok((source, list))
}

/// A list's text; where it is not UTF-8 a row may name another test than the list does.
fn as_text(shown: &str, read: Result<String, NotUtf8>) -> (String, Vec<Unsaid>) {
    match read {
        Ok(text) => (text, Vec::new()),
        Err(NotUtf8 { text, line }) => {
            let what = UnsaidKind::NotUtf8;
            (text, vec![Unsaid { file: shown.into(), line: line as u32, what }])
        }
    }
}

/// What could not be said, line by line, and how much that is.
fn tell(lists: &[Imported]) {
    let unsaid = lists.iter().flat_map(|list| &list.unsaid);
    for unsaid in unsaid.clone() {
        let what = sanitize::line(&messages::unsaid(&unsaid.what)).into_owned();
        super::tell(&format!("{}:{}: {what}\n", unsaid.file, unsaid.line));
    }
    let items = lists.iter().flat_map(|list| &list.items);
    let rows = items.filter(|item| matches!(item, Item::Row(_))).count() as u64;
    super::tell(&format!("{}\n", messages::imported(rows, unsaid.count() as u64)));
}
