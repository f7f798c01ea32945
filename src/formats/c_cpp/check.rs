//! The XML of Check, the unit testing framework for C.
//!
//! In: elements. Out: events. The trap: its root is called as that of JUnit, only the namespace differs.
//!
//! <https://libcheck.github.io/check/doc/check_html/check_4.html#XML-Logging>

use crate::formats::emit::test_case::{self, TestCase};
use crate::formats::emit::xml_report::{self, Ancestors, Content, ElementEnd, XmlHead, XmlReport};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::read_end::ReadEnd;
use crate::syntax::xml::tag::Tag;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["check"],
    title: "XML of Check, the unit testing framework for C",
    test_name: "`suite:case:test:iteration`, as Check prints it",
    outcomes: &[
        ("success", Outcome::Passed),
        ("failure", Outcome::Failed),
        ("error", Outcome::Errored),
        ("error: Received signal …", Outcome::Crashed),
        ("error: Test timeout expired", Outcome::TimedOut),
    ],
    incomplete: "the file ends before its root does",
    link: "https://libcheck.github.io/check/doc/check_html/check_4.html#XML-Logging",
    sniff: Sniff::Xml(sniff),
    read,
};

const RESULTS: [(&str, Outcome); 3] =
    [("success", Outcome::Passed), ("failure", Outcome::Failed), ("error", Outcome::Errored)];

/// How the message of an error begins that is more than one.
const ERROR_PREFIXES: [(&str, Outcome); 2] =
    [("Received signal", Outcome::Crashed), ("Test timeout", Outcome::TimedOut)];

/// What distinguishes it from JUnit.
pub(crate) const NAMESPACE: &str = "http://check.sourceforge.net/ns";

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(opening: &XmlHead) -> bool {
    xml_report::has_root::<CheckReader>(opening) && opening.namespace == NAMESPACE
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    xml_report::read(input, &mut CheckReader::default(), builder)
}

/// A run.
#[derive(Default)]
struct CheckReader {
    suite: String,
    case: TestCase,
    test_id: String,
    iteration: String,
    description: String,
}

impl XmlReport for CheckReader {
    const ROOTS: &'static [&'static str] = &["testsuites"];
    const ELEMENTS: &'static [(&'static str, Content)] = &[
        ("testsuites", Content::Children),
        ("title", Content::Text),
        ("test", Content::Children),
        ("fn", Content::Text),
        ("id", Content::Text),
        ("iteration", Content::Text),
        ("description", Content::Text),
        ("message", Content::Text),
    ];

    fn open(&mut self, _: Ancestors<'_>, tag: &Tag<'_>, _: &mut RunBuilder<'_>) {
        if tag.name() == "test" {
            self.case = TestCase::new(tag.line, "");
            self.case.add_outcome(test_case::outcome_for_ignore_case(
                &RESULTS,
                &tag.attribute("result"),
            ));
        }
    }

    fn close(&mut self, _: Ancestors<'_>, closed: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match closed.name {
            "title" => self.suite = closed.text.to_owned(),
            "id" => self.test_id = closed.text.to_owned(),
            "iteration" => self.iteration = closed.text.to_owned(),
            "description" => self.description = closed.text.to_owned(),
            "fn" => {
                let (file, line) = closed.text.rsplit_once(':').unwrap_or((closed.text, ""));
                self.case.set_location(file, line);
            }
            "message" => {
                if self.case.outcome == Some(Outcome::Errored) {
                    let known =
                        ERROR_PREFIXES.iter().find(|(start, _)| closed.text.starts_with(start));
                    self.case.outcome = known.map(|(_, o)| *o).or(self.case.outcome);
                }
                self.case.add_message(closed.text);
            }
            "test" => {
                let parts = [&self.suite, &self.description, &self.test_id, &self.iteration];
                let parts = parts.map(String::as_str);
                let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
                self.case.name = parts.join(":");
                self.case.emit(builder);
            }
            _ => {}
        }
    }
}
