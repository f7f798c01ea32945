//! Writes names, patterns and text as the source of table cells.

use crate::known::pattern::Pattern;

/// A test's name as the source of a cell that reads back as a pattern for this name only.
///
/// Control characters of the name are escaped already, as in results.
pub fn escape_cell(name: &str) -> String {
    escape_pattern(&Pattern::for_name(name))
}

/// A pattern's text as the source of a cell that reads back as the same text.
pub fn escape_pattern(pattern: &str) -> String {
    let cell = pattern.replace('|', r"\|");
    if is_plain_markdown(&cell) { cell } else { code_span(&cell) }
}

/// One line of text as the source of a cell that renders as this text.
pub(crate) fn escape_text(text: &str) -> String {
    // Parsers disagree on a backslash before an escaped pipe.
    if text.contains(r"\|") {
        return text.chars().map(char_reference).collect();
    }
    let cell = text.replace('|', r"\|");
    if is_plain_markdown(&cell) { cell } else { code_span(&cell) }
}

/// A punctuation character as a character reference, which is never markup.
fn char_reference(c: char) -> String {
    if c.is_ascii_punctuation() { format!("&#{};", u32::from(c)) } else { c.to_string() }
}

pub(in crate::known) fn code_span(cell: &str) -> String {
    // The delimiter has to be longer than any run of backticks inside.
    let longest = cell.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let ticks = "`".repeat(longest + 1);
    let pad = if cell.starts_with('`') || cell.ends_with('`') { " " } else { "" };
    format!("{ticks}{pad}{cell}{pad}{ticks}")
}

/// Whether Markdown renders this text unchanged.
pub(in crate::known) fn is_plain_markdown(cell: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '-' | ' ' | ',');
    let is_inside_word = |at: usize| {
        let bytes = cell.as_bytes();
        let is_word = |at: Option<usize>| {
            at.and_then(|at| bytes.get(at)).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
        };
        is_word(at.checked_sub(1)) && is_word(at.checked_add(1))
    };
    let mut chars = cell.char_indices();
    chars.all(|(at, c)| is_plain(c) || (c == '_' && is_inside_word(at))) && !cell.contains("www.")
}
