//! TestCafe's JSON reporter.
//!
//! In: one document, fixtures with their tests. Out: a result for each test.
//!
//! <https://testcafe.io/documentation/402826/reference/configuration-file>

use crate::formats::emit::names;
use crate::formats::emit::test_record::{self, TestRecord};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, JsonHead, Value, VisitAction, Visitor};
use crate::syntax::read_end::ReadEnd;
use std::io::Read;

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
    link: "https://testcafe.io/documentation/402825/guides/intermediate-guides/reporters",
    sniff: Sniff::Json(sniff),
    read,
};

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &JsonHead) -> bool {
    head.has_all(&["userAgents"]) && (head.has_all(&["fixtures"]) || head.has_all(&["startTime"]))
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    json::read(input, &mut TestcafeReader { builder, total: None, seen: 0 })
}

struct TestcafeReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    total: Option<u64>,
    seen: u64,
}

impl Visitor for TestcafeReader<'_, '_> {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        match path {
            [] | ["fixtures"] => VisitAction::Enter,
            ["total"] | ["fixtures", "*"] => VisitAction::Take,
            _ => VisitAction::Skip,
        }
    }

    fn value(&mut self, line: u32, path: &[&str], fixture: &Value) {
        if path == ["total"] {
            return self.total = fixture.as_u64();
        }
        for test in fixture["tests"].as_array() {
            self.seen += 1;
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
                .emit(line, self.builder);
        }
    }

    fn leave(&mut self, line: u32, path: &[&str]) {
        if path.is_empty() {
            test_record::emit_declared_count(self.total, self.seen, line, self.builder);
        }
    }
}
