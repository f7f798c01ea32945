//! Earlier runs as evidence: how the tests of each row fared in them, and each test.
//!
//! An incomplete run is no evidence. A run counts for a test or row only if it measured that: neither infrastructure
//! failures nor absence are a pass, and neither is a failure. What is kept grows with the tests, not with the runs.

use super::messages;
use crate::compare::{
    Comparison, Facts, FlippingTest, MeasuredTest, Measurements, RowCounts, RowFact, TestHistories,
    TestHistory, VariantCounts,
};
use crate::known::{Inactive, KnownFailures, Row, RowId};
use crate::model::{HistoryOutcome, Variant};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One run, reduced to what is evidence for rows and tests.
#[derive(Debug, Default)]
pub struct PastRun {
    /// The commit that was tested; empty if it is not known.
    pub commit: String,
    /// Each with whether it is complete.
    pub variants: Vec<(Variant, bool)>,
    /// By row: what its tests did in each variant. Of equal rows, only one counts tests.
    pub rows: BTreeMap<RowKey, BTreeMap<Variant, RowCounts>>,
    pub listed_rows: ListedRows,
    pub tests: Vec<MeasuredTest>,
    /// Tests of complete variants that did more than pass, and were not skipped: names, with variants.
    pub failed: Vec<(Arc<str>, Variant)>,
}

/// Which rows a run shows something about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ListedRows {
    /// All rows of today's list, so that one without counts has no tests in it.
    #[default]
    All,
    /// Those that it lists: it is a report about an earlier list.
    Listed,
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
    /// The rows of a run with these facts, without its commit and tests.
    pub fn from_facts(facts: &Facts, known: &KnownFailures) -> PastRun {
        let variants: Vec<(Variant, bool)> = (facts.variants.iter())
            .map(|fact| (fact.variant.clone(), fact.is_complete()))
            .collect();
        let mut run = PastRun { variants, ..PastRun::default() };
        let mut add = |fact: &RowFact, variant: &Variant, counts| {
            run.add_row(RowKey::from_row(known.row(fact.id)), variant, counts);
        };
        for fact in &facts.rows {
            if let [only] = facts.variants.as_slice() {
                add(fact, &only.variant, fact.counts);
            }
            let by_variant = facts.by_variant.get(&fact.id).into_iter();
            by_variant
                .flat_map(VariantCounts::iter)
                .for_each(|(variant, counts)| add(fact, variant, counts));
        }
        run
    }

    /// A run that was compared with today's list.
    pub fn from_measurements(
        commit: &str,
        measurements: Measurements,
        known: &KnownFailures,
    ) -> PastRun {
        let Measurements { variants, rows, tests, failed } = measurements;
        let commit = commit.to_owned();
        let mut run = PastRun { commit, variants, tests, failed, ..PastRun::default() };
        for (row, variant, counts) in rows {
            run.add_row(RowKey::from_row(known.row(row)), &variant, counts);
        }
        run
    }

    /// Adds the counts of a row in a variant.
    pub fn add_row(&mut self, key: RowKey, variant: &Variant, counts: RowCounts) {
        let by_variant = self.rows.entry(key).or_default();
        by_variant.entry(variant.clone()).or_default().merge(counts);
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
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The number of complete runs, this one included, in which a row has to have passed in every variant; `None` for
    /// all.
    pub required_runs: Option<usize>,
    /// The commit under test; empty if it is not known.
    pub commit: String,
    /// Files that are this run, or a part of it or of one before: they count once.
    pub left_out: Vec<String>,
    /// Earlier runs, whether or not they are complete.
    runs: usize,
    /// The variants of all runs.
    variants: BTreeSet<Variant>,
    /// Those of which a complete run shows something about every row.
    known_variants: BTreeSet<Variant>,
    rows: BTreeMap<RowKey, BTreeMap<Variant, EarlierRow>>,
    tests: TestHistories,
    /// Of the runs of the commit under test.
    same_commit: TestHistories,
    failed: BTreeSet<(Arc<str>, Variant)>,
}

/// What the earlier runs show about a row in one variant.
#[derive(Debug, Clone, Copy, Default)]
struct EarlierRow {
    history: VariantHistory,
    /// Whether a complete run shows something about it, be it that it has no test.
    is_known: bool,
    /// Whether it had a test in some run, complete or not.
    had_tests: bool,
}

