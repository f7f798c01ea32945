//! Limits on what the regular expressions of a document cost: documents are untrusted, and ten thousand small
//! expressions may cost a lot, too.
//!
//! The size is estimated in NFA states before anything is compiled. That of a single big expression is checked again
//! when it is compiled.

use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Maximum number of states of one expression.
const MAX_STATES_PER_REGEX: usize = 1_000_000;
/// Maximum number of states of all expressions of a document.
const MAX_STATES_PER_DOCUMENT: usize = 4_000_000;
/// States beyond ASCII are charged by this fraction, since few names need them.
const NON_ASCII_DISCOUNT: usize = 64;
/// The same for an expression that is compiled when it is parsed.
const COMPILED_DISCOUNT: usize = 8;

/// Expressions with more states than this may be too big once compiled; whether they are is found out when they are parsed.
pub(super) const MAX_UNCHECKED_STATES: usize = 1 << 16;

/// Maximum number of expressions of a document that become a DFA of their own.
const MAX_DFAS: usize = 2_000;

/// What is left for a document's expressions.
#[derive(Debug)]
pub(crate) struct RegexBudget {
    states: usize,
    dfa_slots: DfaSlots,
}

impl Default for RegexBudget {
    fn default() -> RegexBudget {
        let dfa_slots = DfaSlots(Arc::new(AtomicUsize::new(MAX_DFAS)));
        RegexBudget { states: MAX_STATES_PER_DOCUMENT, dfa_slots }
    }
}

/// The estimated size of an expression.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RegexSize {
    /// The states of its NFA for ASCII names and for all names: what it takes to compile it.
    pub states: [usize; 2],
    /// The states that a byte can reach at once: what it takes to match it. Of a class, that is one.
    pub active_states: usize,
}

impl RegexSize {
    /// The size of both expressions.
    pub(super) fn plus(self, other: RegexSize) -> RegexSize {
        let [ascii, all] = self.states;
        RegexSize {
            states: [ascii + other.states[0], all + other.states[1]],
            active_states: self.active_states + other.active_states,
        }
    }
}

/// How many more expressions can become a DFA.
#[derive(Debug, Clone)]
pub(crate) struct DfaSlots(Arc<AtomicUsize>);

impl DfaSlots {
    /// Takes a slot; false if none is left.
    pub(crate) fn acquire(&self) -> bool {
        let decrement = |left: usize| left.checked_sub(1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, decrement).is_ok()
    }
}

impl RegexBudget {
    /// Charges an expression. Returns its size, or why it is too expensive.
    pub(crate) fn charge(&mut self, hir: &Hir) -> Result<RegexSize, String> {
        // A range of characters is a few ranges of bytes, in up to four positions.
        let states = estimate_states(hir, |class| 8 * class.ranges().len());
        if states > MAX_STATES_PER_REGEX {
            return Err("compiled it would be too big".to_owned());
        }
        let ascii_ranges =
            |class: &ClassUnicode| class.ranges().partition_point(|range| range.start().is_ascii());
        let ascii_states = estimate_states(hir, |class| 8 * ascii_ranges(class));
        let is_compiled = states > MAX_UNCHECKED_STATES;
        let discount = if is_compiled { COMPILED_DISCOUNT } else { NON_ASCII_DISCOUNT };
        let cost = ascii_states + states / discount;
        self.states = self
            .states
            .checked_sub(cost)
            .ok_or("compiled together with the expressions above it, it would be too big")?;
        let active_states = estimate_states(hir, |_| 1);
        Ok(RegexSize { states: [ascii_states, states], active_states })
    }

    /// The slots that all expressions of the document share.
    pub(crate) fn dfa_slots(&self) -> DfaSlots {
        self.dfa_slots.clone()
    }
}

/// The number of NFA states that an expression has at most, where a class has `class_states`.
fn estimate_states(hir: &Hir, class_states: impl Fn(&ClassUnicode) -> usize + Copy) -> usize {
    let states = |hir: &Hir| estimate_states(hir, class_states);
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Unicode(class)) => class_states(class),
        HirKind::Class(Class::Bytes(class)) => class.ranges().len(),
        HirKind::Repetition(repeated) => {
            let times = repeated.max.unwrap_or(repeated.min).max(1) as usize;
            states(&repeated.sub).saturating_add(2).saturating_mul(times)
        }
        HirKind::Capture(group) => states(&group.sub).saturating_add(2),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(states).fold(parts.len(), usize::saturating_add)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_big_regex_is_rejected_and_so_are_too_many() {
        let mut budget = RegexBudget::default();
        let mut charge = |source: &str| budget.charge(&regex_syntax::parse(source).unwrap());
        let too_big = Err("compiled it would be too big".into());
        assert_eq!(charge("(a{1000}){1000}"), too_big);
        for _ in 0..10_000 {
            assert!(charge(r"smb2\.\w+\.(dir|lease)_\w+").is_ok());
        }
        let affordable = (0..1_000).take_while(|_| charge("(a{100}){100}").is_ok()).count();
        assert!((10..1_000).contains(&affordable), "{affordable}");
    }
}
