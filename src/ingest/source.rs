//! A file or record of results, and how it is read.
//!
//! What cannot be opened or has no known format is a problem and a gap of the run, not an error.

use super::batch::{self, BatchingSink};
use super::exit_code_zero::ExitCodeZeroSink;
use super::exit_codes::{ExitCode, ExitCodes};
use super::limits::{FileUsage, LimitedReader, LimitedSink, Usage};
use super::progress::{ProgressReader, ReadProgress};
use super::sinks::ResultTarget;
use crate::cli::{Duplicates, ReadOptions};
use crate::files::{self, MatchedFile, SafePath};
use crate::formats::{self, Format};
use crate::model::{
    AffectedTests, Gap, GapKind, Origin, Problem, ReadConfig, ResultsProblem, Retries, RunBuilder,
    Scope, Sink, SuiteId, Unread,
};
use crate::record::{self, RecordBlock, RecordDamage, RecordEntry, RecordReader};
use crate::sanitize;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file of a test runner, or a record of an earlier run.
#[derive(Debug)]
pub(crate) struct ResultsSource {
    path: PathBuf,
    safe_path: SafePath,
    ids: FileIds,
    config: ReadConfig,
    duplicates: Duplicates,
    kind: SourceKind,
    usage: Arc<Usage>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct FileIds {
    /// That of the one file, or those of a record's files in their order.
    pub all: Vec<u32>,
    /// The first file of each variant.
    pub first_per_variant: Vec<u32>,
}

#[derive(Debug)]
enum SourceKind {
    /// Written by a test runner.
    File { format: Option<Format>, exit_code: ExitCode },
    /// Written by `--record`: it contains names, variants and gaps.
    Record,
}

/// What is kept of a file of a record from block to block.
#[derive(Default)]
struct RecordedFileState {
    usage: FileUsage,
    retries: Retries,
}

/// How a file is decoded and compared.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pipeline {
    /// On one thread.
    Inline,
    /// Decoded on a thread of its own.
    Threaded,
}

impl ResultsSource {
    /// A file of a test runner.
    pub(crate) fn from_file(
        found: &MatchedFile,
        ids: FileIds,
        options: &ReadOptions,
        exit_codes: Option<&ExitCodes>,
        usage: &Arc<Usage>,
    ) -> ResultsSource {
        let stem = files::stem(&found.path);
        let kind = SourceKind::File {
            format: options.input.forced_format(),
            exit_code: exit_codes.map_or(ExitCode::NoTable, |codes| codes.get(&stem)),
        };
        let source = ResultsSource::from_record(found, ids, options, usage);
        let prefix = options.input.prefix.replace("{file}", &stem);
        let config = ReadConfig { prefix, suite: Some(stem.into_owned()) };
        ResultsSource { config, kind, ..source }
    }

    pub(crate) fn from_record(
        found: &MatchedFile,
        ids: FileIds,
        options: &ReadOptions,
        usage: &Arc<Usage>,
    ) -> ResultsSource {
        let MatchedFile { path, safe_path, .. } = found.clone();
        let (config, duplicates) = (ReadConfig::default(), options.input.duplicates);
        let (kind, usage) = (SourceKind::Record, Arc::clone(usage));
        ResultsSource { path, safe_path, ids, config, duplicates, kind, usage }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The name of the format that it is read as.
    pub(crate) fn format_name(&self) -> &'static str {
        let SourceKind::File { format, .. } = self.kind else { return "record" };
        let sniff = || {
            let file = self.safe_path.open().and_then(formats::decompress).ok()?;
            let mut head = Vec::with_capacity(Format::SNIFF_LEN);
            // The head of a damaged file may still show its format.
            let _ = file.take(Format::SNIFF_LEN as u64).read_to_end(&mut head);
            Format::sniff(&head)
        };
        format.or_else(sniff).map_or("unknown", Format::name)
    }

    /// The name of a file's suite in the table of exit codes; `None` for a record.
    pub(crate) fn suite(&self) -> Option<&str> {
        self.config.suite.as_deref()
    }

