//! Every format against files that real tools wrote, in `tests/formats/<format>/<case>/`.
//!
//! Beside each file, `ABOUT` says where it comes from and what its own tool counted. The trap: the
//! properties at the end hold for every fixture, so a new format gets them by having one.

use knownfail::formats::Format;
use knownfail::model::{
    Attempt, Gap, Naming, Outcome, OutcomeCounts, ProblemKind, RunBuilder, Sink, TestResult,
};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::Path;

/// One real file and what is known of it.
struct Fixture {
    format: Format,
    case: String,
    about: BTreeMap<String, String>,
    bytes: Vec<u8>,
}

fn fixtures() -> Vec<Fixture> {
    let mut fixtures = Vec::new();
    for format in Format::ALL {
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats").join(format.name());
        let cases = std::fs::read_dir(&folder).into_iter().flatten();
        let mut cases: Vec<_> = cases.map(|case| case.unwrap().path()).collect();
        assert!(!cases.is_empty(), "{} has no fixture", format.name());
        cases.sort();
        for case in cases {
            let about = std::fs::read_to_string(case.join("ABOUT")).unwrap();
            let about = about.lines().filter_map(|line| line.split_once(": "));
            let about = about.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
            let mut files = std::fs::read_dir(&case).unwrap().map(|file| file.unwrap().path());
            let results = files.find(|file| file.file_stem().unwrap() == "results").unwrap();
            let bytes = std::fs::read(results).unwrap();
            fixtures.push(Fixture { format, case: case.display().to_string(), about, bytes });
        }
    }
    fixtures
}

impl Fixture {
    fn count(&self, key: &str) -> u64 {
        self.about.get(key).map_or(0, |count| count.parse().unwrap())
    }

    /// Whether nothing can show that the file was cut here: `unseen` names how a line begins before
    /// which a stream may just as well end.
    fn hides_cut(&self, cut: usize) -> bool {
        let Some(unseen) = self.about.get("unseen") else { return false };
        let rest = String::from_utf8_lossy(&self.bytes[cut..]);
        let rest = rest.strip_prefix('\n').unwrap_or(&rest);
        let at_line_start = rest.len() < self.bytes.len() - cut || self.bytes[cut - 1] == b'\n';
        let next = rest.lines().find(|line| !line.is_empty() && !line.starts_with("time: "));
        at_line_start && next.is_some_and(|line| line.starts_with(unseen))
    }
}

/// What a file made of itself.
#[derive(Debug, Default, PartialEq, Eq)]
struct WhatItSaid {
    counts: OutcomeCounts,
    results: Vec<String>,
    retried: BTreeSet<String>,
    gaps: Vec<Gap>,
    problems: Vec<ProblemKind>,
}

impl Sink for WhatItSaid {
    fn result(&mut self, result: TestResult<'_>) {
        assert!(!result.name.is_empty());
        assert!(result.message.len() <= 8 << 10);
        match result.attempt {
            Attempt::Only => self.counts.add(result.outcome),
            Attempt::Retry => {
                self.retried.insert(result.name.to_string());
            }
        }
        self.results.push(format!("{}:{result:?}", result.origin.line));
    }
    fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }
    fn problem(&mut self, _line: u32, kind: ProblemKind) {
        self.problems.push(kind);
    }
}

fn read(format: Format, input: impl Read) -> WhatItSaid {
    let mut read = WhatItSaid::default();
    format.read(input, RunBuilder::new(0, Naming::default(), &mut read));
    read
}

/// Hands out few bytes at a time.
struct Slow<'a>(&'a [u8], usize);

