//! Marks rows that never claim a test: duplicates within a document, and rows that an overlay replaces.
//!
//! Of two rows of one document with the same pattern and variants the first counts; of two rows in different
//! documents the one in the later document. The same pattern for other variants is a row of its own.

use super::pattern::PatternIdentity;
use super::row::{Inactive, Row, RowId};
use crate::model::{Problem, ProblemKind};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

/// Equal for rows that claim the same tests.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct ClaimKey<'r> {
    pattern: PatternIdentity<'r>,
    variants: [Option<&'r str>; 2],
}

impl<'r> ClaimKey<'r> {
    pub(super) fn new(row: &'r Row) -> ClaimKey<'r> {
        ClaimKey { pattern: row.pattern.identity(), variants: row.variants.key() }
    }
}

/// Sets [`Row::inactive`] and returns a problem for each duplicate. `documents` holds the indices of each
/// document's rows.
pub(super) fn mark_duplicates(rows: &mut [Row], documents: &[Range<usize>]) -> Vec<Problem> {
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
    repeat.problem(if first.expected == repeat.expected {
        let same_reason = first.reason == repeat.reason;
        ProblemKind::DuplicateRow { pattern, first_file, first_line, same_reason }
    } else {
        ProblemKind::ContradictingRow { pattern, first_file, first_line }
    })
}
