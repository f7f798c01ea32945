//! Rule: a row inside a wider one has other cells, and claims tests of its own.
//!
//! A row inside a wider one is not a mistake by itself, since it may give the reason why this very test fails.

use super::pattern_rows::{PatternRows, RowEntry};
use crate::known::pattern::PatternKind;
use crate::model::{Problem, ProblemKind};

/// Maximum steps of the search for wider rows; with more, some rows are not reported.
const MAX_STEPS: u64 = 1 << 30;

/// The rows with a wider row that has the same content or claims all of their tests.
pub(super) fn redundant_rows(
    active: &[RowEntry<'_>],
    pattern_rows: &PatternRows<'_>,
) -> Vec<Problem> {
    let mut steps = 0;
    let mut problems = Vec::new();
    for entry in active {
        if steps > MAX_STEPS {
            break;
        }
        let kind = redundancy(*entry, pattern_rows, &mut steps);
        problems.extend(kind.map(|kind| entry.1.problem(kind)));
    }
    problems
}

fn redundancy(
    entry: RowEntry<'_>,
    pattern_rows: &PatternRows<'_>,
    steps: &mut u64,
) -> Option<ProblemKind> {
    let (_, row) = entry;
    let supersets = pattern_rows.supersets(entry, steps, MAX_STEPS);
    let pattern = || row.pattern.as_str().to_owned();
    let has_same_content =
        |(_, wider): &&RowEntry<'_>| wider.has_same_content(row) && !row.is_superset_of(wider);
    if let Some((_, wider)) = supersets.iter().find(has_same_content) {
        let (file, line) = (wider.file.clone(), wider.line);
        let wider = wider.pattern.as_str().to_owned();
        return Some(ProblemKind::RedundantRow { pattern: pattern(), wider, file, line });
    }
    if row.pattern.kind() == PatternKind::Exact {
        return None;
    }
    let (_, by) = supersets.iter().find(|other| pattern_rows.precedes(**other, entry))?;
    let (by, file, line) = (by.pattern.as_str().to_owned(), by.file.clone(), by.line);
    Some(ProblemKind::ShadowedRow { pattern: pattern(), by, file, line })
}
