//! What the pull request does to the list, one line a row.
//!
//! In: both lists and what became of each row. Out: a [`ListReport`]. A newcomer's trap: one row can have
//! changed in several ways, and still gets one line.

use super::{Sentence, words};
use crate::compare::{ListChange, grown};
use crate::known::{Change, Row, RowId};

/// What a pull request does to the list.
#[derive(Debug)]
pub struct ListReport {
    /// `2 rows added, 1 row removed; 1 new row names no issue`.
    pub summary: String,
    /// The row that concerns a reader most first.
    pub lines: Vec<ListLine>,
}

/// What became of one row.
#[derive(Debug)]
pub struct ListLine {
    /// The document and line where it stands now; `None` when it is gone.
    pub place: Option<(String, u32)>,
    pub said: Sentence,
    pub growth: Growth,
}

/// Whether the list claims more by a row than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Growth {
    No,
    /// It does, and an issue is named.
    Tracked,
    /// It does, and no issue is named.
    Untracked,
}

/// The row that a change is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Old(RowId),
    New(RowId),
}

impl ListReport {
    /// `None` when no row changed.
    pub fn new(list: &ListChange) -> Option<ListReport> {
        let mut lines: Vec<(Subject, ListLine)> = Vec::new();
        for change in &list.changes {
            let (subject, said) = (subject(change), words::list_change(list, change));
            let growth = growth(list, change);
            match lines.iter_mut().find(|(told, _)| *told == subject) {
                Some((_, line)) => {
                    line.said = std::mem::take(&mut line.said).words("; ").join(said);
                    if line.growth == Growth::No {
                        line.growth = growth;
                    }
                }
                None => lines.push((subject, line(list, subject, said, growth))),
            }
        }
        let lines: Vec<ListLine> = lines.into_iter().map(|(_, line)| line).collect();
        (!lines.is_empty()).then(|| ListReport { summary: words::list_summary(list), lines })
    }

    /// Whether the list claims more than before.
    pub fn grows(&self) -> bool {
        self.lines.iter().any(|line| line.growth != Growth::No)
    }

    /// The rows that claim more and name no issue.
    pub fn untracked(&self) -> impl Iterator<Item = &ListLine> {
        self.lines.iter().filter(|line| line.growth == Growth::Untracked)
    }
}

fn line(list: &ListChange, subject: Subject, said: Sentence, growth: Growth) -> ListLine {
    let at = |row: &Row| (row.file.to_string(), row.line);
    let place = match subject {
        Subject::Old(_) => None,
        Subject::New(id) => Some(at(list.new.row(id))),
    };
    ListLine { place, said, growth }
}

fn subject(change: &Change) -> Subject {
    match change {
        Change::Added { new }
        | Change::Widened { new, .. }
        | Change::Edited { new, .. }
        | Change::Moved { new, .. }
        | Change::Repeated { new, .. } => Subject::New(*new),
        Change::Narrowed { old, new } => {
            new.first().map_or(Subject::Old(*old), |n| Subject::New(*n))
        }
        Change::Removed { old } | Change::Merged { old, .. } => Subject::Old(*old),
    }
}

fn growth(list: &ListChange, change: &Change) -> Growth {
    match grown(change) {
        None => Growth::No,
        Some(row) if list.new.row(row).issue.is_empty() => Growth::Untracked,
        Some(_) => Growth::Tracked,
    }
}
