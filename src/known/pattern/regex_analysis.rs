//! What can be told of a regular expression without running it: whether it can match any name at all, what a
//! name has to hold, how big it is.
//!
//! In: the expression, parsed. Out: answers that may be too kind and are never too hard. A newcomer's
//! trap: names hold no line break and no other character that nobody sees, since they come as escapes:
//! an expression that needs one waits forever.

use crate::model::TestName;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look, Repetition};
use std::borrow::Cow;

/// Texts of which one has to be there, at most.
const MAX_ALTERNATIVES: usize = 16;
/// Letters of which one has to be there, at most: of more, one nearly always is.
const MAX_CLASS_CHARS: usize = 4;

/// Its parts that no name can do without: for each the texts of which one has to be there, in upper or lower case.
pub(crate) fn required(part: &Hir) -> Vec<Vec<String>> {
    if let Some(texts) = all_strings(part) {
        return non_trivial(texts).into_iter().collect();
    }
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => Vec::new(),
        HirKind::Repetition(repeated) if repeated.min == 0 => Vec::new(),
        HirKind::Repetition(repeated) => required(&repeated.sub),
        HirKind::Capture(group) => required(&group.sub),
        HirKind::Concat(parts) => {
            let (mut literals, mut prefixes) = (Vec::new(), vec![String::new()]);
            for part in parts {
                match all_strings(part) {
                    Some(texts) => match cross_product(&prefixes, &texts) {
                        Some(both) => prefixes = both,
                        None => {
                            literals.extend(non_trivial(std::mem::replace(&mut prefixes, texts)))
                        }
                    },
                    None => {
                        literals.extend(non_trivial(std::mem::replace(
                            &mut prefixes,
                            vec![String::new()],
                        )));
                        literals.extend(required(part));
                    }
                }
            }
            literals.extend(non_trivial(prefixes));
            literals
        }
        HirKind::Alternation(parts) => {
            // Of each branch the part that is the longest, even in its shortest text.
            let shortest = |texts: &Vec<String>| texts.iter().map(String::len).min();
            let best = |part: &Hir| required(part).into_iter().max_by_key(shortest);
            let all: Option<Vec<Vec<String>>> = parts.iter().map(best).collect();
            let texts = all.map(|branches| branches.concat());
            texts.filter(|texts| texts.len() <= MAX_ALTERNATIVES).into_iter().collect()
        }
    }
}

/// What has to be there, unless nothing will do as well.
fn non_trivial(texts: Vec<String>) -> Option<Vec<String>> {
    (!texts.is_empty() && !texts.iter().any(String::is_empty)).then_some(texts)
}

/// All texts that a part stands for, in upper or lower case, if they are few.
fn all_strings(part: &Hir) -> Option<Vec<String>> {
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(vec![String::new()]),
        HirKind::Literal(literal) => {
            Some(vec![fold_ascii_lookalikes(str::from_utf8(&literal.0).ok()?).into()])
        }
        HirKind::Class(Class::Unicode(class)) => class_chars(class),
        HirKind::Class(Class::Bytes(_)) | HirKind::Repetition(_) => None,
        HirKind::Capture(group) => all_strings(&group.sub),
        HirKind::Concat(parts) => {
            let empty = vec![String::new()];
            parts
                .iter()
                .try_fold(empty, |prefixes, part| cross_product(&prefixes, &all_strings(part)?))
        }
        HirKind::Alternation(parts) => {
            let all = parts.iter().map(all_strings).collect::<Option<Vec<_>>>()?.concat();
            (all.len() <= MAX_ALTERNATIVES).then_some(all)
        }
    }
}

/// The letters of a class, if they are few.
fn class_chars(class: &ClassUnicode) -> Option<Vec<String>> {
    let is_small =
        class.ranges().iter().map(ClassUnicodeRange::len).sum::<usize>() <= MAX_CLASS_CHARS;
    let all = class.iter().filter(|_| is_small).flat_map(|range| range.start()..=range.end());
    let lower = |c: char| ascii_lookalike(c).unwrap_or(c).to_ascii_lowercase().to_string();
    let mut letters: Vec<String> = all.map(lower).collect();
    letters.sort_unstable();
    letters.dedup();
    is_small.then_some(letters)
}

/// Each text with each of the others behind it, if they are few.
fn cross_product(texts: &[String], suffixes: &[String]) -> Option<Vec<String>> {
    let all = || {
        texts.iter().flat_map(|text| suffixes.iter().map(move |suffix| format!("{text}{suffix}")))
    };
    (texts.len() * suffixes.len() <= MAX_ALTERNATIVES).then(|| all().collect())
}

/// A text in which no letter beyond ASCII is but another case of one within.
pub(crate) fn fold_ascii_lookalikes(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.contains(|c| ascii_lookalike(c).is_some()) {
        return text.into();
    }
    text.chars().map(|c| ascii_lookalike(c).unwrap_or(c)).collect()
}

/// The letter of which this one is another case: the long s, and the sign for kelvin.
fn ascii_lookalike(c: char) -> Option<char> {
    match c {
        '\u{17f}' => Some('s'),
        '\u{212a}' => Some('k'),
        _ => None,
    }
}

