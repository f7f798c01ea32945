//! A table row as source text: cut into cells, and a name written so that it reads back.
//!
//! In: one line of a Markdown table, without what contains the table. Out: its cells, as they were
//! typed. A newcomer's trap: code spans do not protect a pipe; only a backslash right before it does,
//! whatever stands before the backslash.
//!
//! Specification: <https://github.github.com/gfm/#tables-extension->

use crate::known::Pattern;
use memchr::memchr_iter;
use std::borrow::Cow;

/// What is trimmed from a cell: what Markdown takes for blanks inside a line.
const WHITESPACE: [char; 4] = [' ', '\t', '\u{b}', '\u{c}'];

/// What is trimmed from a name besides: nobody sees it, and an editor may put it where a blank was typed.
const NBSP: char = '\u{a0}';

/// Whether a name is trimmed of this at its ends.
pub(crate) fn is_trimmed(c: char) -> bool {
    c == NBSP || WHITESPACE.contains(&c)
}

/// One cell, as it stands in its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell<'l> {
    /// Its source text, blanks around it removed.
    pub text: &'l str,
    /// Where that starts, in bytes of the line.
    pub start: usize,
}

/// Cuts a line of a table into cells; none when the line is no row.
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

/// Whether a pipe in this line separates cells.
pub(crate) fn has_pipe(line: &str) -> bool {
    next_pipe(line).is_some()
}

/// How many cells a delimiter row such as `|---|:-:|` has; `None` when the line is none.
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

    /// The cell without what a name is trimmed of.
    pub(crate) fn trimmed(self) -> Cell<'l> {
        let text = self.text.trim_start_matches(is_trimmed);
        let start = self.start + self.text.len() - text.len();
        Cell { text: text.trim_end_matches(is_trimmed), start }
    }

    /// Whether all of it is comments, which no name is.
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

    /// The cell without the backticks around it: as many at its end as at its start.
    pub(crate) fn without_backticks(self) -> Cell<'l> {
        self.trimmed().strip_backticks().trimmed()
    }

    fn strip_backticks(self) -> Cell<'l> {
        let opening = self.text.len() - self.text.trim_start_matches('`').len();
        let closing = self.text.len() - self.text.trim_end_matches('`').len();
        if opening != closing || opening == self.text.len() {
            return self;
        }
        let inner = Cell::new(self.text, opening, self.text.len() - opening);
        Cell { text: inner.text, start: self.start + inner.start }
    }

    /// The text, with `\|` as the pipe that it stands for.
    pub(crate) fn unescaped(self) -> Cow<'l, str> {
        if self.text.contains('|') {
            self.text.replace(r"\|", "|").into()
        } else {
            self.text.into()
        }
    }

    /// The 1-based column in characters where its text starts in `line`.
    pub(crate) fn column(self, line: &str) -> u32 {
        let prefix = line.get(..self.start).unwrap_or_default().trim_start_matches('\u{feff}');
        u32::try_from(prefix.chars().count() + 1).unwrap_or(u32::MAX)
    }
}

/// A test's name as the source of a cell, which read back is a pattern for this name and no other.
///
/// The name is one as results have it: control characters already shown as escapes.
pub fn escape_cell(name: &str) -> String {
    escape_pattern(&Pattern::for_name(name))
}

/// A pattern's text as the source of a cell, which read back is this very text.
pub fn escape_pattern(pattern: &str) -> String {
    let cell = pattern.replace('|', r"\|");
    if is_plain_markdown(&cell) { cell } else { code_span(&cell) }
}

/// One line of text as the source of a cell that shows this text and nothing else.
pub(crate) fn escape_text(text: &str) -> String {
    // Readers disagree on a backslash before an escaped pipe.
    if text.contains(r"\|") {
        return text.chars().map(char_reference).collect();
    }
    let cell = text.replace('|', r"\|");
    if is_plain_markdown(&cell) { cell } else { code_span(&cell) }
}

/// A sign of punctuation as a character reference, which is never markup.
fn char_reference(c: char) -> String {
    if c.is_ascii_punctuation() { format!("&#{};", u32::from(c)) } else { c.to_string() }
}

fn code_span(cell: &str) -> String {
    // A code span, so that it also looks like the name: its ticks outnumber any run inside.
    let longest = cell.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let ticks = "`".repeat(longest + 1);
    let pad = if cell.starts_with('`') || cell.ends_with('`') { " " } else { "" };
    format!("{ticks}{pad}{cell}{pad}{ticks}")
}

/// Whether Markdown shows this text as it is typed, without backticks around it.
fn is_plain_markdown(cell: &str) -> bool {
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
