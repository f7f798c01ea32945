//! The effect of a change on the list.
//!
//! These are the lists before and after the change; the run may be compared with another list.

use crate::known::{Change, KnownFailures, RowId, changes};
use crate::model::Variant;
use std::collections::BTreeSet;
use std::slice;

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

    /// Rows of the new list without an issue, of those that excuse more than the old list did or that replace rows
    /// with an issue: by the change that makes them so.
    pub fn untracked(&self, change: &Change) -> Vec<RowId> {
        let no_issue = |id: &RowId| self.new.row(*id).issue.is_empty();
        let had_issue = |id: &RowId| !self.old.row(*id).issue.is_empty();
        let lost_issue: &[RowId] = match change {
            Change::Edited { old, new, .. } if had_issue(old) => slice::from_ref(new),
            Change::Narrowed { old, new, .. } if had_issue(old) => new,
            Change::Edited { .. }
            | Change::Narrowed { .. }
            | Change::Added { .. }
            | Change::Widened { .. }
            | Change::Relaxed { .. }
            | Change::Moved { .. }
            | Change::Removed { .. }
            | Change::Duplicated { .. }
            | Change::Deduplicated { .. } => &[],
        };
        let rows = change.rows_that_excuse_more().iter().chain(lost_issue);
        rows.copied().filter(no_issue).collect()
    }

    /// The rows of a list that the change removes: the list before it has them, and of that after it, which lacks them, no
    /// row claims one of their tests. None once matching exceeded its limit. `claimed` are all tests that rows claim.
    pub fn removed_from<'t>(
        &self,
        known: &KnownFailures,
        claimed: impl IntoIterator<Item = (RowId, &'t str, &'t Variant)>,
    ) -> BTreeSet<RowId> {
        let kept = known.rows_like(self.new.rows());
        let mut removed = known.rows_like(self.old.rows());
        removed.retain(|id| !kept.contains(id));
        for (row, name, variant) in claimed {
            if removed.contains(&row) && self.new.claim(name, variant).is_some() {
                removed.remove(&row);
            }
        }
        if self.new.costliest_row().is_some() { BTreeSet::new() } else { removed }
    }

    /// Whether some change makes a row untracked.
    pub fn has_untracked(&self) -> bool {
        self.changes.iter().any(|change| !self.untracked(change).is_empty())
    }
}
