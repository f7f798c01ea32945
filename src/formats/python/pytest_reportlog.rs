//! pytest-reportlog: a report a line.
//!
//! A test has a report for each of its phases (setup, call, teardown) and ends with its teardown. With several
//! processes the reports of different tests alternate.

use crate::formats::emit::{
    TestRecord, emit_bail_out, emit_started, first_non_empty, lookup, unknown,
};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Attempt, Event, Outcome, RunBuilder};
use crate::syntax::json::{self, Value};
use std::collections::HashMap;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["pytest-reportlog"],
    title: "pytest-reportlog (--report-log)",
    test_name: "the node id, as in tests/test_a.py::TestClass::test_b[param]; a subtest follows in brackets",
    outcomes: &OUTCOMES,
    incomplete: "a test has no teardown; the log has no SessionFinish; pytest was interrupted",
    totals: "the exit status of each session",
    link: "https://github.com/pytest-dev/pytest-reportlog",
    sniff: Sniff::Json(|head| head.has_all(&["$report_type"])),
    read,
};

/// The outcomes of a report, and what they mean in its phase.
const OUTCOMES: [(&str, Outcome); 9] = [
    ("passed", Outcome::Passed),
    ("skipped", Outcome::Skipped),
    ("failed", Outcome::Failed),
    (RERUN, Outcome::Failed),
    ("skipped, and wasxfail", Outcome::Xfailed),
    ("failed, [XPASS(strict)]", Outcome::Xpassed),
    ("failed in its setup or teardown, or while collected", Outcome::Errored),
    ("failed in no phase: its process died", Outcome::Crashed),
    ("no call or teardown", Outcome::Unfinished),
];

/// The outcome of an attempt that another one follows.
const RERUN: &str = "rerun";

/// The exit statuses of a session that ran no test, and of one that did not run all.
const NO_TESTS: u64 = 5;
const INTERRUPTED: [u64; 3] = [2, 3, 4];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = PytestReportlogReader {
        builder,
        open: HashMap::new(),
        sessions_started: 0,
        sessions_finished: 0,
        collection_failed: false,
    };
    let end = json::for_each_record(input, |line, report| reader.report(line, report));
    let finished = reader.sessions_finished;
    end.truncated_if(finished == 0 || finished < reader.sessions_started)
}

struct PytestReportlogReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The tests without a teardown yet, by node id.
    open: HashMap<String, PytestOpenTest>,
    sessions_started: u32,
    sessions_finished: u32,
    collection_failed: bool,
}

/// The worst of a test's phases so far.
struct PytestOpenTest {
    outcome: Outcome,
    /// Whether it was called, or failed or was skipped before.
    has_ended: bool,
    attempt: Attempt,
    message: String,
}

impl PytestOpenTest {
    fn new() -> PytestOpenTest {
        PytestOpenTest {
            outcome: Outcome::Passed,
            has_ended: false,
            attempt: Attempt::Final,
            message: String::new(),
        }
    }
}

impl PytestReportlogReader<'_, '_> {
    fn report(&mut self, line: u32, report: &Value) {
        match report["$report_type"].as_str() {
            "SessionStart" => {
                self.sessions_started += 1;
                self.builder.handle(line, Event::SuiteStarted { name: None });
            }
            "SessionFinish" => self.finish_session(line, report["exitstatus"].as_u64()),
            "CollectReport" => self.collect(line, report),
            "TestReport" => self.phase(line, report),
            "SubTestReport" | "SubtestReport" => self.subtest(line, report),
            // Another kind of report on a test is none that it passed.
            unknown if !report["when"].as_str().is_empty() && !report["outcome"].is_null() => {
                self.note_unknown(report["nodeid"].as_str(), unknown);
                self.phase(line, report);
            }
            // Warnings, and what plugins add.
            _ => {}
        }
    }

    fn finish_session(&mut self, line: u32, status: Option<u64>) {
        self.sessions_finished += 1;
        match status {
            None | Some(0 | NO_TESTS) => {}
            Some(status) if INTERRUPTED.contains(&status) && !self.collection_failed => {
                emit_bail_out("pytest was interrupted", line, self.builder);
            }
            Some(status) => self.builder.expect_a_failure(line, &format!("exitstatus {status}")),
        }
        self.collection_failed = false;
        self.builder.handle(line, Event::SuiteEnded);
    }

    fn collect(&mut self, line: u32, report: &Value) {
        let outcome = match report["outcome"].as_str() {
            "passed" => return,
            "skipped" => Outcome::Skipped,
            _ => Outcome::Errored,
        };
        self.collection_failed |= outcome == Outcome::Errored;
        TestRecord::new(report["nodeid"].as_str(), outcome)
            .message(message_of(report))
            .emit(line, self.builder);
    }

