//! Reads earlier runs as evidence for removing rows.
//!
//! A record contains no rows: it is compared with today's list. A file that is neither a record nor a report is an
//! error, so that missing evidence does not look like none.

use super::file_identity::FileIdentity;
use super::inputs::Inputs;
use super::json_report::{self, ReportCounts, ReportTest};
use super::limits::{Usage, ensure_match_budget};
use super::plan::{self, ReadPlan};
use super::reader;
use crate::cli::{CheckOptions, CompletenessOptions};
use crate::compare::MeasuredTest;
use crate::error::Error;
use crate::files::MatchedFile;
use crate::known::KnownFailures;
use crate::model::{Attempt, HistoryOutcome, Outcome, OutcomeSet, TestName, Variant};
use crate::record::{RecordHead, RecordReader};
use crate::report::{Evidence, ListedRows, PastRun, RowCounts, RowKey, Verdict};
use crate::sanitize;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

/// Reads the evidence. A run counts once: results that are in this run, or in evidence before, are left out.
pub(crate) fn read(inputs: &Inputs<'_>, known: &KnownFailures) -> Result<Evidence, Error> {
    let CheckOptions { read, completeness, commit, .. } = inputs.options;
    let required_runs = completeness.runs.map(NonZeroUsize::get);
    let mut evidence = Evidence::new(known, required_runs, commit.as_deref());
    if inputs.evidence.is_empty() {
        return Ok(evidence);
    }
    let mut read_before = plan::file_identities(&inputs.results, &Usage::new(read.input.limits))?;
    for file in &inputs.evidence {
        let record = file.safe_path.open().ok().and_then(|file| RecordReader::begin(file).ok());
        let run = match record {
            Some((_, head)) => read_record(file, &head, inputs, known, &mut read_before)?,
            None => Some(read_report(file, known)?),
        };
        match run {
            Some(run) => evidence.add(run),
            None => evidence.left_out.push(sanitize::path(&file.path)),
        }
        if evidence.variant_count() > usize::from(u16::MAX) {
            return Err(Error::TooManyVariants { count: evidence.variant_count() });
        }
    }
    Ok(evidence)
}

fn read_report(file: &MatchedFile, known: &KnownFailures) -> Result<PastRun, Error> {
    let mut tests = ReportTests { known, variants: BTreeMap::new(), run: PastRun::default() };
    let report = json_report::read(file, |test| tests.add(&test))?;
    let complete = report.variants.iter().filter(|variant| variant.complete);
    let complete: BTreeSet<Variant> = complete.map(|variant| Variant::new(&variant.name)).collect();
    for variant in &report.variants {
        tests.variant(&variant.name);
    }
    let mut run = PastRun {
        commit: report.commit.unwrap_or_default(),
        listed_rows: ListedRows::Listed,
        ..tests.run
    };
    for (variant, is_complete) in &mut run.variants {
        *is_complete = complete.contains(variant);
    }
    run.failed.retain(|(_, variant)| complete.contains(variant));
    for row in report.rows {
        let key = RowKey { file: row.file, pattern: row.pattern, scope: row.scope };
        // A run of one variant has the totals alone.
        if row.by_variant.is_empty()
            && let [only] = report.variants.as_slice()
        {
            run.add_row(key, &Variant::new(&only.name), to_row_counts(row.total));
            continue;
        }
        for variant in row.by_variant {
            let counts = to_row_counts(variant.counts);
            run.add_row(key.clone(), &Variant::new(&variant.name), counts);
        }
    }
    add_later_rows(&mut run, known);
    Ok(run)
}

