//! The status of each row, from the counts of its tests by variant.
//!
//! In a run that is incomplete in any variant, a row without tests is `not-measured`, never `unmatched`. A wildcard is
//! newly passing only if no gap could contain further tests of it.

use super::expectation::{accepts_truncation, is_narrowable};
use super::gaps::{Gaps, UnmeasuredPart};
use super::store::outcomes::{TestState, VariantId};
use super::{RowCounts, RunContext, VariantCounts};
use crate::known::{Expected, Inactive, PatternKind, Row, RowId};
use crate::model::{Outcome, Variant};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use strum::IntoStaticStr;

/// What the results of a run mean for a row.
#[derive(Serialize, Deserialize, JsonSchema, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowStatus {
    /// Its tests fail, as it expects.
    Active,
    /// All its tests pass, so that it can be removed.
    NewlyPassing,
    /// Some of its tests fail and some do not.
    Mixed,
    /// Its tests were skipped.
    Skipped,
    /// It claims no test of a complete run.
    Unmatched,
    /// The part of the run that could contain its tests was not measured.
    NotMeasured,
    /// Other rows claim every test that it matches, or a later document replaces it.
    Shadowed,
    /// An earlier row has the same pattern and variants.
    Duplicate,
}

impl RowStatus {
    /// The word that users see, as in the JSON report.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The counts of every row in every variant in which it has tests.
#[derive(Debug, Default)]
pub(crate) struct RowTable(BTreeMap<(RowId, VariantId), RowCell>);

#[derive(Debug, Default)]
struct RowCell {
    counts: RowCounts,
    /// Whether a test never ended, crashed or reached its time limit.
    did_not_finish: bool,
}

impl RowTable {
    /// Counts tests by the rows that claim them.
    pub(crate) fn from_states(states: impl Iterator<Item = (TestState, u64)>) -> RowTable {
        let mut table = RowTable::default();
        for (state, tests) in states {
            let Some(row) = state.row() else { continue };
            let outcome = state.combined_outcome();
            let cell = table.0.entry((row, state.variant)).or_default();
            cell.counts.merge(RowCounts::new(outcome, tests));
            cell.did_not_finish |= state.outcomes.contains(Outcome::Unfinished)
                || matches!(outcome.worst(), Outcome::TimedOut | Outcome::Crashed);
        }
        table
    }

    /// The row's counts over all variants.
    pub(crate) fn total(&self, row: RowId) -> RowCounts {
        let mut total = RowCounts::default();
        self.cells(row).for_each(|(_, cell)| total.merge(cell.counts));
        total
    }

    /// The counts of each row in each variant in which it has tests.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (RowId, VariantId, RowCounts)> {
        self.0.iter().map(|((row, variant), cell)| (*row, *variant, cell.counts))
    }

    fn cells(&self, row: RowId) -> impl Iterator<Item = (VariantId, &RowCell)> {
        let variants = (row, VariantId(0))..=(row, VariantId(u16::MAX));
        self.0.range(variants).map(|((_, variant), cell)| (*variant, cell))
    }

    fn cell(&self, row: RowId, variant: VariantId) -> Option<&RowCell> {
        self.0.get(&(row, variant))
    }
}

/// What the status of a row depends on.
pub(crate) struct RowAudit<'a> {
    run: &'a RunContext<'a>,
    pub table: RowTable,
    gaps: Gaps,
    that_ran: BTreeSet<VariantId>,
    /// By row: whether its pattern matches a test, whichever row claims that.
    matched: &'a [bool],
    /// By row: the variants that it applies to; those of neighbors that apply to the same ones are shared.
    scopes: Vec<Arc<[VariantId]>>,
}

