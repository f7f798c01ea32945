//! What it takes to hold names against rows: a document and the names may be an attacker's, and thousands of slow
//! rows times millions of long names would never end.
//!
//! In: the steps that each name took. Out: whether all of them together were too many, and for which row the most.
//! A newcomer's trap: steps are counted, not time, so that a slow machine refuses no more than a quick one; and
//! what an ordinary name takes is free, so that no number of tests is too large.

use crate::known::RowId;
use std::sync::atomic::{AtomicU64, Ordering};

/// Steps for which no name is charged.
const FREE: u64 = 1 << 12;
/// Steps that all names may take beyond that: from a few seconds to a minute.
const MOST: u64 = 1 << 32;

/// What one name took.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    all: u64,
    /// Those of the row that took the most, and that row.
    most: (u64, u32),
}

impl Steps {
    /// Takes note of what was done for no row in particular.
    pub(crate) fn add(&mut self, steps: u64) {
        self.all += steps;
    }

    /// Takes note of what a row took.
    pub(crate) fn of_row(&mut self, row: RowId, steps: u64) {
        self.all += steps;
        if steps > self.most.0 {
            self.most = (steps, row.0);
        }
    }
}

/// What all names took that took more than is free.
#[derive(Debug, Default)]
pub(crate) struct Effort {
    spent: AtomicU64,
    /// The most that a row took for one name, above the row's number turned round, so that of equal ones the
    /// first row stays.
    slowest: AtomicU64,
}

impl Effort {
    /// Takes note of what one name took.
    pub(crate) fn spend(&self, steps: &Steps) {
        if steps.all > FREE {
            self.spent.fetch_add(steps.all, Ordering::Relaxed);
            let (most, row) = steps.most;
            let slowest = most.min(u32::MAX.into()) << 32 | u64::from(u32::MAX - row);
            self.slowest.fetch_max(slowest, Ordering::Relaxed);
        }
    }

    /// Whether it was too much; then nobody need go on.
    pub(crate) fn is_spent(&self) -> bool {
        self.spent.load(Ordering::Relaxed) > MOST
    }

    /// The row that took the most for one name, if all of it was too much.
    pub(crate) fn slowest(&self) -> Option<RowId> {
        let row = || RowId(u32::MAX - self.slowest.load(Ordering::Relaxed) as u32);
        self.is_spent().then(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(of_rows: &[(u32, u64)]) -> Steps {
        let mut steps = Steps::default();
        of_rows.iter().for_each(|(row, count)| steps.of_row(RowId(*row), *count));
        steps
    }

    #[test]
    fn ordinary_names_are_free_however_many_they_are() {
        let effort = Effort::default();
        (0..10_000_000).for_each(|_| effort.spend(&steps(&[(1, FREE)])));
        assert_eq!(effort.slowest(), None);
    }

    #[test]
    fn too_much_names_the_row_that_took_the_most() {
        let effort = Effort::default();
        effort.spend(&steps(&[(3, 1_000), (9, MOST / 4), (4, MOST / 2), (7, 5)]));
        assert_eq!(effort.slowest(), None);
        effort.spend(&steps(&[(5, MOST / 4), (6, 1)]));
        assert_eq!(effort.slowest(), Some(RowId(4)));
        effort.spend(&steps(&[(2, MOST / 2)]));
        assert_eq!(effort.slowest(), Some(RowId(2)));
    }
}
