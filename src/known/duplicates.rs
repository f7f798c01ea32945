//! Rows that say the same again: duplicates within a document, and overlays that replace.
//!
//! In: all rows, and which of them stand in which document. Out: why some of them take no part, and a
//! problem for each duplicate. A newcomer's trap: the same pattern for other variants is another row,
//! and of two rows in one document the first stays, while of two documents the later one wins.

use super::pattern::PatternIdentity;
use super::row::VariantPatternsKey;
use super::{Inactive, Row, RowId};
use crate::model::{Problem, ProblemKind};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

/// What makes two rows claim the same tests.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct ClaimKey<'r> {
    pattern: PatternIdentity<'r>,
    variants: [Option<&'r VariantPatternsKey>; 2],
}

impl<'r> ClaimKey<'r> {
    /// What this row claims, however it is written.
    pub(crate) fn new(row: &'r Row) -> ClaimKey<'r> {
        ClaimKey { pattern: row.pattern.identity(), variants: row.variants.identity() }
    }
}

/// Marks the rows that take no part; `documents` holds the places of each document's rows.
pub(crate) fn mark_duplicates(rows: &mut [Row], documents: &[Range<usize>]) -> Vec<Problem> {
    let mut inactive = Vec::new();
    let mut problems = Vec::new();
    let mut seen: HashMap<ClaimKey<'_>, usize> = HashMap::with_capacity(rows.len());
    for document in documents {
        for at in document.clone() {
            match seen.entry(ClaimKey::new(&rows[at])) {
                Entry::Vacant(first) => {
                    first.insert(at);
                }
                Entry::Occupied(found) if document.contains(found.get()) => {
                    let original = *found.get();
                    inactive.push((at, Inactive::Duplicate { original: row_id(original) }));
                    problems.push(duplicate_problem(&rows[original], &rows[at]));
                }
                Entry::Occupied(mut found) => {
                    let replaced = found.insert(at);
                    inactive.push((replaced, Inactive::Replaced { by: row_id(at) }));
                }
            }
        }
    }
    for (at, why) in inactive {
        rows[at].inactive = Some(why);
    }
    problems
}

fn row_id(at: usize) -> RowId {
    RowId(u32::try_from(at).unwrap_or(u32::MAX))
}

fn duplicate_problem(first: &Row, repeat: &Row) -> Problem {
    let pattern = repeat.pattern.as_str().to_owned();
    let (first_file, first_line) = (first.file.clone(), first.line);
    let kind = if first.expected == repeat.expected {
        let same_reason = first.reason == repeat.reason;
        ProblemKind::DuplicateRow { pattern, first_file, first_line, same_reason }
    } else {
        ProblemKind::ContradictingRow { pattern, first_file, first_line }
    };
    Problem::new(&repeat.file, repeat.line, repeat.column, kind)
}
