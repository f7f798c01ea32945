//! The suites of nextest's libtest JSON, which overlap.
//!
//! Their totals are compared at the end of the stream, because a suite may end several times: nextest subtracts ignored
//! tests from the number of those that run, and ends the suite at zero. Each end repeats the number of ignored tests.
//!
//! <https://github.com/nextest-rs/nextest/blob/main/nextest-runner/src/reporter/structured/libtest.rs>

use crate::formats::emit::saturating_sum;
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::json::Value;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
pub(super) struct NextestSuites {
    by_name: BTreeMap<String, NextestSuite>,
}

#[derive(Default)]
struct NextestSuite {
    is_open: bool,
    planned: u64,
    passed: u64,
    failed: u64,
    ignored: u64,
    /// Whether an end reports that it failed.
    reports_failure: bool,
    seen: u64,
    failing: u64,
    skipped: u64,
    /// The tests that started and did not end.
    open_tests: BTreeSet<String>,
}

/// The most open tests of a suite.
const MAX_OPEN_TESTS: usize = 100_000;

impl NextestSuites {
    pub(super) fn start(&mut self, name: &str, planned: Option<u64>) {
        let suite = self.by_name.entry(name.to_owned()).or_default();
        suite.is_open = true;
        suite.planned = suite.planned.max(planned.unwrap_or(0));
    }

    pub(super) fn end(&mut self, name: &str, event: &Value) {
        let suite = self.by_name.entry(name.to_owned()).or_default();
        let count = |key: &str| event[key].as_u64().unwrap_or(0);
        suite.is_open = false;
        suite.passed = suite.passed.saturating_add(count("passed"));
        suite.failed = suite.failed.saturating_add(count("failed"));
        suite.ignored = suite.ignored.max(count("ignored"));
        suite.reports_failure |= event["event"].as_str() != "ok";
    }

    pub(super) fn start_test(&mut self, test: &str) {
        let suite = test.split_once('$').and_then(|(suite, _)| self.by_name.get_mut(suite));
        if let Some(suite) = suite.filter(|suite| suite.open_tests.len() < MAX_OPEN_TESTS) {
            suite.open_tests.insert(test.to_owned());
        }
    }

    /// Counts a test; returns whether it belongs to one of the suites.
    pub(super) fn end_test(&mut self, test: &str, outcome: Outcome) -> bool {
        let suite = test.split_once('$').and_then(|(suite, _)| self.by_name.get_mut(suite));
        let Some(suite) = suite else { return false };
        suite.open_tests.remove(test);
        suite.count(outcome);
        true
    }

    /// Whether a suite has no end.
    pub(super) fn has_open(&self) -> bool {
        self.by_name.values().any(|suite| suite.is_open)
    }

    /// Ends the tests whose event nextest dropped and declares the totals of all suites; `others` is the number of
    /// tests outside them.
    pub(super) fn finish(mut self, line: u32, others: u64, builder: &mut RunBuilder<'_>) {
        if self.by_name.is_empty() {
            return;
        }
        for suite in self.by_name.values_mut() {
            suite.end_ignored_tests(line, builder);
        }
        let sum =
            |count: fn(&NextestSuite) -> u64| saturating_sum(self.by_name.values().map(count));
        builder.expect_tests(line, sum(NextestSuite::declared_tests).saturating_add(others));
        builder.expect_failures(line, sum(|suite| suite.failed.max(suite.failing)));
        builder.expect_skips(line, sum(NextestSuite::declared_skips));
        if self.by_name.values().any(|suite| suite.reports_failure) {
            builder.expect_a_failure(line, "suite failed");
        }
    }
}

impl NextestSuite {
    fn count(&mut self, outcome: Outcome) {
        self.seen += 1;
        self.failing += u64::from(outcome.is_failing());
        self.skipped += u64::from(outcome == Outcome::Skipped);
    }

    /// The event of a test that is ignored is written with the next result, if there is one. The suite counts it.
    fn end_ignored_tests(&mut self, line: u32, builder: &mut RunBuilder<'_>) {
        let dropped = self.ignored.saturating_sub(self.skipped);
        if self.is_open || self.open_tests.len() as u64 > dropped {
            return;
        }
        for test in std::mem::take(&mut self.open_tests) {
            self.count(Outcome::Skipped);
            builder.handle(line, Event::finished(&test, Outcome::Skipped, ""));
        }
    }

    fn declared_tests(&self) -> u64 {
        let counted = saturating_sum([self.passed, self.failed, self.skipped]);
        self.planned.max(counted).max(self.seen)
    }

    /// With `--run-ignored`, tests that ran are among the ignored ones.
    fn declared_skips(&self) -> u64 {
        let not_run = self.planned.saturating_sub(self.passed.saturating_add(self.failed));
        self.ignored.min(not_run).max(self.skipped)
    }
}
