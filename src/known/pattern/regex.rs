//! A regular expression over names: parsed when its row is read, compiled when it first meets a name.
//!
//! In: the source behind `re:`. Out: an [`Expression`]. A newcomer's trap: compiling takes many times as
//! long as reading a row, and most expressions of a big list meet no name that they could match, or only one.
//! So only what could be too big is compiled at once, to tell that it is; what meets several names becomes an
//! automaton; and since nearly all names are ASCII, and `\w` is hundreds of ranges beyond it, those have one of
//! their own, many times smaller.
//!
//! Specification: <https://docs.rs/regex/latest/regex/#syntax>

use super::regex_analysis;
use super::regex_budget::{DfaSlots, RegexBudget};
use crate::known::BadRegex;
use memchr::memchr2_iter;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::meta::{BuildError, Config, Regex};
use regex_automata::nfa::thompson::{NFA, WhichCaptures};
use regex_automata::util::pool::Pool;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchError, MatchErrorKind, MatchKind, PatternSet};
use regex_syntax::hir::{Hir, Look};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

/// Bytes that one compiled expression may take: a document may come from anybody.
const MAX_COMPILED_SIZE: usize = 4 << 20;

/// States of an automaton that never come near that limit.
const EAGER_COMPILE_STATES: usize = MAX_COMPILED_SIZE / 64;

/// How many expressions are one automaton: with more of them its states are too many.
pub(crate) const MAX_SET_LEN: usize = 500;

/// How many bytes an automaton may take, and how many its states that names have reached.
struct DfaLimits {
    nfa_size: usize,
    cache_size: usize,
}

/// Those of one expression.
const SINGLE_LIMITS: DfaLimits = DfaLimits { nfa_size: MAX_COMPILED_SIZE, cache_size: 256 << 10 };
/// Those of several together.
const SET_LIMITS: DfaLimits = DfaLimits { nfa_size: 16 << 20, cache_size: 8 << 20 };

/// Names that an expression is held against before it becomes an automaton.
const NAMES_BEFORE_DFA: u32 = 8;

/// How often an automaton may outgrow its limit before it is asked whether it is worth it.
const MAX_CACHE_CLEARS: usize = 3;

/// Steps that it takes to begin to match.
const START_COST: u64 = 32;
/// States of an expression that are followed in about the time of one step where it has no automaton.
const STATES_PER_STEP: usize = 2;

/// A regular expression that is known to be one.
#[derive(Debug, Clone)]
pub(crate) struct LazyRegex {
    source: Box<str>,
    /// Its parts that no name can do without: for each the texts of which one has to be there.
    required: Box<[Vec<String>]>,
    /// Whether some name could match. Never a wrong no.
    can_match: bool,
    /// What matches a whole name in ASCII.
    ascii: OnceLock<Option<Arc<AnchoredRegex>>>,
    /// What matches any whole name.
    unicode: OnceLock<Option<Arc<AnchoredRegex>>>,
    /// What matches a part of a text.
    unanchored: OnceLock<Option<Regex>>,
    /// Where its automata are counted.
    dfa_slots: DfaSlots,
}

impl LazyRegex {
    /// Reads an expression that the budget affords.
    pub(crate) fn parse(source: &str, budget: &mut RegexBudget) -> Result<LazyRegex, BadRegex> {
        let parsed = syntax::parse(source).map_err(|error| {
            // The parser draws the expression with a caret below; the last line says it.
            let drawn = error.to_string();
            let last = drawn.lines().last().unwrap_or_default();
            BadRegex { why: last.trim_start_matches("error:").trim().to_owned() }
        })?;
        budget.charge(&parsed).map_err(|why| BadRegex { why })?;
        let expression = LazyRegex {
            source: source.into(),
            required: regex_analysis::required(&parsed).into(),
            can_match: regex_analysis::can_match(&parsed),
            ascii: OnceLock::new(),
            unicode: OnceLock::new(),
            unanchored: OnceLock::new(),
            dfa_slots: budget.dfa_slots(),
        };
        if regex_analysis::estimated_states(&parsed) > EAGER_COMPILE_STATES {
            let bad_size = || BadRegex { why: size_error() };
            let (anchored, unanchored) = (AnchoredRegex::new(&parsed), compile(&parsed));
            let (anchored, unanchored) =
                (anchored.ok_or_else(bad_size)?, unanchored.map_err(|_| bad_size())?);
            expression.unicode.get_or_init(|| Some(anchored));
            expression.unanchored.get_or_init(|| Some(unanchored));
        }
        Ok(expression)
    }

    /// What it was read from.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Whether the whole name matches. Counts about the steps that it takes, at most.
    pub(crate) fn matches(&self, name: &str, taken: &mut u64) -> bool {
        // Most names that it is held against lack one of its texts, mostly a late one; then it need not even be compiled.
        let folded = regex_analysis::fold_ascii_lookalikes(name);
        let has = |texts: &Vec<String>| {
            texts.iter().any(|text| contains_ignore_ascii_case(&folded, text))
        };
        if !self.required.iter().rev().all(has) {
            return false;
        }
        let is_ascii = name.is_ascii();
        let parsed =
            || if is_ascii { regex_analysis::to_ascii(&self.parsed()) } else { self.parsed() };
        let cell = if is_ascii { &self.ascii } else { &self.unicode };
        let anchored = cell.get_or_init(|| AnchoredRegex::new(&parsed())).as_ref();
        anchored.is_some_and(|anchored| anchored.matches(name, parsed, &self.dfa_slots, taken))
    }

