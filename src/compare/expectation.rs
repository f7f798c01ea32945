//! Which outcomes a row excuses.

use crate::known::{Expected, FailureKind};
use crate::model::Outcome;

/// How a failing outcome fails; `None` if it does not fail. An unexpected pass is a failure.
pub(super) fn failure_kind(outcome: Outcome) -> Option<FailureKind> {
    match outcome {
        Outcome::Xpassed | Outcome::Failed => Some(FailureKind::Fail),
        Outcome::Errored => Some(FailureKind::Error),
        Outcome::TimedOut => Some(FailureKind::Timeout),
        Outcome::Crashed => Some(FailureKind::Crash),
        Outcome::Passed | Outcome::Skipped | Outcome::Xfailed | Outcome::Unfinished => None,
    }
}

/// Whether a row excuses a failing test.
pub(super) fn excuses(expected: &Expected, failing: Outcome) -> bool {
    match expected {
        Expected::AnyFailure | Expected::Flaky => true,
        Expected::Failure { worst, message: _ } => {
            failure_kind(failing).is_some_and(|kind| kind <= *worst)
        }
        Expected::Skip => false,
    }
}

/// Whether a row excuses a test that started and never ended.
pub(super) fn excuses_unfinished(expected: &Expected) -> bool {
    matches!(expected, Expected::AnyFailure | Expected::Flaky) || accepts_truncation(expected)
}

/// Whether a row that claims a test that never ended also accepts that the rest of its suite did not run.
pub(super) fn accepts_truncation(expected: &Expected) -> bool {
    matches!(expected, Expected::Failure { worst, .. } if *worst >= FailureKind::Timeout)
}
