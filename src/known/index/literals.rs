//! Which of many patterns a text could match, without trying them all: those that need a few bytes it holds.
//!
//! In: patterns, then a name. Out: the places of the patterns that could match it, found in one pass over
//! the name, however many patterns there are. A newcomer's trap: of a pattern's texts the bytes are looked for
//! that tell it best from the others; in `smb2.lease.*.v17` beside a thousand rows like it those are at the
//! end of `.v17`. What a pattern begins with can stand at one place of a name only: if there is nothing else to
//! look for, a few places of the name are looked at. Upper and lower case are one here, since an expression may
//! not tell them apart.
//!
//! The idea: <https://en.wikipedia.org/wiki/N-gram>

use super::ngrams::{MAX_NGRAM_LEN, Ngram, Ngrams, Position, hash, ngrams};
use crate::known::Pattern;
use crate::known::pattern::regex_analysis::fold_ascii_lookalikes;
use std::borrow::Cow;
use std::collections::HashMap;

/// How much rarer one more byte is in names of which nothing is known.
const RARITY_PER_BYTE: f64 = 0.25;

/// How many times as common as the rarest a gram may be that stands at one place only: so they stand at few places.
const PREFIX_TOLERANCE: u16 = 2;

/// Texts found in a name before those that came twice are dropped.
const DEDUP_THRESHOLD: usize = 256;

/// Counts for each byte of a text, so that few grams fall together.
const COUNTERS_PER_BYTE: usize = 8;

/// Patterns by bytes that each of them needs.
#[derive(Debug, Default)]
pub(crate) struct LiteralIndex {
    /// Finds grams, those of each length.
    ngrams: Vec<Ngrams>,
    /// By gram: the places of the patterns that need it, rising.
    by_ngram: Vec<Vec<usize>>,
    /// The places of the patterns that need no text, rising.
    without_literals: Vec<usize>,
    /// Whether a name may hold a letter of which a text is another case.
    folds_lookalikes: bool,
}

impl LiteralIndex {
    /// Arranges patterns; each is known by its place.
    pub(crate) fn new<'p>(patterns: impl Iterator<Item = &'p Pattern>) -> LiteralIndex {
        LiteralIndex::excluding(patterns, |_, _| false)
    }

    /// Arranges patterns; those are taken as if they needed no text of which `apart` says so, from how
    /// many patterns are likely to be tried in vain for it on each name.
    pub(crate) fn excluding<'p>(
        patterns: impl Iterator<Item = &'p Pattern>,
        exclude: impl Fn(&'p Pattern, f64) -> bool,
    ) -> LiteralIndex {
        let patterns: Vec<&'p Pattern> = patterns.collect();
        let literals: Vec<Vec<Vec<Cow<'p, str>>>> =
            patterns.iter().map(|pattern| pattern.required_literals()).collect();
        let frequencies =
            NgramFrequencies::new(literals.iter().flatten().flatten(), literals.len());
        let needs_folding = |pattern: &&Pattern| {
            pattern.as_regex().is_some()
                || matches!(fold_ascii_lookalikes(pattern.as_str()), Cow::Owned(_))
        };
        let folds_lookalikes = patterns.iter().any(needs_folding);
        let mut literal_index = LiteralIndex { folds_lookalikes, ..LiteralIndex::default() };
        let mut indices: HashMap<Ngram, usize> = HashMap::with_capacity(literals.len());
        // By the length of a leading gram, where such begin.
        let mut starts = [const { Vec::new() }; MAX_NGRAM_LEN + 1];
        for (pattern_index, literals) in literals.iter().enumerate() {
            let prefix = frequencies.best_for(patterns[pattern_index].literal_prefix(), true);
            // What it begins with is its first need, too, and no better without its place.
            let others = literals.iter().skip(usize::from(prefix.is_some()));
            let others = others.filter_map(|texts| frequencies.best_for_each(texts));
            let best = prefix.into_iter().chain(others).min_by(|a, b| a.cost.total_cmp(&b.cost));
            let Some(best) = best.filter(|best| !exclude(patterns[pattern_index], best.cost))
            else {
                literal_index.without_literals.push(pattern_index);
                continue;
            };
            for PlacedNgram { ngram, start } in best.ngrams {
                if ngram.is_prefix {
                    starts[ngram.len].push(start);
                }
                let at = *indices.entry(ngram).or_insert(literal_index.by_ngram.len());
                if at == literal_index.by_ngram.len() {
                    literal_index.by_ngram.push(Vec::new());
                }
                // Two texts of one pattern may have the same.
                if literal_index.by_ngram[at].last() != Some(&pattern_index) {
                    literal_index.by_ngram[at].push(pattern_index);
                }
            }
        }
        let ngrams = starts.into_iter().enumerate().skip(1).flat_map(|(len, mut starts)| {
            starts.sort_unstable();
            starts.dedup();
            let prefixes = Ngrams::new(len, Position::At(starts), &indices);
            [prefixes, Ngrams::new(len, Position::Anywhere, &indices)]
        });
        literal_index.ngrams = ngrams.flatten().collect();
        literal_index
    }

    /// Hands over the places of the patterns that need a text of this name: a list, rising, for each text that
    /// stands in it. A place may come twice. Gives the steps that it took.
    pub(crate) fn for_each_candidate(&self, name: &str, mut each: impl FnMut(&[usize])) -> u64 {
        let mut found: Vec<usize> = Vec::new();
        let (mut steps, mut dedup_at) = (0, DEDUP_THRESHOLD);
        let name =
            if self.folds_lookalikes { fold_ascii_lookalikes(name) } else { Cow::Borrowed(name) };
        let mut note = |gram| {
            steps += 1;
            found.push(gram);
            // A long name may hold a text a thousand times.
            if found.len() >= dedup_at {
                found.sort_unstable();
                found.dedup();
                dedup_at = DEDUP_THRESHOLD.max(2 * found.len());
            }
        };
        self.ngrams.iter().for_each(|grams| grams.for_each_match(&name, &mut note));
        if found.len() > 1 {
            found.sort_unstable();
            found.dedup();
        }
        found.iter().for_each(|gram| each(&self.by_ngram[*gram]));
        steps
    }

    /// The places of the patterns that need a text of this name. A place may come twice.
    pub(crate) fn candidates(&self, name: &str) -> Vec<usize> {
        let mut indices = Vec::new();
        self.for_each_candidate(name, |found| indices.extend_from_slice(found));
        indices
    }

    /// The places of the patterns that need no text, rising.
    pub(crate) fn without_literals(&self) -> &[usize] {
        &self.without_literals
    }

    /// The places of the patterns that could include this one, in no special order; a place may come twice.
    pub(crate) fn superset_candidates(&self, pattern: &Pattern) -> Vec<usize> {
        let mut found = self.without_literals.clone();
        for text in pattern.required_literals().iter().flatten() {
            self.for_each_candidate(text, |places| found.extend_from_slice(places));
        }
        found
    }
}

