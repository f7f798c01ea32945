//! What `cargo nextest run` prints.
//!
//! In: lines. Out: events. What a newcomer would get wrong: a try that failed is the test's last one
//! only when no further try follows, so it is held until then; and everything behind `Summary` is told
//! for the second time.
//!
//! <https://nexte.st/docs/reporting/>

use super::libtest;
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Attempt, EndOfInput, Event, Finished, Outcome, RunBuilder};
use crate::syntax::bounded_text::BoundedText;
use crate::syntax::encoding::decode_lossy;
use crate::syntax::lines::{RawLine, for_each_line};
use crate::syntax::read_end::ReadEnd;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["nextest"],
    title: "cargo nextest's output",
    test_name: "`binary-id path::test`, as nextest prints it",
    outcomes: &[
        ("PASS, LEAK", Outcome::Passed),
        ("FAIL, LKFAIL, FL+LK and any other word", Outcome::Failed),
        ("TIMEOUT, TMT", Outcome::TimedOut),
        ("ABORT, ABRT, SIG…", Outcome::Crashed),
        ("XFAIL (it could not be executed)", Outcome::Errored),
        ("SKIP", Outcome::Skipped),
    ],
    incomplete: "fewer tests than `Starting N tests`; no `Summary`; fewer failures than it counts. Tests skipped by a filter are not \
                 named",
    link: "https://nexte.st/docs/reporting/",
    sniff: Sniff::Bytes(sniff),
    read,
};

/// How many tests wait for a further try.
const MAX_PENDING_TESTS: usize = 100_000;

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &[u8]) -> bool {
    decode_lossy(head).lines().take(400).any(|line| {
        parse_planned(line).is_some() || line.trim_start().starts_with("Nextest run ID ")
    })
}

/// The number in `    Starting 29 tests across 13 binaries`.
fn parse_planned(line: &str) -> Option<u64> {
    let (count, rest) = line.trim_start().strip_prefix("Starting ")?.split_once(' ')?;
    if rest.starts_with("test") && rest.contains(" across ") { count.parse().ok() } else { None }
}

/// Reads a whole output.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader =
        NextestReader { builder, pending: BTreeMap::new(), current: None, ended: false };
    let (line, read) = for_each_line(input, |number, RawLine { bytes, .. }| {
        reader.line(number, &decode_lossy(bytes))
    });
    let end = if reader.ended { EndOfInput::Complete } else { EndOfInput::Truncated };
    reader.emit_pending();
    read.map_or_else(|error| ReadEnd::unreadable(line, &error), |()| ReadEnd { line, end })
}

struct NextestReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The failing tries that may be followed by another.
    pending: BTreeMap<String, NextestPendingTest>,
    /// Whose output comes.
    current: Option<String>,
    ended: bool,
}

struct NextestPendingTest {
    line: u32,
    outcome: Outcome,
    message: BoundedText,
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
                if let Some(held) = pending {
                    held.message.push_line(line.trim_start().as_bytes());
                }
            }
        }
    }

    fn add_result(&mut self, line: u32, outcome: Outcome, name: &str) {
        if let Some(pending) = self.pending.remove(name) {
            self.emit(name, &pending, Attempt::Intermediate);
        }
        self.current = None;
        let pending = NextestPendingTest { line, outcome, message: BoundedText::default() };
        if outcome.is_failing() && self.pending.len() < MAX_PENDING_TESTS {
            self.pending.insert(name.to_owned(), pending);
            self.current = Some(name.to_owned());
        } else {
            self.emit(name, &pending, Attempt::Final);
        }
    }

    fn emit(&mut self, name: &str, pending: &NextestPendingTest, attempt: Attempt) {
        let message = pending.message.text();
        self.builder.handle(
            pending.line,
            Event::Finished(Finished {
                name: Cow::Borrowed(name),
                outcome: pending.outcome,
                attempt,
                message: Cow::Borrowed(message),
                location: libtest::parse_location(message),
            }),
        );
    }

    fn emit_pending(&mut self) {
        for (name, pending) in std::mem::take(&mut self.pending) {
            self.emit(&name, &pending, Attempt::Final);
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

/// What stands before, in and behind the brackets of `  TRY 1 FAIL [   0.093s] ( 1/29) binary test`.
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
    if !is_word || ["SLOW", "SETUP", "TERMINATING", "KILLING", "START"].contains(&word) {
        return None;
    }
    let name = match rest.strip_prefix('(') {
        Some(counted) => counted.split_once(") ")?.1,
        None => rest,
    };
    let outcome = match word {
        "PASS" | "LEAK" => Outcome::Passed,
        "SKIP" => Outcome::Skipped,
        "TIMEOUT" | "TMT" => Outcome::TimedOut,
        "XFAIL" => Outcome::Errored,
        "ABORT" | "ABRT" => Outcome::Crashed,
        word if word.starts_with("SIG") => Outcome::Crashed,
        _ => Outcome::Failed,
    };
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
