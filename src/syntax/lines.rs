//! Numbered lines of a results file.
//!
//! Lines are bytes without their ends (LF or CRLF), because some formats count bytes; [`for_each_line`] decodes them.
//! A line longer than [`MAX_LEN`] loses its rest.

use super::ansi;
use super::buffer::ReadBuffer;
use super::encoding::{self, EncodingSource};
use super::read_end::ReadEnd;
use crate::byte_search;
use crate::model::EndOfInput;
use std::borrow::Cow;
use std::io::{self, Read};

/// How much of a line is kept, in bytes.
pub const MAX_LEN: usize = 1 << 20;

/// How many lines [`first_lines`] returns at most.
const MAX_HEAD_LINES: usize = 400;

/// Reads lines, or a number of bytes between them.
pub struct LineReader<R> {
    buffer: ReadBuffer<R>,
    number: u32,
    /// The kept part of a line that was too long.
    long_line: Vec<u8>,
}

/// One line as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawLine<'a> {
    /// Without its end.
    pub bytes: &'a [u8],
    /// Whether it had an end: the last line of a truncated file has none.
    pub has_newline: bool,
    /// Whether it was longer than [`MAX_LEN`].
    pub truncated: bool,
}

impl<R: Read> LineReader<R> {
    /// A reader at the first line of the input.
    pub fn new(input: R) -> io::Result<LineReader<R>> {
        let buffer = ReadBuffer::new(input, EncodingSource::Bom)?;
        Ok(LineReader { buffer, number: 0, long_line: Vec::new() })
    }

    /// The 1-based number of the last line read.
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

    #[inline(always)]
    fn take_line(&mut self, length: usize, has_newline: bool) -> RawLine<'_> {
        let whole = length + usize::from(has_newline);
        self.number += 1;
        let bytes = &self.buffer.take(whole)[..length];
        RawLine { bytes: bytes.strip_suffix(b"\r").unwrap_or(bytes), has_newline, truncated: false }
    }

    /// What follows the last line, up to `len` bytes, without reading it.
    pub fn peek(&mut self, len: usize) -> io::Result<&[u8]> {
        while self.buffer.available().len() < len && self.buffer.fill()? {}
        let available = self.buffer.available();
        Ok(&available[..available.len().min(len)])
    }

    /// The next line, whose end is not in the buffer yet.
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

    /// Passes the next `count` bytes to `callback`, in parts; false if the file ends before.
    pub fn take(&mut self, count: u64, mut callback: impl FnMut(&[u8])) -> io::Result<bool> {
        let mut remaining = count;
        while remaining > 0 {
            if self.buffer.available().is_empty() && !self.buffer.fill()? {
                return Ok(false);
            }
            let available = self.buffer.available();
            let part = usize::try_from(remaining)
                .map_or(available.len(), |left| left.min(available.len()));
            self.number += memchr::memchr_iter(b'\n', &available[..part]).count() as u32;
            callback(&available[..part]);
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

/// The first lines of a file as text, for detecting formats of lines; nothing if the file may be XML.
pub fn first_lines(head: &[u8]) -> Cow<'_, str> {
    if head.trim_ascii_start().starts_with(b"<") {
        return Cow::Borrowed("");
    }
    let end = memchr::memchr_iter(b'\n', head).nth(MAX_HEAD_LINES - 1).unwrap_or(head.len());
    // The last one may be truncated within its end.
    encoding::decode_lossy(head[..end].strip_suffix(b"\r").unwrap_or(&head[..end]))
}

/// Reads a file of lines until `read` returns, or until the input fails.
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

#[derive(Debug, Clone, Copy)]
pub struct TextLine<'a> {
    /// 1-based.
    pub number: u32,
    /// Without its end and without terminal control sequences.
    pub text: &'a str,
    /// Whether it had an end: the last line of a truncated file has none.
    pub has_newline: bool,
    /// Whether it was longer than [`MAX_LEN`].
    pub truncated: bool,
}

/// How a file of lines ended.
#[must_use]
pub struct LinesEnd {
    pub line: u32,
    result: io::Result<()>,
}

impl LinesEnd {
    /// Whether the input was read without an error.
    pub fn is_ok(&self) -> bool {
        self.result.is_ok()
    }

    /// Where reading ended: at the end of a complete or a truncated file, unless the input failed.
    pub fn complete_if(self, is_complete: bool) -> ReadEnd {
        self.ended(if is_complete { EndOfInput::Complete } else { EndOfInput::Truncated })
    }

    /// Where reading ended, and how, unless the input failed.
    pub fn ended(self, end: EndOfInput) -> ReadEnd {
        match self.result {
            Ok(()) => ReadEnd { line: self.line, end },
            Err(error) => ReadEnd::unreadable(self.line, &error),
        }
    }
}

/// Calls `callback` with each line of a file.
pub fn for_each_line(input: impl Read, mut callback: impl FnMut(TextLine<'_>)) -> LinesEnd {
    let mut lines = match LineReader::new(input) {
        Ok(lines) => lines,
        Err(error) => return LinesEnd { line: 0, result: Err(error) },
    };
    loop {
        let number = lines.number().saturating_add(1);
        match lines.next_line() {
            Ok(Some(RawLine { bytes, has_newline, truncated })) => {
                let bytes = ansi::strip_bytes(bytes);
                let text = &*encoding::decode_lossy(&bytes);
                callback(TextLine { number, text, has_newline, truncated });
            }
            Ok(None) => return LinesEnd { line: lines.number(), result: Ok(()) },
            Err(error) => return LinesEnd { line: lines.number(), result: Err(error) },
        }
    }
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
        let read = for_each_line(text, |line| seen.push(line.text.to_owned()));
        assert_eq!(seen, ["[ OK ]  a", "\u{1b}x", ""]);
        assert!((read.line, read.is_ok()) == (3, true));
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
        // The file may be truncated within it.
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
