//! The tests that a report may list, with their names and messages.

use super::append_log::AppendLog;
use super::outcomes::{TestKey, TestOutcomes, TestState};
use crate::model::{Attempt, BuildIdentityHasher, Origin, Outcome};
use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

/// A test that a report may list.
#[derive(Debug, Clone)]
pub(crate) struct TestDetails {
    pub name: Arc<str>,
    /// That of this result; of all results of the test after [`RetainedTests::finish`].
    pub state: TestState,
    pub weight: Weight,
    pub message: Arc<str>,
    pub location: Option<(Arc<str>, Option<u64>)>,
    pub origin: Origin,
    /// Claimed only because the row's section reads wildcards loosely.
    pub is_loose: bool,
}

/// Which of a test's results is reported: the one with the greatest weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Weight {
    pub concern: Concern,
    pub outcome: Outcome,
    pub attempt: Attempt,
}

/// What a result means under the row that claims its test, mildest first. A final failure outweighs an attempt
/// that was tolerated, and one with another message outweighs those whose message its row pins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Concern {
    /// A failure because of infrastructure, which does not measure the test.
    Infrastructure,
    /// No failure.
    Calm,
    /// A failure that the row excuses.
    Excused(Attempt, Message),
    /// A failure that no row excuses.
    Unexcused,
}

/// The message of a failure that a row excuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Message {
    /// As the row pins it, or the row pins none.
    Expected,
    /// Another one than the row pins.
    Mismatch,
}

impl TestDetails {
    /// Keeps the weightier result, or the first in the files, so that the order of merging never matters.
    fn merge(&mut self, other: &mut TestDetails) {
        if other.rank() < self.rank() {
            std::mem::swap(self, other);
        }
    }

    // A line may contain several results, so the origin alone is not enough.
    fn rank(&self) -> impl Ord {
        (Reverse(self.weight), self.origin, &self.message, &self.location)
    }
}

/// The tests that a report may list.
#[derive(Debug, Default)]
pub(crate) struct RetainedTests {
    tests: AppendLog<(TestKey, TestDetails)>,
    /// The source file of the last test, which most often is that of the next one.
    last_path: Arc<str>,
    /// Their keys, from the first query on.
    keys: OnceCell<HashSet<TestKey, BuildIdentityHasher>>,
}

/// The number of results before the log is compacted for the first time.
const INITIAL_CAPACITY: usize = 1 << 12;

impl RetainedTests {
    pub(crate) fn add(&mut self, key: TestKey, details: TestDetails) {
        if self.tests.push((key, details), INITIAL_CAPACITY) {
            self.dedup();
        }
    }

    /// The path of a source file, shared by consecutive tests.
    pub(crate) fn intern_path(&mut self, file: &str) -> Arc<str> {
        if *self.last_path != *file {
            self.last_path = file.into();
        }
        Arc::clone(&self.last_path)
    }

    /// Adds the tests of another part of the run.
    pub(crate) fn merge(&mut self, mut other: RetainedTests) {
        self.tests.extend(other.tests.take().into_iter());
    }

    /// Merges the results of each test.
    pub(crate) fn dedup(&mut self) {
        // The items are large: sort their keys, then move each item once.
        let sort = |tests: &mut [(TestKey, TestDetails)]| tests.sort_by_cached_key(|(key, _)| *key);
        self.tests.compact(sort, |(key, _)| *key, |(_, details), (_, other)| details.merge(other));
    }

    /// Merges the results of each test, and sets its final state.
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

    /// Whether a test is among them.
    pub(crate) fn contains(&self, key: TestKey) -> bool {
        let keys = || self.tests.compacted().iter().map(|(key, _)| *key).collect();
        self.keys.get_or_init(keys).contains(&key)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &TestDetails> {
        self.tests.compacted().iter().map(|(_, details)| details)
    }

    /// Takes all tests, so that a million failures need not be in memory twice.
    pub(crate) fn take(&mut self) -> impl ExactSizeIterator<Item = (TestKey, TestDetails)> + use<> {
        self.tests.take().into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::store::outcomes::VariantId;
    use crate::model::{NameHasher, OutcomeSet};

    #[test]
    fn retained_result_does_not_depend_on_order() {
        let key = TestKey::new(NameHasher::default().hash("a"), VariantId(0));
        let details = |(outcome, line, message): (Outcome, u32, &str)| TestDetails {
            name: "a".into(),
            state: TestState::new(VariantId(0), OutcomeSet::new(outcome, Attempt::Final), None),
            weight: Weight { concern: Concern::Unexcused, outcome, attempt: Attempt::Final },
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
