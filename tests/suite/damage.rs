//! Files that are cut, damaged or made to hurt: nothing panics, nothing grows, and no damage turns a
//! run green.
//!
//! The fixtures are those of `formats.rs`. The trap: what a format cannot show, no reader can tell; so
//! a fixture's `ABOUT` names where a stream may just as well end (`unseen`), and why its only failure can
//! be lost without a trace (`unguarded`).

use super::formats::{Fixture, WhatItSaid, fixtures, read};
use crate::knownfail::Knownfail;
use knownfail::formats::Format;
use knownfail::model::Outcome;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::process::Command;

/// Whether nothing of it could fail a run.
fn is_green(read: &WhatItSaid) -> bool {
    let settled = [Outcome::Passed, Outcome::Skipped, Outcome::Xfailed];
    let settled: u64 = settled.into_iter().map(|outcome| read.counts.of(outcome)).sum();
    settled == read.counts.total() && read.gaps.is_empty()
}

/// The places where a file is cut: a hundred spread over it, and as many line ends.
fn cuts(fixture: &Fixture) -> BTreeSet<usize> {
    let length = fixture.bytes.len();
    let spread = (0..length).step_by((length / 100).max(1));
    let ends: Vec<_> = memchr::memchr_iter(b'\n', &fixture.bytes).map(|at| at + 1).collect();
    let step = (ends.len() / 100).max(1);
    spread.chain(ends.into_iter().step_by(step)).filter(|cut| *cut < length).collect()
}

/// Cut anywhere, a file never looks as if everything in it had passed; and what was read before one cut
/// is still there at a later one.
#[test]
fn a_cut_file_is_never_green_and_keeps_what_was_read() {
    for fixture in fixtures() {
        let whole = read(fixture.format, &*fixture.bytes);
        let mut kept = BTreeSet::new();
        for cut in cuts(&fixture) {
            let read = read(fixture.format, &fixture.bytes[..cut]);
            let fewer = read.counts.total() < whole.counts.total();
            let green = is_green(&read) && fewer && !fixture.hides_cut(cut);
            assert!(!green, "{} cut at {cut}", fixture.case);
            let lost: Vec<_> = kept.difference(&read.told).collect();
            // Half a line may be read as another.
            let may_lose = usize::from(cut > 0 && fixture.bytes[cut - 1] != b'\n');
            assert!(lost.len() <= may_lose, "{} cut at {cut}: {lost:?}", fixture.case);
            // What only the cut made of a line is not kept.
            kept = read.told.intersection(&whole.told).cloned().collect();
        }
    }
}

/// The fixtures that are one JSON document.
fn documents() -> impl Iterator<Item = Fixture> {
    let is_document = |json: &[u8]| {
        let value = serde_json::from_slice::<serde_json::Value>(json);
        value.is_ok_and(|value| value.is_array() || value.is_object())
    };
    fixtures().into_iter().filter(move |fixture| is_document(&fixture.bytes))
}

/// What stands inside a document is no document of its own, although it looks like one.
#[test]
fn a_document_without_its_beginning_is_never_green() {
    for fixture in documents() {
        let whole = read(fixture.format, &*fixture.bytes);
        for cut in cuts(&fixture).into_iter().filter(|cut| *cut > 0) {
            let read = read(fixture.format, &fixture.bytes[cut..]);
            let fewer = read.counts.total() < whole.counts.total();
            assert!(!is_green(&read) || !fewer, "{} from {cut} on", fixture.case);
        }
    }
}

#[test]
fn a_document_may_begin_behind_other_output() {
    for fixture in documents() {
        let whole = read(fixture.format, &*fixture.bytes);
        for output in ["listening on port 8080 ", "[INFO] {ready}\n", "\u{1b}[32mok\u{1b}[0m "] {
            let bytes = [output.as_bytes(), &fixture.bytes].concat();
            let head = &bytes[..bytes.len().min(Format::SNIFFED)];
            assert_eq!(Format::sniff(head), Some(fixture.format), "{}: {output}", fixture.case);
            let read = read(fixture.format, &*bytes);
            assert_eq!(
                (read.told, read.counts),
                (whole.told.clone(), whole.counts),
                "{}",
                fixture.case
            );
        }
    }
}

/// The numbers of a small generator, always the same.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn flip(&mut self, bytes: &mut [u8]) -> usize {
        let (at, bit) = (self.next() as usize % bytes.len(), self.next() >> 61);
        bytes[at] ^= 1 << bit;
        at
    }
}

#[test]
fn damaged_bytes_never_panic() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for fixture in fixtures() {
        for round in 0..40 {
            let mut bytes = fixture.bytes.clone();
            for _ in 0..5 {
                random.flip(&mut bytes);
            }
            read(fixture.format, &*bytes);
            Format::sniff(&bytes[..bytes.len().min(Format::SNIFFED)]);
            for format in Format::ALL.into_iter().filter(|_| round == 0) {
                read(format, &*bytes);
            }
        }
    }
}

