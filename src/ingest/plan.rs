//! Numbers the files and variants of a run and its base run.
//!
//! A record counts as all the files that it contains. Files are numbered by path, whichever file they are read
//! from, so that shards give the same result as one run.

use super::exit_codes::{self, ExitCodes};
use super::file_identity::{self, FileIdentity};
use super::inputs::Inputs;
use super::json_report;
use super::limits::Usage;
use super::source::{FileIds, ResultsSource};
use crate::cli::{CheckOptions, CompletenessOptions, ReadOptions};
use crate::compare::{Infrastructure, ResultsFile, Retain, RunContext};
use crate::error::{Error, Result};
use crate::files::{self, MatchedFile};
use crate::known::KnownFailures;
use crate::model::{AffectedTests, Gap, GapKind, Scope, Variant};
use crate::record::{self, RecordHead, RecordManifest, RecordReader, RecordedFile, SourceStamp};
use crate::sanitize;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// Maximum number of suites without results that a gap names.
const MAX_NAMED_SUITES: usize = 5;

/// What is read, with everything numbered.
pub(crate) struct ReadPlan<'k> {
    pub run: RunContext<'k>,
    /// What identifies each file, by its index.
    pub identities: Vec<FileIdentity>,
    /// Files whose results are not read, because they are in another run.
    pub left_out: BTreeSet<u32>,
    /// The commit of the records that are read; empty if there is not just one.
    recorded_commit: String,
    pub sources: Vec<ResultsSource>,
    /// `None` without a base run.
    pub base: Option<BasePlan>,
    /// Gaps that are known before anything is read.
    pub gaps: Vec<Gap>,
    pub usage: Arc<Usage>,
}

/// The base run's part of a plan.
pub(crate) struct BasePlan {
    pub files: Vec<ResultsFile>,
    pub sources: Vec<ResultsSource>,
    /// Reports of earlier runs.
    pub reports: Vec<MatchedFile>,
    pub usage: Arc<Usage>,
}

impl<'k> ReadPlan<'k> {
    /// Numbers files and variants, and decides how each file is read.
    ///
    /// # Errors
    /// More files than may be read; more variants than can be numbered; a report or a table of exit codes that cannot
    /// be read.
    pub(crate) fn new(inputs: &Inputs<'_>, known: &'k KnownFailures) -> Result<ReadPlan<'k>> {
        let Inputs { options: check, root, results, base, .. } = inputs;
        let CheckOptions { read: options, completeness, all_tests, .. } = check;
        let exit_codes = completeness.exit_codes.as_deref();
        let exit_codes = exit_codes.map(|path| exit_codes::read(path, root)).transpose()?;
        let (reports, base_results): (Vec<MatchedFile>, Vec<MatchedFile>) =
            base.iter().cloned().partition(json_report::is_report);
        let report_variants = json_report::variants(&reports)?;
        let usage = Usage::new(options.input.limits);
        let base_usage = Usage::new(options.input.limits);
        let found = FoundFiles::new(results, &usage)?;
        let base_found = FoundFiles::new(&base_results, &base_usage)?;
        let all_files = found.files.iter().chain(&base_found.files);
        let all_variants = all_files.map(|file| &file.variant).chain(&report_variants);
        let mut variants: Vec<Variant> = all_variants.cloned().collect();
        variants.sort_unstable();
        variants.dedup();
        if variants.len() > usize::from(u16::MAX) {
            return Err(Error::TooManyVariants { count: variants.len() });
        }
        let codes = exit_codes.as_ref();
        let recorded_commit = found.common_commit();
        let (files, identities, sources) = found.into_sources(&variants, options, codes, &usage);
        let (base_files, _, base_sources) =
            base_found.into_sources(&variants, options, None, &base_usage);
        let gaps = codes.and_then(|codes| missing_suites_gap(codes, &sources, &files));
        let retain = if *all_tests { Retain::All } else { Retain::Notable };
        let CompletenessOptions { infra, max_infra, .. } = completeness;
        let infra = Infrastructure { patterns: infra.clone(), limit: *max_infra };
        Ok(ReadPlan {
            run: RunContext { known, files, variants, retain, infra },
            identities,
            left_out: BTreeSet::new(),
            recorded_commit,
            sources,
            base: (!base.is_empty()).then_some(BasePlan {
                files: base_files,
                sources: base_sources,
                reports,
                usage: base_usage,
            }),
            gaps: gaps.into_iter().collect(),
            usage,
        })
    }

    /// The plan without the results of the files that were read before. Their gaps count all the same.
    pub(crate) fn without(self, read_before: &BTreeSet<FileIdentity>) -> ReadPlan<'k> {
        let ids = (0..).zip(&self.identities);
        let left_out = ids.filter(|(_, identity)| identity.is_among(read_before));
        ReadPlan { left_out: left_out.map(|(id, _)| id).collect(), ..self }
    }

    /// The head of a record of this run. Without a commit, it has that of the records that are read.
    pub(crate) fn record_manifest(&self, commit: Option<&str>) -> RecordManifest {
        let file = |(file, identity): (&ResultsFile, &FileIdentity)| RecordedFile {
            path: file.path.to_string(),
            variant: self.run.variants[usize::from(file.variant)].as_str().to_owned(),
            stamp: identity.stamp(),
        };
        let files = self.run.files.iter().zip(&self.identities).map(file).collect();
        RecordManifest { commit: commit.unwrap_or(&self.recorded_commit).to_owned(), files }
    }
}

