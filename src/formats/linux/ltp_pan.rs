//! The log of ltp-pan, which runltp writes: the Linux Test Project's tests and their exit values.
//!
//! In: lines, a table (`-p`) or one line of `key=value` a test. Out: a result a line. What a newcomer
//! would get wrong: the table calls a test that was killed by signal 11 `FAIL 11`, as if it had ended
//! with that value; and a log is added to, so it may hold several runs.
//!
//! <https://github.com/linux-test-project/ltp/blob/20250530/pan/ltp-pan.c>

use super::ltp;
use crate::formats::About;
use crate::model::{End, Event, Outcome, PlanScope, RunBuilder, Sink};
use crate::syntax::encoding::text;
use crate::syntax::lines::{Line, each};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "the log of LTP's ltp-pan and runltp (-l), with -p or without",
    names: "the tag in the runtest file, as in `getpid01`",
    outcomes: &[
        ("PASS, exit=exited stat=0", Outcome::Passed),
        ("CONF, exit=exited stat=32", Outcome::Skipped),
        ("FAIL, exit=exited", Outcome::Failed),
        ("FAIL with the bit of TBROK (2) and without that of TFAIL (1)", Outcome::Errored),
        ("a value above 128, exit=signaled", Outcome::Crashed),
    ],
    incomplete: "a table without its totals; fewer tests or failures than they say. Without -p \
                 nothing shows that more would have come",
    link: "https://github.com/linux-test-project/ltp/blob/20250530/pan/ltp-pan.c",
};

const TABLE: &str = "Test Start Time: ";
const PLAIN: &str = "startup='";

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &[u8]) -> bool {
    let mut lines = head.split(|b| *b == b'\n').map(text);
    let Some(first) = lines.next() else { return false };
    if first.starts_with(PLAIN) {
        return lines.next().is_some_and(|line| plain(&line).is_some());
    }
    let columns = ["Testcase", "Result", "Exit", "Value"];
    first.starts_with(TABLE) && lines.take(3).any(|line| line.split_whitespace().eq(columns))
}

/// Reads a whole log.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let mut log = Log { builder, part: Part::Between, tests: None, cut: false };
    let (line, read) = each(input, |number, Line { bytes, ended, .. }| {
        if ended {
            log.line(number, &text(bytes));
        } else {
            log.cut = true;
        }
    });
    let end = if log.cut || log.part == Part::Table { End::Cut } else { End::Whole };
    read.map_or_else(|error| Ended::unreadable(line, &error), |()| Ended { line, end })
}

struct Log<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    part: Part,
    /// How many tests the totals of the open table say.
    tests: Option<u64>,
    cut: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Between,
    /// A table whose totals are to come.
    Table,
}

impl<S: Sink> Log<'_, '_, S> {
    fn line(&mut self, number: u32, line: &str) {
        if line.starts_with(TABLE) {
            // The run before had no totals: it never ended.
            if self.part == Part::Table {
                self.cut = true;
                self.builder.event(number, Event::SuiteEnded);
            }
            self.part = Part::Table;
            self.builder.event(number, Event::SuiteStarted { name: None });
        } else if let Some((tag, outcome, said)) = plain(line) {
            let message = if outcome == Outcome::Passed { "" } else { said };
            self.builder.event(number, Event::finished(tag, outcome, message));
        } else if self.part == Part::Table {
            self.in_table(number, line);
        }
    }

    fn in_table(&mut self, number: u32, line: &str) {
        if let Some(tests) = line.strip_prefix("Total Tests: ") {
            self.tests = tests.parse().ok();
        } else if let Some(failures) = line.strip_prefix("Total Failures: ") {
            if let Some(tests) = self.tests.take() {
                self.builder.event(number, Event::Plan { tests, scope: PlanScope::Children });
            }
            if let Ok(tests) = failures.parse() {
                self.builder.event(number, Event::AnnouncedFailing { tests });
            }
            self.builder.event(number, Event::SuiteEnded);
            self.part = Part::Between;
        } else if let Some((tag, word, value)) = row(line) {
            let outcome = match (word, ltp::exited(value)) {
                ("PASS", _) => Outcome::Passed,
                ("CONF", _) => Outcome::Skipped,
                (_, outcome) if outcome.is_failing() => outcome,
                (_, _) => Outcome::Failed,
            };
            let message = format!("{word}, exit value {value}");
            let message = if outcome == Outcome::Passed { "" } else { &message };
            self.builder.event(number, Event::finished(tag, outcome, message));
        }
    }
}

/// The tag, result and exit value of a row of the table. A tag may hold blanks.
fn row(line: &str) -> Option<(&str, &str, i64)> {
    let (line, value) = line.trim_end().rsplit_once(' ')?;
    let (tag, word) = line.trim_end().rsplit_once(' ')?;
    let is_total = word.ends_with(':');
    Some((tag.trim(), word, value.parse().ok()?)).filter(|_| !is_total)
}

/// The tag and outcome in `tag=a stime=1 dur=0 exit=exited stat=0 core=no cu=0 cs=0`, and what the
/// line says of its end.
fn plain(line: &str) -> Option<(&str, Outcome, &str)> {
    let (tag, rest) = line.strip_prefix("tag=")?.split_once(" stime=")?;
    let (said, _) = rest.split_once(" exit=")?.1.split_once(" core=")?;
    let (how, value) = said.split_once(" stat=")?;
    let value = value.parse().ok()?;
    let outcome = match how {
        "exited" => ltp::exited(value),
        "signaled" => Outcome::Crashed,
        _ => Outcome::Errored,
    };
    Some((tag, outcome, said))
}

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::emit::test_record::testing::said;

    const TABLE: &str = include_str!("../../../tests/formats/ltp-pan/table/results.log");
    const PLAIN: &str = include_str!("../../../tests/formats/ltp-pan/plain/results.log");

    #[test]
    fn both_logs_of_the_same_tests_agree_but_for_a_signal() {
        let bare = |log| {
            let results = said(Format::LtpPan, log).0.into_iter();
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
        assert_eq!(said(Format::LtpPan, &format!("{TABLE}{TABLE}")).1, []);
        assert_eq!(said(Format::LtpPan, &format!("{first}{TABLE}")).1.len(), 1);
        let fewer: Vec<_> = TABLE.lines().filter(|line| !line.starts_with("segv")).collect();
        assert_eq!(said(Format::LtpPan, &(fewer.join("\n") + "\n")).1.len(), 2);
    }
}
