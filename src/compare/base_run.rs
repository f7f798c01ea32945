//! The base run: what each test did before this change.
//!
//! In: a comparison that has read everything, then the base run's results, one at a time. Out: a
//! [`BaseRun`]: the outcomes before of the tests that are told of or failed before, and the tests that
//! only the base run had. It is read last; nothing is kept of a test that passes in both.

use super::gaps::is_signed_off;
use super::store::outcomes::{ByTest, TestKey, VariantId};
use super::suite_counts::Inventory;
use super::verdict::signs_off_the_rest;
use super::{Comparison, ResultsFile};
use crate::known::{Expected, RowId};
use crate::model::{
    Attempt, FoldedOutcome, Gap, Outcome, OutcomeSet, Problem, ProblemKind, Sink, SuiteId,
    TestResult, first_line,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What was found in a base run.
#[derive(Debug, Default)]
pub struct BaseRun {
    /// Tests that this run has too.
    pub(crate) before: ByTest<Before>,
    /// Tests that this run lacks.
    pub(crate) absent: ByTest<Absent>,
    pub(crate) problems: Vec<Problem>,
    /// What was not measured, with the path of the file that shows it.
    gaps: Vec<(Arc<str>, Gap)>,
    /// The suites whose cut end a row expects.
    signed_off: BTreeSet<SuiteId>,
    pub(crate) inventory: Inventory,
    /// Whether not all of its tests are known: what it lacks may have passed.
    pub(crate) is_partial: bool,
}

/// What a test of this run did before.
#[derive(Debug)]
pub(crate) struct Before {
    pub name: Box<str>,
    pub variant: VariantId,
    pub outcomes: OutcomeSet,
    /// The first line of what the runner said of a failure.
    pub message: Box<str>,
}

/// A test that the base run had and this one lacks.
#[derive(Debug)]
pub(crate) struct Absent {
    pub name: Box<str>,
    pub variant: VariantId,
    pub outcomes: OutcomeSet,
    /// The row that claims it.
    pub row: Option<RowId>,
}

impl BaseRun {
    /// Reads one results file of the base run.
    pub fn file<'f, 'r>(
        &'f mut self,
        comparison: &'f Comparison<'r>,
        file: &'f ResultsFile,
    ) -> BaseFold<'f, 'r> {
        BaseFold { base: self, comparison, file }
    }

    /// Notes something wrong with a file of the base run.
    pub fn problem(&mut self, problem: Problem) {
        self.is_partial |= matches!(
            problem.kind,
            ProblemKind::PartialBase { .. } | ProblemKind::IncompleteBase { .. }
        );
        // What could not be read is told as what was not measured.
        if !problem.kind.is_told_by_a_gap() {
            self.problems.push(problem);
        }
    }

    /// All of it was read: tells what of it was not measured and no row expects. It is one problem,
    /// whatever it is: nobody who reads it can do anything about the base run.
    pub(crate) fn end(&mut self) {
        let gaps = std::mem::take(&mut self.gaps);
        let mut left = gaps.iter().filter(|(_, gap)| !is_signed_off(gap, &self.signed_off));
        let Some((file, gap)) = left.next() else { return };
        let why = Some(gap.kind.clone());
        let kind = ProblemKind::IncompleteBase { why, more: left.count() as u64 };
        let line = gap.origin.map_or(0, |origin| origin.line);
        self.problem(Problem::new(file, line, 0, kind));
    }

    /// What a test did before, if it is remembered.
    pub(crate) fn outcome(&self, key: TestKey) -> Option<Outcome> {
        self.before.get(&key).map(|before| before.outcomes.folded().worst())
    }
}

/// Looks up the results of one file of the base run.
pub struct BaseFold<'f, 'r> {
    base: &'f mut BaseRun,
    comparison: &'f Comparison<'r>,
    file: &'f ResultsFile,
}

impl Sink for BaseFold<'_, '_> {
    fn result(&mut self, result: &TestResult<'_>) {
        let (comparison, variant) = (self.comparison, VariantId(self.file.variant));
        let key = comparison.run.key(&result.name, variant);
        let outcomes = comparison.run.outcomes(result);
        let name = || Box::from(result.name.as_ref());
        self.take_stock(result, key, outcomes);
        if result.outcome == Outcome::Unfinished
            && let Some(claim) = comparison.run.claim(&result.name, variant)
            && signs_off_the_rest(&comparison.run.known.row(claim.row).expected)
        {
            self.base.signed_off.insert(result.suite);
        }
        if result.outcome == Outcome::Unfinished && !comparison.kept.contains(key) {
            // It never ended there: nothing is known of it, and nothing of it is missing here.
        } else if comparison.seen.get(key).is_none() {
            let row = || comparison.run.claim(&result.name, variant).map(|claim| claim.row);
            let absent = || Absent { name: name(), variant, outcomes, row: row() };
            self.base.absent.entry(key).or_insert_with(absent).outcomes.merge(outcomes);
        } else if matches!(outcomes.folded(), FoldedOutcome::Unmeasured(_)) {
            // It failed there because of infrastructure.
        } else if result.outcome.is_failing() || comparison.kept.contains(key) {
            let message = || first_line(&result.message).unwrap_or_default().into();
            let before = || Before { name: name(), variant, outcomes, message: message() };
            self.base.before.entry(key).or_insert_with(before).outcomes.merge(outcomes);
        }
    }

    /// A base run that was cut has fewer tests to compare with; it makes nothing red here.
    fn gap(&mut self, gap: Gap) {
        self.base.gaps.push((Arc::clone(&self.file.path), gap));
    }

    fn problem(&mut self, line: u32, kind: ProblemKind) {
        self.base.problem(Problem::new(&self.file.path, line, 0, kind));
    }
}

impl BaseFold<'_, '_> {
    /// Counts a test that ran, and whether it ran here too. A test that a row expects not to run is none
    /// of a suite's.
    fn take_stock(&mut self, result: &TestResult<'_>, key: TestKey, outcomes: OutcomeSet) {
        let ran = |outcomes: OutcomeSet| match outcomes.folded() {
            FoldedOutcome::Settled(Outcome::Skipped | Outcome::Unfinished)
            | FoldedOutcome::Unmeasured(_) => false,
            FoldedOutcome::Settled(
                Outcome::Passed
                | Outcome::Xfailed
                | Outcome::Xpassed
                | Outcome::Failed
                | Outcome::Errored
                | Outcome::TimedOut
                | Outcome::Crashed,
            )
            | FoldedOutcome::Flaky(_) => true,
        };
        if result.attempt == Attempt::Retry || !ran(outcomes) {
            return;
        }
        let (run, variant) = (self.comparison.run, VariantId(self.file.variant));
        let ran_here = self.comparison.seen.get(key).is_some_and(|entry| ran(entry.outcomes));
        let signed_off = || {
            let row = run.claim(&result.name, variant).map(|claim| run.known.row(claim.row));
            row.is_some_and(|row| matches!(row.expected, Expected::Skip))
        };
        if ran_here || !signed_off() {
            self.base.inventory.count(&result.name, variant, ran_here);
        }
    }
}

/// Whether two failures say different things, apart from numbers: addresses, times and counters.
pub(crate) fn said_otherwise(before: &str, now: &str) -> bool {
    let now = first_line(now).unwrap_or_default();
    !before.is_empty() && !now.is_empty() && without_numbers(before) != without_numbers(now)
}

/// A text with `0` for each number, hexadecimal ones and the names of days and months included.
fn without_numbers(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for part in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let word = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        if is_number(word) {
            plain.push('0');
        } else {
            let mut digits = word.chars().peekable();
            while let Some(c) = digits.next() {
                if c.is_ascii_digit() {
                    while digits.next_if(char::is_ascii_digit).is_some() {}
                    plain.push('0');
                } else {
                    plain.push(c);
                }
            }
        }
        plain.push_str(&part[word.len()..]);
    }
    plain
}

/// The names of days and months, as logs write them.
const OF_DATES: [&str; 19] = [
    "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Jan", "Feb", "Mar", "Apr", "May", "Jun",
    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix("0x").unwrap_or(word);
    let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let has_digit = digits.bytes().any(|byte| byte.is_ascii_digit());
    (hex && has_digit) || OF_DATES.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_addresses_and_times_are_no_difference() {
        for (before, now) in [
            ("lib.c:12: 0x7ffe12ab is gone", "lib.c:131: 0x55d0 is gone"),
            ("took 12ms, wanted 5ms", "took 1309ms, wanted 5ms"),
            ("Mon Nov 23 01:00:00 2026 failed", "Tue Dec 01 23:59:59 2026 failed"),
            ("2026-11-23T01:00:00.123Z x", "2027-01-02T03:04:05.6Z x"),
            ("at 7f3a2c01", "at 99"),
        ] {
            assert!(!said_otherwise(before, now), "{before}");
        }
        assert!(said_otherwise("NT_STATUS_OK", "NT_STATUS_NO_MEMORY"));
        assert!(said_otherwise("a failed 3 times", "b failed 3 times"));
        assert!(!said_otherwise("", "x") && !said_otherwise("x", "\n \n"), "nothing to compare");
    }
}
