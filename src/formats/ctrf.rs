//! CTRF, the common test report format: one document. A test may contain its earlier attempts.

use crate::formats::emit::{TestRecord, emit_plan, names, outcome_for};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Attempt, Outcome, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["ctrf-json", "ctrf"],
    title: "CTRF, the common test report format",
    test_name: "the suites and the name, joined by ` > `; the name alone where it begins with them",
    outcomes: &STATUSES,
    incomplete: "the document has no end; fewer tests than its summary declares",
    totals: "",
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
    let (mut declared, mut seen) = (None, 0);
    let paths = ["results/summary", "results/tests/*", json::DOCUMENT_END];
    json::for_each(input, &paths, |line, path, value| match path {
        ["results", "summary"] => declared = value["tests"].as_u64(),
        ["results", "tests", _] => {
            seen += 1;
            emit(line, value, builder);
        }
        [] => emit_plan(declared, seen, line, builder),
        _ => {}
    })
}

fn emit(line: u32, test: &Value, builder: &mut RunBuilder<'_>) {
    let name = full_name(test);
    let earlier = test["retryAttempts"].as_array();
    for attempt in earlier {
        TestRecord::new(name.as_str(), outcome_for(&STATUSES, attempt["status"].as_str()))
            .message(message_of(attempt))
            .attempt(Attempt::Intermediate)
            .emit(line, builder);
    }
    let flaky = test["flaky"].is_true() || test["retries"].as_u64() > Some(0);
    TestRecord::new(name, outcome_for(&STATUSES, test["status"].as_str()))
        .message(message_of(test))
        .location(test["filePath"].as_str(), test["line"].as_u64())
        .flaky(flaky && earlier.is_empty())
        .emit(line, builder);
}

fn message_of(test: &Value) -> &str {
    test.first_str(&["message", "trace"])
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
