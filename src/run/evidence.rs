//! Earlier runs, read as evidence.
//!
//! In: reports that `--json` wrote, and records. Out: what each says of the rows, and which tests failed
//! in it. A record says nothing of rows: it is held against the documents of the day. A file that is
//! neither is an error: evidence that is not there must not look like evidence.

use super::plan::Plan;
use super::{check, earlier, read};
use crate::cli::{CheckOptions, ReadOptions};
use crate::compare::Keep;
use crate::error::Error;
use crate::files::{self, Found, Root};
use crate::known::KnownFailures;
use crate::model::Variant;
use crate::record::RecordReader;
use crate::report::{Evidence, PastCounts, PastRun};

/// Reads evidence, given as paths or patterns. The list comes back.
///
/// # Errors
/// A pattern that nothing matches, a file that cannot be read or is no evidence.
pub fn read(
    options: &CheckOptions,
    known: KnownFailures,
    root: &Root,
) -> Result<(Evidence, KnownFailures), Error> {
    let found = files::find(&options.evidence, &Variant::default(), root)?;
    let (mut known, mut runs) = (known, Vec::with_capacity(found.len()));
    for file in &found {
        let commit = file.place.open().ok().and_then(|file| RecordReader::new(file).ok());
        match commit {
            Some((_, contents)) => {
                let (mut run, list) = read_record(file, options, known)?;
                run.commit = contents.commit;
                runs.push(run);
                known = list;
            }
            None => runs.push(read_report(file)?),
        }
    }
    let commit = options.commit.clone().unwrap_or_default();
    Ok((Evidence { runs, wanted: options.runs, commit }, known))
}

fn read_report(file: &Found) -> Result<PastRun, Error> {
    let mut run = PastRun::default();
    let report = earlier::read(file, |test| {
        if test.outcome.is_some_and(|outcome| outcome.is_failing()) {
            run.failed.insert((test.name, test.variant));
        }
    })?;
    run.commit = report.commit.unwrap_or_default();
    run.complete = report.variants.iter().all(|variant| variant.complete);
    run.variants = report.variants.into_iter().map(|variant| variant.name).collect();
    for row in report.rows {
        let counts = PastCounts {
            failed: row.failed,
            passed: row.passed,
            skipped: row.skipped + row.unmeasured,
        };
        run.rows.insert((row.file, row.pattern), counts);
    }
    Ok(run)
}

fn read_record(
    file: &Found,
    options: &CheckOptions,
    known: KnownFailures,
) -> Result<(PastRun, KnownFailures), Error> {
    let found = std::slice::from_ref(file);
    let mut plan = Plan::new(known, found, &[], Keep::Noteworthy, &ReadOptions::default())?;
    plan.run.infra = check::infrastructure(options);
    let comparison = read::read(&plan.run, &plan.sources, None);
    let facts = comparison.facts(check::today(), Vec::new(), None);
    let mut run = PastRun {
        complete: facts.variants.iter().all(|variant| variant.why.is_empty()),
        variants: facts.variants.iter().map(|it| it.variant.as_str().to_owned()).collect(),
        ..PastRun::default()
    };
    for fact in &facts.rows {
        let (row, counts) = (plan.run.known.row(fact.id), fact.counts);
        let key = (row.file.to_string(), row.pattern.as_str().to_owned());
        let counts = PastCounts {
            failed: counts.failed,
            passed: counts.passed,
            skipped: counts.skipped + counts.unmeasured,
        };
        run.rows.insert(key, counts);
    }
    let failed = facts.tests.iter().filter(|test| test.outcome.is_failing());
    run.failed =
        failed.map(|test| (test.name.to_string(), test.variant.as_str().to_owned())).collect();
    Ok((run, plan.run.known))
}
