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
pub struct Sources<'k>(Vec<(&'k Document, Vec<&'k str>)>);

/// A part of a line.
#[derive(Debug, PartialEq, Eq)]
pub struct Place<'k> {
    /// The line without its end and without a byte order mark.
    pub line: &'k str,
    /// In characters, from 1; never empty.
    pub columns: Range<u32>,
}

impl<'k> Sources<'k> {
    /// Cuts all documents into lines.
    pub fn new(known: &'k KnownFailures) -> Sources<'k> {
        let cut = |document: &'k Document| (document, lines(&document.text).collect());
        Sources(known.documents().iter().map(cut).collect())
    }

    /// The part of a document that a problem is about; `None` when that is the document.
    pub fn place(&self, problem: &Problem) -> Option<Place<'k>> {
        let (_, lines) = self.0.iter().find(|(document, _)| document.path == problem.file)?;
        let line = lines.get((problem.line as usize).checked_sub(1)?)?;
        let line = line.trim_end_matches(['\r', '\n']).trim_start_matches('\u{feff}');
        let bytes = match problem.column {
            0 => line.len() - line.trim_start().len()..line.trim_end().len(),
            column => cell_at(line, column),
        };
        let before = |at: usize| line.get(..at).map_or(0, |text| text.chars().count() as u32);
        let start = before(bytes.start) + 1;
        Some(Place { line, columns: start..(before(bytes.end) + 1).max(start + 1) })
    }

    /// A row's pattern as it is typed, with the backticks around it.
    pub(crate) fn typed(&self, row: &Row) -> Option<&'k str> {
        let (_, lines) = self.0.iter().find(|(document, _)| document.path == row.file)?;
        let line = lines.get((row.line as usize).checked_sub(1)?)?;
        let line = line.trim_end_matches(['\r', '\n']).trim_start_matches('\u{feff}');
        let (start, _) = line.char_indices().nth((row.column as usize).checked_sub(1)?)?;
        let end = |cell: &cells::Cell<'_>| cell.at + cell.text.len();
        let cell = cells::split(line).into_iter().find(|cell| start < end(cell))?;
        let around = |c: char| c == '`' || c.is_whitespace();
        let before = line[..start].trim_end_matches(around).len();
        line.get(before..end(&cell)).map(str::trim)
    }
}

/// The rest of the cell that has this column, in bytes of the line.
fn cell_at(line: &str, column: u32) -> Range<usize> {
    let start = line.char_indices().nth(column as usize - 1).map_or(line.len(), |(at, _)| at);
    let end = |cell: &cells::Cell<'_>| cell.at + cell.text.len();
    let cell = cells::split(line).into_iter().find(|cell| start < end(cell));
    let bare = cell.map(|cell| cell.without_backticks()).filter(|bare| start < end(bare));
    start..bare.or(cell).map_or(line.len(), |cell| end(&cell)).max(start)
}
