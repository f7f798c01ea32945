//! The elements in a testcase that report its outcome, or that of an earlier attempt.
//!
//! The name of an element is not its whole meaning: its type, message or text may make a failure a timeout, or an
//! expected failure.

use super::words;
use crate::formats::emit::test_record;
use crate::model::Outcome;
use crate::syntax::{BoundedText, Tag};
use memchr::memmem::Finder;
use std::borrow::Cow;
use std::cell::LazyCell;
use std::sync::LazyLock;

/// The meaning of an element inside a testcase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Child {
    /// The outcome of the test.
    Verdict(Outcome),
    /// The outcome of an earlier attempt.
    Attempt(Outcome),
    /// The outcome of a further attempt of a test that failed in all of them.
    Rerun(Outcome),
    /// The output of a suite that never ran a test.
    Printed,
    /// An element of an unknown name, which may mean that the test failed.
    Unknown,
}

/// The elements inside a testcase that have a meaning of their own; any other word of [`words::OUTCOMES`] has the same
/// as in an attribute.
const CHILDREN: [(&str, Child); 10] = [
    ("failure", Child::Verdict(Outcome::Failed)),
    ("error", Child::Verdict(Outcome::Errored)),
    ("skipped", Child::Verdict(Outcome::Skipped)),
    ("flakyFailure", Child::Attempt(Outcome::Failed)),
    ("flakyError", Child::Attempt(Outcome::Errored)),
    ("rerunFailure", Child::Rerun(Outcome::Failed)),
    ("rerunError", Child::Rerun(Outcome::Errored)),
    // A failed assumption, as Ant's junitlauncher writes it.
    ("aborted", Child::Verdict(Outcome::Skipped)),
    ("success", Child::Verdict(Outcome::Passed)),
    ("passed", Child::Verdict(Outcome::Passed)),
];

/// The elements inside a testcase or suite that have nothing to do with the outcome.
const BOOKKEEPING: [&str; 40] = [
    "properties",
    "property",
    "output",
    "stdout",
    "stderr",
    "system_out",
    "system_err",
    "log",
    "logs",
    "attachments",
    "attachment",
    "artifacts",
    "artifact",
    "screenshots",
    "screenshot",
    "video",
    "metadata",
    "meta",
    // Flank.
    "webLink",
    "link",
    "links",
    "url",
    "tags",
    "tag",
    "labels",
    "label",
    "categories",
    "category",
    "groups",
    "group",
    "traits",
    "trait",
    "requirements",
    "requirement",
    "description",
    "parameters",
    "parameter",
    "comment",
    "comments",
    "benchmark",
];

/// How the text of a child changes its outcome: the outcome by its name, where the text is, how it begins or ends,
/// the outcome then.
const REASONS: [(Outcome, ReasonSource, &str, Outcome); 26] = {
    use Outcome::{Crashed, Errored, Failed, Skipped, TimedOut, Xfailed, Xpassed};
    use ReasonSource::{Command, Message, Text, Type};
    [
        (Skipped, Type, "pytest.xfail", Xfailed),
        (Failed, Message, "[XPASS(strict)]", Xpassed),
        // pytest-xdist, whose report of a worker that crashed has no phase.
        (Errored, Message, "failed on setup with \"worker '", Crashed),
        (Failed, Type, "unittest.case._UnexpectedSuccess", Xpassed),
        (Errored, Type, "unittest.case._UnexpectedSuccess", Xpassed),
        (Failed, Type, "RSpec::Core::Pending::PendingExampleFixed", Xpassed),
        (Failed, Type, "UnexpectedImprovement(Pass)", Xpassed),
        // Qt 5 as `@result`, Qt 6 as `@type`.
        (Failed, Type, "xpass", Xpassed),
        (Errored, Type, "qfatal", Crashed),
        // TAP::Formatter::JUnit
        (Errored, Type, "TodoTestSucceeded", Xpassed),
        // Criterion
        (Errored, Type, "crash", Crashed),
        (Errored, Type, "timeout", TimedOut),
        // Ginkgo
        (Failed, Type, "timedout", TimedOut),
        (Errored, Type, "panicked", Crashed),
        (Errored, Type, "timedout", TimedOut),
        // nextest, node, deqp-runner, JUnit 4, lit, bats
        (Failed, Type, "test timeout", TimedOut),
        (Failed, Type, "testTimeoutFailure", TimedOut),
        (Failed, Type, "Timeout", TimedOut),
        (Errored, Type, "org.junit.runners.model.TestTimedOut", TimedOut),
        (Failed, Text, "Timeout: Reached timeout", TimedOut),
        (Failed, Command, "' failed due to timeout", TimedOut),
        (Failed, Type, "test abort", Crashed),
        (Errored, Type, "test abort", Crashed),
        (Failed, Type, "Crash", Crashed),
        (Failed, Type, "Missing", Errored),
        (Errored, Type, "test timeout", TimedOut),
    ]
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReasonSource {
    /// At the start of `@type`.
    Type,
    /// At the start of `@message`.
    Message,
    /// At the start of one of the first lines of the text.
    Text,
    /// At the end of one of these lines, if it quotes a command as bats does.
    Command,
}

/// Contained in every reason of the sources [`ReasonSource::Text`] and [`ReasonSource::Command`].
static TIMEOUT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("timeout"));

