//! Truncated, damaged and hostile files: nothing panics, memory is bounded, and no damage turns a run green.
//!
//! The fixtures are those of `formats.rs`. What a format cannot show, no reader can notice: a fixture's `ABOUT` names where a
//! stream may end just as well (`unseen`), and why its only failure can be lost without a trace (`unguarded`).

use super::formats::{DecodedFile, Fixture, fixtures, read};
use crate::harness::Knownfail;
use knownfail::formats::Format;
use knownfail::model::Outcome;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::process::Command;

/// Whether nothing in it could fail a run.
fn is_green(read: &DecodedFile) -> bool {
    let settled = [Outcome::Passed, Outcome::Skipped, Outcome::Xfailed];
    let settled: u64 = settled.into_iter().map(|outcome| read.counts.get(outcome)).sum();
    settled == read.counts.total() && read.gaps.is_empty()
}

/// The positions at which a file is truncated: a hundred spread over it, and as many line ends.
fn cut_offsets(fixture: &Fixture) -> BTreeSet<usize> {
    let length = fixture.bytes.len();
    let spread = (0..length).step_by((length / 100).max(1));
    let ends: Vec<_> = memchr::memchr_iter(b'\n', &fixture.bytes).map(|at| at + 1).collect();
    let step = (ends.len() / 100).max(1);
    spread.chain(ends.into_iter().step_by(step)).filter(|cut| *cut < length).collect()
}

/// Truncated anywhere, a file never looks as if everything in it had passed, and what was read before one position is still
/// there at a later one.
fn format(name: &str) -> Format {
    Format::from_name(name).unwrap()
}

#[test]
fn truncated_file_is_never_green_and_keeps_earlier_results() {
    for fixture in fixtures() {
        let whole = read(fixture.format, &*fixture.bytes);
        let mut kept = BTreeSet::new();
        for cut in cut_offsets(&fixture) {
            let read = read(fixture.format, &fixture.bytes[..cut]);
            let fewer = read.counts.total() < whole.counts.total();
            let green = is_green(&read) && fewer && !fixture.hides_truncation(cut);
            assert!(!green, "{} cut at {cut}", fixture.case);
            let lost: Vec<_> = kept.difference(&read.outcomes_by_test).collect();
            // Half a line may parse as another.
            let may_lose = usize::from(cut > 0 && fixture.bytes[cut - 1] != b'\n');
            assert!(lost.len() <= may_lose, "{} cut at {cut}: {lost:?}", fixture.case);
            // What only the truncation made of a line does not count.
            kept = read.outcomes_by_test.intersection(&whole.outcomes_by_test).cloned().collect();
        }
    }
}

/// The fixtures that are a single JSON document.
fn json_documents() -> impl Iterator<Item = Fixture> {
    let is_document = |json: &[u8]| {
        let value = serde_json::from_slice::<serde_json::Value>(json);
        value.is_ok_and(|value| value.is_array() || value.is_object())
    };
    fixtures().into_iter().filter(move |fixture| is_document(&fixture.bytes))
}

/// A part of a document is not a document of its own, although it looks like one.
#[test]
fn document_without_its_beginning_is_never_green() {
    for fixture in json_documents() {
        let whole = read(fixture.format, &*fixture.bytes);
        for cut in cut_offsets(&fixture).into_iter().filter(|cut| *cut > 0) {
            let read = read(fixture.format, &fixture.bytes[cut..]);
            let fewer = read.counts.total() < whole.counts.total();
            assert!(!is_green(&read) || !fewer, "{} from {cut} on", fixture.case);
        }
    }
}

#[test]
fn document_after_other_output_is_read() {
    for fixture in json_documents() {
        let whole = read(fixture.format, &*fixture.bytes);
        for output in ["listening on port 8080 ", "[INFO] {ready}\n", "\u{1b}[32mok\u{1b}[0m "] {
            let bytes = [output.as_bytes(), &fixture.bytes].concat();
            let head = &bytes[..bytes.len().min(Format::SNIFF_LEN)];
            assert_eq!(Format::sniff(head), Some(fixture.format), "{}: {output}", fixture.case);
            let read = read(fixture.format, &*bytes);
            assert_eq!(
                (read.outcomes_by_test, read.counts),
                (whole.outcomes_by_test.clone(), whole.counts),
                "{}",
                fixture.case
            );
        }
    }
}

/// A small random number generator with a fixed seed.
struct XorShift(u64);

impl XorShift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn flip_bit(&mut self, bytes: &mut [u8]) -> usize {
        let (at, bit) = (self.next() as usize % bytes.len(), self.next() >> 61);
        bytes[at] ^= 1 << bit;
        at
    }
}

#[test]
fn damaged_bytes_never_panic() {
    let mut random = XorShift(0x2545_f491_4f6c_dd1d);
    for fixture in fixtures() {
        for round in 0..40 {
            let mut bytes = fixture.bytes.clone();
            for _ in 0..5 {
                random.flip_bit(&mut bytes);
            }
            read(fixture.format, &*bytes);
            Format::sniff(&bytes[..bytes.len().min(Format::SNIFF_LEN)]);
            for format in Format::all().filter(|_| round == 0) {
                read(format, &*bytes);
            }
        }
    }
}

/// One flipped bit may change a name or make a test fail; it never makes a file green that was not.
#[test]
fn flipped_bit_turns_nothing_green() {
    for fixture in fixtures() {
        // Each fixture has its own seed, so that another one changes nothing.
        let mut random = XorShift(0x9e37_79b9_7f4a_7c15 ^ fixture.bytes.len() as u64);
        let whole = read(fixture.format, &*fixture.bytes);
        if is_green(&whole) || fixture.about.contains_key("unguarded") {
            continue;
        }
        for _ in 0..100 {
            let mut bytes = fixture.bytes.clone();
            let at = random.flip_bit(&mut bytes);
            let read = read(fixture.format, &*bytes);
            assert!(!is_green(&read), "{} with another byte {at}", fixture.case);
        }
    }
}

