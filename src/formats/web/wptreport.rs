//! `wptreport.json`, the report of web-platform-tests: one document with a result for each test's harness and for each
//! of its subtests. See [`super::wpt`] for expectations.
//!
//! <https://github.com/web-platform-tests/wpt/blob/master/tools/wptrunner/wptrunner/formatters/wptreport.py>

use super::wpt::{self, Expectations};
use crate::formats::emit::TestRecord;
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::RunBuilder;
use crate::syntax::json;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["wptreport-json", "wptreport"],
    title: "wptreport.json: web-platform-tests, as wptrunner, Servo, Deno and Node write it",
    test_name: "the test's path; for a subtest `path | subtest`, as mozlog prints it",
    outcomes: &wpt::STATUSES,
    incomplete: "the document has no end",
    totals: "",
    link: "https://web-platform-tests.org/running-tests/command-line-arguments.html",
    sniff: Sniff::Json(|head| {
        let is_kirk = head.has_all(&["results/*/test_fqn"]);
        head.has_all(&["results/*/test", "results/*/status"]) && !is_kirk
            || head.has_all(&["results/*/test", "results/*/subtests"])
            || head.has_all(&["run_info", "time_start"])
    }),
    read,
};

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut expectations = Expectations::Unknown;
    json::for_each(input, &["run_info", "results/*"], |line, path, value| {
        if *path == ["run_info"] {
            // Always written by wptrunner, which has expectations, and by no other.
            let is_wptrunner = !value["debug"].is_null();
            expectations = if is_wptrunner { Expectations::Known } else { Expectations::Unknown };
            return;
        }
        let name = wpt::test_name(value);
        for subtest in value["subtests"].as_array() {
            let name = wpt::subtest_name(&name, subtest["name"].as_str());
            TestRecord::new(name, wpt::outcome(subtest, expectations))
                .message(subtest["message"].as_str())
                .emit(line, builder);
        }
        TestRecord::new(name, wpt::outcome(value, expectations))
            .message(value["message"].as_str())
            .emit(line, builder);
    })
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
