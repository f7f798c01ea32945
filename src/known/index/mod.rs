//! Finds the row that claims a test, fast enough for a million names and ten thousand rows.
//!
//! **The rule**, for the rows that match the name and allow the variant: exact before wildcard before `re:`; among
//! wildcards the one with the longest literal text; then the first in the file. All literal characters count, not only
//! the prefix. A row with `match = end` ranks like a wildcard.

mod ends;
pub(crate) mod literals;
pub(crate) mod match_cost;
pub(crate) mod ngrams;

use super::pattern::regex::{LazyRegexSet, MAX_SET_LEN};
use super::{MatchMode, Pattern, PatternKind, Row, RowId};
use crate::model::{BloomFilter, BuildIdentityHasher, FilterHash, NameHash, NameHasher, Variant};
use ends::EndIndex;
use literals::LiteralIndex;
use match_cost::{MatchCost, NameCost};
use std::cmp::Reverse;
use std::collections::HashMap;

/// Above this expected number of expressions that each name is tried on without a match, an expression is put into a
/// set.
const MAX_EXPECTED_MISSES: f64 = 1.0;

/// Steps that it takes to load a row: those of a long list do not fit into a CPU's cache.
const ROW_COST: u64 = 16;

/// Bits of the filter for each name with exact rows.
const BITS_PER_EXACT_NAME: usize = 16;

/// The row that claims a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The row's id.
    pub row: RowId,
    /// Whether it matches only because of `compat = loose`.
    pub is_loose: bool,
}

/// The active rows, arranged for [`Index::claim`].
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Exact rows by the hash of the name, each in the order of the file.
    exact: HashMap<NameHash, Vec<RowId>, BuildIdentityHasher>,
    /// The keys of `exact`: the map does not fit into a CPU's cache, and most names have no exact row.
    exact_filter: BloomFilter,
    /// Wildcards and regular expressions by rank: the first one that matches a name claims it.
    patterns: Vec<RowId>,
    /// Finds ranks by their required literals.
    literal_index: LiteralIndex,
    /// Finds the ranks of names that match the ends of others; most lists have none.
    ends: Option<Box<EndIndex>>,
    /// The ranks of wildcards without literals.
    without_literals: Vec<usize>,
    /// The regular expressions whose literals are missing or too common.
    regex_sets: Vec<RankedRegexSet>,
    cost: MatchCost,
}

/// Regular expressions with their ranks.
#[derive(Debug)]
struct RankedRegexSet {
    set: LazyRegexSet,
    ranks: Vec<usize>,
}

