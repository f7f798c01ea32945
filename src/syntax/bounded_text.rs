//! What a runner said about a test, kept up to a bound.
//!
//! In: pieces of text in the order of the file. Out: one string of at most [`LONGEST`] bytes, cut
//! between characters; what comes behind is dropped without being held.

use super::encoding;

/// What is kept of the text about one result, in bytes.
pub const MAX_LEN: usize = 8 << 10;

/// The text about one result; cleared and used again for the next.
#[derive(Debug, Default)]
pub struct BoundedText {
    text: String,
}

impl BoundedText {
    /// Forgets the text.
    pub fn clear(&mut self) {
        self.text.clear();
    }

    /// Adds text.
    pub fn push(&mut self, text: &str) {
        let room = MAX_LEN.saturating_sub(self.text.len());
        self.text.push_str(&text[..text.floor_char_boundary(room)]);
        if text.len() > room {
            // Nothing further may follow a piece that was cut.
            self.text.extend(std::iter::repeat_n(' ', MAX_LEN.saturating_sub(self.text.len())));
        }
    }

    /// Adds bytes; those that are no UTF-8 as windows-1252.
    pub fn push_bytes(&mut self, bytes: &[u8]) {
        if self.text.len() < MAX_LEN {
            self.push(&encoding::decode_lossy(&bytes[..bytes.len().min(MAX_LEN)]));
        }
    }

    /// Adds a line.
    pub fn push_line(&mut self, line: &[u8]) {
        if !self.text.is_empty() {
            self.push("\n");
        }
        self.push_bytes(line);
    }

    /// The text without blank ends.
    #[inline]
    pub fn text(&self) -> &str {
        match self.text.as_bytes() {
            // Most tests have none, and most others no blank ends.
            [] => "",
            [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => &self.text,
            [..] => self.text.trim(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_at_char_boundary_and_stays_cut() {
        let mut message = BoundedText::default();
        message.push(&"ä".repeat(MAX_LEN / 2 - 1));
        message.push("aä");
        message.push("more");
        assert_eq!(message.text().len(), MAX_LEN - 1);
        assert!(message.text().ends_with("äa"));
    }
}
