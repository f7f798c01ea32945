//! SonarQube's generic test execution data.
//!
//! In: elements. Out: events. The trap: it counts nothing and plans nothing, so only a file that is cut
//! shows that something is missing.
//!
//! <https://docs.sonarsource.com/sonarqube-server/latest/analyzing-source-code/test-coverage/generic-test-data/>

use super::About;
use super::emit::names;
use super::emit::test_case::Case;
use super::emit::xml_report::{self, Around, Closed, Closing, Content, Elements, Opening};
use crate::model::{Outcome, RunBuilder, Sink};
use crate::syntax::read_end::Ended;
use crate::syntax::xml::tag::Tag;
use std::io::Read;

pub const ABOUT: About = About {
    title: "SonarQube's generic test execution data",
    names: "the file and the name: `path/file.cpp::name`",
    outcomes: &[
        ("a testCase without a child of these", Outcome::Passed),
        ("failure", Outcome::Failed),
        ("error", Outcome::Errored),
        ("skipped", Outcome::Skipped),
    ],
    incomplete: "the file ends before its root does",
    link: "https://docs.sonarsource.com/sonarqube-server/latest/analyzing-source-code/test-coverage/generic-test-data/",
};

/// Whether the first bytes of a file are of this format.
pub fn sniff(opening: &Opening) -> bool {
    xml_report::has_root::<Sonar>(opening) && opening.names.get(1).is_none_or(|name| name == "file")
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    xml_report::read(input, &mut Sonar::default(), builder)
}

/// A report.
#[derive(Default)]
struct Sonar {
    file: String,
    case: Case,
}

impl Elements for Sonar {
    const ROOTS: &'static [&'static str] = &["testExecutions", "unitTest"];
    const KNOWN: &'static [(&'static str, Content)] = &[
        ("testExecutions", Content::Elements),
        ("unitTest", Content::Elements),
        ("file", Content::Elements),
        ("testCase", Content::Elements),
        ("failure", Content::Text),
        ("error", Content::Text),
        ("skipped", Content::Text),
    ];

    fn open<S: Sink>(&mut self, _: Around<'_>, tag: &Tag<'_>, _: &mut RunBuilder<'_, S>) {
        match tag.name() {
            "file" => self.file = tag.attribute("path").into_owned(),
            "testCase" => {
                let name = names::of_class(&self.file, &tag.attribute("name"), "::");
                self.case = Case::new(tag.line, name);
                self.case.stands(&self.file, "");
            }
            "failure" => self.case.add(Outcome::Failed),
            "error" => self.case.add(Outcome::Errored),
            "skipped" => self.case.add(Outcome::Skipped),
            _ => {}
        }
        if let "failure" | "error" | "skipped" = tag.name() {
            self.case.say(&tag.attribute("message"));
        }
    }

    fn close<S: Sink>(
        &mut self,
        _: Around<'_>,
        closed: Closed<'_>,
        builder: &mut RunBuilder<'_, S>,
    ) {
        match closed.name {
            "failure" | "error" | "skipped" => self.case.say(closed.text),
            "testCase" => {
                if self.case.outcome.is_none() && closed.how == Closing::Closed {
                    self.case.outcome = Some(Outcome::Passed);
                }
                self.case.end(builder);
            }
            _ => {}
        }
    }
}
