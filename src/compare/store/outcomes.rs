//! One small entry for every test seen: what makes runs of millions of tests fit.
//!
//! The key is made of the name's number, which nobody can choose, and its variant. Entries merge in any order
//! with the same result; nothing here is ever shown in their order.

use super::append_log::Log;
use super::uniqueness::all_differ;
use crate::known::RowId;
use crate::model::{FoldedOutcome, Hashed, NameKey, OutcomeSet};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

/// A test: the number of its name and its variant. 96 bits are enough to tell a billion tests apart; the last
/// 32 are 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TestKey(u128);

/// What sets the variants of a name apart: an odd number without a pattern, 2^128 by the golden ratio.
const APART: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;

impl TestKey {
    /// The key of a test.
    pub fn of(name: NameKey, variant: VariantId) -> TestKey {
        TestKey((name.0 ^ u128::from(variant.0).wrapping_mul(APART)) & !NUMBER)
    }
}

/// A variant's place in [`crate::compare::Run::variants`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct VariantId(pub u16);

/// What is remembered of every test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Entry {
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
pub(crate) type ByTest<V> = HashMap<TestKey, V, Hashed>;

/// All tests seen. What it says of them counts once it is settled.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Each a key, and in its last bits the number of its entry.
    log: Log<u128>,
    entries: Entries,
    /// Whether several results of one test were folded into one.
    is_folded: bool,
    /// How many tests have the same entry, once it is settled.
    tally: Vec<(Entry, u64)>,
    /// What was logged, once it is settled.
    tests: ByKey,
}

/// Tests that are sorted when somebody asks for one of them: in most runs nobody does.
#[derive(Debug, Default)]
struct ByKey {
    unsorted: RefCell<Vec<u128>>,
    sorted: OnceCell<Vec<u128>>,
}

impl ByKey {
    fn new(tests: Vec<u128>) -> ByKey {
        ByKey { unsorted: RefCell::new(tests), sorted: OnceCell::new() }
    }

    fn sorted(&self) -> &[u128] {
        self.sorted.get_or_init(|| {
            let mut tests = self.unsorted.take();
            sort(&mut tests);
            tests
        })
    }
}

/// The entries that there are, by number: most tests share a few.
#[derive(Debug, Default)]
struct Entries {
    all: Vec<Entry>,
    numbers: HashMap<Entry, u32>,
    /// The one that was asked for last: the next test is most often like it.
    last: Option<(Entry, u32)>,
}

/// The bits of a logged test that number its entry.
const NUMBER: u128 = u32::MAX as u128;

/// So many tests are gone past at a time where one is looked for behind another.
const NEAR: usize = 16;

/// So many results may wait before they are folded for the first time.
const FEW: usize = 1 << 18;

impl Seen {
    /// Adds what one result says.
    pub fn add(&mut self, key: TestKey, entry: Entry) {
        let number = self.entries.number(entry);
        if self.log.push(key.0 | u128::from(number), FEW) {
            self.fold();
        }
    }

    /// Takes in another's tests.
    pub fn merge(&mut self, mut other: Seen) {
        self.is_folded |= other.is_folded;
        let here: Vec<u32> = other.entries.all.iter().map(|it| self.entries.number(*it)).collect();
        self.log.extend(other.log.take().into_iter().map(|test| with(test, here[number(test)])));
    }

    /// Folds what several results said of one test, and counts.
    pub fn settle(&mut self) {
        self.fold();
        let mut counts = vec![0; self.entries.all.len()];
        self.log.settled().iter().for_each(|test| counts[number(*test)] += 1);
        let entries = self.entries.all.iter().copied();
        self.tally = entries.zip(counts).filter(|(_, tests)| *tests > 0).collect();
        self.tally.sort_unstable();
        self.tests = ByKey::new(self.log.take());
    }

    /// Folds what several results said of one test.
    #[cold]
    fn fold(&mut self) {
        if all_differ(self.log.all().iter().map(|test| key_of(*test).0)) {
            return self.log.settle_as_it_is();
        }
        self.is_folded = true;
        let entries = &mut self.entries;
        self.log.settle(
            sort,
            |test| key_of(*test),
            |first, again| {
                let (mut entry, other) = (entries.all[number(*first)], entries.all[number(*again)]);
                entry.outcomes.merge(other.outcomes);
                *first = with(*first, entries.number(entry));
            },
        );
    }

    fn by_key(&self) -> &[u128] {
        let tests = self.tests.sorted();
        debug_assert!(
            !tests.is_empty() || self.tally.is_empty(),
            "asked before it was settled or when it was let go"
        );
        tests
    }

    /// The entry of a test.
    pub fn get(&self, key: TestKey) -> Option<&Entry> {
        let tests = self.by_key();
        let at = tests.binary_search_by_key(&key, |test| key_of(*test)).ok()?;
        Some(&self.entries.all[number(tests[at])])
    }

    /// Gives the entries of tests that are asked for in the order of their keys: each is near the one before.
    pub fn in_order(&self) -> impl FnMut(TestKey) -> Option<Entry> {
        let mut rest = self.by_key();
        move |key| {
            while rest.get(NEAR - 1).is_some_and(|test| key_of(*test) < key) {
                rest = &rest[NEAR..];
            }
            rest = &rest[rest.iter().take_while(|test| key_of(**test) < key).count()..];
            let found = rest.first().filter(|test| key_of(**test) == key);
            found.map(|test| self.entries.all[number(*test)])
        }
    }

    /// Lets go of the tests; how many have the same entry stays known.
    pub fn let_go(&mut self) {
        self.tests = ByKey::default();
    }

    /// Whether what one result says of a test may not be all that was said of it.
    pub fn is_folded(&self) -> bool {
        self.is_folded
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

/// Sorts tests by key. Half of a key is compared in half the time, and hardly ever two are the same.
fn sort(tests: &mut [u128]) {
    let half = |test: &u128| (test >> 64) as u64;
    tests.sort_unstable_by_key(half);
    if !tests.is_sorted_by_key(|test| key_of(*test)) {
        tests.sort_unstable_by_key(|test| key_of(*test));
    }
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
