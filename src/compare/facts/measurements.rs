//! What a run is evidence of: the outcome of each test, the counts of each row, and which variants are complete.

use crate::compare::row_status::RowTable;
use crate::compare::store::outcomes::{TestState, VariantId};
use crate::compare::{Comparison, RowCounts};
use crate::known::RowId;
use crate::model::{HistoryOutcome, NameHash, Variant};
use std::sync::Arc;

/// An earlier run, compared with the current list.
#[derive(Debug, Default)]
pub struct Measurements {
    /// By name, each with whether it is complete.
    pub variants: Vec<(Variant, bool)>,
    /// The counts of each row in each variant in which it has tests.
    pub rows: Vec<(RowId, Variant, RowCounts)>,
    /// In random order, without those that were not measured.
    pub tests: Vec<MeasuredTest>,
    /// The tests of complete variants that are more than passed or skipped.
    pub failed: Vec<(Arc<str>, Variant)>,
}

/// A test of one run.
#[derive(Debug, Clone, Copy)]
pub struct MeasuredTest {
    /// Enough of the hash of its name to count it.
    pub name: NameHash,
    /// The index of its variant in the run.
    pub variant: u16,
    pub outcome: HistoryOutcome,
}

impl Comparison<'_> {
    /// The run as evidence.
    pub fn into_measurements(mut self) -> Measurements {
        self.add_empty_variant_gaps();
        let infrastructure = self.excess_infrastructure_failures();
        let facts = self.variant_facts(&infrastructure);
        let variants: Vec<(Variant, bool)> =
            facts.iter().map(|fact| (fact.variant.clone(), fact.is_complete())).collect();
        let name = |variant: VariantId| variants[variant.index()].0.clone();
        let table = RowTable::from_states(self.outcomes.counts_by_state());
        let rows = table.iter().map(|(row, variant, counts)| (row, name(variant), counts));
        let failed = self.retained.iter().filter_map(|details| {
            let VariantId(variant) = details.state.variant;
            let (variant, is_complete) = &variants[usize::from(variant)];
            let outcome = details.state.outcomes.in_history().filter(|_| *is_complete)?;
            outcome.has_failed().then(|| (Arc::clone(&details.name), variant.clone()))
        });
        let failed = failed.collect();
        let rows = rows.collect();
        let measured = |state: &TestState| Some((state.variant, state.outcomes.in_history()?));
        let tests = self.outcomes.take_tests(measured).filter_map(|(key, measured)| {
            let (variant, outcome) = measured?;
            Some(MeasuredTest { name: key.name_hash(variant), variant: variant.0, outcome })
        });
        Measurements { rows, tests: tests.collect(), failed, variants }
    }

    /// How a test counts in its history; `None` if this run did not measure it.
    pub fn history_outcome(&self, name: &str, variant: &Variant) -> Option<HistoryOutcome> {
        let id = VariantId(self.run.variants.binary_search(variant).ok()? as u16);
        self.outcomes.get(self.run.key(name, id))?.outcomes.in_history()
    }

    /// The tests that failed.
    pub fn failed_tests(&self) -> impl Iterator<Item = (&Arc<str>, &Variant)> {
        let states = self.retained.iter().map(|details| (details, details.state));
        let failed =
            states.filter(|(_, state)| state.outcomes.in_history() == Some(HistoryOutcome::Failed));
        failed.map(|(details, state)| (&details.name, self.run.variant(state.variant)))
    }
}
