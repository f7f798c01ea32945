//! The unmeasured parts of a run by variant, and the rows that could have tests in them.

use super::store::outcomes::VariantId;
use super::{ResultsFile, RunContext};
use crate::known::Row;
use crate::model::{AffectedTests, Gap, GapKind, Origin, Scope, SuiteId};
use std::collections::{BTreeMap, BTreeSet};

/// The unmeasured parts by variant.
#[derive(Debug, Default)]
pub(crate) struct Gaps {
    parts: BTreeMap<VariantId, BTreeSet<UnmeasuredPart>>,
    /// Whether a test never ended, which no row excuses: the run is incomplete even if nothing else is missing.
    has_unexcused_hang: bool,
}

/// A part of a run that was not measured.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UnmeasuredPart {
    /// Which tests it could have contained.
    pub affected: AffectedTests,
    /// The results file; `None` where it is the whole run.
    pub file: Option<u32>,
}

impl Gaps {
    pub(crate) fn new(run: &RunContext<'_>, gaps: &[Gap]) -> Gaps {
        let mut found = Gaps::default();
        for gap in gaps {
            for variant in affected_variants(run, gap.scope) {
                let (affected, file) = (gap.affected.clone(), gap.scope.file());
                found.parts.entry(variant).or_default().insert(UnmeasuredPart { affected, file });
            }
        }
        found
    }

    /// Adds a part that could contain any test of this variant.
    pub(crate) fn mark_variant(&mut self, variant: VariantId) {
        let part = UnmeasuredPart { affected: AffectedTests::All, file: None };
        self.parts.entry(variant).or_default().insert(part);
    }

    /// Adds a test that never ended and that no row excuses.
    pub(crate) fn mark_unexcused_hang(&mut self) {
        self.has_unexcused_hang = true;
    }

    /// Whether anything was not measured in any variant.
    pub(crate) fn has_any(&self) -> bool {
        self.has_unexcused_hang || !self.parts.is_empty()
    }

    /// Whether an unmeasured part could contain a test of this row. Whether the test of an exact row was
    /// measured all the same is left to the caller.
    pub(crate) fn may_contain(&self, row: &Row, variant: VariantId) -> bool {
        self.parts_for(row, variant).next().is_some()
    }

    /// The unmeasured parts that could contain a test of this row.
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

/// Whether a row expects the hang or crash that caused this gap. `accepted_suites` are the suites with a test
/// that never ended, as a row expects.
pub(super) fn is_accepted(gap: &Gap, accepted_suites: &BTreeSet<SuiteId>) -> bool {
    gap.scope.suite().is_some_and(|suite| match gap.kind {
        GapKind::UnfinishedTest
        | GapKind::PlanNotMet { .. }
        | GapKind::Truncated
        | GapKind::NoPlan
        | GapKind::Unreadable { .. }
        | GapKind::ReportedFailure { .. }
        | GapKind::BailedOut { .. } => accepted_suites.contains(&suite),
        // It applies to all suites of its file.
        GapKind::ExitCode { .. } => accepted_suites.iter().any(|other| other.file == suite.file),
        // None of these comes from a suite that ended too early: what is counted did run, and a missing exit code shows
        // nothing about how a suite ended.
        GapKind::CountMismatch { .. }
        | GapKind::Damaged { .. }
        | GapKind::Unread { .. }
        | GapKind::NoTests
        | GapKind::TooFewTests { .. }
        | GapKind::NoResultsFiles { .. }
        | GapKind::NoExitCode
        | GapKind::DamagedRecord { .. } => false,
    })
}

/// The gaps of variants without any test: one for each of their files, unless it has a gap already. `tested` are the
/// variants with tests, `gaps` those of the files.
pub(super) fn empty_variant_gaps<'g>(
    files: &[ResultsFile],
    tested: &BTreeSet<VariantId>,
    gaps: impl Iterator<Item = &'g Gap>,
) -> Vec<Gap> {
    // A set, because a record of three kilobytes may list a million files.
    let suites = gaps.filter_map(|gap| gap.scope.suite());
    let files_with_gaps: BTreeSet<u32> = suites.map(|suite| suite.file).collect();
    let is_empty = |(index, file): &(u32, &ResultsFile)| {
        !tested.contains(&VariantId(file.variant)) && !files_with_gaps.contains(index)
    };
    let gap = |(file, _): (u32, &ResultsFile)| Gap {
        kind: GapKind::NoTests,
        affected: AffectedTests::All,
        scope: Scope::Suite(SuiteId { file, suite: 0 }),
        origin: Some(Origin { file, line: 0 }),
    };
    (0..).zip(files).filter(is_empty).map(gap).collect()
}

/// The variants that a gap of this scope affects.
pub(super) fn affected_variants(run: &RunContext<'_>, scope: Scope) -> Vec<VariantId> {
    match scope.file() {
        Some(file) => vec![run.variant_of(file)],
        None => run.variant_ids().collect(),
    }
}
