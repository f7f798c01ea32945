//! DejaGnu's XML (`runtest -x`).
//!
//! In: elements. Out: events. The trap: its root is called as that of JUnit, only what is in it differs.
//!
//! <https://www.gnu.org/software/dejagnu/manual/Invoking-runtest.html>

use crate::formats::About;
use crate::formats::emit::test_case::{self, Case};
use crate::formats::emit::test_record;
use crate::formats::emit::xml_report::{self, Around, Closed, Closing, Content, Elements, Opening};
use crate::model::{Event, Outcome, PlanScope, RunBuilder, Sink};
use crate::syntax::read_end::Ended;
use crate::syntax::xml::tag::Tag;
use std::io::Read;

pub const ABOUT: About = About {
    title: "DejaGnu's XML (`runtest -x`)",
    names: "the test's name as runtest prints it",
    outcomes: &RESULTS,
    incomplete: "the file ends before its root does; fewer tests than its summary counts",
    link: "https://www.gnu.org/software/dejagnu/manual/Invoking-runtest.html",
};

const RESULTS: [(&str, Outcome); 10] = [
    ("PASS", Outcome::Passed),
    ("FAIL", Outcome::Failed),
    ("XPASS", Outcome::Xpassed),
    ("KPASS", Outcome::Xpassed),
    ("XFAIL", Outcome::Xfailed),
    ("KFAIL", Outcome::Xfailed),
    ("UNRESOLVED", Outcome::Errored),
    ("ERROR", Outcome::Errored),
    ("UNTESTED", Outcome::Skipped),
    ("UNSUPPORTED", Outcome::Skipped),
];

/// Whether the first bytes of a file are of this format.
pub fn sniff(opening: &Opening) -> bool {
    xml_report::has_root::<DejaGnu>(opening)
        && opening.names.get(1).is_some_and(|name| name == "test" || name == "summary")
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    xml_report::read(input, &mut DejaGnu::default(), builder)
}

/// A run.
#[derive(Default)]
struct DejaGnu {
    case: Case,
    counted: u64,
    /// Whether the present summary counts tests.
    counts: bool,
}

impl Elements for DejaGnu {
    const ROOTS: &'static [&'static str] = &["testsuite"];
    const KNOWN: &'static [(&'static str, Content)] = &[
        ("testsuite", Content::Elements),
        ("test", Content::Elements),
        ("output", Content::Text),
        ("result", Content::Text),
        ("name", Content::Text),
        ("summary", Content::Elements),
        ("total", Content::Text),
    ];

    fn open<S: Sink>(&mut self, _: Around<'_>, tag: &Tag<'_>, _: &mut RunBuilder<'_, S>) {
        if tag.name() == "test" {
            self.case = Case::new(tag.line, "");
        }
    }

    fn close<S: Sink>(
        &mut self,
        around: Around<'_>,
        closed: Closed<'_>,
        builder: &mut RunBuilder<'_, S>,
    ) {
        match (closed.name, around.parent()) {
            ("result", "test") if closed.how == Closing::Closed => {
                self.case.add(test_case::caseless_outcome(&RESULTS, closed.text));
            }
            ("result", "summary") => {
                self.counts = test_record::look_up(&RESULTS, closed.text).is_some();
            }
            ("total", "summary") if self.counts => {
                self.counted = self.counted.saturating_add(closed.text.parse().unwrap_or(0));
            }
            ("name", "test") => self.case.name = closed.text.to_owned(),
            ("output", "test") => self.case.say(closed.text),
            ("test", _) => self.case.end(builder),
            ("testsuite", _) => {
                let tests = std::mem::take(&mut self.counted);
                if tests > 0 {
                    let scope = PlanScope::Descendants;
                    builder.event(closed.line, Event::Plan { tests, scope });
                }
            }
            _ => {}
        }
    }
}
