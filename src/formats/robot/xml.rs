//! Robot Framework's output.xml, schema 1 to 5, as robot and rebot write it.
//!
//! When the tear-down of a suite fails, all its tests have failed, although each has the status PASS earlier in the
//! file: so tests wait until the suites around them have ended. A test that was skipped stays skipped, and a
//! tear-down that was skipped skips all tests, those that failed too.

use super::deferred::DeferredTests;
use crate::formats::emit::{
    ElementEnd, EndKind, TestCase, XmlReport, known_or_failed, names, outcome_for,
    outcome_for_ignore_case, test_record, xml_report,
};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::Tag;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["robot"],
    title: "Robot Framework's output.xml",
    test_name: "the long name: `Suite.Inner Suite.Test`",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does; fewer tests, failures or skips than its statistics",
    totals: "tests, failures and skips of `All Tests` and of the outermost suite; the status of each suite",
    link: "https://github.com/robotframework/robotframework/tree/master/doc/schema",
    sniff: Sniff::Xml(|head| {
        // The descriptions of real robots have the same root.
        xml_report::has_root::<RobotReader>(head)
            && (head.attributes.iter().any(|a| a == "generator")
                || head.names.get(1).is_some_and(|name| name == "suite"))
    }),
    read: xml_report::read::<RobotReader>,
};

const OUTCOMES: [(&str, Outcome); 9] = [
    ("PASS", Outcome::Passed),
    ("FAIL", Outcome::Failed),
    ("FAIL: Test timeout … exceeded", Outcome::TimedOut),
    ("SKIP", Outcome::Skipped),
    (NOT_RUN, Outcome::Skipped),
    ("NOT_RUN", Outcome::Skipped),
    ("any test of a suite whose teardown failed, unless it was skipped", Outcome::Failed),
    ("any test of a suite whose teardown was skipped", Outcome::Skipped),
    ("a test without a status", Outcome::Unfinished),
];

/// How the message of a test begins that timed out.
const TIMEOUT_PREFIXES: [&str; 2] = ["Test timeout ", "Task timeout "];

/// What rebot writes into the message of a test that it merged, and before each status in it.
const MERGED: &str = "*HTML* <span class=\"merge\">Test has been re-executed";
const NEW_MESSAGE: &str = "New message:</span>";
const OLD_STATUS: &str = "Old status:</span>";

/// The status of what a dry run omits.
pub(crate) const NOT_RUN: &str = "NOT RUN";

const OLD_STATUSES: [(&str, Outcome); 2] = [("pass", Outcome::Passed), ("skip", Outcome::Skipped)];

#[derive(Default)]
struct RobotReader {
    suites: Vec<RobotSuite>,
    test: Option<TestCase>,
    /// The tests of the open suites.
    deferred: DeferredTests,
    /// The status of the last keyword that ended, and its message.
    keyword: Option<(Outcome, String)>,
    status: Option<Outcome>,
    /// The message of a status that Robot Framework does not have; empty for others.
    unknown_status: String,
    totals: RobotTotals,
    /// The largest of the statistics of all tests and of the outermost suite.
    declared: RobotTotals,
}

/// What the statistics count.
#[derive(Clone, Copy, Default)]
struct RobotTotals {
    line: u32,
    tests: u64,
    failed: u64,
    skipped: u64,
}

/// The id of the outermost suite in the statistics.
const ROOT_SUITE: &str = "s1";

/// The statuses of a suite in which nothing failed.
pub(crate) const GOOD_SUITES: [&str; 5] = ["PASS", "SKIP", NOT_RUN, "NOT_RUN", ""];

struct RobotSuite {
    /// With the names of the suites around it.
    name: String,
    /// The index of its first test.
    first_test: usize,
    /// Whether the open keyword is its tear-down.
    in_teardown: bool,
    teardown_outcome: Outcome,
}

impl RobotTotals {
    fn parse(tag: &Tag<'_>) -> RobotTotals {
        let counts = ["pass", "fail", "skip"].map(|name| tag.number(name).unwrap_or(0));
        let tests = test_record::saturating_sum(counts);
        RobotTotals { line: tag.line, tests, failed: counts[1], skipped: counts[2] }
    }

    fn max(self, other: RobotTotals) -> RobotTotals {
        RobotTotals {
            line: other.line,
            tests: self.tests.max(other.tests),
            failed: self.failed.max(other.failed),
            skipped: self.skipped.max(other.skipped),
        }
    }

    fn compare(&self, builder: &mut RunBuilder<'_>) {
        builder.expect_tests(self.line, self.tests);
        builder.expect_failures(self.line, self.failed);
        builder.expect_skips(self.line, self.skipped);
    }
}

