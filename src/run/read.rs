//! Reading all results files, as many at a time as there are processors.
//!
//! In: a run's plan and its files. Out: one comparison. Each thread folds its files into a comparison of
//! its own, and those merge in any order with the same result. With more processors than files, a file is
//! decoded on one and judged on another. A file that cannot be opened or recognised is a problem and a
//! gap of its run; the others are read all the same.

use super::batch::{self, Batches};
use super::exit_codes::ExitCodes;
use super::limits::{Bounded, Limited, Used};
use super::progress::{Progress, Watched};
use crate::cli::{Duplicates, ReadOptions};
use crate::compare::{BaseRun, Comparison, Fold, Repeats, ResultsFile, Run};
use crate::files::{self, Found};
use crate::formats::{self, Format};
use crate::model::{
    Gap, GapKind, Naming, Origin, Problem, ProblemKind, Reach, RunBuilder, Sink, SuiteId,
};
use std::borrow::Cow;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How one results file is read. Its place in the list is its number.
#[derive(Debug, Clone)]
pub struct Source {
    path: PathBuf,
    place: files::Place,
    used: Arc<Used>,
    forced: Option<Format>,
    naming: Naming,
    exit_code: Option<i64>,
}

impl Source {
    /// A file and the options that concern it.
    pub fn new(found: &Found, options: &ReadOptions, used: &Arc<Used>) -> Source {
        let Found { path, place, .. } = found.clone();
        let prefix = options.prefix.replace("{file}", &stem(&path));
        let repeats_are_retries = options.duplicates == Duplicates::Rerun;
        let naming = Naming { prefix, repeats_are_retries };
        Source {
            forced: options.forced_format(),
            naming,
            path,
            place,
            used: Arc::clone(used),
            exit_code: None,
        }
    }

    /// Takes the exit code of the file's runner, where the table has one.
    pub fn note_exit_code(&mut self, codes: &ExitCodes) {
        self.exit_code = codes.of(&stem(&self.path));
    }
}

/// A file's name without its ending.
fn stem(path: &Path) -> Cow<'_, str> {
    path.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default()
}

/// How a file is decoded and judged.
#[derive(Debug, Clone, Copy)]
enum Threads {
    One,
    /// The results go over from one to the other.
    Two,
}

/// Files smaller than this together, in bytes, are read before a second thread has begun.
const WORTH_A_THREAD: u64 = 256 << 10;

/// Reads every file into one comparison.
pub fn read<'r>(run: &'r Run, sources: &[Source]) -> Comparison<'r> {
    let progress = Progress::new(sources.iter().map(|source| source.path.as_path()));
    let processors = match progress.total() {
        small if small < WORTH_A_THREAD => 1,
        _ => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let folds = processors.min(sources.len());
    let each = if processors < 2 * folds { Threads::One } else { Threads::Two };
    let next = AtomicUsize::new(0);
    let fold = || {
        let mut part = Fold::new(run);
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(source) = sources.get(number) else { return part };
            read_file(source, number as u32, &mut part.file(number as u32), &progress, each);
        }
    };
    std::thread::scope(|scope| {
        let _told = progress.tell(scope);
        let others: Vec<_> = (1..folds).map(|_| scope.spawn(fold)).collect();
        let mine = fold();
        others.into_iter().fold(mine, |all, other| match other.join() {
            Ok(part) => all.merge(part),
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })
    .end()
}

/// Looks up the names that several results share, by reading the files again; most runs have none.
pub fn repeats(comparison: &Comparison<'_>, sources: &[Source]) -> Vec<Problem> {
    let Some(mut repeats) = Repeats::to_look_up(comparison) else { return Vec::new() };
    let progress = Progress::silent();
    sources.iter().for_each(|source| source.used.again());
    for (number, source) in sources.iter().enumerate() {
        let number = number as u32;
        read_file(source, number, &mut repeats.file(number), &progress, Threads::One);
    }
    repeats.problems()
}

/// What each test did in the base run; `None` without one.
pub fn base(comparison: &Comparison<'_>, files: &[(ResultsFile, Source)]) -> Option<BaseRun> {
    let mut base = BaseRun::default();
    let progress = Progress::silent();
    for (number, (file, source)) in files.iter().enumerate() {
        read_file(source, number as u32, &mut base.file(comparison, file), &progress, Threads::One);
    }
    (!files.is_empty()).then_some(base)
}

/// Reads every file into one sink, in order.
pub fn read_into<S: Sink>(sources: &[Source], sink: &mut S) {
    for (number, source) in sources.iter().enumerate() {
        read_file(source, number as u32, sink, &Progress::silent(), Threads::One);
    }
}

fn read_file<S: Sink>(
    source: &Source,
    number: u32,
    sink: &mut S,
    progress: &Progress,
    threads: Threads,
) {
    let read = |batches: &mut Batches<'_>| decode(source, number, batches, progress);
    match threads {
        Threads::One => batch::in_turn(read, sink),
        Threads::Two => batch::overlapped(read, sink),
    }
}

/// Reads a file into the one kind of sink that the decoders are compiled for.
fn decode(source: &Source, number: u32, sink: &mut Batches<'_>, progress: &Progress) {
    let sink = &mut Limited::new(sink, &source.used);
    let opened =
        source.place.open().and_then(|file| formats::unpacked(Watched::new(file, progress)));
    let mut file = match opened {
        Ok(file) => Bounded::new(file, &source.used),
        Err(error) => return unreadable(number, error.to_string(), sink),
    };
    let mut head = Vec::with_capacity(Format::SNIFFED);
    let begun = (&mut file).take(Format::SNIFFED as u64).read_to_end(&mut head);
    match source.forced.or_else(|| Format::sniff(&head)) {
        Some(format) => {
            let builder = RunBuilder::new(number, source.naming.clone(), sink)
                .with_exit_code(source.exit_code);
            format.read(head.as_slice().chain(file), builder);
        }
        None if let Err(error) = begun => unreadable(number, error.to_string(), sink),
        None if head.is_empty() => unreadable(number, "the file is empty".to_owned(), sink),
        None => {
            let known = Format::ALL.len();
            let mut what =
                format!("no known format: tried all {known} that knownfail formats lists");
            if let Some(hint) = formats::hint(&head) {
                what.push_str("; it looks like ");
                what.push_str(&hint);
            }
            unreadable(number, what, sink);
        }
    }
}

fn unreadable<S: Sink>(file: u32, what: String, sink: &mut S) {
    sink.problem(0, ProblemKind::UnreadableResults { what: what.clone() });
    sink.gap(Gap {
        kind: GapKind::Unreadable { what },
        reach: Reach::Any,
        suite: Some(SuiteId { file, suite: 0 }),
        origin: Some(Origin { file, line: 0 }),
    });
}
