//! A sentence of ours with texts from outside in it, kept apart so that each place can escape them.

use crate::sanitize;
use std::fmt;

/// One piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextPiece {
    /// Our own words: plain text without any markup.
    Text(String),
    /// Text from outside: a name, a pattern, a path.
    Quoted(String),
}

/// A sentence: words of ours, quotes of others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RichText(Vec<TextPiece>);

impl RichText {
    /// A sentence that begins with words of ours.
    pub fn new(text: impl Into<String>) -> RichText {
        RichText(vec![TextPiece::Text(text.into())])
    }

    /// A sentence that begins with a text from outside.
    pub fn from_quoted(text: impl Into<String>) -> RichText {
        RichText(vec![TextPiece::Quoted(text.into())])
    }

    /// Goes on with words of ours.
    pub fn text(mut self, text: impl Into<String>) -> RichText {
        self.0.push(TextPiece::Text(text.into()));
        self
    }

    /// Goes on with a text from outside.
    pub fn quoted(mut self, text: impl Into<String>) -> RichText {
        self.0.push(TextPiece::Quoted(text.into()));
        self
    }

    /// Goes on with another sentence.
    pub fn append(mut self, other: RichText) -> RichText {
        self.0.extend(other.0);
        self
    }

    /// As one line of plain text that is safe to print.
    pub fn to_plain_line(&self) -> String {
        sanitize::single_line(&self.to_string()).into_owned()
    }

    /// Its pieces, in order.
    pub fn pieces(&self) -> &[TextPiece] {
        &self.0
    }
}

/// As plain text: quotes in backticks.
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
