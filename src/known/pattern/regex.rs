//! Regular expressions over whole names, or within the lines of messages, compiled when a text first needs it.
//!
//! Compiling takes many times as long as parsing a row, and most expressions of a long list meet no name that
//! contains their required literals, or only one. So an expression is first simulated as an NFA, and becomes a lazily
//! built DFA after several names. Nearly all names are ASCII, and Unicode classes such as `\w` need hundreds of
//! states, so ASCII names have a smaller automaton of their own. What is compiled and what automata take are counted as steps,
//! like matching.
//!
//! Syntax: <https://docs.rs/regex/latest/regex/#syntax>

use super::regex_analysis;
use super::regex_budget::{DfaSlots, MAX_UNCHECKED_STATES, RegexBudget, RegexSize};
use memchr::memchr2_iter;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::nfa::thompson::{NFA, WhichCaptures};
use regex_automata::util::pool::Pool;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchError, MatchErrorKind, MatchKind, PatternSet};
use regex_syntax::hir::{Hir, Look};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Maximum size of one compiled expression in bytes: documents are untrusted.
const MAX_COMPILED_SIZE: usize = 4 << 20;
/// Maximum size of the NFA of a set in bytes.
const MAX_SET_SIZE: usize = 16 << 20;

/// Maximum number of expressions in a set; with more of them, its DFA has too many states.
pub(crate) const MAX_SET_LEN: usize = 500;

/// Bytes for the DFA states that names have reached, of one expression and of a set.
const SINGLE_CACHE_SIZE: usize = 256 << 10;
const SET_CACHE_SIZE: usize = 8 << 20;

/// Names that an expression is tried on before it becomes a DFA.
const NAMES_BEFORE_DFA: u32 = 8;

/// How often a DFA's cache may be cleared before the DFA has to prove efficient.
const MAX_CACHE_CLEARS: usize = 3;

/// A text that takes more steps is not matched: matching ends with an error.
const MAX_STEPS_PER_TEXT: u64 = 1 << 30;
/// Steps that count for such a text.
const UNBOUNDED: u64 = 1 << 32;

/// Steps that it takes to start matching.
const START_COST: u64 = 32;
/// Steps that it takes to follow an NFA state by one byte.
const STEPS_PER_STATE: u64 = 3;
/// Steps that it takes to compile an NFA state.
const STEPS_PER_COMPILED_STATE: u64 = 64;
/// Steps that it takes to build a byte of a DFA.
const STEPS_PER_DFA_BYTE: u64 = 4;

/// Which part of a text has to match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    Whole,
    /// Any part of it.
    Part,
}

impl Extent {
    fn anchored(self) -> Anchored {
        match self {
            Extent::Whole => Anchored::Yes,
            Extent::Part => Anchored::No,
        }
    }
}

/// The names that an automaton can match.
#[derive(Debug, Clone, Copy)]
enum Alphabet {
    Ascii,
    Unicode,
}

impl Alphabet {
    fn of_name(name: &str) -> Alphabet {
        if name.is_ascii() { Alphabet::Ascii } else { Alphabet::Unicode }
    }
}

/// By [`Alphabet`]: what was compiled; `None` if it is too big.
type Compiled<T> = [OnceLock<Option<T>>; 2];

/// A valid regular expression.
#[derive(Debug)]
pub(crate) struct LazyRegex {
    /// The text that it was parsed from.
    pub(super) source: Box<str>,
    /// Texts, each of which occurs in every name that matches, in upper or lower case.
    pub(super) required_literals: Box<[String]>,
    /// The text that every name that matches begins with.
    pub(super) prefix: Box<str>,
    /// Whether some name could match. May be a false positive.
    pub(super) can_match: bool,
    extent: Extent,
    size: RegexSize,
    compiled: Compiled<CompiledRegex>,
    dfa_slots: DfaSlots,
}

impl LazyRegex {
    /// Parses an expression and charges the budget for it.
    pub(crate) fn parse(
        source: &str,
        extent: Extent,
        budget: &mut RegexBudget,
    ) -> Result<LazyRegex, BadRegex> {
        let parsed = syntax::parse(source)?;
        let size = budget.charge(&parsed).map_err(|why| BadRegex { why })?;
        let regex = LazyRegex {
            source: source.into(),
            required_literals: regex_analysis::required_literals(&parsed).into(),
            prefix: regex_analysis::prefix(&parsed).into(),
            can_match: regex_analysis::can_match(&parsed),
            extent,
            size,
            compiled: Compiled::default(),
            dfa_slots: budget.dfa_slots(),
        };
        // What this compiles is not kept, since few expressions ever meet a name beyond ASCII.
        let is_too_big = size.states[Alphabet::Unicode as usize] > MAX_UNCHECKED_STATES
            && regex.compile(Alphabet::Unicode).is_none();
        if is_too_big {
            let why = format!("compiled it would take more than {MAX_COMPILED_SIZE} bytes");
            return Err(BadRegex { why });
        }
        Ok(regex)
    }

