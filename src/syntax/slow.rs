//! A reader that hands out few bytes at a time, for tests: where parts of a file meet must not matter.

use std::io::{self, Read};

/// Hands out at most so many bytes at a time.
pub(crate) struct ChunkedReader<'a>(pub &'a [u8], pub usize);

impl Read for ChunkedReader<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.1.min(into.len()).min(self.0.len());
        into[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}
