//! One test while the elements or lines that speak of it are read.
//!
//! In: what is said of it, in any order. Out: one event. The trap: a test that nothing was said of
//! has no outcome and is unfinished; a format in which silence means passing says so itself.

use crate::model::{Attempt, Event, Finished, Outcome, Place, RunBuilder, Sink};
use crate::syntax::bounded_text::Message;
use std::borrow::Cow;

/// A test that is being read.
#[derive(Debug, Default)]
pub struct Case {
    /// The 1-based line where it begins.
    pub line: u32,
    /// The whole name.
    pub name: String,
    /// How tries ended that this one followed, where the format says so.
    pub earlier: Vec<Outcome>,
    /// The worst that was said of it.
    pub outcome: Option<Outcome>,
    /// What was said about that.
    pub message: Message,
    /// Where it stands in the source; empty when nothing says so.
    pub file: String,
    /// The 1-based line there.
    pub file_line: Option<u64>,
}

impl Case {
    /// A test of this name.
    pub fn new(line: u32, name: impl Into<String>) -> Case {
        Case { line, name: name.into(), ..Case::default() }
    }

    /// Takes an outcome: the worst one counts.
    pub fn add(&mut self, outcome: Outcome) {
        self.outcome = self.outcome.max(Some(outcome));
    }

    /// Adds a line to what is said about it.
    pub fn say(&mut self, text: &str) {
        if !text.is_empty() {
            self.message.push_line(text.as_bytes());
        }
    }

    /// Takes where it stands in the source, as attributes say it; the first place counts.
    pub fn stands(&mut self, file: &str, line: &str) {
        if self.file.is_empty() {
            self.file.push_str(file.trim());
            self.file_line = line.trim().parse().ok().filter(|line| *line > 0);
        }
    }

    /// Hands it on: as finished, or as started when it has no outcome.
    pub fn end<S: Sink>(&self, builder: &mut RunBuilder<'_, S>) {
        // One of blanks alone is none.
        let name = Cow::Borrowed(if self.name.trim().is_empty() { "" } else { &self.name });
        let Some(outcome) = self.outcome else {
            return builder.event(self.line, Event::Started { name });
        };
        for &outcome in &self.earlier {
            let (name, attempt, message) = (name.clone(), Attempt::Retry, Cow::Borrowed(""));
            let finished = Finished { name, outcome, attempt, message, place: None };
            builder.event(self.line, Event::Finished(finished));
        }
        let place = match self.file.as_str() {
            "" => None,
            file => Some(Place { file: Cow::Borrowed(file), line: self.file_line }),
        };
        let message = Cow::Borrowed(self.message.text());
        let finished = Finished { name, outcome, attempt: Attempt::Only, message, place };
        builder.event(self.line, Event::Finished(finished));
    }
}

/// As [`exact_outcome`](super::test_record::exact_outcome), whatever the case and the blanks around the word.
pub fn caseless_outcome(words: &[(&str, Outcome)], word: &str) -> Outcome {
    let known = words.iter().find(|(known, _)| known.eq_ignore_ascii_case(word.trim()));
    known.map_or(Outcome::Failed, |(_, outcome)| *outcome)
}
