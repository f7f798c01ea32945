//! What was not measured, by variant, and which rows could have had tests there.

use super::RunContext;
use super::store::outcomes::VariantId;
use crate::known::Row;
use crate::model::{AffectedTests, Gap, GapKind, Scope, SuiteId};
use std::collections::{BTreeMap, BTreeSet};

/// What was not measured, by variant.
#[derive(Debug, Default)]
pub(crate) struct Gaps {
    parts: BTreeMap<VariantId, Vec<UnmeasuredPart>>,
}

/// A part of a run that was cut.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UnmeasuredPart {
    /// Which tests it could have held.
    pub affected: AffectedTests,
    /// The results file; `None` when the whole run is concerned.
    pub file: Option<u32>,
}

impl Gaps {
    pub(crate) fn new(run: &RunContext, gaps: &[Gap]) -> Gaps {
        let mut found = Gaps::default();
        for gap in gaps {
            for variant in affected_variants(run, gap.scope) {
                let (affected, file) = (gap.affected.clone(), gap.scope.file());
                found.parts.entry(variant).or_default().push(UnmeasuredPart { affected, file });
            }
        }
        for parts in found.parts.values_mut() {
            parts.sort_unstable();
            parts.dedup();
        }
        found
    }

    /// Notes that any test of this variant may be among those that were not measured.
    pub(crate) fn mark_variant(&mut self, variant: VariantId) {
        let part = UnmeasuredPart { affected: AffectedTests::All, file: None };
        let parts = self.parts.entry(variant).or_default();
        if let Err(index) = parts.binary_search(&part) {
            parts.insert(index, part);
        }
    }

    /// Whether anything at all was cut in this variant.
    pub(crate) fn has_any(&self, variant: VariantId) -> bool {
        self.parts.contains_key(&variant)
    }

    /// Whether what was cut could have held a test of this row. A row's own exact test that was
    /// measured is the caller's matter.
    pub(crate) fn may_contain(&self, row: &Row, variant: VariantId) -> bool {
        self.parts_for(row, variant).next().is_some()
    }

    /// What was cut and could have held a test of this row.
    pub(crate) fn parts_for<'s>(
        &'s self,
        row: &'s Row,
        variant: VariantId,
    ) -> impl Iterator<Item = &'s UnmeasuredPart> {
        let may_contain = |part: &&UnmeasuredPart| match &part.affected {
            AffectedTests::All => true,
            AffectedTests::WithPrefix(prefix) => row.could_match_prefix(prefix),
        };
        self.parts.get(&variant).into_iter().flatten().filter(may_contain)
    }
}

/// Whether a row expects the hang or the crash that made this gap: one of these suites ended so. A runner's
/// exit code speaks of all suites of its file. That there is no code says nothing of how any of them ended.
pub(super) fn is_accepted(gap: &Gap, suites: &BTreeSet<SuiteId>) -> bool {
    let is_accepted_for = |suite: SuiteId| match gap.kind {
        GapKind::ExitCode { .. } => suites.iter().any(|other| other.file == suite.file),
        GapKind::NoExitCode => false,
        GapKind::UnfinishedTest
        | GapKind::PlanNotMet { .. }
        | GapKind::Truncated
        | GapKind::Unread { .. }
        | GapKind::Unreadable { .. }
        | GapKind::CountMismatch { .. }
        | GapKind::NoTests
        | GapKind::BailedOut { .. }
        | GapKind::TooFewTests { .. }
        | GapKind::NoResultsFiles { .. }
        | GapKind::DamagedRecord { .. } => suites.contains(&suite),
    };
    gap.scope.suite().is_some_and(is_accepted_for)
}

/// The variants that a gap of this scope concerns.
pub(super) fn affected_variants(run: &RunContext, scope: Scope) -> Vec<VariantId> {
    match scope.file() {
        Some(file) => vec![run.variant_of(file)],
        None => (0..run.variants.len()).map(|index| VariantId(index as u16)).collect(),
    }
}
