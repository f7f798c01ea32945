//! Reading all results files, as many at a time as there are processors.
//!
//! In: a run's plan and its files. Out: one comparison. Each thread folds its files into a comparison of
//! its own, and those merge in any order with the same result. With more processors than files, a file is
//! decoded on one and judged on another. A file that cannot be opened or recognised is a problem and a
//! gap of its run; the others are read all the same.

use super::batch::{self, BatchingSink};
use super::exit_codes::{ExitCode, ExitCodes};
use super::limits::{FileUsage, LimitedReader, LimitedSink, Usage};
use super::plan::BasePlan;
use super::progress::{ProgressReader, ReadProgress};
use super::sinks::{BaseTarget, DuplicateLookup, RecordedComparison, ResultTarget};
use crate::cli::{Duplicates, ReadOptions};
use crate::compare::{BaseRun, Comparison, ComparisonBuilder, DuplicateNames, RunContext};
use crate::files::{self, MatchedFile};
use crate::formats::{self, Format};
use crate::model::{
    AffectedTests, Attempt, Gap, GapKind, Origin, Problem, ReadConfig, ResultsProblem, RunBuilder,
    Scope, Sink, SuiteId, Unread,
};
use crate::record::{self, RecordBlock, RecordDamage, RecordEntry, RecordReader, Recorder};
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where results stand, and how they are read.
#[derive(Debug, Clone)]
pub(crate) struct ResultsSource {
    path: PathBuf,
    safe_path: files::SafePath,
    usage: Arc<Usage>,
    config: ReadConfig,
    kind: SourceKind,
    /// The numbers of its files: of the one, or of all that a record speaks of, in the record's order.
    file_ids: Vec<u32>,
    /// One of these for each variant.
    first_file_per_variant: Vec<u32>,
}

#[derive(Debug, Clone)]
enum SourceKind {
    /// What a test runner wrote.
    File { forced: Option<Format>, exit_code: ExitCode },
    /// What an earlier call wrote: names, variants and exit codes stand in it. With its path as shown.
    Record { display_path: Arc<str> },
}

impl ResultsSource {
    /// A file and the options that concern it.
    pub(crate) fn from_file(
        found: &MatchedFile,
        options: &ReadOptions,
        usage: &Arc<Usage>,
    ) -> ResultsSource {
        let stem = files::stem(&found.path);
        let config = ReadConfig {
            prefix: options.input.prefix.replace("{file}", &stem),
            suite: Some(stem.into_owned()),
            ..read_config(options)
        };
        let kind = SourceKind::File {
            forced: options.input.forced_format(),
            exit_code: ExitCode::NoTable,
        };
        ResultsSource::new(found, config, kind, usage)
    }

    /// A record.
    pub(crate) fn from_record(
        found: &MatchedFile,
        display_path: Arc<str>,
        options: &ReadOptions,
        usage: &Arc<Usage>,
    ) -> ResultsSource {
        ResultsSource::new(found, read_config(options), SourceKind::Record { display_path }, usage)
    }

    fn new(
        found: &MatchedFile,
        config: ReadConfig,
        kind: SourceKind,
        usage: &Arc<Usage>,
    ) -> ResultsSource {
        ResultsSource {
            path: found.path.clone(),
            safe_path: found.safe_path.clone(),
            usage: Arc::clone(usage),
            config,
            kind,
            file_ids: Vec::new(),
            first_file_per_variant: Vec::new(),
        }
    }

    /// Takes the number of one of its files, and whether it is the first of its variant.
    pub(crate) fn set_file_id(&mut self, index: usize, file_id: u32, is_first: bool) {
        self.file_ids.resize(self.file_ids.len().max(index + 1), 0);
        self.file_ids[index] = file_id;
        if is_first {
            self.first_file_per_variant.push(file_id);
        }
    }

    /// Takes the exit code of the file's runner, or that the table has none. Gives the name that it is
    /// looked up by. The files of a record have theirs in it.
    pub(crate) fn set_exit_code(&mut self, codes: &ExitCodes) -> Option<String> {
        let stem = files::stem(&self.path).into_owned();
        match &mut self.kind {
            SourceKind::File { exit_code, .. } => {
                *exit_code = codes.get(&stem);
                Some(stem)
            }
            SourceKind::Record { .. } => None,
        }
    }
}

fn read_config(options: &ReadOptions) -> ReadConfig {
    let repeats_are_retries = options.input.duplicates == Duplicates::Rerun;
    ReadConfig { repeats_are_retries, ..ReadConfig::default() }
}

/// The sources of a run.
#[derive(Debug, Clone)]
pub(crate) struct ResultsSources(Vec<ResultsSource>);

impl ResultsSources {
    /// Sources whose files have their numbers.
    pub(crate) fn new(sources: Vec<ResultsSource>) -> ResultsSources {
        ResultsSources(sources)
    }

