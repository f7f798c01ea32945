//! The JSON of jest and vitest: one document, an array of test files with assertion results.
//!
//! A file that failed although no test of it did is a result of its own. Paths are absolute, so they are no part of a
//! name; the full name is what `--testNamePattern` and jest-junit use.

use crate::formats::emit::{
    TestRecord, check_total, emit_bail_out, emit_plan, file_name, first_non_empty, lookup, names,
    outcome_for, saturating_sum, unknown,
};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value};
use std::collections::HashSet;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["jest-json", "jest", "vitest"],
    title: "jest --json, vitest --reporter=json",
    test_name: "the full name: the titles of its describe blocks and its own; a file that can't run by its \
            last part",
    outcomes: &STATUSES,
    incomplete: "the document has no end; less than its totals; wasInterrupted; \
                 no success although no test failed",
    totals: "tests, failed, pending and todo ones, success; jest's also passed tests, and test files: all, \
             failed, passed, pending, with a runtime error; vitest's failed suites",
    link: "https://jestjs.io/docs/cli#--json",
    sniff: Sniff::Json(|head| {
        head.has_all(&["numTotalTests", "numFailedTests"])
            || head.has_all(&["testResults/*/assertionResults"])
            || head.has_all(&["numFailedTestSuites", "numPassedTests"])
    }),
    read,
};

const STATUSES: [(&str, Outcome); 9] = [
    ("passed", Outcome::Passed),
    ("focused", Outcome::Passed),
    ("pending", Outcome::Skipped),
    ("skipped", Outcome::Skipped),
    ("todo", Outcome::Skipped),
    ("disabled", Outcome::Skipped),
    ("pending in vitest's: still running", Outcome::Unfinished),
    ("failed", Outcome::Failed),
    ("a file that failed, and no test of it", Outcome::Errored),
];

/// Begins a line of the message of a file that failed outside of its tests.
const RUNTIME_ERROR: &str = "\u{25cf} Test suite failed to run";

/// The number of describe blocks around a test that are distinguished.
const MAX_DEPTH: usize = 20;

/// In jest's files alone.
const OF_JEST: &str = "numRuntimeErrorTestSuites";

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader =
        JestReader { builder, totals: Vec::new(), seen: Counts::default(), success: true };
    json::for_each(input, &PATHS, |line, path, value| match path {
        ["testResults", _] => reader.file(line, value),
        ["wasInterrupted"] if value.is_true() => {
            emit_bail_out("wasInterrupted", line, reader.builder);
        }
        ["wasInterrupted"] => {}
        ["success"] => reader.success = value.is_null() || value.is_true(),
        [key] => {
            check_total(key, value, line, reader.builder);
            let total = value.as_u64().map(|total| ((*key).to_owned(), total));
            reader.totals.extend(total);
        }
        [] => reader.end(line),
        _ => {}
    })
}

const PATHS: [&str; 14] = [
    "testResults/*",
    "wasInterrupted",
    "success",
    "numTotalTests",
    "numFailedTests",
    "numPassedTests",
    "numPendingTests",
    "numTodoTests",
    "numTotalTestSuites",
    "numFailedTestSuites",
    "numPassedTestSuites",
    "numPendingTestSuites",
    OF_JEST,
    json::DOCUMENT_END,
];

struct JestReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// What the report declares of itself.
    totals: Vec<(String, u64)>,
    seen: Counts,
    success: bool,
}

/// The test files and tests so far.
#[derive(Default)]
struct Counts {
    tests: u64,
    files: u64,
    failed_files: u64,
    /// Failures that are no test's.
    errors: u64,
    /// The files and describe blocks with a failing test; all of a file that failed as a whole.
    failed_suites: u64,
}

impl JestReader<'_, '_> {
    fn total(&self, key: &str) -> u64 {
        self.totals.iter().find(|(known, _)| known == key).map_or(0, |(_, total)| *total)
    }

    fn sum(&self, keys: &[&str]) -> u64 {
        saturating_sum(keys.iter().map(|key| self.total(key)))
    }

    fn is_jest(&self) -> bool {
        self.totals.iter().any(|(key, _)| key == OF_JEST)
    }

    fn file(&mut self, line: u32, file: &Value) {
        let path = file.first_str(&["name", "testFilePath"]);
        let (mut any_failed, mut has_error) = (false, false);
        // Results processors have the files' results under another key.
        let tests =
            ["assertionResults", "testResults"].into_iter().flat_map(|key| file[key].as_array());
        for test in tests.clone() {
            let outcome = self.outcome(test);
            any_failed |= outcome.is_failing();
            has_error |= self.test(line, path, test, outcome);
        }
        let status = file["status"].as_str();
        let is_known = status.is_empty() || lookup(&STATUSES, status).is_some();
        let file_failed = status == "failed" || !file["testExecError"].is_null() || !is_known;
        if !has_error && (file_failed && !any_failed || has_runtime_error(file)) {
            self.file_error(line, path, file, is_known);
        }
        self.seen.files += 1;
        if any_failed || file_failed {
            let is_failing =
                |test: &Value| outcome_for(&STATUSES, test["status"].as_str()).is_failing();
            let suites = count_suites(tests.filter(|test| !any_failed || is_failing(test)));
            self.seen.failed_suites += 1 + suites;
            self.seen.failed_files += 1;
        }
    }

