//! The elements in a testcase that report its outcome, or that of an earlier attempt.
//!
//! The name of an element is not its whole meaning: its type, message or text may make a failure a timeout, or an
//! expected failure.

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
    /// The outcome of an earlier attempt, or of a further one that changes nothing.
    Attempt(Outcome),
    /// The output of a suite that never ran a test.
    Printed,
}

/// The elements inside a testcase that have a meaning.
const CHILDREN: [(&str, Child); 9] = [
    ("failure", Child::Verdict(Outcome::Failed)),
    ("error", Child::Verdict(Outcome::Errored)),
    ("skipped", Child::Verdict(Outcome::Skipped)),
    ("ignored", Child::Verdict(Outcome::Skipped)),
    ("warning", Child::Verdict(Outcome::Failed)),
    ("flakyFailure", Child::Attempt(Outcome::Failed)),
    ("flakyError", Child::Attempt(Outcome::Errored)),
    ("rerunFailure", Child::Attempt(Outcome::Failed)),
    ("rerunError", Child::Attempt(Outcome::Errored)),
];

/// How the text of a child changes its outcome: the outcome by its name, where the text is, how it begins or ends,
/// the outcome then.
const REASONS: [(Outcome, ReasonSource, &str, Outcome); 17] = {
    use Outcome::{Crashed, Errored, Failed, Skipped, TimedOut, Xfailed, Xpassed};
    use ReasonSource::{Command, Message, Text, Type};
    [
        (Skipped, Type, "pytest.xfail", Xfailed),
        (Failed, Message, "[XPASS(strict)]", Xpassed),
        (Failed, Type, "unittest.case._UnexpectedSuccess", Xpassed),
        (Errored, Type, "unittest.case._UnexpectedSuccess", Xpassed),
        (Failed, Type, "RSpec::Core::Pending::PendingExampleFixed", Xpassed),
        (Failed, Type, "UnexpectedImprovement(Pass)", Xpassed),
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
    /// The meaning of the element of this name, if it has one.
    pub(super) fn from_name(name: &str) -> Option<Child> {
        test_record::lookup(&CHILDREN, name)
    }
}

impl OpenChild {
    /// The child that a tag starts.
    pub(super) fn new(tag: &Tag<'_>, child: Child, mut texts: TextBuffers) -> OpenChild {
        let TextBuffers { message, kind, text } = &mut texts;
        [message, kind, text].into_iter().for_each(BoundedText::clear);
        tag.attributes(|attribute, value| match attribute {
            "message" => texts.message.push(&value.text()),
            "type" => texts.kind.push(&value.text()),
            _ => {}
        });
        OpenChild { line: tag.line, child, texts }
    }

    /// Whether it only marks the test as still to be written.
    pub(super) fn is_todo(&self) -> bool {
        self.child == Child::Verdict(Outcome::Skipped) && self.texts.kind.text() == "todo"
    }

    /// The outcome, refined by its reason.
    pub(super) fn outcome(&self) -> Outcome {
        let by_name = match self.child {
            Child::Verdict(by_name) | Child::Attempt(by_name) => by_name,
            Child::Printed => Outcome::Errored,
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
