//! Which test a row that matches none may have meant.
//!
//! In: the rows and the tests that a report knows by name. Out: for some exact rows a name that differs in
//! a few letters. A newcomer's trap: passing tests are not known by name, and a test that a row of its own
//! claims is nobody else's; where nothing is near, nothing is said.

use crate::compare::{Facts, RowStatus, TestFact};
use crate::known::{KnownFailures, PatternKind, Row, RowId};
use std::collections::BTreeMap;

/// Rows for which a name is looked for.
const MAX_ROWS: usize = 200;
/// Tests among which it is looked for; with more, most names are new, and a hint is chance.
const MAX_TESTS: usize = 5_000;
/// Characters of a name that is compared.
const MAX_NAME_LEN: usize = 200;
/// Characters from the first wrong one to the last: further apart is another name, and takes long to compare.
const MAX_SPAN: usize = 16;
/// A name has one letter in so many wrong, and a few at most.
const CHARS_PER_EDIT: usize = 6;
const MAX_EDITS: usize = 3;

/// The nearest test of each exact row that matches none.
pub(crate) fn suggestions(known: &KnownFailures, facts: &Facts) -> BTreeMap<RowId, String> {
    let is_exact = |id: RowId| known.row(id).pattern.kind() == PatternKind::Exact;
    let rows = facts.rows.iter().filter(|row| row.status == RowStatus::Unmatched);
    let rows: Vec<RowId> =
        rows.map(|row| row.id).filter(|id| is_exact(*id)).take(MAX_ROWS).collect();
    let has_no_own = |test: &&TestFact| test.row.is_none_or(|row| !is_exact(row));
    let tests = || facts.tests.iter().filter(has_no_own);
    if rows.is_empty() || tests().count() > MAX_TESTS {
        return BTreeMap::new();
    }
    let tests: Vec<(&TestFact, Vec<char>)> =
        tests().map(|test| (test, lowercase_chars(&test.name))).collect();
    let suggestion = |id: RowId| Some((id, nearest_name(known.row(id), &tests)?.to_owned()));
    rows.into_iter().filter_map(suggestion).collect()
}

/// Of names equally near, the first one.
fn nearest_name<'t>(row: &Row, tests: &[(&'t TestFact, Vec<char>)]) -> Option<&'t str> {
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

/// What a name is compared by: upper and lower case are one.
fn lowercase_chars(name: &str) -> Vec<char> {
    name.chars().map(|c| c.to_ascii_lowercase()).collect()
}

/// How many letters are wrong, too many or lacking; `None` for more than `limit`, and for names whose
/// numbers differ, since those tell tests apart.
fn edit_distance_within(a: &[char], b: &[char], limit: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let prefix_len = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a_rest, b_rest) = (&a[prefix_len..], &b[prefix_len..]);
    let suffix_len =
        a_rest.iter().rev().zip(b_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a_rest, b_rest) =
        (&a_rest[..a_rest.len() - suffix_len], &b_rest[..b_rest.len() - suffix_len]);
    if a_rest.len().max(b_rest.len()) > MAX_SPAN {
        return None;
    }
    let distance = levenshtein(a_rest, b_rest);
    let digits = |name: &[char]| -> Vec<char> {
        name.iter().copied().filter(char::is_ascii_digit).collect()
    };
    (distance <= limit && digits(a) == digits(b)).then_some(distance)
}

/// The edit distance (Levenshtein's), one row of its table at a time.
fn levenshtein(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
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

    #[test]
    fn levenshtein_is_the_minimum_number_of_edits() {
        let distance = |a: &str, b: &str| levenshtein(&lowercase_chars(a), &lowercase_chars(b));
        assert_eq!(
            (distance("kitten", "sitting"), distance("", "abc"), distance("abc", "")),
            (3, 3, 3)
        );
    }
}
