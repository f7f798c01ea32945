//! pytest-reportlog's lines.
//!
//! In: a report a line. Out: a result for each test, made of its phases. What a newcomer would get
//! wrong: a test has three reports (setup, call, teardown), of several tests at once when they run in
//! several processes, and its verdict is whole only when its teardown has come.
//!
//! <https://github.com/pytest-dev/pytest-reportlog>

use crate::formats::emit::test_record::{self, TestRecord};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Attempt, EndOfInput, Outcome, RunBuilder};
use crate::syntax::json::{self, ForEachDocument, JsonHead, Value};
use crate::syntax::read_end::ReadEnd;
use std::collections::HashMap;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["pytest-reportlog"],
    title: "pytest-reportlog (--report-log)",
    test_name: "the node id, as in tests/test_a.py::TestClass::test_b[param]; a subtest behind it in brackets",
    outcomes: &[
        ("passed, also with wasxfail", Outcome::Passed),
        ("skipped", Outcome::Skipped),
        ("skipped, and wasxfail", Outcome::Xfailed),
        ("failed, [XPASS(strict)]", Outcome::Xpassed),
        ("failed in its call", Outcome::Failed),
        ("failed in its setup or teardown, or while collected", Outcome::Errored),
        ("failed in no phase: its process died", Outcome::Crashed),
        ("no teardown", Outcome::Unfinished),
    ],
    incomplete: "a test has no teardown; the log has no SessionFinish; pytest was interrupted",
    link: "https://github.com/pytest-dev/pytest-reportlog",
    sniff: Sniff::Json(sniff),
    read,
};

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &JsonHead) -> bool {
    head.has_all(&["$report_type"])
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = PytestReportlogReader {
        builder,
        open: HashMap::new(),
        sessions: 0,
        collection_failed: false,
    };
    let mut finished = 0;
    let ended = json::read(
        input,
        &mut ForEachDocument(|line, report: &Value| {
            finished += u32::from(report["$report_type"].as_str() == "SessionFinish");
            reader.report(line, report);
        }),
    );
    let whole = finished > 0 && finished >= reader.sessions;
    let end =
        if ended.end == EndOfInput::Complete && !whole { EndOfInput::Truncated } else { ended.end };
    ReadEnd { end, ..ended }
}

struct PytestReportlogReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// What the phases so far said of the tests whose teardown has not come.
    open: HashMap<String, PytestOpenTest>,
    sessions: u32,
    collection_failed: bool,
}

struct PytestOpenTest {
    outcome: Outcome,
    attempt: Attempt,
    message: String,
}

impl PytestReportlogReader<'_, '_> {
    fn report(&mut self, line: u32, report: &Value) {
        match report["$report_type"].as_str() {
            "SessionStart" => self.sessions += 1,
            "SessionFinish" => match report["exitstatus"].as_u64() {
                Some(2..=4) if !self.collection_failed => {
                    test_record::emit_bail_out("pytest was interrupted", line, self.builder);
                }
                _ => {}
            },
            "CollectReport" => self.collect(line, report),
            "TestReport" => self.phase(line, report),
            "SubTestReport" | "SubtestReport" => self.subtest(line, report),
            _ => {}
        }
    }

    fn collect(&mut self, line: u32, report: &Value) {
        let outcome = match report["outcome"].as_str() {
            "passed" => return,
            "skipped" => Outcome::Skipped,
            _ => Outcome::Errored,
        };
        self.collection_failed |= outcome == Outcome::Errored;
        let message = message_of(&report["longrepr"]);
        let name = report["nodeid"].as_str();
        TestRecord::new(name, outcome).message(&message).emit(line, self.builder);
    }

