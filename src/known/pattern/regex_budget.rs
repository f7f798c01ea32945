//! What an expression would cost: a document may come from anybody, and ten thousand small ones may be a lot.
//!
//! In: regular expressions, parsed. Out: whether they can be afforded, before any is compiled. A newcomer's
//! trap: it is a guess, in states of the automaton; that a single one is not too big is checked again when
//! it is compiled.

use super::regex_analysis;
use regex_syntax::hir::Hir;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// States that one expression may have, about.
const MAX_STATES_PER_REGEX: usize = 1_000_000;
/// States that all expressions of a document may have, about.
const MAX_STATES_PER_DOCUMENT: usize = 8_000_000;
/// What goes beyond ASCII is only compiled for names that do, and few do: it counts for this part.
const NON_ASCII_DISCOUNT: usize = 32;

/// Automata that the expressions of a document may become, but for those that are one together.
const MAX_DFAS: usize = 2_000;

/// What is left for a document's expressions.
#[derive(Debug)]
pub(crate) struct RegexBudget {
    states: usize,
    dfa_slots: DfaSlots,
}

impl Default for RegexBudget {
    fn default() -> RegexBudget {
        RegexBudget {
            states: MAX_STATES_PER_DOCUMENT,
            dfa_slots: DfaSlots(Arc::new(AtomicUsize::new(MAX_DFAS))),
        }
    }
}

/// How many automata there is room for, while names come.
#[derive(Debug, Clone)]
pub(crate) struct DfaSlots(Arc<AtomicUsize>);

impl DfaSlots {
    /// Takes the room of one; false where none is left.
    pub(crate) fn acquire(&self) -> bool {
        let decrement = |left: usize| left.checked_sub(1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, decrement).is_ok()
    }
}

impl RegexBudget {
    /// Takes what an expression costs; why not, if that is too much.
    pub(crate) fn charge(&mut self, parsed: &Hir) -> Result<(), String> {
        let states = regex_analysis::estimated_states(parsed);
        if states > MAX_STATES_PER_REGEX {
            return Err("compiled it would be too big".to_owned());
        }
        let left = self.states.checked_sub(
            regex_analysis::estimated_ascii_states(parsed) + states / NON_ASCII_DISCOUNT,
        );
        self.states = left.ok_or("with all those before it, it would be too big")?;
        Ok(())
    }

    /// Where the automata of its expressions are counted.
    pub(crate) fn dfa_slots(&self) -> DfaSlots {
        self.dfa_slots.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_big_regex_is_rejected_and_so_are_too_many() {
        let mut budget = RegexBudget::default();
        let mut charge = |source: &str| budget.charge(&regex_syntax::parse(source).unwrap());
        assert_eq!(charge("(a{1000}){1000}"), Err("compiled it would be too big".into()));
        for _ in 0..10_000 {
            assert_eq!(charge(r"smb2\.\w+\.(dir|lease)_\w+"), Ok(()));
        }
        let some = (0..1_000).find(|_| charge("(a{100}){100}").is_err());
        assert!(some.is_some_and(|some| some > 10), "{some:?}");
    }
}
