//! Rules: no two wildcards match the same tests, unless one includes the other; a row inside a wider one has other
//! cells, and claims tests of its own.
//!
//! Which of two overlapping rows claims a test depends on the length of their literal text, which is seldom what
//! their author had in mind. `*.a` overlaps nearly everything and is meant to, so only wildcards that begin with
//! literal text are reported. A row inside a wider one is not a mistake by itself, since it may give the reason why
//! this very test fails.

use super::pattern_rows::{PatternRows, RowEntry};
use crate::known::pattern::PatternKind;
use crate::known::row::Row;
use crate::model::{Problem, ProblemKind};

/// Maximum steps of the search for overlaps; with more, some are not reported.
const MAX_OVERLAP_STEPS: u64 = 1 << 28;

/// Maximum steps of the search for wider rows; with more, some rows are not reported.
const MAX_REDUNDANCY_STEPS: u64 = 1 << 30;

/// Steps charged for each pair of rows.
const COST_PER_PAIR: u64 = 16;

/// The rows with a wider row that has the same content or claims all of their tests.
pub(super) fn redundant_rows(
    active: &[RowEntry<'_>],
    pattern_rows: &PatternRows<'_>,
) -> Vec<Problem> {
    let mut steps = 0;
    let problem = |entry: &RowEntry<'_>| {
        let supersets = pattern_rows.supersets(*entry, &mut steps, MAX_REDUNDANCY_STEPS);
        Some(entry.1.problem(redundancy(*entry, &supersets, pattern_rows, &mut steps)?))
    };
    active.iter().filter_map(problem).collect()
}

fn redundancy(
    entry: RowEntry<'_>,
    supersets: &[RowEntry<'_>],
    pattern_rows: &PatternRows<'_>,
    steps: &mut u64,
) -> Option<ProblemKind> {
    let (_, row) = entry;
    let text = |row: &Row| row.pattern.as_str().to_owned();
    let mut has_same_content = |(_, wider): &&RowEntry<'_>| {
        wider.has_same_content(row) && !row.is_superset_of(wider, steps)
    };
    if let Some((_, wider)) = supersets.iter().find(&mut has_same_content) {
        let (file, line) = (wider.file.clone(), wider.line);
        return Some(ProblemKind::RedundantRow {
            pattern: text(row),
            wider: text(wider),
            file,
            line,
        });
    }
    if row.pattern.kind() == PatternKind::Exact {
        return None;
    }
    let (_, by) = supersets.iter().find(|other| pattern_rows.precedes(**other, entry))?;
    let (file, line) = (by.file.clone(), by.line);
    Some(ProblemKind::ShadowedRow { pattern: text(row), by: text(by), file, line })
}

/// Each wildcard that overlaps an earlier row.
pub(super) fn overlapping_rows(pattern_rows: &PatternRows<'_>) -> Vec<Problem> {
    let problem = |(row, other): (RowEntry<'_>, RowEntry<'_>)| {
        row.1.problem(ProblemKind::OverlappingRows {
            pattern: row.1.pattern.as_str().to_owned(),
            other: other.1.pattern.as_str().to_owned(),
            file: other.1.file.clone(),
            line: other.1.line,
            claims: pattern_rows.precedes(row, other),
        })
    };
    overlaps(&pattern_rows.rows).into_iter().map(problem).collect()
}

/// Each wildcard that overlaps an earlier row of the list, with one such row.
fn overlaps<'r>(wide: &[RowEntry<'r>]) -> Vec<(RowEntry<'r>, RowEntry<'r>)> {
    let is_wildcard = |(_, row): &&RowEntry<'r>| {
        row.pattern.kind() == PatternKind::Wildcard && !row.pattern.literal_prefix().is_empty()
    };
    let mut rows: Vec<RowEntry<'r>> = wide.iter().filter(is_wildcard).copied().collect();
    // Only rows whose prefix begins with the other's can overlap. Sorted by prefix, these form a stack.
    rows.sort_by_key(|(id, row)| (row.pattern.literal_prefix(), *id));
    let mut ancestors: Vec<RowEntry<'r>> = Vec::new();
    let mut found: Vec<(RowEntry<'r>, RowEntry<'r>)> = Vec::new();
    let mut steps = 0;
    for entry in rows {
        if steps > MAX_OVERLAP_STEPS {
            break;
        }
        let prefix = entry.1.pattern.literal_prefix();
        while ancestors
            .pop_if(|(_, top)| !prefix.starts_with(top.pattern.literal_prefix()))
            .is_some()
        {}
        let is_overlap = |(_, other): &&RowEntry<'r>| {
            steps += COST_PER_PAIR;
            steps <= MAX_OVERLAP_STEPS && is_ambiguous_overlap(entry.1, other, &mut steps)
        };
        if let Some(other) = ancestors.iter().find(is_overlap) {
            found.push(if entry.0 < other.0 { (*other, entry) } else { (entry, *other) });
        }
        ancestors.push(entry);
    }
    found
}

/// Whether some test matches two rows of which neither includes the other.
fn is_ambiguous_overlap(a: &Row, b: &Row, steps: &mut u64) -> bool {
    let (wide, narrow) = (&a.pattern, &b.pattern);
    let (end, other) = (wide.literal_suffix(), narrow.literal_suffix());
    (end.ends_with(other) || other.ends_with(end))
        && !a.has_same_content(b)
        && !wide.is_superset_of(narrow, steps)
        && !narrow.is_superset_of(wide, steps)
        && a.variants.overlaps(&b.variants, steps)
        && wide.overlaps(narrow, steps) == Some(true)
}

#[cfg(test)]
mod tests {
    use crate::known::Pattern;
    use proptest::prelude::*;

    /// Every name of up to four letters.
    fn names() -> Vec<String> {
        let mut names = vec![String::new()];
        for at in 0.. {
            if names[at].len() == 4 {
                return names;
            }
            names.extend(["a", "b"].map(|c| format!("{}{c}", names[at])));
        }
        names
    }

    proptest! {
        #[test]
        fn two_wildcards_overlap_when_a_name_matches_both(a in "[ab*?]{1,3}", b in "[ab*?]{1,2}") {
            let (a, b) = (Pattern::parse(&a).unwrap(), Pattern::parse(&b).unwrap());
            let shared = names().iter().any(|name| a.matches(name) && b.matches(name));
            prop_assert_eq!(a.overlaps(&b, &mut 0), Some(shared));
        }
    }
}
