//! Whether a regular expression can match any name at all.
//!
//! In: its source. Out: a no that is never wrong; a yes may be. A newcomer's trap: names hold no line
//! break and no other character that nobody sees, since they come as escapes: an expression that needs
//! one waits forever.

use crate::model::TestName;
use regex_syntax::hir::{Class, Hir, HirKind, Look};
use std::borrow::Cow;

/// Whether some name could match.
pub(super) fn can_match(source: &str) -> bool {
    regex_syntax::parse(source).map_or(true, |parsed| some_name(&parsed))
}

fn some_name(part: &Hir) -> bool {
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => str::from_utf8(&literal.0).map_or(true, is_of_names),
        HirKind::Class(class) => some_character(class),
        HirKind::Repetition(repeated) => repeated.min == 0 || some_name(&repeated.sub),
        HirKind::Capture(group) => some_name(&group.sub),
        HirKind::Concat(parts) => parts.iter().all(some_name) && ends_are_ends(parts),
        HirKind::Alternation(parts) => parts.iter().any(some_name),
    }
}

/// Whether nothing has to stand in front of the name's start or behind its end.
fn ends_are_ends(parts: &[Hir]) -> bool {
    let is = |part: &Hir, look: Look| matches!(part.kind(), HirKind::Look(it) if *it == look);
    let takes_some = |part: &Hir| part.properties().minimum_len().is_some_and(|len| len > 0);
    let mut taken = false;
    let mut ended = false;
    parts.iter().all(|part| {
        ended |= is(part, Look::End);
        taken |= takes_some(part);
        let misplaced = taken && is(part, Look::Start) || ended && takes_some(part);
        !misplaced
    })
}

fn some_character(class: &Class) -> bool {
    match class {
        Class::Unicode(class) => {
            let mut ranges = class.iter();
            ranges.any(|range| (range.start()..=range.end()).any(character_is_of_names))
        }
        Class::Bytes(class) => {
            let mut ranges = class.iter();
            ranges.any(|range| {
                (range.start()..=range.end()).any(|byte| character_is_of_names(char::from(byte)))
            })
        }
    }
}

fn character_is_of_names(c: char) -> bool {
    is_of_names(c.encode_utf8(&mut [0; 4]))
}

fn is_of_names(text: &str) -> bool {
    matches!(TestName::shown(text), Cow::Borrowed(_))
}

#[cfg(test)]
mod tests {
    use super::can_match;

    #[test]
    fn what_no_name_is_like_is_found() {
        for source in
            ["[a&&b]", r"a\nb", r"\x07", r"a[\r\n]b", "a^b", "a$b", r"(?:x|[a&&b]y)\n", "x$.+"]
        {
            assert!(!can_match(source), "{source}");
        }
    }

    #[test]
    fn what_could_match_is_left_alone() {
        let sources = [
            "",
            "^a$",
            "a|[a&&b]",
            r"a\n?b",
            r"\s+",
            "(?m)a$.^b",
            "$a*",
            "^^a",
            r"[^\n]+",
            "(a|^)b",
            "é",
        ];
        for source in sources {
            assert!(can_match(source), "{source}");
        }
    }
}
