//! What earlier runs said of the rows: evidence for taking one out.
//!
//! In: the rows of earlier reports. Out: for each row, in how many runs it passed. A newcomer's trap: an
//! incomplete run is no evidence, whatever its rows say, and neither is one in which the row's tests
//! were skipped.

use crate::compare::{Facts, FlipFact, TestFact, VariantFact};
use crate::known::{Expected, KnownFailures};
use crate::model::Variant;
use std::collections::{BTreeMap, BTreeSet};

/// One earlier run, as its JSON report tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PastRun {
    /// The commit that was tested; empty when nobody said.
    pub commit: String,
    /// Whether all of it was measured.
    pub complete: bool,
    pub variants: BTreeSet<String>,
    /// Tests that failed: names, with variants.
    pub failed: BTreeSet<(String, String)>,
    /// By document and pattern: how many tests failed, passed and were skipped.
    pub rows: BTreeMap<(String, String), PastCounts>,
}

/// How many of a row's tests did what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PastCounts {
    pub failed: u64,
    pub passed: u64,
    pub skipped: u64,
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
    /// In how many complete runs, this one included, a row has to have passed; without a number, in all.
    pub wanted: Option<usize>,
    /// The commit under test; empty when nobody said.
    pub commit: String,
}

/// What the runs say of one row, this run included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Complete runs in which all of the row's tests passed.
    pub passed: usize,
    /// Complete runs in which one of them failed.
    pub failed: usize,
    /// Complete runs.
    pub runs: usize,
    /// The most variants that one of them had.
    pub variants: usize,
    /// Whether that is enough to take the row out.
    pub is_enough: bool,
}

impl Evidence {
    /// What earlier runs and this one say of a row; `None` without any earlier run. `this` is what this
    /// run says, if it is complete, and how many variants it has.
    pub fn of(
        &self,
        file: &str,
        pattern: &str,
        this: Option<(PastCounts, usize)>,
    ) -> Option<Record> {
        if self.runs.is_empty() {
            return None;
        }
        let key = (file.to_owned(), pattern.to_owned());
        let complete = self.runs.iter().filter(|run| run.complete);
        let earlier = complete.map(|run| (run.rows.get(&key).copied(), run.variants.len()));
        let all: Vec<(Option<PastCounts>, usize)> =
            earlier.chain(this.map(|(counts, n)| (Some(counts), n))).collect();
        let count = |is: fn(PastCounts) -> bool| {
            all.iter().filter(|(counts, _)| counts.is_some_and(is)).count()
        };
        let (passed, runs) = (count(PastCounts::all_passed), all.len());
        Some(Record {
            passed,
            failed: count(|counts| counts.failed > 0),
            runs,
            variants: all.iter().map(|(_, variants)| *variants).max().unwrap_or(0),
            is_enough: runs > 0 && passed >= self.wanted.unwrap_or(runs),
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
        self.runs.iter().filter(move |r| r.complete && is(r) && r.variants.contains(variant))
    }

    /// Tests that failed in some complete runs of the commit under test and not in others, this run
    /// included. Those that a row expects to flip are none.
    pub fn flips(&self, facts: &Facts, known: &KnownFailures) -> Vec<FlipFact> {
        let same = |run: &PastRun| !self.commit.is_empty() && run.commit == self.commit;
        let of = |test: &TestFact| (test.name.to_string(), test.variant.as_str().to_owned());
        let here = |fact: &&VariantFact| fact.why.is_empty() && fact.tests > 0;
        let here: BTreeSet<&str> =
            facts.variants.iter().filter(here).map(|fact| fact.variant.as_str()).collect();
        let now: BTreeSet<(String, String)> =
            facts.tests.iter().filter(|test| test.outcome.is_failing()).map(of).collect();
        let before = self.runs.iter().filter(|run| run.complete && same(run));
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

    fn run(complete: bool, counts: PastCounts) -> PastRun {
        let rows = BTreeMap::from([(("K.md".to_owned(), "a.*".to_owned()), counts)]);
        let variants = ["a", "b", "c"].map(str::to_owned).into();
        PastRun { complete, variants, rows, ..PastRun::default() }
    }

    #[test]
    fn only_complete_runs_count_and_by_default_all_have_to_agree() {
        let runs = vec![run(true, PASSED), run(false, PASSED), run(true, FAILED)];
        let mut evidence = Evidence { runs, ..Evidence::default() };
        let record = evidence.of("K.md", "a.*", Some((PASSED, 1))).unwrap();
        assert_eq!((record.passed, record.failed, record.runs, record.variants), (2, 1, 3, 3));
        assert!(!record.is_enough);
        evidence.wanted = Some(2);
        assert!(evidence.of("K.md", "a.*", Some((PASSED, 1))).unwrap().is_enough);
    }

    #[test]
    fn a_run_without_the_row_is_no_evidence_for_it() {
        let evidence = Evidence { runs: vec![run(true, PASSED)], ..Evidence::default() };
        assert!(!evidence.of("K.md", "b", Some((PASSED, 1))).unwrap().is_enough);
        let only_incomplete = Evidence { runs: vec![run(false, PASSED)], ..Evidence::default() };
        assert!(!only_incomplete.of("K.md", "a.*", None).unwrap().is_enough);
        assert_eq!(Evidence::default().of("K.md", "b", Some((PASSED, 1))), None);
    }
}
