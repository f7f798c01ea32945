//! The output of `cargo nextest run`.
//!
//! A failing attempt is final only if no further attempt follows, so it is pending until then. After `Summary`,
//! failures are repeated: those that `--status-level` left out before are named only there. A status ends in the twelfth column,
//! and the output of tests is indented.
//!
//! <https://github.com/nextest-rs/nextest/blob/main/nextest-runner/src/reporter/displayer/imp.rs>

use super::libtest_line;
use crate::formats::emit::{PendingTest, emit_bail_out, lookup, saturating_sum, unknown};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Attempt, Event, Outcome, RunBuilder};
use crate::syntax::{BoundedText, decode_lossy, for_each_line};
use std::collections::BTreeMap;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["nextest"],
    title: "cargo nextest's output; XFAIL is a test that could not be executed",
    test_name: "`binary-id path::test`, as nextest prints it",
    outcomes: &OUTCOMES,
    incomplete: "no `Summary`; a setup script failed. Tests skipped by a filter are named only with \
                 `--status-level skip`",
    totals: "`Starting N tests`; the tests and each count of `Summary`, skipped ones if any is named; `error: test \
             run failed`",
    link: "https://nexte.st/docs/reporting/",
    sniff: Sniff::Bytes(|head| decode_lossy(head).lines().take(400).any(is_run_start)),
    read,
};

/// `TRY n` before a status is no part of it, nor is `n/m` after `FLAKY`. `TRY n ABRT` is `SIGABRT`.
const OUTCOMES: [(&str, Outcome); 21] = [
    ("PASS", Outcome::Passed),
    ("SLOW", Outcome::Passed),
    ("LEAK", Outcome::Passed),
    ("SLOW + LEAK", Outcome::Passed),
    ("SLOW+TMPASS", Outcome::Passed),
    ("TIMEOUT-PASS", Outcome::Passed),
    ("TMPASS", Outcome::Passed),
    ("FLAKY", Outcome::Passed),
    ("FAIL", Outcome::Failed),
    ("FAIL + LEAK", Outcome::Failed),
    ("FL+LK", Outcome::Failed),
    ("LEAK-FAIL", Outcome::Failed),
    ("LKFAIL", Outcome::Failed),
    ("FLKY-FL", Outcome::Failed),
    ("TIMEOUT", Outcome::TimedOut),
    ("TMT", Outcome::TimedOut),
    ("ABORT", Outcome::Crashed),
    ("ABRT", Outcome::Crashed),
    ("SIG…", Outcome::Crashed),
    ("XFAIL", Outcome::Errored),
    ("SKIP", Outcome::Skipped),
];

/// The signals whose names follow `TRY n` without `SIG`.
const SIGNALS: [&str; 14] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "SEGV", "PIPE", "ALRM",
    "TERM", "SYS",
];

/// Statuses that are not results.
const OTHER_STATUSES: [&str; 5] = ["TERMINATING", "TRMNTG", "KILLING", "START", "DELAY"];

/// The statuses of a setup script that did not fail.
const SETUP_PASSED: [&str; 4] = ["", "PASS", "LEAK", "SLOW"];

/// What follows an attempt that passed and is a failure.
const FLAKY_FAILURE: &str = "           - test configured to fail if flaky";

/// The most tests that wait for another attempt.
const MAX_PENDING_TESTS: usize = 100_000;

/// The number in `    Starting 29 tests across 13 binaries`.
fn parse_planned(line: &str) -> Option<u64> {
    let (count, rest) = line.strip_prefix("    Starting ")?.split_once(' ')?;
    let is_plan = rest.starts_with("test") || rest.starts_with("benchmark");
    if is_plan && rest.contains(" across ") { count.parse().ok() } else { None }
}

/// Whether a run of nextest begins with this line.
pub(super) fn is_run_start(line: &str) -> bool {
    parse_planned(line).is_some() || line.trim_start().starts_with("Nextest run ID ")
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = NextestReader { builder, run: NextestRun::default() };
    let read = for_each_line(input, |line| reader.line(line.number, line.text));
    let is_complete = reader.run.summary.is_some();
    reader.end_run(read.line);
    read.complete_if(is_complete)
}

struct NextestReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    run: NextestRun,
}

