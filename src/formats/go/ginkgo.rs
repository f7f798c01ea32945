//! Ginkgo's JSON report (`--json-report`).
//!
//! In: one document, a list of suites. Out: a result for each spec, and for each other node that failed.
//! What a newcomer would get wrong: a suite that can't be compiled has no specs, only reasons.
//!
//! <https://pkg.go.dev/github.com/onsi/ginkgo/v2/types#Report>

use crate::formats::About;
use crate::formats::emit::names;
use crate::formats::emit::test_record::{self, Told};
use crate::model::{Outcome, RunBuilder, Sink};
use crate::syntax::json::{self, Head, Value, Visitor, Want};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "Ginkgo's JSON report (--json-report)",
    names: "the suite's description, the texts of the containers and of the spec, with blanks between",
    outcomes: &STATES,
    incomplete: "the document has no end; a suite failed for a reason that is no spec's",
    link: "https://pkg.go.dev/github.com/onsi/ginkgo/v2/types#SpecReport",
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
pub fn sniff(head: &Head) -> bool {
    head.has(&["*/SuitePath", "*/SuiteDescription"])
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    json::read(input, &mut Report { builder, suite: String::new() })
}

struct Report<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    /// The description of the open suite.
    suite: String,
}

impl<S: Sink> Visitor for Report<'_, '_, S> {
    fn want(&mut self, place: &[&str]) -> Want {
        match place {
            [] | ["*"] | ["*", "SpecReports"] => Want::Enter,
            ["*", "SuiteDescription" | "SpecialSuiteFailureReasons"] => Want::Take,
            ["*", "SpecReports", "*"] => Want::Take,
            _ => Want::Skip,
        }
    }

    fn value(&mut self, line: u32, place: &[&str], value: &Value) {
        match place {
            [_, "SuiteDescription"] => value.text().clone_into(&mut self.suite),
            [_, "SpecialSuiteFailureReasons"] => {
                for reason in value.texts() {
                    test_record::gave_up(reason, line, self.builder);
                }
            }
            [_, _, _] => self.spec(line, value),
            _ => {}
        }
    }
}

impl<S: Sink> Report<'_, '_, S> {
    fn spec(&mut self, line: u32, spec: &Value) {
        let outcome = test_record::exact_outcome(&STATES, spec["State"].text());
        let node = spec["LeafNodeType"].text();
        let mut parts = vec![self.suite.as_str()];
        parts.extend(spec["ContainerHierarchyTexts"].texts());
        let kind = format!("[{node}]");
        if node != "It" {
            if !outcome.is_failing() {
                return;
            }
            parts.push(&kind);
        }
        parts.push(spec["LeafNodeText"].text());
        let failure = &spec["Failure"];
        let place = &spec["LeafNodeLocation"];
        Told::new(names::joined(&parts, " "), outcome)
            .message(test_record::first(&[
                failure["Message"].text(),
                failure["ForwardedPanic"].text(),
            ]))
            .at(place["FileName"].text(), place["LineNumber"].count())
            .flaky(spec["NumAttempts"].count() > Some(1))
            .tell(line, self.builder);
    }
}
