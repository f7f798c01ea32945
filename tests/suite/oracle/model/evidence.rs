//! Earlier runs as evidence. "Only complete variants of a run count."

use super::claims::{Row, claim};
use super::completeness::MeasuredRun;
use super::outcomes::{Test, TestId, TestResult};
use super::row_status::{Counts, counts, tests_of};
use crate::oracle::case::{EarlierRun, Options, Outcome};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A run before this one.
#[derive(Debug)]
pub(crate) struct PastRun {
    pub run: MeasuredRun,
    pub variants: BTreeSet<&'static str>,
    pub commit: Option<&'static str>,
}

/// How the tests of a row fared in all runs, this one included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct RowHistory {
    /// Complete runs with a test of the row: in the variant that has most.
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

impl PastRun {
    /// A record of the run, compared with today's list.
    pub(crate) fn of(rows: &[Row], earlier: &EarlierRun, options: &Options) -> PastRun {
        let own = options_of_another_run(options);
        PastRun {
            run: MeasuredRun::of(rows, &earlier.run, "", &own),
            variants: earlier.run.files.iter().map(|file| file.variant).collect(),
            commit: earlier.commit,
        }
    }
}

/// The options that hold for another run too: its exit codes and number of tests are its own.
pub(crate) fn options_of_another_run(options: &Options) -> Options {
    Options { min_tests: None, test_exit_code: None, has_exit_codes: false, ..options.clone() }
}

/// The runs of a variant that count.
fn complete<'r>(
    runs: impl IntoIterator<Item = &'r PastRun>,
    variant: &str,
) -> impl Iterator<Item = &'r PastRun> {
    runs.into_iter().filter(move |past| {
        past.variants.contains(variant) && past.run.completeness.is_complete(variant)
    })
}

/// The results of a test in the complete runs of its variant.
pub(crate) fn results_of<'r>(runs: &[&'r PastRun], id: TestId) -> Vec<&'r Test> {
    complete(runs.iter().copied(), id.1).filter_map(|past| past.run.tests.get(&id)).collect()
}

/// "A row is only proposed for removal when they agree": in each variant, the row must have passed in `required` complete runs,
/// "this one included; by default all of them". A variant in which the row has no test does not count, unless no run of it
/// is complete: then that is not known. An exact row has no test where another row claims it.
pub(crate) fn row_history(
    rows: &[Row],
    index: usize,
    runs: &[&PastRun],
    required: Option<usize>,
) -> RowHistory {
    let variants: BTreeSet<&str> =
        runs.iter().flat_map(|past| past.variants.iter().copied()).collect();
    let counts_of = |past: &PastRun, variant| {
        let tests = tests_of(rows, index, &past.run, Some(variant));
        (!tests.is_empty()).then(|| counts(&tests))
    };
    let mut histories = Vec::new();
    for variant in variants.into_iter().filter(|variant| rows[index].allows(variant)) {
        let has_tests = runs.iter().any(|past| counts_of(past, variant).is_some());
        let name = rows[index].pattern.replace('\\', "");
        let is_of_another = rows[index].is_exact() && claim(rows, &name, variant) != Some(index);
        let is_known = is_of_another || complete(runs.iter().copied(), variant).next().is_some();
        if has_tests || !is_known {
            let complete = complete(runs.iter().copied(), variant);
            let counts = complete.filter_map(|past| counts_of(past, variant));
            histories.push(in_variant(&counts.collect::<Vec<Counts>>(), required));
        }
    }
    RowHistory {
        runs: histories.iter().map(|history| history.runs).max().unwrap_or(0),
        passed: histories.iter().map(|history| history.passed).min().unwrap_or(0),
        failed: histories.iter().map(|history| history.failed).sum(),
        measured: histories.iter().map(|history| history.measured).sum(),
        variants: histories.iter().map(|history| history.variants).sum(),
        is_sufficient: !histories.is_empty()
            && histories.iter().all(|history| history.is_sufficient),
    }
}