/// The number of lines of a text that are searched: bats writes a stack trace first, a line for each function.
const MAX_LINES: usize = 10;

/// The message of Catch2's mark on a test that may fail.
const MAYFAIL: &str = "TEST_CASE tagged with !mayfail";

fn is_command(line: &str) -> bool {
    line.trim_ascii_start().starts_with('`')
}

/// An open element of [`CHILDREN`].
#[derive(Debug)]
pub(super) struct OpenChild {
    pub line: u32,
    pub child: Child,
    pub texts: TextBuffers,
}

/// The texts of a child; reused for the next one.
#[derive(Debug, Default)]
pub(super) struct TextBuffers {
    message: BoundedText,
    kind: BoundedText,
    pub text: BoundedText,
}

impl Child {
    /// The meaning of the element of this name inside a testcase or suite; `None` where it has none.
    pub(super) fn from_name(name: &str) -> Option<Child> {
        let is_bookkeeping = BOOKKEEPING.contains(&name);
        (!is_bookkeeping).then(|| Child::known(name).unwrap_or(Child::Unknown))
    }

    /// Whether it is the name of an element that gives an outcome.
    pub(super) fn is_known(name: &str) -> bool {
        Child::known(name).is_some()
    }

    fn known(name: &str) -> Option<Child> {
        let by_word = || words::outcome_for_word(name).map(Child::Verdict);
        // `run` and the like may contain anything.
        let by_word = || by_word().filter(|child| *child != Child::Verdict(Outcome::Passed));
        test_record::lookup(&CHILDREN, name).or_else(by_word)
    }
}

impl OpenChild {
    /// The child that a tag starts.
    pub(super) fn new(tag: &Tag<'_>, child: Child, mut texts: TextBuffers) -> OpenChild {
        let TextBuffers { message, kind, text } = &mut texts;
        [message, kind, text].into_iter().for_each(BoundedText::clear);
        if child == Child::Unknown {
            texts.message.push_line(words::unknown("element", tag.name()).as_bytes());
        }
        tag.attributes(|attribute, value| match attribute {
            "message" if child == Child::Unknown => {
                texts.message.push_line(value.text().as_bytes());
            }
            "message" => texts.message.push(&value.text()),
            "type" => texts.kind.push(&value.text()),
            // Qt 5, which writes no type.
            "result" if texts.kind.text().is_empty() => texts.kind.push(&value.text()),
            _ => {}
        });
        OpenChild { line: tag.line, child, texts }
    }

    /// Whether it only marks the test as still to be written.
    pub(super) fn is_todo(&self) -> bool {
        self.child == Child::Verdict(Outcome::Skipped) && self.texts.kind.text() == "todo"
    }

    /// Whether it only marks the test as one that may fail or should: Catch2 writes the same for `[!mayfail]` and
    /// `[!shouldfail]`, and only if an assertion failed.
    pub(super) fn is_mayfail(&self) -> bool {
        self.child == Child::Verdict(Outcome::Skipped) && self.texts.message.text() == MAYFAIL
    }

    /// The outcome, refined by its reason.
    pub(super) fn outcome(&self) -> Outcome {
        let by_name = match self.child {
            // `<passed>false</passed>`
            Child::Verdict(Outcome::Passed) if words::is_no(self.texts.text.text().trim()) => {
                Outcome::Failed
            }
            Child::Verdict(by_name) | Child::Attempt(by_name) | Child::Rerun(by_name) => by_name,
            Child::Printed => Outcome::Errored,
            Child::Unknown => Outcome::Failed,
        };
        let TextBuffers { message, kind, text } = &self.texts;
        let (kind, message, text) = (kind.text(), message.text(), text.text());
        let lines = || text.lines().take(MAX_LINES);
        // Hardly any text contains it; the others need not be split into lines.
        let may_hold = LazyCell::new(|| TIMEOUT.find(text.as_bytes()).is_some());
        let reason = REASONS.iter().find(|(applies_to, source, words, _)| {
            *applies_to == by_name
                && match source {
                    ReasonSource::Type => kind.starts_with(words),
                    ReasonSource::Message => message.starts_with(words),
                    ReasonSource::Text => *may_hold && lines().any(|line| line.starts_with(words)),
                    ReasonSource::Command => {
                        *may_hold && lines().any(|line| is_command(line) && line.ends_with(words))
                    }
                }
        });
        reason.map_or(by_name, |(_, _, _, outcome)| *outcome)
    }

    /// `@message`, and the text where it has more; else `@type`.
    pub(super) fn message(&self) -> Cow<'_, str> {
        let TextBuffers { message, kind, text } = &self.texts;
        match (message.text(), text.text()) {
            ("", "") => Cow::Borrowed(kind.text()),
            ("", only) | (only, "") => Cow::Borrowed(only),
            (message, text) if text.starts_with(message) => Cow::Borrowed(text),
            (message, text) if message.contains(text) => Cow::Borrowed(message),
            (message, text) => Cow::Owned(format!("{message}\n{text}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_reasons_contain_timeout() {
        let in_lines =
            |source: &ReasonSource| matches!(source, ReasonSource::Text | ReasonSource::Command);
        let words = REASONS.iter().filter(|(_, source, _, _)| in_lines(source));
        assert!(words.clone().count() > 0);
        assert!(words.clone().all(|(_, _, words, _)| TIMEOUT.find(words.as_bytes()).is_some()));
    }
}
