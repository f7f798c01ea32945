//! Playwright's `json` reporter: one document, suites in suites with specs, which have a test for each project.
//!
//! A test's status compares what happened with what was expected; what happened is the status of its results, one for
//! each attempt.

use crate::formats::emit::{TestRecord, emit_bail_out, first_non_empty, names, outcome_for};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Attempt, Outcome, RunBuilder};
use crate::syntax::ansi;
use crate::syntax::json::{self, Value, VisitAction, Visitor};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["playwright-json", "playwright"],
    title: "Playwright's json reporter",
    test_name: "as Playwright prints it, without the line: `[project] › file › describe › title`",
    outcomes: &[
        ("expected", Outcome::Passed),
        ("expected, and expectedStatus failed", Outcome::Xfailed),
        ("unexpected, and the last result passed", Outcome::Xpassed),
        ("skipped", Outcome::Skipped),
        ("unexpected", Outcome::Failed),
        ("unexpected, and the last result timedOut", Outcome::TimedOut),
        ("the last result interrupted", Outcome::Unfinished),
    ],
    incomplete: "the document has no end; it has errors that are no test's",
    totals: "",
    link: "https://playwright.dev/docs/test-reporters#json-reporter",
    sniff: Sniff::Json(|head| {
        head.has_all(&["config/rootDir"])
            || head.has_all(&["config/forbidOnly"])
            || head.has_all(&["config/configFile", "config/projects"])
            || head.has_all(&["suites/*/specs"])
    }),
    read: |input, builder| json::read(input, &mut PlaywrightReader { builder, titles: Vec::new() }),
};

/// The status of one attempt.
const RESULT_STATUSES: [(&str, Outcome); 5] = [
    ("passed", Outcome::Passed),
    ("skipped", Outcome::Skipped),
    ("failed", Outcome::Failed),
    ("timedOut", Outcome::TimedOut),
    ("interrupted", Outcome::Unfinished),
];

struct PlaywrightReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// Of the open suites.
    titles: Vec<String>,
}

impl Visitor for PlaywrightReader<'_, '_> {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        match path {
            [] | ["suites" | "errors"] | [.., "suites", "*"] => VisitAction::Enter,
            [.., "*", "suites" | "specs"] => VisitAction::Enter,
            [.., "specs", "*"] | [.., "suites", "*", "title"] | ["errors", "*"] => {
                VisitAction::Take
            }
            _ => VisitAction::Skip,
        }
    }

    fn enter(&mut self, _: u32, path: &[&str]) {
        if let [.., "suites", "*"] = path {
            self.titles.push(String::new());
        }
    }

    fn leave(&mut self, _: u32, path: &[&str]) {
        if let [.., "suites", "*"] = path {
            self.titles.pop();
        }
    }

    fn value(&mut self, line: u32, path: &[&str], value: &Value) {
        match path {
            [.., "title"] => {
                if let Some(title) = self.titles.last_mut() {
                    value.as_str().clone_into(title);
                }
            }
            ["errors", _] => {
                let message = ansi::strip(message_of(value));
                emit_bail_out(&message, line, self.builder);
            }
            _ => {
                for test in value["tests"].as_array() {
                    self.test(line, value, test);
                }
            }
        }
    }
}

impl PlaywrightReader<'_, '_> {
    fn test(&mut self, line: u32, spec: &Value, test: &Value) {
        let project = match test["projectName"].as_str() {
            "" => String::new(),
            project => format!("[{project}]"),
        };
        let mut parts = vec![project.as_str()];
        parts.extend(self.titles.iter().map(String::as_str));
        parts.push(spec["title"].as_str());
        let name = names::join(&parts, " \u{203a} ");
        let (last, earlier) = match test["results"].as_array() {
            [earlier @ .., last] => (last, earlier),
            [] => (&Value::Null, &[][..]),
        };
        let mut emit_attempt = |result: &Value, outcome, attempt| {
            let first_error = result["errors"].as_array().first().unwrap_or(&Value::Null);
            let errors = [&result["error"], first_error];
            TestRecord::new(name.as_str(), outcome)
                .message(first_non_empty(&errors.map(message_of)))
                .location(spec["file"].as_str(), spec["line"].as_u64())
                .attempt(attempt)
                .emit(line, self.builder);
        };
        for result in earlier {
            emit_attempt(result, result_outcome(result), Attempt::Intermediate);
        }
        emit_attempt(last, outcome(test, last), Attempt::Final);
    }
}

fn message_of(error: &Value) -> &str {
    error.first_str(&["stack", "message", "value"])
}

fn result_outcome(result: &Value) -> Outcome {
    outcome_for(&RESULT_STATUSES, result["status"].as_str())
}

fn outcome(test: &Value, last_result: &Value) -> Outcome {
    let last = result_outcome(last_result);
    match (test["status"].as_str(), last) {
        (_, Outcome::Unfinished) => Outcome::Unfinished,
        ("skipped", _) => Outcome::Skipped,
        ("expected", _) => match test["expectedStatus"].as_str() {
            "" | "passed" => Outcome::Passed,
            "skipped" => Outcome::Skipped,
            _ => Outcome::Xfailed,
        },
        ("flaky", _) => Outcome::Passed,
        ("unexpected", Outcome::Passed) => Outcome::Xpassed,
        (_, Outcome::TimedOut) => Outcome::TimedOut,
        _ => Outcome::Failed,
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    #[test]
    fn attempts_expectations_and_errors_of_no_test() {
        let test = |status: &str, expected: &str, results: &str| {
            format!(
                r#"{{"title": "t", "file": "a.spec.ts", "line": 3, "tests": [{{"projectName": "p",
                "status": "{status}", "expectedStatus": "{expected}", "results": [{results}]}}]}}"#
            )
        };
        let failed = r#"{"status": "failed", "error": {"message": "\u001b[31mboom\u001b[39m"}}"#;
        let passed = r#"{"status": "passed"}"#;
        let specs = [
            test("expected", "passed", passed),
            test("flaky", "passed", &format!("{failed}, {passed}")),
            test("unexpected", "passed", &format!("{failed}, {failed}")),
            test("expected", "failed", failed),
            test("unexpected", "failed", passed),
            test("unexpected", "passed", r#"{"status": "timedOut"}"#),
            test("skipped", "skipped", ""),
            test("skipped", "passed", r#"{"status": "interrupted"}"#),
        ];
        let text = format!(
            r#"{{"config": {{"rootDir": "/x"}}, "suites": [{{"title": "a.spec.ts", "specs": [],
            "suites": [{{"title": "d", "specs": [{}]}}]}}], "errors": [{{"message": "no server"}}]}}"#,
            specs.join(",")
        );
        let read = read_as("playwright-json", &text);
        let name = "[p] › a.spec.ts › d › t";
        let want = [
            format!("passed {name}"),
            format!("~failed {name}: boom"),
            format!("passed {name}"),
            format!("~failed {name}: boom"),
            format!("failed {name}: boom"),
            format!("xfailed {name}: boom"),
            format!("xpassed {name}"),
            format!("timed-out {name}"),
            format!("skipped {name}"),
            format!("unfinished {name}"),
        ];
        assert_eq!(read.0, want);
        assert_eq!(read.1, [GapKind::BailedOut { why: "no server".to_owned() }]);
    }
}
