//! Decompresses results files in gzip, bzip2 or Zstandard.
//!
//! The first bytes of a file decide, not its name; a file that is not compressed is passed through. The input is a
//! stream that may be truncated, damaged, or expand to any size: checksums are checked, the size is limited, and after
//! an error every further read fails too.
//!
//! <https://www.rfc-editor.org/rfc/rfc1952>, <https://www.rfc-editor.org/rfc/rfc8878>

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::rc::Rc;

/// The size that any file may decompress to, in bytes.
const MAX_EXPANSION: u64 = 64 << 20;
/// What a file may decompress to beyond that, as a multiple of its compressed size. Logs of test runs need less than a
/// tenth of it.
const MAX_EXPANSION_RATIO: u64 = 300;

/// The largest window of a Zstandard frame, in bytes: what the decoder keeps in memory.
const MAX_ZSTD_WINDOW: u64 = 128 << 20;

/// How many first bytes [`Compression::detect`] needs.
const SNIFF_LEN: usize = 7;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compression {
    Gzip,
    Bzip2,
    Zstd,
}

impl Compression {
    fn detect(head: &[u8]) -> Option<Compression> {
        match head {
            [0x1f, 0x8b, 0x08, ..] => Some(Compression::Gzip),
            // A block, or the end of a stream without blocks.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, ..] => Some(Compression::Bzip2),
            // A frame, or a skippable frame.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
                Some(Compression::Zstd)
            }
            [..] => None,
        }
    }
}

/// A reader of the decompressed content of another reader.
///
/// # Errors
/// Those of the input, while its first bytes are read.
pub fn decompress<'i>(mut input: impl Read + 'i) -> io::Result<Box<dyn Read + 'i>> {
    let mut head = Vec::with_capacity(SNIFF_LEN);
    (&mut input).take(SNIFF_LEN as u64).read_to_end(&mut head)?;
    let compression = Compression::detect(&head);
    let input = Cursor::new(head).chain(input);
    let Some(compression) = compression else { return Ok(Box::new(input)) };
    let compressed = Rc::new(CompressedInput::default());
    let input = CountingReader { input, compressed: Rc::clone(&compressed) };
    let decoder: Box<dyn Read + 'i> = match compression {
        Compression::Gzip => Box::new(MultiGzDecoder::new(input)),
        Compression::Bzip2 => Box::new(MultiBzDecoder::new(input)),
        Compression::Zstd => Box::new(ZstdReader::new(input)),
    };
    Ok(Box::new(Decompressor { compression, decoder, compressed, bytes_out: 0, error: None }))
}

/// How far a compressed file has been read.
#[derive(Default)]
struct CompressedInput {
    bytes_read: Cell<u64>,
    at_eof: Cell<bool>,
}

struct CountingReader<R> {
    input: R,
    compressed: Rc<CompressedInput>,
}

impl<R: Read> Read for CountingReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(into)?;
        self.compressed.bytes_read.update(|total| total.saturating_add(count as u64));
        self.compressed.at_eof.set(count == 0 && !into.is_empty());
        Ok(count)
    }
}

/// The decompressed content, up to the size limit or the first error.
struct Decompressor<'i> {
    compression: Compression,
    decoder: Box<dyn Read + 'i>,
    compressed: Rc<CompressedInput>,
    bytes_out: u64,
    error: Option<String>,
}

impl Read for Decompressor<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = &self.error {
            return Err(io::Error::other(error.clone()));
        }
        let message = match self.decoder.read(into) {
            Ok(count) => {
                self.bytes_out = self.bytes_out.saturating_add(count as u64);
                let allowed = MAX_EXPANSION_RATIO.saturating_mul(self.compressed.bytes_read.get());
                if self.bytes_out <= MAX_EXPANSION.saturating_add(allowed) {
                    return Ok(count);
                }
                format!("unpacks to more than {MAX_EXPANSION_RATIO} times its size")
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(_) if self.compressed.at_eof.get() => "ends in the middle".to_owned(),
            Err(error) => format!("is damaged: {error}"),
        };
        let message = format!("the {:?} data {message}", self.compression);
        self.error = Some(message.clone());
        Err(io::Error::other(message))
    }
}

/// Decodes the frames of a Zstandard file, one after another.
struct ZstdReader<R> {
    input: BufReader<R>,
    decoder: FrameDecoder,
    in_frame: bool,
}

