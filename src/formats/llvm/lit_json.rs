//! LLVM lit's JSON (`-o`).
//!
//! In: one document. Out: a result for each test.
//!
//! <https://llvm.org/docs/CommandGuide/lit.html#test-status-results>

use crate::formats::About;
use crate::formats::emit::test_record::{self, Told};
use crate::model::{Outcome, RunBuilder, Sink};
use crate::syntax::json::{self, Head, Value, Visitor, Want};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "LLVM lit's JSON (-o)",
    names: "as lit prints it: `suite :: path/in/suite.test`",
    outcomes: &CODES,
    incomplete: "the document has no end",
    link: "https://llvm.org/docs/CommandGuide/lit.html#test-status-results",
};

/// What lit calls the outcomes; it counts a pass that was not expected as failing.
pub const CODES: [(&str, Outcome); 10] = [
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
pub fn sniff(head: &Head) -> bool {
    head.has(&["__version__", "tests"]) || head.has(&["tests/*/code", "tests/*/elapsed"])
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    json::read(input, &mut Report(builder))
}

struct Report<'b, 's, S: Sink>(&'b mut RunBuilder<'s, S>);

impl<S: Sink> Visitor for Report<'_, '_, S> {
    fn want(&mut self, place: &[&str]) -> Want {
        match place {
            [] | ["tests"] => Want::Enter,
            ["tests", "*"] => Want::Take,
            _ => Want::Skip,
        }
    }

    fn value(&mut self, line: u32, _: &[&str], test: &Value) {
        let code = test["code"].text();
        Told::new(test["name"].text(), test_record::exact_outcome(&CODES, code))
            .message(test["output"].text())
            .flaky(code == "FLAKYPASS")
            .tell(line, self.0);
    }
}
