//! One open suite of JUnit: what its header declares, and what was found in it.

use super::dialects::Header;
use crate::model::{Event, RunBuilder};
use crate::syntax::Tag;

#[derive(Debug, Default)]
pub(super) struct JunitSuite {
    line: u32,
    pub name: String,
    /// The number of tests that its header declares.
    tests: Option<u64>,
    /// The number of failures and errors that its header declares.
    failing: Option<u64>,
    /// Whether one of its tests failed, or it did as a whole.
    pub failed: bool,
    /// Whether it contains a suite, or a verdict on it as a whole.
    pub has_verdict: bool,
    /// What it printed before its first test, and the line of that.
    pub printed: Option<(u32, String)>,
    /// The number of its cases that were tests.
    pub tests_seen: u64,
    /// The number of scripts, and of attempts but the last, which a header may count.
    pub non_tests: u64,
    /// The number of failing elements beyond one a test, which a header may count.
    pub extra_failures: u64,
}

/// Whether an element is a suite: `testsuites` and `testsuite`, to one of which Catch2 glues text, or `testrun`, with
/// which Eclipse's export begins.
pub(super) fn is_suite_name(name: &str) -> bool {
    name.starts_with("testsuite") || name == "testrun"
}

impl JunitSuite {
    /// The suite that a tag starts.
    pub(super) fn from_tag(tag: &Tag<'_>) -> JunitSuite {
        let mut suite = JunitSuite { line: tag.line, ..JunitSuite::default() };
        let (mut failures, mut errors) = (None, None);
        tag.attributes(|attribute, value| match attribute {
            "name" => suite.name.push_str(&value.truncated().text()),
            "tests" => suite.tests = value.number(),
            "failures" => failures = value.number(),
            "errors" => errors = value.number(),
            _ => {}
        });
        suite.failing = failures.map(|failures| failures.saturating_add(errors.unwrap_or(0)));
        suite
    }

    /// Whether it has no result, although its header does not declare it empty.
    pub(super) fn has_no_result(&self) -> bool {
        self.tests_seen == 0 && self.non_tests == 0 && !self.has_verdict && self.tests != Some(0)
    }

    /// Adds the counts of a suite inside it.
    pub(super) fn merge_child(&mut self, child: &JunitSuite) {
        self.failed |= child.failed;
        self.tests_seen += child.tests_seen;
        self.non_tests += child.non_tests;
        self.extra_failures += child.extra_failures;
    }

    /// Ends it: emits the totals of its header.
    pub(super) fn emit_end(&self, header: Header, is_root: bool, builder: &mut RunBuilder<'_>) {
        if let Some(tests) = self.tests {
            self.emit_tests(tests, header, is_root, builder);
        }
        match (self.failing, header) {
            // Even an unreliable count of failures means that something failed.
            (Some(_), Header::Unreliable) if self.failed => {}
            (Some(failing), Header::Counts | Header::CountsChildren | Header::Unreliable) => {
                builder.expect_failures(self.line, failing.saturating_sub(self.extra_failures));
            }
            (None, _) => {}
        }
        builder.handle(self.line, Event::SuiteEnded);
    }

    fn emit_tests(&self, tests: u64, header: Header, is_root: bool, builder: &mut RunBuilder<'_>) {
        let (seen, min_tests) = (self.tests_seen, tests.saturating_sub(self.non_tests));
        match header {
            _ if tests == 0 => builder.expect_tests(self.line, 0),
            Header::Counts if seen == 0 && min_tests == 0 => {}
            Header::Counts if (min_tests..=tests).contains(&seen) => {
                builder.expect_tests(self.line, seen);
            }
            Header::Counts => builder.expect_tests(self.line, tests),
            Header::CountsChildren => {
                builder.expect_children(self.line, tests);
            }
            Header::Unreliable if is_root && seen == 0 => builder.expect_tests(self.line, tests),
            Header::Unreliable => {}
        }
    }
}
