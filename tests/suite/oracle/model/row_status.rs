//! What the results of a run mean for each row.

use super::claims::{Expected, Row, Standing, claim};
use super::completeness::MeasuredRun;
use super::outcomes::{Combined, Test};
use crate::oracle::case::Outcome;
use serde::Serialize;
use std::ops::AddAssign;

/// How many tests of a row did what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    /// Failed in any way, never ended, or failed in some attempts.
    pub failed: u64,
    pub passed: u64,
    pub skipped: u64,
    /// Failed because of infrastructure.
    pub unmeasured: u64,
    /// Never ended; these are part of the failed ones.
    pub unfinished: u64,
}

/// The word for what a run shows about a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RowStatus {
    Active,
    NewlyPassing,
    Mixed,
    Skipped,
    Unmatched,
    NotMeasured,
    Shadowed,
    Duplicate,
}

/// The tests of a row in one variant, or in all of them.
pub(crate) fn tests_of<'r>(
    rows: &[Row],
    row: usize,
    run: &'r MeasuredRun,
    variant: Option<&str>,
) -> Vec<&'r Test> {
    let tests = run.tests.iter().filter(|((name, tested_in), _)| {
        variant.is_none_or(|variant| variant == *tested_in)
            && claim(rows, name, tested_in) == Some(row)
    });
    tests.map(|(_, test)| test).collect()
}

/// How many of these tests did what.
pub(crate) fn counts(tests: &[&Test]) -> Counts {
    let mut counts = Counts::default();
    tests.iter().for_each(|test| counts += Counts::of(test.combined()));
    counts
}

/// The status of a row. `variants` are those of the run.
pub(crate) fn status(
    rows: &[Row],
    index: usize,
    run: &MeasuredRun,
    variants: &[&str],
) -> RowStatus {
    let row = &rows[index];
    match row.standing {
        // "An earlier row says the same."
        Standing::Duplicate => return RowStatus::Duplicate,
        Standing::Replaced => return RowStatus::Shadowed,
        Standing::Active => {}
    }
    let Counts { failed, passed, skipped, unmeasured, .. } =
        counts(&tests_of(rows, index, run, None));
    if failed > 0 {
        // "Some of its tests fail and some do not", or "its tests fail, as the row says".
        return if passed > 0 { RowStatus::Mixed } else { RowStatus::Active };
    }
    // "An infrastructure failure: either way its row is not measured and stays."
    if unmeasured > 0 {
        return RowStatus::NotMeasured;
    }
    match (passed > 0, skipped > 0) {
        (true, true) => RowStatus::Mixed,
        (true, false) => status_if_all_passed(rows, index, run, variants),
        (false, true) if row.expected == Expected::Skip => RowStatus::Active,
        (false, true) => RowStatus::Skipped,
        (false, false) => status_without_tests(row, run, variants),
    }
}

/// "All its tests pass: the row can be removed." "A wildcard row is only removed when no test that did not run could match
/// it"; an exact row has no other test than the one that passed.
fn status_if_all_passed(
    rows: &[Row],
    index: usize,
    run: &MeasuredRun,
    variants: &[&str],
) -> RowStatus {
    let row = &rows[index];
    // "`flaky` accepts failing and passing."
    if row.expected.is_flaky() {
        return RowStatus::Active;
    }
    let could_have_more = |variant: &str| {
        let was_measured = row.is_exact() && !tests_of(rows, index, run, Some(variant)).is_empty();
        !was_measured && run.completeness.could_contain(row, variant)
    };
    let mut applies_to = variants.iter().filter(|variant| row.allows(variant));
    if applies_to.any(|variant| could_have_more(variant)) {
        RowStatus::NotMeasured
    } else {
        RowStatus::NewlyPassing
    }
}

/// "Other rows claim every test that it matches"; "`skip` expects that the test does not run"; "the run was complete, and no
/// test matches the row". "In an incomplete run no row counts as unmatched", nor where a part was cut as a row accepts, nor
/// where no variant of the row was run.
fn status_without_tests(row: &Row, run: &MeasuredRun, variants: &[&str]) -> RowStatus {
    let has_match = |(name, variant): &(&str, &str)| row.allows(variant) && row.matches(name);
    let was_run = variants.iter().any(|variant| row.allows(variant));
    if run.tests.keys().any(has_match) {
        RowStatus::Shadowed
    } else if row.expected == Expected::Skip {
        RowStatus::Active
    } else if !run.completeness.is_complete_run() || !run.completeness.gaps.is_empty() || !was_run {
        RowStatus::NotMeasured
    } else {
        RowStatus::Unmatched
    }
}

/// "Whether it expects a hang or a crash, and none of its tests hung or crashed": all were measured, and none ran out of time
/// either.
pub(crate) fn closes_gap(rows: &[Row], index: usize, run: &MeasuredRun, variants: &[&str]) -> bool {
    let row = &rows[index];
    let tests = tests_of(rows, index, run, None);
    let Counts { failed, passed, unmeasured, .. } = counts(&tests);
    let did_not_finish = |test: &&Test| {
        test.hangs() || matches!(test.combined().outcome(), Outcome::TimedOut | Outcome::Crashed)
    };
    let could_have_more =
        |variant: &&str| row.allows(variant) && run.completeness.could_contain(row, variant);
    row.expected.accepts_cut_suite()
        && failed + passed > 0
        && unmeasured == 0
        && !tests.iter().any(did_not_finish)
        && !variants.iter().any(could_have_more)
}

impl Counts {
    fn of(combined: Combined) -> Counts {
        let none = Counts::default();
        match combined {
            Combined::Infrastructure(_) => Counts { unmeasured: 1, ..none },
            Combined::Plain(Outcome::Passed) => Counts { passed: 1, ..none },
            Combined::Plain(Outcome::Skipped) => Counts { skipped: 1, ..none },
            Combined::Plain(Outcome::Unfinished) => Counts { failed: 1, unfinished: 1, ..none },
            Combined::Plain(_) | Combined::Flaky(_) => Counts { failed: 1, ..none },
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.failed += other.failed;
        self.passed += other.passed;
        self.skipped += other.skipped;
        self.unmeasured += other.unmeasured;
        self.unfinished += other.unfinished;
    }
}
