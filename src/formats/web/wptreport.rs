//! `wptreport.json`, the report of web-platform-tests.
//!
//! In: one document. Out: a result for each test's harness and for each of its subtests; see
//! [`super::wpt`] for what is expected.
//!
//! <https://github.com/web-platform-tests/wpt/blob/master/tools/wptrunner/wptrunner/formatters/wptreport.py>

use super::wpt::{self, Expectations};
use crate::formats::emit::test_record::TestRecord;
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::RunBuilder;
use crate::syntax::json::{self, JsonHead, Value, VisitAction, Visitor};
use crate::syntax::read_end::ReadEnd;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["wptreport-json", "wptreport"],
    title: "wptreport.json: web-platform-tests, as wptrunner, Servo, Deno and Node write it",
    test_name: "the test's path; for a subtest `path | subtest`, as mozlog prints it",
    outcomes: &wpt::STATUSES,
    incomplete: "the document has no end",
    link: "https://web-platform-tests.org/running-tests/command-line-arguments.html",
    sniff: Sniff::Json(sniff),
    read,
};

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &JsonHead) -> bool {
    let kirk = crate::formats::linux::kirk::sniff(head);
    !kirk && head.has_all(&["results/*/test", "results/*/status"])
        || head.has_all(&["results/*/test", "results/*/subtests"])
        || head.has_all(&["run_info", "time_start"])
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    json::read(input, &mut WptreportReader { builder, expectations: Expectations::Unknown })
}

struct WptreportReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    expectations: Expectations,
}

impl Visitor for WptreportReader<'_, '_> {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        match path {
            [] | ["results"] => VisitAction::Enter,
            ["run_info"] | ["results", "*"] => VisitAction::Take,
            _ => VisitAction::Skip,
        }
    }

    fn value(&mut self, line: u32, path: &[&str], test: &Value) {
        if *path == ["run_info"] {
            // Only wptrunner itself, which has expectations, always says this.
            let original = test["debug"].is_some();
            self.expectations = if original { Expectations::Known } else { Expectations::Unknown };
            return;
        }
        let expectations = self.expectations;
        let name = wpt::test_name(test);
        for subtest in test["subtests"].as_array() {
            let outcome = wpt::outcome(subtest, expectations);
            TestRecord::new(wpt::subtest_name(&name, subtest["name"].as_str()), outcome)
                .message(subtest["message"].as_str())
                .emit(line, self.builder);
        }
        let outcome = wpt::outcome(test, expectations);
        TestRecord::new(name, outcome).message(test["message"].as_str()).emit(line, self.builder);
    }
}

#[cfg(test)]
mod tests {

    use crate::formats::emit::test_record::testing::read_as;

    /// Runners that imitate the format write no expectations, and their failures are failures.
    #[test]
    fn failing_status_is_expected_only_with_known_expectations() {
        let results = r#""results": [{"test": "/a.html", "status": "OK", "message": null, "subtests": [
            {"name": "x", "status": "FAIL", "message": "m", "known_intermittent": []},
            {"name": "y", "status": "FAIL", "expected": "FAIL"}]}]"#;
        let imitation = format!(r#"{{"run_info": {{"product": "a"}}, {results}}}"#);
        let want = ["failed /a.html | x: m", "xfailed /a.html | y", "passed /a.html"];
        assert_eq!(read_as("wptreport-json", &imitation).0, want);
        let original = format!(r#"{{"run_info": {{"debug": false}}, {results}}}"#);
        assert_eq!(read_as("wptreport-json", &original).0[0], "xfailed /a.html | x: m");
    }
}
