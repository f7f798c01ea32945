//! The producers of JUnit reports, and how each composes names and counts tests.
//!
//! No file names its dialect: a producer is detected by an attribute that it happens to write, or by the order of the
//! attributes. The dialect must be known before the first test, or names would depend on the order of the tests.

use crate::syntax::Tag;

/// The producers with conventions of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Common,
    Catch2,
    Criterion,
    DeqpRunner,
    Flank,
    Libtest,
    Maestro,
    Mocha,
    Node,
    Playwright,
    Pytest,
    Qt5,
    /// nextest, by the crate that writes its report.
    QuickJunit,
    Vitest,
    WebTestRunner,
}

/// An attribute that shows a dialect. A `*` at the end of its value matches any text.
struct DialectMark {
    element: &'static str,
    attribute: &'static str,
    value: &'static str,
    dialect: Dialect,
}

const DIALECTS: [DialectMark; 13] = [
    mark("testsuite", "name", "pytest", Dialect::Pytest),
    mark("testsuites", "name", "pytest tests", Dialect::Pytest),
    mark("testsuites", "name", "Mocha Tests", Dialect::Mocha),
    mark("testsuite", "package", "testsuite/*", Dialect::DeqpRunner),
    mark("testsuite", "package", "test", Dialect::Libtest),
    mark("testsuite", "hostname", "tbd", Dialect::Catch2),
    // doctest counts assertions too.
    mark("testsuite", "doctest_version", "*", Dialect::Catch2),
    mark("property", "name", "browser.launcher", Dialect::WebTestRunner),
    mark("testsuite", "testLabExecutionId", "*", Dialect::Flank),
    mark("testsuites", "name", "vitest tests", Dialect::Vitest),
    mark("testsuites", "uuid", "*", Dialect::QuickJunit),
    mark("testsuite", "device", "*", Dialect::Maestro),
    mark("testsuites", "name", "Criterion Tests", Dialect::Criterion),
];

const fn mark(
    element: &'static str,
    attribute: &'static str,
    value: &'static str,
    dialect: Dialect,
) -> DialectMark {
    DialectMark { element, attribute, value, dialect }
}

/// The first attributes of an element, in this order, that show a dialect.
const ATTRIBUTE_ORDERS: [(&str, &[&str], Dialect); 5] = [
    // Whatever the suite's name, where Python does not sort them (3.8 on).
    (
        "testsuite",
        &["name", "errors", "failures", "skipped", "tests", "time", "timestamp", "hostname"],
        Dialect::Pytest,
    ),
    (
        "testsuite",
        &["name", "time", "disabled", "errors", "tests", "failures", "skipped"],
        Dialect::Node,
    ),
    ("testcase", &["name", "time", "classname"], Dialect::Node),
    (
        "testsuite",
        &["name", "timestamp", "hostname", "tests", "failures", "skipped", "time", "errors"],
        Dialect::Playwright,
    ),
    ("testsuite", &["errors", "failures", "tests", "name"], Dialect::Qt5),
];

pub(super) const NODE_CLASS: &str = "test";

/// What a test's name is composed of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// The class and the name, with the exceptions in [`NameParts`](super::case::NameParts).
    ClassAndName,
    /// The name alone: it contains everything.
    Name,
    /// The names of the suites around it, and the name: the class is always the same.
    Suites,
    /// The suite, which is a browser or device, the class and the name.
    SuiteClassAndName,
    /// The project, which is the suite's host, the file and the name.
    Project,
}

/// What the number of tests in a header counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Header {
    /// Its cases.
    Cases,
    /// A suite inside a suite counts as one.
    Children,
    /// Its cases and the skipped tests, which are not written.
    /// <https://github.com/rust-lang/rust/blob/1.80.0/library/test/src/formatters/junit.rs>
    CasesAndSkips,
    /// Every test of a suite, also those that `--grep` excludes and those that are pending, which are not written.
    /// mocha-junit-reporter 2.2 counts `suite.tests`; it is exact only where a hook failed, which ends a suite.
    Unfiltered,
    /// Something that leaves no element: pytest counts passed subtests, and a test whose teardown failed twice
    /// (`src/_pytest/junitxml.py`: `add_stats`); Catch2 and doctest count assertions
    /// (`catch_reporter_junit.cpp`: `assertions.total()`).
    More,
}

