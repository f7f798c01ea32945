//! The counts of a row, altogether and in each variant that it applies to.
//!
//! A list of 48 KB has thousands of rows and a run may have thousands of variants, so only variants with tests of the row take
//! memory of their own; the variants themselves are shared.

use super::store::outcomes::VariantId;
use crate::model::{CombinedOutcome, Outcome, Variant};
use std::sync::Arc;

/// The number of a row's tests by result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// Failed in any way, never ended, or failed in some attempts.
    pub failed: u64,
    pub passed: u64,
    pub skipped: u64,
    /// Failed because of infrastructure.
    pub unmeasured: u64,
    /// Never ended; these are part of the failed ones.
    pub unfinished: u64,
}

impl RowCounts {
    /// The counts of tests with one outcome.
    pub(crate) fn new(outcome: CombinedOutcome, tests: u64) -> RowCounts {
        let none = RowCounts::default();
        match outcome {
            CombinedOutcome::Single(Outcome::Passed) => RowCounts { passed: tests, ..none },
            CombinedOutcome::Single(Outcome::Skipped) => RowCounts { skipped: tests, ..none },
            CombinedOutcome::Unmeasured(_) => RowCounts { unmeasured: tests, ..none },
            CombinedOutcome::Single(Outcome::Unfinished) => {
                RowCounts { failed: tests, unfinished: tests, ..none }
            }
            CombinedOutcome::Flaky(_)
            | CombinedOutcome::Single(
                Outcome::Xfailed
                | Outcome::Xpassed
                | Outcome::Failed
                | Outcome::Errored
                | Outcome::TimedOut
                | Outcome::Crashed,
            ) => RowCounts { failed: tests, ..none },
        }
    }

    pub(crate) fn merge(&mut self, other: RowCounts) {
        self.failed = self.failed.saturating_add(other.failed);
        self.passed = self.passed.saturating_add(other.passed);
        self.skipped = self.skipped.saturating_add(other.skipped);
        self.unmeasured = self.unmeasured.saturating_add(other.unmeasured);
        self.unfinished = self.unfinished.saturating_add(other.unfinished);
    }
}

/// The counts of a row in each variant that it applies to, by variant. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct VariantCounts {
    /// All variants of the run.
    pub(super) variants: Arc<[Variant]>,
    /// Those that the row applies to, ascending.
    pub(super) scope: Arc<[VariantId]>,
    /// Those with tests of the row, ascending.
    pub(super) counts: Arc<[(VariantId, RowCounts)]>,
}

impl VariantCounts {
    /// Each variant with its counts: zeros if no test of the row ran.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Variant, RowCounts)> {
        let mut counts = self.counts.iter().peekable();
        self.scope.iter().map(move |id| {
            let found = counts.next_if(|(counted, _)| counted == id);
            (
                &self.variants[id.index()],
                found.map_or_else(RowCounts::default, |(_, counts)| *counts),
            )
        })
    }
}
