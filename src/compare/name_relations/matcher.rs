//! Finds the rows that a name is related to, by the words that they have in common.

use super::relate::{
    NameRelation, NameRemedy, Related, relate_part, relate_stem, relate_stem_end, relate_whole,
};
use super::words::{MAX_WORDS, Words};
use crate::known::{KnownFailures, Pattern, RowId};
use crate::model::{BuildIdentityHasher, Variant};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

/// Rows that are compared.
const MAX_ROWS: usize = 20_000;
/// Rows with the same words that are compared with a name.
const MAX_ROWS_PER_KEY: usize = 8;
/// Names that a row is compared with: the name of a suite may be part of all others.
const MAX_NAMES_PER_ROW: u32 = 20_000;
/// Pairs that are compared in full.
const MAX_PAIRS: usize = 500_000;
/// Look-ups of words, and rows that they find: also rows that a variant excludes take time.
const MAX_STEPS: usize = 50_000_000;
/// How many look-ups take as long as a row that one finds.
const STEPS_PER_ROW: usize = 25;

/// One way in which rows and tests differ, and what makes them match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameHint {
    pub relation: NameRelation,
    /// The rows that it explains, in the order of the documents.
    pub rows: Vec<RowId>,
    /// The number of tests that these rows would claim.
    pub tests: u64,
    /// The test of the first of these rows: of several, the first that was compared.
    pub test: Arc<str>,
    /// What makes that row match that test.
    pub remedy: NameRemedy,
}

/// Compares rows that match no test with tests that no row claims.
#[derive(Debug)]
pub struct NameMatcher<'k> {
    known: &'k KnownFailures,
    /// Exact rows, and wildcards by their stem, by all of their words.
    whole: RowsByWords,
    /// Exact rows by those of their ends and beginnings that may be a whole name.
    parts: RowsByWords,
    /// Wildcards by the ends of their stems.
    stem_ends: RowsByWords,
    /// The numbers of words of the rows.
    lengths: Vec<usize>,
    words: Words,
    pairs: Vec<Pair>,
    compared: usize,
    steps: usize,
    /// By row: the number of names that it was compared with.
    compared_by_row: Vec<u32>,
}

/// Rows by the hash of some of their words, each with where those are.
type RowsByWords = HashMap<u64, Vec<(RowId, Range<usize>)>, BuildIdentityHasher>;

#[derive(Debug)]
struct Pair {
    row: RowId,
    related: Related,
    test: (Arc<str>, Variant),
}

/// The words that a row and a name have in common.
#[derive(Debug)]
enum CommonWords {
    /// All of the row's, or of its stem's.
    Part { in_row: Range<usize>, in_name: Range<usize>, words: usize },
    /// All of the name's.
    WholeName,
    /// The end of the row's stem, from here on, and the beginning of the name.
    StemEnd { offset: usize },
}

impl CommonWords {
    fn relate(&self, pattern: &Pattern, name: &str) -> Option<Related> {
        match (self, pattern.exact_name()) {
            (CommonWords::Part { in_row, in_name, words }, Some(row)) => {
                relate_part(row, in_row, name, in_name, *words)
            }
            (CommonWords::Part { in_row, in_name, words: _ }, None) => {
                relate_stem(pattern, in_row, name, in_name)
            }
            (CommonWords::WholeName, row) => relate_whole(row?, name),
            (CommonWords::StemEnd { offset }, _) => relate_stem_end(pattern, *offset, name),
        }
    }
}

