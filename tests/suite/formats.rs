//! Every format against files that real tools wrote, in `tests/formats/<format>/<case>/`.
//!
//! The file `ABOUT` of each case has its source and the counts that its own tool printed. The tests in this file and in
//! `truncated_and_corrupt_files.rs` run on every fixture, so a new format is tested by having one.

use crate::fuzz::ChunkedReader;
use knownfail::formats::Format;
use knownfail::model::{
    Attempt, Gap, Outcome, OutcomeCounts, ProblemKind, ReadConfig, RunBuilder, Sink, TestResult,
};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

/// A fixture.
pub(crate) struct Fixture {
    pub format: Format,
    pub case: String,
    pub about: BTreeMap<String, String>,
    pub bytes: Vec<u8>,
}

pub(crate) fn fixtures() -> Vec<Fixture> {
    let mut fixtures = Vec::new();
    for format in Format::all() {
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

    /// Whether a truncation at this point cannot be noticed: `unseen` has the starts of lines before which a stream may end.
    pub(crate) fn hides_truncation(&self, cut: usize) -> bool {
        let Some(unseen) = self.about.get("unseen") else { return false };
        let rest = String::from_utf8_lossy(&self.bytes[cut..]);
        let rest = rest.strip_prefix('\n').unwrap_or(&rest);
        let at_line_start = rest.len() < self.bytes.len() - cut || self.bytes[cut - 1] == b'\n';
        let next = rest.lines().find(|line| !line.is_empty() && !line.starts_with("time: "));
        at_line_start && next.is_some_and(|line| line.starts_with(unseen))
    }
}

/// The events of one file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct DecodedFile {
    pub counts: OutcomeCounts,
    pub results: Vec<String>,
    /// The name and the outcome of each result.
    pub outcomes_by_test: BTreeSet<String>,
    retried: BTreeSet<String>,
    pub gaps: Vec<Gap>,
    pub problems: Vec<ProblemKind>,
}

impl Sink for DecodedFile {
    fn result(&mut self, result: &TestResult<'_>) {
        assert!(!result.name.is_empty());
        assert!(result.message.len() <= 8 << 10);
        match result.attempt {
            Attempt::Final => self.counts.add(result.outcome),
            Attempt::Intermediate => {
                self.retried.insert(result.name.to_string());
            }
        }
        self.outcomes_by_test.insert(format!("{} {}", result.outcome.as_str(), result.name));
        self.results.push(format!("{}:{result:?}", result.origin.line));
    }
    fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }
    fn problem(&mut self, _line: u32, kind: ProblemKind) {
        self.problems.push(kind);
    }
}

pub(crate) fn read(format: Format, input: impl Read) -> DecodedFile {
    let mut read = DecodedFile::default();
    format.read(input, RunBuilder::new(0, ReadConfig::default(), &mut read));
    read
}

/// A table of all formats has each of them once, and a reason where it has nothing else.
pub(crate) fn assert_covers_all_formats<'t>(
    table: impl Iterator<Item = (&'t str, Option<&'t str>)>,
) {
    let table: Vec<(&str, Option<&str>)> = table.collect();
    let all: BTreeSet<&str> = Format::all().map(Format::name).collect();
    assert_eq!(table.len(), all.len());
    assert_eq!(table.iter().map(|(format, _)| *format).collect::<BTreeSet<_>>(), all);
    let is_unexplained = |why: &&str| why.len() < 20;
    let unexplained = table.iter().filter(|(_, why)| why.as_ref().is_some_and(is_unexplained));
    assert_eq!(unexplained.map(|(format, _)| *format).collect::<Vec<_>>(), [""; 0]);
}

/// Whether a table of exceptions has this fixture.
pub(crate) fn is_exempt(exempt: &[(&str, &str)], fixture: &Fixture) -> bool {
    exempt.iter().any(|(case, _)| fixture.case.ends_with(case))
}

