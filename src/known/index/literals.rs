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

use super::ngrams::{Gram, Grams, MOST_BYTES, Where, grams, hashed};
use crate::known::Pattern;
use crate::known::pattern::regex_analysis::folded;
use std::borrow::Cow;
use std::collections::HashMap;

/// How much rarer one more byte is in names of which nothing is known.
const RARER: f64 = 0.25;

/// How many times as common as the rarest a gram may be that stands at one place only: so they stand at few places.
const NEARLY: u16 = 2;

/// Texts found in a name before those that came twice are dropped.
const MANY: usize = 256;

/// Counts for each byte of a text, so that few grams fall together.
const ROOM: usize = 8;

/// Patterns by bytes that each of them needs.
#[derive(Debug, Default)]
pub(crate) struct Needles {
    /// Finds grams, those of each length.
    found: Vec<Grams>,
    /// By gram: the places of the patterns that need it, rising.
    by_gram: Vec<Vec<usize>>,
    /// The places of the patterns that need no text, rising.
    needless: Vec<usize>,
    /// Whether a name may hold a letter of which a text is another case.
    folds: bool,
}

impl Needles {
    /// Arranges patterns; each is known by its place.
    pub(crate) fn new<'p>(patterns: impl Iterator<Item = &'p Pattern>) -> Needles {
        Needles::but_for(patterns, |_, _| false)
    }

    /// Arranges patterns; those are taken as if they needed no text of which `apart` says so, from how
    /// many patterns are likely to be tried in vain for it on each name.
    pub(crate) fn but_for<'p>(
        patterns: impl Iterator<Item = &'p Pattern>,
        apart: impl Fn(&'p Pattern, f64) -> bool,
    ) -> Needles {
        let patterns: Vec<&'p Pattern> = patterns.collect();
        let needs: Vec<Vec<Vec<Cow<'p, str>>>> = patterns.iter().map(|it| it.needs()).collect();
        let common = Common::new(needs.iter().flatten().flatten(), needs.len());
        let folds = |pattern: &&Pattern| {
            pattern.expression().is_some() || matches!(folded(pattern.as_str()), Cow::Owned(_))
        };
        let folds = patterns.iter().any(folds);
        let mut needles = Needles { folds, ..Needles::default() };
        let mut places: HashMap<Gram, usize> = HashMap::with_capacity(needs.len());
        // By the length of a leading gram, where such begin.
        let mut starts = [const { Vec::new() }; MOST_BYTES + 1];
        for (place, needs) in needs.iter().enumerate() {
            let leading = common.best_of(patterns[place].literal_prefix(), true);
            // What it begins with is its first need, too, and no better without its place.
            let others = needs.iter().skip(usize::from(leading.is_some()));
            let others = others.filter_map(|texts| common.best_of_each(texts));
            let best = leading.into_iter().chain(others).min_by(|a, b| a.cost.total_cmp(&b.cost));
            let Some(best) = best.filter(|best| !apart(patterns[place], best.cost)) else {
                needles.needless.push(place);
                continue;
            };
            for Found { gram, start } in best.grams {
                if gram.leads {
                    starts[gram.len].push(start);
                }
                let at = *places.entry(gram).or_insert(needles.by_gram.len());
                if at == needles.by_gram.len() {
                    needles.by_gram.push(Vec::new());
                }
                // Two texts of one pattern may have the same.
                if needles.by_gram[at].last() != Some(&place) {
                    needles.by_gram[at].push(place);
                }
            }
        }
        let grams = starts.into_iter().enumerate().skip(1).flat_map(|(len, mut starts)| {
            starts.sort_unstable();
            starts.dedup();
            let at = Grams::new(len, Where::At(starts), &places);
            [at, Grams::new(len, Where::Anywhere, &places)]
        });
        needles.found = grams.flatten().collect();
        needles
    }

    /// Hands over the places of the patterns that need a text of this name: a list, rising, for each text that
    /// stands in it. A place may come twice. Gives the steps that it took.
    pub(crate) fn for_each_in(&self, name: &str, mut each: impl FnMut(&[usize])) -> u64 {
        let mut found: Vec<usize> = Vec::new();
        let (mut steps, mut many) = (0, MANY);
        let name = if self.folds { folded(name) } else { Cow::Borrowed(name) };
        let mut note = |gram| {
            steps += 1;
            found.push(gram);
            // A long name may hold a text a thousand times.
            if found.len() >= many {
                found.sort_unstable();
                found.dedup();
                many = MANY.max(2 * found.len());
            }
        };
        self.found.iter().for_each(|grams| grams.for_each_in(&name, &mut note));
        if found.len() > 1 {
            found.sort_unstable();
            found.dedup();
        }
        found.iter().for_each(|gram| each(&self.by_gram[*gram]));
        steps
    }

    /// The places of the patterns that need a text of this name. A place may come twice.
    pub(crate) fn in_name(&self, name: &str) -> Vec<usize> {
        let mut places = Vec::new();
        self.for_each_in(name, |found| places.extend_from_slice(found));
        places
    }

    /// The places of the patterns that need no text, rising.
    pub(crate) fn needless(&self) -> &[usize] {
        &self.needless
    }

    /// The places of the patterns that could include this one, in no special order; a place may come twice.
    pub(crate) fn wider_than(&self, pattern: &Pattern) -> Vec<usize> {
        let mut found = self.needless.clone();
        for text in pattern.needs().iter().flatten() {
            self.for_each_in(text, |places| found.extend_from_slice(places));
        }
        found
    }
}