impl<'k> NameMatcher<'k> {
    /// A matcher for some rows of a list.
    pub fn new(known: &'k KnownFailures, rows: impl IntoIterator<Item = RowId>) -> NameMatcher<'k> {
        let mut matcher = NameMatcher {
            known,
            whole: RowsByWords::default(),
            parts: RowsByWords::default(),
            stem_ends: RowsByWords::default(),
            lengths: Vec::new(),
            words: Words::new(),
            pairs: Vec::new(),
            compared: 0,
            steps: 0,
            compared_by_row: vec![0; known.rows().len()],
        };
        let mut lengths = [false; MAX_WORDS + 1];
        for row in rows.into_iter().take(MAX_ROWS) {
            if let Some(length) = matcher.add_row(row) {
                lengths[length] = true;
            }
        }
        matcher.lengths = (0..lengths.len()).filter(|length| lengths[*length]).collect();
        matcher
    }

    /// Adds a row; its number of words, if it can be compared.
    fn add_row(&mut self, id: RowId) -> Option<usize> {
        let pattern = &self.known.row(id).pattern;
        let stem = pattern.stem();
        let text = pattern.exact_name().or(stem)?;
        if !self.words.split(text) {
            return None;
        }
        let (words, count) = (&self.words, self.words.len());
        let add = |rows: &mut RowsByWords, part: Range<usize>| {
            let rows = rows.entry(words.hash(part.clone())).or_default();
            if rows.len() < MAX_ROWS_PER_KEY {
                rows.push((id, words.span(part)));
            }
        };
        add(&mut self.whole, 0..count);
        let ends = if stem.is_some() { &mut self.stem_ends } else { &mut self.parts };
        (1..count).for_each(|start| add(ends, start..count));
        let may_end =
            |end: &usize| text[words.span(0..*end).end..].starts_with([' ', '[', '(', '<', '{']);
        if stem.is_none() {
            (1..count).filter(may_end).for_each(|end| add(&mut self.parts, 0..end));
        }
        Some(count)
    }

    /// Whether there is a row to compare names with.
    pub fn has_rows(&self) -> bool {
        !self.lengths.is_empty()
    }

    /// Compares a test that no row claims. Of several for a row, the first is the example.
    pub fn add(&mut self, name: &str, variant: &Variant) {
        if self.is_exhausted() || !self.words.split(name) {
            return;
        }
        let mut test: Option<Arc<str>> = None;
        for (id, common) in self.candidates() {
            let compared = &mut self.compared_by_row[id.0 as usize];
            let row = self.known.row(id);
            if *compared >= MAX_NAMES_PER_ROW || !row.variants.allows(variant) {
                continue;
            }
            *compared += 1;
            self.compared += 1;
            if let Some(related) = common.relate(&row.pattern, name) {
                let test = test.get_or_insert_with(|| name.into()).clone();
                self.pairs.push(Pair { row: id, related, test: (test, variant.clone()) });
            }
        }
    }

    fn is_exhausted(&self) -> bool {
        self.compared >= MAX_PAIRS || self.steps >= MAX_STEPS
    }

    /// The rows that have words in common with the name that was split last.
    fn candidates(&mut self) -> Vec<(RowId, CommonWords)> {
        let (words, count) = (&self.words, self.words.len());
        let (mut found, mut lookups) = (Vec::new(), 0);
        let mut find = |rows: &RowsByWords, hash, common: &dyn Fn(&Range<usize>) -> CommonWords| {
            lookups += 1;
            let rows = rows.get(&hash).into_iter().flatten();
            found.extend(rows.map(|(id, in_row)| (*id, common(in_row))));
        };
        for &length in self.lengths.iter().take_while(|length| **length <= count) {
            for start in 0..=count - length {
                let part = start..start + length;
                find(&self.whole, words.hash(part.clone()), &|in_row| CommonWords::Part {
                    in_row: in_row.clone(),
                    in_name: words.span(part.clone()),
                    words: length,
                });
            }
        }
        find(&self.parts, words.hash(0..count), &|_| CommonWords::WholeName);
        let ends = if self.stem_ends.is_empty() { 0 } else { count };
        for end in 1..=ends {
            find(&self.stem_ends, words.hash(0..end), &|in_stem| CommonWords::StemEnd {
                offset: in_stem.start,
            });
        }
        self.steps += lookups + found.len() * STEPS_PER_ROW;
        found
    }

    /// The hints, the closest relation first. `claiming` is the number of rows that claim tests: they would no longer,
    /// if each name had a prefix.
    pub fn finish(self, claiming: usize) -> Vec<NameHint> {
        let mut closest: BTreeMap<RowId, NameRelation> = BTreeMap::new();
        for pair in &self.pairs {
            let relation = closest.entry(pair.row).or_insert(pair.related.0);
            *relation = pair.related.0.min(*relation);
        }
        let mut by_relation: BTreeMap<NameRelation, Vec<Pair>> = BTreeMap::new();
        for pair in self.pairs {
            if closest.get(&pair.row) == Some(&pair.related.0) {
                by_relation.entry(pair.related.0).or_default().push(pair);
            }
        }
        let hint = |(relation, mut pairs): (NameRelation, Vec<Pair>)| {
            let prefix = most_frequent_prefix(&pairs, claiming);
            if let Some(prefix) = &prefix {
                pairs.retain(|pair| prefix_of(pair) == Some(prefix));
            }
            hint(relation, pairs, prefix.is_some())
        };
        by_relation.into_iter().filter_map(hint).collect()
    }
}

fn prefix_of(pair: &Pair) -> Option<&str> {
    match &pair.related.1 {
        NameRemedy::Prefix { prefix, .. } => Some(prefix),
        NameRemedy::Row(_) => None,
    }
}

/// The prefix that makes the most rows match, if they are more than those that would no longer match.
fn most_frequent_prefix(pairs: &[Pair], claiming: usize) -> Option<String> {
    let mut rows: BTreeMap<&str, BTreeSet<RowId>> = BTreeMap::new();
    for pair in pairs {
        if let Some(prefix) = prefix_of(pair) {
            rows.entry(prefix).or_default().insert(pair.row);
        }
    }
    let counts = rows.into_iter().map(|(prefix, rows)| (rows.len(), prefix));
    // Of several, the first in alphabetical order.
    let best = counts.rev().max_by_key(|(rows, _)| *rows);
    best.filter(|(rows, _)| *rows > claiming).map(|(_, prefix)| prefix.to_owned())
}

fn hint(relation: NameRelation, pairs: Vec<Pair>, has_prefix: bool) -> Option<NameHint> {
    let rows: BTreeSet<RowId> = pairs.iter().map(|pair| pair.row).collect();
    let tests: BTreeSet<&(Arc<str>, Variant)> = pairs.iter().map(|pair| &pair.test).collect();
    let tests = tests.len() as u64;
    // Of several, the first one.
    let example = pairs.into_iter().min_by_key(|pair| pair.row)?;
    let remedy = match example.related.1 {
        NameRemedy::Prefix { prefix, row } if has_prefix => NameRemedy::Prefix { prefix, row },
        NameRemedy::Prefix { prefix: _, row } | NameRemedy::Row(row) => NameRemedy::Row(row),
    };
    Some(NameHint {
        relation,
        rows: rows.into_iter().collect(),
        tests,
        test: example.test.0,
        remedy,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hints(row: &str, name: &str) -> Vec<NameHint> {
        let text = format!("| Test |\n| --- |\n| `{row}` |\n");
        let known = KnownFailures::read_bytes(vec![("K.md".into(), text.into_bytes())]);
        let ids: Vec<RowId> = known.rows_with_ids().map(|(id, _)| id).collect();
        let mut matcher = NameMatcher::new(&known, ids);
        matcher.add(name, &Variant::default());
        matcher.finish(0)
    }

    proptest! {
        #[test]
        fn each_remedy_matches_the_test(
            row in "[aB]{1,2}([./:# \\[_*-]{1,2}[ab1t]{1,2}){0,3}[*)]?",
            name in "([ab][./:#]){0,2}[ab]{1,2}([./:# \\[_*-]{1,2}[ab1t]{1,2}){0,3}[)]?",
        ) {
            for hint in hints(&row, &name) {
                let (pattern, name) = match &hint.remedy {
                    NameRemedy::Row(pattern) => (pattern, name.clone()),
                    NameRemedy::Prefix { prefix, row: pattern } => {
                        prop_assert!(Pattern::parse(pattern).is_ok_and(|p| p.matches(&name)));
                        (&row, format!("{prefix}{name}"))
                    }
                };
                let is_match = Pattern::parse(pattern).is_ok_and(|pattern| pattern.matches(&name));
                prop_assert!(is_match, "{:?}", hint);
            }
        }
    }

    #[test]
    fn rows_that_a_variant_excludes_count_as_work() {
        let mut text = "| Test | Variants |\n| --- | --- |\n".to_owned();
        for (words, separator) in
            (1..MAX_WORDS).flat_map(|n| "./:#-_+~".chars().map(move |c| (n, c)))
        {
            text +=
                &format!("| `{}` | linux |\n", vec!["a"; words + 1].join(&separator.to_string()));
        }
        let known = KnownFailures::read_bytes(vec![("K.md".into(), text.into())]);
        let ids = known.rows_with_ids().map(|(id, _)| id);
        let mut matcher = NameMatcher::new(&known, ids);
        let (name, variant) = (["a"; MAX_WORDS].join("."), Variant::new("windows"));
        matcher.add(&name, &variant);
        let steps = matcher.steps;
        assert!(steps > 100_000, "{steps}");
        for _ in 0..2 * MAX_STEPS / steps {
            matcher.add(&name, &variant);
        }
        assert!((MAX_STEPS..MAX_STEPS + steps).contains(&matcher.steps), "{}", matcher.steps);
        assert_eq!((matcher.compared, matcher.finish(0)), (0, Vec::new()));
    }

    #[test]
    fn one_row_does_not_keep_others_from_being_compared() {
        let text = "| Test |\n| --- |\n| suite |\n| b |\n";
        let known = KnownFailures::read_bytes(vec![("K.md".into(), text.into())]);
        let mut matcher = NameMatcher::new(&known, [RowId(0), RowId(1)]);
        for n in 0..=MAX_NAMES_PER_ROW {
            matcher.add(&format!("suite.n{n}"), &Variant::default());
        }
        matcher.add("other.b", &Variant::default());
        let counts: Vec<(NameRelation, u64)> =
            matcher.finish(0).iter().map(|hint| (hint.relation, hint.tests)).collect();
        let group = (NameRelation::Group, u64::from(MAX_NAMES_PER_ROW));
        assert_eq!(counts, [(NameRelation::EndOfName, 1), group]);
    }
}
