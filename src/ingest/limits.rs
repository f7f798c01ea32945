//! How much is read: results may come from anybody, and no file may take all of the memory or the day.
//!
//! In: what the options allow. Out: a [`Limited`] sink and reader for each file. A newcomer's trap: nothing is
//! left out without a word. What is too much is an error, or a part of the run that was not measured.

use crate::cli::Limits;
use crate::error::Error;
use crate::files::Found;
use crate::model::{Gap, GapKind, ProblemKind, Reach, ResultsProblem, Sink, TestResult};
use siphasher::sip::SipHasher13;
use std::borrow::Cow;
use std::hash::Hasher;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Parts of one file that are told as not measured; beyond, the file as a whole is.
const GAPS: u32 = 1_000;
/// Problems of one file that are told.
const PROBLEMS: u32 = 1_000;
/// A test's name, in bytes: a longer one is told by its beginning and a number made of all of it.
const NAME: usize = 4 << 10;
/// What the failures of one file may say in full, in bytes; beyond, each is cut to [`SHORT`].
const MESSAGES: usize = 64 << 20;
const SHORT: usize = 200;

/// What all files of a run have read so far.
#[derive(Debug)]
pub struct Used {
    limits: Limits,
    results: AtomicU64,
}

impl Used {
    /// Nothing is read yet.
    pub fn none(limits: Limits) -> Arc<Used> {
        Arc::new(Used { limits, results: AtomicU64::new(0) })
    }

    /// The same files are read a second time.
    pub fn again(&self) {
        self.results.store(0, Ordering::Relaxed);
    }

    /// Whether a file may unpack to so many bytes, or else why not.
    pub fn allow_unpacked(&self, bytes: u64) -> Result<(), String> {
        let most = self.limits.max_bytes;
        match bytes > most {
            true => Err(format!("it unpacks to more than {most} bytes (--max-bytes)")),
            false => Ok(()),
        }
    }

    /// Whether so much was read that nobody need read on.
    pub fn is_spent(&self) -> bool {
        self.results.load(Ordering::Relaxed) > self.limits.max_tests
    }

    /// Whether so many files may be read, those that records speak of among them.
    ///
    /// # Errors
    /// More files than are allowed.
    pub fn allow_files(&self, files: u64) -> Result<(), Error> {
        at_most(self.limits.max_files, files, FILES)
    }

    /// Whether too much was read: then nothing can be judged.
    ///
    /// # Errors
    /// More results than are allowed.
    pub fn check(&self) -> Result<(), Error> {
        at_most(self.limits.max_tests, self.results.load(Ordering::Relaxed), TESTS)
    }
}

/// What is counted, and the option that says how many there may be.
type Counted = (&'static str, &'static str);

const FILES: Counted = ("results files", "max-files");
const BYTES: Counted = ("bytes of results", "max-bytes");
const TESTS: Counted = ("results", "max-tests");

fn at_most(most: u64, count: u64, (what, option): Counted) -> Result<(), Error> {
    if count > most { Err(Error::TooMuch { what, most, option }) } else { Ok(()) }
}

/// Whether these files may be read.
///
/// # Errors
/// Too many of them, or too many bytes in them.
pub fn allow(found: &[Found], limits: &Limits) -> Result<(), Error> {
    at_most(limits.max_files, found.len() as u64, FILES)?;
    let size = |file: &Found| std::fs::metadata(&file.path).map_or(0, |metadata| metadata.len());
    let bytes = found.iter().map(size).fold(0, u64::saturating_add);
    at_most(limits.max_bytes, bytes, BYTES)
}

/// What one file has said so far.
#[derive(Debug, Clone, Default)]
pub struct Said {
    gaps: u32,
    problems: u32,
    bytes: usize,
}

/// Results that are counted together: threads that share a counter wait for each other.
const TOGETHER: u64 = 256;

/// One file's results, as many and as long as is allowed.
pub struct Limited<'s, S: ?Sized> {
    sink: &'s mut S,
    used: Arc<Used>,
    said: &'s mut Said,
    /// Results that are not counted yet.
    uncounted: u64,
    is_spent: bool,
}

