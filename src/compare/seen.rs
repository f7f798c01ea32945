//! One small entry for every test seen: what makes runs of millions of tests fit.
//!
//! The key is a 128-bit SipHash of name and variant under a secret of this process, so that no results
//! file can make two names meet. Entries merge in any order with the same result; nothing here is
//! ever shown in the order of the map.

use crate::known::RowId;
use crate::model::{FoldedOutcome, OutcomeSet};
use siphasher::sip128::{Hasher128, SipHasher13};
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

/// The secret under which names are hashed; one for all comparisons that are to be merged.
#[derive(Debug, Clone, Copy)]
pub struct Keys(u64, u64);

impl Keys {
    /// A fresh secret.
    pub fn random() -> Keys {
        let draw = |n: u8| RandomState::new().hash_one(n);
        Keys(draw(0), draw(1))
    }

    /// The key of a test.
    pub(super) fn of(&self, name: &str, variant: VariantId) -> TestKey {
        let mut hasher = SipHasher13::new_with_keys(self.0, self.1 ^ u64::from(variant.0));
        hasher.write(name.as_bytes());
        let hash = hasher.finish128();
        TestKey(hash.h1, hash.h2)
    }
}

/// A test: name and variant, hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TestKey(u64, u64);

/// A variant's place in [`super::Run::variants`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct VariantId(pub u16);

/// What is remembered of every test.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub outcomes: OutcomeSet,
    pub variant: VariantId,
    row: u32,
}

const NO_ROW: u32 = u32::MAX;

impl Entry {
    /// The row that claims the test.
    pub fn row(&self) -> Option<RowId> {
        (self.row != NO_ROW).then_some(RowId(self.row))
    }

    /// What its outcomes come to.
    pub fn folded(&self) -> FoldedOutcome {
        self.outcomes.folded()
    }
}

/// Whether a test was seen before.
pub(super) enum Added {
    First,
    Again,
}

/// All tests seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    entries: ByTest<Entry>,
}

/// A map by test. Never shown in its order.
pub(super) type ByTest<V> = HashMap<TestKey, V, BuildHasherDefault<Unhashed>>;

impl Seen {
    /// The entry of a test.
    pub fn get(&self, key: TestKey) -> Option<&Entry> {
        self.entries.get(&key)
    }

    /// How many tests there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Every entry, in no order: for counting alone.
    pub fn all(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// Adds one result; `claim` finds the row when the test is new.
    pub fn add(
        &mut self,
        key: TestKey,
        variant: VariantId,
        outcomes: OutcomeSet,
        claim: impl FnOnce() -> Option<RowId>,
    ) -> (Added, &Entry) {
        match self.entries.entry(key) {
            std::collections::hash_map::Entry::Occupied(occupied) => {
                let entry = occupied.into_mut();
                entry.outcomes.merge(outcomes);
                (Added::Again, entry)
            }
            std::collections::hash_map::Entry::Vacant(vacant) => {
                let row = claim().map_or(NO_ROW, |row| row.0);
                (Added::First, vacant.insert(Entry { outcomes, variant, row }))
            }
        }
    }

    /// Takes in another's entries.
    pub fn merge(&mut self, other: Seen) {
        for (key, theirs) in other.entries {
            match self.entries.entry(key) {
                std::collections::hash_map::Entry::Occupied(mut mine) => {
                    mine.get_mut().outcomes.merge(theirs.outcomes);
                }
                std::collections::hash_map::Entry::Vacant(vacant) => {
                    vacant.insert(theirs);
                }
            }
        }
    }
}

/// The keys are hashes already.
#[derive(Default)]
pub(super) struct Unhashed(u64);

impl Hasher for Unhashed {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 ^= u64::from_ne_bytes(word);
        }
    }
    fn write_u64(&mut self, word: u64) {
        self.0 = word;
    }
}