    fn phase(&mut self, line: u32, report: &Value) {
        let (name, when) = (report["nodeid"].as_str(), report["when"].as_str());
        if !self.open.contains_key(name) {
            emit_started(name, line, self.builder);
        }
        let test = self.open.entry(name.to_owned()).or_insert_with(PytestOpenTest::new);
        let outcome = outcome(report);
        test.has_ended |= when == "call" || outcome != Outcome::Passed;
        if report["outcome"].as_str() == RERUN {
            test.attempt = Attempt::Intermediate;
        }
        if outcome > test.outcome {
            test.outcome = outcome;
            test.message = message_or_unknown(report);
        }
        // The report of a process that died has no phase, and no other follows.
        let died = !["setup", "call", "teardown"].contains(&when);
        if died {
            test.outcome = Outcome::Crashed;
        }
        if died || when == "teardown" {
            // With --setup-only no test is called.
            let Some(test) = self.open.remove(name).filter(|test| test.has_ended) else { return };
            let (file, line_index) = match report["location"].as_array() {
                [file, line_index, ..] => (file.as_str(), line_index.as_u64()),
                [file] => (file.as_str(), None),
                [] => ("", None),
            };
            TestRecord::new(name, test.outcome)
                .message(&test.message)
                .attempt(test.attempt)
                .location(file, line_index.map(|index| index.saturating_add(1)))
                .emit(line, self.builder);
        }
    }

    fn note_unknown(&mut self, name: &str, report_type: &str) {
        let test = self.open.entry(name.to_owned()).or_insert_with(PytestOpenTest::new);
        if test.outcome < Outcome::Failed {
            test.outcome = Outcome::Failed;
            test.message = unknown("report", report_type);
        }
        test.has_ended = true;
    }

    fn subtest(&mut self, line: u32, report: &Value) {
        let context = match &report["context"] {
            Value::Null => &report["_subtest.context"],
            context => context,
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
        let message = message_or_unknown(report);
        TestRecord::new(name, outcome(report)).message(&message).emit(line, self.builder);
    }
}

fn outcome(report: &Value) -> Outcome {
    match (report["outcome"].as_str(), report["when"].as_str()) {
        ("passed", _) => Outcome::Passed,
        ("skipped", _) if !report["wasxfail"].is_null() => Outcome::Xfailed,
        ("skipped", _) => Outcome::Skipped,
        (_, "setup" | "teardown") => Outcome::Errored,
        _ if message_of(report).starts_with("[XPASS(strict)]") => Outcome::Xpassed,
        _ => Outcome::Failed,
    }
}

/// The message; that of an outcome that pytest does not have names it.
fn message_or_unknown(report: &Value) -> String {
    let (message, word) = (message_of(report), report["outcome"].as_str());
    if message.is_empty() && lookup(&OUTCOMES, word).is_none() {
        return unknown("status", word);
    }
    message.to_owned()
}

/// A `longrepr` is a string, an object with a crash, or file, line and reason of a skip.
fn message_of(report: &Value) -> &str {
    let longrepr = &report["longrepr"];
    let crash = longrepr["reprcrash"]["message"].as_str();
    let reason = longrepr.as_array().last().map_or("", Value::as_str);
    first_non_empty(&[longrepr.as_str(), crash, reason])
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    #[test]
    fn outcome_needs_all_phases_and_processes_may_die() {
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

    #[test]
    fn unknown_reports_are_no_passes_and_exit_statuses_count() {
        let log = |kind: &str, outcome: &str, status: u64| {
            let lines = ["setup", "call", "teardown"].map(|when| {
                let kind = if when == "call" { kind } else { "TestReport" };
                let outcome = if when == "call" { outcome } else { "passed" };
                format!(
                    r#"{{"nodeid": "a", "when": "{when}", "outcome": "{outcome}", "$report_type": "{kind}"}}"#
                )
            });
            let end = format!(r#"{{"exitstatus": {status}, "$report_type": "SessionFinish"}}"#);
            read_as("pytest-reportlog", &format!("{}\n{end}\n", lines.join("\n")))
        };
        assert_eq!(log("TestReport", "passed", 0).0, ["passed a"]);
        assert_eq!(log("TestReport", "passed", 0).1, []);
        assert_eq!(log("Zorked", "passed", 0).0, ["failed a: unknown report `Zorked`"]);
        assert_eq!(log("TestReport", "zorked", 1).0, ["failed a: unknown status `zorked`"]);
        let what = "exitstatus 1".to_owned();
        assert_eq!(log("TestReport", "passed", 1).1, [GapKind::ReportedFailure { what }]);
        assert_eq!(
            log("WarningMessage", "passed", 0).0,
            ["failed a: unknown report `WarningMessage`"]
        );
    }

    #[test]
    fn test_that_is_set_up_only_is_unfinished() {
        let phase = |when: &str| {
            format!(
                r#"{{"nodeid": "a", "when": "{when}", "outcome": "passed", "$report_type": "TestReport"}}"#
            )
        };
        let read = read_as("pytest-reportlog", &[phase("setup"), phase("teardown")].join("\n"));
        assert_eq!(read.0, ["unfinished a"]);
    }
}
