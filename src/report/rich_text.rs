//! A sentence of ours with texts from outside in it, kept apart so that each place can escape them.

use std::fmt;

/// One piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Our own words: plain text without any markup.
    Words(String),
    /// Text from outside: a name, a pattern, a path.
    Quote(String),
}

/// A sentence: words of ours, quotes of others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sentence(Vec<Piece>);

impl Sentence {
    /// A sentence that begins with words of ours.
    pub fn new(words: impl Into<String>) -> Sentence {
        Sentence(vec![Piece::Words(words.into())])
    }

    /// A sentence that begins with a text from outside.
    pub fn quoting(text: impl Into<String>) -> Sentence {
        Sentence(vec![Piece::Quote(text.into())])
    }

    /// Goes on with words of ours.
    pub fn words(mut self, words: impl Into<String>) -> Sentence {
        self.0.push(Piece::Words(words.into()));
        self
    }

    /// Goes on with a text from outside.
    pub fn quote(mut self, text: impl Into<String>) -> Sentence {
        self.0.push(Piece::Quote(text.into()));
        self
    }

    /// Goes on with another sentence.
    pub fn join(mut self, other: Sentence) -> Sentence {
        self.0.extend(other.0);
        self
    }

    /// Its pieces, in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }
}

/// As plain text: quotes in backticks.
impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.0 {
            match piece {
                Piece::Words(words) => f.write_str(words)?,
                Piece::Quote(text) => write!(f, "`{text}`")?,
            }
        }
        Ok(())
    }
}
