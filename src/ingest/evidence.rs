//! Earlier runs, read as evidence.
//!
//! In: reports that `--json` wrote, and records. Out: what each says of the rows, and which tests failed
//! in it. A record says nothing of rows: it is held against the documents of the day. A file that is
//! neither is an error: evidence that is not there must not look like evidence.

use super::json_report::{self, ReportCounts};
use super::plan::ReadPlan;
use super::reader;
use crate::cli::{CheckOptions, ReadOptions};
use crate::commands::check;
use crate::compare::Retain;
use crate::error::Error;
use crate::files::{self, AccessRoot, MatchedFile};
use crate::known::KnownFailures;
use crate::model::Variant;
use crate::record::RecordReader;
use crate::report::{Evidence, PastCounts, PastRun, RowKey};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;

/// Finds the evidence, given as paths or patterns.
///
/// # Errors
/// A pattern that nothing matches, or a file that may not be read.
pub(crate) fn find(options: &CheckOptions, root: &AccessRoot) -> Result<Vec<MatchedFile>, Error> {
    let found = files::find(&options.completeness.evidence, &Variant::default(), root);
    found.map_err(|error| error.for_option("evidence"))
}

/// Reads the evidence that was found.
///
/// # Errors
/// A file that cannot be read or is no evidence.
pub(crate) fn read(
    options: &CheckOptions,
    known: &KnownFailures,
    found: &[MatchedFile],
) -> Result<Evidence, Error> {
    let mut runs = Vec::with_capacity(found.len());
    for file in found {
        let record = file.safe_path.open().ok().and_then(|file| RecordReader::begin(file).ok());
        match record {
            Some((_, head)) => {
                let mut run = read_record(file, options, known)?;
                head.commit().clone_into(&mut run.commit);
                runs.push(run);
            }
            None => runs.push(read_report(file)?),
        }
    }
    let commit = options.commit.clone().unwrap_or_default();
    let required_runs = options.completeness.runs.map(NonZeroUsize::get);
    Ok(Evidence { runs, required_runs, commit })
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
        let counts = row
            .by_variant
            .into_iter()
            .map(|variant| (variant.name, to_past_counts(variant.counts)));
        let mut variant_counts: BTreeMap<String, PastCounts> = counts.collect();
        // A run of one variant says it in the totals alone.
        if let (true, Some(variant), 1) =
            (variant_counts.is_empty(), run.variants.keys().next(), run.variants.len())
        {
            variant_counts.insert(variant.clone(), to_past_counts(row.total));
        }
        let key = RowKey { file: row.file, pattern: row.pattern, scope: row.scope };
        run.rows.insert(key, variant_counts);
    }
    Ok(run)
}

fn to_past_counts(counts: ReportCounts) -> PastCounts {
    let ReportCounts { failed, passed, skipped, unmeasured } = counts;
    PastCounts { failed, passed, skipped: skipped.saturating_add(unmeasured) }
}

fn read_record(
    file: &MatchedFile,
    options: &CheckOptions,
    known: &KnownFailures,
) -> Result<PastRun, Error> {
    let found = std::slice::from_ref(file);
    let mut plan = ReadPlan::new(known, found, &[], Retain::Notable, &ReadOptions::default())?;
    plan.run.infra = check::infrastructure(options);
    let comparison = reader::read(&plan.run, &plan.sources, None);
    plan.usage.check_results()?;
    let facts = comparison.into_facts(check::today(), Vec::new(), None);
    check::ensure_match_budget(known)?;
    Ok(PastRun::from_facts(&facts, known))
}
