//! A regular expression over names: parsed when its row is read, compiled when it first meets a name.
//!
//! In: the source behind `re:`. Out: an [`Expression`]. A newcomer's trap: compiling takes many times as
//! long as reading a row, and most expressions of a big list meet no name that they could match. So only
//! what could be too big is compiled at once, to tell that it is; and since nearly all names are ASCII,
//! and `\w` is hundreds of ranges beyond it, those have an automaton of their own, many times smaller.
//!
//! Specification: <https://docs.rs/regex/latest/regex/#syntax>

use super::BadRegex;
use super::expense::Budget;
use super::language;
use memchr::memchr2_iter;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::meta::{BuildError, Regex};
use regex_automata::nfa::thompson::{NFA, WhichCaptures};
use regex_automata::util::pool::Pool;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind, PatternSet};
use regex_syntax::hir::{Hir, Look};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::OnceLock;

/// Bytes that one compiled expression may take: a document may come from anybody.
const SIZE_LIMIT: usize = 4 << 20;

/// States of an automaton that never come near that limit.
const SMALL: usize = SIZE_LIMIT / 64;

/// How many expressions are one automaton: with more of them its states are too many.
pub(super) const SET_LIMIT: usize = 500;
/// The bytes that such an automaton may take, and those for its states that names have reached.
const SET_SIZE_LIMIT: usize = 16 << 20;
const SET_STATES_LIMIT: usize = 8 << 20;

/// Steps that it takes to begin to match.
const BEGIN: u64 = 32;
/// States of one expression that are followed in about the time of one step, and of several as one automaton,
/// which knows most of the ways already.
const AT_ONCE: usize = 16;
const AT_ONCE_IN_SET: usize = 4096;

/// A regular expression that is known to be one.
#[derive(Debug, Clone)]
pub(super) struct Expression {
    source: Box<str>,
    /// How many states it has as an automaton for ASCII, about: what goes beyond is seldom reached.
    states: usize,
    /// Its parts that no name can do without: for each the texts of which one has to be there.
    required: Box<[Vec<String>]>,
    /// Whether some name could match. Never a wrong no.
    can_match: bool,
    /// What matches a whole name in ASCII.
    ascii: OnceLock<Option<Regex>>,
    /// What matches any whole name.
    whole: OnceLock<Option<Regex>>,
    /// What matches a part of a text.
    part: OnceLock<Option<Regex>>,
}

impl Expression {
    /// Reads an expression that the budget affords.
    pub(super) fn parse(source: &str, budget: &mut Budget) -> Result<Expression, BadRegex> {
        let parsed = syntax::parse(source).map_err(|error| {
            // The parser draws the expression with a caret below; the last line says it.
            let drawn = error.to_string();
            let last = drawn.lines().last().unwrap_or_default();
            BadRegex { why: last.trim_start_matches("error:").trim().to_owned() }
        })?;
        budget.take(&parsed).map_err(|why| BadRegex { why })?;
        let expression = Expression {
            source: source.into(),
            states: language::states(&language::ascii(&parsed)),
            required: language::required(&parsed).into(),
            can_match: language::can_match(&parsed),
            ascii: OnceLock::new(),
            whole: OnceLock::new(),
            part: OnceLock::new(),
        };
        if language::states(&parsed) > SMALL {
            for (cell, hir) in
                [(&expression.whole, whole(parsed.clone())), (&expression.part, parsed)]
            {
                let compiled = compile(&hir).map_err(|_| BadRegex { why: too_big() })?;
                cell.get_or_init(|| Some(compiled));
            }
        }
        Ok(expression)
    }

    /// What it was read from.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// Whether the whole name matches. Counts about the steps that it takes, at most.
    pub(super) fn matches(&self, name: &str, taken: &mut u64) -> bool {
        // Most names that it is held against lack one of its texts, mostly a late one; then it need not even be compiled.
        let folded = language::folded(name);
        let has = |texts: &Vec<String>| texts.iter().any(|text| contains(&folded, text));
        if !self.required.iter().rev().all(has) {
            return false;
        }
        *taken += steps(self.states / AT_ONCE, name);
        let regex = if name.is_ascii() {
            self.ascii.get_or_init(|| compile(&whole(language::ascii(&self.parsed()))).ok())
        } else {
            self.whole.get_or_init(|| compile(&whole(self.parsed())).ok())
        };
        regex.as_ref().is_some_and(|regex| regex.is_match(name))
    }

