//! The end of prove's output: the report on the files that failed, the totals, and the result of the run.

use crate::model::Outcome;
use crate::syntax::BoundedText;

/// What follows `Result: ` if nothing failed; otherwise it is FAIL (App::Prove's harness, `TAP::Parser::Aggregator`).
const GOOD_RESULTS: [&str; 2] = ["PASS", "NOTESTS"];

/// The most files of one run whose results are remembered.
pub(super) const MAX_FILES: usize = 100_000;

/// The bits of a wait status that are the number of a signal.
const SIGNAL_BITS: u64 = 0x7f;

/// Where in the output of a run a reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProveState {
    Running,
    /// In the report, which is compared with what was read.
    Reporting,
    Ended,
}

/// One test file in the report.
pub(super) struct ProveEntry {
    pub line: u32,
    pub path: String,
    /// Passed if the file is listed only for a TODO that passed.
    pub outcome: Outcome,
    /// Whether a signal ended the file.
    pub has_signal: bool,
    pub tests: u64,
    pub failed: u64,
    pub message: BoundedText,
}

impl ProveEntry {
    /// Parses the report's `t/a.t (Wstat: 256 (exited 1) Tests: 3 Failed: 1)`.
    pub(super) fn parse(line: u32, text: &str) -> Option<ProveEntry> {
        let (path, rest) = text.split_once(" (Wstat: ")?;
        let (rest, failed) = rest.strip_suffix(')')?.rsplit_once(" Failed: ")?;
        let exited = !rest.starts_with("0 ");
        let status: u64 = rest.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0);
        let outcome = match (failed.trim(), exited) {
            ("0", false) => Outcome::Passed,
            ("0", true) => Outcome::Errored,
            _ => Outcome::Failed,
        };
        let tests = rest.rsplit_once("Tests: ").map_or("", |(_, tests)| tests.trim());
        let [tests, failed] = [tests, failed].map(|count| count.trim().parse().unwrap_or(0));
        let has_signal = status & SIGNAL_BITS != 0;
        let (path, message) = (path.trim_end().to_owned(), BoundedText::default());
        Some(ProveEntry { line, path, outcome, has_signal, tests, failed, message })
    }

    /// Reads a line below the entry.
    pub(super) fn line(&mut self, line: &str) {
        if !line.starts_with(' ') {
            return;
        }
        if self.outcome == Outcome::Passed && line.starts_with("  Parse errors: ") {
            self.outcome = Outcome::Errored;
        }
        self.message.push_line(line.trim().as_bytes());
    }
}

/// Whether what follows `Result: ` means a failure.
pub(super) fn is_failed_run(result: &str) -> bool {
    !GOOD_RESULTS.contains(&result.trim())
}

/// The numbers in `Files=5, Tests=6, …`.
pub(super) fn parse_counts(line: &str) -> Option<(u64, u64)> {
    let (files, rest) = line.strip_prefix("Files=")?.split_once(", Tests=")?;
    let tests = rest.split([',', ' ']).next()?;
    Some((files.parse().ok()?, tests.parse().ok()?))
}

/// The numbers in `Failed 1/10 subtests`.
pub(super) fn parse_failed_subtests(status: &str) -> Option<(u64, u64)> {
    let (failed, rest) = status.strip_prefix("Failed ")?.split_once('/')?;
    Some((failed.parse().ok()?, rest.split(' ').next()?.parse().ok()?))
}
