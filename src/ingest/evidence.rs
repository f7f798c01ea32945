//! Reads earlier runs as evidence for removing rows.
//!
//! A record contains no rows: it is compared with today's list. A file that is neither a record nor a report is an
//! error, so that missing evidence does not look like none.

use super::inputs::{Inputs, today};
use super::json_report::{self, ReportCounts};
use super::limits::ensure_match_budget;
use super::plan::ReadPlan;
use super::reader;
use crate::cli::{CheckOptions, CompletenessOptions};
use crate::error::Error;
use crate::files::MatchedFile;
use crate::known::KnownFailures;
use crate::record::{RecordHead, RecordReader};
use crate::report::{Evidence, PastRun, RowCounts, RowKey};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;

/// Reads the evidence.
pub(crate) fn read(inputs: &Inputs<'_>, known: &KnownFailures) -> Result<Evidence, Error> {
    let mut runs = Vec::with_capacity(inputs.evidence.len());
    for file in &inputs.evidence {
        let record = file.safe_path.open().ok().and_then(|file| RecordReader::begin(file).ok());
        runs.push(match record {
            Some((_, head)) => read_record(file, &head, inputs, known)?,
            None => read_report(file)?,
        });
    }
    let required_runs = inputs.options.completeness.runs.map(NonZeroUsize::get);
    Ok(Evidence { runs, required_runs, commit: inputs.options.commit.clone().unwrap_or_default() })
}

fn read_report(file: &MatchedFile) -> Result<PastRun, Error> {
    let mut run = PastRun::default();
    let report = json_report::read(file, |test| {
        if test.outcome.is_some_and(|outcome| outcome.is_failing()) {
            run.failed.insert((test.name, test.variant));
        }
    })?;
    run.commit = report.commit.unwrap_or_default();
    run.variants =
        report.variants.into_iter().map(|variant| (variant.name, variant.complete)).collect();
    for row in report.rows {
        let by_variant = row.by_variant.into_iter();
        let mut counts: BTreeMap<String, RowCounts> =
            by_variant.map(|variant| (variant.name, to_row_counts(variant.counts))).collect();
        // A run of one variant has the totals alone.
        if counts.is_empty()
            && run.variants.len() == 1
            && let Some(variant) = run.variants.keys().next()
        {
            counts.insert(variant.clone(), to_row_counts(row.total));
        }
        let key = RowKey { file: row.file, pattern: row.pattern, scope: row.scope };
        run.rows.insert(key, counts);
    }
    Ok(run)
}

fn to_row_counts(counts: ReportCounts) -> RowCounts {
    let ReportCounts { failed, passed, skipped, unmeasured } = counts;
    RowCounts { failed, passed, skipped, unmeasured, unfinished: 0 }
}

fn read_record(
    file: &MatchedFile,
    head: &RecordHead,
    inputs: &Inputs<'_>,
    known: &KnownFailures,
) -> Result<PastRun, Error> {
    let CompletenessOptions { infra, max_infra, .. } = inputs.options.completeness.clone();
    let completeness = CompletenessOptions { infra, max_infra, ..Default::default() };
    let options = &CheckOptions { completeness, ..CheckOptions::default() };
    let (results, base, evidence) = (vec![file.clone()], Vec::new(), Vec::new());
    let inputs = Inputs { options, root: inputs.root, results, base, evidence };
    let plan = ReadPlan::new(&inputs, known)?;
    let facts = reader::read(&plan, None)?.into_facts(today(), Vec::new(), None);
    ensure_match_budget(known)?;
    Ok(PastRun { commit: head.commit.clone(), ..PastRun::from_facts(&facts, known) })
}
