//! What results say of tests, one behind the other: now and then and at the end, each test once.
//!
//! In: anything with a test's key, in any order. Out: a list. A newcomer's trap: while results come in, nobody
//! asks what was there before, so this is no hash table. A table of millions would miss the cache with each look,
//! and would be there twice whenever it is doubled; where one long list grows, the system moves pages and copies
//! nothing.

/// How many times as many results may wait as there are tests: a test has a few tries at most.
const MANY: usize = 4;

/// The list.
#[derive(Debug)]
pub(crate) struct Log<T> {
    /// Each test once, up to `settled`; then as they came.
    all: Vec<T>,
    settled: usize,
}

impl<T> Default for Log<T> {
    fn default() -> Log<T> {
        Log { all: Vec::new(), settled: 0 }
    }
}

impl<T> Log<T> {
    /// Adds what one result says. Whether so many wait that it is time to settle; so `few` always may.
    pub fn push(&mut self, one: T, few: usize) -> bool {
        self.all.push(one);
        self.all.len() >= MANY * self.settled.max(few)
    }

    /// Adds what many say.
    pub fn extend(&mut self, others: impl Iterator<Item = T>) {
        self.all.extend(others);
    }

    /// All of them, taken; nobody may ask any more.
    pub fn take(&mut self) -> Vec<T> {
        std::mem::take(&mut self.all)
    }

    /// Sorts by key in the given way, and folds into the first of several with the same what the others say.
    pub fn settle<K: Eq>(
        &mut self,
        sort: impl FnOnce(&mut [T]),
        key: impl Fn(&T) -> K,
        mut fold: impl FnMut(&mut T, &mut T),
    ) {
        sort(&mut self.all);
        self.all.dedup_by(|again, first| {
            let same = key(again) == key(first);
            if same {
                fold(first, again);
            }
            same
        });
        self.settled = self.all.len();
    }

    /// The same, to say more of each.
    pub fn settled_mut(&mut self) -> &mut [T] {
        debug_assert_eq!(self.settled, self.all.len(), "asked before it was settled or afterwards");
        &mut self.all
    }

    /// Takes it that no test is there twice.
    pub fn settle_as_it_is(&mut self) {
        self.settled = self.all.len();
    }

    /// All of them, each test perhaps several times.
    pub fn all(&self) -> &[T] {
        &self.all
    }

    /// All of them, each test once.
    pub fn settled(&self) -> &[T] {
        debug_assert_eq!(self.settled, self.all.len(), "asked before it was settled or afterwards");
        &self.all
    }
}
