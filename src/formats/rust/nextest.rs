//! What `cargo nextest run` prints.
//!
//! In: lines. Out: events. What a newcomer would get wrong: a try that failed is the test's last one
//! only when no further try follows, so it is held until then; and everything behind `Summary` is told
//! for the second time.
//!
//! <https://nexte.st/docs/reporting/>

use super::libtest;
use crate::formats::About;
use crate::model::{Attempt, End, Event, Finished, Outcome, PlanScope, RunBuilder, Sink};
use crate::syntax::bounded_text::Message;
use crate::syntax::encoding::text;
use crate::syntax::lines::{Line, each};
use crate::syntax::read_end::Ended;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;

pub const ABOUT: About = About {
    title: "cargo nextest's output",
    names: "`binary-id path::test`, as nextest prints it",
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
};

/// How many tests wait for a further try.
const MOST_HELD: usize = 100_000;

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &[u8]) -> bool {
    text(head)
        .lines()
        .take(400)
        .any(|line| planned(line).is_some() || line.trim_start().starts_with("Nextest run ID "))
}

/// The number in `    Starting 29 tests across 13 binaries`.
fn planned(line: &str) -> Option<u64> {
    let (count, rest) = line.trim_start().strip_prefix("Starting ")?.split_once(' ')?;
    if rest.starts_with("test") && rest.contains(" across ") { count.parse().ok() } else { None }
}

/// Reads a whole output.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let mut output = Output { builder, held: BTreeMap::new(), about: None, ended: false };
    let (line, read) = each(input, |number, Line { bytes, .. }| output.line(number, &text(bytes)));
    let end = if output.ended { End::Whole } else { End::Cut };
    output.tell_held();
    read.map_or_else(|error| Ended::unreadable(line, &error), |()| Ended { line, end })
}

struct Output<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    /// The failing tries that may be followed by another.
    held: BTreeMap<String, Held>,
    /// Whose output comes.
    about: Option<String>,
    ended: bool,
}

struct Held {
    line: u32,
    outcome: Outcome,
    message: Message,
}

impl<S: Sink> Output<'_, '_, S> {
    fn line(&mut self, number: u32, line: &str) {
        if self.ended {
            return;
        }
        if let Some(tests) = planned(line) {
            let scope = PlanScope::Descendants;
            return self.builder.event(number, Event::Plan { tests, scope });
        }
        if line.trim_start().starts_with("Summary [") {
            self.ended = true;
            let tests = failing(line);
            return self.builder.event(number, Event::AnnouncedFailing { tests });
        }
        match result(line) {
            Some((outcome, name)) => self.result(number, outcome, name),
            None if !line.starts_with("    ") && has_status(line) => self.about = None,
            None => {
                let held = self.about.as_ref().and_then(|name| self.held.get_mut(name));
                if let Some(held) = held {
                    held.message.push_line(line.trim_start().as_bytes());
                }
            }
        }
    }

    fn result(&mut self, line: u32, outcome: Outcome, name: &str) {
        if let Some(held) = self.held.remove(name) {
            self.tell(name, &held, Attempt::Retry);
        }
        self.about = None;
        let held = Held { line, outcome, message: Message::default() };
        if outcome.is_failing() && self.held.len() < MOST_HELD {
            self.held.insert(name.to_owned(), held);
            self.about = Some(name.to_owned());
        } else {
            self.tell(name, &held, Attempt::Only);
        }
    }

    fn tell(&mut self, name: &str, held: &Held, attempt: Attempt) {
        let message = held.message.text();
        self.builder.event(
            held.line,
            Event::Finished(Finished {
                name: Cow::Borrowed(name),
                outcome: held.outcome,
                attempt,
                message: Cow::Borrowed(message),
                place: libtest::place(message),
            }),
        );
    }

    fn tell_held(&mut self) {
        for (name, held) in std::mem::take(&mut self.held) {
            self.tell(&name, &held, Attempt::Only);
        }
    }
}

/// How many tests count against the run in `29 tests run: 20 passed (3 flaky, 1 leaky), 8 failed (1 due to
/// being leaky), 1 timed out, 8 skipped`.
fn failing(summary: &str) -> u64 {
    let counts = summary.split_once(" run: ").map_or("", |(_, counts)| counts);
    let number = |count: &str| {
        let (number, what) = count.trim().split_once(' ')?;
        let what = what.split(" (").next()?;
        let failing = matches!(what, "failed" | "timed out" | "exec failed");
        number.parse::<u64>().ok().filter(|_| failing)
    };
    counts.split(", ").filter_map(number).sum()
}

/// What stands before, in and behind the brackets of `  TRY 1 FAIL [   0.093s] ( 1/29) binary test`.
fn parts(line: &str) -> Option<(&str, &str)> {
    let (status, rest) = line.split_once(" [")?;
    let (time, rest) = rest.split_once("] ")?;
    let is_time = time.trim_start_matches(['>', ' ']).ends_with('s');
    is_time.then_some((status.trim(), rest))
}

fn has_status(line: &str) -> bool {
    parts(line).is_some_and(|(status, _)| !status.contains(|c: char| c.is_lowercase()))
}

fn result(line: &str) -> Option<(Outcome, &str)> {
    let (status, rest) = parts(line)?;
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
    use crate::formats::Format;
    use crate::formats::emit::test_record::testing::said;
    use crate::model::GapKind;

    #[test]
    fn a_failure_that_only_the_summary_counts_is_missed() {
        let run = "    Starting 1 test across 1 binary\n        PASS [   0.003s] x a\n     Summary [   0.01s] 1 test run: ";
        for passed in ["1 passed, 0 skipped", "1 passed (3 flaky, 1 leaky), 2 skipped"] {
            assert_eq!(said(Format::Nextest, &format!("{run}{passed}\n")).1, []);
        }
        for failed in
            ["0 passed, 1 failed (1 due to being leaky), 0 skipped", "0 passed, 1 timed out"]
        {
            let counts = GapKind::Counts { what: "failing tests".into(), announced: 1, came: 0 };
            assert_eq!(said(Format::Nextest, &format!("{run}{failed}\n")).1, [counts]);
        }
    }
}
