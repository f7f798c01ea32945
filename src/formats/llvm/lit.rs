//! The output of LLVM's `lit`.
//!
//! Without `-v` only failing tests are named, so that less than the plan was measured.
//!
//! <https://llvm.org/docs/CommandGuide/lit.html>

use super::lit_json::CODES;
use crate::formats::emit::{PendingTest, TestRecord, known_or_failed, lookup, saturating_sum};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Attempt, Outcome, RunBuilder};
use crate::syntax::for_each_line;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["lit"],
    title: "LLVM's lit, with -v or -a",
    test_name: "`Suite :: path/test`, as lit prints it",
    outcomes: &CODES,
    incomplete: "no `Testing Time`; without -v or -a, tests that are not named",
    totals: "`Testing: N tests`; the counts of the summary; the lists of tests that failed",
    link: "https://llvm.org/docs/CommandGuide/lit.html#test-status-results",
    // The first line of a run, or a counted result.
    sniff: Sniff::Lines(|head| {
        head.lines().any(|line| parse_planned(line).is_some() || LitResult::parse(line).is_some())
    }),
    read,
};

/// What a count of a summary is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counted {
    Discovered,
    /// Those that a filter left out.
    Excluded,
    Passing,
    Failing,
    Skipped,
}

/// The labels of a summary; those that end in `s` are of lit before LLVM 11.
const LABELS: [(&str, Counted); 21] = [
    ("Total Discovered Tests", Counted::Discovered),
    ("Excluded", Counted::Excluded),
    ("Passed", Counted::Passing),
    ("Passed With Retry", Counted::Passing),
    ("Expected Passes", Counted::Passing),
    ("Passes With Retry", Counted::Passing),
    ("Failed", Counted::Failing),
    ("Timed Out", Counted::Failing),
    ("Unresolved", Counted::Failing),
    ("Unexpectedly Passed", Counted::Failing),
    ("Unexpected Failures", Counted::Failing),
    ("Individual Timeouts", Counted::Failing),
    ("Unresolved Tests", Counted::Failing),
    ("Unexpected Passes", Counted::Failing),
    ("Skipped", Counted::Skipped),
    ("Unsupported", Counted::Skipped),
    ("Expectedly Failed", Counted::Skipped),
    ("Skipped Tests", Counted::Skipped),
    ("Unsupported Tests", Counted::Skipped),
    ("Expected Failures", Counted::Skipped),
    ("Tests Skipped", Counted::Skipped),
];

/// The number in `-- Testing: 12 tests, 2 workers --`.
fn parse_planned(line: &str) -> Option<u64> {
    let rest = line.strip_prefix("-- Testing: ")?.strip_suffix(" --")?;
    // `5 of 12 tests` when some were filtered.
    rest.split(' ').next()?.parse().ok()
}

/// `PASS: Suite :: test (1 of 12)`.
struct LitResult<'a> {
    code: &'a str,
    name: &'a str,
    number: u64,
    total: u64,
    has_retries: bool,
}

