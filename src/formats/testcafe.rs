//! TestCafe's JSON reporter.
//!
//! In: one document, fixtures with their tests. Out: a result for each test.
//!
//! <https://testcafe.io/documentation/402826/reference/configuration-file>

use super::json::{self, Head, Value, Visitor, Want};
use super::told::Told;
use super::{About, Ended};
use crate::model::{Outcome, RunBuilder, Sink};
use std::io::Read;

pub const ABOUT: About = About {
    title: "TestCafe's JSON reporter",
    names: "the fixture and the test, joined by ` - `",
    outcomes: &[
        ("no errs", Outcome::Passed),
        ("skipped", Outcome::Skipped),
        ("errs", Outcome::Failed),
    ],
    incomplete: "the document has no end",
    link: "https://testcafe.io/documentation/402825/guides/intermediate-guides/reporters",
};

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &Head) -> bool {
    head.has(&["userAgents"]) && (head.has(&["fixtures"]) || head.has(&["startTime"]))
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    json::read(input, &mut Report(builder))
}

struct Report<'b, 's, S: Sink>(&'b mut RunBuilder<'s, S>);

impl<S: Sink> Visitor for Report<'_, '_, S> {
    fn want(&mut self, place: &[&str]) -> Want {
        match place {
            [] | ["fixtures"] => Want::Enter,
            ["fixtures", "*"] => Want::Take,
            _ => Want::Skip,
        }
    }

    fn value(&mut self, line: u32, _: &[&str], fixture: &Value) {
        for test in fixture["tests"].list() {
            let errs = test["errs"].list();
            let outcome = match errs {
                [] if test["skipped"].is_true() => Outcome::Skipped,
                [] => Outcome::Passed,
                [..] => Outcome::Failed,
            };
            let name = format!("{} - {}", fixture["name"].text(), test["name"].text());
            Told::new(name, outcome)
                .message(errs.first().map_or("", Value::text))
                .at(fixture["path"].text().trim_start_matches("./"), None)
                .flaky(test["unstable"].is_true())
                .tell(line, self.0);
        }
    }
}
