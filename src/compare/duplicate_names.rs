//! Finds the names that several results share.
//!
//! A comparison keeps neither the names of passing tests nor the number of their results. Only if a test had
//! several, the files are read a second time into [`DuplicateNames`].

use super::Comparison;
use super::store::outcomes::VariantId;
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
        let has_duplicates = repeated_tests(comparison) > 0;
        has_duplicates.then(|| DuplicateNames { comparison, names: BTreeMap::new() })
    }

    /// The sink for the second reading of one results file.
    pub fn file_sink(&mut self, file_index: u32) -> DuplicateSink<'_, 'c, 'r> {
        let variant = self.comparison.run.variant_of(file_index);
        DuplicateSink { duplicates: self, variant }
    }

    /// A problem for each name, and one for the number of further names.
    pub fn problems(self) -> Vec<Problem> {
        let run = self.comparison.run;
        let more = repeated_tests(self.comparison).saturating_sub(self.names.len() as u64);
        let problem = |((name, variant), duplicate): ((Box<str>, VariantId), DuplicateName)| {
            let path = run.path(duplicate.first.file).map_or("", |path| path);
            let (name, variant) = (name.into_string(), run.variant(variant).as_str().to_owned());
            let kind = ProblemKind::DuplicateResult { name, variant, count: duplicate.results };
            Problem::new(path, duplicate.first.line, 0, kind)
        };
        let mut problems: Vec<Problem> = self.names.into_iter().map(problem).collect();
        if more > 0 {
            let kind = ProblemKind::MoreDuplicateResults { count: more };
            problems.extend(run.files.first().map(|file| Problem::new(&file.path, 0, 0, kind)));
        }
        problems
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
