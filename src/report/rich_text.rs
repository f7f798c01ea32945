//! Messages that keep their own text and quoted text from outside apart, so that each renderer escapes the latter.

use crate::model::TestName;
use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextPiece {
    /// Text of this program, without any markup.
    Text(String),
    /// Text from outside: a name, a pattern, a path.
    Quoted(String),
}

/// A message of this program that quotes text from outside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RichText(Vec<TextPiece>);

impl RichText {
    /// A message that begins with text of this program.
    pub fn new(text: impl Into<String>) -> RichText {
        RichText(vec![TextPiece::Text(text.into())])
    }

    /// A message that begins with quoted text.
    pub fn from_quoted(text: impl Into<String>) -> RichText {
        RichText(vec![TextPiece::Quoted(text.into())])
    }

    /// Appends text of this program.
    pub fn text(mut self, text: impl Into<String>) -> RichText {
        self.0.push(TextPiece::Text(text.into()));
        self
    }

    /// Appends quoted text.
    pub fn quoted(mut self, text: impl Into<String>) -> RichText {
        self.0.push(TextPiece::Quoted(text.into()));
        self
    }

    /// Appends another message.
    pub fn append(mut self, other: RichText) -> RichText {
        self.0.extend(other.0);
        self
    }

    /// As one line of plain text that is safe to print.
    pub fn to_plain_line(&self) -> String {
        TestName::escape(&self.to_string()).into_owned()
    }

    pub fn pieces(&self) -> &[TextPiece] {
        &self.0
    }
}

/// Plain text, quoted text in backticks; nothing is escaped.
impl fmt::Display for RichText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.0 {
            match piece {
                TextPiece::Text(text) => f.write_str(text)?,
                TextPiece::Quoted(text) => write!(f, "`{text}`")?,
            }
        }
        Ok(())
    }
}
