//! The fold: results in, one at a time; a comparison out that merges with others in any order.
//!
//! In: for each results file a [`FileFold`], which is the builder's sink. Out: a [`Comparison`], whose
//! [`Comparison::facts`] says what it all comes to. No run is held as a whole: a test costs one entry of
//! [`Seen`], and only what a report may show is kept in full.

use super::Infrastructure;
use super::store::details::{Kept, KeptTests};
use super::store::outcomes::{Entry, Seen, TestKey, VariantId};
use super::verdict::signs_off_the_rest;
use crate::known::{Claim, KnownFailures};
use crate::model::{
    Gap, KEPT_MESSAGE, NameKey, Outcome, OutcomeCounts, OutcomeSet, Problem, ProblemKind, Sink,
    SuiteId, TestResult, Variant, start_of,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// One results file: its place in [`Run::files`] is its number.
#[derive(Debug, Clone)]
pub struct ResultsFile {
    /// The path as it is shown.
    pub path: Arc<str>,
    /// Index into [`Run::variants`].
    pub variant: u16,
}

/// What all comparisons of one run share.
#[derive(Debug)]
pub struct Run {
    pub known: KnownFailures,
    /// In the order in which they are numbered.
    pub files: Vec<ResultsFile>,
    /// Those of this run and of the base run, sorted by name.
    pub variants: Vec<Variant>,
    pub keep: Keep,
    pub infra: Infrastructure,
}

/// Which tests are kept with name and message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Those whose verdict may turn out to be more than passed or skipped.
    Noteworthy,
    /// Every test, for a report that lists them all.
    Everything,
}

impl Run {
    /// The row that claims a test.
    pub(super) fn claim(&self, name: &str, variant: VariantId) -> Option<Claim> {
        self.known.claim(name, &self.variants[variant.0 as usize])
    }

    /// The key of a test.
    pub(super) fn key(&self, name: &str, variant: VariantId) -> TestKey {
        TestKey::of(self.known.key(name), variant)
    }

    /// What a result says of its test. Of a message counts what is kept.
    pub(super) fn outcomes(&self, result: &TestResult<'_>) -> OutcomeSet {
        let message = start_of(&result.message, KEPT_MESSAGE);
        match result.outcome.is_failing() && self.infra.is_shown(message) {
            true => OutcomeSet::unmeasured(result.outcome, result.attempt),
            false => OutcomeSet::of(result.outcome, result.attempt),
        }
    }

    pub(super) fn variant_of(&self, file: u32) -> VariantId {
        VariantId(self.files.get(file as usize).map_or(0, |f| f.variant))
    }
}

/// The fold while results come in. It has no answers: those has what it ends as.
#[derive(Debug)]
pub struct Fold<'r>(Comparison<'r>);

impl<'r> Fold<'r> {
    /// A fold that has read nothing yet.
    pub fn new(run: &'r Run) -> Fold<'r> {
        Fold(Comparison::new(run))
    }

    /// The sink for one results file.
    pub fn file(&mut self, number: u32) -> FileFold<'_, 'r> {
        let variant = self.0.run.variant_of(number);
        FileFold { comparison: &mut self.0, number, variant }
    }

    /// A problem that belongs to no file's results, such as a damaged record.
    pub fn problem(&mut self, problem: Problem) {
        self.0.problem(problem);
    }

    /// Takes in what another fold of the same run has read.
    pub fn merge(self, other: Fold<'r>) -> Fold<'r> {
        Fold(self.0.merge(other.0))
    }

    /// Everything is read.
    pub fn end(self) -> Comparison<'r> {
        let mut comparison = self.0;
        comparison.seen.settle();
        comparison.kept.end(&comparison.seen);
        comparison
    }
}

/// A run against a document.
#[derive(Debug)]
pub struct Comparison<'r> {
    pub(super) run: &'r Run,
    pub(super) seen: Seen,
    pub(super) kept: KeptTests,
    pub(super) results: OutcomeCounts,
    pub(super) gaps: Vec<Gap>,
    pub(super) signed_off: BTreeSet<SuiteId>,
    pub(super) problems: Vec<Problem>,
    /// By row: whether its pattern matched a test, whichever row claims that.
    pub(super) matched: Vec<bool>,
}

