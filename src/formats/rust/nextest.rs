//! The output of `cargo nextest run`.
//!
//! A failing attempt is final only if no further attempt follows, so it is pending until then. After `Summary`, failures
//! are repeated.

use super::libtest;
use crate::formats::emit::{PendingTest, test_record};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Attempt, Outcome, RunBuilder};
use crate::syntax::{decode_lossy, for_each_line};
use std::collections::BTreeMap;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["nextest"],
    title: "cargo nextest's output; XFAIL is a test that could not be executed",
    test_name: "`binary-id path::test`, as nextest prints it",
    outcomes: &OUTCOMES,
    incomplete: "fewer tests than `Starting N tests`; no `Summary`; fewer failures than it counts. Tests \
                 skipped by a filter are not named",
    totals: "",
    link: "https://nexte.st/docs/reporting/",
    sniff: Sniff::Bytes(|head| {
        decode_lossy(head).lines().take(400).any(|line| {
            parse_planned(line).is_some() || line.trim_start().starts_with("Nextest run ID ")
        })
    }),
    read,
};

const OUTCOMES: [(&str, Outcome); 12] = [
    ("PASS", Outcome::Passed),
    ("LEAK", Outcome::Passed),
    ("FAIL", Outcome::Failed),
    ("LKFAIL", Outcome::Failed),
    ("FL+LK", Outcome::Failed),
    ("TIMEOUT", Outcome::TimedOut),
    ("TMT", Outcome::TimedOut),
    ("ABORT", Outcome::Crashed),
    ("ABRT", Outcome::Crashed),
    ("SIG…", Outcome::Crashed),
    ("XFAIL", Outcome::Errored),
    ("SKIP", Outcome::Skipped),
];

/// Statuses that are not results.
const OTHER_STATUSES: [&str; 5] = ["SLOW", "SETUP", "TERMINATING", "KILLING", "START"];

/// The most tests that wait for another attempt.
const MAX_PENDING_TESTS: usize = 100_000;

/// The number in `    Starting 29 tests across 13 binaries`.
fn parse_planned(line: &str) -> Option<u64> {
    let (count, rest) = line.trim_start().strip_prefix("Starting ")?.split_once(' ')?;
    if rest.starts_with("test") && rest.contains(" across ") { count.parse().ok() } else { None }
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader =
        NextestReader { builder, pending: BTreeMap::new(), current: None, ended: false };
    let read = for_each_line(input, |line| reader.line(line.number, line.text));
    reader.emit_pending();
    read.complete_if(reader.ended)
}

struct NextestReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The failing attempts that may be followed by another, by name.
    pending: BTreeMap<String, PendingTest>,
    /// The test whose output the next lines are.
    current: Option<String>,
    ended: bool,
}

impl NextestReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        if self.ended {
            return;
        }
        if let Some(tests) = parse_planned(line) {
            return self.builder.expect_tests(number, tests);
        }
        if line.trim_start().starts_with("Summary [") {
            self.ended = true;
            let tests = parse_failing(line);
            return self.builder.expect_failures(number, tests);
        }
        match parse_result(line) {
            Some((outcome, name)) => self.add_result(number, outcome, name),
            None if !line.starts_with("    ") && has_status(line) => self.current = None,
            None => {
                let pending = self.current.as_ref().and_then(|name| self.pending.get_mut(name));
                if let Some(test) = pending {
                    test.message.push_line(line.trim_start().as_bytes());
                }
            }
        }
    }

    fn add_result(&mut self, line: u32, outcome: Outcome, name: &str) {
        if let Some(pending) = self.pending.remove(name) {
            self.emit(&pending, Attempt::Intermediate);
        }
        self.current = None;
        let test = PendingTest::new(line, name, outcome);
        if outcome.is_failing() && self.pending.len() < MAX_PENDING_TESTS {
            self.pending.insert(name.to_owned(), test);
            self.current = Some(name.to_owned());
        } else {
            self.emit(&test, Attempt::Final);
        }
    }

    fn emit(&mut self, test: &PendingTest, attempt: Attempt) {
        let location = libtest::parse_location(test.message.text());
        test.record().at(location).attempt(attempt).emit(test.line, self.builder);
    }

    fn emit_pending(&mut self) {
        for test in std::mem::take(&mut self.pending).into_values() {
            self.emit(&test, Attempt::Final);
        }
    }
}

/// How many tests count against the run in `29 tests run: 20 passed (3 flaky, 1 leaky), 8 failed (1 due to
/// being leaky), 1 timed out, 8 skipped`.
fn parse_failing(summary: &str) -> u64 {
    let counts = summary.split_once(" run: ").map_or("", |(_, counts)| counts);
    let parse_failing_count = |count: &str| {
        let (count, what) = count.trim().split_once(' ')?;
        let what = what.split(" (").next()?;
        let failing = matches!(what, "failed" | "timed out" | "exec failed");
        count.parse::<u64>().ok().filter(|_| failing)
    };
    counts.split(", ").filter_map(parse_failing_count).sum()
}

/// The status and the text after the time in `  TRY 1 FAIL [   0.093s] ( 1/29) binary test`.
fn split_status(line: &str) -> Option<(&str, &str)> {
    let (status, rest) = line.split_once(" [")?;
    let (time, rest) = rest.split_once("] ")?;
    let is_time = time.trim_start_matches(['>', ' ']).ends_with('s');
    is_time.then_some((status.trim(), rest))
}

fn has_status(line: &str) -> bool {
    split_status(line).is_some_and(|(status, _)| !status.contains(|c: char| c.is_lowercase()))
}

fn parse_result(line: &str) -> Option<(Outcome, &str)> {
    let (status, rest) = split_status(line)?;
    let word = match status.strip_prefix("TRY ") {
        Some(rest) => rest.split_once(' ')?.1,
        None => status,
    };
    let is_word = !word.is_empty()
        && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b"+-".contains(&b));
    if !is_word || OTHER_STATUSES.contains(&word) {
        return None;
    }
    let name = match rest.strip_prefix('(') {
        Some(counted) => counted.split_once(") ")?.1,
        None => rest,
    };
    let is_signal = word.starts_with("SIG");
    let outcome =
        if is_signal { Outcome::Crashed } else { test_record::outcome_for(&OUTCOMES, word) };
    name.contains(' ').then_some((outcome, name.trim()))
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    #[test]
    fn failure_only_in_the_summary_is_missed() {
        let run = "    Starting 1 test across 1 binary\n        PASS [   0.003s] x a\n     Summary [   0.01s] 1 test run: ";
        for passed in ["1 passed, 0 skipped", "1 passed (3 flaky, 1 leaky), 2 skipped"] {
            assert_eq!(read_as("nextest", &format!("{run}{passed}\n")).1, []);
        }
        for failed in
            ["0 passed, 1 failed (1 due to being leaky), 0 skipped", "0 passed, 1 timed out"]
        {
            let counts =
                GapKind::CountMismatch { what: "failing tests".into(), declared: 1, actual: 0 };
            assert_eq!(read_as("nextest", &format!("{run}{failed}\n")).1, [counts]);
        }
    }
}
