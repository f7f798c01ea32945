//! The output of Samba's format-subunit: `make test`, and smbtorture piped into it.
//!
//! Only tests that failed are named; each of the others is a letter or missing. So a letter is a result without a name,
//! and a suite with neither a letter nor a failure is one passing result.

use super::{smbtorture_simple, v1};
use crate::formats::emit::{PendingTest, names, test_record};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::for_each_line;
use std::borrow::Cow;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["samba-selftest", "samba-format-subunit"],
    title: "the formatted output of Samba's selftest (format-subunit)",
    test_name: "as printed after `UNEXPECTED(…): `; `suite #N` for a test that is a letter; `suite` for a \
            suite without other results",
    outcomes: &[
        (".", Outcome::Passed),
        ("a suite without a letter and without a failure", Outcome::Passed),
        ("s", Outcome::Skipped),
        ("X", Outcome::Xfailed),
        ("F, UNEXPECTED(failure)", Outcome::Failed),
        ("E, UNEXPECTED(error)", Outcome::Errored),
        ("ERROR: Testsuite[…], and no test of it failed", Outcome::Errored),
        ("U, UNEXPECTED(uxsuccess)", Outcome::Xpassed),
        ("a suite that the output ends in", Outcome::Unfinished),
    ],
    incomplete: "no `ALL OK (…)` or `FAILED (…)` at the end; more failures in it than results that failed; fewer \
                 suites than declared",
    totals: "",
    link: "https://wiki.samba.org/index.php/Understanding_Samba_Testing_Output",
    sniff: Sniff::Lines(sniff),
    read,
};

const LETTERS: [(char, Outcome); 6] = [
    ('.', Outcome::Passed),
    ('s', Outcome::Skipped),
    ('X', Outcome::Xfailed),
    ('F', Outcome::Failed),
    ('E', Outcome::Errored),
    ('U', Outcome::Xpassed),
];

const UNEXPECTED: [(&str, Outcome); 3] =
    [("failure", Outcome::Failed), ("error", Outcome::Errored), ("uxsuccess", Outcome::Xpassed)];

