//! What a change does to the list: the list before, the list after, and what became of each row.
//!
//! In: both lists. Out: facts for the judge and the report. A newcomer's trap: these are the lists of the
//! change alone; the list that a run is held against may be another one.

use crate::known::{Change, KnownFailures, RowId, changes};

/// Both lists, and what became of each row.
#[derive(Debug)]
pub struct ListChange {
    pub old: KnownFailures,
    pub new: KnownFailures,
    /// The one that concerns a reader most first.
    pub changes: Vec<Change>,
}

impl ListChange {
    /// Compares two lists.
    pub fn new(old: KnownFailures, new: KnownFailures) -> ListChange {
        let changes = changes(&old, &new);
        ListChange { old, new, changes }
    }

    /// New rows by which the list claims more and that name no issue.
    pub fn untracked(&self) -> impl Iterator<Item = RowId> {
        let grown = self.changes.iter().filter_map(|change| match change {
            Change::Added { new } | Change::Widened { new, .. } => Some(*new),
            Change::Edited { .. }
            | Change::Moved { .. }
            | Change::Narrowed { .. }
            | Change::Removed { .. }
            | Change::Duplicated { .. }
            | Change::Deduplicated { .. } => None,
        });
        grown.filter(|id| self.new.row(*id).issue.is_empty())
    }
}
