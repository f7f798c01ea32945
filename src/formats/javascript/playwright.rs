//! Playwright's `json` reporter: one document, suites in suites with specs, which have a test for each project.
//!
//! What happened is the status of a test's results, one for each attempt; each is compared with the expected status. A
//! test that was expected to run and has `skipped` did not run, because of the failure of another one.

use crate::formats::emit::{
    TestRecord, check_totals, emit_bail_out, emit_plan, first_non_empty, known_or_failed, lookup,
    names, saturating_sum,
};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Attempt, Outcome, RunBuilder};
use crate::syntax::ansi;
use crate::syntax::json::{self, Value, VisitAction, Visitor};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["playwright-json", "playwright"],
    title: "Playwright's json reporter",
    test_name: "as Playwright prints it, without the line: `[project] › file › describe › title`",
    outcomes: &[
        ("passed", Outcome::Passed),
        ("skipped", Outcome::Skipped),
        ("failed or timedOut, and the expectedStatus", Outcome::Xfailed),
        ("passed, and not the expectedStatus", Outcome::Xpassed),
        ("failed", Outcome::Failed),
        ("unexpected, and the last result is neither", Outcome::Failed),
        ("timedOut", Outcome::TimedOut),
        ("interrupted", Outcome::Unfinished),
    ],
    incomplete: "the document has no end; it has errors that are no test's; \
                 tests that did not run, although no test failed or as many as maxFailures",
    totals: "the stats: tests, unexpected and skipped ones; ok of each spec",
    link: "https://playwright.dev/docs/test-reporters#json-reporter",
    sniff: Sniff::Json(|head| {
        head.has_all(&["config/rootDir"])
            || head.has_all(&["config/forbidOnly"])
            || head.has_all(&["config/configFile", "config/projects"])
            || head.has_all(&["suites/*/specs"])
    }),
    read: |input, builder| {
        json::read(
            input,
            &mut PlaywrightReader {
                builder,
                titles: Vec::new(),
                max_failures: 0,
                stats: None,
                has_errors: false,
                counts: Counts::default(),
            },
        )
    },
};

/// The status of one attempt, also the one that is expected.
const RESULT_STATUSES: [(&str, Outcome); 5] = [
    ("passed", Outcome::Passed),
    ("skipped", Outcome::Skipped),
    ("failed", Outcome::Failed),
    ("timedOut", Outcome::TimedOut),
    ("interrupted", Outcome::Unfinished),
];

/// The status of a test, and its outcome if it has no attempts and is expected to pass.
const TEST_STATUSES: [(&str, Outcome); 4] = [
    ("expected", Outcome::Passed),
    ("flaky", Outcome::Passed),
    ("skipped", Outcome::Skipped),
    ("unexpected", Outcome::Failed),
];

struct PlaywrightReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// Of the open suites.
    titles: Vec<String>,
    /// The number of failures after which no test is run; 0 is no limit.
    max_failures: u64,
    stats: Option<Value>,
    /// Whether there were errors of no test, each of which is a gap.
    has_errors: bool,
    counts: Counts,
}

/// The tests so far.
#[derive(Default)]
struct Counts {
    all: u64,
    failed: u64,
    not_run: u64,
}

impl Visitor for PlaywrightReader<'_, '_> {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        match path {
            [] | ["suites" | "errors" | "config"] | [.., "suites", "*"] => VisitAction::Enter,
            [.., "*", "suites" | "specs"] => VisitAction::Enter,
            [.., "specs", "*"] | [.., "suites", "*", "title"] => VisitAction::Take,
            ["errors", "*"] | ["stats"] | ["config", "maxFailures"] => VisitAction::Take,
            _ => VisitAction::Skip,
        }
    }

    fn enter(&mut self, _: u32, path: &[&str]) {
        if let [.., "suites", "*"] = path {
            self.titles.push(String::new());
        }
    }

    fn leave(&mut self, line: u32, path: &[&str]) {
        match path {
            [.., "suites", "*"] => {
                self.titles.pop();
            }
            [] => self.end(line),
            _ => {}
        }
    }

    fn value(&mut self, line: u32, path: &[&str], value: &Value) {
        match path {
            [.., "title"] => {
                if let Some(title) = self.titles.last_mut() {
                    value.as_str().clone_into(title);
                }
            }
            ["stats"] => self.stats = Some(value.clone()),
            ["config", _] => self.max_failures = value.as_u64().unwrap_or(0),
            ["errors", _] => {
                self.has_errors = true;
                let message = ansi::strip(message_of(value));
                emit_bail_out(&message, line, self.builder);
            }
            _ => self.spec(line, value),
        }
    }
}

