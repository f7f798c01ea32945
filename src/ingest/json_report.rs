//! Reads an earlier JSON report as a source of results.
//!
//! Tests are read one at a time: a report may list millions. Without `--all-tests` a report does not name the tests
//! that passed or were skipped.

use super::limits::{FileUsage, LimitedSink, Usage};
use super::sinks::{BaseTarget, ResultTarget};
use crate::compare::{BaseRun, Comparison, ResultsFile, Verdict};
use crate::error::Error;
use crate::files::{self, MatchedFile};
use crate::model::{
    Attempt, BaseRunGap, Origin, Outcome, Problem, ProblemKind, Sink, SuiteId, TestName,
    TestResult, Variant,
};
use crate::sanitize;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::io::{BufReader, Read};

/// Maximum size of a report, in bytes: enough for ten million failures.
const MAX_REPORT_SIZE: u64 = 8 << 30;

/// A report without its tests.
#[derive(Debug, Default)]
pub(crate) struct JsonReportInput {
    schema: u32,
    pub commit: Option<String>,
    pub tests: u64,
    /// Number of tests that are listed.
    pub listed_tests: u64,
    pub variants: Vec<ReportVariant>,
    pub rows: Vec<ReportRow>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ReportVariant {
    pub name: String,
    pub complete: bool,
}

/// A row and its counts.
#[derive(Debug, Deserialize)]
pub(crate) struct ReportRow {
    pub file: String,
    pub pattern: String,
    #[serde(default)]
    pub scope: String,
    #[serde(flatten)]
    pub total: ReportCounts,
    /// Empty unless the run has several variants.
    #[serde(default)]
    pub by_variant: Vec<ReportVariantCounts>,
}

/// A row's counts in one variant.
#[derive(Debug, Deserialize)]
pub(crate) struct ReportVariantCounts {
    pub name: String,
    #[serde(flatten)]
    pub counts: ReportCounts,
}

/// A row's tests by outcome.
#[derive(Debug, Deserialize)]
pub(crate) struct ReportCounts {
    pub failed: u64,
    pub passed: u64,
    pub skipped: u64,
    #[serde(default)]
    pub unmeasured: u64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ReportTest {
    pub name: String,
    pub variant: String,
    /// `None` for a missing test.
    pub outcome: Option<Outcome>,
    pub verdict: Option<Verdict>,
    /// Whether it failed because of infrastructure.
    #[serde(default)]
    pub infrastructure: bool,
    /// Whether it passed when it was retried after that outcome.
    #[serde(default)]
    pub flaky: bool,
    #[serde(default)]
    pub message: String,
}

impl ReportTest {
    /// Passes on its results.
    fn emit(&self, sink: &mut dyn Sink) {
        let Some(outcome) = self.outcome else { return };
        let attempt = if self.flaky { Attempt::Intermediate } else { Attempt::Final };
        let result = TestResult {
            name: TestName::escape(&self.name),
            outcome,
            attempt,
            message: Cow::Borrowed(&self.message),
            location: None,
            // That of no file: a report has no suites, and its gaps are not known.
            suite: SuiteId { file: u32::MAX, suite: 0 },
            origin: Origin { file: 0, line: 0 },
        };
        sink.result(&result);
        if self.flaky {
            let (outcome, attempt, message) = (Outcome::Passed, Attempt::Final, Cow::Borrowed(""));
            sink.result(&TestResult { outcome, attempt, message, ..result });
        }
    }
}

/// Whether a file is a report, by its first bytes.
pub(crate) fn is_report(found: &MatchedFile) -> bool {
    let mut head = Vec::new();
    let read = found.safe_path.open().and_then(|file| file.take(256).read_to_end(&mut head));
    let text: String = String::from_utf8_lossy(&head).split_whitespace().collect();
    read.is_ok() && text.starts_with("{\"schema\":") && text.contains("\"tool\":\"knownfail")
}

/// Reads a report, and passes each of its tests to `on_test`.
pub(crate) fn read(
    found: &MatchedFile,
    mut on_test: impl FnMut(ReportTest),
) -> Result<JsonReportInput, Error> {
    let read_error = |error: std::io::Error| files::Error::read(&found.path, error);
    let file = found.safe_path.open().map_err(read_error)?;
    let length = file.metadata().map_err(read_error)?.len();
    if length > MAX_REPORT_SIZE {
        let (path, what) = (found.path.clone(), "bytes: no report is that long");
        return Err(files::Error::TooLarge { path, limit: MAX_REPORT_SIZE, what }.into());
    }
    let file = BufReader::with_capacity(128 << 10, file.take(MAX_REPORT_SIZE));
    let mut json = serde_json::Deserializer::from_reader(file);
    let report = json.deserialize_map(ReportVisitor(&mut on_test));
    match report.and_then(|report| json.end().map(|()| report)) {
        Ok(report) if report.schema == 1 => Ok(report),
        Ok(_) | Err(_) => Err(Error::NotAReport { path: found.path.clone() }),
    }
}

/// The variants of some reports.
pub(crate) fn variants(reports: &[MatchedFile]) -> Result<Vec<Variant>, Error> {
    let mut variants = Vec::new();
    for report in reports {
        let report = read(report, |_| {})?;
        variants.extend(report.variants.iter().map(|variant| Variant::new(&variant.name)));
    }
    Ok(variants)
}

/// Reads a report into a base run.
pub(crate) fn read_base(
    report: &MatchedFile,
    comparison: &Comparison<'_>,
    variants: &[Variant],
    base: &mut BaseRun,
    usage: &Usage,
) -> Result<(), Error> {
    let display_path = sanitize::path(&report.path);
    let file = |variant| ResultsFile { path: display_path.as_str().into(), variant };
    let files: Vec<ResultsFile> = (0..variants.len() as u16).map(file).collect();
    let mut target = BaseTarget { base, comparison, files: &files };
    let mut file_usage = FileUsage::default();
    let report = read(report, |test| {
        let variant = variants.binary_search(&Variant::new(&test.variant));
        if let Ok(variant) = variant {
            let mut sink = target.file_sink(variant as u32);
            test.emit(&mut LimitedSink::new(&mut *sink, usage, &mut file_usage));
        }
    })?;
    usage.check_results()?;
    if report.tests == 0 || report.variants.iter().any(|variant| !variant.complete) {
        let kind = ProblemKind::IncompleteBase { why: BaseRunGap::Unknown, more: 0 };
        target.problem(Problem::new(&display_path, 0, 0, kind));
    }
    if report.listed_tests < report.tests {
        let kind = ProblemKind::PartialBase { listed: report.listed_tests, tests: report.tests };
        target.problem(Problem::new(&display_path, 0, 0, kind));
        target.base.add_unlisted(report.tests - report.listed_tests);
    }
    Ok(())
}

/// Visits the report's object; passes on each test.
struct ReportVisitor<'t>(&'t mut dyn FnMut(ReportTest));

#[derive(Deserialize)]
struct ReportTotals {
    tests: u64,
}

impl<'de> Visitor<'de> for ReportVisitor<'_> {
    type Value = JsonReportInput;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a report of knownfail")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<JsonReportInput, M::Error> {
        let mut report = JsonReportInput::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "schema" => report.schema = map.next_value()?,
                "commit" => report.commit = map.next_value()?,
                "counts" => report.tests = map.next_value::<ReportTotals>()?.tests,
                "variants" => report.variants = map.next_value()?,
                "rows" => report.rows = map.next_value()?,
                "tests" => report.listed_tests = map.next_value_seed(TestsVisitor(&mut *self.0))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(report)
    }
}

/// Visits the list of tests; passes on each, and returns how many have an outcome.
struct TestsVisitor<'t>(&'t mut dyn FnMut(ReportTest));

impl<'de> DeserializeSeed<'de> for TestsVisitor<'_> {
    type Value = u64;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<u64, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for TestsVisitor<'_> {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of tests")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<u64, S::Error> {
        let mut listed_tests = 0;
        while let Some(test) = seq.next_element::<ReportTest>()? {
            listed_tests += u64::from(test.outcome.is_some());
            (self.0)(test);
        }
        Ok(listed_tests)
    }
}
