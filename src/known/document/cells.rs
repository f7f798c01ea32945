//! Splits a table row into cells.
//!
//! Code spans do not protect a pipe; only a backslash directly before it does, even one that is itself escaped.
//!
//! Specification: <https://github.github.com/gfm/#tables-extension->

use super::lines::{WHITESPACE, is_trimmed, to_u32};
use crate::model::TestName;
use memchr::memchr_iter;
use std::borrow::Cow;

/// The source of one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell<'l> {
    /// Its text without surrounding whitespace.
    pub text: &'l str,
    /// Byte offset of the text in the line.
    pub start: usize,
}

/// Splits a line without its container prefix; no cells for an empty line.
pub(crate) fn split(line: &str) -> Vec<Cell<'_>> {
    let line = line.trim_end_matches(['\r', '\n']).trim_end_matches(WHITESPACE);
    let indent = line.len() - line.trim_start_matches(WHITESPACE).len();
    let mut at = indent + usize::from(line[indent..].starts_with('|'));
    let mut cells = Vec::new();
    while at < line.len() {
        let end = next_pipe(&line[at..]).map_or(line.len(), |pipe| at + pipe);
        cells.push(Cell::new(line, at, end));
        at = end + 1;
    }
    cells
}

/// Whether the line has a pipe that is not escaped.
pub(crate) fn has_pipe(line: &str) -> bool {
    next_pipe(line).is_some()
}

/// The number of cells of a delimiter row such as `|---|:-:|`; `None` for any other line.
pub(crate) fn delimiter_width(line: &str) -> Option<usize> {
    let is_delimiter = |cell: &Cell<'_>| {
        let text = cell.text;
        let dashes = text.strip_prefix(':').unwrap_or(text);
        let dashes = dashes.strip_suffix(':').unwrap_or(dashes);
        !dashes.is_empty() && dashes.bytes().all(|b| b == b'-')
    };
    let cells = split(line);
    (!cells.is_empty() && cells.iter().all(is_delimiter)).then_some(cells.len())
}

fn next_pipe(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr_iter(b'|', bytes).find(|at| *at == 0 || bytes[at - 1] != b'\\')
}

impl<'l> Cell<'l> {
    fn new(line: &'l str, start: usize, end: usize) -> Cell<'l> {
        let cell = &line[start..end];
        let text = cell.trim_start_matches(WHITESPACE);
        Cell { text: text.trim_end_matches(WHITESPACE), start: start + cell.len() - text.len() }
    }

    /// The cell trimmed as a name.
    pub(crate) fn trimmed(self) -> Cell<'l> {
        let text = self.text.trim_start_matches(is_trimmed);
        let start = self.start + self.text.len() - text.len();
        Cell { text: text.trim_end_matches(is_trimmed), start }
    }

    /// Whether the cell contains only HTML comments.
    pub(crate) fn is_comment(self) -> bool {
        let mut rest = self.trimmed().text;
        let mut any = false;
        while let Some((_, after)) =
            rest.strip_prefix("<!--").and_then(|comment| comment.split_once("-->"))
        {
            any = true;
            rest = after.trim_start();
        }
        any && rest.is_empty()
    }

    /// The cell without surrounding backticks, if their number is the same on both sides.
    pub(crate) fn without_backticks(self) -> Cell<'l> {
        self.trimmed().strip_backticks().trimmed()
    }

    fn strip_backticks(self) -> Cell<'l> {
        let Some(inner) = inside_backticks(self.text) else { return self };
        let opening = (self.text.len() - inner.len()) / 2;
        let inner = Cell::new(self.text, opening, self.text.len() - opening);
        Cell { text: inner.text, start: self.start + inner.start }
    }

    /// The text with `\|` as `|`.
    pub(crate) fn unescaped(self) -> Cow<'l, str> {
        if self.text.contains('|') {
            self.text.replace(r"\|", "|").into()
        } else {
            self.text.into()
        }
    }

    /// The 1-based column, in characters, of its text in `line`.
    pub(crate) fn column(self, line: &str) -> u32 {
        let prefix = line.get(..self.start).unwrap_or_default().trim_start_matches('\u{feff}');
        to_u32(prefix.chars().count() + 1)
    }
}

/// The text between backticks, if their number is the same on both sides.
fn inside_backticks(text: &str) -> Option<&str> {
    let opening = text.len() - text.trim_start_matches('`').len();
    let closing = text.len() - text.trim_end_matches('`').len();
    (opening == closing && opening > 0 && opening < text.len())
        .then(|| &text[opening..text.len() - closing])
}

/// Whether a trimmed cell is a single code span: in it, nothing but `\|` is markup.
pub(super) fn is_code_span(cell: &str) -> bool {
    inside_backticks(cell).is_some_and(|code| {
        let ticks = (cell.len() - code.len()) / 2;
        !code.trim().is_empty() && !code.split(|c| c != '`').any(|run| run.len() == ticks)
    })
}

/// A cell as a name or pattern, with control characters escaped as in the names of results.
pub(crate) fn decode_name(cell: Cell<'_>) -> String {
    TestName::escape(&cell.unescaped()).into_owned()
}

/// A line without block quote markers and indentation.
pub(crate) fn strip_container_prefix(line: &str) -> &str {
    line.trim_start_matches([' ', '\t', '>', '\u{feff}'])
}

/// A line without the markers of block quotes and list items, and indentation.
pub(super) fn strip_block_markers(line: &str) -> &str {
    // Nearly all lines of a list begin with it.
    if line.starts_with('|') {
        return line;
    }
    let is_marker = |c: char| " \t>-+*.)\u{feff}".contains(c) || c.is_ascii_digit();
    line.trim_start_matches(is_marker)
}

/// Whether a row without a leading pipe is a row by its first characters: those of text or of a code span, which begin
/// no list, heading, quote, code, HTML or other block.
pub(crate) fn begins_like_text(row: &str) -> bool {
    let text = row.trim_start_matches(|c: char| c.is_ascii_digit());
    match text.chars().next() {
        Some('`') => !text.starts_with("``"),
        Some('.' | ')') | None => false,
        Some(c) => c.is_alphabetic() || text.len() < row.len(),
    }
}

pub(crate) fn begins_with_pipe(line: &str) -> bool {
    line.trim_start().starts_with('|')
}
