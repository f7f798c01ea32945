//! The lines of a results file, as bytes, one at a time.
//!
//! In: any reader. Out: lines without their ends (LF or CRLF), numbered from 1. A line is bytes and
//! not text, because formats of lines count bytes and most lines are never looked at; a line longer
//! than [`LONGEST`] loses its rest.

use super::buffer::ReadBuffer;
use super::encoding::{self, EncodingSource};
use super::read_end::ReadEnd;
use crate::byte_search;
use crate::model::EndOfInput;
use std::borrow::Cow;
use std::io::{self, Read};

/// What is kept of a line, in bytes.
pub const MAX_LEN: usize = 1 << 20;

/// How many first lines of a file [`first`] looks at.
const MAX_HEAD_LINES: usize = 400;

/// The lines of a file.
pub struct LineReader<R> {
    buffer: ReadBuffer<R>,
    number: u32,
    /// What is left of a line that was too long.
    long_line: Vec<u8>,
}

/// One line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawLine<'a> {
    /// Without its end.
    pub bytes: &'a [u8],
    /// Whether it had an end: the last line of a file that was cut has none.
    pub has_newline: bool,
    /// Whether it was longer than [`LONGEST`].
    pub truncated: bool,
}

impl<R: Read> LineReader<R> {
    /// The lines of the input.
    pub fn new(input: R) -> io::Result<LineReader<R>> {
        let buffer = ReadBuffer::new(input, EncodingSource::Bom)?;
        Ok(LineReader { buffer, number: 0, long_line: Vec::new() })
    }

    /// The 1-based number of the line that came last.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The next line; `None` at the end of the file.
    #[inline(always)]
    pub fn next_line(&mut self) -> io::Result<Option<RawLine<'_>>> {
        match byte_search::find(b'\n', self.buffer.available()) {
            Some(length) => Ok(Some(self.take_line(length, true))),
            None => self.next_slow(),
        }
    }

    /// Goes past a line of this length.
    #[inline(always)]
    fn take_line(&mut self, length: usize, has_newline: bool) -> RawLine<'_> {
        let whole = length + usize::from(has_newline);
        self.number += 1;
        let bytes = &self.buffer.take(whole)[..length];
        RawLine { bytes: bytes.strip_suffix(b"\r").unwrap_or(bytes), has_newline, truncated: false }
    }

    /// The next line, whose end cannot be seen yet.
    #[cold]
    fn next_slow(&mut self) -> io::Result<Option<RawLine<'_>>> {
        loop {
            let scanned = self.buffer.available().len();
            if scanned > MAX_LEN {
                return self.truncated_line().map(Some);
            }
            if !self.buffer.fill()? {
                return Ok((scanned > 0).then(|| self.take_line(scanned, false)));
            }
            if memchr::memchr(b'\n', &self.buffer.available()[scanned..]).is_some() {
                return self.next_line();
            }
        }
    }

    /// Takes the next bytes, lines or not; false when the file ends before.
    pub fn take(&mut self, count: u64, mut with: impl FnMut(&[u8])) -> io::Result<bool> {
        let mut remaining = count;
        while remaining > 0 {
            if self.buffer.available().is_empty() && !self.buffer.fill()? {
                return Ok(false);
            }
            let available = self.buffer.available();
            let part = usize::try_from(remaining)
                .map_or(available.len(), |left| left.min(available.len()));
            self.number += memchr::memchr_iter(b'\n', &available[..part]).count() as u32;
            with(&available[..part]);
            self.buffer.consume(part);
            remaining -= part as u64;
        }
        Ok(true)
    }

    #[cold]
    fn truncated_line(&mut self) -> io::Result<RawLine<'_>> {
        self.number += 1;
        let long_line = self.buffer.available()[..MAX_LEN].to_vec();
        self.buffer.consume(MAX_LEN);
        let has_newline = loop {
            let available = self.buffer.available();
            if let Some(at) = memchr::memchr(b'\n', available) {
                self.buffer.consume(at + 1);
                break true;
            }
            self.buffer.consume(available.len());
            if !self.buffer.fill()? {
                break false;
            }
        };
        self.long_line = long_line;
        Ok(RawLine { bytes: &self.long_line, has_newline, truncated: true })
    }
}

/// The first lines of a file as text, by which formats of lines are known; none of what may be XML.
pub fn first_lines(head: &[u8]) -> Cow<'_, str> {
    if head.trim_ascii_start().starts_with(b"<") {
        return Cow::Borrowed("");
    }
    let end = memchr::memchr_iter(b'\n', head).nth(MAX_HEAD_LINES - 1).unwrap_or(head.len());
    // The last one may be cut within its end.
    encoding::decode_lossy(head[..end].strip_suffix(b"\r").unwrap_or(&head[..end]))
}