/// What the row's tests did in each complete run of one variant that has some. "Infrastructure failures are neither failures nor
/// passes": where the others passed, such a run shows nothing. Where a test was skipped, the row did not pass.
fn in_variant(runs: &[Counts], required: Option<usize>) -> RowHistory {
    let number = |of: &dyn Fn(&Counts) -> bool| runs.iter().filter(|counts| of(counts)).count();
    let has_failed = |counts: &Counts| counts.failed > 0;
    let has_passed = |counts: &Counts| counts.passed > 0 && counts.unmeasured == 0;
    let was_skipped = |counts: &Counts| counts.skipped > 0;
    let runs = number(&|run| has_failed(run) || has_passed(run) || was_skipped(run));
    let passed = number(&|run| has_passed(run) && !has_failed(run) && !was_skipped(run));
    let measured = number(&|run| has_failed(run) || has_passed(run));
    RowHistory {
        runs,
        passed,
        failed: number(&has_failed),
        measured,
        variants: usize::from(measured > 0),
        is_sufficient: runs > 0 && passed >= required.unwrap_or(runs),
    }
}

/// How a test fared in one run.
#[derive(Debug, PartialEq, Eq)]
enum Fared {
    /// The last result failed, or nothing but failures counts.
    Failed,
    /// A try failed, the last one did not.
    Flaky,
    Passed,
    /// It was skipped, failed as the runner expects, never ended, or was not measured.
    Other,
}

fn fared(test: &Test) -> Fared {
    let any = |is_counted: &dyn Fn(&TestResult) -> bool| test.measured().any(is_counted);
    let last = |outcome: Outcome| any(&|result| !result.was_retried && result.outcome == outcome);
    let only_fails = !any(&|result| !result.outcome.fails());
    let has_failed = any(&|result| result.outcome.fails());
    if has_failed && only_fails || any(&|result| !result.was_retried && result.outcome.fails()) {
        Fared::Failed
    } else if any(&|result| result.was_retried && result.outcome.fails()) {
        Fared::Flaky
    } else if last(Outcome::Passed) && !last(Outcome::Xfailed) && !last(Outcome::Unfinished) {
        Fared::Passed
    } else {
        Fared::Other
    }
}

/// In how many complete runs of its variant a test failed, and in how many it failed or passed. "Infrastructure failures are
/// neither failures nor passes", and "a run without the test is no run in which it did not fail".
pub(crate) fn failures<'r>(
    runs: impl IntoIterator<Item = &'r PastRun>,
    (name, variant): TestId,
) -> (usize, usize) {
    let tests = complete(runs, variant).filter_map(|past| past.run.tests.get(&(name, variant)));
    let fared: Vec<Fared> = tests.map(fared).filter(|fared| *fared != Fared::Other).collect();
    (fared.iter().filter(|fared| **fared == Fared::Failed).count(), fared.len())
}

/// "A test that failed in only some runs of the same commit is reported as flipping", unless a row expects that it is flaky.
pub(crate) fn flips(
    rows: &[Row],
    earlier: &[PastRun],
    current: &PastRun,
) -> BTreeMap<TestId, (usize, usize)> {
    let Some(commit) = current.commit else { return BTreeMap::new() };
    let same: Vec<&PastRun> = earlier.iter().filter(|past| past.commit == Some(commit)).collect();
    if same.is_empty() {
        return BTreeMap::new();
    }
    let runs: Vec<&PastRun> = same.into_iter().chain([current]).collect();
    let tests: BTreeSet<TestId> =
        runs.iter().flat_map(|past| past.run.tests.keys().copied()).collect();
    let is_flaky = |(name, variant): &TestId| {
        claim(rows, name, variant).is_some_and(|row| rows[row].expected.is_flaky())
    };
    let rates = tests.into_iter().filter(|test| !is_flaky(test));
    let rates = rates.map(|test| (test, failures(runs.iter().copied(), test)));
    rates.filter(|(_, (failed, measured))| 0 < *failed && failed < measured).collect()
}
