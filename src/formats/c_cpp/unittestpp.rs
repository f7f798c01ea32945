//! UnitTest++'s XML.
//!
//! In: elements. Out: events.
//!
//! <https://github.com/unittest-cpp/unittest-cpp/blob/master/UnitTest++/XmlTestReporter.cpp>

use crate::formats::emit::names;
use crate::formats::emit::test_case::TestCase;
use crate::formats::emit::xml_report::{
    self, Ancestors, Content, ElementEnd, EndKind, XmlHead, XmlReport,
};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::read_end::ReadEnd;
use crate::syntax::xml::tag::Tag;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["unittest++", "unittestpp"],
    title: "UnitTest++'s XML",
    test_name: "`Suite::Test`",
    outcomes: &[("a test without a failure", Outcome::Passed), ("failure", Outcome::Failed)],
    incomplete: "the file ends before its root does; fewer tests or failures than its root announces",
    link: "https://github.com/unittest-cpp/unittest-cpp/blob/master/UnitTest++/XmlTestReporter.cpp",
    sniff: Sniff::Xml(sniff),
    read,
};

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(opening: &XmlHead) -> bool {
    xml_report::has_root::<UnittestppReader>(opening)
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    xml_report::read(input, &mut UnittestppReader::default(), builder)
}

/// A run.
#[derive(Default)]
struct UnittestppReader {
    case: TestCase,
}

impl XmlReport for UnittestppReader {
    const ROOTS: &'static [&'static str] = &["unittest-results"];
    const ELEMENTS: &'static [(&'static str, Content)] = &[
        ("unittest-results", Content::Children),
        ("test", Content::Children),
        ("failure", Content::Children),
    ];

    fn open(&mut self, _: Ancestors<'_>, tag: &Tag<'_>, builder: &mut RunBuilder<'_>) {
        match tag.name() {
            "unittest-results" => {
                if let Ok(tests) = tag.attribute("tests").trim().parse() {
                    builder.expect_tests(tag.line, tests);
                }
                if let Ok(tests) = tag.attribute("failedtests").trim().parse() {
                    builder.expect_failures(tag.line, tests);
                }
            }
            "test" => {
                let name = names::qualify(&tag.attribute("suite"), &tag.attribute("name"), "::");
                self.case = TestCase::new(tag.line, name);
            }
            "failure" => {
                let message = tag.attribute("message");
                if let Some((file, line)) = parse_location(&message) {
                    self.case.set_location(file, line);
                }
                self.case.add_outcome(Outcome::Failed);
                self.case.add_message(&message);
            }
            _ => {}
        }
    }

    fn close(&mut self, _: Ancestors<'_>, closed: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        if closed.name == "test" {
            if self.case.outcome.is_none() && closed.kind == EndKind::EndTag {
                self.case.outcome = Some(Outcome::Passed);
            }
            self.case.emit(builder);
        }
    }
}

/// The place at the start of a message: `file(line) : …`.
fn parse_location(message: &str) -> Option<(&str, &str)> {
    let (location, _) = message.split_once(") : ")?;
    let (file, line) = location.rsplit_once('(')?;
    line.bytes().all(|b| b.is_ascii_digit()).then_some((file, line))
}
