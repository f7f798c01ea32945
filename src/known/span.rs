//! Where in a document's text a problem stands: its line, and which part of that is meant.
//!
//! In: the documents and a problem of theirs. Out: a [`Place`]. A newcomer's trap: a problem says at which
//! column its matter begins, or 0 for the whole line; where it ends, the cell says.

use super::document::cells;
use super::document::lines::lines;
use super::{Document, KnownFailures, Row};
use crate::model::Problem;
use std::ops::Range;

/// The documents' lines.
#[derive(Debug)]
pub struct SpanResolver<'k>(Vec<(&'k Document, Vec<&'k str>)>);

/// A part of a line.
#[derive(Debug, PartialEq, Eq)]
pub struct Span<'k> {
    /// The line without its end and without a byte order mark.
    pub line: &'k str,
    /// In characters, from 1; never empty.
    pub columns: Range<u32>,
}

impl<'k> SpanResolver<'k> {
    /// Cuts all documents into lines.
    pub fn new(known: &'k KnownFailures) -> SpanResolver<'k> {
        let split = |document: &'k Document| (document, lines(&document.text).collect());
        SpanResolver(known.documents().iter().map(split).collect())
    }

    /// The part of a document that a problem is about; `None` when that is the document.
    pub fn resolve(&self, problem: &Problem) -> Option<Span<'k>> {
        let (_, lines) = self.0.iter().find(|(document, _)| document.path == problem.file)?;
        let line = lines.get((problem.line as usize).checked_sub(1)?)?;
        let line = line.trim_end_matches(['\r', '\n']).trim_start_matches('\u{feff}');
        let bytes = match problem.column {
            0 => line.len() - line.trim_start().len()..line.trim_end().len(),
            column => cell_at(line, column),
        };
        let chars_up_to = |at: usize| line.get(..at).map_or(0, |text| text.chars().count() as u32);
        let start = chars_up_to(bytes.start) + 1;
        Some(Span { line, columns: start..(chars_up_to(bytes.end) + 1).max(start + 1) })
    }

    /// A row's pattern as it is typed, with the backticks around it.
    pub(crate) fn raw_cell(&self, row: &Row) -> Option<&'k str> {
        let (_, lines) = self.0.iter().find(|(document, _)| document.path == row.file)?;
        let line = lines.get((row.line as usize).checked_sub(1)?)?;
        let line = line.trim_end_matches(['\r', '\n']).trim_start_matches('\u{feff}');
        let (start, _) = line.char_indices().nth((row.column as usize).checked_sub(1)?)?;
        let end = |cell: &cells::Cell<'_>| cell.start + cell.text.len();
        let cell = cells::split(line).into_iter().find(|cell| start < end(cell))?;
        let is_padding = |c: char| c == '`' || c.is_whitespace();
        let cell_start = line[..start].trim_end_matches(is_padding).len();
        line.get(cell_start..end(&cell)).map(str::trim)
    }
}

/// The rest of the cell that has this column, in bytes of the line.
fn cell_at(line: &str, column: u32) -> Range<usize> {
    let start = line.char_indices().nth(column as usize - 1).map_or(line.len(), |(at, _)| at);
    let end = |cell: &cells::Cell<'_>| cell.start + cell.text.len();
    let cell = cells::split(line).into_iter().find(|cell| start < end(cell));
    let bare = cell.map(|cell| cell.without_backticks()).filter(|bare| start < end(bare));
    start..bare.or(cell).map_or(line.len(), |cell| end(&cell)).max(start)
}