impl PlaywrightReader<'_, '_> {
    /// Emits the tests of a spec, one of which was unexpected unless it is `ok`.
    fn spec(&mut self, line: u32, spec: &Value) {
        let failed_before = self.counts.failed;
        for test in spec["tests"].as_array() {
            self.test(line, spec, test);
        }
        if spec["ok"] == Value::Bool(false) && self.counts.failed == failed_before {
            let title = spec["title"].as_str();
            let why = format!("`{title}` has ok false, and none of its tests failed");
            emit_bail_out(&why, line, self.builder);
        }
    }

    fn test(&mut self, line: u32, spec: &Value, test: &Value) {
        let project = match test["projectName"].as_str() {
            "" => String::new(),
            project => format!("[{project}]"),
        };
        let mut parts = vec![project.as_str()];
        parts.extend(self.titles.iter().map(String::as_str));
        parts.push(spec["title"].as_str());
        let name = names::join(&parts, " \u{203a} ");
        let attempts = attempts(test);
        for (index, (outcome, message)) in attempts.iter().enumerate() {
            let is_last = index + 1 == attempts.len();
            TestRecord::new(name.as_str(), *outcome)
                .message(message)
                .location(spec["file"].as_str(), spec["line"].as_u64())
                .attempt(if is_last { Attempt::Final } else { Attempt::Intermediate })
                .emit(line, self.builder);
        }
        self.counts.all += 1;
        if let Some((outcome, message)) = attempts.last() {
            self.counts.failed += u64::from(outcome.is_failing());
            self.counts.not_run += u64::from(*message == NOT_RUN);
        }
    }

    fn end(&mut self, line: u32) {
        let Counts { all, failed, not_run } = self.counts;
        if let Some(stats) = &self.stats {
            let totals = ["expected", "flaky", "unexpected", "skipped"];
            check_totals(stats, &totals, line, self.builder);
            let counts = totals.map(|key| stats[key].as_u64());
            let [.., unexpected, skipped] = counts;
            emit_plan(Some(saturating_sum(counts.into_iter().flatten())), all, line, self.builder);
            self.builder.expect_failures(line, unexpected);
            self.builder.expect_skips(line, skipped);
        }
        // A test that failed keeps others of its suite from running, which is no gap.
        let is_limit_reached = self.max_failures > 0 && failed >= self.max_failures;
        if not_run > 0 && !self.has_errors && (failed == 0 || is_limit_reached) {
            let why = format!("{not_run} tests did not run, {failed} failed");
            emit_bail_out(&why, line, self.builder);
        }
    }
}

fn message_of(error: &Value) -> &str {
    error.first_str(&["stack", "message", "value"])
}

/// The message of a test that was expected to run.
const NOT_RUN: &str = "did not run";

/// The outcome and the message of each attempt of a test, one at least.
fn attempts(test: &Value) -> Vec<(Outcome, String)> {
    let [status, expected] = ["status", "expectedStatus"].map(|key| test[key].as_str());
    let mut attempts: Vec<_> =
        test["results"].as_array().iter().map(|result| attempt(result, expected)).collect();
    let (last, message) = attempts.pop().unwrap_or_else(|| without_attempts(status, expected));
    attempts.push(match lookup(&TEST_STATUSES, status) {
        Some(Outcome::Failed) if !last.is_failing() => {
            (Outcome::Failed, format!("unexpected, and the last status is {}", last.as_str()))
        }
        None if !status.is_empty() => known_or_failed(None, "status", status),
        Some(_) | None => (last, message),
    });
    attempts
}

/// One attempt, compared with the status that is expected.
fn attempt(result: &Value, expected: &str) -> (Outcome, String) {
    let status = result["status"].as_str();
    let Some(outcome) = lookup(&RESULT_STATUSES, status) else {
        return known_or_failed(None, "status", status);
    };
    let expected = first_non_empty(&[expected, "passed"]);
    if lookup(&RESULT_STATUSES, expected).is_none() {
        return known_or_failed(None, "status", expected);
    }
    let errors: Vec<&str> = result["errors"].as_array().iter().map(message_of).collect();
    let mut message = errors.join("\n");
    if message.is_empty() {
        message_of(&result["error"]).clone_into(&mut message);
    }
    if message.is_empty() && outcome == Outcome::Skipped && expected != "skipped" {
        NOT_RUN.clone_into(&mut message);
    }
    let outcome = match outcome {
        failing if failing.is_failing() && status == expected => Outcome::Xfailed,
        Outcome::Passed if expected != "passed" => Outcome::Xpassed,
        outcome => outcome,
    };
    (outcome, message)
}

