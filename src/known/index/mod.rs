//! Which row claims a test: the rule, made fast for a million names against ten thousand rows.
//!
//! In: the rows, then a name and a variant. Out: the row that claims it. **The rule**: among the rows
//! whose variants allow it, exact before wildcard before `re:`; among wildcards the one with the
//! longest literal text; then the first in the file. A newcomer's trap: a longer prefix is not a
//! better claim, since literal text may also stand behind a `*`.

pub(crate) mod literals;
pub(crate) mod match_cost;
pub(crate) mod ngrams;

use super::pattern::regex::{Expression, ExpressionSet, SET_LIMIT};
use super::{Fit, Pattern, PatternKind, Row, RowId};
use crate::model::{Filter, Hash, Hashed, NameKey, Secret, Variant};
use literals::Needles;
use match_cost::{Effort, Steps};
use std::cmp::Reverse;
use std::collections::HashMap;

/// Expressions that are tried in vain on each name before they are put into one automaton.
const IN_VAIN: f64 = 1.0;

/// Bits of the filter for each name that has exact rows.
const EXACT_BITS: usize = 16;

/// The row that claims a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The row.
    pub row: RowId,
    /// Only `compat = loose` made it match.
    pub loosely: bool,
}

/// The rows that take part, arranged for [`Index::claim`].
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// By the name's number, each in the order of the file.
    exact: HashMap<NameKey, Vec<RowId>, Hashed>,
    /// Their numbers: the map itself does not fit in a processor's cache, and most names are in none of its rows.
    exact_names: Filter,
    /// Wildcards and expressions, best first: a row's rank is its place here.
    wide: Vec<RowId>,
    /// Finds their ranks by a text that a name of theirs holds.
    needles: Needles,
    /// The ranks of wildcards without any text.
    textless: Vec<usize>,
    /// The ranks of expressions without such a text.
    expressions: Vec<usize>,
    /// These as automata, so many to each; none where one of them would be too big.
    sets: Vec<ExpressionSet>,
    /// What all names took until now.
    effort: Effort,
}

impl Index {
    /// Arranges the rows that take part.
    pub(crate) fn new(rows: &[Row], secret: &Secret) -> Index {
        let mut index = Index::default();
        for (id, row) in (0..).map(RowId).zip(rows).filter(|(_, row)| row.unused.is_none()) {
            match row.pattern.exact_name() {
                Some(name) => index.exact.entry(secret.key(name)).or_default().push(id),
                None => index.wide.push(id),
            }
        }
        index.exact_names = Filter::of(index.exact.keys().map(|key| Hash::of(key.0)), EXACT_BITS);
        index.wide.sort_by_cached_key(|id| precedence(rows, *id));
        // Expressions whose texts are everywhere are better off in one automaton.
        let common =
            |pattern: &Pattern, cost: f64| pattern.expression().is_some() && cost > IN_VAIN;
        index.arrange(rows, common);
        if index.sets.is_empty() && !index.expressions.is_empty() {
            index.arrange(rows, |_, _| false);
        }
        index
    }

    fn arrange(&mut self, rows: &[Row], apart: impl Fn(&Pattern, f64) -> bool) {
        let pattern = |id: &RowId| rows[id.0 as usize].widest();
        self.needles = Needles::but_for(self.wide.iter().map(pattern), apart);
        let expression = |rank: &usize| pattern(&self.wide[*rank]).expression();
        let needless = self.needles.needless().iter();
        (self.expressions, self.textless) = needless.partition(|rank| expression(rank).is_some());
        let found: Vec<&Expression> = self.expressions.iter().filter_map(expression).collect();
        let sets: Option<Vec<_>> = found.chunks(SET_LIMIT).map(ExpressionSet::new).collect();
        self.sets = sets.unwrap_or_default();
    }

    /// The row that claims this name in this variant. None any more once all names took too many steps.
    pub(crate) fn claim(
        &self,
        rows: &[Row],
        key: NameKey,
        name: &str,
        variant: &Variant,
    ) -> Option<Claim> {
        if self.effort.is_spent() {
            return None;
        }
        let mut steps = Steps::default();
        let mut fits = |id: RowId| Some((id, fit(rows, id, name, variant, &mut steps)?));
        let exact = self.exact_rows(key).iter().find_map(|id| fits(*id));
        let (found, looks) = match exact {
            Some(found) => (Some(found), 0),
            None => self.best_wide(name, fits),
        };
        steps.add(looks);
        self.effort.spend(&steps);
        found.map(|(row, fit)| Claim { row, loosely: fit == Fit::Loose })
    }

