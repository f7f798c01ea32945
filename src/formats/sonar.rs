//! SonarQube's generic test execution data.
//!
//! The format declares no totals, so only a truncated file shows that something is missing. Its elements and attributes
//! are a closed set: any other may mean that a test failed.

use crate::formats::emit::{
    ElementEnd, EndKind, TestCase, XmlReport, lookup, names, unknown, xml_report,
};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::Tag;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["sonar"],
    title: "SonarQube's generic test execution data",
    test_name: "the file and the name: `path/file.cpp::name`",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does",
    totals: "none: the format declares none",
    link: "https://docs.sonarsource.com/sonarqube-server/latest/analyzing-source-code/test-coverage/generic-test-data/",
    sniff: Sniff::Xml(|head| {
        xml_report::has_root::<SonarReader>(head) && head.may_start_with(&["file"])
    }),
    read: xml_report::read::<SonarReader>,
};

/// The children of a testCase.
const OUTCOMES: [(&str, Outcome); 5] = [
    ("a testCase without a child", Outcome::Passed),
    ("failure", Outcome::Failed),
    ("error", Outcome::Errored),
    ("skipped", Outcome::Skipped),
    ("any other element or attribute", Outcome::Failed),
];

/// The attributes of a testCase.
const CASE_ATTRIBUTES: [&str; 2] = ["name", "duration"];

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
                tag.attributes(|attribute, _| {
                    if !CASE_ATTRIBUTES.contains(&attribute) {
                        self.case.add_unknown("attribute", attribute);
                    }
                });
            }
            name => {
                if let Some(outcome) = lookup(&OUTCOMES, name) {
                    self.case.add_outcome(outcome);
                    self.case.add_message(&tag.attribute("message"));
                }
            }
        }
    }

    fn open_unknown(&mut self, tag: &Tag<'_>, parent: &str, builder: &mut RunBuilder<'_>) {
        let message = unknown("element", tag.name());
        match parent {
            "testCase" => {
                self.case.add_outcome(Outcome::Failed);
                self.case.add_message(&message);
                self.case.add_message(&tag.attribute("message"));
            }
            // In place of a file or a testCase.
            "file" | "testExecutions" | "unitTest" => {
                let file = if parent == "file" { &self.file } else { "" };
                let name = names::qualify(file, &tag.attribute("name"), "::");
                let mut case = TestCase::new(tag.line, name);
                case.add_outcome(Outcome::Failed);
                case.add_message(&message);
                case.set_location(file, "");
                case.emit(builder);
            }
            // Text that looks like a tag.
            _ => {}
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

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    #[test]
    fn unknown_element_or_attribute_is_a_failure() {
        let read = |inside: &str| {
            let file = format!("<file path='a.js'>{inside}</file>");
            read_as("sonar", &format!("<testExecutions version='1'>{file}</testExecutions>")).0
        };
        let case =
            |inside: &str| read(&format!("<testCase name='n' duration='1'>{inside}</testCase>"));
        assert_eq!(case(""), ["passed a.js::n"]);
        assert_eq!(case("<skipped message='s'>t</skipped>"), ["skipped a.js::n: s\nt"]);
        assert_eq!(case("<zorked message='m'/>"), ["failed a.js::n: unknown element `zorked`\nm"]);
        assert_eq!(case("<failure message='m'>x <b> y</failure>"), ["failed a.js::n: m\nx"]);
        assert_eq!(read("<zorked name='n'/>"), ["failed a.js::n: unknown element `zorked`"]);
        let status = read("<testCase name='n' duration='1' status='zorked'/>");
        assert_eq!(status, ["failed a.js::n: unknown attribute `status`"]);
    }
}
