//! Bytes of a text, sixteen at a time: where one stands, and whether all are of a kind.
//!
//! In: bytes. Out: a place, or an answer. A newcomer's trap: what results hold is short, a few dozen bytes between two
//! quotes or line ends, and there is a lot of it: a search that is made for long texts begins for longer than it looks.

use std::ops::RangeInclusive;
use wide::u8x16;

/// How far is looked here before it is a long text.
const NEAR: usize = 256;

const TOGETHER: usize = 16;

/// Where a byte stands first.
#[inline]
pub fn find(byte: u8, bytes: &[u8]) -> Option<usize> {
    let is_it = u8x16::splat(byte);
    let near = &bytes[..bytes.len().min(NEAR)];
    first(near, |bytes| bytes.simd_eq(is_it), |b| b == byte).or_else(|| {
        let far = &bytes[near.len()..];
        Some(near.len() + memchr::memchr(byte, far)?)
    })
}

/// Where a blank, a control character or one of these stands first.
#[inline]
pub fn find_blank_or<const N: usize>(others: [u8; N], bytes: &[u8]) -> Option<usize> {
    first(bytes, |bytes| blank_or(others, bytes), |b| b <= b' ' || others.contains(&b))
}

/// Sixty-four bytes that follow each other; what is asked of them is answered by a bit for each, the first the lowest.
pub struct Block([u8x16; 4]);

impl Block {
    /// How many bytes it has.
    pub const LEN: usize = 64;

    /// The first of these; `None` where there are fewer.
    #[inline]
    pub fn first_of(bytes: &[u8]) -> Option<Block> {
        let (chunks, _) = bytes.first_chunk::<{ Block::LEN }>()?.as_chunks::<TOGETHER>();
        let chunk = |number: usize| u8x16::new(chunks[number]);
        Some(Block([chunk(0), chunk(1), chunk(2), chunk(3)]))
    }

    /// Which are this byte.
    #[inline]
    pub fn are(&self, byte: u8) -> u64 {
        let is_it = u8x16::splat(byte);
        self.bits(|bytes| bytes.simd_eq(is_it))
    }

    /// Which are a blank, a control character or one of these.
    #[inline]
    pub fn are_blank_or<const N: usize>(&self, others: [u8; N]) -> u64 {
        self.bits(|bytes| blank_or(others, bytes))
    }

    #[inline]
    fn bits(&self, are: impl Fn(u8x16) -> u8x16) -> u64 {
        let bits = |number: usize| u64::from(are(self.0[number]).to_bitmask());
        bits(0) | bits(1) << 16 | bits(2) << 32 | bits(3) << 48
    }
}

#[inline]
fn blank_or<const N: usize>(others: [u8; N], bytes: u8x16) -> u8x16 {
    let blank = bytes.min(u8x16::splat(b' ')).simd_eq(bytes);
    others.iter().fold(blank, |found, other| found | bytes.simd_eq(u8x16::splat(*other)))
}

/// Where the first byte stands that is looked for: `is` says it of one, `are` of sixteen by making each such all ones.
#[inline]
fn first(bytes: &[u8], are: impl Fn(u8x16) -> u8x16, is: impl Fn(u8) -> bool) -> Option<usize> {
    let (chunks, rest) = bytes.as_chunks::<TOGETHER>();
    for (number, chunk) in chunks.iter().enumerate() {
        let found = are(u8x16::new(*chunk)).to_bitmask();
        if found != 0 {
            return Some(TOGETHER * number + found.trailing_zeros() as usize);
        }
    }
    rest.iter().position(|b| is(*b)).map(|at| bytes.len() - rest.len() + at)
}

/// Whether all bytes of a text are within these bounds, and none is that one.
#[inline]
pub fn all_within(bounds: RangeInclusive<u8>, but: u8, text: &str) -> bool {
    let (least, most) = (u8x16::splat(*bounds.start()), u8x16::splat(*bounds.end()));
    let but_for = u8x16::splat(but);
    let differ = |chunk: &[u8; TOGETHER]| {
        let bytes = u8x16::new(*chunk);
        (bytes.max(least).min(most) ^ bytes) | bytes.simd_eq(but_for)
    };
    let (chunks, rest) = text.as_bytes().as_chunks();
    let all = chunks.iter().fold(u8x16::default(), |all, chunk| all | differ(chunk));
    let last = match text.as_bytes().last_chunk() {
        Some(last) => differ(last),
        None => {
            return rest.iter().all(|b| bounds.contains(b) && *b != but);
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
        fn what_is_found_sixteen_at_a_time_is_what_is_found_one_by_one(
            text in "[a&= \u{7f}\u{1}é]{0,3}[a-d]{0,40}[a&=' \n]{0,2}[a-e]{0,300}[&e]?",
            byte in prop::sample::select(b"a&e= \n'\xc3".to_vec()),
        ) {
            let bytes = text.as_bytes();
            for start in 0..bytes.len().min(3) {
                let bytes = &bytes[start..];
                prop_assert_eq!(find(byte, bytes), bytes.iter().position(|b| *b == byte));
                let blank = bytes.iter().position(|b| *b <= b' ' || b"='".contains(b));
                prop_assert_eq!(find_blank_or(*b"='", bytes), blank);
                let Some(block) = Block::first_of(bytes) else {
                    prop_assert!(bytes.len() < Block::LEN);
                    continue;
                };
                for (at, b) in bytes[..Block::LEN].iter().enumerate() {
                    prop_assert_eq!(block.are(byte) >> at & 1 == 1, *b == byte);
                    let is_blank = *b <= b' ' || b"='".contains(b);
                    prop_assert_eq!(block.are_blank_or(*b"='") >> at & 1 == 1, is_blank);
                }
            }
            for (bounds, but) in [(b' '..=0xff, b'&'), (b' '..=0x7f, 0x7f), (b'a'..=b'd', byte)] {
                let all = bytes.iter().all(|b| bounds.contains(b) && *b != but);
                prop_assert_eq!(all_within(bounds, but, &text), all);
            }
        }
    }
}