impl Dialect {
    /// What a test's name is composed of.
    pub(super) fn identity(self) -> Identity {
        match self {
            Dialect::DeqpRunner | Dialect::Mocha => Identity::Name,
            Dialect::Node => Identity::Suites,
            Dialect::Flank | Dialect::WebTestRunner => Identity::SuiteClassAndName,
            Dialect::Playwright => Identity::Project,
            Dialect::Common
            | Dialect::Catch2
            | Dialect::Criterion
            | Dialect::Libtest
            | Dialect::Maestro
            | Dialect::Pytest
            | Dialect::Qt5
            | Dialect::QuickJunit
            | Dialect::Vitest => Identity::ClassAndName,
        }
    }

    /// What the number of tests in a header counts.
    pub(super) fn header(self) -> Header {
        match self {
            Dialect::Common
            | Dialect::Criterion
            | Dialect::DeqpRunner
            | Dialect::Flank
            | Dialect::Maestro
            | Dialect::Playwright
            | Dialect::Qt5
            | Dialect::QuickJunit
            | Dialect::Vitest
            | Dialect::WebTestRunner => Header::Cases,
            Dialect::Node => Header::Children,
            Dialect::Libtest => Header::CasesAndSkips,
            Dialect::Mocha => Header::Unfiltered,
            Dialect::Catch2 | Dialect::Pytest => Header::More,
        }
    }

    /// Whether its header counts a test once, whatever the number of its attempts and failures. Others count each
    /// failure: Catch2 and doctest those of assertions, pytest those of subtests, Jasmine those of expectations.
    pub(super) fn counts_tests_once(self) -> bool {
        match self {
            Dialect::Criterion
            | Dialect::DeqpRunner
            | Dialect::Flank
            | Dialect::Libtest
            | Dialect::Maestro
            | Dialect::Mocha
            | Dialect::Node
            | Dialect::Playwright
            | Dialect::QuickJunit
            | Dialect::Vitest
            | Dialect::WebTestRunner => true,
            Dialect::Common | Dialect::Catch2 | Dialect::Pytest | Dialect::Qt5 => false,
        }
    }

    /// Whether the failures in its header are the errors too: web-test-runner counts an error for each failure,
    /// Criterion a failure for each crash (`src/log/xml.c`: `tests_failed`, `tests_crashed`).
    pub(super) fn failures_include_errors(self) -> bool {
        matches!(self, Dialect::Criterion | Dialect::WebTestRunner)
    }

    /// Whether the name of a suite is the file of its tests.
    pub(super) fn suite_is_file(self) -> bool {
        matches!(self, Dialect::Playwright | Dialect::Vitest)
    }

    /// What to add to its line numbers to count from 1: pytest's begin at 0.
    pub(super) fn line_offset(self) -> u64 {
        u64::from(self == Dialect::Pytest)
    }

    /// Detects a dialect by the order of an element's attributes.
    pub(super) fn detect_by_order(tag: &Tag<'_>) -> Option<Dialect> {
        let begins = |order: &[&str]| {
            let (mut index, mut same) = (0, true);
            tag.attributes(|attribute, _| {
                same &= order.get(index).is_none_or(|expected| *expected == attribute);
                index += 1;
            });
            same && index >= order.len()
        };
        let is_match = |(element, order, _): &&(&str, &[&str], Dialect)| {
            *element == tag.name() && begins(order)
        };
        ATTRIBUTE_ORDERS.iter().find(is_match).map(|(_, _, dialect)| *dialect)
    }

    /// Detects a dialect by an attribute of an element.
    pub(super) fn detect_by_attribute(element: &str, name: &str, value: &str) -> Option<Dialect> {
        let is_match = |mark: &&DialectMark| {
            mark.attribute == name
                && mark.element == element
                && match mark.value.strip_suffix('*') {
                    Some(start) => value.starts_with(start),
                    None => value == mark.value,
                }
        };
        DIALECTS.iter().find(is_match).map(|mark| mark.dialect)
    }
}