impl XmlReport for RobotReader {
    const ROOTS: &'static [&'static str] = &["robot"];
    const ELEMENTS: &'static [&'static str] =
        &["suite", "test", "task", "kw", "statistics", "total"];
    const TEXTS: &'static [&'static str] = &["status", "stat"];

    fn open(&mut self, tag: &Tag<'_>, parent: &str, builder: &mut RunBuilder<'_>) {
        match (tag.name(), parent) {
            ("suite", "robot" | "suite") => self.suites.push(RobotSuite {
                name: self.full_name(&tag.attribute("name")),
                first_test: self.deferred.next_index(),
                in_teardown: false,
                teardown_outcome: Outcome::Passed,
            }),
            ("test" | "task", "suite") => {
                self.test = Some(TestCase::new(tag.line, self.full_name(&tag.attribute("name"))));
            }
            ("kw", "suite") => {
                if let Some(suite) = self.suites.last_mut() {
                    suite.in_teardown = tag.attribute("type").eq_ignore_ascii_case("teardown");
                }
            }
            ("status", "suite") => {
                let status = tag.attribute("status");
                if !GOOD_SUITES.contains(&&*status) {
                    builder.expect_a_failure(tag.line, &format!("suite status {status}"));
                }
            }
            ("status", _) => {
                self.unknown_status = unknown_status(&tag.attribute("status"));
                self.status = Some(match (&*tag.attribute("status"), parent) {
                    // A dry run skips the tear-downs and runs the tests.
                    (NOT_RUN | "NOT_RUN", "kw") => Outcome::Passed,
                    (status, _) => outcome_for(&OUTCOMES, status),
                });
            }
            ("stat", "total") => self.totals = RobotTotals::parse(tag),
            ("stat", "suite") if tag.attribute("id") == ROOT_SUITE => {
                self.declared = self.declared.max(RobotTotals::parse(tag));
                self.declared.compare(builder);
            }
            _ => {}
        }
    }

    fn close(&mut self, end: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match (end.name, end.parent) {
            ("status", "test" | "task") if end.kind == EndKind::EndTag => self.end_test(end.text),
            ("status", "kw") => {
                self.keyword = self.status.map(|status| (status, end.text.to_owned()));
            }
            ("kw", "suite") => self.end_suite_keyword(end.line, builder),
            ("test" | "task", "suite") => {
                if let Some(test) = self.test.take() {
                    self.deferred.push(test, builder);
                }
            }
            ("suite", "robot" | "suite") => {
                self.suites.pop();
                if self.suites.is_empty() {
                    self.deferred.flush(builder);
                }
            }
            ("stat", "total") if end.text.starts_with("All T") => {
                self.declared = self.declared.max(self.totals);
                self.declared.compare(builder);
            }
            _ => {}
        }
    }
}

impl RobotReader {
    fn full_name(&self, name: &str) -> String {
        names::join_child(self.suites.last().map_or("", |suite| &suite.name), name, ".")
    }

    fn end_test(&mut self, message: &str) {
        let (Some(test), Some(status)) = (&mut self.test, self.status) else { return };
        test.outcome = Some(status);
        match message.strip_prefix(MERGED) {
            Some(merged) => add_merged(test, merged),
            None => test.add_message(message),
        }
        if test.message.text().is_empty() {
            test.add_message(&self.unknown_status);
        }
        let timed_out = TIMEOUT_PREFIXES.iter().any(|start| test.message.text().starts_with(start));
        if status == Outcome::Failed && timed_out {
            test.outcome = Some(Outcome::TimedOut);
        }
    }

    /// Where the tear-down of a suite failed or was skipped, so did the tests in it.
    fn end_suite_keyword(&mut self, line: u32, builder: &mut RunBuilder<'_>) {
        let Some(suite) = self.suites.last_mut().filter(|suite| suite.in_teardown) else { return };
        let Some((status, why)) = self.keyword.take() else { return };
        let Some(what) = teardown_message(status).filter(|_| suite.teardown_outcome < status)
        else {
            return;
        };
        suite.teardown_outcome = status;
        let why = format!("{what}\n{why}");
        self.deferred.apply_teardown(suite.first_test, line, builder, status, &why);
    }
}

/// The message of a status that Robot Framework does not have; empty for others.
pub(crate) fn unknown_status(status: &str) -> String {
    known_or_failed(test_record::lookup(&OUTCOMES, status), "status", status).1
}

/// Adds the latest message of a test that rebot merged, and the outcomes of its earlier attempts.
fn add_merged(test: &mut TestCase, merged: &str) {
    let mut parts = merged.split(OLD_STATUS);
    let latest = parts.next().unwrap_or("");
    let message = latest.split_once(NEW_MESSAGE).map_or("", |(_, message)| message);
    let message = message.trim().trim_end_matches("<hr><span class=\"old-status\">");
    test.add_message(message.trim_end_matches("<br>"));
    test.earlier_attempts.extend(parts.map(|old| {
        let class = old.split_once("class=\"").map_or("", |(_, class)| class);
        outcome_for_ignore_case(&OLD_STATUSES, class.split('"').next().unwrap_or(""))
    }));
}

/// The message for the tests of a suite whose tear-down had this outcome; `None` where it changes nothing.
pub(crate) fn teardown_message(status: Outcome) -> Option<&'static str> {
    match status {
        Outcome::Skipped => Some("Skipped in parent suite teardown:"),
        Outcome::Failed => Some("Parent suite teardown failed:"),
        Outcome::Passed
        | Outcome::Xfailed
        | Outcome::Unfinished
        | Outcome::Xpassed
        | Outcome::Errored
        | Outcome::TimedOut
        | Outcome::Crashed => None,
    }
}
