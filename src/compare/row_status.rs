//! What a run says of the document's rows: counts by row and variant, and the status they come to.
//!
//! A newcomer's trap: in an incomplete run a row that saw nothing is `not-measured`, never `unmatched`,
//! and a wildcard may only leave when nothing that was cut could have been its own.

use super::gaps::{Gaps, UnmeasuredPart};
use super::store::outcomes::{TestState, VariantId};
use super::verdict::accepts_truncation;
use crate::known::{Expected, Inactive, KnownFailures, PatternKind, Row, RowId};
use crate::model::{CombinedOutcome, Outcome, Variant};
use serde::{Deserialize, Serialize};

/// What a run says of a row.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum RowStatus {
    /// Its tests fail, as it says.
    Active,
    /// All its tests pass: it can go.
    NewlyPassing,
    /// Some of its tests fail and some do not.
    Mixed,
    /// Its tests were skipped.
    Skipped,
    /// The run is complete and no test is its own.
    Unmatched,
    /// The part of the run that could hold its tests was not measured.
    NotMeasured,
    /// Other rows claim every test that it matches, or an overlay replaces it.
    Shadowed,
    /// An earlier row says the same.
    Duplicate,
}

impl RowStatus {
    /// The word users see, as in the JSON report.
    pub fn as_str(self) -> &'static str {
        match self {
            RowStatus::Active => "active",
            RowStatus::NewlyPassing => "newly-passing",
            RowStatus::Mixed => "mixed",
            RowStatus::Skipped => "skipped",
            RowStatus::Unmatched => "unmatched",
            RowStatus::NotMeasured => "not-measured",
            RowStatus::Shadowed => "shadowed",
            RowStatus::Duplicate => "duplicate",
        }
    }
}

/// How many of a row's tests did what, over all variants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// Failed in any way, never ended, or failed in some tries.
    pub failed: u64,
    pub passed: u64,
    pub skipped: u64,
    /// Failed because of infrastructure.
    pub unmeasured: u64,
    /// Of the failed ones: those that never ended.
    pub unfinished: u64,
}

impl RowCounts {
    /// The counts of one test.
    pub(crate) fn from_outcome(outcome: CombinedOutcome) -> RowCounts {
        let mut counts = RowCounts::default();
        counts.add(outcome, 1);
        counts
    }

    fn add(&mut self, outcome: CombinedOutcome, tests: u64) {
        match outcome {
            CombinedOutcome::Single(Outcome::Passed) => self.passed += tests,
            CombinedOutcome::Single(Outcome::Skipped) => self.skipped += tests,
            CombinedOutcome::Unmeasured(_) => self.unmeasured += tests,
            CombinedOutcome::Single(Outcome::Unfinished) => {
                self.failed += tests;
                self.unfinished += tests;
            }
            CombinedOutcome::Flaky(_)
            | CombinedOutcome::Single(
                Outcome::Xfailed
                | Outcome::Xpassed
                | Outcome::Failed
                | Outcome::Errored
                | Outcome::TimedOut
                | Outcome::Crashed,
            ) => self.failed += tests,
        }
    }

    fn merge(&mut self, other: RowCounts) {
        self.failed += other.failed;
        self.passed += other.passed;
        self.skipped += other.skipped;
        self.unmeasured += other.unmeasured;
        self.unfinished += other.unfinished;
    }
}

/// The counts of every row in every variant it has tests in.
#[derive(Debug)]
pub(crate) struct RowTable {
    /// By row, then variant.
    cells: Vec<RowVariant>,
}

/// One row in one variant.
#[derive(Debug)]
struct RowVariant {
    row: RowId,
    variant: VariantId,
    counts: RowCounts,
    /// Whether a test hung, crashed or was ended.
    did_not_finish: bool,
}

impl RowTable {
    /// Counts tests by the rows that claim them.
    pub(crate) fn from_states(states: impl Iterator<Item = (TestState, u64)>) -> RowTable {
        let cell = |(entry, tests): (TestState, u64)| {
            let mut counts = RowCounts::default();
            counts.add(entry.combined_outcome(), tests);
            let did_not_finish = did_not_finish(entry.combined_outcome().worst());
            Some(RowVariant { row: entry.row()?, variant: entry.variant, counts, did_not_finish })
        };
        let mut cells: Vec<RowVariant> = states.filter_map(cell).collect();
        cells.sort_unstable_by_key(RowVariant::key);
        cells.dedup_by(|duplicate, first| {
            let same = duplicate.key() == first.key();
            if same {
                first.counts.merge(duplicate.counts);
                first.did_not_finish |= duplicate.did_not_finish;
            }
            same
        });
        RowTable { cells }
    }

    /// The row's counts over all variants.
    pub(crate) fn total(&self, row: RowId) -> RowCounts {
        let mut total = RowCounts::default();
        self.row_cells(row).for_each(|cell| total.merge(cell.counts));
        total
    }

    /// The row's counts in one variant.
    pub(crate) fn in_variant(&self, row: RowId, variant: VariantId) -> RowCounts {
        self.cell(row, variant).map(|cell| cell.counts).unwrap_or_default()
    }

    /// Whether a test of the row hung, crashed or was ended.
    fn did_not_finish(&self, row: RowId) -> bool {
        self.row_cells(row).any(|cell| cell.did_not_finish)
    }

    fn has_tests(&self, row: RowId, variant: VariantId) -> bool {
        self.cell(row, variant).is_some()
    }

    fn row_cells(&self, row: RowId) -> impl Iterator<Item = &RowVariant> {
        let first = self.cells.partition_point(|cell| cell.row < row);
        self.cells[first..].iter().take_while(move |cell| cell.row == row)
    }

