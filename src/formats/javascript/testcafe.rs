//! TestCafe's JSON reporter.
//!
//! In: one document, fixtures with their tests. Out: a result for each test.
//!
//! <https://testcafe.io/documentation/402826/reference/configuration-file>

use crate::formats::About;
use crate::formats::emit::names;
use crate::formats::emit::test_record::{self, Told};
use crate::model::{Outcome, RunBuilder, Sink};
use crate::syntax::json::{self, Head, Value, Visitor, Want};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "TestCafe's JSON reporter",
    names: "the fixture and the test, joined by ` - `",
    outcomes: &[
        ("no errs", Outcome::Passed),
        ("skipped", Outcome::Skipped),
        ("errs", Outcome::Failed),
    ],
    incomplete: "the document has no end; fewer tests than its total",
    link: "https://testcafe.io/documentation/402825/guides/intermediate-guides/reporters",
};

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &Head) -> bool {
    head.has(&["userAgents"]) && (head.has(&["fixtures"]) || head.has(&["startTime"]))
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    json::read(input, &mut Report { builder, total: None, came: 0 })
}

struct Report<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    total: Option<u64>,
    came: u64,
}

impl<S: Sink> Visitor for Report<'_, '_, S> {
    fn want(&mut self, place: &[&str]) -> Want {
        match place {
            [] | ["fixtures"] => Want::Enter,
            ["total"] | ["fixtures", "*"] => Want::Take,
            _ => Want::Skip,
        }
    }

    fn value(&mut self, line: u32, place: &[&str], fixture: &Value) {
        if place == ["total"] {
            return self.total = fixture.count();
        }
        for test in fixture["tests"].list() {
            self.came += 1;
            let errs = test["errs"].list();
            let outcome = match errs {
                [] if test["skipped"].is_true() => Outcome::Skipped,
                [] => Outcome::Passed,
                [..] => Outcome::Failed,
            };
            let name = names::below(fixture["name"].text(), test["name"].text(), " - ");
            Told::new(name, outcome)
                .message(errs.first().map_or("", Value::text))
                .at(fixture["path"].text().trim_start_matches("./"), None)
                .flaky(test["unstable"].is_true())
                .tell(line, self.builder);
        }
    }

    fn left(&mut self, line: u32, place: &[&str]) {
        if place.is_empty() {
            test_record::announced(self.total, self.came, line, self.builder);
        }
    }
}
