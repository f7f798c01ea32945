//! Robot Framework's output.xml, schema 1 to 5, as robot and rebot write it.
//!
//! In: elements. Out: events. The trap: when the tear-down of a suite fails, all its tests have failed,
//! but the file still says PASS where they stand, long before: so the names of tests wait until the
//! suites around them have ended. A test that was skipped stays skipped, and a tear-down that was skipped
//! skips them all, those that failed too.
//!
//! <https://github.com/robotframework/robotframework/tree/master/doc/schema>

use super::deferred::Held;
use crate::formats::About;
use crate::formats::emit::test_case::{self, Case};
use crate::formats::emit::xml_report::{self, Around, Closed, Closing, Content, Elements, Opening};
use crate::formats::emit::{names, test_record};
use crate::model::{Event, Outcome, PlanScope, RunBuilder, Sink};
use crate::syntax::read_end::Ended;
use crate::syntax::xml::tag::Tag;
use std::io::Read;

pub const ABOUT: About = About {
    title: "Robot Framework's output.xml",
    names: "the long name: `Suite.Inner Suite.Test`",
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
};

/// How the message of a test begins that ran out of time.
const TIMEOUTS: [&str; 2] = ["Test timeout ", "Task timeout "];

/// What rebot writes into the message of a test that it merged, and before each status there.
const MERGED: &str = "*HTML* <span class=\"merge\">Test has been re-executed";
const NEW_MESSAGE: &str = "New message:</span>";
const OLD_STATUS: &str = "Old status:</span>";

/// The status of what a dry run leaves out.
pub const NOT_RUN: &str = "NOT RUN";

const OLD_STATUSES: [(&str, Outcome); 2] = [("pass", Outcome::Passed), ("skip", Outcome::Skipped)];

/// Whether the first bytes of a file are of this format.
pub fn sniff(opening: &Opening) -> bool {
    // The descriptions of real robots have the same root.
    xml_report::has_root::<Robot>(opening)
        && (opening.attributes.iter().any(|a| a == "generator")
            || opening.names.get(1).is_some_and(|name| name == "suite"))
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    xml_report::read(input, &mut Robot::default(), builder)
}

/// A run.
#[derive(Default)]
struct Robot {
    suites: Vec<Suite>,
    test: Option<Case>,
    /// The tests of the open suites.
    held: Held,
    /// The status of the last keyword that ended, and its message.
    keyword: Option<(Outcome, String)>,
    status: Option<Outcome>,
    counts: [u64; 3],
    counted: u32,
}

struct Suite {
    /// With those of the suites around.
    name: String,
    /// Where its tests begin among those held.
    first: usize,
    /// Whether the open keyword is its tear-down.
    in_teardown: bool,
    /// What its tests ended with because of that.
    torn_down: Outcome,
}

impl Elements for Robot {
    const ROOTS: &'static [&'static str] = &["robot"];
    const KNOWN: &'static [(&'static str, Content)] = &[
        ("robot", Content::Elements),
        ("suite", Content::Elements),
        ("test", Content::Elements),
        ("task", Content::Elements),
        ("kw", Content::Elements),
        ("status", Content::Text),
        ("statistics", Content::Elements),
        ("total", Content::Elements),
        ("stat", Content::Text),
    ];

    fn open<S: Sink>(&mut self, around: Around<'_>, tag: &Tag<'_>, _: &mut RunBuilder<'_, S>) {
        match (tag.name(), around.parent()) {
            ("suite", "robot" | "suite") => {
                let name = self.long(&tag.attribute("name"));
                let (first, torn_down) = (self.held.next(), Outcome::Passed);
                self.suites.push(Suite { name, first, in_teardown: false, torn_down });
            }
            ("test" | "task", "suite") => {
                self.test = Some(Case::new(tag.line, self.long(&tag.attribute("name"))));
            }
            ("kw", "suite") => {
                if let Some(suite) = self.suites.last_mut() {
                    suite.in_teardown = tag.attribute("type").eq_ignore_ascii_case("teardown");
                }
            }
            ("status", _) => {
                self.status = Some(match (&*tag.attribute("status"), around.parent()) {
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
                self.counted = tag.line;
            }
            _ => {}
        }
    }

    fn close<S: Sink>(
        &mut self,
        around: Around<'_>,
        closed: Closed<'_>,
        builder: &mut RunBuilder<'_, S>,
    ) {
        match (closed.name, around.parent()) {
            ("status", "test" | "task") if closed.how == Closing::Closed => {
                self.end_test(closed.text);
            }
            ("status", "kw") => {
                self.keyword = self.status.map(|status| (status, closed.text.to_owned()));
            }
            ("kw", "suite") => self.end_suite_keyword(closed.line, builder),
            ("test" | "task", "suite") => {
                if let Some(test) = self.test.take() {
                    self.held.push(test, builder);
                }
            }
            ("suite", "robot" | "suite") => {
                self.suites.pop();
                if self.suites.is_empty() {
                    self.held.release(builder);
                }
            }
            ("stat", "total") if closed.text.starts_with("All T") => {
                let [passed, failed, skipped] = self.counts;
                let tests = test_record::sum([passed, failed, skipped]);
                let scope = PlanScope::Descendants;
                builder.event(self.counted, Event::Plan { tests, scope });
                builder.event(self.counted, Event::AnnouncedFailing { tests: failed });
            }
            _ => {}
        }
    }
}

impl Robot {
    fn long(&self, name: &str) -> String {
        names::below(self.suites.last().map_or("", |suite| &suite.name), name, ".")
    }

    fn end_test(&mut self, message: &str) {
        let (Some(test), Some(status)) = (&mut self.test, self.status) else { return };
        test.outcome = Some(status);
        match message.strip_prefix(MERGED) {
            Some(merged) => {
                let latest = merged.split(OLD_STATUS).next().unwrap_or("");
                let said = latest.split_once(NEW_MESSAGE).map_or("", |(_, said)| said);
                let said = said.trim().trim_end_matches("<hr><span class=\"old-status\">");
                test.say(said.trim_end_matches("<br>"));
                test.earlier.extend(merged.split(OLD_STATUS).skip(1).map(|old| {
                    let status = old.split_once("class=\"").map_or("", |(_, status)| status);
                    test_case::caseless_outcome(
                        &OLD_STATUSES,
                        status.split('"').next().unwrap_or(""),
                    )
                }));
            }
            None => test.say(message),
        }
        let timed_out = TIMEOUTS.iter().any(|start| test.message.text().starts_with(start));
        if status == Outcome::Failed && timed_out {
            test.outcome = Some(Outcome::TimedOut);
        }
    }

    /// When it was the tear-down of a suite that failed or was skipped, so do the tests in it.
    fn end_suite_keyword<S: Sink>(&mut self, line: u32, builder: &mut RunBuilder<'_, S>) {
        let Some(suite) = self.suites.last_mut().filter(|suite| suite.in_teardown) else { return };
        let Some((status, why)) = self.keyword.take() else { return };
        let Some(what) = torn_down(status).filter(|_| suite.torn_down < status) else { return };
        suite.torn_down = status;
        self.held.end(suite.first, line, builder, (status, &format!("{what}\n{why}")));
    }
}

/// What is said of the tests of a suite whose tear-down ended so.
pub fn torn_down(status: Outcome) -> Option<&'static str> {
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
