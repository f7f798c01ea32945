//! What is read: files and variants with their numbers, and where each file's results stand.
//!
//! In: the files that patterns found. Out: a [`Run`] and its [`Source`]s. A record stands for all the
//! files that it speaks of. A newcomer's trap: files are numbered by path, whatever they came in, so that
//! shards come to the same as everything at once.

use super::exit_codes::ExitCodes;
use super::limits::Usage;
use super::reader::{ResultsSource, ResultsSources};
use crate::cli::ReadOptions;
use crate::compare::{Infrastructure, ResultsFile, Retain, RunContext};
use crate::error::Error;
use crate::files::{self, MatchedFile};
use crate::known::KnownFailures;
use crate::model::{AffectedTests, Gap, GapKind, Scope, Variant};
use crate::record::{self, RecordHead, RecordManifest, RecordReader};
use crate::sanitize;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// Suites without results that are named.
const MAX_NAMED_SUITES: usize = 5;

/// What is read.
pub(crate) struct ReadPlan<'k> {
    pub run: RunContext<'k>,
    pub sources: ResultsSources,
    /// The base run's files; `None` without one.
    pub base: Option<BasePlan>,
    /// What is wrong before anything is read.
    pub gaps: Vec<Gap>,
    pub usage: Arc<Usage>,
}

/// The files of a base run.
pub(crate) struct BasePlan {
    pub files: Vec<ResultsFile>,
    pub sources: ResultsSources,
    /// Reports of earlier runs.
    pub reports: Vec<MatchedFile>,
    pub usage: Arc<Usage>,
}

/// One file of results, wherever they stand.
struct PlannedFile {
    path: Arc<str>,
    variant: Variant,
    /// Which of the sources it is of, and its place there.
    source: usize,
    index_in_source: usize,
}

impl<'k> ReadPlan<'k> {
    /// Numbers files and variants, and says how each file is read. `base` are the results of a base run,
    /// `reports` its reports with the variants that they speak of.
    ///
    /// # Errors
    /// More files than may be read; more variants than can be numbered.
    pub(crate) fn new(
        known: &'k KnownFailures,
        found: &[MatchedFile],
        base: &[MatchedFile],
        retain: Retain,
        options: &ReadOptions,
    ) -> Result<ReadPlan<'k>, Error> {
        ReadPlan::with_reports(known, found, base, (&[], &[]), retain, options)
    }

    /// The same, where some of the base run's files are reports, which speak of these variants.
    ///
    /// # Errors
    /// More files than may be read; more variants than can be numbered.
    pub(crate) fn with_reports(
        known: &'k KnownFailures,
        found: &[MatchedFile],
        base: &[MatchedFile],
        (reports, report_variants): (&[MatchedFile], &[Variant]),
        retain: Retain,
        options: &ReadOptions,
    ) -> Result<ReadPlan<'k>, Error> {
        let (usage, base_usage) =
            (Usage::new(options.input.limits), Usage::new(options.input.limits));
        let (planned, mut sources) = plan_files(found, options, &usage)?;
        let (base_planned, mut base_sources) = self::plan_files(base, options, &base_usage)?;
        let all_variants = planned.iter().chain(&base_planned).map(|file| &file.variant);
        let mut variants: Vec<Variant> = all_variants.chain(report_variants).cloned().collect();
        variants.sort_unstable();
        variants.dedup();
        if variants.len() > usize::from(u16::MAX) {
            return Err(Error::TooManyVariants { count: variants.len() });
        }
        let files = assign_ids(&planned, &variants, &mut sources);
        let base_files = assign_ids(&base_planned, &variants, &mut base_sources);
        let infra = Infrastructure::default();
        let run = RunContext { known, files, variants, retain, infra };
        let has_base = !base.is_empty() || !reports.is_empty();
        let base = has_base.then(|| BasePlan {
            files: base_files,
            sources: ResultsSources::new(base_sources),
            reports: reports.to_vec(),
            usage: base_usage,
        });
        Ok(ReadPlan { run, sources: ResultsSources::new(sources), base, gaps: Vec::new(), usage })
    }

    /// Gives each file the exit code of its runner. A suite that left none behind was never measured.
    pub(crate) fn set_exit_codes(&mut self, codes: &ExitCodes) {
        let mut stems = BTreeSet::new();
        for source in self.sources.all_mut() {
            stems.extend(source.set_exit_code(codes));
        }
        for file in &self.run.files {
            stems.insert(files::stem(Path::new(&*file.path)).into_owned());
        }
        let missing: Vec<String> = codes
            .all()
            .filter(|(name, _)| !stems.contains(*name))
            .map(|(name, code)| format!("{} ({code})", sanitize::single_line(name)))
            .collect();
        if !missing.is_empty() {
            let suites = missing.len() as u64;
            let first = missing.into_iter().take(MAX_NAMED_SUITES).collect();
            let kind = GapKind::NoResultsFiles { suites, first };
            self.gaps.push(Gap {
                kind,
                affected: AffectedTests::All,
                scope: Scope::Run,
                origin: None,
            });
        }
    }

    /// What a record of this run speaks of.
    pub(crate) fn record_manifest(&self, commit: &str) -> RecordManifest {
        let file = |file: &ResultsFile| record::RecordedFile {
            path: file.path.to_string(),
            variant: self.run.variants[usize::from(file.variant)].as_str().to_owned(),
        };
        RecordManifest {
            commit: commit.to_owned(),
            files: self.run.files.iter().map(file).collect(),
        }
    }
}