impl Index {
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
        let pattern = |id: &RowId| rows[id.0 as usize].broadest_pattern();
        let is_elsewhere = |pattern: &Pattern, cost: f64| {
            pattern.as_regex().is_some() && cost > MAX_EXPECTED_MISSES
                || pattern.end_name().is_some()
        };
        index.literal_index =
            LiteralIndex::excluding(index.patterns.iter().map(pattern), is_elsewhere);
        let end_name = |rank: &usize| pattern(&index.patterns[*rank]).end_name();
        let regex = |rank: &usize| pattern(&index.patterns[*rank]).as_regex();
        let ranks = index.literal_index.without_literals().iter();
        let (end_ranks, ranks): (Vec<usize>, Vec<usize>) =
            ranks.partition(|rank| end_name(rank).is_some());
        let (regex_ranks, wildcard_ranks): (Vec<usize>, _) =
            ranks.into_iter().partition(|rank| regex(rank).is_some());
        let ends = end_ranks.iter().filter_map(|rank| Some((end_name(rank)?, *rank)));
        index.ends = EndIndex::new(ends, hasher).map(Box::new);
        index.regex_sets = regex_ranks
            .chunks(MAX_SET_LEN)
            .map(|ranks| RankedRegexSet {
                set: LazyRegexSet::new(&ranks.iter().filter_map(regex).collect::<Vec<_>>()),
                ranks: ranks.to_vec(),
            })
            .collect();
        index.without_literals = wildcard_ranks;
        index
    }

    /// The row that claims this name in this variant. Always `None` once all names together took too many steps.
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
        let mut lookup_steps = 0;
        let mut try_row = |row: RowId| {
            let mode = match_row(rows, row, name, Some(variant), &mut cost)?;
            Some(Claim { row, is_loose: mode == MatchMode::Loose })
        };
        let exact = self.exact_rows(hash).iter().find_map(|id| try_row(*id));
        let mut best = exact.map(|claim| (0, claim));
        if exact.is_none() {
            self.for_each_candidate(name, &mut lookup_steps, |ranks| {
                let best_rank = best.map_or(usize::MAX, |(rank, _)| rank);
                let mut better = ranks.iter().take_while(|rank| **rank < best_rank);
                let found = better.find_map(|rank| Some((*rank, try_row(self.patterns[*rank])?)));
                best = found.or(best);
            });
        }
        cost.add(lookup_steps);
        self.cost.charge(&cost);
        best.map(|(_, claim)| claim)
    }

    /// The exact rows of this name, in the order of the file.
    fn exact_rows(&self, hash: NameHash) -> &[RowId] {
        if !self.exact_filter.may_contain(FilterHash::from_u128(hash.0)) {
            return &[];
        }
        self.exact.get(&hash).map_or(&[], Vec::as_slice)
    }

    /// Calls `each` with the ranks of all candidates for this name, ascending within a call. Adds the steps to
    /// `steps`.
    fn for_each_candidate(&self, name: &str, steps: &mut u64, mut each: impl FnMut(&[usize])) {
        self.literal_index.for_each_candidate(name, steps, &mut each);
        if !self.without_literals.is_empty() {
            each(&self.without_literals);
        }
        if let Some(ends) = &self.ends {
            ends.for_each_candidate(name, steps, &mut each);
        }
        for RankedRegexSet { set, ranks } in &self.regex_sets {
            match set.matching_indices(name, steps) {
                None => each(ranks),
                Some(found) => each(&found.iter().map(|at| ranks[*at]).collect::<Vec<usize>>()),
            }
        }
    }

    /// Calls `each` with every row that matches this name and allows this variant, or any if it is `None`, in no
    /// particular order. No row matches once all names together took too many steps.
    pub(crate) fn for_each_match(
        &self,
        rows: &[Row],
        hash: NameHash,
        name: &str,
        variant: Option<&Variant>,
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
        let mut lookup_steps = 0;
        self.for_each_candidate(name, &mut lookup_steps, |ranks| {
            ranks.iter().for_each(|rank| try_row(self.patterns[*rank]));
        });
        cost.add(lookup_steps);
        self.cost.charge(&cost);
    }

    /// What matching has cost so far.
    pub(crate) fn cost(&self) -> &MatchCost {
        &self.cost
    }

    /// The row that took the most steps for one name, if all names together took too many: then the claims made so
    /// far are not reliable.
    pub(crate) fn costliest_row(&self) -> Option<RowId> {
        self.cost.costliest_row()
    }
}

/// How a row matches, if it does, in any variant if that is `None`. Charges the steps to the row.
fn match_row(
    rows: &[Row],
    id: RowId,
    name: &str,
    variant: Option<&Variant>,
    cost: &mut NameCost,
) -> Option<MatchMode> {
    let (row, mut steps) = (&rows[id.0 as usize], ROW_COST);
    let is_allowed = variant.is_none_or(|variant| row.variants.allows_with(variant, &mut steps));
    let mode = if is_allowed { row.matches_with(name, &mut steps) } else { None };
    cost.add_row(id, steps);
    mode
}

/// The rule as a sort key: the least one claims.
pub(crate) fn precedence(rows: &[Row], id: RowId) -> (PatternKind, Reverse<usize>, RowId) {
    let pattern = &rows[id.0 as usize].pattern;
    let literal = match pattern.kind() {
        PatternKind::Wildcard => pattern.literal_len(),
        PatternKind::Exact | PatternKind::Regex => 0,
    };
    (pattern.kind(), Reverse(literal), id)
}
