//! FPCUnit's XML.
//!
//! In: elements. Out: events.
//!
//! <https://wiki.freepascal.org/fpcunit>

use super::emit::names;
use super::emit::test_case::{self, TestCase};
use super::emit::xml_report::{self, Ancestors, Content, ElementEnd, XmlHead, XmlReport};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::read_end::ReadEnd;
use crate::syntax::xml::tag::Tag;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["fpcunit"],
    title: "FPCUnit's XML",
    test_name: "the names of the suites and of the test: `Suite.Inner.Test`",
    outcomes: &RESULTS,
    incomplete: "the file ends before its root does; fewer tests or failures than the outermost suite \
                 announces",
    link: "https://wiki.freepascal.org/fpcunit",
    sniff: Sniff::Xml(sniff),
    read,
};

const RESULTS: [(&str, Outcome); 4] = [
    ("OK", Outcome::Passed),
    ("Failed", Outcome::Failed),
    ("Error", Outcome::Errored),
    ("Ignored", Outcome::Skipped),
];

/// Whether the first bytes of a file are of this format.
pub(super) fn sniff(opening: &XmlHead) -> bool {
    xml_report::has_root::<FpcunitReader>(opening)
        && opening
            .names
            .get(1)
            .is_none_or(|name| ["TestListing", "Listing", "FileName"].contains(&name.as_str()))
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    xml_report::read(input, &mut FpcunitReader::default(), builder)
}

/// A run.
#[derive(Default)]
struct FpcunitReader {
    /// The paths of the open suites.
    suites: Vec<String>,
    case: TestCase,
    file: String,
}

impl XmlReport for FpcunitReader {
    const ROOTS: &'static [&'static str] = &["TestResults"];
    const ELEMENTS: &'static [(&'static str, Content)] = &[
        ("TestResults", Content::Children),
        ("TestListing", Content::Children),
        ("TestSuite", Content::Children),
        ("Test", Content::Children),
        ("Message", Content::Text),
        ("SourceUnitName", Content::Text),
        ("LineNumber", Content::Text),
    ];

    fn open(&mut self, ancestors: Ancestors<'_>, tag: &Tag<'_>, builder: &mut RunBuilder<'_>) {
        match tag.name() {
            "TestSuite" => {
                if ancestors.parent() == "TestListing" {
                    emit_declared_counts(tag, builder);
                }
                self.suites.push(self.path(&tag.attribute("Name")));
            }
            "Test" => {
                self.case = TestCase::new(tag.line, self.path(&tag.attribute("Name")));
                self.case.add_outcome(test_case::outcome_for_ignore_case(
                    &RESULTS,
                    &tag.attribute("Result"),
                ));
            }
            _ => {}
        }
    }

    fn close(&mut self, _: Ancestors<'_>, closed: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match closed.name {
            "TestSuite" => {
                self.suites.pop();
            }
            "Message" if self.case.message.text().is_empty() => self.case.add_message(closed.text),
            "SourceUnitName" => self.file = closed.text.to_owned(),
            "LineNumber" => self.case.set_location(&self.file, closed.text),
            "Test" => self.case.emit(builder),
            _ => {}
        }
    }
}

impl FpcunitReader {
    fn path(&self, name: &str) -> String {
        names::join_child(self.suites.last().map_or("", String::as_str), name, ".")
    }
}

/// Tests that are ignored count as run.
fn emit_declared_counts(tag: &Tag<'_>, builder: &mut RunBuilder<'_>) {
    let count = |name: &str| tag.attribute(name).trim().parse::<u64>().ok();
    if let Some(tests) = count("NumberOfRunTests") {
        builder.expect_tests(tag.line, tests);
    }
    if let (Some(errors), Some(failures)) = (count("NumberOfErrors"), count("NumberOfFailures")) {
        let tests = errors.saturating_add(failures);
        builder.expect_failures(tag.line, tests);
    }
}
