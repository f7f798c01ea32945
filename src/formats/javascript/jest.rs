//! The JSON of jest and vitest.
//!
//! In: one document, a list of test files. Out: a result for each assertion result, and one for a file
//! that failed although no test of it did. What a newcomer would get wrong: paths are absolute, so
//! they can't be part of a name; the full name is what `--testNamePattern` and jest-junit use.
//!
//! <https://jestjs.io/docs/cli#--json>

use crate::formats::emit::names;
use crate::formats::emit::test_record::{self, TestRecord};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, JsonHead, Value, VisitAction, Visitor};
use crate::syntax::read_end::ReadEnd;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["jest-json", "jest", "vitest"],
    title: "jest --json, vitest --reporter=json",
    test_name: "the full name: the titles of its describe blocks and its own; a file that can't run by its \
            last part",
    outcomes: &STATUSES,
    incomplete: "the document has no end; fewer tests than numTotalTests; wasInterrupted; \
                 no success although no test failed",
    link: "https://jestjs.io/docs/cli#--json",
    sniff: Sniff::Json(sniff),
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

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &JsonHead) -> bool {
    head.has_all(&["numTotalTests", "numFailedTests"])
        || head.has_all(&["testResults/*/assertionResults"])
        || head.has_all(&["numFailedTestSuites", "numPassedTests"])
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    json::read(
        input,
        &mut JestReader { builder, declared: None, seen: 0, success: true, failed: false },
    )
}

struct JestReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    declared: Option<u64>,
    seen: u64,
    success: bool,
    failed: bool,
}

impl Visitor for JestReader<'_, '_> {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        match path {
            [] | ["testResults"] => VisitAction::Enter,
            ["testResults", "*"] | ["numTotalTests" | "wasInterrupted" | "success"] => {
                VisitAction::Take
            }
            _ => VisitAction::Skip,
        }
    }

    fn value(&mut self, line: u32, path: &[&str], value: &Value) {
        match path {
            ["numTotalTests"] => self.declared = value.as_u64(),
            ["wasInterrupted"] if value.is_true() => {
                test_record::emit_bail_out("wasInterrupted", line, self.builder);
            }
            ["success"] => self.success = !value.is_some() || value.is_true(),
            ["testResults", _] => self.file(line, value),
            _ => {}
        }
    }

    fn leave(&mut self, line: u32, path: &[&str]) {
        if path.is_empty() {
            test_record::emit_declared_count(self.declared, self.seen, line, self.builder);
            if !self.success && !self.failed {
                test_record::emit_bail_out("no test failed, and the run did", line, self.builder);
            }
        }
    }
}

impl JestReader<'_, '_> {
    fn file(&mut self, line: u32, file: &Value) {
        let path =
            test_record::first_non_empty(&[file["name"].as_str(), file["testFilePath"].as_str()]);
        let mut failed = false;
        // Results processors see the files' results by another key.
        let tests =
            ["assertionResults", "testResults"].into_iter().flat_map(|key| file[key].as_array());
        for test in tests {
            self.seen += 1;
            let outcome = test_record::outcome_for(&STATUSES, test["status"].as_str());
            failed |= outcome.is_failing();
            let titles = test["ancestorTitles"].strings();
            let title = test["title"].as_str();
            let name = match test["fullName"].as_str() {
                "" => names::join(&[&titles.join(" "), title], " "),
                full => full.trim().to_owned(),
            };
            // A file that can't run may have one assertion without a title.
            let (name, outcome) = match name.is_empty() && outcome.is_failing() {
                true => (test_record::file_name(path).to_owned(), Outcome::Errored),
                false => (name, outcome),
            };
            let retried = test["invocations"].as_u64() > Some(1)
                || !test["retryReasons"].as_array().is_empty();
            let messages = test["failureMessages"].strings();
            TestRecord::new(name, outcome)
                .message(messages.first().copied().unwrap_or(""))
                .location(path, test["location"]["line"].as_u64())
                .flaky(retried)
                .emit(line, self.builder);
        }
        let error = &file["testExecError"];
        if (file["status"].as_str() == "failed" || error.is_some()) && !failed {
            failed = true;
            TestRecord::new(test_record::file_name(path), Outcome::Errored)
                .message(test_record::first_non_empty(&[
                    file["message"].as_str(),
                    file["failureMessage"].as_str(),
                ]))
                .location(path, None)
                .emit(line, self.builder);
        }
        self.failed |= failed;
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
