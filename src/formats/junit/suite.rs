//! One open suite of JUnit: what its header declares, and what was found in it.

use super::dialects::{Dialect, Header};
use super::words;
use crate::formats::emit::{malformed_total, saturating_sum};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::Tag;
use crate::syntax::xml::tag::AttributeValue;

#[derive(Debug, Default)]
pub(super) struct JunitSuite {
    line: u32,
    pub name: String,
    /// Playwright's project.
    pub project: String,
    /// The source file of its tests, still escaped.
    pub file: String,
    declared: DeclaredTotals,
    /// Whether it contains a suite, or a verdict on it as a whole.
    pub has_verdict: bool,
    /// What it printed before its first test, and the line of that.
    pub printed: Option<(u32, String)>,
    /// The number of its cases that were tests.
    pub tests_seen: u64,
    /// The number of scripts, which a header counts.
    pub scripts: u64,
    /// The number of attempts but the last, which a header may count.
    pub attempts: u64,
    /// The number of failing elements beyond one a test, which a header may count.
    pub extra_failures: u64,
    /// The number of tests that a header counts as skipped although they failed.
    pub failed_as_skips: u64,
    /// The number of skip elements beyond one a skipped test, which a header may count.
    pub extra_skips: u64,
    /// The number of its tests that failed, those of suites inside it included.
    pub failing: u64,
    /// The number of its tests that are skipped or failed as expected.
    pub skipped: u64,
    /// The number of its cases and suites that contain a failure, and of those that contain a skip.
    pub failing_children: u64,
    pub skipped_children: u64,
    /// The number of suites inside it that contain a failure.
    failing_suites: u64,
    /// The number of hooks that failed, after which Mocha ends a suite.
    pub failed_hooks: u64,
    /// Whether its failures include tests that are not written as failed.
    pub hides_failures: bool,
    /// The [`name_key`]s of the first of its own tests that failed, which may be retried.
    failed_names: Vec<u64>,
}

/// The most failed tests of a suite that are kept; with more of them, any test may be a retry.
const MAX_FAILED_NAMES: usize = 64;

/// What the elements of a testcase are, beyond its outcome.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct CaseElements {
    /// The number of its children that are skips.
    pub skips: u64,
    /// Whether it is marked as expected to fail.
    pub expected_to_fail: bool,
    /// Whether it is written as skipped although it could not be run.
    pub is_not_run: bool,
}

/// What the header of a suite declares.
#[derive(Debug, Default)]
struct DeclaredTotals {
    tests: Option<u64>,
    failures: Option<u64>,
    errors: Option<u64>,
    /// The sum of [`ALSO_FAILING`].
    also_failing: Option<u64>,
    /// The number of skipped tests, by any of [`SKIPPED`].
    skipped: Option<u64>,
    /// The sum of [`ALSO_SKIPPED`].
    also_skipped: Option<u64>,
    has_assertions: bool,
    /// Words by which the suite failed.
    failed: Option<String>,
    /// Describes a number that is none.
    malformed: Option<String>,
}

/// The names for the number of skipped tests; nose and green use the short ones.
const SKIPPED: [&str; 3] = ["skipped", "skips", "skip"];

/// The numbers of further tests that did not run: googletest's and CTest's `disabled`, TestNG's `ignored`, the
/// `aborted` of Ant's junitlauncher.
const ALSO_SKIPPED: [&str; 3] = ["disabled", "ignored", "aborted"];

/// The numbers of further tests that failed, in a header with `assertions`: PHPUnit's warnings and Codeception's useless
/// tests, which have elements of their own.
const ALSO_FAILING: [&str; 2] = ["warnings", "useless"];

/// Whether an element is a suite: `testsuites` and `testsuite`, to one of which Catch2 glues text, or `testrun`, with
/// which Eclipse's export begins.
pub(super) fn is_suite_name(name: &str) -> bool {
    name.starts_with("testsuite") || name == "testrun"
}

/// Equal for equal names: their length and their last bytes, in which most names differ.
fn name_key(name: &str) -> u64 {
    let tail = name.as_bytes().rchunks(7).next().unwrap_or_default();
    tail.iter().fold(name.len() as u64, |key, byte| key << 8 | u64::from(*byte))
}

