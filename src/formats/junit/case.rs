//! One testcase of JUnit: its outcome and its full name.
//!
//! The worst of its children and attributes decides the outcome. How the name is composed
//! depends on the dialect.

use super::dialects::{Dialect, Identity, NODE_CLASS};
use super::suite::{CaseElements, JunitSuite};
use super::{qt5, words};
use crate::formats::build::ctest;
use crate::formats::emit::names;
use crate::model::Outcome;
use crate::syntax::xml::tag::AttributeValue;
use crate::syntax::{BoundedText, Tag};
use std::borrow::Cow;

/// The attributes that a testcase has or has not: the outcome if it has, and whether any other value is a failure.
const FLAGS: [(&str, Flag); 12] = [
    ("disabled", Flag::Is(Outcome::Skipped)),
    ("ignored", Flag::Is(Outcome::Skipped)),
    ("skipped", Flag::Is(Outcome::Skipped)),
    // Eclipse, of a test that did not end.
    ("incomplete", Flag::Is(Outcome::Unfinished)),
    ("executed", Flag::IsNot(Outcome::Skipped)),
    ("success", Flag::IsNot(Outcome::Failed)),
    ("passed", Flag::IsNot(Outcome::Failed)),
    // Numbers or yes, of a test that has no element for it.
    ("failed", Flag::Is(Outcome::Failed)),
    ("failures", Flag::Is(Outcome::Failed)),
    ("errors", Flag::Is(Outcome::Errored)),
    ("crashed", Flag::Is(Outcome::Crashed)),
    ("timedout", Flag::Is(Outcome::TimedOut)),
];

/// Other names for the status. Anyone may add an attribute of such a name, so only a word that is known counts.
const OTHER_STATUSES: [&str; 3] = ["outcome", "verdict", "state"];

/// What an attribute of a testcase means.
#[derive(Debug, Clone, Copy)]
enum Flag {
    /// The outcome if it is set. A value that is neither yes nor no is a failure.
    Is(Outcome),
    /// The outcome if it is no. Other values mean something else, such as a number of assertions.
    IsNot(Outcome),
}

const YES: [&str; 3] = ["true", "1", "yes"];
const NO: [&str; 4] = ["false", "0", "no", ""];

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
    flaky: bool,
    is_blacklisted: bool,
    /// Describes an attribute whose value is not known.
    unknown: Option<Box<str>>,
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
    unknown: String,
    disabled: bool,
    flaky: bool,
    is_blacklisted: bool,
    /// Whether it is marked as expected to fail.
    pub expected_to_fail: bool,
    /// The worst outcome of its children.
    outcome: Option<Outcome>,
    /// The number of its children that are skips.
    pub skips: u64,
    /// The worst of its further attempts, which all failed as the test did.
    pub rerun: Option<Outcome>,
    message: BoundedText,
    /// The comments in it, of a dialect whose comments matter.
    pub comments: BoundedText,
}

