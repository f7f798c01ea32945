//! The log of GLib's gtester.
//!
//! In: elements. Out: events. The traps: a test during which its program died may have no status, and
//! gtester starts the program again behind it, which skips the tests that already have a result.
//!
//! <https://docs.gtk.org/glib/testing.html>

use crate::formats::About;
use crate::formats::emit::test_case::{self, Case};
use crate::formats::emit::xml_report::{self, Around, Closed, Content, Elements, Opening};
use crate::model::{Outcome, RunBuilder, Sink};
use crate::syntax::read_end::Ended;
use crate::syntax::xml::tag::Tag;
use std::collections::BTreeSet;
use std::io::Read;

pub const ABOUT: About = About {
    title: "GLib's gtester log",
    names: "the program's file name and the path: `program/suite/case`",
    outcomes: &[
        ("success", Outcome::Passed),
        ("failed", Outcome::Failed),
        ("skipped=\"1\" without an earlier result; exit-status=\"1\"", Outcome::Skipped),
        ("a testcase without a status", Outcome::Unfinished),
    ],
    incomplete: "the file ends before its root does; a test without a status",
    link: "https://docs.gtk.org/glib/testing.html",
};

const RESULTS: [(&str, Outcome); 4] = [
    ("success", Outcome::Passed),
    ("failed", Outcome::Failed),
    ("skipped", Outcome::Skipped),
    ("incomplete", Outcome::Xfailed),
];

/// Whether the first bytes of a file are of this format.
pub fn sniff(opening: &Opening) -> bool {
    xml_report::has_root::<GTester>(opening)
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    xml_report::read(input, &mut GTester::default(), builder)
}

/// A log.
#[derive(Default)]
struct GTester {
    program: String,
    case: Case,
    /// The tests that have a result.
    told: BTreeSet<String>,
    /// Whether the present one is skipped because it has one.
    again: bool,
}

/// What `exit-status` says of a test that called `g_test_skip`; its result is `success`.
const SKIPPED: &str = "1";

impl Elements for GTester {
    const ROOTS: &'static [&'static str] = &["gtester"];
    const KNOWN: &'static [(&'static str, Content)] = &[
        ("gtester", Content::Elements),
        ("testbinary", Content::Elements),
        ("testcase", Content::Elements),
        ("error", Content::Text),
        ("message", Content::Text),
        ("status", Content::Elements),
    ];

    fn open<S: Sink>(&mut self, around: Around<'_>, tag: &Tag<'_>, _: &mut RunBuilder<'_, S>) {
        match (tag.name(), around.parent()) {
            ("testbinary", _) => {
                let path = tag.attribute("path");
                self.program = path.rsplit(['/', '\\']).next().unwrap_or(&path).to_owned();
            }
            ("testcase", _) => {
                let path = tag.attribute("path");
                let slash = if path.starts_with('/') { "" } else { "/" };
                let name = format!("{}{slash}{path}", self.program);
                let is_new = self.told.insert(name.clone());
                let skipped = tag.attribute("skipped") == "1";
                self.again = skipped && !is_new;
                self.case = Case::new(tag.line, name);
                if skipped {
                    self.case.add(Outcome::Skipped);
                }
            }
            ("status", "testcase") => {
                let outcome = test_case::caseless_outcome(&RESULTS, &tag.attribute("result"));
                let skipped = outcome == Outcome::Passed && tag.attribute("exit-status") == SKIPPED;
                self.case.add(if skipped { Outcome::Skipped } else { outcome });
            }
            _ => {}
        }
    }

    fn close<S: Sink>(
        &mut self,
        around: Around<'_>,
        closed: Closed<'_>,
        builder: &mut RunBuilder<'_, S>,
    ) {
        match (closed.name, around.parent()) {
            ("error" | "message", "testcase") => self.case.say(closed.text),
            ("testcase", _) if !self.again => self.case.end(builder),
            _ => {}
        }
    }
}
