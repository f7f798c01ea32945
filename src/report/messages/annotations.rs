//! Titles of annotations, and what their text has besides the messages of tests.
//!
//! A title of tests has a form for one test and a form for several at one line.

use super::count;

pub(crate) const NEW_FAILURE: [&str; 2] = ["New failure", "New failures"];
pub(crate) const NEW_FAILURE_IN_BASE: [&str; 2] =
    ["New failure, in the base run too", "New failures, in the base run too"];
pub(crate) const HIDDEN_REGRESSION: [&str; 2] =
    ["This row hides a regression", "This row hides regressions"];
pub(crate) const DIFFERENT_MESSAGE: [&str; 2] =
    ["Known failure with a different message", "Known failures with different messages"];
pub(crate) const FLAKY_TEST: [&str; 2] = ["Flaky test", "Flaky tests"];
pub(crate) const FLIPPING_TEST: [&str; 2] = ["Test that flips", "Tests that flip"];
pub(crate) const UNMEASURED_TEST: [&str; 2] = ["Test that was not measured"; 2];

/// What a flaky test did.
pub(crate) const FAILED_THEN_PASSED: &str = "failed, then passed when it was retried";

/// `New failure: smb2.lock.rw`
pub(crate) fn test_title(titles: [&str; 2], name: &str) -> String {
    format!("{}: {name}", titles[0])
}

/// `New failures: 50 tests`
pub(crate) fn tests_title(titles: [&str; 2], tests: u64) -> String {
    format!("{}: {}", titles[1], count(tests, "test", "tests"))
}

/// Title of what was not measured of a variant.
pub(crate) fn not_measured(variant: &str) -> String {
    match variant {
        "" => "Not measured".to_owned(),
        name => format!("Not measured: {name}"),
    }
}

/// Title of a row that excuses more, or names no issue any more.
pub(crate) const UNTRACKED_ROW: &str = "A row without an issue";

/// Title of a row without tests.
pub(crate) const UNMATCHED_ROW: &str = "This row matches no test";

/// `new-failures: 41, unmatched: 12`: annotations that are not shown, by the reason that they are about.
pub(crate) fn more_annotations(by_reason: impl Iterator<Item = (&'static str, usize)>) -> String {
    let parts: Vec<String> = by_reason.map(|(reason, n)| format!("{reason}: {n}")).collect();
    format!("{}. The log has all of them.", parts.join(", "))
}
