//! What ltp-pan and runltp print: each of the Linux Test Project's tests between two marks.
//!
//! In: lines. Out: events. What a newcomer would get wrong: the text between the marks is the test's
//! own and says `TFAIL` also of tests that go on; what counts is the exit value that pan tells behind
//! it. And that has no name: of tests that ran side by side nobody knows whose it is.
//!
//! <https://github.com/linux-test-project/ltp/blob/20250530/pan/ltp-pan.c>

use super::ltp;
use crate::formats::About;
use crate::formats::emit::test_record;
use crate::model::{End, Event, Outcome, RunBuilder, Sink};
use crate::syntax::encoding::text;
use crate::syntax::lines::{Line, each};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "the output of LTP's ltp-pan and runltp",
    names: "the tag in the runtest file, as in `getpid01`",
    outcomes: &[
        ("termination_type=exited termination_id=0", Outcome::Passed),
        ("termination_id=32 (TCONF)", Outcome::Skipped),
        ("another termination_id", Outcome::Failed),
        ("one with the bit of TBROK (2) and without that of TFAIL (1)", Outcome::Errored),
        ("an initiation_status other than ok", Outcome::Errored),
        ("TBROK: Test killed! (timeout?); Test timed out, sending SIG…", Outcome::TimedOut),
        ("termination_type=signaled; TBROK: Test killed by SIG…", Outcome::Crashed),
        ("no `<<<test_end>>>`; termination_type=driver_interrupt", Outcome::Unfinished),
    ],
    incomplete: "a test without `<<<test_end>>>`. An output cut between two tests shows nothing",
    link: "https://github.com/linux-test-project/ltp/blob/20250530/pan/ltp-pan.c",
};

const START: &str = "<<<test_start>>>";
const OUTPUT: &str = "<<<test_output>>>";
const STATUS: &str = "<<<execution_status>>>";
const END: &str = "<<<test_end>>>";

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &[u8]) -> bool {
    let mut lines = head.split(|b| *b == b'\n').skip_while(|line| *line != START.as_bytes());
    lines.nth(1).is_some_and(|line| line.starts_with(b"tag="))
}

/// Reads a whole output.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let mut output = Output { builder, part: Part::Between, test: Test::default() };
    let mut cut = false;
    let (line, read) = each(input, |number, Line { bytes, ended, .. }| {
        let line = text(bytes);
        cut |= !ended && line.starts_with("<<<") && line != END;
        output.line(number, &line);
    });
    // A test that had started but has no name yet.
    cut |= output.part == Part::Head && output.test.name.is_empty();
    let end = if cut { End::Cut } else { End::Whole };
    read.map_or_else(|error| Ended::unreadable(line, &error), |()| Ended { line, end })
}

struct Output<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    part: Part,
    test: Test,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Between,
    Head,
    /// What the test itself prints.
    Output,
    Status,
}

/// The test whose lines come.
#[derive(Default)]
struct Test {
    name: String,
    printed: ltp::Printed,
    /// Whether pan could not even start it.
    not_started: bool,
    /// How it ended, once pan said so.
    outcome: Option<Outcome>,
}

impl<S: Sink> Output<'_, '_, S> {
    fn line(&mut self, number: u32, line: &str) {
        match (self.part, line) {
            (_, START) => {
                self.part = Part::Head;
                self.test = Test::default();
            }
            (Part::Head, OUTPUT) => self.part = Part::Output,
            (Part::Output, STATUS) => self.part = Part::Status,
            (Part::Status, END) => self.end(number),
            (Part::Head, line) => self.head(number, line),
            (Part::Output, line) => self.test.printed.line(line),
            (Part::Status, line) => self.test.status(line),
            (Part::Between, _) => {}
        }
    }

    fn head(&mut self, number: u32, line: &str) {
        let tag = line.strip_prefix("tag=").and_then(|line| line.rsplit_once(" stime="));
        if let Some((tag, _)) = tag {
            tag.clone_into(&mut self.test.name);
            test_record::started(tag, number, self.builder);
        }
    }

    fn end(&mut self, number: u32) {
        self.part = Part::Between;
        let test = std::mem::take(&mut self.test);
        let Some(outcome) = test.outcome.filter(|_| !test.name.is_empty()) else { return };
        let message = test.printed.message(outcome);
        self.builder.event(number, Event::finished(&test.name, outcome, message));
    }
}

impl Test {
    /// A line of pan's about its end.
    fn status(&mut self, line: &str) {
        if let Some(status) = line.strip_prefix("initiation_status=\"") {
            let status = status.trim_end_matches('"');
            self.not_started = status != "ok";
            if self.not_started {
                self.printed.note(status);
            }
        } else if let Some((how, value)) = termination(line) {
            self.outcome = match how {
                _ if self.not_started => Some(Outcome::Errored),
                "exited" => Some(self.printed.outcome(ltp::exited(value))),
                "signaled" => Some(self.printed.outcome(Outcome::Crashed)),
                "driver_interrupt" => None,
                _ => Some(Outcome::Errored),
            };
            if !self.not_started && value != 0 {
                self.printed.note(&format!("{how} {value}"));
            }
        }
    }
}

/// The type and id in `duration=0 termination_type=exited termination_id=0 corefile=no`.
fn termination(line: &str) -> Option<(&str, i64)> {
    let (_, said) = line.split_once("termination_type=")?;
    let (how, rest) = said.split_once(" termination_id=")?;
    Some((how, rest.split_once(' ')?.0.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::emit::test_record::testing::said;

    const TIMEOUTS: &str = include_str!("../../../tests/formats/ltp-output/timeouts/results.txt");
    const PAN: &str = include_str!("../../../tests/formats/ltp-output/pan/results.txt");

    #[test]
    fn why_a_test_was_stopped_stands_in_its_text() {
        let said = said(Format::LtpOutput, TIMEOUTS).0;
        let timed_out = said.iter().filter(|result| result.starts_with("timed-out "));
        assert_eq!(timed_out.count(), 3, "{said:?}");
        let last = "timed-out sleeps: Test timeouted, sending SIGKILL!\n\
                    tst_test.c:1848: TBROK: Test killed! (timeout?)\nexited 2";
        assert_eq!(said.last().map(String::as_str), Some(last));
    }

    #[test]
    fn crashes_and_tests_that_do_not_exist_are_told_apart() {
        let said = said(Format::LtpOutput, PAN).0;
        let of = |word: &str| {
            let these =
                said.iter().filter_map(|result| result.strip_prefix(word)?.split(':').next());
            these.map(str::trim).collect::<Vec<_>>()
        };
        assert_eq!(of("crashed "), ["test11", "segv", "segv_in_sh"]);
        assert_eq!(of("errored "), ["test03", "variant", "nowhere"]);
        assert_eq!(of("failed "), ["tst_res_flags", "tst_res_flags_sh"]);
        assert_eq!(of("skipped "), ["tst_needs_cmds02"]);
    }

    #[test]
    fn a_test_that_pan_itself_interrupts_never_ended() {
        let text = "<<<test_start>>>\ntag=a stime=1\n<<<test_output>>>\n<<<execution_status>>>\n\
                    initiation_status=\"ok\"\nduration=9 termination_type=driver_interrupt \
                    termination_id=15 corefile=no\ncutime=0 cstime=0\n<<<test_end>>>\n";
        assert_eq!(said(Format::LtpOutput, text).0, ["unfinished a"]);
    }
}