/// One wrong bit may change what a test is called, or make it fail; it never makes a file green that
/// wasn't.
#[test]
fn one_wrong_bit_turns_nothing_green() {
    for fixture in fixtures() {
        // A seed of its own, so that another fixture changes nothing here.
        let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ fixture.bytes.len() as u64);
        let whole = read(fixture.format, &*fixture.bytes);
        if is_green(&whole) || fixture.about.contains_key("unguarded") {
            continue;
        }
        for _ in 0..100 {
            let mut bytes = fixture.bytes.clone();
            let at = random.flip(&mut bytes);
            let read = read(fixture.format, &*bytes);
            assert!(!is_green(&read), "{} with another byte {at}", fixture.case);
        }
    }
}

/// Text of any length, never held as a whole.
struct Endless {
    begin: io::Cursor<String>,
    unit: u8,
    left: u64,
    end: io::Cursor<String>,
}

impl Endless {
    fn new(begin: &str, unit: u8, count: u64, end: &str) -> Endless {
        let [begin, end] = [begin, end].map(|text| io::Cursor::new(text.to_owned()));
        Endless { begin, unit, left: count, end }
    }
}

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.begin.read(into)? {
            0 if self.left > 0 => {
                let count = usize::try_from(self.left).map_or(into.len(), |n| n.min(into.len()));
                into[..count].fill(self.unit);
                self.left -= count as u64;
                Ok(count)
            }
            0 => self.end.read(into),
            count => Ok(count),
        }
    }
}

/// What a million of anything makes of a file: the results around it are read, or a problem is told.
#[test]
fn bombs_are_bounded() {
    const MANY: u64 = 24 << 20;
    let case = "<testsuite tests='2'><testcase name='a'>";
    let rest = "</testcase><testcase name='b'/></testsuite>";
    let text = Endless::new(&format!("{case}<failure>"), b'x', MANY, &format!("</failure>{rest}"));
    assert_eq!(told(Format::Junit, text), ["failed a", "passed b"]);
    let value =
        Endless::new(&format!("{case}<failure message='"), b'x', MANY, &format!("'/>{rest}"));
    assert!(!read(Format::Junit, value).problems.is_empty());
    let attributes =
        Endless::new("<testsuite><testcase name='a' ", b'b', MANY, "=''/></testsuite>");
    assert!(!read(Format::Junit, attributes).problems.is_empty());
    let line = Endless::new("1..2\nok 1 - a\n# ", b'x', MANY, "\nnot ok 2 - b\n");
    assert_eq!(told(Format::Tap, line), ["failed b", "passed a"]);
    let number = r#"{"numTotalTests": "#;
    let tests =
        r#", "testResults": [{"assertionResults": [{"fullName": "t", "status": "failed"}]}]}"#;
    let digits = Endless::new(number, b'9', 1_000_000, tests);
    assert!(!is_green(&read(Format::Jest, digits)));
    let brackets = Endless::new(number, b'[', MANY, tests);
    assert!(!read(Format::Jest, brackets).problems.is_empty());
}

fn told(format: Format, input: impl Read) -> Vec<String> {
    read(format, input).told.into_iter().collect()
}

#[test]
fn entities_and_nesting_are_bounded() {
    let entities = "<!DOCTYPE a [<!ENTITY a 'aaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>";
    let case = format!("{entities}<testsuite><testcase name='&b;'/></testsuite>");
    assert_eq!(told(Format::Junit, case.as_bytes()), ["passed &b;"]);
    for (format, tag) in [(Format::Junit, "<testsuite>"), (Format::NUnit, "<test-suite>")] {
        assert!(!read(format, tag.repeat(10_000).as_bytes()).problems.is_empty());
    }
    assert!(!read(Format::Subunit, "progress: push\n".repeat(100_000).as_bytes()).gaps.is_empty());
    for depth in [10_000, 1_000_000] {
        let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let text = format!("{{\"numTotalTests\": 1, \"testResults\": {nested}}}");
        assert!(!read(Format::Jest, text.as_bytes()).problems.is_empty());
    }
}

/// The whole program, with less memory than the text is long.
#[test]
fn a_text_longer_than_memory_is_read() {
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
        // Zeros that take no room on the disk.
        let mut file = File::create(program.path(name)).unwrap();
        file.write_all(begin.as_bytes()).unwrap();
        file.seek(SeekFrom::Current(160 << 20)).unwrap();
        file.write_all(end.as_bytes()).unwrap();
        let limited =
            format!("ulimit -v 150000; exec {} check {name}", env!("CARGO_BIN_EXE_knownfail"));
        let mut shell = Command::new("sh");
        let shell = shell.args(["-c", &limited]).current_dir(program.path("."));
        let output = shell.env_clear().output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(0), "{name}: {said}");
        assert!(said.contains("1 known failure"), "{name}: {said}");
    }
}

/// What is damaged names its line; what is whole is judged.
#[test]
fn a_damaged_file_among_whole_ones_is_told_with_its_line() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", "| Test Name | Issue |\n| --- | --- |\n| a | #1 |\n");
    program.file("whole.tap", "1..1\nnot ok 1 - a\n");
    program.file("cut.xml", "<testsuite>\n<testcase name='b'/>\n<testcase name='c'>\n<fail");
    let ran = program.run(&["check", "*.tap", "*.xml"]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stdout.contains("cut.xml:4"), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 known failure"), "{}", ran.stdout);
}