    /// Whether a part of the text matches.
    pub(super) fn matches_part(&self, text: &str) -> bool {
        let regex = self.part.get_or_init(|| compile(&self.parsed()).ok());
        regex.as_ref().is_some_and(|regex| regex.is_match(text))
    }

    /// Its parts that no name can do without: for each the texts of which one has to be there.
    pub(super) fn required(&self) -> &[Vec<String>] {
        &self.required
    }

    /// Whether some name could match. Never a wrong no.
    pub(super) fn can_match(&self) -> bool {
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

/// Several expressions as one automaton.
#[derive(Debug)]
pub(super) struct ExpressionSet {
    sources: Vec<Box<str>>,
    /// For names in ASCII.
    ascii: Automaton,
    /// For all names; `None` where it would be too big.
    whole: OnceLock<Option<Automaton>>,
    /// How many states they have together, about.
    states: usize,
}

impl ExpressionSet {
    /// `None` where there are none, or where it would be too big.
    pub(super) fn new(expressions: &[&Expression]) -> Option<ExpressionSet> {
        if expressions.is_empty() {
            return None;
        }
        let ascii: Vec<Hir> =
            expressions.iter().map(|it| whole(language::ascii(&it.parsed()))).collect();
        Some(ExpressionSet {
            sources: expressions.iter().map(|it| it.source.clone()).collect(),
            ascii: Automaton::new(&ascii)?,
            whole: OnceLock::new(),
            states: expressions.iter().map(|it| it.states).fold(0, usize::saturating_add),
        })
    }

    /// About how many steps it takes to find out which could match a name.
    pub(super) fn steps(&self, name: &str) -> u64 {
        steps(self.states / AT_ONCE_IN_SET, name)
    }

    /// The places of those that match the whole name, rising; `None` where that is too much.
    pub(super) fn matching(&self, name: &str) -> Option<Vec<usize>> {
        if name.is_ascii() {
            return self.ascii.matching(name);
        }
        let all = || -> Vec<Hir> { self.sources.iter().map(|it| whole(parsed(it))).collect() };
        self.whole.get_or_init(|| Automaton::new(&all())).as_ref()?.matching(name)
    }
}

/// Expressions as one automaton that is made as names come. One that they make bigger and bigger is given up.
#[derive(Debug)]
struct Automaton {
    dfa: DFA,
    caches: Pool<Cache, NewCache>,
}

type NewCache = Box<dyn Fn() -> Cache + Send + Sync + UnwindSafe + RefUnwindSafe>;

impl Automaton {
    fn new(parsed: &[Hir]) -> Option<Automaton> {
        let config =
            NFA::config().which_captures(WhichCaptures::None).nfa_size_limit(Some(SET_SIZE_LIMIT));
        let nfa = NFA::compiler().configure(config).build_many_from_hir(parsed).ok()?;
        let config = DFA::config()
            .match_kind(MatchKind::All)
            .unicode_word_boundary(true)
            .skip_cache_capacity_check(true)
            .cache_capacity(SET_STATES_LIMIT)
            .minimum_cache_clear_count(Some(3))
            .minimum_bytes_per_state(Some(10));
        let dfa = DFA::builder().configure(config).build_from_nfa(nfa).ok()?;
        let of = dfa.clone();
        let caches = Pool::new(Box::new(move || of.create_cache()) as NewCache);
        Some(Automaton { dfa, caches })
    }

    /// The places of the expressions that match, rising; `None` where it was given up.
    fn matching(&self, name: &str) -> Option<Vec<usize>> {
        let cache = &mut *self.caches.get();
        let input = Input::new(name).anchored(Anchored::Yes);
        // Asking whether any matches allocates nothing, and most names match none.
        let any = self.dfa.try_search_fwd(cache, &input.clone().earliest(true)).ok()?;
        if any.is_none() {
            return Some(Vec::new());
        }
        let mut found = PatternSet::new(self.dfa.pattern_len());
        self.dfa.try_which_overlapping_matches(cache, &input, &mut found).ok()?;
        Some(found.iter().map(|pattern| pattern.as_usize()).collect())
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
    let config = Regex::config()
        .which_captures(WhichCaptures::None)
        .onepass(false)
        .nfa_size_limit(Some(SIZE_LIMIT));
    Regex::builder().configure(config).build_from_hir(parsed).map_err(Box::new)
}

/// The expression between the ends of a name.
fn whole(parsed: Hir) -> Hir {
    Hir::concat(vec![Hir::look(Look::Start), parsed, Hir::look(Look::End)])
}

fn too_big() -> String {
    format!("compiled it would take more than {SIZE_LIMIT} bytes")
}
