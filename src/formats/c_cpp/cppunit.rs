//! CppUnit's XML, which AUnit writes too: the tests that failed, then those that did not.
//!
//! In: elements. Out: events.
//!
//! <https://cppunit.sourceforge.net/doc/latest/class_xml_outputter.html>

use crate::formats::About;
use crate::formats::emit::test_case::Case;
use crate::formats::emit::xml_report::{self, Around, Closed, Content, Elements, Opening};
use crate::model::{Event, Outcome, PlanScope, RunBuilder, Sink};
use crate::syntax::read_end::Ended;
use crate::syntax::xml::tag::Tag;
use std::io::Read;

pub const ABOUT: About = About {
    title: "XML of CppUnit and AUnit",
    names: "the name, which has its class: `Fixture::test`",
    outcomes: &[
        ("SuccessfulTests", Outcome::Passed),
        ("FailedTests", Outcome::Failed),
        ("FailedTests, FailureType Error", Outcome::Errored),
        ("SkippedTests, IgnoredTests", Outcome::Skipped),
    ],
    incomplete: "the file ends before its root does; fewer tests or failures than its statistics",
    link: "https://cppunit.sourceforge.net/doc/latest/class_xml_outputter.html",
};

const LISTS: [&str; 5] =
    ["Statistics", "FailedTests", "SuccessfulTests", "SkippedTests", "IgnoredTests"];

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &[u8]) -> bool {
    let opening = Opening::of(head);
    // Hooks of the outputter may write elements of their own before the first list.
    xml_report::has_root::<CppUnit>(&opening)
        && LISTS
            .iter()
            .any(|list| memchr::memmem::find(head, format!("<{list}").as_bytes()).is_some())
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    xml_report::read(input, &mut CppUnit::default(), builder)
}

/// A run.
#[derive(Default)]
struct CppUnit {
    case: Case,
    file: String,
}

impl Elements for CppUnit {
    const ROOTS: &'static [&'static str] = &["TestRun"];
    const KNOWN: &'static [(&'static str, Content)] = &[
        ("TestRun", Content::Elements),
        ("FailedTests", Content::Elements),
        ("SuccessfulTests", Content::Elements),
        ("SkippedTests", Content::Elements),
        ("IgnoredTests", Content::Elements),
        ("FailedTest", Content::Elements),
        ("Test", Content::Elements),
        ("Name", Content::Text),
        ("FailureType", Content::Text),
        ("Message", Content::Text),
        ("Location", Content::Elements),
        ("File", Content::Text),
        ("Line", Content::Text),
        ("Statistics", Content::Elements),
        ("Tests", Content::Text),
        ("FailuresTotal", Content::Text),
    ];

    fn open<S: Sink>(&mut self, around: Around<'_>, tag: &Tag<'_>, _: &mut RunBuilder<'_, S>) {
        if let "FailedTest" | "Test" = tag.name() {
            self.case = Case::new(tag.line, "");
            self.case.add(match around.parent() {
                "SuccessfulTests" => Outcome::Passed,
                "SkippedTests" | "IgnoredTests" => Outcome::Skipped,
                _ => Outcome::Failed,
            });
        }
    }

    fn close<S: Sink>(
        &mut self,
        around: Around<'_>,
        closed: Closed<'_>,
        builder: &mut RunBuilder<'_, S>,
    ) {
        let number = closed.text.parse::<u64>().ok();
        match (closed.name, around.parent()) {
            ("Name", "FailedTest" | "Test") => self.case.name = closed.text.to_owned(),
            ("FailureType", _) if closed.text == "Error" => self.case.add(Outcome::Errored),
            ("Message", _) => self.case.say(closed.text),
            ("File", _) => self.file = closed.text.to_owned(),
            ("Line", _) => self.case.stands(&self.file, closed.text),
            ("FailedTest" | "Test", _) => self.case.end(builder),
            ("Tests", "Statistics") => {
                if let Some(tests) = number {
                    let scope = PlanScope::Descendants;
                    builder.event(closed.line, Event::Plan { tests, scope });
                }
            }
            ("FailuresTotal", "Statistics") => {
                if let Some(tests) = number {
                    builder.event(closed.line, Event::AnnouncedFailing { tests });
                }
            }
            _ => {}
        }
    }
}
