//! Reading a record, block by block.
//!
//! In: bytes that may be anybody's. Out: [`Block`]s, until the end or the first thing that is wrong. What
//! came before that is good: each block has a checksum of its own. A newcomer's trap: a record that
//! ends without its last block is cut, however well it ends.

use super::block::Block;
use super::varint::{Cursor, Malformed};
use super::{
    ALLOWED, ALLOWED_TIMES, Contents, END, HEAD, LARGEST, MARK, MOST_FILES, RESULTS, RecordedFile,
    VERSION, WRITTEN_OUT, WRITTEN_OUT_TIMES,
};
use flate2::bufread::DeflateDecoder;
use std::io::{self, BufRead, BufReader, Read};

/// Whether a file that begins so is a record, of whichever version.
pub fn is_record(head: &[u8]) -> bool {
    head.starts_with(MARK)
}

/// What is wrong with a record, and the byte from which on it could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    pub offset: u64,
    pub what: String,
}

/// A record that is being read.
pub struct RecordReader<R> {
    input: BufReader<R>,
    files: u64,
    /// Bytes that were read, packed.
    offset: u64,
    /// Bytes that all blocks came to.
    unpacked: u64,
    blocks: u64,
    /// Results of the blocks that were read to their end, and what their names came to.
    results: u64,
    written_out: u64,
}

/// A block, unpacked.
struct Unpacked {
    kind: u8,
    raw: Vec<u8>,
}

impl<R: Read> RecordReader<R> {
    /// Begins to read, and says what the record speaks of.
    ///
    /// # Errors
    /// What is no record of this version, or has no whole head.
    pub fn new(input: R) -> Result<(RecordReader<R>, Contents), Damage> {
        let (reader, head) = RecordReader::begin(input)?;
        head.contents().map(|contents| (reader, contents))
    }

    /// Begins to read, and says how many files the record speaks of before it lists them: a few kilobytes
    /// may speak of a million.
    ///
    /// # Errors
    /// What is no record of this version, or has no head.
    pub fn begin(input: R) -> Result<(RecordReader<R>, Head), Damage> {
        let mut reader = RecordReader {
            input: BufReader::with_capacity(64 << 10, input),
            files: 0,
            offset: 0,
            unpacked: 0,
            blocks: 0,
            results: 0,
            written_out: 0,
        };
        reader.version()?;
        let Some(Unpacked { kind: HEAD, raw }) = reader.unpacked()? else {
            return Err(reader.damage("it has no head"));
        };
        let head = Head::read(raw, reader.offset)?;
        reader.files = head.files;
        Ok((reader, head))
    }

