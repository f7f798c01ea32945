//! The rows that excuse more than the old list did, although they claim no more than its rows.
//!
//! **The rule.** A test that an old row claimed is claimed by a new row whose status does not cover the old one's. That
//! is so where the status was changed, and where a stricter row is gone, was narrowed, was a duplicate or an overlay, or
//! comes later now. Two rows are only compared where they can match a common test, and where no row ahead of either
//! matches all tests of one of them.

use super::duplicates::ClaimKey;
use super::excuses::Excuses;
use super::index::literals::LiteralIndex;
use super::index::precedence;
use super::list::KnownFailures;
use super::row::{Row, RowId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Maximum steps of the search. With more, every new row that excuses more than some old row counts.
const MAX_STEPS: u64 = 1 << 26;

/// Steps charged for each pair of rows.
const COST_PER_PAIR: u64 = 16;

/// Each row of the new list that excuses more, with the old rows that claimed its tests: without any if the lists have
/// too many patterns to compare. Rows of `grown` claim more tests than before, and are not compared.
pub(super) fn relaxed_rows(
    old: &KnownFailures,
    new: &KnownFailures,
    grown: &BTreeSet<RowId>,
) -> BTreeMap<RowId, BTreeSet<RowId>> {
    let (strict, lax) = (excuses(old), excuses(new));
    if strict.iter().all(|strict| lax.iter().all(|lax| strict.covers(*lax))) {
        return BTreeMap::new();
    }
    let (old, new) = (ActiveRows::new(old), ActiveRows::new(new));
    let mut search = Search { old, new, grown, steps: 0, found: BTreeMap::new() };
    search.compare_rows_that_stay();
    search.compare_lost_rows();
    search.compare_rows_ahead();
    if search.is_exhausted() {
        search.add_suspects(&strict);
    }
    search.found
}

/// What the active rows of a list excuse.
fn excuses(known: &KnownFailures) -> BTreeSet<Excuses> {
    let active = known.rows().iter().filter(|row| row.inactive.is_none());
    active.map(|row| row.expected.excuses()).collect()
}

/// The rows of both lists, and what was found.
struct Search<'k> {
    old: ActiveRows<'k>,
    new: ActiveRows<'k>,
    grown: &'k BTreeSet<RowId>,
    steps: u64,
    found: BTreeMap<RowId, BTreeSet<RowId>>,
}

impl Search<'_> {
    /// Compares rows that claim the same in both lists.
    fn compare_rows_that_stay(&mut self) {
        for old in self.old.ids() {
            if let Some(new) = self.new.same_claim(self.old.row(old)) {
                self.compare(old, new);
            }
        }
    }

    /// Compares old rows, of which not all tests are claimed by the same row now, with those that could claim them.
    fn compare_lost_rows(&mut self) {
        for old in self.old.ids() {
            let row = self.old.row(old);
            let same = self.new.same_claim(row).map(|id| self.new.row(id));
            if same.is_some_and(|same| same.is_superset_of(row, &mut 0)) {
                continue;
            }
            if self.is_exhausted() {
                return;
            }
            let strict = row.expected.excuses();
            let candidates = self.new.candidates(row, |lax| !strict.covers(lax));
            candidates.into_iter().for_each(|new| self.compare(old, new));
        }
    }

    /// Compares new rows, and those that came ahead of another row, with the old rows that could have claimed their
    /// tests.
    fn compare_rows_ahead(&mut self) {
        let is_new = |id: &RowId| self.old.same_claim(self.new.row(*id)).is_none();
        let ahead: BTreeSet<RowId> =
            self.new.ids().filter(is_new).chain(self.overtaking_rows()).collect();
        for new in ahead.difference(self.grown) {
            if self.is_exhausted() {
                return;
            }
            let row = self.new.row(*new);
            let lax = row.expected.excuses();
            let candidates = self.old.candidates(row, |strict| !strict.covers(lax));
            candidates.into_iter().for_each(|old| self.compare(old, *new));
        }
    }

    /// The rows that came after another row of the same kind and rank in the old list, and come ahead of it now.
    fn overtaking_rows(&self) -> Vec<RowId> {
        let stays = |old: RowId| Some((old, self.new.same_claim(self.old.row(old))?));
        let mut rows: Vec<(RowId, RowId)> = self.old.ids().filter_map(stays).collect();
        rows.sort_by_cached_key(|(old, _)| precedence(self.old.rows, *old));
        // By exact name, and for all patterns: the last one so far.
        let mut last = HashMap::new();
        let is_overtaking = |(_, new): &(RowId, RowId)| {
            let last = last.entry(self.new.row(*new).pattern.exact_name()).or_insert(*new);
            let is_ahead = precedence(self.new.rows, *new) < precedence(self.new.rows, *last);
            *last = if is_ahead { *last } else { *new };
            is_ahead
        };
        rows.into_iter().filter(is_overtaking).map(|(_, new)| new).collect()
    }

    /// Notes the new row if it claims tests that the old row claimed, and excuses more.
    fn compare(&mut self, old: RowId, new: RowId) {
        self.steps += COST_PER_PAIR;
        if self.is_exhausted() || self.grown.contains(&new) {
            return;
        }
        let (strict, lax, steps) = (self.old.row(old), self.new.row(new), &mut self.steps);
        let excuses_more = !strict.expected.covers_with(&lax.expected, steps)
            && strict.may_overlap(lax, steps)
            && !self.old.is_preceded(old, lax, steps)
            && !self.new.is_preceded(new, strict, steps);
        if excuses_more {
            self.found.entry(new).or_default().insert(old);
        }
    }

    fn is_exhausted(&self) -> bool {
        self.steps > MAX_STEPS
    }

    /// Notes every row that excuses more than some of these statuses.
    fn add_suspects(&mut self, strict: &BTreeSet<Excuses>) {
        for id in self.new.ids() {
            let lax = self.new.row(id).expected.excuses();
            if !self.grown.contains(&id) && !strict.iter().all(|strict| strict.covers(lax)) {
                self.found.entry(id).or_default();
            }
        }
    }
}

