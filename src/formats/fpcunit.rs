//! FPCUnit's XML.

use crate::formats::emit::{
    ElementEnd, TestCase, XmlReport, lookup_ignore_case, names, saturating_sum, xml_report,
};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::Tag;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["fpcunit"],
    title: "FPCUnit's XML",
    test_name: "the names of the suites and of the test: `Suite.Inner.Test`",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does",
    totals: "tests run, failures, errors and ignored tests of each suite",
    link: "https://wiki.freepascal.org/fpcunit",
    sniff: Sniff::Xml(|head| {
        xml_report::has_root::<FpcunitReader>(head)
            && head.may_start_with(&["TestListing", "Listing", "FileName"])
    }),
    read: xml_report::read::<FpcunitReader>,
};

const OUTCOMES: [(&str, Outcome); 4] = [
    ("OK", Outcome::Passed),
    ("Failed", Outcome::Failed),
    ("Error", Outcome::Errored),
    ("Ignored", Outcome::Skipped),
];

#[derive(Default)]
struct FpcunitReader {
    /// The paths of the open suites.
    suites: Vec<String>,
    case: TestCase,
    file: String,
}

impl XmlReport for FpcunitReader {
    const ROOTS: &'static [&'static str] = &["TestResults"];
    const ELEMENTS: &'static [&'static str] = &["TestListing", "TestSuite", "Test"];
    const TEXTS: &'static [&'static str] = &["Message", "SourceUnitName", "LineNumber"];

    fn open(&mut self, tag: &Tag<'_>, _: &str, builder: &mut RunBuilder<'_>) {
        match tag.name() {
            "TestSuite" => {
                builder.handle(tag.line, Event::SuiteStarted { name: None });
                emit_declared_counts(tag, builder);
                self.suites.push(self.path(&tag.attribute("Name")));
            }
            "Test" => {
                self.case = TestCase::new(tag.line, self.path(&tag.attribute("Name")));
                let result = tag.attribute("Result");
                self.case.add_known(
                    lookup_ignore_case(&OUTCOMES, result.trim()),
                    "result",
                    &result,
                );
            }
            _ => {}
        }
    }

    fn close(&mut self, end: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match end.name {
            "TestSuite" => {
                self.suites.pop();
                builder.handle(end.line, Event::SuiteEnded);
            }
            "Message" if self.case.message.text().is_empty() => self.case.add_message(end.text),
            "SourceUnitName" => self.file = end.text.to_owned(),
            "LineNumber" => self.case.set_location(&self.file, end.text),
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
    builder.expect_tests(tag.line, tag.number("NumberOfRunTests"));
    builder.expect_skips(tag.line, tag.number("NumberOfIgnoredTests"));
    let failing = ["NumberOfErrors", "NumberOfFailures"].map(|name| tag.number(name));
    builder.expect_failures(tag.line, saturating_sum(failing.into_iter().flatten()));
}
