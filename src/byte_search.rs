//! SIMD search for bytes in short texts.
//!
//! Results files consist of very many short parts, a few dozen bytes between two quotes or line ends.
//! For these, the set-up of a search that is made for long texts takes longer than the search itself.

use std::ops::RangeInclusive;
use wide::u8x16;

/// From this position on, a text is long and `memchr` is used.
const SHORT_LIMIT: usize = 256;

const LANES: usize = 16;

/// The position of the first such byte.
#[inline]
pub fn find(byte: u8, bytes: &[u8]) -> Option<usize> {
    let needle = u8x16::splat(byte);
    let head = &bytes[..bytes.len().min(SHORT_LIMIT)];
    find_first(head, |bytes| bytes.simd_eq(needle), |b| b == byte).or_else(|| {
        let tail = &bytes[head.len()..];
        Some(head.len() + memchr::memchr(byte, tail)?)
    })
}

/// The position of the first space, control character or byte of `others`.
#[inline]
pub fn find_whitespace_or<const N: usize>(others: [u8; N], bytes: &[u8]) -> Option<usize> {
    find_first(bytes, |bytes| whitespace_or(others, bytes), |b| b <= b' ' || others.contains(&b))
}

/// Sixty-four consecutive bytes. Queries return a mask with a bit for each byte, the lowest for the first.
pub struct ByteBlock([u8x16; 4]);

impl ByteBlock {
    /// The number of bytes.
    pub const LEN: usize = 64;

    /// The first [`ByteBlock::LEN`] bytes; `None` if there are fewer.
    #[inline]
    pub fn load(bytes: &[u8]) -> Option<ByteBlock> {
        let (chunks, _) = bytes.first_chunk::<{ ByteBlock::LEN }>()?.as_chunks::<LANES>();
        let chunk = |index: usize| u8x16::new(chunks[index]);
        Some(ByteBlock([chunk(0), chunk(1), chunk(2), chunk(3)]))
    }

    /// The bytes that equal `byte`.
    #[inline]
    pub fn eq_mask(&self, byte: u8) -> u64 {
        let needle = u8x16::splat(byte);
        self.mask(|bytes| bytes.simd_eq(needle))
    }

    /// The bytes that are a space, a control character or one of `others`.
    #[inline]
    pub fn whitespace_or_mask<const N: usize>(&self, others: [u8; N]) -> u64 {
        self.mask(|bytes| whitespace_or(others, bytes))
    }

    #[inline]
    fn mask(&self, lanes_match: impl Fn(u8x16) -> u8x16) -> u64 {
        let bits = |index: usize| u64::from(lanes_match(self.0[index]).to_bitmask());
        bits(0) | bits(1) << 16 | bits(2) << 32 | bits(3) << 48
    }
}

#[inline]
fn whitespace_or<const N: usize>(others: [u8; N], bytes: u8x16) -> u8x16 {
    let whitespace = bytes.min(u8x16::splat(b' ')).simd_eq(bytes);
    others.iter().fold(whitespace, |found, other| found | bytes.simd_eq(u8x16::splat(*other)))
}

/// The position of the first matching byte. `lanes_match` sets all bits of the lanes that match.
#[inline]
fn find_first(
    bytes: &[u8],
    lanes_match: impl Fn(u8x16) -> u8x16,
    byte_matches: impl Fn(u8) -> bool,
) -> Option<usize> {
    let (chunks, rest) = bytes.as_chunks::<LANES>();
    for (index, chunk) in chunks.iter().enumerate() {
        let found = lanes_match(u8x16::new(*chunk)).to_bitmask();
        if found != 0 {
            return Some(LANES * index + found.trailing_zeros() as usize);
        }
    }
    rest.iter().position(|b| byte_matches(*b)).map(|at| bytes.len() - rest.len() + at)
}

/// Whether all bytes of a text are within `bounds` and none is `except`.
#[inline]
pub fn all_in_range_except(bounds: RangeInclusive<u8>, except: u8, text: &str) -> bool {
    let (low, high) = (u8x16::splat(*bounds.start()), u8x16::splat(*bounds.end()));
    let excluded = u8x16::splat(except);
    let differ = |chunk: &[u8; LANES]| {
        let bytes = u8x16::new(*chunk);
        (bytes.max(low).min(high) ^ bytes) | bytes.simd_eq(excluded)
    };
    let (chunks, rest) = text.as_bytes().as_chunks();
    let all = chunks.iter().fold(u8x16::default(), |all, chunk| all | differ(chunk));
    let last = match text.as_bytes().last_chunk() {
        Some(last) => differ(last),
        None => {
            return rest.iter().all(|b| bounds.contains(b) && *b != except);
        }
    };
    (all | last).simd_eq(u8x16::default()).to_bitmask() == 0xffff
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn simd_search_equals_bytewise_search(
            text in "[a&= \u{7f}\u{1}é]{0,3}[a-d]{0,40}[a&=' \n]{0,2}[a-e]{0,300}[&e]?",
            byte in prop::sample::select(b"a&e= \n'\xc3".to_vec()),
        ) {
            let bytes = text.as_bytes();
            for start in 0..bytes.len().min(3) {
                let bytes = &bytes[start..];
                prop_assert_eq!(find(byte, bytes), bytes.iter().position(|b| *b == byte));
                let whitespace = bytes.iter().position(|b| *b <= b' ' || b"='".contains(b));
                prop_assert_eq!(find_whitespace_or(*b"='", bytes), whitespace);
                let Some(block) = ByteBlock::load(bytes) else {
                    prop_assert!(bytes.len() < ByteBlock::LEN);
                    continue;
                };
                for (at, b) in bytes[..ByteBlock::LEN].iter().enumerate() {
                    prop_assert_eq!(block.eq_mask(byte) >> at & 1 == 1, *b == byte);
                    let is_whitespace = *b <= b' ' || b"='".contains(b);
                    prop_assert_eq!(block.whitespace_or_mask(*b"='") >> at & 1 == 1, is_whitespace);
                }
            }
            for (bounds, but) in [(b' '..=0xff, b'&'), (b' '..=0x7f, 0x7f), (b'a'..=b'd', byte)] {
                let all = bytes.iter().all(|b| bounds.contains(b) && *b != but);
                prop_assert_eq!(all_in_range_except(bounds, but, &text), all);
            }
        }
    }
}