/// Reads a file of lines to where `read` leaves it, or to where the input fails.
pub fn read_lines<R: Read>(
    input: R,
    read: impl FnOnce(&mut LineReader<R>) -> io::Result<EndOfInput>,
) -> ReadEnd {
    let mut lines = match LineReader::new(input) {
        Ok(lines) => lines,
        Err(error) => return ReadEnd::unreadable(0, &error),
    };
    match read(&mut lines) {
        Ok(end) => ReadEnd { line: lines.number(), end },
        Err(error) => ReadEnd::unreadable(lines.number(), &error),
    }
}

/// Calls back with each line, without the terminal's colours, and its number; the number of the last
/// one, and why the input failed if it did.
pub fn for_each_line(
    input: impl Read,
    mut with: impl FnMut(u32, RawLine<'_>),
) -> (u32, io::Result<()>) {
    let mut lines = match LineReader::new(input) {
        Ok(lines) => lines,
        Err(error) => return (0, Err(error)),
    };
    let mut plain = Vec::new();
    loop {
        let number = lines.number().saturating_add(1);
        match lines.next_line() {
            Ok(Some(line)) if memchr::memchr(ESCAPE, line.bytes).is_some() => {
                strip_ansi_into(line.bytes, &mut plain);
                with(number, RawLine { bytes: &plain, ..line });
            }
            Ok(Some(line)) => with(number, line),
            Ok(None) => return (lines.number(), Ok(())),
            Err(error) => return (lines.number(), Err(error)),
        }
    }
}

/// What a terminal's colours and other orders begin with.
const ESCAPE: u8 = 0x1b;

/// Makes `plain` a text without the terminal's colours.
pub fn strip_ansi_into(text: &[u8], plain: &mut Vec<u8>) {
    plain.clear();
    let mut rest = text;
    while let Some(at) = memchr::memchr(ESCAPE, rest) {
        plain.extend_from_slice(&rest[..at]);
        let sequence = &rest[at + 1..];
        let length = match sequence {
            [b'[', numbers @ ..] => {
                let number = |b: &&u8| matches!(b, b'0'..=b'9' | b';' | b'?');
                numbers.iter().take_while(number).count() + 2
            }
            // Which signs the next bytes are.
            [b'(' | b')', _, ..] => 2,
            [..] => {
                plain.push(ESCAPE);
                0
            }
        };
        rest = sequence.get(length..).unwrap_or(&[]);
    }
    plain.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_lose_endings_and_last_reports_missing_newline() {
        let mut lines = LineReader::new(&b"a\r\n\nb\rc\nlast"[..]).unwrap();
        let mut seen = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            seen.push((String::from_utf8_lossy(line.bytes).into_owned(), line.has_newline));
        }
        let want = [("a", true), ("", true), ("b\rc", true), ("last", false)];
        assert_eq!(seen, want.map(|(text, ended)| (text.to_owned(), ended)));
        assert_eq!(lines.number(), 4);
    }

    #[test]
    fn ansi_sequences_are_removed_from_lines() {
        let mut seen = Vec::new();
        let text = &b"\x1b[0;32m[ OK ] \x1b[m a\x1b[K\n\x1bx\n\x1b[1"[..];
        let (last, read) = for_each_line(text, |_, line| seen.push(line.bytes.to_vec()));
        assert_eq!(seen, [&b"[ OK ]  a"[..], b"\x1bx", b""]);
        assert!((last, read.is_ok()) == (3, true));
    }

    #[test]
    fn overlong_line_is_truncated_and_next_is_intact() {
        let mut bytes = vec![b'x'; 3 * MAX_LEN];
        bytes.extend_from_slice(b"\nnext\n");
        bytes.extend_from_slice(&vec![b'y'; 3 * MAX_LEN]);
        let mut lines = LineReader::new(&bytes[..]).unwrap();
        let mut next = |expected: (usize, bool, bool)| {
            let line = lines.next_line().unwrap().unwrap();
            assert_eq!((line.bytes.len(), line.has_newline, line.truncated), expected);
        };
        next((MAX_LEN, true, true));
        next((4, true, false));
        // The file may have been cut within it.
        next((MAX_LEN, false, true));
        assert_eq!(lines.number(), 3);
    }

    #[test]
    fn first_lines_are_split_like_the_line_reader_does() {
        let lines_of =
            |head: &[u8]| first_lines(head).lines().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(lines_of(b"a\r\n\nb\rc\n\xe4\r"), ["a", "", "b\rc", "\u{e4}"]);
        assert_eq!(lines_of(&b"x\r\n".repeat(500)), ["x"; MAX_HEAD_LINES]);
        assert!(lines_of(b"\n <a>\nb").is_empty());
    }

    #[test]
    fn bytes_can_be_taken_between_lines() {
        let mut lines = LineReader::new(&b"3\na\nb0\nend"[..]).unwrap();
        assert_eq!(lines.next_line().unwrap().unwrap().bytes, b"3");
        let mut taken = Vec::new();
        assert!(lines.take(3, |part| taken.extend_from_slice(part)).unwrap());
        assert_eq!(taken, b"a\nb");
        assert_eq!(lines.next_line().unwrap().unwrap().bytes, b"0");
        assert!(!lines.take(9, |_| ()).unwrap());
    }
}