impl JunitSuite {
    /// The suite that a tag starts.
    pub(super) fn from_tag(tag: &Tag<'_>, dialect: Dialect) -> JunitSuite {
        let mut suite = JunitSuite { line: tag.line, ..JunitSuite::default() };
        let declared = &mut suite.declared;
        tag.attributes(|attribute, value| match attribute {
            "name" => suite.name.push_str(&value.truncated().text()),
            "file" | "filepath" if suite.file.is_empty() => {
                suite.file.push_str(value.truncated().source);
            }
            "hostname" if dialect == Dialect::Playwright => {
                suite.project.push_str(&value.truncated().text());
            }
            "tests" => declared.tests = declared.number(attribute, value),
            "failures" | "failed" => {
                declared.failures = declared.failures.max(declared.number(attribute, value));
            }
            "errors" => declared.errors = declared.number(attribute, value),
            name if ALSO_FAILING.contains(&name) => {
                let number = declared.number(attribute, value);
                let sum = saturating_sum(declared.also_failing.into_iter().chain(number));
                declared.also_failing = Some(sum);
            }
            "assertions" => declared.has_assertions = true,
            "status" | "result" | "success" => declared.add_verdict(attribute, &value.text()),
            name if SKIPPED.contains(&name) => {
                declared.skipped = declared.skipped.max(declared.number(attribute, value));
            }
            name if ALSO_SKIPPED.contains(&name) => {
                let number = declared.number(attribute, value);
                let sum = saturating_sum(declared.also_skipped.into_iter().chain(number));
                declared.also_skipped = Some(sum);
            }
            _ => {}
        });
        suite
    }

    /// Adds words by which it failed.
    pub(super) fn add_failure_claim(&mut self, what: String) {
        self.declared.failed.get_or_insert(what);
    }

    /// Whether an earlier test of this name may have failed; keeps one that does now.
    pub(super) fn may_have_failed_before(&mut self, name: &str, outcome: Outcome) -> bool {
        if outcome.is_failing() && self.failed_names.len() < MAX_FAILED_NAMES {
            self.failed_names.push(name_key(name));
        }
        match self.failed_names.len() {
            0 => false,
            MAX_FAILED_NAMES => true,
            _ => self.failed_names.contains(&name_key(name)),
        }
    }

    /// Counts a test of its own.
    pub(super) fn count(&mut self, outcome: Outcome, case: CaseElements) {
        self.tests_seen += 1;
        if outcome == Outcome::Passed && case.skips == 0 {
            return;
        }
        let is_failing = outcome.is_failing();
        let is_skipped = matches!(outcome, Outcome::Skipped | Outcome::Xfailed);
        // A header may count an expected failure as a failure.
        let is_expected = outcome == Outcome::Xfailed && case.expected_to_fail;
        self.failing += u64::from(is_failing);
        self.skipped += u64::from(is_skipped);
        self.failing_children += u64::from(is_failing || is_expected);
        self.skipped_children += u64::from(is_skipped || case.skips > 0);
        self.extra_failures += u64::from(is_expected);
        self.failed_as_skips += u64::from(case.is_not_run);
        self.extra_skips += case.skips.saturating_sub(u64::from(is_skipped));
    }

    /// Whether it has no result, although its header does not declare it empty.
    pub(super) fn has_no_result(&self) -> bool {
        self.tests_seen == 0
            && self.scripts == 0
            && self.attempts == 0
            && !self.has_verdict
            && self.declared.tests != Some(0)
    }

    /// Adds the counts of a suite inside it.
    pub(super) fn merge_child(&mut self, child: &JunitSuite) {
        self.tests_seen += child.tests_seen;
        self.scripts += child.scripts;
        self.attempts += child.attempts;
        self.failed_as_skips += child.failed_as_skips;
        self.extra_failures = self.extra_failures.saturating_add(child.extra_failures);
        self.extra_skips = self.extra_skips.saturating_add(child.extra_skips);
        self.failing += child.failing;
        self.skipped += child.skipped;
        self.hides_failures |= child.hides_failures;
        let has_some = |number: Option<u64>| u64::from(number.is_some_and(|number| number > 0));
        self.failing_children += has_some(child.declared.failures);
        self.failing_suites += child.failing_suites + u64::from(child.failing > 0);
        // node: a suite with failures counts as skipped too.
        self.skipped_children += has_some(child.declared.failures.max(child.declared.skipped));
    }

    /// Ends it: emits the totals of its header.
    pub(super) fn emit_end(&self, dialect: Dialect, is_root: bool, builder: &mut RunBuilder<'_>) {
        if let Some(tests) = self.declared.tests {
            self.emit_tests(tests, dialect, is_root, builder);
        }
        if let Some(failing) = self.declared.failing(dialect).filter(|_| !self.hides_failures) {
            let expected = if dialect.header() == Header::Children {
                missing(failing, self.failing_children, self.failing)
            } else if dialect.counts_tests_once() {
                failing
            } else {
                let extra = self.extra_failures.saturating_add(self.attempts);
                failing.saturating_add(self.failed_as_skips).saturating_sub(extra)
            };
            builder.expect_failures(self.line, expected);
        }
        if let Some(skipped) = self.declared.skips(dialect, is_root) {
            let expected = if dialect.header() == Header::Children {
                missing(skipped, self.skipped_children, self.skipped)
            } else {
                skipped.saturating_sub(self.extra_skips)
            };
            builder.expect_skips(self.line, expected);
        }
        if let Some(what) = &self.declared.malformed {
            builder.handle(self.line, Event::Damaged { what: what.into() });
        }
        if let Some(failed) = &self.declared.failed {
            builder.expect_a_failure(self.line, failed);
        }
        builder.handle(self.line, Event::SuiteEnded);
    }

