//! The JSON report. Its schema is `schema/report-1.json`.

use crate::model::{CombinedOutcome, Outcome, Severity, Variant};
use crate::report::{
    Conclusion, FlippingTest, GapLine, HintLine, MissingTest, NameRelation, ProblemLine, Reason,
    Report, RowCounts, RowHistory, RowLine, RowStatus, SuiteFact, TestLine, VariantLine, Verdict,
};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::io::{self, Write};

/// The report of one `knownfail check`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "knownfail report")]
struct JsonReport<'a> {
    /// The version of this schema.
    schema: u32,
    /// The program and its version.
    tool: &'static str,
    /// The commit that was tested; null if it is not known.
    commit: Option<&'a str>,
    conclusion: Conclusion,
    /// The conditions of `fail-on` that led to the conclusion.
    reasons: &'a [Reason],
    /// Tests by verdict. All but `missing` add up to `tests`.
    counts: JsonCounts,
    /// Every result of every file, repeated ones included.
    results: JsonResults,
    variants: Vec<JsonVariant<'a>>,
    /// Every test whose verdict is more than passed or skipped; all tests with `--all-tests`.
    #[schemars(with = "Vec<JsonTest<'a>>")]
    tests: JsonTests<'a>,
    /// How many tests of each suite of the base run ran; empty without a base run.
    inventory: Vec<JsonSuite<'a>>,
    /// Tests that failed in some runs of the commit and passed in others, of this run and the evidence.
    flips: Vec<JsonFlip<'a>>,
    rows: Vec<JsonRow<'a>>,
    /// Why rows match no test although such a test ran: their names differ in form only. One for each relation.
    #[schemars(default)]
    hints: Vec<JsonHint<'a>>,
    problems: Vec<JsonProblem<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonCounts {
    tests: u64,
    passed: u64,
    skipped: u64,
    known_failures: u64,
    new_failures: u64,
    newly_passing: u64,
    flaky: u64,
    unmeasured: u64,
    missing: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonResults {
    total: u64,
    passed: u64,
    failed: u64,
    errored: u64,
    crashed: u64,
    timed_out: u64,
    skipped: u64,
    xfailed: u64,
    xpassed: u64,
    unfinished: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonVariant<'a> {
    /// Empty for a run without variants.
    name: &'a str,
    /// Whether all of it was measured. A variant that only the base run has did not run.
    complete: bool,
    /// Why it is not complete.
    why: Vec<String>,
    /// What was truncated, as a row expects.
    signed_off: Vec<String>,
    files: u64,
    tests: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonSuite<'a> {
    /// Its tests' names without their last part; may be empty.
    suite: &'a str,
    variant: &'a str,
    /// Tests that ran in the base run.
    base: u64,
    /// Those of them that ran in this run too.
    ran: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonFlip<'a> {
    name: &'a str,
    variant: &'a str,
    /// Complete runs of the commit in which it failed.
    failed: usize,
    /// Complete runs of the commit in which it failed or passed.
    runs: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonTest<'a> {
    name: &'a str,
    variant: &'a str,
    /// As the runner reported it; null for a missing test.
    outcome: Option<Outcome>,
    /// Whether it passed when it was retried: `outcome` is that of the worst attempt.
    flaky: bool,
    verdict: Verdict,
    /// The outcome in the base run.
    base: Option<Outcome>,
    /// Whether it passed there when it was retried: `base` is the outcome of the worst attempt.
    base_flaky: bool,
    /// The row that claims it.
    row: Option<JsonLocation<'a>>,
    /// True if it failed because of infrastructure, which is neither a failure nor a pass; not there otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    infrastructure: bool,
    /// What a reader should know besides the verdict.
    remarks: Vec<String>,
    message: &'a str,
    /// The test's source file, as the results name it.
    file: Option<&'a str>,
    line: Option<u64>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonLocation<'a> {
    file: &'a str,
    /// 1-based.
    line: u32,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonRow<'a> {
    file: &'a str,
    /// 1-based.
    line: u32,
    pattern: &'a str,
    status: RowStatus,
    /// Tests that failed, in all variants together; likewise the next two.
    failed: u64,
    passed: u64,
    skipped: u64,
    /// Tests that failed because of infrastructure: neither failed nor passed.
    unmeasured: u64,
    /// Whether it expects a hang or a crash, and none of its tests hung or crashed.
    closes_gap: bool,
    /// Failed tests that never ended.
    unfinished: u64,
    /// The variants that it applies to, as its column has them; empty for all.
    scope: &'a str,
    /// If the run has several variants: the same counts in each that the row applies to; zeros if no test of it
    /// ran.
    by_variant: Vec<JsonVariantCounts<'a>>,
    /// Tests that it claims only because of `compat = loose`.
    loosely: &'a [String],
    /// For a wildcard that also claims passing tests: the names of the exact rows that would replace it.
    narrowed: &'a [String],
    /// Why `knownfail update` keeps the row, if tests of it pass.
    kept: Option<String>,
    /// For a row that matches no test: a failing test without an exact row whose name differs in a few letters.
    near: Option<&'a str>,
    category: &'a str,
    reason: &'a str,
    issue: &'a str,
    /// The headings above its table, outermost first.
    section: &'a [String],
    /// How its tests fared in earlier runs and this one, if there are earlier ones.
    evidence: Option<RowHistory>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonVariantCounts<'a> {
    name: &'a str,
    failed: u64,
    passed: u64,
    skipped: u64,
    unmeasured: u64,
    unfinished: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonHint<'a> {
    /// How the names differ.
    relation: NameRelation,
    /// The number of rows that it explains.
    rows: u64,
    /// The number of tests that these rows would claim.
    tests: u64,
    /// The first of these rows.
    row: JsonHintRow<'a>,
    /// A test that this row is about.
    test: &'a str,
    /// What makes the row match the test.
    remedy: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonHintRow<'a> {
    file: &'a str,
    /// 1-based.
    line: u32,
    pattern: &'a str,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonProblem<'a> {
    code: &'static str,
    severity: Severity,
    file: &'a str,
    /// 1-based; 0 for the whole file.
    line: u32,
    /// 1-based; 0 for the whole line.
    column: u32,
    message: String,
}

pub(super) const TOOL: &str = concat!("knownfail ", env!("CARGO_PKG_VERSION"));

/// The report as JSON, ending in a line break.
pub fn render_json(report: &Report) -> String {
    to_pretty_json(&json_report(report))
}

/// Writes the report as JSON test by test: a million tests are some hundred megabytes.
///
/// # Errors
/// Those of the writer.
pub fn write_json(report: &Report, to: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *to, &json_report(report))?;
    to.write_all(b"\n")
}

/// Indented JSON, ending in a line break.
pub(super) fn to_pretty_json(json: &impl Serialize) -> String {
    serde_json::to_string_pretty(json).unwrap_or_default() + "\n"
}

/// The JSON Schema of the report, ending in a line break.
pub fn schema() -> String {
    to_pretty_json(&schemars::schema_for!(JsonReport<'static>))
}

fn json_report(report: &Report) -> JsonReport<'_> {
    JsonReport {
        schema: 1,
        tool: TOOL,
        commit: Some(report.commit.as_str()).filter(|commit| !commit.is_empty()),
        conclusion: report.judgement.conclusion,
        reasons: &report.judgement.reasons,
        counts: counts(report),
        results: results(report),
        variants: report.variants.iter().map(variant).collect(),
        tests: JsonTests(report),
        inventory: report.suites.iter().map(suite).collect(),
        flips: report.flipping.iter().map(flip).collect(),
        rows: report.rows.iter().map(row).collect(),
        hints: report.hints.iter().map(hint).collect(),
        problems: report.problems.iter().map(problem).collect(),
    }
}

fn counts(report: &Report) -> JsonCounts {
    JsonCounts {
        tests: report.counts.test_count(),
        passed: report.count(Verdict::Passed),
        skipped: report.count(Verdict::Skipped),
        known_failures: report.count(Verdict::KnownFailure),
        new_failures: report.count(Verdict::NewFailure),
        newly_passing: report.count(Verdict::NewlyPassing),
        flaky: report.count(Verdict::Flaky),
        unmeasured: report.count(Verdict::Unmeasured),
        missing: report.count(Verdict::Missing),
    }
}

fn results(report: &Report) -> JsonResults {
    let count = |outcome| report.results.get(outcome);
    JsonResults {
        total: report.results.total(),
        passed: count(Outcome::Passed),
        failed: count(Outcome::Failed),
        errored: count(Outcome::Errored),
        crashed: count(Outcome::Crashed),
        timed_out: count(Outcome::TimedOut),
        skipped: count(Outcome::Skipped),
        xfailed: count(Outcome::Xfailed),
        xpassed: count(Outcome::Xpassed),
        unfinished: count(Outcome::Unfinished),
    }
}

fn variant(variant: &VariantLine) -> JsonVariant<'_> {
    let texts = |gaps: &[GapLine]| gaps.iter().map(|gap| gap.text.to_string()).collect();
    JsonVariant {
        name: &variant.name,
        complete: variant.is_complete(),
        why: texts(&variant.incomplete_reasons),
        signed_off: texts(&variant.accepted),
        files: variant.files,
        tests: variant.tests,
    }
}

fn suite(suite: &SuiteFact) -> JsonSuite<'_> {
    let SuiteFact { suite, variant, base, current } = suite;
    JsonSuite { suite, variant: variant.as_str(), base: *base, ran: *current }
}

