//! The bytes of a tag that say where its parts begin and end, found sixty-four at a time.
//!
//! In: what stands behind a `<`. Out: the places of all double quotation marks, and of blanks, `=`, `/`, `>` and `'`
//! outside of them. A newcomer's trap: whether a byte stands in quotes is said by all the marks before it, so each block
//! tells the next one how it ended.
//!
//! The idea: Langdale and Lemire, Parsing Gigabytes of JSON per Second, <https://arxiv.org/abs/1902.08318>

use crate::model::bytes::Block;

/// The places, rising.
pub struct Marks<'s> {
    seen: &'s [u8],
    /// Where the block begins that comes next.
    next: usize,
    /// The marks of the block before it that are left.
    left: u64,
    /// All ones where that ended within quotes.
    quoted: u64,
}

impl<'s> Marks<'s> {
    /// Those of what can be seen, but for an end that is no whole block.
    pub fn new(seen: &'s [u8]) -> Marks<'s> {
        Marks { seen, next: 0, left: 0, quoted: 0 }
    }
}

impl Iterator for Marks<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.left == 0 {
            let block = Block::first_of(&self.seen[self.next..])?;
            let quotes = block.are(b'"');
            let quoted = behind_odd(quotes) ^ self.quoted;
            self.quoted = if quoted >> (u64::BITS - 1) == 1 { u64::MAX } else { 0 };
            self.left = block.are_blank_or(*b"=/>'") & !quoted | quotes;
            self.next += Block::LEN;
        }
        let at = self.next - Block::LEN + self.left.trailing_zeros() as usize;
        self.left &= self.left - 1;
        Some(at)
    }
}

/// The bits at which, or before which, an odd number of these stands.
fn behind_odd(bits: u64) -> u64 {
    [1, 2, 4, 8, 16, 32].iter().fold(bits, |odd, by| odd ^ odd << by)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_mark_is_a_quote_or_stands_outside_of_quotes(
            text in prop::collection::vec(prop::sample::select(b"a\"\" =/>\n'".to_vec()), 0..300),
        ) {
            let mut quoted = false;
            let mut marks = Vec::new();
            for (at, b) in text[..text.len() / Block::LEN * Block::LEN].iter().enumerate() {
                if *b == b'"' || !quoted && b" \n=/>'".contains(b) {
                    marks.push(at);
                }
                quoted ^= *b == b'"';
            }
            prop_assert_eq!(Marks::new(&text).collect::<Vec<usize>>(), marks);
        }
    }
}
