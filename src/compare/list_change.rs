//! The effect of a change on the list.
//!
//! These are the lists before and after the change; the run may be compared with another list.

use crate::known::{Change, KnownFailures, RowId, changes};

/// The lists before and after a change, and the changed rows.
#[derive(Debug)]
pub struct ListChange {
    /// The list before the change.
    pub old: KnownFailures,
    /// The list after the change.
    pub new: KnownFailures,
    /// The changed rows, the change that concerns a reader most first.
    pub changes: Vec<Change>,
}

impl ListChange {
    /// Compares two lists.
    pub fn new(old: KnownFailures, new: KnownFailures) -> ListChange {
        let changes = changes(&old, &new);
        ListChange { old, new, changes }
    }

    /// Rows of the new list that make it claim more tests and have no issue.
    pub fn untracked(&self) -> impl Iterator<Item = RowId> {
        let grown = self.changes.iter().filter_map(|change| {
            let (Change::Added { new } | Change::Widened { new, .. }) = change else { return None };
            Some(*new)
        });
        grown.filter(|id| self.new.row(*id).issue.is_empty())
    }
}