impl<'a> LitResult<'a> {
    fn parse(line: &'a str) -> Option<LitResult<'a>> {
        let (code, rest) = line.split_once(": ")?;
        let is_code = code.bytes().all(|b| b.is_ascii_uppercase()) && !code.is_empty();
        let (name, counted) = rest.strip_suffix(')')?.rsplit_once(" (")?;
        let (number, total) = counted.split_once(" of ")?;
        let (total, attempts) = total.split_once(", ").unwrap_or((total, ""));
        let result = LitResult {
            code,
            name,
            number: number.parse().ok()?,
            total: total.parse().ok()?,
            has_retries: attempts.ends_with(" attempts"),
        };
        (is_code && name.contains(" :: ")).then_some(result)
    }
}

/// The label and the count in `  Failed: 4 (33.33%)`, `  Unexpected Failures: 4` or `Failed Tests (4):`.
fn parse_count(line: &str) -> Option<(Counted, u64)> {
    if let Some((label, count)) =
        line.strip_suffix("):").and_then(|list| list.split_once(" Tests ("))
    {
        return Some((lookup(&LABELS, label)?, count.parse().ok()?));
    }
    let (label, count) = line.split_once(':')?;
    let counted = lookup(&LABELS, label.trim())?;
    Some((counted, count.split_whitespace().next()?.parse().ok()?))
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = LitReader::default();
    let read = for_each_line(input, |line| {
        if line.has_newline {
            reader.line(line.number, line.text, builder);
        }
    });
    reader.emit_pending(builder);
    reader.declare(read.line, builder);
    read.complete_if(reader.ended)
}

#[derive(Default)]
struct LitReader {
    planned: u64,
    /// The total of the current run, and its last result.
    run_total: Option<u64>,
    last_number: u64,
    /// The last result, whose output may follow.
    pending: Option<PendingTest>,
    /// Whether the line is output of a test, between two rules of stars.
    quoted: bool,
    /// What the summaries count.
    counts: LitCounts,
    /// What the lists before the summaries count as failing.
    listed_failures: u64,
    ended: bool,
}

#[derive(Default)]
struct LitCounts {
    discovered: u64,
    excluded: u64,
    passing: u64,
    failing: u64,
    skipped: u64,
}

impl LitReader {
    fn line(&mut self, number: u32, line: &str, builder: &mut RunBuilder<'_>) {
        if self.quoted {
            self.quoted = line != "********************";
            if let Some(pending) = self.pending.as_mut().filter(|_| self.quoted) {
                pending.message.push_line(line.as_bytes());
            }
        } else if let Some(tests) = parse_planned(line) {
            self.planned = self.planned.saturating_add(tests);
            (self.run_total, self.last_number) = (Some(tests), 0);
        } else if let Some((counted, count)) = parse_count(line) {
            if self.ended {
                self.counts.add(counted, count);
            } else if counted == Counted::Failing && line.ends_with(':') {
                self.listed_failures = self.listed_failures.saturating_add(count);
            }
        } else if line.starts_with("Testing Time: ") {
            self.ended = true;
        } else if line.starts_with("******************** TEST '") {
            self.quoted = true;
        } else if let Some(result) = LitResult::parse(line).filter(|result| self.is_own(result)) {
            self.add_result(number, &result, builder);
        }
    }

    /// Whether a result is the next one of this run, and not one that a test prints.
    fn is_own(&self, result: &LitResult<'_>) -> bool {
        let has_total = self.run_total.is_none_or(|total| total == result.total);
        has_total && result.number > self.last_number && result.number <= result.total
    }

    fn add_result(&mut self, line: u32, result: &LitResult<'_>, builder: &mut RunBuilder<'_>) {
        self.emit_pending(builder);
        self.last_number = result.number;
        let known = lookup(&CODES, result.code);
        let (outcome, unknown) = known_or_failed(known, "code", result.code);
        if result.has_retries && outcome == Outcome::Passed {
            TestRecord::new(result.name, Outcome::Failed)
                .attempt(Attempt::Intermediate)
                .emit(line, builder);
        }
        let mut test = PendingTest::new(line, result.name, outcome);
        test.message.push(&unknown);
        self.pending = Some(test);
    }

    fn emit_pending(&mut self, builder: &mut RunBuilder<'_>) {
        if let Some(test) = self.pending.take() {
            test.emit(builder);
        }
    }

    fn declare(&self, line: u32, builder: &mut RunBuilder<'_>) {
        let LitCounts { discovered, excluded, passing, failing, skipped } = self.counts;
        let counted = saturating_sum([passing, failing, skipped]);
        let tests = self.planned.max(counted).max(discovered.saturating_sub(excluded));
        if tests > 0 {
            builder.expect_tests(line, tests);
        }
        builder.expect_failures(line, failing.max(self.listed_failures));
        builder.expect_skips(line, skipped);
    }
}

impl LitCounts {
    fn add(&mut self, counted: Counted, count: u64) {
        let sum = match counted {
            Counted::Discovered => &mut self.discovered,
            Counted::Excluded => &mut self.excluded,
            Counted::Passing => &mut self.passing,
            Counted::Failing => &mut self.failing,
            Counted::Skipped => &mut self.skipped,
        };
        *sum = sum.saturating_add(count);
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
