//! Reading all results files, as many at a time as there are processors.
//!
//! In: a run's plan and its files. Out: one comparison. Each thread folds its files into a comparison of
//! its own, and those merge in any order with the same result. With more processors than files, a file is
//! decoded on one and judged on another. A file that cannot be opened or recognised is a problem and a
//! gap of its run; the others are read all the same.

use super::batch::{self, Batches};
use super::exit_codes::{ExitCode, ExitCodes};
use super::limits::{Bounded, Limited, Said, Used};
use super::plan::Base;
use super::progress::{Progress, Watched};
use super::sinks::{Based, Folds, Looked, Recording};
use crate::cli::{Duplicates, ReadOptions};
use crate::compare::{BaseRun, Comparison, Fold, Repeats, Run};
use crate::files::{self, Found};
use crate::formats::{self, Format};
use crate::model::{
    Attempt, Gap, GapKind, Naming, Origin, Problem, Reach, ResultsProblem, RunBuilder, Scope, Sink,
    SuiteId, Unread,
};
use crate::record::{self, Block, Damage, Entry, RecordReader, Recorder};
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where results stand, and how they are read.
#[derive(Debug, Clone)]
pub struct Source {
    path: PathBuf,
    place: files::Place,
    used: Arc<Used>,
    naming: Naming,
    kind: Kind,
    /// The numbers of its files: of the one, or of all that a record speaks of, in the record's order.
    numbers: Vec<u32>,
    /// One of these for each variant.
    of_variants: Vec<u32>,
}

#[derive(Debug, Clone)]
enum Kind {
    /// What a test runner wrote.
    File { forced: Option<Format>, exit_code: ExitCode },
    /// What an earlier call wrote: names, variants and exit codes stand in it. With its path as shown.
    Record { shown: Arc<str> },
}

impl Source {
    /// A file and the options that concern it.
    pub fn file(found: &Found, options: &ReadOptions, used: &Arc<Used>) -> Source {
        let stem = files::stem(&found.path);
        let naming = Naming {
            prefix: options.how.prefix.replace("{file}", &stem),
            suite: Some(stem.into_owned()),
            ..naming(options)
        };
        let kind =
            Kind::File { forced: options.how.forced_format(), exit_code: ExitCode::NotAsked };
        Source::new(found, naming, kind, used)
    }

    /// A record.
    pub fn record(
        found: &Found,
        shown: Arc<str>,
        options: &ReadOptions,
        used: &Arc<Used>,
    ) -> Source {
        Source::new(found, naming(options), Kind::Record { shown }, used)
    }

    fn new(found: &Found, naming: Naming, kind: Kind, used: &Arc<Used>) -> Source {
        Source {
            path: found.path.clone(),
            place: found.place.clone(),
            used: Arc::clone(used),
            naming,
            kind,
            numbers: Vec::new(),
            of_variants: Vec::new(),
        }
    }

    /// Takes the number of one of its files, and whether it is the first of its variant.
    pub fn note_number(&mut self, place: usize, number: u32, is_first: bool) {
        self.numbers.resize(self.numbers.len().max(place + 1), 0);
        self.numbers[place] = number;
        if is_first {
            self.of_variants.push(number);
        }
    }

    /// Takes the exit code of the file's runner, or that the table has none. Gives the name that it is
    /// looked up by. The files of a record have theirs in it.
    pub fn note_exit_code(&mut self, codes: &ExitCodes) -> Option<String> {
        let stem = files::stem(&self.path).into_owned();
        match &mut self.kind {
            Kind::File { exit_code, .. } => {
                *exit_code = codes.of(&stem);
                Some(stem)
            }
            Kind::Record { .. } => None,
        }
    }
}

fn naming(options: &ReadOptions) -> Naming {
    let repeats_are_retries = options.how.duplicates == Duplicates::Rerun;
    Naming { repeats_are_retries, ..Naming::default() }
}

