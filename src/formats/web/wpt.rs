//! What web-platform-tests' two formats say of a test or a subtest: a status, and what was expected.
//!
//! In: one record. Out: an outcome. What a newcomer would get wrong: `expected` stands there only when
//! the status is another one, so that a failing status alone was expected. Runners that imitate the
//! format don't know expectations: then a failing status is a failure.

use crate::formats::emit::{names, test_record};
use crate::model::Outcome;
use crate::syntax::json::Value;

pub(crate) const STATUSES: [(&str, Outcome); 14] = [
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

/// Whether the writer of a report knows what it expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expectations {
    Known,
    Unknown,
}

/// The outcome of a record.
pub(crate) fn outcome(record: &Value, expectations: Expectations) -> Outcome {
    let status = record["status"].as_str();
    let outcome = test_record::outcome_for(&STATUSES, status);
    let expected = &record["expected"];
    let expected = match expected.is_some() {
        true => expected.as_str() == status,
        false => expectations == Expectations::Known,
    };
    let expected = expected || record["known_intermittent"].strings().contains(&status);
    if outcome.is_failing() && expected {
        Outcome::Xfailed
    } else if outcome == Outcome::Passed && record["expected"].is_some() && !expected {
        Outcome::Xpassed
    } else {
        outcome
    }
}

/// The name of a test: its suite where it has one, its path.
pub(crate) fn test_name(record: &Value) -> String {
    names::join(&[record["subsuite"].as_str(), record["test"].as_str()], ":")
}

/// The name of a subtest, as mozlog prints it.
pub(crate) fn subtest_name(test: &str, name: &str) -> String {
    names::join_child(test, name, " | ")
}
