//! One testcase of JUnit: what its attributes and children say of it, and its whole name.
//!
//! In: its tag, then the verdicts of its children. Out: an outcome and a name. The traps: several children
//! may speak of one test, of which the worst counts; and what a test is called depends on the dialect.

use super::dialects::{CLASS_OF_NODE, Dialect, Identity};
use super::{Suite, number};
use crate::formats::build::ctest;
use crate::formats::emit::names;
use crate::model::Outcome;
use crate::syntax::bounded_text::Message;
use crate::syntax::xml::tag::Tag;
use std::borrow::Cow;

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

/// What the attributes of a testcase say.
pub struct Attributes<'t> {
    name: Cow<'t, str>,
    class: Cow<'t, str>,
    package: Cow<'t, str>,
    /// As it is written.
    file: &'t str,
    file_line: Option<u64>,
    outcome: Option<Outcome>,
    disabled: bool,
}

/// The open testcase; cleared and used again for the next.
#[derive(Debug, Default)]
pub struct Case {
    line: u32,
    name: String,
    class: String,
    package: String,
    file: String,
    file_line: Option<u64>,
    /// What its attributes say of it.
    attributed: Option<Outcome>,
    disabled: bool,
    pub todo: bool,
    pub outcome: Option<Outcome>,
    message: Message,
}

/// All that is known of a testcase that comes to its end.
pub struct Told<'c> {
    pub line: u32,
    pub names: Names<'c>,
    /// As it is written.
    pub file: &'c str,
    pub file_line: Option<u64>,
    pub outcome: Option<Outcome>,
    pub todo: bool,
    pub message: &'c str,
}

/// What a test's whole name is made of, beside the suites around it.
#[derive(Debug, Clone, Copy)]
pub struct Names<'c> {
    name: &'c str,
    class: &'c str,
    package: &'c str,
}

impl<'t> Attributes<'t> {
    /// Those of this tag.
    pub fn of(tag: &'t Tag<'_>) -> Attributes<'t> {
        let [name, class, package] = [const { Cow::Borrowed("") }; 3];
        let mut said = Attributes {
            name,
            class,
            package,
            file: "",
            file_line: None,
            outcome: None,
            disabled: false,
        };
        tag.attributes(|attribute, value| match attribute {
            "name" => said.name = value.bounded().text(),
            "classname" => said.class = value.bounded().text(),
            // Old phpunit.
            "class" if said.class.is_empty() => said.class = value.bounded().text(),
            "package" => said.package = value.bounded().text(),
            "file" => said.file = value.source,
            "line" | "lineno" => said.file_line = number(&value.text()),
            "status" | "result" => {
                let value = value.text();
                let word = WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(&value));
                said.outcome = said.outcome.max(word.map(|(_, outcome)| *outcome));
                said.disabled |= attribute == "status" && value.eq_ignore_ascii_case(DISABLED);
            }
            "ignored" | "disabled" if YES.contains(&&*value.text()) => {
                said.outcome = said.outcome.max(Some(Outcome::Skipped));
            }
            _ => {}
        });
        said
    }

    /// All that is known of a testcase that is its own end.
    pub fn told(&self, line: u32) -> Told<'_> {
        Told {
            line,
            names: self.names(),
            file: self.file,
            file_line: self.file_line,
            outcome: self.outcome,
            todo: false,
            message: "",
        }
    }

    /// What the test's whole name is made of.
    pub fn names(&self) -> Names<'_> {
        Names { name: &self.name, class: &self.class, package: &self.package }
    }
}

impl Case {
    /// Takes the place of the case before.
    pub fn start(&mut self, line: u32, said: &Attributes<'_>) {
        let put = |text: &mut String, said: &str| {
            text.clear();
            text.push_str(said);
        };
        self.line = line;
        put(&mut self.name, &said.name);
        put(&mut self.class, &said.class);
        put(&mut self.package, &said.package);
        put(&mut self.file, said.file);
        self.file_line = said.file_line;
        self.attributed = said.outcome;
        self.disabled = said.disabled;
        self.todo = false;
        self.outcome = None;
        self.message.clear();
    }

    /// All that is known of it.
    pub fn told(&self) -> Told<'_> {
        Told {
            line: self.line,
            names: self.names(),
            file: &self.file,
            file_line: self.file_line,
            outcome: self.outcome(),
            todo: self.todo,
            message: self.message.text(),
        }
    }

    /// What its whole name is made of.
    pub fn names(&self) -> Names<'_> {
        Names { name: &self.name, class: &self.class, package: &self.package }
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
    fn outcome(&self) -> Option<Outcome> {
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
}

impl Names<'_> {
    /// Whether it can be one of node's tests; `None` where that changes nothing of its name.
    pub fn may_be_of_node(self, tag: &Tag<'_>) -> Option<bool> {
        match self.class == CLASS_OF_NODE && Dialect::by_order(tag) == Some(Dialect::Node) {
            true if self.name == self.class => None,
            may_be => Some(may_be),
        }
    }

    /// Writes the whole name of the test.
    pub fn identity(self, dialect: Dialect, suites: &[Suite], whole: &mut String) {
        whole.clear();
        let suite = suites.last().map_or("", |suite| suite.name.as_str());
        let (class, name) = match (self.class, self.name) {
            (class, "") if self.package.is_empty() => (class, class),
            // h2spec: the class says what the test does.
            (class, "") => (self.package, class),
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