impl<'a> RowAudit<'a> {
    pub(crate) fn new(
        run: &'a RunContext<'a>,
        table: RowTable,
        gaps: Gaps,
        matched: &'a [bool],
    ) -> RowAudit<'a> {
        let all: Arc<[VariantId]> = run.variant_ids().collect();
        let mut previous: Option<(&Row, Arc<[VariantId]>)> = None;
        let scope = |(id, row): (RowId, &'a Row)| {
            let same = previous.as_ref().filter(|(other, _)| other.variants.is_same(&row.variants));
            let scope = match same {
                _ if row.variants.is_all() => all.clone(),
                Some((_, scope)) => scope.clone(),
                None => run.scope(id).collect(),
            };
            previous = Some((row, scope.clone()));
            scope
        };
        let scopes = run.known.rows_with_ids().map(scope).collect();
        RowAudit { run, table, gaps, that_ran: run.variants_that_ran(), matched, scopes }
    }

    /// The variants of the run that a row applies to.
    pub(crate) fn scope(&self, id: RowId) -> impl Iterator<Item = VariantId> {
        self.scopes[id.0 as usize].iter().copied()
    }

    pub(crate) fn status(&self, id: RowId) -> RowStatus {
        let row = self.run.known.row(id);
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
            (false, false, true) if matches!(row.expected, Expected::Skip) => RowStatus::Active,
            (false, false, true) => RowStatus::Skipped,
        }
    }

    /// Whether the row is a wildcard that could be replaced by the names of its tests that did not pass: all of
    /// its tests were measured, some failed and some passed.
    pub(crate) fn can_be_narrowed(&self, id: RowId) -> bool {
        let row = self.run.known.row(id);
        let RowCounts { failed, unmeasured, .. } = self.table.total(id);
        is_narrowable(row)
            && self.status(id) == RowStatus::Mixed
            && failed > 0
            && unmeasured == 0
            && self.is_outside_gaps(id, row)
    }

    /// Whether the row expects a hang or a crash and all of its tests ended in another way.
    pub(crate) fn ran_to_completion(&self, id: RowId) -> bool {
        let row = self.run.known.row(id);
        let RowCounts { failed, passed, unmeasured, .. } = self.table.total(id);
        accepts_truncation(&row.expected)
            && failed + passed > 0
            && unmeasured == 0
            && !self.table.cells(id).any(|(_, cell)| cell.did_not_finish)
            && self.is_outside_gaps(id, row)
    }

    /// The row's counts in each of the run's variants that it applies to.
    pub(crate) fn by_variant(&self, id: RowId, variants: &Arc<[Variant]>) -> VariantCounts {
        VariantCounts {
            variants: variants.clone(),
            scope: self.scopes[id.0 as usize].clone(),
            counts: self.table.cells(id).map(|(variant, cell)| (variant, cell.counts)).collect(),
        }
    }

    /// The unmeasured parts that could contain tests of the row; none for a row without passing tests.
    pub(crate) fn unmeasured_parts(
        &self,
        id: RowId,
    ) -> impl Iterator<Item = (VariantId, &UnmeasuredPart)> {
        let row = self.run.known.row(id);
        let has_passed = row.inactive.is_none() && self.table.total(id).passed > 0;
        let variants = self.scope(id);
        variants
            .filter(move |variant| has_passed && !self.is_fully_measured(id, row, *variant))
            .flat_map(move |variant| {
                self.gaps.parts_for(row, variant).map(move |part| (variant, part))
            })
    }

    fn status_without_tests(&self, id: RowId, row: &Row) -> RowStatus {
        let did_run = self.scope(id).any(|variant| self.that_ran.contains(&variant));
        if self.matched[id.0 as usize] {
            RowStatus::Shadowed
        } else if matches!(row.expected, Expected::Skip) {
            RowStatus::Active
        } else if self.gaps.has_any() || !did_run {
            RowStatus::NotMeasured
        } else {
            RowStatus::Unmatched
        }
    }

    fn status_all_passed(&self, id: RowId, row: &Row) -> RowStatus {
        if row.expected.is_flaky() {
            return RowStatus::Active;
        }
        let is_measured = self.scope(id).all(|variant| {
            self.is_fully_measured(id, row, variant) || !self.gaps.may_contain(row, variant)
        });
        if is_measured { RowStatus::NewlyPassing } else { RowStatus::NotMeasured }
    }

    /// Whether the single test of an exact row was measured, so that no gap matters.
    fn is_fully_measured(&self, id: RowId, row: &Row, variant: VariantId) -> bool {
        row.pattern.kind() == PatternKind::Exact && self.table.cell(id, variant).is_some()
    }

    fn is_outside_gaps(&self, id: RowId, row: &Row) -> bool {
        self.scope(id).all(|variant| !self.gaps.may_contain(row, variant))
    }
}
