//! Reads a record block by block, until its end or the first damage.
//!
//! Each block has a checksum, so that the blocks before the damage are valid. A record without its end block
//! is truncated.

use super::block::RecordBlock;
use super::varint::{Cursor, Malformed};
use super::{
    END_BLOCK, HEAD_BLOCK, MAGIC, MAX_BLOCK, MAX_EXPANSION, MAX_EXPANSION_RATIO, MAX_FILES,
    MAX_NAME_EXPANSION, MAX_NAME_EXPANSION_RATIO, RESULTS_BLOCK, RecordManifest, RecordedFile,
    SourceStamp, VERSION,
};
use flate2::bufread::DeflateDecoder;
use std::io::{self, BufRead, BufReader, Read};
use std::num::NonZeroU64;

/// Whether a file with these first bytes is a record of any version.
pub fn is_record(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordDamage {
    /// The first byte that could not be read.
    pub offset: u64,
    /// What is wrong.
    pub what: String,
}

/// A record that is being read.
pub struct RecordReader<R> {
    input: BufReader<R>,
    files: u64,
    offset: u64,
    unpacked_bytes: u64,
    blocks: u64,
    /// Results of the blocks that were read to their end.
    results: u64,
    /// Bytes of the names and locations of these blocks.
    expanded_bytes: u64,
}

/// An uncompressed block.
struct RawBlock {
    kind: u8,
    raw: Vec<u8>,
}

impl<R: Read> RecordReader<R> {
    /// Reads the head with the manifest.
    ///
    /// # Errors
    /// It is not a record of this version, or the head is damaged.
    pub fn new(input: R) -> Result<(RecordReader<R>, RecordManifest), RecordDamage> {
        let (reader, head) = RecordReader::begin(input)?;
        head.into_manifest().map(|contents| (reader, contents))
    }

    /// Reads the head without parsing the manifest: a few kilobytes may list a million files.
    ///
    /// # Errors
    /// It is not a record of this version, or the head is damaged.
    pub fn begin(input: R) -> Result<(RecordReader<R>, RecordHead), RecordDamage> {
        let mut reader = RecordReader {
            input: BufReader::with_capacity(64 << 10, input),
            files: 0,
            offset: 0,
            unpacked_bytes: 0,
            blocks: 0,
            results: 0,
            expanded_bytes: 0,
        };
        reader.check_version()?;
        let Some(RawBlock { kind: HEAD_BLOCK, raw }) = reader.read_raw_block()? else {
            return Err(reader.damage("it has no head"));
        };
        let head = RecordHead::parse(raw, reader.offset)?;
        reader.files = head.files;
        Ok((reader, head))
    }

    /// The next block of results; `None` at the end.
    ///
    /// # Errors
    /// The record is damaged from the current offset on.
    pub fn next_block(&mut self) -> Result<Option<RecordBlock>, RecordDamage> {
        let start = self.offset;
        let damaged = |what: &str| RecordDamage { offset: start, what: what.to_owned() };
        let Some(RawBlock { kind, raw }) = self.read_raw_block()? else {
            return Err(damaged("it ends in the middle"));
        };
        match kind {
            RESULTS_BLOCK => {
                self.blocks += 1;
                let block = RecordBlock::new(raw, self.expansion_budget()).ok();
                let block = block.filter(|block| u64::from(block.file()) < self.files);
                block.map(Some).ok_or_else(|| damaged("a part is damaged"))
            }
            END_BLOCK => {
                let mut end = Cursor::new(&raw);
                let declared = [end.varint(&raw), end.varint(&raw)];
                if declared[0].is_ok_and(|blocks| blocks < self.blocks) {
                    return Err(damaged("parts of it stand in it twice"));
                }
                if declared != [Ok(self.blocks), Ok(self.results)] {
                    return Err(damaged("parts of it are missing"));
                }
                match self.input.fill_buf() {
                    Ok([]) => Ok(None),
                    Ok(_) | Err(_) => Err(self.damage("something stands behind its end")),
                }
            }
            _ => Err(damaged("it holds a part of an unknown kind")),
        }
    }

    /// Counts the results of a block that was read to its end, to check the record's total.
    pub fn verify_block(&mut self, block: &RecordBlock) {
        self.results += block.results;
        self.expanded_bytes += self.expansion_budget() - block.expansion_budget;
    }

    /// The uncompressed size of the blocks so far.
    pub fn unpacked_bytes(&self) -> u64 {
        self.unpacked_bytes
    }

    fn expansion_budget(&self) -> u64 {
        let times = self.offset.saturating_mul(MAX_NAME_EXPANSION_RATIO);
        MAX_NAME_EXPANSION.saturating_add(times).saturating_sub(self.expanded_bytes)
    }

    /// The damage where [`RecordBlock::next`] returned an error.
    pub fn malformed(&self) -> RecordDamage {
        self.damage("a part before this byte is damaged")
    }

    fn damage(&self, what: &str) -> RecordDamage {
        RecordDamage { offset: self.offset, what: what.to_owned() }
    }

    fn check_version(&mut self) -> Result<(), RecordDamage> {
        let mut magic = vec![0; MAGIC.len()];
        self.read_exact(&mut magic)?;
        if magic != MAGIC {
            return Err(RecordDamage { offset: 0, what: "it is no record".to_owned() });
        }
        let mut line = Vec::new();
        let read = (&mut self.input).take(20).read_until(b'\n', &mut line);
        self.offset += read.map_err(|error| self.damage(&error.to_string()))? as u64;
        if line != VERSION {
            let version = String::from_utf8_lossy(&line);
            let version = crate::model::TestName::escape(version.trim()).into_owned();
            let supported = String::from_utf8_lossy(VERSION);
            return Err(self.damage(&format!(
                "it is of version {version}, and this knownfail reads version {}",
                supported.trim()
            )));
        }
        Ok(())
    }

    fn read_exact(&mut self, bytes: &mut [u8]) -> Result<(), RecordDamage> {
        match self.input.read_exact(bytes) {
            Ok(()) => {
                self.offset += bytes.len() as u64;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(self.damage("it ends in the middle"))
            }
            Err(error) => Err(self.damage(&error.to_string())),
        }
    }

    /// The next block; `None` at the end of the file.
    fn read_raw_block(&mut self) -> Result<Option<RawBlock>, RecordDamage> {
        match self.input.fill_buf() {
            Ok([]) => return Ok(None),
            Ok(_) => {}
            Err(error) => return Err(self.damage(&error.to_string())),
        }
        let start = self.offset;
        let mut head = [0; 13];
        self.read_exact(&mut head)?;
        let number = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|i| head[at + i]));
        let (raw_len, packed_len, checksum) = (number(1), number(5), number(9));
        let damaged = |what: &str| RecordDamage { offset: start, what: what.to_owned() };
        self.unpacked_bytes = self.unpacked_bytes.saturating_add(raw_len.into());
        let packed = start.saturating_add(packed_len.into());
        if u64::from(raw_len) > MAX_BLOCK
            || self.unpacked_bytes
                > MAX_EXPANSION.saturating_add(packed.saturating_mul(MAX_EXPANSION_RATIO))
        {
            return Err(damaged("it unpacks to more than a record holds"));
        }
        let mut packed = (&mut self.input).take(packed_len.into());
        let mut raw = Vec::new();
        let unpacking = DeflateDecoder::new(&mut packed);
        let read = unpacking.take(u64::from(raw_len) + 1).read_to_end(&mut raw);
        let remaining = packed.limit();
        self.offset += u64::from(packed_len) - remaining;
        let mut sum = flate2::Crc::new();
        sum.update(&raw);
        let is_complete = read.is_ok() && raw.len() as u64 == u64::from(raw_len) && remaining == 0;
        if !is_complete || sum.sum() != checksum {
            let is_truncated = remaining > 0 && self.input.fill_buf().is_ok_and(<[u8]>::is_empty);
            return Err(damaged(if is_truncated {
                "it ends in the middle"
            } else {
                "a part is damaged"
            }));
        }
        Ok(Some(RawBlock { kind: head[0], raw }))
    }
}

