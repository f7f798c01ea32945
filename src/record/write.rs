//! Writing a record while results are read: blocks go out as they fill, and nothing else is held.
//!
//! In: the sinks that results go to, each wrapped in a [`Recorded`]. Out: a record. Threads fill their
//! blocks side by side, and these are put in the files' order at the end, so that the same results make
//! the same bytes.

use super::block::Columns;
use super::varint::{put_number, put_text, shared};
use super::{Contents, END, FULL, HEAD, MARK, RESULTS, VERSION};
use crate::model::{Gap, ProblemKind, Sink, TestResult};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Mutex;

/// A record that is being written.
#[derive(Debug)]
pub struct Recorder {
    contents: Contents,
    /// Takes out of a text what must not leave the process.
    hide: fn(&str) -> Cow<'_, str>,
    scratch: Mutex<Scratch>,
}

/// Blocks in the order in which they came.
#[derive(Debug)]
struct Scratch {
    file: File,
    /// The number of a block's results file, its place and its length.
    blocks: Vec<(u32, u64, u64)>,
    end: u64,
    results: u64,
    /// The first thing that went wrong; nothing is written after it.
    failed: Option<io::Error>,
}

impl Recorder {
    /// A record of these files. `scratch` is an empty file, to be written and read; `hide` takes out of
    /// names and messages what must not leave the process.
    pub fn new(contents: Contents, scratch: File, hide: fn(&str) -> Cow<'_, str>) -> Recorder {
        let scratch =
            Scratch { file: scratch, blocks: Vec::new(), end: 0, results: 0, failed: None };
        Recorder { contents, hide, scratch: Mutex::new(scratch) }
    }

    /// A sink that also writes what goes into another.
    pub fn recorded<'r>(&'r self, number: u32, inner: Box<dyn Sink + 'r>) -> Recorded<'r> {
        Recorded { recorder: self, number, columns: Columns::default(), inner }
    }

    /// Notes what concerns the run as a whole.
    pub fn gap(&self, gap: &Gap) {
        let mut columns = Columns::default();
        columns.gap(gap);
        self.write(0, &columns);
    }

    fn write(&self, number: u32, columns: &Columns) {
        let block = packed(RESULTS, &columns.raw(number));
        let mut scratch = self.scratch.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        scratch.results += columns.results;
        scratch.write(number, block);
    }

    /// Puts the record together.
    ///
    /// # Errors
    /// Those of the system, now or while blocks were written.
    pub fn finish(self, to: &mut dyn Write) -> io::Result<()> {
        let scratch = self.scratch.into_inner();
        let mut scratch = scratch.unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(failed) = scratch.failed {
            return Err(failed);
        }
        to.write_all(MARK)?;
        to.write_all(VERSION)?;
        to.write_all(&packed(HEAD, &head(&self.contents))?)?;
        scratch.blocks.sort_by_key(|(number, ..)| *number);
        for (_, start, length) in &scratch.blocks {
            scratch.file.seek(SeekFrom::Start(*start))?;
            io::copy(&mut (&mut scratch.file).take(*length), to)?;
        }
        let mut end = Vec::new();
        put_number(&mut end, scratch.blocks.len() as u64);
        put_number(&mut end, scratch.results);
        to.write_all(&packed(END, &end)?)
    }
}

impl Scratch {
    fn write(&mut self, number: u32, block: io::Result<Vec<u8>>) {
        if self.failed.is_some() {
            return;
        }
        match block.and_then(|block| self.file.write_all(&block).map(|()| block.len() as u64)) {
            Ok(length) => {
                self.blocks.push((number, self.end, length));
                self.end += length;
            }
            Err(error) => self.failed = Some(error),
        }
    }
}

fn head(contents: &Contents) -> Vec<u8> {
    let mut raw = Vec::new();
    put_text(&mut raw, &contents.commit);
    put_number(&mut raw, contents.files.len() as u64);
    let mut before = "";
    for file in &contents.files {
        let same = shared(before.as_bytes(), file.path.as_bytes());
        let same = before.floor_char_boundary(same);
        put_number(&mut raw, same as u64);
        put_text(&mut raw, &file.path[same..]);
        put_text(&mut raw, &file.variant);
        before = &file.path;
    }
    raw
}

/// A block: its kind, how long it is raw and packed, a checksum of what is raw, what is packed.
fn packed(kind: u8, raw: &[u8]) -> io::Result<Vec<u8>> {
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

/// A sink that also writes what goes into another. What is left is written when it is dropped.
pub struct Recorded<'r> {
    recorder: &'r Recorder,
    number: u32,
    columns: Columns,
    inner: Box<dyn Sink + 'r>,
}

impl Recorded<'_> {
    fn close_if_full(&mut self) {
        if self.columns.len() >= FULL {
            self.recorder.write(self.number, &std::mem::take(&mut self.columns));
        }
    }
}

impl Sink for Recorded<'_> {
    fn result(&mut self, result: &TestResult<'_>) {
        self.columns.result(result, self.recorder.hide);
        self.inner.result(result);
        self.close_if_full();
    }

    fn gap(&mut self, gap: Gap) {
        self.columns.gap(&gap);
        self.inner.gap(gap);
        self.close_if_full();
    }

    fn problem(&mut self, line: u32, kind: ProblemKind) {
        self.columns.problem(line, &kind);
        self.inner.problem(line, kind);
        self.close_if_full();
    }
}

impl Drop for Recorded<'_> {
    fn drop(&mut self) {
        if self.columns.len() > 0 {
            self.recorder.write(self.number, &self.columns);
        }
    }
}