/// The same expression for texts in ASCII alone.
pub(crate) fn to_ascii(part: &Hir) -> Hir {
    match part.kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) => Hir::literal(literal.0.clone()),
        HirKind::Look(look) => Hir::look(match look {
            Look::WordUnicode => Look::WordAscii,
            Look::WordUnicodeNegate => Look::WordAsciiNegate,
            Look::WordStartUnicode => Look::WordStartAscii,
            Look::WordEndUnicode => Look::WordEndAscii,
            Look::WordStartHalfUnicode => Look::WordStartHalfAscii,
            Look::WordEndHalfUnicode => Look::WordEndHalfAscii,
            look => *look,
        }),
        HirKind::Class(Class::Unicode(class)) => {
            let mut class = class.clone();
            class.intersect(&ClassUnicode::new([ClassUnicodeRange::new('\0', '\x7f')]));
            Hir::class(Class::Unicode(class))
        }
        HirKind::Class(class) => Hir::class(class.clone()),
        HirKind::Repetition(repeated) => {
            Hir::repetition(Repetition { sub: Box::new(to_ascii(&repeated.sub)), ..*repeated })
        }
        HirKind::Capture(group) => to_ascii(&group.sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(to_ascii).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(to_ascii).collect()),
    }
}

/// How many states it has as an automaton, at most.
pub(crate) fn estimated_states(part: &Hir) -> usize {
    estimate_states(part, |class| class.ranges().len())
}

/// How many states it has as an automaton for texts in ASCII alone, at most.
pub(crate) fn estimated_ascii_states(part: &Hir) -> usize {
    estimate_states(part, |class| class.ranges().partition_point(|range| range.start().is_ascii()))
}

fn estimate_states(part: &Hir, ranges: fn(&ClassUnicode) -> usize) -> usize {
    let states = |part: &Hir| estimate_states(part, ranges);
    let sum = |parts: &[Hir]| {
        parts.iter().map(states).fold(parts.len(), |sum, states| sum.saturating_add(states))
    };
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        // A range of characters is a few of bytes, each up to four bytes long.
        HirKind::Class(Class::Unicode(class)) => 8 * ranges(class),
        HirKind::Class(Class::Bytes(class)) => class.ranges().len(),
        HirKind::Repetition(repeated) => {
            let times = repeated.max.unwrap_or(repeated.min).max(1) as usize;
            states(&repeated.sub).saturating_add(2).saturating_mul(times)
        }
        HirKind::Capture(group) => states(&group.sub).saturating_add(2),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => sum(parts),
    }
}

/// Whether some name could match.
pub(crate) fn can_match(part: &Hir) -> bool {
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => str::from_utf8(&literal.0).map_or(true, can_occur_in_name),
        HirKind::Class(class) => has_valid_char(class),
        HirKind::Repetition(repeated) => repeated.min == 0 || can_match(&repeated.sub),
        HirKind::Capture(group) => can_match(&group.sub),
        HirKind::Concat(parts) => parts.iter().all(can_match) && anchors_are_satisfiable(parts),
        HirKind::Alternation(parts) => parts.iter().any(can_match),
    }
}

/// Whether nothing has to stand in front of the name's start or behind its end.
fn anchors_are_satisfiable(parts: &[Hir]) -> bool {
    let is = |part: &Hir, look: Look| matches!(part.kind(), HirKind::Look(found) if *found == look);
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

fn has_valid_char(class: &Class) -> bool {
    match class {
        Class::Unicode(class) => {
            let mut ranges = class.iter();
            ranges.any(|range| (range.start()..=range.end()).any(char_can_occur_in_name))
        }
        Class::Bytes(class) => {
            let mut ranges = class.iter();
            ranges.any(|range| {
                (range.start()..=range.end()).any(|byte| char_can_occur_in_name(char::from(byte)))
            })
        }
    }
}

fn char_can_occur_in_name(c: char) -> bool {
    can_occur_in_name(c.encode_utf8(&mut [0; 4]))
}

fn can_occur_in_name(text: &str) -> bool {
    matches!(TestName::escape(text), Cow::Borrowed(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(source: &str) -> Hir {
        regex_syntax::parse(source).unwrap()
    }

    #[test]
    fn regex_that_matches_no_name_is_detected() {
        for source in
            ["[a&&b]", r"a\nb", r"\x07", r"a[\r\n]b", "a^b", "a$b", r"(?:x|[a&&b]y)\n", "x$.+"]
        {
            assert!(!can_match(&parsed(source)), "{source}");
        }
    }

    #[test]
    fn satisfiable_regex_is_not_reported() {
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
            assert!(can_match(&parsed(source)), "{source}");
        }
    }

    #[test]
    fn required_literals_are_extracted() {
        let required = |source: &str| {
            let parts = required(&parsed(source)).into_iter();
            parts.map(|texts| texts.join(" or ")).collect::<Vec<_>>().join(" and ")
        };
        assert_eq!(
            required(r"smb2\.(lease|dir)\.\w+_v(2)+x?"),
            "smb2.lease. or smb2.dir. and _v and 2"
        );
        assert_eq!(required("a|bc|(d?e)"), "a or bc or e");
        assert_eq!(
            required(r"a[0z]\b(?:[1y]|23)[0-9]"),
            "a01 or a0y or a023 or az1 or azy or az23"
        );
        assert_eq!(required("(?i)Ab_Locks.é[0-9]x"), "ab_locks and É or é and x");
        for nothing in ["", "a?", "[ab]*", "[a-f]", "a|b?", "^$"] {
            assert_eq!(required(nothing), "", "{nothing}");
        }
    }
}
