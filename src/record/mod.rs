//! Records: compact files of a run's results that can be read in their place.
//!
//! A [`RecordBlock`] has the results, gaps and problems of a results file, and the manifest has its path and
//! variant, so that the records of shards are equivalent to all their results. Verdicts are not recorded:
//! they depend on the current list. The layout is described in `docs/record.md`.

mod block;
mod gap_codec;
mod read;
mod varint;
mod write;

pub use block::{RecordBlock, RecordEntry};
pub use read::{RecordDamage, RecordHead, RecordReader, is_record};
pub use write::{Recorder, RecordingSink};

use std::borrow::Cow;
use std::num::NonZeroU64;

/// Removes secrets from a text.
type Redact = fn(&str) -> Cow<'_, str>;

/// The first bytes of a record of any version.
const MAGIC: &[u8] = b"knownfail record ";
/// The rest of the first line.
const VERSION: &[u8] = b"1\n";

/// A block is closed once it has this many bytes, uncompressed.
const BLOCK_TARGET: usize = 256 << 10;
/// Maximum bytes of a block, uncompressed.
const MAX_BLOCK: u64 = 64 << 20;
/// Limits on the uncompressed size of all blocks: records are artifacts, which are untrusted.
const MAX_EXPANSION: u64 = 64 << 20;
const MAX_EXPANSION_RATIO: u64 = 100;
/// The same for their names and locations, each of which may share a long prefix with the previous one.
const MAX_NAME_EXPANSION: u64 = 64 << 20;
const MAX_NAME_EXPANSION_RATIO: u64 = 2_000;
/// Maximum number of results files in a record.
const MAX_FILES: u64 = 1 << 20;

/// The kinds of block.
const HEAD_BLOCK: u8 = b'H';
const RESULTS_BLOCK: u8 = b'R';
const END_BLOCK: u8 = b'E';

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordManifest {
    /// The commit that was tested; empty if unknown.
    pub commit: String,
    /// In the order of their indices.
    pub files: Vec<RecordedFile>,
}

/// A results file in a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedFile {
    /// The path as it was displayed.
    pub path: String,
    /// Its variant; may be empty.
    pub variant: String,
    /// `None` where it is not known, or not precise enough to identify the file.
    pub stamp: Option<SourceStamp>,
}

/// Together with its path, what identifies a results file that was read: a run that is given as evidence of itself is
/// found by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceStamp {
    /// In bytes.
    pub size: u64,
    /// The time of its last modification, in nanoseconds since 1970; never 0.
    pub modified: NonZeroU64,
}

#[cfg(test)]
mod tests;
