//! Rule: an issue is a reference.

use super::pattern_rows::RowEntry;
use crate::known::row::Row;
use crate::model::{Problem, ProblemKind};
use std::collections::BTreeMap;

/// The issues that are not references, in documents most of whose issues are.
pub(super) fn unrecognized_issues(rows: &[RowEntry<'_>]) -> Vec<Problem> {
    let mut by_file: BTreeMap<&str, (Vec<&Row>, usize)> = BTreeMap::new();
    for (_, row) in rows.iter().filter(|(_, row)| !row.issue.is_empty()) {
        let (unrecognized, others) = by_file.entry(&row.file).or_default();
        if is_reference(&row.issue) { *others += 1 } else { unrecognized.push(row) }
    }
    let files =
        by_file.into_values().filter(|(unrecognized, others)| unrecognized.len() <= *others);
    let kind = |row: &Row| ProblemKind::UnrecognizedIssue { text: row.issue.clone() };
    files
        .flat_map(|(unrecognized, _)| unrecognized)
        .map(|row| Problem::new(&row.file, row.line, 0, kind(row)))
        .collect()
}

/// Whether an issue contains a number, the key of a tracker or a URL.
fn is_reference(issue: &str) -> bool {
    issue.contains("://") || issue.chars().any(|c| c.is_ascii_digit())
}
