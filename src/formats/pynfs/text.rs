//! What pynfs prints: a list of tests between two lines of stars, and how many there are of each kind.
//!
//! With `-v` each test is printed when it starts and when it ends too, so that a run that was cut off has results.
//! Tests that were omitted are counted, and are in the list only with `--showomit`.

use crate::formats::emit::{
    PendingTest, emit_bail_out, emit_started, known_or_failed, lookup, saturating_sum,
};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::for_each_line;
use std::collections::HashMap;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["pynfs"],
    title: "pynfs (testserver.py of nfs4.0 and nfs4.1)",
    test_name: "the code, such as `MKDIR4`",
    outcomes: &OUTCOMES,
    incomplete: "no `Of those: …` at the end; `Tests interrupted!`; a test starts and never ends",
    totals: "failed, warned and passed tests, and skipped ones where they are listed; `Command line asked for N`",
    link: "https://linux-nfs.org/wiki/index.php/Pynfs",
    sniff: Sniff::Lines(|head| {
        let is_known = |(_, word): (&str, &str)| lookup(&OUTCOMES, word).is_some();
        head.lines().any(|line| parse_row(line).is_some_and(is_known))
    }),
    read,
};

/// A warning is a pass for which there was a better way.
const OUTCOMES: [(&str, Outcome); 8] = [
    ("PASS", Outcome::Passed),
    ("WARNING", Outcome::Passed),
    ("FAILURE", Outcome::Failed),
    ("OMIT", Outcome::Skipped),
    ("UNSUPPORTED", Outcome::Skipped),
    ("WAITING TO RUN", Outcome::Skipped),
    (RUNNING, Outcome::Unfinished),
    ("NOT RUN", Outcome::Unfinished),
];

const RUNNING: &str = "RUNNING";

/// What the last line counts, and the words that are counted.
const COUNTS: [(&str, &[&str]); 4] = [
    (SKIPPED, &["OMIT", "WAITING TO RUN"]),
    ("Failed", &["FAILURE"]),
    ("Warned", &["WARNING", "UNSUPPORTED"]),
    ("Passed", &["PASS"]),
];

const SKIPPED: &str = "Skipped";

/// The width of a test's code and name in a row.
const NAME_WIDTH: usize = 65;

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader =
        PynfsReader { builder, current: None, words: HashMap::new(), asked: None, ended: false };
    let read = for_each_line(input, |line| reader.line(line.number, line.text));
    reader.end_test();
    read.complete_if(reader.ended)
}

struct PynfsReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The test whose message is being read.
    current: Option<PendingTest>,
    /// The words of the tests so far, by code.
    words: HashMap<String, String>,
    /// How many tests the command line asked for.
    asked: Option<u64>,
    ended: bool,
}

