//! What the pull request does to the list, one line a row.
//!
//! In: what became of each row. Out: a [`ListReport`]. A newcomer's trap: one row can have changed in
//! several ways, and still gets one line.

use super::{ChangeLine, RichText, change_lines, messages};
use crate::compare::ListChange;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// What a pull request does to the list.
#[derive(Debug)]
pub struct ListDiff {
    /// `2 rows added, 1 row removed; 1 new row has no issue`.
    pub summary: String,
    /// The row that concerns a reader most first.
    pub lines: Vec<ListLine>,
    /// Whether the list claims more than before.
    pub grows: bool,
}

/// What became of one row.
#[derive(Debug)]
pub struct ListLine {
    /// The document and line where it stands now; `None` when it is gone.
    pub location: Option<(String, u32)>,
    pub text: RichText,
    /// Whether the list claims more by it than before and it names no issue.
    pub is_untracked: bool,
}

impl ListDiff {
    /// `None` when no row changed.
    pub fn new(list: &ListChange) -> Option<ListDiff> {
        let changes = change_lines(list, None);
        let mut lines: Vec<ListLine> = Vec::new();
        let mut line_by_row: BTreeMap<ListPosition<'_>, usize> = BTreeMap::new();
        for change in &changes {
            let (text, is_untracked) = (messages::list_change(change), change.is_untracked());
            match line_by_row.entry(ListPosition::new(change)) {
                Entry::Occupied(index) => {
                    let line = &mut lines[*index.get()];
                    line.text = std::mem::take(&mut line.text).text("; ").append(text);
                    line.is_untracked |= is_untracked;
                }
                Entry::Vacant(index) => {
                    index.insert(lines.len());
                    let location = change.new.first().map(|row| (row.file.clone(), row.line));
                    lines.push(ListLine { location, text, is_untracked });
                }
            }
        }
        let grows = changes.iter().any(ChangeLine::grows);
        let summary = messages::list_summary(&changes);
        (!lines.is_empty()).then_some(ListDiff { summary, lines, grows })
    }

    /// The rows that claim more and name no issue.
    pub fn untracked(&self) -> impl Iterator<Item = &ListLine> {
        self.lines.iter().filter(|line| line.is_untracked)
    }
}

/// The row that a change is told of.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum ListPosition<'c> {
    /// Where it stands now.
    New(&'c str, u32),
    /// Where it stood, when it is gone.
    Old(&'c str, u32),
}

impl ListPosition<'_> {
    fn new(change: &ChangeLine) -> ListPosition<'_> {
        match (change.new.first(), change.old.first()) {
            (Some(row), _) => ListPosition::New(&row.file, row.line),
            (None, Some(row)) => ListPosition::Old(&row.file, row.line),
            (None, None) => ListPosition::Old("", 0),
        }
    }
}
