//! Earlier runs as evidence: how the tests of each row fared in them.
//!
//! An incomplete run is no evidence, and neither is one in which the row's tests were skipped.

use super::messages;
use crate::compare::{Facts, FlippingTest, RowCounts, RowFact, VariantCounts};
use crate::known::{Expected, KnownFailures, Row};
use crate::model::Variant;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One run, reduced to what is evidence for rows and tests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PastRun {
    /// The commit that was tested; empty if it is not known.
    pub commit: String,
    /// Tests that failed: names, with variants.
    pub failed: BTreeSet<(String, String)>,
    /// By variant: whether it is complete.
    pub variants: BTreeMap<String, bool>,
    /// By row: what its tests did in each variant.
    pub rows: BTreeMap<RowKey, BTreeMap<String, RowCounts>>,
}

/// Identifies a row in the reports of several runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowKey {
    /// Its document.
    pub file: String,
    /// As it is in the document, without markup.
    pub pattern: String,
    /// The variants that it applies to, as its column has them.
    pub scope: String,
}

impl PastRun {
    /// A run with these facts, without its commit.
    pub fn from_facts(facts: &Facts, known: &KnownFailures) -> PastRun {
        let text = |variant: &Variant| variant.as_str().to_owned();
        let counts = |fact: &RowFact| match facts.variants.as_slice() {
            [only] => BTreeMap::from([(text(&only.variant), fact.counts)]),
            _ => {
                let counts =
                    facts.by_variant.get(&fact.id).into_iter().flat_map(VariantCounts::iter);
                counts.map(|(variant, counts)| (text(variant), counts)).collect()
            }
        };
        let rows =
            facts.rows.iter().map(|fact| (RowKey::from_row(known.row(fact.id)), counts(fact)));
        let failed = facts.tests.iter().filter(|test| test.outcome.is_failing());
        let variants = facts.variants.iter();
        let variants = variants.map(|fact| (text(&fact.variant), fact.incomplete.is_empty()));
        PastRun {
            commit: String::new(),
            failed: failed.map(|test| (test.name.to_string(), text(&test.variant))).collect(),
            variants: variants.collect(),
            rows: rows.collect(),
        }
    }
}

impl RowKey {
    /// The key of this row.
    pub fn from_row(row: &Row) -> RowKey {
        RowKey {
            file: row.file.to_string(),
            pattern: row.pattern.as_str().to_owned(),
            scope: messages::scope(&row.variants),
        }
    }
}

/// Earlier runs, and how many are required for removing a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Without this run.
    pub runs: Vec<PastRun>,
    /// The number of complete runs, this one included, in which a row has to have passed in every variant; `None` for
    /// all.
    pub required_runs: Option<usize>,
    /// The commit under test; empty if it is not known.
    pub commit: String,
}

/// How the tests of one row fared in all runs, this one included. Only complete variants of a run count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "JsonEvidence", description = "")]
pub struct RowHistory {
    /// Complete runs, this one included: in the variant that has most.
    pub runs: usize,
    /// Runs in which all of its tests passed: in the variant that has fewest.
    pub passed: usize,
    /// Runs of any variant in which one of its tests failed.
    pub failed: usize,
    /// Runs of any variant in which one of its tests failed or passed.
    pub measured: usize,
    /// Variants that it was measured in.
    pub variants: usize,
    /// Whether that is enough to remove the row.
    #[serde(skip)]
    pub is_sufficient: bool,
}

impl RowHistory {
    /// The history of one variant: what the row's tests did in each of its complete runs.
    fn in_variant(counts: &[RowCounts], required_runs: Option<usize>) -> RowHistory {
        let runs = counts.len();
        let count = |of: fn(&&RowCounts) -> bool| counts.iter().filter(of).count();
        let passed = count(|counts| {
            counts.passed > 0 && [counts.failed, counts.skipped, counts.unmeasured] == [0; 3]
        });
        let measured = count(|counts| counts.failed > 0 || counts.passed > 0);
        RowHistory {
            passed,
            runs,
            variants: usize::from(measured > 0),
            failed: count(|counts| counts.failed > 0),
            measured,
            is_sufficient: runs > 0 && passed >= required_runs.unwrap_or(runs),
        }
    }

    /// The history of the variants of both.
    fn combine(self, other: RowHistory) -> RowHistory {
        RowHistory {
            passed: self.passed.min(other.passed),
            runs: self.runs.max(other.runs),
            variants: self.variants + other.variants,
            failed: self.failed + other.failed,
            measured: self.measured + other.measured,
            is_sufficient: self.is_sufficient && other.is_sufficient,
        }
    }
}

impl Evidence {
    /// How the tests of a row fared in earlier runs and this one; `None` without earlier runs. `in_scope` is whether
    /// the row applies to a variant.
    pub fn row_history(
        &self,
        key: &RowKey,
        current: &PastRun,
        in_scope: impl Fn(&str) -> bool,
    ) -> Option<RowHistory> {
        if self.runs.is_empty() {
            return None;
        }
        let runs = || self.runs.iter().chain([current]);
        let named = runs().flat_map(|run| run.variants.keys());
        let variants: BTreeSet<&String> = named.filter(|name| in_scope(name)).collect();
        let history = |variant: &String| {
            let complete = runs().filter(|run| run.variants.get(variant) == Some(&true));
            let counts = complete.map(|run| run.rows.get(key)?.get(variant).copied());
            let counts: Vec<RowCounts> = counts.map(Option::unwrap_or_default).collect();
            RowHistory::in_variant(&counts, self.required_runs)
        };
        let histories = variants.into_iter().map(history);
        Some(histories.reduce(RowHistory::combine).unwrap_or_default())
    }

