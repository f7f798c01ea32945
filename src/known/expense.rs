//! What an expression would cost: a document may come from anybody, and ten thousand small ones may be a lot.
//!
//! In: sources of regular expressions. Out: whether they can be afforded, before any is compiled. A newcomer's
//! trap: it is a guess, in states of the automaton; that a single one is not too big is checked again when
//! it is compiled.

use regex_syntax::hir::{Class, Hir, HirKind};

/// States that one expression may have, about.
const ONE: u64 = 200_000;
/// States that all expressions of a document may have, about.
const ALL: u64 = 2_000_000;

/// What is left for a document's expressions.
#[derive(Debug)]
pub(super) struct Budget(u64);

impl Default for Budget {
    fn default() -> Budget {
        Budget(ALL)
    }
}

impl Budget {
    /// Takes the expressions of a cell; why not, if that is too much. What is no expression costs nothing.
    pub(super) fn take(&mut self, cell: &str) -> Result<(), String> {
        let states = cell.split("re:").skip(1).map(states).fold(0, u64::saturating_add);
        if states > ONE {
            return Err("compiled it would be too big".to_owned());
        }
        let left = self.0.checked_sub(states);
        self.0 = left.ok_or("with all those before it, it would be too big")?;
        Ok(())
    }
}

fn states(source: &str) -> u64 {
    regex_syntax::parse(source.trim()).map_or(0, |parsed| of(&parsed))
}

fn of(part: &Hir) -> u64 {
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len() as u64,
        HirKind::Class(Class::Unicode(class)) => {
            // Beyond ASCII a range takes a few steps of bytes.
            let steps = |end: char| if end.is_ascii() { 1 } else { 3 };
            class.iter().map(|range| steps(range.end())).sum()
        }
        HirKind::Class(Class::Bytes(class)) => class.iter().count() as u64,
        HirKind::Repetition(repeated) => {
            let times = u64::from(repeated.max.unwrap_or(repeated.min).max(1));
            of(&repeated.sub).saturating_add(1).saturating_mul(times)
        }
        HirKind::Capture(group) => of(&group.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(of).fold(0, u64::saturating_add)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_is_too_big_is_refused_and_so_are_many() {
        let mut budget = Budget::default();
        assert_eq!(budget.take("re:(a{1000}){1000}"), Err("compiled it would be too big".into()));
        assert_eq!(budget.take("a{1000}{1000} is no expression"), Ok(()));
        for _ in 0..1_000 {
            assert_eq!(budget.take(r"re:smb2\.(dir|lease)\.[a-z]{1,20}"), Ok(()));
        }
        let some = (0..1_000).find(|_| budget.take("re:(a{100}){100}").is_err());
        assert!(some.is_some_and(|some| some > 100));
    }
}
