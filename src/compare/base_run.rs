//! The base run: the outcome of each test before this change.
//!
//! It is read after the run itself, so that a test that passes in both need not be kept.

use super::expectation::{accepts_truncation, excuses_unfinished};
use super::gaps::{empty_variant_gaps, is_accepted};
use super::store::details::Weight;
use super::store::outcomes::{ByTest, TestKey, TestState, VariantId};
use super::store::test_set::TestSet;
use super::suite_counts::SuiteCounts;
use super::{Comparison, InfraLimit, ResultsFile};
use crate::known::{Expected, RowId};
use crate::model::{
    Attempt, BaseRunGap, BuildIdentityHasher, CombinedOutcome, Gap, GapKind, MAX_MESSAGE_LEN,
    Outcome, OutcomeSet, Problem, ProblemKind, ResultsProblem, Sink, SuiteId, TestResult,
    first_line, truncate_at_char,
};
use std::cmp::Ordering;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// What is kept of a base run.
#[derive(Debug, Default)]
pub struct BaseRun {
    /// Tests of both runs that failed in the base run or are retained in this one.
    pub(crate) tests: ByTest<BaseTest>,
    /// Tests that this run lacks.
    pub(crate) base_only: ByTest<BaseOnlyTest>,
    /// Tests of both runs that passed in the base run, be it only after other results.
    passed: TestSet,
    /// Tests of both runs that are counted in `suites`.
    counted: TestSet,
    pub(crate) problems: Vec<Problem>,
    /// With the path of the results file.
    gaps: Vec<(Arc<str>, Gap)>,
    /// Tests that never ended and that no row excuses.
    unfinished: HashSet<TestKey, BuildIdentityHasher>,
    /// The path and line of the first of them.
    first_unfinished: Option<Place>,
    /// The suites that a row expects to be truncated.
    accepted_suites: BTreeSet<SuiteId>,
    pub(crate) suites: SuiteCounts,
    /// Whether some of its tests are unknown, so that a test it lacks may have passed.
    pub(crate) is_partial: bool,
    coverage: Coverage,
}

/// Which tests the base run has, and which of them it measured.
#[derive(Debug, Default)]
struct Coverage {
    /// The variants with tests.
    variants: BTreeSet<VariantId>,
    /// Tests of both runs with a result that measured them.
    measured: TestSet,
    /// Tests of both runs with an infrastructure failure.
    lost: TestSet,
    /// Tests that this run lacks and that never ended.
    never_ended: HashSet<TestKey, BuildIdentityHasher>,
    /// Tests that a report counts and does not list.
    unlisted: u64,
    /// The path and line of the first infrastructure failure.
    first_lost: Option<Place>,
}

/// The path of a results file, and a line.
type Place = (Arc<str>, u32);

/// A test of both runs, as it was in the base run.
#[derive(Debug)]
pub(crate) struct BaseTest {
    pub name: Box<str>,
    pub variant: VariantId,
    /// The index of the test in this run.
    index: usize,
    outcomes: OutcomeSet,
    /// That of its weightiest results, one of which this run would report.
    weight: Weight,
    /// The first line of the message of such a result, if it failed.
    message: Box<str>,
    /// Those of further such results.
    other_messages: BTreeSet<Box<str>>,
}

/// A test that the base run has and this run lacks.
#[derive(Debug)]
pub(crate) struct BaseOnlyTest {
    pub name: Box<str>,
    pub variant: VariantId,
    pub outcomes: OutcomeSet,
    /// The row that claims it.
    pub row: Option<RowId>,
    /// Whether it is counted in [`BaseRun::suites`].
    is_counted: bool,
}

impl BaseRun {
    /// The sink for one results file of the base run.
    pub fn file_sink<'f, 'r>(
        &'f mut self,
        comparison: &'f Comparison<'r>,
        file: &'f ResultsFile,
    ) -> BaseSink<'f, 'r> {
        BaseSink { base: self, comparison, file }
    }

    /// Adds a problem of a file of the base run, unless it is also a gap, or is about an exit code: this run's own shows
    /// what its runner does.
    pub fn add_problem(&mut self, problem: Problem) {
        self.is_partial |= matches!(
            problem.kind,
            ProblemKind::PartialBase { .. } | ProblemKind::IncompleteBase { .. }
        );
        let is_about_exit_code =
            matches!(problem.kind, ProblemKind::Results(ResultsProblem::ExitCodeZero { .. }));
        if !problem.kind.has_matching_gap() && !is_about_exit_code {
            self.problems.push(problem);
        }
    }

