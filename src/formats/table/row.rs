//! A row of a table: which columns there are, and what their words mean.

use crate::formats::emit::{TestRecord, known_or_failed, names};
use crate::model::{Attempt, Event, Outcome, PlanScope, RunBuilder, truncate_at_char};
use std::collections::BTreeMap;

/// A column that is read; the others are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Name,
    Outcome,
    Suite,
    Class,
    Message,
    File,
    Line,
    Retry,
}

/// The number of columns.
pub(super) const COLUMNS: usize = 8;

/// The names of each column. Of several, the first one counts.
pub(super) const COLUMN_NAMES: [(Column, &[&str]); COLUMNS] = [
    (Column::Name, &["name", "test", "test_name", "testname", "id"]),
    (Column::Outcome, &["outcome", "status", "result"]),
    (Column::Suite, &["suite", "module"]),
    (Column::Class, &["class", "classname"]),
    (Column::Message, &["message", "reason", "error"]),
    (Column::File, &["source", "file"]),
    (Column::Line, &["source_line", "line"]),
    (Column::Retry, &["retry"]),
];

/// The words of outcomes, in any case; `-`, `_` and a space are the same.
pub(super) const OUTCOMES: [(&str, Outcome); 31] = [
    ("passed", Outcome::Passed),
    ("pass", Outcome::Passed),
    ("ok", Outcome::Passed),
    ("success", Outcome::Passed),
    ("successful", Outcome::Passed),
    ("failed", Outcome::Failed),
    ("fail", Outcome::Failed),
    ("failure", Outcome::Failed),
    ("not ok", Outcome::Failed),
    ("errored", Outcome::Errored),
    ("error", Outcome::Errored),
    ("crashed", Outcome::Crashed),
    ("crash", Outcome::Crashed),
    ("timed-out", Outcome::TimedOut),
    ("timedout", Outcome::TimedOut),
    ("timeout", Outcome::TimedOut),
    ("skipped", Outcome::Skipped),
    ("skip", Outcome::Skipped),
    ("ignored", Outcome::Skipped),
    ("disabled", Outcome::Skipped),
    ("xfailed", Outcome::Xfailed),
    ("xfail", Outcome::Xfailed),
    ("expected failure", Outcome::Xfailed),
    ("expected fail", Outcome::Xfailed),
    ("xpassed", Outcome::Xpassed),
    ("xpass", Outcome::Xpassed),
    ("uxsuccess", Outcome::Xpassed),
    ("unexpected success", Outcome::Xpassed),
    ("unexpected pass", Outcome::Xpassed),
    ("unfinished", Outcome::Unfinished),
    ("started", Outcome::Unfinished),
];

/// What both formats write of the name of a test.
pub(super) const TEST_NAME: &str = "`name`, also called `test`, `test_name`, `testname` or `id`; after `suite` or `module` and `class` or `classname`, \
     joined by dots";

/// What shows in both formats that a run is incomplete.
pub(super) const INCOMPLETE: &str = "a word that is not in this table, a row without a name or an outcome, a row that cannot be read, fewer or more \
     tests than the plan, a test that is `unfinished`";

/// The texts of one row, by column.
#[derive(Debug, Default)]
pub(super) struct Row<'a>(pub(super) [&'a str; COLUMNS]);

impl Row<'_> {
    fn get(&self, column: Column) -> &str {
        self.0[column as usize]
    }

    /// Emits the result, and what is wrong with the row.
    pub(super) fn emit(&self, line: u32, builder: &mut RunBuilder<'_>, promises: &mut Promises) {
        let (word, own_name) = (self.get(Column::Outcome), self.get(Column::Name));
        let (outcome, unknown) = if word.is_empty() {
            emit_damage("the row has no outcome", line, builder);
            (Outcome::Unfinished, String::new())
        } else {
            known_or_failed(outcome_of_word(word), "outcome", word)
        };
        if !unknown.is_empty() {
            emit_damage(&unknown, line, builder);
        }
        if own_name.is_empty() {
            emit_damage("the row has no name", line, builder);
        }
        let name = names::join(&[self.get(Column::Suite), self.get(Column::Class), own_name], ".");
        let attempt = self.attempt();
        promises.note_attempt(&name, attempt, line, builder);
        let message = self.get(Column::Message);
        TestRecord::new(name, outcome)
            .message(if unknown.is_empty() { message } else { &unknown })
            .location(self.get(Column::File), self.get(Column::Line).parse().ok())
            .attempt(attempt)
            .emit(line, builder);
    }

    fn attempt(&self) -> Attempt {
        if is_yes(self.get(Column::Retry)) { Attempt::Intermediate } else { Attempt::Final }
    }
}

