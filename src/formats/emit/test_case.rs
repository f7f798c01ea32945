//! One test while the elements or lines that speak of it are read.
//!
//! In: what is said of it, in any order. Out: one event. The trap: a test that nothing was said of
//! has no outcome and is unfinished; a format in which silence means passing says so itself.

use crate::model::{Attempt, Event, Finished, Outcome, RunBuilder, SourceLocation};
use crate::syntax::bounded_text::BoundedText;
use std::borrow::Cow;

/// A test that is being read.
#[derive(Debug, Default)]
pub(crate) struct TestCase {
    /// The 1-based line where it begins.
    pub line: u32,
    /// The whole name.
    pub name: String,
    /// How tries ended that this one followed, where the format says so.
    pub earlier_attempts: Vec<Outcome>,
    /// The worst that was said of it.
    pub outcome: Option<Outcome>,
    /// What was said about that.
    pub message: BoundedText,
    /// Where it stands in the source; empty when nothing says so.
    pub file: String,
    /// The 1-based line there.
    pub line_in_file: Option<u64>,
}

impl TestCase {
    /// A test of this name.
    pub(crate) fn new(line: u32, name: impl Into<String>) -> TestCase {
        TestCase { line, name: name.into(), ..TestCase::default() }
    }

    /// Takes an outcome: the worst one counts.
    pub(crate) fn add_outcome(&mut self, outcome: Outcome) {
        self.outcome = self.outcome.max(Some(outcome));
    }

    /// Adds a line to what is said about it.
    pub(crate) fn add_message(&mut self, text: &str) {
        if !text.is_empty() {
            self.message.push_line(text.as_bytes());
        }
    }

    /// Takes where it stands in the source, as attributes say it; the first place counts.
    pub(crate) fn set_location(&mut self, file: &str, line: &str) {
        if self.file.is_empty() {
            self.file.push_str(file.trim());
            self.line_in_file = line.trim().parse().ok().filter(|line| *line > 0);
        }
    }

    /// Hands it on: as finished, or as started when it has no outcome.
    pub(crate) fn emit(&self, builder: &mut RunBuilder<'_>) {
        // One of blanks alone is none.
        let name = Cow::Borrowed(if self.name.trim().is_empty() { "" } else { &self.name });
        let Some(outcome) = self.outcome else {
            return builder.handle(self.line, Event::Started { name });
        };
        for &outcome in &self.earlier_attempts {
            let (name, attempt, message) = (name.clone(), Attempt::Intermediate, Cow::Borrowed(""));
            let finished = Finished { name, outcome, attempt, message, location: None };
            builder.handle(self.line, Event::Finished(finished));
        }
        let location = match self.file.as_str() {
            "" => None,
            file => Some(SourceLocation { file: Cow::Borrowed(file), line: self.line_in_file }),
        };
        let message = Cow::Borrowed(self.message.text());
        let finished = Finished { name, outcome, attempt: Attempt::Final, message, location };
        builder.handle(self.line, Event::Finished(finished));
    }
}

/// As [`exact_outcome`](super::test_record::exact_outcome), whatever the case and the blanks around the word.
pub(crate) fn outcome_for_ignore_case(words: &[(&str, Outcome)], word: &str) -> Outcome {
    let known = words.iter().find(|(known, _)| known.eq_ignore_ascii_case(word.trim()));
    known.map_or(Outcome::Failed, |(_, outcome)| *outcome)
}
