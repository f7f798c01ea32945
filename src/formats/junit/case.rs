//! One testcase of JUnit: its outcome and its full name.
//!
//! Of several children the worst decides the outcome; without a child, the attributes do. How the name is composed
//! depends on the dialect.

use super::dialects::{Dialect, Identity, NODE_CLASS};
use super::suite::JunitSuite;
use crate::formats::build::ctest;
use crate::formats::emit::names;
use crate::model::Outcome;
use crate::syntax::{BoundedText, Tag};
use std::borrow::Cow;

/// The values of `status` and `result`, which decide the outcome of a testcase without a child.
const STATUS_OUTCOMES: [(&str, Outcome); 11] = [
    ("notrun", Outcome::Skipped),
    (DISABLED, Outcome::Skipped),
    ("skipped", Outcome::Skipped),
    ("ignored", Outcome::Skipped),
    ("suppressed", Outcome::Skipped),
    ("failed", Outcome::Failed),
    ("fail", Outcome::Failed),
    ("failure", Outcome::Failed),
    ("error", Outcome::Errored),
    ("errored", Outcome::Errored),
    ("broken", Outcome::Errored),
];

/// The values of `ignored` and `disabled` of a test that was not run.
const TRUE_VALUES: [&str; 2] = ["true", "1"];

/// The status that takes precedence over a failure.
const DISABLED: &str = "disabled";

/// The attributes of a testcase.
#[derive(Default)]
pub(super) struct CaseAttributes<'t> {
    name: Cow<'t, str>,
    class: Cow<'t, str>,
    package: Cow<'t, str>,
    /// Still escaped.
    file: &'t str,
    line_in_file: Option<u64>,
    outcome: Option<Outcome>,
    disabled: bool,
}

/// The open testcase; cleared and reused for the next.
#[derive(Debug, Default)]
pub(super) struct JunitCase {
    line: u32,
    name: String,
    class: String,
    package: String,
    file: String,
    line_in_file: Option<u64>,
    attribute_outcome: Option<Outcome>,
    disabled: bool,
    pub todo: bool,
    pub outcome: Option<Outcome>,
    message: BoundedText,
}

/// A testcase at its end.
pub(super) struct CaseResult<'c> {
    pub line: u32,
    pub names: NameParts<'c>,
    /// Still escaped.
    pub file: &'c str,
    pub line_in_file: Option<u64>,
    pub outcome: Option<Outcome>,
    pub todo: bool,
    pub message: &'c str,
}

/// The parts of a test's full name, without the suites around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct NameParts<'c> {
    name: &'c str,
    class: &'c str,
    package: &'c str,
}

impl<'t> CaseAttributes<'t> {
    pub(super) fn from_tag(tag: &'t Tag<'_>) -> CaseAttributes<'t> {
        let mut attributes = CaseAttributes::default();
        tag.attributes(|attribute, value| match attribute {
            "name" => attributes.name = value.truncated().text(),
            "classname" => attributes.class = value.truncated().text(),
            // Old phpunit.
            "class" if attributes.class.is_empty() => attributes.class = value.truncated().text(),
            "package" => attributes.package = value.truncated().text(),
            "file" => attributes.file = value.source,
            "line" | "lineno" => attributes.line_in_file = value.number(),
            "status" | "result" => {
                let value = value.text();
                let known =
                    STATUS_OUTCOMES.iter().find(|(word, _)| word.eq_ignore_ascii_case(&value));
                attributes.outcome = attributes.outcome.max(known.map(|(_, outcome)| *outcome));
                attributes.disabled |=
                    attribute == "status" && value.eq_ignore_ascii_case(DISABLED);
            }
            "ignored" | "disabled" if TRUE_VALUES.contains(&&*value.text()) => {
                attributes.outcome = attributes.outcome.max(Some(Outcome::Skipped));
            }
            _ => {}
        });
        attributes
    }

    /// The result of a testcase without children.
    pub(super) fn to_result(&self, line: u32) -> CaseResult<'_> {
        CaseResult {
            line,
            names: self.names(),
            file: self.file,
            line_in_file: self.line_in_file,
            outcome: self.outcome,
            todo: false,
            message: "",
        }
    }

    pub(super) fn names(&self) -> NameParts<'_> {
        NameParts { name: &self.name, class: &self.class, package: &self.package }
    }
}

