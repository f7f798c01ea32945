//! Finds the names that several results share.
//!
//! A comparison keeps neither the names of passing tests nor the number of their results. Only if a test had
//! several, the files are read a second time into [`DuplicateNames`].

use super::Comparison;
use super::store::outcomes::VariantId;
use crate::model::{
    Attempt, Gap, Origin, Problem, ProblemKind, RepeatCause, RepeatedName, Sink, SuiteId,
    TestResult,
};
use std::collections::BTreeMap;

/// Names that are kept, the first ones in alphabetical order; the others are counted.
const MAX_KEPT: usize = 100;
/// Names that a problem lists.
const MAX_LISTED: usize = 3;

/// The names of a run that several results share.
#[derive(Debug)]
pub struct DuplicateNames<'c, 'r> {
    comparison: &'c Comparison<'r>,
    names: BTreeMap<(Box<str>, VariantId), DuplicateName>,
}

#[derive(Debug, Clone, Copy)]
struct DuplicateName {
    first: Origin,
    results: u32,
    /// That of the last result.
    suite: SuiteId,
    /// Whether the last result failed.
    failed: bool,
    cause: RepeatCause,
}

impl<'c, 'r> DuplicateNames<'c, 'r> {
    /// Starts the second reading; `None` if no test had several results.
    pub fn from_comparison(comparison: &'c Comparison<'r>) -> Option<DuplicateNames<'c, 'r>> {
        let has_duplicates = repeated_tests(comparison) > 0;
        has_duplicates.then(|| DuplicateNames { comparison, names: BTreeMap::new() })
    }

    /// The sink for the second reading of one results file.
    pub fn file_sink(&mut self, file_index: u32) -> DuplicateSink<'_, 'c, 'r> {
        let variant = self.comparison.run.variant_of(file_index);
        DuplicateSink { duplicates: self, variant }
    }

    /// A problem for each cause.
    pub fn problems(self) -> Vec<Problem> {
        let more = repeated_tests(self.comparison).saturating_sub(self.names.len() as u64);
        let mut by_cause: BTreeMap<RepeatCause, Vec<(RepeatedName, Origin)>> = BTreeMap::new();
        let run = self.comparison.run;
        for ((name, variant), duplicate) in self.names {
            let (name, variant) = (name.into_string(), run.variant(variant).as_str().to_owned());
            let repeated = RepeatedName { name, variant, results: duplicate.results };
            by_cause.entry(duplicate.cause).or_default().push((repeated, duplicate.first));
        }
        // Those that were not kept most likely have the most frequent cause.
        let most = by_cause.iter().max_by_key(|(_, names)| names.len()).map(|(cause, _)| *cause);
        let problem = |(cause, names): (RepeatCause, Vec<(RepeatedName, Origin)>)| {
            let dropped = if Some(cause) == most { more } else { 0 };
            let more = dropped + names.len().saturating_sub(MAX_LISTED) as u64;
            let first = names.first().map(|(_, first)| *first)?;
            let path = run.path(first.file).map_or("", |path| path);
            let names = names.into_iter().take(MAX_LISTED).map(|(name, _)| name).collect();
            let kind = ProblemKind::DuplicateResult { names, more, cause };
            Some(Problem::new(path, first.line, 0, kind))
        };
        by_cause.into_iter().filter_map(problem).collect()
    }
}

impl DuplicateName {
    fn new(first: &TestResult<'_>) -> DuplicateName {
        DuplicateName {
            first: first.origin,
            results: 1,
            suite: first.suite,
            failed: first.outcome.is_failing(),
            cause: RepeatCause::Names,
        }
    }

    fn add(&mut self, result: &TestResult<'_>) {
        let cause = if result.origin.file != self.first.file {
            RepeatCause::Files
        } else if result.suite != self.suite {
            RepeatCause::Suites
        } else if self.failed {
            RepeatCause::Retries
        } else {
            RepeatCause::Names
        };
        self.cause = self.cause.min(cause);
        self.first = self.first.min(result.origin);
        self.results += 1;
        self.suite = result.suite;
        self.failed = result.outcome.is_failing();
    }
}

/// The number of tests that had several results.
fn repeated_tests(comparison: &Comparison<'_>) -> u64 {
    let states = comparison.outcomes.counts_by_state();
    states.filter(|(state, _)| state.outcomes.is_repeated()).map(|(_, tests)| tests).sum()
}

/// Collects the duplicate names of one results file.
pub struct DuplicateSink<'f, 'c, 'r> {
    duplicates: &'f mut DuplicateNames<'c, 'r>,
    variant: VariantId,
}

impl Sink for DuplicateSink<'_, '_, '_> {
    fn result(&mut self, result: &TestResult<'_>) {
        let comparison = self.duplicates.comparison;
        let key = comparison.run.key(&result.name, self.variant);
        let is_repeated = || comparison.outcomes.get(key).is_some_and(|s| s.outcomes.is_repeated());
        if result.attempt == Attempt::Intermediate || !is_repeated() {
            return;
        }
        let names = &mut self.duplicates.names;
        let name = names.entry((result.name.as_ref().into(), self.variant));
        name.and_modify(|name| name.add(result)).or_insert(DuplicateName::new(result));
        // A name that was dropped sorts after all others, and is dropped again whenever it recurs.
        if names.len() > MAX_KEPT {
            names.pop_last();
        }
    }

    fn gap(&mut self, _: Gap) {}

    fn problem(&mut self, _: u32, _: ProblemKind) {}
}
