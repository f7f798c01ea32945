//! One small entry for every test seen: what makes runs of millions of tests fit.
//!
//! The key is made of the name's number, which nobody can choose, and its variant. Entries merge in any order
//! with the same result; nothing here is ever shown in their order.

use super::append_log::AppendLog;
use super::uniqueness::all_unique;
use crate::known::RowId;
use crate::model::{BuildIdentityHasher, CombinedOutcome, NameHash, OutcomeSet};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

/// A test: the number of its name and its variant. 96 bits are enough to tell a billion tests apart; the last
/// 32 are 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TestKey(u128);

/// What sets the variants of a name apart: an odd number without a pattern, 2^128 by the golden ratio.
const VARIANT_MULTIPLIER: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;

impl TestKey {
    /// The key of a test.
    pub(crate) fn new(name: NameHash, variant: VariantId) -> TestKey {
        TestKey((name.0 ^ u128::from(variant.0).wrapping_mul(VARIANT_MULTIPLIER)) & !STATE_MASK)
    }
}

/// A variant's place in [`crate::compare::Run::variants`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct VariantId(pub u16);

/// What is remembered of every test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TestState {
    pub outcomes: OutcomeSet,
    pub variant: VariantId,
    row: u32,
}

const NO_ROW: u32 = u32::MAX;

impl TestState {
    /// What one result says of a test.
    pub(crate) fn new(variant: VariantId, outcomes: OutcomeSet, row: Option<RowId>) -> TestState {
        TestState { outcomes, variant, row: row.map_or(NO_ROW, |row| row.0) }
    }

    /// The row that claims the test.
    pub(crate) fn row(&self) -> Option<RowId> {
        (self.row != NO_ROW).then_some(RowId(self.row))
    }

    /// What its outcomes come to.
    pub(crate) fn combined_outcome(&self) -> CombinedOutcome {
        self.outcomes.combine()
    }
}

/// A map by test. Never shown in its order.
pub(crate) type ByTest<V> = HashMap<TestKey, V, BuildIdentityHasher>;

/// All tests seen. What it says of them counts once it is settled.
#[derive(Debug, Default)]
pub(crate) struct TestOutcomes {
    /// Each a key, and in its last bits the number of its entry.
    log: AppendLog<u128>,
    states: StateTable,
    /// Whether several results of one test were folded into one.
    had_duplicates: bool,
    /// How many tests have the same entry, once it is settled.
    counts_by_state: Vec<(TestState, u64)>,
    /// What was logged, once it is settled.
    tests: LazySorted,
}

/// Tests that are sorted when somebody asks for one of them: in most runs nobody does.
#[derive(Debug, Default)]
struct LazySorted {
    unsorted: RefCell<Vec<u128>>,
    sorted: OnceCell<Vec<u128>>,
}

impl LazySorted {
    fn new(tests: Vec<u128>) -> LazySorted {
        LazySorted { unsorted: RefCell::new(tests), sorted: OnceCell::new() }
    }

    fn sorted(&self) -> &[u128] {
        self.sorted.get_or_init(|| {
            let mut tests = self.unsorted.take();
            sort_by_key(&mut tests);
            tests
        })
    }
}

/// The entries that there are, by number: most tests share a few.
#[derive(Debug, Default)]
struct StateTable {
    by_index: Vec<TestState>,
    indices: HashMap<TestState, u32>,
    /// The one that was asked for last: the next test is most often like it.
    last_used: Option<(TestState, u32)>,
}

/// The bits of a logged test that number its entry.
const STATE_MASK: u128 = u32::MAX as u128;

/// So many tests are gone past at a time where one is looked for behind another.
const GALLOP_STEP: usize = 16;

/// So many results may wait before they are folded for the first time.
const INITIAL_CAPACITY: usize = 1 << 18;

impl TestOutcomes {
    /// Adds what one result says.
    pub(crate) fn add(&mut self, key: TestKey, state: TestState) {
        let index = self.states.intern(state);
        if self.log.push(key.0 | u128::from(index), INITIAL_CAPACITY) {
            self.merge_duplicates();
        }
    }

    /// Takes in another's tests.
    pub(crate) fn merge(&mut self, mut other: TestOutcomes) {
        self.had_duplicates |= other.had_duplicates;
        let own_index: Vec<u32> =
            other.states.by_index.iter().map(|state| self.states.intern(*state)).collect();
        self.log.extend(
            other.log.take().into_iter().map(|test| pack(test, own_index[unpack_state(test)])),
        );
    }

