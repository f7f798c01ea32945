//! Robot Framework's output.xml, schema 1 to 5, as robot and rebot write it.
//!
//! In: elements. Out: events. The trap: when the tear-down of a suite fails, all its tests have failed,
//! but the file still says PASS where they stand, long before: so the names of tests wait until the
//! suites around them have ended. A test that was skipped stays skipped, and a tear-down that was skipped
//! skips them all, those that failed too.
//!
//! <https://github.com/robotframework/robotframework/tree/master/doc/schema>

use super::deferred::DeferredTests;
use crate::formats::emit::test_case::{self, TestCase};
use crate::formats::emit::xml_report::{
    self, Ancestors, Content, ElementEnd, EndKind, XmlHead, XmlReport,
};
use crate::formats::emit::{names, test_record};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::read_end::ReadEnd;
use crate::syntax::xml::tag::Tag;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["robot"],
    title: "Robot Framework's output.xml",
    test_name: "the long name: `Suite.Inner Suite.Test`",
    outcomes: &[
        ("PASS", Outcome::Passed),
        ("FAIL", Outcome::Failed),
        ("FAIL: Test timeout … exceeded", Outcome::TimedOut),
        ("SKIP, NOT RUN", Outcome::Skipped),
        ("any test of a suite whose teardown failed, unless it was skipped", Outcome::Failed),
        ("any test of a suite whose teardown was skipped", Outcome::Skipped),
        ("a test without a status", Outcome::Unfinished),
    ],
    incomplete: "the file ends before its root does; fewer tests or failures than its statistics say",
    link: "https://github.com/robotframework/robotframework/tree/master/doc/schema",
    sniff: Sniff::Xml(sniff),
    read,
};

/// How the message of a test begins that ran out of time.
const TIMEOUT_PREFIXES: [&str; 2] = ["Test timeout ", "Task timeout "];

/// What rebot writes into the message of a test that it merged, and before each status there.
const MERGED: &str = "*HTML* <span class=\"merge\">Test has been re-executed";
const NEW_MESSAGE: &str = "New message:</span>";
const OLD_STATUS: &str = "Old status:</span>";

/// The status of what a dry run leaves out.
pub(crate) const NOT_RUN: &str = "NOT RUN";

const OLD_STATUSES: [(&str, Outcome); 2] = [("pass", Outcome::Passed), ("skip", Outcome::Skipped)];

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &XmlHead) -> bool {
    // The descriptions of real robots have the same root.
    xml_report::has_root::<RobotReader>(head)
        && (head.attributes.iter().any(|a| a == "generator")
            || head.names.get(1).is_some_and(|name| name == "suite"))
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    xml_report::read(input, &mut RobotReader::default(), builder)
}

/// A run.
#[derive(Default)]
struct RobotReader {
    suites: Vec<RobotSuite>,
    test: Option<TestCase>,
    /// The tests of the open suites.
    deferred: DeferredTests,
    /// The status of the last keyword that ended, and its message.
    keyword: Option<(Outcome, String)>,
    status: Option<Outcome>,
    counts: [u64; 3],
    counts_line: u32,
}

struct RobotSuite {
    /// With those of the suites around.
    name: String,
    /// Where its tests begin among those held.
    first_test: usize,
    /// Whether the open keyword is its tear-down.
    in_teardown: bool,
    /// What its tests ended with because of that.
    teardown_outcome: Outcome,
}

