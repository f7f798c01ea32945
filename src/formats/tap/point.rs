//! A point of TAP until all that is said of it has come: its YAML block, or comments.
//!
//! In: the lines behind the point. Out: its outcome, its message and its place. What a newcomer would get
//! wrong: what follows may change the outcome, because bats prints what only looks like a TODO, and node
//! says only in the block that a test ran out of time.
//!
//! <https://testanything.org/tap-version-14-specification.html>

use super::grammar::{Escapes, Point, Said, unescaped};
use crate::model::Outcome;
use crate::syntax::bounded_text::Message;

/// A point whose YAML block or comments may follow.
pub struct Held {
    pub line: u32,
    pub indent: usize,
    pub outcome: Outcome,
    pub name: String,
    pub opens: bool,
    pub message: Message,
    yaml: Yaml,
    pub is_suite: bool,
    pub file: Option<String>,
    pub file_line: Option<u64>,
}

/// How far the YAML block of a point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Yaml {
    MayCome,
    Within { indent: usize },
    Gone,
}

/// What a point takes of the line behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    Nothing,
    Line,
    /// One that only node writes.
    LineOfNode,
}

impl Held {
    /// A point; without a number of its own it has this one. What is escaped in it, its stream says.
    pub fn new(
        line: u32,
        indent: usize,
        point: &Point<'_>,
        (number, escapes): (u64, Escapes),
    ) -> Held {
        let mut message = Message::default();
        message.push(&unescaped(point.reason(), escapes));
        let number = point.number.unwrap_or(number);
        // pjdfstest says what went wrong where others have a name, and only when it fails.
        let name = match point.name {
            "" => format!("#{number}"),
            said if said.starts_with("tried '") && said.contains("', expected ") => {
                message.push_line(said.as_bytes());
                format!("#{number}")
            }
            name => unescaped(name, escapes).into_owned(),
        };
        Held {
            line,
            indent,
            outcome: point.outcome(),
            name,
            opens: point.opens,
            message,
            yaml: Yaml::MayCome,
            is_suite: false,
            file: None,
            file_line: None,
        }
    }

    /// Takes a comment.
    pub fn comment(&mut self, comment: &str) {
        self.is_bats(comment);
        if self.outcome.is_failing() {
            self.message.push_line(comment.as_bytes());
            if self.file.is_none() {
                (self.file, self.file_line) = perl_place(comment);
            }
        }
    }

    /// Output separates the point from what follows.
    pub fn end_yaml(&mut self) {
        self.yaml = Yaml::Gone;
    }

    /// Takes a line if it is one of the YAML block.
    pub fn takes(&mut self, indent: usize, content: &str, said: &Said<'_>) -> Taken {
        let block = match self.yaml {
            Yaml::MayCome if *said == Said::Yaml && indent > self.indent => {
                self.yaml = Yaml::Within { indent };
                return Taken::Line;
            }
            Yaml::MayCome | Yaml::Gone => return Taken::Nothing,
            Yaml::Within { indent } => indent,
        };
        if content.trim_end() == "..." && indent <= block {
            self.yaml = Yaml::Gone;
            return Taken::Line;
        }
        let goes_on = match said {
            Said::Point(_)
            | Said::Plan { .. }
            | Said::Version(_)
            | Said::Subtest(_)
            | Said::BailedOut(_) => indent > self.indent && indent >= block,
            Said::Comment(_) | Said::Yaml | Said::Other => true,
        };
        if !goes_on {
            self.yaml = Yaml::Gone;
            return Taken::Nothing;
        }
        if indent >= block { self.take_yaml(indent - block, content) } else { Taken::Line }
    }

    /// bats knows no TODO: to it, what looks like one is part of a name.
    fn is_bats(&mut self, said: &str) {
        let places = ["(in test file ", "(from function `"];
        if self.outcome == Outcome::Xfailed && places.iter().any(|place| said.starts_with(place)) {
            self.outcome = Outcome::Failed;
        }
    }

    fn take_yaml(&mut self, depth: usize, content: &str) -> Taken {
        self.is_bats(content);
        let (key, value) = content.split_once(": ").unwrap_or((content, ""));
        let value = value.trim().trim_matches(['\'', '"']);
        match (key, depth) {
            ("duration_ms", 0) if self.message.text().is_empty() || self.indent > 0 => {
                return Taken::LineOfNode;
            }
            ("duration_ms", 0) => return Taken::Line,
            ("type", 0) if value == "suite" || value == "test" => {
                self.is_suite = value == "suite";
                return Taken::Line;
            }
            ("failureType", 0) if value == "testTimeoutFailure" => {
                self.outcome = Outcome::TimedOut;
            }
            // bats' word for it in TAP 13.
            ("timeout_sec", 0) if self.outcome == Outcome::Failed => {
                self.outcome = Outcome::TimedOut;
            }
            ("file" | "fileName", _) if self.file.is_none() => self.file = Some(value.to_owned()),
            ("line" | "lineNumber", _) if self.file_line.is_none() => {
                self.file_line = value.parse().ok();
            }
            ("location" | "at", _) if self.file.is_none() => {
                (self.file, self.file_line) = place(value);
            }
            _ => {}
        }
        if self.outcome.is_failing() {
            self.message.push_line(content.as_bytes());
        }
        Taken::Line
    }
}

/// The place in `path:line:column`.
fn place(text: &str) -> (Option<String>, Option<u64>) {
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
fn perl_place(comment: &str) -> (Option<String>, Option<u64>) {
    let found = comment.strip_prefix("at ").and_then(|rest| rest.rsplit_once(" line "));
    match found.map(|(file, line)| (file, line.trim_end_matches('.').parse())) {
        Some((file, Ok(line))) => (Some(file.to_owned()), Some(line)),
        Some((_, Err(_))) | None => (None, None),
    }
}
