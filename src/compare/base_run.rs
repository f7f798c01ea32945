//! The base run: the outcome of each test before this change.
//!
//! It is read after the run itself, so that a test that passes in both need not be kept.

use super::expectation::accepts_truncation;
use super::gaps::is_accepted;
use super::store::outcomes::{ByTest, TestKey, VariantId};
use super::suite_counts::SuiteCounts;
use super::{Comparison, ResultsFile};
use crate::known::{Expected, RowId};
use crate::model::{
    Attempt, CombinedOutcome, Gap, Outcome, OutcomeSet, Problem, ProblemKind, Sink, SuiteId,
    TestResult, first_line,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is kept of a base run.
#[derive(Debug, Default)]
pub struct BaseRun {
    /// Tests of both runs that failed in the base run or are retained in this one.
    pub(crate) tests: ByTest<BaseTest>,
    /// Tests that this run lacks.
    pub(crate) base_only: ByTest<BaseOnlyTest>,
    pub(crate) problems: Vec<Problem>,
    /// With the path of the results file.
    gaps: Vec<(Arc<str>, Gap)>,
    /// The suites that a row expects to be truncated.
    accepted_suites: BTreeSet<SuiteId>,
    pub(crate) suites: SuiteCounts,
    /// Whether some of its tests are unknown, so that a test it lacks may have passed.
    pub(crate) is_partial: bool,
}

/// A test of both runs, as it was in the base run.
#[derive(Debug)]
pub(crate) struct BaseTest {
    pub name: Box<str>,
    pub variant: VariantId,
    pub outcomes: OutcomeSet,
    /// The first line of the message of a failure.
    pub message: Box<str>,
}

/// A test that the base run has and this run lacks.
#[derive(Debug)]
pub(crate) struct BaseOnlyTest {
    pub name: Box<str>,
    pub variant: VariantId,
    pub outcomes: OutcomeSet,
    /// The row that claims it.
    pub row: Option<RowId>,
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

    /// Adds a problem of a file of the base run.
    pub fn add_problem(&mut self, problem: Problem) {
        self.is_partial |= matches!(
            problem.kind,
            ProblemKind::PartialBase { .. } | ProblemKind::IncompleteBase { .. }
        );
        if !problem.kind.has_matching_gap() {
            self.problems.push(problem);
        }
    }

    /// Reports the gaps that no row expects, once everything was read: as one problem, since its reader
    /// cannot repair the base run.
    pub(crate) fn finish(&mut self) {
        let gaps = std::mem::take(&mut self.gaps);
        let mut unaccepted =
            gaps.iter().filter(|(_, gap)| !is_accepted(gap, &self.accepted_suites));
        let Some((file, gap)) = unaccepted.next() else { return };
        let why = Some(gap.kind.clone());
        let kind = ProblemKind::IncompleteBase { why, more: unaccepted.count() as u64 };
        let line = gap.origin.map_or(0, |origin| origin.line);
        self.add_problem(Problem::new(file, line, 0, kind));
    }

    /// The outcome of a test that is kept.
    pub(crate) fn outcome(&self, key: TestKey) -> Option<Outcome> {
        self.tests.get(&key).map(|test| test.outcomes.combine().worst())
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
        let (comparison, variant) = (self.comparison, VariantId(self.file.variant));
        let key = comparison.run.key(&result.name, variant);
        let outcomes = comparison.run.classify(result);
        let name = || Box::from(result.name.as_ref());
        self.count_suite(result, key, outcomes);
        if result.outcome == Outcome::Unfinished
            && let Some(claim) = comparison.run.claim(&result.name, variant)
            && accepts_truncation(&comparison.run.known.row(claim.row).expected)
        {
            self.base.accepted_suites.insert(result.suite);
        }
        if result.outcome == Outcome::Unfinished && !comparison.retained.contains(key) {
            // Without an outcome there is nothing to compare, and a test that never ended is not missed.
        } else if comparison.outcomes.get(key).is_none() {
            let row = || comparison.run.claim(&result.name, variant).map(|claim| claim.row);
            let base_only = || BaseOnlyTest { name: name(), variant, outcomes, row: row() };
            self.base.base_only.entry(key).or_insert_with(base_only).outcomes.merge(outcomes);
        } else if matches!(outcomes.combine(), CombinedOutcome::Unmeasured(_)) {
            // An infrastructure failure is no outcome to compare with.
        } else if result.outcome.is_failing() || comparison.retained.contains(key) {
            let message = || first_line(&result.message).unwrap_or_default().into();
            let base_test = || BaseTest { name: name(), variant, outcomes, message: message() };
            self.base.tests.entry(key).or_insert_with(base_test).outcomes.merge(outcomes);
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
    /// Counts a test that ran in the base run, unless it did not run in this one as a row expects.
    fn count_suite(&mut self, result: &TestResult<'_>, key: TestKey, outcomes: OutcomeSet) {
        let ran = |outcomes: OutcomeSet| match outcomes.combine() {
            CombinedOutcome::Single(outcome) => {
                !matches!(outcome, Outcome::Skipped | Outcome::Unfinished)
            }
            CombinedOutcome::Unmeasured(_) => false,
            CombinedOutcome::Flaky(_) => true,
        };
        if result.attempt == Attempt::Intermediate || !ran(outcomes) {
            return;
        }
        let (run, variant) = (self.comparison.run, VariantId(self.file.variant));
        let ran_now = self.comparison.outcomes.get(key).is_some_and(|entry| ran(entry.outcomes));
        let is_expected_skip = || {
            let row = run.claim(&result.name, variant).map(|claim| run.known.row(claim.row));
            row.is_some_and(|row| matches!(row.expected, Expected::Skip))
        };
        if ran_now || !is_expected_skip() {
            self.base.suites.count(&result.name, variant, ran_now);
        }
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