/// The sources of a run.
#[derive(Debug, Clone)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Sources whose files have their numbers.
    pub fn new(sources: Vec<Source>) -> Sources {
        Sources(sources)
    }

    /// All of them, to be told of exit codes.
    pub fn all_mut(&mut self) -> impl Iterator<Item = &mut Source> {
        self.0.iter_mut()
    }
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

/// Reads everything into one comparison, and into a record where one is wanted.
pub fn read<'r>(run: &'r Run, sources: &Sources, recorder: Option<&Recorder>) -> Comparison<'r> {
    let sources = &sources.0;
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
        while let Some(source) = sources.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut folds = Recording { fold: &mut part, recorder };
            read_source(source, &mut folds, &progress, each);
        }
        part
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
pub fn repeats(comparison: &Comparison<'_>, sources: &Sources) -> Vec<Problem> {
    let Some(mut repeats) = Repeats::to_look_up(comparison) else { return Vec::new() };
    sources.0.iter().for_each(|source| source.used.again());
    read_into(sources, &mut Looked(&mut repeats));
    repeats.problems()
}

/// What each test did in the base run.
pub fn base(comparison: &Comparison<'_>, base: &Base) -> BaseRun {
    let mut before = BaseRun::default();
    let mut folds = Based { base: &mut before, comparison, files: &base.files };
    read_into(&base.sources, &mut folds);
    before
}

/// Reads everything, in order.
pub fn read_into(sources: &Sources, folds: &mut dyn Folds) {
    for source in &sources.0 {
        read_source(source, folds, &Progress::silent(), Threads::One);
    }
}

fn read_source(source: &Source, folds: &mut dyn Folds, progress: &Progress, threads: Threads) {
    match &source.kind {
        Kind::File { forced, exit_code } => {
            let number = source.numbers.first().copied().unwrap_or_default();
            let how = (*forced, *exit_code);
            let read = |batches: &mut Batches<'_>| decode(source, how, number, batches, progress);
            let mut sink = folds.file(number);
            match threads {
                Threads::One => batch::in_turn(read, &mut &mut *sink),
                Threads::Two => batch::overlapped(read, &mut &mut *sink),
            }
        }
        Kind::Record { shown } => {
            if let Err(damage) = read_record(source, folds, progress) {
                damaged(source, shown, &damage, folds);
            }
        }
    }
}

/// Reads a file into the one kind of sink that the decoders are compiled for.
fn decode(
    source: &Source,
    (forced, exit_code): (Option<Format>, ExitCode),
    number: u32,
    sink: &mut Batches<'_>,
    progress: &Progress,
) {
    let said = &mut Said::default();
    let sink = &mut Limited::new(sink, &source.used, said);
    let opened =
        source.place.open().and_then(|file| formats::unpacked(Watched::new(file, progress)));
    let mut file = match opened {
        Ok(file) => Bounded::new(file, &source.used),
        Err(error) => return unread(number, failed(error.to_string()), sink),
    };
    let mut head = Vec::with_capacity(Format::SNIFFED);
    let begun = (&mut file).take(Format::SNIFFED as u64).read_to_end(&mut head);
    if record::is_record(&head) {
        // One that could be read is no file any more when it comes to reading.
        let why = RecordReader::new(head.as_slice().chain(file)).err();
        let what = why.map_or_else(
            || "inside a packed file: unpack it first".to_owned(),
            |damage| damage.what,
        );
        return unread(number, failed(format!("a record: {what}")), sink);
    }
    if exit_code == ExitCode::Missing {
        sink.gap(of_file(number, GapKind::NoExitCode));
    }
    match forced.or_else(|| Format::sniff(&head)) {
        Some(format) => {
            let builder = RunBuilder::new(number, source.naming.clone(), sink)
                .with_exit_code(exit_code.known());
            format.read(head.as_slice().chain(file), builder);
        }
        None if let Err(error) = begun => unread(number, failed(error.to_string()), sink),
        None if head.is_empty() => unread(number, Unread::Empty, sink),
        None => {
            let looks_like = formats::hint(&head).unwrap_or_default();
            unread(number, Unread::NoFormat { tried: Format::ALL.len() as u64, looks_like }, sink);
        }
    }
}

