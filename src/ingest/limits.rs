//! Limits on untrusted input.
//!
//! What exceeds a limit is an error or a gap of the run, never silently dropped.

use crate::cli::Limits;
use crate::error::{Error, Result};
use crate::files::MatchedFile;
use crate::known::KnownFailures;
use crate::model::{AffectedTests, Gap, GapKind, ProblemKind, ResultsProblem, Sink, TestResult};
use siphasher::sip::SipHasher13;
use std::borrow::Cow;
use std::hash::Hasher;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Maximum number of gaps of one file; further ones become one gap of the whole file.
const MAX_GAPS: u32 = 1_000;
/// Maximum number of problems of one file.
const MAX_PROBLEMS: u32 = 1_000;
/// Maximum length of a test's name, in bytes; a longer one is abbreviated.
const MAX_NAME_LEN: usize = 4 << 10;
/// Bytes of messages of one file that are kept in full; further ones are truncated.
const MAX_MESSAGE_BYTES: usize = 64 << 20;
const TRUNCATED_MESSAGE_LEN: usize = 200;

/// How many results all files of a run have so far.
#[derive(Debug)]
pub(crate) struct Usage {
    limits: Limits,
    results: AtomicU64,
}

impl Usage {
    /// No results yet.
    pub(crate) fn new(limits: Limits) -> Arc<Usage> {
        Arc::new(Usage { limits, results: AtomicU64::new(0) })
    }

    /// Starts anew, because the files are read again.
    pub(crate) fn reset(&self) {
        self.results.store(0, Ordering::Relaxed);
    }

    /// Checks the decompressed size of one file; the error is a message.
    pub(crate) fn check_unpacked(&self, bytes: u64) -> Result<(), String> {
        let max_bytes = self.limits.max_bytes;
        if bytes > max_bytes {
            return Err(format!("it unpacks to more than {max_bytes} bytes (--max-bytes)"));
        }
        Ok(())
    }

    /// Whether reading can stop, because there are too many results.
    pub(crate) fn is_exceeded(&self) -> bool {
        self.results.load(Ordering::Relaxed) > self.limits.max_tests
    }

    /// Checks the number of files, including those in records.
    pub(crate) fn check_files(&self, files: u64) -> Result<()> {
        ensure_at_most(self.limits.max_files, files, "results files", "max-files")
    }

    pub(crate) fn check_results(&self) -> Result<()> {
        let results = self.results.load(Ordering::Relaxed);
        ensure_at_most(self.limits.max_tests, results, "results", "max-tests")
    }
}

/// `option` is the one that sets the limit on the number of `what`.
fn ensure_at_most(limit: u64, count: u64, what: &'static str, option: &'static str) -> Result<()> {
    if count > limit { Err(Error::LimitExceeded { what, limit, option }) } else { Ok(()) }
}

/// Checks that matching the list against the tests did not take too long: then the claims are not reliable. The error
/// names the most expensive row.
pub(crate) fn ensure_match_budget(known: &KnownFailures) -> Result<()> {
    match known.costliest_row() {
        None => Ok(()),
        Some(row) => Err(Error::MatchingTooSlow { file: row.file.clone(), line: row.line }),
    }
}

/// Checks the number and size of files before they are read.
pub(crate) fn check_found_files(found: &[MatchedFile], limits: &Limits) -> Result<()> {
    ensure_at_most(limits.max_files, found.len() as u64, "results files", "max-files")?;
    let size =
        |file: &MatchedFile| std::fs::metadata(&file.path).map_or(0, |metadata| metadata.len());
    let bytes = found.iter().map(size).fold(0, u64::saturating_add);
    ensure_at_most(limits.max_bytes, bytes, "bytes of results", "max-bytes")
}

/// How much one file has emitted so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileUsage {
    gaps: u32,
    problems: u32,
    bytes: usize,
}

/// Results that are added to the shared counter at once, so that threads do not contend for it.
const COUNT_BATCH: u64 = 256;

/// Applies the limits to one file's results.
pub(crate) struct LimitedSink<'s> {
    sink: &'s mut dyn Sink,
    usage: &'s Usage,
    file_usage: &'s mut FileUsage,
    /// Results that are not in the shared counter yet.
    uncounted: u64,
    is_exceeded: bool,
}

