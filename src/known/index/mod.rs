//! Which row claims a test: the rule, made fast for a million names against ten thousand rows.
//!
//! In: the rows, then a name and a variant. Out: the row that claims it. **The rule**: among the rows
//! whose variants allow it, exact before wildcard before `re:`; among wildcards the one with the
//! longest literal text; then the first in the file. A newcomer's trap: a longer prefix is not a
//! better claim, since literal text may also stand behind a `*`.

pub(crate) mod literals;
pub(crate) mod match_cost;
pub(crate) mod ngrams;

use super::pattern::regex::{LazyRegex, LazyRegexSet, MAX_SET_LEN};
use super::{MatchMode, Pattern, PatternKind, Row, RowId};
use crate::model::{BloomFilter, BuildIdentityHasher, FilterHash, NameHash, NameHasher, Variant};
use literals::LiteralIndex;
use match_cost::{MatchCost, NameCost};
use std::cmp::Reverse;
use std::collections::HashMap;

/// Expressions that are tried in vain on each name before they are put into one automaton.
const MAX_EXPECTED_MISSES: f64 = 1.0;

/// Bits of the filter for each name that has exact rows.
const BITS_PER_EXACT_NAME: usize = 16;

/// The row that claims a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The row.
    pub row: RowId,
    /// Only `compat = loose` made it match.
    pub is_loose: bool,
}

/// The rows that take part, arranged for [`Index::claim`].
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// By the name's number, each in the order of the file.
    exact: HashMap<NameHash, Vec<RowId>, BuildIdentityHasher>,
    /// Their numbers: the map itself does not fit in a processor's cache, and most names are in none of its rows.
    exact_filter: BloomFilter,
    /// Wildcards and expressions, best first: a row's rank is its place here.
    patterns: Vec<RowId>,
    /// Finds their ranks by a text that a name of theirs holds.
    literal_index: LiteralIndex,
    /// The ranks of wildcards without any text.
    without_literals: Vec<usize>,
    /// The ranks of expressions without such a text.
    regexes: Vec<usize>,
    /// These as automata, so many to each; none where one of them would be too big.
    regex_sets: Vec<LazyRegexSet>,
    /// What all names took until now.
    cost: MatchCost,
}

impl Index {
    /// Arranges the rows that take part.
    pub(crate) fn new(rows: &[Row], hasher: &NameHasher) -> Index {
        let mut index = Index::default();
        for (id, row) in (0..).map(RowId).zip(rows).filter(|(_, row)| row.inactive.is_none()) {
            match row.pattern.exact_name() {
                Some(name) => index.exact.entry(hasher.hash(name)).or_default().push(id),
                None => index.patterns.push(id),
            }
        }
        index.exact_filter = BloomFilter::from_hashes(
            index.exact.keys().map(|hash| FilterHash::from_u128(hash.0)),
            BITS_PER_EXACT_NAME,
        );
        index.patterns.sort_by_cached_key(|id| precedence(rows, *id));
        // Expressions whose texts are everywhere are better off in one automaton.
        let is_common_regex = |pattern: &Pattern, cost: f64| {
            pattern.as_regex().is_some() && cost > MAX_EXPECTED_MISSES
        };
        index.build(rows, is_common_regex);
        if index.regex_sets.is_empty() && !index.regexes.is_empty() {
            index.build(rows, |_, _| false);
        }
        index
    }

    fn build(&mut self, rows: &[Row], exclude: impl Fn(&Pattern, f64) -> bool) {
        let pattern = |id: &RowId| rows[id.0 as usize].broadest_pattern();
        self.literal_index = LiteralIndex::excluding(self.patterns.iter().map(pattern), exclude);
        let regex = |rank: &usize| pattern(&self.patterns[*rank]).as_regex();
        let without_literals = self.literal_index.without_literals().iter();
        (self.regexes, self.without_literals) =
            without_literals.partition(|rank| regex(rank).is_some());
        let found: Vec<&LazyRegex> = self.regexes.iter().filter_map(regex).collect();
        let sets: Option<Vec<_>> = found.chunks(MAX_SET_LEN).map(LazyRegexSet::new).collect();
        self.regex_sets = sets.unwrap_or_default();
    }

