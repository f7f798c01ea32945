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

    pub(crate) fn contains(&self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|word| word & (1 << (index % 64)) != 0)
    }
}