/// A run of nextest; a file may have several.
#[derive(Default)]
struct NextestRun {
    planned: Option<u64>,
    /// The attempts that may be followed by another, by name.
    pending: BTreeMap<String, PendingTest>,
    /// The test whose output the next lines are.
    current: Option<String>,
    /// With `--no-capture`, the test that runs and its output.
    started: Option<(String, BoundedText)>,
    skipped: u64,
    summary: Option<Summary>,
}

/// The counts of `Summary`.
#[derive(Default)]
struct Summary {
    tests: u64,
    failing: u64,
    skipped: u64,
}

impl NextestReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        if let Some(tests) = parse_planned(line) {
            self.end_run(number);
            self.builder.handle(number, Event::SuiteStarted { name: None });
            self.run.planned = Some(tests);
        } else if let Some(summary) = line.strip_prefix("     Summary [") {
            self.run.summary = Some(Summary::parse(summary));
        } else if line.starts_with("error: test run failed") {
            self.builder.expect_a_failure(number, "error: test run failed");
        } else if line == FLAKY_FAILURE {
            self.fail_last_attempt();
        } else if let Some(status) = Status::parse(line) {
            self.status(number, &status);
        } else if !line.trim_start().starts_with("DELAY ") {
            self.run.add_output(line.trim_start());
        }
    }

    fn status(&mut self, line: u32, status: &Status<'_>) {
        let has_ended = self.run.summary.is_some();
        if let Some(script) = status.word.strip_prefix("SETUP") {
            if !SETUP_PASSED.contains(&script.trim_start()) {
                emit_bail_out(&format!("{} {}", status.word, status.name), line, self.builder);
            }
        } else if status.is_result() && !has_ended {
            self.add_result(line, status);
        } else if status.is_result() && status.outcome().is_failing() {
            self.repeat_failure(line, status);
        }
        if !status.is_result() || has_ended {
            self.run.current = None;
        }
        if status.word == "START" {
            self.run.started = Some((status.name.to_owned(), BoundedText::default()));
        }
    }

    fn add_result(&mut self, line: u32, status: &Status<'_>) {
        if let Some(pending) = self.run.pending.remove(status.name) {
            self.emit(&pending, Attempt::Intermediate);
        }
        self.run.current = None;
        let outcome = status.outcome();
        self.run.skipped += u64::from(outcome == Outcome::Skipped);
        let mut test = PendingTest::new(line, status.name, outcome);
        let started = self.run.started.take().filter(|(name, _)| name == status.name);
        test.message = started.map(|(_, output)| output).unwrap_or_default();
        if status.known_outcome().is_none() {
            test.message.push(&unknown("status", status.word));
        }
        if !outcome.is_failing() {
            test.message.clear();
        }
        let may_change = outcome.is_failing() || status.is_retry;
        if may_change && self.run.pending.len() < MAX_PENDING_TESTS {
            self.run.pending.insert(status.name.to_owned(), test);
            self.run.current = Some(status.name.to_owned());
        } else {
            self.emit(&test, Attempt::Final);
        }
    }

    /// A failure after `Summary`, which need not have been named before.
    fn repeat_failure(&mut self, line: u32, status: &Status<'_>) {
        let has_room = self.run.pending.len() < MAX_PENDING_TESTS;
        match self.run.pending.get_mut(status.name) {
            Some(test) if test.outcome.is_failing() => {}
            Some(test) => test.outcome = status.outcome(),
            None if has_room => {
                let test = PendingTest::new(line, status.name, status.outcome());
                self.run.pending.insert(status.name.to_owned(), test);
            }
            None => {}
        }
    }

    fn fail_last_attempt(&mut self) {
        let last = self.run.current.as_ref().and_then(|name| self.run.pending.get_mut(name));
        if let Some(test) = last {
            test.outcome = Outcome::Failed;
            test.message.push("flaky test treated as failure");
        }
    }

    fn emit(&mut self, test: &PendingTest, attempt: Attempt) {
        let location = libtest_line::parse_location(test.message.text());
        let location = location.filter(|_| test.outcome.is_failing());
        test.record().at(location).attempt(attempt).emit(test.line, self.builder);
    }

    fn end_run(&mut self, line: u32) {
        let run = std::mem::take(&mut self.run);
        for test in run.pending.into_values() {
            self.emit(&test, Attempt::Final);
        }
        let (has_plan, summary) = (run.planned.is_some(), run.summary.unwrap_or_default());
        let tests = run.planned.unwrap_or(0).max(summary.tests);
        if tests > 0 {
            self.builder.expect_tests(line, tests.saturating_add(run.skipped));
        }
        self.builder.expect_failures(line, summary.failing);
        if run.skipped > 0 {
            self.builder.expect_skips(line, summary.skipped);
        }
        if has_plan {
            self.builder.handle(line, Event::SuiteEnded);
        }
    }
}

