//! The rows that can claim more than one name, indexed.

use crate::known::index::literals::LiteralIndex;
use crate::known::index::precedence;
use crate::known::pattern::PatternKind;
use crate::known::row::{Row, RowId};

/// A row with its id.
pub(super) type RowEntry<'k> = (RowId, &'k Row);

/// The active rows with a wildcard or a regular expression, in the order of the list.
pub(super) struct PatternRows<'k> {
    all_rows: &'k [Row],
    pub rows: Vec<RowEntry<'k>>,
    literal_index: LiteralIndex,
}

impl<'k> PatternRows<'k> {
    pub(super) fn new(all_rows: &'k [Row], active: &[RowEntry<'k>]) -> PatternRows<'k> {
        let is_exact = |row: &Row| row.pattern.kind() == PatternKind::Exact;
        let rows: Vec<_> = active.iter().copied().filter(|(_, row)| !is_exact(row)).collect();
        let literal_index = LiteralIndex::new(rows.iter().map(|(_, row)| row.broadest_pattern()));
        PatternRows { all_rows, rows, literal_index }
    }

    /// Whether the first of two rows claims the names that both match.
    pub(super) fn precedes(&self, (a, _): RowEntry<'_>, (b, _): RowEntry<'_>) -> bool {
        precedence(self.all_rows, a) < precedence(self.all_rows, b)
    }

    /// The rows that match every test of a row, in the order of the list; adds the steps taken to `steps`
    /// and stops searching once they exceed `max_steps`.
    pub(super) fn supersets(
        &self,
        (id, row): RowEntry<'_>,
        steps: &mut u64,
        max_steps: u64,
    ) -> Vec<RowEntry<'k>> {
        if *steps > max_steps {
            return Vec::new();
        }
        let mut found = self.literal_index.superset_candidates(row.broadest_pattern());
        found.retain(|index| {
            let (other, wider) = self.rows[*index];
            other != id && *steps <= max_steps && wider.is_superset_of(row, steps)
        });
        found.sort_unstable();
        found.into_iter().map(|index| self.rows[index]).collect()
    }

    /// Whether some row matches a name, in any variant; adds the steps taken to `steps`. True once they exceed
    /// `max_steps`.
    pub(super) fn has_match(&self, name: &str, steps: &mut u64, max_steps: u64) -> bool {
        if *steps > max_steps {
            return true;
        }
        let mut found = self.literal_index.candidates(name);
        found.extend_from_slice(self.literal_index.without_literals());
        found.into_iter().any(|index| {
            *steps > max_steps || self.rows[index].1.matches_with(name, steps).is_some()
        })
    }
}
