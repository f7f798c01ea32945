//! The rows whose patterns begin most like a name: a row for it would stand beside them.
//!
//! In: the documents, then names. Out: rows. A newcomer's trap: for one name a look at every row is quicker than
//! sorting them; for thousands of names it takes minutes.

use crate::known::{KnownFailures, Row, RowId};
use std::cell::OnceCell;
use std::cmp::Reverse;

/// Finds rows for many names.
pub(crate) struct NearestRows<'k> {
    known: &'k KnownFailures,
    /// All rows by pattern, once a name is asked for.
    sorted: OnceCell<Vec<(&'k str, RowId)>>,
}

impl<'k> NearestRows<'k> {
    pub(crate) fn new(known: &'k KnownFailures) -> NearestRows<'k> {
        NearestRows { known, sorted: OnceCell::new() }
    }

    fn sorted(&self) -> &[(&'k str, RowId)] {
        self.sorted.get_or_init(|| {
            let rows = self.known.rows_with_ids();
            let mut sorted: Vec<_> = rows.map(|(id, row)| (row.pattern.as_str(), id)).collect();
            sorted.sort_unstable();
            sorted
        })
    }

    /// Those that share the most with a name, in the order of the documents; none where nothing is shared.
    pub(crate) fn rows(&self, name: &str) -> Vec<RowId> {
        let sorted = self.sorted();
        let index = sorted.partition_point(|(pattern, _)| *pattern < name);
        let neighbors = [index.checked_sub(1), Some(index)].into_iter().flatten();
        let patterns = neighbors.filter_map(|index| sorted.get(index));
        let shared =
            patterns.map(|(pattern, _)| common_prefix_len(pattern, name)).max().unwrap_or(0);
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

    /// The row below which a row for this name fits best: of those that begin most like it, the last one
    /// that sorts before it.
    pub(crate) fn insertion_point(&self, name: &str) -> Option<RowId> {
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

/// The rows whose patterns begin most like the name, the nearest first: their indices among the rows.
pub fn nearest_rows(known: &KnownFailures, name: &str, limit: usize) -> Vec<usize> {
    let score = |row: &Row| Reverse(common_prefix_len(row.pattern.as_str(), name));
    let scored = known.rows().iter().enumerate().map(|(index, row)| (score(row), index));
    let mut nearest: Vec<(Reverse<usize>, usize)> =
        scored.filter(|(score, _)| score.0 > 0).collect();
    if nearest.len() > limit {
        nearest.select_nth_unstable(limit);
        nearest.truncate(limit);
    }
    nearest.sort_unstable();
    // What shares much less than the nearest one is not near.
    let best = nearest.first().map_or(0, |(score, _)| score.0);
    nearest.retain(|(score, _)| score.0 * 3 >= best * 2);
    nearest.into_iter().map(|(_, index)| index).collect()
}

/// How many bytes two texts begin with together.
fn common_prefix_len(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
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
            let found = NearestRows::new(&known).rows(&name);
            let longest = known.rows().iter().map(|row| common_prefix_len(row.pattern.as_str(), &name)).max();
            let longest = longest.filter(|longest| *longest > 0);
            let expected = known.rows_with_ids().filter(|(_, row)| {
                longest.is_some_and(|longest| common_prefix_len(row.pattern.as_str(), &name) == longest)
            });
            prop_assert_eq!(&found, &expected.map(|(id, _)| id).collect::<Vec<RowId>>());
            let first = found.first().map(|id| id.0 as usize);
            prop_assert_eq!(first, nearest_rows(&known, &name, 1).first().copied());
        }
    }
}