impl NextestRun {
    fn add_output(&mut self, line: &str) {
        let pending = self.current.as_ref().and_then(|name| self.pending.get_mut(name));
        let started = self.started.as_mut().map(|(_, output)| output);
        if let Some(output) = pending.map(|test| &mut test.message).or(started) {
            output.push_line(line.as_bytes());
        }
    }
}

impl Summary {
    /// Parses `0.1s] 28/29 tests run: 20 passed (3 flaky, 1 leaky), 7 failed (1 due to being leaky), 1 timed out, 8
    /// skipped`.
    fn parse(text: &str) -> Summary {
        let (head, counts) = text.split_once(" run: ").unwrap_or(("", text));
        let run = head.rsplit_once("] ").map_or("", |(_, run)| run);
        let run = run.split_once(' ').map_or("", |(numbers, _)| numbers);
        let run = run.split('/').filter_map(|number| number.parse().ok()).max().unwrap_or(0);
        let (mut passed, mut failing, mut skipped) = (0, 0, 0);
        for (count, what) in counts.split(", ").filter_map(parse_count) {
            match what {
                "passed" => passed = count,
                "skipped" => skipped = count,
                "failed" | "timed out" | "exec failed" => {
                    failing = saturating_sum([failing, count]);
                }
                _ => {}
            }
        }
        Summary { tests: run.max(saturating_sum([passed, failing])), failing, skipped }
    }
}

fn parse_count(count: &str) -> Option<(u64, &str)> {
    let (count, what) = count.trim().split_once(' ')?;
    Some((count.parse().ok()?, what.split(" (").next()?))
}

/// A line with a status: `  TRY 1 FAIL [   0.093s] ( 1/29) binary test`.
struct Status<'a> {
    /// Without `TRY n`.
    word: &'a str,
    is_retry: bool,
    /// Whether the time is that of a test which still runs.
    is_running: bool,
    name: &'a str,
}

/// Where a status ends, unless it is longer.
const STATUS_WIDTH: usize = 12;

impl<'a> Status<'a> {
    fn parse(line: &'a str) -> Option<Status<'a>> {
        let (status, rest) = line.split_once(" [")?;
        let is_aligned = status.len() == STATUS_WIDTH
            || (status.len() > STATUS_WIDTH && !status.starts_with(' '));
        let (time, rest) = rest.split_once("] ")?;
        let time = time.trim_start();
        let is_time = time.is_empty() || time.ends_with('s') || time.contains('/');
        if !is_aligned || !is_time {
            return None;
        }
        let status = status.trim_start();
        let attempt = status.strip_prefix("TRY ").and_then(|rest| rest.split_once(' '));
        let name = match rest.strip_prefix('(') {
            Some(counted) => counted.split_once(") ")?.1,
            None => rest,
        };
        Some(Status {
            word: attempt.map_or(status, |(_, word)| word),
            is_retry: attempt.is_some(),
            is_running: time.starts_with('>'),
            name: name.trim(),
        })
    }

    fn is_result(&self) -> bool {
        let is_word = self
            .word
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b"+-/ ".contains(&b) || b.is_ascii_digit());
        let first = self.word.split(' ').next().unwrap_or("");
        let is_other = OTHER_STATUSES.contains(&first) || first == "SETUP";
        is_word && !first.is_empty() && !is_other && !self.is_running && self.name.contains(' ')
    }

    fn outcome(&self) -> Outcome {
        self.known_outcome().unwrap_or(Outcome::Failed)
    }

    fn known_outcome(&self) -> Option<Outcome> {
        let word = match self.word.rsplit_once(' ') {
            Some((word, number)) if number.starts_with(|c: char| c.is_ascii_digit()) => word,
            Some(_) | None => self.word,
        };
        let is_signal = word.starts_with("SIG")
            || word == "ABORT SIG"
            || (self.is_retry && SIGNALS.contains(&word));
        if is_signal { Some(Outcome::Crashed) } else { lookup(&OUTCOMES, word) }
    }
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
