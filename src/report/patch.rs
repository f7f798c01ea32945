//! The rows that pass, taken out of their documents, as a unified diff.
//!
//! In: the documents and the rows that can go. Out: for each document that changes, a diff that
//! `git apply` and `patch -p1` take.

use crate::known::{KnownFailures, RowId, remove_rows};
use similar::TextDiff;
use std::collections::BTreeSet;

/// The change of one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// The document's path as the user gave it.
    pub file: String,
    /// How many rows it takes out.
    pub rows: usize,
    /// The unified diff, headers included.
    pub diff: String,
}

/// The documents without these rows.
pub fn without(known: &KnownFailures, gone: &BTreeSet<RowId>) -> Vec<Patch> {
    let patch = |(path, text): (&str, &str)| {
        let lines: BTreeSet<u32> = gone
            .iter()
            .map(|id| known.row(*id))
            .filter(|r| &*r.file == path)
            .map(|r| r.line)
            .collect();
        let diff = (!lines.is_empty()).then(|| unified(path, text, &remove_rows(text, &lines)));
        diff.map(|diff| Patch { file: path.to_owned(), rows: lines.len(), diff })
    };
    known
        .documents()
        .iter()
        .filter_map(|document| patch((&document.path, &document.text)))
        .collect()
}

/// A unified diff with three lines of context, whose paths begin with `a/` and `b/` as git's do.
pub fn unified(path: &str, old: &str, new: &str) -> String {
    let path = path.trim_start_matches("./").trim_start_matches('/');
    let diff = TextDiff::configure().diff_lines(old, new);
    let header = (format!("a/{path}"), format!("b/{path}"));
    diff.unified_diff().context_radius(3).header(&header.0, &header.1).to_string()
}
