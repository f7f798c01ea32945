//! The tests that a report may show, with all that it may say of them.
//!
//! In: results, in any order. Out: each test once.

use super::append_log::Log;
use super::outcomes::{Entry, Seen, TestKey};
use crate::model::{Hashed, Origin, Outcome};
use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

/// What is kept of a test that a report may show.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub name: Arc<str>,
    /// What is remembered of the test; of all its results once [`KeptTests::end`] has asked.
    pub entry: Entry,
    pub outcome: Outcome,
    pub message: Arc<str>,
    pub place: Option<(Arc<str>, Option<u64>)>,
    pub origin: Origin,
    /// Claimed only because the row's section reads wildcards loosely.
    pub loosely: bool,
}

impl Kept {
    /// The worse one stays, then the first in the files, so that order never matters.
    fn merge(&mut self, other: &mut Kept) {
        if other.rank() < self.rank() {
            std::mem::swap(self, other);
        }
    }

    /// Many results may stand in one line.
    fn rank(&self) -> impl Ord {
        (Reverse(self.outcome), self.origin, &self.message, &self.place)
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct KeptTests {
    tests: Log<(TestKey, Kept)>,
    /// The source file that was told last: that of the next test is most often the same.
    file: Arc<str>,
    /// Their keys, once somebody asks.
    keys: OnceCell<HashSet<TestKey, Hashed>>,
}

/// So many may wait before they are sorted for the first time.
const FEW: usize = 1 << 12;

impl KeptTests {
    /// Adds what one result says.
    pub fn add(&mut self, key: TestKey, kept: Kept) {
        if self.tests.push((key, kept), FEW) {
            self.settle();
        }
    }

    /// A source file's path, the same for tests that follow each other.
    pub fn shared(&mut self, file: &str) -> Arc<str> {
        if *self.file != *file {
            self.file = file.into();
        }
        Arc::clone(&self.file)
    }

    /// Takes in another's tests.
    pub fn merge(&mut self, mut other: KeptTests) {
        self.tests.extend(other.tests.take().into_iter());
    }

    /// Folds what several results said of one test.
    pub fn settle(&mut self) {
        // They are too large to be moved about while they are sorted.
        let sort = |tests: &mut [(TestKey, Kept)]| tests.sort_by_cached_key(|(key, _)| *key);
        self.tests.settle(sort, |(key, _)| *key, |(_, kept), (_, other)| kept.merge(other));
    }

    /// Settles, and notes what all results say of each test.
    pub fn end(&mut self, seen: &Seen) {
        if !seen.is_folded() {
            return self.tests.settle_as_it_is();
        }
        self.settle();
        let mut entry_of = seen.in_order();
        for (key, kept) in self.tests.settled_mut() {
            kept.entry = entry_of(*key).unwrap_or(kept.entry);
        }
    }

    /// Whether a test is kept.
    pub fn contains(&self, key: TestKey) -> bool {
        let keys = || self.tests.settled().iter().map(|(key, _)| *key).collect();
        self.keys.get_or_init(keys).contains(&key)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Kept> {
        self.tests.settled().iter().map(|(_, kept)| kept)
    }

    /// The same, taken: a million failures are not to be held twice.
    pub fn take(&mut self) -> impl ExactSizeIterator<Item = (TestKey, Kept)> + use<> {
        self.tests.take().into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::store::outcomes::VariantId;
    use crate::model::{Attempt, OutcomeSet, Secret};

    #[test]
    fn which_of_several_results_stays_never_depends_on_their_order() {
        let secret = Secret::default();
        let key = TestKey::of(secret.key("a"), VariantId(0));
        let kept = |(outcome, line, message): (Outcome, u32, &str)| Kept {
            name: "a".into(),
            entry: Entry::new(VariantId(0), OutcomeSet::of(outcome, Attempt::Only), None),
            outcome,
            message: message.into(),
            place: None,
            origin: Origin { file: 0, line },
            loosely: false,
        };
        let told = [
            (Outcome::Failed, 1, "one"),
            (Outcome::Errored, 2, "three"),
            (Outcome::Errored, 2, "another"),
            (Outcome::Errored, 3, "a later one"),
        ];
        for first in 0..told.len() {
            let mut tests = KeptTests::default();
            let mut rest = told;
            rest.rotate_left(first);
            rest.into_iter().for_each(|said| tests.add(key, kept(said)));
            tests.settle();
            let all: Vec<Arc<str>> = tests.take().map(|(_, kept)| kept.message).collect();
            assert_eq!(all, ["another".into()]);
        }
    }
}