    /// Whether a part of the text matches.
    pub(crate) fn is_match_anywhere(&self, text: &str) -> bool {
        let regex = self.unanchored.get_or_init(|| compile(&self.parsed()).ok());
        regex.as_ref().is_some_and(|regex| regex.is_match(text))
    }

    /// Its parts that no name can do without: for each the texts of which one has to be there.
    pub(crate) fn required(&self) -> &[Vec<String>] {
        &self.required
    }

    /// Whether some name could match. Never a wrong no.
    pub(crate) fn can_match(&self) -> bool {
        self.can_match
    }

    fn parsed(&self) -> Hir {
        parsed(&self.source)
    }
}

/// Whether a text stands in another, in upper or lower case.
fn contains_ignore_ascii_case(name: &str, text: &str) -> bool {
    let (name, text) = (name.as_bytes(), text.as_bytes());
    let Some(first) = text.first() else { return true };
    let last = name.len().saturating_sub(text.len() - 1);
    let mut found =
        memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), &name[..last]);
    found.any(|at| name[at..at + text.len()].eq_ignore_ascii_case(text))
}

/// An expression between the ends of a name.
#[derive(Debug)]
struct AnchoredRegex {
    /// How many states it has, about.
    states: usize,
    /// What takes no time to make: slow, but never slower than it has states.
    fallback: Regex,
    /// Names that came before it was worth an automaton.
    match_count: AtomicU32,
    /// None where there was no room for it.
    dfa: OnceLock<Option<LazyDfa>>,
}

impl AnchoredRegex {
    /// `None` where it would be too big.
    fn new(parsed: &Hir) -> Option<Arc<AnchoredRegex>> {
        let parsed = anchor(parsed.clone());
        let config = config().hybrid(false).dfa(false);
        let fallback = Regex::builder().configure(config).build_from_hir(&parsed).ok()?;
        let (states, match_count) = (regex_analysis::estimated_states(&parsed), AtomicU32::new(0));
        Some(Arc::new(AnchoredRegex { states, fallback, match_count, dfa: OnceLock::new() }))
    }

    /// `parsed` is what it was made of.
    fn matches(
        &self,
        name: &str,
        parsed: impl FnOnce() -> Hir,
        dfa_slots: &DfaSlots,
        taken: &mut u64,
    ) -> bool {
        if self.match_count.load(Ordering::Relaxed) < NAMES_BEFORE_DFA {
            self.match_count.fetch_add(1, Ordering::Relaxed);
        } else {
            let build = || {
                dfa_slots
                    .acquire()
                    .then(|| LazyDfa::new(&[anchor(parsed())], SINGLE_LIMITS))
                    .flatten()
            };
            let dfa = self.dfa.get_or_init(build).as_ref();
            if let Some(matches) = dfa.and_then(|dfa| dfa.matches(name)) {
                *taken += steps(0, name);
                return matches;
            }
        }
        *taken += steps(self.states / STATES_PER_STEP, name);
        self.fallback.is_match(name)
    }
}

/// Several expressions as one automaton.
#[derive(Debug)]
pub(crate) struct LazyRegexSet {
    sources: Vec<Box<str>>,
    /// For names in ASCII.
    ascii: LazyDfa,
    /// For all names; `None` where it would be too big.
    unicode: OnceLock<Option<LazyDfa>>,
}

impl LazyRegexSet {
    /// `None` where there are none, or where it would be too big.
    pub(crate) fn new(regexes: &[&LazyRegex]) -> Option<LazyRegexSet> {
        if regexes.is_empty() {
            return None;
        }
        let ascii: Vec<Hir> =
            regexes.iter().map(|regex| anchor(regex_analysis::to_ascii(&regex.parsed()))).collect();
        Some(LazyRegexSet {
            sources: regexes.iter().map(|regex| regex.source.clone()).collect(),
            ascii: LazyDfa::new(&ascii, SET_LIMITS)?,
            unicode: OnceLock::new(),
        })
    }

    /// The places of those that match the whole name, rising; `None` where that is too much. Counts about
    /// the steps that it takes.
    pub(crate) fn matching_indices(&self, name: &str, taken: &mut u64) -> Option<Vec<usize>> {
        *taken += steps(0, name);
        if name.is_ascii() {
            return self.ascii.matching_indices(name);
        }
        let all =
            || -> Vec<Hir> { self.sources.iter().map(|source| anchor(parsed(source))).collect() };
        self.unicode
            .get_or_init(|| LazyDfa::new(&all(), SET_LIMITS))
            .as_ref()?
            .matching_indices(name)
    }
}

