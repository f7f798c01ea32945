//! Rows that say the same again: duplicates within a document, and overlays that replace.
//!
//! In: all rows, and which of them stand in which document. Out: why some of them take no part, and a
//! problem for each duplicate. A newcomer's trap: the same pattern for other variants is another row,
//! and of two rows in one document the first stays, while of two documents the later one wins.

use super::pattern::PatternIdentity;
use super::row::NamedIdentity;
use super::{Row, RowId, Unused};
use crate::model::{Problem, ProblemKind};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

/// What makes two rows claim the same tests.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Claimed<'r> {
    pattern: PatternIdentity<'r>,
    variants: [Option<&'r NamedIdentity>; 2],
}

impl<'r> Claimed<'r> {
    /// What this row claims, however it is written.
    pub(crate) fn by(row: &'r Row) -> Claimed<'r> {
        Claimed { pattern: row.pattern.identity(), variants: row.variants.identity() }
    }
}

/// Marks the rows that take no part; `documents` holds the places of each document's rows.
pub(crate) fn settle(rows: &mut [Row], documents: &[Range<usize>]) -> Vec<Problem> {
    let mut unused = Vec::new();
    let mut problems = Vec::new();
    let mut seen: HashMap<Claimed<'_>, usize> = HashMap::with_capacity(rows.len());
    for document in documents {
        for at in document.clone() {
            match seen.entry(Claimed::by(&rows[at])) {
                Entry::Vacant(first) => {
                    first.insert(at);
                }
                Entry::Occupied(found) if document.contains(found.get()) => {
                    let before = *found.get();
                    unused.push((at, Unused::Duplicate { of: id(before) }));
                    problems.push(duplicate(&rows[before], &rows[at]));
                }
                Entry::Occupied(mut found) => {
                    let replaced = found.insert(at);
                    unused.push((replaced, Unused::Replaced { by: id(at) }));
                }
            }
        }
    }
    for (at, why) in unused {
        rows[at].unused = Some(why);
    }
    problems
}

fn id(at: usize) -> RowId {
    RowId(u32::try_from(at).unwrap_or(u32::MAX))
}

fn duplicate(first: &Row, again: &Row) -> Problem {
    let pattern = again.pattern.as_str().to_owned();
    let (first_file, first_line) = (first.file.clone(), first.line);
    let kind = if first.expected == again.expected {
        let same_reason = first.reason == again.reason;
        ProblemKind::DuplicateRow { pattern, first_file, first_line, same_reason }
    } else {
        ProblemKind::ContradictingRow { pattern, first_file, first_line }
    };
    Problem::new(&again.file, again.line, again.column, kind)
}
