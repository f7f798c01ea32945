//! Reads all sources of a run, in parallel.
//!
//! Each thread reads its files into a comparison of its own; those merge in any order with the same result. With
//! more processors than files, each file is decoded on one thread and compared on another.

use super::json_report;
use super::plan::{BasePlan, ReadPlan};
use super::progress::ReadProgress;
use super::sinks::{BaseTarget, RecordedComparison, ResultTarget};
use super::source::{Pipeline, ResultsSource};
use crate::compare::{BaseRun, Comparison, ComparisonBuilder, DuplicateNames};
use crate::error::{Error, Result};
use crate::model::Problem;
use crate::record::Recorder;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Files smaller than this in total, in bytes, are read faster than a second thread starts.
const MIN_PARALLEL_BYTES: u64 = 256 << 10;

/// Reads a run into one comparison, and into a record where one is written.
pub(crate) fn read<'p>(
    plan: &'p ReadPlan<'p>,
    recorder: Option<&Recorder>,
) -> Result<Comparison<'p>> {
    let sources = &plan.sources;
    let progress = ReadProgress::new(sources.iter().map(ResultsSource::path));
    let processors = if progress.total() < MIN_PARALLEL_BYTES {
        1
    } else {
        std::thread::available_parallelism().map_or(1, usize::from)
    };
    let worker_count = processors.min(sources.len());
    let pipeline =
        if processors < 2 * worker_count { Pipeline::Inline } else { Pipeline::Threaded };
    let next = AtomicUsize::new(0);
    let build_part = || {
        let mut part = ComparisonBuilder::new(&plan.run);
        while let Some(source) = sources.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut target =
                RecordedComparison { builder: &mut part, left_out: &plan.left_out, recorder };
            source.read(&mut target, &progress, pipeline);
        }
        part
    };
    let comparison = std::thread::scope(|scope| {
        let _progress_guard = progress.spawn_printer(scope);
        let others: Vec<_> = (1..worker_count).map(|_| scope.spawn(build_part)).collect();
        let own = build_part();
        others.into_iter().fold(own, |all, other| match other.join() {
            Ok(part) => all.merge(part),
            Err(panic) => std::panic::resume_unwind(panic),
        })
    });
    plan.usage.check_results()?;
    Ok(comparison.finish())
}

/// Finds the names that several results share by reading the files again; most runs have none.
pub(crate) fn find_duplicate_names(
    comparison: &Comparison<'_>,
    plan: &ReadPlan<'_>,
) -> Vec<Problem> {
    let Some(mut duplicates) = DuplicateNames::from_comparison(comparison) else {
        return Vec::new();
    };
    plan.usage.reset();
    read_into(&plan.sources, &mut duplicates);
    duplicates.problems()
}

pub(crate) fn read_base_run(
    comparison: &Comparison<'_>,
    plan: &ReadPlan<'_>,
    base: &BasePlan,
) -> Result<BaseRun, Error> {
    let mut base_run = BaseRun::default();
    read_into(
        &base.sources,
        &mut BaseTarget { base: &mut base_run, comparison, files: &base.files },
    );
    base.usage.check_results()?;
    for report in &base.reports {
        let variants = &plan.run.variants;
        json_report::read_base(report, comparison, variants, &mut base_run, &base.usage)?;
    }
    base_run.add_empty_variant_gaps(&base.files);
    Ok(base_run)
}

/// Reads sources in order, on this thread.
pub(crate) fn read_into(sources: &[ResultsSource], target: &mut dyn ResultTarget) {
    for source in sources {
        source.read(target, &ReadProgress::default(), Pipeline::Inline);
    }
}
