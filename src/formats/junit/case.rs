//! One testcase of JUnit: what its attributes and children say of it, and its whole name.
//!
//! In: its tag, then the verdicts of its children. Out: an outcome and a name. The traps: several children
//! may speak of one test, of which the worst counts; and what a test is called depends on the dialect.

use super::dialects::{Dialect, Identity, NODE_CLASS};
use super::{JunitSuite, parse_count};
use crate::formats::build::ctest;
use crate::formats::emit::names;
use crate::model::Outcome;
use crate::syntax::bounded_text::BoundedText;
use crate::syntax::xml::tag::Tag;
use std::borrow::Cow;

/// What `status` or `result` of a testcase mean where no child says how it ended.
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

/// What `ignored` or `disabled` hold where the test was not run.
const TRUE_VALUES: [&str; 2] = ["true", "1"];

/// The status that counts although a failure stands beside it.
const DISABLED: &str = "disabled";

/// What the attributes of a testcase say.
pub(super) struct CaseAttributes<'t> {
    name: Cow<'t, str>,
    class: Cow<'t, str>,
    package: Cow<'t, str>,
    /// As it is written.
    file: &'t str,
    line_in_file: Option<u64>,
    outcome: Option<Outcome>,
    disabled: bool,
}

/// The open testcase; cleared and used again for the next.
#[derive(Debug, Default)]
pub(super) struct JunitCase {
    line: u32,
    name: String,
    class: String,
    package: String,
    file: String,
    line_in_file: Option<u64>,
    /// What its attributes say of it.
    attribute_outcome: Option<Outcome>,
    disabled: bool,
    pub todo: bool,
    pub outcome: Option<Outcome>,
    message: BoundedText,
}

/// All that is known of a testcase that comes to its end.
pub(super) struct CaseResult<'c> {
    pub line: u32,
    pub names: NameParts<'c>,
    /// As it is written.
    pub file: &'c str,
    pub line_in_file: Option<u64>,
    pub outcome: Option<Outcome>,
    pub todo: bool,
    pub message: &'c str,
}

/// What a test's whole name is made of, beside the suites around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct NameParts<'c> {
    name: &'c str,
    class: &'c str,
    package: &'c str,
}

impl<'t> CaseAttributes<'t> {
    /// Those of this tag.
    pub(super) fn from_tag(tag: &'t Tag<'_>) -> CaseAttributes<'t> {
        let [name, class, package] = [const { Cow::Borrowed("") }; 3];
        let mut attributes = CaseAttributes {
            name,
            class,
            package,
            file: "",
            line_in_file: None,
            outcome: None,
            disabled: false,
        };
        tag.attributes(|attribute, value| match attribute {
            "name" => attributes.name = value.truncated().text(),
            "classname" => attributes.class = value.truncated().text(),
            // Old phpunit.
            "class" if attributes.class.is_empty() => attributes.class = value.truncated().text(),
            "package" => attributes.package = value.truncated().text(),
            "file" => attributes.file = value.source,
            "line" | "lineno" => attributes.line_in_file = parse_count(&value.text()),
            "status" | "result" => {
                let value = value.text();
                let word =
                    STATUS_OUTCOMES.iter().find(|(word, _)| word.eq_ignore_ascii_case(&value));
                attributes.outcome = attributes.outcome.max(word.map(|(_, outcome)| *outcome));
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

    /// All that is known of a testcase that is its own end.
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

    /// What the test's whole name is made of.
    pub(super) fn names(&self) -> NameParts<'_> {
        NameParts { name: &self.name, class: &self.class, package: &self.package }
    }
}

impl JunitCase {
    /// Takes the place of the case before.
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

    /// All that is known of it.
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

    /// What its whole name is made of.
    pub(super) fn names(&self) -> NameParts<'_> {
        NameParts { name: &self.name, class: &self.class, package: &self.package }
    }

    /// Takes one of several verdicts: the worst one counts.
    pub(super) fn add_verdict(&mut self, outcome: Outcome, message: &str) {
        if self.outcome.is_none_or(|earlier| earlier < outcome) {
            self.outcome = Some(outcome);
            self.message.clear();
            self.message.push(message);
        }
    }

    /// What its children and attributes say of it.
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
        match self.class == NODE_CLASS && Dialect::detect_by_order(tag) == Some(Dialect::Node) {
            true if self.name == self.class => None,
            may_be => Some(may_be),
        }
    }

    /// Writes the whole name of the test.
    pub(super) fn write_full_name(
        self,
        dialect: Dialect,
        suites: &[JunitSuite],
        whole: &mut String,
    ) {
        whole.clear();
        let suite = suites.last().map_or("", |suite| suite.name.as_str());
        let (class, name) = match (self.class, self.name) {
            (class, "") if self.package.is_empty() => (class, class),
            // h2spec: the class says what the test does.
            (class, "") => (self.package, class),
            (class, name) => (class, name),
        };
        let (identity, _) = dialect.conventions();
        let parts: [&str; 2] = match identity {
            Identity::Name => ["", name],
            Identity::Suites => {
                for suite in suites {
                    names::push_parent(whole, &suite.name, ".");
                }
                ["", name]
            }
            Identity::ClassAndName if includes_class(name, class) => ["", name],
            Identity::ClassAndName if class.is_empty() && dialect == Dialect::Pytest => ["", name],
            Identity::ClassAndName if class.is_empty() && !includes_class(name, suite) => {
                [suite, name]
            }
            // go-junit-report: the last part of the package, which the suite has whole.
            Identity::ClassAndName if ends_with_part(suite, class) => [suite, name],
            // lit: the suite twice.
            Identity::ClassAndName if is_doubled(class, suite) => [suite, name],
            Identity::ClassAndName => [class, name],
        };
        let [parent, name] = parts;
        let separator = if name.is_empty() || parent.ends_with('.') { "" } else { "." };
        names::push_parent(whole, parent, separator);
        whole.push_str(name);
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
