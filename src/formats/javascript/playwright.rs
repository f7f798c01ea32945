//! Playwright's `json` reporter.
//!
//! In: one document, suites inside suites, in each specs with a test for each project. Out: a result for
//! each test, and one for each earlier try. What a newcomer would get wrong: a test's status says how
//! it went against what was expected; what it did stands in its results.
//!
//! <https://playwright.dev/docs/test-reporters#json-reporter>

use crate::formats::About;
use crate::formats::emit::names;
use crate::formats::emit::test_record::{self, Told};
use crate::model::{Attempt, Outcome, RunBuilder, Sink};
use crate::syntax::json::{self, Head, Value, Visitor, Want};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "Playwright's json reporter",
    names: "as Playwright prints it, without the line: `[project] › file › describe › title`",
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
    link: "https://playwright.dev/docs/test-reporters#json-reporter",
};

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &Head) -> bool {
    head.has(&["config/rootDir"])
        || head.has(&["config/forbidOnly"])
        || head.has(&["config/configFile", "config/projects"])
        || head.has(&["suites/*/specs"])
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    json::read(input, &mut Report { builder, titles: Vec::new() })
}

struct Report<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    /// Of the open suites.
    titles: Vec<String>,
}

impl<S: Sink> Visitor for Report<'_, '_, S> {
    fn want(&mut self, place: &[&str]) -> Want {
        match place {
            [] | ["suites" | "errors"] | [.., "suites", "*"] => Want::Enter,
            [.., "*", "suites" | "specs"] => Want::Enter,
            [.., "specs", "*"] | [.., "suites", "*", "title"] | ["errors", "*"] => Want::Take,
            _ => Want::Skip,
        }
    }

    fn entered(&mut self, _: u32, place: &[&str]) {
        if let [.., "suites", "*"] = place {
            self.titles.push(String::new());
        }
    }

    fn left(&mut self, _: u32, place: &[&str]) {
        if let [.., "suites", "*"] = place {
            self.titles.pop();
        }
    }

    fn value(&mut self, line: u32, place: &[&str], value: &Value) {
        match place {
            [.., "title"] => {
                if let Some(title) = self.titles.last_mut() {
                    value.text().clone_into(title);
                }
            }
            ["errors", _] => {
                test_record::gave_up(&test_record::plain(said(value)), line, self.builder)
            }
            _ => {
                for test in value["tests"].list() {
                    self.test(line, value, test);
                }
            }
        }
    }
}

impl<S: Sink> Report<'_, '_, S> {
    fn test(&mut self, line: u32, spec: &Value, test: &Value) {
        let project = match test["projectName"].text() {
            "" => String::new(),
            project => format!("[{project}]"),
        };
        let mut parts = vec![project.as_str()];
        parts.extend(self.titles.iter().map(String::as_str));
        parts.push(spec["title"].text());
        let name = names::joined(&parts, " \u{203a} ");
        let mut tries = test["results"].list().iter().peekable();
        if tries.peek().is_none() {
            let outcome = outcome(test, &Value::Null);
            Told::new(name, outcome)
                .at(spec["file"].text(), spec["line"].count())
                .tell(line, self.builder);
            return;
        }
        while let Some(result) = tries.next() {
            let last = tries.peek().is_none();
            let (outcome, attempt) = match last {
                true => (outcome(test, result), Attempt::Only),
                false => (outcome_of_try(result), Attempt::Retry),
            };
            let errors =
                [&result["error"], result["errors"].list().first().unwrap_or(&Value::Null)];
            Told::new(name.as_str(), outcome)
                .message(test_record::first(&errors.map(said)))
                .at(spec["file"].text(), spec["line"].count())
                .attempt(attempt)
                .tell(line, self.builder);
        }
    }
}

fn said(error: &Value) -> &str {
    test_record::first(&[error["stack"].text(), error["message"].text(), error["value"].text()])
}

fn outcome_of_try(result: &Value) -> Outcome {
    match result["status"].text() {
        "passed" => Outcome::Passed,
        "timedOut" => Outcome::TimedOut,
        "skipped" => Outcome::Skipped,
        "interrupted" => Outcome::Unfinished,
        _ => Outcome::Failed,
    }
}

fn outcome(test: &Value, last: &Value) -> Outcome {
    let did = outcome_of_try(last);
    match test["status"].text() {
        _ if did == Outcome::Unfinished => Outcome::Unfinished,
        "skipped" => Outcome::Skipped,
        "expected" => match test["expectedStatus"].text() {
            "" | "passed" => Outcome::Passed,
            "skipped" => Outcome::Skipped,
            _ => Outcome::Xfailed,
        },
        "flaky" => Outcome::Passed,
        "unexpected" if did == Outcome::Passed => Outcome::Xpassed,
        _ if did == Outcome::TimedOut => Outcome::TimedOut,
        _ => Outcome::Failed,
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::emit::test_record::testing::said;
    use crate::model::GapKind;

    #[test]
    fn tries_expectations_and_errors_of_no_test() {
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
        let read = said(Format::Playwright, &text);
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