/// The rows of a list that claim tests.
struct ActiveRows<'k> {
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
    fn new(known: &'k KnownFailures) -> ActiveRows<'k> {
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

    fn ids(&self) -> impl Iterator<Item = RowId> + use<'k> {
        let rows = (0..).map(RowId).zip(self.rows);
        rows.filter(|(_, row)| row.inactive.is_none()).map(|(id, _)| id)
    }

    fn row(&self, id: RowId) -> &'k Row {
        &self.rows[id.0 as usize]
    }

    fn same_claim(&self, row: &Row) -> Option<RowId> {
        self.by_claim.get(&ClaimKey::new(row)).copied()
    }

    /// The rows that could match a test of this row, for a pattern without the exact ones, and that excuse what
    /// `is_suspect` is true for.
    fn candidates(&self, row: &Row, is_suspect: impl Fn(Excuses) -> bool) -> Vec<RowId> {
        let Some(name) = row.pattern.exact_name() else {
            let suspects = self.by_excuses.iter().filter(|(excuses, _)| is_suspect(**excuses));
            return suspects.flat_map(|(_, ids)| ids).copied().collect();
        };
        let mut found = self.literal_index.candidates(name);
        found.extend_from_slice(self.literal_index.without_literals());
        let patterns = found.into_iter().map(|at| self.patterns[at]);
        let all = self.exact_rows(name).iter().copied().chain(patterns);
        all.filter(|id| is_suspect(self.row(*id).expected.excuses())).collect()
    }

    /// Whether a row ahead of this one claims all tests that it has in common with another row.
    fn is_preceded(&self, id: RowId, other: &Row, steps: &mut u64) -> bool {
        let mut is_ahead = |region: &Row| {
            let first = self.first_superset(region, steps);
            first.is_some_and(|first| precedence(self.rows, first) < precedence(self.rows, id))
        };
        is_ahead(self.row(id)) || is_ahead(other)
    }

    /// The first row, by precedence, that matches all tests of a row. May return false negatives.
    fn first_superset(&self, row: &Row, steps: &mut u64) -> Option<RowId> {
        let exact = row.pattern.exact_name().map_or(&[][..], |name| self.exact_rows(name));
        let is_superset = |id: &&RowId| self.row(**id).is_superset_of(row, steps);
        if let Some(first) = exact.iter().find(is_superset) {
            return Some(*first);
        }
        let mut candidates = self.literal_index.superset_candidates(row.broadest_pattern());
        candidates.sort_unstable();
        let mut patterns = candidates.into_iter().map(|at| self.patterns[at]);
        patterns.find(|id| self.row(*id).is_superset_of(row, steps))
    }

    /// The exact rows of this name, in the order of the list.
    fn exact_rows(&self, name: &str) -> &[RowId] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }
}
