//! What LLVM's `lit` prints.
//!
//! In: lines. Out: events. What a newcomer would get wrong: without `-v` only failing tests are named,
//! so what the run planned can be held against what came only if passing ones were named too.
//!
//! <https://llvm.org/docs/CommandGuide/lit.html>

use super::lit_json::CODES;
use crate::formats::About;
use crate::formats::emit::test_record;
use crate::model::{Attempt, End, Event, Finished, Outcome, PlanScope, RunBuilder, Sink};
use crate::syntax::bounded_text::Message;
use crate::syntax::encoding::text;
use crate::syntax::lines::{Line, each};
use crate::syntax::read_end::Ended;
use std::borrow::Cow;
use std::io::Read;

pub const ABOUT: About = About {
    title: "LLVM's lit, with -v or -a",
    names: "`Suite :: path/test`, as lit prints it",
    outcomes: &[
        ("PASS, FLAKYPASS", Outcome::Passed),
        ("FAIL", Outcome::Failed),
        ("UNRESOLVED", Outcome::Errored),
        ("TIMEOUT", Outcome::TimedOut),
        ("UNSUPPORTED, SKIPPED, EXCLUDED", Outcome::Skipped),
        ("XFAIL", Outcome::Xfailed),
        ("XPASS", Outcome::Xpassed),
    ],
    incomplete: "no `Testing Time`; fewer tests than `Testing: N tests`; fewer failures than the summary \
                 counts",
    link: "https://llvm.org/docs/CommandGuide/lit.html#test-status-results",
};

/// How summaries call tests that count against the run, those of lit before LLVM 11 last.
const FAILING: [&str; 8] = [
    "Failed",
    "Timed Out",
    "Unresolved",
    "Unexpectedly Passed",
    "Unexpected Failures",
    "Individual Timeouts",
    "Unresolved Tests",
    "Unexpected Passes",
];

/// Whether the first bytes of a file are of this format: its first line, or a counted result.
pub fn sniff(head: &str) -> bool {
    head.lines().any(|line| planned(line).is_some() || result(line).is_some())
}

/// The number in `-- Testing: 12 tests, 2 workers --`.
fn planned(line: &str) -> Option<u64> {
    let rest = line.strip_prefix("-- Testing: ")?.strip_suffix(" --")?;
    // `5 of 12 tests` when some were filtered.
    rest.split(' ').next()?.parse().ok()
}

/// The outcome, the name and whether there were several tries, in `PASS: Suite :: test (1 of 12)`.
fn result(line: &str) -> Option<(&str, &str, bool)> {
    let (word, rest) = line.split_once(": ")?;
    let is_word = word.bytes().all(|b| b.is_ascii_uppercase()) && !word.is_empty();
    let (name, counted) = rest.strip_suffix(')')?.rsplit_once(" (")?;
    let (number, of) = counted.split_once(" of ")?;
    let is_counted = number.bytes().all(|b| b.is_ascii_digit());
    (is_word && is_counted && name.contains(" :: ")).then_some((
        word,
        name,
        of.contains(" attempts"),
    ))
}

/// How many tests failed, in the summary's `  Failed: 4 (33.33%)` or `  Unexpected Failures: 4`.
fn failing(line: &str) -> Option<u64> {
    let (word, count) = line.split_once(':')?;
    let known = FAILING.contains(&word.trim());
    if known { count.split_whitespace().next()?.parse().ok() } else { None }
}

/// Reads a whole output.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let mut output = Output {
        builder,
        planned: None,
        held: None,
        quoted: false,
        names_all: false,
        failing: 0,
        ended: false,
    };
    let (line, read) = each(input, |number, Line { bytes, ended, .. }| {
        if ended {
            output.line(number, &text(bytes));
        }
    });
    output.tell();
    if let Some(tests) = output.planned.filter(|_| output.names_all) {
        let scope = PlanScope::Descendants;
        output.builder.event(line, Event::Plan { tests, scope });
    }
    if output.failing > 0 {
        output.builder.event(line, Event::AnnouncedFailing { tests: output.failing });
    }
    let end = if output.ended { End::Whole } else { End::Cut };
    read.map_or_else(|error| Ended::unreadable(line, &error), |()| Ended { line, end })
}

struct Output<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    planned: Option<u64>,
    /// The result whose output may follow.
    held: Option<Held>,
    /// Whether the output of a test stands between its rules of stars.
    quoted: bool,
    /// Whether passing tests are named.
    names_all: bool,
    /// How many tests failed, as summaries count them.
    failing: u64,
    ended: bool,
}

struct Held {
    line: u32,
    name: String,
    outcome: Outcome,
    message: Message,
}

impl<S: Sink> Output<'_, '_, S> {
    fn line(&mut self, number: u32, line: &str) {
        if self.quoted {
            self.quoted = line != "********************";
            if let Some(held) = self.held.as_mut().filter(|_| self.quoted) {
                held.message.push_line(line.as_bytes());
            }
        } else if let Some(tests) = planned(line) {
            self.planned = Some(self.planned.unwrap_or(0).saturating_add(tests));
        } else if let Some(tests) = failing(line).filter(|_| self.ended) {
            self.failing = self.failing.saturating_add(tests);
        } else if line.starts_with("Testing Time: ") {
            self.ended = true;
        } else if line.starts_with("******************** TEST '") {
            self.quoted = true;
        } else if let Some((word, name, several)) = result(line) {
            self.tell();
            let outcome = test_record::exact_outcome(&CODES, word);
            self.names_all |= outcome == Outcome::Passed;
            let (name, message) = (name.to_owned(), Message::default());
            if several && outcome == Outcome::Passed {
                self.finish(number, &name, Outcome::Failed, Attempt::Retry, "");
            }
            self.held = Some(Held { line: number, name, outcome, message });
        }
    }

    fn tell(&mut self) {
        if let Some(Held { line, name, outcome, message }) = self.held.take() {
            self.finish(line, &name, outcome, Attempt::Only, message.text());
        }
    }

    fn finish(&mut self, line: u32, name: &str, outcome: Outcome, attempt: Attempt, said: &str) {
        let (name, message) = (Cow::Borrowed(name), Cow::Borrowed(said));
        let finished = Finished { name, outcome, attempt, message, place: None };
        self.builder.event(line, Event::Finished(finished));
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::emit::test_record::testing::said;
    use crate::model::GapKind;

    #[test]
    fn a_failure_that_only_the_summary_counts_is_missed() {
        let run =
            "-- Testing: 1 tests, 1 workers --\nPASS: S :: a.ll (1 of 1)\n\nTesting Time: 0.01s\n";
        assert_eq!(said(Format::Lit, &format!("{run}  Passed: 1 (50.00%)\n")).1, []);
        for failed in
            ["  Failed: 1 (50.00%)", "  Timed Out          : 1", "    Unexpected Failures: 1"]
        {
            let counts = GapKind::Counts { what: "failing tests".into(), announced: 1, came: 0 };
            assert_eq!(said(Format::Lit, &format!("{run}{failed}\n")).1, [counts]);
        }
    }
}
