//! Who wrote a JUnit report, and what follows from that.
//!
//! In: elements and their attributes. Out: a dialect, and its two habits: what makes a test's name, and
//! what a header counts. The trap: nothing in a file says its dialect; a producer is known by an attribute
//! that it happens to write, or by the order in which it writes them. What names a test must be known
//! before the first one comes, or names would depend on the order of the tests.

use crate::syntax::xml::tag::Tag;

/// The producers whose habits matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Common,
    Catch2,
    DeqpRunner,
    Libtest,
    Mocha,
    Node,
    Pytest,
    WebTestRunner,
}

/// How to know a dialect: an attribute of an element, and its value, up to a `*` at its end.
struct DialectMark {
    element: &'static str,
    attribute: &'static str,
    value: &'static str,
    dialect: Dialect,
}

const DIALECTS: [DialectMark; 8] = [
    mark("testsuite", "name", "pytest", Dialect::Pytest),
    mark("testsuites", "name", "pytest tests", Dialect::Pytest),
    mark("testsuites", "name", "Mocha Tests", Dialect::Mocha),
    mark("testsuite", "package", "testsuite/*", Dialect::DeqpRunner),
    mark("testsuite", "package", "test", Dialect::Libtest),
    mark("testsuite", "hostname", "tbd", Dialect::Catch2),
    // doctest counts assertions too.
    mark("testsuite", "doctest_version", "*", Dialect::Catch2),
    mark("property", "name", "browser.launcher", Dialect::WebTestRunner),
];

const fn mark(
    element: &'static str,
    attribute: &'static str,
    value: &'static str,
    dialect: Dialect,
) -> DialectMark {
    DialectMark { element, attribute, value, dialect }
}

/// How else to know one: by the first attributes of an element, in this order.
const ATTRIBUTE_ORDERS: [(&str, &[&str], Dialect); 3] = [
    // Whatever the suite is called, where Python does not sort them (3.8 on).
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
];

/// The class of each of node's tests.
pub(super) const NODE_CLASS: &str = "test";

/// What makes a test's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// The class and the name, with the exceptions of [`Case::identity`](super::case::Case::identity).
    ClassAndName,
    /// The name alone: it holds everything.
    Name,
    /// The names of the suites around it, and the name: the class is always the same.
    Suites,
}

/// Whether a header's counts are those of its cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Header {
    Counts,
    /// A suite inside a suite counts as one.
    CountsChildren,
    /// pytest counts subtests and forgets reruns, Catch2 counts assertions, mocha and libtest count
    /// what they don't write, web-test-runner counts a failure as an error too.
    Unreliable,
}

impl Dialect {
    /// What makes a test's name, and what a header counts.
    pub(super) fn conventions(self) -> (Identity, Header) {
        match self {
            Dialect::Common => (Identity::ClassAndName, Header::Counts),
            Dialect::Catch2 => (Identity::ClassAndName, Header::Unreliable),
            Dialect::DeqpRunner => (Identity::Name, Header::Counts),
            Dialect::Libtest => (Identity::ClassAndName, Header::Unreliable),
            Dialect::Mocha => (Identity::Name, Header::Unreliable),
            Dialect::Node => (Identity::Suites, Header::CountsChildren),
            Dialect::Pytest => (Identity::ClassAndName, Header::Unreliable),
            Dialect::WebTestRunner => (Identity::ClassAndName, Header::Unreliable),
        }
    }

    /// How far its numbers of lines are behind those that count from 1: pytest's are those of its objects.
    pub(super) fn line_offset(self) -> u64 {
        u64::from(self == Dialect::Pytest)
    }

    /// The dialect that the order of an element's attributes shows.
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

    /// The dialect that an attribute of an element shows.
    pub(super) fn detect_by_attribute(
        element: &str,
        attribute: &str,
        value: &str,
    ) -> Option<Dialect> {
        let is_match = |mark: &&DialectMark| {
            mark.attribute == attribute
                && mark.element == element
                && match mark.value.strip_suffix('*') {
                    Some(start) => value.starts_with(start),
                    None => value == mark.value,
                }
        };
        DIALECTS.iter().find(is_match).map(|mark| mark.dialect)
    }
}
