//! Rows that Markdown drops without a word: below a blank line or a comment, or without a header.
//!
//! In: the lines below a list, and paragraphs. Out: a problem for each line that looks like a row. A
//! newcomer's trap: prose and code samples have pipes, too; how much a line has to look like a row
//! depends on how far below the list it is.

use super::columns::Columns;
use super::table::decode_name;
use super::{MarkdownReader, cells};
use crate::model::ProblemKind;

/// The list that was read last: rows that Markdown dropped from it may follow.
pub(crate) struct PrecedingList {
    pub width: usize,
    /// Its last line, from 1.
    pub end: usize,
    /// Whether nothing but comments and dropped rows is between.
    pub adjacent: bool,
}

impl MarkdownReader<'_> {
    /// Something else than rows follows the list.
    pub(crate) fn end_list(&mut self) {
        if let Some(list) = &mut self.preceding_list {
            list.adjacent = false;
        }
    }

    /// A paragraph: lines of it may be meant as rows, or as the header of a list.
    pub(crate) fn paragraph(&mut self, start: usize, end: usize) {
        let mut found = false;
        let mut at = start;
        while at <= end && !self.is_ignored() {
            let line = strip_container_prefix(self.line(at));
            if let Some((line, kind)) = self.header_without_table(at) {
                self.problem(line, 0, kind);
                self.preceding_list = None;
                return;
            }
            if self.preceding_list.as_ref().is_some_and(|list| looks_like_row(line, list)) {
                self.report_dropped_row(at, line);
                found = true;
            }
            at += 1;
        }
        if !found {
            self.end_list();
        }
    }

    /// A line of a paragraph that means to be the header of a list.
    fn header_without_table(&self, at: usize) -> Option<(usize, ProblemKind)> {
        let line = strip_container_prefix(self.line(at));
        if !begins_with_pipe(line) {
            return None;
        }
        let header: Vec<&str> = cells::split(line).iter().map(|cell| cell.text).collect();
        Columns::parse(&header)?;
        let expected = header.len();
        match cells::delimiter_width(strip_container_prefix(self.line(at + 1))) {
            Some(found) => Some((at + 1, ProblemKind::DelimiterWidth { found, expected })),
            None if expected > 1 => Some((at, ProblemKind::DelimiterWidth { found: 0, expected })),
            None => None,
        }
    }

    /// A block of code without a fence.
    pub(crate) fn indented_code(&mut self, (start, end): (usize, usize)) {
        // Behind a blank line it is a code sample; right below the table it is rows, indented.
        if self.preceding_list.as_ref().is_some_and(|list| list.adjacent && list.end + 1 == start) {
            for at in start..=end {
                let line = self.line(at);
                if begins_with_pipe(line) {
                    self.report_dropped_row(at, line);
                }
            }
        }
        self.end_list();
    }

    /// A line that is no row, and was meant as one.
    pub(crate) fn report_dropped_row(&mut self, at: usize, line: &str) {
        if cells::delimiter_width(line).is_some() {
            return;
        }
        let Some(first) = cells::split(line).first().copied() else { return };
        let pattern = decode_name(first.without_backticks()).into_owned();
        self.problem(at, 0, ProblemKind::DroppedRow { pattern });
    }
}

/// A line without quote marks and indentation, which no row begins with.
pub(in crate::known) fn strip_container_prefix(line: &str) -> &str {
    line.trim_start_matches([' ', '\t', '>', '\u{feff}'])
}

pub(crate) fn begins_with_pipe(line: &str) -> bool {
    line.trim_start().starts_with('|')
}

/// Whether a line of a paragraph is a row that was meant for the list above. Right below the list a
/// pipe at the start will do; further down there may be prose, so it takes the list's whole shape.
fn looks_like_row(line: &str, list: &PrecedingList) -> bool {
    let has_list_shape =
        || line.trim_end().ends_with('|') && cells::split(line).len() == list.width;
    begins_with_pipe(line) && (list.adjacent || has_list_shape())
}
