//! CTRF, the common test report format.
//!
//! In: one document. Out: a result for each test and for each earlier try of it.
//!
//! <https://ctrf.io/docs/specification/overview>

use super::About;
use super::emit::names;
use super::emit::test_record::{self, Told};
use crate::model::{Attempt, Outcome, RunBuilder, Sink};
use crate::syntax::json::{self, Head, Value, Visitor, Want};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "CTRF, the common test report format",
    names: "the suites and the name, joined by ` > `; the name alone where it begins with them",
    outcomes: &STATUSES,
    incomplete: "the document has no end; fewer tests than its summary says",
    link: "https://ctrf.io/docs/specification/overview",
};

const STATUSES: [(&str, Outcome); 5] = [
    ("passed", Outcome::Passed),
    ("skipped", Outcome::Skipped),
    ("pending", Outcome::Skipped),
    ("failed", Outcome::Failed),
    ("other", Outcome::Errored),
];

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &Head) -> bool {
    head.says("reportFormat", "CTRF") || head.has(&["results/tool", "results/summary/tests"])
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    json::read(input, &mut Report { builder, announced: None, came: 0 })
}

struct Report<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    announced: Option<u64>,
    came: u64,
}

impl<S: Sink> Visitor for Report<'_, '_, S> {
    fn want(&mut self, place: &[&str]) -> Want {
        match place {
            [] | ["results"] | ["results", "tests"] => Want::Enter,
            ["results", "summary"] | ["results", "tests", "*"] => Want::Take,
            _ => Want::Skip,
        }
    }

    fn value(&mut self, line: u32, place: &[&str], value: &Value) {
        match place {
            ["results", "summary"] => self.announced = value["tests"].count(),
            ["results", "tests", _] => self.test(line, value),
            _ => {}
        }
    }

    fn left(&mut self, line: u32, place: &[&str]) {
        if place.is_empty() {
            test_record::announced(self.announced, self.came, line, self.builder);
        }
    }
}

impl<S: Sink> Report<'_, '_, S> {
    fn test(&mut self, line: u32, test: &Value) {
        self.came += 1;
        let name = name(test);
        let tries = test["retryAttempts"].list();
        for attempt in tries {
            let outcome = test_record::exact_outcome(&STATUSES, attempt["status"].text());
            Told::new(name.as_str(), outcome)
                .message(said(attempt))
                .attempt(Attempt::Retry)
                .tell(line, self.builder);
        }
        let flaky = test["flaky"].is_true() || test["retries"].count() > Some(0);
        Told::new(name, test_record::exact_outcome(&STATUSES, test["status"].text()))
            .message(said(test))
            .at(test["filePath"].text(), test["line"].count())
            .flaky(flaky && tries.is_empty())
            .tell(line, self.builder);
    }
}

fn said(test: &Value) -> &str {
    test_record::first(&[test["message"].text(), test["trace"].text()])
}

fn name(test: &Value) -> String {
    let mut parts = test["suite"].texts();
    parts.push(test["suite"].text());
    let suite = names::joined(&parts, " > ");
    match test["name"].text() {
        name if name.starts_with(&suite) => name.to_owned(),
        name => names::joined(&[&suite, name], " > "),
    }
}
