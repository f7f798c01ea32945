//! What earlier runs said of the rows: evidence for taking one out.
//!
//! In: the rows of earlier reports. Out: for each row, in how many runs it passed. A newcomer's trap: an
//! incomplete run is no evidence, whatever its rows say, and neither is one in which the row's tests
//! were skipped.

use super::messages;
use crate::compare::{Facts, FlipFact, RowCounts, RowFact, TestFact, VariantFact};
use crate::known::{Expected, KnownFailures, Row};
use crate::model::Variant;
use std::collections::{BTreeMap, BTreeSet};

/// One earlier run, as its JSON report tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PastRun {
    /// The commit that was tested; empty when nobody said.
    pub commit: String,
    /// Tests that failed: names, with variants.
    pub failed: BTreeSet<(String, String)>,
    /// By variant: whether all of it was measured.
    pub variants: BTreeMap<String, bool>,
    /// By row: what its tests did in each variant.
    pub rows: BTreeMap<RowKey, BTreeMap<String, PastCounts>>,
}

/// What makes a row the same one in several reports.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowKey {
    pub file: String,
    pub pattern: String,
    /// The variants that it speaks of, as its column says it.
    pub scope: String,
}

/// How many of a row's tests did what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PastCounts {
    pub failed: u64,
    pub passed: u64,
    pub skipped: u64,
}

impl PastRun {
    /// A run of which the facts are known; not its commit.
    pub fn of(facts: &Facts, known: &KnownFailures) -> PastRun {
        let text = |variant: &Variant| variant.as_str().to_owned();
        let counts = |fact: &RowFact| match facts.variants.as_slice() {
            [only] => BTreeMap::from([(text(&only.variant), fact.counts.into())]),
            _ => {
                let counts = facts.by_variant.get(&fact.id).into_iter().flatten();
                counts.map(|(variant, counts)| (text(variant), (*counts).into())).collect()
            }
        };
        let rows = facts.rows.iter().map(|fact| (RowKey::of(known.row(fact.id)), counts(fact)));
        let failed = facts.tests.iter().filter(|test| test.outcome.is_failing());
        PastRun {
            commit: String::new(),
            failed: failed.map(|test| (test.name.to_string(), text(&test.variant))).collect(),
            variants: facts
                .variants
                .iter()
                .map(|it| (text(&it.variant), it.why.is_empty()))
                .collect(),
            rows: rows.collect(),
        }
    }
}

impl RowKey {
    /// What makes this row the same one in another report.
    pub fn of(row: &Row) -> RowKey {
        RowKey {
            file: row.file.to_string(),
            pattern: row.pattern.as_str().to_owned(),
            scope: messages::scope(&row.variants),
        }
    }
}

impl From<RowCounts> for PastCounts {
    fn from(counts: RowCounts) -> PastCounts {
        let RowCounts { failed, passed, skipped, unmeasured, .. } = counts;
        PastCounts { failed, passed, skipped: skipped + unmeasured }
    }
}

impl PastCounts {
    /// Whether all of the row's tests ran and passed.
    pub fn all_passed(self) -> bool {
        self.passed > 0 && self.failed == 0 && self.skipped == 0
    }
}

/// Earlier runs, and how many have to agree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    pub runs: Vec<PastRun>,
    /// In how many complete runs, this one included, a row has to have passed in every variant; without a
    /// number, in all.
    pub wanted: Option<usize>,
    /// The commit under test; empty when nobody said.
    pub commit: String,
}

/// What the runs say of one row, this run included. A variant of a run that is not complete says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Complete runs in which all of the row's tests passed: in the variant where these are fewest.
    pub passed: usize,
    /// Complete runs: in the variant that has most.
    pub runs: usize,
    /// Variants that it was measured in.
    pub variants: usize,
    /// Complete runs of any variant in which one of its tests failed.
    pub failed: usize,
    /// Complete runs of any variant in which one of its tests failed or passed.
    pub measured: usize,
    /// Whether that is enough to take the row out.
    pub is_enough: bool,
}