impl<'s, S: Sink + ?Sized> Limited<'s, S> {
    /// Hands on to `sink` what one file says, or a part of it.
    pub fn new(sink: &'s mut S, used: &Arc<Used>, said: &'s mut Said) -> Limited<'s, S> {
        let is_spent = used.is_spent();
        Limited { sink, used: Arc::clone(used), said, uncounted: 0, is_spent }
    }
}

impl<S: ?Sized> Limited<'_, S> {
    fn count(&mut self) {
        self.used.results.fetch_add(self.uncounted, Ordering::Relaxed);
        self.uncounted = 0;
        self.is_spent = self.used.is_spent();
    }
}

impl<S: ?Sized> Drop for Limited<'_, S> {
    fn drop(&mut self) {
        self.count();
    }
}

impl<S: Sink + ?Sized> Sink for Limited<'_, S> {
    fn result(&mut self, result: &TestResult<'_>) {
        self.uncounted += 1;
        if self.uncounted == TOGETHER {
            self.count();
        }
        if self.is_spent {
            return;
        }
        self.said.bytes = self.said.bytes.saturating_add(result.message.len());
        let has_said_much = self.said.bytes > MESSAGES && result.message.len() > SHORT;
        if has_said_much || result.name.len() > NAME {
            return self.sink.result(&shortened(result, has_said_much));
        }
        self.sink.result(result);
    }

    fn gap(&mut self, gap: Gap) {
        self.said.gaps = self.said.gaps.saturating_add(1);
        if self.said.gaps < GAPS {
            self.sink.gap(gap);
        } else if self.said.gaps == GAPS {
            let what = format!("it has more than {} parts that were not measured", GAPS - 1);
            self.sink.gap(Gap { kind: GapKind::Unreadable { what }, reach: Reach::Any, ..gap });
        }
    }

    fn problem(&mut self, line: u32, kind: ProblemKind) {
        self.said.problems = self.said.problems.saturating_add(1);
        if self.said.problems < PROBLEMS {
            self.sink.problem(line, kind);
        } else if self.said.problems == PROBLEMS {
            let what = format!("it has more than {} problems", PROBLEMS - 1);
            self.sink.problem(line, ResultsProblem::Unreadable { what }.into());
        }
    }
}

/// A result whose name is too long, or whose message is one of too many.
#[cold]
fn shortened<'r>(result: &'r TestResult<'_>, has_said_much: bool) -> TestResult<'r> {
    let mut result = result.clone();
    if result.name.len() > NAME {
        result.name = Cow::Owned(cut_name(&result.name));
    }
    if has_said_much {
        let start = result.message.floor_char_boundary(SHORT);
        result.message = Cow::Owned(format!("{}…", &result.message[..start]));
    }
    result
}

/// The beginning of a name and a number made of all of it, always the same: two long names stay two.
fn cut_name(name: &str) -> String {
    let mut hasher = SipHasher13::new();
    hasher.write(name.as_bytes());
    let start = name.floor_char_boundary(NAME - 20);
    format!("{}…{:016x}", &name[..start], hasher.finish())
}

/// A file that may be so long and no longer, unpacked.
pub struct Bounded<R> {
    input: R,
    read: u64,
    used: Arc<Used>,
}

impl<R> Bounded<R> {
    /// Hands on what `input` reads.
    pub fn new(input: R, used: &Arc<Used>) -> Bounded<R> {
        Bounded { input, read: 0, used: Arc::clone(used) }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.used.is_spent() {
            let max_tests = self.used.limits.max_tests;
            return Err(io::Error::other(format!("more than {max_tests} results were read")));
        }
        let count = self.input.read(into)?;
        self.read = self.read.saturating_add(count as u64);
        self.used.allow_unpacked(self.read).map_err(io::Error::other)?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_stay_apart_and_whole_characters() {
        let name = |end: &str| cut_name(&format!("{}{end}", "é".repeat(NAME)));
        assert_ne!(name("a"), name("b"));
        assert_eq!(name("a"), name("a"));
        assert!(name("a").len() <= NAME + 20);
    }
}
