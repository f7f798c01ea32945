//! `knownfail import`: other tools' lists as a document of ours; what cannot be said goes to stderr.

use super::print;
use crate::cli::ImportOptions;
use crate::error::Error;
use crate::files::{self, Root};
use crate::import::{self, Imported, Item, Kind, Source};
use crate::render::plain;
use crate::report::words;
use std::path::{Path, PathBuf};

/// Runs the command: exit code 0 when there is a document, whatever it could not say.
pub fn run(options: &ImportOptions) -> Result<u8, Error> {
    let mut sources = Vec::new();
    let mut lists = Vec::new();
    for path in files::lists(&options.lists)? {
        let (source, list) = read(&path, options.from())?;
        sources.push(source);
        lists.push(list);
    }
    import::settle(&mut lists);
    tell(&lists);
    let lists: Vec<(Source, Imported)> = sources.into_iter().zip(lists).collect();
    let text = import::write(&lists);
    match &options.output {
        Some(path) => files::write(path, &text, &Root::Anywhere)?,
        None => print(&text),
    }
    Ok(0)
}

fn read(path: &Path, from: Option<Kind>) -> Result<(Source, Imported), Error> {
    let shown = plain::line(&path.to_string_lossy()).into_owned();
    let text = files::read_text(path, &Root::Anywhere)?;
    let source = Source { path: shown.into(), text };
    let Some(kind) = from.or_else(|| Kind::recognise(&source)) else {
        return Err(Error::UnknownList { path: path.to_owned() });
    };
    // What a list includes stands beside it or below: a list may come from anybody.
    let beside = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let beside: PathBuf = beside.unwrap_or(Path::new(".")).to_owned();
    let mut include = |included: &str| {
        let path = beside.join(included);
        files::read_text(&path, &Root::Below(beside.clone())).map_err(|error| error.to_string())
    };
    let list = kind.read(&source, &mut include);
    Ok((source, list))
}

/// What could not be said, line by line, and how much that is.
fn tell(lists: &[Imported]) {
    let unsaid = lists.iter().flat_map(|list| &list.unsaid);
    for unsaid in unsaid.clone() {
        let what = plain::line(&words::unsaid(&unsaid.what)).into_owned();
        super::tell(&format!("{}:{}: {what}\n", unsaid.file, unsaid.line));
    }
    let items = lists.iter().flat_map(|list| &list.items);
    let rows = items.filter(|item| matches!(item, Item::Row(_))).count() as u64;
    super::tell(&format!("{}\n", words::imported(rows, unsaid.count() as u64)));
}
