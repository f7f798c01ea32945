//! What xfstests' `check` prints, and its `check.log`.
//!
//! In: lines. Out: events. What a newcomer would get wrong: the time that stands first is the one of the
//! run before, and a line that ends with it belongs to a test that never ended; `Passed all 39 tests`
//! includes those not run; and with sections everything is told twice, at the end once more.
//!
//! <https://git.kernel.org/pub/scm/fs/xfs/xfstests-dev.git>

use crate::formats::About;
use crate::formats::emit::names;
use crate::model::{End, Event, Outcome, PlanScope, RunBuilder, Sink};
use crate::syntax::bounded_text::Message;
use crate::syntax::encoding::text;
use crate::syntax::lines::{Line, each};
use crate::syntax::read_end::Ended;
use std::collections::BTreeSet;
use std::io::Read;

pub const ABOUT: About = About {
    title: "xfstests: the output of ./check, and check.log",
    names: "`generic/001`; `section/generic/001` where there are sections",
    outcomes: &[
        ("a time", Outcome::Passed),
        (
            "anything else: - output mismatch, [failed, exit status N], _check_dmesg …",
            Outcome::Failed,
        ),
        ("[not run]", Outcome::Skipped),
        ("nothing behind the test, or the time of the run before alone", Outcome::Unfinished),
    ],
    incomplete: "no `Passed all` or `Failed n of m`; fewer tests than `Ran:` names or failures than \
                 `Failures:` does; `Interrupted!`",
    link: "https://git.kernel.org/pub/scm/fs/xfs/xfstests-dev.git/tree/README",
};

/// What precedes the name of a section.
const SECTION: &str = "SECTION       -- ";

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &[u8]) -> bool {
    head.split(|b| *b == b'\n').take(400).any(|line| {
        let ran = line.strip_prefix(b"Ran: ").map(text);
        line.starts_with(b"FSTYP         -- ")
            || ran.is_some_and(|ran| ran.split(' ').next().is_some_and(|t| test(t).is_some()))
    })
}

/// Reads a whole output.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let mut output = Output {
        builder,
        section: String::new(),
        state: State::Before,
        came: 0,
        open: None,
        ran: Vec::new(),
        not_run: BTreeSet::new(),
        failures: BTreeSet::new(),
    };
    let mut cut = false;
    let (line, read) = each(input, |number, Line { bytes, ended, .. }| {
        let line = text(bytes);
        cut |= !ended && !is_last(&line);
        output.line(number, &line);
    });
    cut |= output.state == State::Running || !output.ran.is_empty();
    output.end_test();
    output.end_run(line);
    let end = if cut { End::Cut } else { End::Whole };
    read.map_or_else(|error| Ended::unreadable(line, &error), |()| Ended { line, end })
}

struct Output<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    section: String,
    state: State,
    /// How many tests of this run came.
    came: u64,
    open: Option<Open>,
    // The lists at the end of a run.
    ran: Vec<String>,
    not_run: BTreeSet<String>,
    failures: BTreeSet<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Before,
    Running,
    /// The run said how it ended.
    Ended,
    /// The section's results are told once more.
    Recapped,
}

/// The test whose lines come.
struct Open {
    line: u32,
    name: String,
    outcome: Outcome,
    message: Message,
}

impl<S: Sink> Output<'_, '_, S> {
    fn line(&mut self, number: u32, line: &str) {
        let section = line.strip_prefix(SECTION);
        if self.state == State::Recapped && section.is_none() {
            return;
        }
        if let Some(section) = section {
            self.end_test();
            self.end_run(number);
            self.section = section.trim().to_owned();
            self.state = State::Before;
        } else if line.starts_with("=====") && self.state == State::Before {
            self.state = State::Recapped;
        } else if line.starts_with("FSTYP         -- ") || line.starts_with("Kernel version: ") {
            self.end_test();
            self.end_run(number);
            self.start_run(number);
        } else if let Some(list) = line.strip_prefix("Ran: ") {
            self.end_test();
            self.ran = words(list).collect();
        } else if let Some(list) = line.strip_prefix("Not run: ") {
            self.not_run = words(list).collect();
        } else if let Some(list) = line.strip_prefix("Failures: ") {
            self.failures = words(list).collect();
        } else if is_last(line) {
            self.end_test();
            self.tell_lists(number);
            self.end_run(number);
        } else if line == "Interrupted!" {
            self.end_test();
            self.builder.event(number, Event::BailedOut { why: "Interrupted!".into() });
        } else if let Some((name, rest)) = test(line) {
            self.end_test();
            self.start_test(number, name, rest);
        } else if let Some(open) = &mut self.open
            && !line.is_empty()
        {
            let said_more = line.starts_with("_check_") || line.starts_with("- output mismatch");
            if said_more {
                open.outcome = Outcome::Failed;
            }
            open.message.push_line(line.trim_start().as_bytes());
        }
    }