/// How a row's tests fared in the complete runs of one variant. Runs without a test of it do not count.
#[derive(Debug, Clone, Copy, Default)]
struct VariantHistory {
    runs: usize,
    passed: usize,
    failed: usize,
    measured: usize,
}

/// How the tests of one row fared in all runs, this one included. Only complete variants of a run count, and only if
/// the row has tests in them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "JsonEvidence", description = "")]
pub struct RowHistory {
    /// Complete runs in which it has tests, this one included: in the variant that has most. One in which a test failed
    /// because of infrastructure and the others passed is not counted.
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

impl VariantHistory {
    /// Counts a complete run in which the row has these tests. A failure because of infrastructure leaves open whether
    /// all passed, so such a run only counts if another test failed or was skipped.
    fn add(&mut self, counts: RowCounts) {
        let RowCounts { failed, passed, skipped, unmeasured, .. } = counts;
        let (has_failed, was_skipped) = (failed > 0, skipped > 0);
        let has_passed = passed > 0 && unmeasured == 0;
        self.runs += usize::from(has_failed || was_skipped || has_passed);
        self.failed += usize::from(has_failed);
        self.passed += usize::from(has_passed && !has_failed && !was_skipped);
        self.measured += usize::from(has_failed || has_passed);
    }
}

impl EarlierRow {
    /// Adds a run.
    fn add(&mut self, counts: RowCounts, is_complete: bool) {
        self.had_tests |= has_tests(counts);
        self.is_known |= is_complete;
        if is_complete {
            self.history.add(counts);
        }
    }

    /// An exact row, from the history of the test of its name.
    fn from_test(test: TestHistory) -> EarlierRow {
        let history = VariantHistory {
            runs: test.runs(),
            passed: test.passed,
            failed: test.needed_row(),
            measured: test.measured() + test.others,
        };
        EarlierRow { history, is_known: false, had_tests: test.runs() > 0 }
    }
}

/// The row that counts the tests of this one: a duplicate has the history of the row that it repeats.
fn counting_row(known: &KnownFailures, id: RowId) -> RowId {
    match known.row(id).inactive {
        Some(Inactive::Duplicate { original }) => original,
        Some(Inactive::Replaced { .. }) | None => id,
    }
}

fn has_tests(counts: RowCounts) -> bool {
    let RowCounts { failed, passed, skipped, unmeasured, .. } = counts;
    [failed, passed, skipped, unmeasured].into_iter().any(|tests| tests > 0)
}

impl RowHistory {
    /// The history of one variant.
    fn in_variant(history: VariantHistory, required_runs: Option<usize>) -> RowHistory {
        let VariantHistory { runs, passed, failed, measured } = history;
        RowHistory {
            runs,
            passed,
            failed,
            measured,
            variants: usize::from(measured > 0),
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

/// What all runs show about one row.
pub(super) struct RowEvidence<'e> {
    evidence: &'e Evidence,
    row: &'e Row,
    current: &'e PastRun,
    /// Those of all runs that it applies to.
    variants: Vec<&'e Variant>,
    /// By variant; `None` for a row that is new in the list, or had no tests.
    earlier: Option<&'e BTreeMap<Variant, EarlierRow>>,
    /// What its tests did in this run.
    counts: Option<&'e BTreeMap<Variant, RowCounts>>,
}

impl<'e> RowEvidence<'e> {
    /// How its tests fared.
    fn history(&self) -> RowHistory {
        let history = |variant: &&Variant| {
            let earlier = match self.earlier {
                Some(by_variant) => by_variant.get(*variant).copied().unwrap_or_default(),
                None => self.row.pattern.exact_name().map_or_else(EarlierRow::default, |name| {
                    EarlierRow::from_test(self.evidence.tests.get(name, variant))
                }),
            };
            let counts = self.counts.and_then(|by_variant| by_variant.get(*variant));
            self.in_variant(variant, earlier, counts.copied().unwrap_or_default())
        };
        self.variants.iter().filter_map(history).reduce(RowHistory::combine).unwrap_or_default()
    }

    /// The variants in which a test of the row needs it, by the same rule: those in which it did not pass in enough
    /// runs. `counts` are its results in this run.
    pub(super) fn unconfirmed_variants(
        &self,
        name: &str,
        counts: impl Fn(&Variant) -> RowCounts,
    ) -> Vec<&'e Variant> {
        let is_unconfirmed = |variant: &&Variant| {
            let row = self.earlier.and_then(|by_variant| by_variant.get(*variant));
            let earlier = EarlierRow {
                is_known: row.is_some_and(|earlier| earlier.is_known),
                ..EarlierRow::from_test(self.evidence.tests.get(name, variant))
            };
            let history = self.in_variant(variant, earlier, counts(variant));
            history.is_some_and(|history| !history.is_sufficient)
        };
        self.variants.iter().copied().filter(is_unconfirmed).collect()
    }

    /// The history of one variant, this run included; `None` if there is known to be no test in it.
    fn in_variant(
        &self,
        variant: &Variant,
        mut earlier: EarlierRow,
        counts: RowCounts,
    ) -> Option<RowHistory> {
        let mut in_run = self.current.variants.iter();
        if let Some((_, is_complete)) = in_run.find(|(name, _)| name == variant) {
            earlier.add(counts, *is_complete);
        }
        let is_known = earlier.is_known || self.evidence.known_variants.contains(variant);
        let history = RowHistory::in_variant(earlier.history, self.evidence.required_runs);
        (earlier.had_tests || !is_known).then_some(history)
    }
}

/// What this run shows about the tests that may flip.
#[derive(Debug, Default)]
pub struct CurrentOutcomes(BTreeMap<(Arc<str>, Variant), Option<HistoryOutcome>>);

impl Evidence {
    /// Without any run. `commit` is the one under test; empty if it is not known.
    pub fn new(
        known: &KnownFailures,
        required_runs: Option<usize>,
        commit: Option<&str>,
    ) -> Evidence {
        let histories = || TestHistories::new(known.name_hasher().clone());
        Evidence {
            required_runs,
            commit: commit.unwrap_or_default().to_owned(),
            tests: histories(),
            same_commit: histories(),
            ..Evidence::default()
        }
    }