/// Adds the rows that the report does not have, for the failures that they claim today.
fn add_later_rows(run: &mut PastRun, known: &KnownFailures) {
    let listed: BTreeSet<RowKey> = run.rows.keys().cloned().collect();
    let failed = RowCounts { failed: 1, ..RowCounts::default() };
    for (name, variant) in &run.failed {
        let claim = known.claim(name, variant);
        let key = claim.map(|claim| RowKey::from_row(known.row(claim.row)));
        if let Some(key) = key.filter(|key| !listed.contains(key)) {
            let by_variant = run.rows.entry(key).or_default();
            by_variant.entry(variant.clone()).or_default().merge(failed);
        }
    }
}

/// The tests of a report, while it is read.
struct ReportTests<'k> {
    known: &'k KnownFailures,
    /// Indices into the variants of the run.
    variants: BTreeMap<String, u16>,
    /// Which of its variants are complete is known at the end.
    run: PastRun,
}

impl ReportTests<'_> {
    fn add(&mut self, test: &ReportTest) {
        let Some(outcome) = history_outcome(test) else { return };
        let (name, variant) = (TestName::escape(&test.name), self.variant(&test.variant));
        if outcome.has_failed() {
            let (variant, _) = &self.run.variants[usize::from(variant)];
            self.run.failed.push((name.as_ref().into(), variant.clone()));
        }
        let name = self.known.hash_name(&name);
        self.run.tests.push(MeasuredTest { name, variant, outcome });
    }

    /// The index of a variant, which is added if it is new.
    fn variant(&mut self, name: &str) -> u16 {
        if let Some(index) = self.variants.get(name) {
            return *index;
        }
        let index = self.run.variants.len() as u16;
        self.variants.insert(name.to_owned(), index);
        self.run.variants.push((Variant::new(name), false));
        index
    }
}

/// How a test of a report counts; `None` if it was not measured.
fn history_outcome(test: &ReportTest) -> Option<HistoryOutcome> {
    let outcome = test.outcome?;
    // Reports of earlier versions show it by the verdict alone.
    let is_flaky = test.flaky || test.verdict == Some(Verdict::Flaky);
    let attempt = if is_flaky { Attempt::Intermediate } else { Attempt::Final };
    // Where no row excuses it, the verdict shows that it was not measured.
    let mut set = if test.infrastructure || test.verdict == Some(Verdict::Unmeasured) {
        OutcomeSet::from_infrastructure_failure(outcome, attempt)
    } else {
        OutcomeSet::new(outcome, attempt)
    };
    if is_flaky {
        set.merge(OutcomeSet::new(Outcome::Passed, Attempt::Final));
    }
    set.in_history()
}

fn to_row_counts(counts: ReportCounts) -> RowCounts {
    let ReportCounts { failed, passed, skipped, unmeasured } = counts;
    RowCounts { failed, passed, skipped, unmeasured, unfinished: 0 }
}

/// Compares a record with the list; `None` if all of it was read before.
fn read_record(
    file: &MatchedFile,
    head: &RecordHead,
    inputs: &Inputs<'_>,
    known: &KnownFailures,
    read_before: &mut BTreeSet<FileIdentity>,
) -> Result<Option<PastRun>, Error> {
    let path = file.safe_path.canonical();
    let is_result = inputs.results.iter().any(|result| result.safe_path.canonical() == path);
    let CompletenessOptions { infra, max_infra, .. } = inputs.options.completeness.clone();
    let completeness = CompletenessOptions { infra, max_infra, ..Default::default() };
    let options = &CheckOptions { completeness, ..CheckOptions::default() };
    let (results, base, evidence) = (vec![file.clone()], Vec::new(), Vec::new());
    let inputs = Inputs { options, root: inputs.root, results, base, evidence };
    let plan = ReadPlan::new(&inputs, known)?.without(read_before);
    read_before.extend(plan.identities.iter().cloned());
    if is_result || plan.left_out.len() == plan.identities.len() {
        return Ok(None);
    }
    let measurements = reader::read(&plan, None)?.into_measurements();
    ensure_match_budget(known)?;
    Ok(Some(PastRun::from_measurements(&head.commit, measurements, known)))
}
