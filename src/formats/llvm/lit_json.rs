//! LLVM lit's JSON (`-o`).
//!
//! In: one document. Out: a result for each test.
//!
//! <https://llvm.org/docs/CommandGuide/lit.html#test-status-results>

use crate::formats::emit::test_record::{self, TestRecord};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, JsonHead, Value, VisitAction, Visitor};
use crate::syntax::read_end::ReadEnd;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["lit-json"],
    title: "LLVM lit's JSON (-o)",
    test_name: "as lit prints it: `suite :: path/in/suite.test`",
    outcomes: &CODES,
    incomplete: "the document has no end",
    link: "https://llvm.org/docs/CommandGuide/lit.html#test-status-results",
    sniff: Sniff::Json(sniff),
    read,
};

/// What lit calls the outcomes; it counts a pass that was not expected as failing.
pub(crate) const CODES: [(&str, Outcome); 10] = [
    ("PASS", Outcome::Passed),
    ("FLAKYPASS", Outcome::Passed),
    ("UNSUPPORTED", Outcome::Skipped),
    ("SKIPPED", Outcome::Skipped),
    ("EXCLUDED", Outcome::Skipped),
    ("XFAIL", Outcome::Xfailed),
    ("XPASS", Outcome::Xpassed),
    ("FAIL", Outcome::Failed),
    ("UNRESOLVED", Outcome::Errored),
    ("TIMEOUT", Outcome::TimedOut),
];

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &JsonHead) -> bool {
    head.has_all(&["__version__", "tests"]) || head.has_all(&["tests/*/code", "tests/*/elapsed"])
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    json::read(input, &mut LitJsonReader(builder))
}

struct LitJsonReader<'b, 's>(&'b mut RunBuilder<'s>);

impl Visitor for LitJsonReader<'_, '_> {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        match path {
            [] | ["tests"] => VisitAction::Enter,
            ["tests", "*"] => VisitAction::Take,
            _ => VisitAction::Skip,
        }
    }

    fn value(&mut self, line: u32, _: &[&str], test: &Value) {
        let code = test["code"].as_str();
        TestRecord::new(test["name"].as_str(), test_record::outcome_for(&CODES, code))
            .message(test["output"].as_str())
            .flaky(code == "FLAKYPASS")
            .emit(line, self.0);
    }
}
