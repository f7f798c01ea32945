//! HTML in a document: directives in comments, and rows that an HTML block has swallowed.

use super::cells::begins_with_pipe;
use super::directive::{CommentLine, looks_like_directive};
use super::lines::{lines, truncate};
use super::reader::MarkdownReader;
use crate::model::ProblemKind;

/// Maximum bytes quoted of a malformed directive.
const MAX_QUOTE_LEN: usize = 200;

impl MarkdownReader<'_> {
    pub(super) fn html_block(&mut self, start: usize, html: &str) {
        let mut in_comment = false;
        let lines: Vec<&str> = lines(html).collect();
        for (index, line) in lines.iter().copied().enumerate() {
            let (at, was_in_comment) = (start + index, in_comment);
            if !in_comment {
                self.comment_line(at, line);
                if begins_with_pipe(line) && self.is_adjacent_to_list() {
                    self.report_dropped_row(at, line);
                }
            }
            in_comment = match (line.rfind("<!--"), line.rfind("-->")) {
                (Some(open), Some(close)) => open > close,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => in_comment,
            };
            if in_comment && !was_in_comment {
                self.multiline_comment(at, &lines[index..]);
            }
        }
    }

    pub(super) fn inline_html(&mut self, at: usize, html: &str) {
        if CommentLine::parse(html) != CommentLine::Other {
            self.bad_directive(at, html);
        }
    }

    /// Reports a directive in a comment of several lines, where none is allowed.
    fn multiline_comment(&mut self, at: usize, lines: &[&str]) {
        let Some((_, opening)) = lines[0].rsplit_once("<!--") else { return };
        if CommentLine::parse(lines[0]) != CommentLine::Other {
            return;
        }
        let comment_lines = std::iter::once(&opening).chain(&lines[1..]).enumerate();
        let mut non_empty = comment_lines.filter(|(_, line)| !line.trim().is_empty());
        let Some((index, first)) = non_empty.next() else { return };
        // The first two words decide whether it is a directive.
        let next = non_empty.next().map_or("", |(_, line)| line);
        if looks_like_directive(&format!("{first} {next}")) {
            self.bad_directive(at + index, lines[index]);
        }
    }

    fn comment_line(&mut self, at: usize, line: &str) {
        match CommentLine::parse(line) {
            CommentLine::Other => {}
            CommentLine::Malformed => self.bad_directive(at, line),
            CommentLine::Directive(directive) => {
                for bad in self.apply_directive(at, directive) {
                    self.bad_directive(at, bad);
                }
            }
        }
    }

    fn bad_directive(&mut self, at: usize, text: &str) {
        let mut text = text.trim().to_owned();
        truncate(&mut text, MAX_QUOTE_LEN);
        self.problem(at, 0, ProblemKind::BadDirective { text });
    }
}