impl Read for Slow<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.1.min(into.len()).min(self.0.len());
        into[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

#[test]
fn the_counts_are_those_of_the_tool() {
    for fixture in fixtures() {
        let WhatItSaid { counts, retried, gaps, problems, .. } =
            read(fixture.format, &*fixture.bytes);
        let of = |outcomes: &[Outcome]| outcomes.iter().map(|o| counts.of(*o)).sum::<u64>();
        let came = [
            ("tests", counts.total()),
            ("passed", of(&[Outcome::Passed])),
            ("failing", counts.failing()),
            ("skipped", of(&[Outcome::Skipped, Outcome::Xfailed])),
            ("unfinished", of(&[Outcome::Unfinished])),
            ("retried", retried.len() as u64),
            ("gaps", gaps.len() as u64),
        ];
        let told = came.map(|(key, _)| (key, fixture.count(key)));
        assert_eq!(came, told, "{}: {gaps:?}", fixture.case);
        let codes: Vec<_> = problems.iter().map(ProblemKind::code).collect();
        let problem = fixture.about.get("problem").map(String::as_str);
        assert_eq!(codes, Vec::from_iter(problem), "{}", fixture.case);
    }
}

#[test]
fn no_other_format_claims_it() {
    for fixture in fixtures() {
        let head = &fixture.bytes[..fixture.bytes.len().min(Format::SNIFFED)];
        let claims = Format::ALL.into_iter().filter(|format| format.claims(head));
        assert_eq!(claims.collect::<Vec<_>>(), [fixture.format], "{}", fixture.case);
        assert_eq!(Format::sniff(head), Some(fixture.format));
    }
    for foreign in [&b""[..], b"{\"a\": 1}", b"<suites/>"] {
        assert_eq!(Format::sniff(foreign), None);
    }
}

#[test]
fn it_does_not_matter_how_the_bytes_arrive() {
    for fixture in fixtures() {
        let whole = read(fixture.format, &*fixture.bytes);
        for step in [1, 7, 4096] {
            let slow = read(fixture.format, Slow(&fixture.bytes, step));
            assert_eq!(slow, whole, "{} in steps of {step}", fixture.case);
        }
    }
}

/// Cut anywhere, a file never looks as if everything in it had passed.
#[test]
fn a_cut_file_is_never_green() {
    for fixture in fixtures() {
        let whole = read(fixture.format, &*fixture.bytes);
        let step = (fixture.bytes.len() / 300).max(1);
        let line_ends = memchr::memchr_iter(b'\n', &fixture.bytes).map(|at| at + 1);
        let cuts = (0..fixture.bytes.len()).step_by(step).chain(line_ends.step_by(5));
        for cut in cuts {
            let read = read(fixture.format, &fixture.bytes[..cut]);
            let settled = [Outcome::Passed, Outcome::Skipped, Outcome::Xfailed];
            let settled: u64 = settled.into_iter().map(|outcome| read.counts.of(outcome)).sum();
            let green = settled == read.counts.total() && read.gaps.is_empty();
            let fewer = read.counts.total() < whole.counts.total();
            assert!(!green || !fewer || fixture.hides_cut(cut), "{} cut at {cut}", fixture.case);
        }
    }
}

#[test]
fn damaged_bytes_never_panic() {
    // The numbers of a small generator, always the same.
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for fixture in fixtures() {
        for round in 0..60 {
            let mut bytes = fixture.bytes.clone();
            for _ in 0..5 {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                let at = random as usize % bytes.len();
                bytes[at] ^= 1 << (random >> 61);
            }
            read(fixture.format, &*bytes);
            Format::sniff(&bytes[..bytes.len().min(Format::SNIFFED)]);
            for format in Format::ALL.into_iter().filter(|_| round == 0) {
                read(format, &*bytes);
            }
        }
    }
}

#[test]
fn names_lead_to_formats_and_back() {
    for format in Format::ALL {
        assert_eq!(Format::from_name(format.name()), Some(format));
        let about = format.about();
        assert!(about.link.starts_with("https://"));
        assert!(!about.outcomes.is_empty());
    }
    assert_eq!(Format::from_name("smbtorture"), Some(Format::Subunit));
    assert_eq!(Format::from_name("auto"), None);
}

#[test]
fn bombs_are_bounded() {
    let entities = "<!DOCTYPE a [<!ENTITY a 'aaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>";
    let case = format!("{entities}<testsuite><testcase name='&b;'/></testsuite>");
    let read_ = read(Format::Junit, case.as_bytes());
    assert!(read_.results[0].contains("\"&b;\""), "{:?}", read_.results);
    let deep = "<testsuite>".repeat(100_000);
    assert!(!read(Format::Junit, deep.as_bytes()).gaps.is_empty());
    let pushes = "progress: push\n".repeat(100_000);
    assert!(!read(Format::Subunit, pushes.as_bytes()).gaps.is_empty());
    let text = "x".repeat(4 << 20);
    let long = format!("<testsuite><testcase name='a'><failure>{text}</failure></testcase>");
    let read_ = read(Format::Junit, long.as_bytes());
    assert_eq!(read_.counts.of(Outcome::Failed), 1);
}
