//! The output of test262-harness with its default reporter, `simple`.
//!
//! Only tests that failed have their mode in the name, so a test that passes in both modes is two results of one name.

use crate::formats::emit::{PendingTest, known_or_failed, lookup, saturating_sum};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::{decode_lossy, for_each_line};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["test262-text"],
    title: "test262-harness' own output; --reporter=json distinguishes the modes",
    test_name: "the file; for a test that failed its mode too, as in test/language/x.js (strict mode)",
    outcomes: &OUTCOMES,
    incomplete: "no `Ran N tests` at the end, fewer tests or failures than it counts",
    totals: "tests run, passed and failed ones",
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
    parse_result(line.trim_end())
        .is_some_and(|(word, name)| lookup(&OUTCOMES, word).is_some() && is_test_file(name))
}

/// The word and the name in `FAIL test/language/x.js (default)`.
fn parse_result(line: &str) -> Option<(&str, &str)> {
    let (word, name) = line.split_once(' ')?;
    let name = name.trim();
    (!word.is_empty() && (lookup(&OUTCOMES, word).is_some() || is_test_file(name)))
        .then_some((word, name))
}

/// Whether this is the name of a test, which may end in its mode.
fn is_test_file(name: &str) -> bool {
    let name = name.trim_end_matches(" (default)").trim_end_matches(" (strict mode)");
    name.ends_with(".js")
        && !name.contains(' ')
        && FOLDERS.iter().any(|folder| name.contains(&format!("test/{folder}")))
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = Test262TextReader { builder, pending: None, ran: None, passed: 0, failed: 0 };
    let read = for_each_line(input, |line| {
        if line.has_newline || parse_result(line.text).is_none() {
            reader.line(line.number, line.text);
        }
    });
    reader.flush();
    read.complete_if(reader.ran.is_some())
}

struct Test262TextReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The last result, whose message may follow.
    pending: Option<PendingTest>,
    /// The totals, as far as they are read; the last lines have them in this order.
    ran: Option<u64>,
    passed: u64,
    failed: u64,
}

impl Test262TextReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        if let Some((word, name)) = parse_result(line) {
            self.flush();
            let (outcome, unknown) = known_or_failed(lookup(&OUTCOMES, word), "status", word);
            let mut test = PendingTest::new(number, name, outcome);
            test.message.push(&unknown);
            self.pending = Some(test);
        } else if let Some(tests) =
            parse_count(line, "Ran ", " tests").or_else(|| parse_count(line, "Ran ", " test"))
        {
            self.flush();
            self.ran = Some(tests);
            self.expect(number);
        } else if let Some(tests) = parse_count(line, "", " passed").filter(|_| self.ran.is_some())
        {
            self.passed = tests;
            self.expect(number);
        } else if let Some(tests) = parse_count(line, "", " failed").filter(|_| self.ran.is_some())
        {
            self.failed = tests;
            self.expect(number);
        } else if let Some(test) = self.pending.as_mut().filter(|_| line.starts_with(' ')) {
            test.message.push_line(line.trim().as_bytes());
        }
    }

    fn expect(&mut self, line: u32) {
        let sum = saturating_sum([self.passed, self.failed]);
        self.builder.expect_tests(line, self.ran.max(Some(sum)));
        self.builder.expect_failures(line, self.failed);
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

    #[test]
    fn unknown_word_before_a_test_file_is_a_failure() {
        let text = "PASS test/language/a.js\nZORKED test/language/b.js (default)\nno result.js\n\
                    Ran 2 tests\n2 passed\n";
        let want = [
            "passed test/language/a.js",
            "failed test/language/b.js (default): unknown status `ZORKED`",
        ];
        let read = read_as("test262-text", text);
        assert_eq!((read.0, read.1.len()), (want.map(str::to_owned).to_vec(), 0));
    }
}
