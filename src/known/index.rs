//! Which row claims a test: the rule, made fast for a million names against ten thousand rows.
//!
//! In: the rows, then a name and a variant. Out: the row that claims it. **The rule**: among the rows
//! whose variants allow it, exact before wildcard before `re:`; among wildcards the one with the
//! longest literal text; then the first in the file. A newcomer's trap: a longer prefix is not a
//! better claim, since literal text may also stand behind a `*`.

use super::{Fit, PatternKind, Row, RowId};
use crate::model::Variant;
use regex::{RegexSet, RegexSetBuilder};
use std::cmp::Reverse;
use std::collections::HashMap;

/// Bytes that all regular expressions of a list may take as one automaton. Beyond that they are
/// tried one by one.
const REGEX_SET_LIMIT: usize = 16 << 20;

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
pub(super) struct Index {
    /// By name, each in the order of the file.
    exact: HashMap<Box<str>, Vec<RowId>>,
    wildcards: Wildcards,
    regexes: Regexes,
}

/// The wildcard rows, found by the text that their names begin with.
#[derive(Debug, Default)]
struct Wildcards {
    /// Best first: a wildcard's rank is its place here.
    by_rank: Vec<RowId>,
    /// Sorted by prefix. The prefixes of one name form a chain of parents.
    nodes: Vec<Node>,
}

/// The wildcards that share one literal prefix.
#[derive(Debug)]
struct Node {
    prefix: Box<str>,
    /// The longest other prefix that this one begins with.
    parent: Option<usize>,
    /// The ranks of its rows, best first.
    ranks: Vec<usize>,
    /// The best rank of it and of all nodes above.
    best_upwards: usize,
}

/// The `re:` rows, in the order of the file.
#[derive(Debug, Default)]
struct Regexes {
    rows: Vec<RowId>,
    /// All of them as one automaton; `None` when there are none or it would be too big.
    set: Option<RegexSet>,
}

impl Index {
    /// Arranges the rows that take part.
    pub(super) fn new(rows: &[Row]) -> Index {
        let mut index = Index::default();
        for (id, row) in (0..).map(RowId).zip(rows) {
            if row.unused.is_some() {
                continue;
            }
            match row.pattern.kind() {
                PatternKind::Exact => {
                    let name = row.pattern.literal_prefix();
                    index.exact.entry(name.into()).or_default().push(id);
                }
                PatternKind::Wildcard => index.wildcards.by_rank.push(id),
                PatternKind::Regex => index.regexes.rows.push(id),
            }
        }
        index.wildcards.arrange(rows);
        index.regexes.compile(rows);
        index
    }

    /// The row that claims this name in this variant.
    pub(super) fn claim(&self, rows: &[Row], name: &str, variant: &Variant) -> Option<Claim> {
        let fits = |id: RowId| {
            let row = &rows[id.0 as usize];
            row.variants.allows(variant).then(|| row.fit(name)).flatten()
        };
        let exact = || self.exact.get(name)?.iter().find_map(|id| Some((*id, fits(*id)?)));
        let wildcard = || self.wildcards.best(name, fits);
        let regex = || self.regexes.matching(rows, name).find_map(|id| Some((id, fits(id)?)));
        let (row, fit) = exact().or_else(wildcard).or_else(regex)?;
        Some(Claim { row, loosely: fit == Fit::Loose })
    }

    /// Hands over every row that matches this name and allows this variant, in no special order.
    pub(super) fn for_each_match(
        &self,
        rows: &[Row],
        name: &str,
        variant: &Variant,
        mut each: impl FnMut(RowId),
    ) {
        let exact = self.exact.get(name).into_iter().flatten().copied();
        let wildcards = self.wildcards.below_prefixes_of(name);
        let regexes = self.regexes.matching(rows, name);
        for id in exact.chain(wildcards).chain(regexes) {
            let row = &rows[id.0 as usize];
            if row.variants.allows(variant) && row.fit(name).is_some() {
                each(id);
            }
        }
    }

    /// Every row that matches this name and allows this variant: the one that claims it, then those
    /// that would if it were not there.
    pub(super) fn matching(&self, rows: &[Row], name: &str, variant: &Variant) -> Vec<RowId> {
        let mut found = Vec::new();
        self.for_each_match(rows, name, variant, |id| found.push(id));
        found.sort_by_key(|id| precedence(rows, *id));
        found
    }
}