/// What identifies the files of some results, those of records included.
pub(crate) fn file_identities(
    results: &[MatchedFile],
    usage: &Usage,
) -> Result<BTreeSet<FileIdentity>> {
    Ok(FoundFiles::new(results, usage)?.identities().into_iter().collect())
}

/// The gap for suites that have an exit code and no results file.
fn missing_suites_gap(
    codes: &ExitCodes,
    sources: &[ResultsSource],
    files: &[ResultsFile],
) -> Option<Gap> {
    let found = sources.iter().filter_map(ResultsSource::suite).map(Cow::Borrowed);
    let recorded = files.iter().map(|file| files::stem(Path::new(&*file.path)));
    let suites: BTreeSet<Cow<'_, str>> = found.chain(recorded).collect();
    let missing: Vec<String> = codes
        .all()
        .filter(|(name, _)| !suites.contains(*name))
        .map(|(name, code)| format!("{} ({code})", sanitize::single_line(name)))
        .collect();
    let count = missing.len() as u64;
    let first = missing.into_iter().take(MAX_NAMED_SUITES).collect();
    let kind = GapKind::NoResultsFiles { suites: count, first };
    let gap = Gap { kind, affected: AffectedTests::All, scope: Scope::Run, origin: None };
    (count > 0).then_some(gap)
}

/// The files of a run as they were found: records contain several.
struct FoundFiles<'a> {
    files: Vec<FoundFile>,
    /// What they are read from, and whether that is a record.
    sources: Vec<(&'a MatchedFile, bool)>,
    /// Of each source; empty if unknown.
    commits: BTreeSet<String>,
}

struct FoundFile {
    path: Arc<str>,
    variant: Variant,
    stamp: Option<SourceStamp>,
    /// Index into [`FoundFiles::sources`].
    source: usize,
    index_in_source: usize,
}

impl<'a> FoundFiles<'a> {
    /// Lists the files. The limit is checked first: a record of three kilobytes may declare a million files.
    fn new(found: &'a [MatchedFile], usage: &Usage) -> Result<FoundFiles<'a>> {
        let (mut files, mut sources, mut commits) = (Vec::new(), Vec::new(), BTreeSet::new());
        for (source, file) in found.iter().enumerate() {
            let head = record_head(file);
            let more = head.as_ref().map_or(1, |head| head.files);
            usage.check_files((files.len() as u64).saturating_add(more))?;
            let manifest = head.and_then(|head| head.into_manifest().ok());
            sources.push((file, manifest.is_some()));
            let mut add = |path: &str, variant, stamp, index_in_source| {
                let path = path.into();
                files.push(FoundFile { path, variant, stamp, source, index_in_source });
            };
            let commit = manifest.as_ref().map(|manifest| manifest.commit.clone());
            commits.insert(commit.unwrap_or_default());
            let Some(manifest) = manifest else {
                let stamp = file_identity::stamp(file);
                add(&sanitize::path(&file.path), file.variant.clone(), stamp, 0);
                continue;
            };
            for (index, recorded) in manifest.files.iter().enumerate() {
                let path = sanitize::single_line(&recorded.path);
                add(&path, Variant::new(&recorded.variant), recorded.stamp, index);
            }
        }
        Ok(FoundFiles { files, sources, commits })
    }

    /// The commit that all of them are records of; empty if there is none.
    fn common_commit(&self) -> String {
        let first = self.commits.first().filter(|_| self.commits.len() == 1);
        first.cloned().unwrap_or_default()
    }

    /// Numbers the files by path, then variant.
    fn into_sources(
        mut self,
        variants: &[Variant],
        options: &ReadOptions,
        exit_codes: Option<&ExitCodes>,
        usage: &Arc<Usage>,
    ) -> (Vec<ResultsFile>, Vec<FileIdentity>, Vec<ResultsSource>) {
        let mut ids = vec![FileIds::default(); self.sources.len()];
        for file in &self.files {
            ids[file.source].all.push(0);
        }
        self.files.sort_by_cached_key(|file| {
            let path = Path::new(&*file.path).to_owned();
            (path, file.variant.clone(), file.source, file.index_in_source)
        });
        let mut seen = BTreeSet::new();
        for (id, file) in (0..).zip(&self.files) {
            let ids = &mut ids[file.source];
            ids.all[file.index_in_source] = id;
            if seen.insert((file.source, &file.variant)) {
                ids.first_per_variant.push(id);
            }
        }
        let results_file = |file: &FoundFile| ResultsFile {
            path: file.path.clone(),
            variant: variants.binary_search(&file.variant).unwrap_or_default() as u16,
        };
        let files = self.files.iter().map(results_file).collect();
        let identities = self.identities();
        let source = |((found, is_record), ids): ((&MatchedFile, bool), FileIds)| {
            if is_record {
                ResultsSource::from_record(found, ids, options, usage)
            } else {
                ResultsSource::from_file(found, ids, options, exit_codes, usage)
            }
        };
        (files, identities, self.sources.into_iter().zip(ids).map(source).collect())
    }

    fn identities(&self) -> Vec<FileIdentity> {
        let current_dir = std::env::current_dir().unwrap_or_default();
        let identity = |file: &FoundFile| FileIdentity::new(&file.path, file.stamp, &current_dir);
        self.files.iter().map(identity).collect()
    }
}

/// The head of a record; `None` for any other file, and for a record whose head is damaged.
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
