//! SonarQube's generic test execution data.
//!
//! In: elements. Out: events. The trap: it counts nothing and plans nothing, so only a file that is cut
//! shows that something is missing.
//!
//! <https://docs.sonarsource.com/sonarqube-server/latest/analyzing-source-code/test-coverage/generic-test-data/>

use super::emit::names;
use super::emit::test_case::TestCase;
use super::emit::xml_report::{self, Ancestors, Content, ElementEnd, EndKind, XmlHead, XmlReport};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::read_end::ReadEnd;
use crate::syntax::xml::tag::Tag;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["sonar"],
    title: "SonarQube's generic test execution data",
    test_name: "the file and the name: `path/file.cpp::name`",
    outcomes: &[
        ("a testCase without a child of these", Outcome::Passed),
        ("failure", Outcome::Failed),
        ("error", Outcome::Errored),
        ("skipped", Outcome::Skipped),
    ],
    incomplete: "the file ends before its root does",
    link: "https://docs.sonarsource.com/sonarqube-server/latest/analyzing-source-code/test-coverage/generic-test-data/",
    sniff: Sniff::Xml(sniff),
    read,
};

/// Whether the first bytes of a file are of this format.
pub(super) fn sniff(opening: &XmlHead) -> bool {
    xml_report::has_root::<SonarReader>(opening)
        && opening.names.get(1).is_none_or(|name| name == "file")
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    xml_report::read(input, &mut SonarReader::default(), builder)
}

/// A report.
#[derive(Default)]
struct SonarReader {
    file: String,
    case: TestCase,
}

impl XmlReport for SonarReader {
    const ROOTS: &'static [&'static str] = &["testExecutions", "unitTest"];
    const ELEMENTS: &'static [(&'static str, Content)] = &[
        ("testExecutions", Content::Children),
        ("unitTest", Content::Children),
        ("file", Content::Children),
        ("testCase", Content::Children),
        ("failure", Content::Text),
        ("error", Content::Text),
        ("skipped", Content::Text),
    ];

    fn open(&mut self, _: Ancestors<'_>, tag: &Tag<'_>, _: &mut RunBuilder<'_>) {
        match tag.name() {
            "file" => self.file = tag.attribute("path").into_owned(),
            "testCase" => {
                let name = names::qualify(&self.file, &tag.attribute("name"), "::");
                self.case = TestCase::new(tag.line, name);
                self.case.set_location(&self.file, "");
            }
            "failure" => self.case.add_outcome(Outcome::Failed),
            "error" => self.case.add_outcome(Outcome::Errored),
            "skipped" => self.case.add_outcome(Outcome::Skipped),
            _ => {}
        }
        if let "failure" | "error" | "skipped" = tag.name() {
            self.case.add_message(&tag.attribute("message"));
        }
    }

    fn close(&mut self, _: Ancestors<'_>, closed: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match closed.name {
            "failure" | "error" | "skipped" => self.case.add_message(closed.text),
            "testCase" => {
                if self.case.outcome.is_none() && closed.kind == EndKind::EndTag {
                    self.case.outcome = Some(Outcome::Passed);
                }
                self.case.emit(builder);
            }
            _ => {}
        }
    }
}
