//! Strips terminal control sequences: colors, cursor movement, titles and links.
//!
//! CSI (`ESC [ … letter`), OSC (`ESC ] … BEL` or `ESC ] … ESC \`) and the selection of a character set (`ESC ( B`) are
//! removed. Any other escape character stays, as does an OSC that a line break or another control character interrupts:
//! a broken sequence must not hide the text after it.
//!
//! <https://ecma-international.org/publications-and-standards/standards/ecma-48/>

use std::borrow::Cow;

const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;

/// Text without terminal control sequences.
pub fn strip(text: &str) -> Cow<'_, str> {
    match strip_bytes(text.as_bytes()) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        // Sequences begin and end at ASCII characters, so the rest is valid UTF-8.
        Cow::Owned(stripped) => Cow::Owned(String::from_utf8_lossy(&stripped).into_owned()),
    }
}

/// Bytes of text in any encoding that extends ASCII, without terminal control sequences.
pub fn strip_bytes(text: &[u8]) -> Cow<'_, [u8]> {
    let Some(mut at) = memchr::memchr(ESCAPE, text) else { return Cow::Borrowed(text) };
    let (mut stripped, mut rest) = (Vec::with_capacity(text.len()), text);
    loop {
        let (before, sequence) = rest.split_at(at);
        stripped.extend_from_slice(before);
        let length = sequence_len(&sequence[1..]);
        if length == 0 {
            stripped.push(ESCAPE);
        }
        rest = &sequence[1 + length..];
        match memchr::memchr(ESCAPE, rest) {
            Some(next) => at = next,
            None => break,
        }
    }
    stripped.extend_from_slice(rest);
    Cow::Owned(stripped)
}

/// The length of the sequence that an escape character starts, without that character; 0 if there is none.
fn sequence_len(text: &[u8]) -> usize {
    match text {
        [b'[', parameters @ ..] => {
            let end =
                parameters.iter().position(|b| matches!(b, 0x40..=0x7e) || b.is_ascii_control());
            match end {
                Some(end) if parameters[end].is_ascii_control() => 1 + end,
                Some(end) => 2 + end,
                None => text.len(),
            }
        }
        [b']', command @ ..] => match command.iter().position(u8::is_ascii_control) {
            Some(end) if command[end] == BELL => 2 + end,
            Some(end) if command[end..].starts_with(b"\x1b\\") => 3 + end,
            Some(_) | None => 0,
        },
        [b'(' | b')', 0x30..=0x7e, ..] => 2,
        [..] => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_removed_and_text_is_kept() {
        for (text, stripped) in [
            ("\u{1b}[1m\u{1b}[31m\u{25cf} x\u{1b}[0m [1]", "\u{25cf} x [1]"),
            ("\u{1b}[0;32m[ OK ] \u{1b}[m a\u{1b}[K", "[ OK ]  a"),
            ("\u{1b}]8;;https://x\u{1b}\\link\u{1b}]8;;\u{7} \u{1b}(B\u{e4}", "link \u{e4}"),
            ("a\u{1b}[\u{e4}", "a"),
            ("a\u{1b}[1\nb\u{1b}[1", "a\nb"),
            ("\u{1b}x \u{1b}(\u{e4}", "\u{1b}x \u{1b}(\u{e4}"),
        ] {
            assert_eq!(strip(text), stripped);
        }
        assert!(matches!(strip("[1m"), Cow::Borrowed("[1m")));
    }

    #[test]
    fn interrupted_sequences_hide_no_text() {
        assert_eq!(strip("\u{1b}]0;title\nnot ok 1"), "\u{1b}]0;title\nnot ok 1");
        assert_eq!(strip("\u{1b}]0;title not ok 1"), "\u{1b}]0;title not ok 1");
        assert_eq!(strip("\u{1b}[\u{1b}[31mred"), "red");
        let openings = "\u{1b}]".repeat(500_000);
        assert_eq!(strip(&openings), openings);
    }
}
