//! Unified diffs of documents, for `git apply` and `patch -p1`.

use crate::known::{KnownFailures, RowId, remove_rows};
use similar::TextDiff;
use std::collections::BTreeSet;

/// The change of one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// The document's path as the user gave it.
    pub file: String,
    /// How many rows it removes.
    pub rows: usize,
    /// The unified diff without its headers.
    hunks: String,
}

impl Patch {
    /// The unified diff. The document's path is relative to `directory`, which is empty or ends in a slash.
    pub fn diff(&self, directory: &str) -> String {
        headers(&format!("{directory}{}", relative_path(&self.file))) + &self.hunks
    }
}

/// The patches that remove these rows.
pub(super) fn removing_rows(known: &KnownFailures, removed: &BTreeSet<RowId>) -> Vec<Patch> {
    let mut patches = Vec::new();
    for document in known.documents() {
        let rows = removed.iter().map(|id| known.row(*id));
        let lines: BTreeSet<u32> =
            rows.filter(|row| *row.file == *document.path).map(|row| row.line).collect();
        if !lines.is_empty() {
            let hunks = hunks(&document.text, &remove_rows(&document.text, &lines));
            patches.push(Patch { file: document.path.to_string(), rows: lines.len(), hunks });
        }
    }
    patches
}

/// A unified diff with three lines of context and git's prefixes `a/` and `b/`; empty without a difference.
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
