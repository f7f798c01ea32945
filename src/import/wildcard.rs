//! A pattern made of pieces: text, any one character, any run of characters.
//!
//! In: pieces. Out: the text of an exact name or a wildcard that means just that. A newcomer's trap: in
//! front of a sign a backslash has to be doubled, and some texts cannot be wildcards at all, because
//! their ends would be trimmed or begin as a regular expression does.

use crate::known::Pattern;
use crate::model::TestName;

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    One,
    Run,
}

/// Adds a piece; neighbours that are one piece become one.
pub(super) fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    match (pieces.last_mut(), piece) {
        (Some(Piece::Text(text)), Piece::Text(more)) => text.push_str(&more),
        (Some(Piece::Run), Piece::Run) => {}
        (_, Piece::Text(text)) if text.is_empty() => {}
        (_, piece) => pieces.push(piece),
    }
}

/// The pattern that means these pieces; `None` when only a regular expression could.
pub(super) fn pattern(pieces: &[Piece]) -> Option<String> {
    match pieces {
        [] => return Some(Pattern::literal("")),
        [Piece::Text(text)] => return Some(Pattern::literal(&TestName::shown(text))),
        _ => {}
    }
    let mut pattern = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => {
                for c in TestName::shown(text).chars() {
                    if matches!(c, '*' | '?' | '\\') {
                        pattern.push('\\');
                    }
                    pattern.push(c);
                }
            }
            Piece::One => pattern.push('?'),
            Piece::Run => pattern.push('*'),
        }
    }
    let readable = pattern.trim() == pattern && !pattern.starts_with("re:");
    readable.then_some(pattern)
}
