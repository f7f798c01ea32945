//! The verdict on each test, and the remarks on it.

use super::claims::{Expected, Row, Severity, matches_message, severity};
use super::outcomes::{Combined, Test, TestResult};
use super::row_status::RowStatus;
use crate::oracle::case::Outcome;
use serde::Serialize;

/// What is concluded about a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    Passed,
    Skipped,
    KnownFailure,
    NewFailure,
    NewlyPassing,
    Flaky,
    Unmeasured,
    Missing,
}

/// The table "the runner reported | without a row | with a row that excuses it".
pub(crate) fn verdict(test: &Test, row: Option<(&Row, RowStatus)>) -> Verdict {
    let expected = row.map(|(row, _)| row.expected);
    let known_or = |verdict, is_excused: bool| {
        if is_excused { Verdict::KnownFailure } else { verdict }
    };
    let is_excused = |failure| expected.is_some_and(|expected| expected.excuses(failure));
    match test.combined() {
        // "known-failure if the row's status is `flaky`, else *flaky*"
        Combined::Flaky(_) => known_or(Verdict::Flaky, expected.is_some_and(Expected::is_flaky)),
        // "A row excuses it, or it is *unmeasured*."
        Combined::Infrastructure(failure) => known_or(Verdict::Unmeasured, is_excused(failure)),
        Combined::Plain(outcome) => match outcome {
            // "*newly-passing* if all tests of the row pass, else passed"
            Outcome::Passed => match row {
                Some((_, RowStatus::NewlyPassing)) => Verdict::NewlyPassing,
                Some(_) | None => Verdict::Passed,
            },
            Outcome::Skipped => Verdict::Skipped,
            // "failed as the runner expects: known-failure", with a row and without.
            Outcome::Xfailed => Verdict::KnownFailure,
            // "started, but never ended: *unmeasured*, known-failure"
            Outcome::Unfinished => {
                known_or(Verdict::Unmeasured, expected.is_some_and(Expected::excuses_hang))
            }
            Outcome::Xpassed
            | Outcome::Failed
            | Outcome::Errored
            | Outcome::TimedOut
            | Outcome::Crashed => known_or(Verdict::NewFailure, is_excused(outcome)),
        },
    }
}

/// What a reader should know of a test besides its verdict.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Remark {
    Infrastructure,
    /// "A known failure that passed in the base run is a regression that a row hides."
    HidesRegression,
    /// A known failure that was milder in the base run: the outcomes there and here.
    Worsened(Outcome, Outcome),
    /// "One whose message changed, apart from numbers, addresses and times."
    MessageChanged,
    /// A new failure that the base run does not have as a test.
    NewTest,
    /// "Anything worse is a new failure."
    Worse(Severity, Outcome),
    /// A new failure under a row `skip`.
    ExpectedSkip(Outcome),
    /// "A known failure without the message that its row pins."
    Differently,
    /// A known failure that is milder than its row expects.
    Improved(Severity, Outcome),
    /// It failed, and another of its results never ended, which no row excuses.
    AlsoNeverEnded,
    /// In how many earlier runs that measured the test it failed, and the number of those.
    FailureRate(usize, usize),
}

/// The remarks that the row gives.
pub(crate) fn row_remarks(test: &Test, verdict: Verdict, row: Option<&Row>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let outcome = test.combined().outcome();
    if let (Some(row), Some(severity)) = (row, severity(outcome)) {
        remarks.extend(row_remark(test, verdict, row.expected, outcome, severity));
    }
    let excuses_hang = row.is_some_and(|row| row.expected.excuses_hang());
    if test.hangs() && outcome != Outcome::Unfinished && !excuses_hang {
        remarks.push(Remark::AlsoNeverEnded);
    }
    remarks
}

fn row_remark(
    test: &Test,
    verdict: Verdict,
    expected: Expected,
    outcome: Outcome,
    severity: Severity,
) -> Option<Remark> {
    let (is_new, is_known) = (verdict == Verdict::NewFailure, verdict == Verdict::KnownFailure);
    match expected {
        Expected::Skip => is_new.then_some(Remark::ExpectedSkip(outcome)),
        Expected::Failure { worst, .. } if is_new => Some(Remark::Worse(worst, outcome)),
        Expected::Failure { .. } | Expected::Flaky { .. }
            if is_known && !shows_pin(test, expected) =>
        {
            Some(Remark::Differently)
        }
        Expected::Failure { worst, .. } => {
            (is_known && severity < worst).then_some(Remark::Improved(worst, outcome))
        }
        Expected::AnyFailure | Expected::Flaky { .. } => None,
    }
}

/// "Where a test has several results, each of its final failures has to [show the pinned message]; attempts that were retried
/// count only without one."
fn shows_pin(test: &Test, expected: Expected) -> bool {
    let Some(pin) = expected.pin() else { return true };
    let failures = || test.measured().filter(|result| result.outcome.fails());
    let has_final = failures().any(|result| !result.was_retried);
    let counts = |result: &&TestResult| !result.was_retried || !has_final;
    failures().filter(counts).all(|result| matches_message(pin, result.message))
}

impl Remark {
    /// As reports show it, without quotations of messages.
    pub(crate) fn text(&self) -> String {
        let severity = |severity: &Severity| match severity {
            Severity::Fail => "fail",
            Severity::Error => "error",
            Severity::Timeout => "time out",
            Severity::Crash => "crash",
        };
        match self {
            Remark::Infrastructure => {
                "failed because of infrastructure, which is no evidence about the test".to_owned()
            }
            Remark::HidesRegression => {
                "passed in the base run: the row hides a regression".to_owned()
            }
            Remark::Worsened(base, now) => {
                format!("{} in the base run, now {}", past(*base), present(*now))
            }
            Remark::MessageChanged | Remark::Differently => {
                "known failure with a different message".to_owned()
            }
            Remark::NewTest => "it is not in the base run".to_owned(),
            Remark::Worse(known, now) => {
                format!("known to {}, now {}", severity(known), present(*now))
            }
            Remark::ExpectedSkip(now) => format!("known not to run, now {}", present(*now)),
            Remark::Improved(known, now) => {
                format!("known to {}, now only {}", severity(known), present(*now))
            }
            Remark::AlsoNeverEnded => "it also started and never ended".to_owned(),
            Remark::FailureRate(failed, runs) => {
                let plural = if *runs == 1 { "run" } else { "runs" };
                format!("failed in {failed} of {runs} earlier {plural}")
            }
        }
    }
}

fn present(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passes",
        Outcome::Skipped => "is skipped",
        Outcome::Xfailed | Outcome::Failed => "fails",
        Outcome::Unfinished => "never ends",
        Outcome::Xpassed => "passes unexpectedly",
        Outcome::Errored => "errors",
        Outcome::TimedOut => "times out",
        Outcome::Crashed => "crashes",
    }
}

fn past(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Skipped => "skipped",
        Outcome::Xfailed => "failed as its runner expects",
        Outcome::Unfinished => "never ended",
        Outcome::Xpassed => "passed unexpectedly",
        Outcome::Failed => "failed",
        Outcome::Errored => "errored",
        Outcome::TimedOut => "timed out",
        Outcome::Crashed => "crashed",
    }
}