#[test]
fn counts_match_those_of_the_tool() {
    let mut wrong = Vec::new();
    for fixture in fixtures() {
        let DecodedFile { counts, retried, gaps, problems, .. } =
            read(fixture.format, &*fixture.bytes);
        let count_of = |outcomes: &[Outcome]| outcomes.iter().map(|o| counts.get(*o)).sum::<u64>();
        let actual = [
            ("tests", counts.total()),
            ("passed", count_of(&[Outcome::Passed])),
            ("failing", counts.failing()),
            ("skipped", count_of(&[Outcome::Skipped, Outcome::Xfailed])),
            ("unfinished", count_of(&[Outcome::Unfinished])),
            ("retried", retried.len() as u64),
            ("gaps", gaps.len() as u64),
        ];
        let expected = actual.map(|(key, _)| (key, fixture.count(key)));
        if actual != expected {
            wrong.push(format!("{}: {actual:?}, not {expected:?}: {gaps:?}", fixture.case));
        }
        let codes: Vec<_> = problems.iter().map(ProblemKind::code).collect();
        let problem = fixture.about.get("problem").map(String::as_str);
        if codes != Vec::from_iter(problem) {
            wrong.push(format!("{}: {codes:?}, not {problem:?}", fixture.case));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Formats of which only one real file could be found, and why.
const SINGLE_FIXTURE_FORMATS: [(&str, &str); 6] = [
    ("failsafe-summary", "a summary of four numbers; the tests are told by JUnit files"),
    ("fpcunit", "needs Free Pascal's own runner; one public log is known"),
    ("ginkgo-json", "needs Go and Ginkgo; one public report is known"),
    ("rwx-json", "one tool writes it"),
    ("smbtorture-simple", "one program prints it, and only by hand"),
    ("testcafe-json", "needs a browser; one public report is known"),
];

#[test]
fn each_format_has_two_real_fixtures() {
    let fixtures = fixtures();
    let single_fixture = Format::all()
        .filter(|format| fixtures.iter().filter(|fixture| fixture.format == *format).count() < 2);
    let exempt = SINGLE_FIXTURE_FORMATS.iter().map(|(format, _)| *format).collect::<BTreeSet<_>>();
    assert_eq!(single_fixture.map(Format::name).collect::<BTreeSet<_>>(), exempt);
}

/// Formats that only `--format` chooses, and the one that is detected in the same files.
const NEVER_DETECTED: [(&str, &str); 1] = [("prove-files", "prove")];

/// The format that is detected in the files of a format.
fn detected_as(format: Format) -> Format {
    let other = NEVER_DETECTED.iter().find(|(name, _)| *name == format.name());
    assert_eq!(other.is_none(), format.is_detected());
    other.map_or(format, |(_, name)| Format::from_name(name).unwrap())
}

#[test]
fn each_fixture_is_claimed_by_one_format() {
    for fixture in fixtures() {
        let head = &fixture.bytes[..fixture.bytes.len().min(Format::SNIFF_LEN)];
        let claims = Format::all().filter(|format| format.matches(head));
        let detected = detected_as(fixture.format);
        assert_eq!(claims.collect::<Vec<_>>(), [detected], "{}", fixture.case);
        assert_eq!(Format::sniff(head), Some(detected));
    }
    for foreign in [&b""[..], b"{\"a\": 1}", b"<suites/>"] {
        assert_eq!(Format::sniff(foreign), None);
    }
}

#[test]
fn results_do_not_depend_on_chunk_size() {
    for fixture in fixtures() {
        let whole = read(fixture.format, &*fixture.bytes);
        for step in [1, 7, 4096] {
            let slow = read(fixture.format, ChunkedReader(&fixture.bytes, step));
            assert_eq!(slow, whole, "{} in steps of {step}", fixture.case);
        }
    }
}

#[test]
fn format_names_round_trip() {
    for format in Format::all() {
        assert_eq!(Format::from_name(format.name()), Some(format));
        let spec = format.spec();
        assert!(spec.link.starts_with("https://"));
        assert!(!spec.outcomes.is_empty());
    }
    assert_eq!(Format::from_name("smbtorture"), Format::from_name("subunit"));
    assert_eq!(Format::from_name("auto"), None);
}
