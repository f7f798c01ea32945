//! What was not measured, by variant, and which rows could have had tests there.

use super::Run;
use super::seen::VariantId;
use crate::known::Row;
use crate::model::{Gap, Reach, Scope};
use std::collections::BTreeMap;

/// What was not measured, by variant.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    reach: BTreeMap<VariantId, Vec<Reach>>,
}

impl Gaps {
    pub fn of(run: &Run, gaps: &[Gap]) -> Gaps {
        let mut found = Gaps::default();
        for gap in gaps {
            for variant in concerned(run, gap.scope) {
                found.reach.entry(variant).or_default().push(gap.reach.clone());
            }
        }
        for reach in found.reach.values_mut() {
            reach.sort_unstable();
            reach.dedup();
        }
        found
    }

    /// Whether anything at all was cut in this variant.
    pub fn any_in(&self, variant: VariantId) -> bool {
        self.reach.contains_key(&variant)
    }

    /// Whether what was cut could have held a test of this row. A row's own exact test that was
    /// measured is the caller's matter.
    pub fn could_hide(&self, row: &Row, variant: VariantId) -> bool {
        let could = |reach: &Reach| match reach {
            Reach::Any => true,
            Reach::Below(prefix) => row.could_match_below(prefix),
        };
        self.reach.get(&variant).is_some_and(|reaches| reaches.iter().any(could))
    }
}

/// The variants that a gap of this scope concerns.
pub(super) fn concerned(run: &Run, scope: Scope) -> Vec<VariantId> {
    match scope.file() {
        Some(file) => vec![run.variant_of(file)],
        None => (0..run.variants.len()).map(|index| VariantId(index as u16)).collect(),
    }
}
