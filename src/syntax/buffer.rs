//! A look-ahead buffer over a results file: its unread bytes as one slice, refilled on demand.
//!
//! Memory is bounded by how far a caller looks ahead, not by the file. A file that declares another encoding than UTF-8
//! is decoded while it is read. The bytes of any other file are left as they are, because some formats count bytes.

use super::encoding::{self, EncodingSource};
use encoding_rs::{CoderResult, Decoder};
use std::io::{self, Read};

/// How much is read at once, in bytes.
const CHUNK_SIZE: usize = 128 << 10;

/// A buffered reader with look-ahead.
pub struct ReadBuffer<R> {
    input: R,
    transcoder: Option<Transcoder>,
    buffer: Vec<u8>,
    /// The unread bytes are `start..end` of the buffer.
    start: usize,
    end: usize,
    ended: bool,
}

struct Transcoder {
    decoder: Decoder,
    raw: Vec<u8>,
}

impl<R: Read> ReadBuffer<R> {
    /// A buffer at the start of the input, after any byte order mark.
    pub fn new(input: R, source: EncodingSource) -> io::Result<ReadBuffer<R>> {
        let buffer = vec![0; CHUNK_SIZE];
        let mut this =
            ReadBuffer { input, transcoder: None, buffer, start: 0, end: 0, ended: false };
        while this.end < encoding::SNIFF_LEN && this.fill()? {}
        let (found, bom_len) = encoding::detect(this.available(), source);
        this.start = bom_len;
        if let Some(found) = found {
            let raw = this.available().to_vec();
            let mut transcoder =
                Transcoder { decoder: found.new_decoder_without_bom_handling(), raw };
            this.start = 0;
            this.end = transcoder.decode(&mut this.buffer, 0, this.ended);
            this.transcoder = Some(transcoder);
        }
        Ok(this)
    }

    /// The unread bytes in the buffer.
    pub fn available(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Skips this many of the available bytes.
    #[inline]
    pub fn consume(&mut self, count: usize) {
        self.start += count.min(self.end - self.start);
    }

    /// Skips this many of the available bytes and returns them.
    #[inline]
    pub fn take(&mut self, count: usize) -> &[u8] {
        let from = self.start;
        self.consume(count);
        &self.buffer[from..self.start]
    }

    /// The last `count` bytes that were consumed; valid until the next [`fill`](Self::fill).
    pub fn consumed(&self, count: usize) -> &[u8] {
        &self.buffer[self.start.saturating_sub(count)..self.start]
    }

    /// Reads more after the available bytes; false at the end of the input.
    pub fn fill(&mut self) -> io::Result<bool> {
        let previous_len = self.end - self.start;
        while self.end - self.start == previous_len {
            if self.ended {
                return Ok(false);
            }
            self.compact();
            let into = match &mut self.transcoder {
                None => &mut self.buffer[self.end..],
                Some(Transcoder { raw, .. }) => {
                    raw.resize(CHUNK_SIZE / 4, 0);
                    &mut raw[..]
                }
            };
            let count = match self.input.read(into) {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.ended = count == 0;
            match &mut self.transcoder {
                None => self.end += count,
                Some(transcoder) => {
                    transcoder.raw.truncate(count);
                    self.end = transcoder.decode(&mut self.buffer, self.end, self.ended);
                }
            }
        }
        Ok(true)
    }

    fn compact(&mut self) {
        if self.start > 0 && self.buffer.len() - self.end < CHUNK_SIZE / 2 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() - self.end < CHUNK_SIZE / 2 {
            self.buffer.resize(self.buffer.len() + CHUNK_SIZE, 0);
        }
    }
}

impl Transcoder {
    /// Decodes all of `raw` into the buffer from `end` on, and returns the new end.
    fn decode(&mut self, buffer: &mut Vec<u8>, mut end: usize, last: bool) -> usize {
        let mut from = 0;
        loop {
            let remaining = &self.raw[from..];
            let room = self.decoder.max_utf8_buffer_length(remaining.len()).unwrap_or(CHUNK_SIZE);
            buffer.resize(buffer.len().max(end + room), 0);
            let (result, read, written, _) =
                self.decoder.decode_to_utf8(remaining, &mut buffer[end..], last);
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
    use crate::syntax::slow::ChunkedReader;

    fn read_all(bytes: &[u8], step: usize, source: EncodingSource) -> Vec<u8> {
        let mut buffer = ReadBuffer::new(ChunkedReader(bytes, step), source).unwrap();
        let mut bytes_read = Vec::new();
        loop {
            let half = buffer.available().len().div_ceil(2);
            bytes_read.extend_from_slice(&buffer.available()[..half]);
            buffer.consume(half);
            if buffer.available().is_empty() && !buffer.fill().unwrap() {
                return bytes_read;
            }
        }
    }

    #[test]
    fn encodings_are_decoded_to_utf8_at_any_chunk_size() {
        let text = format!("<a b='ä€𝄞'>{}</a>", "xü".repeat(400));
        let utf16: Vec<u8> = "\u{feff}"
            .chars()
            .chain(text.chars())
            .collect::<String>()
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        for step in [1, 2, 3, 7, 1000] {
            assert_eq!(
                read_all(text.as_bytes(), step, EncodingSource::XmlDeclaration),
                text.as_bytes()
            );
            assert_eq!(read_all(&utf16, step, EncodingSource::XmlDeclaration), text.as_bytes());
            assert_eq!(read_all(&utf16, step, EncodingSource::Bom), text.as_bytes());
        }
    }

    #[test]
    fn non_utf8_bytes_are_kept_without_declared_encoding() {
        let mut bytes = b"<?xml version='1.0' encoding='latin1'?>".to_vec();
        bytes.extend_from_slice(&b"\xe4".repeat(500));
        for step in [1, 2, 10_000] {
            assert_eq!(read_all(&bytes, step, EncodingSource::Bom), bytes);
            let text =
                String::from_utf8(read_all(&bytes, step, EncodingSource::XmlDeclaration)).unwrap();
            assert!(text.ends_with(&"ä".repeat(500)));
        }
    }
}
