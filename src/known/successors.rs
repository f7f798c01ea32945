//! The rows that claim the tests of a row once it is removed or narrowed.
//!
//! **The rule.** No edit makes the list excuse more: a row stays while another row that stays, and that it precedes, may
//! match a test of it and has a status that its own does not cover. It is the rule by which rows of a newer list excuse
//! more, applied before the edit.
//!
//! Two rows meet in a variant of the run. Where the run has variants of both, and none that is of both, they do not: rows
//! for `memory` and for `s3` are alternatives, although a variant `memory s3` would be of both.

use super::active_rows::{ActiveRows, excuses};
use super::excuses::Excuses;
use super::index::precedence;
use super::list::KnownFailures;
use super::row::{Inactive, Row, RowId};
use super::variants::VariantScope;
use crate::model::Variant;
use std::cell::{Cell, OnceCell};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Maximum steps of comparing rows. With more, rows that could match a common test are taken to do so.
const MAX_STEPS: u64 = 1 << 26;

/// Finds the rows that take the tests of others.
pub struct Successors<'k> {
    known: &'k KnownFailures,
    /// The variants of the run.
    variants: Vec<Variant>,
    /// What the rows of the list excuse: most lists have no row that excuses more than another.
    excuses: BTreeSet<Excuses>,
    /// Arranged when some row may excuse more.
    active: OnceCell<ActiveRows<'k>>,
    /// By row: the inactive rows that would claim its tests without it, because they repeat it or it replaces them.
    dormant: HashMap<RowId, Vec<RowId>>,
    steps: Cell<u64>,
}