    /// In how many complete earlier runs of its variant a test failed, and the number of such runs.
    pub fn failure_rate(&self, name: &str, variant: &str) -> (usize, usize) {
        failures(&self.runs, &(name.to_owned(), variant.to_owned()))
    }

    /// Tests that failed in some complete runs of the commit under test and not in others, this run included, without
    /// those that a row expects to be flaky.
    pub fn flipping_tests(&self, facts: &Facts, known: &KnownFailures) -> Vec<FlippingTest> {
        let is_same_commit = |run: &&PastRun| !self.commit.is_empty() && run.commit == self.commit;
        let mut runs: Vec<&PastRun> = self.runs.iter().filter(is_same_commit).collect();
        if runs.is_empty() {
            return Vec::new();
        }
        let current = PastRun::from_facts(facts, known);
        runs.push(&current);
        let candidates: BTreeSet<&(String, String)> =
            runs.iter().flat_map(|run| &run.failed).collect();
        let mut flipping = Vec::new();
        for test in candidates {
            let (failed, total) = failures(runs.iter().copied(), test);
            let (name, variant) = (test.0.as_str(), Variant::new(&test.1));
            let is_flaky = |row| known.row(row).expected == Expected::Flaky;
            let is_claimed_as_flaky =
                || known.claim(name, &variant).is_some_and(|claim| is_flaky(claim.row));
            if failed > 0 && failed < total && !is_claimed_as_flaky() {
                flipping.push(FlippingTest { name: name.into(), variant, failed, runs: total });
            }
        }
        flipping
    }
}

/// In how many runs a test (its name, its variant) failed, and in how many its variant is complete.
fn failures<'r>(
    runs: impl IntoIterator<Item = &'r PastRun>,
    test: &(String, String),
) -> (usize, usize) {
    let complete = runs.into_iter().filter(|run| run.variants.get(&test.1) == Some(&true));
    complete.fold((0, 0), |(failed, total), run| {
        (failed + usize::from(run.failed.contains(test)), total + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: RowCounts =
        RowCounts { failed: 1, passed: 1, skipped: 0, unmeasured: 0, unfinished: 0 };
    const PASSED: RowCounts = RowCounts { failed: 0, passed: 2, ..FAILED };

    fn key(pattern: &str) -> RowKey {
        RowKey { file: "K.md".into(), pattern: pattern.into(), scope: String::new() }
    }

    /// A run with these variants: name, whether complete, what the row `a.*` did.
    fn run(variants: &[(&str, bool, RowCounts)]) -> PastRun {
        let counts = variants.iter().map(|(name, _, counts)| ((*name).to_owned(), *counts));
        PastRun {
            variants: variants
                .iter()
                .map(|(name, is_complete, _)| ((*name).to_owned(), *is_complete))
                .collect(),
            rows: BTreeMap::from([(key("a.*"), counts.collect())]),
            ..PastRun::default()
        }
    }

    fn history(evidence: &Evidence, pattern: &str, current: &PastRun) -> RowHistory {
        evidence.row_history(&key(pattern), current, |_| true).unwrap()
    }

    #[test]
    fn only_complete_runs_count_and_by_default_all_have_to_agree() {
        let (passed, failed) = (run(&[("", true, PASSED)]), run(&[("", true, FAILED)]));
        let runs = vec![passed.clone(), run(&[("", false, PASSED)]), failed];
        let mut evidence = Evidence { runs, ..Evidence::default() };
        let found = history(&evidence, "a.*", &passed);
        assert_eq!((found.passed, found.failed, found.runs, found.measured), (2, 1, 3, 3));
        assert!(!found.is_sufficient);
        evidence.required_runs = Some(2);
        assert!(history(&evidence, "a.*", &passed).is_sufficient);
    }

    #[test]
    fn a_run_without_the_row_is_no_evidence_for_it() {
        let passed = run(&[("", true, PASSED)]);
        let evidence = Evidence { runs: vec![passed.clone()], ..Evidence::default() };
        assert!(!history(&evidence, "b", &passed).is_sufficient);
        let incomplete = run(&[("", false, PASSED)]);
        let only_incomplete = Evidence { runs: vec![incomplete.clone()], ..Evidence::default() };
        assert!(!history(&only_incomplete, "a.*", &incomplete).is_sufficient);
        assert_eq!(Evidence::default().row_history(&key("a.*"), &passed, |_| true), None);
    }

    #[test]
    fn every_variant_needs_the_required_runs() {
        let (m, p) = (run(&[("m", true, PASSED)]), run(&[("p", true, PASSED)]));
        let both = run(&[("m", true, PASSED), ("p", true, PASSED)]);
        let evidence = Evidence {
            runs: vec![m.clone(), m.clone(), p],
            required_runs: Some(3),
            ..Evidence::default()
        };
        let found = history(&evidence, "a.*", &both);
        assert_eq!(
            (found.passed, found.runs, found.variants, found.is_sufficient),
            (2, 3, 2, false)
        );
        let only_m = evidence.row_history(&key("a.*"), &both, |variant| variant == "m").unwrap();
        assert_eq!(
            (only_m.passed, only_m.runs, only_m.variants, only_m.is_sufficient),
            (3, 3, 1, true)
        );
    }
}
