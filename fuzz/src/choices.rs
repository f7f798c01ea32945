//! Bytes as choices: how a fuzzer steers a generator.

/// The remaining bytes; after the end every choice is the first one.
pub(super) struct Choices<'b>(&'b [u8]);

impl<'b> Choices<'b> {
    /// Choices from these bytes.
    pub(super) fn new(bytes: &'b [u8]) -> Choices<'b> {
        Choices(bytes)
    }

    /// Whether all are used up.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A number less than `count`, which is at most 256 and not 0.
    pub(super) fn next_below(&mut self, count: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % count
    }

    /// Picks one of these.
    pub(super) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.next_below(items.len())]
    }

    /// A text of at most `most` of these characters.
    pub(super) fn text(&mut self, symbols: &[&str], max_len: usize) -> String {
        let length = self.next_below(max_len + 1);
        (0..length).map(|_| self.pick(symbols)).collect()
    }
}
