//! The names that several results share, found by a second reading.
//!
//! A comparison remembers only *that* a test came more than once, not its name: names of passing tests
//! are not kept. When there are such tests, the files are read again into [`Repeats`]. In: results.
//! Out: the first names in the alphabet, with where and how often they came.

use super::store::outcomes::VariantId;
use super::{Comparison, Run};
use crate::model::{Gap, Origin, Problem, ProblemKind, Sink, TestResult};
use std::collections::BTreeMap;

/// Names that are listed one by one; the others are counted.
const LISTED: usize = 100;

/// The repeated names of a run.
#[derive(Debug)]
pub struct Repeats<'c, 'r> {
    comparison: &'c Comparison<'r>,
    named: BTreeMap<(Box<str>, VariantId), Repeat>,
}

#[derive(Debug, Clone, Copy)]
struct Repeat {
    first: Origin,
    results: u32,
}

impl<'c, 'r> Repeats<'c, 'r> {
    /// Repeats to be looked up; `None` when the comparison has none.
    pub fn to_look_up(comparison: &'c Comparison<'r>) -> Option<Repeats<'c, 'r>> {
        let any = comparison.seen.tally().any(|(entry, _)| entry.outcomes.is_repeated());
        any.then(|| Repeats { comparison, named: BTreeMap::new() })
    }

    /// The sink for one results file, read again.
    pub fn file(&mut self, number: u32) -> RepeatsFold<'_, 'c, 'r> {
        let variant = self.comparison.run.variant_of(number);
        RepeatsFold { repeats: self, variant }
    }

    /// What was found, as problems.
    pub fn problems(self) -> Vec<Problem> {
        let (comparison, run) = (self.comparison, self.comparison.run);
        let repeated = comparison.seen.tally().filter(|(entry, _)| entry.outcomes.is_repeated());
        let all: u64 = repeated.map(|(_, tests)| tests).sum();
        let more = all.saturating_sub(self.named.len() as u64);
        let mut problems: Vec<Problem> =
            self.named.into_iter().map(|(key, repeat)| problem(run, key, repeat)).collect();
        if more > 0 {
            let kind = ProblemKind::MoreDuplicateResults { count: more };
            problems.extend(run.files.first().map(|file| Problem::new(&file.path, 0, 0, kind)));
        }
        problems
    }
}

fn problem(run: &Run, (name, variant): (Box<str>, VariantId), repeat: Repeat) -> Problem {
    let path = run.files.get(repeat.first.file as usize).map_or("", |file| &file.path);
    let variant = run.variants[variant.0 as usize].as_str().to_owned();
    let kind =
        ProblemKind::DuplicateResult { name: name.into_string(), variant, count: repeat.results };
    Problem::new(path, repeat.first.line, 0, kind)
}

/// Looks up the names of repeats in one file.
pub struct RepeatsFold<'f, 'c, 'r> {
    repeats: &'f mut Repeats<'c, 'r>,
    variant: VariantId,
}

impl Sink for RepeatsFold<'_, '_, '_> {
    fn result(&mut self, result: &TestResult<'_>) {
        let comparison = self.repeats.comparison;
        let key = comparison.run.key(&result.name, self.variant);
        if !comparison.seen.get(key).is_some_and(|entry| entry.outcomes.is_repeated()) {
            return;
        }
        let named = &mut self.repeats.named;
        let first = Repeat { first: result.origin, results: 0 };
        let repeat = named.entry((result.name.as_ref().into(), self.variant)).or_insert(first);
        repeat.first = repeat.first.min(result.origin);
        repeat.results += 1;
        // What falls out is behind everything that stays, and falls out again should it come again.
        if named.len() > LISTED {
            named.pop_last();
        }
    }

    fn gap(&mut self, _: Gap) {}

    fn problem(&mut self, _: u32, _: ProblemKind) {}
}
