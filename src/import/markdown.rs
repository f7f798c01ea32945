//! Escapes one line of plain text as Markdown, for cells, headings and paragraphs.
//!
//! Tables are split at pipes before anything else is parsed, so pipes are escaped last.
//!
//! See <https://github.github.com/gfm/#backslash-escapes>.

/// Markdown that renders as this text.
pub(super) fn escape(raw: &str) -> String {
    let mut escaped = String::with_capacity(raw.len() + 8);
    let chars: Vec<char> = raw.chars().collect();
    for (at, c) in chars.iter().copied().enumerate() {
        let is_word_char = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric());
        let (previous, next) = (at.checked_sub(1).and_then(|at| chars.get(at)), chars.get(at + 1));
        let special = match c {
            '`' | '*' | '[' | ']' | '<' | '>' | '~' => true,
            '_' => !(is_word_char(previous) && is_word_char(next)),
            '\\' => next.is_none_or(char::is_ascii_punctuation),
            '&' => next.is_some_and(|c| c.is_alphanumeric() || *c == '#'),
            '#' | '-' | '+' | '=' => at == 0 || c == '#' && next.is_none_or(|c| *c == '#'),
            '!' => next == Some(&'['),
            _ => false,
        };
        if special {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped.replace('|', r"\|")
}
