//! SonarQube's generic test execution data.
//!
//! The format declares no totals, so only a truncated file shows that something is missing.

use crate::formats::emit::{ElementEnd, EndKind, TestCase, XmlReport, lookup, names, xml_report};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::Tag;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["sonar"],
    title: "SonarQube's generic test execution data",
    test_name: "the file and the name: `path/file.cpp::name`",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does",
    totals: "",
    link: "https://docs.sonarsource.com/sonarqube-server/latest/analyzing-source-code/test-coverage/generic-test-data/",
    sniff: Sniff::Xml(|head| {
        xml_report::has_root::<SonarReader>(head) && head.may_start_with(&["file"])
    }),
    read: xml_report::read::<SonarReader>,
};

/// The children of a testCase.
const OUTCOMES: [(&str, Outcome); 4] = [
    ("a testCase without a child of these", Outcome::Passed),
    ("failure", Outcome::Failed),
    ("error", Outcome::Errored),
    ("skipped", Outcome::Skipped),
];

#[derive(Default)]
struct SonarReader {
    file: String,
    case: TestCase,
}

impl XmlReport for SonarReader {
    const ROOTS: &'static [&'static str] = &["testExecutions", "unitTest"];
    const ELEMENTS: &'static [&'static str] = &["file", "testCase"];
    const TEXTS: &'static [&'static str] = &["failure", "error", "skipped"];

    fn open(&mut self, tag: &Tag<'_>, _: &str, _: &mut RunBuilder<'_>) {
        match tag.name() {
            "file" => self.file = tag.attribute("path").into_owned(),
            "testCase" => {
                let name = names::qualify(&self.file, &tag.attribute("name"), "::");
                self.case = TestCase::new(tag.line, name);
                self.case.set_location(&self.file, "");
            }
            name => {
                if let Some(outcome) = lookup(&OUTCOMES, name) {
                    self.case.add_outcome(outcome);
                    self.case.add_message(&tag.attribute("message"));
                }
            }
        }
    }

    fn close(&mut self, end: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match end.name {
            "failure" | "error" | "skipped" => self.case.add_message(end.text),
            "testCase" => {
                if end.kind == EndKind::EndTag {
                    self.case.outcome.get_or_insert(Outcome::Passed);
                }
                self.case.emit(builder);
            }
            _ => {}
        }
    }
}
