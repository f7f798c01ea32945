//! The tests of a run: all results of one name in one variant, and what they come to together.

use crate::oracle::case::{Outcome, Run};
use crate::oracle::model::claims::matches_message;
use std::collections::BTreeMap;

/// A test: its name and its variant.
pub(crate) type TestId = (&'static str, &'static str);

/// One result of a test.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TestResult {
    pub outcome: Outcome,
    pub message: &'static str,
    /// Whether it is an attempt that another one followed.
    pub was_retried: bool,
    /// "A failure with such a line in its message counts neither as a failure nor as a pass."
    pub is_infrastructure: bool,
}

/// All results of one test, in the order of the files.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Test {
    pub results: Vec<TestResult>,
}

/// The results of a test as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Combined {
    /// The only outcome, or the worst of several.
    Plain(Outcome),
    /// "A test that failed and passed when retried is *flaky*." The worst failure.
    Flaky(Outcome),
    /// It has nothing but infrastructure failures. The worst of them.
    Infrastructure(Outcome),
}

/// The tests of a run, by name and variant.
pub(crate) fn tests(run: &Run, infra: Option<&str>) -> BTreeMap<TestId, Test> {
    let mut tests: BTreeMap<TestId, Test> = BTreeMap::new();
    for file in &run.files {
        for entry in &file.tests {
            let retried = entry.retried.iter().map(|attempt| (attempt, true));
            for (attempt, was_retried) in retried.chain([(&entry.last, false)]) {
                let matches_infra =
                    infra.is_some_and(|infra| matches_message(infra, attempt.message));
                let result = TestResult {
                    outcome: attempt.outcome,
                    message: attempt.message,
                    was_retried,
                    is_infrastructure: attempt.outcome.fails() && matches_infra,
                };
                let test = tests.entry((entry.name, file.variant));
                test.or_insert(Test { results: Vec::new() }).results.push(result);
            }
        }
    }
    tests
}

impl Test {
    /// The results that measured the test: all but infrastructure failures.
    pub(crate) fn measured(&self) -> impl Iterator<Item = &TestResult> {
        self.results.iter().filter(|result| !result.is_infrastructure)
    }

    /// "Several results of one name: the `worst` counts." A failure that was retried is made up for by a pass, if no
    /// other failure is final.
    pub(crate) fn combined(&self) -> Combined {
        let Some(worst) = self.measured().map(|result| result.outcome).max() else {
            let worst = self.results.iter().map(|result| result.outcome).max();
            return Combined::Infrastructure(worst.expect("a test has results"));
        };
        let has_final_failure =
            self.measured().any(|result| result.outcome.fails() && !result.was_retried);
        let has_passed = self.measured().any(|result| result.outcome == Outcome::Passed);
        if worst.fails() && !has_final_failure && has_passed {
            Combined::Flaky(worst)
        } else {
            Combined::Plain(worst)
        }
    }

    /// Whether a result of it never ended.
    pub(crate) fn hangs(&self) -> bool {
        self.results.iter().any(|result| result.outcome == Outcome::Unfinished)
    }

    /// Whether it started: a test does not run where it is skipped.
    pub(crate) fn started(&self) -> bool {
        self.results.iter().any(|result| result.outcome != Outcome::Skipped)
    }

    /// Whether it ran and ended, so that a result measures it.
    pub(crate) fn ran(&self) -> bool {
        let is_run = |outcome| !matches!(outcome, Outcome::Skipped | Outcome::Unfinished);
        self.measured().any(|result| is_run(result.outcome))
    }
}

impl Combined {
    /// The outcome that reports show.
    pub(crate) fn outcome(self) -> Outcome {
        match self {
            Combined::Plain(outcome)
            | Combined::Flaky(outcome)
            | Combined::Infrastructure(outcome) => outcome,
        }
    }
}
