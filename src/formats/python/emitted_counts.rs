//! The number of results that were emitted, for comparison with what a runner counts.

use crate::model::Outcome;

#[derive(Debug, Default, Clone, Copy)]
pub(super) struct EmittedCounts {
    pub tests: u64,
    pub failing: u64,
    /// Skipped, or failed as expected.
    pub skipped: u64,
    pub unfinished: u64,
}

impl EmittedCounts {
    /// Counts a test; `None` is one without an outcome.
    pub(super) fn add(&mut self, outcome: Option<Outcome>) {
        self.tests += 1;
        self.unfinished += u64::from(outcome.is_none());
        self.failing += u64::from(outcome.is_some_and(Outcome::is_failing));
        self.skipped += u64::from(matches!(outcome, Some(Outcome::Skipped | Outcome::Xfailed)));
    }
}
