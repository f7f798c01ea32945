//! Bytes read as choices: how a fuzzer steers what a generator makes.

/// What is left to choose by; behind the end every choice is the first one.
pub struct Choices<'b>(&'b [u8]);

impl<'b> Choices<'b> {
    /// Choices by these bytes.
    pub fn new(bytes: &'b [u8]) -> Choices<'b> {
        Choices(bytes)
    }

    /// Whether all are used up.
    pub fn are_over(&self) -> bool {
        self.0.is_empty()
    }

    /// A number below `count`, which is at most 256 and not 0.
    pub fn below(&mut self, count: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % count
    }

    /// One of these.
    pub fn of<T: Copy>(&mut self, things: &[T]) -> T {
        things[self.below(things.len())]
    }

    /// A text of at most `most` of these characters.
    pub fn text(&mut self, signs: &[&str], most: usize) -> String {
        let length = self.below(most + 1);
        (0..length).map(|_| self.of(signs)).collect()
    }
}
