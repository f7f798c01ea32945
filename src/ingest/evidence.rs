//! Earlier runs, read as evidence.
//!
//! In: reports that `--json` wrote, and records. Out: what each says of the rows, and which tests failed
//! in it. A record says nothing of rows: it is held against the documents of the day. A file that is
//! neither is an error: evidence that is not there must not look like evidence.

use super::json_report::{self, EarlierCounts};
use super::plan::Plan;
use super::reader;
use crate::cli::{CheckOptions, ReadOptions};
use crate::commands::check;
use crate::compare::Keep;
use crate::error::Error;
use crate::files::{self, Found, Root};
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
pub fn find(options: &CheckOptions, root: &Root) -> Result<Vec<Found>, Error> {
    let found = files::find(&options.measured.evidence, &Variant::default(), root);
    found.map_err(|error| error.of_option("evidence"))
}

/// Reads the evidence that was found. The list comes back.
///
/// # Errors
/// A file that cannot be read or is no evidence.
pub fn read(
    options: &CheckOptions,
    known: KnownFailures,
    found: &[Found],
) -> Result<(Evidence, KnownFailures), Error> {
    let (mut known, mut runs) = (known, Vec::with_capacity(found.len()));
    for file in found {
        let record = file.place.open().ok().and_then(|file| RecordReader::begin(file).ok());
        match record {
            Some((_, head)) => {
                let (mut run, list) = read_record(file, options, known)?;
                head.commit().clone_into(&mut run.commit);
                runs.push(run);
                known = list;
            }
            None => runs.push(read_report(file)?),
        }
    }
    let commit = options.commit.clone().unwrap_or_default();
    Ok((Evidence { runs, wanted: options.measured.runs.map(NonZeroUsize::get), commit }, known))
}

fn read_report(file: &Found) -> Result<PastRun, Error> {
    let mut run = PastRun::default();
    let report = json_report::read(file, |test| {
        if test.outcome.is_some_and(|outcome| outcome.is_failing()) {
            run.failed.insert((test.name, test.variant));
        }
    })?;
    run.commit = report.commit.unwrap_or_default();
    run.variants = report.variants.into_iter().map(|it| (it.name, it.complete)).collect();
    for row in report.rows {
        let counts = row.by_variant.into_iter().map(|it| (it.name, past(it.counts)));
        let mut told: BTreeMap<String, PastCounts> = counts.collect();
        // A run of one variant says it in the totals alone.
        if let (true, Some(variant), 1) =
            (told.is_empty(), run.variants.keys().next(), run.variants.len())
        {
            told.insert(variant.clone(), past(row.total));
        }
        let key = RowKey { file: row.file, pattern: row.pattern, scope: row.scope };
        run.rows.insert(key, told);
    }
    Ok(run)
}

fn past(counts: EarlierCounts) -> PastCounts {
    let EarlierCounts { failed, passed, skipped, unmeasured } = counts;
    PastCounts { failed, passed, skipped: skipped.saturating_add(unmeasured) }
}

fn read_record(
    file: &Found,
    options: &CheckOptions,
    known: KnownFailures,
) -> Result<(PastRun, KnownFailures), Error> {
    let found = std::slice::from_ref(file);
    let mut plan = Plan::new(known, found, &[], Keep::Noteworthy, &ReadOptions::default())?;
    plan.run.infra = check::infrastructure(options);
    let comparison = reader::read(&plan.run, &plan.sources, None);
    plan.used.check()?;
    let facts = comparison.facts(check::today(), Vec::new(), None);
    check::are_affordable(&plan.run.known)?;
    let run = PastRun::of(&facts, &plan.run.known);
    Ok((run, plan.run.known))
}