/// The head of a record, whose manifest is not parsed yet.
pub struct RecordHead {
    raw: Vec<u8>,
    /// The list of files in `raw`.
    list: Cursor,
    /// The offset of the next block in the record.
    offset: u64,
    /// The commit that was tested; empty if unknown.
    pub commit: String,
    pub files: u64,
}

impl RecordHead {
    fn parse(raw: Vec<u8>, offset: u64) -> Result<RecordHead, RecordDamage> {
        let mut list = Cursor::new(&raw);
        let mut read = || Ok((list.text(&raw)?.to_owned(), list.varint(&raw)?));
        let (commit, files) = read().map_err(|Malformed| damaged_head(offset))?;
        if (1..=MAX_FILES).contains(&files) {
            Ok(RecordHead { raw, list, offset, commit, files })
        } else {
            Err(damaged_head(offset))
        }
    }

    /// Parses the manifest.
    ///
    /// # Errors
    /// The list of files is malformed.
    pub fn into_manifest(self) -> Result<RecordManifest, RecordDamage> {
        let files = self.parse_files().map_err(|Malformed| damaged_head(self.offset))?;
        Ok(RecordManifest { commit: self.commit, files })
    }

    fn parse_files(&self) -> Result<Vec<RecordedFile>, Malformed> {
        let (mut list, raw) = (self.list, &self.raw);
        let mut files: Vec<RecordedFile> = Vec::new();
        let mut allowed = MAX_BLOCK as usize;
        for _ in 0..self.files {
            let same: usize = list.varint_as(raw)?;
            let previous = files.last().map_or("", |file| &file.path);
            let path = previous.get(..same).ok_or(Malformed)?.to_owned() + list.text(raw)?;
            allowed = allowed.checked_sub(path.len()).ok_or(Malformed)?;
            files.push(RecordedFile { path, variant: list.text(raw)?.to_owned(), stamp: None });
        }
        // The first records end here.
        if !list.is_at_end() {
            for file in &mut files {
                let (size, modified) = (list.varint(raw)?, NonZeroU64::new(list.varint(raw)?));
                file.stamp = modified.map(|modified| SourceStamp { size, modified });
            }
        }
        if list.is_at_end() { Ok(files) } else { Err(Malformed) }
    }
}

fn damaged_head(offset: u64) -> RecordDamage {
    RecordDamage { offset, what: "its head is damaged".to_owned() }
}
