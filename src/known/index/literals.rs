//! Literal prefilter: finds the patterns of which a required n-gram occurs in a name, in one pass over the name.
//!
//! Each pattern is indexed by the n-gram of its required literals that distinguishes it best from the others; for
//! `smb2.lease.*.v17` among a thousand rows like it, that is the end of `.v17`. The literal prefix of a pattern can
//! only occur at the start of a name, so only a few positions are searched for its n-grams. Upper and lower case are
//! treated as equal, since a regular expression may ignore case.
//!
//! See <https://en.wikipedia.org/wiki/N-gram>.

use super::ngrams::{MAX_NGRAM_LEN, Ngram, Ngrams, Position, hash, ngrams};
use crate::known::Pattern;
use crate::known::pattern::regex_analysis::fold_ascii_lookalikes;
use std::collections::HashMap;

/// The probability of an n-gram in names of which nothing is known, by byte.
const PROBABILITY_PER_BYTE: f64 = 0.25;

/// How many times as common as the rarest one a prefix's n-gram may be, so that few positions are searched.
const PREFIX_TOLERANCE: u16 = 2;

/// Number of n-grams found in a name from which on repetitions are dropped early.
const DEDUP_THRESHOLD: usize = 256;

/// Counters for each byte of the literals, so that few n-grams share one.
const COUNTERS_PER_BYTE: usize = 8;

/// Patterns by an n-gram that each of them requires. A pattern is known by its index.
#[derive(Debug, Default)]
pub(crate) struct LiteralIndex {
    searches: Vec<Ngrams>,
    /// By n-gram: the patterns that require it, ascending.
    by_ngram: Vec<Vec<usize>>,
    /// The patterns that are indexed by no n-gram, ascending.
    without_literals: Vec<usize>,
}

impl LiteralIndex {
    pub(crate) fn new<'p>(patterns: impl Iterator<Item = &'p Pattern>) -> LiteralIndex {
        LiteralIndex::excluding(patterns, |_, _| false)
    }

    /// Patterns for which `exclude` is true are treated as if they had no literals; it gets the expected number of
    /// patterns that each name is tried on without a match because of the n-gram.
    pub(crate) fn excluding<'p>(
        patterns: impl Iterator<Item = &'p Pattern>,
        exclude: impl Fn(&'p Pattern, f64) -> bool,
    ) -> LiteralIndex {
        let patterns: Vec<&'p Pattern> = patterns.collect();
        let frequencies = NgramFrequencies::new(&patterns);
        let mut literal_index = LiteralIndex::default();
        let mut indices: HashMap<Ngram, usize> = HashMap::with_capacity(patterns.len());
        // By length: where n-grams of prefixes start.
        let mut starts = [const { Vec::new() }; MAX_NGRAM_LEN + 1];
        for (pattern_index, pattern) in patterns.into_iter().enumerate() {
            let best = frequencies.best_of(pattern).filter(|best| !exclude(pattern, best.cost));
            let Some(RareNgram { ngram, start, .. }) = best else {
                literal_index.without_literals.push(pattern_index);
                continue;
            };
            if ngram.is_prefix {
                starts[ngram.len].push(start);
            }
            let index = *indices.entry(ngram).or_insert(literal_index.by_ngram.len());
            if index == literal_index.by_ngram.len() {
                literal_index.by_ngram.push(Vec::new());
            }
            literal_index.by_ngram[index].push(pattern_index);
        }
        let searches = starts.into_iter().enumerate().skip(1).flat_map(|(len, mut starts)| {
            starts.sort_unstable();
            starts.dedup();
            let prefixes = Ngrams::new(len, Position::At(starts), &indices);
            [prefixes, Ngrams::new(len, Position::Anywhere, &indices)]
        });
        literal_index.searches = searches.flatten().collect();
        literal_index
    }

    /// Calls `each` with the patterns of each n-gram that occurs in the name, ascending. Adds the steps to `steps`.
    pub(crate) fn for_each_candidate(
        &self,
        name: &str,
        steps: &mut u64,
        mut each: impl FnMut(&[usize]),
    ) {
        let mut found: Vec<usize> = Vec::new();
        let mut dedup_at = DEDUP_THRESHOLD;
        let name = fold_ascii_lookalikes(name);
        let mut note = |ngram| {
            *steps += 1;
            found.push(ngram);
            // A long name may contain an n-gram a thousand times.
            if found.len() >= dedup_at {
                found.sort_unstable();
                found.dedup();
                dedup_at = DEDUP_THRESHOLD.max(2 * found.len());
            }
        };
        self.searches.iter().for_each(|search| search.for_each_match(&name, &mut note));
        if found.len() > 1 {
            found.sort_unstable();
            found.dedup();
        }
        found.iter().for_each(|ngram| each(&self.by_ngram[*ngram]));
    }

    /// The patterns whose n-gram occurs in the name, in no particular order.
    pub(crate) fn candidates(&self, name: &str) -> Vec<usize> {
        let mut indices = Vec::new();
        self.for_each_candidate(name, &mut 0, |found| indices.extend_from_slice(found));
        indices
    }

    /// The patterns that are indexed by no n-gram, ascending: they could match any name.
    pub(crate) fn without_literals(&self) -> &[usize] {
        &self.without_literals
    }

    /// The patterns that could be a superset of this one, in no particular order and possibly repeated.
    pub(crate) fn superset_candidates(&self, pattern: &Pattern) -> Vec<usize> {
        let mut found = self.without_literals.clone();
        for literal in pattern.required_literals() {
            self.for_each_candidate(literal, &mut 0, |indices| found.extend_from_slice(indices));
        }
        found
    }
}

