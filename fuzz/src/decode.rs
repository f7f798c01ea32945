//! The readers: any bytes in any format, in chunks of any size; and detection, compressed or not.

use super::slow::ChunkedReader;
use knownfail::formats::{Format, decompress};
use knownfail::model::{
    Gap, GapKind, ProblemKind, ReadConfig, ResultsProblem, RunBuilder, Sink, TestName, TestResult,
};
use std::io::Read;

/// The first byte is the index of the format, the rest is a file.
pub(crate) fn decode(bytes: &[u8]) {
    let Some((first, file)) = bytes.split_first() else { return };
    let index = usize::from(*first) % Format::all().count();
    let format = Format::all().nth(index).expect("an index below the count");
    let whole = decode_all(format, file);
    // Where parts of the file meet must not matter. One byte at a time is slow; so only of small ones.
    let step = if file.len() < 2_000 { 1 } else { 1_000 + file.len() % 97 };
    assert_eq!(
        decode_all(format, ChunkedReader(file, step)),
        whole,
        "{} in steps of {step}",
        format.name()
    );
    // A binary format counts packets.
    let in_lines = format != Format::from_name("subunit-v2").unwrap();
    assert!(
        !in_lines || whole.last_line <= max_line_count(file),
        "{}: behind the last line",
        format.name()
    );
}

/// A file as the program opens it: decompressed, detected, read.
pub(crate) fn sniff(bytes: &[u8]) {
    let mut file = Vec::new();
    let packed = decompress(bytes).and_then(|input| input.take(1 << 20).read_to_end(&mut file));
    if let Err(error) = packed {
        assert_harmless(&error.to_string());
    }
    let head = &file[..file.len().min(Format::SNIFF_LEN)];
    // Two formats may match, one of them without colors.
    match Format::sniff(head) {
        Some(format) => {
            assert!(format.matches(head), "{}", format.name());
            decode_all(format, &*file);
        }
        None => assert!(!Format::all().any(|format| format.matches(head))),
    }
}

/// The maximum number of lines, whatever ends them.
fn max_line_count(file: &[u8]) -> u32 {
    1 + file.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u32
}

/// Everything that was read from a file.
#[derive(Debug, Default, PartialEq, Eq)]
struct DecodedEvents {
    results: Vec<String>,
    gaps: Vec<Gap>,
    problems: Vec<(u32, ProblemKind)>,
    last_line: u32,
}

fn decode_all(format: Format, file: impl Read) -> DecodedEvents {
    let mut decoded = DecodedEvents::default();
    format.read(file, RunBuilder::new(0, ReadConfig::default(), &mut decoded));
    decoded
}

impl Sink for DecodedEvents {
    fn result(&mut self, result: &TestResult<'_>) {
        assert!(!result.name.is_empty(), "a test without a name");
        assert_eq!(TestName::escape(&result.name), result.name, "a name that can do something");
        assert!(result.name.len() <= 1 << 20, "a name without bounds");
        assert!(result.message.len() <= 8 << 10, "a message without bounds");
        self.last_line = self.last_line.max(result.origin.line);
        self.results.push(format!("{result:?}"));
    }

    fn gap(&mut self, gap: Gap) {
        self.last_line = self.last_line.max(gap.origin.map_or(0, |origin| origin.line));
        if let GapKind::Unreadable { what } = &gap.kind {
            assert_harmless(what);
        }
        self.gaps.push(gap);
    }

    fn problem(&mut self, line: u32, kind: ProblemKind) {
        self.last_line = self.last_line.max(line);
        if let ProblemKind::Results(ResultsProblem::Unreadable { what }) = &kind {
            assert_harmless(what);
        }
        self.problems.push((line, kind));
    }
}

/// Why a file is unreadable goes into comments: one short line, with nothing of the file.
fn assert_harmless(what: &str) {
    assert!(what.len() <= 200 && !what.contains(char::is_control), "{what:?}");
}
