//! What results say of tests, one behind the other: now and then and at the end, each test once.
//!
//! In: anything with a test's key, in any order. Out: a list. A newcomer's trap: while results come in, nobody
//! asks what was there before, so this is no hash table. A table of millions would miss the cache with each look,
//! and would be there twice whenever it is doubled; where one long list grows, the system moves pages and copies
//! nothing.

/// How many times as many results may wait as there are tests: a test has a few tries at most.
const GROWTH_FACTOR: usize = 4;

/// The list.
#[derive(Debug)]
pub(crate) struct AppendLog<T> {
    /// Each test once, up to `settled`; then as they came.
    all: Vec<T>,
    compacted: usize,
}

impl<T> Default for AppendLog<T> {
    fn default() -> AppendLog<T> {
        AppendLog { all: Vec::new(), compacted: 0 }
    }
}

impl<T> AppendLog<T> {
    /// Adds what one result says. Whether so many wait that it is time to settle; so `few` always may.
    pub(crate) fn push(&mut self, item: T, initial_capacity: usize) -> bool {
        self.all.push(item);
        self.all.len() >= GROWTH_FACTOR * self.compacted.max(initial_capacity)
    }

    /// Adds what many say.
    pub(crate) fn extend(&mut self, others: impl Iterator<Item = T>) {
        self.all.extend(others);
    }

    /// All of them, taken; nobody may ask any more.
    pub(crate) fn take(&mut self) -> Vec<T> {
        std::mem::take(&mut self.all)
    }

    /// Sorts by key in the given way, and folds into the first of several with the same what the others say.
    pub(crate) fn compact<K: Eq>(
        &mut self,
        sort: impl FnOnce(&mut [T]),
        key: impl Fn(&T) -> K,
        mut merge: impl FnMut(&mut T, &mut T),
    ) {
        sort(&mut self.all);
        self.all.dedup_by(|duplicate, first| {
            let same = key(duplicate) == key(first);
            if same {
                merge(first, duplicate);
            }
            same
        });
        self.compacted = self.all.len();
    }

    /// The same, to say more of each.
    pub(crate) fn compacted_mut(&mut self) -> &mut [T] {
        debug_assert_eq!(
            self.compacted,
            self.all.len(),
            "asked before it was settled or afterwards"
        );
        &mut self.all
    }

    /// Takes it that no test is there twice.
    pub(crate) fn assume_unique(&mut self) {
        self.compacted = self.all.len();
    }

    /// All of them, each test perhaps several times.
    pub(crate) fn all(&self) -> &[T] {
        &self.all
    }

    /// All of them, each test once.
    pub(crate) fn compacted(&self) -> &[T] {
        debug_assert_eq!(
            self.compacted,
            self.all.len(),
            "asked before it was settled or afterwards"
        );
        &self.all
    }
}