/// The n-gram to search for.
#[derive(Debug)]
struct RareNgram {
    ngram: Ngram,
    /// Where it starts in its literal.
    start: usize,
    /// The expected number of patterns that each name is tried on without a match because of it.
    cost: f64,
}

struct NgramFrequencies {
    /// By hash, so that n-grams with the same hash are counted together.
    counts: Vec<u16>,
    bits: u32,
    pattern_count: f64,
}

impl NgramFrequencies {
    fn new(patterns: &[&Pattern]) -> NgramFrequencies {
        let literals: Vec<&str> = patterns.iter().flat_map(|p| p.required_literals()).collect();
        let bytes: usize = literals.iter().map(|literal| literal.len()).sum();
        let bits = (COUNTERS_PER_BYTE * bytes).next_power_of_two().ilog2().clamp(8, 20);
        let mut counts = vec![0; 1 << bits];
        for literal in literals.into_iter().map(fold_ascii_lookalikes) {
            let len = literal.len().min(MAX_NGRAM_LEN);
            for ngram in ngrams(len, literal.as_bytes()) {
                let count: &mut u16 = &mut counts[hash(ngram).top_bits(bits)];
                *count = count.saturating_add(1);
            }
        }
        NgramFrequencies { counts, bits, pattern_count: patterns.len() as f64 }
    }

    /// The n-gram with the lowest cost; `None` if the pattern has no literals.
    fn best_of(&self, pattern: &Pattern) -> Option<RareNgram> {
        let prefix = self.rarest(pattern.literal_prefix(), true);
        // The prefix is the first literal, too, and is rarer with its position.
        let others = pattern.required_literals().into_iter().skip(usize::from(prefix.is_some()));
        let others = others.filter_map(|literal| self.rarest(literal, false));
        prefix.into_iter().chain(others).min_by(|a, b| a.cost.total_cmp(&b.cost))
    }

    /// The rarest n-gram of a literal, or one for a prefix that is nearly as rare; `None` if it is empty.
    fn rarest(&self, literal: &str, is_prefix: bool) -> Option<RareNgram> {
        let literal = fold_ascii_lookalikes(literal);
        let len = Some(literal.len().min(MAX_NGRAM_LEN)).filter(|len| *len > 0)?;
        let literal = literal.as_bytes();
        let counts =
            || ngrams(len, literal).map(|bytes| self.counts[hash(bytes).top_bits(self.bits)]);
        let min_count = counts().min()?;
        let max_count =
            if is_prefix { min_count.saturating_mul(PREFIX_TOLERANCE) } else { min_count };
        // Names differ mostly towards their ends, so the last one is the best. Prefixes prefer the roundest position,
        // so that few positions have to be searched.
        let roundness = |start: usize| if is_prefix { start.trailing_zeros() } else { 0 };
        let all = ngrams(len, literal).enumerate().zip(counts());
        let rare = all.filter(|(_, count)| *count <= max_count);
        let ((start, bytes), _) = rare.max_by_key(|((start, _), _)| (roundness(*start), *start))?;
        let probability =
            (f64::from(min_count) / self.pattern_count).max(PROBABILITY_PER_BYTE.powi(len as i32));
        let cost = f64::from(min_count) * probability;
        Some(RareNgram { ngram: Ngram { len, is_prefix, bytes }, start, cost })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The prefilter never drops a pattern that matches.
        #[test]
        fn every_matching_pattern_is_a_candidate(
            patterns in prop::collection::vec(
                prop_oneof![
                    r"[abB.]{0,12}(\*|\?)[ab.]{0,12}\??",
                    r"[abB.]{1,12}(\*[ab]{0,2})?",
                    r"re:(\(\?i\))?[abks.]{1,4}(\(a\|Bb\))?[ab]{0,12}[.]\*?[aA]b",
                ],
                1..8,
            ),
            name in "[abABksK\u{212a}\u{17f}.é]{0,30}",
        ) {
            let parse = |(index, text): (usize, &String)| {
                let pattern = Pattern::parse(text).unwrap();
                if index % 3 == 0 { pattern.into_end() } else { pattern }
            };
            let parsed: Vec<Pattern> = patterns.iter().enumerate().map(parse).collect();
            let literal_index = LiteralIndex::new(parsed.iter());
            let likely = patterns.iter().map(|text| text.replace(['*', '?'], "a"));
            let ends = likely.clone().map(|name| format!("b.{name}"));
            for name in likely.chain(ends).chain([name]) {
                let mut found = literal_index.candidates(&name);
                found.extend_from_slice(literal_index.without_literals());
                for (index, pattern) in parsed.iter().enumerate() {
                    prop_assert!(!pattern.matches(&name) || found.contains(&index), "{pattern:?}");
                }
            }
        }
    }

    #[test]
    fn distinguishing_ngrams_are_searched() {
        let texts: Vec<String> = (10..60).map(|at| format!("smb2.lease.*.v{at}")).collect();
        let patterns: Vec<Pattern> =
            texts.iter().map(|text| Pattern::parse(text).unwrap()).collect();
        let literal_index = LiteralIndex::new(patterns.iter());
        assert_eq!(literal_index.candidates("smb2.lease.basic.v17"), [7]);
        assert_eq!(literal_index.candidates("smb2.lease.basic"), [0; 0]);
        assert_eq!(literal_index.without_literals(), [0; 0]);
    }
}
