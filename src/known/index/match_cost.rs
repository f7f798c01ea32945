//! A bound on the total cost of matching, against hostile documents and names.
//!
//! Steps are counted instead of time, so that the result is the same on all machines. Names that take an ordinary
//! number of steps are free, so that no number of tests is too large.

use crate::known::RowId;
use std::sync::atomic::{AtomicU64, Ordering};

/// A name that takes at most this many steps is free.
const FREE_STEPS_PER_NAME: u64 = 1 << 12;
/// Maximum number of steps that all other names may take together: a few seconds to a minute.
const MAX_TOTAL_STEPS: u64 = 1 << 32;

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

/// The steps that all names took together, without those that are free.
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
        if cost.total > FREE_STEPS_PER_NAME {
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
