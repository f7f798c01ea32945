//! The tests that a report may show, with all that it may say of them.
//!
//! In: results, in any order. Out: each test once.

use super::append_log::AppendLog;
use super::outcomes::{TestKey, TestOutcomes, TestState};
use crate::model::{BuildIdentityHasher, Origin, Outcome};
use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

/// What is kept of a test that a report may show.
#[derive(Debug, Clone)]
pub(crate) struct TestDetails {
    pub name: Arc<str>,
    /// What is remembered of the test; of all its results once [`KeptTests::end`] has asked.
    pub state: TestState,
    pub outcome: Outcome,
    pub message: Arc<str>,
    pub location: Option<(Arc<str>, Option<u64>)>,
    pub origin: Origin,
    /// Claimed only because the row's section reads wildcards loosely.
    pub is_loose: bool,
}

impl TestDetails {
    /// The worse one stays, then the first in the files, so that order never matters.
    fn merge(&mut self, other: &mut TestDetails) {
        if other.rank() < self.rank() {
            std::mem::swap(self, other);
        }
    }

    /// Many results may stand in one line.
    fn rank(&self) -> impl Ord {
        (Reverse(self.outcome), self.origin, &self.message, &self.location)
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct RetainedTests {
    tests: AppendLog<(TestKey, TestDetails)>,
    /// The source file that was told last: that of the next test is most often the same.
    last_path: Arc<str>,
    /// Their keys, once somebody asks.
    keys: OnceCell<HashSet<TestKey, BuildIdentityHasher>>,
}

/// So many may wait before they are sorted for the first time.
const INITIAL_CAPACITY: usize = 1 << 12;

impl RetainedTests {
    /// Adds what one result says.
    pub(crate) fn add(&mut self, key: TestKey, details: TestDetails) {
        if self.tests.push((key, details), INITIAL_CAPACITY) {
            self.dedup();
        }
    }

    /// A source file's path, the same for tests that follow each other.
    pub(crate) fn intern_path(&mut self, file: &str) -> Arc<str> {
        if *self.last_path != *file {
            self.last_path = file.into();
        }
        Arc::clone(&self.last_path)
    }

    /// Takes in another's tests.
    pub(crate) fn merge(&mut self, mut other: RetainedTests) {
        self.tests.extend(other.tests.take().into_iter());
    }

    /// Folds what several results said of one test.
    pub(crate) fn dedup(&mut self) {
        // They are too large to be moved about while they are sorted.
        let sort = |tests: &mut [(TestKey, TestDetails)]| tests.sort_by_cached_key(|(key, _)| *key);
        self.tests.compact(sort, |(key, _)| *key, |(_, details), (_, other)| details.merge(other));
    }

    /// Settles, and notes what all results say of each test.
    pub(crate) fn finish(&mut self, outcomes: &TestOutcomes) {
        if !outcomes.had_duplicates() {
            return self.tests.assume_unique();
        }
        self.dedup();
        let mut state_of = outcomes.ordered_lookup();
        for (key, details) in self.tests.compacted_mut() {
            details.state = state_of(*key).unwrap_or(details.state);
        }
    }

    /// Whether a test is kept.
    pub(crate) fn contains(&self, key: TestKey) -> bool {
        let keys = || self.tests.compacted().iter().map(|(key, _)| *key).collect();
        self.keys.get_or_init(keys).contains(&key)
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &TestDetails> {
        self.tests.compacted().iter().map(|(_, details)| details)
    }

    /// The same, taken: a million failures are not to be held twice.
    pub(crate) fn take(&mut self) -> impl ExactSizeIterator<Item = (TestKey, TestDetails)> + use<> {
        self.tests.take().into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::store::outcomes::VariantId;
    use crate::model::{Attempt, NameHasher, OutcomeSet};

    #[test]
    fn retained_result_does_not_depend_on_order() {
        let secret = NameHasher::default();
        let key = TestKey::new(secret.hash("a"), VariantId(0));
        let details = |(outcome, line, message): (Outcome, u32, &str)| TestDetails {
            name: "a".into(),
            state: TestState::new(VariantId(0), OutcomeSet::new(outcome, Attempt::Final), None),
            outcome,
            message: message.into(),
            location: None,
            origin: Origin { file: 0, line },
            is_loose: false,
        };
        let results = [
            (Outcome::Failed, 1, "one"),
            (Outcome::Errored, 2, "three"),
            (Outcome::Errored, 2, "another"),
            (Outcome::Errored, 3, "a later one"),
        ];
        for first in 0..results.len() {
            let mut tests = RetainedTests::default();
            let mut rest = results;
            rest.rotate_left(first);
            rest.into_iter().for_each(|result| tests.add(key, details(result)));
            tests.dedup();
            let all: Vec<Arc<str>> = tests.take().map(|(_, details)| details.message).collect();
            assert_eq!(all, ["another".into()]);
        }
    }
}
