//! The lines of a results file, as bytes, one at a time.
//!
//! In: any reader. Out: lines without their ends (LF or CRLF), numbered from 1. A line is bytes and
//! not text, because formats of lines count bytes and most lines are never looked at; a line longer
//! than [`LONGEST`] loses its rest.

use super::buffer::Window;
use super::encoding::{self, Declared};
use super::read_end::Ended;
use crate::byte_search;
use crate::model::End;
use std::borrow::Cow;
use std::io::{self, Read};

/// What is kept of a line, in bytes.
pub const LONGEST: usize = 1 << 20;

/// How many first lines of a file [`first`] looks at.
const FIRST: usize = 400;

/// The lines of a file.
pub struct Lines<R> {
    window: Window<R>,
    number: u32,
    /// What is left of a line that was too long.
    kept: Vec<u8>,
}

/// One line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Without its end.
    pub bytes: &'a [u8],
    /// Whether it had an end: the last line of a file that was cut has none.
    pub ended: bool,
    /// Whether it was longer than [`LONGEST`].
    pub truncated: bool,
}

impl<R: Read> Lines<R> {
    /// The lines of the input.
    pub fn new(input: R) -> io::Result<Lines<R>> {
        let window = Window::new(input, Declared::ByMark)?;
        Ok(Lines { window, number: 0, kept: Vec::new() })
    }

    /// The 1-based number of the line that came last.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The next line; `None` at the end of the file.
    #[inline(always)]
    pub fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        match byte_search::find(b'\n', self.window.seen()) {
            Some(length) => Ok(Some(self.line(length, true))),
            None => self.next_beyond(),
        }
    }

    /// Goes past a line of this length.
    #[inline(always)]
    fn line(&mut self, length: usize, ended: bool) -> Line<'_> {
        let whole = length + usize::from(ended);
        self.number += 1;
        let bytes = &self.window.take(whole)[..length];
        Line { bytes: bytes.strip_suffix(b"\r").unwrap_or(bytes), ended, truncated: false }
    }

    /// The next line, whose end cannot be seen yet.
    #[cold]
    fn next_beyond(&mut self) -> io::Result<Option<Line<'_>>> {
        loop {
            let scanned = self.window.seen().len();
            if scanned > LONGEST {
                return self.overlong().map(Some);
            }
            if !self.window.fill()? {
                return Ok((scanned > 0).then(|| self.line(scanned, false)));
            }
            if memchr::memchr(b'\n', &self.window.seen()[scanned..]).is_some() {
                return self.next();
            }
        }
    }

    /// Takes the next bytes, lines or not; false when the file ends before.
    pub fn take(&mut self, count: u64, mut with: impl FnMut(&[u8])) -> io::Result<bool> {
        let mut left = count;
        while left > 0 {
            if self.window.seen().is_empty() && !self.window.fill()? {
                return Ok(false);
            }
            let seen = self.window.seen();
            let part = usize::try_from(left).map_or(seen.len(), |left| left.min(seen.len()));
            self.number += memchr::memchr_iter(b'\n', &seen[..part]).count() as u32;
            with(&seen[..part]);
            self.window.consume(part);
            left -= part as u64;
        }
        Ok(true)
    }

    #[cold]
    fn overlong(&mut self) -> io::Result<Line<'_>> {
        self.number += 1;
        let kept = self.window.seen()[..LONGEST].to_vec();
        self.window.consume(LONGEST);
        let ended = loop {
            let seen = self.window.seen();
            if let Some(at) = memchr::memchr(b'\n', seen) {
                self.window.consume(at + 1);
                break true;
            }
            self.window.consume(seen.len());
            if !self.window.fill()? {
                break false;
            }
        };
        self.kept = kept;
        Ok(Line { bytes: &self.kept, ended, truncated: true })
    }
}

/// The first lines of a file as text, by which formats of lines are known; none of what may be XML.
pub fn first(head: &[u8]) -> Cow<'_, str> {
    if head.trim_ascii_start().starts_with(b"<") {
        return Cow::Borrowed("");
    }
    let end = memchr::memchr_iter(b'\n', head).nth(FIRST - 1).unwrap_or(head.len());
    // The last one may be cut within its end.
    encoding::text(head[..end].strip_suffix(b"\r").unwrap_or(&head[..end]))
}