/// A gram, and where in its text it begins.
#[derive(Debug, Clone, Copy)]
struct Found {
    gram: Gram,
    start: usize,
}

/// What is best looked for.
#[derive(Debug)]
struct Best {
    /// How many patterns are likely to be tried in vain for it on each name.
    cost: f64,
    grams: Vec<Found>,
}

/// How common grams are among patterns.
struct Common {
    /// About how many times each comes: two that fall together count together.
    counts: Vec<u16>,
    bits: u32,
    patterns: f64,
}

impl Common {
    fn new<'t>(texts: impl Iterator<Item = &'t Cow<'t, str>> + Clone, patterns: usize) -> Common {
        let bytes: usize = texts.clone().map(|text| text.len()).sum();
        let bits = (ROOM * bytes).next_power_of_two().ilog2().clamp(8, 20);
        let mut counts = vec![0; 1 << bits];
        for text in texts.map(|text| folded(text)) {
            let len = text.len().min(MOST_BYTES);
            for gram in grams(len, text.as_bytes()) {
                let count: &mut u16 = &mut counts[hashed(gram).first(bits)];
                *count = count.saturating_add(1);
            }
        }
        Common { counts, bits, patterns: patterns as f64 }
    }

    /// Of each text the gram for which the fewest patterns are likely to be tried in vain; `None` where a text
    /// has none.
    fn best_of_each(&self, texts: &[Cow<'_, str>]) -> Option<Best> {
        let all = texts.iter().map(|text| self.best_of(text, false));
        all.reduce(|all, one| {
            let (mut all, one) = (all?, one?);
            all.cost += one.cost;
            all.grams.extend(one.grams);
            Some(all)
        })?
    }

    /// The same for one text; whether it `leads` its pattern.
    fn best_of(&self, text: &str, leads: bool) -> Option<Best> {
        let text = folded(text);
        let len = Some(text.len().min(MOST_BYTES)).filter(|len| *len > 0)?;
        let text = text.as_bytes();
        let counts = || grams(len, text).map(|bytes| self.counts[hashed(bytes).first(self.bits)]);
        let least = counts().min()?;
        let most = if leads { least.saturating_mul(NEARLY) } else { least };
        // Of several the last, since names mostly differ towards their ends; or the one at the roundest number, where
        // others that lead are looked for too.
        let round = |start: usize| if leads { start.trailing_zeros() } else { 0 };
        let all = grams(len, text).enumerate().zip(counts());
        let rare = all.filter(|(_, count)| *count <= most);
        let ((start, bytes), _) = rare.max_by_key(|((start, _), _)| (round(*start), *start))?;
        let found = (f64::from(least) / self.patterns).max(RARER.powi(len as i32));
        let gram = Gram { len, leads, bytes };
        Some(Best { cost: f64::from(least) * found, grams: vec![Found { gram, start }] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever pattern matches a name is among those that are found.
        #[test]
        fn no_pattern_is_overlooked(
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
            let needles = Needles::new(parsed.iter());
            let likely = patterns.iter().map(|text| text.replace(['*', '?'], "a"));
            for name in likely.chain([name]) {
                let mut found = needles.in_name(&name);
                found.extend_from_slice(needles.needless());
                for (place, pattern) in parsed.iter().enumerate() {
                    prop_assert!(!pattern.matches(&name) || found.contains(&place), "{pattern:?}");
                }
            }
        }
    }

    #[test]
    fn the_bytes_are_looked_for_that_tell_patterns_apart() {
        let texts: Vec<String> = (10..60).map(|at| format!("smb2.lease.*.v{at}")).collect();
        let patterns: Vec<Pattern> = texts.iter().map(|it| Pattern::parse(it).unwrap()).collect();
        let needles = Needles::new(patterns.iter());
        assert_eq!(needles.in_name("smb2.lease.basic.v17"), [7]);
        assert_eq!(needles.in_name("smb2.lease.basic"), [0; 0]);
        assert_eq!(needles.needless(), [0; 0]);
    }
}
