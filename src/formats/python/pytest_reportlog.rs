//! pytest-reportlog's lines.
//!
//! In: a report a line. Out: a result for each test, made of its phases. What a newcomer would get
//! wrong: a test has three reports (setup, call, teardown), of several tests at once when they run in
//! several processes, and its verdict is whole only when its teardown has come.
//!
//! <https://github.com/pytest-dev/pytest-reportlog>

use crate::formats::About;
use crate::formats::emit::test_record::{self, Told};
use crate::model::{Attempt, End, Outcome, RunBuilder, Sink};
use crate::syntax::json::{self, Each, Head, Value};
use crate::syntax::read_end::Ended;
use std::collections::HashMap;
use std::io::Read;

pub const ABOUT: About = About {
    title: "pytest-reportlog (--report-log)",
    names: "the node id, as in tests/test_a.py::TestClass::test_b[param]; a subtest behind it in brackets",
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
};

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &Head) -> bool {
    head.has(&["$report_type"])
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let mut log = Log { builder, open: HashMap::new(), sessions: 0, uncollected: false };
    let mut finished = 0;
    let ended = json::read(
        input,
        &mut Each(|line, report: &Value| {
            finished += u32::from(report["$report_type"].text() == "SessionFinish");
            log.report(line, report);
        }),
    );
    let whole = finished > 0 && finished >= log.sessions;
    let end = if ended.end == End::Whole && !whole { End::Cut } else { ended.end };
    Ended { end, ..ended }
}

struct Log<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    /// What the phases so far said of the tests whose teardown has not come.
    open: HashMap<String, SoFar>,
    sessions: u32,
    uncollected: bool,
}

struct SoFar {
    outcome: Outcome,
    attempt: Attempt,
    message: String,
}

impl<S: Sink> Log<'_, '_, S> {
    fn report(&mut self, line: u32, report: &Value) {
        match report["$report_type"].text() {
            "SessionStart" => self.sessions += 1,
            "SessionFinish" => match report["exitstatus"].count() {
                Some(2..=4) if !self.uncollected => {
                    test_record::gave_up("pytest was interrupted", line, self.builder);
                }
                _ => {}
            },
            "CollectReport" => self.collected(line, report),
            "TestReport" => self.phase(line, report),
            "SubTestReport" | "SubtestReport" => self.subtest(line, report),
            _ => {}
        }
    }

    fn collected(&mut self, line: u32, report: &Value) {
        let outcome = match report["outcome"].text() {
            "passed" => return,
            "skipped" => Outcome::Skipped,
            _ => Outcome::Errored,
        };
        self.uncollected |= outcome == Outcome::Errored;
        let message = said(&report["longrepr"]);
        let name = report["nodeid"].text();
        Told::new(name, outcome).message(&message).tell(line, self.builder);
    }

    fn phase(&mut self, line: u32, report: &Value) {
        let name = report["nodeid"].text();
        let when = report["when"].text();
        if when == "setup" && !self.open.contains_key(name) {
            test_record::started(name, line, self.builder);
        }
        let so_far = self.open.entry(name.to_owned()).or_insert_with(|| SoFar {
            outcome: Outcome::Passed,
            attempt: Attempt::Only,
            message: String::new(),
        });
        let message = said(&report["longrepr"]);
        let outcome = outcome(report, &message);
        if report["outcome"].text() == "rerun" {
            so_far.attempt = Attempt::Retry;
        }
        if outcome > so_far.outcome {
            so_far.outcome = outcome;
            so_far.message = message;
        }
        // A process that dies has no phase, and nothing follows.
        let died = !["setup", "call", "teardown"].contains(&when);
        if died {
            so_far.outcome = Outcome::Crashed;
        }
        if died || when == "teardown" {
            let (location, so_far) = (&report["location"], self.open.remove(name));
            let Some(SoFar { outcome, attempt, message }) = so_far else { return };
            let place = location.list();
            Told::new(name, outcome)
                .message(&message)
                .attempt(attempt)
                .at(
                    place.first().map_or("", Value::text),
                    place.get(1).and_then(Value::count).map(|line| line.saturating_add(1)),
                )
                .tell(line, self.builder);
        }
    }

    fn subtest(&mut self, line: u32, report: &Value) {
        let context = match report["context"].is_some() {
            true => &report["context"],
            false => &report["_subtest.context"],
        };
        let mut name = report["nodeid"].text().to_owned();
        if !context["msg"].text().is_empty() {
            name.push_str(&format!(" [{}]", context["msg"].text()));
        }
        let kwargs: Vec<String> = context["kwargs"]
            .members()
            .iter()
            .map(|(key, value)| match value.count() {
                Some(number) => format!("{key}={number}"),
                None => format!("{key}={}", value.text()),
            })
            .collect();
        if !kwargs.is_empty() {
            name.push_str(&format!(" ({})", kwargs.join(", ")));
        }
        let message = said(&report["longrepr"]);
        Told::new(name, outcome(report, &message)).message(&message).tell(line, self.builder);
    }
}

fn outcome(report: &Value, message: &str) -> Outcome {
    let expected = report["wasxfail"].is_some();
    match (report["outcome"].text(), report["when"].text()) {
        ("passed", _) => Outcome::Passed,
        ("skipped", _) if expected => Outcome::Xfailed,
        ("skipped", _) => Outcome::Skipped,
        (_, "setup" | "teardown") => Outcome::Errored,
        _ if message.starts_with("[XPASS(strict)]") => Outcome::Xpassed,
        _ => Outcome::Failed,
    }
}

/// A representation is a text, a crash with its message, or file, line and reason of a skip.
fn said(longrepr: &Value) -> String {
    let crash = longrepr["reprcrash"]["message"].text();
    let reason = longrepr.list().last().map_or("", Value::text);
    test_record::first(&[longrepr.text(), crash, reason]).to_owned()
}

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::emit::test_record::testing::said;
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
        let read = said(Format::PytestReportlog, &lines.join("\n"));
        assert_eq!(read.0, ["xfailed a: m", "errored b: m", "crashed c: m", "unfinished d"]);
        assert!(read.1.contains(&GapKind::Cut));
    }
}
