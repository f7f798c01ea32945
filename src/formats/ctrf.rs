//! CTRF, the common test report format: one document. A test may contain its earlier attempts.

use crate::formats::emit::{
    TestRecord, check_totals, emit_bail_out, emit_plan, first_non_empty, known_or_failed, lookup,
    names, saturating_sum,
};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Attempt, Outcome, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["ctrf-json", "ctrf"],
    title: "CTRF, the common test report format",
    test_name: "the suites and the name, joined by ` > `; the name alone where it begins with them",
    outcomes: &STATUSES,
    incomplete: "the document has no end; less than its summary declares",
    totals: "the summary: tests, passed, failed, other, skipped, pending and flaky ones",
    link: "https://ctrf.io/docs/specification/overview",
    sniff: Sniff::Json(|head| {
        head.has_text("reportFormat", "CTRF")
            || head.has_all(&["results/tool", "results/summary/tests"])
    }),
    read,
};

const STATUSES: [(&str, Outcome); 5] = [
    ("passed", Outcome::Passed),
    ("skipped", Outcome::Skipped),
    ("pending", Outcome::Skipped),
    ("failed", Outcome::Failed),
    ("other", Outcome::Errored),
];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let (mut summary, mut seen, mut flaky) = (Value::Null, 0, 0);
    let paths = ["results/summary", "results/tests/*", json::DOCUMENT_END];
    json::for_each(input, &paths, |line, path, value| match path {
        ["results", "summary"] => summary = value.clone(),
        ["results", "tests", _] => {
            seen += 1;
            let may_be_flaky = value["flaky"].is_true() || value["status"].as_str() == "passed";
            flaky += u64::from(may_be_flaky && is_flaky(value));
            emit(line, value, builder);
        }
        [] => emit_summary(line, &summary, [seen, flaky], builder),
        _ => {}
    })
}

fn emit_summary(line: u32, summary: &Value, [seen, flaky]: [u64; 2], builder: &mut RunBuilder<'_>) {
    let totals = ["tests", "passed", "failed", "skipped", "pending", "other", "flaky"];
    check_totals(summary, &totals, line, builder);
    let sum = |keys: &[&str]| saturating_sum(keys.iter().filter_map(|key| summary[*key].as_u64()));
    let parts = sum(&["passed", "failed", "skipped", "pending", "other"]);
    emit_plan(summary["tests"].as_u64().max(Some(parts)), seen, line, builder);
    builder.expect_failures(line, sum(&["failed", "other"]));
    builder.expect_skips(line, sum(&["skipped", "pending"]));
    if let Some(declared) = summary["flaky"].as_u64().filter(|declared| *declared > flaky) {
        emit_bail_out(&format!("{declared} flaky tests, but {flaky} came"), line, builder);
    }
}

/// Whether a test is marked as flaky, or had earlier attempts.
fn is_flaky(test: &Value) -> bool {
    test["flaky"].is_true()
        || test["retries"].as_u64() > Some(0)
        || !test["retryAttempts"].as_array().is_empty()
}

fn emit(line: u32, test: &Value, builder: &mut RunBuilder<'_>) {
    let name = full_name(test);
    let earlier = test["retryAttempts"].as_array();
    for attempt in earlier {
        let (outcome, message) = outcome(attempt);
        TestRecord::new(name.as_str(), outcome)
            .message(&message)
            .attempt(Attempt::Intermediate)
            .emit(line, builder);
    }
    let (outcome, message) = outcome(test);
    TestRecord::new(name, outcome)
        .message(&message)
        .location(test["filePath"].as_str(), test["line"].as_u64())
        .flaky(is_flaky(test) && earlier.is_empty())
        .emit(line, builder);
}

/// The outcome and the message of a test or an attempt.
fn outcome(test: &Value) -> (Outcome, String) {
    let (status, message) = (test["status"].as_str(), test.first_str(&["message", "trace"]));
    let (outcome, unknown) = known_or_failed(lookup(&STATUSES, status), "status", status);
    (outcome, first_non_empty(&[message, &unknown]).to_owned())
}

fn full_name(test: &Value) -> String {
    // An array or a string.
    let mut parts = test["suite"].strings();
    parts.push(test["suite"].as_str());
    let suite = names::join(&parts, " > ");
    match test["name"].as_str() {
        name if name.starts_with(&suite) => name.to_owned(),
        name => names::join(&[&suite, name], " > "),
    }
}