/// The rule, as a key: the least one claims.
fn precedence(rows: &[Row], id: RowId) -> (PatternKind, Reverse<usize>, RowId) {
    let pattern = &rows[id.0 as usize].pattern;
    let literal = match pattern.kind() {
        PatternKind::Wildcard => pattern.literal_len(),
        PatternKind::Exact | PatternKind::Regex => 0,
    };
    (pattern.kind(), Reverse(literal), id)
}

impl Wildcards {
    fn arrange(&mut self, rows: &[Row]) {
        self.by_rank.sort_by_cached_key(|id| precedence(rows, *id));
        let prefix = |rank: usize| rows[self.by_rank[rank].0 as usize].widest().literal_prefix();
        let mut ranks: Vec<usize> = (0..self.by_rank.len()).collect();
        ranks.sort_by_key(|rank| (prefix(*rank), *rank));
        // Sorted, so that a prefix comes right before all that begin with it.
        let mut chain: Vec<usize> = Vec::new();
        for same in ranks.chunk_by(|a, b| prefix(*a) == prefix(*b)) {
            let text = prefix(same[0]);
            while chain.pop_if(|top| !text.starts_with(&*self.nodes[*top].prefix)).is_some() {}
            let parent = chain.last().copied();
            let above = parent.map_or(usize::MAX, |parent| self.nodes[parent].best_upwards);
            chain.push(self.nodes.len());
            self.nodes.push(Node {
                prefix: text.into(),
                parent,
                ranks: same.to_vec(),
                best_upwards: above.min(same[0]),
            });
        }
    }

    /// The nodes whose prefix this name begins with, longest prefix first.
    fn chain(&self, name: &str) -> impl Iterator<Item = &Node> {
        let greater = self.nodes.partition_point(|node| *node.prefix <= *name);
        let nearest = greater.checked_sub(1).map(|at| &self.nodes[at]);
        // Every prefix of the name is a prefix of the nearest node's text as well.
        std::iter::successors(nearest, |node| node.parent.map(|parent| &self.nodes[parent]))
            .skip_while(|node| !name.starts_with(&*node.prefix))
    }

    fn below_prefixes_of(&self, name: &str) -> impl Iterator<Item = RowId> {
        self.chain(name).flat_map(|node| &node.ranks).map(|rank| self.by_rank[*rank])
    }

    fn best(&self, name: &str, fits: impl Fn(RowId) -> Option<Fit>) -> Option<(RowId, Fit)> {
        let mut best: Option<(usize, Fit)> = None;
        let beats = |rank: usize, best: &Option<(usize, Fit)>| best.is_none_or(|b| rank < b.0);
        for node in self.chain(name) {
            if !beats(node.best_upwards, &best) {
                break;
            }
            let better = node.ranks.iter().take_while(|rank| beats(**rank, &best));
            let found = better.copied().find_map(|r| Some((r, fits(self.by_rank[r])?)));
            best = found.or(best);
        }
        best.map(|(rank, fit)| (self.by_rank[rank], fit))
    }
}

impl Regexes {
    fn compile(&mut self, rows: &[Row]) {
        let patterns = self.rows.iter().map(|id| &rows[id.0 as usize].pattern);
        let sources: Vec<&str> = patterns.filter_map(|p| p.anchored_regex()).collect();
        if !sources.is_empty() {
            self.set = RegexSetBuilder::new(sources).size_limit(REGEX_SET_LIMIT).build().ok();
        }
    }

    /// The rows whose expression matches, in the order of the file.
    fn matching(&self, rows: &[Row], name: &str) -> impl Iterator<Item = RowId> {
        // Asking whether any matches allocates nothing, and most names match none.
        let some = self.set.as_ref().filter(|set| set.is_match(name)).map(|set| set.matches(name));
        let by_set = some.into_iter().flatten().map(|at| self.rows[at]);
        let one_by_one = if self.set.is_some() { &[][..] } else { &self.rows[..] };
        let matches = move |id: &RowId| rows[id.0 as usize].pattern.matches(name);
        by_set.chain(one_by_one.iter().copied().filter(matches))
    }
}