impl XmlReport for RobotReader {
    const ROOTS: &'static [&'static str] = &["robot"];
    const ELEMENTS: &'static [(&'static str, Content)] = &[
        ("robot", Content::Children),
        ("suite", Content::Children),
        ("test", Content::Children),
        ("task", Content::Children),
        ("kw", Content::Children),
        ("status", Content::Text),
        ("statistics", Content::Children),
        ("total", Content::Children),
        ("stat", Content::Text),
    ];

    fn open(&mut self, ancestors: Ancestors<'_>, tag: &Tag<'_>, _: &mut RunBuilder<'_>) {
        match (tag.name(), ancestors.parent()) {
            ("suite", "robot" | "suite") => {
                let name = self.full_name(&tag.attribute("name"));
                let (first_test, teardown_outcome) = (self.deferred.next_index(), Outcome::Passed);
                self.suites.push(RobotSuite {
                    name,
                    first_test,
                    in_teardown: false,
                    teardown_outcome,
                });
            }
            ("test" | "task", "suite") => {
                self.test = Some(TestCase::new(tag.line, self.full_name(&tag.attribute("name"))));
            }
            ("kw", "suite") => {
                if let Some(suite) = self.suites.last_mut() {
                    suite.in_teardown = tag.attribute("type").eq_ignore_ascii_case("teardown");
                }
            }
            ("status", _) => {
                self.status = Some(match (&*tag.attribute("status"), ancestors.parent()) {
                    ("PASS", _) => Outcome::Passed,
                    // A dry run skips the tear-downs and runs the tests.
                    (NOT_RUN | "NOT_RUN", "kw") => Outcome::Passed,
                    ("SKIP" | NOT_RUN | "NOT_RUN", _) => Outcome::Skipped,
                    _ => Outcome::Failed,
                });
            }
            ("stat", "total") => {
                let count = |name: &str| tag.attribute(name).trim().parse().unwrap_or(0);
                self.counts = [count("pass"), count("fail"), count("skip")];
                self.counts_line = tag.line;
            }
            _ => {}
        }
    }

    fn close(
        &mut self,
        ancestors: Ancestors<'_>,
        closed: ElementEnd<'_>,
        builder: &mut RunBuilder<'_>,
    ) {
        match (closed.name, ancestors.parent()) {
            ("status", "test" | "task") if closed.kind == EndKind::EndTag => {
                self.end_test(closed.text);
            }
            ("status", "kw") => {
                self.keyword = self.status.map(|status| (status, closed.text.to_owned()));
            }
            ("kw", "suite") => self.end_suite_keyword(closed.line, builder),
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
            ("stat", "total") if closed.text.starts_with("All T") => {
                let [passed, failed, skipped] = self.counts;
                let tests = test_record::saturating_sum([passed, failed, skipped]);
                builder.expect_tests(self.counts_line, tests);
                builder.expect_failures(self.counts_line, failed);
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
            Some(merged) => {
                let latest = merged.split(OLD_STATUS).next().unwrap_or("");
                let latest_message = latest.split_once(NEW_MESSAGE).map_or("", |(_, said)| said);
                let latest_message =
                    latest_message.trim().trim_end_matches("<hr><span class=\"old-status\">");
                test.add_message(latest_message.trim_end_matches("<br>"));
                test.earlier_attempts.extend(merged.split(OLD_STATUS).skip(1).map(|old| {
                    let status = old.split_once("class=\"").map_or("", |(_, status)| status);
                    test_case::outcome_for_ignore_case(
                        &OLD_STATUSES,
                        status.split('"').next().unwrap_or(""),
                    )
                }));
            }
            None => test.add_message(message),
        }
        let timed_out = TIMEOUT_PREFIXES.iter().any(|start| test.message.text().starts_with(start));
        if status == Outcome::Failed && timed_out {
            test.outcome = Some(Outcome::TimedOut);
        }
    }

    /// When it was the tear-down of a suite that failed or was skipped, so do the tests in it.
    fn end_suite_keyword(&mut self, line: u32, builder: &mut RunBuilder<'_>) {
        let Some(suite) = self.suites.last_mut().filter(|suite| suite.in_teardown) else { return };
        let Some((status, why)) = self.keyword.take() else { return };
        let Some(what) = teardown_message(status).filter(|_| suite.teardown_outcome < status)
        else {
            return;
        };
        suite.teardown_outcome = status;
        self.deferred.apply_teardown(
            suite.first_test,
            line,
            builder,
            status,
            &format!("{what}\n{why}"),
        );
    }
}

/// What is said of the tests of a suite whose tear-down ended so.
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