    fn phase(&mut self, line: u32, report: &Value) {
        let name = report["nodeid"].as_str();
        let when = report["when"].as_str();
        if when == "setup" && !self.open.contains_key(name) {
            test_record::emit_started(name, line, self.builder);
        }
        let test = self.open.entry(name.to_owned()).or_insert_with(|| PytestOpenTest {
            outcome: Outcome::Passed,
            attempt: Attempt::Final,
            message: String::new(),
        });
        let message = message_of(&report["longrepr"]);
        let outcome = outcome(report, &message);
        if report["outcome"].as_str() == "rerun" {
            test.attempt = Attempt::Intermediate;
        }
        if outcome > test.outcome {
            test.outcome = outcome;
            test.message = message;
        }
        // A process that dies has no phase, and nothing follows.
        let died = !["setup", "call", "teardown"].contains(&when);
        if died {
            test.outcome = Outcome::Crashed;
        }
        if died || when == "teardown" {
            let (location, test) = (&report["location"], self.open.remove(name));
            let Some(PytestOpenTest { outcome, attempt, message }) = test else { return };
            let location_parts = location.as_array();
            TestRecord::new(name, outcome)
                .message(&message)
                .attempt(attempt)
                .location(
                    location_parts.first().map_or("", Value::as_str),
                    location_parts
                        .get(1)
                        .and_then(Value::as_u64)
                        .map(|line| line.saturating_add(1)),
                )
                .emit(line, self.builder);
        }
    }

    fn subtest(&mut self, line: u32, report: &Value) {
        let context = match report["context"].is_some() {
            true => &report["context"],
            false => &report["_subtest.context"],
        };
        let mut name = report["nodeid"].as_str().to_owned();
        if !context["msg"].as_str().is_empty() {
            name.push_str(&format!(" [{}]", context["msg"].as_str()));
        }
        let kwargs: Vec<String> = context["kwargs"]
            .as_object()
            .iter()
            .map(|(key, value)| match value.as_u64() {
                Some(number) => format!("{key}={number}"),
                None => format!("{key}={}", value.as_str()),
            })
            .collect();
        if !kwargs.is_empty() {
            name.push_str(&format!(" ({})", kwargs.join(", ")));
        }
        let message = message_of(&report["longrepr"]);
        TestRecord::new(name, outcome(report, &message)).message(&message).emit(line, self.builder);
    }
}

fn outcome(report: &Value, message: &str) -> Outcome {
    let expected = report["wasxfail"].is_some();
    match (report["outcome"].as_str(), report["when"].as_str()) {
        ("passed", _) => Outcome::Passed,
        ("skipped", _) if expected => Outcome::Xfailed,
        ("skipped", _) => Outcome::Skipped,
        (_, "setup" | "teardown") => Outcome::Errored,
        _ if message.starts_with("[XPASS(strict)]") => Outcome::Xpassed,
        _ => Outcome::Failed,
    }
}

/// A representation is a text, a crash with its message, or file, line and reason of a skip.
fn message_of(longrepr: &Value) -> String {
    let crash = longrepr["reprcrash"]["message"].as_str();
    let reason = longrepr.as_array().last().map_or("", Value::as_str);
    test_record::first_non_empty(&[longrepr.as_str(), crash, reason]).to_owned()
}

#[cfg(test)]
mod tests {

    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    #[test]
    fn a_verdict_needs_all_phases_and_processes_may_die() {
        let report = |test: &str, when: &str, outcome: &str, more: &str| {
            format!(
                r#"{{"nodeid": "{test}", "when": "{when}", "outcome": "{outcome}", "longrepr": "m",
                "$report_type": "TestReport"{more}}}"#
            )
        };
        let lines = [
            report("a", "setup", "passed", ""),
            report("b", "setup", "passed", ""),
            report("a", "call", "skipped", r#", "wasxfail": "why""#),
            report("b", "call", "failed", ""),
            report("a", "teardown", "passed", ""),
            report("b", "teardown", "failed", ""),
            report("c", "setup", "passed", ""),
            report("c", "???", "failed", ""),
            report("d", "setup", "passed", ""),
            report("d", "call", "passed", ""),
        ];
        let read = read_as("pytest-reportlog", &lines.join("\n"));
        assert_eq!(read.0, ["xfailed a: m", "errored b: m", "crashed c: m", "unfinished d"]);
        assert!(read.1.contains(&GapKind::Truncated));
    }
}
