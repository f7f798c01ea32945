//! pytest-json-report's document.
//!
//! In: one document. Out: a result for each test, and one for each collector that failed. What a
//! newcomer would get wrong: a test that passed in the end after a rerun has the outcome `rerun`.
//!
//! <https://github.com/numirias/pytest-json-report>

use crate::formats::About;
use crate::formats::emit::test_record::{self, Told};
use crate::model::{Outcome, RunBuilder, Sink};
use crate::syntax::json::{self, Head, Value, Visitor, Want};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "pytest-json-report",
    names: "the node id, as in tests/test_a.py::TestClass::test_b[param]",
    outcomes: &OUTCOMES,
    incomplete: "the document has no end; pytest's exit code says that it was interrupted",
    link: "https://github.com/numirias/pytest-json-report",
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
const GAVE_UP: [(u64, &str); 3] = [(2, "interrupted"), (3, "internal error"), (4, "usage error")];

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &Head) -> bool {
    head.has(&["created", "exitcode", "root"]) || head.has(&["tests/*/nodeid", "tests/*/outcome"])
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    json::read(input, &mut Report { builder, exit: None, collectors_failed: 0 })
}

struct Report<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    exit: Option<u64>,
    collectors_failed: u32,
}

impl<S: Sink> Visitor for Report<'_, '_, S> {
    fn want(&mut self, place: &[&str]) -> Want {
        match place {
            [] | ["tests" | "collectors"] => Want::Enter,
            ["exitcode"] | ["tests" | "collectors", "*"] => Want::Take,
            _ => Want::Skip,
        }
    }

    fn value(&mut self, line: u32, place: &[&str], value: &Value) {
        match place {
            ["exitcode"] => self.exit = value.count(),
            ["collectors", _] if value["outcome"].text() == "failed" => {
                self.collectors_failed += 1;
                Told::new(value["nodeid"].text(), Outcome::Errored)
                    .message(value["longrepr"].text())
                    .tell(line, self.builder);
            }
            ["tests", _] => self.test(line, value),
            _ => {}
        }
    }

    fn left(&mut self, line: u32, place: &[&str]) {
        let why = GAVE_UP.iter().find(|(code, _)| Some(*code) == self.exit);
        if let (Some((_, why)), true, 0) = (why, place.is_empty(), self.collectors_failed) {
            test_record::gave_up(why, line, self.builder);
        }
    }
}

impl<S: Sink> Report<'_, '_, S> {
    fn test(&mut self, line: u32, test: &Value) {
        let phases = ["call", "setup", "teardown"].map(|phase| &test[phase]);
        let messages = phases.map(|phase| {
            test_record::first(&[phase["longrepr"].text(), phase["crash"]["message"].text()])
        });
        let message = test_record::first(&messages);
        let word = test["outcome"].text();
        let outcome = match test_record::exact_outcome(&OUTCOMES, word) {
            Outcome::Failed if message.contains("[XPASS(strict)]") => Outcome::Xpassed,
            outcome => outcome,
        };
        let nodeid = test["nodeid"].text();
        Told::new(nodeid, outcome)
            .message(message)
            .at(
                nodeid.split("::").next().unwrap_or(""),
                test["lineno"].count().map(|n| n.saturating_add(1)),
            )
            .flaky(word == "rerun")
            .tell(line, self.builder);
    }
}
