//! Robot Framework's output as JSON (version 7 and later): one document, suites in suites.
//!
//! The name of a suite follows its tests, so they are deferred until its end.
//!
//! <https://robotframework.org/robotframework/latest/RobotFrameworkUserGuide.html#json-output-files>

use super::deferred::DeferredTests;
use super::xml;
use crate::formats::emit::{TestCase, check_totals, names, test_record};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder, truncate_at_char};
use crate::syntax::ansi;
use crate::syntax::json::{self, Value, VisitAction, Visitor};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["robot-json"],
    title: "Robot Framework's output as JSON (--output x.json)",
    test_name: "the long name: the suites and the test, joined by dots",
    outcomes: &STATUSES,
    incomplete: "the document has no end",
    totals: "tests, failures and skips of the total and of the outermost suite; the status of each suite",
    link: "https://robotframework.org/robotframework/latest/RobotFrameworkUserGuide.html",
    sniff: Sniff::Json(|head| {
        head.has_all(&["generator", "rpa"]) || head.has_all(&["generator", "suite/id"])
    }),
    read,
};

const STATUSES: [(&str, Outcome); 6] = [
    ("PASS", Outcome::Passed),
    ("SKIP", Outcome::Skipped),
    (xml::NOT_RUN, Outcome::Skipped),
    ("FAIL", Outcome::Failed),
    ("PASS in a suite whose teardown failed", Outcome::Failed),
    ("any in a suite whose teardown was skipped", Outcome::Skipped),
];

/// How much of a message is kept, and of the path of a suite, which is that of its tests, in bytes.
const MAX_MESSAGE_LEN: usize = 1 << 10;
const MAX_SOURCE_LEN: usize = 1 << 10;

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let (suites, deferred) = (Vec::new(), DeferredTests::default());
    let declared = Vec::new();
    json::read(input, &mut RobotJsonReader { builder, suites, deferred, declared })
}

struct RobotJsonReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    suites: Vec<RobotJsonSuite>,
    /// Their tests.
    deferred: DeferredTests,
    declared: Vec<RobotStatistics>,
}

/// The counts that a file declares.
struct RobotStatistics {
    tests: u64,
    failures: u64,
    skips: u64,
}

#[derive(Default)]
struct RobotJsonSuite {
    name: String,
    source: String,
    /// The index of its first deferred test.
    first_test: usize,
    /// A teardown that changes the outcome of its tests.
    teardown: Option<RobotTeardown>,
}

struct RobotTeardown {
    outcome: Outcome,
    message: String,
}

fn is_suite(path: &[&str]) -> bool {
    matches!(path, ["suite"] | [.., "suites", "*"])
}

impl Visitor for RobotJsonReader<'_, '_> {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        match path {
            ["statistics", "total" | "suites"] => VisitAction::Take,
            [] | ["suite" | "statistics"] | [.., "suites", "*"] => VisitAction::Enter,
            [parent @ .., "suites" | "tests"] if is_suite(parent) => VisitAction::Enter,
            [parent @ .., "name" | "source" | "teardown" | "status"] if is_suite(parent) => {
                VisitAction::Take
            }
            [parent @ .., "tests", "*"] if is_suite(parent) => VisitAction::Take,
            _ => VisitAction::Skip,
        }
    }

    fn enter(&mut self, _: u32, path: &[&str]) {
        if is_suite(path) {
            let first_test = self.deferred.next_index();
            self.suites.push(RobotJsonSuite { first_test, ..RobotJsonSuite::default() });
        }
    }

    fn value(&mut self, line: u32, path: &[&str], value: &Value) {
        match path {
            ["statistics", "total"] => {
                check_totals(value, &TOTALS, line, self.builder);
                return self.declared.push(statistics(value));
            }
            ["statistics", "suites"] => {
                let root = value.as_array().first().unwrap_or(&Value::Null);
                check_totals(root, &TOTALS, line, self.builder);
                return self.declared.extend(value.as_array().first().map(statistics));
            }
            [.., "status"] if is_suite(&path[..path.len() - 1]) => {
                return report_suite_status(line, value.as_str(), self.builder);
            }
            _ => {}
        }
        let Some(suite) = self.suites.last_mut() else { return };
        match path {
            [.., "name"] => value.as_str().clone_into(&mut suite.name),
            [.., "source"] => {
                truncate_at_char(value.as_str(), MAX_SOURCE_LEN).clone_into(&mut suite.source);
            }
            [.., "teardown"] => suite.teardown = teardown(value),
            _ => self.deferred.push(test_case(line, value), self.builder),
        }
    }

    fn leave(&mut self, line: u32, path: &[&str]) {
        if is_suite(path) {
            self.end_suite(line);
        }
        if path.is_empty() {
            self.builder.expect_tests(line, self.declared.iter().map(|it| it.tests).max());
            for RobotStatistics { failures, skips, .. } in self.declared.drain(..) {
                self.builder.expect_failures(line, failures);
                self.builder.expect_skips(line, skips);
            }
        }
    }
}

