//! Reports rows that Markdown drops silently: after a blank line or a comment, or without a header.
//!
//! Prose and code samples contain pipes, too. A line directly after a list needs only a leading pipe to be
//! reported; further down it needs the shape of the list's rows.

use super::cells::{self, begins_with_pipe, decode_name, strip_container_prefix};
use super::columns::Columns;
use super::reader::{MarkdownReader, PrecedingList};
use crate::model::ProblemKind;

impl MarkdownReader<'_> {
    /// A paragraph, whose lines may be meant as rows or as the header of a list.
    pub(super) fn paragraph(&mut self, start: usize, end: usize) {
        if self.ignored_by().is_some() {
            return self.end_list();
        }
        let mut found = false;
        for at in start..=end {
            if let Some((line, kind)) = self.header_without_table(at) {
                self.problem(line, 0, kind);
                self.preceding_list = None;
                return;
            }
            let line = strip_container_prefix(self.line(at));
            if self.preceding_list.as_ref().is_some_and(|list| looks_like_row(line, list)) {
                self.report_dropped_row(at, line);
                found = true;
            }
        }
        if !found {
            self.end_list();
        }
    }

    /// The problem with a line that was meant as the header of a list, and the line to report it at.
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

    /// Indented code: directly after a list these are rows, after a blank line a sample.
    pub(super) fn indented_code(&mut self, start: usize, end: usize) {
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

    /// Reports a line that was meant as a row, unless it is a delimiter row.
    pub(super) fn report_dropped_row(&mut self, at: usize, line: &str) {
        if cells::delimiter_width(line).is_some() {
            return;
        }
        let Some(first) = cells::split(line).first().copied() else { return };
        let pattern = decode_name(first.without_backticks());
        self.problem(at, 0, ProblemKind::DroppedRow { pattern });
    }
}

/// Whether a line of a paragraph was meant as a row of the preceding list.
fn looks_like_row(line: &str, list: &PrecedingList) -> bool {
    let has_list_shape =
        || line.trim_end().ends_with('|') && cells::split(line).len() == list.width;
    begins_with_pipe(line) && (list.adjacent || has_list_shape())
}