    /// The rows of this name alone, in the order of the file.
    fn exact_rows(&self, key: NameKey) -> &[RowId] {
        match self.exact_names.may_have(Hash::of(key.0)) {
            true => self.exact.get(&key).map_or(&[], Vec::as_slice),
            false => &[],
        }
    }

    /// The best wide row that fits, and the steps that it took to find those that could.
    fn best_wide(
        &self,
        name: &str,
        mut fits: impl FnMut(RowId) -> Option<(RowId, Fit)>,
    ) -> (Option<(RowId, Fit)>, u64) {
        let mut best: Option<(usize, (RowId, Fit))> = None;
        let looks = self.for_each_candidate(name, |ranks| {
            let before = best.map_or(usize::MAX, |(rank, _)| rank);
            let better = ranks.iter().copied().take_while(|rank| *rank < before);
            let found = better.into_iter().find_map(|rank| Some((rank, fits(self.wide[rank])?)));
            best = found.or(best);
        });
        (best.map(|(_, found)| found), looks)
    }

    /// Hands over the ranks of all wide rows that could match this name, in lists that rise. A rank may
    /// come twice. Gives the steps that it took.
    fn for_each_candidate(&self, name: &str, mut each: impl FnMut(&[usize])) -> u64 {
        let mut looks = self.needles.for_each_in(name, &mut each);
        let expressions: &[usize] = if self.sets.is_empty() { &self.expressions } else { &[] };
        // Most documents have none of these.
        let others = [&self.textless, expressions].into_iter();
        others.filter(|ranks| !ranks.is_empty()).for_each(&mut each);
        for (set, ranks) in self.sets.iter().zip(self.expressions.chunks(SET_LIMIT)) {
            match set.matching(name, &mut looks) {
                None => each(ranks),
                Some(found) => each(&found.iter().map(|at| ranks[*at]).collect::<Vec<usize>>()),
            }
        }
        looks
    }

    /// Hands over every row that matches this name and allows this variant, in no special order; a row
    /// may come twice. None any more once all names took too many steps.
    pub(crate) fn for_each_match(
        &self,
        rows: &[Row],
        key: NameKey,
        name: &str,
        variant: &Variant,
        mut each: impl FnMut(RowId),
    ) {
        if self.effort.is_spent() {
            return;
        }
        let mut steps = Steps::default();
        let mut look_at = |id: RowId| {
            if fit(rows, id, name, variant, &mut steps).is_some() {
                each(id);
            }
        };
        self.exact_rows(key).iter().for_each(|id| look_at(*id));
        let looks = self.for_each_candidate(name, |ranks| {
            ranks.iter().for_each(|rank| look_at(self.wide[*rank]));
        });
        steps.add(looks);
        self.effort.spend(&steps);
    }

    /// The row that took the most steps for one name, if all names together took too many: then nothing that
    /// was claimed since is to be believed.
    pub(crate) fn slowest(&self) -> Option<RowId> {
        self.effort.slowest()
    }

    /// Every row that matches this name and allows this variant: the one that claims it, then those
    /// that would if it were not there.
    pub(crate) fn matching(
        &self,
        rows: &[Row],
        key: NameKey,
        name: &str,
        variant: &Variant,
    ) -> Vec<RowId> {
        let mut found = Vec::new();
        self.for_each_match(rows, key, name, variant, |id| found.push(id));
        found.sort_by_key(|id| precedence(rows, *id));
        found.dedup();
        found
    }
}

/// Whether a row matches, counting what that takes.
fn fit(rows: &[Row], id: RowId, name: &str, variant: &Variant, steps: &mut Steps) -> Option<Fit> {
    let mut taken = 0;
    let fit = rows[id.0 as usize].fit_of(name, variant, &mut taken);
    steps.of_row(id, taken);
    fit
}

/// The rule, as a key: the least one claims.
pub(crate) fn precedence(rows: &[Row], id: RowId) -> (PatternKind, Reverse<usize>, RowId) {
    let pattern = &rows[id.0 as usize].pattern;
    let literal = match pattern.kind() {
        PatternKind::Wildcard => pattern.literal_len(),
        PatternKind::Exact | PatternKind::Regex => 0,
    };
    (pattern.kind(), Reverse(literal), id)
}
