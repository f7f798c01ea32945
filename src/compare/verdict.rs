//! What we think of a test: one table from (what the runner said, what the row excuses) to a verdict.
//!
//! A newcomer's trap: a pass under a wildcard that also has failures is no news; only the row's status
//! says whether its passes are.

use super::RowStatus;
use crate::known::{Expected, FailureKind, Row};
use crate::model::{CombinedOutcome, Outcome};
use serde::{Deserialize, Serialize};

/// What we think of a test.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It failed and no row excuses that.
    NewFailure,
    /// The base run had it and this run does not.
    Missing,
    /// It never ended, or failed because of infrastructure, and no row excuses it.
    Unmeasured,
    /// It failed and passed when it was retried.
    Flaky,
    /// It passed, and so did every other test of the row that expects it to fail.
    NewlyPassing,
    /// It failed as a row, or the runner itself, expects.
    KnownFailure,
    /// It was not run, deliberately.
    Skipped,
    /// It passed.
    Passed,
}

impl Verdict {
    /// Every verdict, the one that concerns a reader most first.
    pub const ALL: [Verdict; 8] = [
        Verdict::NewFailure,
        Verdict::Missing,
        Verdict::Unmeasured,
        Verdict::Flaky,
        Verdict::NewlyPassing,
        Verdict::KnownFailure,
        Verdict::Skipped,
        Verdict::Passed,
    ];

    /// The word users see, as in the JSON report.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::NewFailure => "new-failure",
            Verdict::Missing => "missing",
            Verdict::Unmeasured => "unmeasured",
            Verdict::Flaky => "flaky",
            Verdict::NewlyPassing => "newly-passing",
            Verdict::KnownFailure => "known-failure",
            Verdict::Skipped => "skipped",
            Verdict::Passed => "passed",
        }
    }

    /// The verdict on a test, by what the runner said and the row that claims it.
    pub(super) fn from_outcome(
        outcome: CombinedOutcome,
        row: Option<(&Row, RowStatus)>,
    ) -> Verdict {
        let expected = row.map(|(row, _)| &row.expected);
        match outcome {
            CombinedOutcome::Flaky(_) => match expected {
                Some(Expected::Flaky) => Verdict::KnownFailure,
                Some(Expected::AnyFailure | Expected::Failure { .. } | Expected::Skip) | None => {
                    Verdict::Flaky
                }
            },
            CombinedOutcome::Single(Outcome::Passed) => match row {
                Some((_, RowStatus::NewlyPassing)) => Verdict::NewlyPassing,
                Some(_) | None => Verdict::Passed,
            },
            CombinedOutcome::Single(Outcome::Skipped) => Verdict::Skipped,
            CombinedOutcome::Single(Outcome::Xfailed) => Verdict::KnownFailure,
            CombinedOutcome::Unmeasured(failing) => match expected {
                Some(expected) if excuses(expected, failing) => Verdict::KnownFailure,
                Some(_) | None => Verdict::Unmeasured,
            },
            CombinedOutcome::Single(Outcome::Unfinished) => match expected {
                Some(expected) if excuses_unfinished(expected) => Verdict::KnownFailure,
                Some(_) | None => Verdict::Unmeasured,
            },
            CombinedOutcome::Single(
                failing @ (Outcome::Xpassed
                | Outcome::Failed
                | Outcome::Errored
                | Outcome::TimedOut
                | Outcome::Crashed),
            ) => match expected {
                Some(expected) if excuses(expected, failing) => Verdict::KnownFailure,
                Some(_) | None => Verdict::NewFailure,
            },
        }
    }
}

/// Something worth saying beside the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remark {
    /// New, because it is worse than what its row expects.
    Worse { expected: FailureKind },
    /// New, because its row expects it not to run.
    ExpectedSkip,
    /// Known, and milder than what its row expects.
    Improved { expected: FailureKind },
    /// Known, but the message does not show what the row pins.
    MessageMismatch,
    /// Known, but it passed in the base run: the row hides a regression.
    HidesRegression,
    /// Known, but the base run had a milder failure.
    Worsened { base: Outcome },
    /// Known, but the base run gave another message.
    MessageChanged,
    /// New, and the base run does not have the test.
    NewTest,
    /// It failed because of infrastructure: that says nothing about the test.
    Infrastructure,
}

impl Remark {
    /// What to say of a test that failed under this row.
    pub(super) fn from_row(outcome: Outcome, message: &str, row: &Row) -> Option<Remark> {
        let kind = failure_kind(outcome)?;
        match &row.expected {
            Expected::AnyFailure | Expected::Flaky => None,
            Expected::Skip => Some(Remark::ExpectedSkip),
            Expected::Failure { worst, message: pinned } => {
                if kind > *worst {
                    Some(Remark::Worse { expected: *worst })
                } else if pinned.as_ref().is_some_and(|pattern| !pattern.is_match_in_lines(message))
                {
                    Some(Remark::MessageMismatch)
                } else if kind < *worst {
                    Some(Remark::Improved { expected: *worst })
                } else {
                    None
                }
            }
        }
    }
}

impl Remark {
    /// What to say of a test by what it did in the base run.
    pub(super) fn from_base(
        verdict: Verdict,
        (base, current): (Option<Outcome>, Outcome),
        message_changed: bool,
    ) -> Option<Remark> {
        let is_worse =
            |outcome| failure_kind(outcome).is_some_and(|kind| failure_kind(current) > Some(kind));
        match (verdict, base) {
            (Verdict::KnownFailure, Some(Outcome::Passed)) => Some(Remark::HidesRegression),
            (Verdict::KnownFailure, Some(base)) if is_worse(base) => {
                Some(Remark::Worsened { base })
            }
            (Verdict::KnownFailure, Some(_)) if message_changed => Some(Remark::MessageChanged),
            (Verdict::NewFailure, None) => Some(Remark::NewTest),
            (_, _) => None,
        }
    }
}

/// How a failing outcome fails; `None` for the others. An unexpected pass counts as a failure.
fn failure_kind(outcome: Outcome) -> Option<FailureKind> {
    match outcome {
        Outcome::Xpassed | Outcome::Failed => Some(FailureKind::Fail),
        Outcome::Errored => Some(FailureKind::Error),
        Outcome::TimedOut => Some(FailureKind::Timeout),
        Outcome::Crashed => Some(FailureKind::Crash),
        Outcome::Passed | Outcome::Skipped | Outcome::Xfailed | Outcome::Unfinished => None,
    }
}

fn excuses(expected: &Expected, failing: Outcome) -> bool {
    match expected {
        Expected::AnyFailure | Expected::Flaky => true,
        Expected::Failure { worst, message: _ } => {
            failure_kind(failing).is_some_and(|kind| kind <= *worst)
        }
        Expected::Skip => false,
    }
}

/// Whether a row excuses a test that started and never ended.
fn excuses_unfinished(expected: &Expected) -> bool {
    match expected {
        Expected::AnyFailure | Expected::Flaky => true,
        Expected::Failure { worst, message: _ } => *worst >= FailureKind::Timeout,
        Expected::Skip => false,
    }
}

/// Whether a row that claims a test that never ended also signs off what was cut behind it.
pub(super) fn accepts_truncation(expected: &Expected) -> bool {
    match expected {
        Expected::Failure { worst, message: _ } => *worst >= FailureKind::Timeout,
        Expected::AnyFailure | Expected::Flaky | Expected::Skip => false,
    }
}
