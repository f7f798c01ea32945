//! googletest's JSON (`--gtest_output=json`).
//!
//! In: one document. Out: a result for each test. What a newcomer would get wrong: a test that failed
//! and then skipped itself has the result `SKIPPED`, and its failures.
//!
//! <https://google.github.io/googletest/advanced.html#generating-a-json-report>

use crate::formats::About;
use crate::formats::emit::names;
use crate::formats::emit::test_record::{self, Told};
use crate::model::{Event, Outcome, RunBuilder, Sink};
use crate::syntax::json::{self, Head, Value, Visitor, Want};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "googletest's JSON (--gtest_output=json)",
    names: "`Suite.Test`, as --gtest_filter takes it, with the instance and the parameter's number",
    outcomes: &RESULTS,
    incomplete: "the document has no end; fewer tests than its header says",
    link: "https://google.github.io/googletest/advanced.html#generating-a-json-report",
};

const RESULTS: [(&str, Outcome); 7] = [
    ("COMPLETED", Outcome::Passed),
    ("SKIPPED", Outcome::Skipped),
    ("SUPPRESSED", Outcome::Skipped),
    ("status NOTRUN", Outcome::Skipped),
    ("failures", Outcome::Failed),
    ("failures of no test", Outcome::Errored),
    ("INTERRUPTED", Outcome::Crashed),
];

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &Head) -> bool {
    head.has(&["testsuites/*/testsuite"]) || head.has(&["tests", "disabled", "testsuites"])
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    json::read(
        input,
        &mut Report { builder, announced: None, failures: None, came: 0, suite: String::new() },
    )
}

struct Report<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    announced: Option<u64>,
    failures: Option<u64>,
    came: u64,
    /// The name of the open suite.
    suite: String,
}

impl<S: Sink> Visitor for Report<'_, '_, S> {
    fn want(&mut self, place: &[&str]) -> Want {
        match place {
            [] | ["testsuites"] | ["testsuites", "*"] | ["testsuites", "*", "testsuite"] => {
                Want::Enter
            }
            ["tests" | "failures"] | ["testsuites", "*", "name"] => Want::Take,
            ["testsuites", "*", "testsuite", "*"] => Want::Take,
            _ => Want::Skip,
        }
    }

    fn value(&mut self, line: u32, place: &[&str], value: &Value) {
        match place {
            ["tests"] => self.announced = value.count(),
            ["failures"] => self.failures = value.count(),
            [_, _, "name"] => value.text().clone_into(&mut self.suite),
            [_, _, _, _] => self.test(line, value),
            _ => {}
        }
    }

    fn left(&mut self, line: u32, place: &[&str]) {
        if place.is_empty() {
            test_record::announced(self.announced, self.came, line, self.builder);
            if let Some(tests) = self.failures {
                self.builder.event(line, Event::AnnouncedFailing { tests });
            }
        }
    }
}

impl<S: Sink> Report<'_, '_, S> {
    fn test(&mut self, line: u32, test: &Value) {
        self.came += 1;
        let failure = test["failures"].list().first();
        let outcome = match (test["status"].text(), failure) {
            (_, Some(_)) => Outcome::Failed,
            ("NOTRUN", None) => Outcome::Skipped,
            // Before version 1.10 there were no results.
            ("RUN", None) if !test["result"].is_some() => Outcome::Passed,
            (_, None) => test_record::exact_outcome(&RESULTS, test["result"].text()),
        };
        // What fails in a suite's or the program's environment is a test without a name.
        let class = test_record::first(&[test["classname"].text(), self.suite.as_str()]);
        let name = names::joined(&[class, test["name"].text()], ".");
        let outcome = match (test["name"].text(), outcome) {
            ("", Outcome::Failed) => Outcome::Errored,
            (_, outcome) => outcome,
        };
        let skipped = test["skipped"].list().first();
        let said = failure.map_or("", |failure| failure["failure"].text());
        Told::new(name, outcome)
            .message(test_record::first(&[said, skipped.map_or("", |s| s["message"].text())]))
            .at(test["file"].text(), test["line"].count())
            .tell(line, self.builder);
    }
}