    /// Completes what is known of each test, and reports why the base run is incomplete, once everything was read.
    pub(crate) fn finish(&mut self, infra_limit: InfraLimit) {
        for test in self.tests.values_mut().filter(|test| self.passed.contains(test.index)) {
            test.outcomes.merge(OutcomeSet::new(Outcome::Passed, Attempt::Final));
        }
        if let Some(problem) = self.incompleteness(infra_limit) {
            self.add_problem(problem);
        }
    }

    /// Adds tests that a report counts and does not list.
    pub fn add_unlisted(&mut self, tests: u64) {
        self.coverage.unlisted = self.coverage.unlisted.saturating_add(tests);
    }

    /// Adds a gap for each of these files whose variant has no test, once all of them were read.
    pub fn add_empty_variant_gaps(&mut self, files: &[ResultsFile]) {
        let gaps = self.gaps.iter().map(|(_, gap)| gap);
        for gap in empty_variant_gaps(files, &self.coverage.variants, gaps) {
            let file = gap.scope.file().and_then(|file| files.get(file as usize));
            self.gaps.extend(file.map(|file| (Arc::clone(&file.path), gap)));
        }
    }

    /// The tests that failed because of infrastructure, if they are more than the limit allows.
    fn excess_infrastructure_failures(&self, limit: InfraLimit) -> Option<u64> {
        let Coverage { measured, lost, never_ended, unlisted, .. } = &self.coverage;
        let is_lost = |(key, test): &(&TestKey, &BaseOnlyTest)| {
            matches!(test.outcomes.combine(), CombinedOutcome::Unmeasured(_))
                && !never_ended.contains(key)
        };
        let lost_in_both = lost.count_without(measured);
        let failed = lost_in_both + self.base_only.iter().filter(is_lost).count() as u64;
        let is_new = |key: &&TestKey| !self.base_only.contains_key(key);
        let base_only = self.base_only.len() + never_ended.iter().filter(is_new).count();
        let listed = measured.count() + lost_in_both + base_only as u64;
        limit.is_exceeded(failed, listed.saturating_add(*unlisted)).then_some(failed)
    }

    /// The gaps that no row expects, as one problem, since its reader cannot repair the base run. A gap because of a
    /// test that never ended is counted as that test.
    fn incompleteness(&self, infra_limit: InfraLimit) -> Option<Problem> {
        let is_unaccepted = |(_, gap): &&(Arc<str>, Gap)| {
            gap.kind != GapKind::UnfinishedTest && !is_accepted(gap, &self.accepted_suites)
        };
        let gaps = || self.gaps.iter().filter(is_unaccepted);
        let first_gap = gaps().min_by(|(a_file, a), (b_file, b)| {
            (a_file, a.origin, &a.kind).cmp(&(b_file, b.origin, &b.kind))
        });
        let gap = first_gap.map(|(file, gap)| {
            let line = gap.origin.map_or(0, |origin| origin.line);
            ((Arc::clone(file), line), BaseRunGap::Gap(gap.kind.clone()))
        });
        let unfinished = self.first_unfinished.clone().map(|place| {
            let tests = self.unfinished.len() as u64;
            (place, BaseRunGap::Unfinished { tests })
        });
        let lost = self.excess_infrastructure_failures(infra_limit);
        let lost = lost.zip(self.coverage.first_lost.clone());
        let lost = lost.map(|(tests, place)| (place, BaseRunGap::Infrastructure { tests }));
        let others = u64::from(unfinished.is_some()) + u64::from(lost.is_some());
        let reasons = gaps().count() as u64 + others;
        let ((file, line), why) = gap.or(unfinished).or(lost)?;
        // A report states itself that its run was incomplete.
        let is_stated = |problem: &Problem| {
            problem.file == file && matches!(problem.kind, ProblemKind::IncompleteBase { .. })
        };
        let kind = ProblemKind::IncompleteBase { why, more: reasons - 1 };
        let is_new = !self.problems.iter().any(is_stated);
        is_new.then(|| Problem::new(&file, line, 0, kind))
    }
}