/// Text of any length, generated while it is read.
struct RepeatingReader {
    prefix: io::Cursor<String>,
    byte: u8,
    remaining: u64,
    suffix: io::Cursor<String>,
}

impl RepeatingReader {
    fn new(prefix: &str, byte: u8, count: u64, suffix: &str) -> RepeatingReader {
        let [prefix, suffix] = [prefix, suffix].map(|text| io::Cursor::new(text.to_owned()));
        RepeatingReader { prefix, byte, remaining: count, suffix }
    }
}

impl Read for RepeatingReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.prefix.read(into)? {
            0 if self.remaining > 0 => {
                let count =
                    usize::try_from(self.remaining).map_or(into.len(), |n| n.min(into.len()));
                into[..count].fill(self.byte);
                self.remaining -= count as u64;
                Ok(count)
            }
            0 => self.suffix.read(into),
            count => Ok(count),
        }
    }
}

/// A million repetitions of anything: the results around them are read, or a problem is reported.
#[test]
fn oversized_values_are_bounded() {
    const REPEAT_COUNT: u64 = 24 << 20;
    let case = "<testsuite tests='2'><testcase name='a'>";
    let rest = "</testcase><testcase name='b'/></testsuite>";
    let text = RepeatingReader::new(
        &format!("{case}<failure>"),
        b'x',
        REPEAT_COUNT,
        &format!("</failure>{rest}"),
    );
    assert_eq!(read_outcomes(format("junit"), text), ["failed a", "passed b"]);
    let value = RepeatingReader::new(
        &format!("{case}<failure message='"),
        b'x',
        REPEAT_COUNT,
        &format!("'/>{rest}"),
    );
    assert!(!read(format("junit"), value).problems.is_empty());
    let attributes = RepeatingReader::new(
        "<testsuite><testcase name='a' ",
        b'b',
        REPEAT_COUNT,
        "=''/></testsuite>",
    );
    assert!(!read(format("junit"), attributes).problems.is_empty());
    let line = RepeatingReader::new("1..2\nok 1 - a\n# ", b'x', REPEAT_COUNT, "\nnot ok 2 - b\n");
    assert_eq!(read_outcomes(format("tap"), line), ["failed b", "passed a"]);
    let number = r#"{"numTotalTests": "#;
    let tests =
        r#", "testResults": [{"assertionResults": [{"fullName": "t", "status": "failed"}]}]}"#;
    let digits = RepeatingReader::new(number, b'9', 1_000_000, tests);
    assert!(!is_green(&read(format("jest-json"), digits)));
    let brackets = RepeatingReader::new(number, b'[', REPEAT_COUNT, tests);
    assert!(!read(format("jest-json"), brackets).problems.is_empty());
}

fn read_outcomes(format: Format, input: impl Read) -> Vec<String> {
    read(format, input).outcomes_by_test.into_iter().collect()
}

#[test]
fn entities_and_nesting_are_bounded() {
    let entities = "<!DOCTYPE a [<!ENTITY a 'aaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>";
    let case = format!("{entities}<testsuite><testcase name='&b;'/></testsuite>");
    assert_eq!(read_outcomes(format("junit"), case.as_bytes()), ["passed &b;"]);
    for (format, tag) in [(format("junit"), "<testsuite>"), (format("nunit"), "<test-suite>")] {
        assert!(!read(format, tag.repeat(10_000).as_bytes()).problems.is_empty());
    }
    assert!(
        !read(format("subunit"), "progress: push\n".repeat(100_000).as_bytes()).gaps.is_empty()
    );
    for depth in [10_000, 1_000_000] {
        let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let text = format!("{{\"numTotalTests\": 1, \"testResults\": {nested}}}");
        assert!(!read(format("jest-json"), text.as_bytes()).problems.is_empty());
    }
}

/// The whole program, with less memory than the text is long.
#[test]
fn text_longer_than_memory_is_read() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", "| Test Name | Issue |\n| --- | --- |\n| a | #1 |\n");
    for (name, begin, end) in [
        (
            "long.xml",
            "<testsuite><testcase name='a'><failure>",
            "</failure></testcase></testsuite>",
        ),
        ("long.tap", "1..2\nok 1 - b\n# ", "\nnot ok 2 - a\n"),
    ] {
        // Zeros that take no space on disk.
        let mut file = File::create(program.path(name)).unwrap();
        file.write_all(begin.as_bytes()).unwrap();
        file.seek(SeekFrom::Current(160 << 20)).unwrap();
        file.write_all(end.as_bytes()).unwrap();
        let limited =
            format!("ulimit -v 150000; exec {} check {name}", env!("CARGO_BIN_EXE_knownfail"));
        let mut shell = Command::new("sh");
        let shell = shell.args(["-c", &limited]).current_dir(program.path("."));
        let output = shell.env_clear().output().unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(0), "{name}: {stdout}");
        assert!(stdout.contains("1 known failure"), "{name}: {stdout}");
    }
}

/// Damage is reported with its line, and what is intact is judged.
#[test]
fn damaged_file_is_reported_with_its_line() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", "| Test Name | Issue |\n| --- | --- |\n| a | #1 |\n");
    program.file("whole.tap", "1..1\nnot ok 1 - a\n");
    program.file("cut.xml", "<testsuite>\n<testcase name='b'/>\n<testcase name='c'>\n<fail");
    let ran = program.run(&["check", "*.tap", "*.xml"]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stdout.contains("cut.xml:4"), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 known failure"), "{}", ran.stdout);
}
