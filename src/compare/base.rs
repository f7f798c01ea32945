//! The base run: what each test did before this change.
//!
//! In: a comparison that has read everything, then the base run's results, one at a time. Out: a
//! [`BaseRun`]: the outcomes before of the tests that are told of or failed before, and the tests that
//! only the base run had. It is read last; nothing is kept of a test that passes in both.

use super::seen::{ByTest, TestKey, VariantId};
use super::{Comparison, ResultsFile};
use crate::known::RowId;
use crate::model::{Gap, Outcome, OutcomeSet, Problem, ProblemKind, Sink, TestResult, first_line};

/// What was found in a base run.
#[derive(Debug, Default)]
pub struct BaseRun {
    /// Tests that this run has too.
    pub(super) before: ByTest<Before>,
    /// Tests that this run lacks.
    pub(super) absent: ByTest<Absent>,
    pub(super) problems: Vec<Problem>,
}

/// What a test of this run did before.
#[derive(Debug)]
pub(super) struct Before {
    pub name: Box<str>,
    pub variant: VariantId,
    pub outcomes: OutcomeSet,
    /// The first line of what the runner said of a failure.
    pub message: Box<str>,
}

/// A test that the base run had and this one lacks.
#[derive(Debug)]
pub(super) struct Absent {
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

    /// What a test did before, if it is remembered.
    pub(super) fn outcome(&self, key: TestKey) -> Option<Outcome> {
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
    fn result(&mut self, result: TestResult<'_>) {
        let (comparison, variant) = (self.comparison, VariantId(self.file.variant));
        let key = comparison.run.keys.of(&result.name, variant);
        let outcomes = OutcomeSet::of(result.outcome, result.attempt);
        let name = || Box::from(result.name.as_ref());
        if result.outcome == Outcome::Unfinished {
            // It never ended there either: nothing is known of it.
        } else if comparison.seen.get(key).is_none() {
            let row = || comparison.run.claim(&result.name, variant).map(|claim| claim.row);
            let absent = || Absent { name: name(), variant, outcomes, row: row() };
            self.base.absent.entry(key).or_insert_with(absent).outcomes.merge(outcomes);
        } else if result.outcome.is_failing() || comparison.kept.contains_key(&key) {
            let message = || first_line(&result.message).unwrap_or_default().into();
            let before = || Before { name: name(), variant, outcomes, message: message() };
            self.base.before.entry(key).or_insert_with(before).outcomes.merge(outcomes);
        }
    }

    /// A base run that was cut has fewer tests to compare with, and says nothing of this run.
    fn gap(&mut self, _: Gap) {}

    fn problem(&mut self, line: u32, kind: ProblemKind) {
        self.base.problems.push(Problem::new(&self.file.path, line, 0, kind));
    }
}

/// Whether two failures say different things, apart from numbers: addresses, times and counters.
pub(super) fn said_otherwise(before: &str, now: &str) -> bool {
    let now = first_line(now).unwrap_or_default();
    !before.is_empty() && !now.is_empty() && without_numbers(before) != without_numbers(now)
}

/// A text with `0` for each number, hexadecimal ones included.
fn without_numbers(text: &str) -> String {
    let is_number = |word: &str| {
        let digits = word.strip_prefix("0x").unwrap_or(word);
        let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        hex && digits.bytes().any(|byte| byte.is_ascii_digit())
    };
    let words = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    let shown = |part: &str| {
        let word = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let tail = &part[word.len()..];
        if is_number(word) { format!("0{tail}") } else { part.to_owned() }
    };
    words.map(shown).collect()
}
