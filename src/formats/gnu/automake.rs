//! Automake's tests: `make check` with its parallel harness, and the `:test-result:` lines of `.trs`
//! files, which Catch2 writes too.
//!
//! A name may contain line breaks; its further lines are ignored.

use crate::formats::emit::{known_or_failed, test_record};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, OutcomeCounts, RunBuilder};
use crate::syntax::{decode_lossy, for_each_line, lines};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["automake"],
    title: "automake: make check, and .trs files",
    test_name: "the text after the outcome, whole",
    outcomes: &OUTCOMES,
    incomplete: "fewer tests than `# TOTAL:`; fewer failures than `# FAIL:`, `# XPASS:` and `# ERROR:`; make \
                 check without a summary. A .trs file cut at a line \
                 end shows nothing",
    totals: "each number of the summary, of the parallel harness and of the serial one; `:global-test-result:`",
    link: "https://www.gnu.org/software/automake/manual/html_node/Parallel-Test-Harness.html",
    sniff: Sniff::Bytes(sniff),
    read,
};

const OUTCOMES: [(&str, Outcome); 6] = [
    ("PASS", Outcome::Passed),
    ("FAIL", Outcome::Failed),
    ("ERROR", Outcome::Errored),
    ("SKIP", Outcome::Skipped),
    ("XFAIL", Outcome::Xfailed),
    ("XPASS", Outcome::Xpassed),
];

/// The start of the result of all tests in a `.trs` file.
const TRS_GLOBAL_PREFIX: &str = ":global-test-result: ";

/// The last count of a summary.
const LAST_COUNTED_WORD: &str = "ERROR";

/// The start of a result in a `.trs` file.
const TRS_RESULT_PREFIX: &str = ":test-result: ";

fn sniff(head: &[u8]) -> bool {
    let (mut make, mut results) = (false, false);
    for line in head.split(|b| *b == b'\n').take(1000) {
        if line.starts_with(TRS_RESULT_PREFIX.as_bytes()) {
            return true;
        }
        let line = decode_lossy(line.strip_suffix(b"\r").unwrap_or(line));
        make |= line.starts_with("make  check-") || line.starts_with("Testsuite summary for ");
        results |= parse_console_line(&line).is_some();
    }
    make && results && !super::dejagnu::sniff(&lines::first_lines(head))
}

/// The word and the name of a result in a `.trs` file.
fn parse_trs_line(line: &str) -> Option<(&str, &str)> {
    let result = line.strip_prefix(TRS_RESULT_PREFIX)?.trim_end();
    Some(result.split_once(' ').unwrap_or((result, "")))
}

fn parse_console_line(line: &str) -> Option<(Outcome, &str)> {
    let (word, name) = line.split_once(": ")?;
    let outcome = test_record::lookup(&OUTCOMES, word)?;
    if name.is_empty() { None } else { Some((outcome, name)) }
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = AutomakeReader::default();
    let read = for_each_line(input, |line| {
        reader.truncated |= !line.has_newline && line.text.starts_with(':');
        // The name of a truncated result may be missing.
        if line.has_newline || parse_trs_line(line.text).is_none_or(|(_, name)| !name.is_empty()) {
            reader.line(line.number, line.text, builder);
        }
    });
    if reader.open {
        builder.handle(read.line, Event::SuiteEnded);
    }
    read.complete_if(!reader.truncated && !reader.open)
}

#[derive(Default)]
struct AutomakeReader {
    /// How many `:test-result:` lines there were so far.
    trs_results: u64,
    /// Whether a directory has results and the end of its summary has not been read yet.
    open: bool,
    /// What is in the directory.
    counts: OutcomeCounts,
    /// What its summary has counted so far.
    summary: Option<SummaryCounts>,
    truncated: bool,
}

#[derive(Default, Clone, Copy)]
struct SummaryCounts {
    failing: u64,
    skipped: u64,
}

impl AutomakeReader {
    fn line(&mut self, number: u32, line: &str, builder: &mut RunBuilder<'_>) {
        if let Some((word, name)) = parse_trs_line(line) {
            self.trs_results += 1;
            // Automake's own drivers do not print the names.
            let own = format!("#{}", self.trs_results);
            let name = if name.is_empty() { &own } else { name };
            let known = test_record::lookup(&OUTCOMES, word);
            let (outcome, message) = known_or_failed(known, "status", word);
            builder.handle(number, Event::finished(name, outcome, &message));
        } else if let Some((outcome, name)) =
            parse_console_line(line).filter(|_| self.trs_results == 0)
        {
            if self.summary.is_some() {
                self.end_suite(number, builder);
            }
            if !std::mem::replace(&mut self.open, true) {
                builder.handle(number, Event::SuiteStarted { name: None });
            }
            self.counts.add(outcome);
            builder.handle(number, Event::finished(name, outcome, ""));
        } else if let Some(tests) = line.strip_prefix("# TOTAL: ").filter(|_| self.open) {
            builder.expect_children(number, tests.trim().parse::<u64>().ok());
            self.summary = Some(SummaryCounts::default());
        } else if let Some(summary) = self.summary
            && let Some((word, count)) = line.strip_prefix("# ").and_then(|l| l.split_once(": "))
            && let Some(outcome) = test_record::lookup(&OUTCOMES, word)
        {
            let count = count.trim().parse().unwrap_or(0);
            self.summary = Some(self.compare(number, summary, outcome, count, builder));
            if word == LAST_COUNTED_WORD {
                self.end_suite(number, builder);
            }
        } else if let Some(result) = line.strip_prefix(TRS_GLOBAL_PREFIX) {
            let known = test_record::outcome_for(&OUTCOMES, result.trim());
            if known.is_failing() {
                builder.expect_a_failure(number, line);
            }
        } else if let Some((failed, tests)) = parse_serial_summary(line).filter(|_| self.open) {
            let tests = tests.saturating_add(self.counts.get(Outcome::Skipped));
            builder.expect_children(number, tests);
            builder.expect_failures(number, failed);
            self.end_suite(number, builder);
        }
    }

