//! A TAP point whose YAML block or comments are still being read.
//!
//! They may change its outcome: bats prints what only looks like a TODO, and node reports a timeout only in the block.
//!
//! <https://testanything.org/tap-version-14-specification.html>

use super::grammar::{Directive, Escapes, Point, TapLine, strip_testem_time, unescape};
use crate::formats::emit::location;
use crate::model::{Outcome, SourceLocation};
use crate::syntax::BoundedText;

/// A point whose YAML block or comments may follow.
pub(crate) struct PendingPoint {
    pub line: u32,
    pub indent: usize,
    pub outcome: Outcome,
    pub name: String,
    pub opens: bool,
    pub is_todo: bool,
    pub message: BoundedText,
    yaml: Yaml,
    pub is_suite: bool,
    pub file: Option<String>,
    pub line_in_file: Option<u64>,
}

/// How far the YAML block of a point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Yaml {
    Possible,
    Inside {
        indent: usize,
    },
    /// Indented lines follow in its place, as mocha writes them.
    Text,
    /// The block has ended: what follows does not belong to the point.
    Closed,
    Done,
}

/// Whether a line belongs to the point before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consumed {
    Nothing,
    Line,
    /// A line that only node writes.
    NodeLine,
}

impl PendingPoint {
    /// A point with this number, unless it has its own.
    pub(crate) fn new(
        line: u32,
        indent: usize,
        point: &Point<'_>,
        number: u64,
        escapes: Escapes,
    ) -> PendingPoint {
        let mut message = BoundedText::default();
        message.push(&unescape(point.reason(), escapes));
        let number = point.number.unwrap_or(number);
        // pjdfstest prints the reason in place of a name, and only if the test failed.
        let name = match point.name {
            "" => format!("#{number}"),
            text if text.starts_with("tried '") && text.contains("', expected ") => {
                message.push_line(text.as_bytes());
                format!("#{number}")
            }
            name => unescape(&strip_testem_time(name), escapes).into_owned(),
        };
        PendingPoint {
            line,
            indent,
            outcome: point.outcome(),
            name,
            opens: point.opens,
            is_todo: matches!(point.directive, Some((Directive::Todo, _))),
            message,
            yaml: Yaml::Possible,
            is_suite: false,
            file: None,
            line_in_file: None,
        }
    }

    pub(crate) fn add_comment(&mut self, comment: &str) {
        if self.yaml == Yaml::Closed {
            return;
        }
        self.apply_bats_rule(comment);
        if self.outcome.is_failing() {
            self.message.push_line(comment.as_bytes());
            if self.file.is_none() {
                // Test::More: `at FILE line N.`
                let at = comment.strip_prefix("at ").map(|text| text.trim_end_matches('.'));
                self.set_location(at.and_then(|text| location::parse(text, " line ")));
            }
        }
    }

    /// Reads a line that is neither TAP nor part of a block. It belongs to the point if it is indented and nothing else
    /// is between them; otherwise it is output, and no block follows.
    pub(crate) fn add_text(&mut self, indent: usize, text: &str) {
        let is_possible = matches!(self.yaml, Yaml::Possible | Yaml::Text);
        if is_possible && indent > self.indent && self.outcome.is_failing() && !self.opens {
            self.yaml = Yaml::Text;
            self.message.push_line(text.as_bytes());
        } else if self.yaml != Yaml::Closed {
            self.yaml = Yaml::Done;
        }
    }

    /// Reads a line if it is part of the YAML block.
    pub(crate) fn accept(&mut self, indent: usize, line: &str, parsed: &TapLine<'_>) -> Consumed {
        let block = match self.yaml {
            Yaml::Possible if *parsed == TapLine::Yaml && indent > self.indent => {
                self.yaml = Yaml::Inside { indent };
                return Consumed::Line;
            }
            Yaml::Possible | Yaml::Text | Yaml::Closed | Yaml::Done => return Consumed::Nothing,
            Yaml::Inside { indent } => indent,
        };
        if line.trim_end() == "..." && indent <= block {
            self.yaml = Yaml::Closed;
            return Consumed::Line;
        }
        let continues = match parsed {
            TapLine::Point(_)
            | TapLine::Plan { .. }
            | TapLine::Version(_)
            | TapLine::Subtest(_)
            | TapLine::BailedOut(_) => indent > self.indent && indent >= block,
            TapLine::Comment(_) | TapLine::Yaml | TapLine::Other => true,
        };
        if !continues {
            self.yaml = Yaml::Done;
            return Consumed::Nothing;
        }
        if indent >= block { self.accept_yaml(indent - block, line) } else { Consumed::Line }
    }

    /// bats has no TODO: what looks like one is part of a name.
    fn apply_bats_rule(&mut self, text: &str) {
        let prefixes = ["(in test file ", "(from function `"];
        if self.outcome == Outcome::Xfailed
            && prefixes.iter().any(|prefix| text.starts_with(prefix))
        {
            self.outcome = Outcome::Failed;
        }
    }

    fn accept_yaml(&mut self, depth: usize, content: &str) -> Consumed {
        self.apply_bats_rule(content);
        let (key, value) = content.split_once(": ").unwrap_or((content, ""));
        let value = value.trim().trim_matches(['\'', '"']);
        match (key, depth) {
            ("duration_ms", 0) if self.message.text().is_empty() || self.indent > 0 => {
                return Consumed::NodeLine;
            }
            ("duration_ms", 0) => return Consumed::Line,
            ("type", 0) if value == "suite" || value == "test" => {
                self.is_suite = value == "suite";
                return Consumed::Line;
            }
            ("failureType", 0) if value == "testTimeoutFailure" => {
                self.outcome = Outcome::TimedOut;
            }
            // bats, in TAP 13.
            ("timeout_sec", 0) if self.outcome == Outcome::Failed => {
                self.outcome = Outcome::TimedOut;
            }
            ("file" | "fileName", _) if self.file.is_none() => self.file = Some(value.to_owned()),
            ("line" | "lineNumber", _) if self.line_in_file.is_none() => {
                self.line_in_file = value.parse().ok();
            }
            ("location" | "at", _) if self.file.is_none() => {
                self.set_location(location::parse_with_column(value));
            }
            _ => {}
        }
        if self.outcome.is_failing() {
            self.message.push_line(content.as_bytes());
        }
        Consumed::Line
    }

    fn set_location(&mut self, location: Option<SourceLocation<'_>>) {
        self.line_in_file = location.as_ref().and_then(|location| location.line);
        self.file = location.map(|location| location.file.into_owned());
    }
}
