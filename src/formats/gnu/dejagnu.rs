//! DejaGnu's `.sum`, and its `.log`, which has the same lines between the tests' output.
//!
//! There is a summary for each board and one for all of them, so results are counted by board. Names are often repeated,
//! so later occurrences are numbered.

use crate::formats::emit::{names, test_record};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::{BoundedText, for_each_line};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{DefaultHasher, Hash, Hasher};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["dejagnu"],
    title: "DejaGnu's .sum and .log, as the test suites of GCC, GDB, binutils and libffi write them",
    test_name: "the text after the outcome, without `(PRMS …)`; with the prefix `board: ` if there are several \
            boards; with the suffix ` #2` at its second occurrence",
    outcomes: &OUTCOMES,
    incomplete: "no summary at the end; a summary that counts more tests than there are results",
    totals: "each number of each summary",
    link: "https://www.gnu.org/software/dejagnu/manual/A-POSIX-conforming-test-framework.html",
    sniff: Sniff::Lines(sniff),
    read,
};

const OUTCOMES: [(&str, Outcome); 9] = [
    ("PASS", Outcome::Passed),
    ("FAIL", Outcome::Failed),
    ("UNRESOLVED", Outcome::Errored),
    ("UNTESTED", Outcome::Skipped),
    ("UNSUPPORTED", Outcome::Skipped),
    ("XFAIL", Outcome::Xfailed),
    ("KFAIL", Outcome::Xfailed),
    ("XPASS", Outcome::Xpassed),
    ("KPASS", Outcome::Xpassed),
];

/// The counts of a summary, and the outcome that they count.
const COUNT_LABELS: [(&str, Outcome); 9] = [
    ("expected passes", Outcome::Passed),
    ("unexpected failures", Outcome::Failed),
    ("unexpected successes", Outcome::Xpassed),
    ("expected failures", Outcome::Xfailed),
    ("unknown successes", Outcome::Xpassed),
    ("known failures", Outcome::Xfailed),
    ("unresolved testcases", Outcome::Errored),
    ("untested testcases", Outcome::Skipped),
    ("unsupported tests", Outcome::Skipped),
];

/// The most names whose occurrences are counted.
const MAX_NAMES: usize = 4_000_000;

/// DejaGnu's headings, or its header with a result.
pub(crate) fn sniff(head: &str) -> bool {
    let mut header = false;
    for line in head.lines() {
        if line.starts_with("Running target ") || parse_heading(line).is_some() {
            return true;
        }
        header |= line.starts_with("Test run by ") || line.starts_with("Test Run By ");
        if header && (line.starts_with("Native configuration is ") || parse_result(line).is_some())
        {
            return true;
        }
    }
    false
}

/// The heading between `===` and `===`.
fn parse_heading(line: &str) -> Option<&str> {
    let inner = line.trim().strip_prefix("=== ")?.strip_suffix(" ===")?;
    (line.starts_with('\t') && (inner.ends_with(" tests") || inner.contains(" Summary")))
        .then_some(inner)
}

fn parse_result(line: &str) -> Option<(Outcome, &str)> {
    let (word, name) = line.split_once(": ")?;
    let outcome = test_record::lookup(&OUTCOMES, word)?;
    if name.trim().is_empty() { None } else { Some((outcome, name)) }
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader =
        DejagnuReader { names: Occurrences::new(MAX_NAMES), ..DejagnuReader::default() };
    let read = for_each_line(input, |line| reader.line(line.number, line.text, builder));
    let is_complete = reader.finish(read.line, builder);
    read.complete_if(is_complete)
}

#[derive(Default)]
struct DejagnuReader {
    board: String,
    /// The number of boards in the schedule.
    boards: u32,
    names: Occurrences,
    /// The results: all, those of this tool, and those of this board.
    seen: DejagnuCounts,
    seen_in_tool: DejagnuCounts,
    seen_on_board: DejagnuCounts,
    summary: DejagnuSummary,
    summary_counts: DejagnuCounts,
    /// What summaries have counted and is not there: those of boards, and those of all boards.
    missing_on_boards: DejagnuCounts,
    missing: DejagnuCounts,
    summaries: u32,
    scheduled: bool,
    /// Errors and warnings of the framework since the last result.
    diagnostics: BoundedText,
}

/// Numbers of results.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct DejagnuCounts {
    tests: u64,
    passed: u64,
    failing: u64,
    /// Skipped tests and expected failures.
    skipped: u64,
}

impl DejagnuCounts {
    fn add(&mut self, outcome: Outcome, count: u64) {
        let field = if outcome.is_failing() {
            &mut self.failing
        } else if outcome == Outcome::Passed {
            &mut self.passed
        } else {
            &mut self.skipped
        };
        *field = field.saturating_add(count);
        self.tests = self.tests.saturating_add(count);
    }

    fn combine(self, other: DejagnuCounts, combine: fn(u64, u64) -> u64) -> DejagnuCounts {
        DejagnuCounts {
            tests: combine(self.tests, other.tests),
            passed: combine(self.passed, other.passed),
            failing: combine(self.failing, other.failing),
            skipped: combine(self.skipped, other.skipped),
        }
    }
}

/// Which summary is being read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum DejagnuSummary {
    #[default]
    None,
    Board,
    All,
}

