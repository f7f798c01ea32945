//! A reader that returns few bytes at a time, to test that results do not depend on chunk boundaries.

use std::io::{self, Read};

/// Returns at most this many bytes a read.
pub(crate) struct ChunkedReader<'a>(pub &'a [u8], pub usize);

impl Read for ChunkedReader<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.1.min(into.len()).min(self.0.len());
        into[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}
