//! TestCafe's JSON reporter: one document, fixtures with their tests.

use crate::formats::emit::{TestRecord, emit_plan, names};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["testcafe-json", "testcafe"],
    title: "TestCafe's JSON reporter",
    test_name: "the fixture and the test, joined by ` - `",
    outcomes: &[
        ("no errs", Outcome::Passed),
        ("skipped", Outcome::Skipped),
        ("errs", Outcome::Failed),
    ],
    incomplete: "the document has no end; fewer tests than its total",
    totals: "",
    link: "https://testcafe.io/documentation/402825/guides/intermediate-guides/reporters",
    sniff: Sniff::Json(|head| {
        head.has_all(&["userAgents"])
            && (head.has_all(&["fixtures"]) || head.has_all(&["startTime"]))
    }),
    read,
};

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let (mut total, mut seen) = (None, 0);
    let paths = ["total", "fixtures/*", json::DOCUMENT_END];
    json::for_each(input, &paths, |line, path, value| match path {
        ["total"] => total = value.as_u64(),
        [] => emit_plan(total, seen, line, builder),
        _ => {
            for test in value["tests"].as_array() {
                seen += 1;
                emit(line, value, test, builder);
            }
        }
    })
}

fn emit(line: u32, fixture: &Value, test: &Value, builder: &mut RunBuilder<'_>) {
    let errs = test["errs"].as_array();
    let outcome = match errs {
        [] if test["skipped"].is_true() => Outcome::Skipped,
        [] => Outcome::Passed,
        [..] => Outcome::Failed,
    };
    let name = names::join_child(fixture["name"].as_str(), test["name"].as_str(), " - ");
    TestRecord::new(name, outcome)
        .message(errs.first().map_or("", Value::as_str))
        .location(fixture["path"].as_str().trim_start_matches("./"), None)
        .flaky(test["unstable"].is_true())
        .emit(line, builder);
}
