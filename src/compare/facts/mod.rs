//! The facts of a run, as sorted plain data: tests with verdicts, rows with statuses, gaps, problems.

pub(crate) mod compute;
mod measurements;

pub use measurements::{MeasuredTest, Measurements};

use super::expectation::failure_kind;
use super::{ListChange, NameHint, Remark, RowCounts, RowStatus, VariantCounts, Verdict};
use crate::known::RowId;
use crate::model::{CombinedOutcome, GapKind, Origin, Outcome, OutcomeCounts, Problem, Variant};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The result of comparing a run with the list.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The number of tests by verdict.
    pub counts: VerdictCounts,
    /// Tests that failed as the runner expects, and that no row claims.
    pub expected_by_runner: u64,
    pub results: OutcomeCounts,
    /// By name.
    pub variants: Vec<VariantFact>,
    /// By name, then variant: the tests that are not just passed or skipped, or all tests if all are kept.
    pub tests: Vec<TestFact>,
    /// Tests that the base run has and this run lacks, by name, then variant.
    pub missing: Vec<MissingTest>,
    /// Tests without a row that failed in the base run and pass now, by name, then variant.
    pub fixed: Vec<FixedTest>,
    /// Whether there is a base run.
    pub has_base: bool,
    /// By suite, then variant.
    pub suites: Vec<SuiteFact>,
    /// In the order of the documents.
    pub rows: Vec<RowFact>,
    /// Fully measured wildcards of which some tests failed and some passed, with all of their tests.
    pub narrowable: BTreeMap<RowId, ClaimedTests>,
    /// If there are several variants: the counts of each row in each variant that it applies to.
    pub by_variant: BTreeMap<RowId, VariantCounts>,
    /// Rows with passing tests, with the gaps that could contain more of their tests.
    pub truncated: BTreeMap<RowId, Vec<TruncatedPart>>,
    /// Rows with the sorted names that they match only with `compat = loose`.
    pub loose_matches: BTreeMap<RowId, Vec<Arc<str>>>,
    /// How rows that match no test are related to tests that no row claims, the closest relation first.
    pub name_hints: Vec<NameHint>,
    /// Those of documents first, then by file and line.
    pub problems: Vec<Problem>,
    /// The paths of the results files, in order.
    pub files: Vec<Arc<str>>,
}

/// Facts that the results of this run alone do not show.
#[derive(Debug, Default)]
pub struct ExternalFacts {
    /// Tests that failed in some runs of the commit under test and not in others, by name, then variant.
    pub flipping: Vec<FlippingTest>,
    /// Newly passing rows that are not proposed for removal: earlier runs or other variants may need them.
    pub unconfirmed: BTreeSet<RowId>,
    /// Rows that the change under test removes itself, although the list that judges still has them.
    pub removed: BTreeSet<RowId>,
    /// The effect of the change under test on the list; `None` if the list before it is unknown.
    pub list: Option<ListChange>,
}

/// The number of tests by verdict. Missing tests are not tests of this run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VerdictCounts([u64; Verdict::ALL.len()]);

impl VerdictCounts {
    /// The number of tests with this verdict.
    pub fn get(&self, verdict: Verdict) -> u64 {
        self.0[verdict as usize]
    }

    /// The number of tests of this run.
    pub fn test_count(&self) -> u64 {
        self.0.iter().sum::<u64>() - self.get(Verdict::Missing)
    }

    pub(crate) fn add(&mut self, verdict: Verdict, tests: u64) {
        self.0[verdict as usize] += tests;
    }

    pub(crate) fn set_missing(&mut self, tests: usize) {
        self.0[Verdict::Missing as usize] = tests as u64;
    }
}

/// The outcome and verdict of one name in each variant of the run, in their order; `None` where it has no
/// result. Shared, because most of a million failures have the same.
pub type PerVariant = Arc<[Option<(Outcome, Verdict)>]>;

/// A test that a report may list.
#[derive(Debug, Clone)]
pub struct TestFact {
    pub name: Arc<str>,
    pub variant: Variant,
    /// The outcome, the worst of several.
    pub outcome: Outcome,
    /// Whether it passed when it was retried after that outcome.
    pub is_flaky: bool,
    pub verdict: Verdict,
    /// The outcome in the base run; `None` if it was not measured there.
    pub base: Option<CombinedOutcome>,
    /// The first line of the message of its failure in the base run, if that differs.
    pub base_message: Option<Box<str>>,
    /// Empty unless the test is a new failure, unmeasured or flaky.
    pub by_variant: PerVariant,
    /// The row that claims it.
    pub row: Option<RowId>,
    /// Details of the verdict.
    pub remarks: Vec<Remark>,
    /// Whether its row matches it only with `compat = loose`.
    pub is_loose: bool,
    /// The message of the runner; may be empty.
    pub message: Arc<str>,
    /// The test's source file and line, where the results have them.
    pub location: Option<(Arc<str>, Option<u64>)>,
    /// The line of its result.
    pub origin: Origin,
}

