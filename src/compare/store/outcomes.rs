//! 16 bytes per test, so that millions of tests fit in memory.
//!
//! Most tests share one of a few states (outcomes, variant, row), so a test is packed as its key and the index of
//! its state. Keys are secret hashes: their order is random and must never be visible.

use super::append_log::AppendLog;
use super::uniqueness::all_unique;
use crate::known::RowId;
use crate::model::{BuildIdentityHasher, CombinedOutcome, NameHash, OutcomeSet};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

/// A test: a 96-bit hash of name and variant, enough for a billion tests. The low 32 bits are 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TestKey(u128);

/// Distinguishes the variants of a name: an odd number without a pattern, 2^128 divided by the golden ratio.
const VARIANT_MULTIPLIER: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;

impl TestKey {
    /// The key of a test.
    pub(crate) fn new(name: NameHash, variant: VariantId) -> TestKey {
        TestKey((name.0 ^ u128::from(variant.0).wrapping_mul(VARIANT_MULTIPLIER)) & !STATE_MASK)
    }

    /// What is left of the hash of the name, given the variant: enough to make the key of another variant.
    pub(crate) fn name_hash(self, variant: VariantId) -> NameHash {
        NameHash(TestKey::new(NameHash(self.0), variant).0)
    }
}

/// Index into [`crate::compare::RunContext::variants`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct VariantId(pub u16);

impl VariantId {
    /// The index as a `usize`.
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// What is kept of every test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TestState {
    pub outcomes: OutcomeSet,
    pub variant: VariantId,
    row: u32,
}

const NO_ROW: u32 = u32::MAX;

impl TestState {
    /// The state of a test with one result.
    pub(crate) fn new(variant: VariantId, outcomes: OutcomeSet, row: Option<RowId>) -> TestState {
        TestState { outcomes, variant, row: row.map_or(NO_ROW, |row| row.0) }
    }

    /// The row that claims the test.
    pub(crate) fn row(&self) -> Option<RowId> {
        (self.row != NO_ROW).then_some(RowId(self.row))
    }

    pub(crate) fn combined_outcome(&self) -> CombinedOutcome {
        self.outcomes.combine()
    }

    /// Whether it only had infrastructure failures.
    pub(crate) fn is_infrastructure_failure(&self) -> bool {
        matches!(self.combined_outcome(), CombinedOutcome::Unmeasured(_))
    }
}

/// A map by test. Its order is random and must never be visible.
pub(crate) type ByTest<V> = HashMap<TestKey, V, BuildIdentityHasher>;

/// The states of all tests. May be queried once it is finished.
#[derive(Debug, Default)]
pub(crate) struct TestOutcomes {
    /// Packed tests, until it is finished.
    log: AppendLog<u128>,
    states: StateTable,
    /// Whether a test may have several results.
    had_duplicates: bool,
    /// The number of tests by state, once it is finished.
    counts_by_state: Vec<(TestState, u64)>,
    /// Packed tests, once it is finished.
    tests: Option<FinishedTests>,
}

/// Packed tests, sorted when one is looked up: in most runs none is.
#[derive(Debug, Default)]
struct FinishedTests {
    unsorted: RefCell<Vec<u128>>,
    sorted: OnceCell<Vec<u128>>,
}

#[derive(Debug, Default)]
struct StateTable {
    by_index: Vec<TestState>,
    indices: HashMap<TestState, u32>,
    /// That of the last test, which most often is that of the next one.
    last_used: Option<(TestState, u32)>,
}

/// The bits of a packed test with the index of its state.
const STATE_MASK: u128 = u32::MAX as u128;

/// How many tests [`TestOutcomes::ordered_lookup`] skips at a time.
const GALLOP_STEP: usize = 16;

/// The number of results before the log is compacted for the first time.
const INITIAL_CAPACITY: usize = 1 << 18;

impl TestOutcomes {
    /// Adds a result of a test.
    pub(crate) fn add(&mut self, key: TestKey, state: TestState) {
        let index = self.states.intern(state);
        if self.log.push(key.0 | u128::from(index), INITIAL_CAPACITY) {
            self.merge_duplicates();
        }
    }

    /// Adds the tests of another part of the run.
    pub(crate) fn merge(&mut self, mut other: TestOutcomes) {
        self.had_duplicates |= other.had_duplicates;
        let own_index: Vec<u32> =
            other.states.by_index.iter().map(|state| self.states.intern(*state)).collect();
        self.log.extend(
            other.log.take().into_iter().map(|test| pack(test, own_index[unpack_state(test)])),
        );
    }

    /// Merges the results of each test, and counts tests by state.
    pub(crate) fn finish(&mut self) {
        self.merge_duplicates();
        let mut counts = vec![0; self.states.by_index.len()];
        self.log.compacted().iter().for_each(|test| counts[unpack_state(*test)] += 1);
        let states = self.states.by_index.iter().copied();
        self.counts_by_state = states.zip(counts).filter(|(_, tests)| *tests > 0).collect();
        self.counts_by_state.sort_unstable();
        let unsorted = RefCell::new(self.log.take());
        self.tests = Some(FinishedTests { unsorted, sorted: OnceCell::new() });
    }

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
                let mut state = states.by_index[unpack_state(*first)];
                state.outcomes.merge(states.by_index[unpack_state(*duplicate)].outcomes);
                *first = pack(*first, states.intern(state));
            },
        );
    }

    fn sorted_tests(&self) -> &[u128] {
        debug_assert!(self.tests.is_some(), "queried before finish or after release");
        self.tests.as_ref().map_or(&[], |tests| {
            tests.sorted.get_or_init(|| {
                let mut tests = tests.unsorted.take();
                sort_by_key(&mut tests);
                tests
            })
        })
    }

    /// The state of a test.
    pub(crate) fn get(&self, key: TestKey) -> Option<&TestState> {
        self.find(key).map(|(_, state)| state)
    }

    /// The index and state of a test.
    pub(crate) fn find(&self, key: TestKey) -> Option<(usize, &TestState)> {
        let tests = self.sorted_tests();
        let at = tests.binary_search_by_key(&key, |test| unpack_key(*test)).ok()?;
        Some((at, &self.states.by_index[unpack_state(tests[at])]))
    }

    /// Looks up the states of tests in ascending order of their keys.
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

    /// Takes all tests, in random order: what `value` makes of each one's state, which is asked once for each state.
    pub(crate) fn take_tests<V: Copy>(
        &mut self,
        value: impl Fn(&TestState) -> V,
    ) -> impl Iterator<Item = (TestKey, V)> {
        let values: Vec<V> = self.states.by_index.iter().map(value).collect();
        let FinishedTests { unsorted, sorted } = self.tests.take().unwrap_or_default();
        let tests = sorted.into_inner().unwrap_or_else(|| unsorted.into_inner());
        tests.into_iter().map(move |test| (unpack_key(test), values[unpack_state(test)]))
    }

    /// Frees the memory of the tests. The counts by state are kept.
    pub(crate) fn release(&mut self) {
        self.tests = None;
    }

    /// Whether a test may have several results.
    pub(crate) fn had_duplicates(&self) -> bool {
        self.had_duplicates
    }

    /// The distinct states, each with its number of tests.
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

/// Sorts packed tests by key. The upper halves are faster to compare and nearly always differ.
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
