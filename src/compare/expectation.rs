//! Which outcomes a row excuses.

use crate::known::{Expected, FailureKind, Row};
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
pub(crate) fn excuses(expected: &Expected, failing: Outcome) -> bool {
    match expected {
        Expected::AnyFailure | Expected::Flaky { message: _ } => true,
        Expected::Failure { worst, message: _ } => {
            failure_kind(failing).is_some_and(|kind| kind <= *worst)
        }
        Expected::Skip => false,
    }
}

/// Whether a row excuses a test that started and never ended.
pub(super) fn excuses_unfinished(expected: &Expected) -> bool {
    matches!(expected, Expected::AnyFailure | Expected::Flaky { .. })
        || accepts_truncation(expected)
}

/// Whether a row that claims a test that never ended also accepts that the rest of its suite did not run.
pub(super) fn accepts_truncation(expected: &Expected) -> bool {
    matches!(expected, Expected::Failure { worst, .. } if *worst >= FailureKind::Timeout)
}

/// Whether exact rows could replace this one: it expects failures of several names.
pub(super) fn is_narrowable(row: &Row) -> bool {
    let expects_failures = matches!(row.expected, Expected::AnyFailure | Expected::Failure { .. });
    expects_failures && !row.pattern.matches_single_name()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What [`Expected::covers`] knows about statuses is what verdicts do with them.
    #[test]
    fn a_status_covers_those_that_excuse_a_part_of_the_same() {
        let failure = |worst| Expected::Failure { worst, message: None };
        let kinds =
            [FailureKind::Fail, FailureKind::Error, FailureKind::Timeout, FailureKind::Crash];
        let others = [Expected::AnyFailure, Expected::Flaky { message: None }, Expected::Skip];
        let statuses: Vec<Expected> = kinds.map(failure).into_iter().chain(others).collect();
        let excused = |status: &Expected| {
            let failing = Outcome::ALL.iter().filter(|outcome| outcome.is_failing());
            let mut all: Vec<bool> = failing.map(|outcome| excuses(status, *outcome)).collect();
            all.extend([excuses_unfinished(status), accepts_truncation(status)]);
            // A test that failed and passed, or only passed; and one that is missing.
            all.extend([status.is_flaky(), *status == Expected::Skip]);
            all
        };
        for wide in &statuses {
            for narrow in &statuses {
                let (more, less) = (excused(wide), excused(narrow));
                let is_covered = less.iter().zip(more).all(|(less, more)| more || !less);
                assert_eq!(wide.covers(narrow), is_covered, "{wide:?} {narrow:?}");
            }
        }
    }
}
