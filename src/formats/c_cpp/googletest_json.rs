//! googletest's JSON (`--gtest_output=json`): one document.
//!
//! A test that failed and then skipped itself has the result `SKIPPED` and its failures.

use crate::formats::emit::{TestRecord, emit_plan, first_non_empty, names, outcome_for};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["gtest-json"],
    title: "googletest's JSON (--gtest_output=json)",
    test_name: "`Suite.Test`, as --gtest_filter takes it, with the instance and the parameter's number",
    outcomes: &RESULTS,
    incomplete: "the document has no end; fewer tests than its header declares",
    totals: "",
    link: "https://google.github.io/googletest/advanced.html#generating-a-json-report",
    sniff: Sniff::Json(|head| {
        head.has_all(&["testsuites/*/testsuite"])
            || head.has_all(&["tests", "disabled", "testsuites"])
    }),
    read,
};

const RESULTS: [(&str, Outcome); 7] = [
    ("COMPLETED", Outcome::Passed),
    ("SKIPPED", Outcome::Skipped),
    ("SUPPRESSED", Outcome::Skipped),
    ("status NOTRUN", Outcome::Skipped),
    ("failures", Outcome::Failed),
    ("failures of no test", Outcome::Errored),
    ("INTERRUPTED", Outcome::Crashed),
];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let (mut declared, mut failures, mut seen) = (None, None, 0);
    let mut suite = String::new();
    let paths =
        ["tests", "failures", "testsuites/*/name", "testsuites/*/testsuite/*", json::DOCUMENT_END];
    json::for_each(input, &paths, |line, path, value| match path {
        ["tests"] => declared = value.as_u64(),
        ["failures"] => failures = value.as_u64(),
        [_, _, "name"] => value.as_str().clone_into(&mut suite),
        [_, _, _, _] => {
            seen += 1;
            emit(line, &suite, value, builder);
        }
        [] => {
            emit_plan(declared, seen, line, builder);
            builder.expect_failures(line, failures);
        }
        _ => {}
    })
}

fn emit(line: u32, suite: &str, test: &Value, builder: &mut RunBuilder<'_>) {
    let failure = test["failures"].as_array().first();
    let name = test["name"].as_str();
    let outcome = match (test["status"].as_str(), failure) {
        (_, Some(_)) => Outcome::Failed,
        ("NOTRUN", None) => Outcome::Skipped,
        // Before version 1.10 there were no results.
        ("RUN", None) if test["result"].is_null() => Outcome::Passed,
        (_, None) => outcome_for(&RESULTS, test["result"].as_str()),
    };
    // What fails in the environment of a suite or of the program is a test without a name.
    let outcome = match outcome {
        Outcome::Failed if name.is_empty() => Outcome::Errored,
        outcome => outcome,
    };
    let class = first_non_empty(&[test["classname"].as_str(), suite]);
    let failure_message = failure.map_or("", |failure| failure["failure"].as_str());
    let skip_message =
        test["skipped"].as_array().first().map_or("", |skipped| skipped["message"].as_str());
    TestRecord::new(names::join(&[class, name], "."), outcome)
        .message(first_non_empty(&[failure_message, skip_message]))
        .location(test["file"].as_str(), test["line"].as_u64())
        .emit(line, builder);
}
