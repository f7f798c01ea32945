//! How often each test passed and failed in earlier runs: a few bytes per test, however many runs there are.

use super::MeasuredTest;
use super::store::outcomes::{ByTest, TestKey, VariantId};
use crate::model::{HistoryOutcome, NameHash, NameHasher, Variant};
use std::collections::BTreeMap;

/// In how many complete runs of its variant a test had which outcome. A run in which it only had infrastructure
/// failures, or no result, is none of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TestHistory {
    /// It passed, and no attempt failed.
    pub passed: usize,
    /// It failed, and no further attempt followed.
    pub failed: usize,
    /// An attempt failed, the last one did not: neither a pass nor a failure.
    pub flaky: usize,
    pub skipped: usize,
    /// It failed as the runner expects, or never ended.
    pub others: usize,
}

impl TestHistory {
    /// Runs in which it passed or failed.
    pub fn measured(&self) -> usize {
        self.passed + self.failed + self.flaky
    }

    /// Runs in which it was more than passed or skipped, so that a row was needed.
    pub fn needed_row(&self) -> usize {
        self.failed + self.flaky + self.others
    }

    /// Runs in which it has a result.
    pub fn runs(&self) -> usize {
        self.measured() + self.skipped + self.others
    }

    /// Counts one more run.
    pub fn add(&mut self, outcome: HistoryOutcome) {
        *match outcome {
            HistoryOutcome::Passed => &mut self.passed,
            HistoryOutcome::Failed => &mut self.failed,
            HistoryOutcome::Flaky => &mut self.flaky,
            HistoryOutcome::Skipped => &mut self.skipped,
            HistoryOutcome::Other => &mut self.others,
        } += 1;
    }
}

/// The histories of all tests. Names are kept as hashes.
#[derive(Debug, Clone, Default)]
pub struct TestHistories {
    hasher: NameHasher,
    /// Numbered in the order of their appearance.
    variants: BTreeMap<Variant, VariantId>,
    counts: ByTest<PackedHistory>,
}

/// Runs by [`HistoryOutcome`]. Small, because there may be millions; a number that is too large stays the largest.
#[derive(Debug, Clone, Copy, Default)]
struct PackedHistory([u16; 5]);

impl TestHistories {
    /// Without any run. Hashes names as `hasher` does.
    pub fn new(hasher: NameHasher) -> TestHistories {
        TestHistories { hasher, ..TestHistories::default() }
    }

    /// The hash of a name, for [`MeasuredTest`].
    pub fn hash_name(&self, name: &str) -> NameHash {
        self.hasher.hash(name)
    }

    /// Counts the tests of the complete variants of a run.
    pub fn add(&mut self, variants: &[(Variant, bool)], tests: &[MeasuredTest]) {
        let ids: Vec<Option<VariantId>> = variants
            .iter()
            .map(|(variant, is_complete)| is_complete.then(|| self.intern(variant)))
            .collect();
        for test in tests {
            let Some(variant) = ids.get(usize::from(test.variant)).copied().flatten() else {
                continue;
            };
            let history = self.counts.entry(TestKey::new(test.name, variant)).or_default();
            let count = &mut history.0[test.outcome as usize];
            *count = count.saturating_add(1);
        }
    }

    fn intern(&mut self, variant: &Variant) -> VariantId {
        let next = VariantId(self.variants.len() as u16);
        *self.variants.entry(variant.clone()).or_insert(next)
    }

    /// The history of a test.
    pub fn get(&self, name: &str, variant: &Variant) -> TestHistory {
        let key = |id: &VariantId| TestKey::new(self.hash_name(name), *id);
        let counts = self.variants.get(variant).and_then(|id| self.counts.get(&key(id)));
        let PackedHistory(counts) = counts.copied().unwrap_or_default();
        let count = |outcome: HistoryOutcome| usize::from(counts[outcome as usize]);
        TestHistory {
            passed: count(HistoryOutcome::Passed),
            failed: count(HistoryOutcome::Failed),
            flaky: count(HistoryOutcome::Flaky),
            skipped: count(HistoryOutcome::Skipped),
            others: count(HistoryOutcome::Other),
        }
    }

    /// The variants of all complete runs.
    pub fn variants(&self) -> impl Iterator<Item = &Variant> {
        self.variants.keys()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_complete_variants_count_and_variants_are_apart() {
        let mut histories = TestHistories::default();
        let test = |variant, outcome| MeasuredTest {
            name: NameHasher::hash(&histories.hasher, "a"),
            variant,
            outcome,
        };
        let both = [test(0, HistoryOutcome::Passed), test(1, HistoryOutcome::Failed)];
        let (m, p) = (Variant::new("m"), Variant::new("p"));
        histories.add(&[(m.clone(), true), (p.clone(), true)], &both);
        histories.add(&[(p.clone(), true), (m.clone(), false)], &both);
        assert_eq!(histories.get("a", &m), TestHistory { passed: 1, ..TestHistory::default() });
        let expected = TestHistory { passed: 1, failed: 1, ..TestHistory::default() };
        assert_eq!(histories.get("a", &p), expected);
        assert_eq!(histories.get("b", &p), TestHistory::default());
    }
}