const TOTALS: [&str; 3] = ["pass", "fail", "skip"];

fn statistics(value: &Value) -> RobotStatistics {
    let [pass, fail, skip] = TOTALS.map(|key| value[key].as_u64().unwrap_or(0));
    let tests = test_record::saturating_sum([pass, fail, skip]);
    RobotStatistics { tests, failures: fail, skips: skip }
}

fn report_suite_status(line: u32, status: &str, builder: &mut RunBuilder<'_>) {
    if !xml::GOOD_SUITES.contains(&status) {
        builder.expect_a_failure(line, &format!("suite status {status}"));
    }
}

fn test_case(line: u32, value: &Value) -> TestCase {
    let mut test = TestCase::new(line, value["name"].as_str());
    test.outcome = Some(test_record::outcome_for(&STATUSES, value["status"].as_str()));
    let message = ansi::strip(value["message"].as_str().trim());
    test.add_message(truncate_at_char(&message, MAX_MESSAGE_LEN));
    if message.is_empty() {
        test.add_message(&xml::unknown_status(value["status"].as_str()));
    }
    test.line_in_file = value["lineno"].as_u64().filter(|line| *line > 0);
    test
}

/// The teardown of a suite if it changes the outcome of its tests.
fn teardown(value: &Value) -> Option<RobotTeardown> {
    let status = value["status"].as_str();
    // A dry run skips the teardowns and runs the tests.
    if value.is_null() || status == xml::NOT_RUN {
        return None;
    }
    let outcome = test_record::outcome_for(&STATUSES, status);
    let heading = xml::teardown_message(outcome)?;
    let message = truncate_at_char(value["message"].as_str(), MAX_MESSAGE_LEN);
    Some(RobotTeardown { outcome, message: format!("{heading}\n{message}") })
}

impl RobotJsonReader<'_, '_> {
    /// Ends the innermost suite: completes the names of its tests, also of those in inner suites.
    fn end_suite(&mut self, line: u32) {
        let Some(suite) = self.suites.pop() else { return };
        let file = suite.source.trim_start_matches("file://");
        self.deferred.update_from(suite.first_test, line, self.builder, |test| {
            test.name = names::join(&[&suite.name, &test.name], ".");
            if test.file.is_empty() {
                file.clone_into(&mut test.file);
            }
        });
        if let Some(RobotTeardown { outcome, message }) = suite.teardown {
            self.deferred.apply_teardown(suite.first_test, line, self.builder, outcome, &message);
        }
        if self.suites.is_empty() {
            self.deferred.flush(self.builder);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    #[test]
    fn teardown_applies_to_all_tests_of_its_suite() {
        let test =
            |name: &str, status: &str| format!(r#"{{"name": "{name}", "status": "{status}"}}"#);
        let suite = |name: &str, inside: &str, teardown: &str| {
            format!(
                r#"{{{inside}, "teardown": {{"status": "{teardown}", "message": "why"}}, "name": "{name}"}}"#
            )
        };
        let inner = format!(r#""tests": [{}, {}]"#, test("a", "PASS"), test("b", "FAIL"));
        let other = format!(r#""tests": [{}, {}]"#, test("c", "PASS"), test("d", "SKIP"));
        let inside = format!(
            r#""suites": [{}, {}], "tests": [{}]"#,
            suite("Inner", &inner, "FAIL"),
            suite("Other", &other, "SKIP"),
            test("e", "PASS")
        );
        let text = |teardown: &str| {
            format!(
                r#"{{"generator": "Robot", "rpa": false, "suite": {}}}"#,
                suite("S", &inside, teardown)
            )
        };
        let whole = read_as("robot-json", &text("PASS")).0;
        let want = [
            "failed S.Inner.a: Parent suite teardown failed:\nwhy",
            "failed S.Inner.b",
            "skipped S.Other.c: Skipped in parent suite teardown:\nwhy",
            "skipped S.Other.d",
            "passed S.e",
        ];
        assert_eq!(whole, want);
        assert_eq!(read_as("robot-json", &text("NOT RUN")).0, want);
        let outcomes = |teardown: &str| {
            let results = read_as("robot-json", &text(teardown)).0;
            results
                .iter()
                .map(|test| test.split(' ').next().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(outcomes("FAIL"), ["failed", "failed", "skipped", "skipped", "failed"]);
        assert_eq!(outcomes("SKIP"), ["skipped"; 5]);
    }
}
