//! test262-harness' JSON: conformance of JavaScript engines.
//!
//! In: one document, a list of tests that holds their whole sources. Out: a result for each. A file
//! runs twice, once in each mode, so the mode is part of the name.
//!
//! <https://github.com/test262-utils/test262-harness>

use crate::formats::About;
use crate::formats::emit::test_record::Told;
use crate::model::{Outcome, RunBuilder, Sink};
use crate::syntax::json::{self, Head, Value, Visitor, Want};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "test262-harness --reporter=json",
    names: "the file, and its mode in parentheses, as in test/language/x.js (strict mode)",
    outcomes: &[
        ("result.pass true", Outcome::Passed),
        ("result.skip true", Outcome::Skipped),
        ("result.pass false", Outcome::Failed),
        ("no result", Outcome::Errored),
    ],
    incomplete: "the document has no end",
    link: "https://github.com/test262-utils/test262-harness",
};

/// Whether the first bytes of a file are of this format; the first source may fill them.
pub fn sniff(head: &Head) -> bool {
    head.has(&["*/file", "*/contents"]) || head.has(&["*/file", "*/scenario", "*/result"])
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    json::read(input, &mut Report(builder))
}

struct Report<'b, 's, S: Sink>(&'b mut RunBuilder<'s, S>);

impl<S: Sink> Visitor for Report<'_, '_, S> {
    fn want(&mut self, place: &[&str]) -> Want {
        match place {
            [] => Want::Enter,
            ["*"] => Want::Take,
            _ => Want::Skip,
        }
    }

    fn value(&mut self, line: u32, _: &[&str], test: &Value) {
        let (file, relative) = (test["file"].text(), test["relative"].text());
        let file = match file.starts_with('/') || file.contains(":\\") {
            true if !relative.is_empty() => format!("test/{}", relative.replace('\\', "/")),
            true | false => file.replace('\\', "/"),
        };
        let name = match test["scenario"].text() {
            "" => file.clone(),
            scenario => format!("{file} ({scenario})"),
        };
        let result = &test["result"];
        let outcome = if result["skip"].is_true() {
            Outcome::Skipped
        } else if result["pass"].is_true() {
            Outcome::Passed
        } else if result.is_some() {
            Outcome::Failed
        } else {
            Outcome::Errored
        };
        Told::new(name, outcome)
            .message(result["message"].text())
            .at(&file, None)
            .tell(line, self.0);
    }
}