fn flip(flip: &FlippingTest) -> JsonFlip<'_> {
    let FlippingTest { name, variant, failed, runs } = flip;
    JsonFlip { name, variant: variant.as_str(), failed: *failed, runs: *runs }
}

/// Tests by name, then variant, the missing ones among them; each is converted when it is written.
#[derive(Debug)]
struct JsonTests<'a>(&'a Report);

impl Serialize for JsonTests<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = self.0;
        let mut reported = report.tests.iter().map(|line| test(report, line)).peekable();
        let mut missing_tests = report.missing.iter().map(|line| missing(report, line)).peekable();
        serializer.collect_seq(std::iter::from_fn(|| {
            match (reported.peek(), missing_tests.peek()) {
                (Some(a), Some(b)) if (b.name, b.variant) < (a.name, a.variant) => {
                    missing_tests.next()
                }
                (None, _) => missing_tests.next(),
                (Some(_), _) => reported.next(),
            }
        }))
    }
}

fn missing<'a>(report: &'a Report, test: &'a MissingTest) -> JsonTest<'a> {
    JsonTest {
        name: &test.name,
        variant: test.variant.as_str(),
        outcome: None,
        flaky: false,
        verdict: Verdict::Missing,
        base: Some(test.base.worst()),
        base_flaky: test.base.is_flaky(),
        row: row_location(report, test.row.map(|row| row.0 as usize)),
        infrastructure: false,
        remarks: Vec::new(),
        message: "",
        file: None,
        line: None,
    }
}

