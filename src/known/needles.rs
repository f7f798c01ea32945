//! Which of many patterns a text could match, without trying them all: those that need a text it holds.
//!
//! In: patterns, then a name. Out: the places of the patterns that could match it, found in one pass over
//! the name. A newcomer's trap: of a pattern's texts the one is looked for that tells it best from the
//! others; in `smb2.lease.*.v17` beside a thousand rows like it that is the short `.v17`.
//!
//! The algorithm: <https://en.wikipedia.org/wiki/Aho%E2%80%93Corasick_algorithm>

use super::Pattern;
use aho_corasick::AhoCorasick;
use std::borrow::Cow;
use std::collections::HashMap;

/// How much rarer a text of one more byte is in names of which nothing is known.
const RARER: f64 = 0.25;

/// Bytes of a text that are looked for: more tell it hardly better from others, and each is a state of the
/// automaton.
const LONGEST: usize = 16;

/// Patterns by a text that each of them needs.
#[derive(Debug, Default)]
pub(super) struct Needles {
    /// Finds every text; `None` without any.
    automaton: Option<AhoCorasick>,
    /// By text: the places of the patterns that need it, rising.
    by_text: Vec<Vec<usize>>,
    /// The places of the patterns that need no text, rising.
    needless: Vec<usize>,
}

impl Needles {
    /// Arranges patterns; each is known by its place.
    pub(super) fn new<'p>(patterns: impl Iterator<Item = &'p Pattern>) -> Needles {
        Needles::but_for(patterns, |_, _| false)
    }

    /// Arranges patterns; those are taken as if they needed no text of which `apart` says so, from how
    /// many patterns are likely to be tried in vain for it on each name.
    pub(super) fn but_for<'p>(
        patterns: impl Iterator<Item = &'p Pattern>,
        apart: impl Fn(&'p Pattern, f64) -> bool,
    ) -> Needles {
        let patterns: Vec<&'p Pattern> = patterns.collect();
        let needs: Vec<Vec<Vec<Cow<'p, str>>>> = patterns.iter().map(|it| it.needs()).collect();
        let needs: Vec<Vec<Vec<&str>>> = needs.iter().map(|needs| short(needs)).collect();
        let mut common: HashMap<&str, usize> = HashMap::with_capacity(needs.len());
        for text in needs.iter().flatten().flatten() {
            *common.entry(text).or_default() += 1;
        }
        // How many patterns are likely to be tried in vain for one of these texts.
        let cost = |texts: &Vec<&str>| -> f64 {
            let cost = |text: &&str| {
                let count = common.get(text).copied().unwrap_or_default() as f64;
                let found = (count / needs.len() as f64).max(RARER.powi(text.len() as i32));
                count * found
            };
            texts.iter().map(cost).sum()
        };
        let mut needles = Needles::default();
        let mut texts: Vec<&str> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::with_capacity(needs.len());
        for (place, needs) in needs.iter().enumerate() {
            let best = needs.iter().min_by(|a, b| cost(a).total_cmp(&cost(b)));
            let Some(best) = best.filter(|best| !apart(patterns[place], cost(best))) else {
                needles.needless.push(place);
                continue;
            };
            for text in best {
                let at = *places.entry(text).or_insert(texts.len());
                if at == texts.len() {
                    texts.push(text);
                    needles.by_text.push(Vec::new());
                }
                needles.by_text[at].push(place);
            }
        }
        match AhoCorasick::new(&texts) {
            _ if texts.is_empty() => {}
            Ok(automaton) => needles.automaton = Some(automaton),
            Err(_) => {
                needles = Needles { needless: (0..needs.len()).collect(), ..Needles::default() }
            }
        }
        needles
    }

    /// The places of the patterns that need a text of this name: one list, rising, for each time that a
    /// text was found. A place may come twice.
    pub(super) fn in_name<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n [usize]> {
        let found = self.automaton.as_ref().map(|found| found.find_overlapping_iter(name));
        found.into_iter().flatten().map(|text| &*self.by_text[text.pattern().as_usize()])
    }

    /// The places of the patterns that need no text, rising.
    pub(super) fn needless(&self) -> &[usize] {
        &self.needless
    }

    /// The places of the patterns that could include this one, in no special order; a place may come twice.
    pub(super) fn wider_than(&self, pattern: &Pattern) -> Vec<usize> {
        let mut found = self.needless.clone();
        for text in pattern.needs().iter().flatten() {
            found.extend(self.in_name(text).flatten());
        }
        found
    }
}

/// What stands in for the texts of each need: their starts, their ends, whichever is the better.
fn short<'n>(needs: &'n [Vec<Cow<'_, str>>]) -> Vec<Vec<&'n str>> {
    let start = |text: &'n Cow<'_, str>| &text[..text.floor_char_boundary(LONGEST)];
    let end = |text: &'n Cow<'_, str>| {
        &text[text.ceil_char_boundary(text.len().saturating_sub(LONGEST))..]
    };
    let mut short = Vec::with_capacity(2 * needs.len());
    for texts in needs {
        short.push(texts.iter().map(start).collect());
        if texts.iter().any(|text| text.len() > LONGEST) {
            short.push(texts.iter().map(end).collect());
        }
    }
    short
}
