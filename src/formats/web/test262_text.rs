//! What test262-harness prints by itself, its reporter `simple`.
//!
//! In: lines. Out: events. What a newcomer would get wrong: only a test that failed says in which mode
//! it ran, so a test that passes in both modes is two results of one name.
//!
//! <https://github.com/test262-utils/test262-harness>

use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{EndOfInput, Event, Outcome, RunBuilder};
use crate::syntax::bounded_text::BoundedText;
use crate::syntax::encoding::decode_lossy;
use crate::syntax::lines::{RawLine, for_each_line};
use crate::syntax::read_end::ReadEnd;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["test262-text"],
    title: "test262-harness' own output; --reporter=json tells the modes apart",
    test_name: "the file; for a test that failed its mode too, as in test/language/x.js (strict mode)",
    outcomes: &[("PASS", Outcome::Passed), ("FAIL", Outcome::Failed)],
    incomplete: "no `Ran N tests` at the end, fewer tests or failures than it says",
    link: "https://github.com/test262-utils/test262-harness",
    sniff: Sniff::Bytes(sniff),
    read,
};

/// Where test262 keeps its tests.
const FOLDERS: [&str; 6] =
    ["annexB/", "built-ins/", "harness/", "intl402/", "language/", "staging/"];

/// Whether the first bytes of a file are of this format: its first line is a result of test262.
pub(crate) fn sniff(head: &[u8]) -> bool {
    let head = head.trim_ascii_start();
    let line = decode_lossy(head.split(|b| *b == b'\n').next().unwrap_or(head));
    parse_result(line.trim_end()).is_some_and(|(_, name)| {
        let name = name.trim_end_matches(" (default)").trim_end_matches(" (strict mode)");
        name.ends_with(".js")
            && FOLDERS.iter().any(|folder| name.contains(&format!("test/{folder}")))
    })
}

/// The outcome and the name in `FAIL test/language/x.js (default)`.
fn parse_result(line: &str) -> Option<(Outcome, &str)> {
    match line.strip_prefix("PASS ") {
        Some(name) => Some((Outcome::Passed, name)),
        None => Some((Outcome::Failed, line.strip_prefix("FAIL ")?)),
    }
}

/// Reads a whole output.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = Test262TextReader { builder, pending: None, ended: false };
    let (line, read) = for_each_line(input, |number, RawLine { bytes, has_newline: ended, .. }| {
        if ended || parse_result(&decode_lossy(bytes)).is_none() {
            reader.line(number, &decode_lossy(bytes));
        }
    });
    reader.flush();
    let end = if reader.ended { EndOfInput::Complete } else { EndOfInput::Truncated };
    read.map_or_else(|error| ReadEnd::unreadable(line, &error), |()| ReadEnd { line, end })
}

struct Test262TextReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// A result, until what is said of it has come.
    pending: Option<(u32, Outcome, String, BoundedText)>,
    ended: bool,
}

impl Test262TextReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        if let Some((outcome, name)) = parse_result(line) {
            self.flush();
            self.pending = Some((number, outcome, name.trim().to_owned(), BoundedText::default()));
        } else if let Some(tests) =
            parse_count(line, "Ran ", " tests").or_else(|| parse_count(line, "Ran ", " test"))
        {
            self.flush();
            self.ended = true;
            self.builder.expect_tests(number, tests);
        } else if let Some(tests) = parse_count(line, "", " failed").filter(|_| self.ended) {
            self.builder.expect_failures(number, tests);
        } else if let Some((.., message)) = self.pending.as_mut().filter(|_| line.starts_with(' '))
        {
            message.push_line(line.trim().as_bytes());
        }
    }

    fn flush(&mut self) {
        if let Some((line, outcome, name, message)) = self.pending.take() {
            self.builder.handle(line, Event::finished(&name, outcome, message.text()));
        }
    }
}

fn parse_count(line: &str, prefix: &str, suffix: &str) -> Option<u64> {
    line.strip_prefix(prefix)?.strip_suffix(suffix)?.parse().ok()
}

#[cfg(test)]
mod tests {

    use crate::formats::emit::test_record::testing::read_as;

    #[test]
    fn failure_details_are_its_message() {
        let text = "\nFAIL test/language/a.js (default)\n  Expected no error, got Test262Error\n\n\
                    PASS test/language/b.js\nRan 3 tests\n1 passed\n2 failed\n";
        let read = read_as("test262-text", text);
        let want = [
            "failed test/language/a.js (default): Expected no error, got Test262Error",
            "passed test/language/b.js",
        ];
        assert_eq!(read.0, want);
        assert_eq!(read.1.len(), 2);
    }
}