/// A gram, and where in its text it begins.
#[derive(Debug, Clone, Copy)]
struct PlacedNgram {
    ngram: Ngram,
    start: usize,
}

/// What is best looked for.
#[derive(Debug)]
struct BestNgrams {
    /// How many patterns are likely to be tried in vain for it on each name.
    cost: f64,
    ngrams: Vec<PlacedNgram>,
}

/// How common grams are among patterns.
struct NgramFrequencies {
    /// About how many times each comes: two that fall together count together.
    counts: Vec<u16>,
    bits: u32,
    pattern_count: f64,
}

impl NgramFrequencies {
    fn new<'t>(
        texts: impl Iterator<Item = &'t Cow<'t, str>> + Clone,
        pattern_count: usize,
    ) -> NgramFrequencies {
        let bytes: usize = texts.clone().map(|text| text.len()).sum();
        let bits = (COUNTERS_PER_BYTE * bytes).next_power_of_two().ilog2().clamp(8, 20);
        let mut counts = vec![0; 1 << bits];
        for text in texts.map(|text| fold_ascii_lookalikes(text)) {
            let len = text.len().min(MAX_NGRAM_LEN);
            for ngram in ngrams(len, text.as_bytes()) {
                let count: &mut u16 = &mut counts[hash(ngram).top_bits(bits)];
                *count = count.saturating_add(1);
            }
        }
        NgramFrequencies { counts, bits, pattern_count: pattern_count as f64 }
    }

    /// Of each text the gram for which the fewest patterns are likely to be tried in vain; `None` where a text
    /// has none.
    fn best_for_each(&self, texts: &[Cow<'_, str>]) -> Option<BestNgrams> {
        let all = texts.iter().map(|text| self.best_for(text, false));
        all.reduce(|all, one| {
            let (mut all, one) = (all?, one?);
            all.cost += one.cost;
            all.ngrams.extend(one.ngrams);
            Some(all)
        })?
    }

    /// The same for one text; whether it `leads` its pattern.
    fn best_for(&self, text: &str, is_prefix: bool) -> Option<BestNgrams> {
        let text = fold_ascii_lookalikes(text);
        let len = Some(text.len().min(MAX_NGRAM_LEN)).filter(|len| *len > 0)?;
        let text = text.as_bytes();
        let counts = || ngrams(len, text).map(|bytes| self.counts[hash(bytes).top_bits(self.bits)]);
        let min_count = counts().min()?;
        let max_count =
            if is_prefix { min_count.saturating_mul(PREFIX_TOLERANCE) } else { min_count };
        // Of several the last, since names mostly differ towards their ends; or the one at the roundest number, where
        // others that lead are looked for too.
        let roundness = |start: usize| if is_prefix { start.trailing_zeros() } else { 0 };
        let all = ngrams(len, text).enumerate().zip(counts());
        let rare = all.filter(|(_, count)| *count <= max_count);
        let ((start, bytes), _) = rare.max_by_key(|((start, _), _)| (roundness(*start), *start))?;
        let probability =
            (f64::from(min_count) / self.pattern_count).max(RARITY_PER_BYTE.powi(len as i32));
        let ngram = Ngram { len, is_prefix, bytes };
        Some(BestNgrams {
            cost: f64::from(min_count) * probability,
            ngrams: vec![PlacedNgram { ngram, start }],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever pattern matches a name is among those that are found.
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
            let parsed: Vec<Pattern> =
                patterns.iter().map(|text| Pattern::parse(text).unwrap()).collect();
            let literal_index = LiteralIndex::new(parsed.iter());
            let likely = patterns.iter().map(|text| text.replace(['*', '?'], "a"));
            for name in likely.chain([name]) {
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