    /// Whether the text matches, as a whole or in part. Adds the steps to `steps`.
    pub(crate) fn matches(&self, text: &str, steps: &mut u64) -> bool {
        // Names differ mostly towards their ends, so the last literal is the likeliest to be missing.
        let folded = regex_analysis::fold_ascii_lookalikes(text);
        let mut literals = self.required_literals.iter().rev();
        literals.all(|literal| contains_ignore_ascii_case(&folded, literal))
            && self
                .compiled(Alphabet::of_name(text), steps)
                .is_some_and(|regex| regex.is_match(text, &self.dfa_slots, steps))
    }

    fn compiled(&self, alphabet: Alphabet, steps: &mut u64) -> Option<&CompiledRegex> {
        let compile = || {
            *steps += compile_steps(self.size, alphabet);
            self.compile(alphabet)
        };
        self.compiled[alphabet as usize].get_or_init(compile).as_ref()
    }

    fn compile(&self, alphabet: Alphabet) -> Option<CompiledRegex> {
        let nfa = compile_nfa([&*self.source], self.extent, alphabet, MAX_COMPILED_SIZE)?;
        Some(CompiledRegex {
            nfa: PikeVM::new_from_nfa(nfa).ok()?,
            extent: self.extent,
            active_states: self.size.active_states,
            match_count: AtomicU32::new(0),
            dfa: OnceLock::new(),
        })
    }
}

/// The error for an invalid or too big regular expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct BadRegex {
    /// The message of the parser, on one line.
    pub why: String,
}

impl From<regex_syntax::Error> for BadRegex {
    fn from(error: regex_syntax::Error) -> BadRegex {
        // The error shows the expression with a caret below it; only its last line is the message.
        let text = error.to_string();
        let last = text.lines().last().unwrap_or_default();
        BadRegex { why: last.trim_start_matches("error:").trim().to_owned() }
    }
}

fn contains_ignore_ascii_case(haystack: &str, needle: &str) -> bool {
    let (haystack, needle) = (haystack.as_bytes(), needle.as_bytes());
    let Some(first) = needle.first() else { return true };
    let last = haystack.len().saturating_sub(needle.len() - 1);
    let mut found =
        memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), &haystack[..last]);
    found.any(|at| haystack[at..at + needle.len()].eq_ignore_ascii_case(needle))
}

/// The expressions as one NFA; `None` if it is too big.
fn compile_nfa<'s>(
    sources: impl IntoIterator<Item = &'s str>,
    extent: Extent,
    alphabet: Alphabet,
    max_size: usize,
) -> Option<NFA> {
    let parse = |source: &str| match alphabet {
        Alphabet::Ascii => parse_ascii(source),
        Alphabet::Unicode => syntax::parse(source).ok(),
    };
    let place = |hir| match extent {
        Extent::Whole => Hir::concat(vec![Hir::look(Look::Start), hir, Hir::look(Look::End)]),
        Extent::Part => hir,
    };
    let parsed: Option<Vec<Hir>> =
        sources.into_iter().map(|source| parse(source).map(place)).collect();
    let config = NFA::config().which_captures(WhichCaptures::None).nfa_size_limit(Some(max_size));
    NFA::compiler().configure(config).build_many_from_hir(&parsed?).ok()
}

/// Parses an expression for names in ASCII. It may match other names wrongly.
fn parse_ascii(source: &str) -> Option<Hir> {
    // Some letters beyond ASCII match one within if case is ignored.
    let has_other_letters =
        !source.is_ascii() || [r"\u", r"\U", r"\x"].iter().any(|escape| source.contains(escape));
    let config = syntax::Config::new().unicode(has_other_letters).utf8(has_other_letters);
    // What has no ASCII form, such as `\pL`, is an error.
    syntax::parse_with(source, &config).ok().or_else(|| syntax::parse(source).ok())
}

fn compile_steps(size: RegexSize, alphabet: Alphabet) -> u64 {
    (size.states[alphabet as usize] as u64).saturating_mul(STEPS_PER_COMPILED_STATE)
}

/// The steps that it takes to match a text with an NFA, each byte of which can reach all states.
fn nfa_steps(text: &str, active_states: usize) -> u64 {
    let per_byte = (active_states as u64).saturating_mul(STEPS_PER_STATE);
    START_COST + (1 + text.len() as u64).saturating_mul(1 + per_byte)
}