    /// Adds an earlier run.
    pub fn add(&mut self, run: PastRun) {
        self.runs += 1;
        let complete = run.variants.iter().filter(|(_, is_complete)| *is_complete);
        let complete: BTreeSet<Variant> = complete.map(|(variant, _)| variant.clone()).collect();
        for (key, by_variant) in run.rows {
            let row = self.rows.entry(key).or_default();
            for (variant, counts) in by_variant {
                let is_complete = complete.contains(&variant);
                row.entry(variant).or_default().add(counts, is_complete);
            }
        }
        self.variants.extend(run.variants.iter().map(|(variant, _)| variant.clone()));
        if run.listed_rows == ListedRows::All {
            self.known_variants.extend(complete);
        }
        self.tests.add(&run.variants, &run.tests);
        if !self.commit.is_empty() && run.commit == self.commit {
            self.same_commit.add(&run.variants, &run.tests);
        }
        self.failed.extend(run.failed);
    }

    /// Whether there is evidence, be it only of this run.
    pub fn is_given(&self) -> bool {
        self.runs + self.left_out.len() > 0
    }

    /// The number of variants of the earlier runs.
    pub fn variant_count(&self) -> usize {
        self.variants.len()
    }

    /// The hash of a name, for [`PastRun::tests`].
    pub fn tests(&self) -> &TestHistories {
        &self.tests
    }

    /// How the tests of a row fared in earlier runs and this one; `None` without evidence. A variant in which the row
    /// has no test does not count, unless none of its runs is complete. Where another row claims the test of an exact
    /// row, it has none.
    pub fn row_history(
        &self,
        known: &KnownFailures,
        id: RowId,
        current: &PastRun,
    ) -> Option<RowHistory> {
        self.is_given().then(|| self.row_evidence(known, id, current).history())
    }

