//! DejaGnu's XML (`runtest -x`).
//!
//! In: elements. Out: events. The trap: its root is called as that of JUnit, only what is in it differs.
//!
//! <https://www.gnu.org/software/dejagnu/manual/Invoking-runtest.html>

use crate::formats::emit::test_case::{self, TestCase};
use crate::formats::emit::test_record;
use crate::formats::emit::xml_report::{
    self, Ancestors, Content, ElementEnd, EndKind, XmlHead, XmlReport,
};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::read_end::ReadEnd;
use crate::syntax::xml::tag::Tag;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["dejagnu-xml"],
    title: "DejaGnu's XML (`runtest -x`)",
    test_name: "the test's name as runtest prints it",
    outcomes: &RESULTS,
    incomplete: "the file ends before its root does; fewer tests than its summary counts",
    link: "https://www.gnu.org/software/dejagnu/manual/Invoking-runtest.html",
    sniff: Sniff::Xml(sniff),
    read,
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
pub(crate) fn sniff(opening: &XmlHead) -> bool {
    xml_report::has_root::<DejagnuXmlReader>(opening)
        && opening.names.get(1).is_some_and(|name| name == "test" || name == "summary")
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    xml_report::read(input, &mut DejagnuXmlReader::default(), builder)
}

/// A run.
#[derive(Default)]
struct DejagnuXmlReader {
    case: TestCase,
    declared: u64,
    /// Whether the present summary counts tests.
    counts_tests: bool,
}

impl XmlReport for DejagnuXmlReader {
    const ROOTS: &'static [&'static str] = &["testsuite"];
    const ELEMENTS: &'static [(&'static str, Content)] = &[
        ("testsuite", Content::Children),
        ("test", Content::Children),
        ("output", Content::Text),
        ("result", Content::Text),
        ("name", Content::Text),
        ("summary", Content::Children),
        ("total", Content::Text),
    ];

    fn open(&mut self, _: Ancestors<'_>, tag: &Tag<'_>, _: &mut RunBuilder<'_>) {
        if tag.name() == "test" {
            self.case = TestCase::new(tag.line, "");
        }
    }

    fn close(
        &mut self,
        ancestors: Ancestors<'_>,
        closed: ElementEnd<'_>,
        builder: &mut RunBuilder<'_>,
    ) {
        match (closed.name, ancestors.parent()) {
            ("result", "test") if closed.kind == EndKind::EndTag => {
                self.case.add_outcome(test_case::outcome_for_ignore_case(&RESULTS, closed.text));
            }
            ("result", "summary") => {
                self.counts_tests = test_record::lookup(&RESULTS, closed.text).is_some();
            }
            ("total", "summary") if self.counts_tests => {
                self.declared = self.declared.saturating_add(closed.text.parse().unwrap_or(0));
            }
            ("name", "test") => self.case.name = closed.text.to_owned(),
            ("output", "test") => self.case.add_message(closed.text),
            ("test", _) => self.case.emit(builder),
            ("testsuite", _) => {
                let tests = std::mem::take(&mut self.declared);
                if tests > 0 {
                    builder.expect_tests(closed.line, tests);
                }
            }
            _ => {}
        }
    }
}