    pub(crate) fn read(
        &self,
        target: &mut dyn ResultTarget,
        progress: &ReadProgress,
        pipeline: Pipeline,
    ) {
        match self.kind {
            SourceKind::File { format, exit_code } => {
                let decode = |sink: &mut BatchingSink<'_>| {
                    self.decode(format, exit_code, sink, progress);
                };
                let mut sink = target.file_sink(self.file_id());
                match pipeline {
                    Pipeline::Inline => batch::run_inline(decode, &mut &mut *sink),
                    Pipeline::Threaded => batch::run_threaded(decode, &mut &mut *sink),
                }
            }
            SourceKind::Record => {
                if let Err(damage) = self.read_record(target, progress) {
                    self.report_damaged_record(damage, target);
                }
            }
        }
    }

    /// Decodes a file of a test runner.
    fn decode(
        &self,
        format: Option<Format>,
        exit_code: ExitCode,
        sink: &mut BatchingSink<'_>,
        progress: &ReadProgress,
    ) {
        let file_usage = &mut FileUsage::default();
        let sink = &mut LimitedSink::new(sink, &self.usage, file_usage);
        if exit_code.known() == Some(0) {
            let mut sink = ExitCodeZeroSink::new(sink);
            self.decode_attempts(format, exit_code, &mut sink, progress);
            sink.finish();
        } else {
            self.decode_attempts(format, exit_code, sink, progress);
        }
    }

    /// Decodes a file, with results that share a name as attempts if the user declared that.
    fn decode_attempts(
        &self,
        format: Option<Format>,
        exit_code: ExitCode,
        sink: &mut dyn Sink,
        progress: &ReadProgress,
    ) {
        match self.duplicates {
            Duplicates::Worst => self.decode_into(format, exit_code, sink, progress),
            Duplicates::Rerun => {
                let mut retries = Retries::default();
                self.decode_into(format, exit_code, &mut retries.sink(sink), progress);
                retries.finish(sink);
            }
        }
    }

    fn decode_into(
        &self,
        format: Option<Format>,
        exit_code: ExitCode,
        sink: &mut dyn Sink,
        progress: &ReadProgress,
    ) {
        let ResultsSource { safe_path, usage, config, .. } = self;
        let opened = safe_path
            .open()
            .and_then(|file| formats::decompress(ProgressReader::new(file, progress)));
        let mut file = match opened {
            Ok(file) => LimitedReader::new(file, usage),
            Err(error) => return self.emit_unread(failed(error), sink),
        };
        let mut head = Vec::with_capacity(Format::SNIFF_LEN);
        let head_result = (&mut file).take(Format::SNIFF_LEN as u64).read_to_end(&mut head);
        if record::is_record(&head) {
            // A readable record has become a source of its own kind.
            let what = match RecordReader::new(head.as_slice().chain(file)) {
                Ok(_) => "inside a packed file: unpack it first".to_owned(),
                Err(damage) => damage.what,
            };
            return self.emit_unread(failed(format!("a record: {what}")), sink);
        }
        if exit_code == ExitCode::Missing {
            sink.gap(self.gap(GapKind::NoExitCode));
        }
        let unread = match format.or_else(|| Format::sniff(&head)) {
            Some(format) => {
                let reopen = || safe_path.open().and_then(formats::decompress);
                let input = head.as_slice().chain(file);
                return format.read_unmixed(input, reopen, sink, self.file_id(), |sink| {
                    RunBuilder::new(self.file_id(), config.clone(), sink)
                        .with_exit_code(exit_code.known())
                });
            }
            None if let Err(error) = head_result => failed(error),
            None if head.is_empty() => Unread::Empty,
            None => Unread::UnknownFormat {
                candidates: Format::all().filter(|format| format.is_detected()).count() as u64,
                looks_like: formats::hint(&head).unwrap_or_default(),
            },
        };
        self.emit_unread(unread, sink);
    }

    /// Emits that nothing of the file was read.
    fn emit_unread(&self, why: Unread, sink: &mut dyn Sink) {
        sink.problem(0, ResultsProblem::Unread { why: why.clone() }.into());
        sink.gap(self.gap(GapKind::Unread { why }));
    }

    /// A gap of the whole file.
    fn gap(&self, kind: GapKind) -> Gap {
        Gap {
            kind,
            affected: AffectedTests::All,
            scope: Scope::Suite(SuiteId { file: self.file_id(), suite: 0 }),
            origin: Some(Origin { file: self.file_id(), line: 0 }),
        }
    }

    /// The number of a file of a test runner.
    fn file_id(&self) -> u32 {
        self.ids.all.first().copied().unwrap_or_default()
    }

    fn read_record(
        &self,
        target: &mut dyn ResultTarget,
        progress: &ReadProgress,
    ) -> Result<(), RecordDamage> {
        let opened = self.safe_path.open();
        let file = opened.map_err(|error| RecordDamage { offset: 0, what: error.to_string() })?;
        let (mut reader, _) = RecordReader::begin(ProgressReader::new(file, progress))?;
        let mut states = Vec::new();
        states.resize_with(self.ids.all.len(), RecordedFileState::default);
        let read = self.read_blocks(&mut reader, &mut states, target);
        if self.duplicates == Duplicates::Rerun {
            for (id, RecordedFileState { mut usage, retries }) in self.ids.all.iter().zip(states) {
                let mut sink = target.file_sink(*id);
                retries.finish(&mut LimitedSink::new(&mut *sink, &self.usage, &mut usage));
            }
        }
        read
    }

    fn read_blocks(
        &self,
        reader: &mut RecordReader<impl Read>,
        states: &mut [RecordedFileState],
        target: &mut dyn ResultTarget,
    ) -> Result<(), RecordDamage> {
        while !self.usage.is_exceeded()
            && let Some(mut block) = reader.next_block()?
        {
            let check = self.usage.check_unpacked(reader.unpacked_bytes());
            check.map_err(|what| RecordDamage { what, ..reader.malformed() })?;
            let index = block.file() as usize;
            let (Some(id), Some(state)) = (self.ids.all.get(index), states.get_mut(index)) else {
                return Err(reader.malformed());
            };
            let run_gaps = self.replay(&mut block, *id, target, state);
            for gap in run_gaps.ok_or_else(|| reader.malformed())? {
                for &file in &self.ids.first_per_variant {
                    let gap = Gap { scope: Scope::Variant { file }, ..gap.clone() };
                    target.file_sink(file).gap(gap);
                }
            }
            reader.verify_block(&block);
        }
        Ok(())
    }

    /// Passes a block's entries to its file. Returns the gaps of the whole recorded run; `None` for malformed bytes.
    fn replay(
        &self,
        block: &mut RecordBlock,
        file_id: u32,
        target: &mut dyn ResultTarget,
        state: &mut RecordedFileState,
    ) -> Option<Vec<Gap>> {
        let (mut sink, mut run_gaps) = (target.file_sink(file_id), Vec::new());
        let sink: &mut dyn Sink = &mut LimitedSink::new(&mut *sink, &self.usage, &mut state.usage);
        let sink: &mut dyn Sink = match self.duplicates {
            Duplicates::Worst => sink,
            Duplicates::Rerun => &mut state.retries.sink(sink),
        };
        while let Some(entry) = block.next(file_id).ok()? {
            match entry {
                RecordEntry::Result(result) => sink.result(&result),
                RecordEntry::Gap(gap) if gap.scope == Scope::Run => run_gaps.push(gap),
                RecordEntry::Gap(gap) => sink.gap(gap),
                RecordEntry::Problem(line, kind) => sink.problem(line, kind),
            }
        }
        Some(run_gaps)
    }

    /// Emits a problem and a gap in each variant: which tests are missing is unknown.
    fn report_damaged_record(&self, damage: RecordDamage, target: &mut dyn ResultTarget) {
        let RecordDamage { offset, what } = damage;
        let path = sanitize::path(&self.path);
        let problem = ResultsProblem::Unreadable { what: format!("from byte {offset} on: {what}") };
        target.problem(Problem::new(&path, 0, 0, problem.into()));
        let kind = GapKind::DamagedRecord { path, offset, what };
        for &file in &self.ids.first_per_variant {
            let (kind, scope) = (kind.clone(), Scope::Variant { file });
            let gap = Gap { kind, affected: AffectedTests::All, scope, origin: None };
            target.file_sink(file).gap(gap);
        }
    }
}

fn failed(why: impl ToString) -> Unread {
    Unread::Failed { why: why.to_string() }
}