impl PynfsReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        if let Some((code, word)) = parse_row(line) {
            self.end_test();
            self.row(number, code, word);
        } else if let Some(message) = line.strip_prefix("          ") {
            if let Some(test) = &mut self.current {
                test.message.push_line(message.trim().as_bytes());
            }
        } else {
            self.end_test();
            self.end(number, line);
        }
    }

    fn row(&mut self, number: u32, code: &str, word: &str) {
        if self.ended {
            // Another run in the same file.
            self.words.clear();
            self.asked = None;
            self.ended = false;
        }
        let known = lookup(&OUTCOMES, word);
        if self.words.insert(code.to_owned(), word.to_owned()).as_deref() == Some(word) {
            return;
        }
        if known == Some(Outcome::Unfinished) {
            return emit_started(code, number, self.builder);
        }
        let (outcome, unknown) = known_or_failed(known, "status", word);
        let mut test = PendingTest::new(number, code, outcome);
        test.message.push(&unknown);
        self.current = Some(test);
    }

    fn end_test(&mut self) {
        if let Some(test) = self.current.take() {
            test.emit(self.builder);
        }
    }

    fn end(&mut self, number: u32, line: &str) {
        if line.starts_with("Tests interrupted!") {
            emit_bail_out(line, number, self.builder);
        } else if let Some(asked) = line.strip_prefix("Command line asked for ") {
            self.asked = asked.split(' ').next().and_then(|count| count.parse().ok());
        } else if let Some(counts) = line.strip_prefix("Of those: ") {
            self.ended = true;
            self.compare_totals(number, counts);
        }
    }

    fn compare_totals(&mut self, number: u32, counts: &str) {
        let declared = |what: &str| {
            let mut counts = counts.split(", ").filter_map(|count| count.split_once(' '));
            let count = counts.find(|(_, kind)| kind.trim_end() == what);
            count.and_then(|(count, _)| count.parse::<u64>().ok()).unwrap_or(0)
        };
        let seen = |words: &[&str]| {
            self.words.values().filter(|word| words.contains(&word.as_str())).count() as u64
        };
        let listed = |(what, words): &&(&str, &[&str])| *what != SKIPPED || seen(words) > 0;
        let missing = COUNTS
            .iter()
            .filter(listed)
            .map(|(what, words)| (*what, declared(what).saturating_sub(seen(words))));
        let missing: Vec<(&str, u64)> = missing.collect();
        let of = |what: &str| lookup(&missing, what).unwrap_or(0);
        let hidden = if seen(COUNTS[0].1) > 0 { 0 } else { declared(SKIPPED) };
        let tests = self.words.len() as u64;
        let unknown = self.words.values().filter(|word| lookup(&OUTCOMES, word.as_str()).is_none());
        let unknown = unknown.count() as u64;
        let asked = self.asked.unwrap_or(0).saturating_sub(hidden);
        let all = saturating_sum(missing.iter().map(|(_, count)| *count)).saturating_sub(unknown);
        let tests = Some(tests.saturating_add(all).max(asked)).filter(|tests| *tests > 0);
        self.builder.expect_tests(number, tests);
        let failing = seen(&["FAILURE"]).saturating_add(unknown);
        self.builder
            .expect_failures(number, failing.saturating_add(of("Failed").saturating_sub(unknown)));
        let skipped = seen(&["OMIT", "WAITING TO RUN", "UNSUPPORTED"]);
        self.builder.expect_skips(number, skipped.saturating_add(of(SKIPPED)));
    }
}

/// The code and the status in `MKDIR4   st_mkdir.testInvalid          : PASS`.
fn parse_row(line: &str) -> Option<(&str, &str)> {
    let (test, word) = line.rsplit_once(" : ")?;
    let mut parts = test.split_whitespace();
    let (code, name) = (parts.next()?, parts.next()?);
    let is_row = test.len() >= NAME_WIDTH && !test.starts_with(' ') && parts.next().is_none();
    let is_word = !word.is_empty() && word.len() <= 30;
    (is_row && is_word && name.contains('.')).then_some((code, word.trim_end()))
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    fn row(code: &str, word: &str) -> String {
        format!("{:<65} : {word}\n", format!("{code:<8} st_a.test{code}"))
    }

    #[test]
    fn list_repeats_what_verbose_printed_and_unlisted_skips_are_no_gap() {
        let stars = "*".repeat(50);
        let run = |failed: u32, more: &str| {
            let text = format!(
                "{}{}           why\n           so\n{}{}{more}{stars}\n{}{}           why\n           so\n{stars}\n\
                 Command line asked for 4 of 9 tests\nOf those: 2 Skipped, {failed} Failed, 0 Warned, 1 Passed\n",
                row("A1", "RUNNING"),
                row("A1", "FAILURE"),
                row("A2", "RUNNING"),
                row("A2", "PASS"),
                row("A2", "PASS"),
                row("A1", "FAILURE"),
            );
            read_as("pynfs", &text)
        };
        assert_eq!(run(1, "").0, ["failed A1: why\nso", "passed A2"]);
        assert_eq!(run(1, "").1, []);
        assert_eq!(run(2, "").1.len(), 2);
        assert_eq!(run(1, &row("A3", "ZORKED")).0[2], "failed A3: unknown status `ZORKED`");
        assert_eq!(run(1, &row("A3", "RUNNING")).0[2], "unfinished A3");
    }
}