    fn emit_tests(
        &self,
        tests: u64,
        dialect: Dialect,
        is_root: bool,
        builder: &mut RunBuilder<'_>,
    ) {
        let skipped = self.declared.skipped.unwrap_or(0);
        let attempts = if dialect.counts_tests_once() { 0 } else { self.attempts };
        match dialect.header() {
            _ if tests == 0 => builder.expect_tests(self.line, 0),
            Header::Cases => self.emit_cases(tests, attempts, builder),
            Header::CasesAndSkips => {
                self.emit_cases(tests.saturating_sub(skipped), attempts, builder);
            }
            Header::Children => builder.expect_children(self.line, tests),
            // The case of a hook is none of the suite's tests.
            Header::Unfiltered if self.failed_hooks > 0 && !is_root => {
                builder.expect_tests(self.line, tests.saturating_add(self.failed_hooks));
            }
            Header::Unfiltered | Header::More if is_root && self.tests_seen == 0 => {
                builder.expect_tests(self.line, tests);
            }
            Header::Unfiltered | Header::More => {}
        }
    }

    /// Emits a number of tests that includes scripts and may include attempts.
    fn emit_cases(&self, tests: u64, attempts: u64, builder: &mut RunBuilder<'_>) {
        let max_tests = tests.saturating_sub(self.scripts);
        let (seen, min_tests) = (self.tests_seen, max_tests.saturating_sub(attempts));
        if seen == 0 && min_tests == 0 {
            return;
        }
        let is_met = (min_tests..=tests).contains(&seen);
        builder.expect_tests(self.line, if is_met { seen } else { tests });
    }

    /// Emits the totals that node writes as comments at the end, such as `fail 1`. They count a test that contains
    /// tests too, which is written as a suite: nothing else shows that it failed without one of these.
    pub(super) fn emit_footer(&self, comments: &str, builder: &mut RunBuilder<'_>) {
        let total = |name: &str| {
            let lines = comments.split("--").filter_map(|line| line.trim().split_once(' '));
            let number = lines.filter(|(word, _)| *word == name).last();
            number.and_then(|(_, number)| number.parse().ok())
        };
        let failing = sum([total("fail"), total("cancelled")]).unwrap_or(0);
        let explained = self.failing.saturating_add(self.failing_suites);
        builder.expect_failures(self.line, missing(failing, explained, self.failing));
        let skipped = sum([total("skipped"), total("todo")]).unwrap_or(0);
        builder.expect_skips(self.line, skipped.saturating_sub(self.extra_skips));
    }
}

/// A number of tests that is as much more than those found as the declared children are more than the children found.
fn missing(declared: u64, children: u64, tests: u64) -> u64 {
    tests.saturating_add(declared.saturating_sub(children))
}

impl DeclaredTotals {
    /// The number in an attribute; keeps one that is none.
    fn number(&mut self, attribute: &str, value: AttributeValue<'_>) -> Option<u64> {
        let number = value.number();
        if number.is_none() {
            self.malformed.get_or_insert_with(|| malformed_total(attribute, &value.text()));
        }
        number
    }

    /// Adds the suite's own outcome: any that is not known as good means that something failed.
    fn add_verdict(&mut self, attribute: &str, word: &str) {
        let is_failed = match attribute {
            "success" => ["false", "no"].iter().any(|no| no.eq_ignore_ascii_case(word)),
            _ if word.is_empty() => false,
            _ => words::outcome_for_word(word).is_none_or(|outcome| outcome.is_failing()),
        };
        if is_failed {
            self.failed.get_or_insert(format!("{attribute}=\"{}\"", words::shorten(word)));
        }
    }

    /// The number of failing tests.
    fn failing(&self, dialect: Dialect) -> Option<u64> {
        // Others count warnings that are no failures.
        let also_failing = self.also_failing.filter(|_| self.has_assertions);
        if dialect == Dialect::Qt5 {
            // Messages are its errors: `src/testlib/qxunittestlogger.cpp`, `QXunitTestLogger::addMessage`.
            self.failures
        } else if dialect.failures_include_errors() {
            self.failures.max(self.errors)
        } else {
            sum([self.failures, self.errors, also_failing])
        }
    }

    /// The number of skipped tests.
    fn skips(&self, dialect: Dialect, is_root: bool) -> Option<u64> {
        // libtest does not write them. Mocha's root counts pending tests, which are written only on demand; its suites
        // count those that are written.
        let are_unwritten = dialect == Dialect::Libtest || (dialect == Dialect::Mocha && is_root);
        // Criterion's `skipped` and `disabled` are the same number (`src/log/xml.c`).
        let skips = if dialect == Dialect::Criterion {
            self.skipped.max(self.also_skipped)
        } else {
            sum([self.skipped, self.also_skipped])
        };
        skips.filter(|_| !are_unwritten)
    }
}

/// The sum of the numbers that there are.
fn sum<const N: usize>(numbers: [Option<u64>; N]) -> Option<u64> {
    let any = numbers.iter().any(Option::is_some);
    any.then(|| saturating_sum(numbers.into_iter().flatten()))
}
