//! The part of a document's text that a problem is about, for excerpts and SARIF regions.
//!
//! A problem has only the column where it starts; it ends with the cell.

use super::document::cells::{self, Cell};
use super::document::lines::lines;
use super::list::{Document, KnownFailures};
use crate::model::Problem;
use std::ops::Range;

/// The lines of all documents.
#[derive(Debug)]
pub struct SpanResolver<'k>(Vec<(&'k Document, Vec<&'k str>)>);

/// A part of a line.
#[derive(Debug, PartialEq, Eq)]
pub struct Span<'k> {
    /// The line without its line ending and byte order mark.
    pub line: &'k str,
    /// 1-based, in characters; never empty.
    pub columns: Range<u32>,
}

impl<'k> SpanResolver<'k> {
    /// Splits all documents into lines.
    pub fn new(known: &'k KnownFailures) -> SpanResolver<'k> {
        let split = |document: &'k Document| (document, lines(&document.text).collect());
        SpanResolver(known.documents().iter().map(split).collect())
    }

    /// The part of a document that a problem is about; `None` when that is the document.
    pub fn resolve(&self, problem: &Problem) -> Option<Span<'k>> {
        let line = self.line(&problem.file, problem.line)?;
        let bytes = match problem.column {
            0 => line.len() - line.trim_start().len()..line.trim_end().len(),
            column => cell_at(line, column),
        };
        let chars_up_to = |at: usize| line.get(..at).map_or(0, |text| text.chars().count() as u32);
        let start = chars_up_to(bytes.start) + 1;
        Some(Span { line, columns: start..(chars_up_to(bytes.end) + 1).max(start + 1) })
    }

    fn line(&self, path: &str, number: u32) -> Option<&'k str> {
        let (_, lines) = self.0.iter().find(|(document, _)| *document.path == *path)?;
        let line = lines.get((number as usize).checked_sub(1)?)?;
        Some(line.trim_end_matches(['\r', '\n']).trim_start_matches('\u{feff}'))
    }
}

/// The byte range from this column to the end of its cell.
fn cell_at(line: &str, column: u32) -> Range<usize> {
    let start = line.char_indices().nth(column as usize - 1).map_or(line.len(), |(at, _)| at);
    let cell = cell_after(line, start);
    let bare = cell.map(|cell| cell.without_backticks()).filter(|bare| start < end(bare));
    start..bare.or(cell).map_or(line.len(), |cell| end(&cell)).max(start)
}

/// The first cell whose text ends after this byte of the line.
fn cell_after(line: &str, start: usize) -> Option<Cell<'_>> {
    cells::split(line).into_iter().find(|cell| start < end(cell))
}

fn end(cell: &Cell<'_>) -> usize {
    cell.start + cell.text.len()
}
