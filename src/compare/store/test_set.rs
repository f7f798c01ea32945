//! A set of tests, one bit for each test of the run.

/// A set of tests by their index in [`super::outcomes::TestOutcomes`].
#[derive(Debug, Default)]
pub(crate) struct TestSet(Vec<u64>);

impl TestSet {
    /// Adds a test; returns whether it is new.
    pub(crate) fn insert(&mut self, index: usize) -> bool {
        let (word, bit) = (index / 64, 1 << (index % 64));
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let is_new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        is_new
    }

    /// The number of tests.
    pub(crate) fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// The number of tests that are not in `other`.
    pub(crate) fn count_without(&self, other: &TestSet) -> u64 {
        let others = other.0.iter().copied().chain(std::iter::repeat(0));
        self.0.iter().zip(others).map(|(word, other)| u64::from((word & !other).count_ones())).sum()
    }

    pub(crate) fn contains(&self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|word| word & (1 << (index % 64)) != 0)
    }
}