    /// Folds what several results said of one test, and counts.
    pub(crate) fn finish(&mut self) {
        self.merge_duplicates();
        let mut counts = vec![0; self.states.by_index.len()];
        self.log.compacted().iter().for_each(|test| counts[unpack_state(*test)] += 1);
        let states = self.states.by_index.iter().copied();
        self.counts_by_state = states.zip(counts).filter(|(_, tests)| *tests > 0).collect();
        self.counts_by_state.sort_unstable();
        self.tests = LazySorted::new(self.log.take());
    }

    /// Folds what several results said of one test.
    #[cold]
    fn merge_duplicates(&mut self) {
        if all_unique(self.log.all().iter().map(|test| unpack_key(*test).0)) {
            return self.log.assume_unique();
        }
        self.had_duplicates = true;
        let states = &mut self.states;
        self.log.compact(
            sort_by_key,
            |test| unpack_key(*test),
            |first, duplicate| {
                let (mut state, other) = (
                    states.by_index[unpack_state(*first)],
                    states.by_index[unpack_state(*duplicate)],
                );
                state.outcomes.merge(other.outcomes);
                *first = pack(*first, states.intern(state));
            },
        );
    }

    fn sorted_tests(&self) -> &[u128] {
        let tests = self.tests.sorted();
        debug_assert!(
            !tests.is_empty() || self.counts_by_state.is_empty(),
            "asked before it was settled or when it was let go"
        );
        tests
    }

    /// The entry of a test.
    pub(crate) fn get(&self, key: TestKey) -> Option<&TestState> {
        let tests = self.sorted_tests();
        let at = tests.binary_search_by_key(&key, |test| unpack_key(*test)).ok()?;
        Some(&self.states.by_index[unpack_state(tests[at])])
    }

    /// Gives the entries of tests that are asked for in the order of their keys: each is near the one before.
    pub(crate) fn ordered_lookup(&self) -> impl FnMut(TestKey) -> Option<TestState> {
        let mut rest = self.sorted_tests();
        move |key| {
            while rest.get(GALLOP_STEP - 1).is_some_and(|test| unpack_key(*test) < key) {
                rest = &rest[GALLOP_STEP..];
            }
            rest = &rest[rest.iter().take_while(|test| unpack_key(**test) < key).count()..];
            let found = rest.first().filter(|test| unpack_key(**test) == key);
            found.map(|test| self.states.by_index[unpack_state(*test)])
        }
    }

    /// Lets go of the tests; how many have the same entry stays known.
    pub(crate) fn release(&mut self) {
        self.tests = LazySorted::default();
    }

    /// Whether what one result says of a test may not be all that was said of it.
    pub(crate) fn had_duplicates(&self) -> bool {
        self.had_duplicates
    }

    /// Every entry that there is, each once, with how many tests have it.
    pub(crate) fn counts_by_state(&self) -> impl Iterator<Item = (TestState, u64)> {
        self.counts_by_state.iter().copied()
    }
}

impl StateTable {
    fn intern(&mut self, state: TestState) -> u32 {
        match self.last_used {
            Some((last, index)) if last == state => index,
            Some(_) | None => {
                let next = self.by_index.len() as u32;
                let index = *self.indices.entry(state).or_insert(next);
                if index == next {
                    self.by_index.push(state);
                }
                self.last_used = Some((state, index));
                index
            }
        }
    }
}

/// Sorts tests by key. Half of a key is compared in half the time, and hardly ever two are the same.
fn sort_by_key(tests: &mut [u128]) {
    let half = |test: &u128| (test >> 64) as u64;
    tests.sort_unstable_by_key(half);
    if !tests.is_sorted_by_key(|test| unpack_key(*test)) {
        tests.sort_unstable_by_key(|test| unpack_key(*test));
    }
}

fn unpack_key(test: u128) -> TestKey {
    TestKey(test & !STATE_MASK)
}

fn unpack_state(test: u128) -> usize {
    (test & STATE_MASK) as usize
}

fn pack(test: u128, state_index: u32) -> u128 {
    test & !STATE_MASK | u128::from(state_index)
}
