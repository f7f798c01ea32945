//! The message of a test, collected piece by piece up to [`MAX_LEN`] bytes.
//!
//! The text is cut between characters; whatever follows is dropped without being stored.

use super::encoding;

/// How much is kept of the message of one result, in bytes.
pub const MAX_LEN: usize = 8 << 10;

/// The message of one result; a reader clears it and reuses it for the next.
#[derive(Debug, Default)]
pub struct BoundedText {
    text: String,
}

impl BoundedText {
    /// Empties the text.
    pub fn clear(&mut self) {
        self.text.clear();
    }

    /// Appends text.
    pub fn push(&mut self, text: &str) {
        let room = MAX_LEN.saturating_sub(self.text.len());
        self.text.push_str(&text[..text.floor_char_boundary(room)]);
        if text.len() > room {
            // Fill the rest, so that nothing can follow a piece that was cut.
            self.text.extend(std::iter::repeat_n(' ', MAX_LEN.saturating_sub(self.text.len())));
        }
    }

    /// Appends bytes; those that are not UTF-8 are read as windows-1252.
    pub fn push_bytes(&mut self, bytes: &[u8]) {
        if self.text.len() < MAX_LEN {
            self.push(&encoding::decode_lossy(&bytes[..bytes.len().min(MAX_LEN)]));
        }
    }

    pub fn push_line(&mut self, line: &[u8]) {
        if !self.text.is_empty() {
            self.push("\n");
        }
        self.push_bytes(line);
    }

    /// Whether the rest of a longer text was dropped, or the next byte would be.
    pub fn is_full(&self) -> bool {
        self.text.len() >= MAX_LEN
    }

    /// The text without leading and trailing whitespace.
    #[inline]
    pub fn text(&self) -> &str {
        match self.text.as_bytes() {
            // The fast path: most texts are empty or have nothing to trim.
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
