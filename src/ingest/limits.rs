//! How much is read: results may come from anybody, and no file may take all of the memory or the day.
//!
//! In: what the options allow. Out: a [`Limited`] sink and reader for each file. A newcomer's trap: nothing is
//! left out without a word. What is too much is an error, or a part of the run that was not measured.

use crate::cli::Limits;
use crate::error::Error;
use crate::files::MatchedFile;
use crate::model::{AffectedTests, Gap, GapKind, ProblemKind, ResultsProblem, Sink, TestResult};
use siphasher::sip::SipHasher13;
use std::borrow::Cow;
use std::hash::Hasher;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Parts of one file that are told as not measured; beyond, the file as a whole is.
const MAX_GAPS: u32 = 1_000;
/// Problems of one file that are told.
const MAX_PROBLEMS: u32 = 1_000;
/// A test's name, in bytes: a longer one is told by its beginning and a number made of all of it.
const MAX_NAME_LEN: usize = 4 << 10;
/// What the failures of one file may say in full, in bytes; beyond, each is cut to [`SHORT`].
const MAX_MESSAGE_BYTES: usize = 64 << 20;
const TRUNCATED_MESSAGE_LEN: usize = 200;

/// What all files of a run have read so far.
#[derive(Debug)]
pub(crate) struct Usage {
    limits: Limits,
    results: AtomicU64,
}

impl Usage {
    /// Nothing is read yet.
    pub(crate) fn new(limits: Limits) -> Arc<Usage> {
        Arc::new(Usage { limits, results: AtomicU64::new(0) })
    }

    /// The same files are read a second time.
    pub(crate) fn reset(&self) {
        self.results.store(0, Ordering::Relaxed);
    }

    /// Whether a file may unpack to so many bytes, or else why not.
    pub(crate) fn check_unpacked(&self, bytes: u64) -> Result<(), String> {
        let max_bytes = self.limits.max_bytes;
        match bytes > max_bytes {
            true => Err(format!("it unpacks to more than {max_bytes} bytes (--max-bytes)")),
            false => Ok(()),
        }
    }

    /// Whether so much was read that nobody need read on.
    pub(crate) fn is_exceeded(&self) -> bool {
        self.results.load(Ordering::Relaxed) > self.limits.max_tests
    }

    /// Whether so many files may be read, those that records speak of among them.
    ///
    /// # Errors
    /// More files than are allowed.
    pub(crate) fn check_files(&self, files: u64) -> Result<(), Error> {
        ensure_at_most(self.limits.max_files, files, FILE_LIMIT)
    }

    /// Whether too much was read: then nothing can be judged.
    ///
    /// # Errors
    /// More results than are allowed.
    pub(crate) fn check_results(&self) -> Result<(), Error> {
        ensure_at_most(self.limits.max_tests, self.results.load(Ordering::Relaxed), TEST_LIMIT)
    }
}

/// What is counted, and the option that says how many there may be.
type LimitNames = (&'static str, &'static str);

const FILE_LIMIT: LimitNames = ("results files", "max-files");
const BYTE_LIMIT: LimitNames = ("bytes of results", "max-bytes");
const TEST_LIMIT: LimitNames = ("results", "max-tests");

fn ensure_at_most(limit: u64, count: u64, (what, option): LimitNames) -> Result<(), Error> {
    if count > limit { Err(Error::LimitExceeded { what, limit, option }) } else { Ok(()) }
}

/// Whether these files may be read.
///
/// # Errors
/// Too many of them, or too many bytes in them.
pub(crate) fn check_found_files(found: &[MatchedFile], limits: &Limits) -> Result<(), Error> {
    ensure_at_most(limits.max_files, found.len() as u64, FILE_LIMIT)?;
    let size =
        |file: &MatchedFile| std::fs::metadata(&file.path).map_or(0, |metadata| metadata.len());
    let bytes = found.iter().map(size).fold(0, u64::saturating_add);
    ensure_at_most(limits.max_bytes, bytes, BYTE_LIMIT)
}

/// What one file has said so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileUsage {
    gaps: u32,
    problems: u32,
    bytes: usize,
}

/// Results that are counted together: threads that share a counter wait for each other.
const COUNT_BATCH: u64 = 256;

/// One file's results, as many and as long as is allowed.
pub(crate) struct LimitedSink<'s> {
    sink: &'s mut dyn Sink,
    usage: Arc<Usage>,
    file_usage: &'s mut FileUsage,
    /// Results that are not counted yet.
    uncounted: u64,
    is_exceeded: bool,
}

impl<'s> LimitedSink<'s> {
    /// Hands on to `sink` what one file says, or a part of it.
    pub(crate) fn new(
        sink: &'s mut dyn Sink,
        usage: &Arc<Usage>,
        file_usage: &'s mut FileUsage,
    ) -> LimitedSink<'s> {
        let is_exceeded = usage.is_exceeded();
        LimitedSink { sink, usage: Arc::clone(usage), file_usage, uncounted: 0, is_exceeded }
    }
}

impl LimitedSink<'_> {
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

/// A result whose name is too long, or whose message is one of too many.
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

/// The beginning of a name and a number made of all of it, always the same: two long names stay two.
fn abbreviate_name(name: &str) -> String {
    let mut hasher = SipHasher13::new();
    hasher.write(name.as_bytes());
    let start = name.floor_char_boundary(MAX_NAME_LEN - 20);
    format!("{}…{:016x}", &name[..start], hasher.finish())
}

/// A file that may be so long and no longer, unpacked.
pub(crate) struct LimitedReader<R> {
    input: R,
    read: u64,
    usage: Arc<Usage>,
}

impl<R> LimitedReader<R> {
    /// Hands on what `input` reads.
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
