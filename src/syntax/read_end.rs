//! How reading a file ended.

use crate::model::EndOfInput;

/// The end of a file as its reader found it.
pub struct ReadEnd {
    /// 1-based line at which reading stopped.
    pub line: u32,
    /// Whether the file was complete, truncated or unreadable.
    pub end: EndOfInput,
}

impl ReadEnd {
    /// The file could not be read further than this line.
    pub fn unreadable(line: u32, what: &dyn std::fmt::Display) -> ReadEnd {
        ReadEnd { line, end: EndOfInput::Unreadable { what: what.to_string() } }
    }

    /// A part of the file, at this line, could not be read; what follows it was.
    pub fn damaged(line: u32, what: &dyn std::fmt::Display) -> ReadEnd {
        ReadEnd { line, end: EndOfInput::Damaged { what: what.to_string() } }
    }

    /// Turns an unreadable file into a damaged one: what follows was read after all.
    pub(crate) fn was_read_past(self) -> ReadEnd {
        match self.end {
            EndOfInput::Unreadable { what } => ReadEnd::damaged(self.line, &what),
            EndOfInput::Complete
            | EndOfInput::Truncated
            | EndOfInput::NoPlan
            | EndOfInput::Damaged { .. } => self,
        }
    }

    /// Turns a complete end into a truncated one if the content shows that more had to follow.
    pub fn truncated_if(self, is_truncated: bool) -> ReadEnd {
        match self.end {
            EndOfInput::Complete if is_truncated => {
                ReadEnd { line: self.line, end: EndOfInput::Truncated }
            }
            EndOfInput::Complete
            | EndOfInput::Truncated
            | EndOfInput::NoPlan
            | EndOfInput::Unreadable { .. }
            | EndOfInput::Damaged { .. } => self,
        }
    }
}
