//! Text from outside as text that cannot act: no control characters, no escape sequences.
//!
//! A newcomer's trap: a carriage return ends a line for GitHub's runner, and an invisible direction mark
//! turns a line around for a reader; both come out as visible escapes.

use crate::model::TestName;
use std::borrow::Cow;

/// One line: line breaks and everything invisible shown as escapes.
pub fn single_line(text: &str) -> Cow<'_, str> {
    TestName::escape(text)
}

/// Several lines: breaks stay, tabs become blanks, terminal colours go, everything else invisible is
/// shown as an escape.
pub fn lines(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.trim_end().lines().map(|raw| {
        let raw = raw.trim_end_matches('\r');
        match TestName::escape(raw) {
            // Most lines have nothing of that.
            Cow::Borrowed(plain) => Cow::Borrowed(plain),
            Cow::Owned(_) => {
                let plain = strip_ansi(raw).replace('\t', "    ");
                Cow::Owned(TestName::escape(&plain).into_owned())
            }
        }
    })
}

/// The first line that says something.
pub fn first_line(text: &str) -> Option<String> {
    lines(text).find(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned())
}

/// The start of a text, at most so many characters, with a mark where it was cut.
pub fn truncate(text: &str, limit: usize) -> Cow<'_, str> {
    if text.len() <= limit {
        return Cow::Borrowed(text);
    }
    match text.char_indices().nth(limit) {
        None => Cow::Borrowed(text),
        Some((at, _)) => Cow::Owned(format!("{}…", &text[..at])),
    }
}

/// Takes out the control sequences that terminals act on (ECMA-48 CSI and OSC).
fn strip_ansi(line: &str) -> Cow<'_, str> {
    if !line.contains('\u{1b}') {
        return Cow::Borrowed(line);
    }
    let (mut plain, mut chars) = (String::with_capacity(line.len()), line.chars().peekable());
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\u{1b}', Some('[')) => {
                chars.next();
                while chars.next().is_some_and(|c| !('\u{40}'..='\u{7e}').contains(&c)) {}
            }
            ('\u{1b}', Some(']')) => {
                while chars.next().is_some_and(|c| c != '\u{7}' && c != '\u{1b}') {}
            }
            (c, _) => plain.push(c),
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_strip_colors_and_escape_controls() {
        let text = "\u{1b}[31mred\u{1b}[0m\ta\u{7}b\r\nnext\u{202e}";
        let sanitized: Vec<Cow<'_, str>> = lines(text).collect();
        assert_eq!(sanitized, ["red    a\\u{7}b", "next\\u{202e}"]);
    }

    #[test]
    fn lone_carriage_return_is_escaped() {
        assert_eq!(lines("a\rb").collect::<Vec<_>>(), ["a\\rb"]);
    }
}
