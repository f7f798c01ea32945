//! CTest's Test.xml, which `ctest -T Test` writes for a dashboard.
//!
//! In: elements. Out: events. The trap: `notrun` is a skip only when the test itself asked for it; a
//! test that could not be started is `notrun` too, and CTest counts it as failed.
//!
//! <https://cmake.org/cmake/help/latest/manual/ctest.1.html#dashboard-client>

use crate::formats::About;
use crate::formats::emit::test_case::Case;
use crate::formats::emit::xml_report::{self, Around, Closed, Content, Elements, Opening};
use crate::model::{Event, Outcome, PlanScope, RunBuilder, Sink};
use crate::syntax::read_end::Ended;
use crate::syntax::xml::tag::Tag;
use std::io::Read;

pub const ABOUT: About = About {
    title: "CTest's Test.xml (`ctest -T Test`)",
    names: "the test's name",
    outcomes: &[
        ("passed", Outcome::Passed),
        ("failed", Outcome::Failed),
        ("failed with exit code Timeout", Outcome::TimedOut),
        ("failed with exit code SEGFAULT, ILLEGAL, INTERRUPT, NUMERICAL, …", Outcome::Crashed),
        ("notrun: SKIP_RETURN_CODE, SKIP_REGULAR_EXPRESSION, Disabled", Outcome::Skipped),
        ("notrun for any other reason", Outcome::Errored),
    ],
    incomplete: "the file ends before its root does; fewer tests than its list names",
    link: "https://cmake.org/cmake/help/latest/manual/ctest.1.html#dashboard-client",
};

/// Why CTest skips a test, as it begins; any other reason means that it could not run it.
const SKIPS: [&str; 3] = ["SKIP_RETURN_CODE", "SKIP_REGULAR_EXPRESSION", "Disabled"];

/// Whether this is a reason why CTest skips a test.
pub fn is_skip(why: &str) -> bool {
    SKIPS.iter().any(|skip| why.starts_with(skip))
}

/// How a test that failed may have ended.
const ENDS: [(&str, Outcome); 10] = [
    ("Timeout", Outcome::TimedOut),
    ("SEGFAULT", Outcome::Crashed),
    ("ILLEGAL", Outcome::Crashed),
    ("INTERRUPT", Outcome::Crashed),
    ("NUMERICAL", Outcome::Crashed),
    ("OTHER_FAULT", Outcome::Crashed),
    ("Subprocess aborted", Outcome::Crashed),
    ("Subprocess killed", Outcome::Crashed),
    ("Bus error", Outcome::Crashed),
    ("BAD_COMMAND", Outcome::Errored),
];

/// Whether the first bytes of a file are of this format.
pub fn sniff(opening: &Opening) -> bool {
    xml_report::has_root::<CTest>(opening) && opening.names.iter().any(|name| name == "Testing")
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    xml_report::read(input, &mut CTest::default(), builder)
}

/// A run.
#[derive(Default)]
struct CTest {
    listed: u64,
    case: Case,
    status: String,
    measurement: String,
    /// How the test ended, in CTest's words.
    ended: Option<Outcome>,
    why: String,
}

impl Elements for CTest {
    const ROOTS: &'static [&'static str] = &["Site"];
    const KNOWN: &'static [(&'static str, Content)] = &[
        ("Site", Content::Elements),
        ("Testing", Content::Elements),
        ("TestList", Content::Elements),
        ("Test", Content::Elements),
        ("Name", Content::Text),
        ("Results", Content::Elements),
        ("NamedMeasurement", Content::Elements),
        ("Measurement", Content::Elements),
        ("Value", Content::Text),
    ];

    fn open<S: Sink>(&mut self, around: Around<'_>, tag: &Tag<'_>, _: &mut RunBuilder<'_, S>) {
        match (tag.name(), around.parent()) {
            ("Test", "TestList") => self.listed += 1,
            ("Test", _) => {
                self.case = Case::new(tag.line, "");
                self.status = tag.attribute("Status").into_owned();
                self.ended = None;
                self.why.clear();
            }
            ("NamedMeasurement", _) => self.measurement = tag.attribute("name").into_owned(),
            _ => {}
        }
    }

    fn close<S: Sink>(
        &mut self,
        around: Around<'_>,
        closed: Closed<'_>,
        builder: &mut RunBuilder<'_, S>,
    ) {
        match (closed.name, around.parent(), self.measurement.as_str()) {
            ("Name", "Test", _) => self.case.name = closed.text.to_owned(),
            ("Value", "NamedMeasurement", "Exit Code") => self.end_with(closed.text),
            ("Value", "NamedMeasurement", "Completion Status") => {
                self.end_with(closed.text);
                if closed.text != "Completed" {
                    self.why = closed.text.to_owned();
                }
            }
            ("Value", "NamedMeasurement", "Fail Reason") => self.case.say(closed.text),
            ("Value", "Measurement", _) => {
                if !self.why.is_empty() && self.why != closed.text {
                    self.case.say(&self.why);
                }
                self.case.say(closed.text);
            }
            ("Test", "TestList", _) => {}
            ("Test", ..) => {
                self.case.outcome = self.outcome();
                self.case.end(builder);
            }
            ("Testing", ..) => {
                let tests = std::mem::take(&mut self.listed);
                let scope = PlanScope::Descendants;
                if tests > 0 {
                    builder.event(closed.line, Event::Plan { tests, scope });
                }
            }
            _ => {}
        }
    }
}

impl CTest {
    fn end_with(&mut self, word: &str) {
        let known = ENDS.iter().find(|(known, _)| word.starts_with(known));
        self.ended = self.ended.max(known.map(|(_, outcome)| *outcome));
    }

    fn outcome(&self) -> Option<Outcome> {
        match self.status.as_str() {
            "passed" => Some(Outcome::Passed),
            "notrun" if self.why.is_empty() || is_skip(&self.why) => Some(Outcome::Skipped),
            "notrun" => Some(Outcome::Errored),
            _ => Some(self.ended.unwrap_or(Outcome::Failed)),
        }
    }
}
