//! A point of TAP until all that is said of it has come: its YAML block, or comments.
//!
//! In: the lines behind the point. Out: its outcome, its message and its place. What a newcomer would get
//! wrong: what follows may change the outcome, because bats prints what only looks like a TODO, and node
//! says only in the block that a test ran out of time.
//!
//! <https://testanything.org/tap-version-14-specification.html>

use super::grammar::{Escapes, Point, TapLine, unescape};
use crate::model::Outcome;
use crate::syntax::bounded_text::BoundedText;

/// A point whose YAML block or comments may follow.
pub(crate) struct PendingPoint {
    pub line: u32,
    pub indent: usize,
    pub outcome: Outcome,
    pub name: String,
    pub opens: bool,
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
    Inside { indent: usize },
    Done,
}

/// What a point takes of the line behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consumed {
    Nothing,
    Line,
    /// One that only node writes.
    NodeLine,
}

impl PendingPoint {
    /// A point; without a number of its own it has this one. What is escaped in it, its stream says.
    pub(crate) fn new(
        line: u32,
        indent: usize,
        point: &Point<'_>,
        (number, escapes): (u64, Escapes),
    ) -> PendingPoint {
        let mut message = BoundedText::default();
        message.push(&unescape(point.reason(), escapes));
        let number = point.number.unwrap_or(number);
        // pjdfstest says what went wrong where others have a name, and only when it fails.
        let name = match point.name {
            "" => format!("#{number}"),
            text if text.starts_with("tried '") && text.contains("', expected ") => {
                message.push_line(text.as_bytes());
                format!("#{number}")
            }
            name => unescape(name, escapes).into_owned(),
        };
        PendingPoint {
            line,
            indent,
            outcome: point.outcome(),
            name,
            opens: point.opens,
            message,
            yaml: Yaml::Possible,
            is_suite: false,
            file: None,
            line_in_file: None,
        }
    }

    /// Takes a comment.
    pub(crate) fn add_comment(&mut self, comment: &str) {
        self.apply_bats_rule(comment);
        if self.outcome.is_failing() {
            self.message.push_line(comment.as_bytes());
            if self.file.is_none() {
                (self.file, self.line_in_file) = test_more_location(comment);
            }
        }
    }

    /// Output separates the point from what follows.
    pub(crate) fn end_yaml(&mut self) {
        self.yaml = Yaml::Done;
    }

    /// Takes a line if it is one of the YAML block.
    pub(crate) fn accept(
        &mut self,
        indent: usize,
        content: &str,
        parsed: &TapLine<'_>,
    ) -> Consumed {
        let block = match self.yaml {
            Yaml::Possible if *parsed == TapLine::Yaml && indent > self.indent => {
                self.yaml = Yaml::Inside { indent };
                return Consumed::Line;
            }
            Yaml::Possible | Yaml::Done => return Consumed::Nothing,
            Yaml::Inside { indent } => indent,
        };
        if content.trim_end() == "..." && indent <= block {
            self.yaml = Yaml::Done;
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
        if indent >= block { self.accept_yaml(indent - block, content) } else { Consumed::Line }
    }

    /// bats knows no TODO: to it, what looks like one is part of a name.
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
            // bats' word for it in TAP 13.
            ("timeout_sec", 0) if self.outcome == Outcome::Failed => {
                self.outcome = Outcome::TimedOut;
            }
            ("file" | "fileName", _) if self.file.is_none() => self.file = Some(value.to_owned()),
            ("line" | "lineNumber", _) if self.line_in_file.is_none() => {
                self.line_in_file = value.parse().ok();
            }
            ("location" | "at", _) if self.file.is_none() => {
                (self.file, self.line_in_file) = yaml_location(value);
            }
            _ => {}
        }
        if self.outcome.is_failing() {
            self.message.push_line(content.as_bytes());
        }
        Consumed::Line
    }
}

/// The place in `path:line:column`.
fn yaml_location(text: &str) -> (Option<String>, Option<u64>) {
    let mut parts = text.rsplitn(3, ':');
    let (Some(_), Some(line), Some(file)) = (parts.next(), parts.next(), parts.next()) else {
        return (None, None);
    };
    match line.parse() {
        Ok(line) => (Some(file.to_owned()), Some(line)),
        Err(_) => (None, None),
    }
}

/// The place in Test::More's `at FILE line N.`.
fn test_more_location(comment: &str) -> (Option<String>, Option<u64>) {
    let found = comment.strip_prefix("at ").and_then(|rest| rest.rsplit_once(" line "));
    match found.map(|(file, line)| (file, line.trim_end_matches('.').parse())) {
        Some((file, Ok(line))) => (Some(file.to_owned()), Some(line)),
        Some((_, Err(_))) | None => (None, None),
    }
}
