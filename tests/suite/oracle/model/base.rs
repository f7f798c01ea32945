//! What a base run adds: "the report separates what this change caused from what was there before".

use super::claims::{Expected, Row, claim, matches_message, severity};
use super::completeness::MeasuredRun;
use super::outcomes::{Combined, Test, TestId, TestResult};
use super::verdicts::{Remark, Verdict};
use crate::oracle::case::Outcome;
use std::collections::BTreeMap;

/// "A test with a result in the base run and none in this one is *missing*, unless a row with the status `skip` accepts that."
/// A test that never ended in the base run has no result there, and neither has one that failed because of infrastructure: "tests
/// that it did not measure are not missing here".
pub(crate) fn missing(
    rows: &[Row],
    run: &MeasuredRun,
    base: &MeasuredRun,
) -> Vec<(TestId, Option<usize>, Outcome)> {
    let absent = base.tests.iter().filter(|(id, _)| !run.tests.contains_key(*id));
    let found = absent.filter_map(|(id, test)| {
        let row = claim(rows, id.0, id.1);
        let is_expected = row.is_some_and(|row| rows[row].expected == Expected::Skip);
        let mut ended = test.clone();
        ended.results.retain(|result| result.outcome != Outcome::Unfinished);
        if ended.results.is_empty() || is_expected {
            return None;
        }
        let outcome = base_outcome(&ended)?;
        Some((*id, row, outcome))
    });
    found.collect()
}

/// The outcome of a test in the base run, as reports show it. An infrastructure failure is none.
pub(crate) fn base_outcome(test: &Test) -> Option<Outcome> {
    match test.combined() {
        Combined::Plain(outcome) | Combined::Flaky(outcome) => Some(outcome),
        Combined::Infrastructure(_) => None,
    }
}

/// Whether the test failed in the base run, or never ended there. "A test that was flaky in the base run did not fail there."
pub(crate) fn failed_there(test: Option<&Test>) -> bool {
    let is_bad = |outcome: Outcome| outcome.fails() || outcome == Outcome::Unfinished;
    matches!(test.map(Test::combined), Some(Combined::Plain(outcome)) if is_bad(outcome))
}

/// The remark on a test by what it did in the base run.
pub(crate) fn base_remark(
    test: &Test,
    verdict: Verdict,
    row: Option<&Row>,
    base_test: Option<&Test>,
    base: &MeasuredRun,
) -> Option<Remark> {
    let Some(base_test) = base_test else {
        // "If the base run itself was incomplete, ... tests that it did not measure" are not known to be new.
        let is_new = verdict == Verdict::NewFailure && base.completeness.is_complete_run();
        return is_new.then_some(Remark::NewTest);
    };
    let now = test.combined().outcome();
    let is_new = verdict == Verdict::NewFailure;
    if !is_new && verdict != Verdict::KnownFailure {
        return None;
    }
    match base_test.combined() {
        // "A known failure that passed in the base run is a regression that a row hides": without a row, nothing hides it.
        Combined::Plain(Outcome::Passed) if !is_new => row.map(|_| Remark::HidesRegression),
        Combined::Plain(then) if severity(then).is_some() && severity(now) > severity(then) => {
            Some(Remark::Worsened(then, now))
        }
        Combined::Infrastructure(_) => None,
        _ if is_new => None,
        Combined::Plain(_) | Combined::Flaky(_) => {
            has_changed_message(base_test, test, row).then_some(Remark::MessageChanged)
        }
    }
}

/// "Suites of which fewer tests ran than in the base run are listed with their numbers": by suite and variant, the tests that
/// ran in the base run, and those of them that ran in this one. Tests under a row `skip` that did not run are left out.
pub(crate) fn inventory(
    rows: &[Row],
    run: &MeasuredRun,
    base: &MeasuredRun,
) -> BTreeMap<(String, &'static str), (u64, u64)> {
    let mut suites = BTreeMap::new();
    for ((name, variant), _) in base.tests.iter().filter(|(_, test)| test.ran()) {
        let ran_now = run.tests.get(&(*name, *variant)).is_some_and(Test::ran);
        let row = claim(rows, name, variant);
        if ran_now || !row.is_some_and(|row| rows[row].expected == Expected::Skip) {
            let suite = name.rfind(['.', '/', ':']).map_or("", |at| &name[..at]);
            let (then, now) = suites.entry((suite.to_owned(), *variant)).or_insert((0, 0));
            *then += 1;
            *now += u64::from(ran_now);
        }
    }
    suites
}

/// "One whose message changed, apart from numbers": this run's is none of those that the base run could have been reported
/// with. Without a message in either, there is nothing to compare.
fn has_changed_message(base_test: &Test, test: &Test, row: Option<&Row>) -> bool {
    let now = first_line(decisive(test, row)[0]);
    let then = decisive(base_test, row).into_iter().map(first_line);
    let mut then = then.map(|then| !then.is_empty() && mask(then) != mask(now));
    !now.is_empty() && then.all(|differs| differs)
}

fn first_line(result: &TestResult) -> &'static str {
    result.message.lines().find(|line| !line.trim().is_empty()).unwrap_or_default()
}

/// The results that a test can be reported with; it is reported with the first. A failure that no row excuses comes before one
/// without the pinned message, and that before any other failure; a final one before an attempt; the worst of them.
fn decisive<'t>(test: &'t Test, row: Option<&Row>) -> Vec<&'t TestResult> {
    let concern = |result: &TestResult| {
        let expected = row.map(|row| row.expected);
        let is_excused = expected.is_some_and(|expected| expected.excuses(result.outcome));
        let pin = expected.and_then(Expected::pin);
        let shows_pin = pin.is_none_or(|pin| matches_message(pin, result.message));
        if result.is_infrastructure {
            (0, false, false)
        } else if !result.outcome.fails() {
            (1, false, false)
        } else if is_excused {
            (2, !result.was_retried, !shows_pin)
        } else {
            (3, false, false)
        }
    };
    let rank = |result: &TestResult| (concern(result), result.outcome, !result.was_retried);
    let best = test.results.iter().map(rank).max();
    test.results.iter().filter(|result| Some(rank(result)) == best).collect()
}

/// A message without its numbers.
fn mask(message: &str) -> String {
    let mut masked = String::new();
    for c in message.chars() {
        if !c.is_ascii_digit() {
            masked.push(c);
        } else if !masked.ends_with('0') {
            masked.push('0');
        }
    }
    masked
}