impl<R: Read> ZstdReader<R> {
    fn new(input: R) -> ZstdReader<R> {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(MAX_ZSTD_WINDOW);
        ZstdReader { input: BufReader::new(input), decoder, in_frame: false }
    }

    /// Starts the next frame; false at the end of the file.
    fn start_frame(&mut self) -> io::Result<bool> {
        if self.input.fill_buf()?.is_empty() {
            return Ok(false);
        }
        match self.decoder.reset(&mut self.input) {
            Ok(()) => self.in_frame = true,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length,
                ..
            })) => {
                let skipped =
                    io::copy(&mut (&mut self.input).take(u64::from(length)), &mut io::sink())?;
                if skipped < u64::from(length) {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            Err(error) => return Err(io::Error::other(error)),
        }
        Ok(true)
    }

    fn end_frame(&mut self) -> io::Result<()> {
        self.in_frame = false;
        match (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum()) {
            (Some(stored), Some(computed)) if stored != computed => {
                Err(io::Error::other("wrong checksum"))
            }
            _ => Ok(()),
        }
    }
}

impl<R: Read> Read for ZstdReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.in_frame && !self.start_frame()? {
                return Ok(0);
            }
            if self.in_frame {
                let count = self.decoder.read(into)?;
                if count > 0 || into.is_empty() {
                    return Ok(count);
                }
                if self.decoder.is_finished() {
                    self.end_frame()?;
                } else {
                    let one_block = BlockDecodingStrategy::UptoBlocks(1);
                    self.decoder
                        .decode_blocks(&mut self.input, one_block)
                        .map_err(io::Error::other)?;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn bzip2(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        compress_to_vec(bytes, CompressionLevel::Fastest)
    }

    fn read(packed: &[u8]) -> (Vec<u8>, Option<String>) {
        let mut reader = decompress(packed).unwrap();
        let (mut all, mut chunk) = (Vec::new(), [0; 1000]);
        loop {
            match reader.read(&mut chunk) {
                Ok(0) => return (all, None),
                Ok(count) => all.extend_from_slice(&chunk[..count]),
                Err(error) => {
                    assert!(reader.read(&mut chunk).is_err(), "an error stays one");
                    return (all, Some(error.to_string()));
                }
            }
        }
    }

    type Pack = fn(&[u8]) -> Vec<u8>;
    const PACKERS: [Pack; 3] = [gzip, bzip2, zstd];

    fn text() -> Vec<u8> {
        (0..9000)
            .flat_map(|n: u32| format!("test {} {n}\n", n.wrapping_mul(2_654_435_761)).into_bytes())
            .collect()
    }

    #[test]
    fn concatenated_parts_and_plain_input_are_read() {
        for pack in PACKERS {
            let packed = [pack(&text()), pack(b""), pack(b"more")].concat();
            assert_eq!(read(&packed), ([text(), b"more".to_vec()].concat(), None));
        }
        for plain in [&b""[..], b"BZh9 is text", b"\x1f\x8b", b"<a/>"] {
            assert_eq!(read(plain), (plain.to_vec(), None));
        }
    }

    #[test]
    fn truncated_file_yields_data_then_an_error() {
        for pack in PACKERS {
            let packed = pack(&text());
            for cut in (SNIFF_LEN..packed.len()).step_by(packed.len() / 20) {
                let (data, failed) = read(&packed[..cut]);
                assert!(text().starts_with(&data));
                assert!(failed.unwrap().ends_with("data ends in the middle"));
            }
        }
    }

    #[test]
    fn damage_is_reported_and_never_panics() {
        for pack in PACKERS {
            let packed = pack(&text());
            for at in (SNIFF_LEN..packed.len()).step_by(packed.len() / 60) {
                let mut damaged = packed.clone();
                damaged[at] ^= 0x10;
                let (data, failed) = read(&damaged);
                assert!(failed.is_some() || data == text(), "byte {at}");
            }
        }
    }

    #[test]
    fn decompression_bomb_is_stopped() {
        for pack in PACKERS {
            let part = pack(&[b'a'; 1 << 20]);
            let allowed =
                |parts: u64| MAX_EXPANSION + MAX_EXPANSION_RATIO * parts * part.len() as u64;
            let Some(parts) = (64..4096).find(|parts| parts << 20 > allowed(*parts)) else {
                continue;
            };
            let bomb = part.repeat(parts as usize + 1);
            let (data, failed) = read(&bomb);
            assert!(data.len() as u64 <= allowed(parts + 1));
            assert!(failed.unwrap().contains("more than 300 times"));
        }
    }
}
