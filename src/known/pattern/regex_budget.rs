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
const ONE: usize = 1_000_000;
/// States that all expressions of a document may have, about.
const ALL: usize = 8_000_000;
/// What goes beyond ASCII is only compiled for names that do, and few do: it counts for this part.
const RARE: usize = 32;

/// Automata that the expressions of a document may become, but for those that are one together.
const AUTOMATA: usize = 2_000;

/// What is left for a document's expressions.
#[derive(Debug)]
pub(crate) struct Budget {
    states: usize,
    room: Room,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { states: ALL, room: Room(Arc::new(AtomicUsize::new(AUTOMATA))) }
    }
}

/// How many automata there is room for, while names come.
#[derive(Debug, Clone)]
pub(crate) struct Room(Arc<AtomicUsize>);

impl Room {
    /// Takes the room of one; false where none is left.
    pub(crate) fn take(&self) -> bool {
        let less = |left: usize| left.checked_sub(1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }
}

impl Budget {
    /// Takes what an expression costs; why not, if that is too much.
    pub(crate) fn take(&mut self, parsed: &Hir) -> Result<(), String> {
        let whole = regex_analysis::states(parsed);
        if whole > ONE {
            return Err("compiled it would be too big".to_owned());
        }
        let left = self.states.checked_sub(regex_analysis::states_in_ascii(parsed) + whole / RARE);
        self.states = left.ok_or("with all those before it, it would be too big")?;
        Ok(())
    }

    /// Where the automata of its expressions are counted.
    pub(crate) fn room(&self) -> Room {
        self.room.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_is_too_big_is_refused_and_so_are_many() {
        let mut budget = Budget::default();
        let mut take = |source: &str| budget.take(&regex_syntax::parse(source).unwrap());
        assert_eq!(take("(a{1000}){1000}"), Err("compiled it would be too big".into()));
        for _ in 0..10_000 {
            assert_eq!(take(r"smb2\.\w+\.(dir|lease)_\w+"), Ok(()));
        }
        let some = (0..1_000).find(|_| take("(a{100}){100}").is_err());
        assert!(some.is_some_and(|some| some > 10), "{some:?}");
    }
}