/// What one variant says of a row over all runs.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    runs: usize,
    passed: usize,
    failed: usize,
    measured: usize,
}

impl Tally {
    fn add(&mut self, counts: PastCounts) {
        self.runs += 1;
        self.passed += usize::from(counts.all_passed());
        self.failed += usize::from(counts.failed > 0);
        self.measured += usize::from(counts.failed + counts.passed > 0);
    }
}

impl Evidence {
    /// What earlier runs and this one say of a row; `None` without any earlier run. `this` is this run,
    /// `allows` whether the row speaks of a variant.
    pub fn of(
        &self,
        key: &RowKey,
        this: &PastRun,
        allows: impl Fn(&str) -> bool,
    ) -> Option<Record> {
        if self.runs.is_empty() {
            return None;
        }
        let runs = || self.runs.iter().chain([this]);
        let named = runs().flat_map(|run| run.variants.keys());
        let variants: BTreeSet<&String> = named.filter(|name| allows(name)).collect();
        let tally = |variant: &String| {
            let mut tally = Tally::default();
            for run in runs().filter(|run| run.variants.get(variant) == Some(&true)) {
                let counts = run.rows.get(key).and_then(|row| row.get(variant));
                tally.add(counts.copied().unwrap_or_default());
            }
            tally
        };
        let tallies: Vec<Tally> = variants.into_iter().map(tally).collect();
        let enough =
            |tally: &Tally| tally.runs > 0 && tally.passed >= self.wanted.unwrap_or(tally.runs);
        Some(Record {
            passed: tallies.iter().map(|tally| tally.passed).min().unwrap_or(0),
            runs: tallies.iter().map(|tally| tally.runs).max().unwrap_or(0),
            variants: tallies.iter().filter(|tally| tally.measured > 0).count(),
            failed: tallies.iter().map(|tally| tally.failed).sum(),
            measured: tallies.iter().map(|tally| tally.measured).sum(),
            is_enough: !tallies.is_empty() && tallies.iter().all(enough),
        })
    }
}

impl Evidence {
    /// In how many complete earlier runs that had its variant a test failed, and how many there are.
    pub fn rate(&self, name: &str, variant: &str) -> (usize, usize) {
        let test = (name.to_owned(), variant.to_owned());
        let runs = self.complete(|_| true, variant);
        let (mut failed, mut all) = (0, 0);
        for run in runs {
            failed += usize::from(run.failed.contains(&test));
            all += 1;
        }
        (failed, all)
    }

