//! What it takes to hold names against rows: a document and the names may be an attacker's, and thousands of slow
//! rows times millions of long names would never end.
//!
//! In: the steps that each name took. Out: whether all of them together were too many, and for which row the most.
//! A newcomer's trap: steps are counted, not time, so that a slow machine refuses no more than a quick one; and
//! what an ordinary name takes is free, so that no number of tests is too large.

use crate::known::RowId;
use std::sync::atomic::{AtomicU64, Ordering};

/// Steps for which no name is charged.
const FREE_STEPS_PER_NAME: u64 = 1 << 12;
/// Steps that all names may take beyond that: from a few seconds to a minute.
const MAX_TOTAL_STEPS: u64 = 1 << 32;

/// What one name took.
#[derive(Debug, Default)]
pub(crate) struct NameCost {
    total: u64,
    /// Those of the row that took the most, and that row.
    costliest: (u64, u32),
}

impl NameCost {
    /// Takes note of what was done for no row in particular.
    pub(crate) fn add(&mut self, steps: u64) {
        self.total += steps;
    }

    /// Takes note of what a row took.
    pub(crate) fn add_row(&mut self, row: RowId, steps: u64) {
        self.total += steps;
        if steps > self.costliest.0 {
            self.costliest = (steps, row.0);
        }
    }
}

/// What all names took that took more than is free.
#[derive(Debug, Default)]
pub(crate) struct MatchCost {
    total: AtomicU64,
    /// The most that a row took for one name, above the row's number turned round, so that of equal ones the
    /// first row stays.
    costliest: AtomicU64,
}

impl MatchCost {
    /// Takes note of what one name took.
    pub(crate) fn charge(&self, cost: &NameCost) {
        if cost.total > FREE_STEPS_PER_NAME {
            self.total.fetch_add(cost.total, Ordering::Relaxed);
            let (max_steps, row) = cost.costliest;
            let packed = max_steps.min(u32::MAX.into()) << 32 | u64::from(u32::MAX - row);
            self.costliest.fetch_max(packed, Ordering::Relaxed);
        }
    }

    /// Whether it was too much; then nobody need go on.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.total.load(Ordering::Relaxed) > MAX_TOTAL_STEPS
    }

    /// The row that took the most for one name, if all of it was too much.
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
