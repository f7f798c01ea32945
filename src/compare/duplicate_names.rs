//! Finds the names that several results share.
//!
//! A comparison keeps neither the names of passing tests nor the number of their results. Only if a test had
//! several, the files are read a second time into [`DuplicateNames`].

use super::store::outcomes::VariantId;
use super::{Comparison, RunContext};
use crate::model::{Gap, Origin, Problem, ProblemKind, Sink, TestResult};
use std::collections::BTreeMap;

/// Names that are listed, the first ones in alphabetical order; the others are counted.
const MAX_LISTED: usize = 100;

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
}

impl<'c, 'r> DuplicateNames<'c, 'r> {
    /// Starts the second reading; `None` if no test had several results.
    pub fn from_comparison(comparison: &'c Comparison<'r>) -> Option<DuplicateNames<'c, 'r>> {
        let has_duplicates =
            comparison.outcomes.counts_by_state().any(|(state, _)| state.outcomes.is_repeated());
        has_duplicates.then(|| DuplicateNames { comparison, names: BTreeMap::new() })
    }

    /// The sink for the second reading of one results file.
    pub fn file_sink(&mut self, file_index: u32) -> DuplicateSink<'_, 'c, 'r> {
        let variant = self.comparison.run.variant_of(file_index);
        DuplicateSink { duplicates: self, variant }
    }

    /// A problem for each name, and one for the number of further names.
    pub fn problems(self) -> Vec<Problem> {
        let (comparison, run) = (self.comparison, self.comparison.run);
        let duplicates =
            comparison.outcomes.counts_by_state().filter(|(state, _)| state.outcomes.is_repeated());
        let total: u64 = duplicates.map(|(_, tests)| tests).sum();
        let more = total.saturating_sub(self.names.len() as u64);
        let mut problems: Vec<Problem> =
            self.names.into_iter().map(|(key, duplicate)| problem(run, key, duplicate)).collect();
        if more > 0 {
            let kind = ProblemKind::MoreDuplicateResults { count: more };
            problems.extend(run.files.first().map(|file| Problem::new(&file.path, 0, 0, kind)));
        }
        problems
    }
}

fn problem(
    run: &RunContext<'_>,
    (name, variant): (Box<str>, VariantId),
    duplicate: DuplicateName,
) -> Problem {
    let path = run.files.get(duplicate.first.file as usize).map_or("", |file| &file.path);
    let variant = run.variants[variant.0 as usize].as_str().to_owned();
    let kind = ProblemKind::DuplicateResult {
        name: name.into_string(),
        variant,
        count: duplicate.results,
    };
    Problem::new(path, duplicate.first.line, 0, kind)
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
        if !comparison.outcomes.get(key).is_some_and(|state| state.outcomes.is_repeated()) {
            return;
        }
        let names = &mut self.duplicates.names;
        let first = DuplicateName { first: result.origin, results: 0 };
        let duplicate = names.entry((result.name.as_ref().into(), self.variant)).or_insert(first);
        duplicate.first = duplicate.first.min(result.origin);
        duplicate.results += 1;
        // A name that was dropped sorts after all others, and is dropped again whenever it recurs.
        if names.len() > MAX_LISTED {
            names.pop_last();
        }
    }

    fn gap(&mut self, _: Gap) {}

    fn problem(&mut self, _: u32, _: ProblemKind) {}
}
