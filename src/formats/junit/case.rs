//! One testcase of JUnit: what its attributes and children say of it, and its whole name.
//!
//! In: its tag, then the verdicts of its children. Out: an outcome and a name. The traps: several children
//! may speak of one test, of which the worst counts; and what a test is called depends on the dialect.

use super::dialects::{CLASS_OF_NODE, Dialect, Identity};
use super::{Suite, number};
use crate::formats::message::Message;
use crate::formats::tag::Tag;
use crate::formats::{ctest, names};
use crate::model::Outcome;

/// What `status` or `result` of a testcase mean where no child says how it ended.
const WORDS: [(&str, Outcome); 11] = [
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
const YES: [&str; 2] = ["true", "1"];

/// The status that counts although a failure stands beside it.
const DISABLED: &str = "disabled";

/// The open testcase; cleared and used again for the next.
#[derive(Debug, Default)]
pub struct Case {
    pub line: u32,
    name: String,
    class: String,
    package: String,
    pub file: String,
    pub file_line: Option<u64>,
    /// What its attributes say of it.
    attributed: Option<Outcome>,
    disabled: bool,
    pub todo: bool,
    pub outcome: Option<Outcome>,
    pub message: Message,
}

impl Case {
    /// Takes the place of the case before.
    pub fn start(&mut self, tag: &Tag<'_>) {
        self.clear(tag.line);
        tag.attributes(|attribute, value| {
            match attribute {
                "name" => self.name.push_str(&value.bounded().text()),
                "classname" => {
                    self.class.clear();
                    self.class.push_str(&value.bounded().text());
                }
                // Old phpunit.
                "class" if self.class.is_empty() => {
                    self.class.push_str(&value.bounded().text());
                }
                "package" => self.package.push_str(&value.bounded().text()),
                "file" => self.file.push_str(value.source),
                "line" | "lineno" => self.file_line = number(&value.text()),
                "status" | "result" => {
                    let value = value.text();
                    let word = WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(&value));
                    self.attributed = self.attributed.max(word.map(|(_, outcome)| *outcome));
                    self.disabled |= attribute == "status" && value.eq_ignore_ascii_case(DISABLED);
                }
                "ignored" | "disabled" if YES.contains(&&*value.text()) => {
                    self.attributed = self.attributed.max(Some(Outcome::Skipped));
                }
                _ => {}
            }
        });
    }

    /// Whether it can be one of node's tests; `None` where that changes nothing of its name.
    pub fn may_be_of_node(&self, tag: &Tag<'_>) -> Option<bool> {
        match self.class == CLASS_OF_NODE && Dialect::by_order(tag) == Some(Dialect::Node) {
            true if self.name == self.class => None,
            may_be => Some(may_be),
        }
    }

    fn clear(&mut self, line: u32) {
        self.line = line;
        self.name.clear();
        self.class.clear();
        self.package.clear();
        self.file.clear();
        self.file_line = None;
        self.attributed = None;
        self.disabled = false;
        self.todo = false;
        self.outcome = None;
        self.message.clear();
    }

    /// Takes one of several verdicts: the worst one counts.
    pub fn add(&mut self, outcome: Outcome, message: &str) {
        if self.outcome.is_none_or(|before| before < outcome) {
            self.outcome = Some(outcome);
            self.message.clear();
            self.message.push(message);
        }
    }

    /// What its children and attributes say of it.
    pub fn outcome(&self) -> Option<Outcome> {
        match self.outcome {
            Some(_) if self.disabled => Some(Outcome::Skipped),
            Some(outcome) if self.todo && outcome.is_failing() => Some(Outcome::Xfailed),
            Some(Outcome::Skipped) if self.could_not_run() => Some(Outcome::Errored),
            Some(outcome) => Some(outcome),
            None => self.attributed,
        }
    }

    /// CTest writes a test that it could not run as skipped, and counts it as failed.
    fn could_not_run(&self) -> bool {
        let why = self.message.text();
        let not_run = self.attributed == Some(Outcome::Skipped);
        not_run && self.class == self.name && !why.is_empty() && !ctest::is_skip(why)
    }

    /// Writes the whole name of the test.
    pub fn identity(&self, dialect: Dialect, suites: &[Suite], whole: &mut String) {
        whole.clear();
        let suite = suites.last().map_or("", |suite| suite.name.as_str());
        let (class, name) = match (self.class.as_str(), self.name.as_str()) {
            (class, "") if self.package.is_empty() => (class, class),
            // h2spec: the class says what the test does.
            (class, "") => (self.package.as_str(), class),
            (class, name) => (class, name),
        };
        let (identity, _) = dialect.habits();
        let parts: [&str; 2] = match identity {
            Identity::Name => ["", name],
            Identity::Suites => {
                for suite in suites {
                    names::push_around(whole, &suite.name, ".");
                }
                ["", name]
            }
            Identity::ClassAndName if holds(name, class) => ["", name],
            Identity::ClassAndName if class.is_empty() && dialect == Dialect::Pytest => ["", name],
            Identity::ClassAndName if class.is_empty() && !holds(name, suite) => [suite, name],
            // go-junit-report: the last part of the package, which the suite has whole.
            Identity::ClassAndName if ends_with_part(suite, class) => [suite, name],
            // lit: the suite twice.
            Identity::ClassAndName if is_twice(class, suite) => [suite, name],
            Identity::ClassAndName => [class, name],
        };
        let [around, name] = parts;
        let separator = if name.is_empty() || around.ends_with('.') { "" } else { "." };
        names::push_around(whole, around, separator);
        whole.push_str(name);
    }
}

/// Whether a name is its class or begins with it.
fn holds(name: &str, class: &str) -> bool {
    let behind = name.strip_prefix(class).filter(|_| !class.is_empty());
    behind.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
}

fn ends_with_part(suite: &str, class: &str) -> bool {
    suite.strip_suffix(class).is_some_and(|before| before.ends_with('/'))
}

fn is_twice(class: &str, suite: &str) -> bool {
    class.strip_prefix(suite).and_then(|rest| rest.strip_prefix('.')) == Some(suite)
}
