//! The rows that excuse more than the old list did, although they claim no more than its rows.
//!
//! **The rule.** A test that an old row claimed is claimed by a new row whose status does not cover the old one's. That
//! is so where the status was changed, and where a stricter row is gone, was narrowed, was a duplicate or an overlay, or
//! comes later now. Two rows are only compared where they can match a common test, and where no row ahead of either
//! matches all tests of one of them.

use super::active_rows::{ActiveRows, excuses};
use super::excuses::Excuses;
use super::index::precedence;
use super::list::KnownFailures;
use super::row::RowId;
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
        rows.sort_by_cached_key(|(old, _)| precedence(self.old.rows(), *old));
        // By exact name, and for all patterns: the last one so far.
        let mut last = HashMap::new();
        let is_overtaking = |(_, new): &(RowId, RowId)| {
            let last = last.entry(self.new.row(*new).pattern.exact_name()).or_insert(*new);
            let is_ahead = precedence(self.new.rows(), *new) < precedence(self.new.rows(), *last);
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
            && !self.old.is_preceded(old, lax, steps, |_| true)
            && !self.new.is_preceded(new, strict, steps, |_| true);
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
