//! The output of Samba's format-subunit: `make test`, and smbtorture piped into it.
//!
//! Only tests that failed are named; each of the others is a letter or missing. So a letter is a result without a name,
//! and a suite with neither a letter nor a failure is one passing result.

use super::{smbtorture_simple, v1};
use crate::formats::emit::{PendingTest, names, test_record};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, OutcomeCounts, RunBuilder};
use crate::syntax::for_each_line;
use std::borrow::Cow;
use std::collections::BTreeSet;

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
        ("another UNEXPECTED(…)", Outcome::Failed),
        (
            "ERROR: Testsuite[…], or a suite that does not end with ok, and no test of it failed",
            Outcome::Errored,
        ),
        ("U, UNEXPECTED(uxsuccess)", Outcome::Xpassed),
        ("a suite that the output ends in", Outcome::Unfinished),
    ],
    incomplete: "no `ALL OK (…)` or `FAILED (…)` at the end; more failures or failed suites in it than there are; \
                 fewer suites than declared",
    totals: "the number of suites; failures, errors, unexpected successes and failed suites of `FAILED (…)`; \
             suites of `ALL OK (…)`, and its tests where each is a letter",
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
    Summary(SambaSummary),
    Output,
}

/// What the last line counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SambaSummary {
    /// Tests that passed or failed as expected, and their suites.
    Ok { tests: u64, suites: u64 },
    /// Failed tests, and failed suites.
    Failed { tests: u64, suites: u64 },
}

