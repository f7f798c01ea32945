//! Lint rules: what is odd about a list that can be read without problems.
//!
//! None of these problems changes what a row claims, so `check` does not report them.

mod cells;
mod overlaps;
mod pattern_rows;
mod prose;

use super::list::KnownFailures;
use crate::model::Problem;
use pattern_rows::{PatternRows, RowEntry};

/// What is odd about the documents, rule by rule, without what a directive suppresses.
pub fn lint(known: &KnownFailures) -> Vec<Problem> {
    let active: Vec<RowEntry<'_>> =
        known.rows_with_ids().filter(|(_, row)| row.inactive.is_none()).collect();
    let pattern_rows = PatternRows::new(known.rows(), &active);
    let mut problems = overlaps::redundant_rows(&active, &pattern_rows);
    problems.extend(cells::suspicious_patterns(known, &active));
    problems.extend(overlaps::overlapping_rows(&pattern_rows));
    problems.extend(cells::unrecognized_issues(&active));
    problems.extend(prose::total_mismatches(known));
    problems.extend(prose::stale_prose(known, &active, &pattern_rows));
    problems.retain(|problem| !known.is_suppressed(problem));
    problems
}
