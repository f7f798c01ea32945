//! Splits a document into lines at `\n`, `\r\n` and a lone `\r`, as Markdown does.
//!
//! All line numbers of a document come from this split: `str::lines` would count a lone `\r` differently.
//!
//! Specification: <https://spec.commonmark.org/0.31.2/#line-ending>

use memchr::memchr2;

/// Whitespace inside a line, by Markdown's rules: trimmed from a cell.
pub(super) const WHITESPACE: [char; 4] = [' ', '\t', '\u{b}', '\u{c}'];

/// Also trimmed from a name: it is invisible, and editors insert it in place of a space.
const NBSP: char = '\u{a0}';

/// Whether this character is trimmed from the ends of a name.
pub(crate) fn is_trimmed(c: char) -> bool {
    c == NBSP || WHITESPACE.contains(&c)
}

/// The lines with their endings; joined they are the text again.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> + Clone {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = match memchr2(b'\n', b'\r', rest.as_bytes()) {
            Some(at) if rest[at..].starts_with("\r\n") => at + 2,
            Some(at) => at + 1,
            None if rest.is_empty() => return None,
            None => rest.len(),
        };
        let (line, remaining) = rest.split_at(end);
        rest = remaining;
        Some(line)
    })
}

/// Appends a line or a line ending. A lone `\r` and a `\n` after it would become one line ending, so a second `\n` is
/// added.
pub(crate) fn append(text: &mut String, piece: &str) {
    if text.ends_with('\r') && piece.starts_with('\n') {
        text.push('\n');
    }
    text.push_str(piece);
}

/// A line number or column as problems have it.
pub(crate) fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Shortens a text that is longer than `max_len` bytes, and marks it with an ellipsis.
pub(crate) fn truncate(text: &mut String, max_len: usize) {
    if text.len() > max_len {
        text.truncate(text.floor_char_boundary(max_len));
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn lines_keep_every_kind_of_line_ending() {
        let text = "a\nb\r\nc\rd\n\r\ne";
        let found: Vec<&str> = lines(text).collect();
        assert_eq!(found, ["a\n", "b\r\n", "c\r", "d\n", "\r\n", "e"]);
        assert_eq!(found.concat(), text);
    }
}