/// The files that were found, a record's own in its place. Too many are refused before they are listed: a
/// record of three kilobytes may speak of a million.
fn plan_files(
    found: &[MatchedFile],
    options: &ReadOptions,
    usage: &Arc<Usage>,
) -> Result<(Vec<PlannedFile>, Vec<ResultsSource>), Error> {
    let (mut planned, mut sources) = (Vec::new(), Vec::new());
    for (source, file) in found.iter().enumerate() {
        let path = sanitize::single_line(&file.path.to_string_lossy()).into();
        let head = record_head(file);
        let more = head.as_ref().map_or(1, RecordHead::files);
        usage.check_files((planned.len() as u64).saturating_add(more))?;
        match head.and_then(|head| head.into_manifest().ok()) {
            Some(manifest) => {
                let files =
                    manifest.files.iter().enumerate().map(|(index, recorded)| PlannedFile {
                        path: sanitize::single_line(&recorded.path).into(),
                        variant: Variant::new(&recorded.variant),
                        source,
                        index_in_source: index,
                    });
                planned.extend(files);
                sources.push(ResultsSource::from_record(file, path, options, usage));
            }
            None => {
                planned.push(PlannedFile {
                    path,
                    variant: file.variant.clone(),
                    source,
                    index_in_source: 0,
                });
                sources.push(ResultsSource::from_file(file, options, usage));
            }
        }
    }
    Ok((planned, sources))
}

/// The head of a record; `None` for any other file, and for a record that says nothing any more.
fn record_head(found: &MatchedFile) -> Option<RecordHead> {
    if !is_record(found) {
        return None;
    }
    RecordReader::begin(found.safe_path.open().ok()?).ok().map(|(_, head)| head)
}

/// Whether a file is a record, by its first bytes.
pub(crate) fn is_record(found: &MatchedFile) -> bool {
    let mut start = [0; 32];
    let read = found.safe_path.open().and_then(|mut file| file.read(&mut start));
    read.is_ok_and(|read| record::is_record(&start[..read]))
}

/// The files by path, then variant, and their numbers told to the sources.
fn assign_ids(
    planned: &[PlannedFile],
    variants: &[Variant],
    sources: &mut [ResultsSource],
) -> Vec<ResultsFile> {
    let mut order: Vec<&PlannedFile> = planned.iter().collect();
    let by_path = |file: &&PlannedFile| (Path::new(&*file.path).to_owned(), file.variant.clone());
    order.sort_by_cached_key(|file| (by_path(file), file.source, file.index_in_source));
    let (mut files, mut seen) = (Vec::with_capacity(order.len()), BTreeSet::new());
    for (id, file) in order.into_iter().enumerate() {
        let is_first = seen.insert((file.source, &file.variant));
        sources[file.source].set_file_id(file.index_in_source, id as u32, is_first);
        let variant = variants.binary_search(&file.variant).unwrap_or_default() as u16;
        files.push(ResultsFile { path: file.path.clone(), variant });
    }
    files
}
