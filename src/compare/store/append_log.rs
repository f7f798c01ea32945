//! An append-only vector, now and then compacted: sorted, and the items of each key merged.
//!
//! It is no hash table, because nothing is looked up while results are read. A table of millions of tests would
//! miss the cache at each insertion and would double its memory when it grows; for a large vector the system
//! moves pages.

/// The log is compacted when it is this many times as long as after the last time.
const GROWTH_FACTOR: usize = 4;

/// The vector.
#[derive(Debug)]
pub(crate) struct AppendLog<T> {
    all: Vec<T>,
    /// The length of the compacted part.
    compacted: usize,
}

impl<T> Default for AppendLog<T> {
    fn default() -> AppendLog<T> {
        AppendLog { all: Vec::new(), compacted: 0 }
    }
}

impl<T> AppendLog<T> {
    /// Appends an item. Returns whether it is time to compact; it never is below `initial_capacity`.
    pub(crate) fn push(&mut self, item: T, initial_capacity: usize) -> bool {
        self.all.push(item);
        self.all.len() >= GROWTH_FACTOR * self.compacted.max(initial_capacity)
    }

    /// Appends many items.
    pub(crate) fn extend(&mut self, others: impl Iterator<Item = T>) {
        self.all.extend(others);
    }

    pub(crate) fn take(&mut self) -> Vec<T> {
        std::mem::take(&mut self.all)
    }

    /// Sorts the items, and merges those with the same key into the first of them.
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

    /// Marks the log as compacted: the caller knows that no two items have the same key.
    pub(crate) fn assume_unique(&mut self) {
        self.compacted = self.all.len();
    }

    /// All items, of which several may have the same key.
    pub(crate) fn all(&self) -> &[T] {
        &self.all
    }

    /// All items, one for each key.
    pub(crate) fn compacted(&self) -> &[T] {
        self.assert_compacted();
        &self.all
    }

    /// All items, one for each key.
    pub(crate) fn compacted_mut(&mut self) -> &mut [T] {
        self.assert_compacted();
        &mut self.all
    }

    fn assert_compacted(&self) {
        debug_assert_eq!(self.compacted, self.all.len(), "an item was appended since");
    }
}