    /// What all runs show about a row and each of its tests.
    pub(super) fn row_evidence<'e>(
        &'e self,
        known: &'e KnownFailures,
        id: RowId,
        current: &'e PastRun,
    ) -> RowEvidence<'e> {
        let id = counting_row(known, id);
        let row = known.row(id);
        let key = RowKey::from_row(row);
        let current_variants = current.variants.iter().map(|(variant, _)| variant);
        let variants: BTreeSet<&Variant> = self.variants.iter().chain(current_variants).collect();
        let may_have_tests = |variant: &&Variant| {
            let claims =
                |name: &str| known.claim(name, variant).is_some_and(|claim| claim.row == id);
            row.variants.allows(variant) && row.pattern.exact_name().is_none_or(claims)
        };
        let in_scope = variants.into_iter().filter(may_have_tests);
        RowEvidence {
            evidence: self,
            row,
            current,
            variants: in_scope.collect(),
            earlier: self.rows.get(&key),
            counts: current.rows.get(&key),
        }
    }

    /// In how many complete earlier runs of its variant a test passed and failed.
    pub fn test_history(&self, name: &str, variant: &str) -> TestHistory {
        self.tests.get(name, &Variant::new(variant))
    }

    /// The tests that needed a row in some complete earlier run: name and variant, sorted. They failed, in one attempt
    /// or as the runner expects, or never ended ([`TestHistory::needed_row`]).
    pub fn failed_tests(&self) -> impl Iterator<Item = (&str, &str)> {
        self.failed.iter().map(|(name, variant)| (&**name, variant.as_str()))
    }

    /// What this run shows about the tests that failed in some runs of this commit, and passed in others.
    pub fn current_outcomes(&self, current: &Comparison<'_>) -> CurrentOutcomes {
        let failed_before =
            |(name, variant): &&(Arc<str>, Variant)| self.same_commit.get(name, variant).failed > 0;
        let has_passed = |(name, variant): &(&Arc<str>, &Variant)| {
            let history = self.same_commit.get(name, variant);
            history.passed + history.flaky > 0
        };
        let before =
            self.failed.iter().filter(failed_before).map(|(name, variant)| (name, variant));
        let candidates = before.chain(current.failed_tests().filter(has_passed));
        let outcome = |(name, variant): (&Arc<str>, &Variant)| {
            let outcome = current.history_outcome(name, variant);
            ((Arc::clone(name), variant.clone()), outcome)
        };
        CurrentOutcomes(candidates.map(outcome).collect())
    }