    /// Emits the result of a file that failed outside of its tests.
    fn file_error(&mut self, line: u32, path: &str, file: &Value, is_known: bool) {
        self.seen.errors += 1;
        let status = file["status"].as_str();
        let unknown = if is_known { String::new() } else { unknown("status", status) };
        let messages = [message_of(file), &unknown];
        TestRecord::new(file_name(path), Outcome::Errored)
            .message(first_non_empty(&messages))
            .location(path, None)
            .emit(line, self.builder);
    }

    fn outcome(&self, test: &Value) -> Outcome {
        let status = test["status"].as_str();
        let has_totals = !self.totals.is_empty();
        match outcome_for(&STATUSES, status) {
            Outcome::Skipped if status == "pending" && has_totals && !self.is_jest() => {
                Outcome::Unfinished
            }
            outcome => outcome,
        }
    }

    /// Emits a test; returns whether it is no test but the file, which can't run.
    fn test(&mut self, line: u32, path: &str, test: &Value, outcome: Outcome) -> bool {
        let (name, status) = (full_name(test), test["status"].as_str());
        // A file that can't run may have one assertion without a title.
        let is_file = name.is_empty() && outcome.is_failing();
        let (name, outcome) =
            if is_file { (file_name(path).to_owned(), Outcome::Errored) } else { (name, outcome) };
        let counter = if is_file { &mut self.seen.errors } else { &mut self.seen.tests };
        *counter += 1;
        let retried =
            test["invocations"].as_u64() > Some(1) || !test["retryReasons"].as_array().is_empty();
        let unknown = match lookup(&STATUSES, status) {
            None if !is_file => unknown("status", status),
            Some(_) | None => String::new(),
        };
        let message = test["failureMessages"].strings().join("\n");
        TestRecord::new(name, outcome)
            .message(first_non_empty(&[&message, &unknown]))
            .location(path, test["location"]["line"].as_u64())
            .flaky(retried)
            .emit(line, self.builder);
        is_file
    }

    fn end(&mut self, line: u32) {
        let Counts { tests, errors, .. } = self.seen;
        let mut declared = self.total("numTotalTests");
        if self.is_jest() {
            let parts = ["numPassedTests", "numFailedTests", "numPendingTests", "numTodoTests"];
            declared = declared.max(self.sum(&parts));
            self.compare_files(line);
        } else {
            self.compare_suites(line);
        }
        let seen = tests.saturating_add(errors);
        emit_plan(Some(declared.saturating_add(errors)), seen, line, self.builder);
        let failed = self.total("numFailedTests").saturating_add(errors);
        let skipped = self.sum(&["numPendingTests", "numTodoTests"]);
        self.builder.expect_failures(line, failed);
        self.builder.expect_skips(line, skipped);
        if !self.success {
            self.builder.expect_a_failure(line, "success false");
        }
    }

    /// Compares vitest's number of failed files and describe blocks. A block without a failing test has a hook that
    /// failed, which is no result of its own.
    fn compare_suites(&mut self, line: u32) {
        let declared = self.total("numFailedTestSuites");
        let seen = self.seen.failed_suites;
        if declared > seen {
            let why = format!("{declared} suites failed, and {seen} of them have a test that did");
            emit_bail_out(&why, line, self.builder);
        }
    }

    /// Compares the totals of test files, which are no tests.
    fn compare_files(&mut self, line: u32) {
        let parts = ["numPassedTestSuites", "numFailedTestSuites", "numPendingTestSuites"];
        let all = self.total("numTotalTestSuites").max(self.sum(&parts));
        let Counts { files, failed_files, errors, .. } = self.seen;
        let failed = self.total("numFailedTestSuites");
        for (what, declared, seen) in [
            ("test files", all, files),
            ("failed test files", failed, failed_files),
            ("test files with a runtime error", self.total(OF_JEST), errors),
        ] {
            if declared > seen {
                let why = format!("{declared} {what} are declared, and {seen} came");
                emit_bail_out(&why, line, self.builder);
            }
        }
    }
}

fn message_of(file: &Value) -> &str {
    file.first_str(&["message", "failureMessage"])
}

fn has_runtime_error(file: &Value) -> bool {
    let message = message_of(file);
    message.trim_start().starts_with(RUNTIME_ERROR)
        || message.contains(&format!("\n  {RUNTIME_ERROR}"))
}

/// The number of describe blocks around these tests of a file.
fn count_suites<'v>(tests: impl Iterator<Item = &'v Value>) -> u64 {
    let mut suites = HashSet::new();
    for test in tests {
        let titles = test["ancestorTitles"].as_array();
        suites.extend((1..=titles.len().min(MAX_DEPTH)).map(|depth| join_titles(&titles[..depth])));
    }
    suites.len() as u64
}

