//! What became of each row from one list to another: the words of a list, not lines of a diff.
//!
//! In: the list before and the list after. Out: one [`Change`] for each thing that happened, sorted, the
//! one that concerns a reader most first. Pure and data only. A newcomer's trap: a row is what it claims
//! (pattern and variants), not where it stands, so a row that only stands elsewhere is no change, and
//! one that stands in another section was moved.

use super::repeats::Claimed;
use super::{KnownFailures, PatternKind, Row, RowId};
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

/// One thing that happened to the list. `old` is a row of the list before, `new` one of the list after.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Claims what no row claimed.
    Added { new: RowId },
    /// Claims all that the old rows did, and more.
    Widened { old: Vec<RowId>, new: RowId },
    /// Claims the same; these cells say something else.
    Edited { old: RowId, new: RowId, cells: Vec<EditedCell> },
    /// Claims the same under other headings, or in another document.
    Moved { old: RowId, new: RowId },
    /// Claims a part of what the old row did.
    Narrowed { old: RowId, new: Vec<RowId> },
    /// Nothing of the list after claims what it did.
    Removed { old: RowId },
    /// Says once more what another row says too.
    Repeated { new: RowId, of: RowId },
    /// Said what another row, which is still there, says too.
    Merged { old: RowId, into: RowId },
}

/// A cell that says something else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum EditedCell {
    /// What it excuses.
    Status,
    /// Where it holds, when neither scope contains the other.
    Variants,
    Category,
    Reason,
    Issue,
    Expires,
    Owner,
    /// A column without a meaning of ours, by its header.
    Other(String),
}

/// What became of each row.
pub fn changes(old: &KnownFailures, new: &KnownFailures) -> Vec<Change> {
    let mut lists = Lists { old, new, left: Vec::new(), came: Vec::new(), changes: Vec::new() };
    lists.pair_same_claims();
    lists.pair_same_patterns();
    lists.find_widened();
    lists.find_narrowed();
    let Lists { left, came, mut changes, .. } = lists;
    changes.extend(left.into_iter().map(|old| Change::Removed { old }));
    changes.extend(came.into_iter().map(|new| Change::Added { new }));
    changes.sort_unstable();
    changes
}

/// Both lists, and what is still to be explained.
struct Lists<'l> {
    old: &'l KnownFailures,
    new: &'l KnownFailures,
    /// Rows of the old list without a counterpart so far, in order.
    left: Vec<RowId>,
    /// Rows of the new list without a counterpart so far, in order.
    came: Vec<RowId>,
    changes: Vec<Change>,
}

/// How alike two rows are that claim the same, most first.
const LIKENESS: [fn(&Row, &Row) -> bool; 4] = [
    |a, b| a.section == b.section && a.reason == b.reason,
    |a, b| a.section == b.section,
    |a, b| a.reason == b.reason,
    |_, _| true,
];

impl Lists<'_> {
    /// Rows that claim the same on both sides, each with its likeliest counterpart.
    fn pair_same_claims(&mut self) {
        let (before, mut after) = (by_claim(self.old), by_claim(self.new));
        for (claimed, mut old) in before {
            let Some(mut new) = after.remove(&claimed) else {
                self.left.extend(old);
                continue;
            };
            let mut first = None;
            for alike in LIKENESS {
                old.retain(|o| {
                    let is_it = |n: &RowId| alike(self.old.row(*o), self.new.row(*n));
                    let Some(at) = new.iter().position(is_it) else { return true };
                    let n = new.remove(at);
                    first = first.into_iter().chain([n]).min();
                    pair(self.old, self.new, (*o, n), &mut self.changes);
                    false
                });
            }
            // One side has rows over, or neither; some pair was made.
            let Some(of) = first else { continue };
            self.changes.extend(old.into_iter().map(|old| Change::Merged { old, into: of }));
            self.changes.extend(new.into_iter().map(|new| Change::Repeated { new, of }));
        }
        self.came.extend(after.into_values().flatten());
        self.left.sort_unstable();
        self.came.sort_unstable();
    }

    /// Rows of the same pattern that hold in other variants.
    fn pair_same_patterns(&mut self) {
        let left = std::mem::take(&mut self.left);
        for id in left {
            let old = self.old.row(id);
            let same = |n: &RowId| self.new.row(*n).pattern == old.pattern;
            let Some(at) = self.came.iter().position(same) else {
                self.left.push(id);
                continue;
            };
            let new = self.came.remove(at);
            pair(self.old, self.new, (id, new), &mut self.changes);
        }
    }

    /// New wildcards and expressions, with the old rows that they swallowed.
    fn find_widened(&mut self) {
        let wide = |id: &RowId| self.new.row(*id).pattern.kind() != PatternKind::Exact;
        let mut wide: Vec<RowId> = self.came.iter().copied().filter(wide).collect();
        wide.sort_by_key(|id| Reverse(self.new.row(*id).pattern.literal_len()));
        for id in wide {
            let new = self.new.row(id);
            let swallowed = |old: &RowId| new.includes(self.old.row(*old));
            let old: Vec<RowId> = self.left.extract_if(.., |old| swallowed(old)).collect();
            if !old.is_empty() {
                self.came.retain(|came| *came != id);
                self.changes.push(Change::Widened { old, new: id });
            }
        }
    }

    /// Old wildcards and expressions, with the new rows that stand for a part of them.
    fn find_narrowed(&mut self) {
        let wide = |id: &RowId| self.old.row(*id).pattern.kind() != PatternKind::Exact;
        let mut wide: Vec<RowId> = self.left.iter().copied().filter(wide).collect();
        wide.sort_by_key(|id| Reverse(self.old.row(*id).pattern.literal_len()));
        for id in wide {
            let old = self.old.row(id);
            let part = |new: &RowId| old.includes(self.new.row(*new));
            let new: Vec<RowId> = self.came.extract_if(.., |new| part(new)).collect();
            if !new.is_empty() {
                self.left.retain(|left| *left != id);
                self.changes.push(Change::Narrowed { old: id, new });
            }
        }
    }
}

