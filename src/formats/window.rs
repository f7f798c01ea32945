//! A moving window over a results file: the bytes at the present place, contiguous, decoded.
//!
//! In: any reader. Out: slices. Memory is bounded by what a caller asks to see at once, never by the
//! file. The window moves only by [`Window::consume`]; [`Window::fill`] may shift what is in it, so
//! a slice doesn't outlive it.

use super::encoding::{self, Declared};
use encoding_rs::{CoderResult, Decoder};
use std::io::{self, Read};

/// How much is read at once, in bytes.
const CHUNK: usize = 128 << 10;

/// The window.
pub struct Window<R> {
    input: R,
    turn: Turn,
    buffer: Vec<u8>,
    /// `start..ready` can be seen; `ready..filled` is the beginning of a character.
    start: usize,
    ready: usize,
    filled: usize,
    ended: bool,
    fell_back: bool,
}

/// What happens to bytes on their way into the window.
enum Turn {
    /// Nothing: whoever looks at them decodes them.
    Keep,
    /// They are UTF-8, and made so where they are not.
    Check,
    /// They are in another encoding.
    Decode { decoder: Decoder, raw: Vec<u8> },
}

impl<R: Read> Window<R> {
    /// A window at the start of the input, behind any byte order mark. With [`Declared::ByMark`],
    /// bytes that are no UTF-8 stay as they are: formats of lines count bytes.
    pub fn new(input: R, declared: Declared) -> io::Result<Window<R>> {
        let mut window = Window {
            input,
            turn: Turn::Keep,
            buffer: vec![0; CHUNK],
            start: 0,
            ready: 0,
            filled: 0,
            ended: false,
            fell_back: false,
        };
        while window.filled < encoding::HEAD && window.fill()? {}
        let (found, mark) = encoding::detect(&window.buffer[..window.filled], declared);
        window.start = mark;
        match (found, declared) {
            (Some(found), _) => {
                let raw = window.buffer[mark..window.filled].to_vec();
                let decoder = found.new_decoder_without_bom_handling();
                (window.start, window.ready, window.filled) = (0, 0, 0);
                window.turn = Turn::Decode { decoder, raw };
                window.decode();
            }
            (None, Declared::InXml) => {
                window.turn = Turn::Check;
                window.ready = mark;
                window.check();
            }
            (None, Declared::ByMark) => {}
        }
        Ok(window)
    }

    /// What can be seen at present.
    pub fn seen(&self) -> &[u8] {
        &self.buffer[self.start..self.ready]
    }

    /// Goes on by this many of the bytes that can be seen.
    pub fn consume(&mut self, count: usize) {
        let count = count.min(self.ready - self.start);
        self.start += count;
    }

    /// The bytes behind [`Window::consume`]'s last `count` ones: what was just gone past.
    pub fn passed(&self, count: usize) -> &[u8] {
        &self.buffer[self.start.saturating_sub(count)..self.start]
    }

    /// Reads more; false at the end of the input.
    pub fn fill(&mut self) -> io::Result<bool> {
        let before = self.ready - self.start;
        while self.ready - self.start == before {
            if self.ended {
                return Ok(false);
            }
            self.make_room();
            let target = match &mut self.turn {
                Turn::Keep | Turn::Check => &mut self.buffer[self.filled..],
                Turn::Decode { raw, .. } => {
                    raw.resize(CHUNK / 4, 0);
                    &mut raw[..]
                }
            };
            let count = match self.input.read(target) {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.ended = count == 0;
            match &mut self.turn {
                Turn::Keep => {
                    self.filled += count;
                    self.ready = self.filled;
                }
                Turn::Check => {
                    self.filled += count;
                    self.check();
                }
                Turn::Decode { raw, .. } => {
                    raw.truncate(count);
                    self.decode();
                }
            }
        }
        Ok(true)
    }

    /// Whether bytes were no UTF-8; only of a window with [`Declared::InXml`].
    pub fn fell_back(&self) -> bool {
        self.fell_back
    }

    fn make_room(&mut self) {
        if self.start > 0 && self.buffer.len() - self.filled < CHUNK / 2 {
            self.buffer.copy_within(self.start..self.filled, 0);
            self.ready -= self.start;
            self.filled -= self.start;
            self.start = 0;
        }
        if self.buffer.len() - self.filled < CHUNK / 2 {
            self.buffer.resize(self.buffer.len() + CHUNK, 0);
        }
    }

    /// Makes `ready..filled` ready as far as it is UTF-8, and UTF-8 where it is not.
    fn check(&mut self) {
        let tail = &self.buffer[self.ready..self.filled];
        let Err(error) = std::str::from_utf8(tail) else {
            self.ready = self.filled;
            return;
        };
        if error.error_len().is_none() && !self.ended {
            self.ready += error.valid_up_to();
            return;
        }
        self.fell_back = true;
        // The beginning of a character at the very end waits for its rest.
        let unfinished = tail.utf8_chunks().last().map_or(0, |c| c.invalid().len());
        let waits = std::str::from_utf8(&tail[tail.len() - unfinished..])
            .is_err_and(|e| e.error_len().is_none() && !self.ended);
        let kept = if waits { unfinished } else { 0 };
        let mut text = String::with_capacity(tail.len() * 2);
        encoding::push_text(&tail[..tail.len() - kept], &mut text);
        let rest = tail[tail.len() - kept..].to_vec();
        self.buffer.truncate(self.ready);
        self.buffer.extend_from_slice(text.as_bytes());
        self.ready = self.buffer.len();
        self.buffer.extend_from_slice(&rest);
        self.filled = self.buffer.len();
    }

    /// Decodes all of `raw` into the window.
    fn decode(&mut self) {
        let Turn::Decode { decoder, raw } = &mut self.turn else { return };
        let mut from = 0;
        loop {
            let room = decoder.max_utf8_buffer_length(raw.len() - from).unwrap_or(CHUNK);
            self.buffer.resize(self.buffer.len().max(self.filled + room), 0);
            let into = &mut self.buffer[self.filled..];
            let (result, read, written, _) = decoder.decode_to_utf8(&raw[from..], into, self.ended);
            from += read;
            self.filled += written;
            self.ready = self.filled;
            if result == CoderResult::InputEmpty {
                break;
            }
        }
        raw.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out few bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(into.len()).min(self.0.len());
            into[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn all(bytes: &[u8], step: usize, declared: Declared) -> (Vec<u8>, bool) {
        let mut window = Window::new(Slow(bytes, step), declared).unwrap();
        let mut all = Vec::new();
        loop {
            let half = window.seen().len().div_ceil(2);
            all.extend_from_slice(&window.seen()[..half]);
            window.consume(half);
            if window.seen().is_empty() && !window.fill().unwrap() {
                return (all, window.fell_back());
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
            assert_eq!(all(text.as_bytes(), step, Declared::InXml).0, text.as_bytes());
            assert_eq!(all(&utf16, step, Declared::InXml).0, text.as_bytes());
            assert_eq!(all(&utf16, step, Declared::ByMark).0, text.as_bytes());
        }
    }

    #[test]
    fn bytes_that_are_no_utf8_are_told_and_read_as_windows_1252() {
        let mut bytes = vec![b'.'; 500];
        bytes.extend_from_slice(b"\xe4\xc3\xa4\x80z\xe2");
        for step in [1, 2, 501, 502, 10_000] {
            let (text, fell_back) = all(&bytes, step, Declared::InXml);
            assert_eq!(&text[500..], "ää€zâ".as_bytes(), "in steps of {step}");
            assert!(fell_back);
            assert_eq!(all(&bytes, step, Declared::ByMark).0, bytes);
        }
    }
}