    /// All of them, to be told of exit codes.
    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut ResultsSource> {
        self.0.iter_mut()
    }
}

/// How a file is decoded and judged.
#[derive(Debug, Clone, Copy)]
enum Pipeline {
    Inline,
    /// The results go over from one to the other.
    Threaded,
}

/// Files smaller than this together, in bytes, are read before a second thread has begun.
const MIN_PARALLEL_BYTES: u64 = 256 << 10;

/// Reads everything into one comparison, and into a record where one is wanted.
pub(crate) fn read<'r>(
    run: &'r RunContext<'r>,
    sources: &ResultsSources,
    recorder: Option<&Recorder>,
) -> Comparison<'r> {
    let sources = &sources.0;
    let progress = ReadProgress::new(sources.iter().map(|source| source.path.as_path()));
    let processors = match progress.total() {
        small if small < MIN_PARALLEL_BYTES => 1,
        _ => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let worker_count = processors.min(sources.len());
    let pipeline =
        if processors < 2 * worker_count { Pipeline::Inline } else { Pipeline::Threaded };
    let next = AtomicUsize::new(0);
    let build_part = || {
        let mut part = ComparisonBuilder::new(run);
        while let Some(source) = sources.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut target = RecordedComparison { builder: &mut part, recorder };
            read_source(source, &mut target, &progress, pipeline);
        }
        part
    };
    std::thread::scope(|scope| {
        let _progress_guard = progress.spawn_printer(scope);
        let others: Vec<_> = (1..worker_count).map(|_| scope.spawn(build_part)).collect();
        let own = build_part();
        others.into_iter().fold(own, |all, other| match other.join() {
            Ok(part) => all.merge(part),
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })
    .finish()
}

/// Looks up the names that several results share, by reading the files again; most runs have none.
pub(crate) fn find_duplicate_names(
    comparison: &Comparison<'_>,
    sources: &ResultsSources,
) -> Vec<Problem> {
    let Some(mut duplicates) = DuplicateNames::from_comparison(comparison) else {
        return Vec::new();
    };
    sources.0.iter().for_each(|source| source.usage.reset());
    read_into(sources, &mut DuplicateLookup(&mut duplicates));
    duplicates.problems()
}

/// What each test did in the base run.
pub(crate) fn read_base_run(comparison: &Comparison<'_>, base: &BasePlan) -> BaseRun {
    let mut base_run = BaseRun::default();
    let mut target = BaseTarget { base: &mut base_run, comparison, files: &base.files };
    read_into(&base.sources, &mut target);
    base_run
}

/// Reads everything, in order.
pub(crate) fn read_into(sources: &ResultsSources, target: &mut dyn ResultTarget) {
    for source in &sources.0 {
        read_source(source, target, &ReadProgress::disabled(), Pipeline::Inline);
    }
}

fn read_source(
    source: &ResultsSource,
    target: &mut dyn ResultTarget,
    progress: &ReadProgress,
    pipeline: Pipeline,
) {
    match &source.kind {
        SourceKind::File { forced, exit_code } => {
            let file_id = source.file_ids.first().copied().unwrap_or_default();
            let file_options = (*forced, *exit_code);
            let read =
                |sink: &mut BatchingSink<'_>| decode(source, file_options, file_id, sink, progress);
            let mut sink = target.file_sink(file_id);
            match pipeline {
                Pipeline::Inline => batch::run_inline(read, &mut &mut *sink),
                Pipeline::Threaded => batch::run_threaded(read, &mut &mut *sink),
            }
        }
        SourceKind::Record { display_path } => {
            if let Err(damage) = read_record(source, target, progress) {
                report_damaged_record(source, display_path, &damage, target);
            }
        }
    }
}

/// Reads a file into the one kind of sink that the decoders are compiled for.
fn decode(
    source: &ResultsSource,
    (forced, exit_code): (Option<Format>, ExitCode),
    file_id: u32,
    sink: &mut BatchingSink<'_>,
    progress: &ReadProgress,
) {
    let file_usage = &mut FileUsage::default();
    let sink = &mut LimitedSink::new(sink, &source.usage, file_usage);
    let opened = source
        .safe_path
        .open()
        .and_then(|file| formats::decompress(ProgressReader::new(file, progress)));
    let mut file = match opened {
        Ok(file) => LimitedReader::new(file, &source.usage),
        Err(error) => return report_unread(file_id, failed(error.to_string()), sink),
    };
    let mut head = Vec::with_capacity(Format::SNIFF_LEN);
    let head_result = (&mut file).take(Format::SNIFF_LEN as u64).read_to_end(&mut head);
    if record::is_record(&head) {
        // One that could be read is no file any more when it comes to reading.
        let why = RecordReader::new(head.as_slice().chain(file)).err();
        let what = why.map_or_else(
            || "inside a packed file: unpack it first".to_owned(),
            |damage| damage.what,
        );
        return report_unread(file_id, failed(format!("a record: {what}")), sink);
    }
    if exit_code == ExitCode::Missing {
        sink.gap(file_gap(file_id, GapKind::NoExitCode));
    }
    match forced.or_else(|| Format::sniff(&head)) {
        Some(format) => {
            let builder = RunBuilder::new(file_id, source.config.clone(), sink)
                .with_exit_code(exit_code.known());
            format.read(head.as_slice().chain(file), builder);
        }
        None if let Err(error) = head_result => {
            report_unread(file_id, failed(error.to_string()), sink)
        }
        None if head.is_empty() => report_unread(file_id, Unread::Empty, sink),
        None => {
            let looks_like = formats::hint(&head).unwrap_or_default();
            report_unread(
                file_id,
                Unread::UnknownFormat { candidates: Format::all().count() as u64, looks_like },
                sink,
            );
        }
    }
}

fn failed(why: String) -> Unread {
    Unread::Failed { why }
}

/// Nothing of this file was read.
fn report_unread(file: u32, why: Unread, sink: &mut dyn Sink) {
    sink.problem(0, ResultsProblem::Unread { why: why.clone() }.into());
    sink.gap(file_gap(file, GapKind::Unread { why }));
}

/// A gap of a file as a whole.
fn file_gap(file: u32, kind: GapKind) -> Gap {
    Gap {
        kind,
        affected: AffectedTests::All,
        scope: Scope::Suite(SuiteId { file, suite: 0 }),
        origin: Some(Origin { file, line: 0 }),
    }
}

fn read_record(
    source: &ResultsSource,
    target: &mut dyn ResultTarget,
    progress: &ReadProgress,
) -> Result<(), RecordDamage> {
    let opened = source.safe_path.open();
    let file = opened.map_err(|error| RecordDamage { offset: 0, what: error.to_string() })?;
    let (mut reader, _) = RecordReader::begin(ProgressReader::new(file, progress))?;
    let mut file_usages = vec![FileUsage::default(); source.file_ids.len()];
    while !source.usage.is_exceeded()
        && let Some(mut block) = reader.next_block()?
    {
        let check = source.usage.check_unpacked(reader.unpacked_bytes());
        check.map_err(|what| RecordDamage { what, ..reader.malformed() })?;
        let entry = file_usages.get_mut(block.file() as usize);
        let file_usage = entry.ok_or_else(|| reader.malformed())?;
        let file_id = source.file_ids.get(block.file() as usize).copied();
        let file_id = file_id.ok_or_else(|| reader.malformed())?;
        let run_gaps = replay(&mut block, source, file_id, target, file_usage);
        for gap in run_gaps.ok_or_else(|| reader.malformed())? {
            for file in &source.first_file_per_variant {
                let scope = Scope::Variant { file: *file };
                target.file_sink(*file).gap(Gap { scope, ..gap.clone() });
            }
        }
        reader.verify_block(&block);
    }
    Ok(())
}

/// Gives a block's results to their file. What concerns all of the record's run comes back; `None` for
/// bytes that are none of ours.
fn replay(
    block: &mut RecordBlock,
    source: &ResultsSource,
    file_id: u32,
    target: &mut dyn ResultTarget,
    file_usage: &mut FileUsage,
) -> Option<Vec<Gap>> {
    let (mut sink, mut run_gaps) = (target.file_sink(file_id), Vec::new());
    let mut sink = LimitedSink::new(&mut *sink, &source.usage, file_usage);
    while let Some(entry) = block.next(file_id).ok()? {
        match entry {
            RecordEntry::Result(mut result) => {
                if source.config.repeats_are_retries {
                    result.attempt = Attempt::Intermediate;
                }
                sink.result(&result);
            }
            RecordEntry::Gap(gap) if gap.scope == Scope::Run => run_gaps.push(gap),
            RecordEntry::Gap(gap) => sink.gap(gap),
            RecordEntry::Problem(line, kind) => sink.problem(line, kind),
        }
    }
    Some(run_gaps)
}

/// A record that could not be read to its end: nobody knows which of its tests are lacking.
fn report_damaged_record(
    source: &ResultsSource,
    display_path: &str,
    damage: &RecordDamage,
    target: &mut dyn ResultTarget,
) {
    let what = format!("from byte {} on: {}", damage.offset, damage.what);
    let kind = ResultsProblem::Unreadable { what }.into();
    target.problem(Problem::new(display_path, 0, 0, kind));
    let kind = GapKind::DamagedRecord {
        path: display_path.to_string(),
        offset: damage.offset,
        what: damage.what.clone(),
    };
    for file in &source.first_file_per_variant {
        let (file, scope) = (*file, Scope::Variant { file: *file });
        target.file_sink(file).gap(Gap {
            kind: kind.clone(),
            affected: AffectedTests::All,
            scope,
            origin: None,
        });
    }
}
