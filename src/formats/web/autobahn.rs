//! The Autobahn testsuite's `index.json`, WebSocket conformance: one document, agents with their cases.
//!
//! How the connection was closed is judged separately; a case passes only if both are right.

use crate::formats::emit::{TestRecord, names, outcome_for};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["autobahn-json", "autobahn"],
    title: "the Autobahn testsuite's index.json",
    test_name: "the agent and the case, as in server/9.1.1",
    outcomes: &BEHAVIORS,
    incomplete: "the document has no end",
    totals: "none: the format declares none",
    link: "https://github.com/crossbario/autobahn-testsuite",
    sniff: Sniff::Json(|head| {
        head.has_key_at_depth(2, "behavior") && head.has_key_at_depth(2, "behaviorClose")
    }),
    read,
};

const BEHAVIORS: [(&str, Outcome); 9] = [
    ("OK", Outcome::Passed),
    ("NON-STRICT", Outcome::Passed),
    ("INFORMATIONAL", Outcome::Passed),
    ("UNIMPLEMENTED", Outcome::Skipped),
    ("FAILED", Outcome::Failed),
    ("WRONG CODE", Outcome::Failed),
    ("UNCLEAN", Outcome::Failed),
    ("FAILED BY CLIENT", Outcome::Failed),
    ("NO_CLOSE", Outcome::Failed),
];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    json::for_each(input, &["{agent}/{case}"], |line, path, value| {
        let [agent, case] = path else { return };
        let [behavior, close] = ["behavior", "behaviorClose"].map(|key| value[key].as_str());
        let outcome = outcome_for(&BEHAVIORS, behavior).max(outcome_for(&BEHAVIORS, close));
        TestRecord::new(names::join_child(agent, case, "/"), outcome)
            .message(&format!("behavior {behavior}, close {close}"))
            .emit(line, builder);
    })
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
        assert!(case("ZORKED", "OK").starts_with("failed a/1.1"));
        assert!(case("INFORMATIONAL", "INFORMATIONAL").starts_with("passed a/1.1"));
    }
}
