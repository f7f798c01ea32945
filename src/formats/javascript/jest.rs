//! The JSON of jest and vitest: one document, an array of test files with assertion results.
//!
//! A file that failed although no test of it did is a result of its own. Paths are absolute, so they are no part of a
//! name; the full name is what `--testNamePattern` and jest-junit use.

use crate::formats::emit::{TestRecord, emit_bail_out, emit_plan, file_name, names, outcome_for};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["jest-json", "jest", "vitest"],
    title: "jest --json, vitest --reporter=json",
    test_name: "the full name: the titles of its describe blocks and its own; a file that can't run by its \
            last part",
    outcomes: &STATUSES,
    incomplete: "the document has no end; fewer tests than numTotalTests; wasInterrupted; \
                 no success although no test failed",
    totals: "",
    link: "https://jestjs.io/docs/cli#--json",
    sniff: Sniff::Json(|head| {
        head.has_all(&["numTotalTests", "numFailedTests"])
            || head.has_all(&["testResults/*/assertionResults"])
            || head.has_all(&["numFailedTestSuites", "numPassedTests"])
    }),
    read,
};

const STATUSES: [(&str, Outcome); 8] = [
    ("passed", Outcome::Passed),
    ("focused", Outcome::Passed),
    ("pending", Outcome::Skipped),
    ("skipped", Outcome::Skipped),
    ("todo", Outcome::Skipped),
    ("disabled", Outcome::Skipped),
    ("failed", Outcome::Failed),
    ("a file that failed, and no test of it", Outcome::Errored),
];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let (mut declared, mut seen) = (None, 0);
    let (mut success, mut any_failed) = (true, false);
    let paths = ["numTotalTests", "wasInterrupted", "success", "testResults/*", json::DOCUMENT_END];
    json::for_each(input, &paths, |line, path, value| match path {
        ["numTotalTests"] => declared = value.as_u64(),
        ["wasInterrupted"] if value.is_true() => emit_bail_out("wasInterrupted", line, builder),
        ["success"] => success = value.is_null() || value.is_true(),
        ["testResults", _] => any_failed |= emit_file(line, value, &mut seen, builder),
        [] => {
            emit_plan(declared, seen, line, builder);
            if !success && !any_failed {
                emit_bail_out("no test failed, and the run did", line, builder);
            }
        }
        _ => {}
    })
}

/// Emits the tests of a file and counts them; returns whether any failed, or the file itself.
fn emit_file(line: u32, file: &Value, seen: &mut u64, builder: &mut RunBuilder<'_>) -> bool {
    let path = file.first_str(&["name", "testFilePath"]);
    let mut any_failed = false;
    // Results processors have the files' results under another key.
    let tests =
        ["assertionResults", "testResults"].into_iter().flat_map(|key| file[key].as_array());
    for test in tests {
        *seen += 1;
        let outcome = outcome_for(&STATUSES, test["status"].as_str());
        any_failed |= outcome.is_failing();
        let name = full_name(test);
        // A file that can't run may have one assertion without a title.
        let (name, outcome) = if name.is_empty() && outcome.is_failing() {
            (file_name(path).to_owned(), Outcome::Errored)
        } else {
            (name, outcome)
        };
        let retried =
            test["invocations"].as_u64() > Some(1) || !test["retryReasons"].as_array().is_empty();
        TestRecord::new(name, outcome)
            .message(test["failureMessages"].as_array().first().map_or("", Value::as_str))
            .location(path, test["location"]["line"].as_u64())
            .flaky(retried)
            .emit(line, builder);
    }
    let file_failed = file["status"].as_str() == "failed" || !file["testExecError"].is_null();
    if file_failed && !any_failed {
        TestRecord::new(file_name(path), Outcome::Errored)
            .message(file.first_str(&["message", "failureMessage"]))
            .location(path, None)
            .emit(line, builder);
    }
    any_failed || file_failed
}

fn full_name(test: &Value) -> String {
    match test["fullName"].as_str() {
        "" => {
            let titles = test["ancestorTitles"].strings().join(" ");
            names::join(&[&titles, test["title"].as_str()], " ")
        }
        full => full.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    #[test]
    fn fewer_tests_than_declared_and_failure_without_test() {
        let text = r#"noise of a test
{"numFailedTests": 0, "numTotalTests": 2, "success": false, "testResults": [
{"name": "/w/a.test.js", "status": "passed", "assertionResults": [
  {"ancestorTitles": ["a", "b"], "title": "c", "status": "passed"}]}]}"#;
        let read = read_as("jest-json", text);
        assert_eq!(read.0, ["passed a b c"]);
        let why = "no test failed, and the run did".to_owned();
        let unmet = GapKind::PlanNotMet { planned: 2, actual: 1 };
        assert_eq!(read.1, [GapKind::BailedOut { why }, unmet]);
    }
}
