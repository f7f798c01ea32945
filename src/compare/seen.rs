//! One small entry for every test seen: what makes runs of millions of tests fit.
//!
//! The key is made of the name's number, which nobody can choose, and its variant. Entries merge in any order
//! with the same result; nothing here is ever shown in their order. A newcomer's trap: while results come in,
//! nobody asks what was seen before, so this is no hash table but a log in parts, each sorted now and then
//! and at the end. A table of millions would miss the cache with each look, and would be there twice
//! whenever it is doubled.

use crate::known::RowId;
use crate::model::{FoldedOutcome, Hashed, NameKey, OutcomeSet};
use std::collections::HashMap;

/// A test: the number of its name and its variant. 96 bits are enough to tell a billion tests apart; the last
/// 32 are 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TestKey(u128);

/// What sets the variants of a name apart: an odd number without a pattern, 2^128 by the golden ratio.
const APART: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;

impl TestKey {
    /// The key of a test.
    pub fn of(name: NameKey, variant: VariantId) -> TestKey {
        TestKey((name.0 ^ u128::from(variant.0).wrapping_mul(APART)) & !NUMBER)
    }
}

/// A variant's place in [`super::Run::variants`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct VariantId(pub u16);

/// What is remembered of every test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
pub(super) type ByTest<V> = HashMap<TestKey, V, Hashed>;

/// All tests seen. What it says of them counts once it is settled.
#[derive(Debug)]
pub(super) struct Seen {
    /// By the first bits of the key.
    parts: Vec<Part>,
    entries: Entries,
    /// How many tests have the same entry, once it is settled.
    tally: Vec<(Entry, u64)>,
}

/// The entries that there are, by number: most tests share a few.
#[derive(Debug, Default)]
struct Entries {
    all: Vec<Entry>,
    numbers: HashMap<Entry, u32>,
    /// The one that was asked for last: the next test is most often like it.
    last: Option<(Entry, u32)>,
}

/// How many bits of a key choose the part: with a million tests, a part fits into a processor's nearest
/// cache while it is sorted, and with none, all of them are few.
const PART_BITS: u32 = 8;

/// The bits of a logged test that number its entry.
const NUMBER: u128 = u32::MAX as u128;

/// The tests whose keys begin alike: each a key, and in its last bits the number of its entry.
#[derive(Debug, Default)]
struct Part {
    /// Sorted and each test once, up to `settled`; then as they came.
    tests: Vec<u128>,
    settled: usize,
}

impl Default for Seen {
    fn default() -> Seen {
        let parts = (0..1 << PART_BITS).map(|_| Part::default()).collect();
        Seen { parts, entries: Entries::default(), tally: Vec::new() }
    }
}

impl Seen {
    /// Adds what one result says.
    pub fn add(&mut self, key: TestKey, entry: Entry) {
        let number = self.entries.number(entry);
        let part = &mut self.parts[part(key)];
        if part.tests.len() == part.tests.capacity() {
            part.make_room(&mut self.entries);
        }
        part.tests.push(key.0 | u128::from(number));
    }

    /// Takes in another's tests.
    pub fn merge(&mut self, other: Seen) {
        let here: Vec<u32> = other.entries.all.iter().map(|it| self.entries.number(*it)).collect();
        for (mine, theirs) in self.parts.iter_mut().zip(other.parts) {
            mine.tests.reserve_exact(theirs.tests.len());
            mine.tests.extend(theirs.tests.into_iter().map(|test| with(test, here[number(test)])));
        }
    }

    /// Folds what several results said of one test, and counts.
    pub fn settle(&mut self) {
        self.parts.iter_mut().for_each(|part| part.settle(&mut self.entries));
        let mut counts = vec![0; self.entries.all.len()];
        let tests = self.parts.iter().flat_map(Part::settled);
        tests.for_each(|test| counts[number(*test)] += 1);
        let entries = self.entries.all.iter().copied();
        self.tally = entries.zip(counts).filter(|(_, tests)| *tests > 0).collect();
        self.tally.sort_unstable();
    }

    /// The entry of a test.
    pub fn get(&self, key: TestKey) -> Option<&Entry> {
        let tests = self.parts[part(key)].settled();
        let at = tests.binary_search_by_key(&key, |test| key_of(*test)).ok()?;
        Some(&self.entries.all[number(tests[at])])
    }

    /// Every entry that there is, each once, with how many tests have it.
    pub fn tally(&self) -> impl Iterator<Item = (Entry, u64)> {
        self.tally.iter().copied()
    }
}

impl Entries {
    fn number(&mut self, entry: Entry) -> u32 {
        match self.last {
            Some((last, number)) if last == entry => number,
            Some(_) | None => {
                let next = self.all.len() as u32;
                let number = *self.numbers.entry(entry).or_insert(next);
                if number == next {
                    self.all.push(entry);
                }
                self.last = Some((entry, number));
                number
            }
        }
    }
}

fn part(key: TestKey) -> usize {
    (key.0 >> (u128::BITS - PART_BITS)) as usize
}

fn key_of(test: u128) -> TestKey {
    TestKey(test & !NUMBER)
}

fn number(test: u128) -> usize {
    (test & NUMBER) as usize
}

fn with(test: u128, number: u32) -> u128 {
    test & !NUMBER | u128::from(number)
}

/// So many tests may wait in a part before they are sorted for the first time.
const FEW: usize = 64;

impl Part {
    /// Results are folded before they take twice the room of their tests.
    #[cold]
    fn make_room(&mut self, entries: &mut Entries) {
        if self.tests.len() >= 2 * self.settled.max(FEW) {
            self.settle(entries);
        }
        self.tests.reserve_exact(self.tests.len() / 8 + 8);
    }

    fn settle(&mut self, entries: &mut Entries) {
        if self.settled == self.tests.len() {
            return;
        }
        // Stable, because that makes use of what is sorted already.
        self.tests.sort();
        self.tests.dedup_by(|again, first| {
            let same = key_of(*again) == key_of(*first);
            if same {
                let (mut entry, other) = (entries.all[number(*first)], entries.all[number(*again)]);
                entry.outcomes.merge(other.outcomes);
                *first = with(*first, entries.number(entry));
            }
            same
        });
        self.settled = self.tests.len();
    }

    fn settled(&self) -> &[u128] {
        debug_assert_eq!(self.settled, self.tests.len(), "asked before it was settled");
        &self.tests[..self.settled]
    }
}
