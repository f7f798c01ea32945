//! The rows whose patterns begin most like a name: a row for it would stand beside them.
//!
//! In: the documents, then names. Out: rows. A newcomer's trap: for one name a look at every row is quicker than
//! sorting them; for thousands of names it takes minutes.

use crate::known::{KnownFailures, Row, RowId};
use std::cell::OnceCell;
use std::cmp::Reverse;

/// Finds rows for many names.
pub(crate) struct Nearest<'k> {
    known: &'k KnownFailures,
    /// All rows by pattern, once a name is asked for.
    sorted: OnceCell<Vec<(&'k str, RowId)>>,
}

impl<'k> Nearest<'k> {
    pub fn new(known: &'k KnownFailures) -> Nearest<'k> {
        Nearest { known, sorted: OnceCell::new() }
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
    pub fn rows(&self, name: &str) -> Vec<RowId> {
        let sorted = self.sorted();
        let at = sorted.partition_point(|(pattern, _)| *pattern < name);
        let beside = [at.checked_sub(1), Some(at)].into_iter().flatten();
        let patterns = beside.filter_map(|at| sorted.get(at));
        let shared = patterns.map(|(pattern, _)| alike(pattern, name)).max().unwrap_or(0);
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
    pub fn above(&self, name: &str) -> Option<RowId> {
        let rows = self.rows(name);
        let row = |id: &RowId| self.known.row(*id);
        let first = row(rows.first()?);
        let is_beside = |row: &Row| row.file == first.file && row.section == first.section;
        let beside: Vec<RowId> = rows.into_iter().filter(|id| is_beside(row(id))).collect();
        let sorts_before = |id: &&RowId| row(id).pattern.as_str() < name;
        beside.iter().rev().find(sorts_before).or(beside.first()).copied()
    }
}

/// The rows whose patterns begin most like the name, the nearest first: their indices among the rows.
pub fn nearest_rows(known: &KnownFailures, name: &str, most: usize) -> Vec<usize> {
    let alike = |row: &Row| Reverse(alike(row.pattern.as_str(), name));
    let scored = known.rows().iter().enumerate().map(|(index, row)| (alike(row), index));
    let mut near: Vec<(Reverse<usize>, usize)> = scored.filter(|(score, _)| score.0 > 0).collect();
    if near.len() > most {
        near.select_nth_unstable(most);
        near.truncate(most);
    }
    near.sort_unstable();
    // What shares much less than the nearest one is not near.
    let best = near.first().map_or(0, |(score, _)| score.0);
    near.retain(|(score, _)| score.0 * 3 >= best * 2);
    near.into_iter().map(|(_, index)| index).collect()
}

/// How many bytes two texts begin with together.
fn alike(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn many_names_find_what_a_look_at_every_row_finds(
            patterns in prop::collection::vec("[ab]{1,3}[.]?[ab*é]{0,3}", 0..12),
            name in "[ab]{0,3}[.]?[abé]{0,3}",
        ) {
            let rows: String = patterns.iter().map(|pattern| format!("| {pattern} |\n")).collect();
            let text = format!("| Test |\n| --- |\n{rows}");
            let known = KnownFailures::read_bytes(vec![("K.md".into(), text.into_bytes())]);
            let found = Nearest::new(&known).rows(&name);
            let most = known.rows().iter().map(|row| alike(row.pattern.as_str(), &name)).max();
            let most = most.filter(|most| *most > 0);
            let expected = known.rows_with_ids().filter(|(_, row)| {
                most.is_some_and(|most| alike(row.pattern.as_str(), &name) == most)
            });
            prop_assert_eq!(&found, &expected.map(|(id, _)| id).collect::<Vec<RowId>>());
            let first = found.first().map(|id| id.0 as usize);
            prop_assert_eq!(first, nearest_rows(&known, &name, 1).first().copied());
        }
    }
}
