//! What was not measured, by variant, and which rows could have had tests there.

use super::Run;
use super::store::outcomes::VariantId;
use crate::known::Row;
use crate::model::{Gap, GapKind, Reach, Scope, SuiteId};
use std::collections::{BTreeMap, BTreeSet};

/// What was not measured, by variant.
#[derive(Debug, Default)]
pub(crate) struct Gaps {
    parts: BTreeMap<VariantId, Vec<CutPart>>,
}

/// A part of a run that was cut.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CutPart {
    /// Which tests it could have held.
    pub reach: Reach,
    /// The results file; `None` when the whole run is concerned.
    pub file: Option<u32>,
}

impl Gaps {
    pub fn of(run: &Run, gaps: &[Gap]) -> Gaps {
        let mut found = Gaps::default();
        for gap in gaps {
            for variant in concerned(run, gap.scope) {
                let (reach, file) = (gap.reach.clone(), gap.scope.file());
                found.parts.entry(variant).or_default().push(CutPart { reach, file });
            }
        }
        for parts in found.parts.values_mut() {
            parts.sort_unstable();
            parts.dedup();
        }
        found
    }

    /// Notes that any test of this variant may be among those that were not measured.
    pub fn concern_all_of(&mut self, variant: VariantId) {
        let part = CutPart { reach: Reach::Any, file: None };
        let parts = self.parts.entry(variant).or_default();
        if let Err(place) = parts.binary_search(&part) {
            parts.insert(place, part);
        }
    }

    /// Whether anything at all was cut in this variant.
    pub fn any_in(&self, variant: VariantId) -> bool {
        self.parts.contains_key(&variant)
    }

    /// Whether what was cut could have held a test of this row. A row's own exact test that was
    /// measured is the caller's matter.
    pub fn could_hide(&self, row: &Row, variant: VariantId) -> bool {
        self.hiding(row, variant).next().is_some()
    }

    /// What was cut and could have held a test of this row.
    pub fn hiding<'s>(
        &'s self,
        row: &'s Row,
        variant: VariantId,
    ) -> impl Iterator<Item = &'s CutPart> {
        let could = |part: &&CutPart| match &part.reach {
            Reach::Any => true,
            Reach::Below(prefix) => row.could_match_below(prefix),
        };
        self.parts.get(&variant).into_iter().flatten().filter(could)
    }
}

/// Whether a row expects the hang or the crash that made this gap: one of these suites ended so. A runner's
/// exit code speaks of all suites of its file. That there is no code says nothing of how any of them ended.
pub(super) fn is_signed_off(gap: &Gap, suites: &BTreeSet<SuiteId>) -> bool {
    let signs_off = |suite: SuiteId| match gap.kind {
        GapKind::ExitCode { .. } => suites.iter().any(|it| it.file == suite.file),
        GapKind::NoExitCode => false,
        GapKind::OpenEnd
        | GapKind::PlanUnmet { .. }
        | GapKind::Cut
        | GapKind::Unread { .. }
        | GapKind::Unreadable { .. }
        | GapKind::Counts { .. }
        | GapKind::NoTests
        | GapKind::BailedOut { .. }
        | GapKind::TooFew { .. }
        | GapKind::NoResultsFiles { .. }
        | GapKind::DamagedRecord { .. } => suites.contains(&suite),
    };
    gap.scope.suite().is_some_and(signs_off)
}

/// The variants that a gap of this scope concerns.
pub(super) fn concerned(run: &Run, scope: Scope) -> Vec<VariantId> {
    match scope.file() {
        Some(file) => vec![run.variant_of(file)],
        None => (0..run.variants.len()).map(|index| VariantId(index as u16)).collect(),
    }
}
