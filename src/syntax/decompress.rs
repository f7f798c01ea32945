//! Unpacking: a results file that is gzip, bzip2 or Zstandard, as if it were not.
//!
//! In: any reader. Out: a reader of what is packed in it; a file that is not packed as it is. Only its
//! first bytes decide, never its name. A newcomer's trap: a packed file may be cut or damaged behind
//! its first bytes, and may unpack to any size: it is read as a stream, its checksums are checked, and
//! an error stays an error however often somebody reads on.
//!
//! <https://www.rfc-editor.org/rfc/rfc1952>, <https://www.rfc-editor.org/rfc/rfc8878>

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::rc::Rc;

/// How much bigger than packed a file may be: what all files may unpack to, in bytes, and how many
/// times their packed size. The logs of test runs stay below a tenth of it.
const ALLOWED: u64 = 64 << 20;
const ALLOWED_TIMES: u64 = 300;

/// The window of a Zstandard frame, in bytes: what the decoder must hold at once.
const LARGEST_WINDOW: u64 = 128 << 20;

/// How many first bytes show it.
const HEAD: usize = 7;

/// How a file may be packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Gzip,
    Bzip2,
    Zstd,
}

impl Packing {
    fn of(head: &[u8]) -> Option<Packing> {
        match head {
            [0x1f, 0x8b, 0x08, ..] => Some(Packing::Gzip),
            // A block, or the end of what has none.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, ..] => Some(Packing::Bzip2),
            // A frame, or one to be skipped.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
                Some(Packing::Zstd)
            }
            [..] => None,
        }
    }
}

/// A reader of what is packed in another.
///
/// # Errors
/// Those of the input, while its first bytes are read.
pub fn unpacked<'i>(mut input: impl Read + 'i) -> io::Result<Box<dyn Read + 'i>> {
    let mut head = Vec::with_capacity(HEAD);
    (&mut input).take(HEAD as u64).read_to_end(&mut head)?;
    let packing = Packing::of(&head);
    let input = Cursor::new(head).chain(input);
    let Some(packing) = packing else { return Ok(Box::new(input)) };
    let packed = Rc::new(Packed::default());
    let input = Counted { input, packed: Rc::clone(&packed) };
    let unpacking: Box<dyn Read + 'i> = match packing {
        Packing::Gzip => Box::new(MultiGzDecoder::new(input)),
        Packing::Bzip2 => Box::new(MultiBzDecoder::new(input)),
        Packing::Zstd => Box::new(Zstd::new(input)),
    };
    Ok(Box::new(Unpacked { packing, unpacking, packed, came: 0, failed: None }))
}

/// What was read of a packed file.
#[derive(Default)]
struct Packed {
    bytes: Cell<u64>,
    ended: Cell<bool>,
}

/// Counts what is read.
struct Counted<R> {
    input: R,
    packed: Rc<Packed>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(into)?;
        self.packed.bytes.set(self.packed.bytes.get().saturating_add(count as u64));
        self.packed.ended.set(count == 0 && !into.is_empty());
        Ok(count)
    }
}

/// What comes out, up to the bound or the first error.
struct Unpacked<'i> {
    packing: Packing,
    unpacking: Box<dyn Read + 'i>,
    packed: Rc<Packed>,
    came: u64,
    failed: Option<String>,
}

impl Read for Unpacked<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let Some(failed) = &self.failed {
            return Err(io::Error::other(failed.clone()));
        }
        let failed = match self.unpacking.read(into) {
            Ok(count) => {
                self.came = self.came.saturating_add(count as u64);
                let allowed = ALLOWED_TIMES.saturating_mul(self.packed.bytes.get());
                if self.came <= ALLOWED.saturating_add(allowed) {
                    return Ok(count);
                }
                format!("unpacks to more than {ALLOWED_TIMES} times its size")
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(_) if self.packed.ended.get() => "ends in the middle".to_owned(),
            Err(error) => format!("is damaged: {error}"),
        };
        let failed = format!("the {:?} data {failed}", self.packing);
        self.failed = Some(failed.clone());
        Err(io::Error::other(failed))
    }
}

/// The frames of a Zstandard file, one after the other.
struct Zstd<R> {
    input: BufReader<R>,
    decoder: FrameDecoder,
    in_frame: bool,
}

impl<R: Read> Zstd<R> {
    fn new(input: R) -> Zstd<R> {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(LARGEST_WINDOW);
        Zstd { input: BufReader::new(input), decoder, in_frame: false }
    }

    /// Starts the next frame; false at the end of the file.
    fn start(&mut self) -> io::Result<bool> {
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

    fn end(&mut self) -> io::Result<()> {
        self.in_frame = false;
        match (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum()) {
            (Some(told), Some(came)) if told != came => Err(io::Error::other("wrong checksum")),
            _ => Ok(()),
        }
    }
}

impl<R: Read> Read for Zstd<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.in_frame && !self.start()? {
                return Ok(0);
            }
            if self.in_frame {
                let count = self.decoder.read(into)?;
                if count > 0 || into.is_empty() {
                    return Ok(count);
                }
                if self.decoder.is_finished() {
                    self.end()?;
                } else {
                    let one = BlockDecodingStrategy::UptoBlocks(1);
                    self.decoder.decode_blocks(&mut self.input, one).map_err(io::Error::other)?;
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
        let mut unpacked = unpacked(packed).unwrap();
        let (mut all, mut some) = (Vec::new(), [0; 1000]);
        loop {
            match unpacked.read(&mut some) {
                Ok(0) => return (all, None),
                Ok(count) => all.extend_from_slice(&some[..count]),
                Err(error) => {
                    assert!(unpacked.read(&mut some).is_err(), "an error stays one");
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
    fn all_parts_come_as_one_and_what_is_not_packed_stays() {
        for pack in PACKERS {
            let packed = [pack(&text()), pack(b""), pack(b"more")].concat();
            assert_eq!(read(&packed), ([text(), b"more".to_vec()].concat(), None));
        }
        for plain in [&b""[..], b"BZh9 is text", b"\x1f\x8b", b"<a/>"] {
            assert_eq!(read(plain), (plain.to_vec(), None));
        }
    }

    #[test]
    fn a_cut_file_gives_what_it_has_and_says_that_it_is_cut() {
        for pack in PACKERS {
            let packed = pack(&text());
            for cut in (HEAD..packed.len()).step_by(packed.len() / 20) {
                let (came, failed) = read(&packed[..cut]);
                assert!(text().starts_with(&came));
                assert!(failed.unwrap().ends_with("data ends in the middle"));
            }
        }
    }

    #[test]
    fn damage_is_told_and_never_panics() {
        for pack in PACKERS {
            let packed = pack(&text());
            for at in (HEAD..packed.len()).step_by(packed.len() / 60) {
                let mut damaged = packed.clone();
                damaged[at] ^= 0x10;
                let (came, failed) = read(&damaged);
                assert!(failed.is_some() || came == text(), "byte {at}");
            }
        }
    }

    #[test]
    fn a_bomb_is_stopped() {
        for pack in PACKERS {
            let part = pack(&[b'a'; 1 << 20]);
            let allowed = |parts: u64| ALLOWED + ALLOWED_TIMES * parts * part.len() as u64;
            let Some(parts) = (64..4096).find(|parts| parts << 20 > allowed(*parts)) else {
                continue;
            };
            let bomb = part.repeat(parts as usize + 1);
            let (came, failed) = read(&bomb);
            assert!(came.len() as u64 <= allowed(parts + 1));
            assert!(failed.unwrap().contains("more than 300 times"));
        }
    }
}
