//! The Autobahn testsuite's `index.json`: WebSocket conformance.
//!
//! In: one document, agents with their cases. Out: a result for each case. What a newcomer would get
//! wrong: how the connection was closed is judged apart, and a case passes only if both are right.
//!
//! <https://github.com/crossbario/autobahn-testsuite>

use crate::formats::emit::names;
use crate::formats::emit::test_record::{self, TestRecord};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, JsonHead, Value, VisitAction, Visitor};
use crate::syntax::read_end::ReadEnd;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["autobahn-json", "autobahn"],
    title: "the Autobahn testsuite's index.json",
    test_name: "the agent and the case, as in server/9.1.1",
    outcomes: &BEHAVIORS,
    incomplete: "the document has no end",
    link: "https://github.com/crossbario/autobahn-testsuite",
    sniff: Sniff::Json(sniff),
    read,
};

const BEHAVIORS: [(&str, Outcome); 7] = [
    ("OK", Outcome::Passed),
    ("NON-STRICT", Outcome::Passed),
    ("INFORMATIONAL", Outcome::Passed),
    ("UNIMPLEMENTED", Outcome::Skipped),
    ("FAILED", Outcome::Failed),
    ("WRONG CODE", Outcome::Failed),
    ("UNCLEAN", Outcome::Failed),
];

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &JsonHead) -> bool {
    head.has_key_at_depth(2, "behavior") && head.has_key_at_depth(2, "behaviorClose")
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    json::read(input, &mut AutobahnReader(builder))
}

struct AutobahnReader<'b, 's>(&'b mut RunBuilder<'s>);

impl Visitor for AutobahnReader<'_, '_> {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        match path {
            [] | [_] => VisitAction::Enter,
            [_, _] => VisitAction::Take,
            _ => VisitAction::Skip,
        }
    }

    fn value(&mut self, line: u32, path: &[&str], case: &Value) {
        let [agent, case_id] = path else { return };
        let behavior = case["behavior"].as_str();
        let close = case["behaviorClose"].as_str();
        let (case, closed) = (
            test_record::outcome_for(&BEHAVIORS, behavior),
            test_record::outcome_for(&BEHAVIORS, close),
        );
        let outcome = case.max(closed);
        let message = format!("behavior {behavior}, close {close}");
        TestRecord::new(names::join_child(agent, case_id, "/"), outcome)
            .message(&message)
            .emit(line, self.0);
    }
}

#[cfg(test)]
mod tests {

    use crate::formats::emit::test_record::testing::read_as;

    #[test]
    fn close_behavior_decides_the_outcome_too() {
        let case = |behavior: &str, close: &str| {
            let json = format!(r#"{{"behavior": "{behavior}", "behaviorClose": "{close}"}}"#);
            read_as("autobahn-json", &format!(r#"{{"a": {{"1.1": {json}}}}}"#)).0.remove(0)
        };
        assert!(case("OK", "OK").starts_with("passed a/1.1"));
        assert!(case("OK", "UNCLEAN").starts_with("failed a/1.1"));
        assert!(case("UNIMPLEMENTED", "OK").starts_with("skipped a/1.1"));
        assert!(case("UNIMPLEMENTED", "UNCLEAN").starts_with("failed a/1.1"));
        assert!(case("INFORMATIONAL", "INFORMATIONAL").starts_with("passed a/1.1"));
    }
}
