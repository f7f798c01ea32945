//! What the pull request does to the list, one line for each row, even if the row changed in several ways.

use super::{ChangeLine, RichText, change_lines, messages};
use crate::compare::ListChange;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// What a pull request does to the list.
#[derive(Debug)]
pub struct ListDiff {
    /// `2 rows added, 1 row removed; 1 row without an issue`
    pub summary: String,
    /// The most important change first.
    pub lines: Vec<ListLine>,
    /// Whether the new list excuses more than the old one.
    pub grows: bool,
}

/// The changes of one row.
#[derive(Debug)]
pub struct ListLine {
    /// Its document and line in the new list; `None` if it was removed.
    pub location: Option<(String, u32)>,
    /// What changed.
    pub text: RichText,
    /// Whether it names no issue, and excuses more than before or named one.
    pub is_untracked: bool,
}

impl ListDiff {
    /// Summarizes the changes; `None` if no row changed.
    pub fn new(list: &ListChange) -> Option<ListDiff> {
        let changes = change_lines(list, None);
        let mut lines: Vec<ListLine> = Vec::new();
        let mut line_by_row: BTreeMap<_, usize> = BTreeMap::new();
        for change in &changes {
            let (text, is_untracked) = (messages::list_change(change), change.is_untracked);
            match line_by_row.entry(position(change)) {
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
        let grows = changes.iter().any(|change| change.excuses_more);
        let untracked = lines.iter().filter(|line| line.is_untracked).count() as u64;
        let summary = messages::list_summary(&changes, untracked);
        (!lines.is_empty()).then_some(ListDiff { summary, lines, grows })
    }

    /// The rows that name no issue, and excuse more than before or named one.
    pub fn untracked(&self) -> impl Iterator<Item = &ListLine> {
        self.lines.iter().filter(|line| line.is_untracked)
    }
}

/// The document and line of a change's row, in the new list unless it was removed.
fn position(change: &ChangeLine) -> (bool, Option<(&str, u32)>) {
    let (old, new) = (change.old.first(), change.new.first());
    (new.is_none(), new.or(old).map(|row| (row.file.as_str(), row.line)))
}
