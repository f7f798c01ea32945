//! The rows of a list that claim tests, arranged for finding those that could claim a common test.

use super::duplicates::ClaimKey;
use super::excuses::Excuses;
use super::index::literals::LiteralIndex;
use super::index::precedence;
use super::list::KnownFailures;
use super::row::{Row, RowId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What the active rows of a list excuse.
pub(super) fn excuses(known: &KnownFailures) -> BTreeSet<Excuses> {
    let active = known.rows().iter().filter(|row| row.inactive.is_none());
    active.map(|row| row.expected.excuses()).collect()
}

/// The active rows of a list.
pub(super) struct ActiveRows<'k> {
    rows: &'k [Row],
    by_claim: HashMap<ClaimKey<'k>, RowId>,
    /// Exact rows, those of a name in the order of the list.
    by_name: HashMap<&'k str, Vec<RowId>>,
    /// Wildcards and regular expressions by precedence.
    patterns: Vec<RowId>,
    literal_index: LiteralIndex,
    /// The same patterns by what they excuse.
    by_excuses: BTreeMap<Excuses, Vec<RowId>>,
}

impl<'k> ActiveRows<'k> {
    pub(super) fn new(known: &'k KnownFailures) -> ActiveRows<'k> {
        let rows = known.rows();
        let (mut by_claim, mut by_name) = (HashMap::new(), HashMap::<_, Vec<RowId>>::new());
        let (mut patterns, mut by_excuses) = (Vec::new(), BTreeMap::<_, Vec<RowId>>::new());
        for (id, row) in known.rows_with_ids().filter(|(_, row)| row.inactive.is_none()) {
            by_claim.insert(ClaimKey::new(row), id);
            match row.pattern.exact_name() {
                Some(name) => by_name.entry(name).or_default().push(id),
                None => {
                    patterns.push(id);
                    by_excuses.entry(row.expected.excuses()).or_default().push(id);
                }
            }
        }
        patterns.sort_by_cached_key(|id| precedence(rows, *id));
        let literal_index =
            LiteralIndex::new(patterns.iter().map(|id| known.row(*id).broadest_pattern()));
        ActiveRows { rows, by_claim, by_name, patterns, literal_index, by_excuses }
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = RowId> + use<'k> {
        let rows = (0..).map(RowId).zip(self.rows);
        rows.filter(|(_, row)| row.inactive.is_none()).map(|(id, _)| id)
    }

    pub(super) fn rows(&self) -> &'k [Row] {
        self.rows
    }

    pub(super) fn row(&self, id: RowId) -> &'k Row {
        &self.rows[id.0 as usize]
    }

    pub(super) fn same_claim(&self, row: &Row) -> Option<RowId> {
        self.by_claim.get(&ClaimKey::new(row)).copied()
    }

    /// The rows that could match a test of this row, for a pattern without the exact ones, and that excuse what
    /// `is_suspect` is true for.
    pub(super) fn candidates(&self, row: &Row, is_suspect: impl Fn(Excuses) -> bool) -> Vec<RowId> {
        let Some(name) = row.pattern.exact_name() else {
            let suspects = self.by_excuses.iter().filter(|(excuses, _)| is_suspect(**excuses));
            return suspects.flat_map(|(_, ids)| ids).copied().collect();
        };
        let mut found = self.candidates_for_name(name);
        found.retain(|id| is_suspect(self.row(*id).expected.excuses()));
        found
    }

    /// The rows that could match this name.
    pub(super) fn candidates_for_name(&self, name: &str) -> Vec<RowId> {
        let mut found = self.literal_index.candidates(name);
        found.extend_from_slice(self.literal_index.without_literals());
        let patterns = found.into_iter().map(|at| self.patterns[at]);
        self.exact_rows(name).iter().copied().chain(patterns).collect()
    }

    /// Whether a row ahead of this one claims all tests that it has in common with another row. Only rows for which
    /// `is_counted` is true are looked at.
    pub(super) fn is_preceded(
        &self,
        id: RowId,
        other: &Row,
        steps: &mut u64,
        is_counted: impl Fn(RowId) -> bool,
    ) -> bool {
        let mut is_ahead = |region: &Row| {
            let first = self.first_superset(region, steps, &is_counted);
            first.is_some_and(|first| precedence(self.rows, first) < precedence(self.rows, id))
        };
        is_ahead(self.row(id)) || is_ahead(other)
    }

    /// The first counted row, by precedence, that matches all tests of a row. May return false negatives.
    fn first_superset(
        &self,
        row: &Row,
        steps: &mut u64,
        is_counted: impl Fn(RowId) -> bool,
    ) -> Option<RowId> {
        let exact = row.pattern.exact_name().map_or(&[][..], |name| self.exact_rows(name));
        let mut is_superset = |id: RowId| is_counted(id) && self.row(id).is_superset_of(row, steps);
        if let Some(first) = exact.iter().find(|id| is_superset(**id)) {
            return Some(*first);
        }
        let mut candidates = self.literal_index.superset_candidates(row.broadest_pattern());
        candidates.sort_unstable();
        let mut patterns = candidates.into_iter().map(|at| self.patterns[at]);
        patterns.find(|id| is_superset(*id))
    }

    /// The exact rows of this name, in the order of the list.
    fn exact_rows(&self, name: &str) -> &[RowId] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }
}
