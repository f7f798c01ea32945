//! Automake's tests: `make check` with its parallel harness, and the `:test-result:` lines of `.trs`
//! files, which Catch2 writes too.
//!
//! A name may contain line breaks; its further lines are ignored.

use crate::formats::emit::test_record;
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::{decode_lossy, for_each_line, lines};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["automake"],
    title: "automake: make check, and .trs files",
    test_name: "the text after the outcome, whole",
    outcomes: &OUTCOMES,
    incomplete: "fewer tests than `# TOTAL:`; fewer failures than `# FAIL:`, `# XPASS:` and `# ERROR:`; make \
                 check without a summary. A .trs file cut at a line \
                 end shows nothing",
    totals: "",
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

fn parse_trs_line(line: &str) -> Option<(Outcome, &str)> {
    let result = line.strip_prefix(TRS_RESULT_PREFIX)?.trim_end();
    let (word, name) = result.split_once(' ').unwrap_or((result, ""));
    Some((test_record::outcome_for(&OUTCOMES, word), name))
}

fn parse_console_line(line: &str) -> Option<(Outcome, &str)> {
    let (word, name) = line.split_once(": ")?;
    let outcome = test_record::lookup(&OUTCOMES, word)?;
    if name.is_empty() { None } else { Some((outcome, name)) }
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader =
        AutomakeReader { trs_results: 0, open: false, failing: None, truncated: false };
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

struct AutomakeReader {
    /// How many `:test-result:` lines there were so far.
    trs_results: u64,
    /// Whether a directory has results and the end of its summary has not been read yet.
    open: bool,
    /// The failing tests that its summary has counted so far.
    failing: Option<u64>,
    truncated: bool,
}

impl AutomakeReader {
    fn line(&mut self, number: u32, line: &str, builder: &mut RunBuilder<'_>) {
        if let Some((outcome, name)) = parse_trs_line(line) {
            self.trs_results += 1;
            // Automake's own drivers do not print the names.
            let own = format!("#{}", self.trs_results);
            let name = if name.is_empty() { &own } else { name };
            builder.handle(number, Event::finished(name, outcome, ""));
        } else if let Some((outcome, name)) =
            parse_console_line(line).filter(|_| self.trs_results == 0)
        {
            if self.failing.is_some() {
                self.end_suite(number, builder);
            }
            if !std::mem::replace(&mut self.open, true) {
                builder.handle(number, Event::SuiteStarted { name: None });
            }
            builder.handle(number, Event::finished(name, outcome, ""));
        } else if let Some(tests) = line.strip_prefix("# TOTAL: ").filter(|_| self.open) {
            builder.expect_children(number, tests.trim().parse::<u64>().ok());
            self.failing = Some(0);
        } else if let Some(failing) = self.failing
            && let Some((word, count)) = line.strip_prefix("# ").and_then(|l| l.split_once(": "))
            && test_record::lookup(&OUTCOMES, word).is_some_and(Outcome::is_failing)
        {
            let tests = failing.saturating_add(count.trim().parse().unwrap_or(0));
            self.failing = Some(tests);
            builder.expect_failures(number, tests);
            if word == LAST_COUNTED_WORD {
                self.end_suite(number, builder);
            }
        }
    }

    fn end_suite(&mut self, line: u32, builder: &mut RunBuilder<'_>) {
        (self.open, self.failing) = (false, None);
        builder.handle(line, Event::SuiteEnded);
    }
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
        let complete = run(1, 0);
        let truncated = &complete[..complete.find("# ERROR").unwrap()];
        assert_eq!(read_as("automake", truncated).1, [GapKind::Truncated]);
    }
}