    fn start_run(&mut self, line: u32) {
        self.state = State::Running;
        self.came = 0;
        self.builder.event(line, Event::SuiteStarted { name: None });
    }

    fn start_test(&mut self, line: u32, name: &str, rest: &str) {
        if self.state != State::Running {
            self.start_run(line);
        }
        let rest = rest.trim();
        let (before, said) = rest.split_once(" ...").unwrap_or(("", rest));
        let said = if is_time(before.trim()) { said.trim() } else { rest };
        let outcome = match said {
            "[expunged]" => return,
            "" | "..." => Outcome::Unfinished,
            said if is_time(said) => Outcome::Passed,
            said if said.starts_with("[not run]") => Outcome::Skipped,
            _ => Outcome::Failed,
        };
        let mut message = Message::default();
        if outcome != Outcome::Passed {
            message.push(said.trim_start_matches("[not run]").trim());
        }
        let name = self.name(name);
        self.open = Some(Open { line, name, outcome, message });
    }

    fn name(&self, name: &str) -> String {
        names::below(&self.section, name, "/")
    }

    fn end_test(&mut self) {
        let Some(open) = self.open.take() else { return };
        self.came += 1;
        if open.outcome == Outcome::Unfinished {
            self.builder.event(open.line, Event::Started { name: open.name.into() });
            return;
        }
        let message = if open.outcome == Outcome::Passed { "" } else { open.message.text() };
        self.builder.event(open.line, Event::finished(&open.name, open.outcome, message));
    }

    /// Where only the lists stand, as in `check.log`, they are the results.
    fn tell_lists(&mut self, line: u32) {
        let ran = std::mem::take(&mut self.ran);
        if self.state == State::Running && self.came > 0 {
            let (tests, scope) = (ran.len() as u64, PlanScope::Children);
            self.builder.event(line, Event::Plan { tests, scope });
            let tests = self.failures.len() as u64;
            self.builder.event(line, Event::AnnouncedFailing { tests });
            return;
        }
        for test in ran {
            let outcome = match (self.failures.contains(&test), self.not_run.contains(&test)) {
                (true, _) => Outcome::Failed,
                (false, true) => Outcome::Skipped,
                (false, false) => Outcome::Passed,
            };
            let name = self.name(&test);
            self.builder.event(line, Event::finished(&name, outcome, ""));
        }
    }

    fn end_run(&mut self, line: u32) {
        if self.state == State::Running {
            self.builder.event(line, Event::SuiteEnded);
        }
        self.state = State::Ended;
        self.came = 0;
        self.ran.clear();
        self.not_run.clear();
        self.failures.clear();
    }
}

/// The test a line begins with, as `generic/001`, and the rest of the line.
fn test(line: &str) -> Option<(&str, &str)> {
    let end = line.find([' ', '\t']).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let (group, number) = name.split_once('/')?;
    let is_group =
        !group.is_empty() && group.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    let is_number = number.len() >= 3 && number.bytes().all(|b| b.is_ascii_digit());
    (is_group && is_number).then_some((name, rest))
}

fn is_time(text: &str) -> bool {
    let number = text.strip_suffix('s').unwrap_or("");
    !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// Whether a line is `Passed all 39 tests` or `Failed 2 of 15 tests`.
fn is_last(line: &str) -> bool {
    let failed = line.starts_with("Failed ") && line.contains(" of ");
    (failed || line.starts_with("Passed all ")) && line.ends_with(" tests")
}

fn words(list: &str) -> impl Iterator<Item = String> {
    list.split_whitespace().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::emit::test_record::testing::said;
    use crate::model::GapKind;

    #[test]
    fn a_failure_that_only_the_summary_counts_is_missed() {
        let run = "FSTYP         -- ext4\ngeneric/001 2s ...  3s\nRan: generic/001\n";
        assert_eq!(said(Format::Xfstests, &format!("{run}Passed all 1 tests\n")).1, []);
        let failed =
            said(Format::Xfstests, &format!("{run}Failures: generic/001\nFailed 1 of 1 tests\n"));
        let counts = GapKind::Counts { what: "failing tests".into(), announced: 1, came: 0 };
        assert_eq!(failed.1, [counts]);
    }
}
