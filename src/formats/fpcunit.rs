//! FPCUnit's XML.
//!
//! In: elements. Out: events.
//!
//! <https://wiki.freepascal.org/fpcunit>

use super::About;
use super::emit::names;
use super::emit::test_case::{self, Case};
use super::emit::xml_report::{self, Around, Closed, Content, Elements, Opening};
use crate::model::{Event, Outcome, PlanScope, RunBuilder, Sink};
use crate::syntax::read_end::Ended;
use crate::syntax::xml::tag::Tag;
use std::io::Read;

pub const ABOUT: About = About {
    title: "FPCUnit's XML",
    names: "the names of the suites and of the test: `Suite.Inner.Test`",
    outcomes: &RESULTS,
    incomplete: "the file ends before its root does; fewer tests or failures than the outermost suite \
                 announces",
    link: "https://wiki.freepascal.org/fpcunit",
};

const RESULTS: [(&str, Outcome); 4] = [
    ("OK", Outcome::Passed),
    ("Failed", Outcome::Failed),
    ("Error", Outcome::Errored),
    ("Ignored", Outcome::Skipped),
];

/// Whether the first bytes of a file are of this format.
pub fn sniff(opening: &Opening) -> bool {
    xml_report::has_root::<FpcUnit>(opening)
        && opening
            .names
            .get(1)
            .is_none_or(|name| ["TestListing", "Listing", "FileName"].contains(&name.as_str()))
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    xml_report::read(input, &mut FpcUnit::default(), builder)
}

/// A run.
#[derive(Default)]
struct FpcUnit {
    /// The paths of the open suites.
    suites: Vec<String>,
    case: Case,
    file: String,
}

impl Elements for FpcUnit {
    const ROOTS: &'static [&'static str] = &["TestResults"];
    const KNOWN: &'static [(&'static str, Content)] = &[
        ("TestResults", Content::Elements),
        ("TestListing", Content::Elements),
        ("TestSuite", Content::Elements),
        ("Test", Content::Elements),
        ("Message", Content::Text),
        ("SourceUnitName", Content::Text),
        ("LineNumber", Content::Text),
    ];

    fn open<S: Sink>(
        &mut self,
        around: Around<'_>,
        tag: &Tag<'_>,
        builder: &mut RunBuilder<'_, S>,
    ) {
        match tag.name() {
            "TestSuite" => {
                if around.parent() == "TestListing" {
                    announce(tag, builder);
                }
                self.suites.push(self.path(&tag.attribute("Name")));
            }
            "Test" => {
                self.case = Case::new(tag.line, self.path(&tag.attribute("Name")));
                self.case.add(test_case::caseless_outcome(&RESULTS, &tag.attribute("Result")));
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
        match closed.name {
            "TestSuite" => {
                self.suites.pop();
            }
            "Message" if self.case.message.text().is_empty() => self.case.say(closed.text),
            "SourceUnitName" => self.file = closed.text.to_owned(),
            "LineNumber" => self.case.stands(&self.file, closed.text),
            "Test" => self.case.end(builder),
            _ => {}
        }
    }
}

impl FpcUnit {
    fn path(&self, name: &str) -> String {
        names::below(self.suites.last().map_or("", String::as_str), name, ".")
    }
}

/// Tests that are ignored count as run.
fn announce<S: Sink>(tag: &Tag<'_>, builder: &mut RunBuilder<'_, S>) {
    let count = |name: &str| tag.attribute(name).trim().parse::<u64>().ok();
    if let Some(tests) = count("NumberOfRunTests") {
        builder.event(tag.line, Event::Plan { tests, scope: PlanScope::Descendants });
    }
    if let (Some(errors), Some(failures)) = (count("NumberOfErrors"), count("NumberOfFailures")) {
        let tests = errors.saturating_add(failures);
        builder.event(tag.line, Event::AnnouncedFailing { tests });
    }
}