    fn complete<'e>(
        &'e self,
        is: impl Fn(&PastRun) -> bool + 'e,
        variant: &'e str,
    ) -> impl Iterator<Item = &'e PastRun> {
        self.runs.iter().filter(move |run| run.variants.get(variant) == Some(&true) && is(run))
    }

    /// Tests that failed in some complete runs of the commit under test and not in others, this run
    /// included. Those that a row expects to flip are none.
    pub fn flips(&self, facts: &Facts, known: &KnownFailures) -> Vec<FlipFact> {
        let same = |run: &PastRun| !self.commit.is_empty() && run.commit == self.commit;
        if !self.runs.iter().any(same) {
            return Vec::new();
        }
        let of = |test: &TestFact| (test.name.to_string(), test.variant.as_str().to_owned());
        let here = |fact: &&VariantFact| fact.why.is_empty() && fact.tests > 0;
        let here: BTreeSet<&str> =
            facts.variants.iter().filter(here).map(|fact| fact.variant.as_str()).collect();
        let now: BTreeSet<(String, String)> =
            facts.tests.iter().filter(|test| test.outcome.is_failing()).map(of).collect();
        let before = self.runs.iter().filter(|run| same(run));
        let candidates: BTreeSet<&(String, String)> =
            before.flat_map(|run| &run.failed).chain(&now).collect();
        let mut flips = Vec::new();
        for test in candidates {
            let (name, variant) = test;
            let earlier = self.complete(same, variant).map(|run| run.failed.contains(test));
            let this = here.contains(variant.as_str()).then(|| now.contains(test));
            let all: Vec<bool> = earlier.chain(this).collect();
            let failed = all.iter().filter(|failed| **failed).count();
            let variant = Variant::new(variant);
            let flaky = || {
                let row = known.claim(name, &variant).map(|claim| known.row(claim.row));
                row.is_some_and(|row| matches!(row.expected, Expected::Flaky))
            };
            if failed > 0 && failed < all.len() && !flaky() {
                let name = name.as_str().into();
                flips.push(FlipFact { name, variant, failed, runs: all.len() });
            }
        }
        flips
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSED: PastCounts = PastCounts { failed: 0, passed: 2, skipped: 0 };
    const FAILED: PastCounts = PastCounts { failed: 1, passed: 1, skipped: 0 };

    fn key(pattern: &str) -> RowKey {
        RowKey { file: "K.md".into(), pattern: pattern.into(), scope: String::new() }
    }

    /// A run with these variants: name, whether complete, what the row `a.*` did.
    fn run(variants: &[(&str, bool, PastCounts)]) -> PastRun {
        let counts = variants.iter().map(|(name, _, counts)| ((*name).to_owned(), *counts));
        PastRun {
            variants: variants
                .iter()
                .map(|(name, whole, _)| ((*name).to_owned(), *whole))
                .collect(),
            rows: BTreeMap::from([(key("a.*"), counts.collect())]),
            ..PastRun::default()
        }
    }

    fn record(evidence: &Evidence, pattern: &str, this: &PastRun) -> Record {
        evidence.of(&key(pattern), this, |_| true).unwrap()
    }

    #[test]
    fn only_complete_runs_count_and_by_default_all_have_to_agree() {
        let (passed, failed) = (run(&[("", true, PASSED)]), run(&[("", true, FAILED)]));
        let runs = vec![passed.clone(), run(&[("", false, PASSED)]), failed];
        let mut evidence = Evidence { runs, ..Evidence::default() };
        let found = record(&evidence, "a.*", &passed);
        assert_eq!((found.passed, found.failed, found.runs, found.measured), (2, 1, 3, 3));
        assert!(!found.is_enough);
        evidence.wanted = Some(2);
        assert!(record(&evidence, "a.*", &passed).is_enough);
    }

    #[test]
    fn a_run_without_the_row_is_no_evidence_for_it() {
        let passed = run(&[("", true, PASSED)]);
        let evidence = Evidence { runs: vec![passed.clone()], ..Evidence::default() };
        assert!(!record(&evidence, "b", &passed).is_enough);
        let incomplete = run(&[("", false, PASSED)]);
        let only_incomplete = Evidence { runs: vec![incomplete.clone()], ..Evidence::default() };
        assert!(!record(&only_incomplete, "a.*", &incomplete).is_enough);
        assert_eq!(Evidence::default().of(&key("a.*"), &passed, |_| true), None);
    }

    #[test]
    fn every_variant_has_to_have_so_many_runs() {
        let (m, p) = (run(&[("m", true, PASSED)]), run(&[("p", true, PASSED)]));
        let both = run(&[("m", true, PASSED), ("p", true, PASSED)]);
        let evidence = Evidence {
            runs: vec![m.clone(), m.clone(), p],
            wanted: Some(3),
            ..Evidence::default()
        };
        let found = record(&evidence, "a.*", &both);
        assert_eq!((found.passed, found.runs, found.variants, found.is_enough), (2, 3, 2, false));
        let of_m = evidence.of(&key("a.*"), &both, |variant| variant == "m").unwrap();
        assert_eq!((of_m.passed, of_m.runs, of_m.variants, of_m.is_enough), (3, 3, 1, true));
    }
}