/// One expression.
#[derive(Debug)]
struct CompiledRegex {
    /// Takes no time to build; slow, but linear in the length of the text and the number of its states.
    nfa: PikeVM,
    extent: Extent,
    /// The estimated number of states that a byte can reach at once.
    active_states: usize,
    /// Texts that it was tried on, up to [`NAMES_BEFORE_DFA`].
    match_count: AtomicU32,
    /// `None` if all slots were taken.
    dfa: OnceLock<Option<LazyDfa>>,
}

impl CompiledRegex {
    fn is_match(&self, text: &str, dfa_slots: &DfaSlots, steps: &mut u64) -> bool {
        if self.match_count.load(Ordering::Relaxed) < NAMES_BEFORE_DFA {
            self.match_count.fetch_add(1, Ordering::Relaxed);
        } else {
            let build = || {
                let new = |nfa: &NFA| {
                    LazyDfa::new(nfa.clone(), self.extent, self.active_states, SINGLE_CACHE_SIZE)
                };
                dfa_slots.acquire().then(|| new(self.nfa.get_nfa())).flatten()
            };
            let dfa = self.dfa.get_or_init(build).as_ref();
            if let Some(is_match) = dfa.and_then(|dfa| dfa.is_match(text, steps)) {
                return is_match;
            }
        }
        let nfa_steps = nfa_steps(text, self.active_states);
        if nfa_steps > MAX_STEPS_PER_TEXT {
            *steps += UNBOUNDED;
            return false;
        }
        *steps += nfa_steps;
        let input = Input::new(text).anchored(self.extent.anchored());
        self.nfa.is_match(&mut self.nfa.create_cache(), input)
    }
}

/// Several expressions over whole names as one DFA.
#[derive(Debug)]
pub(crate) struct LazyRegexSet {
    sources: Vec<Box<str>>,
    /// The sum of all.
    size: RegexSize,
    dfas: Compiled<LazyDfa>,
}

impl LazyRegexSet {
    /// At most [`MAX_SET_LEN`] expressions.
    pub(crate) fn new(regexes: &[&LazyRegex]) -> LazyRegexSet {
        let sizes = regexes.iter().map(|regex| regex.size);
        LazyRegexSet {
            sources: regexes.iter().map(|regex| regex.source.clone()).collect(),
            size: sizes.fold(RegexSize::default(), RegexSize::plus),
            dfas: Compiled::default(),
        }
    }

    /// The indices of the expressions that match the whole name, ascending; `None` if the DFA is too big. Adds the
    /// steps to `steps`.
    pub(crate) fn matching_indices(&self, name: &str, steps: &mut u64) -> Option<Vec<usize>> {
        let alphabet = Alphabet::of_name(name);
        let compile = || {
            *steps += compile_steps(self.size, alphabet);
            let sources = self.sources.iter().map(|source| &**source);
            let nfa = compile_nfa(sources, Extent::Whole, alphabet, MAX_SET_SIZE)?;
            LazyDfa::new(nfa, Extent::Whole, self.size.active_states, SET_CACHE_SIZE)
        };
        let dfa = self.dfas[alphabet as usize].get_or_init(compile).as_ref();
        dfa?.matching_indices(name, steps)
    }
}

/// A DFA whose states are built when texts reach them. It is disabled when texts keep adding states, since each byte
/// could then take time in proportion to the size of the NFA.
#[derive(Debug)]
struct LazyDfa {
    dfa: DFA,
    extent: Extent,
    cache_size: usize,
    caches: Pool<Cache, NewCache>,
    is_disabled: AtomicBool,
}

type NewCache = Box<dyn Fn() -> Cache + Send + Sync + UnwindSafe + RefUnwindSafe>;

impl LazyDfa {
    fn new(nfa: NFA, extent: Extent, active_states: usize, cache_size: usize) -> Option<LazyDfa> {
        let config = DFA::config()
            .match_kind(MatchKind::All)
            .unicode_word_boundary(true)
            .skip_cache_capacity_check(true)
            .cache_capacity(cache_size)
            .minimum_cache_clear_count(Some(MAX_CACHE_CLEARS))
            // The time to build a DFA state grows with the number of NFA states.
            .minimum_bytes_per_state(Some(10.max(active_states / 8)));
        let dfa = DFA::builder().configure(config).build_from_nfa(nfa).ok()?;
        let cache_dfa = dfa.clone();
        let caches = Pool::new(Box::new(move || cache_dfa.create_cache()) as NewCache);
        Some(LazyDfa { dfa, extent, cache_size, caches, is_disabled: AtomicBool::new(false) })
    }