enum SambaLine<'a> {
    /// A suite starts.
    Suite(SuiteLine<'a>),
    Letters(&'a str),
    Unexpected(Outcome, &'a str),
    SuiteFailed(&'a str),
    Reason(&'a str),
    /// The number of failed tests, at the end.
    Summary(u64),
    Output,
}

/// The start of a suite.
struct SuiteLine<'a> {
    name: &'a str,
    /// How many suites there are.
    suites: Option<u64>,
    /// The letters on the same line.
    letters: &'a str,
}

impl<'a> SambaLine<'a> {
    fn parse(line: &'a str) -> SambaLine<'a> {
        if let Some(suite) = SuiteLine::parse(line) {
            return SambaLine::Suite(suite);
        }
        if let Some((word, name)) =
            line.strip_prefix("UNEXPECTED(").and_then(|rest| rest.split_once("): "))
        {
            return SambaLine::Unexpected(test_record::outcome_for(&UNEXPECTED, word), name);
        }
        let failed = line.strip_prefix("ERROR: Testsuite[").and_then(|rest| rest.strip_suffix(']'));
        if let Some(name) = failed {
            return SambaLine::SuiteFailed(name);
        }
        if let Some(reason) = line.strip_prefix("REASON: ") {
            return SambaLine::Reason(reason);
        }
        match (parse_summary(line), progress_letters(line)) {
            (Some(failing), _) => SambaLine::Summary(failing),
            (None, "") => SambaLine::Output,
            (None, letters) => SambaLine::Letters(letters),
        }
    }
}

impl<'a> SuiteLine<'a> {
    /// Parses `[1(0)/2 at 3s, 1 errors] name: ..s ok`.
    fn parse(line: &'a str) -> Option<SuiteLine<'a>> {
        let (numbers, rest) = line.strip_prefix('[')?.split_once("] ")?;
        let (index, tail) = numbers.split_once('(')?;
        let (tests, tail) = tail.split_once(')')?;
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !is_number(index) || !is_number(tests) {
            return None;
        }
        let suites = tail.strip_prefix('/').and_then(|rest| rest.split([' ', ',']).next());
        let suites = suites.and_then(|suites| suites.parse().ok());
        if let Some((name, status)) = rest.rsplit_once(':') {
            let status = status.trim_start();
            let letters = progress_letters(status);
            let end = status[letters.len()..].trim_start();
            if end == "ok" || end.bytes().all(|b| b.is_ascii_uppercase()) {
                return Some(SuiteLine { name, suites, letters });
            }
        }
        Some(SuiteLine { name: rest, suites, letters: "" })
    }
}

/// The letters at the start of a line. Output of a test directly follows its letter, so letters that could be the start
/// of a word do not count.
fn progress_letters(line: &str) -> &str {
    let is_letter = |c: char| test_record::lookup(&LETTERS, c).is_some();
    let rest = line.trim_start_matches(is_letter);
    let letters = &line[..line.len() - rest.len()];
    let ends = rest.is_empty() || !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let certain_len = if ends && (rest.is_empty() || letters.contains('.')) {
        letters.len()
    } else {
        letters.rfind('.').map_or(0, |at| at + 1)
    };
    &letters[..certain_len]
}

/// The number of failed tests in `FAILED (1 failures, 2 errors and 0 unexpected successes in 3 testsuites)`
/// or `ALL OK (5 tests in 3 testsuites)`.
fn parse_summary(line: &str) -> Option<u64> {
    if line.starts_with("ALL OK (") && line.ends_with(" testsuites)") {
        return Some(0);
    }
    let rest = line.strip_prefix("FAILED (")?.strip_suffix(" testsuites)")?;
    let (failures, rest) = rest.split_once(" failures, ")?;
    let (errors, rest) = rest.split_once(" errors and ")?;
    let (successes, _) = rest.split_once(" unexpected successes in ")?;
    let numbers: Result<Vec<u64>, _> =
        [failures, errors, successes].map(str::parse).into_iter().collect();
    Some(test_record::saturating_sum(numbers.ok()?))
}

/// The line of a suite, the summary, or letters after smbtorture's banner.
fn sniff(head: &str) -> bool {
    let is_smbtorture =
        head.starts_with("smbtorture ") && !v1::sniff(head) && !smbtorture_simple::sniff(head);
    head.lines().map(SambaLine::parse).any(|line| {
        matches!(line, SambaLine::Suite(..) | SambaLine::Summary(_))
            || is_smbtorture && matches!(line, SambaLine::Letters(_))
    })
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = SambaSelftestReader {
        builder,
        suite: None,
        letter_count: 0,
        pending: None,
        has_summary: false,
    };
    let read = for_each_line(input, |line| reader.line(line.number, line.text));
    reader.flush();
    if reader.has_summary {
        reader.close_suite(read.line);
    } else {
        reader.abandon_suite(read.line);
    }
    read.complete_if(reader.has_summary)
}

struct SambaSelftestReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    suite: Option<SambaSuite>,
    /// The number of letters so far in the suite, or in the file if there are no suites.
    letter_count: u64,
    /// The last failing test, whose reason may follow.
    pending: Option<PendingTest>,
    has_summary: bool,
}

struct SambaSuite {
    line: u32,
    name: String,
    has_result: bool,
    failed: bool,
}

impl SambaSelftestReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        match SambaLine::parse(line) {
            SambaLine::Suite(SuiteLine { name, suites, letters }) => {
                self.flush();
                self.close_suite(number);
                self.builder.expect_children(number, suites);
                let event = Event::SuiteStarted { name: Some(Cow::Borrowed(name)) };
                self.builder.handle(number, event);
                let (line, name) = (number, name.to_owned());
                self.suite = Some(SambaSuite { line, name, has_result: false, failed: false });
                self.letter_count = 0;
                self.emit_letters(number, letters);
            }
            SambaLine::Letters(letters) => self.emit_letters(number, letters),
            SambaLine::Unexpected(outcome, name) => self.defer(number, outcome, name),
            SambaLine::SuiteFailed(name) => {
                self.flush();
                if self.suite.as_ref().is_none_or(|suite| !suite.failed) {
                    self.defer(number, Outcome::Errored, name);
                }
            }
            SambaLine::Reason(reason) => self.add_reason(reason),
            SambaLine::Summary(tests) => {
                self.flush();
                self.close_suite(number);
                self.builder.expect_failures(number, tests);
                self.has_summary = true;
            }
            SambaLine::Output => self.add_reason(line),
        }
    }

    fn emit_letters(&mut self, number: u32, letters: &str) {
        for letter in letters.chars() {
            self.letter_count += 1;
            let outcome = test_record::lookup(&LETTERS, letter).unwrap_or(Outcome::Failed);
            let suite = self.suite.as_ref().map_or("", |suite| &suite.name);
            let name = names::join_child(suite, &format!("#{}", self.letter_count), " ");
            self.emit(&PendingTest::new(number, name, outcome));
        }
    }

    fn defer(&mut self, line: u32, outcome: Outcome, name: &str) {
        self.flush();
        self.pending = Some(PendingTest::new(line, name, outcome));
    }

    fn add_reason(&mut self, line: &str) {
        if let Some(pending) = self.pending.as_mut().filter(|_| !line.is_empty()) {
            pending.message.push_line(line.as_bytes());
        }
    }

    fn flush(&mut self) {
        if let Some(test) = self.pending.take() {
            self.emit(&test);
        }
    }

    fn emit(&mut self, test: &PendingTest) {
        test.emit(self.builder);
        if let Some(suite) = &mut self.suite {
            suite.has_result = true;
            suite.failed |= test.outcome.is_failing();
        }
    }

    fn close_suite(&mut self, line: u32) {
        let Some(suite) = self.suite.take() else { return };
        if !suite.has_result {
            PendingTest::new(suite.line, suite.name, Outcome::Passed).emit(self.builder);
        }
        self.builder.handle(line, Event::SuiteEnded);
    }

    /// Closes a suite that the end of the file interrupted.
    fn abandon_suite(&mut self, line: u32) {
        let Some(suite) = self.suite.take() else { return };
        test_record::emit_started(&suite.name, suite.line, self.builder);
        self.builder.handle(line, Event::SuiteEnded);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::emit::test_record::testing::read_as;

    #[test]
    fn failing_tests_are_named_and_other_suites_are_one_result() {
        let text = "[1(0)/3 at 0s] samba.one(env)\n[2(7)/3 at 1s] samba.two(env)\n\
                    UNEXPECTED(failure): samba.two.a b(env)\nREASON: Exception: no\nmore\n\
                    ERROR: Testsuite[samba.two(env)]\nREASON: Exit code was 1\n\
                    [3(9)/3 at 2s, 1 errors] samba.three(env)\nERROR: Testsuite[samba.three(env)]\n\
                    REASON: unable to set up environment env\n\
                    \nFAILED (1 failures, 0 errors and 0 unexpected successes in 2 testsuites)\n";
        let run = read_as("samba-selftest", text);
        let want = [
            "passed samba.one(env)",
            "failed samba.two.a b(env): Exception: no\nmore",
            "errored samba.three(env): unable to set up environment env",
        ];
        assert_eq!(run.0, want);
        assert_eq!(run.1, []);
    }

    #[test]
    fn progress_letter_before_other_output_is_a_result() {
        let text = "[1(0)/1 at 0s] one: .sX ok\n\nALL OK (2 tests in 1 testsuites)\n";
        let want = ["passed one #1", "skipped one #2", "xfailed one #3"];
        assert_eq!(read_as("samba-selftest", text).0, want);
        for (line, expected) in [
            ("..# STEAL", ".."),
            (".sending reply", "."),
            ("FEE", "FEE"),
            ("Failed to", ""),
            ("s", "s"),
            ("E: no", ""),
            ("FAILED (x", ""),
        ] {
            assert_eq!(progress_letters(line), expected, "{line}");
        }
    }

    #[test]
    fn last_suite_without_summary_is_unfinished() {
        let run = read_as("samba-selftest", "[1(0)/2 at 0s] one\n[2(1)/2 at 0s] two\n");
        assert_eq!(run.0, ["passed one", "unfinished two"]);
        assert!(!run.1.is_empty());
    }
}
