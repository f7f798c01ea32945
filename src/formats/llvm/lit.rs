//! The output of LLVM's `lit`.
//!
//! Without `-v` only failing tests are named, so the number of results is compared with the plan only if a passing test
//! was named too.
//!
//! <https://llvm.org/docs/CommandGuide/lit.html>

use super::lit_json::CODES;
use crate::formats::emit::{PendingTest, TestRecord, test_record};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Attempt, Outcome, RunBuilder};
use crate::syntax::for_each_line;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["lit"],
    title: "LLVM's lit, with -v or -a",
    test_name: "`Suite :: path/test`, as lit prints it",
    outcomes: &CODES,
    incomplete: "no `Testing Time`; fewer tests than `Testing: N tests`; fewer failures than the summary \
                 counts",
    totals: "",
    link: "https://llvm.org/docs/CommandGuide/lit.html#test-status-results",
    // The first line of a run, or a counted result.
    sniff: Sniff::Lines(|head| {
        head.lines().any(|line| parse_planned(line).is_some() || parse_result(line).is_some())
    }),
    read,
};

/// The counts of failing tests in a summary; the last four are those of lit before LLVM 11.
const FAILING_LABELS: [&str; 8] = [
    "Failed",
    "Timed Out",
    "Unresolved",
    "Unexpectedly Passed",
    "Unexpected Failures",
    "Individual Timeouts",
    "Unresolved Tests",
    "Unexpected Passes",
];

/// The number in `-- Testing: 12 tests, 2 workers --`.
fn parse_planned(line: &str) -> Option<u64> {
    let rest = line.strip_prefix("-- Testing: ")?.strip_suffix(" --")?;
    // `5 of 12 tests` when some were filtered.
    rest.split(' ').next()?.parse().ok()
}

/// The code, the name and whether there were several attempts, in `PASS: Suite :: test (1 of 12)`.
fn parse_result(line: &str) -> Option<(&str, &str, bool)> {
    let (word, rest) = line.split_once(": ")?;
    let is_word = word.bytes().all(|b| b.is_ascii_uppercase()) && !word.is_empty();
    let (name, counted) = rest.strip_suffix(')')?.rsplit_once(" (")?;
    let (number, total) = counted.split_once(" of ")?;
    let is_counted = number.bytes().all(|b| b.is_ascii_digit());
    (is_word && is_counted && name.contains(" :: ")).then_some((
        word,
        name,
        total.contains(" attempts"),
    ))
}

/// The count of failing tests in `  Failed: 4 (33.33%)` or `  Unexpected Failures: 4`.
fn parse_failing(line: &str) -> Option<u64> {
    let (word, count) = line.split_once(':')?;
    let known = FAILING_LABELS.contains(&word.trim());
    if known { count.split_whitespace().next()?.parse().ok() } else { None }
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = LitReader::default();
    let read = for_each_line(input, |line| {
        if line.has_newline {
            reader.line(line.number, line.text, builder);
        }
    });
    reader.emit_pending(builder);
    builder.expect_tests(read.line, reader.planned.filter(|_| reader.names_passed_tests));
    if reader.failing > 0 {
        builder.expect_failures(read.line, reader.failing);
    }
    read.complete_if(reader.ended)
}

#[derive(Default)]
struct LitReader {
    planned: Option<u64>,
    /// The last result, whose output may follow.
    pending: Option<PendingTest>,
    /// Whether the line is output of a test, between two rules of stars.
    quoted: bool,
    names_passed_tests: bool,
    /// How many tests failed according to the summaries.
    failing: u64,
    ended: bool,
}

impl LitReader {
    fn line(&mut self, number: u32, line: &str, builder: &mut RunBuilder<'_>) {
        if self.quoted {
            self.quoted = line != "********************";
            if let Some(pending) = self.pending.as_mut().filter(|_| self.quoted) {
                pending.message.push_line(line.as_bytes());
            }
        } else if let Some(tests) = parse_planned(line) {
            self.planned = Some(self.planned.unwrap_or(0).saturating_add(tests));
        } else if let Some(tests) = parse_failing(line).filter(|_| self.ended) {
            self.failing = self.failing.saturating_add(tests);
        } else if line.starts_with("Testing Time: ") {
            self.ended = true;
        } else if line.starts_with("******************** TEST '") {
            self.quoted = true;
        } else if let Some((word, name, has_retries)) = parse_result(line) {
            self.emit_pending(builder);
            let outcome = test_record::outcome_for(&CODES, word);
            self.names_passed_tests |= outcome == Outcome::Passed;
            if has_retries && outcome == Outcome::Passed {
                TestRecord::new(name, Outcome::Failed)
                    .attempt(Attempt::Intermediate)
                    .emit(number, builder);
            }
            self.pending = Some(PendingTest::new(number, name, outcome));
        }
    }

    fn emit_pending(&mut self, builder: &mut RunBuilder<'_>) {
        if let Some(test) = self.pending.take() {
            test.emit(builder);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    #[test]
    fn failure_only_in_the_summary_is_missed() {
        let run =
            "-- Testing: 1 tests, 1 workers --\nPASS: S :: a.ll (1 of 1)\n\nTesting Time: 0.01s\n";
        assert_eq!(read_as("lit", &format!("{run}  Passed: 1 (50.00%)\n")).1, []);
        for failed in
            ["  Failed: 1 (50.00%)", "  Timed Out          : 1", "    Unexpected Failures: 1"]
        {
            let counts =
                GapKind::CountMismatch { what: "failing tests".into(), declared: 1, actual: 0 };
            assert_eq!(read_as("lit", &format!("{run}{failed}\n")).1, [counts]);
        }
    }
}
