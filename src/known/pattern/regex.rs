//! Regular expressions over whole names, compiled when a name first needs it.
//!
//! Compiling takes many times as long as parsing a row, and most expressions of a long list meet no name that
//! contains their required literals, or only one. So an expression is first simulated as an NFA, and becomes a lazily
//! built DFA after several names. Nearly all names are ASCII, and Unicode classes such as `\w` need hundreds of
//! states, so ASCII names have a smaller automaton of their own.
//!
//! Syntax: <https://docs.rs/regex/latest/regex/#syntax>

use super::regex_analysis;
use super::regex_budget::{DfaSlots, RegexBudget};
use memchr::memchr2_iter;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::meta::Regex;
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

/// Expressions with more states than this may exceed [`MAX_COMPILED_SIZE`] and are compiled when they are parsed.
const EAGER_COMPILE_STATES: usize = MAX_COMPILED_SIZE / 64;

/// Maximum number of expressions in a set; with more of them, its DFA has too many states.
pub(crate) const MAX_SET_LEN: usize = 500;

/// Bytes for the DFA states that names have reached, of one expression and of a set.
const SINGLE_CACHE_SIZE: usize = 256 << 10;
const SET_CACHE_SIZE: usize = 8 << 20;

/// Names that an expression is tried on before it becomes a DFA.
const NAMES_BEFORE_DFA: u32 = 8;

/// How often a DFA's cache may be cleared before the DFA has to prove efficient.
const MAX_CACHE_CLEARS: usize = 3;

/// Steps that it takes to start matching.
const START_COST: u64 = 32;
/// NFA states that are followed in about the time of one step.
const STATES_PER_STEP: usize = 2;

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
    /// By [`Alphabet`]: the estimated number of states.
    states: [usize; 2],
    anchored: Compiled<AnchoredRegex>,
    unanchored: OnceLock<Option<Regex>>,
    dfa_slots: DfaSlots,
}

impl LazyRegex {
    /// Parses an expression and charges the budget for it.
    pub(crate) fn parse(source: &str, budget: &mut RegexBudget) -> Result<LazyRegex, BadRegex> {
        let parsed = syntax::parse(source)?;
        let states = budget.charge(&parsed).map_err(|why| BadRegex { why })?;
        let regex = LazyRegex {
            source: source.into(),
            required_literals: regex_analysis::required_literals(&parsed).into(),
            prefix: regex_analysis::prefix(&parsed).into(),
            can_match: regex_analysis::can_match(&parsed),
            states,
            anchored: Compiled::default(),
            unanchored: OnceLock::new(),
            dfa_slots: budget.dfa_slots(),
        };
        let is_too_big = states[Alphabet::Unicode as usize] > EAGER_COMPILE_STATES
            && (regex.anchored(Alphabet::Unicode).is_none() || regex.unanchored().is_none());
        if is_too_big {
            let why = format!("compiled it would take more than {MAX_COMPILED_SIZE} bytes");
            return Err(BadRegex { why });
        }
        Ok(regex)
    }

    /// Whether the whole name matches. Adds the steps to `steps`.
    pub(crate) fn matches(&self, name: &str, steps: &mut u64) -> bool {
        // Names differ mostly towards their ends, so the last literal is the likeliest to be missing.
        let folded = regex_analysis::fold_ascii_lookalikes(name);
        let mut literals = self.required_literals.iter().rev();
        literals.all(|literal| contains_ignore_ascii_case(&folded, literal))
            && self
                .anchored(Alphabet::of_name(name))
                .is_some_and(|regex| regex.is_match(name, &self.dfa_slots, steps))
    }

    /// Whether a part of the text matches.
    pub(crate) fn is_match_anywhere(&self, text: &str) -> bool {
        self.unanchored().is_some_and(|regex| regex.is_match(text))
    }