impl BaseTest {
    /// A test with one result. `state` is of this result alone.
    fn new(
        comparison: &Comparison<'_>,
        result: &TestResult<'_>,
        index: usize,
        state: &TestState,
    ) -> BaseTest {
        let message = truncate_at_char(&result.message, MAX_MESSAGE_LEN);
        let concern = comparison.run.concern(state, result, message);
        let message = match result.outcome {
            Outcome::Passed | Outcome::Skipped => "",
            Outcome::Xfailed
            | Outcome::Unfinished
            | Outcome::Xpassed
            | Outcome::Failed
            | Outcome::Errored
            | Outcome::TimedOut
            | Outcome::Crashed => first_line(message).unwrap_or_default(),
        };
        BaseTest {
            name: result.name.as_ref().into(),
            variant: state.variant,
            index,
            outcomes: state.outcomes,
            weight: Weight { concern, outcome: result.outcome, attempt: result.attempt },
            message: message.into(),
            other_messages: BTreeSet::new(),
        }
    }

    /// Adds a further result.
    fn merge(&mut self, other: BaseTest) {
        self.outcomes.merge(other.outcomes);
        match other.weight.cmp(&self.weight) {
            Ordering::Less => {}
            Ordering::Equal => {
                let greater = if other.message < self.message {
                    std::mem::replace(&mut self.message, other.message)
                } else {
                    other.message
                };
                if greater != self.message {
                    self.other_messages.insert(greater);
                }
            }
            Ordering::Greater => {
                (self.weight, self.message) = (other.weight, other.message);
                self.other_messages.clear();
            }
        }
    }

    /// How it fared; `None` if it was not measured.
    pub(crate) fn outcome(&self) -> Option<CombinedOutcome> {
        let outcome = self.outcomes.combine();
        (!matches!(outcome, CombinedOutcome::Unmeasured(_))).then_some(outcome)
    }

    /// The message of its failure, if this run's is none of the messages that it could have been reported with.
    pub(crate) fn changed_message(&self, current: &str) -> Option<&str> {
        self.outcome()?;
        let mut messages = std::iter::once(&self.message).chain(&self.other_messages);
        messages.all(|message| message_differs(message, current)).then_some(&*self.message)
    }
}

/// Reads one results file of the base run.
pub struct BaseSink<'f, 'r> {
    base: &'f mut BaseRun,
    comparison: &'f Comparison<'r>,
    file: &'f ResultsFile,
}

impl Sink for BaseSink<'_, '_> {
    fn result(&mut self, result: &TestResult<'_>) {
        let (run, variant) = (self.comparison.run, VariantId(self.file.variant));
        let key = run.key(&result.name, variant);
        let outcomes = run.classify(result);
        if result.outcome == Outcome::Unfinished {
            self.add_unfinished(result, key);
        }
        let coverage = &mut self.base.coverage;
        coverage.variants.insert(variant);
        let is_lost = matches!(outcomes.combine(), CombinedOutcome::Unmeasured(_));
        if is_lost {
            add_first(&mut coverage.first_lost, &self.file.path, result.origin.line);
        }
        match self.comparison.outcomes.find(key) {
            Some((index, current)) => {
                let tests = if is_lost { &mut coverage.lost } else { &mut coverage.measured };
                tests.insert(index);
                self.add_to_both(result, key, (index, *current), outcomes);
            }
            // A test that never ended is not missed.
            None if result.outcome == Outcome::Unfinished => {
                coverage.never_ended.insert(key);
            }
            None => self.add_base_only(result, key, outcomes),
        }
    }

    fn gap(&mut self, gap: Gap) {
        self.base.gaps.push((Arc::clone(&self.file.path), gap));
    }

    fn problem(&mut self, line: u32, kind: ProblemKind) {
        self.base.add_problem(Problem::new(&self.file.path, line, 0, kind));
    }
}

impl BaseSink<'_, '_> {
    /// Adds a result of a test that never ended.
    fn add_unfinished(&mut self, result: &TestResult<'_>, key: TestKey) {
        let (run, variant) = (self.comparison.run, VariantId(self.file.variant));
        let claim = run.claim(&result.name, variant);
        let expected = claim.map(|claim| &run.known.row(claim.row).expected);
        if expected.is_some_and(accepts_truncation) {
            self.base.accepted_suites.insert(result.suite);
        }
        if !expected.is_some_and(excuses_unfinished) {
            self.base.unfinished.insert(key);
            let first = &mut self.base.first_unfinished;
            add_first(first, &self.file.path, result.origin.line);
        }
    }