impl DejagnuReader {
    fn line(&mut self, number: u32, line: &str, builder: &mut RunBuilder<'_>) {
        if let Some((outcome, name)) = parse_result(line) {
            self.emit(number, outcome, name, builder);
        } else if let Some(board) = line.strip_prefix("Running target ") {
            self.end_summary();
            self.board = board.trim().to_owned();
            self.seen_on_board = DejagnuCounts::default();
            self.scheduled = false;
            self.names = Occurrences::new(MAX_NAMES);
        } else if let Some(heading) = parse_heading(line) {
            self.end_summary();
            self.summary = match heading {
                heading if heading.contains(" Summary for ") => DejagnuSummary::Board,
                heading if heading.contains(" Summary") => DejagnuSummary::All,
                _ => {
                    self.seen_in_tool = DejagnuCounts::default();
                    DejagnuSummary::None
                }
            };
            self.summary_counts = DejagnuCounts::default();
        } else if line.starts_with("Schedule of variations:") {
            (self.scheduled, self.boards) = (true, 0);
        } else if self.scheduled && line.starts_with("    ") {
            self.boards += 1;
        } else if let Some(count) = line.strip_prefix("# of ") {
            self.add_count(count);
        } else if line.starts_with("Running ") {
            self.diagnostics.clear();
        } else if line.starts_with("ERROR: ") || line.starts_with("WARNING: ") {
            self.diagnostics.push_line(line.as_bytes());
        }
    }

    fn emit(&mut self, line: u32, outcome: Outcome, name: &str, builder: &mut RunBuilder<'_>) {
        let name = strip_bug_id(name);
        let name = match name.strip_prefix("testcase '").and_then(|n| n.split_once("' aborted")) {
            // The start of the path differs between machines.
            Some((path, _)) => format!("{} aborted", last_two_segments(path)),
            None => name.to_owned(),
        };
        let name = if self.boards > 1 { names::join_child(&self.board, &name, ": ") } else { name };
        let name = match self.names.increment(&name) {
            1 => name,
            times => format!("{name} #{times}"),
        };
        for counts in [&mut self.seen, &mut self.seen_in_tool, &mut self.seen_on_board] {
            counts.add(outcome, 1);
        }
        let message = if outcome.is_failing() { self.diagnostics.text() } else { "" };
        builder.handle(line, Event::finished(&name, outcome, message));
        self.diagnostics.clear();
    }

    fn add_count(&mut self, text: &str) {
        if self.summary == DejagnuSummary::None {
            return;
        }
        let digits = text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let (what, count) = text.split_at(digits);
        if let Some(outcome) = test_record::lookup(&COUNT_LABELS, what.trim()) {
            self.summary_counts.add(outcome, count.parse().unwrap_or(0));
        }
    }

    /// Compares a summary with the results.
    fn end_summary(&mut self) {
        let (seen, missing) = match std::mem::take(&mut self.summary) {
            DejagnuSummary::None => return,
            DejagnuSummary::Board => (self.seen_on_board, &mut self.missing_on_boards),
            DejagnuSummary::All => {
                self.summaries += 1;
                (self.seen_in_tool, &mut self.missing)
            }
        };
        let more = self.summary_counts.combine(seen, u64::saturating_sub);
        *missing = missing.combine(more, u64::saturating_add);
    }

    /// Declares what the summaries have counted and is not there.
    fn declare_missing(&self, line: u32, builder: &mut RunBuilder<'_>) {
        let missing = self.missing.combine(self.missing_on_boards, u64::max);
        let declared = self.seen.combine(missing, u64::saturating_add);
        let tests = declared.tests.max(self.seen.tests.saturating_add(missing.passed));
        builder.expect_tests(line, Some(tests).filter(|tests| *tests > self.seen.tests));
        builder.expect_failures(line, declared.failing);
        builder.expect_skips(line, declared.skipped);
    }

    /// Ends the file; whether it was complete.
    fn finish(&mut self, line: u32, builder: &mut RunBuilder<'_>) -> bool {
        let is_complete = self.summary == DejagnuSummary::All && self.summary_counts.tests > 0
            || self.summaries > 0;
        self.end_summary();
        self.declare_missing(line, builder);
        is_complete
    }
}

/// The occurrences of each name, by its hash; names beyond the limit are not counted.
#[derive(Default)]
struct Occurrences {
    counts: HashMap<u64, u32>,
    limit: usize,
}

impl Occurrences {
    fn new(limit: usize) -> Occurrences {
        Occurrences { counts: HashMap::new(), limit }
    }

    /// Counts another occurrence of a name, and returns their number.
    fn increment(&mut self, name: &str) -> u32 {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let has_room = self.counts.len() < self.limit;
        match self.counts.entry(hasher.finish()) {
            Entry::Occupied(mut times) => {
                *times.get_mut() += 1;
                *times.get()
            }
            Entry::Vacant(times) if has_room => *times.insert(1),
            Entry::Vacant(_) => 1,
        }
    }
}

/// A name without the number of its bug report.
fn strip_bug_id(name: &str) -> &str {
    let name = name.trim_end();
    let start = name.rfind(" (PRMS").filter(|_| name.ends_with(')'));
    start.filter(|at| *at > 0).map_or(name, |at| name[..at].trim_end())
}

/// The last two parts of a path.
fn last_two_segments(path: &str) -> &str {
    let mut slashes = path.rmatch_indices('/').map(|(at, _)| at + 1);
    slashes.nth(1).map_or(path, |at| &path[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_are_counted_beyond_the_limit() {
        let mut names = Occurrences::new(2);
        let counts = ["a", "b", "a", "c", "c", "a", "b"].map(|name| names.increment(name));
        assert_eq!(counts, [1, 1, 2, 1, 1, 3, 2]);
    }
}
