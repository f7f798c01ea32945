//! Records: what a run's results said, in a few bytes a test, to be read again as if it were they.
//!
//! In: results, gaps and problems as they come out of a run's files. Out: a file whose [`Block`]s give
//! them back, each with the file and the variant that it came from, so that the records of shards come
//! to the same as all their results at once. A newcomer's trap: a record remembers what was *said*, never
//! what was thought of it: verdicts are made anew, by the document of the day.
//!
//! The layout stands in `docs/record.md`.

mod block;
pub(crate) mod gap_codec;
mod read;
pub(crate) mod varint;
mod write;

pub use block::{RecordBlock, RecordEntry};
pub use read::{RecordDamage, RecordHead, RecordReader, is_record};
pub use write::{Recorder, RecordingSink};

/// What a file begins with that is a record of any version.
const MAGIC: &[u8] = b"knownfail record ";
/// Its version and the line's end: another number is another layout.
const VERSION: &[u8] = b"1\n";

/// Bytes that a block unpacks to before it is closed; one result more may stand in it.
const BLOCK_TARGET: usize = 256 << 10;
/// Bytes that one may unpack to when it is read: no result is that long.
const MAX_BLOCK: u64 = 64 << 20;
/// How much bigger than packed all blocks may be: records come from artifacts, and those from anybody.
/// Names that share their beginnings and messages that repeat are no longer in what is packed.
const MAX_EXPANSION: u64 = 64 << 20;
const MAX_EXPANSION_RATIO: u64 = 100;
/// The same for the names and places in them, written out: each may share a long beginning with the one
/// before it.
const MAX_NAME_EXPANSION: u64 = 64 << 20;
const MAX_NAME_EXPANSION_RATIO: u64 = 2_000;
/// Files that one record may speak of.
const MAX_FILES: u64 = 1 << 20;

/// The kinds of block.
const HEAD_BLOCK: u8 = b'H';
const RESULTS_BLOCK: u8 = b'R';
const END_BLOCK: u8 = b'E';

/// What a record speaks of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordManifest {
    /// The commit that was tested; empty when nobody said.
    pub commit: String,
    /// By number, as blocks name them.
    pub files: Vec<RecordedFile>,
}

/// One file whose results a record holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedFile {
    /// The path as it was shown.
    pub path: String,
    /// The variant that it belongs to; may be empty.
    pub variant: String,
}

#[cfg(test)]
mod tests;
