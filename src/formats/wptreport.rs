//! `wptreport.json`, the report of web-platform-tests.
//!
//! In: one document. Out: a result for each test's harness and for each of its subtests; see
//! [`super::wpt`] for what is expected.
//!
//! <https://github.com/web-platform-tests/wpt/blob/master/tools/wptrunner/wptrunner/formatters/wptreport.py>

use super::json::{self, Head, Value, Visitor, Want};
use super::told::Told;
use super::wpt::{self, Expectations};
use super::{About, Ended};
use crate::model::{RunBuilder, Sink};
use std::io::Read;

pub const ABOUT: About = About {
    title: "wptreport.json: web-platform-tests, as wptrunner, Servo, Deno and Node write it",
    names: "the test's path; for a subtest `path | subtest`, as mozlog prints it",
    outcomes: &wpt::STATUSES,
    incomplete: "the document has no end",
    link: "https://web-platform-tests.org/running-tests/command-line-arguments.html",
};

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &Head) -> bool {
    head.has(&["results/*/test", "results/*/status"])
        || head.has(&["results/*/test", "results/*/subtests"])
        || head.has(&["run_info", "time_start"])
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    json::read(input, &mut Report { builder, expectations: Expectations::Unknown })
}

struct Report<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    expectations: Expectations,
}

impl<S: Sink> Visitor for Report<'_, '_, S> {
    fn want(&mut self, place: &[&str]) -> Want {
        match place {
            [] | ["results"] => Want::Enter,
            ["run_info"] | ["results", "*"] => Want::Take,
            _ => Want::Skip,
        }
    }

    fn value(&mut self, line: u32, place: &[&str], test: &Value) {
        if *place == ["run_info"] {
            // Only wptrunner itself, which has expectations, always says this.
            let original = test["debug"].is_some();
            self.expectations = if original { Expectations::Known } else { Expectations::Unknown };
            return;
        }
        let expectations = self.expectations;
        let name = wpt::test(test);
        for subtest in test["subtests"].list() {
            let outcome = wpt::outcome(subtest, expectations);
            Told::new(wpt::subtest(&name, subtest["name"].text()), outcome)
                .message(subtest["message"].text())
                .tell(line, self.builder);
        }
        let outcome = wpt::outcome(test, expectations);
        Told::new(name, outcome).message(test["message"].text()).tell(line, self.builder);
    }
}