impl<'s> LimitedSink<'s> {
    /// Passes one file's results, or a part of them, to `sink`.
    pub(crate) fn new(
        sink: &'s mut dyn Sink,
        usage: &'s Usage,
        file_usage: &'s mut FileUsage,
    ) -> LimitedSink<'s> {
        let is_exceeded = usage.is_exceeded();
        LimitedSink { sink, usage, file_usage, uncounted: 0, is_exceeded }
    }

    fn flush_count(&mut self) {
        self.usage.results.fetch_add(self.uncounted, Ordering::Relaxed);
        self.uncounted = 0;
        self.is_exceeded = self.usage.is_exceeded();
    }
}

impl Drop for LimitedSink<'_> {
    fn drop(&mut self) {
        self.flush_count();
    }
}

impl Sink for LimitedSink<'_> {
    fn result(&mut self, result: &TestResult<'_>) {
        self.uncounted += 1;
        if self.uncounted == COUNT_BATCH {
            self.flush_count();
        }
        if self.is_exceeded {
            return;
        }
        self.file_usage.bytes = self.file_usage.bytes.saturating_add(result.message.len());
        let over_message_budget = self.file_usage.bytes > MAX_MESSAGE_BYTES
            && result.message.len() > TRUNCATED_MESSAGE_LEN;
        if over_message_budget || result.name.len() > MAX_NAME_LEN {
            return self.sink.result(&shorten(result, over_message_budget));
        }
        self.sink.result(result);
    }

    fn gap(&mut self, gap: Gap) {
        self.file_usage.gaps = self.file_usage.gaps.saturating_add(1);
        if self.file_usage.gaps < MAX_GAPS {
            self.sink.gap(gap);
        } else if self.file_usage.gaps == MAX_GAPS {
            let what = format!("it has more than {} parts that were not measured", MAX_GAPS - 1);
            self.sink.gap(Gap {
                kind: GapKind::Unreadable { what },
                affected: AffectedTests::All,
                ..gap
            });
        }
    }

    fn problem(&mut self, line: u32, kind: ProblemKind) {
        self.file_usage.problems = self.file_usage.problems.saturating_add(1);
        if self.file_usage.problems < MAX_PROBLEMS {
            self.sink.problem(line, kind);
        } else if self.file_usage.problems == MAX_PROBLEMS {
            let what = format!("it has more than {} problems", MAX_PROBLEMS - 1);
            self.sink.problem(line, ResultsProblem::Unreadable { what }.into());
        }
    }
}

/// Abbreviates a result's name and message.
#[cold]
fn shorten<'r>(result: &'r TestResult<'_>, over_message_budget: bool) -> TestResult<'r> {
    let mut result = result.clone();
    if result.name.len() > MAX_NAME_LEN {
        result.name = Cow::Owned(abbreviate_name(&result.name));
    }
    if over_message_budget {
        let start = result.message.floor_char_boundary(TRUNCATED_MESSAGE_LEN);
        result.message = Cow::Owned(format!("{}…", &result.message[..start]));
    }
    result
}

/// The start of a name and a stable hash of all of it, so that long names stay distinct.
fn abbreviate_name(name: &str) -> String {
    let mut hasher = SipHasher13::new();
    hasher.write(name.as_bytes());
    let start = name.floor_char_boundary(MAX_NAME_LEN - 20);
    format!("{}…{:016x}", &name[..start], hasher.finish())
}

/// Limits the decompressed size of a file.
pub(crate) struct LimitedReader<R> {
    input: R,
    read: u64,
    usage: Arc<Usage>,
}

impl<R> LimitedReader<R> {
    /// Reads from `input` within the limits of `usage`.
    pub(crate) fn new(input: R, usage: &Arc<Usage>) -> LimitedReader<R> {
        LimitedReader { input, read: 0, usage: Arc::clone(usage) }
    }
}

impl<R: Read> Read for LimitedReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.usage.is_exceeded() {
            let max_tests = self.usage.limits.max_tests;
            return Err(io::Error::other(format!("more than {max_tests} results were read")));
        }
        let count = self.input.read(into)?;
        self.read = self.read.saturating_add(count as u64);
        self.usage.check_unpacked(self.read).map_err(io::Error::other)?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_abbreviated_distinctly() {
        let name = |end: &str| abbreviate_name(&format!("{}{end}", "é".repeat(MAX_NAME_LEN)));
        assert_ne!(name("a"), name("b"));
        assert_eq!(name("a"), name("a"));
        assert!(name("a").len() <= MAX_NAME_LEN + 20);
    }
}