    /// Whether any expression matches; `None` if the DFA is disabled or cannot match this text. Adds the steps to
    /// `steps`.
    fn is_match(&self, text: &str, steps: &mut u64) -> Option<bool> {
        self.search(text, steps, |dfa, cache, input| {
            Ok(dfa.try_search_fwd(cache, &input.earliest(true))?.is_some())
        })
    }

    /// The indices of the expressions that match, ascending; `None` as in [`LazyDfa::is_match`].
    fn matching_indices(&self, text: &str, steps: &mut u64) -> Option<Vec<usize>> {
        // Most names match no expression, and this check allocates nothing.
        if !self.is_match(text, steps)? {
            return Some(Vec::new());
        }
        self.search(text, steps, |dfa, cache, input| {
            let mut found = PatternSet::new(dfa.pattern_len());
            dfa.try_which_overlapping_matches(cache, &input, &mut found)?;
            Ok(found.iter().map(|pattern| pattern.as_usize()).collect())
        })
    }

    fn search<'t, T>(
        &self,
        text: &'t str,
        steps: &mut u64,
        search: impl FnOnce(&DFA, &mut Cache, Input<'t>) -> Result<T, MatchError>,
    ) -> Option<T> {
        if self.is_disabled.load(Ordering::Relaxed) {
            return None;
        }
        let mut cache = self.caches.get();
        let (size, clears) = (cache.memory_usage(), cache.clear_count());
        let input = Input::new(text).anchored(self.extent.anchored());
        let found = search(&self.dfa, &mut cache, input);
        let cleared = (cache.clear_count() - clears).saturating_mul(self.cache_size);
        let built = (cleared + cache.memory_usage()).saturating_sub(size) as u64;
        *steps += START_COST + text.len() as u64 + STEPS_PER_DFA_BYTE * built;
        let gave_up = |error: &MatchError| matches!(error.kind(), MatchErrorKind::GaveUp { .. });
        if found.as_ref().is_err_and(gave_up) {
            self.is_disabled.store(true, Ordering::Relaxed);
        }
        found.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn often_used_regex_becomes_a_dfa_while_slots_remain() {
        let mut budget = RegexBudget::default();
        let source = |n: usize| format!("(?i)k{n}[ab]+x");
        let all: Vec<LazyRegex> = (0..2_100)
            .map(|n| LazyRegex::parse(&source(n), Extent::Whole, &mut budget).unwrap())
            .collect();
        let dfa_count = || {
            let compiled = all.iter().filter_map(|regex| regex.compiled[0].get()?.as_ref());
            compiled.filter(|compiled| compiled.dfa.get().is_some_and(Option::is_some)).count()
        };
        for (round, expected) in [(NAMES_BEFORE_DFA, 0), (1, 2_000)] {
            for (n, regex) in all.iter().enumerate() {
                for _ in 0..round {
                    let mut steps = 0;
                    assert!(regex.matches(&format!("K{n}ABaX"), &mut steps) && steps > 0);
                }
            }
            assert_eq!(dfa_count(), expected);
        }
        for (n, regex) in all.iter().enumerate() {
            assert!(!regex.matches(&format!("k{n}abcx"), &mut 0));
            assert!(regex.matches(&format!("\u{212a}{n}bx"), &mut 0));
        }
    }

    #[test]
    fn ascii_automaton_agrees_with_the_unicode_one_on_ascii_names() {
        let sources = [
            r"\w+.\d\s?\b[^k-m]*",
            r"(?i)[^k]\x{53}*",
            "(?i)\u{212a}+",
            r"\pL+\PL?",
            r"[\W&&[^ -.]]|é?a",
            r"(?u)\bk|(?-u:\w)\B\S",
            r"[[:alpha:]]\D\x0b?",
            "(?i)[é\u{17f}]+k?",
            r"(?i)straße?|\xffa?",
        ];
        let chars = ["", "k", "S", "s1", "K_", " ", "/", "\u{b}", "~", "lm", "stra"];
        for source in sources {
            let regex =
                LazyRegex::parse(source, Extent::Whole, &mut RegexBudget::default()).unwrap();
            for name in chars.iter().flat_map(|a| chars.iter().map(move |b| format!("{a}{b}"))) {
                let [ascii, unicode] = [Alphabet::Ascii, Alphabet::Unicode].map(|alphabet| {
                    let regex = regex.compiled(alphabet, &mut 0).unwrap();
                    regex.is_match(&name, &RegexBudget::default().dfa_slots(), &mut 0)
                });
                assert_eq!(ascii, unicode, "{source} {name:?}");
            }
        }
    }
}
