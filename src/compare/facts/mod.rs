//! What a comparison comes to, as plain data: tests with verdicts, rows with statuses, what was cut.
//!
//! Made by [`super::Comparison::facts`]. Everything a report says is in here, sorted; nothing here says
//! whether that is good or bad.

pub(crate) mod compute;

use super::{ListChange, Remark, RowCounts, RowStatus, Verdict};
use crate::known::RowId;
use crate::model::{GapKind, Origin, Outcome, OutcomeCounts, Problem, Variant};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Everything that is to be said of a run against its document.
#[derive(Debug, Clone)]
pub struct Facts {
    pub counts: VerdictCounts,
    pub results: OutcomeCounts,
    /// By name.
    pub variants: Vec<VariantFact>,
    /// By name, then variant: every kept test whose verdict is more than passed or skipped, and those
    /// too when everything is kept.
    pub tests: Vec<TestFact>,
    /// Tests that the base run had and this one lacks, by name, then variant.
    pub missing: Vec<MissingTest>,
    /// Tests that failed in the base run and pass here without a row, by name, then variant.
    pub fixed: Vec<FixedTest>,
    /// Whether there was a base run.
    pub has_base: bool,
    /// How many tests of each suite of the base run ran, by suite, then variant.
    pub suites: Vec<SuiteFact>,
    /// Tests that failed in some runs of the commit under test and not in others, by name, then variant.
    pub flipping: Vec<FlippingTest>,
    /// Newly passing rows that nobody proposes to remove: earlier runs or other variants may need them.
    pub unconfirmed: BTreeSet<RowId>,
    /// In the order of the documents.
    pub rows: Vec<RowFact>,
    /// Wildcards that also claim tests that pass, each with the names of its tests that fail, sorted:
    /// the exact rows that would replace it. Only where nothing that was cut could have been theirs.
    pub narrowed: BTreeMap<RowId, Vec<Arc<str>>>,
    /// With several variants: the counts of each row in each variant that it speaks of.
    pub by_variant: BTreeMap<RowId, Vec<(Variant, RowCounts)>>,
    /// Rows with passing tests, each with what was cut and could have held more of its tests.
    pub truncated: BTreeMap<RowId, Vec<TruncatedPart>>,
    /// Rows with the tests that they claim only because their section reads wildcards loosely, sorted.
    pub loose_matches: BTreeMap<RowId, Vec<Arc<str>>>,
    /// What the change under test does to the list; `None` where nobody knows the list before it.
    pub list: Option<Arc<ListChange>>,
    /// By file and line; the documents' first.
    pub problems: Vec<Problem>,
    /// Files of results, in order.
    pub files: Vec<Arc<str>>,
}

/// Tests by verdict; `missing` ones are no tests of this run and come on top.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VerdictCounts([u64; Verdict::ALL.len()]);

impl VerdictCounts {
    /// How many tests have this verdict.
    pub fn get(&self, verdict: Verdict) -> u64 {
        self.0[verdict as usize]
    }

    /// How many tests this run has.
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

/// What every variant of the run says of one name, in their order; `None` where it has no result. Shared: of a
/// million failures most say the same.
pub type PerVariant = Arc<[Option<(Outcome, Verdict)>]>;

/// One test that a report may show.
#[derive(Debug, Clone)]
pub struct TestFact {
    pub name: Arc<str>,
    pub variant: Variant,
    pub outcome: Outcome,
    pub verdict: Verdict,
    /// The outcome in the base run.
    pub base: Option<Outcome>,
    /// What the base run said of its failure, if that is not the same: its first line.
    pub base_message: Option<Box<str>>,
    /// What every variant of the run says of the same name, in their order; `None` where it has no
    /// result. Empty for tests that nobody has to look at.
    pub by_variant: PerVariant,
    /// The row that claims it.
    pub row: Option<RowId>,
    /// What is worth saying of it beside the verdict.
    pub remarks: Vec<Remark>,
    /// Claimed only because the row's section reads wildcards loosely.
    pub is_loose: bool,
    /// What the runner said; may be empty.
    pub message: Arc<str>,
    /// The test's place in the source, as the results say.
    pub location: Option<(Arc<str>, Option<u64>)>,
    /// Where its result stands.
    pub origin: Origin,
}

/// A test that the base run had and this one lacks.
#[derive(Debug, Clone)]
pub struct MissingTest {
    pub name: Box<str>,
    pub variant: Variant,
    /// The outcome in the base run.
    pub base: Outcome,
    /// The row that claims it.
    pub row: Option<RowId>,
}

/// A test that failed in the base run and passes here.
#[derive(Debug, Clone)]
pub struct FixedTest {
    pub name: Box<str>,
    pub variant: Variant,
}

/// A suite of the base run: what stands before the last part of its tests' names.
#[derive(Debug, Clone)]
pub struct SuiteFact {
    pub suite: Box<str>,
    pub variant: Variant,
    /// Tests that ran in the base run.
    pub base: u64,
    /// Of these, the tests that ran here too.
    pub current: u64,
}

/// A test that failed in some runs of the commit under test and not in others.
#[derive(Debug, Clone)]
pub struct FlippingTest {
    pub name: Box<str>,
    pub variant: Variant,
    /// Complete runs in which it failed, this one included.
    pub failed: usize,
    /// Complete runs that had the variant, this one included.
    pub runs: usize,
}

/// One row and what the run says of it.
#[derive(Debug, Clone, Copy)]
pub struct RowFact {
    pub id: RowId,
    pub status: RowStatus,
    pub counts: RowCounts,
    /// Whether it expects a hang or a crash and none of its tests hung or crashed: what it signed off is measured.
    pub ran_to_completion: bool,
}

/// A part of a run that was cut.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TruncatedPart {
    pub variant: Variant,
    /// The results file; `None` when the whole run is concerned.
    pub file: Option<Arc<str>>,
}

/// One variant and whether it was measured.
#[derive(Debug, Clone)]
pub struct VariantFact {
    pub variant: Variant,
    pub files: u64,
    pub tests: u64,
    /// Why its run is incomplete; empty when it is complete.
    pub incomplete: Vec<IncompleteReason>,
    /// Gaps that a row signs off: told, and no reason.
    pub accepted: Vec<IncompleteReason>,
}

/// One reason why a run is incomplete.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum IncompleteReason {
    /// Tests that started and never ended, and that no row excuses.
    Unmeasured { tests: u64 },
    /// More tests failed because of infrastructure than may.
    Infrastructure { tests: u64 },
    /// A part that was cut, and the file that shows it.
    Gap { file: Option<Arc<str>>, line: u32, kind: GapKind },
}
