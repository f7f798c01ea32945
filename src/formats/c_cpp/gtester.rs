//! The log of GLib's gtester.
//!
//! A test during which its program died may have no status. gtester then starts the program again, which skips the
//! tests that already have a result.

use crate::formats::emit::{
    ElementEnd, TestCase, XmlReport, lookup_ignore_case, outcome_for_ignore_case, test_record,
    xml_report,
};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::Tag;
use std::collections::BTreeSet;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["gtester"],
    title: "GLib's gtester log",
    test_name: "the program's file name and the path: `program/suite/case`",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does; a test without a status",
    totals: "none: the format declares none",
    link: "https://docs.gtk.org/glib/testing.html",
    sniff: Sniff::Xml(xml_report::has_root::<GtesterReader>),
    read: xml_report::read::<GtesterReader>,
};

/// The results, the `exit-status` of a result `success`, and others.
const OUTCOMES: [(&str, Outcome); 8] = [
    ("success", Outcome::Passed),
    ("failed", Outcome::Failed),
    ("skipped", Outcome::Skipped),
    ("incomplete", Outcome::Xfailed),
    ("0", Outcome::Passed),
    ("1", Outcome::Skipped),
    ("skipped=\"1\" without an earlier result", Outcome::Skipped),
    ("a testcase without a status", Outcome::Unfinished),
];

#[derive(Default)]
struct GtesterReader {
    program: String,
    case: TestCase,
    /// The tests that have a result.
    seen: BTreeSet<String>,
    /// Whether the present one is skipped because it has one.
    is_duplicate: bool,
}

impl XmlReport for GtesterReader {
    const ROOTS: &'static [&'static str] = &["gtester"];
    const ELEMENTS: &'static [&'static str] = &["testbinary", "testcase", "status"];
    const TEXTS: &'static [&'static str] = &["error", "message"];

    fn open(&mut self, tag: &Tag<'_>, parent: &str, _: &mut RunBuilder<'_>) {
        match (tag.name(), parent) {
            ("testbinary", _) => {
                self.program = test_record::file_name(&tag.attribute("path")).to_owned();
            }
            ("testcase", _) => {
                let path = tag.attribute("path");
                let slash = if path.starts_with('/') { "" } else { "/" };
                let name = format!("{}{slash}{path}", self.program);
                let is_new = self.seen.insert(name.clone());
                let skipped = tag.attribute("skipped");
                self.is_duplicate = skipped == "1" && !is_new;
                self.case = TestCase::new(tag.line, name);
                self.case.outcome = match &*skipped {
                    "" | "0" => None,
                    "1" => Some(Outcome::Skipped),
                    _ => Some(Outcome::Failed),
                };
            }
            ("status", "testcase") => {
                let (result, exit_status) = (tag.attribute("result"), tag.attribute("exit-status"));
                // A test that called `g_test_skip` has the result `success`.
                let decisive = match outcome_for_ignore_case(&OUTCOMES, &result) {
                    Outcome::Passed if !exit_status.is_empty() => &exit_status,
                    _ => &result,
                };
                let known = lookup_ignore_case(&OUTCOMES, decisive.trim());
                self.case.add_known(known, "status", decisive);
            }
            _ => {}
        }
    }

    fn close(&mut self, end: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match (end.name, end.parent) {
            ("error" | "message", "testcase") => self.case.add_message(end.text),
            ("testcase", _) if !self.is_duplicate => self.case.emit(builder),
            _ => {}
        }
    }
}
