//! Outcomes of tests, remarks on them, and headings of lists of tests.

use super::{count, number, quoting};
use crate::compare::{Remark, TestFact};
use crate::known::FailureKind;
use crate::model::{CombinedOutcome, Outcome, first_line};
use crate::report::RichText;

/// Heading of the new failures that failed in the base run too.
pub(crate) const NEW_FAILURES_IN_BASE: &str = "New failures that failed in the base run too";

/// The same with their number.
pub(crate) fn new_failures_in_base(n: u64) -> String {
    let failures = count(n, "new failure", "new failures");
    format!("{failures} that failed in the base run too")
}

/// Heading of known failures with remarks.
pub(crate) const FAILURES_WITH_REMARKS: &str = "Known failures with remarks";

/// The same with their number.
pub(crate) fn failures_with_remarks(n: u64) -> String {
    count(n, "known failure with a remark", "known failures with remarks")
}

/// Heading of known failures without the message that their rows pin.
pub(crate) fn mismatches(n: u64) -> String {
    format!("{} with a different message", count(n, "known failure", "known failures"))
}

/// Heading of flaky tests.
pub(crate) const FLAKY_TESTS: &str = "Flaky: failed, then passed";

/// The same with their number.
pub(crate) fn flaky_tests(n: u64) -> String {
    let retried = if n == 1 { "it was" } else { "they were" };
    format!("{} failed, then passed when {retried} retried", count(n, "test", "tests"))
}

/// Heading of the tests of the base run that did not run.
pub(crate) fn missing(n: u64) -> String {
    format!("{} of the base run did not run", count(n, "test", "tests"))
}

/// Why a missing test is an error in JUnit XML.
pub(crate) const MISSING_TEST: &str = "missing: the base run had it, and it did not run";

/// Heading of tests that failed in the base run and now pass without a row.
pub(crate) fn fixed(n: u64) -> String {
    let passes = if n == 1 { "passes" } else { "pass" };
    format!("{} in the base run and {passes} now", count(n, "test failed", "tests failed"))
}

/// Heading of known failures that passed in the base run.
pub(crate) fn hidden_regressions(n: u64) -> String {
    let hidden = count(n, "regression hidden by a row", "regressions hidden by rows");
    let tests = if n == 1 { "a known failure" } else { "known failures" };
    format!("{hidden}: {tests} that passed in the base run")
}

/// Heading of many failures.
pub(crate) const BY_NAME_PREFIX: &str = "New failures by the start of their names";

/// An outcome as a verb in the past tense.
pub(crate) fn outcome(outcome: Outcome) -> &'static str {
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

/// The outcome of a test that may have passed when it was retried: `failed, then passed`.
pub(crate) fn outcome_of_attempts(outcome: Outcome, is_flaky: bool) -> String {
    let then = if is_flaky { ", then passed" } else { "" };
    format!("{}{then}", self::outcome(outcome))
}

/// ` in all 5 variants`
pub(crate) fn in_all_variants(variants: usize) -> String {
    match variants {
        2 => " in both variants".to_owned(),
        n => format!(" in all {n} variants"),
    }
}

/// What a reader should know of a test besides its verdict. `pinned` is the pattern of its row for the message.
pub(crate) fn remarks(test: &TestFact, pinned: Option<&str>) -> Vec<RichText> {
    let text = "claimed only because its section reads wildcards loosely";
    let loose = test.is_loose.then(|| RichText::new(text));
    test.remarks.iter().map(|remark| self::remark(test, *remark, pinned)).chain(loose).collect()
}

/// `failed in 2 of 12 earlier runs`
pub(crate) fn failure_rate(failed: usize, runs: usize) -> RichText {
    let runs = count(runs as u64, "earlier run", "earlier runs");
    RichText::new(format!("failed in {failed} of {runs}"))
}

/// `failed in 1 of 3 runs of this commit`
pub(crate) fn flip_rate(failed: usize, runs: usize) -> String {
    format!("failed in {failed} of {runs} runs of this commit")
}

/// Heading of the tests that flip.
pub(crate) const FLIPPING_TESTS: &str = "Passes in some runs of this commit and fails in others";

/// Heading of the suites that shrank.
pub(crate) const SHRUNKEN_SUITES: &str = "Fewer tests ran than in the base run";

pub(crate) fn suite(suite: &str) -> &str {
    if suite.is_empty() { "(no suite)" } else { suite }
}

/// `80 of 120`
pub(crate) fn suite_count(current: u64, base: u64) -> String {
    format!("{} of {}", number(current), number(base))
}

/// Why a test was not measured.
pub(crate) fn unmeasured(outcome: Outcome, base: Option<CombinedOutcome>) -> String {
    let as_in_base =
        if base == Some(CombinedOutcome::Single(outcome)) { ", as in the base run" } else { "" };
    match self::outcome(outcome) {
        never_ended if outcome == Outcome::Unfinished => format!("{never_ended}{as_in_base}"),
        failed => format!("{failed} because of infrastructure"),
    }
}

fn remark(test: &TestFact, remark: Remark, pinned: Option<&str>) -> RichText {
    let current = present_tense(test.outcome);
    RichText::new(match remark {
        Remark::Worse { expected } => format!("known to {}, now {current}", failure_kind(expected)),
        Remark::ExpectedSkip => format!("known not to run, now {current}"),
        Remark::Improved { expected } => {
            format!("known to {}, now only {current}", failure_kind(expected))
        }
        Remark::MessageMismatch => {
            let text = "the row pins {}";
            let text = quoting(text, [pinned.unwrap_or_default()]);
            // That it changed names the new one.
            if test.remarks.contains(&Remark::MessageChanged) {
                return text;
            }
            return match first_line(&test.message) {
                Some(message) => text.append(quoting(", the message is {}", [message])),
                None => text.text(", there is no message"),
            };
        }
        Remark::HidesRegression => "passed in the base run: the row hides a regression".to_owned(),
        Remark::Worsened { base } => {
            format!("{} in the base run, now {current}", self::outcome(base))
        }
        Remark::MessageChanged => {
            let base = test.base_message.as_deref().unwrap_or_default();
            let current = first_line(&test.message).unwrap_or_default();
            let text = "the message was {} in the base run, now it is {}";
            return quoting(text, [base, current]);
        }
        Remark::Infrastructure => {
            "failed because of infrastructure, which is no evidence about the test".to_owned()
        }
        Remark::AlsoNeverEnded => "it also started and never ended".to_owned(),
        Remark::NewTest => "it is not in the base run".to_owned(),
    })
}

fn failure_kind(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Fail => "fail",
        FailureKind::Error => "error",
        FailureKind::Timeout => "time out",
        FailureKind::Crash => "crash",
    }
}

fn present_tense(outcome: Outcome) -> &'static str {
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
