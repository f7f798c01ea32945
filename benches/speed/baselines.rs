//! The baselines: the least that reading such a file can cost, so that figures of two machines can be compared.

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

const BUFFER_SIZE: usize = 256 << 10;

/// What the baseline reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Baseline {
    /// XML, tokenized by quick-xml, every attribute unescaped, nothing kept.
    Xml,
    /// Lines, classified by their first word.
    Lines,
}

impl Baseline {
    pub(crate) const ALL: [Baseline; 2] = [Baseline::Xml, Baseline::Lines];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Baseline::Xml => "xml",
            Baseline::Lines => "lines",
        }
    }

    /// Reads a file; returns a number that depends on all of it, so that the compiler removes nothing.
    pub(crate) fn read(self, path: &Path) -> io::Result<u64> {
        let file = File::open(path)?;
        match self {
            Baseline::Xml => xml(file),
            Baseline::Lines => lines(file),
        }
    }
}

fn xml(file: File) -> io::Result<u64> {
    let mut reader = Reader::from_reader(BufReader::with_capacity(BUFFER_SIZE, file));
    reader.config_mut().check_end_names = false;
    let (mut buffer, mut seen) = (Vec::new(), 0);
    loop {
        match reader.read_event_into(&mut buffer).map_err(io::Error::other)? {
            Event::Eof => return Ok(seen),
            Event::Start(tag) | Event::Empty(tag) => {
                for attribute in tag.attributes().with_checks(false).flatten() {
                    let value = unescape(&attribute.value).map_err(io::Error::other)?;
                    seen += value.len() as u64;
                }
            }
            _ => {}
        }
        buffer.clear();
    }
}

fn lines(mut file: File) -> io::Result<u64> {
    const WORDS: [&[u8]; 5] = [b"test: ", b"success: ", b"skip: ", b"failure: ", b"error: "];
    let (mut buffer, mut end, mut seen) = (vec![0; BUFFER_SIZE], 0, 0);
    loop {
        let count = file.read(&mut buffer[end..])?;
        if count == 0 {
            return Ok(seen);
        }
        end += count;
        let mut start = 0;
        for at in memchr::memchr_iter(b'\n', &buffer[..end]) {
            let line = &buffer[start..at];
            seen += u64::from(WORDS.iter().any(|word| line.starts_with(word)));
            start = at + 1;
        }
        buffer.copy_within(start..end, 0);
        end -= start;
    }
}
