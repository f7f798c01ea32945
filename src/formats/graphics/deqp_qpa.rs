//! `TestResults.qpa`, the log of the Vulkan and OpenGL conformance tests.
//!
//! Each case is `#beginTestCaseResult name`, XML with a `<Result StatusCode="…">`, and `#endTestCaseResult`, or
//! `#terminateTestCaseResult` without a result if it died. The file as a whole is not XML.

use super::deqp_log;
use crate::formats::emit::{PendingTest, test_record, unknown};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::for_each_line;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["deqp-qpa", "qpa"],
    title: "TestResults.qpa of the Vulkan and OpenGL CTS",
    test_name: "the case, as in dEQP-VK.api.smoke.triangle",
    outcomes: &deqp_log::STATUSES,
    incomplete: "a case starts and never ends; the session has no #endSession",
    totals: "none: the log counts nothing",
    link: "https://github.com/KhronosGroup/VK-GL-CTS",
    sniff: Sniff::Bytes(sniff),
    read,
};

fn sniff(head: &[u8]) -> bool {
    let mut lines = head.split(|byte| *byte == b'\n');
    lines.any(|line| {
        [&b"#beginTestCaseResult "[..], b"#sessionInfo ", b"#beginSession"]
            .iter()
            .any(|word| line.starts_with(word))
    })
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = QpaReader { builder, open: None, open_sessions: 0 };
    let mut truncated = false;
    let read = for_each_line(input, |line| {
        if line.has_newline || !line.text.starts_with('#') {
            reader.line(line.number, line.text.trim_ascii_end());
        } else {
            truncated = true;
        }
    });
    read.complete_if(!truncated && reader.open_sessions <= 0)
}

struct QpaReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The open case, with its result so far.
    open: Option<PendingTest>,
    open_sessions: i64,
}

impl QpaReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim_ascii();
        match word {
            "#beginSession" => self.open_sessions += 1,
            "#endSession" => self.open_sessions -= 1,
            "#beginTestCaseResult" => {
                test_record::emit_started(rest, number, self.builder);
                self.open = Some(PendingTest::new(number, rest, Outcome::Errored));
            }
            "#endTestCaseResult" => self.end_case(number),
            "#terminateTestCaseResult" => {
                let outcome = match test_record::outcome_for(&deqp_log::STATUSES, rest) {
                    Outcome::Failed => Outcome::Crashed,
                    outcome => outcome,
                };
                self.set_result(outcome, rest);
                self.end_case(number);
            }
            _ => {
                if let Some((code, why)) = parse_result(line) {
                    match test_record::lookup(&deqp_log::STATUSES, code) {
                        Some(outcome) => self.set_result(outcome, why),
                        None => {
                            let why = format!("{}: {why}", unknown("status", code));
                            self.set_result(Outcome::Failed, &why);
                        }
                    }
                }
            }
        }
    }

    fn set_result(&mut self, outcome: Outcome, message: &str) {
        if let Some(case) = &mut self.open {
            case.outcome = outcome;
            case.message.clear();
            case.message.push(message);
        }
    }

    fn end_case(&mut self, line: u32) {
        if let Some(case) = self.open.take() {
            PendingTest { line, ..case }.emit(self.builder);
        }
    }
}

/// The code and the text in `<Result StatusCode="Pass">Supported</Result>`.
fn parse_result(line: &str) -> Option<(&str, &str)> {
    let (_, rest) = line.split_once("<Result StatusCode=\"")?;
    let (code, rest) = rest.split_once("\">")?;
    Some((code, rest.split_once("</Result>").map_or(rest, |(why, _)| why)))
}

#[cfg(test)]
mod tests {

    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    #[test]
    fn unknown_status_is_a_failure() {
        let text = "#beginTestCaseResult a\n <Result StatusCode=\"Zork\">why</Result>\n\
                    #endTestCaseResult\n";
        assert_eq!(read_as("deqp-qpa", text).0, ["failed a: unknown status `Zork`: why"]);
    }

    #[test]
    fn terminated_case_has_its_reason() {
        let one = "#beginTestCaseResult a.b\n<TestCaseResult CasePath=\"a.b\">\n \
            <Result StatusCode=\"Fail\">Image is wrong</Result>\n#endTestCaseResult\n";
        let two = "#beginTestCaseResult a.c\n<TestCaseResult>\n#terminateTestCaseResult Crash\n";
        let open = "#beginTestCaseResult a.d\n";
        let text = format!("#beginSession\n{one}{two}{open}");
        let read = read_as("deqp-qpa", &text);
        assert_eq!(read.0, ["failed a.b: Image is wrong", "crashed a.c: Crash", "unfinished a.d"]);
        assert!(read.1.contains(&GapKind::Truncated));
    }
}
