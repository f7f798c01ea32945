//! What is read: files and variants with their numbers, and where each file's results stand.
//!
//! In: the files that patterns found. Out: a [`Run`] and its [`Source`]s. A record stands for all the
//! files that it speaks of. A newcomer's trap: files are numbered by path, whatever they came in, so that
//! shards come to the same as everything at once.

use super::exit_codes::ExitCodes;
use super::limits::Used;
use super::reader::{Source, Sources};
use crate::cli::ReadOptions;
use crate::compare::{Infrastructure, Keep, ResultsFile, Run};
use crate::error::Error;
use crate::files::{self, Found};
use crate::known::KnownFailures;
use crate::model::{Gap, GapKind, Reach, Scope, Variant};
use crate::record::{self, Contents, Head, RecordReader};
use crate::sanitize;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// Suites without results that are named.
const SUITES_NAMED: usize = 5;

/// What is read.
pub struct Plan {
    pub run: Run,
    pub sources: Sources,
    /// The base run's files; `None` without one.
    pub base: Option<Base>,
    /// What is wrong before anything is read.
    pub gaps: Vec<Gap>,
    pub used: Arc<Used>,
}

/// The files of a base run.
pub struct Base {
    pub files: Vec<ResultsFile>,
    pub sources: Sources,
    /// Reports of earlier runs.
    pub reports: Vec<Found>,
    pub used: Arc<Used>,
}

/// One file of results, wherever they stand.
struct Listed {
    path: Arc<str>,
    variant: Variant,
    /// Which of the sources it is of, and its place there.
    source: usize,
    place: usize,
}

impl Plan {
    /// Numbers files and variants, and says how each file is read. `base` are the results of a base run,
    /// `reports` its reports with the variants that they speak of.
    ///
    /// # Errors
    /// More files than may be read; more variants than can be numbered.
    pub fn new(
        known: KnownFailures,
        found: &[Found],
        base: &[Found],
        keep: Keep,
        options: &ReadOptions,
    ) -> Result<Plan, Error> {
        Plan::with_reports(known, found, base, (&[], &[]), keep, options)
    }

    /// The same, where some of the base run's files are reports, which speak of these variants.
    ///
    /// # Errors
    /// More files than may be read; more variants than can be numbered.
    pub fn with_reports(
        known: KnownFailures,
        found: &[Found],
        base: &[Found],
        (reports, reported): (&[Found], &[Variant]),
        keep: Keep,
        options: &ReadOptions,
    ) -> Result<Plan, Error> {
        let (used, used_by_base) = (Used::none(options.how.limits), Used::none(options.how.limits));
        let (listed, mut sources) = listed(found, options, &used)?;
        let (base_listed, mut base_sources) = self::listed(base, options, &used_by_base)?;
        let both = listed.iter().chain(&base_listed).map(|file| &file.variant);
        let mut variants: Vec<Variant> = both.chain(reported).cloned().collect();
        variants.sort_unstable();
        variants.dedup();
        if variants.len() > usize::from(u16::MAX) {
            return Err(Error::TooManyVariants { count: variants.len() });
        }
        let files = numbered(&listed, &variants, &mut sources);
        let base_files = numbered(&base_listed, &variants, &mut base_sources);
        let infra = Infrastructure::default();
        let run = Run { known, files, variants, keep, infra };
        let has_base = !base.is_empty() || !reports.is_empty();
        let base = has_base.then(|| Base {
            files: base_files,
            sources: Sources::new(base_sources),
            reports: reports.to_vec(),
            used: used_by_base,
        });
        Ok(Plan { run, sources: Sources::new(sources), base, gaps: Vec::new(), used })
    }

    /// Gives each file the exit code of its runner. A suite that left none behind was never measured.
    pub fn note_exit_codes(&mut self, codes: &ExitCodes) {
        let mut stems = BTreeSet::new();
        for source in self.sources.all_mut() {
            stems.extend(source.note_exit_code(codes));
        }
        for file in &self.run.files {
            stems.insert(files::stem(Path::new(&*file.path)).into_owned());
        }
        let lacking: Vec<String> = codes
            .all()
            .filter(|(name, _)| !stems.contains(*name))
            .map(|(name, code)| format!("{} ({code})", sanitize::line(name)))
            .collect();
        if !lacking.is_empty() {
            let suites = lacking.len() as u64;
            let first = lacking.into_iter().take(SUITES_NAMED).collect();
            let kind = GapKind::NoResultsFiles { suites, first };
            self.gaps.push(Gap { kind, reach: Reach::Any, scope: Scope::Run, origin: None });
        }
    }

    /// What a record of this run speaks of.
    pub fn contents(&self, commit: &str) -> Contents {
        let file = |file: &ResultsFile| record::RecordedFile {
            path: file.path.to_string(),
            variant: self.run.variants[usize::from(file.variant)].as_str().to_owned(),
        };
        Contents { commit: commit.to_owned(), files: self.run.files.iter().map(file).collect() }
    }
}

/// The files that were found, a record's own in its place. Too many are refused before they are listed: a
/// record of three kilobytes may speak of a million.
fn listed(
    found: &[Found],
    options: &ReadOptions,
    used: &Arc<Used>,
) -> Result<(Vec<Listed>, Vec<Source>), Error> {
    let (mut listed, mut sources) = (Vec::new(), Vec::new());
    for (source, file) in found.iter().enumerate() {
        let path = sanitize::line(&file.path.to_string_lossy()).into();
        let head = head(file);
        let more = head.as_ref().map_or(1, Head::files);
        used.allow_files((listed.len() as u64).saturating_add(more))?;
        match head.and_then(|head| head.contents().ok()) {
            Some(contents) => {
                let files = contents.files.iter().enumerate().map(|(place, of)| Listed {
                    path: sanitize::line(&of.path).into(),
                    variant: Variant::new(&of.variant),
                    source,
                    place,
                });
                listed.extend(files);
                sources.push(Source::record(file, path, options, used));
            }
            None => {
                listed.push(Listed { path, variant: file.variant.clone(), source, place: 0 });
                sources.push(Source::file(file, options, used));
            }
        }
    }
    Ok((listed, sources))
}

/// The head of a record; `None` for any other file, and for a record that says nothing any more.
fn head(found: &Found) -> Option<Head> {
    if !is_record(found) {
        return None;
    }
    RecordReader::begin(found.place.open().ok()?).ok().map(|(_, head)| head)
}

/// Whether a file is a record, by its first bytes.
pub fn is_record(found: &Found) -> bool {
    let mut start = [0; 32];
    let read = found.place.open().and_then(|mut file| file.read(&mut start));
    read.is_ok_and(|read| record::is_record(&start[..read]))
}

/// The files by path, then variant, and their numbers told to the sources.
fn numbered(listed: &[Listed], variants: &[Variant], sources: &mut [Source]) -> Vec<ResultsFile> {
    let mut order: Vec<&Listed> = listed.iter().collect();
    let by_path = |file: &&Listed| (Path::new(&*file.path).to_owned(), file.variant.clone());
    order.sort_by_cached_key(|file| (by_path(file), file.source, file.place));
    let (mut files, mut met) = (Vec::with_capacity(order.len()), BTreeSet::new());
    for (number, file) in order.into_iter().enumerate() {
        let is_first = met.insert((file.source, &file.variant));
        sources[file.source].note_number(file.place, number as u32, is_first);
        let variant = variants.binary_search(&file.variant).unwrap_or_default() as u16;
        files.push(ResultsFile { path: file.path.clone(), variant });
    }
    files
}
