//! A pattern made of pieces: text, any one character, any run of characters.
//!
//! In: pieces. Out: the text of an exact name or a wildcard that means just that. A newcomer's trap: in
//! front of a sign a backslash has to be doubled, and some texts cannot be wildcards at all, because
//! their ends would be trimmed or begin as a regular expression does.

use crate::known::Pattern;
use crate::model::TestName;

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WildcardPiece {
    Text(String),
    AnyChar,
    Star,
}

/// Adds a piece; neighbours that are one piece become one.
pub(super) fn push(pieces: &mut Vec<WildcardPiece>, piece: WildcardPiece) {
    match (pieces.last_mut(), piece) {
        (Some(WildcardPiece::Text(text)), WildcardPiece::Text(more)) => text.push_str(&more),
        (Some(WildcardPiece::Star), WildcardPiece::Star) => {}
        (_, WildcardPiece::Text(text)) if text.is_empty() => {}
        (_, piece) => pieces.push(piece),
    }
}

/// The pattern that means these pieces; `None` when only a regular expression could.
pub(super) fn pattern(pieces: &[WildcardPiece]) -> Option<String> {
    match pieces {
        [] => return Some(Pattern::for_name("")),
        [WildcardPiece::Text(text)] => return Some(Pattern::for_name(&TestName::escape(text))),
        _ => {}
    }
    let mut pattern = String::new();
    for piece in pieces {
        match piece {
            WildcardPiece::Text(text) => {
                for c in TestName::escape(text).chars() {
                    if matches!(c, '*' | '?' | '\\') {
                        pattern.push('\\');
                    }
                    pattern.push(c);
                }
            }
            WildcardPiece::AnyChar => pattern.push('?'),
            WildcardPiece::Star => pattern.push('*'),
        }
    }
    let is_readable = pattern.trim() == pattern && !pattern.starts_with("re:");
    is_readable.then_some(pattern)
}
