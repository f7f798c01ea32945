//! Finds the bytes that delimit the parts of a tag, sixty-four bytes at a time.
//!
//! They are double quotation marks, whitespace, `=`, `/`, `>` and `'`. Those inside quotes are found too: the caller
//! skips them with [`Delimiters::next_quote`].
//!
//! The idea: Langdale and Lemire, Parsing Gigabytes of JSON per Second, <https://arxiv.org/abs/1902.08318>

use crate::byte_search::ByteBlock;

/// The offsets of the delimiters, in rising order.
pub(crate) struct Delimiters<'s> {
    bytes: &'s [u8],
    /// The offset of the next block.
    next_block: usize,
    /// The delimiters of the present block that are left, a bit each.
    remaining: u64,
    /// The double quotation marks of the present block.
    quotes: u64,
}

impl<'s> Delimiters<'s> {
    /// The delimiters of these bytes, except in a last block that is not full.
    pub(crate) fn new(bytes: &'s [u8]) -> Delimiters<'s> {
        Delimiters { bytes, next_block: 0, remaining: 0, quotes: 0 }
    }

    /// The next double quotation mark; skips all other delimiters.
    #[inline]
    pub(crate) fn next_quote(&mut self) -> Option<usize> {
        while self.remaining & self.quotes == 0 {
            self.load_block()?;
        }
        let quotes = self.remaining & self.quotes;
        let up_to_first = quotes ^ (quotes - 1);
        self.remaining &= !up_to_first;
        Some(self.first_in(quotes))
    }

    #[inline]
    fn load_block(&mut self) -> Option<()> {
        let block = ByteBlock::load(&self.bytes[self.next_block..])?;
        self.quotes = block.eq_mask(b'"');
        self.remaining = block.whitespace_or_mask(*b"=/>'") | self.quotes;
        self.next_block += ByteBlock::LEN;
        Some(())
    }

    /// The offset of the first bit of a mask.
    #[inline]
    fn first_in(&self, mask: u64) -> usize {
        self.next_block - ByteBlock::LEN + mask.trailing_zeros() as usize
    }
}

impl Iterator for Delimiters<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.remaining == 0 {
            self.load_block()?;
        }
        let at = self.first_in(self.remaining);
        self.remaining &= self.remaining - 1;
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn delimiters_are_in_order_and_next_quote_skips_others(
            text in prop::collection::vec(prop::sample::select(b"a\"\" =/>\n'".to_vec()), 0..300),
            quotes in prop::collection::vec(any::<bool>(), 300),
        ) {
            let (mut delimiters, mut from) = (Delimiters::new(&text), 0);
            let whole = &text[..text.len() / ByteBlock::LEN * ByteBlock::LEN];
            for is_quote in quotes {
                let expected: &[u8] = if is_quote { b"\"" } else { b"\" \n=/>'" };
                let next = whole[from..].iter().position(|b| expected.contains(b));
                let next = next.map(|length| from + length);
                prop_assert_eq!(if is_quote { delimiters.next_quote() } else { delimiters.next() }, next);
                let Some(next) = next else { break };
                from = next + 1;
            }
        }
    }
}
