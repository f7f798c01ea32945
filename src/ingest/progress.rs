//! Progress on standard error, for reading that takes longer than a second: one changing line on a terminal, a line
//! every ten seconds in a log.

use std::io::{IsTerminal, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{Scope, Thread};
use std::time::Duration;

/// Smaller files are read in less than a second.
const MIN_TOTAL: u64 = 8 << 20;

/// How many of the files' bytes have been read; the default is not printed.
#[derive(Default)]
pub(crate) struct ReadProgress {
    total: u64,
    read: Arc<AtomicU64>,
}

/// Stops the printing thread when dropped.
pub(crate) struct ProgressGuard {
    done: Arc<AtomicBool>,
    printer: Thread,
}

impl ReadProgress {
    /// Nothing of these files is read yet.
    pub(crate) fn new<'p>(paths: impl Iterator<Item = &'p Path>) -> ReadProgress {
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        ReadProgress { total: paths.map(size).sum(), read: Arc::default() }
    }

    /// The size of the files in bytes, as far as it is known.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Prints on another thread until the guard is dropped, if there is much to read.
    pub(crate) fn spawn_printer<'s>(&self, scope: &'s Scope<'s, '_>) -> Option<ProgressGuard> {
        if self.total < MIN_TOTAL {
            return None;
        }
        let done = Arc::new(AtomicBool::new(false));
        let (total, read, ended) = (self.total, Arc::clone(&self.read), Arc::clone(&done));
        let printer = scope.spawn(move || print_progress(total, &read, &ended));
        Some(ProgressGuard { done, printer: printer.thread().clone() })
    }
}

impl Drop for ProgressGuard {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Release);
        self.printer.unpark();
    }
}

fn print_progress(total: u64, read: &AtomicU64, done: &AtomicBool) {
    let mut stderr = std::io::stderr();
    let terminal = stderr.is_terminal();
    let (pause, start, end) = if terminal {
        (Duration::from_secs(1), "\r", "")
    } else {
        (Duration::from_secs(10), "", "\n")
    };
    let mut has_printed = false;
    loop {
        std::thread::park_timeout(pause);
        if done.load(Ordering::Acquire) {
            break;
        }
        let (read, total) = (read.load(Ordering::Relaxed) >> 20, total >> 20);
        let _ = write!(stderr, "{start}knownfail: read {read} of {total} MiB{end}");
        has_printed = true;
    }
    if has_printed && terminal {
        let _ = write!(stderr, "\r\u{1b}[K");
    }
}

/// Counts the bytes that are read.
pub(crate) struct ProgressReader<R> {
    input: R,
    read: Arc<AtomicU64>,
}

impl<R> ProgressReader<R> {
    /// Counts towards this progress.
    pub(crate) fn new(input: R, progress: &ReadProgress) -> ProgressReader<R> {
        ProgressReader { input, read: Arc::clone(&progress.read) }
    }
}

impl<R: Read> Read for ProgressReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