/// Maximum number of tests with a pending attempt, and how much of a name is shown, in bytes.
const MAX_PENDING: usize = 100_000;
const MAX_SHOWN_LEN: usize = 200;

/// What a table declares to have.
#[derive(Debug, Default)]
pub(super) struct Promises {
    /// The number of tests; each part of a table that was joined from several declares its own.
    tests: Option<u64>,
    /// The tests of which another attempt has to follow, with the line of the present one.
    pending: BTreeMap<String, u32>,
}

impl Promises {
    /// Adds a number of tests.
    pub(super) fn add_tests(&mut self, tests: u64) {
        self.tests = Some(self.tests.unwrap_or(0).saturating_add(tests));
    }

    fn note_attempt(
        &mut self,
        name: &str,
        attempt: Attempt,
        line: u32,
        builder: &mut RunBuilder<'_>,
    ) {
        match attempt {
            Attempt::Final if self.pending.is_empty() => {}
            Attempt::Final => drop(self.pending.remove(name)),
            Attempt::Intermediate if self.pending.len() < MAX_PENDING => {
                self.pending.insert(name.to_owned(), line);
            }
            Attempt::Intermediate => emit_damage("too many tests await an attempt", line, builder),
        }
    }

    /// Emits the plan, with which the tests of the whole file are compared, and the first attempt that never came.
    pub(super) fn emit(&self, line: u32, builder: &mut RunBuilder<'_>) {
        if let Some(tests) = self.tests {
            builder.handle(line, Event::Plan { tests, scope: PlanScope::ChildrenExact });
        }
        if let Some((name, line)) = self.pending.iter().min_by_key(|(_, line)| **line) {
            let name = truncate_at_char(name, MAX_SHOWN_LEN);
            let what = format!("no other attempt of `{name}` follows its `retry`");
            emit_damage(&what, *line, builder);
        }
    }
}

pub(super) fn emit_damage(what: &str, line: u32, builder: &mut RunBuilder<'_>) {
    builder.handle(line, Event::Damaged { what: what.into() });
}

fn outcome_of_word(word: &str) -> Option<Outcome> {
    let known = OUTCOMES.iter().find(|(known, _)| is_same_word(known, word));
    known.map(|(_, outcome)| *outcome)
}

/// Whether two words differ in case and in what separates their parts only.
pub(super) fn is_same_word(one: &str, other: &str) -> bool {
    let fold = |byte: u8| match byte {
        b'-' | b'_' => b' ',
        byte => byte.to_ascii_lowercase(),
    };
    one.len() == other.len() && one.bytes().map(fold).eq(other.bytes().map(fold))
}

/// Whether another attempt followed.
fn is_yes(word: &str) -> bool {
    ["true", "yes", "1"].iter().any(|yes| yes.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_in_the_order_of_their_enum() {
        for (index, (column, names)) in COLUMN_NAMES.iter().enumerate() {
            assert_eq!(*column as usize, index);
            assert!(!names.is_empty());
        }
    }

    #[test]
    fn outcome_words_are_a_closed_set() {
        for (word, expected) in [
            ("PASS", Some(Outcome::Passed)),
            ("Ok", Some(Outcome::Passed)),
            ("not_ok", Some(Outcome::Failed)),
            ("NOT OK", Some(Outcome::Failed)),
            ("timed_out", Some(Outcome::TimedOut)),
            ("Timed out", Some(Outcome::TimedOut)),
            ("notok", None),
            ("passed?", None),
            ("true", None),
            ("0", None),
        ] {
            assert_eq!(outcome_of_word(word), expected, "{word}");
        }
        for outcome in Outcome::ALL.iter().copied() {
            assert_eq!(outcome_of_word(outcome.as_str()), Some(outcome), "a record's own words");
        }
    }
}