/// A testcase at its end.
pub(super) struct CaseResult<'c> {
    pub line: u32,
    pub names: NameParts<'c>,
    /// Still escaped.
    pub file: &'c str,
    pub line_in_file: Option<u64>,
    pub outcome: Option<Outcome>,
    pub elements: CaseElements,
    /// Whether an earlier attempt failed, and the last one passed.
    pub flaky: bool,
    /// Whether Qt had it on its blacklist, and it failed.
    pub is_blacklisted: bool,
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
        let (mut attributes, mut code) = (CaseAttributes::default(), "");
        tag.attributes(|attribute, value| match attribute {
            "name" => attributes.name = value.truncated().text(),
            "classname" => attributes.class = value.truncated().text(),
            "time" | "timestamp" => {}
            // pynfs: the name that its command line and its other outputs have.
            "code" => code = value.truncated().source,
            // Old phpunit.
            "class" if attributes.class.is_empty() => attributes.class = value.truncated().text(),
            "package" => attributes.package = value.truncated().text(),
            "file" => attributes.file = value.source,
            "line" | "lineno" => attributes.line_in_file = value.number(),
            "status" | "result" => attributes.add_word(attribute, &value.text()),
            // Flank: also of a test whose failures are written along.
            "flaky" => attributes.flaky = YES.contains(&&*value.text()),
            name => attributes.add_other(name, value),
        });
        if !code.is_empty() {
            attributes.class = AttributeValue::new(code).text();
            attributes.name = AttributeValue::new(code).text();
        }
        attributes
    }

    /// Adds an attribute that few producers write, its name in any case.
    #[cold]
    fn add_other(&mut self, name: &str, value: AttributeValue<'_>) {
        let flag = FLAGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        if let Some((_, flag)) = flag {
            self.add_flag(name, *flag, &value.text());
        } else if ["status", "result"].iter().any(|known| known.eq_ignore_ascii_case(name)) {
            self.add_word(name, &value.text());
        } else if OTHER_STATUSES.contains(&name) {
            self.outcome = self.outcome.max(words::outcome_for_word(&value.text()));
        }
    }

    /// Adds a status: the worst one counts, and an unknown one is a failure.
    fn add_word(&mut self, attribute: &str, word: &str) {
        if word.is_empty() {
            return;
        }
        self.disabled |= attribute == "status" && word.eq_ignore_ascii_case(words::DISABLED);
        let outcome = words::outcome_for_word(word);
        // Qt's words for them are `bfail` and `bxfail`.
        self.is_blacklisted |= outcome == Some(Outcome::Xfailed) && word.starts_with('b');
        if outcome.is_none() {
            self.unknown = Some(words::unknown(attribute, word).into());
        }
        self.outcome = self.outcome.max(outcome.or(Some(Outcome::Failed)));
    }

    fn add_flag(&mut self, name: &str, flag: Flag, value: &str) {
        let is_one_of = |words: &[&str]| words.iter().any(|w| w.eq_ignore_ascii_case(value));
        let outcome = match flag {
            Flag::Is(_) if is_one_of(&NO) => None,
            Flag::Is(outcome) if is_one_of(&YES) => Some(outcome),
            // A number of failures.
            Flag::Is(outcome) if outcome.is_failing() && value.parse::<u64>().is_ok() => {
                Some(outcome)
            }
            Flag::Is(_) => {
                self.unknown = Some(words::unknown(name, value).into());
                Some(Outcome::Failed)
            }
            // A number may be that of assertions.
            Flag::IsNot(outcome) => {
                ["false", "no"].iter().any(|no| no.eq_ignore_ascii_case(value)).then_some(outcome)
            }
        };
        self.outcome = self.outcome.max(outcome);
    }

    /// The result of a testcase without children.
    pub(super) fn to_result(&self, line: u32) -> CaseResult<'_> {
        CaseResult {
            line,
            names: self.names(),
            file: self.file,
            line_in_file: self.line_in_file,
            outcome: self.outcome,
            elements: CaseElements::default(),
            flaky: self.flaky,
            is_blacklisted: self.is_blacklisted,
            message: self.unknown(),
        }
    }

    fn unknown(&self) -> &str {
        self.unknown.as_deref().unwrap_or_default()
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
        copy(&mut self.unknown, attributes.unknown());
        self.disabled = attributes.disabled;
        self.flaky = attributes.flaky;
        self.is_blacklisted = attributes.is_blacklisted;
        self.expected_to_fail = false;
        self.outcome = None;
        self.skips = 0;
        self.rerun = None;
        self.message.clear();
        self.comments.clear();
    }

    pub(super) fn to_result(&self) -> CaseResult<'_> {
        CaseResult {
            line: self.line,
            names: self.names(),
            file: &self.file,
            line_in_file: self.line_in_file,
            outcome: self.outcome(),
            elements: CaseElements {
                skips: self.skips,
                expected_to_fail: self.expected_to_fail,
                is_not_run: self.could_not_run(),
            },
            flaky: self.flaky,
            is_blacklisted: self.is_blacklisted,
            message: match self.message.text() {
                "" => &self.unknown,
                // Its message is not why the test failed.
                _ if !self.unknown.is_empty() && !self.has_failed() => &self.unknown,
                message => message,
            },
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

    /// Adds the message of a further attempt, which a failure replaces.
    pub(super) fn explain_rerun(&mut self, message: &str) {
        if self.outcome.is_none() && self.message.text().is_empty() {
            self.message.push(message);
        }
    }

    /// Whether one of its children is a failure.
    pub(super) fn has_failed(&self) -> bool {
        self.outcome.is_some_and(Outcome::is_failing)
    }

    /// Adds an element of an unknown name, which no expectation covers.
    pub(super) fn add_unknown(&mut self, message: &str) {
        self.attribute_outcome = self.attribute_outcome.max(Some(Outcome::Failed));
        if self.unknown.is_empty() {
            self.unknown.push_str(message);
        }
    }

    /// The worst of its children and attributes.
    fn outcome(&self) -> Option<Outcome> {
        let by_children = match self.outcome {
            Some(_) if self.disabled => return Some(Outcome::Skipped),
            Some(outcome) if self.expected_to_fail && outcome.is_failing() => {
                Some(Outcome::Xfailed)
            }
            Some(_) if self.could_not_run() => Some(Outcome::Errored),
            None => self.rerun,
            outcome => outcome,
        };
        by_children.max(self.attribute_outcome)
    }

    /// Evaluates what Qt 5 writes as comments: a skip, and the reason of an expected failure.
    pub(super) fn read_qt5_comments(&mut self) {
        let comments = std::mem::take(&mut self.comments);
        for (kind, message) in qt5::messages(comments.text()) {
            match (&*kind, self.attribute_outcome) {
                // One row of a function was skipped, and others were not.
                ("skip", Some(_)) => {}
                ("skip", None) => self.add_verdict(Outcome::Skipped, &message),
                ("qfatal", _) => self.add_verdict(Outcome::Crashed, &message),
                ("info", Some(Outcome::Xfailed)) if self.message.text().is_empty() => {
                    self.message.push(&message);
                }
                _ => {}
            }
        }
        self.comments = comments;
    }

    /// CTest writes a test that it could not run as skipped, and counts it as failed.
    fn could_not_run(&self) -> bool {
        let why = self.message.text();
        let not_run = [self.outcome, self.attribute_outcome] == [Some(Outcome::Skipped); 2];
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
        let (suite, project) =
            suites.last().map_or(("", ""), |suite| (&*suite.name, &*suite.project));
        let (class, name) = match (self.class, self.name) {
            (class, "") if self.package.is_empty() => (class, class),
            // h2spec: the class describes the test.
            (class, "") => (self.package, class),
            (class, name) => (class, name),
        };
        let identity = match dialect.identity() {
            Identity::Project if project.is_empty() => Identity::ClassAndName,
            identity => identity,
        };
        let [parent, name] = match identity {
            Identity::Name => ["", name],
            Identity::Project => return push_playwright_name(project, suite, name, out),
            Identity::Suites => {
                for suite in suites {
                    names::push_parent(out, &suite.name, ".");
                }
                ["", name]
            }
            Identity::SuiteClassAndName => {
                names::push_parent(out, suite, ".");
                [class, name]
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

/// Appends a name as Playwright prints it: `[project] › file › describe › title`.
fn push_playwright_name(project: &str, file: &str, title: &str, out: &mut String) {
    let project = format!("[{project}]");
    names::push_parent(out, &project, " \u{203a} ");
    names::push_parent(out, file, " \u{203a} ");
    // With PLAYWRIGHT_JUNIT_INCLUDE_PROJECT_IN_TEST_NAME the title begins with the project too.
    out.push_str(title.strip_prefix(&*project).map_or(title, str::trim_start));
}

/// Whether a name is its class or begins with it.
fn includes_class(name: &str, class: &str) -> bool {
    let suffix = name.strip_prefix(class).filter(|_| !class.is_empty());
    suffix.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
}

fn ends_with_part(suite: &str, class: &str) -> bool {
    // The usual suite is the class: two texts of one length need no comparison.
    suite.len() > class.len()
        && suite.strip_suffix(class).is_some_and(|prefix| prefix.ends_with('/'))
}

fn is_doubled(class: &str, suite: &str) -> bool {
    class.len() > suite.len()
        && class.strip_prefix(suite).and_then(|rest| rest.strip_prefix('.')) == Some(suite)
}
