//! The XML of Check, the unit testing framework for C.
//!
//! In: elements. Out: events. The trap: its root is called as that of JUnit, only the namespace differs.
//!
//! <https://libcheck.github.io/check/doc/check_html/check_4.html#XML-Logging>

use crate::formats::About;
use crate::formats::emit::test_case::{self, Case};
use crate::formats::emit::xml_report::{self, Around, Closed, Content, Elements, Opening};
use crate::model::{Outcome, RunBuilder, Sink};
use crate::syntax::read_end::Ended;
use crate::syntax::xml::tag::Tag;
use std::io::Read;

pub const ABOUT: About = About {
    title: "XML of Check, the unit testing framework for C",
    names: "`suite:case:test:iteration`, as Check prints it",
    outcomes: &[
        ("success", Outcome::Passed),
        ("failure", Outcome::Failed),
        ("error", Outcome::Errored),
        ("error: Received signal …", Outcome::Crashed),
        ("error: Test timeout expired", Outcome::TimedOut),
    ],
    incomplete: "the file ends before its root does",
    link: "https://libcheck.github.io/check/doc/check_html/check_4.html#XML-Logging",
};

const RESULTS: [(&str, Outcome); 3] =
    [("success", Outcome::Passed), ("failure", Outcome::Failed), ("error", Outcome::Errored)];

/// How the message of an error begins that is more than one.
const ERRORS: [(&str, Outcome); 2] =
    [("Received signal", Outcome::Crashed), ("Test timeout", Outcome::TimedOut)];

/// What distinguishes it from JUnit.
pub const NAMESPACE: &str = "http://check.sourceforge.net/ns";

/// Whether the first bytes of a file are of this format.
pub fn sniff(opening: &Opening) -> bool {
    xml_report::has_root::<Check>(opening) && opening.namespace == NAMESPACE
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    xml_report::read(input, &mut Check::default(), builder)
}

/// A run.
#[derive(Default)]
struct Check {
    suite: String,
    case: Case,
    test: String,
    iteration: String,
    tests: String,
}

impl Elements for Check {
    const ROOTS: &'static [&'static str] = &["testsuites"];
    const KNOWN: &'static [(&'static str, Content)] = &[
        ("testsuites", Content::Elements),
        ("title", Content::Text),
        ("test", Content::Elements),
        ("fn", Content::Text),
        ("id", Content::Text),
        ("iteration", Content::Text),
        ("description", Content::Text),
        ("message", Content::Text),
    ];

    fn open<S: Sink>(&mut self, _: Around<'_>, tag: &Tag<'_>, _: &mut RunBuilder<'_, S>) {
        if tag.name() == "test" {
            self.case = Case::new(tag.line, "");
            self.case.add(test_case::caseless_outcome(&RESULTS, &tag.attribute("result")));
        }
    }

    fn close<S: Sink>(
        &mut self,
        _: Around<'_>,
        closed: Closed<'_>,
        builder: &mut RunBuilder<'_, S>,
    ) {
        match closed.name {
            "title" => self.suite = closed.text.to_owned(),
            "id" => self.test = closed.text.to_owned(),
            "iteration" => self.iteration = closed.text.to_owned(),
            "description" => self.tests = closed.text.to_owned(),
            "fn" => {
                let (file, line) = closed.text.rsplit_once(':').unwrap_or((closed.text, ""));
                self.case.stands(file, line);
            }
            "message" => {
                if self.case.outcome == Some(Outcome::Errored) {
                    let known = ERRORS.iter().find(|(start, _)| closed.text.starts_with(start));
                    self.case.outcome = known.map(|(_, o)| *o).or(self.case.outcome);
                }
                self.case.say(closed.text);
            }
            "test" => {
                let parts = [&self.suite, &self.tests, &self.test, &self.iteration];
                let parts = parts.map(String::as_str);
                let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
                self.case.name = parts.join(":");
                self.case.end(builder);
            }
            _ => {}
        }
    }
}
