//! Writes wildcards. Some texts cannot be written as a wildcard, since whitespace at their ends would be trimmed or
//! they begin with `re:`.

use crate::known::{Pattern, WildcardToken};
use crate::model::TestName;

/// The pattern of these tokens; `None` if only a regular expression can express it.
pub(super) fn pattern(tokens: impl IntoIterator<Item = WildcardToken>) -> Option<String> {
    let mut merged = Vec::new();
    tokens.into_iter().for_each(|token| token.append_to(&mut merged));
    match merged.as_slice() {
        [] => return Some(Pattern::for_name("")),
        [WildcardToken::Text(text)] => return Some(Pattern::for_name(&TestName::escape(text))),
        _ => {}
    }
    let mut pattern = String::new();
    for token in merged {
        match token {
            WildcardToken::Text(text) => {
                for c in TestName::escape(&text).chars() {
                    if matches!(c, '*' | '?' | '\\') {
                        pattern.push('\\');
                    }
                    pattern.push(c);
                }
            }
            WildcardToken::AnyChars(count) => pattern.extend(std::iter::repeat_n('?', count)),
            WildcardToken::Star => pattern.push('*'),
        }
    }
    let is_readable = pattern.trim() == pattern && !pattern.starts_with("re:");
    is_readable.then_some(pattern)
}
