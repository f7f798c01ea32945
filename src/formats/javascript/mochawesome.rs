//! mochawesome's JSON: mocha and Cypress.
//!
//! In: one document, suites inside suites. Out: a result for each test, and for each hook that failed.
//!
//! <https://github.com/adamgruber/mochawesome>

use crate::formats::About;
use crate::formats::emit::test_record::{self, Told};
use crate::model::{Event, Outcome, RunBuilder, Sink};
use crate::syntax::json::{self, Head, Value, Visitor, Want};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "mochawesome's JSON: mocha, Cypress",
    names: "the full title: the titles of its suites and its own, as --grep sees them",
    outcomes: &STATES,
    incomplete: "the document has no end; fewer tests or failures than its stats say",
    link: "https://github.com/adamgruber/mochawesome",
};

const STATES: [(&str, Outcome); 5] = [
    ("passed", Outcome::Passed),
    ("pending", Outcome::Skipped),
    ("no state, and skipped or pending", Outcome::Skipped),
    ("failed", Outcome::Failed),
    ("failed and timedOut", Outcome::TimedOut),
];

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &Head) -> bool {
    head.has(&["stats/suites", "stats/passes"])
        && (head.has(&["stats/testsRegistered"]) || head.has(&["results/*/suites"]))
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    json::read(input, &mut Report { builder, tests: None, failures: None, came: 0 })
}

struct Report<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    /// What its stats say.
    tests: Option<u64>,
    failures: Option<u64>,
    came: u64,
}

impl<S: Sink> Visitor for Report<'_, '_, S> {
    fn want(&mut self, place: &[&str]) -> Want {
        match place {
            ["stats", "tests" | "failures"] => Want::Take,
            [] | ["results" | "stats"] | [.., "suites" | "results", "*"] => Want::Enter,
            [.., "*", "suites" | "tests" | "beforeHooks" | "afterHooks"] => Want::Enter,
            [.., "tests" | "beforeHooks" | "afterHooks", "*"] => Want::Take,
            _ => Want::Skip,
        }
    }

    fn value(&mut self, line: u32, place: &[&str], test: &Value) {
        match place {
            ["stats", "tests"] => return self.tests = test.count(),
            ["stats", _] => return self.failures = test.count(),
            _ if !test.is_some() => return,
            _ => self.came += 1,
        }
        let hook = matches!(place, [.., "beforeHooks" | "afterHooks", _]);
        let outcome = match test["state"].text() {
            "" if test["skipped"].is_true() || test["pending"].is_true() => Outcome::Skipped,
            "failed" if test["timedOut"].is_true() => Outcome::TimedOut,
            state => test_record::exact_outcome(&STATES, state),
        };
        if hook && test["state"].text() != "failed" {
            return;
        }
        let err = &test["err"];
        Told::new(test["fullTitle"].text(), outcome)
            .message(test_record::first(&[err["estack"].text(), err["message"].text()]))
            .tell(line, self.builder);
    }

    fn left(&mut self, line: u32, place: &[&str]) {
        if place.is_empty() {
            test_record::announced(self.tests, self.came, line, self.builder);
            if let Some(tests) = self.failures {
                self.builder.event(line, Event::AnnouncedFailing { tests });
            }
        }
    }
}
