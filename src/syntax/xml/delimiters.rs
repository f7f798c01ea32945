//! The bytes of a tag that say where its parts begin and end, found sixty-four at a time.
//!
//! In: what stands behind a `<`. Out: the places of double quotation marks, blanks, `=`, `/`, `>` and `'`, one after
//! the other, or of the next quotation mark, past all others. A newcomer's trap: which marks stand in quotes and mean
//! nothing is known only to who takes them in turn.
//!
//! The idea: Langdale and Lemire, Parsing Gigabytes of JSON per Second, <https://arxiv.org/abs/1902.08318>

use crate::byte_search::Block;

/// The places, rising.
pub struct Marks<'s> {
    seen: &'s [u8],
    /// Where the block begins that comes next.
    next: usize,
    /// The marks of the block before it that are left.
    left: u64,
    /// Which of its marks are quotation marks.
    quotes: u64,
}

impl<'s> Marks<'s> {
    /// Those of what can be seen, but for an end that is no whole block.
    pub fn new(seen: &'s [u8]) -> Marks<'s> {
        Marks { seen, next: 0, left: 0, quotes: 0 }
    }

    /// The next quotation mark.
    #[inline]
    pub fn next_quote(&mut self) -> Option<usize> {
        while self.left & self.quotes == 0 {
            self.look_at_block()?;
        }
        let quotes = self.left & self.quotes;
        let and_before = quotes ^ (quotes - 1);
        self.left &= !and_before;
        Some(self.place(quotes))
    }

    #[inline]
    fn look_at_block(&mut self) -> Option<()> {
        let block = Block::first_of(&self.seen[self.next..])?;
        self.quotes = block.are(b'"');
        self.left = block.are_blank_or(*b"=/>'") | self.quotes;
        self.next += Block::LEN;
        Some(())
    }

    /// Where the first of these marks stands.
    #[inline]
    fn place(&self, marks: u64) -> usize {
        self.next - Block::LEN + marks.trailing_zeros() as usize
    }
}

impl Iterator for Marks<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.left == 0 {
            self.look_at_block()?;
        }
        let at = self.place(self.left);
        self.left &= self.left - 1;
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn marks_come_in_turn_and_a_quotation_mark_past_the_others(
            text in prop::collection::vec(prop::sample::select(b"a\"\" =/>\n'".to_vec()), 0..300),
            quotes in prop::collection::vec(any::<bool>(), 300),
        ) {
            let (mut marks, mut from) = (Marks::new(&text), 0);
            let whole = &text[..text.len() / Block::LEN * Block::LEN];
            for is_quote in quotes {
                let wanted: &[u8] = if is_quote { b"\"" } else { b"\" \n=/>'" };
                let next = whole[from..].iter().position(|b| wanted.contains(b));
                let next = next.map(|length| from + length);
                prop_assert_eq!(if is_quote { marks.next_quote() } else { marks.next() }, next);
                let Some(next) = next else { break };
                from = next + 1;
            }
        }
    }
}