    fn anchored(&self, alphabet: Alphabet) -> Option<&AnchoredRegex> {
        let compile = || {
            let nfa = compile_anchored([&*self.source], alphabet, MAX_COMPILED_SIZE)?;
            let nfa = PikeVM::new_from_nfa(nfa).ok()?;
            let (states, match_count) = (self.states[alphabet as usize], AtomicU32::new(0));
            Some(AnchoredRegex { nfa, states, match_count, dfa: OnceLock::new() })
        };
        self.anchored[alphabet as usize].get_or_init(compile).as_ref()
    }

    fn unanchored(&self) -> Option<&Regex> {
        let config = Regex::config()
            .which_captures(WhichCaptures::None)
            .onepass(false)
            .nfa_size_limit(Some(MAX_COMPILED_SIZE));
        let compile = || Regex::builder().configure(config).build(&self.source).ok();
        self.unanchored.get_or_init(compile).as_ref()
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

/// The expressions between the ends of a name as one NFA; `None` if it is too big.
fn compile_anchored<'s>(
    sources: impl IntoIterator<Item = &'s str>,
    alphabet: Alphabet,
    max_size: usize,
) -> Option<NFA> {
    let parse = |source: &str| match alphabet {
        Alphabet::Ascii => parse_ascii(source),
        Alphabet::Unicode => syntax::parse(source).ok(),
    };
    let anchor = |hir| Hir::concat(vec![Hir::look(Look::Start), hir, Hir::look(Look::End)]);
    let parsed: Option<Vec<Hir>> =
        sources.into_iter().map(|source| parse(source).map(anchor)).collect();
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

/// The steps that it takes to match a name, where each byte takes about the time of `states` NFA states.
fn steps_for(name: &str, states: usize) -> u64 {
    let per_byte = 1 + (states / STATES_PER_STEP) as u64;
    START_COST + (name.len() as u64).saturating_mul(per_byte)
}

/// One expression between the ends of a name.
#[derive(Debug)]
struct AnchoredRegex {
    /// Takes no time to build; slow, but linear in the length of the name and the number of its states.
    nfa: PikeVM,
    /// The estimated number of states.
    states: usize,
    /// Names that it was tried on, up to [`NAMES_BEFORE_DFA`].
    match_count: AtomicU32,
    /// `None` if all slots were taken.
    dfa: OnceLock<Option<LazyDfa>>,
}

impl AnchoredRegex {
    fn is_match(&self, name: &str, dfa_slots: &DfaSlots, steps: &mut u64) -> bool {
        if self.match_count.load(Ordering::Relaxed) < NAMES_BEFORE_DFA {
            self.match_count.fetch_add(1, Ordering::Relaxed);
        } else {
            let build = || {
                let new = |nfa: &NFA| LazyDfa::new(nfa.clone(), self.states, SINGLE_CACHE_SIZE);
                dfa_slots.acquire().then(|| new(self.nfa.get_nfa())).flatten()
            };
            let dfa = self.dfa.get_or_init(build).as_ref();
            if let Some(is_match) = dfa.and_then(|dfa| dfa.is_match(name)) {
                *steps += steps_for(name, 0);
                return is_match;
            }
        }
        *steps += steps_for(name, self.states);
        self.nfa.is_match(&mut self.nfa.create_cache(), Input::new(name).anchored(Anchored::Yes))
    }
}

/// Several expressions as one DFA.
#[derive(Debug)]
pub(crate) struct LazyRegexSet {
    sources: Vec<Box<str>>,
    /// By [`Alphabet`]: the estimated number of states.
    states: [usize; 2],
    dfas: Compiled<LazyDfa>,
}

impl LazyRegexSet {
    /// At most [`MAX_SET_LEN`] expressions.
    pub(crate) fn new(regexes: &[&LazyRegex]) -> LazyRegexSet {
        let sum = |alphabet| regexes.iter().map(|regex| regex.states[alphabet as usize]).sum();
        LazyRegexSet {
            sources: regexes.iter().map(|regex| regex.source.clone()).collect(),
            states: [Alphabet::Ascii, Alphabet::Unicode].map(sum),
            dfas: Compiled::default(),
        }
    }

    /// The indices of the expressions that match the whole name, ascending; `None` if the DFA is too big. Adds the
    /// steps to `steps`.
    pub(crate) fn matching_indices(&self, name: &str, steps: &mut u64) -> Option<Vec<usize>> {
        let alphabet = Alphabet::of_name(name);
        let compile = || {
            let sources = self.sources.iter().map(|source| &**source);
            let nfa = compile_anchored(sources, alphabet, MAX_SET_SIZE)?;
            LazyDfa::new(nfa, self.states[alphabet as usize], SET_CACHE_SIZE)
        };
        *steps += steps_for(name, 0);
        self.dfas[alphabet as usize].get_or_init(compile).as_ref()?.matching_indices(name)
    }
}

/// A DFA whose states are built when names reach them. It is disabled when names keep adding states, since each byte
/// could then take time in proportion to the size of the NFA.
#[derive(Debug)]
struct LazyDfa {
    dfa: DFA,
    caches: Pool<Cache, NewCache>,
    is_disabled: AtomicBool,
}

type NewCache = Box<dyn Fn() -> Cache + Send + Sync + UnwindSafe + RefUnwindSafe>;

impl LazyDfa {
    fn new(nfa: NFA, states: usize, cache_size: usize) -> Option<LazyDfa> {
        let config = DFA::config()
            .match_kind(MatchKind::All)
            .unicode_word_boundary(true)
            .skip_cache_capacity_check(true)
            .cache_capacity(cache_size)
            .minimum_cache_clear_count(Some(MAX_CACHE_CLEARS))
            // The time to build a DFA state grows with the number of NFA states.
            .minimum_bytes_per_state(Some(10.max(states / 16)));
        let dfa = DFA::builder().configure(config).build_from_nfa(nfa).ok()?;
        let cache_dfa = dfa.clone();
        let caches = Pool::new(Box::new(move || cache_dfa.create_cache()) as NewCache);
        Some(LazyDfa { dfa, caches, is_disabled: AtomicBool::new(false) })
    }

    /// Whether any expression matches; `None` if the DFA is disabled or cannot match this name.
    fn is_match(&self, name: &str) -> Option<bool> {
        self.search(|dfa, cache| {
            let input = Input::new(name).anchored(Anchored::Yes).earliest(true);
            Ok(dfa.try_search_fwd(cache, &input)?.is_some())
        })
    }

    /// The indices of the expressions that match, ascending; `None` as in [`LazyDfa::is_match`].
    fn matching_indices(&self, name: &str) -> Option<Vec<usize>> {
        // Most names match no expression, and this check allocates nothing.
        if !self.is_match(name)? {
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
        if self.is_disabled.load(Ordering::Relaxed) {
            return None;
        }
        let found = search(&self.dfa, &mut self.caches.get());
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
        let all: Vec<LazyRegex> =
            (0..2_100).map(|n| LazyRegex::parse(&source(n), &mut budget).unwrap()).collect();
        let dfa_count = || {
            let anchored = all.iter().filter_map(|regex| regex.anchored[0].get()?.as_ref());
            anchored.filter(|anchored| anchored.dfa.get().is_some_and(Option::is_some)).count()
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
            let regex = LazyRegex::parse(source, &mut RegexBudget::default()).unwrap();
            for name in chars.iter().flat_map(|a| chars.iter().map(move |b| format!("{a}{b}"))) {
                let [ascii, unicode] = [Alphabet::Ascii, Alphabet::Unicode].map(|alphabet| {
                    let regex = regex.anchored(alphabet).unwrap();
                    regex.is_match(&name, &RegexBudget::default().dfa_slots(), &mut 0)
                });
                assert_eq!(ascii, unicode, "{source} {name:?}");
            }
        }
    }
}
