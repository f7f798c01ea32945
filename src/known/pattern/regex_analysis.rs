//! Static analysis of regular expressions: required literals and satisfiability.
//!
//! Names contain no line break and no other invisible character, since these are escaped: an expression that requires
//! one matches no name.

use crate::model::TestName;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look};
use std::borrow::Cow;

/// Maximum number of cases that a letter has: `k`, `K` and the Kelvin sign.
const MAX_CASES: usize = 3;

/// Texts, each of which occurs in every match, in upper or lower case.
pub(crate) fn required_literals(hir: &Hir) -> Vec<String> {
    let mut literals = vec![String::new()];
    collect_literals(hir, &mut literals);
    literals.retain(|literal| !literal.is_empty());
    literals
}

/// Appends to the last literal as long as the expression has only one text there, and then starts another.
fn collect_literals(hir: &Hir, literals: &mut Vec<String>) {
    let text = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => return,
        HirKind::Capture(group) => return collect_literals(&group.sub, literals),
        HirKind::Concat(parts) => {
            return parts.iter().for_each(|part| collect_literals(part, literals));
        }
        HirKind::Repetition(repeated) => {
            if repeated.min > 0 {
                collect_literals(&repeated.sub, literals);
            }
            None
        }
        HirKind::Literal(literal) => {
            str::from_utf8(&literal.0).ok().map(|text| fold_ascii_lookalikes(text).into_owned())
        }
        HirKind::Class(Class::Unicode(class)) => single_letter(class).map(String::from),
        HirKind::Class(Class::Bytes(_)) | HirKind::Alternation(_) => None,
    };
    match (text, literals.last_mut()) {
        (Some(text), Some(last)) => last.push_str(&text),
        (_, _) => literals.push(String::new()),
    }
}

/// The text that every match begins with.
pub(crate) fn prefix(hir: &Hir) -> String {
    let mut text = String::new();
    append_prefix(hir, &mut text);
    text
}

/// Appends the text of an expression as far as it has only one, and returns whether that is all of it.
fn append_prefix(hir: &Hir, text: &mut String) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Capture(group) => append_prefix(&group.sub, text),
        HirKind::Concat(parts) => parts.iter().all(|part| append_prefix(part, text)),
        HirKind::Literal(literal) => {
            str::from_utf8(&literal.0).map(|literal| text.push_str(literal)).is_ok()
        }
        HirKind::Class(_) | HirKind::Repetition(_) | HirKind::Alternation(_) => false,
    }
}

/// The letter of which a class contains nothing but cases, in lower case.
fn single_letter(class: &ClassUnicode) -> Option<char> {
    let len: usize = class.ranges().iter().map(ClassUnicodeRange::len).sum();
    if len > MAX_CASES {
        return None;
    }
    let lower = |c: char| ascii_lookalike(c).unwrap_or(c).to_ascii_lowercase();
    let mut letters = class.iter().flat_map(|range| range.start()..=range.end()).map(lower);
    let first = letters.next()?;
    letters.all(|letter| letter == first).then_some(first)
}

/// The text with the non-ASCII letters replaced whose upper or lower case is an ASCII letter.
pub(crate) fn fold_ascii_lookalikes(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.contains(|c| ascii_lookalike(c).is_some()) {
        return text.into();
    }
    text.chars().map(|c| ascii_lookalike(c).unwrap_or(c)).collect()
}

/// The ASCII letter that is another case of the long s or the Kelvin sign.
fn ascii_lookalike(c: char) -> Option<char> {
    match c {
        '\u{17f}' => Some('s'),
        '\u{212a}' => Some('k'),
        _ => None,
    }
}

/// Whether some name could match. May return false positives.
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

/// Whether no text is required in front of the start of a name or after its end.
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
    let can_occur = |c: char| can_occur_in_name(c.encode_utf8(&mut [0; 4]));
    match class {
        Class::Unicode(class) => {
            class.iter().any(|range| (range.start()..=range.end()).any(can_occur))
        }
        Class::Bytes(class) => class
            .iter()
            .any(|range| (range.start()..=range.end()).any(|byte| can_occur(char::from(byte)))),
    }
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
    fn prefix_ends_at_the_first_choice() {
        for (source, expected) in [
            (r"^smb2\.(lease)\..*", "smb2.lease."),
            (r"smb2\.(lease|dir)", "smb2."),
            ("ab?c", "a"),
            ("(?i)ab", ""),
            ("a|b", ""),
            (r"(a\b(b[cd])e)", "ab"),
        ] {
            assert_eq!(prefix(&parsed(source)), expected, "{source}");
        }
    }

    #[test]
    fn required_literals_are_extracted() {
        let required = |source: &str| required_literals(&parsed(source)).join(" ");
        assert_eq!(required(r"smb2\.(lease|dir)\.\w+_v(2)+x?"), "smb2. . _v2");
        assert_eq!(required(r"ab\b(cd[0-9]e)f{2,3}g"), "abcd ef g");
        assert_eq!(required("(?i)Ab_Locks.é[0-9]x"), "ab_locks x");
        for none in ["", "a?", "[ab]*", "[a-f]", "a|b", "a|b?", "^$"] {
            assert_eq!(required(none), "", "{none}");
        }
    }
}
