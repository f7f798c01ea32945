//! The output of ltp-pan and runltp: each test of the Linux Test Project between two markers.
//!
//! The text between the markers is output of the test, in which `TFAIL` is not final; the exit value after it counts.
//! The exit value has no name, so results of tests that ran in parallel cannot be distinguished.

use super::ltp;
use crate::formats::emit::test_record;
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::for_each_line;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["ltp-output", "runltp"],
    title: "the output of LTP's ltp-pan and runltp",
    test_name: "the tag in the runtest file, as in `getpid01`",
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
    totals: "runltp's `ltp-pan reported some tests FAIL`",
    link: "https://github.com/linux-test-project/ltp/blob/20250530/pan/ltp-pan.c",
    sniff: Sniff::Bytes(|head| {
        let mut lines =
            head.split(|b| *b == b'\n').skip_while(|line| *line != TEST_START.as_bytes());
        lines.nth(1).is_some_and(|line| line.starts_with(b"tag="))
    }),
    read,
};

const TEST_START: &str = "<<<test_start>>>";
const TEST_OUTPUT: &str = "<<<test_output>>>";
const EXECUTION_STATUS: &str = "<<<execution_status>>>";
const TEST_END: &str = "<<<test_end>>>";

/// What runltp prints after all tests.
const SOME_FAILED: &str = "INFO: ltp-pan reported some tests FAIL";

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader =
        LtpOutputReader { builder, part: LtpOutputPart::Between, test: LtpTest::default() };
    let mut truncated = false;
    let read = for_each_line(input, |line| {
        truncated |= !line.has_newline && line.text.starts_with("<<<") && line.text != TEST_END;
        reader.line(line.number, line.text);
    });
    // A test has started but has no name yet.
    truncated |= reader.part == LtpOutputPart::Head && reader.test.name.is_empty();
    read.complete_if(!truncated)
}

struct LtpOutputReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    part: LtpOutputPart,
    test: LtpTest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LtpOutputPart {
    Between,
    Head,
    /// What the test prints.
    Output,
    Status,
}

#[derive(Default)]
struct LtpTest {
    name: String,
    output: ltp::TestOutput,
    /// Whether pan could not start it.
    not_started: bool,
    /// Its outcome, after pan has reported it.
    outcome: Option<Outcome>,
}

impl LtpOutputReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        match (self.part, line) {
            (_, TEST_START) => {
                self.part = LtpOutputPart::Head;
                self.test = LtpTest::default();
            }
            (LtpOutputPart::Head, TEST_OUTPUT) => self.part = LtpOutputPart::Output,
            (LtpOutputPart::Output, EXECUTION_STATUS) => self.part = LtpOutputPart::Status,
            (LtpOutputPart::Status, TEST_END) => self.end(number),
            (LtpOutputPart::Head, line) => self.head(number, line),
            (LtpOutputPart::Output, line) => self.test.output.add_line(line),
            (LtpOutputPart::Status, line) => self.test.status(line),
            (LtpOutputPart::Between, SOME_FAILED) => {
                self.builder.expect_a_failure(number, SOME_FAILED);
            }
            (LtpOutputPart::Between, _) => {}
        }
    }

    fn head(&mut self, number: u32, line: &str) {
        let tag = line.strip_prefix("tag=").and_then(|line| line.rsplit_once(" stime="));
        if let Some((tag, _)) = tag {
            tag.clone_into(&mut self.test.name);
            test_record::emit_started(tag, number, self.builder);
        }
    }

    fn end(&mut self, number: u32) {
        self.part = LtpOutputPart::Between;
        let test = std::mem::take(&mut self.test);
        let Some(outcome) = test.outcome.filter(|_| !test.name.is_empty()) else { return };
        let message = test.output.message(outcome);
        self.builder.handle(number, Event::finished(&test.name, outcome, message));
    }
}

impl LtpTest {
    /// Reads a line of its execution status.
    fn status(&mut self, line: &str) {
        if let Some(status) = line.strip_prefix("initiation_status=\"") {
            let status = status.trim_end_matches('"');
            self.not_started = status != "ok";
            if self.not_started {
                self.output.add_note(status);
            }
        } else if let Some((how, value)) = parse_termination(line) {
            self.outcome = match how {
                _ if self.not_started => Some(Outcome::Errored),
                "exited" => Some(self.output.outcome(ltp::outcome_of_exit(value))),
                "signaled" => Some(self.output.outcome(Outcome::Crashed)),
                "driver_interrupt" => None,
                _ => Some(Outcome::Errored),
            };
            if !self.not_started && value != 0 {
                self.output.add_note(&format!("{how} {value}"));
            }
        }
    }
}

/// The type and id in `duration=0 termination_type=exited termination_id=0 corefile=no`.
fn parse_termination(line: &str) -> Option<(&str, i64)> {
    let (_, termination) = line.split_once("termination_type=")?;
    let (how, rest) = termination.split_once(" termination_id=")?;
    Some((how, rest.split_once(' ')?.0.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    const TIMEOUTS: &str = include_str!("../../../tests/formats/ltp-output/timeouts/results.txt");
    const PAN: &str = include_str!("../../../tests/formats/ltp-output/pan/results.txt");

    #[test]
    fn stop_reason_is_read_from_the_output() {
        let results = read_as("ltp-output", TIMEOUTS).0;
        let timed_out = results.iter().filter(|result| result.starts_with("timed-out "));
        assert_eq!(timed_out.count(), 3, "{results:?}");
        let last = "timed-out sleeps: Test timeouted, sending SIGKILL!\n\
                    tst_test.c:1848: TBROK: Test killed! (timeout?)\nexited 2";
        assert_eq!(results.last().map(String::as_str), Some(last));
    }

    #[test]
    fn crashes_and_missing_programs_are_distinguished() {
        let results = read_as("ltp-output", PAN).0;
        let names_with = |word: &str| {
            let names =
                results.iter().filter_map(|result| result.strip_prefix(word)?.split(':').next());
            names.map(str::trim).collect::<Vec<_>>()
        };
        assert_eq!(names_with("crashed "), ["test11", "segv", "segv_in_sh"]);
        assert_eq!(names_with("errored "), ["test03", "variant", "nowhere"]);
        assert_eq!(names_with("failed "), ["tst_res_flags", "tst_res_flags_sh"]);
        assert_eq!(names_with("skipped "), ["tst_needs_cmds02"]);
    }

    #[test]
    fn failure_that_only_runltp_reports_is_a_gap() {
        let test = "<<<test_start>>>\ntag=a stime=1\n<<<test_output>>>\n<<<execution_status>>>\n\
                    initiation_status=\"ok\"\nduration=9 termination_type=exited \
                    termination_id=0 corefile=no\n<<<test_end>>>\n";
        assert_eq!(read_as("ltp-output", test).1, []);
        let failed = format!("{test}INFO: ltp-pan reported some tests FAIL\n");
        assert_eq!(read_as("ltp-output", &failed).1.len(), 1);
        let unknown = test.replace("exited", "zorked");
        assert_eq!(read_as("ltp-output", &unknown).0, ["errored a"]);
    }

    #[test]
    fn test_interrupted_by_pan_is_unfinished() {
        let text = "<<<test_start>>>\ntag=a stime=1\n<<<test_output>>>\n<<<execution_status>>>\n\
                    initiation_status=\"ok\"\nduration=9 termination_type=driver_interrupt \
                    termination_id=15 corefile=no\ncutime=0 cstime=0\n<<<test_end>>>\n";
        assert_eq!(read_as("ltp-output", text).0, ["unfinished a"]);
    }
}