/// Expressions as one automaton that is made as names come. Once names make it bigger and bigger, it is given
/// up: each byte could take as long as it has states.
#[derive(Debug)]
struct LazyDfa {
    dfa: DFA,
    caches: Pool<Cache, NewCache>,
    disabled: AtomicBool,
}

type NewCache = Box<dyn Fn() -> Cache + Send + Sync + UnwindSafe + RefUnwindSafe>;

impl LazyDfa {
    /// Of all these; `None` where it would be too big.
    fn new(parsed: &[Hir], limits: DfaLimits) -> Option<LazyDfa> {
        let states =
            parsed.iter().map(regex_analysis::estimated_states).fold(0, usize::saturating_add);
        let config =
            NFA::config().which_captures(WhichCaptures::None).nfa_size_limit(Some(limits.nfa_size));
        let nfa = NFA::compiler().configure(config).build_many_from_hir(parsed).ok()?;
        let config = DFA::config()
            .match_kind(MatchKind::All)
            .unicode_word_boundary(true)
            .skip_cache_capacity_check(true)
            .cache_capacity(limits.cache_size)
            .minimum_cache_clear_count(Some(MAX_CACHE_CLEARS))
            // What it takes to make a state grows with those of the expressions.
            .minimum_bytes_per_state(Some(10.max(states / 16)));
        let dfa = DFA::builder().configure(config).build_from_nfa(nfa).ok()?;
        let cache_dfa = dfa.clone();
        let caches = Pool::new(Box::new(move || cache_dfa.create_cache()) as NewCache);
        Some(LazyDfa { dfa, caches, disabled: AtomicBool::new(false) })
    }

    /// Whether one of the expressions matches; `None` where it was given up.
    fn matches(&self, name: &str) -> Option<bool> {
        self.search(|dfa, cache| {
            let input = Input::new(name).anchored(Anchored::Yes).earliest(true);
            Ok(dfa.try_search_fwd(cache, &input)?.is_some())
        })
    }

    /// The places of the expressions that match, rising; `None` where it was given up.
    fn matching_indices(&self, name: &str) -> Option<Vec<usize>> {
        // Asking whether any matches allocates nothing, and most names match none.
        if !self.matches(name)? {
            return Some(Vec::new());
        }
        self.search(|dfa, cache| {
            let mut found = PatternSet::new(dfa.pattern_len());
            let input = Input::new(name).anchored(Anchored::Yes);
            dfa.try_which_overlapping_matches(cache, &input, &mut found)?;
            Ok(found.iter().map(|pattern| pattern.as_usize()).collect())
        })
    }

    fn search<T>(
        &self,
        search: impl FnOnce(&DFA, &mut Cache) -> Result<T, MatchError>,
    ) -> Option<T> {
        if self.disabled.load(Ordering::Relaxed) {
            return None;
        }
        let found = search(&self.dfa, &mut self.caches.get());
        if let Err(error) = &found
            && matches!(error.kind(), MatchErrorKind::GaveUp { .. })
        {
            self.disabled.store(true, Ordering::Relaxed);
        }
        found.ok()
    }
}

fn steps(per_byte: usize, name: &str) -> u64 {
    START_COST + (name.len() as u64).saturating_mul(1 + per_byte as u64)
}

/// What cannot be parsed never became an expression.
fn parsed(source: &str) -> Hir {
    syntax::parse(source).unwrap_or_else(|_| Hir::fail())
}

fn compile(parsed: &Hir) -> Result<Regex, Box<BuildError>> {
    Regex::builder().configure(config()).build_from_hir(parsed).map_err(Box::new)
}

fn config() -> Config {
    Regex::config()
        .which_captures(WhichCaptures::None)
        .onepass(false)
        .nfa_size_limit(Some(MAX_COMPILED_SIZE))
}

/// The expression between the ends of a name.
fn anchor(parsed: Hir) -> Hir {
    Hir::concat(vec![Hir::look(Look::Start), parsed, Hir::look(Look::End)])
}

fn size_error() -> String {
    format!("compiled it would take more than {MAX_COMPILED_SIZE} bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn often_used_regex_becomes_a_dfa_while_slots_remain() {
        let mut budget = RegexBudget::default();
        let source = |n: usize| format!("(?i)k{n}[ab]+x");
        let all: Vec<LazyRegex> =
            (0..2_100).map(|n| LazyRegex::parse(&source(n), &mut budget).unwrap()).collect();
        let dfa_count = || {
            let anchored = all.iter().filter_map(|regex| regex.ascii.get()?.as_ref());
            anchored.filter(|anchored| anchored.dfa.get().is_some_and(Option::is_some)).count()
        };
        for (round, expected) in [(NAMES_BEFORE_DFA, 0), (1, 2_000)] {
            for (n, expression) in all.iter().enumerate() {
                for _ in 0..round {
                    let mut taken = 0;
                    assert!(expression.matches(&format!("K{n}ABaX"), &mut taken) && taken > 0);
                }
            }
            assert_eq!(dfa_count(), expected);
        }
        for (n, expression) in all.iter().enumerate() {
            assert!(!expression.matches(&format!("k{n}abcx"), &mut 0));
            assert!(expression.matches(&format!("\u{212a}{n}bx"), &mut 0));
        }
    }
}
