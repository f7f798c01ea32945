//! Writes wildcards. Some texts cannot be written as a wildcard, since whitespace at their ends would be trimmed or
//! they begin with `re:`.

use crate::known::Pattern;
use crate::model::TestName;

/// A token of a wildcard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WildcardToken {
    Text(String),
    AnyChar,
    Star,
}

/// Adds a token, merged with the previous one where possible.
pub(super) fn push(tokens: &mut Vec<WildcardToken>, token: WildcardToken) {
    match (tokens.last_mut(), token) {
        (Some(WildcardToken::Text(text)), WildcardToken::Text(more)) => text.push_str(&more),
        (Some(WildcardToken::Star), WildcardToken::Star) => {}
        (_, WildcardToken::Text(text)) if text.is_empty() => {}
        (_, token) => tokens.push(token),
    }
}

/// The pattern of these tokens; `None` if only a regular expression can express it.
pub(super) fn pattern(tokens: &[WildcardToken]) -> Option<String> {
    match tokens {
        [] => return Some(Pattern::for_name("")),
        [WildcardToken::Text(text)] => return Some(Pattern::for_name(&TestName::escape(text))),
        _ => {}
    }
    let mut pattern = String::new();
    for token in tokens {
        match token {
            WildcardToken::Text(text) => {
                for c in TestName::escape(text).chars() {
                    if matches!(c, '*' | '?' | '\\') {
                        pattern.push('\\');
                    }
                    pattern.push(c);
                }
            }
            WildcardToken::AnyChar => pattern.push('?'),
            WildcardToken::Star => pattern.push('*'),
        }
    }
    let is_readable = pattern.trim() == pattern && !pattern.starts_with("re:");
    is_readable.then_some(pattern)
}