    /// Adds a result of a test that this run has, with its index and state there.
    fn add_to_both(
        &mut self,
        result: &TestResult<'_>,
        key: TestKey,
        (index, current): (usize, TestState),
        outcomes: OutcomeSet,
    ) {
        if outcomes.has_run() && self.base.counted.insert(index) {
            self.count_suite(result, current.row(), Some(current));
        }
        if result.outcome == Outcome::Passed {
            self.base.passed.insert(index);
        }
        let is_retained = || self.comparison.retained.contains(key);
        let has_failed = result.outcome.is_failing()
            && !matches!(outcomes.combine(), CombinedOutcome::Unmeasured(_));
        if !has_failed && !is_retained() {
            return;
        }
        let state = TestState::new(current.variant, outcomes, current.row());
        let test = BaseTest::new(self.comparison, result, index, &state);
        match self.base.tests.entry(key) {
            Entry::Occupied(mut existing) => existing.get_mut().merge(test),
            Entry::Vacant(vacant) => {
                vacant.insert(test);
            }
        }
    }

    fn add_base_only(&mut self, result: &TestResult<'_>, key: TestKey, outcomes: OutcomeSet) {
        let (run, variant) = (self.comparison.run, VariantId(self.file.variant));
        let test = self.base.base_only.entry(key).or_insert_with(|| BaseOnlyTest {
            name: result.name.as_ref().into(),
            variant,
            outcomes,
            row: run.claim(&result.name, variant).map(|claim| claim.row),
            is_counted: false,
        });
        test.outcomes.merge(outcomes);
        let row = test.row;
        if outcomes.has_run() && !std::mem::replace(&mut test.is_counted, true) {
            self.count_suite(result, row, None);
        }
    }

    /// Counts a test that ran in the base run, unless it did not run in this one, where its state is `current`, as a row
    /// expects.
    fn count_suite(
        &mut self,
        result: &TestResult<'_>,
        row: Option<RowId>,
        current: Option<TestState>,
    ) {
        let known = self.comparison.run.known;
        let ran_now = current.is_some_and(|state| state.outcomes.has_run());
        let is_expected_skip =
            row.is_some_and(|row| matches!(known.row(row).expected, Expected::Skip));
        if ran_now || !is_expected_skip {
            let variant = VariantId(self.file.variant);
            self.base.suites.count(&result.name, variant, ran_now);
        }
    }
}

/// Keeps the first of the places.
fn add_first(first: &mut Option<Place>, path: &Arc<str>, line: u32) {
    let is_first = first.as_ref().is_none_or(|first| (&**path, line) < (&*first.0, first.1));
    if is_first {
        *first = Some((Arc::clone(path), line));
    }
}

/// Whether two messages have different first lines, apart from numbers such as addresses, times and counters.
pub(crate) fn message_differs(base: &str, current: &str) -> bool {
    let current = first_line(current).unwrap_or_default();
    !base.is_empty() && !current.is_empty() && mask_numbers(base) != mask_numbers(current)
}

/// Replaces each number, hexadecimal number and name of a day or month by `0`.
fn mask_numbers(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    for part in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let word = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        if is_number(word) {
            masked.push('0');
        } else {
            let runs = word.as_bytes().chunk_by(|a, b| a.is_ascii_digit() && b.is_ascii_digit());
            let mask = |run: &[u8]| if run[0].is_ascii_digit() { '0' } else { run[0].into() };
            masked.extend(runs.map(mask));
        }
        masked.push_str(&part[word.len()..]);
    }
    masked
}

/// Abbreviated names of days and months.
const DATE_WORDS: [&str; 19] = [
    "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Jan", "Feb", "Mar", "Apr", "May", "Jun",
    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix("0x").unwrap_or(word);
    let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let has_digit = digits.bytes().any(|byte| byte.is_ascii_digit());
    (hex && has_digit) || DATE_WORDS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_addresses_and_times_are_no_difference() {
        for (base, current) in [
            ("lib.c:12: 0x7ffe12ab is gone", "lib.c:131: 0x55d0 is gone"),
            ("took 12ms, wanted 5ms", "took 1309ms, wanted 5ms"),
            ("Mon Nov 23 01:00:00 2026 failed", "Tue Dec 01 23:59:59 2026 failed"),
            ("2026-11-23T01:00:00.123Z x", "2027-01-02T03:04:05.6Z x"),
            ("at 7f3a2c01", "at 99"),
        ] {
            assert!(!message_differs(base, current), "{base}");
        }
        assert!(message_differs("NT_STATUS_OK", "NT_STATUS_NO_MEMORY"));
        assert!(message_differs("a failed 3 times", "b failed 3 times"));
        assert!(!message_differs("", "x") && !message_differs("x", "\n \n"), "nothing to compare");
    }
}
