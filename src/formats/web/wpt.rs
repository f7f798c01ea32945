//! Statuses and expectations that the two formats of web-platform-tests share.
//!
//! mozlog writes `expected` only if it differs from the status, so a failing status alone was expected. Programs that
//! imitate the formats have no expectations: their failing status is a failure, and so is a status of no known name.

use crate::formats::emit::{TestRecord, first_non_empty, lookup, names, unknown};
use crate::model::{Outcome, RunBuilder};
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

/// What the record of a test or subtest shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judgement {
    Sure(Outcome),
    /// A failing status without an expectation: as expected if mozlog wrote the record, otherwise a failure.
    Unless(Outcome),
    /// A test that started and never ended.
    Started,
    Unknown,
}

/// Compares the status of a test or subtest with what its record expects.
pub(super) fn judge(record: &Value) -> Judgement {
    let status = record["status"].as_str();
    let Some(outcome) = lookup(&STATUSES, status).filter(|_| !status.contains(' ')) else {
        return if status.is_empty() { Judgement::Started } else { Judgement::Unknown };
    };
    let expected = &record["expected"];
    let is_intermittent = record["known_intermittent"].strings().contains(&status);
    let is_expected = is_intermittent || expected.as_str() == status;
    match outcome {
        failing if failing.is_failing() && is_expected => Judgement::Sure(Outcome::Xfailed),
        failing if failing.is_failing() && expected.is_null() => Judgement::Unless(failing),
        Outcome::Passed if !expected.is_null() && !is_expected => Judgement::Sure(Outcome::Xpassed),
        outcome => Judgement::Sure(outcome),
    }
}

/// The message of a record; that its status is unknown, if it has none.
pub(super) fn message(record: &Value, judgement: Judgement) -> String {
    let unknown = match judgement {
        Judgement::Unknown => unknown("status", record["status"].as_str()),
        Judgement::Sure(_) | Judgement::Unless(_) | Judgement::Started => String::new(),
    };
    first_non_empty(&[record["message"].as_str(), &unknown]).to_owned()
}

/// Whether an object has a member of this name, be it null.
pub(super) fn has_key(value: &Value, key: &str) -> bool {
    value.as_object().iter().any(|(name, _)| name == key)
}

/// The name of a test: its path, after its suite if it has one.
pub(super) fn test_name(record: &Value) -> String {
    names::join(&[record["subsuite"].as_str(), record["test"].as_str()], ":")
}

/// The name of a subtest, as mozlog prints it.
pub(super) fn subtest_name(test: &str, name: &str) -> String {
    names::join_child(test, name, " | ")
}

/// Emits a result for the assertions of Gecko that failed in a test, if they are not as many as expected.
pub(super) fn emit_assertions(
    line: u32,
    test: &str,
    [count, min, max]: [&Value; 3],
    builder: &mut RunBuilder<'_>,
) {
    let [count, min, max] = [count, min, max].map(|number| number.as_u64().unwrap_or(0));
    if (min..=max).contains(&count) {
        return;
    }
    let outcome = if count < min { Outcome::Xpassed } else { Outcome::Failed };
    TestRecord::new(subtest_name(test, "assertion count"), outcome)
        .message(&format!("{count} assertions, expected {min} to {max}"))
        .emit(line, builder);
}

/// Emits a result for a leak that LeakSanitizer found, unless it is allowed.
pub(super) fn emit_sanitizer_leak(line: u32, leak: &Value, builder: &mut RunBuilder<'_>) {
    if leak["allowed_match"].is_null() {
        let frames = leak["frames"].strings().join(", ");
        TestRecord::new(subtest_name("LeakSanitizer", leak["scope"].as_str()), Outcome::Failed)
            .message(&format!("leak at {frames}"))
            .emit(line, builder);
    }
}

/// Emits a result for the bytes that a process leaked, if they are above the threshold.
pub(super) fn emit_leaked_bytes(line: u32, leak: &Value, builder: &mut RunBuilder<'_>) {
    let [bytes, threshold] = ["bytes", "threshold"].map(|key| leak[key].as_u64().unwrap_or(0));
    if bytes > threshold {
        TestRecord::new(subtest_name("leakcheck", leak["process"].as_str()), Outcome::Failed)
            .message(&format!("{bytes} bytes leaked, threshold {threshold}"))
            .emit(line, builder);
    }
}
