//! UnitTest++'s XML.
//!
//! In: elements. Out: events.
//!
//! <https://github.com/unittest-cpp/unittest-cpp/blob/master/UnitTest++/XmlTestReporter.cpp>

use crate::formats::About;
use crate::formats::emit::names;
use crate::formats::emit::test_case::Case;
use crate::formats::emit::xml_report::{self, Around, Closed, Closing, Content, Elements, Opening};
use crate::model::{Event, Outcome, PlanScope, RunBuilder, Sink};
use crate::syntax::read_end::Ended;
use crate::syntax::xml::tag::Tag;
use std::io::Read;

pub const ABOUT: About = About {
    title: "UnitTest++'s XML",
    names: "`Suite::Test`",
    outcomes: &[("a test without a failure", Outcome::Passed), ("failure", Outcome::Failed)],
    incomplete: "the file ends before its root does; fewer tests or failures than its root announces",
    link: "https://github.com/unittest-cpp/unittest-cpp/blob/master/UnitTest++/XmlTestReporter.cpp",
};

/// Whether the first bytes of a file are of this format.
pub fn sniff(opening: &Opening) -> bool {
    xml_report::has_root::<UnitTestPp>(opening)
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    xml_report::read(input, &mut UnitTestPp::default(), builder)
}

/// A run.
#[derive(Default)]
struct UnitTestPp {
    case: Case,
}

impl Elements for UnitTestPp {
    const ROOTS: &'static [&'static str] = &["unittest-results"];
    const KNOWN: &'static [(&'static str, Content)] = &[
        ("unittest-results", Content::Elements),
        ("test", Content::Elements),
        ("failure", Content::Elements),
    ];

    fn open<S: Sink>(&mut self, _: Around<'_>, tag: &Tag<'_>, builder: &mut RunBuilder<'_, S>) {
        match tag.name() {
            "unittest-results" => {
                if let Ok(tests) = tag.attribute("tests").trim().parse() {
                    let scope = PlanScope::Descendants;
                    builder.event(tag.line, Event::Plan { tests, scope });
                }
                if let Ok(tests) = tag.attribute("failedtests").trim().parse() {
                    builder.event(tag.line, Event::AnnouncedFailing { tests });
                }
            }
            "test" => {
                let name = names::of_class(&tag.attribute("suite"), &tag.attribute("name"), "::");
                self.case = Case::new(tag.line, name);
            }
            "failure" => {
                let message = tag.attribute("message");
                if let Some((file, line)) = place(&message) {
                    self.case.stands(file, line);
                }
                self.case.add(Outcome::Failed);
                self.case.say(&message);
            }
            _ => {}
        }
    }

    fn close<S: Sink>(
        &mut self,
        _: Around<'_>,
        closed: Closed<'_>,
        builder: &mut RunBuilder<'_, S>,
    ) {
        if closed.name == "test" {
            if self.case.outcome.is_none() && closed.how == Closing::Closed {
                self.case.outcome = Some(Outcome::Passed);
            }
            self.case.end(builder);
        }
    }
}

/// The place at the start of a message: `file(line) : …`.
fn place(message: &str) -> Option<(&str, &str)> {
    let (place, _) = message.split_once(") : ")?;
    let (file, line) = place.rsplit_once('(')?;
    line.bytes().all(|b| b.is_ascii_digit()).then_some((file, line))
}