    /// Compares a count of a summary with the results, and returns what has been counted so far.
    fn compare(
        &self,
        line: u32,
        mut summary: SummaryCounts,
        outcome: Outcome,
        count: u64,
        builder: &mut RunBuilder<'_>,
    ) -> SummaryCounts {
        if outcome.is_failing() {
            summary.failing = summary.failing.saturating_add(count);
            builder.expect_failures(line, summary.failing);
        } else if outcome == Outcome::Passed {
            let missing = count.saturating_sub(self.counts.get(Outcome::Passed));
            let tests = self.counts.total().saturating_add(missing);
            builder.expect_children(line, Some(tests).filter(|_| missing > 0));
        } else {
            summary.skipped = summary.skipped.saturating_add(count);
            builder.expect_skips(line, summary.skipped);
        }
        summary
    }

    fn end_suite(&mut self, line: u32, builder: &mut RunBuilder<'_>) {
        (self.open, self.summary) = (false, None);
        self.counts = OutcomeCounts::default();
        builder.handle(line, Event::SuiteEnded);
    }
}

/// How many tests failed, and how many there were without skipped ones, as the serial harness prints it:
/// `All 5 tests passed`, `1 of 5 tests failed`, `2 of 5 tests did not behave as expected (1 unexpected passes)`.
fn parse_serial_summary(line: &str) -> Option<(u64, u64)> {
    let (counts, rest) = line.split_once(" test")?;
    let rest = rest.trim_start_matches(['s', ' ']);
    let is_verdict = ["passed", "failed", "behaved as", "did not behave as"];
    if !is_verdict.iter().any(|words| rest.starts_with(words)) {
        return None;
    }
    if let Some(tests) = counts.strip_prefix("All ") {
        return Some((0, tests.parse().ok()?));
    }
    let (failed, tests) = counts.split_once(" of ")?;
    Some((failed.parse().ok()?, tests.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    #[test]
    fn failure_only_in_the_summary_is_missed() {
        let run = |fail: u64, error: u64| {
            let counts =
                format!("# TOTAL: 2\n# PASS:  1\n# FAIL:  {fail}\n# XPASS: 0\n# ERROR: {error}\n");
            format!(
                "PASS: a\nFAIL: b\nTestsuite summary for x\n{counts}=====\nPASS: c\n# TOTAL: 1\n# ERROR: 0\n"
            )
        };
        assert_eq!(read_as("automake", &run(1, 0)).1, []);
        let counts =
            GapKind::CountMismatch { what: "failing tests".into(), declared: 3, actual: 1 };
        assert_eq!(read_as("automake", &run(1, 2)).1, [counts]);
        let declared = |line: &str| {
            let text = run(1, 0).replacen("# PASS:  1\n", line, 1);
            read_as("automake", &text).1.len()
        };
        assert_eq!(declared("# PASS:  1\n# SKIP:  0\n# XFAIL: 0\n"), 0);
        for more in ["# PASS:  2\n", "# SKIP:  1\n", "# XFAIL: 1\n"] {
            assert_eq!(declared(more), 1, "{more}");
        }
        let complete = run(1, 0);
        let truncated = &complete[..complete.find("# ERROR").unwrap()];
        assert_eq!(read_as("automake", truncated).1, [GapKind::Truncated]);
    }

    #[test]
    fn summary_of_the_serial_harness_is_compared() {
        let gaps = |summary: &str| {
            let text =
                format!("make  check-TESTS\nPASS: a\nFAIL: b\nSKIP: c\n=====\n{summary}\n=====\n");
            read_as("automake", &text).1.len()
        };
        assert_eq!(gaps("1 of 2 tests failed"), 0);
        assert_eq!(gaps("1 of 2 tests did not behave as expected (0 unexpected passes)"), 0);
        let more =
            ["2 of 2 tests failed", "1 of 4 tests failed", "All 4 tests passed", "(1 test failed)"];
        assert_eq!(more.map(gaps), [1, 1, 1, 1]);
    }

    #[test]
    fn global_result_of_a_trs_file_is_compared() {
        let gaps = |global: &str| {
            let text = format!(":global-test-result: {global}\n:test-result: PASS a\n");
            read_as("automake", &text).1.len()
        };
        assert_eq!(["PASS", "SKIP", "FAIL", "ZORKED"].map(gaps), [0, 0, 1, 1]);
    }
}