fn test<'a>(report: &'a Report, test: &'a TestLine) -> JsonTest<'a> {
    JsonTest {
        name: &test.name,
        variant: &test.variant,
        outcome: Some(test.outcome),
        flaky: test.is_flaky,
        verdict: test.verdict,
        base: test.base.map(CombinedOutcome::worst),
        base_flaky: test.base.is_some_and(CombinedOutcome::is_flaky),
        row: row_location(report, test.row),
        infrastructure: test.is_infrastructure_failure,
        remarks: test.remarks.iter().map(ToString::to_string).collect(),
        message: &test.message,
        file: test.file.as_deref(),
        line: test.line,
    }
}

fn row_location(report: &Report, row: Option<usize>) -> Option<JsonLocation<'_>> {
    row.map(|row| &report.rows[row]).map(|row| JsonLocation { file: &row.file, line: row.line })
}

fn row(row: &RowLine) -> JsonRow<'_> {
    JsonRow {
        file: &row.file,
        line: row.line,
        pattern: &row.pattern,
        status: row.status,
        failed: row.counts.failed,
        passed: row.counts.passed,
        skipped: row.counts.skipped,
        unmeasured: row.counts.unmeasured,
        closes_gap: row.ran_to_completion,
        unfinished: row.counts.unfinished,
        scope: &row.scope,
        by_variant: row.by_variant.iter().map(variant_counts).collect(),
        loosely: &row.loose_matches,
        narrowed: row.narrowed(),
        kept: row.keep_reason.as_ref().map(ToString::to_string),
        near: row.suggestion.as_deref(),
        category: &row.category,
        reason: &row.reason,
        issue: &row.issue,
        section: &row.section,
        evidence: row.history,
    }
}

fn hint(hint: &HintLine) -> JsonHint<'_> {
    let HintLine { relation, rows, tests, file, line, pattern, test, remedy } = hint;
    let row = JsonHintRow { file, line: *line, pattern };
    let remedy = remedy.to_string();
    JsonHint { relation: *relation, rows: *rows, tests: *tests, row, test, remedy }
}

fn variant_counts<'a>((name, counts): (&'a Variant, RowCounts)) -> JsonVariantCounts<'a> {
    let name = name.as_str();
    let RowCounts { failed, passed, skipped, unmeasured, unfinished } = counts;
    JsonVariantCounts { name, failed, passed, skipped, unmeasured, unfinished }
}

/// Only the problems, as in the report, ending in a line break.
pub fn render_problems(problems: &[ProblemLine]) -> String {
    let problems: Vec<JsonProblem<'_>> = problems.iter().map(problem).collect();
    let json = serde_json::json!({ "schema": 1, "tool": TOOL, "problems": problems });
    format!("{json:#}\n")
}

fn problem(problem: &ProblemLine) -> JsonProblem<'_> {
    let ProblemLine { code, severity, file, line, column, message, .. } = problem;
    let message = message.to_string();
    JsonProblem { code, severity: *severity, file, line: *line, column: *column, message }
}
