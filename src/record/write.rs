//! Writes a record while results are read.
//!
//! A [`RecordingSink`] wraps the sink of a results file. Threads write full blocks to a scratch file; these are
//! copied in the order of the results files at the end, so that the same results make the same bytes.

use super::block::BlockBuilder;
use super::varint::{write_str, write_varint};
use super::{
    BLOCK_TARGET, END_BLOCK, HEAD_BLOCK, MAGIC, RESULTS_BLOCK, RecordManifest, Redact, VERSION,
};
use crate::model::{Gap, Problem, ProblemKind, Sink, TestResult, common_prefix_len};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Mutex;

/// A record that is being written.
#[derive(Debug)]
pub struct Recorder {
    manifest: RecordManifest,
    /// Removes secrets from a text.
    redact: Redact,
    pending: Mutex<PendingBlocks>,
}

/// The scratch file.
#[derive(Debug)]
struct PendingBlocks {
    file: File,
    /// The index of each block's results file, its offset and its length.
    blocks: Vec<(u32, u64, u64)>,
    end: u64,
    results: u64,
    /// The first error; nothing is written after it.
    error: Option<io::Error>,
}

impl Recorder {
    /// A record of these files. `scratch` is an empty file, open for reading and writing; `redact` removes
    /// secrets from all texts.
    pub fn new(manifest: RecordManifest, scratch: File, redact: Redact) -> Recorder {
        let pending =
            PendingBlocks { file: scratch, blocks: Vec::new(), end: 0, results: 0, error: None };
        Recorder { manifest, redact, pending: Mutex::new(pending) }
    }

    /// A sink that records what it passes on to `inner`.
    pub fn recording_sink<'r>(
        &'r self,
        file_id: u32,
        inner: Box<dyn Sink + 'r>,
    ) -> RecordingSink<'r> {
        RecordingSink { recorder: self, file_id, block: BlockBuilder::default(), inner }
    }

    /// Adds a gap of the whole run.
    pub fn add_gap(&self, gap: &Gap) {
        let mut columns = BlockBuilder::default();
        columns.gap(gap, self.redact);
        self.write_block(0, &columns);
    }

    /// Adds a problem of the whole run, to its first file.
    pub fn add_problem(&self, problem: &Problem) {
        let mut columns = BlockBuilder::default();
        columns.problem(problem.line, &problem.kind, self.redact);
        self.write_block(0, &columns);
    }

    fn write_block(&self, file_id: u32, builder: &BlockBuilder) {
        let block = encode_block(RESULTS_BLOCK, &builder.raw(file_id));
        let mut pending = self.pending.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if pending.error.is_some() {
            return;
        }
        match block.and_then(|block| pending.file.write_all(&block).map(|()| block.len() as u64)) {
            Ok(length) => {
                let start = pending.end;
                pending.blocks.push((file_id, start, length));
                pending.end += length;
                pending.results += builder.results;
            }
            Err(error) => pending.error = Some(error),
        }
    }

    /// Writes the record.
    ///
    /// # Errors
    /// The first I/O error, be it of an earlier block.
    pub fn finish(self, to: &mut dyn Write) -> io::Result<()> {
        let pending = self.pending.into_inner();
        let mut pending = pending.unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(error) = pending.error {
            return Err(error);
        }
        to.write_all(MAGIC)?;
        to.write_all(VERSION)?;
        to.write_all(&encode_block(HEAD_BLOCK, &encode_head(&self.manifest, self.redact))?)?;
        pending.blocks.sort_by_key(|(number, ..)| *number);
        for (_, start, length) in &pending.blocks {
            pending.file.seek(SeekFrom::Start(*start))?;
            io::copy(&mut (&mut pending.file).take(*length), to)?;
        }
        let mut end = Vec::new();
        write_varint(&mut end, pending.blocks.len() as u64);
        write_varint(&mut end, pending.results);
        to.write_all(&encode_block(END_BLOCK, &end)?)
    }
}

fn encode_head(manifest: &RecordManifest, redact: Redact) -> Vec<u8> {
    let mut raw = Vec::new();
    write_str(&mut raw, &redact(&manifest.commit));
    write_varint(&mut raw, manifest.files.len() as u64);
    let mut previous = Cow::Borrowed("");
    for file in &manifest.files {
        let path = redact(&file.path);
        let same = common_prefix_len(previous.as_bytes(), path.as_bytes());
        let same = previous.floor_char_boundary(same);
        write_varint(&mut raw, same as u64);
        write_str(&mut raw, &path[same..]);
        write_str(&mut raw, &redact(&file.variant));
        previous = path;
    }
    for file in &manifest.files {
        let (size, modified) =
            file.stamp.map_or((0, 0), |stamp| (stamp.size, stamp.modified.get()));
        write_varint(&mut raw, size);
        write_varint(&mut raw, modified);
    }
    raw
}

/// A block: its kind, its lengths before and after compression, the checksum of the raw bytes, and the
/// compressed bytes.
fn encode_block(kind: u8, raw: &[u8]) -> io::Result<Vec<u8>> {
    let mut checksum = flate2::Crc::new();
    checksum.update(raw);
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(raw)?;
    let packed = encoder.finish()?;
    let lengths = [raw.len(), packed.len()].map(u32::try_from);
    let [Ok(raw_len), Ok(packed_len)] = lengths else {
        return Err(io::Error::other("a result is too long"));
    };
    let mut block = vec![kind];
    for number in [raw_len, packed_len, checksum.sum()] {
        block.extend_from_slice(&number.to_le_bytes());
    }
    block.extend_from_slice(&packed);
    Ok(block)
}

/// Records what it passes on to another sink. The last block is written when it is dropped.
pub struct RecordingSink<'r> {
    recorder: &'r Recorder,
    file_id: u32,
    block: BlockBuilder,
    inner: Box<dyn Sink + 'r>,
}

impl RecordingSink<'_> {
    fn flush_if_full(&mut self) {
        if self.block.len() >= BLOCK_TARGET {
            self.recorder.write_block(self.file_id, &std::mem::take(&mut self.block));
        }
    }
}

impl Sink for RecordingSink<'_> {
    fn result(&mut self, result: &TestResult<'_>) {
        self.block.result(result, self.recorder.redact);
        self.inner.result(result);
        self.flush_if_full();
    }

    fn gap(&mut self, gap: Gap) {
        self.block.gap(&gap, self.recorder.redact);
        self.inner.gap(gap);
        self.flush_if_full();
    }

    fn problem(&mut self, line: u32, kind: ProblemKind) {
        self.block.problem(line, &kind, self.recorder.redact);
        self.inner.problem(line, kind);
        self.flush_if_full();
    }
}

impl Drop for RecordingSink<'_> {
    fn drop(&mut self) {
        if self.block.len() > 0 {
            self.recorder.write_block(self.file_id, &self.block);
        }
    }
}