fn failed(why: String) -> Unread {
    Unread::Failed { why }
}

/// Nothing of this file was read.
fn unread(file: u32, why: Unread, sink: &mut dyn Sink) {
    sink.problem(0, ResultsProblem::Unread { why: why.clone() }.into());
    sink.gap(of_file(file, GapKind::Unread { why }));
}

/// A gap of a file as a whole.
fn of_file(file: u32, kind: GapKind) -> Gap {
    Gap {
        kind,
        reach: Reach::Any,
        scope: Scope::Suite(SuiteId { file, suite: 0 }),
        origin: Some(Origin { file, line: 0 }),
    }
}

fn read_record(source: &Source, folds: &mut dyn Folds, progress: &Progress) -> Result<(), Damage> {
    let opened = source.place.open();
    let file = opened.map_err(|error| Damage { offset: 0, what: error.to_string() })?;
    let (mut reader, _) = RecordReader::begin(Watched::new(file, progress))?;
    let mut said = vec![Said::default(); source.numbers.len()];
    while !source.used.is_spent()
        && let Some(mut block) = reader.block()?
    {
        let allowed = source.used.allow_unpacked(reader.unpacked_bytes());
        allowed.map_err(|what| Damage { what, ..reader.malformed() })?;
        let of_file = said.get_mut(block.file() as usize);
        let said = of_file.ok_or_else(|| reader.malformed())?;
        let number = source.numbers.get(block.file() as usize).copied();
        let number = number.ok_or_else(|| reader.malformed())?;
        let whole_run = replay(&mut block, source, number, folds, said);
        for gap in whole_run.ok_or_else(|| reader.malformed())? {
            for file in &source.of_variants {
                let scope = Scope::VariantOf { file: *file };
                folds.file(*file).gap(Gap { scope, ..gap.clone() });
            }
        }
        reader.done(&block);
    }
    Ok(())
}

/// Gives a block's results to their file. What concerns all of the record's run comes back; `None` for
/// bytes that are none of ours.
fn replay(
    block: &mut Block,
    source: &Source,
    number: u32,
    folds: &mut dyn Folds,
    said: &mut Said,
) -> Option<Vec<Gap>> {
    let (mut sink, mut whole_run) = (folds.file(number), Vec::new());
    let mut sink = Limited::new(&mut *sink, &source.used, said);
    while let Some(entry) = block.next(number).ok()? {
        match entry {
            Entry::Result(mut result) => {
                if source.naming.repeats_are_retries {
                    result.attempt = Attempt::Retry;
                }
                sink.result(&result);
            }
            Entry::Gap(gap) if gap.scope == Scope::Run => whole_run.push(gap),
            Entry::Gap(gap) => sink.gap(gap),
            Entry::Problem(line, kind) => sink.problem(line, kind),
        }
    }
    Some(whole_run)
}

/// A record that could not be read to its end: nobody knows which of its tests are lacking.
fn damaged(source: &Source, shown: &str, damage: &Damage, folds: &mut dyn Folds) {
    let what = format!("from byte {} on: {}", damage.offset, damage.what);
    let kind = ResultsProblem::Unreadable { what }.into();
    folds.problem(Problem::new(shown, 0, 0, kind));
    let kind = GapKind::DamagedRecord {
        path: shown.to_string(),
        offset: damage.offset,
        what: damage.what.clone(),
    };
    for file in &source.of_variants {
        let (file, scope) = (*file, Scope::VariantOf { file: *file });
        folds.file(file).gap(Gap { kind: kind.clone(), reach: Reach::Any, scope, origin: None });
    }
}
