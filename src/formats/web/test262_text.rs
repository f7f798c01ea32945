//! The output of test262-harness with its default reporter, `simple`.
//!
//! Only tests that failed have their mode in the name, so a test that passes in both modes is two results of one name.

use crate::formats::emit::{PendingTest, test_record};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::{decode_lossy, for_each_line};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["test262-text"],
    title: "test262-harness' own output; --reporter=json distinguishes the modes",
    test_name: "the file; for a test that failed its mode too, as in test/language/x.js (strict mode)",
    outcomes: &OUTCOMES,
    incomplete: "no `Ran N tests` at the end, fewer tests or failures than it counts",
    totals: "",
    link: "https://github.com/test262-utils/test262-harness",
    sniff: Sniff::Bytes(sniff),
    read,
};

const OUTCOMES: [(&str, Outcome); 2] = [("PASS", Outcome::Passed), ("FAIL", Outcome::Failed)];

const FOLDERS: [&str; 6] =
    ["annexB/", "built-ins/", "harness/", "intl402/", "language/", "staging/"];

/// A result of test262 on the first line.
fn sniff(head: &[u8]) -> bool {
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
    let (word, name) = line.split_once(' ')?;
    Some((test_record::lookup(&OUTCOMES, word)?, name))
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = Test262TextReader { builder, pending: None, ended: false };
    let read = for_each_line(input, |line| {
        if line.has_newline || parse_result(line.text).is_none() {
            reader.line(line.number, line.text);
        }
    });
    reader.flush();
    read.complete_if(reader.ended)
}

struct Test262TextReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The last result, whose message may follow.
    pending: Option<PendingTest>,
    ended: bool,
}

impl Test262TextReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        if let Some((outcome, name)) = parse_result(line) {
            self.flush();
            self.pending = Some(PendingTest::new(number, name.trim(), outcome));
        } else if let Some(tests) =
            parse_count(line, "Ran ", " tests").or_else(|| parse_count(line, "Ran ", " test"))
        {
            self.flush();
            self.ended = true;
            self.builder.expect_tests(number, tests);
        } else if let Some(tests) = parse_count(line, "", " failed").filter(|_| self.ended) {
            self.builder.expect_failures(number, tests);
        } else if let Some(test) = self.pending.as_mut().filter(|_| line.starts_with(' ')) {
            test.message.push_line(line.trim().as_bytes());
        }
    }

    fn flush(&mut self) {
        if let Some(test) = self.pending.take() {
            test.emit(self.builder);
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
