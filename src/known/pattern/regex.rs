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
use super::regex_budget::{Budget, Room};
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
const SIZE_LIMIT: usize = 4 << 20;

/// States of an automaton that never come near that limit.
const SMALL: usize = SIZE_LIMIT / 64;

/// How many expressions are one automaton: with more of them its states are too many.
pub(crate) const SET_LIMIT: usize = 500;

/// How many bytes an automaton may take, and how many its states that names have reached.
struct Limits {
    size: usize,
    reached: usize,
}

/// Those of one expression.
const ALONE: Limits = Limits { size: SIZE_LIMIT, reached: 256 << 10 };
/// Those of several together.
const TOGETHER: Limits = Limits { size: 16 << 20, reached: 8 << 20 };

/// Names that an expression is held against before it becomes an automaton.
const FEW: u32 = 8;

/// How often an automaton may outgrow its limit before it is asked whether it is worth it.
const OUTGROWN: usize = 3;

/// Steps that it takes to begin to match.
const BEGIN: u64 = 32;
/// States of an expression that are followed in about the time of one step where it has no automaton.
const AT_ONCE: usize = 2;

/// A regular expression that is known to be one.
#[derive(Debug, Clone)]
pub(crate) struct Expression {
    source: Box<str>,
    /// Its parts that no name can do without: for each the texts of which one has to be there.
    required: Box<[Vec<String>]>,
    /// Whether some name could match. Never a wrong no.
    can_match: bool,
    /// What matches a whole name in ASCII.
    ascii: OnceLock<Option<Arc<Whole>>>,
    /// What matches any whole name.
    whole: OnceLock<Option<Arc<Whole>>>,
    /// What matches a part of a text.
    part: OnceLock<Option<Regex>>,
    /// Where its automata are counted.
    room: Room,
}

impl Expression {
    /// Reads an expression that the budget affords.
    pub(crate) fn parse(source: &str, budget: &mut Budget) -> Result<Expression, BadRegex> {
        let parsed = syntax::parse(source).map_err(|error| {
            // The parser draws the expression with a caret below; the last line says it.
            let drawn = error.to_string();
            let last = drawn.lines().last().unwrap_or_default();
            BadRegex { why: last.trim_start_matches("error:").trim().to_owned() }
        })?;
        budget.take(&parsed).map_err(|why| BadRegex { why })?;
        let expression = Expression {
            source: source.into(),
            required: regex_analysis::required(&parsed).into(),
            can_match: regex_analysis::can_match(&parsed),
            ascii: OnceLock::new(),
            whole: OnceLock::new(),
            part: OnceLock::new(),
            room: budget.room(),
        };
        if regex_analysis::states(&parsed) > SMALL {
            let too_big = || BadRegex { why: too_big() };
            let (whole, part) = (Whole::new(&parsed), compile(&parsed));
            let (whole, part) = (whole.ok_or_else(too_big)?, part.map_err(|_| too_big())?);
            expression.whole.get_or_init(|| Some(whole));
            expression.part.get_or_init(|| Some(part));
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
        let folded = regex_analysis::folded(name);
        let has = |texts: &Vec<String>| texts.iter().any(|text| contains(&folded, text));
        if !self.required.iter().rev().all(has) {
            return false;
        }
        let is_ascii = name.is_ascii();
        let parsed =
            || if is_ascii { regex_analysis::ascii(&self.parsed()) } else { self.parsed() };
        let whole = if is_ascii { &self.ascii } else { &self.whole };
        let whole = whole.get_or_init(|| Whole::new(&parsed())).as_ref();
        whole.is_some_and(|whole| whole.matches(name, parsed, &self.room, taken))
    }

    /// Whether a part of the text matches.
    pub(crate) fn matches_part(&self, text: &str) -> bool {
        let regex = self.part.get_or_init(|| compile(&self.parsed()).ok());
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
fn contains(name: &str, text: &str) -> bool {
    let (name, text) = (name.as_bytes(), text.as_bytes());
    let Some(first) = text.first() else { return true };
    let last = name.len().saturating_sub(text.len() - 1);
    let mut found =
        memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), &name[..last]);
    found.any(|at| name[at..at + text.len()].eq_ignore_ascii_case(text))
}

/// An expression between the ends of a name.
#[derive(Debug)]
struct Whole {
    /// How many states it has, about.
    states: usize,
    /// What takes no time to make: slow, but never slower than it has states.
    slow: Regex,
    /// Names that came before it was worth an automaton.
    came: AtomicU32,
    /// None where there was no room for it.
    automaton: OnceLock<Option<Automaton>>,
}

impl Whole {
    /// `None` where it would be too big.
    fn new(parsed: &Hir) -> Option<Arc<Whole>> {
        let parsed = whole(parsed.clone());
        let config = config().hybrid(false).dfa(false);
        let slow = Regex::builder().configure(config).build_from_hir(&parsed).ok()?;
        let (states, came) = (regex_analysis::states(&parsed), AtomicU32::new(0));
        Some(Arc::new(Whole { states, slow, came, automaton: OnceLock::new() }))
    }

