//! The rows whose patterns share the longest prefix with a name: where a row for it would be added.
//!
//! [`nearest_rows`] looks at every row, which is the fastest for one name; [`NearestRows`] sorts them, for many names.

use crate::known::{Document, KnownFailures, Row, RowId};
use crate::model::common_prefix_len;
use std::cell::OnceCell;
use std::cmp::Reverse;

/// Finds the rows for many names.
pub(super) struct NearestRows<'k> {
    known: &'k KnownFailures,
    /// By pattern, the rows that a row may be added to: those of lists that can be edited, or, if there is none, those that
    /// expect a failure. Sorted at the first lookup.
    sorted: OnceCell<Vec<(&'k str, RowId)>>,
}

impl<'k> NearestRows<'k> {
    pub(super) fn new(known: &'k KnownFailures) -> NearestRows<'k> {
        NearestRows { known, sorted: OnceCell::new() }
    }

    fn sorted(&self) -> &[(&'k str, RowId)] {
        self.sorted.get_or_init(|| {
            let is_any_editable = self.known.documents().iter().any(Document::is_editable);
            let is_place = |row: &Row| {
                if is_any_editable {
                    self.known.is_editable(row)
                } else {
                    row.expected.expects_failure()
                }
            };
            let rows = self.known.rows_with_ids().filter(|(_, row)| is_place(row));
            let mut sorted: Vec<_> = rows.map(|(id, row)| (row.pattern.as_str(), id)).collect();
            sorted.sort_unstable();
            sorted
        })
    }

    /// The rows that share the longest prefix with a name, in the order of the documents; none if no row shares any.
    pub(super) fn rows(&self, name: &str) -> Vec<RowId> {
        let sorted = self.sorted();
        let index = sorted.partition_point(|(pattern, _)| *pattern < name);
        let neighbors = [index.checked_sub(1), Some(index)].into_iter().flatten();
        let patterns = neighbors.filter_map(|index| sorted.get(index));
        let shared = patterns
            .map(|(pattern, _)| common_prefix_len(pattern.as_bytes(), name.as_bytes()))
            .max()
            .unwrap_or(0);
        if shared == 0 {
            return Vec::new();
        }
        let shared = &name.as_bytes()[..shared];
        let first = sorted.partition_point(|(pattern, _)| pattern.as_bytes() < shared);
        let rest = &sorted[first..];
        let end = rest.partition_point(|(pattern, _)| pattern.as_bytes().starts_with(shared));
        let mut rows: Vec<RowId> = rest[..end].iter().map(|(_, id)| *id).collect();
        rows.sort_unstable();
        rows
    }

    /// The row after which a row for this name is added: of the nearest ones in the section of the first, the last
    /// one that sorts before the name.
    pub(super) fn insertion_point(&self, name: &str) -> Option<RowId> {
        let rows = self.rows(name);
        let row = |id: &RowId| self.known.row(*id);
        let first = row(rows.first()?);
        let is_in_same_section = |row: &Row| row.file == first.file && row.section == first.section;
        let in_section: Vec<RowId> =
            rows.into_iter().filter(|id| is_in_same_section(row(id))).collect();
        let sorts_before = |id: &&RowId| row(id).pattern.as_str() < name;
        in_section.iter().rev().find(sorts_before).or(in_section.first()).copied()
    }
}

/// The indices of at most `limit` rows that share the longest prefixes with a name, the longest first.
pub fn nearest_rows(known: &KnownFailures, name: &str, limit: usize) -> Vec<usize> {
    let score =
        |row: &Row| Reverse(common_prefix_len(row.pattern.as_str().as_bytes(), name.as_bytes()));
    let scored = known.rows().iter().enumerate().map(|(index, row)| (score(row), index));
    let mut nearest: Vec<(Reverse<usize>, usize)> =
        scored.filter(|(score, _)| score.0 > 0).collect();
    if nearest.len() > limit {
        nearest.select_nth_unstable(limit);
        nearest.truncate(limit);
    }
    nearest.sort_unstable();
    // Rows that share less than two thirds of the longest prefix are left out.
    let best = nearest.first().map_or(0, |(score, _)| score.0);
    nearest.retain(|(score, _)| score.0 * 3 >= best * 2);
    nearest.into_iter().map(|(_, index)| index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sorted_lookup_matches_a_search_of_every_row(
            patterns in prop::collection::vec("[ab]{1,3}[.]?[ab*é]{0,3}", 0..12),
            name in "[ab]{0,3}[.]?[abé]{0,3}",
        ) {
            let rows: String = patterns.iter().map(|pattern| format!("| {pattern} |\n")).collect();
            let text = format!("| Test |\n| --- |\n{rows}");
            let known = KnownFailures::read_bytes(vec![("K.md".into(), text.into_bytes())]);
            let shared = |row: &Row| common_prefix_len(row.pattern.as_str().as_bytes(), name.as_bytes());
            let found = NearestRows::new(&known).rows(&name);
            let longest = known.rows().iter().map(shared).max();
            let longest = longest.filter(|longest| *longest > 0);
            let expected = known.rows_with_ids().filter(|(_, row)| {
                longest.is_some_and(|longest| shared(row) == longest)
            });
            prop_assert_eq!(&found, &expected.map(|(id, _)| id).collect::<Vec<RowId>>());
            let first = found.first().map(|id| id.0 as usize);
            prop_assert_eq!(first, nearest_rows(&known, &name, 1).first().copied());
        }
    }
}
