//! Ginkgo's JSON report (`--json-report`).
//!
//! In: one document, a list of suites. Out: a result for each spec, and for each other node that failed.
//! What a newcomer would get wrong: a suite that can't be compiled has no specs, only reasons.
//!
//! <https://pkg.go.dev/github.com/onsi/ginkgo/v2/types#Report>

use crate::formats::emit::names;
use crate::formats::emit::test_record::{self, TestRecord};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, JsonHead, Value, VisitAction, Visitor};
use crate::syntax::read_end::ReadEnd;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["ginkgo-json", "ginkgo"],
    title: "Ginkgo's JSON report (--json-report)",
    test_name: "the suite's description, the texts of the containers and of the spec, with blanks between",
    outcomes: &STATES,
    incomplete: "the document has no end; a suite failed for a reason that is no spec's",
    link: "https://pkg.go.dev/github.com/onsi/ginkgo/v2/types#SpecReport",
    sniff: Sniff::Json(sniff),
    read,
};

const STATES: [(&str, Outcome); 8] = [
    ("passed", Outcome::Passed),
    ("skipped", Outcome::Skipped),
    ("pending", Outcome::Skipped),
    ("failed", Outcome::Failed),
    ("aborted", Outcome::Errored),
    ("panicked", Outcome::Crashed),
    ("interrupted", Outcome::Unfinished),
    ("timedout", Outcome::TimedOut),
];

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &JsonHead) -> bool {
    head.has_all(&["*/SuitePath", "*/SuiteDescription"])
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    json::read(input, &mut GinkgoReader { builder, suite: String::new() })
}

struct GinkgoReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The description of the open suite.
    suite: String,
}

impl Visitor for GinkgoReader<'_, '_> {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        match path {
            [] | ["*"] | ["*", "SpecReports"] => VisitAction::Enter,
            ["*", "SuiteDescription" | "SpecialSuiteFailureReasons"] => VisitAction::Take,
            ["*", "SpecReports", "*"] => VisitAction::Take,
            _ => VisitAction::Skip,
        }
    }

    fn value(&mut self, line: u32, path: &[&str], value: &Value) {
        match path {
            [_, "SuiteDescription"] => value.as_str().clone_into(&mut self.suite),
            [_, "SpecialSuiteFailureReasons"] => {
                for reason in value.strings() {
                    test_record::emit_bail_out(reason, line, self.builder);
                }
            }
            [_, _, _] => self.spec(line, value),
            _ => {}
        }
    }
}

impl GinkgoReader<'_, '_> {
    fn spec(&mut self, line: u32, spec: &Value) {
        let outcome = test_record::outcome_for(&STATES, spec["State"].as_str());
        let node = spec["LeafNodeType"].as_str();
        let mut parts = vec![self.suite.as_str()];
        parts.extend(spec["ContainerHierarchyTexts"].strings());
        let kind = format!("[{node}]");
        if node != "It" {
            if !outcome.is_failing() {
                return;
            }
            parts.push(&kind);
        }
        parts.push(spec["LeafNodeText"].as_str());
        let failure = &spec["Failure"];
        let location = &spec["LeafNodeLocation"];
        TestRecord::new(names::join(&parts, " "), outcome)
            .message(test_record::first_non_empty(&[
                failure["Message"].as_str(),
                failure["ForwardedPanic"].as_str(),
            ]))
            .location(location["FileName"].as_str(), location["LineNumber"].as_u64())
            .flaky(spec["NumAttempts"].as_u64() > Some(1))
            .emit(line, self.builder);
    }
}