    fn cell(&self, row: RowId, variant: VariantId) -> Option<&RowVariant> {
        let index = self.cells.binary_search_by_key(&(row, variant), RowVariant::key).ok()?;
        Some(&self.cells[index])
    }
}

impl RowVariant {
    fn key(&self) -> (RowId, VariantId) {
        (self.row, self.variant)
    }
}

fn did_not_finish(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Unfinished | Outcome::TimedOut | Outcome::Crashed => true,
        Outcome::Passed
        | Outcome::Skipped
        | Outcome::Xfailed
        | Outcome::Xpassed
        | Outcome::Failed
        | Outcome::Errored => false,
    }
}

/// Everything a row's status depends on.
pub(crate) struct RowAudit<'a> {
    pub known: &'a KnownFailures,
    pub variants: &'a [Variant],
    pub table: &'a RowTable,
    pub gaps: &'a Gaps,
    /// By row: whether it matched a test at all, claimed or not.
    pub matched: &'a [bool],
}

impl RowAudit<'_> {
    /// The status of a row.
    pub(crate) fn status(&self, id: RowId) -> RowStatus {
        let row = self.known.row(id);
        match row.inactive {
            Some(Inactive::Duplicate { .. }) => return RowStatus::Duplicate,
            Some(Inactive::Replaced { .. }) => return RowStatus::Shadowed,
            None => {}
        }
        let RowCounts { failed, passed, skipped, unmeasured, .. } = self.table.total(id);
        match (failed > 0, passed > 0, skipped > 0) {
            (false, ..) if unmeasured > 0 => RowStatus::NotMeasured,
            (false, false, false) => self.status_without_tests(id, row),
            (true, true, _) => RowStatus::Mixed,
            (true, false, _) => RowStatus::Active,
            (false, true, true) => RowStatus::Mixed,
            (false, true, false) => self.status_all_passed(id, row),
            (false, false, true) => match row.expected {
                Expected::Skip => RowStatus::Active,
                Expected::AnyFailure | Expected::Failure { .. } | Expected::Flaky => {
                    RowStatus::Skipped
                }
            },
        }
    }

    /// Whether the row is a wildcard that could be narrowed to the tests that do not pass: all of its
    /// tests were measured, and some fail.
    pub(crate) fn can_be_narrowed(&self, id: RowId) -> bool {
        let row = self.known.row(id);
        let failures = match row.expected {
            Expected::AnyFailure | Expected::Failure { .. } => true,
            Expected::Flaky | Expected::Skip => false,
        };
        let is_wildcard = !row.pattern.matches_single_name();
        let measured = || self.scope(row).all(|variant| !self.gaps.may_contain(row, variant));
        failures
            && is_wildcard
            && self.status(id) == RowStatus::Mixed
            && self.table.total(id).failed > 0
            && self.table.total(id).unmeasured == 0
            && measured()
    }

    /// Whether the row expects a hang or a crash and all of its tests came to an end of another kind.
    pub(crate) fn ran_to_completion(&self, id: RowId) -> bool {
        let row = self.known.row(id);
        let RowCounts { failed, passed, unmeasured, .. } = self.table.total(id);
        let measured = || self.scope(row).all(|variant| !self.gaps.may_contain(row, variant));
        accepts_truncation(&row.expected)
            && failed + passed > 0
            && unmeasured == 0
            && !self.table.did_not_finish(id)
            && measured()
    }

    /// The row's counts in each variant of the run that it speaks of.
    pub(crate) fn by_variant(&self, id: RowId) -> Vec<(Variant, RowCounts)> {
        let scope = self.scope(self.known.row(id));
        let counts = scope.map(|variant| {
            (self.variants[variant.0 as usize].clone(), self.table.in_variant(id, variant))
        });
        counts.collect()
    }

    /// What was cut and could have held tests of the row; nothing for a row without passing tests.
    pub(crate) fn unmeasured_parts(&self, id: RowId) -> Vec<(VariantId, &UnmeasuredPart)> {
        let row = self.known.row(id);
        if row.inactive.is_some() || self.table.total(id).passed == 0 {
            return Vec::new();
        }
        let exact = row.pattern.kind() == PatternKind::Exact;
        let unmeasured =
            self.scope(row).filter(|variant| !(exact && self.table.has_tests(id, *variant)));
        unmeasured
            .flat_map(|variant| self.gaps.parts_for(row, variant).map(move |part| (variant, part)))
            .collect()
    }

    fn status_without_tests(&self, id: RowId, row: &Row) -> RowStatus {
        let incomplete = self.scope(row).any(|variant| self.gaps.has_any(variant));
        if self.matched[id.0 as usize] {
            RowStatus::Shadowed
        } else if matches!(row.expected, Expected::Skip) {
            RowStatus::Active
        } else if incomplete || self.scope(row).next().is_none() {
            RowStatus::NotMeasured
        } else {
            RowStatus::Unmatched
        }
    }

    fn status_all_passed(&self, id: RowId, row: &Row) -> RowStatus {
        if matches!(row.expected, Expected::Flaky) {
            return RowStatus::Active;
        }
        let exact = row.pattern.kind() == PatternKind::Exact;
        let measured = self.scope(row).all(|variant| {
            (exact && self.table.has_tests(id, variant)) || !self.gaps.may_contain(row, variant)
        });
        if measured { RowStatus::NewlyPassing } else { RowStatus::NotMeasured }
    }

    /// The variants of this run that the row speaks of.
    fn scope<'s>(&'s self, row: &'s Row) -> impl Iterator<Item = VariantId> + 's {
        let ids = (0..self.variants.len()).map(|index| VariantId(index as u16));
        ids.filter(|id| row.variants.allows(&self.variants[id.0 as usize]))
    }
}