impl JunitCase {
    /// Replaces the previous case.
    pub(super) fn start(&mut self, line: u32, attributes: &CaseAttributes<'_>) {
        let copy = |text: &mut String, value: &str| {
            text.clear();
            text.push_str(value);
        };
        self.line = line;
        copy(&mut self.name, &attributes.name);
        copy(&mut self.class, &attributes.class);
        copy(&mut self.package, &attributes.package);
        copy(&mut self.file, attributes.file);
        self.line_in_file = attributes.line_in_file;
        self.attribute_outcome = attributes.outcome;
        self.disabled = attributes.disabled;
        self.todo = false;
        self.outcome = None;
        self.message.clear();
    }

    pub(super) fn to_result(&self) -> CaseResult<'_> {
        CaseResult {
            line: self.line,
            names: self.names(),
            file: &self.file,
            line_in_file: self.line_in_file,
            outcome: self.outcome(),
            todo: self.todo,
            message: self.message.text(),
        }
    }

    pub(super) fn names(&self) -> NameParts<'_> {
        NameParts { name: &self.name, class: &self.class, package: &self.package }
    }

    /// Adds one of several verdicts: the worst one counts.
    pub(super) fn add_verdict(&mut self, outcome: Outcome, message: &str) {
        if self.outcome.is_none_or(|earlier| earlier < outcome) {
            self.outcome = Some(outcome);
            self.message.clear();
            self.message.push(message);
        }
    }

    fn outcome(&self) -> Option<Outcome> {
        match self.outcome {
            Some(_) if self.disabled => Some(Outcome::Skipped),
            Some(outcome) if self.todo && outcome.is_failing() => Some(Outcome::Xfailed),
            Some(Outcome::Skipped) if self.could_not_run() => Some(Outcome::Errored),
            Some(outcome) => Some(outcome),
            None => self.attribute_outcome,
        }
    }

    /// CTest writes a test that it could not run as skipped, and counts it as failed.
    fn could_not_run(&self) -> bool {
        let why = self.message.text();
        let not_run = self.attribute_outcome == Some(Outcome::Skipped);
        not_run && self.class == self.name && !why.is_empty() && !ctest::is_skip_reason(why)
    }
}

impl NameParts<'_> {
    /// Whether it can be one of node's tests; `None` where that changes nothing of its name.
    pub(super) fn may_be_node(self, tag: &Tag<'_>) -> Option<bool> {
        let may_be =
            self.class == NODE_CLASS && Dialect::detect_by_order(tag) == Some(Dialect::Node);
        if may_be && self.name == self.class { None } else { Some(may_be) }
    }

    pub(super) fn write_full_name(self, dialect: Dialect, suites: &[JunitSuite], out: &mut String) {
        out.clear();
        let suite = suites.last().map_or("", |suite| suite.name.as_str());
        let (class, name) = match (self.class, self.name) {
            (class, "") if self.package.is_empty() => (class, class),
            // h2spec: the class describes the test.
            (class, "") => (self.package, class),
            (class, name) => (class, name),
        };
        let [parent, name] = match dialect.identity() {
            Identity::Name => ["", name],
            Identity::Suites => {
                for suite in suites {
                    names::push_parent(out, &suite.name, ".");
                }
                ["", name]
            }
            Identity::ClassAndName if includes_class(name, class) => ["", name],
            Identity::ClassAndName if class.is_empty() && dialect == Dialect::Pytest => ["", name],
            Identity::ClassAndName if class.is_empty() && !includes_class(name, suite) => {
                [suite, name]
            }
            // go-junit-report: the class is the last part of the package, the suite all of it.
            Identity::ClassAndName if ends_with_part(suite, class) => [suite, name],
            // lit: the class is the suite twice.
            Identity::ClassAndName if is_doubled(class, suite) => [suite, name],
            Identity::ClassAndName => [class, name],
        };
        let separator = if name.is_empty() || parent.ends_with('.') { "" } else { "." };
        names::push_parent(out, parent, separator);
        out.push_str(name);
    }
}

/// Whether a name is its class or begins with it.
fn includes_class(name: &str, class: &str) -> bool {
    let suffix = name.strip_prefix(class).filter(|_| !class.is_empty());
    suffix.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
}

fn ends_with_part(suite: &str, class: &str) -> bool {
    suite.strip_suffix(class).is_some_and(|prefix| prefix.ends_with('/'))
}

fn is_doubled(class: &str, suite: &str) -> bool {
    class.strip_prefix(suite).and_then(|rest| rest.strip_prefix('.')) == Some(suite)
}
