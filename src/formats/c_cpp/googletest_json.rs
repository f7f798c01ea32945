//! googletest's JSON (`--gtest_output=json`).
//!
//! In: one document. Out: a result for each test. What a newcomer would get wrong: a test that failed
//! and then skipped itself has the result `SKIPPED`, and its failures.
//!
//! <https://google.github.io/googletest/advanced.html#generating-a-json-report>

use crate::formats::emit::names;
use crate::formats::emit::test_record::{self, TestRecord};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::json::{self, JsonHead, Value, VisitAction, Visitor};
use crate::syntax::read_end::ReadEnd;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["gtest-json"],
    title: "googletest's JSON (--gtest_output=json)",
    test_name: "`Suite.Test`, as --gtest_filter takes it, with the instance and the parameter's number",
    outcomes: &RESULTS,
    incomplete: "the document has no end; fewer tests than its header says",
    link: "https://google.github.io/googletest/advanced.html#generating-a-json-report",
    sniff: Sniff::Json(sniff),
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

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &JsonHead) -> bool {
    head.has_all(&["testsuites/*/testsuite"]) || head.has_all(&["tests", "disabled", "testsuites"])
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    json::read(
        input,
        &mut GtestJsonReader {
            builder,
            declared: None,
            failures: None,
            seen: 0,
            suite: String::new(),
        },
    )
}

struct GtestJsonReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    declared: Option<u64>,
    failures: Option<u64>,
    seen: u64,
    /// The name of the open suite.
    suite: String,
}

impl Visitor for GtestJsonReader<'_, '_> {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        match path {
            [] | ["testsuites"] | ["testsuites", "*"] | ["testsuites", "*", "testsuite"] => {
                VisitAction::Enter
            }
            ["tests" | "failures"] | ["testsuites", "*", "name"] => VisitAction::Take,
            ["testsuites", "*", "testsuite", "*"] => VisitAction::Take,
            _ => VisitAction::Skip,
        }
    }

    fn value(&mut self, line: u32, path: &[&str], value: &Value) {
        match path {
            ["tests"] => self.declared = value.as_u64(),
            ["failures"] => self.failures = value.as_u64(),
            [_, _, "name"] => value.as_str().clone_into(&mut self.suite),
            [_, _, _, _] => self.test(line, value),
            _ => {}
        }
    }

    fn leave(&mut self, line: u32, path: &[&str]) {
        if path.is_empty() {
            test_record::emit_declared_count(self.declared, self.seen, line, self.builder);
            if let Some(tests) = self.failures {
                self.builder.handle(line, Event::DeclaredFailures { tests });
            }
        }
    }
}

impl GtestJsonReader<'_, '_> {
    fn test(&mut self, line: u32, test: &Value) {
        self.seen += 1;
        let failure = test["failures"].as_array().first();
        let outcome = match (test["status"].as_str(), failure) {
            (_, Some(_)) => Outcome::Failed,
            ("NOTRUN", None) => Outcome::Skipped,
            // Before version 1.10 there were no results.
            ("RUN", None) if !test["result"].is_some() => Outcome::Passed,
            (_, None) => test_record::outcome_for(&RESULTS, test["result"].as_str()),
        };
        // What fails in a suite's or the program's environment is a test without a name.
        let class =
            test_record::first_non_empty(&[test["classname"].as_str(), self.suite.as_str()]);
        let name = names::join(&[class, test["name"].as_str()], ".");
        let outcome = match (test["name"].as_str(), outcome) {
            ("", Outcome::Failed) => Outcome::Errored,
            (_, outcome) => outcome,
        };
        let skipped = test["skipped"].as_array().first();
        let message = failure.map_or("", |failure| failure["failure"].as_str());
        TestRecord::new(name, outcome)
            .message(test_record::first_non_empty(&[
                message,
                skipped.map_or("", |s| s["message"].as_str()),
            ]))
            .location(test["file"].as_str(), test["line"].as_u64())
            .emit(line, self.builder);
    }
}
