//! Collects the results of a run and compares them with the list.
//!
//! The results of each file go to a [`FileSink`]. Comparisons of different files merge in any order. A test
//! costs one entry of [`TestOutcomes`]; only tests that a report may list are kept in full.

use super::Infrastructure;
use super::expectation::{accepts_truncation, excuses, is_narrowable};
use super::store::details::{Concern, Message, RetainedTests, TestDetails, Weight};
use super::store::name_sample::NameSample;
use super::store::outcomes::{TestKey, TestOutcomes, TestState, VariantId};
use crate::known::{Claim, KnownFailures, Row, RowId};
use crate::model::{
    Attempt, FailureCounts, Gap, MAX_MESSAGE_LEN, Outcome, OutcomeCounts, OutcomeSet, Problem,
    ProblemKind, Sink, SuiteId, TestResult, Variant, truncate_at_char,
};
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub struct ResultsFile {
    /// The path as it is displayed.
    pub path: Arc<str>,
    /// Index into [`RunContext::variants`].
    pub variant: u16,
}

/// What all comparisons of one run share.
#[derive(Debug)]
pub struct RunContext<'k> {
    pub known: &'k KnownFailures,
    /// In the order of their indices.
    pub files: Vec<ResultsFile>,
    /// Those of this run and of the base run, sorted by name.
    pub variants: Vec<Variant>,
    /// Which tests are kept with name and message.
    pub retain: Retain,
    /// What an infrastructure failure is.
    pub infra: Infrastructure,
}

/// Which tests are kept with name and message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retain {
    /// Those whose verdict may be another one than passed or skipped.
    Notable,
    /// Every test, for a report that lists them all.
    All,
}

impl RunContext<'_> {
    /// The row that claims a test.
    pub(super) fn claim(&self, name: &str, variant: VariantId) -> Option<Claim> {
        self.known.claim(name, self.variant(variant))
    }

    pub(super) fn key(&self, name: &str, variant: VariantId) -> TestKey {
        TestKey::new(self.known.hash_name(name), variant)
    }

    /// The outcome of a result, which may be an infrastructure failure.
    pub(super) fn classify(&self, result: &TestResult<'_>) -> OutcomeSet {
        let message = truncate_at_char(&result.message, MAX_MESSAGE_LEN);
        if result.outcome.is_failing() && self.infra.matches(message) {
            OutcomeSet::from_infrastructure_failure(result.outcome, result.attempt)
        } else {
            OutcomeSet::new(result.outcome, result.attempt)
        }
    }

    /// What a result means under the row that claims its test; `state` is of this result alone.
    pub(super) fn concern(
        &self,
        state: &TestState,
        result: &TestResult<'_>,
        message: &str,
    ) -> Concern {
        if !result.outcome.is_failing() {
            return Concern::Calm;
        }
        if state.is_infrastructure_failure() {
            return Concern::Infrastructure;
        }
        let is_excused = |row: &RowId| excuses(&self.known.row(*row).expected, result.outcome);
        let Some(row) = state.row().filter(is_excused) else { return Concern::Unexcused };
        let is_expected = self.known.expects_message(row, message);
        let message = if is_expected { Message::Expected } else { Message::Mismatch };
        Concern::Excused(result.attempt, message)
    }

    pub(super) fn variant(&self, id: VariantId) -> &Variant {
        &self.variants[id.index()]
    }

    pub(super) fn variant_ids(&self) -> impl Iterator<Item = VariantId> + use<> {
        (0..self.variants.len()).map(|index| VariantId(index as u16))
    }

    /// The variants that this run has results files of: the base run may have further ones.
    pub(super) fn variants_that_ran(&self) -> BTreeSet<VariantId> {
        self.files.iter().map(|file| VariantId(file.variant)).collect()
    }

    /// The variants that a row applies to.
    pub(super) fn scope(&self, row: RowId) -> impl Iterator<Item = VariantId> {
        let allowed = self.known.allowed_variants(row, &self.variants);
        allowed.into_iter().map(|index| VariantId(index as u16))
    }

    /// The path of a results file.
    pub(super) fn path(&self, file: u32) -> Option<&Arc<str>> {
        self.files.get(file as usize).map(|file| &file.path)
    }

    pub(super) fn variant_of(&self, file: u32) -> VariantId {
        VariantId(self.files.get(file as usize).map_or(0, |f| f.variant))
    }
}

/// A comparison whose results are still being read.
#[derive(Debug)]
pub struct ComparisonBuilder<'r>(Comparison<'r>);

impl<'r> ComparisonBuilder<'r> {
    /// A comparison without any results.
    pub fn new(run: &'r RunContext<'r>) -> ComparisonBuilder<'r> {
        ComparisonBuilder(Comparison {
            run,
            outcomes: TestOutcomes::default(),
            retained: RetainedTests::default(),
            unlisted: NameSample::default(),
            results: OutcomeCounts::default(),
            retried_failures: 0,
            gaps: Vec::new(),
            accepted_suites: BTreeSet::new(),
            problems: Vec::new(),
            matched: vec![false; run.known.rows().len()],
        })
    }

    pub fn file_sink(&mut self, file_index: u32) -> FileSink<'_, 'r> {
        let variant = self.0.run.variant_of(file_index);
        FileSink { comparison: &mut self.0, file_index, variant }
    }

    /// Adds a problem of the run, such as a damaged record.
    pub fn add_problem(&mut self, problem: Problem) {
        self.0.add_problem(problem);
    }

    /// Adds the results of another builder for the same run.
    pub fn merge(mut self, ComparisonBuilder(other): Self) -> ComparisonBuilder<'r> {
        let comparison = &mut self.0;
        comparison.retained.merge(other.retained);
        comparison.unlisted.merge(other.unlisted);
        comparison.outcomes.merge(other.outcomes);
        comparison.results.merge(&other.results);
        comparison.retried_failures += other.retried_failures;
        comparison.gaps.extend(other.gaps);
        comparison.accepted_suites.extend(other.accepted_suites);
        comparison.problems.extend(other.problems);
        for (own, other_matched) in comparison.matched.iter_mut().zip(other.matched) {
            *own |= other_matched;
        }
        self
    }

    /// Ends the reading.
    pub fn finish(self) -> Comparison<'r> {
        let mut comparison = self.0;
        comparison.outcomes.finish();
        comparison.retained.finish(&comparison.outcomes);
        comparison
    }
}

