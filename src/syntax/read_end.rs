//! Where and how reading a file ended.

use crate::model::EndOfInput;

/// How a reader left a file.
pub struct ReadEnd {
    /// 1-based line at which it stopped.
    pub line: u32,
    pub end: EndOfInput,
}

impl ReadEnd {
    pub fn unreadable(line: u32, what: &dyn std::fmt::Display) -> ReadEnd {
        ReadEnd { line, end: EndOfInput::Unreadable { what: what.to_string() } }
    }
}
