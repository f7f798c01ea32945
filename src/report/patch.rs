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
    /// The unified diff without its headers.
    hunks: String,
}

impl Patch {
    /// The unified diff, as seen from the directory whose path to the document's begins so: empty, or ending
    /// in a slash.
    pub fn diff(&self, directory: &str) -> String {
        headers(&format!("{directory}{}", relative_path(&self.file))) + &self.hunks
    }
}

/// The documents without these rows.
pub(super) fn removing_rows(known: &KnownFailures, removed: &BTreeSet<RowId>) -> Vec<Patch> {
    let patch = |(path, text): (&str, &str)| {
        let lines: BTreeSet<u32> = removed
            .iter()
            .map(|id| known.row(*id))
            .filter(|r| &*r.file == path)
            .map(|r| r.line)
            .collect();
        let hunks = (!lines.is_empty()).then(|| hunks(text, &remove_rows(text, &lines)));
        hunks.map(|hunks| Patch { file: path.to_owned(), rows: lines.len(), hunks })
    };
    known
        .documents()
        .iter()
        .filter_map(|document| patch((&document.path, &document.text)))
        .collect()
}

/// A unified diff with three lines of context, whose paths begin with `a/` and `b/` as git's do; empty without a
/// difference.
pub fn unified_diff(path: &str, old: &str, new: &str) -> String {
    let hunks = hunks(old, new);
    if hunks.is_empty() { hunks } else { headers(relative_path(path)) + &hunks }
}

fn hunks(old: &str, new: &str) -> String {
    TextDiff::configure().diff_lines(old, new).unified_diff().context_radius(3).to_string()
}

fn headers(path: &str) -> String {
    format!("--- a/{path}\n+++ b/{path}\n")
}

fn relative_path(path: &str) -> &str {
    path.trim_start_matches("./").trim_start_matches('/')
}
