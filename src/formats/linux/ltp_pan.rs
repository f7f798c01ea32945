//! The log of ltp-pan, which runltp writes: the exit values of the Linux Test Project's tests.
//!
//! It is a table (`-p`), or one line of `key=value` for each test. In the table, a test that was killed by signal 11 is
//! `FAIL 11`, like one with that exit value. Logs are appended to, so there may be several runs.

use super::ltp;
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::{decode_lossy, for_each_line};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["ltp-pan"],
    title: "the log of LTP's ltp-pan and runltp (-l), with -p or without",
    test_name: "the tag in the runtest file, as in `getpid01`",
    outcomes: &[
        ("PASS, exit=exited stat=0", Outcome::Passed),
        ("CONF, exit=exited stat=32", Outcome::Skipped),
        ("FAIL, exit=exited; any other word", Outcome::Failed),
        ("FAIL with the bit of TBROK (2) and without that of TFAIL (1)", Outcome::Errored),
        ("another exit=, a stat= that is no number", Outcome::Errored),
        ("a value above 128, exit=signaled", Outcome::Crashed),
    ],
    incomplete: "a table without its totals; fewer tests or failures than they count. Without -p \
                 a missing end cannot be detected",
    totals: "with -p: tests, skipped tests and failures of each run",
    link: "https://github.com/linux-test-project/ltp/blob/20250530/pan/ltp-pan.c",
    sniff: Sniff::Bytes(sniff),
    read,
};

const TABLE_PREFIX: &str = "Test Start Time: ";
const PLAIN_PREFIX: &str = "startup='";

fn sniff(head: &[u8]) -> bool {
    let mut lines = head.split(|b| *b == b'\n').map(decode_lossy);
    let Some(first) = lines.next() else { return false };
    if first.starts_with(PLAIN_PREFIX) {
        return lines.next().is_some_and(|line| parse_plain_line(&line).is_some());
    }
    let columns = ["Testcase", "Result", "Exit", "Value"];
    first.starts_with(TABLE_PREFIX) && lines.take(3).any(|line| line.split_whitespace().eq(columns))
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader =
        LtpPanReader { builder, part: LtpPanPart::Between, total_tests: None, truncated: false };
    let read = for_each_line(input, |line| {
        if line.has_newline {
            reader.line(line.number, line.text);
        } else {
            reader.truncated = true;
        }
    });
    read.complete_if(!reader.truncated && reader.part == LtpPanPart::Between)
}

struct LtpPanReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    part: LtpPanPart,
    /// The number of tests in the totals of the open table.
    total_tests: Option<u64>,
    truncated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LtpPanPart {
    Between,
    /// In a table whose totals have not been read yet.
    Table,
}

impl LtpPanReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        if line.starts_with(TABLE_PREFIX) {
            // The run before has no totals.
            if self.part == LtpPanPart::Table {
                self.truncated = true;
                self.builder.handle(number, Event::SuiteEnded);
            }
            self.part = LtpPanPart::Table;
            self.builder.handle(number, Event::SuiteStarted { name: None });
        } else if let Some((tag, outcome, ending)) = parse_plain_line(line) {
            let message = if outcome == Outcome::Passed { "" } else { ending };
            self.builder.handle(number, Event::finished(tag, outcome, message));
        } else if self.part == LtpPanPart::Table {
            self.table_line(number, line);
        }
    }

    fn table_line(&mut self, number: u32, line: &str) {
        if let Some(tests) = line.strip_prefix("Total Tests: ") {
            self.total_tests = tests.parse().ok();
        } else if let Some(skipped) = line.strip_prefix("Total Skipped Tests: ") {
            self.builder.expect_skips(number, skipped.parse::<u64>().ok());
        } else if let Some(failures) = line.strip_prefix("Total Failures: ") {
            self.builder.expect_children(number, self.total_tests.take());
            self.builder.expect_failures(number, failures.parse::<u64>().ok());
            self.builder.handle(number, Event::SuiteEnded);
            self.part = LtpPanPart::Between;
        } else if let Some((tag, word, value)) = parse_row(line) {
            let outcome = match (word, ltp::outcome_of_exit(value)) {
                ("PASS", Outcome::Passed) => Outcome::Passed,
                ("CONF", _) => Outcome::Skipped,
                (_, outcome) if outcome.is_failing() => outcome,
                (_, _) => Outcome::Failed,
            };
            let message = format!("{word}, exit value {value}");
            let message = if outcome == Outcome::Passed { "" } else { &message };
            self.builder.handle(number, Event::finished(tag, outcome, message));
        }
    }
}

/// The tag, result and exit value of a row of the table. A tag may contain spaces.
fn parse_row(line: &str) -> Option<(&str, &str, i64)> {
    let (line, value) = line.trim_end().rsplit_once(' ')?;
    let (tag, word) = line.trim_end().rsplit_once(' ')?;
    let is_total = word.ends_with(':');
    Some((tag.trim(), word, value.parse().ok()?)).filter(|_| !is_total)
}

/// The tag, the outcome and the text of the exit status in
/// `tag=a stime=1 dur=0 exit=exited stat=0 core=no cu=0 cs=0`.
fn parse_plain_line(line: &str) -> Option<(&str, Outcome, &str)> {
    let (tag, rest) = line.strip_prefix("tag=")?.split_once(" stime=")?;
    let (ending, _) = rest.split_once(" exit=")?.1.split_once(" core=")?;
    let (how, value) = ending.split_once(" stat=")?;
    let outcome = match (how, value.parse()) {
        ("exited", Ok(value)) => ltp::outcome_of_exit(value),
        ("signaled", _) => Outcome::Crashed,
        (_, _) => Outcome::Errored,
    };
    Some((tag, outcome, ending))
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    const TABLE: &str = include_str!("../../../tests/formats/ltp-pan/table/results.log");
    const PLAIN: &str = include_str!("../../../tests/formats/ltp-pan/plain/results.log");

    #[test]
    fn both_logs_of_the_same_tests_agree_but_for_a_signal() {
        let bare = |log| {
            let results = read_as("ltp-pan", log).0.into_iter();
            results.map(|r| r.split(':').next().unwrap_or("").to_owned()).collect::<Vec<_>>()
        };
        let (table, plain) = (bare(TABLE), bare(PLAIN));
        let differ: Vec<_> =
            table.iter().zip(&plain).filter(|(table, plain)| table != plain).collect();
        assert_eq!(table.len(), plain.len());
        assert_eq!(differ, [(&"failed segv".to_owned(), &"crashed segv".to_owned())]);
    }

    #[test]
    fn a_run_without_totals_is_cut_also_before_another() {
        let (first, _) = TABLE.split_once("Total Tests").unwrap();
        assert_eq!(read_as("ltp-pan", &format!("{TABLE}{TABLE}")).1, []);
        assert_eq!(read_as("ltp-pan", &format!("{first}{TABLE}")).1.len(), 1);
        let fewer: Vec<_> = TABLE.lines().filter(|line| !line.starts_with("segv")).collect();
        assert_eq!(read_as("ltp-pan", &(fewer.join("\n") + "\n")).1.len(), 2);
    }
}
