//! The Autobahn testsuite's `index.json`: WebSocket conformance.
//!
//! In: one document, agents with their cases. Out: a result for each case. What a newcomer would get
//! wrong: how the connection was closed is judged apart, and a case passes only if both are right.
//!
//! <https://github.com/crossbario/autobahn-testsuite>

use crate::formats::About;
use crate::formats::emit::names;
use crate::formats::emit::test_record::{self, Told};
use crate::model::{Outcome, RunBuilder, Sink};
use crate::syntax::json::{self, Head, Value, Visitor, Want};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "the Autobahn testsuite's index.json",
    names: "the agent and the case, as in server/9.1.1",
    outcomes: &BEHAVIORS,
    incomplete: "the document has no end",
    link: "https://github.com/crossbario/autobahn-testsuite",
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
pub fn sniff(head: &Head) -> bool {
    head.has_below(2, "behavior") && head.has_below(2, "behaviorClose")
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    json::read(input, &mut Report(builder))
}

struct Report<'b, 's, S: Sink>(&'b mut RunBuilder<'s, S>);

impl<S: Sink> Visitor for Report<'_, '_, S> {
    fn want(&mut self, place: &[&str]) -> Want {
        match place {
            [] | [_] => Want::Enter,
            [_, _] => Want::Take,
            _ => Want::Skip,
        }
    }

    fn value(&mut self, line: u32, place: &[&str], case: &Value) {
        let [agent, number] = place else { return };
        let behavior = case["behavior"].text();
        let close = case["behaviorClose"].text();
        let (case, closed) = (
            test_record::exact_outcome(&BEHAVIORS, behavior),
            test_record::exact_outcome(&BEHAVIORS, close),
        );
        let outcome = case.max(closed);
        let message = format!("behavior {behavior}, close {close}");
        Told::new(names::below(agent, number, "/"), outcome).message(&message).tell(line, self.0);
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::emit::test_record::testing::said;

    #[test]
    fn how_the_connection_was_closed_counts_for_every_case() {
        let case = |behavior: &str, close: &str| {
            let json = format!(r#"{{"behavior": "{behavior}", "behaviorClose": "{close}"}}"#);
            said(Format::Autobahn, &format!(r#"{{"a": {{"1.1": {json}}}}}"#)).0.remove(0)
        };
        assert!(case("OK", "OK").starts_with("passed a/1.1"));
        assert!(case("OK", "UNCLEAN").starts_with("failed a/1.1"));
        assert!(case("UNIMPLEMENTED", "OK").starts_with("skipped a/1.1"));
        assert!(case("UNIMPLEMENTED", "UNCLEAN").starts_with("failed a/1.1"));
        assert!(case("INFORMATIONAL", "INFORMATIONAL").starts_with("passed a/1.1"));
    }
}
