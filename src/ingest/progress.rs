//! Progress on standard error, for reading that takes longer than a second.
//!
//! In: the sizes of the files, then every byte that is read. Out: one line that moves at a terminal, a
//! line now and then in a log. A quick run never shows any.

use std::io::{IsTerminal, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{Scope, Thread};
use std::time::Duration;

/// How far reading is.
pub struct Progress {
    total: u64,
    read: Arc<AtomicU64>,
}

/// Silences the teller when it is dropped.
pub struct Told {
    done: Arc<AtomicBool>,
    teller: Option<Thread>,
}

impl Progress {
    /// Progress over these files.
    pub fn new<'p>(paths: impl Iterator<Item = &'p Path>) -> Progress {
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        Progress { total: paths.map(size).sum(), read: Arc::default() }
    }

    /// How many bytes the files have, as far as that is known.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Progress that nobody watches.
    pub fn silent() -> Progress {
        Progress { total: 0, read: Arc::default() }
    }

    /// Tells of it from a thread of its own until the result is dropped.
    pub fn tell<'scope>(&self, scope: &'scope Scope<'scope, '_>) -> Told {
        // Nothing this small takes a second.
        if self.total < 8 << 20 {
            return Told { done: Arc::default(), teller: None };
        }
        let done = Arc::new(AtomicBool::new(false));
        let (total, read, ended) = (self.total, Arc::clone(&self.read), Arc::clone(&done));
        let teller = scope.spawn(move || tell(total, &read, &ended));
        Told { done, teller: Some(teller.thread().clone()) }
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Release);
        if let Some(teller) = &self.teller {
            teller.unpark();
        }
    }
}

fn tell(total: u64, read: &AtomicU64, done: &AtomicBool) {
    let mut stderr = std::io::stderr();
    let terminal = stderr.is_terminal();
    let (pause, start, end) = match terminal {
        true => (Duration::from_secs(1), "\r", ""),
        false => (Duration::from_secs(10), "", "\n"),
    };
    let mut told = false;
    loop {
        std::thread::park_timeout(pause);
        if done.load(Ordering::Acquire) {
            break;
        }
        let (read, total) = (read.load(Ordering::Relaxed) >> 20, total >> 20);
        let _ = write!(stderr, "{start}knownfail: read {read} of {total} MiB{end}");
        told = true;
    }
    if told && terminal {
        let _ = write!(stderr, "\r\u{1b}[K");
    }
}

/// A reader whose bytes are counted.
pub struct Watched<R> {
    input: R,
    read: Arc<AtomicU64>,
}

impl<R> Watched<R> {
    /// Counts what is read towards this progress.
    pub fn new(input: R, progress: &Progress) -> Watched<R> {
        Watched { input, read: Arc::clone(&progress.read) }
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