impl<'k> Successors<'k> {
    /// Prepares the rows of a list, for a run with these variants.
    pub fn new(
        known: &'k KnownFailures,
        variants: impl IntoIterator<Item = Variant>,
    ) -> Successors<'k> {
        let mut dormant: HashMap<RowId, Vec<RowId>> = HashMap::new();
        for (id, row) in known.rows_with_ids() {
            match row.inactive {
                None => {}
                Some(Inactive::Duplicate { original: by } | Inactive::Replaced { by }) => {
                    dormant.entry(by).or_default().push(id);
                }
            }
        }
        let (excuses, active) = (excuses(known), OnceCell::new());
        let variants = variants.into_iter().collect();
        Successors { known, variants, excuses, active, dormant, steps: Cell::new(0) }
    }

    fn active(&self) -> &ActiveRows<'k> {
        self.active.get_or_init(|| ActiveRows::new(self.known))
    }

    /// A row that claims this name ahead of `id` in some variant that `id` applies to. An exact row of the name would
    /// take the name from it.
    pub fn claimed_ahead(&self, id: RowId, name: &str) -> Option<RowId> {
        let (rows, row) = (self.known.rows(), self.known.row(id));
        let candidates = self.known.matching_in_any_variant(name);
        candidates.into_iter().find(|other| {
            let variants = &self.known.row(*other).variants;
            precedence(rows, *other) < precedence(rows, id)
                && self.compare(|steps| self.may_meet(variants, &row.variants, steps))
        })
    }

    /// Of the rows that are to be removed or narrowed, those that have to stay as they are, each with the row that would
    /// excuse more than it does. A row that is narrowed need not be, so it can be that row for one that is removed.
    pub fn more_tolerant(
        &self,
        removed: &BTreeSet<RowId>,
        narrowed: &BTreeSet<RowId>,
    ) -> BTreeMap<RowId, RowId> {
        let mut leaving = Leaving { removed: removed.clone(), narrowed: narrowed.clone() };
        let mut kept = BTreeMap::new();
        // The last one in precedence first: only rows after it can take its tests.
        let mut order: Vec<RowId> = removed.union(narrowed).copied().collect();
        order.sort_by_cached_key(|id| Reverse(precedence(self.known.rows(), *id)));
        for id in order {
            if let Some(successor) = self.more_tolerant_successor(id, &leaving) {
                leaving.withdraw(id);
                kept.insert(id, successor);
            }
        }
        kept
    }

    /// Of the rows that are to be removed, those that can be, whichever of the others are: each of these may stay and
    /// excuse more, or go and leave its tests to a row that does.
    pub fn removable_alone(&self, removed: &BTreeSet<RowId>) -> BTreeSet<RowId> {
        let mut leaving = Leaving { removed: BTreeSet::new(), narrowed: removed.clone() };
        let is_removable = |id: &RowId| {
            leaving.removed = BTreeSet::from([*id]);
            self.more_tolerant_successor(*id, &leaving).is_none()
        };
        removed.iter().copied().filter(is_removable).collect()
    }

    /// The first row that may claim a test of this row without it, and that excuses more.
    fn more_tolerant_successor(&self, id: RowId, leaving: &Leaving) -> Option<RowId> {
        let (rows, row) = (self.known.rows(), self.known.row(id));
        let excuses_more = |other: &RowId| !row.expected.covers(&self.known.row(*other).expected);
        let dormant = self.dormant.get(&id).into_iter().flatten();
        if let Some(repeat) = dormant.copied().find(excuses_more) {
            return Some(repeat);
        }
        let strict = row.expected.excuses();
        if self.excuses.iter().all(|lax| strict.covers(*lax)) {
            return None;
        }
        let mut candidates = self.active().candidates(row, |lax| !strict.covers(lax));
        candidates.retain(|other| leaving.can_succeed(*other, id));
        candidates.retain(|other| precedence(rows, *other) > precedence(rows, id));
        candidates.sort_by_cached_key(|other| precedence(rows, *other));
        candidates.into_iter().find(|other| self.may_succeed(row, *other, leaving))
    }

    /// Whether a row may claim a test of `row`, once that is gone, and excuses more.
    fn may_succeed(&self, row: &Row, other: RowId, leaving: &Leaving) -> bool {
        let lax = self.known.row(other);
        self.compare(|steps| {
            !row.expected.covers_with(&lax.expected, steps)
                && row.patterns_may_overlap(lax, steps)
                && self.may_meet(&row.variants, &lax.variants, steps)
                && !self.active().is_preceded(other, row, steps, |ahead| leaving.stays(ahead))
        })
    }

    /// Whether a variant may be of both scopes.
    fn may_meet(&self, a: &VariantScope, b: &VariantScope, steps: &mut u64) -> bool {
        let (mut has_a, mut has_b) = (false, false);
        for variant in &self.variants {
            let [is_a, is_b] = [a, b].map(|scope| scope.allows_with(variant, steps));
            if is_a && is_b {
                return true;
            }
            (has_a, has_b) = (has_a || is_a, has_b || is_b);
        }
        !(has_a && has_b) && a.may_overlap(b, steps)
    }

    /// The result of a comparison; true once all of them took too many steps.
    fn compare(&self, compare: impl FnOnce(&mut u64) -> bool) -> bool {
        let mut steps = self.steps.get();
        let result = steps > MAX_STEPS || compare(&mut steps);
        self.steps.set(steps);
        result
    }
}

/// The rows that are to be edited.
struct Leaving {
    removed: BTreeSet<RowId>,
    narrowed: BTreeSet<RowId>,
}

impl Leaving {
    fn stays(&self, id: RowId) -> bool {
        !self.removed.contains(&id) && !self.narrowed.contains(&id)
    }

    /// Whether a row could claim the tests of `id`, once that is edited. One that is narrowed need not be.
    fn can_succeed(&self, other: RowId, id: RowId) -> bool {
        if self.removed.contains(&id) { !self.removed.contains(&other) } else { self.stays(other) }
    }

    fn withdraw(&mut self, id: RowId) {
        self.removed.remove(&id);
        self.narrowed.remove(&id);
    }
}