fn join_titles(titles: &[Value]) -> String {
    titles.iter().map(Value::as_str).collect::<Vec<_>>().join("\0")
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
    use crate::formats::emit::test_record::testing::{DecodedRun, read_as};
    use crate::model::GapKind;

    #[test]
    fn fewer_tests_than_declared_and_failure_without_test() {
        let text = r#"noise of a test
{"numFailedTests": 0, "numTotalTests": 2, "success": false, "testResults": [
{"name": "/w/a.test.js", "status": "passed", "assertionResults": [
  {"ancestorTitles": ["a", "b"], "title": "c", "status": "passed"}]}]}"#;
        let read = read_as("jest-json", text);
        assert_eq!(read.0, ["passed a b c"]);
        let what = "success false".to_owned();
        let unmet = GapKind::PlanNotMet { planned: 2, actual: 1 };
        assert_eq!(read.1, [unmet, GapKind::ReportedFailure { what }]);
    }

    fn read_file(totals: &str, file: &str) -> DecodedRun {
        let text = format!(
            r#"{{"numTotalTests": 1, "numFailedTests": 0, {totals} "success": true,
            "testResults": [{{"name": "/w/a.test.js", {file}}}]}}"#
        );
        read_as("jest-json", &text)
    }

    #[test]
    fn totals_of_tests_and_files_are_compared() {
        let passed = r#""status": "passed", "message": "", "assertionResults": [{"title": "a", "status": "passed"}]"#;
        let jest =
            r#""numRuntimeErrorTestSuites": 0, "numPassedTestSuites": 1, "numPassedTests": 1,"#;
        assert_eq!(read_file(jest, passed).1, []);
        for wrong in [
            r#""numTodoTests": 1,"#,
            r#""numRuntimeErrorTestSuites": 1,"#,
            r#""numRuntimeErrorTestSuites": 0, "numTotalTestSuites": 2,"#,
            r#""numRuntimeErrorTestSuites": 0, "numPassedTestSuites": 2,"#,
            r#""numRuntimeErrorTestSuites": 0, "numFailedTestSuites": 1,"#,
            r#""numRuntimeErrorTestSuites": 0, "numPassedTests": 2,"#,
        ] {
            assert!(!read_file(wrong, passed).1.is_empty(), "{wrong}");
        }
        let vitest = r#""numTotalTestSuites": 3, "numPassedTestSuites": 3, "numPassedTests": 3,"#;
        assert!(!read_file(r#""numFailedTestSuites": 1,"#, passed).1.is_empty());
        assert_eq!(read_file(vitest, passed).1, []);
    }

    #[test]
    fn failed_hook_of_a_vitest_suite_is_a_gap() {
        let file = r#""status": "failed", "message": "", "assertionResults": [
            {"ancestorTitles": ["s"], "title": "a", "status": "failed", "failureMessages": ["no"]},
            {"ancestorTitles": ["s", "hook"], "title": "b", "status": "skipped"}]"#;
        assert_eq!(read_file(r#""numFailedTestSuites": 2,"#, file).1, []);
        let why = "3 suites failed, and 2 of them have a test that did".to_owned();
        assert_eq!(read_file(r#""numFailedTestSuites": 3,"#, file).1, [GapKind::BailedOut { why }]);
        let hook = r#""status": "failed", "message": "", "assertionResults": [
            {"ancestorTitles": ["hook"], "title": "b", "status": "skipped"}]"#;
        let read = read_file(r#""numFailedTestSuites": 2,"#, hook);
        assert_eq!((&*read.0[1], read.1), ("errored a.test.js", vec![]));
    }

    #[test]
    fn error_of_a_file_is_a_result_even_if_a_test_failed() {
        let file = r#""status": "failed",
            "message": "  \u25cf a\n\n    no\n\n  \u25cf Test suite failed to run\n\n    afterAll",
            "assertionResults": [{"title": "a", "status": "failed", "failureMessages": ["no"]}]"#;
        let read = read_file(r#""numRuntimeErrorTestSuites": 1,"#, file);
        assert_eq!((&*read.0[0], read.0.len(), read.1), ("failed a: no", 2, vec![]));
        assert!(read.0[1].starts_with("errored a.test.js"));
    }

    #[test]
    fn unknown_statuses_and_running_tests_are_no_pass() {
        let test = |status: &str| {
            format!(
                r#""status": "passed", "assertionResults": [{{"title": "a", "status": "{status}"}}]"#
            )
        };
        assert_eq!(read_file("", &test("zorked")).0, ["failed a: unknown status `zorked`"]);
        assert_eq!(read_file("", &test("pending")).0, ["unfinished a"]);
        let jest = r#""numRuntimeErrorTestSuites": 0,"#;
        assert_eq!(read_file(jest, &test("pending")).0, ["skipped a"]);
        let file = test("passed").replacen("passed", "zorked", 1);
        let want = ["passed a", "errored a.test.js: unknown status `zorked`"];
        assert_eq!(read_file("", &file).0, want);
    }
}