    /// Tests that failed in some complete runs of the commit under test and passed in others, this run included,
    /// without those that a row expects to be flaky.
    pub fn flipping_tests(
        &self,
        current: &CurrentOutcomes,
        facts: &Facts,
        known: &KnownFailures,
    ) -> Vec<FlippingTest> {
        let complete = facts.variants.iter().filter(|fact| fact.is_complete());
        let complete: BTreeSet<&Variant> = complete.map(|fact| &fact.variant).collect();
        let mut flipping = Vec::new();
        for ((name, variant), outcome) in &current.0 {
            let mut history = self.same_commit.get(name, variant);
            if let Some(outcome) = outcome.filter(|_| complete.contains(variant)) {
                history.add(outcome);
            }
            let is_flaky = |row| known.row(row).expected.is_flaky();
            let is_claimed_as_flaky =
                || known.claim(name, variant).is_some_and(|claim| is_flaky(claim.row));
            if history.failed > 0 && history.passed + history.flaky > 0 && !is_claimed_as_flaky() {
                flipping.push(FlippingTest {
                    name: (**name).into(),
                    variant: variant.clone(),
                    failed: history.failed,
                    runs: history.measured(),
                });
            }
        }
        flipping
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: RowCounts =
        RowCounts { failed: 1, passed: 1, skipped: 0, unmeasured: 0, unfinished: 0 };
    const PASSED: RowCounts = RowCounts { failed: 0, passed: 2, ..FAILED };
    const SKIPPED: RowCounts = RowCounts { passed: 0, skipped: 1, ..PASSED };
    const LOST: RowCounts = RowCounts { passed: 1, unmeasured: 1, ..PASSED };
    const NO_TESTS: RowCounts = RowCounts { passed: 0, ..PASSED };

    /// A list with the row `a.*` for some variants, and the row `b`.
    fn list(scope: &str) -> KnownFailures {
        let text = format!("| Test | Variants |\n|---|---|\n| a.* | {scope} |\n| b | |\n");
        KnownFailures::read(&[("K.md".into(), text)])
    }

    /// A run with these variants: name, whether complete, what the row `a.*` did.
    fn run(variants: &[(&str, bool, RowCounts)]) -> PastRun {
        run_of(&list(""), variants)
    }

    fn run_of(known: &KnownFailures, variants: &[(&str, bool, RowCounts)]) -> PastRun {
        let mut run = PastRun::default();
        for (name, is_complete, counts) in variants {
            let variant = Variant::new(name);
            run.add_row(RowKey::from_row(&known.rows()[0]), &variant, *counts);
            run.variants.push((variant, *is_complete));
        }
        run
    }

    fn evidence(runs: Vec<PastRun>, required_runs: Option<usize>) -> Evidence {
        let mut evidence = Evidence { required_runs, ..Evidence::default() };
        runs.into_iter().for_each(|run| evidence.add(run));
        evidence
    }

    fn history(evidence: &Evidence, row: u32, current: &PastRun) -> RowHistory {
        evidence.row_history(&list(""), RowId(row), current).unwrap()
    }

    #[test]
    fn only_complete_runs_count_and_by_default_all_have_to_agree() {
        let passed = || run(&[("", true, PASSED)]);
        let runs = || vec![passed(), run(&[("", false, PASSED)]), run(&[("", true, FAILED)])];
        let found = history(&evidence(runs(), None), 0, &passed());
        assert_eq!((found.passed, found.failed, found.runs, found.measured), (2, 1, 3, 3));
        assert!(!found.is_sufficient);
        assert!(history(&evidence(runs(), Some(2)), 0, &passed()).is_sufficient);
    }

    #[test]
    fn a_run_counts_for_a_row_only_if_it_measured_the_row() {
        let passed = run(&[("", true, PASSED)]);
        for (counts, runs, is_sufficient) in
            [(NO_TESTS, 1, true), (LOST, 1, true), (SKIPPED, 2, false), (FAILED, 2, false)]
        {
            let evidence = evidence(vec![run(&[("", true, counts)])], None);
            let found = history(&evidence, 0, &passed);
            assert_eq!((found.runs, found.is_sufficient), (runs, is_sufficient), "{counts:?}");
        }
    }

    #[test]
    fn a_row_without_tests_in_any_complete_run_has_no_evidence() {
        let passed = run(&[("", true, PASSED)]);
        assert!(
            !history(&evidence(vec![run(&[("", true, PASSED)])], None), 1, &passed).is_sufficient
        );
        let incomplete = || run(&[("", false, PASSED)]);
        let found = history(&evidence(vec![incomplete()], None), 0, &incomplete());
        assert!(!found.is_sufficient);
        assert_eq!(Evidence::default().row_history(&list(""), RowId(0), &passed), None);
    }

    #[test]
    fn every_variant_with_tests_of_the_row_needs_the_required_runs() {
        let m = || run(&[("m", true, PASSED)]);
        let both = run(&[("m", true, PASSED), ("p", true, PASSED)]);
        let earlier = evidence(vec![m(), m(), run(&[("p", true, PASSED)])], Some(3));
        let counts =
            |found: RowHistory| (found.passed, found.runs, found.variants, found.is_sufficient);
        assert_eq!(counts(history(&earlier, 0, &both)), (2, 3, 2, false));
        let only_m = list("m");
        let both = run_of(&only_m, &[("m", true, PASSED)]);
        let runs = (0..2).map(|_| run_of(&only_m, &[("m", true, PASSED), ("p", true, NO_TESTS)]));
        let earlier = evidence(runs.collect(), Some(3));
        let found = earlier.row_history(&only_m, RowId(0), &both).unwrap();
        assert_eq!(counts(found), (3, 3, 1, true));
        // The row has no test in `p`, or no complete run of `p` shows whether it has.
        for (is_complete, is_sufficient) in [(true, true), (false, false)] {
            let runs = vec![run(&[("m", true, PASSED), ("p", is_complete, NO_TESTS)])];
            let found = history(&evidence(runs, None), 0, &m());
            assert_eq!(found.is_sufficient, is_sufficient);
        }
    }
}
