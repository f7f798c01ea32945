//! "Did you mean": the test that a row without tests may have meant.
//!
//! Only failing tests are known by name, and a test with an exact row is not suggested for another one. No suggestion
//! is better than a wrong one.

use crate::compare::{Facts, RowStatus, TestFact};
use crate::known::{KnownFailures, PatternKind, Row, RowId};
use std::collections::BTreeMap;

/// Rows that a test is looked up for.
const MAX_ROWS: usize = 200;
/// If more tests failed, most names are new, and a similar one is chance.
const MAX_TESTS: usize = 5_000;
/// Characters of a pattern.
const MAX_NAME_LEN: usize = 200;
/// Characters from the first difference to the last; names with a longer span are different names.
const MAX_SPAN: usize = 16;
/// One edit is allowed for this many characters of a name.
const CHARS_PER_EDIT: usize = 6;
const MAX_EDITS: usize = 3;

/// The test with the most similar name for exact rows that match none.
pub(super) fn suggestions(known: &KnownFailures, facts: &Facts) -> BTreeMap<RowId, String> {
    let is_exact = |id: RowId| known.row(id).pattern.kind() == PatternKind::Exact;
    let rows = facts.rows.iter().filter(|row| row.status == RowStatus::Unmatched);
    let rows: Vec<RowId> =
        rows.map(|row| row.id).filter(|id| is_exact(*id)).take(MAX_ROWS).collect();
    let has_no_exact_row = |test: &&TestFact| test.row.is_none_or(|row| !is_exact(row));
    let tests = || facts.tests.iter().filter(has_no_exact_row);
    if rows.is_empty() || tests().count() > MAX_TESTS {
        return BTreeMap::new();
    }
    let tests: Vec<(&TestFact, Vec<char>)> =
        tests().map(|test| (test, lowercase_chars(&test.name))).collect();
    let suggestion = |id: RowId| Some((id, most_similar_name(known.row(id), &tests)?.to_owned()));
    rows.into_iter().filter_map(suggestion).collect()
}

/// Of names with the same distance, the first in alphabetical order.
fn most_similar_name<'t>(row: &Row, tests: &[(&'t TestFact, Vec<char>)]) -> Option<&'t str> {
    let pattern = lowercase_chars(row.pattern.as_str());
    if pattern.len() > MAX_NAME_LEN {
        return None;
    }
    let limit = MAX_EDITS.min(pattern.len() / CHARS_PER_EDIT);
    let in_scope = tests.iter().filter(|(test, _)| row.variants.allows(&test.variant));
    let candidates = in_scope.filter_map(|(test, name)| {
        Some((edit_distance_within(&pattern, name, limit)?, &*test.name))
    });
    candidates.min().map(|(_, name)| name)
}

fn lowercase_chars(name: &str) -> Vec<char> {
    name.chars().map(|c| c.to_ascii_lowercase()).collect()
}

/// Levenshtein's distance; `None` if it is above `limit`, and for names whose digits differ, since those name
/// different tests.
fn edit_distance_within(a: &[char], b: &[char], limit: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let prefix_len = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a_rest, b_rest) = (&a[prefix_len..], &b[prefix_len..]);
    let suffix_len =
        a_rest.iter().rev().zip(b_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a_span, b_span) =
        (&a_rest[..a_rest.len() - suffix_len], &b_rest[..b_rest.len() - suffix_len]);
    if a_span.len().max(b_span.len()) > MAX_SPAN {
        return None;
    }
    let distance = strsim::generic_levenshtein(&a_span.to_vec(), &b_span.to_vec());
    let digits = |name: &[char]| -> Vec<char> {
        name.iter().copied().filter(char::is_ascii_digit).collect()
    };
    (distance <= limit && digits(a) == digits(b)).then_some(distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edits(a: &str, b: &str) -> Option<usize> {
        let (a, b) = (lowercase_chars(a), lowercase_chars(b));
        edit_distance_within(&a, &b, MAX_EDITS.min(a.len() / CHARS_PER_EDIT))
    }

    #[test]
    fn typo_is_within_the_limit_and_another_test_is_not() {
        assert_eq!(edits("smb2.rename.simpel", "smb2.rename.simple"), Some(2));
        assert_eq!(edits("smb2.Rename.simple", "smb2.rename.simple"), Some(0));
        assert_eq!(edits("smb2.dirs.fixed", "smb2.dir.fixed"), Some(1));
        assert_eq!(edits("smb2.lock.rw-shared1", "smb2.lock.rw-shared2"), None);
        assert_eq!(edits("smb2.lock.range", "smb2.lock.async"), None);
        assert_eq!(edits("a.b", "a.c"), None);
        assert_eq!(edits("", ""), Some(0));
    }
}