/// Reads a file of lines to where `read` leaves it, or to where the input fails.
pub fn whole<R: Read>(input: R, read: impl FnOnce(&mut Lines<R>) -> io::Result<End>) -> Ended {
    let mut lines = match Lines::new(input) {
        Ok(lines) => lines,
        Err(error) => return Ended::unreadable(0, &error),
    };
    match read(&mut lines) {
        Ok(end) => Ended { line: lines.number(), end },
        Err(error) => Ended::unreadable(lines.number(), &error),
    }
}

/// Calls back with each line, without the terminal's colours, and its number; the number of the last
/// one, and why the input failed if it did.
pub fn each(input: impl Read, mut with: impl FnMut(u32, Line<'_>)) -> (u32, io::Result<()>) {
    let mut lines = match Lines::new(input) {
        Ok(lines) => lines,
        Err(error) => return (0, Err(error)),
    };
    let mut plain = Vec::new();
    loop {
        let number = lines.number().saturating_add(1);
        match lines.next() {
            Ok(Some(line)) if memchr::memchr(ESCAPE, line.bytes).is_some() => {
                push_plain(line.bytes, &mut plain);
                with(number, Line { bytes: &plain, ..line });
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
pub fn push_plain(text: &[u8], plain: &mut Vec<u8>) {
    plain.clear();
    let mut rest = text;
    while let Some(at) = memchr::memchr(ESCAPE, rest) {
        plain.extend_from_slice(&rest[..at]);
        let order = &rest[at + 1..];
        let length = match order {
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
        rest = order.get(length..).unwrap_or(&[]);
    }
    plain.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_without_their_ends_and_the_last_says_whether_it_had_one() {
        let mut lines = Lines::new(&b"a\r\n\nb\rc\nlast"[..]).unwrap();
        let mut came = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            came.push((String::from_utf8_lossy(line.bytes).into_owned(), line.ended));
        }
        let want = [("a", true), ("", true), ("b\rc", true), ("last", false)];
        assert_eq!(came, want.map(|(text, ended)| (text.to_owned(), ended)));
        assert_eq!(lines.number(), 4);
    }

    #[test]
    fn colours_are_taken_out_of_each_line() {
        let mut came = Vec::new();
        let text = &b"\x1b[0;32m[ OK ] \x1b[m a\x1b[K\n\x1bx\n\x1b[1"[..];
        let (last, read) = each(text, |_, line| came.push(line.bytes.to_vec()));
        assert_eq!(came, [&b"[ OK ]  a"[..], b"\x1bx", b""]);
        assert!((last, read.is_ok()) == (3, true));
    }

    #[test]
    fn a_line_without_bounds_keeps_its_beginning_and_the_next_line_is_whole() {
        let mut bytes = vec![b'x'; 3 * LONGEST];
        bytes.extend_from_slice(b"\nnext\n");
        bytes.extend_from_slice(&vec![b'y'; 3 * LONGEST]);
        let mut lines = Lines::new(&bytes[..]).unwrap();
        let mut next = |expected: (usize, bool, bool)| {
            let line = lines.next().unwrap().unwrap();
            assert_eq!((line.bytes.len(), line.ended, line.truncated), expected);
        };
        next((LONGEST, true, true));
        next((4, true, false));
        // The file may have been cut within it.
        next((LONGEST, false, true));
        assert_eq!(lines.number(), 3);
    }

    #[test]
    fn the_first_lines_are_those_that_all_that_look_at_lines_see() {
        let came = |head: &[u8]| first(head).lines().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(came(b"a\r\n\nb\rc\n\xe4\r"), ["a", "", "b\rc", "\u{e4}"]);
        assert_eq!(came(&b"x\r\n".repeat(500)), ["x"; FIRST]);
        assert!(came(b"\n <a>\nb").is_empty());
    }

    #[test]
    fn bytes_can_be_taken_between_lines() {
        let mut lines = Lines::new(&b"3\na\nb0\nend"[..]).unwrap();
        assert_eq!(lines.next().unwrap().unwrap().bytes, b"3");
        let mut taken = Vec::new();
        assert!(lines.take(3, |part| taken.extend_from_slice(part)).unwrap());
        assert_eq!(taken, b"a\nb");
        assert_eq!(lines.next().unwrap().unwrap().bytes, b"0");
        assert!(!lines.take(9, |_| ()).unwrap());
    }
}