impl TestFact {
    /// Whether it failed in the base run, or never ended there: one that was flaky did not.
    pub fn failed_in_base(&self) -> bool {
        self.base.is_some_and(|base| {
            base.has_failed() || base == CombinedOutcome::Single(Outcome::Unfinished)
        })
    }

    /// Whether it failed in the base run at least as badly as now: the change under test did not cause its failure.
    pub fn fails_as_in_base(&self) -> bool {
        self.base.is_some_and(|base| {
            base.has_failed() && failure_kind(self.outcome) <= failure_kind(base.worst())
        })
    }

    /// Whether it passed in the base run, without any other result.
    pub fn passed_in_base(&self) -> bool {
        self.base == Some(CombinedOutcome::Single(Outcome::Passed))
    }
}

/// A test that the base run has and this run lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingTest {
    pub name: Box<str>,
    pub variant: Variant,
    /// The outcome in the base run.
    pub base: CombinedOutcome,
    /// The row that claims it.
    pub row: Option<RowId>,
}

/// A test that failed in the base run and passes now.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FixedTest {
    pub name: Box<str>,
    pub variant: Variant,
}

/// A suite of the base run.
#[derive(Debug, Clone)]
pub struct SuiteFact {
    /// The names of its tests without their last part.
    pub suite: Box<str>,
    pub variant: Variant,
    /// The number of tests that ran in the base run.
    pub base: u64,
    /// The number of these that ran in this run too.
    pub current: u64,
}

/// A test that failed in some runs of the commit under test and passed in others.
#[derive(Debug, Clone)]
pub struct FlippingTest {
    pub name: Box<str>,
    pub variant: Variant,
    /// The number of complete runs in which it failed, including this one.
    pub failed: usize,
    /// The number of complete runs in which it failed or passed, including this one.
    pub runs: usize,
}

/// A row and its status in the run.
#[derive(Debug, Clone, Copy)]
pub struct RowFact {
    pub id: RowId,
    pub status: RowStatus,
    /// The number of its tests by result.
    pub counts: RowCounts,
    /// Whether it expects a hang or a crash and none of its tests hung or crashed.
    pub ran_to_completion: bool,
}

/// The tests that a row claims: name and variant.
#[derive(Debug, Clone, Default)]
pub struct ClaimedTests {
    /// Those that failed in any way or were skipped, sorted.
    pub not_passed: Vec<(Arc<str>, Variant)>,
    /// The others, sorted.
    pub passed: Vec<(Arc<str>, Variant)>,
}

/// A part of a run that was not measured.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TruncatedPart {
    pub variant: Variant,
    /// The results file; `None` where it is the whole run.
    pub file: Option<Arc<str>>,
}

/// A variant and whether it is complete.
#[derive(Debug, Clone)]
pub struct VariantFact {
    pub variant: Variant,
    pub files: u64,
    pub tests: u64,
    /// Why it is incomplete; empty if it is complete.
    pub incomplete: Vec<IncompleteReason>,
    /// Gaps that a row expects, which do not make it incomplete.
    pub accepted: Vec<IncompleteReason>,
}

impl VariantFact {
    /// Whether this run has results files of it: the base run may have further variants. One that did not run is no
    /// reason why the run is incomplete: another job may run it, and its tests are missing.
    pub fn did_run(&self) -> bool {
        self.files > 0
    }

    /// Whether all of it was measured.
    pub fn is_complete(&self) -> bool {
        self.did_run() && self.incomplete.is_empty()
    }
}

/// Why a variant is incomplete.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum IncompleteReason {
    /// Tests that never ended, and that no row excuses.
    Unmeasured { tests: u64 },
    /// Too many infrastructure failures.
    Infrastructure { tests: u64 },
    /// A gap, with the results file and line that show it.
    Gap { file: Option<Arc<str>>, line: u32, kind: GapKind, is_of_run: bool },
}

impl IncompleteReason {
    /// Whether it is one reason for the whole run, which every variant has.
    pub fn is_of_run(&self) -> bool {
        match self {
            IncompleteReason::Unmeasured { .. } | IncompleteReason::Infrastructure { .. } => false,
            IncompleteReason::Gap { is_of_run, .. } => *is_of_run,
        }
    }
}
