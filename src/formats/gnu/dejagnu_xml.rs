//! DejaGnu's XML (`runtest -x`).
//!
//! Its root has the same name as JUnit's; the first element inside distinguishes them.

use crate::formats::emit::{
    ElementEnd, EndKind, TestCase, XmlHead, XmlReport, lookup, outcome_for_ignore_case, xml_report,
};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::Tag;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["dejagnu-xml"],
    title: "DejaGnu's XML (`runtest -x`)",
    test_name: "the test's name as runtest prints it",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does; fewer tests than its summary counts",
    totals: "",
    link: "https://www.gnu.org/software/dejagnu/manual/Invoking-runtest.html",
    sniff: Sniff::Xml(sniff),
    read: xml_report::read::<DejagnuXmlReader>,
};

const OUTCOMES: [(&str, Outcome); 10] = [
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

/// Whether a file is of this format, and not JUnit.
pub(crate) fn sniff(head: &XmlHead) -> bool {
    xml_report::has_root::<DejagnuXmlReader>(head)
        && head.names.get(1).is_some_and(|name| name == "test" || name == "summary")
}

#[derive(Default)]
struct DejagnuXmlReader {
    case: TestCase,
    declared: u64,
    /// Whether the present summary counts tests.
    counts_tests: bool,
}

impl XmlReport for DejagnuXmlReader {
    const ROOTS: &'static [&'static str] = &["testsuite"];
    const ELEMENTS: &'static [&'static str] = &["test", "summary"];
    const TEXTS: &'static [&'static str] = &["output", "result", "name", "total"];

    fn open(&mut self, tag: &Tag<'_>, _: &str, _: &mut RunBuilder<'_>) {
        if tag.name() == "test" {
            self.case = TestCase::new(tag.line, "");
        }
    }

    fn close(&mut self, end: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match (end.name, end.parent) {
            ("result", "test") if end.kind == EndKind::EndTag => {
                self.case.add_outcome(outcome_for_ignore_case(&OUTCOMES, end.text));
            }
            ("result", "summary") => {
                self.counts_tests = lookup(&OUTCOMES, end.text).is_some();
            }
            ("total", "summary") if self.counts_tests => {
                self.declared = self.declared.saturating_add(end.text.parse().unwrap_or(0));
            }
            ("name", "test") => self.case.name = end.text.to_owned(),
            ("output", "test") => self.case.add_message(end.text),
            ("test", _) => self.case.emit(builder),
            ("testsuite", _) => {
                let declared = Some(std::mem::take(&mut self.declared));
                builder.expect_tests(end.line, declared.filter(|tests| *tests > 0));
            }
            _ => {}
        }
    }
}