impl<'r> Comparison<'r> {
    fn new(run: &'r Run) -> Comparison<'r> {
        Comparison {
            run,
            seen: Seen::default(),
            kept: KeptTests::default(),
            results: OutcomeCounts::default(),
            gaps: Vec::new(),
            signed_off: BTreeSet::new(),
            problems: Vec::new(),
            matched: vec![false; run.known.rows().len()],
        }
    }

    /// Something that concerns the whole run, such as the runner's exit code.
    pub fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }

    /// A problem that belongs to no results file's content, such as one that cannot be opened.
    pub fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// How many results the files held.
    pub fn results(&self) -> &OutcomeCounts {
        &self.results
    }

    /// How many tests were seen: names in variants.
    pub fn tests(&self) -> u64 {
        self.seen.tally().map(|(_, tests)| tests).sum()
    }

    fn merge(mut self, other: Comparison<'r>) -> Comparison<'r> {
        self.kept.merge(other.kept);
        self.seen.merge(other.seen);
        self.results.merge(&other.results);
        self.gaps.extend(other.gaps);
        self.signed_off.extend(other.signed_off);
        self.problems.extend(other.problems);
        for (mine, theirs) in self.matched.iter_mut().zip(other.matched) {
            *mine |= theirs;
        }
        self
    }

    fn add(&mut self, variant: VariantId, result: &TestResult<'_>) {
        let run = self.run;
        let name = run.known.key(&result.name);
        let key = TestKey::of(name, variant);
        let outcomes = run.outcomes(result);
        let claim = run.known.claim_keyed(name, &result.name, &run.variants[variant.0 as usize]);
        self.results.add(result.outcome);
        let entry = Entry::new(variant, outcomes, claim.map(|claim| claim.row));
        self.seen.add(key, entry);
        if let Some(claim) = claim {
            let row = run.known.row(claim.row);
            if result.outcome == Outcome::Unfinished && signs_off_the_rest(&row.expected) {
                self.signed_off.insert(result.suite);
            }
            self.mark_matched(name, &result.name, variant);
        }
        if run.keep == Keep::Everything || is_noteworthy(result.outcome, claim.is_some()) {
            self.keep((key, entry), result, claim.is_some_and(|claim| claim.loosely));
        }
    }

    fn mark_matched(&mut self, key: NameKey, name: &str, variant: VariantId) {
        let (known, matched) = (&self.run.known, &mut self.matched);
        let variant = &self.run.variants[variant.0 as usize];
        known.for_each_match_keyed(key, name, variant, |row| matched[row.0 as usize] = true);
    }

    fn keep(&mut self, (key, entry): (TestKey, Entry), result: &TestResult<'_>, loosely: bool) {
        let place = result.place.as_ref();
        let place = place.map(|place| (self.kept.shared(&place.file), place.line));
        let kept = Kept {
            name: result.name.as_ref().into(),
            entry,
            outcome: result.outcome,
            message: start_of(&result.message, KEPT_MESSAGE).into(),
            place,
            origin: result.origin,
            loosely,
        };
        self.kept.add(key, kept);
    }
}

/// Whether a report may have to show the test.
fn is_noteworthy(outcome: Outcome, claimed: bool) -> bool {
    match outcome {
        Outcome::Passed => claimed,
        Outcome::Skipped => false,
        Outcome::Xfailed
        | Outcome::Unfinished
        | Outcome::Xpassed
        | Outcome::Failed
        | Outcome::Errored
        | Outcome::TimedOut
        | Outcome::Crashed => true,
    }
}

/// Folds one results file into a comparison.
pub struct FileFold<'c, 'r> {
    comparison: &'c mut Comparison<'r>,
    number: u32,
    variant: VariantId,
}

impl Sink for FileFold<'_, '_> {
    fn result(&mut self, result: &TestResult<'_>) {
        self.comparison.add(self.variant, result);
    }

    fn gap(&mut self, gap: Gap) {
        self.comparison.gaps.push(gap);
    }

    fn problem(&mut self, line: u32, kind: ProblemKind) {
        let path = self.comparison.run.files.get(self.number as usize).map(|f| f.path.as_ref());
        let problem = Problem::new(path.unwrap_or_default(), line, 0, kind);
        self.comparison.problems.push(problem);
    }
}
