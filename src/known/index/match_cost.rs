//! A bound on the total cost of matching, against hostile documents, names and messages.
//!
//! Steps are counted instead of time, so that the result is the same on all machines. A step takes about a nanosecond.
//! Names and messages that take an ordinary number of steps are free, so that no number of tests is too large.

use crate::known::RowId;
use std::sync::atomic::{AtomicU64, Ordering};

/// A name that takes at most this many steps is free.
const FREE_STEPS_PER_NAME: u64 = 1 << 14;
/// A message that takes at most this many steps is free.
const FREE_STEPS_PER_MESSAGE: u64 = 1 << 16;
/// A search for the variants of one row that takes at most this many steps is free.
const FREE_STEPS_PER_ROW: u64 = 1 << 14;
/// Maximum number of steps that all others may take together: a few seconds.
const MAX_TOTAL_STEPS: u64 = 1 << 31;

/// The steps that one name took.
#[derive(Debug, Default)]
pub(crate) struct NameCost {
    total: u64,
    max_row_steps: u64,
    costliest_row: u32,
}

impl NameCost {
    /// Adds steps that belong to no row.
    pub(crate) fn add(&mut self, steps: u64) {
        self.total += steps;
    }

    /// Adds the steps of a row.
    pub(crate) fn add_row(&mut self, row: RowId, steps: u64) {
        self.total += steps;
        if steps > self.max_row_steps {
            (self.max_row_steps, self.costliest_row) = (steps, row.0);
        }
    }
}

/// The steps that all names and messages took together, without those that are free.
#[derive(Debug, Default)]
pub(crate) struct MatchCost {
    total: AtomicU64,
    /// The most steps that a row took for one name, in the upper half. The lower half is the complement of the row's
    /// id, so that the maximum is the first of equal rows.
    costliest: AtomicU64,
}

impl MatchCost {
    /// Adds the steps of one name, unless it is free.
    pub(crate) fn charge(&self, cost: &NameCost) {
        self.charge_above(FREE_STEPS_PER_NAME, cost);
    }

    /// Matches a message against the pattern of a row; `search` adds its steps to the number that it gets. `None` if the
    /// maximum is exceeded.
    pub(crate) fn charge_message<T>(
        &self,
        row: RowId,
        search: impl FnOnce(&mut u64) -> T,
    ) -> Option<T> {
        self.charge_search(FREE_STEPS_PER_MESSAGE, row, search)
    }

    /// The same for another search of one row.
    pub(crate) fn charge_row<T>(
        &self,
        row: RowId,
        search: impl FnOnce(&mut u64) -> T,
    ) -> Option<T> {
        self.charge_search(FREE_STEPS_PER_ROW, row, search)
    }

    fn charge_search<T>(
        &self,
        free: u64,
        row: RowId,
        search: impl FnOnce(&mut u64) -> T,
    ) -> Option<T> {
        if self.is_exhausted() {
            return None;
        }
        let (mut steps, mut cost) = (0, NameCost::default());
        let found = search(&mut steps);
        cost.add_row(row, steps);
        self.charge_above(free, &cost);
        Some(found)
    }

    fn charge_above(&self, free: u64, cost: &NameCost) {
        if cost.total > free {
            self.total.fetch_add(cost.total, Ordering::Relaxed);
            let steps = cost.max_row_steps.min(u32::MAX.into());
            let packed = steps << 32 | u64::from(u32::MAX - cost.costliest_row);
            self.costliest.fetch_max(packed, Ordering::Relaxed);
        }
    }

    /// Whether the maximum is exceeded.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.total.load(Ordering::Relaxed) > MAX_TOTAL_STEPS
    }

    /// The row that took the most steps for one name, if the maximum is exceeded.
    pub(crate) fn costliest_row(&self) -> Option<RowId> {
        let row = || RowId(u32::MAX - self.costliest.load(Ordering::Relaxed) as u32);
        self.is_exhausted().then(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_cost(rows: &[(u32, u64)]) -> NameCost {
        let mut cost = NameCost::default();
        rows.iter().for_each(|(row, count)| cost.add_row(RowId(*row), *count));
        cost
    }

    #[test]
    fn cheap_names_are_never_charged() {
        let cost = MatchCost::default();
        (0..10_000_000).for_each(|_| cost.charge(&name_cost(&[(1, FREE_STEPS_PER_NAME)])));
        assert_eq!(cost.costliest_row(), None);
    }

    #[test]
    fn exhausted_cost_names_the_costliest_row() {
        let cost = MatchCost::default();
        cost.charge(&name_cost(&[
            (3, 1_000),
            (9, MAX_TOTAL_STEPS / 4),
            (4, MAX_TOTAL_STEPS / 2),
            (7, 5),
        ]));
        assert_eq!(cost.costliest_row(), None);
        cost.charge(&name_cost(&[(5, MAX_TOTAL_STEPS / 4), (6, 1)]));
        assert_eq!(cost.costliest_row(), Some(RowId(4)));
        cost.charge(&name_cost(&[(2, MAX_TOTAL_STEPS / 2)]));
        assert_eq!(cost.costliest_row(), Some(RowId(2)));
    }
}
