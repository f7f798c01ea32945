//! Sanitizes untrusted text for terminals and logs: no control characters, no escape sequences.
//!
//! A carriage return ends a line for GitHub's runner, and an invisible direction mark reverses a line for a
//! reader; both become visible escapes.

use crate::model::TestName;
use crate::syntax::ansi;
use std::borrow::Cow;
use std::path::Path;

/// One line: line breaks and everything invisible become escapes.
pub fn single_line(text: &str) -> Cow<'_, str> {
    TestName::escape(text)
}

pub fn path(path: &Path) -> String {
    single_line(&path.to_string_lossy()).into_owned()
}

/// Maximum length of a value in a message, in characters.
const MAX_VALUE_LEN: usize = 300;

/// A value that a message names, which may be of any length: one line, cut where it is too long.
pub fn value(text: &str) -> String {
    single_line(&truncate(text, MAX_VALUE_LEN)).into_owned()
}

/// A path that a message names.
pub fn path_value(path: &Path) -> String {
    value(&path.to_string_lossy())
}

/// The lines of a text: tabs become spaces, terminal colors are removed, everything else invisible becomes an
/// escape.
pub fn lines(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.trim_end().lines().map(|raw| {
        let raw = raw.trim_end_matches('\r');
        match TestName::escape(raw) {
            Cow::Borrowed(plain) => Cow::Borrowed(plain),
            Cow::Owned(_) => {
                let plain = ansi::strip(raw).replace('\t', "    ");
                Cow::Owned(TestName::escape(&plain).into_owned())
            }
        }
    })
}

/// The first line that is not blank.
pub fn first_line(text: &str) -> Option<String> {
    lines(text).find(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned())
}

/// At most `limit` characters of a text, with an ellipsis where it was cut.
pub fn truncate(text: &str, limit: usize) -> Cow<'_, str> {
    if text.len() <= limit {
        return Cow::Borrowed(text);
    }
    match text.char_indices().nth(limit) {
        None => Cow::Borrowed(text),
        Some((at, _)) => Cow::Owned(format!("{}…", &text[..at])),
    }
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
    fn values_of_messages_are_short_lines() {
        assert_eq!(value("a\nb"), "a\\nb");
        assert_eq!(path_value(Path::new(&"é".repeat(9_999))).chars().count(), MAX_VALUE_LEN + 1);
    }

    #[test]
    fn lone_carriage_return_is_escaped() {
        assert_eq!(lines("a\rb").collect::<Vec<_>>(), ["a\\rb"]);
    }
}
