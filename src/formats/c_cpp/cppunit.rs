//! CppUnit's XML, which AUnit writes too: the tests that failed, then those that did not.
//!
//! In: elements. Out: events.
//!
//! <https://cppunit.sourceforge.net/doc/latest/class_xml_outputter.html>

use crate::formats::emit::test_case::TestCase;
use crate::formats::emit::xml_report::{self, Ancestors, Content, ElementEnd, XmlHead, XmlReport};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::read_end::ReadEnd;
use crate::syntax::xml::tag::Tag;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["cppunit", "aunit"],
    title: "XML of CppUnit and AUnit",
    test_name: "the name, which has its class: `Fixture::test`",
    outcomes: &[
        ("SuccessfulTests", Outcome::Passed),
        ("FailedTests", Outcome::Failed),
        ("FailedTests, FailureType Error", Outcome::Errored),
        ("SkippedTests, IgnoredTests", Outcome::Skipped),
    ],
    incomplete: "the file ends before its root does; fewer tests or failures than its statistics",
    link: "https://cppunit.sourceforge.net/doc/latest/class_xml_outputter.html",
    sniff: Sniff::Bytes(sniff),
    read,
};

const LIST_ELEMENTS: [&str; 5] =
    ["Statistics", "FailedTests", "SuccessfulTests", "SkippedTests", "IgnoredTests"];

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &[u8]) -> bool {
    let opening = XmlHead::parse(head);
    // Hooks of the outputter may write elements of their own before the first list.
    xml_report::has_root::<CppunitReader>(&opening)
        && LIST_ELEMENTS
            .iter()
            .any(|list| memchr::memmem::find(head, format!("<{list}").as_bytes()).is_some())
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    xml_report::read(input, &mut CppunitReader::default(), builder)
}

/// A run.
#[derive(Default)]
struct CppunitReader {
    case: TestCase,
    file: String,
}

impl XmlReport for CppunitReader {
    const ROOTS: &'static [&'static str] = &["TestRun"];
    const ELEMENTS: &'static [(&'static str, Content)] = &[
        ("TestRun", Content::Children),
        ("FailedTests", Content::Children),
        ("SuccessfulTests", Content::Children),
        ("SkippedTests", Content::Children),
        ("IgnoredTests", Content::Children),
        ("FailedTest", Content::Children),
        ("Test", Content::Children),
        ("Name", Content::Text),
        ("FailureType", Content::Text),
        ("Message", Content::Text),
        ("Location", Content::Children),
        ("File", Content::Text),
        ("Line", Content::Text),
        ("Statistics", Content::Children),
        ("Tests", Content::Text),
        ("FailuresTotal", Content::Text),
    ];

    fn open(&mut self, ancestors: Ancestors<'_>, tag: &Tag<'_>, _: &mut RunBuilder<'_>) {
        if let "FailedTest" | "Test" = tag.name() {
            self.case = TestCase::new(tag.line, "");
            self.case.add_outcome(match ancestors.parent() {
                "SuccessfulTests" => Outcome::Passed,
                "SkippedTests" | "IgnoredTests" => Outcome::Skipped,
                _ => Outcome::Failed,
            });
        }
    }

    fn close(
        &mut self,
        ancestors: Ancestors<'_>,
        closed: ElementEnd<'_>,
        builder: &mut RunBuilder<'_>,
    ) {
        let count = closed.text.parse::<u64>().ok();
        match (closed.name, ancestors.parent()) {
            ("Name", "FailedTest" | "Test") => self.case.name = closed.text.to_owned(),
            ("FailureType", _) if closed.text == "Error" => self.case.add_outcome(Outcome::Errored),
            ("Message", _) => self.case.add_message(closed.text),
            ("File", _) => self.file = closed.text.to_owned(),
            ("Line", _) => self.case.set_location(&self.file, closed.text),
            ("FailedTest" | "Test", _) => self.case.emit(builder),
            ("Tests", "Statistics") => {
                if let Some(tests) = count {
                    builder.expect_tests(closed.line, tests);
                }
            }
            ("FailuresTotal", "Statistics") => {
                if let Some(tests) = count {
                    builder.expect_failures(closed.line, tests);
                }
            }
            _ => {}
        }
    }
}
