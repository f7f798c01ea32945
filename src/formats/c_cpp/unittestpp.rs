//! UnitTest++'s XML.

use crate::formats::emit::{ElementEnd, EndKind, TestCase, XmlReport, names, xml_report};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::Tag;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["unittest++", "unittestpp"],
    title: "UnitTest++'s XML",
    test_name: "`Suite::Test`",
    outcomes: &[
        ("a test without any element", Outcome::Passed),
        ("failure", Outcome::Failed),
        ("another element", Outcome::Failed),
    ],
    incomplete: "the file ends before its root does",
    totals: "tests, failed tests and failures",
    link: "https://github.com/unittest-cpp/unittest-cpp/blob/master/UnitTest++/XmlTestReporter.cpp",
    sniff: Sniff::Xml(xml_report::has_root::<UnittestppReader>),
    read: xml_report::read::<UnittestppReader>,
};

#[derive(Default)]
struct UnittestppReader {
    case: TestCase,
    declared_failures: u64,
    failures: u64,
    failed_tests: u64,
}

impl XmlReport for UnittestppReader {
    const ROOTS: &'static [&'static str] = &["unittest-results"];
    const ELEMENTS: &'static [&'static str] = &["test", "failure"];
    const TEXTS: &'static [&'static str] = &[];

    fn open(&mut self, tag: &Tag<'_>, _: &str, builder: &mut RunBuilder<'_>) {
        match tag.name() {
            "unittest-results" => {
                *self = UnittestppReader::default();
                self.declared_failures = tag.number("failures").unwrap_or(0);
                builder.expect_tests(tag.line, tag.number("tests"));
                builder.expect_failures(tag.line, tag.number("failedtests"));
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
                self.failures += 1;
                self.case.outcome = Some(Outcome::Failed);
                self.case.add_message(&message);
            }
            _ => {}
        }
    }

    fn open_unknown(&mut self, tag: &Tag<'_>, parent: &str, _: &mut RunBuilder<'_>) {
        if parent == "test" {
            self.case.add_unknown("element", tag.name());
        }
    }

    fn close(&mut self, end: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match end.name {
            "test" => {
                if end.kind == EndKind::EndTag {
                    self.case.outcome.get_or_insert(Outcome::Passed);
                }
                self.failed_tests += u64::from(self.case.outcome == Some(Outcome::Failed));
                self.case.emit(builder);
            }
            "unittest-results" => {
                let missing = self.declared_failures.saturating_sub(self.failures);
                builder.expect_failures(end.line, self.failed_tests.saturating_add(missing));
            }
            _ => {}
        }
    }
}

/// The location at the start of a message: `file(line) : …`.
fn parse_location(message: &str) -> Option<(&str, &str)> {
    let (location, _) = message.split_once(") : ")?;
    let (file, line) = location.rsplit_once('(')?;
    line.bytes().all(|b| b.is_ascii_digit()).then_some((file, line))
}