    /// The row that claims this name in this variant. None any more once all names took too many steps.
    pub(crate) fn claim(
        &self,
        rows: &[Row],
        hash: NameHash,
        name: &str,
        variant: &Variant,
    ) -> Option<Claim> {
        if self.cost.is_exhausted() {
            return None;
        }
        let mut cost = NameCost::default();
        let mut try_row = |id: RowId| Some((id, match_row(rows, id, name, variant, &mut cost)?));
        let exact = self.exact_rows(hash).iter().find_map(|id| try_row(*id));
        let (found, lookup_steps) = match exact {
            Some(found) => (Some(found), 0),
            None => self.best_pattern(name, try_row),
        };
        cost.add(lookup_steps);
        self.cost.charge(&cost);
        found.map(|(row, mode)| Claim { row, is_loose: mode == MatchMode::Loose })
    }

    /// The rows of this name alone, in the order of the file.
    fn exact_rows(&self, hash: NameHash) -> &[RowId] {
        match self.exact_filter.may_contain(FilterHash::from_u128(hash.0)) {
            true => self.exact.get(&hash).map_or(&[], Vec::as_slice),
            false => &[],
        }
    }

    /// The best wide row that fits, and the steps that it took to find those that could.
    fn best_pattern(
        &self,
        name: &str,
        mut try_row: impl FnMut(RowId) -> Option<(RowId, MatchMode)>,
    ) -> (Option<(RowId, MatchMode)>, u64) {
        let mut best: Option<(usize, (RowId, MatchMode))> = None;
        let lookup_steps = self.for_each_candidate(name, |ranks| {
            let best_rank = best.map_or(usize::MAX, |(rank, _)| rank);
            let better = ranks.iter().copied().take_while(|rank| *rank < best_rank);
            let found =
                better.into_iter().find_map(|rank| Some((rank, try_row(self.patterns[rank])?)));
            best = found.or(best);
        });
        (best.map(|(_, found)| found), lookup_steps)
    }

    /// Hands over the ranks of all wide rows that could match this name, in lists that rise. A rank may
    /// come twice. Gives the steps that it took.
    fn for_each_candidate(&self, name: &str, mut each: impl FnMut(&[usize])) -> u64 {
        let mut steps = self.literal_index.for_each_candidate(name, &mut each);
        let regexes: &[usize] = if self.regex_sets.is_empty() { &self.regexes } else { &[] };
        // Most documents have none of these.
        let others = [&self.without_literals, regexes].into_iter();
        others.filter(|ranks| !ranks.is_empty()).for_each(&mut each);
        for (set, ranks) in self.regex_sets.iter().zip(self.regexes.chunks(MAX_SET_LEN)) {
            match set.matching_indices(name, &mut steps) {
                None => each(ranks),
                Some(found) => each(&found.iter().map(|at| ranks[*at]).collect::<Vec<usize>>()),
            }
        }
        steps
    }

    /// Hands over every row that matches this name and allows this variant, in no special order; a row
    /// may come twice. None any more once all names took too many steps.
    pub(crate) fn for_each_match(
        &self,
        rows: &[Row],
        hash: NameHash,
        name: &str,
        variant: &Variant,
        mut each: impl FnMut(RowId),
    ) {
        if self.cost.is_exhausted() {
            return;
        }
        let mut cost = NameCost::default();
        let mut try_row = |id: RowId| {
            if match_row(rows, id, name, variant, &mut cost).is_some() {
                each(id);
            }
        };
        self.exact_rows(hash).iter().for_each(|id| try_row(*id));
        let lookup_steps = self.for_each_candidate(name, |ranks| {
            ranks.iter().for_each(|rank| try_row(self.patterns[*rank]));
        });
        cost.add(lookup_steps);
        self.cost.charge(&cost);
    }

    /// The row that took the most steps for one name, if all names together took too many: then nothing that
    /// was claimed since is to be believed.
    pub(crate) fn costliest_row(&self) -> Option<RowId> {
        self.cost.costliest_row()
    }

    /// Every row that matches this name and allows this variant: the one that claims it, then those
    /// that would if it were not there.
    pub(crate) fn matching(
        &self,
        rows: &[Row],
        hash: NameHash,
        name: &str,
        variant: &Variant,
    ) -> Vec<RowId> {
        let mut found = Vec::new();
        self.for_each_match(rows, hash, name, variant, |id| found.push(id));
        found.sort_by_key(|id| precedence(rows, *id));
        found.dedup();
        found
    }
}

/// Whether a row matches, counting what that takes.
fn match_row(
    rows: &[Row],
    id: RowId,
    name: &str,
    variant: &Variant,
    cost: &mut NameCost,
) -> Option<MatchMode> {
    let mut taken = 0;
    let mode = rows[id.0 as usize].matches_in_variant(name, variant, &mut taken);
    cost.add_row(id, taken);
    mode
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