/// The rows by what they claim, each list in order. Never shown in the order of the map.
fn by_claim(known: &KnownFailures) -> HashMap<Claimed<'_>, Vec<RowId>> {
    let mut found: HashMap<Claimed<'_>, Vec<RowId>> = HashMap::new();
    for (id, row) in known.rows_with_ids() {
        found.entry(Claimed::by(row)).or_default().push(id);
    }
    found
}

/// What happened to one row whose pattern stayed.
fn pair(before: &KnownFailures, after: &KnownFailures, ids: (RowId, RowId), to: &mut Vec<Change>) {
    let (old, new) = ids;
    let (a, b) = (before.row(old), after.row(new));
    let mut cells = edited_cells(a, b);
    match (b.includes(a), a.includes(b)) {
        (true, true) => {}
        (true, false) => to.push(Change::Widened { old: vec![old], new }),
        (false, true) => to.push(Change::Narrowed { old, new: vec![new] }),
        (false, false) => cells.insert(0, EditedCell::Variants),
    }
    if !cells.is_empty() {
        to.push(Change::Edited { old, new, cells });
    }
    if was_moved(before, a, after, b) {
        to.push(Change::Moved { old, new });
    }
}

/// Whether a row stands in another document or section. A section whose heading was reworded is the same
/// one: its old name is gone and the new one was not there.
fn was_moved(before: &KnownFailures, a: &Row, after: &KnownFailures, b: &Row) -> bool {
    let has = |known: &KnownFailures, section: &[String]| {
        known.rows().iter().any(|row| *row.section == *section)
    };
    let same = a.section == b.section || (!has(after, &a.section) && !has(before, &b.section));
    !same || document(before, a) != document(after, b)
}

fn edited_cells(a: &Row, b: &Row) -> Vec<EditedCell> {
    let ours = [
        (EditedCell::Status, a.expected != b.expected),
        (EditedCell::Category, a.category != b.category),
        (EditedCell::Reason, a.reason != b.reason),
        (EditedCell::Issue, a.issue != b.issue),
        (EditedCell::Expires, a.expires != b.expires),
        (EditedCell::Owner, a.owner != b.owner),
    ];
    let headers: BTreeSet<&str> = a.other.iter().chain(&b.other).map(|(h, _)| &**h).collect();
    let cell = |row: &Row, header: &str| -> String {
        let cells = row.other.iter().filter(|(h, _)| h == header);
        cells.map(|(_, cell)| cell.as_str()).collect::<Vec<_>>().join("\n")
    };
    let other = headers.into_iter().filter(|header| cell(a, header) != cell(b, header));
    let ours = ours.into_iter().filter(|(_, differs)| *differs).map(|(cell, _)| cell);
    ours.chain(other.map(|header| EditedCell::Other(header.to_owned()))).collect()
}

/// Which of the documents a row stands in: the paths of two lists need not be the same.
fn document(known: &KnownFailures, row: &Row) -> Option<usize> {
    known.documents().iter().position(|document| document.path == row.file)
}
