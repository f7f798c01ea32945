//! Statuses and expectations that the two formats of web-platform-tests share.
//!
//! `expected` is written only if it differs from the status, so a failing status alone was expected. Runners that
//! imitate the format have no expectations: their failing status is a failure.

use crate::formats::emit::{names, test_record};
use crate::model::Outcome;
use crate::syntax::json::Value;

pub(super) const STATUSES: [(&str, Outcome); 14] = [
    ("OK", Outcome::Passed),
    ("PASS", Outcome::Passed),
    ("SKIP", Outcome::Skipped),
    ("a failing status that was expected", Outcome::Xfailed),
    ("OK or PASS that was not expected", Outcome::Xpassed),
    ("FAIL", Outcome::Failed),
    ("PRECONDITION_FAILED", Outcome::Failed),
    ("ASSERT", Outcome::Failed),
    ("ERROR", Outcome::Errored),
    ("INTERNAL-ERROR", Outcome::Errored),
    ("NOTRUN", Outcome::Errored),
    ("TIMEOUT", Outcome::TimedOut),
    ("EXTERNAL-TIMEOUT", Outcome::TimedOut),
    ("CRASH", Outcome::Crashed),
];

/// Whether the writer of a report has expectations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expectations {
    Known,
    Unknown,
}

/// The outcome of the record of a test or subtest.
pub(super) fn outcome(record: &Value, expectations: Expectations) -> Outcome {
    let status = record["status"].as_str();
    let outcome = test_record::outcome_for(&STATUSES, status);
    let expected = &record["expected"];
    let is_expected = record["known_intermittent"].strings().contains(&status)
        || match expected {
            Value::Null => expectations == Expectations::Known,
            expected => expected.as_str() == status,
        };
    if outcome.is_failing() && is_expected {
        Outcome::Xfailed
    } else if outcome == Outcome::Passed && !expected.is_null() && !is_expected {
        Outcome::Xpassed
    } else {
        outcome
    }
}

/// The name of a test: its path, after its suite if it has one.
pub(super) fn test_name(record: &Value) -> String {
    names::join(&[record["subsuite"].as_str(), record["test"].as_str()], ":")
}

/// The name of a subtest, as mozlog prints it.
pub(super) fn subtest_name(test: &str, name: &str) -> String {
    names::join_child(test, name, " | ")
}
