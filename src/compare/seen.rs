//! One small entry for every test seen: what makes runs of millions of tests fit.
//!
//! The key is a 128-bit SipHash of name and variant under a secret of this process, so that no results
//! file can make two names meet. Entries merge in any order with the same result; nothing here is
//! ever shown in their order. A newcomer's trap: while results come in, nobody asks what was seen before,
//! so this is no hash table but a log in parts, each sorted now and then and at the end. A table of
//! millions would miss the cache with each look, and would be there twice whenever it is doubled.

use crate::known::RowId;
use crate::model::{FoldedOutcome, OutcomeSet};
use siphasher::sip128::SipHasher13;
use std::collections::{BTreeMap, HashMap};
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
        let hasher = SipHasher13::new_with_keys(self.0, self.1 ^ u64::from(variant.0));
        let hash = hasher.hash(name.as_bytes());
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub outcomes: OutcomeSet,
    pub variant: VariantId,
    row: u32,
}

const NO_ROW: u32 = u32::MAX;

impl Entry {
    /// What one result says of a test.
    pub fn new(variant: VariantId, outcomes: OutcomeSet, row: Option<RowId>) -> Entry {
        Entry { outcomes, variant, row: row.map_or(NO_ROW, |row| row.0) }
    }

    /// The row that claims the test.
    pub fn row(&self) -> Option<RowId> {
        (self.row != NO_ROW).then_some(RowId(self.row))
    }

    /// What its outcomes come to.
    pub fn folded(&self) -> FoldedOutcome {
        self.outcomes.folded()
    }
}

/// A map by test. Never shown in its order.
pub(super) type ByTest<V> = HashMap<TestKey, V, BuildHasherDefault<Unhashed>>;

/// All tests seen. What it says of them counts once it is settled.
#[derive(Debug)]
pub(super) struct Seen {
    /// By the first bits of the key.
    parts: Vec<Part>,
    /// How many tests have the same entry, once it is settled: most of them have.
    tally: Vec<(Entry, u64)>,
}

/// How many bits of a key choose the part: with a million tests, a part fits into a processor's nearest
/// cache while it is sorted, and with none, all of them are few.
const PART_BITS: u32 = 10;

/// The tests whose keys begin alike.
#[derive(Debug, Default)]
struct Part {
    /// Sorted and each test once, up to `settled`; then as they came.
    entries: Vec<(TestKey, Entry)>,
    settled: usize,
}

impl Default for Seen {
    fn default() -> Seen {
        let parts = (0..1 << PART_BITS).map(|_| Part::default()).collect();
        Seen { parts, tally: Vec::new() }
    }
}

impl Seen {
    /// Adds what one result says.
    pub fn add(&mut self, key: TestKey, entry: Entry) {
        self.parts[part(key)].push((key, entry));
    }

    /// Takes in another's entries.
    pub fn merge(&mut self, other: Seen) {
        for (mine, theirs) in self.parts.iter_mut().zip(other.parts) {
            mine.reserve(theirs.entries.len());
            mine.entries.extend(theirs.entries);
        }
    }

    /// Folds what several results said of one test, and counts.
    pub fn settle(&mut self) {
        self.parts.iter_mut().for_each(Part::settle);
        let mut tally: BTreeMap<Entry, u64> = BTreeMap::new();
        let entries = self.parts.iter().flat_map(Part::settled).map(|(_, entry)| *entry);
        // Most tests are as the one before.
        let mut same: Option<(Entry, u64)> = None;
        for entry in entries {
            match &mut same {
                Some((as_before, count)) if *as_before == entry => *count += 1,
                _ => {
                    let before = same.replace((entry, 1));
                    before.into_iter().for_each(|(e, count)| *tally.entry(e).or_default() += count);
                }
            }
        }
        same.into_iter().for_each(|(entry, count)| *tally.entry(entry).or_default() += count);
        self.tally = tally.into_iter().collect();
    }

    /// The entry of a test.
    pub fn get(&self, key: TestKey) -> Option<&Entry> {
        let entries = self.parts[part(key)].settled();
        let at = entries.binary_search_by_key(&key, |(key, _)| *key).ok()?;
        Some(&entries[at].1)
    }

    /// Every entry that there is, each once, with how many tests have it.
    pub fn tally(&self) -> impl Iterator<Item = (Entry, u64)> {
        self.tally.iter().copied()
    }
}

fn part(key: TestKey) -> usize {
    (key.0 >> (u64::BITS - PART_BITS)) as usize
}

impl Part {
    fn push(&mut self, entry: (TestKey, Entry)) {
        if self.entries.len() == self.entries.capacity() {
            self.make_room();
        }
        self.entries.push(entry);
    }

    /// Results are folded before they take twice the room of their tests.
    #[cold]
    fn make_room(&mut self) {
        if self.entries.len() >= 2 * self.settled {
            self.settle();
        }
        self.reserve(self.entries.len() / 8 + 8);
    }

    /// Room for so many more, and not for twice as many.
    fn reserve(&mut self, more: usize) {
        self.entries.reserve_exact(more);
    }

    fn settle(&mut self) {
        if self.settled == self.entries.len() {
            return;
        }
        // Stable, because that makes use of what is sorted already.
        self.entries.sort_by_key(|(key, _)| *key);
        self.entries.dedup_by(|(again, entry), (key, first)| {
            let same = again == key;
            if same {
                first.outcomes.merge(entry.outcomes);
            }
            same
        });
        self.settled = self.entries.len();
    }

    fn settled(&self) -> &[(TestKey, Entry)] {
        debug_assert_eq!(self.settled, self.entries.len(), "asked before it was settled");
        &self.entries[..self.settled]
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