    /// `parsed` is what it was made of.
    fn matches(
        &self,
        name: &str,
        parsed: impl FnOnce() -> Hir,
        room: &Room,
        taken: &mut u64,
    ) -> bool {
        if self.came.load(Ordering::Relaxed) < FEW {
            self.came.fetch_add(1, Ordering::Relaxed);
        } else {
            let made = || room.take().then(|| Automaton::new(&[whole(parsed())], ALONE)).flatten();
            let automaton = self.automaton.get_or_init(made).as_ref();
            if let Some(matches) = automaton.and_then(|automaton| automaton.matches(name)) {
                *taken += steps(0, name);
                return matches;
            }
        }
        *taken += steps(self.states / AT_ONCE, name);
        self.slow.is_match(name)
    }
}

/// Several expressions as one automaton.
#[derive(Debug)]
pub(crate) struct ExpressionSet {
    sources: Vec<Box<str>>,
    /// For names in ASCII.
    ascii: Automaton,
    /// For all names; `None` where it would be too big.
    whole: OnceLock<Option<Automaton>>,
}

impl ExpressionSet {
    /// `None` where there are none, or where it would be too big.
    pub(crate) fn new(expressions: &[&Expression]) -> Option<ExpressionSet> {
        if expressions.is_empty() {
            return None;
        }
        let ascii: Vec<Hir> =
            expressions.iter().map(|it| whole(regex_analysis::ascii(&it.parsed()))).collect();
        Some(ExpressionSet {
            sources: expressions.iter().map(|it| it.source.clone()).collect(),
            ascii: Automaton::new(&ascii, TOGETHER)?,
            whole: OnceLock::new(),
        })
    }

    /// The places of those that match the whole name, rising; `None` where that is too much. Counts about
    /// the steps that it takes.
    pub(crate) fn matching(&self, name: &str, taken: &mut u64) -> Option<Vec<usize>> {
        *taken += steps(0, name);
        if name.is_ascii() {
            return self.ascii.matching(name);
        }
        let all = || -> Vec<Hir> { self.sources.iter().map(|it| whole(parsed(it))).collect() };
        self.whole.get_or_init(|| Automaton::new(&all(), TOGETHER)).as_ref()?.matching(name)
    }
}

/// Expressions as one automaton that is made as names come. Once names make it bigger and bigger, it is given
/// up: each byte could take as long as it has states.
#[derive(Debug)]
struct Automaton {
    dfa: DFA,
    caches: Pool<Cache, NewCache>,
    given_up: AtomicBool,
}

type NewCache = Box<dyn Fn() -> Cache + Send + Sync + UnwindSafe + RefUnwindSafe>;

impl Automaton {
    /// Of all these; `None` where it would be too big.
    fn new(parsed: &[Hir], limits: Limits) -> Option<Automaton> {
        let states = parsed.iter().map(regex_analysis::states).fold(0, usize::saturating_add);
        let config =
            NFA::config().which_captures(WhichCaptures::None).nfa_size_limit(Some(limits.size));
        let nfa = NFA::compiler().configure(config).build_many_from_hir(parsed).ok()?;
        let config = DFA::config()
            .match_kind(MatchKind::All)
            .unicode_word_boundary(true)
            .skip_cache_capacity_check(true)
            .cache_capacity(limits.reached)
            .minimum_cache_clear_count(Some(OUTGROWN))
            // What it takes to make a state grows with those of the expressions.
            .minimum_bytes_per_state(Some(10.max(states / 16)));
        let dfa = DFA::builder().configure(config).build_from_nfa(nfa).ok()?;
        let its = dfa.clone();
        let caches = Pool::new(Box::new(move || its.create_cache()) as NewCache);
        Some(Automaton { dfa, caches, given_up: AtomicBool::new(false) })
    }

    /// Whether one of the expressions matches; `None` where it was given up.
    fn matches(&self, name: &str) -> Option<bool> {
        self.search(|dfa, cache| {
            let input = Input::new(name).anchored(Anchored::Yes).earliest(true);
            Ok(dfa.try_search_fwd(cache, &input)?.is_some())
        })
    }

    /// The places of the expressions that match, rising; `None` where it was given up.
    fn matching(&self, name: &str) -> Option<Vec<usize>> {
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
        if self.given_up.load(Ordering::Relaxed) {
            return None;
        }
        let found = search(&self.dfa, &mut self.caches.get());
        if let Err(error) = &found
            && matches!(error.kind(), MatchErrorKind::GaveUp { .. })
        {
            self.given_up.store(true, Ordering::Relaxed);
        }
        found.ok()
    }
}

fn steps(a_byte: usize, name: &str) -> u64 {
    BEGIN + (name.len() as u64).saturating_mul(1 + a_byte as u64)
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
        .nfa_size_limit(Some(SIZE_LIMIT))
}

/// The expression between the ends of a name.
fn whole(parsed: Hir) -> Hir {
    Hir::concat(vec![Hir::look(Look::Start), parsed, Hir::look(Look::End)])
}

fn too_big() -> String {
    format!("compiled it would take more than {SIZE_LIMIT} bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_meets_many_names_becomes_an_automaton_and_only_while_there_is_room() {
        let mut budget = Budget::default();
        let source = |n: usize| format!("(?i)k{n}[ab]+x");
        let all: Vec<Expression> =
            (0..2_100).map(|n| Expression::parse(&source(n), &mut budget).unwrap()).collect();
        let automata = || {
            let wholes = all.iter().filter_map(|it| it.ascii.get()?.as_ref());
            wholes.filter(|whole| whole.automaton.get().is_some_and(Option::is_some)).count()
        };
        for (round, made) in [(FEW, 0), (1, 2_000)] {
            for (n, expression) in all.iter().enumerate() {
                for _ in 0..round {
                    let mut taken = 0;
                    assert!(expression.matches(&format!("K{n}ABaX"), &mut taken) && taken > 0);
                }
            }
            assert_eq!(automata(), made);
        }
        for (n, expression) in all.iter().enumerate() {
            assert!(!expression.matches(&format!("k{n}abcx"), &mut 0));
            assert!(expression.matches(&format!("\u{212a}{n}bx"), &mut 0));
        }
    }
}