/// The results of a run, each test with the row that claims it.
#[derive(Debug)]
pub struct Comparison<'r> {
    pub(super) run: &'r RunContext<'r>,
    pub(super) outcomes: TestOutcomes,
    pub(super) retained: RetainedTests,
    /// Some of the other tests that no row claims.
    pub(super) unlisted: NameSample,
    pub(super) results: OutcomeCounts,
    /// Failing attempts that another one followed.
    retried_failures: u64,
    pub(super) gaps: Vec<Gap>,
    pub(super) accepted_suites: BTreeSet<SuiteId>,
    pub(super) problems: Vec<Problem>,
    /// By row: whether its pattern matches a test, whichever row claims that.
    pub(super) matched: Vec<bool>,
}

impl Comparison<'_> {
    /// Adds a gap of the whole run, such as the runner's exit code.
    pub fn add_gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }

    /// Adds a problem of the run, such as a file that cannot be opened.
    pub fn add_problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The failing results.
    pub fn failures(&self) -> FailureCounts {
        FailureCounts { all: self.results.failing(), retried: self.retried_failures }
    }

    /// The number of tests that ran or at least started, whether or not that measured them.
    pub fn ran_count(&self) -> u64 {
        let ran = self.outcomes.counts_by_state().filter(|(state, _)| state.outcomes.has_started());
        ran.map(|(_, tests)| tests).sum()
    }

    /// The number of tests.
    pub fn test_count(&self) -> u64 {
        self.outcomes.counts_by_state().map(|(_, tests)| tests).sum()
    }

    fn add(&mut self, variant: VariantId, result: &TestResult<'_>) {
        let run = self.run;
        let hash = run.known.hash_name(&result.name);
        let key = TestKey::new(hash, variant);
        let outcomes = run.classify(result);
        let claim = run.known.claim_hashed(hash, &result.name, run.variant(variant));
        self.results.add(result.outcome);
        let state = TestState::new(variant, outcomes, claim.map(|claim| claim.row));
        self.outcomes.add(key, state);
        if let Some(claim) = claim {
            let row = run.known.row(claim.row);
            if result.outcome == Outcome::Unfinished && accepts_truncation(&row.expected) {
                self.accepted_suites.insert(result.suite);
            }
            let mark = |row: RowId| self.matched[row.0 as usize] = true;
            run.known.for_each_match(hash, &result.name, run.variant(variant), mark);
        }
        let row = claim.map(|claim| run.known.row(claim.row));
        if run.retain == Retain::All || is_notable(result.outcome, row) {
            let is_loose = claim.is_some_and(|claim| claim.is_loose);
            self.retain(key, state, result, is_loose);
        } else if claim.is_none() {
            self.unlisted.add(result.origin, variant, &result.name);
        }
    }

    fn retain(&mut self, key: TestKey, state: TestState, result: &TestResult<'_>, is_loose: bool) {
        if result.attempt == Attempt::Intermediate && result.outcome.is_failing() {
            self.retried_failures += 1;
        }
        let location = result.location.as_ref();
        let location =
            location.map(|location| (self.retained.intern_path(&location.file), location.line));
        let message = truncate_at_char(&result.message, MAX_MESSAGE_LEN);
        let concern = self.run.concern(&state, result, message);
        let details = TestDetails {
            name: result.name.as_ref().into(),
            state,
            weight: Weight { concern, outcome: result.outcome, attempt: result.attempt },
            message: message.into(),
            location,
            origin: result.origin,
            is_loose,
        };
        self.retained.add(key, details);
    }
}

/// Whether the verdict on a test may be another one than passed or skipped, or its row may lose it.
fn is_notable(outcome: Outcome, row: Option<&Row>) -> bool {
    match outcome {
        Outcome::Passed => row.is_some(),
        Outcome::Skipped => row.is_some_and(is_narrowable),
        Outcome::Xfailed
        | Outcome::Xpassed
        | Outcome::Unfinished
        | Outcome::Failed
        | Outcome::Errored
        | Outcome::TimedOut
        | Outcome::Crashed => true,
    }
}

/// Adds the results of one file to a comparison.
pub struct FileSink<'c, 'r> {
    comparison: &'c mut Comparison<'r>,
    file_index: u32,
    variant: VariantId,
}

impl Sink for FileSink<'_, '_> {
    fn result(&mut self, result: &TestResult<'_>) {
        self.comparison.add(self.variant, result);
    }

    fn gap(&mut self, gap: Gap) {
        self.comparison.gaps.push(gap);
    }

    fn problem(&mut self, line: u32, kind: ProblemKind) {
        let path = self.comparison.run.path(self.file_index).map_or("", |path| path);
        let problem = Problem::new(path, line, 0, kind);
        self.comparison.problems.push(problem);
    }
}
