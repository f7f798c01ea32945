//! The log of GLib's gtester.
//!
//! In: elements. Out: events. The traps: a test during which its program died may have no status, and
//! gtester starts the program again behind it, which skips the tests that already have a result.
//!
//! <https://docs.gtk.org/glib/testing.html>

use crate::formats::emit::test_case::{self, TestCase};
use crate::formats::emit::xml_report::{self, Ancestors, Content, ElementEnd, XmlHead, XmlReport};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::read_end::ReadEnd;
use crate::syntax::xml::tag::Tag;
use std::collections::BTreeSet;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["gtester"],
    title: "GLib's gtester log",
    test_name: "the program's file name and the path: `program/suite/case`",
    outcomes: &[
        ("success", Outcome::Passed),
        ("failed", Outcome::Failed),
        ("skipped=\"1\" without an earlier result; exit-status=\"1\"", Outcome::Skipped),
        ("a testcase without a status", Outcome::Unfinished),
    ],
    incomplete: "the file ends before its root does; a test without a status",
    link: "https://docs.gtk.org/glib/testing.html",
    sniff: Sniff::Xml(sniff),
    read,
};

const RESULTS: [(&str, Outcome); 4] = [
    ("success", Outcome::Passed),
    ("failed", Outcome::Failed),
    ("skipped", Outcome::Skipped),
    ("incomplete", Outcome::Xfailed),
];

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(opening: &XmlHead) -> bool {
    xml_report::has_root::<GtesterReader>(opening)
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    xml_report::read(input, &mut GtesterReader::default(), builder)
}

/// A log.
#[derive(Default)]
struct GtesterReader {
    program: String,
    case: TestCase,
    /// The tests that have a result.
    seen: BTreeSet<String>,
    /// Whether the present one is skipped because it has one.
    is_duplicate: bool,
}

/// What `exit-status` says of a test that called `g_test_skip`; its result is `success`.
const SKIPPED_EXIT_STATUS: &str = "1";

impl XmlReport for GtesterReader {
    const ROOTS: &'static [&'static str] = &["gtester"];
    const ELEMENTS: &'static [(&'static str, Content)] = &[
        ("gtester", Content::Children),
        ("testbinary", Content::Children),
        ("testcase", Content::Children),
        ("error", Content::Text),
        ("message", Content::Text),
        ("status", Content::Children),
    ];

    fn open(&mut self, ancestors: Ancestors<'_>, tag: &Tag<'_>, _: &mut RunBuilder<'_>) {
        match (tag.name(), ancestors.parent()) {
            ("testbinary", _) => {
                let path = tag.attribute("path");
                self.program = path.rsplit(['/', '\\']).next().unwrap_or(&path).to_owned();
            }
            ("testcase", _) => {
                let path = tag.attribute("path");
                let slash = if path.starts_with('/') { "" } else { "/" };
                let name = format!("{}{slash}{path}", self.program);
                let is_new = self.seen.insert(name.clone());
                let skipped = tag.attribute("skipped") == "1";
                self.is_duplicate = skipped && !is_new;
                self.case = TestCase::new(tag.line, name);
                if skipped {
                    self.case.add_outcome(Outcome::Skipped);
                }
            }
            ("status", "testcase") => {
                let outcome =
                    test_case::outcome_for_ignore_case(&RESULTS, &tag.attribute("result"));
                let skipped = outcome == Outcome::Passed
                    && tag.attribute("exit-status") == SKIPPED_EXIT_STATUS;
                self.case.add_outcome(if skipped { Outcome::Skipped } else { outcome });
            }
            _ => {}
        }
    }

    fn close(
        &mut self,
        ancestors: Ancestors<'_>,
        closed: ElementEnd<'_>,
        builder: &mut RunBuilder<'_>,
    ) {
        match (closed.name, ancestors.parent()) {
            ("error" | "message", "testcase") => self.case.add_message(closed.text),
            ("testcase", _) if !self.is_duplicate => self.case.emit(builder),
            _ => {}
        }
    }
}
