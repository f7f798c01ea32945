//! A test whose parts arrive one by one, in any order.
//!
//! A test without an outcome is unfinished; in a format in which it has passed, the reader sets that outcome.

use super::test_record::{known_or_failed, lookup_ignore_case};
use crate::model::{Attempt, Event, Finished, Outcome, RunBuilder, SourceLocation};
use crate::syntax::bounded_text::BoundedText;
use std::borrow::Cow;

/// A test that is being read.
#[derive(Debug, Default)]
pub(crate) struct TestCase {
    /// The 1-based line where it begins.
    pub line: u32,
    /// The full name.
    pub name: String,
    /// The outcomes of earlier attempts, where the format has them.
    pub earlier_attempts: Vec<Outcome>,
    /// The worst outcome so far.
    pub outcome: Option<Outcome>,
    /// The message that explains the outcome.
    pub message: BoundedText,
    /// The source file; empty where it is not known.
    pub file: String,
    /// The 1-based line in the source file.
    pub line_in_file: Option<u64>,
}

impl TestCase {
    pub(crate) fn new(line: u32, name: impl Into<String>) -> TestCase {
        TestCase { line, name: name.into(), ..TestCase::default() }
    }

    /// Adds an outcome: the worst one counts.
    pub(crate) fn add_outcome(&mut self, outcome: Outcome) {
        self.outcome = self.outcome.max(Some(outcome));
    }

    /// Adds a known outcome; else a failure whose message names the word, which is a `what` of the format.
    pub(crate) fn add_known(&mut self, known: Option<Outcome>, what: &str, word: &str) -> Outcome {
        let (outcome, message) = known_or_failed(known, what, word);
        self.add_outcome(outcome);
        self.add_message(&message);
        outcome
    }

    /// Adds a failure whose message names an element or attribute that the format does not have.
    pub(crate) fn add_unknown(&mut self, what: &str, name: &str) {
        self.add_known(None, what, name);
    }

    pub(crate) fn add_message(&mut self, text: &str) {
        if !text.is_empty() {
            self.message.push_line(text.as_bytes());
        }
    }

    /// Sets the location in the source, unless one is set already.
    pub(crate) fn set_location(&mut self, file: &str, line: &str) {
        if self.file.is_empty() {
            self.file.push_str(file.trim());
            self.line_in_file = line.trim().parse().ok().filter(|line| *line > 0);
        }
    }

    /// Emits it: as finished, or as started when it has no outcome.
    pub(crate) fn emit(&self, builder: &mut RunBuilder<'_>) {
        // A name of whitespace alone is none.
        let name = if self.name.trim().is_empty() { "" } else { &self.name };
        let Some(outcome) = self.outcome else {
            return builder.handle(self.line, Event::Started { name: name.into() });
        };
        for &outcome in &self.earlier_attempts {
            let attempt = Attempt::Intermediate;
            let finished = Finished { attempt, ..Finished::new(name, outcome, "") };
            builder.handle(self.line, Event::Finished(finished));
        }
        let location = match self.file.as_str() {
            "" => None,
            file => Some(SourceLocation { file: Cow::Borrowed(file), line: self.line_in_file }),
        };
        let finished = Finished { location, ..Finished::new(name, outcome, self.message.text()) };
        builder.handle(self.line, Event::Finished(finished));
    }
}

/// The outcome of a word in a format's table, ignoring case and surrounding whitespace; other words are failures.
pub(crate) fn outcome_for_ignore_case(words: &[(&str, Outcome)], word: &str) -> Outcome {
    lookup_ignore_case(words, word.trim()).unwrap_or(Outcome::Failed)
}
