//! pjdfstest in Rust: a test a line, its name and a word padded to 80 columns, and the totals at the end.
//!
//! The older pjdfstest, which is a suite of shell scripts, prints TAP.

use crate::formats::emit::{
    PendingTest, emit_plan, known_or_failed, lookup, saturating_sum, total_in_text,
};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::for_each_line;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["pjdfstest-rs"],
    title: "pjdfstest in Rust",
    test_name: "the name, as in chmod::enoent::dir",
    outcomes: &OUTCOMES,
    incomplete: "no `Summary:` or `Tests:` at the end; fewer tests than it counts",
    totals: "the last line: failed, skipped and passed tests, expected failures and all tests",
    link: "https://github.com/saidsay-so/pjdfstest",
    sniff: Sniff::Lines(sniff),
    read,
};

const OUTCOMES: [(&str, Outcome); 5] = [
    ("ok", Outcome::Passed),
    ("FAILED", Outcome::Failed),
    ("skipped", Outcome::Skipped),
    ("failed as expected", Outcome::Xfailed),
    ("PASSED UNEXPECTEDLY", Outcome::Xpassed),
];

/// A total, with the outcomes that it counts.
type Total = (&'static str, &'static [Outcome]);

static TOTALS: [Total; 4] = [
    ("failed", &[Outcome::Failed, Outcome::Xpassed]),
    ("skipped", &[Outcome::Skipped]),
    ("passed", &[Outcome::Passed]),
    ("expected failures", &[Outcome::Xfailed]),
];

/// What the line of totals begins with, and how many of the totals it has: before 0.2, there were no expected failures.
const SUMMARIES: [(&str, usize); 2] = [("Summary: ", 4), ("Tests: ", 3)];

/// The width to which a line is padded.
const WIDTH: usize = 80;

fn sniff(head: &str) -> bool {
    let first = head.lines().find(|line| !line.trim().is_empty());
    first.is_some_and(|line| line.len() >= WIDTH && parse_result(line).is_some())
}

/// The name and the word of a result. An unknown word is one if it is padded.
fn parse_result(line: &str) -> Option<(&str, &str)> {
    let (name, padded) = line.split_once(' ')?;
    let word = padded.trim();
    let is_character = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
    let is_name = name.contains("::") && name.chars().all(is_character);
    let is_padded = padded.starts_with(' ') && line.trim_end().len() == WIDTH;
    (is_name && (is_padded || lookup(&OUTCOMES, word).is_some())).then_some((name, word))
}

/// The counts of the last line, and the totals that it has.
fn parse_summary(line: &str) -> Option<(&str, &'static [Total])> {
    SUMMARIES.iter().find_map(|(start, len)| Some((line.strip_prefix(start)?, TOTALS.get(..*len)?)))
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader =
        PjdfstestReader { builder, pending: None, seen: 0, is_open: false, has_ended: false };
    let read = for_each_line(input, |line| {
        // The last word may be cut off.
        if line.has_newline || parse_result(line.text).is_none() {
            reader.line(line.number, line.text);
        }
    });
    reader.flush();
    let is_complete = reader.has_ended && !reader.is_open;
    read.complete_if(is_complete)
}

struct PjdfstestReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The last result, whose message may follow.
    pending: Option<PendingTest>,
    /// How many tests the present run has.
    seen: u64,
    /// Whether there were results since the last summary.
    is_open: bool,
    has_ended: bool,
}

