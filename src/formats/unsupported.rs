//! Hints for files that look like test output in an unsupported format.
//!
//! A hint is a guess by a few words, so it is given only where no format matches the file.

use crate::formats::emit::XmlHead;
use crate::syntax::encoding;

/// Words that all occur at the beginning of an output, and its hint.
const TEXT_SIGNATURES: [(&[&str], &str); 24] = [
    (&["is a Catch2 v"], CATCH2_HINT),
    (&["is a Catch v"], CATCH2_HINT),
    (&["RNG seed: ", "Filters: "], CATCH2_HINT),
    (&["Randomness seeded to: "], CATCH2_HINT),
    (&["[doctest] "], DOCTEST_HINT),
    (&["********* Start testing of "], "Qt Test's console output: give it -o FILE,junitxml"),
    (&["Running dEQP on "], "deqp-runner's progress: its results.csv has the results"),
    (&["PHPUnit ", " by Sebastian Bergmann"], "PHPUnit's console output: give it --log-junit FILE"),
    (&["Test Suites: ", "Tests: "], "jest's console output: give it --json --outputFile=FILE"),
    (&[" RUN  v"], "vitest's console output: give it --reporter=junit --outputFile=FILE"),
    (
        &["Running ", " tests using ", " worker"],
        "Playwright's console output: give it --reporter=json",
    ),
    (&[" passing ("], "mocha's console output: give it --reporter json"),
    (
        &["Feature: ", "Scenario: "],
        "Cucumber's console output: give it --format json or --format message",
    ),
    (&[" examples, ", " failure"], "RSpec's console output: give it --format json --out FILE"),
    (&["Test set: ", "Tests run: "], "surefire's text: the TEST-*.xml beside it has each test"),
    (
        &["[INFO]", "Tests run: "],
        "Maven's console output: target/surefire-reports/TEST-*.xml has each test",
    ),
    (&["| PASS |"], "Robot Framework's console output: output.xml has the results"),
    (&["| FAIL |"], "Robot Framework's console output: output.xml has the results"),
    (
        &["A total of ", " test files matched the specified pattern"],
        "VSTest's console output: give it --logger trx",
    ),
    (
        &["Test Suite '", "' started at"],
        "the console output of XCTest: give swift test --xunit-output FILE",
    ),
    (
        &["DONE ", " tests"],
        "gotestsum's console output: give it --jsonfile FILE or --junitfile FILE",
    ),
    (
        &["test session starts"],
        "pytest's console output without each test: give it -v, or --junit-xml=FILE",
    ),
    (&["Files=", ", Tests=", "Result: "], "prove's output without each file: leave out -Q"),
    (&["Ran ", " tests in "], "unittest's console output without each test: give it -v"),
];

const CATCH2_HINT: &str = "Catch2's console output, which does not name each test: give it --reporter xml or --reporter junit";

const DOCTEST_HINT: &str = "doctest's own output: give it --reporters=junit";

/// The magic bytes of other kinds of files, their offset, and the hint. gzip, bzip2 and Zstandard are unpacked once, so
/// a match of theirs is a file packed twice.
const MAGIC_BYTES: [(usize, &[u8], &str); 14] = [
    (0, b"PK\x03\x04", ZIP_HINT),
    // An archive without files, and one of several parts.
    (0, b"PK\x05\x06", ZIP_HINT),
    (0, b"PK\x07\x08", ZIP_HINT),
    (0, b"\xfd7zXZ\0", "an xz file: unpack it first, or pack it with gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"),
    (0, b"Rar!\x1a\x07", "a RAR archive: unpack it first"),
    (0, b"\x04\x22\x4d\x18", "an lz4 file: unpack it first, or pack it with gzip"),
    (257, b"ustar", "a tar archive: unpack it first"),
    (0, b"\x1f\x8b\x08", "a gzip file inside a packed one: unpack it once"),
    (0, b"BZh91AY&SY", "a bzip2 file inside a packed one: unpack it once"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard file inside a packed one: unpack it once"),
    (0, b"\x7fELF", "a program, and not what it printed"),
    (0, b"%PDF-", "a PDF"),
    (0, b"\x89PNG\r\n", "an image"),
];

const ZIP_HINT: &str = "a zip archive: unpack it first";

/// Whether a file is an archive or another binary file. An archive of several results files must not be read as the
/// first of them.
pub(crate) fn is_archive(head: &[u8]) -> bool {
    magic_kind(head).is_some()
}

fn magic_kind(head: &[u8]) -> Option<&'static str> {
    let begins = |(at, with, _): &&(usize, &[u8], &str)| {
        head.get(*at..).is_some_and(|rest| rest.starts_with(with))
    };
    MAGIC_BYTES.iter().find(begins).map(|(_, _, kind)| *kind)
}

/// A guess at what a file is that no format matches.
pub fn hint(head: &[u8]) -> Option<String> {
    if let Some(kind) = magic_kind(head) {
        return Some(kind.to_owned());
    }
    let text = encoding::decode_head(head);
    let root = XmlHead::parse(&text).root().to_owned();
    if root.eq_ignore_ascii_case("html") || text.trim_ascii_start().starts_with(b"<!DOCTYPE html") {
        return Some("a page of HTML".to_owned());
    }
    if root == "doctest" {
        return Some(DOCTEST_HINT.to_owned());
    }
    if !root.is_empty() {
        let len = root.floor_char_boundary(60);
        return Some(format!("XML with the root element {}", &root[..len]));
    }
    let text = String::from_utf8_lossy(&text);
    let known =
        TEXT_SIGNATURES.iter().find(|(words, _)| words.iter().all(|word| text.contains(word)));
    known.map(|(_, hint)| (*hint).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::Format;

    #[test]
    fn unsupported_output_gets_a_hint() {
        let compact = b"Filters: \"*\"\nRNG seed: 1\na.cpp:3: passed: 1 == 1\n";
        assert_eq!(hint(compact).as_deref(), Some(CATCH2_HINT));
        assert_eq!(hint(b"<suites><a/></suites>").unwrap(), "XML with the root element suites");
        assert_eq!(hint(b"<!DOCTYPE html><html><p>").unwrap(), "a page of HTML");
        let mocha = "mocha's console output: give it --reporter json";
        assert_eq!(hint(b"  3 passing (12ms)\n").as_deref(), Some(mocha));
        assert_eq!(hint(b"nothing"), None);
    }

    #[test]
    fn archives_are_detected_before_formats() {
        assert_eq!(hint(b"PK\x03\x04\x14\0").unwrap(), "a zip archive: unpack it first");
        assert!(hint(b"\xfd7zXZ\0\0").unwrap().starts_with("an xz file: "));
        assert!(hint(b"\x1f\x8b\x08\0").unwrap().starts_with("a gzip file inside a packed one"));
        let tar = [b"results.xml".as_slice(), &[0; 246], b"ustar\x0000"].concat();
        assert_eq!(hint(&tar).unwrap(), "a tar archive: unpack it first");
        let results = [&tar, b"TAP version 13\n1..1\nok 1 a\n".as_slice()].concat();
        assert_eq!(Format::sniff(&results), None);
        assert!(!Format::from_name("tap").unwrap().matches(&results));
        assert_eq!(hint(b"BZh9 is no archive"), None);
    }
}