/// The start of a suite.
struct SuiteLine<'a> {
    name: &'a str,
    /// How many suites there are.
    suites: Option<u64>,
    /// The letters on the same line.
    letters: &'a str,
    /// Whether the line ends with another word than `ok`.
    failed: bool,
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
        match (SambaSummary::parse(line), progress_letters(line)) {
            (Some(summary), _) => SambaLine::Summary(summary),
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
        let status = rest.rsplit_once(": ").or_else(|| Some((rest.strip_suffix(':')?, "")));
        if let Some((name, status)) = status {
            let status = status.trim_start();
            let letters = progress_letters(status);
            let end = status[letters.len()..].trim_start();
            let is_known = ["", "ok"].contains(&end);
            // Unknown letters, or another word.
            if is_known || end.ends_with(" ok") || end.bytes().all(|b| b.is_ascii_alphabetic()) {
                return Some(SuiteLine { name, suites, letters, failed: !is_known });
            }
        }
        Some(SuiteLine { name: rest, suites, letters: "", failed: false })
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

impl SambaSummary {
    /// Parses `FAILED (1 failures, 2 errors and 0 unexpected successes in 3 testsuites)` or
    /// `ALL OK (5 tests in 3 testsuites)`.
    fn parse(line: &str) -> Option<SambaSummary> {
        let (counts, suites) = line.strip_suffix(" testsuites)")?.rsplit_once(" in ")?;
        let suites = suites.parse().ok()?;
        if let Some(tests) = counts.strip_prefix("ALL OK (") {
            let tests = tests.strip_suffix(" tests")?.parse().ok()?;
            return Some(SambaSummary::Ok { tests, suites });
        }
        let (failures, rest) = counts.strip_prefix("FAILED (")?.split_once(" failures, ")?;
        let (errors, rest) = rest.split_once(" errors and ")?;
        let successes = rest.strip_suffix(" unexpected successes")?;
        let numbers: Result<Vec<u64>, _> =
            [failures, errors, successes].map(str::parse).into_iter().collect();
        let tests = test_record::saturating_sum(numbers.ok()?);
        Some(SambaSummary::Failed { tests, suites })
    }
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
        counts: OutcomeCounts::default(),
        has_letters: false,
        suites: 0,
        failed_suites: BTreeSet::new(),
        failed_suite_lines: 0,
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
    counts: OutcomeCounts,
    /// Whether each test is a letter.
    has_letters: bool,
    /// How many suites have ended.
    suites: u64,
    failed_suites: BTreeSet<String>,
    /// How many lines report a failed suite: a suite may run twice.
    failed_suite_lines: u64,
}

/// The most failed suites that are remembered.
const MAX_FAILED_SUITES: usize = 100_000;

struct SambaSuite {
    line: u32,
    name: String,
    has_result: bool,
    /// Whether a test of it failed.
    failed: bool,
    /// Whether its line ends with another word than `ok`.
    reported_failure: bool,
}

impl SambaSelftestReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        match SambaLine::parse(line) {
            SambaLine::Suite(SuiteLine { name, suites, letters, failed: reported_failure }) => {
                self.flush();
                self.close_suite(number);
                self.builder.expect_children(number, suites);
                let event = Event::SuiteStarted { name: Some(Cow::Borrowed(name)) };
                self.builder.handle(number, event);
                self.suite = Some(SambaSuite {
                    line: number,
                    name: name.to_owned(),
                    has_result: false,
                    failed: false,
                    reported_failure,
                });
                self.letter_count = 0;
                self.emit_letters(number, letters);
            }
            SambaLine::Letters(letters) => self.emit_letters(number, letters),
            SambaLine::Unexpected(outcome, name) => self.defer(number, outcome, name),
            SambaLine::SuiteFailed(name) => {
                self.flush();
                let has_failed = match &self.suite {
                    Some(suite) if suite.name == name => suite.failed,
                    Some(_) | None => self.failed_suites.contains(name),
                };
                self.add_failed_suite(name);
                self.failed_suite_lines += 1;
                if !has_failed {
                    self.defer(number, Outcome::Errored, name);
                }
            }
            SambaLine::Reason(reason) => self.add_reason(reason),
            SambaLine::Summary(summary) => {
                self.flush();
                self.close_suite(number);
                self.compare(number, summary);
                self.has_summary = true;
            }
            SambaLine::Output => self.add_reason(line),
        }
    }

    fn compare(&mut self, line: u32, summary: SambaSummary) {
        match summary {
            SambaSummary::Ok { tests, suites } => {
                let seen = [Outcome::Passed, Outcome::Xfailed].map(|o| self.counts.get(o));
                let missing_tests = tests.saturating_sub(test_record::saturating_sum(seen));
                let missing_tests = if self.has_letters { missing_tests } else { 0 };
                let missing = missing_tests.max(suites.saturating_sub(self.suites));
                if missing > 0 {
                    let tests = self.counts.total().saturating_add(missing);
                    self.builder.expect_tests(line, tests);
                }
            }
            SambaSummary::Failed { tests, suites } => {
                self.builder.expect_failures(line, tests);
                let failed = self.failed_suite_lines.max(self.failed_suites.len() as u64);
                let missing = suites.saturating_sub(failed);
                if missing > 0 {
                    let tests = self.counts.failing().saturating_add(missing);
                    self.builder.expect_failures(line, tests);
                }
                self.builder.expect_a_failure(line, "FAILED");
            }
        }
    }

    fn add_failed_suite(&mut self, name: &str) {
        if self.failed_suites.len() < MAX_FAILED_SUITES {
            self.failed_suites.insert(name.to_owned());
        }
    }

    fn emit_letters(&mut self, number: u32, letters: &str) {
        for letter in letters.chars() {
            self.letter_count += 1;
            self.has_letters = true;
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
        self.counts.add(test.outcome);
        if let Some(suite) = &mut self.suite {
            suite.has_result = true;
            suite.failed |= test.outcome.is_failing();
        }
    }

    fn close_suite(&mut self, line: u32) {
        let Some(suite) = self.suite.take() else { return };
        self.suites += 1;
        let outcome = match suite {
            SambaSuite { reported_failure: true, failed: false, .. } => Some(Outcome::Errored),
            SambaSuite { has_result: false, .. } => Some(Outcome::Passed),
            SambaSuite { .. } => None,
        };
        if suite.failed || suite.reported_failure {
            self.add_failed_suite(&suite.name);
        }
        if let Some(outcome) = outcome {
            self.emit(&PendingTest::new(suite.line, suite.name, outcome));
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
    fn summary_is_compared_with_what_was_read() {
        let gaps = |text: &str| read_as("samba-selftest", text).1.len();
        let ok = |tests: u64, suites: u64| {
            format!("[1(0)/1 at 0s] one: .sX ok\n\nALL OK ({tests} tests in {suites} testsuites)\n")
        };
        assert_eq!([gaps(&ok(2, 1)), gaps(&ok(3, 1)), gaps(&ok(2, 2))], [0, 1, 1]);
        let failed = |status: &str, suites: u64| {
            let counts = "0 failures, 0 errors and 0 unexpected successes";
            format!("[1(0)/1 at 0s] one: .s{status}\n\nFAILED ({counts} in {suites} testsuites)\n")
        };
        assert_eq!([gaps(&failed(" FAILURE", 1)), gaps(&failed(" FAILURE", 2))], [0, 1]);
        assert_eq!([gaps(&failed(" ok", 1)), gaps(&failed(" ok", 0))], [2, 1]);
        let results = read_as("samba-selftest", &failed(" zorked", 1)).0;
        assert_eq!(results, ["passed one #1", "skipped one #2", "errored one"]);
    }

    #[test]
    fn suite_that_fails_twice_counts_twice() {
        let suite = "[1(0)/2 at 0s] a(env)\nERROR: Testsuite[a(env)]\nREASON: Exit code was 1\n";
        let end = "\nFAILED (0 failures, 0 errors and 0 unexpected successes in 2 testsuites)\n";
        assert_eq!(read_as("samba-selftest", &format!("{suite}{suite}{end}")).1, []);
        assert_eq!(read_as("samba-selftest", &format!("{suite}{end}")).1.len(), 2);
    }

    #[test]
    fn last_suite_without_summary_is_unfinished() {
        let run = read_as("samba-selftest", "[1(0)/2 at 0s] one\n[2(1)/2 at 0s] two\n");
        assert_eq!(run.0, ["passed one", "unfinished two"]);
        assert!(!run.1.is_empty());
    }
}
