//! The counts of a row in each variant that it applies to.
//!
//! A list of 48 KB has thousands of rows and a run may have thousands of variants, so only variants with tests of the row take
//! memory of their own; the variants themselves are shared.

use super::RowCounts;
use super::store::outcomes::VariantId;
use crate::model::Variant;
use std::sync::Arc;

/// The counts of a row in each variant that it applies to, by variant. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct VariantCounts {
    /// All variants of the run.
    pub(super) variants: Arc<[Variant]>,
    /// Those that the row applies to, ascending.
    pub(super) scope: Arc<[VariantId]>,
    /// Those with tests of the row, ascending.
    pub(super) counts: Arc<[(VariantId, RowCounts)]>,
}

impl VariantCounts {
    /// Each variant with its counts: zeros if no test of the row ran.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Variant, RowCounts)> {
        let mut counts = self.counts.iter().peekable();
        self.scope.iter().map(move |id| {
            let found = counts.next_if(|(counted, _)| counted == id);
            (
                &self.variants[id.index()],
                found.map_or_else(RowCounts::default, |(_, counts)| *counts),
            )
        })
    }
}