impl PjdfstestReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        if let Some((name, word)) = parse_result(line) {
            self.flush();
            if !self.is_open {
                self.is_open = true;
                self.seen = 0;
                self.builder.handle(number, Event::SuiteStarted { name: None });
            }
            self.seen += 1;
            let (outcome, unknown) = known_or_failed(lookup(&OUTCOMES, word), "status", word);
            let mut test = PendingTest::new(number, name, outcome);
            test.message.push(&unknown);
            self.pending = Some(test);
        } else if let Some((counts, totals)) = parse_summary(line) {
            self.flush();
            self.summary(number, counts, totals);
        } else if let Some(test) = &mut self.pending {
            test.message.push_line(line.trim().as_bytes());
        }
    }

    fn summary(&mut self, line: u32, counts: &str, totals: &[Total]) {
        self.has_ended = true;
        let count = |name: &str, builder: &mut RunBuilder<'_>| {
            let counts = counts.split(", ").find_map(|count| count.strip_suffix(name));
            total_in_text(name, counts.unwrap_or(""), line, builder)
        };
        let parts = totals.iter().map(|(name, _)| count(name, self.builder).unwrap_or(0));
        let parts: Vec<u64> = parts.collect();
        let total = count("total", self.builder).max(Some(saturating_sum(parts.iter().copied())));
        let sum = |is_counted: fn(Outcome) -> bool| {
            let counted = totals.iter().zip(&parts);
            let counted =
                counted.filter(|((_, outcomes), _)| outcomes.iter().all(|o| is_counted(*o)));
            saturating_sum(counted.map(|(_, part)| *part))
        };
        emit_plan(total, self.seen, line, self.builder);
        self.builder.expect_failures(line, sum(Outcome::is_failing));
        self.builder.expect_skips(line, sum(|o| matches!(o, Outcome::Skipped | Outcome::Xfailed)));
        if self.is_open {
            self.is_open = false;
            self.builder.handle(line, Event::SuiteEnded);
        }
    }

    fn flush(&mut self) {
        if let Some(test) = self.pending.take() {
            test.emit(self.builder);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    fn result(name: &str, word: &str) -> String {
        format!("{name}{word:>width$}\n", width = 80 - name.len())
    }

    #[test]
    fn words_and_totals_are_read() {
        let results = [
            result("chmod::enoent", "ok"),
            result("mkdir::times::a", "FAILED"),
            "\tTimestamps did not change\n".to_owned(),
            result("link::x", "skipped"),
            result("open::y", "failed as expected"),
            result("open::z", "PASSED UNEXPECTEDLY"),
            result("open::q", "zorked"),
        ];
        let read = |counts: &str| {
            read_as("pjdfstest-rs", &format!("{}\nSummary: {counts}\n", results.concat()))
        };
        let run = read("2 failed, 1 skipped, 1 passed, 1 expected failures, 6 total");
        let expected = [
            "passed chmod::enoent",
            "failed mkdir::times::a: Timestamps did not change",
            "skipped link::x",
            "xfailed open::y",
            "xpassed open::z",
            "failed open::q: unknown status `zorked`",
        ];
        assert_eq!((run.0, run.1), (expected.map(str::to_owned).to_vec(), vec![]));
        for counts in [
            "2 failed, 1 skipped, 1 passed, 1 expected failures, 7 total",
            "2 failed, 1 skipped, 3 passed, 1 expected failures, 6 total",
            "4 failed, 1 skipped, 0 passed, 1 expected failures, 6 total",
            "2 failed, x skipped, 1 passed, 1 expected failures, 6 total",
            "2 failed, 1 skipped, 1 passed, 6 total",
        ] {
            assert_ne!(read(counts).1, [], "{counts}");
        }
        assert_eq!(read_as("pjdfstest-rs", &results.concat()).1, [GapKind::Truncated]);
        let old = |counts: &str| {
            let results = results.iter().filter(|result| !result.contains("as expected"));
            let results: String = results.map(String::as_str).collect();
            let end = format!("\nTests: {counts}\nError: Some tests have failed\n");
            read_as("pjdfstest-rs", &(results + &end)).1
        };
        assert_eq!(old("3 failed, 1 skipped, 1 passed, 5 total"), []);
        assert_ne!(old("3 failed, 1 skipped, 1 passed, 6 total"), []);
        assert_ne!(old("3 failed, 1 passed, 5 total"), []);
    }
}
