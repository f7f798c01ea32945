//! A moving window over a results file: the bytes at the present place, contiguous.
//!
//! In: any reader. Out: slices. Memory is bounded by what a caller asks to see at once, never by the
//! file. A file in another encoding than UTF-8 is decoded on its way in, if it says so; bytes of any
//! other file stay as they are, because formats of lines count them: whoever looks at them makes
//! text of them. (Decompression would come before: it is a reader too.)

use super::encoding::{self, Declared};
use encoding_rs::{CoderResult, Decoder};
use std::io::{self, Read};

/// How much is read at once, in bytes.
const CHUNK: usize = 128 << 10;

/// The window.
pub struct Window<R> {
    input: R,
    decoding: Option<Decoding>,
    buffer: Vec<u8>,
    /// What can be seen is `start..end` of the buffer.
    start: usize,
    end: usize,
    ended: bool,
}

struct Decoding {
    decoder: Decoder,
    raw: Vec<u8>,
}

impl<R: Read> Window<R> {
    /// A window at the start of the input, behind any byte order mark.
    pub fn new(input: R, declared: Declared) -> io::Result<Window<R>> {
        let buffer = vec![0; CHUNK];
        let mut window = Window { input, decoding: None, buffer, start: 0, end: 0, ended: false };
        while window.end < encoding::HEAD && window.fill()? {}
        let (found, mark) = encoding::detect(window.seen(), declared);
        window.start = mark;
        if let Some(found) = found {
            let raw = window.seen().to_vec();
            let mut decoding = Decoding { decoder: found.new_decoder_without_bom_handling(), raw };
            (window.start, window.end) = (0, 0);
            window.end = decoding.decode(&mut window.buffer, 0, window.ended);
            window.decoding = Some(decoding);
        }
        Ok(window)
    }

    /// What can be seen at present.
    pub fn seen(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Goes on by this many of the bytes that can be seen.
    #[inline]
    pub fn consume(&mut self, count: usize) {
        self.start += count.min(self.end - self.start);
    }

    /// Goes on by this many of the bytes that can be seen, and gives them.
    #[inline]
    pub fn take(&mut self, count: usize) -> &[u8] {
        let from = self.start;
        self.consume(count);
        &self.buffer[from..self.start]
    }

    /// The last `count` bytes that were consumed, as long as nothing was filled in since.
    pub fn passed(&self, count: usize) -> &[u8] {
        &self.buffer[self.start.saturating_sub(count)..self.start]
    }

    /// Reads more, moving what can be seen; false at the end of the input.
    pub fn fill(&mut self) -> io::Result<bool> {
        let before = self.end - self.start;
        while self.end - self.start == before {
            if self.ended {
                return Ok(false);
            }
            self.make_room();
            let into = match &mut self.decoding {
                None => &mut self.buffer[self.end..],
                Some(Decoding { raw, .. }) => {
                    raw.resize(CHUNK / 4, 0);
                    &mut raw[..]
                }
            };
            let count = match self.input.read(into) {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.ended = count == 0;
            match &mut self.decoding {
                None => self.end += count,
                Some(decoding) => {
                    decoding.raw.truncate(count);
                    self.end = decoding.decode(&mut self.buffer, self.end, self.ended);
                }
            }
        }
        Ok(true)
    }

    fn make_room(&mut self) {
        if self.start > 0 && self.buffer.len() - self.end < CHUNK / 2 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() - self.end < CHUNK / 2 {
            self.buffer.resize(self.buffer.len() + CHUNK, 0);
        }
    }
}

impl Decoding {
    /// Decodes all of `raw` into the buffer from `end` on; where it then ends.
    fn decode(&mut self, buffer: &mut Vec<u8>, mut end: usize, last: bool) -> usize {
        let mut from = 0;
        loop {
            let left = &self.raw[from..];
            let room = self.decoder.max_utf8_buffer_length(left.len()).unwrap_or(CHUNK);
            buffer.resize(buffer.len().max(end + room), 0);
            let (result, read, written, _) =
                self.decoder.decode_to_utf8(left, &mut buffer[end..], last);
            from += read;
            end += written;
            if result == CoderResult::InputEmpty {
                self.raw.clear();
                return end;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::slow::Slow;

    fn all(bytes: &[u8], step: usize, declared: Declared) -> Vec<u8> {
        let mut window = Window::new(Slow(bytes, step), declared).unwrap();
        let mut all = Vec::new();
        loop {
            let half = window.seen().len().div_ceil(2);
            all.extend_from_slice(&window.seen()[..half]);
            window.consume(half);
            if window.seen().is_empty() && !window.fill().unwrap() {
                return all;
            }
        }
    }

    #[test]
    fn every_encoding_arrives_as_utf8_however_it_is_cut() {
        let text = format!("<a b='ä€𝄞'>{}</a>", "xü".repeat(400));
        let utf16: Vec<u8> = "\u{feff}"
            .chars()
            .chain(text.chars())
            .collect::<String>()
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        for step in [1, 2, 3, 7, 1000] {
            assert_eq!(all(text.as_bytes(), step, Declared::InXml), text.as_bytes());
            assert_eq!(all(&utf16, step, Declared::InXml), text.as_bytes());
            assert_eq!(all(&utf16, step, Declared::ByMark), text.as_bytes());
        }
    }

    #[test]
    fn bytes_that_are_no_utf8_stay_as_they_are_unless_the_file_says_what_they_are() {
        let mut bytes = b"<?xml version='1.0' encoding='latin1'?>".to_vec();
        bytes.extend_from_slice(&b"\xe4".repeat(500));
        for step in [1, 2, 10_000] {
            assert_eq!(all(&bytes, step, Declared::ByMark), bytes);
            let text = String::from_utf8(all(&bytes, step, Declared::InXml)).unwrap();
            assert!(text.ends_with(&"ä".repeat(500)));
        }
    }
}
