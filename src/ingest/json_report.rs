//! Reports of earlier runs, read as what those runs said.
//!
//! In: a file that `--json` wrote. Out: its parts, its tests one at a time: a report may list millions. A
//! newcomer's trap: without `--all-tests` a report does not name the tests that passed or were skipped.

use super::limits::{Limited, Said, Used};
use super::sinks::{Based, Folds};
use crate::compare::{BaseRun, Comparison, ResultsFile};
use crate::error::Error;
use crate::files::Found;
use crate::model::{
    Attempt, Origin, Outcome, Problem, ProblemKind, Sink, SuiteId, TestName, TestResult, Variant,
};
use crate::sanitize;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::io::{BufReader, Read};
use std::sync::Arc;

/// Bytes that a report may have: ten million tests that failed come to less.
const LARGEST: u64 = 8 << 30;

/// What a report says beside its tests.
#[derive(Debug, Default)]
pub struct EarlierReport {
    schema: u32,
    pub commit: Option<String>,
    /// Tests that the run had.
    pub tests: u64,
    /// Tests of it that are listed.
    pub listed: u64,
    pub variants: Vec<EarlierVariant>,
    pub rows: Vec<EarlierRow>,
}

/// A variant of an earlier run.
#[derive(Debug, Deserialize)]
pub struct EarlierVariant {
    pub name: String,
    pub complete: bool,
}

/// What an earlier run said of a row.
#[derive(Debug, Deserialize)]
pub struct EarlierRow {
    pub file: String,
    pub pattern: String,
    #[serde(default)]
    pub scope: String,
    #[serde(flatten)]
    pub total: EarlierCounts,
    /// Only where the run has several variants.
    #[serde(default)]
    pub by_variant: Vec<EarlierInVariant>,
}

/// What the tests of a row did in one variant.
#[derive(Debug, Deserialize)]
pub struct EarlierInVariant {
    pub name: String,
    #[serde(flatten)]
    pub counts: EarlierCounts,
}

/// How many tests of a row did what.
#[derive(Debug, Deserialize)]
pub struct EarlierCounts {
    pub failed: u64,
    pub passed: u64,
    pub skipped: u64,
    #[serde(default)]
    pub unmeasured: u64,
}

/// One test of an earlier run.
#[derive(Debug, Deserialize)]
pub struct EarlierTest {
    pub name: String,
    pub variant: String,
    /// `None` for a test that did not come.
    pub outcome: Option<Outcome>,
    #[serde(default)]
    pub message: String,
}

/// Whether a file is a report, by its first bytes.
pub fn is_report(found: &Found) -> bool {
    let mut head = Vec::new();
    let read = found.place.open().and_then(|file| file.take(256).read_to_end(&mut head));
    let text: String = String::from_utf8_lossy(&head).split_whitespace().collect();
    read.is_ok() && text.starts_with("{\"schema\":") && text.contains("\"tool\":\"knownfail")
}

/// Reads a report, and gives each of its tests to `test`.
///
/// # Errors
/// A file that cannot be read, or is no report.
pub fn read(found: &Found, mut test: impl FnMut(EarlierTest)) -> Result<EarlierReport, Error> {
    let unreadable =
        |error: std::io::Error| Error::Read { path: found.path.clone(), why: error.to_string() };
    let file = found.place.open().map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    if length > LARGEST {
        let (path, what) = (found.path.clone(), "bytes: no report is that long");
        return Err(Error::TooLarge { path, most: LARGEST, what });
    }
    let file = BufReader::with_capacity(128 << 10, file.take(LARGEST));
    let mut json = serde_json::Deserializer::from_reader(file);
    let report = json.deserialize_map(Whole { test: &mut test });
    let report = report.and_then(|report| json.end().map(|()| report)).ok();
    report.filter(|it| it.schema == 1).ok_or_else(|| Error::NoReport { path: found.path.clone() })
}

/// The variants that reports speak of.
///
/// # Errors
/// A file that cannot be read, or is no report.
pub fn variants(reports: &[Found]) -> Result<Vec<Variant>, Error> {
    let mut variants = Vec::new();
    for report in reports {
        let of = read(report, |_| {})?.variants;
        variants.extend(of.iter().map(|variant| Variant::new(&variant.name)));
    }
    Ok(variants)
}

/// Reads a report as results of a base run.
///
/// # Errors
/// A file that cannot be read, or is no report.
pub fn read_base(
    report: &Found,
    comparison: &Comparison<'_>,
    variants: &[Variant],
    base: &mut BaseRun,
    used: &Arc<Used>,
) -> Result<(), Error> {
    let shown = sanitize::line(&report.path.to_string_lossy()).into_owned();
    let file = |variant| ResultsFile { path: shown.as_str().into(), variant };
    let files: Vec<ResultsFile> = (0..variants.len() as u16).map(file).collect();
    let mut folds = Based { base, comparison, files: &files };
    let mut said = Said::default();
    let report = read(report, |test| {
        let variant = variants.binary_search(&Variant::new(&test.variant));
        if let (Ok(variant), Some(outcome)) = (variant, test.outcome) {
            let mut sink = folds.file(variant as u32);
            Limited::new(&mut *sink, used, &mut said).result(&result(&test, outcome));
        }
    })?;
    used.check()?;
    if report.tests == 0 || report.variants.iter().any(|variant| !variant.complete) {
        let kind = ProblemKind::IncompleteBase { why: None, more: 0 };
        folds.problem(Problem::new(&shown, 0, 0, kind));
    }
    if report.listed < report.tests {
        let kind = ProblemKind::PartialBase { listed: report.listed, tests: report.tests };
        folds.problem(Problem::new(&shown, 0, 0, kind));
    }
    Ok(())
}

fn result(test: &EarlierTest, outcome: Outcome) -> TestResult<'_> {
    TestResult {
        name: TestName::shown(&test.name),
        outcome,
        attempt: Attempt::Only,
        message: Cow::Borrowed(&test.message),
        place: None,
        suite: SuiteId { file: 0, suite: 0 },
        origin: Origin { file: 0, line: 0 },
    }
}

/// The object that a report is.
struct Whole<'t> {
    test: &'t mut dyn FnMut(EarlierTest),
}

#[derive(Deserialize)]
struct Counts {
    tests: u64,
}

impl<'de> Visitor<'de> for Whole<'_> {
    type Value = EarlierReport;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a report of knownfail")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<EarlierReport, M::Error> {
        let mut report = EarlierReport::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "schema" => report.schema = map.next_value()?,
                "commit" => report.commit = map.next_value()?,
                "counts" => report.tests = map.next_value::<Counts>()?.tests,
                "variants" => report.variants = map.next_value()?,
                "rows" => report.rows = map.next_value()?,
                "tests" => {
                    let tests = Tests { test: &mut *self.test, listed: &mut report.listed };
                    map.next_value_seed(tests)?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(report)
    }
}

/// The list of tests.
struct Tests<'t> {
    test: &'t mut dyn FnMut(EarlierTest),
    listed: &'t mut u64,
}

impl<'de> DeserializeSeed<'de> for Tests<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Tests<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of tests")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<(), S::Error> {
        while let Some(test) = seq.next_element::<EarlierTest>()? {
            *self.listed += u64::from(test.outcome.is_some());
            (self.test)(test);
        }
        Ok(())
    }
}
