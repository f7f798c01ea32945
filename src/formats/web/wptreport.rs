//! `wptreport.json`, the report of web-platform-tests.
//!
//! In: one document. Out: a result for each test's harness and for each of its subtests; see
//! [`super::wpt`] for what is expected.
//!
//! <https://github.com/web-platform-tests/wpt/blob/master/tools/wptrunner/wptrunner/formatters/wptreport.py>

use super::wpt::{self, Expectations};
use crate::formats::About;
use crate::formats::emit::test_record::Told;
use crate::model::{RunBuilder, Sink};
use crate::syntax::json::{self, Head, Value, Visitor, Want};
use crate::syntax::read_end::Ended;
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
    let kirk = crate::formats::linux::kirk::sniff(head);
    !kirk && head.has(&["results/*/test", "results/*/status"])
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

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::emit::test_record::testing::said;

    /// Runners that imitate the format write no expectations, and their failures are failures.
    #[test]
    fn a_failing_status_was_expected_only_by_a_runner_that_expects() {
        let results = r#""results": [{"test": "/a.html", "status": "OK", "message": null, "subtests": [
            {"name": "x", "status": "FAIL", "message": "m", "known_intermittent": []},
            {"name": "y", "status": "FAIL", "expected": "FAIL"}]}]"#;
        let theirs = format!(r#"{{"run_info": {{"product": "a"}}, {results}}}"#);
        let want = ["failed /a.html | x: m", "xfailed /a.html | y", "passed /a.html"];
        assert_eq!(said(Format::Wptreport, &theirs).0, want);
        let original = format!(r#"{{"run_info": {{"debug": false}}, {results}}}"#);
        assert_eq!(said(Format::Wptreport, &original).0[0], "xfailed /a.html | x: m");
    }
}
