//! `TestResults.qpa`, the log of the Vulkan and OpenGL conformance tests.
//!
//! Each case is `#beginTestCaseResult name`, XML with a `<Result StatusCode="…">`, and `#endTestCaseResult`, or
//! `#terminateTestCaseResult` without a result if it died. The file as a whole is not XML.
//!
//! <https://github.com/KhronosGroup/VK-GL-CTS>

use super::deqp_log;
use crate::formats::emit::test_record::{self, TestRecord};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{EndOfInput, Outcome, RunBuilder};
use crate::syntax::encoding;
use crate::syntax::lines::{self, LineReader};
use crate::syntax::read_end::ReadEnd;
use std::io::{self, Read};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["deqp-qpa", "qpa"],
    title: "TestResults.qpa of the Vulkan and OpenGL CTS",
    test_name: "the case, as in dEQP-VK.api.smoke.triangle",
    outcomes: &deqp_log::STATUSES,
    incomplete: "a case starts and never ends; the session has no #endSession",
    link: "https://github.com/KhronosGroup/VK-GL-CTS",
    sniff: Sniff::Bytes(sniff),
    read,
};

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &[u8]) -> bool {
    let mut lines = head.split(|byte| *byte == b'\n');
    lines.any(|line| {
        [&b"#beginTestCaseResult "[..], b"#sessionInfo ", b"#beginSession"]
            .iter()
            .any(|word| line.starts_with(word))
    })
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    lines::read_lines(input, |lines| read_lines(lines, builder))
}

/// The open case, and its result so far.
struct QpaCase {
    name: String,
    outcome: Outcome,
    message: String,
}

fn read_lines(
    lines: &mut LineReader<impl Read>,
    builder: &mut RunBuilder<'_>,
) -> io::Result<EndOfInput> {
    let (mut number, mut case, mut sessions) = (0, None::<QpaCase>, 0_i64);
    while let Some(line) = lines.next_line()? {
        number += 1;
        if !line.has_newline && line.bytes.starts_with(b"#") {
            return Ok(EndOfInput::Truncated);
        }
        let bytes = line.bytes.trim_ascii_end();
        let (word, rest) =
            bytes.split_at(bytes.iter().position(|b| *b == b' ').unwrap_or(bytes.len()));
        let rest = encoding::decode_lossy(rest.trim_ascii());
        match word {
            b"#beginSession" => sessions += 1,
            b"#endSession" => sessions -= 1,
            b"#beginTestCaseResult" => {
                test_record::emit_started(rest.as_ref(), number, builder);
                let (name, message) = (rest.into_owned(), String::new());
                case = Some(QpaCase { name, outcome: Outcome::Errored, message });
            }
            b"#endTestCaseResult" => emit_case(number, case.take(), builder),
            b"#terminateTestCaseResult" => {
                if let Some(case) = &mut case {
                    case.outcome = match test_record::outcome_for(&deqp_log::STATUSES, &rest) {
                        Outcome::Failed => Outcome::Crashed,
                        outcome => outcome,
                    };
                    rest.as_ref().clone_into(&mut case.message);
                }
                emit_case(number, case.take(), builder);
            }
            _ => {
                if let (Some(case), Some((code, why))) =
                    (&mut case, parse_result(&encoding::decode_lossy(bytes)))
                {
                    case.outcome = test_record::outcome_for(&deqp_log::STATUSES, &code);
                    case.message = why;
                }
            }
        }
    }
    Ok(if sessions > 0 { EndOfInput::Truncated } else { EndOfInput::Complete })
}

fn emit_case(line: u32, case: Option<QpaCase>, builder: &mut RunBuilder<'_>) {
    let Some(QpaCase { name, outcome, message }) = case else { return };
    TestRecord::new(name, outcome).message(&message).emit(line, builder);
}

/// The code and the text of a line as `<Result StatusCode="Pass">Supported</Result>`.
fn parse_result(line: &str) -> Option<(String, String)> {
    let (_, rest) = line.split_once("<Result StatusCode=\"")?;
    let (code, rest) = rest.split_once("\">")?;
    let why = rest.split_once("</Result>").map_or(rest, |(why, _)| why);
    Some((code.to_owned(), why.to_owned()))
}

#[cfg(test)]
mod tests {

    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

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