/// The meaning of the status of a test that has no attempts.
fn without_attempts(status: &str, expected: &str) -> (Outcome, String) {
    match (lookup(&TEST_STATUSES, status), expected) {
        (Some(Outcome::Passed), "failed" | "timedOut") => (Outcome::Xfailed, String::new()),
        (Some(Outcome::Passed), "skipped") => (Outcome::Skipped, String::new()),
        (Some(Outcome::Skipped), "" | "passed") => (Outcome::Skipped, NOT_RUN.to_owned()),
        (Some(outcome), _) => (outcome, String::new()),
        (None, _) => known_or_failed(None, "status", status),
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::{DecodedRun, read_as};
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

    fn read_test(test: &str, stats: &str, max_failures: u32) -> DecodedRun {
        read_as(
            "playwright-json",
            &format!(
                r#"{{"config": {{"rootDir": "/x", "maxFailures": {max_failures}}}, "suites": [
                {{"title": "a", "specs": [{{"title": "t", "tests": [{test}]}}]}}], "stats": {{{stats}}}}}"#
            ),
        )
    }

    #[test]
    fn unknown_statuses_are_failures() {
        let outcome = |status: &str, expected: &str, result: &str| {
            let test = format!(
                r#"{{"status": "{status}", "expectedStatus": "{expected}", "results": [{{"status": "{result}"}}]}}"#
            );
            read_test(&test, "", 0).0.remove(0)
        };
        assert_eq!(
            outcome("zorked", "passed", "passed"),
            "failed a \u{203a} t: unknown status `zorked`"
        );
        for [status, expected, result] in [
            ["expected", "zorked", "passed"],
            ["expected", "passed", "zorked"],
            ["skipped", "skipped", "zorked"],
            ["skipped", "zorked", "skipped"],
            ["unexpected", "passed", "passed"],
            ["unexpected", "passed", "skipped"],
            ["unexpected", "passed", "interrupted"],
        ] {
            assert!(outcome(status, expected, result).starts_with("failed"));
        }
        assert!(outcome("expected", "timedOut", "timedOut").starts_with("xfailed"));
        assert!(outcome("unexpected", "failed", "timedOut").starts_with("timed-out"));
    }

    #[test]
    fn stats_and_tests_that_did_not_run_are_gaps() {
        let passed = r#"{"status": "expected", "expectedStatus": "passed", "results": [{"status": "passed"}]}"#;
        let stats = |[expected, flaky, unexpected, skipped]: [u32; 4]| {
            let stats = format!(
                r#""expected": {expected}, "flaky": {flaky}, "unexpected": {unexpected}, "skipped": {skipped}"#
            );
            read_test(passed, &stats, 0).1.len()
        };
        assert_eq!([stats([1, 0, 0, 0]), stats([0, 1, 0, 0])], [0, 0]);
        assert_eq!([stats([2, 0, 0, 0]), stats([1, 0, 1, 0]), stats([0, 0, 0, 1])], [1, 2, 1]);
        let not_ok = format!(
            r#"{{"suites": [{{"specs": [{{"title": "t", "ok": false, "tests": [{passed}]}}]}}]}}"#
        );
        let why = "`t` has ok false, and none of its tests failed".to_owned();
        assert_eq!(read_as("playwright-json", &not_ok).1, [GapKind::BailedOut { why }]);
        let tests = r#"{"status": "unexpected", "expectedStatus": "passed", "results": [{"status": "failed"}]},
            {"status": "skipped", "expectedStatus": "passed", "results": [{"status": "skipped"}]}"#;
        let run = read_test(tests, "", 1);
        assert_eq!(run.0[1], "skipped a \u{203a} t: did not run");
        let why = "1 tests did not run, 1 failed".to_owned();
        assert_eq!(run.1, [GapKind::BailedOut { why }]);
        assert_eq!(read_test(tests, "", 2).1, []);
        let listed = r#"{"status": "skipped", "expectedStatus": "passed", "results": []}"#;
        let why = "1 tests did not run, 0 failed".to_owned();
        assert_eq!(read_test(listed, "", 0).1, [GapKind::BailedOut { why }]);
    }
}