    /// The next block of results; `None` at the end of a whole record.
    ///
    /// # Errors
    /// What is wrong from here on.
    pub fn block(&mut self) -> Result<Option<Block>, Damage> {
        let at = self.offset;
        let damaged = |what: &str| Damage { offset: at, what: what.to_owned() };
        let Some(Unpacked { kind, raw }) = self.unpacked()? else {
            return Err(damaged("it ends in the middle"));
        };
        match kind {
            RESULTS => {
                self.blocks += 1;
                let block = Block::new(raw, self.allowance()).ok();
                let block = block.filter(|block| u64::from(block.file()) < self.files);
                block.map(Some).ok_or_else(|| damaged("a part is damaged"))
            }
            END => {
                let mut end = Cursor::over(&raw);
                let told = [end.number(&raw), end.number(&raw)];
                if told[0].is_ok_and(|blocks| blocks < self.blocks) {
                    return Err(damaged("parts of it stand in it twice"));
                }
                if told != [Ok(self.blocks), Ok(self.results)] {
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

    /// Takes back a block that was read to its end: its results are held against what the record's last
    /// block says.
    pub fn done(&mut self, block: &Block) {
        self.results += block.results;
        self.written_out += self.allowance() - block.allowance;
    }

    /// Bytes that the blocks until now came to, unpacked.
    pub fn unpacked_bytes(&self) -> u64 {
        self.unpacked
    }

    fn allowance(&self) -> u64 {
        let times = self.offset.saturating_mul(WRITTEN_OUT_TIMES);
        WRITTEN_OUT.saturating_add(times).saturating_sub(self.written_out)
    }

    /// What could not be made sense of in a block.
    pub fn malformed(&self) -> Damage {
        self.damage("a part before this byte is damaged")
    }

    fn damage(&self, what: &str) -> Damage {
        Damage { offset: self.offset, what: what.to_owned() }
    }

    fn version(&mut self) -> Result<(), Damage> {
        let mut mark = vec![0; MARK.len()];
        self.exactly(&mut mark)?;
        if mark != MARK {
            return Err(Damage { offset: 0, what: "it is no record".to_owned() });
        }
        let mut line = Vec::new();
        let read = (&mut self.input).take(20).read_until(b'\n', &mut line);
        self.offset += read.map_err(|error| self.damage(&error.to_string()))? as u64;
        if line != VERSION {
            let version = String::from_utf8_lossy(&line);
            let version = crate::model::TestName::shown(version.trim()).into_owned();
            let ours = String::from_utf8_lossy(VERSION);
            return Err(self.damage(&format!(
                "it is of version {version}, and this knownfail reads version {}",
                ours.trim()
            )));
        }
        Ok(())
    }

    fn exactly(&mut self, bytes: &mut [u8]) -> Result<(), Damage> {
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

    /// The next block; `None` where the file ends.
    fn unpacked(&mut self) -> Result<Option<Unpacked>, Damage> {
        match self.input.fill_buf() {
            Ok([]) => return Ok(None),
            Ok(_) => {}
            Err(error) => return Err(self.damage(&error.to_string())),
        }
        let start = self.offset;
        let mut head = [0; 13];
        self.exactly(&mut head)?;
        let number = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|i| head[at + i]));
        let (raw_len, packed_len, checksum) = (number(1), number(5), number(9));
        let damaged = |what: &str| Damage { offset: start, what: what.to_owned() };
        self.unpacked = self.unpacked.saturating_add(raw_len.into());
        let packed = start.saturating_add(packed_len.into());
        if u64::from(raw_len) > LARGEST
            || self.unpacked > ALLOWED.saturating_add(packed.saturating_mul(ALLOWED_TIMES))
        {
            return Err(damaged("it unpacks to more than a record holds"));
        }
        let mut packed = (&mut self.input).take(packed_len.into());
        let mut raw = Vec::new();
        let unpacking = DeflateDecoder::new(&mut packed);
        let read = unpacking.take(u64::from(raw_len) + 1).read_to_end(&mut raw);
        let left = packed.limit();
        self.offset += u64::from(packed_len) - left;
        let mut sum = flate2::Crc::new();
        sum.update(&raw);
        let whole = read.is_ok() && raw.len() as u64 == u64::from(raw_len) && left == 0;
        if !whole || sum.sum() != checksum {
            let cut = left > 0 && self.input.fill_buf().is_ok_and(<[u8]>::is_empty);
            return Err(damaged(if cut { "it ends in the middle" } else { "a part is damaged" }));
        }
        Ok(Some(Unpacked { kind: head[0], raw }))
    }
}

/// The head of a record, whose files are not listed yet.
pub struct Head {
    raw: Vec<u8>,
    /// Where the files begin in it, and the byte of the record behind it.
    list: Cursor,
    offset: u64,
    commit: String,
    files: u64,
}

impl Head {
    fn read(raw: Vec<u8>, offset: u64) -> Result<Head, Damage> {
        let mut list = Cursor::over(&raw);
        let mut read = || Ok((list.text(&raw)?.to_owned(), list.number(&raw)?));
        let (commit, files) = read().map_err(|Malformed| damaged_head(offset))?;
        match (1..=MOST_FILES).contains(&files) {
            true => Ok(Head { raw, list, offset, commit, files }),
            false => Err(damaged_head(offset)),
        }
    }

    /// The commit that was tested; empty when nobody said.
    pub fn commit(&self) -> &str {
        &self.commit
    }

    /// How many files it speaks of.
    pub fn files(&self) -> u64 {
        self.files
    }

    /// All that it speaks of.
    ///
    /// # Errors
    /// A list that is none.
    pub fn contents(self) -> Result<Contents, Damage> {
        let files = self.listed().map_err(|Malformed| damaged_head(self.offset))?;
        Ok(Contents { commit: self.commit, files })
    }

    fn listed(&self) -> Result<Vec<RecordedFile>, Malformed> {
        let (mut list, raw) = (self.list, &self.raw);
        let mut files: Vec<RecordedFile> = Vec::new();
        let mut allowed = LARGEST as usize;
        for _ in 0..self.files {
            let same: usize = list.small(raw)?;
            let before = files.last().map_or("", |file| &file.path);
            let path = before.get(..same).ok_or(Malformed)?.to_owned() + list.text(raw)?;
            allowed = allowed.checked_sub(path.len()).ok_or(Malformed)?;
            files.push(RecordedFile { path, variant: list.text(raw)?.to_owned() });
        }
        if list.is_at_end() { Ok(files) } else { Err(Malformed) }
    }
}

fn damaged_head(offset: u64) -> Damage {
    Damage { offset, what: "its head is damaged".to_owned() }
}
