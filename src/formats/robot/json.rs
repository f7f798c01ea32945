//! Robot Framework's output as JSON (version 7 on).
//!
//! In: one document, suites inside suites. Out: a result for each test. What a newcomer would get wrong:
//! a suite's name stands behind its tests, so they wait for it.
//!
//! <https://robotframework.org/robotframework/latest/RobotFrameworkUserGuide.html#json-output-files>

use super::deferred::DeferredTests;
use super::xml;
use crate::formats::emit::test_case::TestCase;
use crate::formats::emit::{names, test_record};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Event, Outcome, PlanScope, RunBuilder, truncate_at_char};
use crate::syntax::json::{self, JsonHead, Value, VisitAction, Visitor};
use crate::syntax::read_end::ReadEnd;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["robot-json"],
    title: "Robot Framework's output as JSON (--output x.json)",
    test_name: "the long name: the suites and the test, joined by dots",
    outcomes: &STATUSES,
    incomplete: "the document has no end",
    link: "https://robotframework.org/robotframework/latest/RobotFrameworkUserGuide.html",
    sniff: Sniff::Json(sniff),
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

/// What is kept of a message, and of the path of a suite, which is that of its tests, in bytes.
const MAX_MESSAGE_LEN: usize = 1 << 10;
const MAX_SOURCE_LEN: usize = 1 << 10;

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &JsonHead) -> bool {
    head.has_all(&["generator", "rpa"]) || head.has_all(&["generator", "suite/id"])
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let deferred = DeferredTests::default();
    json::read(
        input,
        &mut RobotJsonReader { builder, suites: Vec::new(), deferred, declared: None },
    )
}

struct RobotJsonReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    suites: Vec<RobotJsonSuite>,
    /// The tests of the open suites.
    deferred: DeferredTests,
    /// How many tests its statistics count, and how many that failed.
    declared: Option<[u64; 2]>,
}

/// An open suite.
struct RobotJsonSuite {
    name: String,
    source: String,
    /// Where its tests begin among those held.
    first_test: usize,
    /// How its tear-down ended, and what was said of that.
    teardown: Option<(Outcome, String)>,
}

fn is_suite(path: &[&str]) -> bool {
    matches!(path, ["suite"] | [.., "suites", "*"])
}

impl Visitor for RobotJsonReader<'_, '_> {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        match path {
            ["statistics", "total"] => VisitAction::Take,
            [] | ["suite" | "statistics"] | [.., "suites", "*"] => VisitAction::Enter,
            [parent @ .., "suites" | "tests"] if is_suite(parent) => VisitAction::Enter,
            [parent @ .., "name" | "source" | "teardown"] if is_suite(parent) => VisitAction::Take,
            [parent @ .., "tests", "*"] if is_suite(parent) => VisitAction::Take,
            _ => VisitAction::Skip,
        }
    }

    fn enter(&mut self, _: u32, path: &[&str]) {
        if is_suite(path) {
            let (name, source, first_test) =
                (String::new(), String::new(), self.deferred.next_index());
            self.suites.push(RobotJsonSuite { name, source, first_test, teardown: None });
        }
    }

    fn value(&mut self, line: u32, path: &[&str], value: &Value) {
        if path == ["statistics", "total"] {
            let [pass, fail, skip] = ["pass", "fail", "skip"].map(|key| value[key].as_u64());
            let tests = test_record::saturating_sum([pass, fail, skip].into_iter().flatten());
            return self.declared = Some([tests, fail.unwrap_or(0)]);
        }
        let Some(suite) = self.suites.last_mut() else { return };
        match path {
            [.., "name"] => value.as_str().clone_into(&mut suite.name),
            [.., "source"] => {
                truncate_at_char(value.as_str(), MAX_SOURCE_LEN).clone_into(&mut suite.source);
            }
            [.., "teardown"] => {
                let status = value["status"].as_str();
                let outcome = test_record::outcome_for(&STATUSES, status);
                // A dry run skips the tear-downs and runs the tests.
                let ran = value.is_some() && status != xml::NOT_RUN;
                let what = xml::teardown_message(outcome).filter(|_| ran);
                let message = truncate_at_char(value["message"].as_str(), MAX_MESSAGE_LEN);
                suite.teardown = what.map(|what| (outcome, format!("{what}\n{message}")));
            }
            _ => {
                let mut test = TestCase::new(line, value["name"].as_str());
                test.outcome = Some(test_record::outcome_for(&STATUSES, value["status"].as_str()));
                test.add_message(truncate_at_char(
                    &test_record::strip_ansi(value["message"].as_str().trim()),
                    MAX_MESSAGE_LEN,
                ));
                test.line_in_file = value["lineno"].as_u64().filter(|line| *line > 0);
                self.deferred.push(test, self.builder);
            }
        }
    }

    fn leave(&mut self, line: u32, path: &[&str]) {
        if is_suite(path) {
            self.close_suite(line);
        }
        if let Some([tests, failing]) = self.declared.filter(|_| path.is_empty()) {
            self.builder.handle(line, Event::Plan { tests, scope: PlanScope::Descendants });
            self.builder.handle(line, Event::DeclaredFailures { tests: failing });
        }
    }
}

impl RobotJsonReader<'_, '_> {
    /// Names the tests of the innermost suite, and of the suites inside it.
    fn close_suite(&mut self, line: u32) {
        let Some(RobotJsonSuite { name, source, first_test, teardown }) = self.suites.pop() else {
            return;
        };
        let file = source.trim_start_matches("file://");
        self.deferred.update_from(first_test, line, self.builder, |test| {
            test.name = names::join(&[&name, &test.name], ".");
            if test.file.is_empty() {
                file.clone_into(&mut test.file);
            }
        });
        if let Some((outcome, why)) = teardown {
            self.deferred.apply_teardown(first_test, line, self.builder, (outcome, &why));
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
