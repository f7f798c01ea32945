//! pytest-json-report's document.
//!
//! In: one document. Out: a result for each test, and one for each collector that failed. What a
//! newcomer would get wrong: a test that passed in the end after a rerun has the outcome `rerun`.
//!
//! <https://github.com/numirias/pytest-json-report>

use crate::formats::emit::test_record::{self, TestRecord};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, JsonHead, Value, VisitAction, Visitor};
use crate::syntax::read_end::ReadEnd;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["pytest-json"],
    title: "pytest-json-report",
    test_name: "the node id, as in tests/test_a.py::TestClass::test_b[param]",
    outcomes: &OUTCOMES,
    incomplete: "the document has no end; pytest's exit code says that it was interrupted",
    link: "https://github.com/numirias/pytest-json-report",
    sniff: Sniff::Json(sniff),
    read,
};

/// pytest doesn't count a pass that was not expected as failing, unless it is strict: then it says
/// `failed`.
const OUTCOMES: [(&str, Outcome); 9] = [
    ("passed", Outcome::Passed),
    ("rerun", Outcome::Passed),
    ("subtests passed", Outcome::Passed),
    ("xpassed", Outcome::Passed),
    ("skipped", Outcome::Skipped),
    ("xfailed", Outcome::Xfailed),
    ("failed, [XPASS(strict)]", Outcome::Xpassed),
    ("failed", Outcome::Failed),
    ("error", Outcome::Errored),
];

/// What pytest's exit codes say when it gave up.
const ABORT_EXIT_CODES: [(u64, &str); 3] =
    [(2, "interrupted"), (3, "internal error"), (4, "usage error")];

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &JsonHead) -> bool {
    head.has_all(&["created", "exitcode", "root"])
        || head.has_all(&["tests/*/nodeid", "tests/*/outcome"])
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    json::read(input, &mut PytestJsonReader { builder, exit: None, collectors_failed: 0 })
}

struct PytestJsonReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    exit: Option<u64>,
    collectors_failed: u32,
}

impl Visitor for PytestJsonReader<'_, '_> {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        match path {
            [] | ["tests" | "collectors"] => VisitAction::Enter,
            ["exitcode"] | ["tests" | "collectors", "*"] => VisitAction::Take,
            _ => VisitAction::Skip,
        }
    }

    fn value(&mut self, line: u32, path: &[&str], value: &Value) {
        match path {
            ["exitcode"] => self.exit = value.as_u64(),
            ["collectors", _] if value["outcome"].as_str() == "failed" => {
                self.collectors_failed += 1;
                TestRecord::new(value["nodeid"].as_str(), Outcome::Errored)
                    .message(value["longrepr"].as_str())
                    .emit(line, self.builder);
            }
            ["tests", _] => self.test(line, value),
            _ => {}
        }
    }

    fn leave(&mut self, line: u32, path: &[&str]) {
        let why = ABORT_EXIT_CODES.iter().find(|(code, _)| Some(*code) == self.exit);
        if let (Some((_, why)), true, 0) = (why, path.is_empty(), self.collectors_failed) {
            test_record::emit_bail_out(why, line, self.builder);
        }
    }
}

impl PytestJsonReader<'_, '_> {
    fn test(&mut self, line: u32, test: &Value) {
        let phases = ["call", "setup", "teardown"].map(|phase| &test[phase]);
        let messages = phases.map(|phase| {
            test_record::first_non_empty(&[
                phase["longrepr"].as_str(),
                phase["crash"]["message"].as_str(),
            ])
        });
        let message = test_record::first_non_empty(&messages);
        let word = test["outcome"].as_str();
        let outcome = match test_record::outcome_for(&OUTCOMES, word) {
            Outcome::Failed if message.contains("[XPASS(strict)]") => Outcome::Xpassed,
            outcome => outcome,
        };
        let nodeid = test["nodeid"].as_str();
        TestRecord::new(nodeid, outcome)
            .message(message)
            .location(
                nodeid.split("::").next().unwrap_or(""),
                test["lineno"].as_u64().map(|n| n.saturating_add(1)),
            )
            .flaky(word == "rerun")
            .emit(line, self.builder);
    }
}
