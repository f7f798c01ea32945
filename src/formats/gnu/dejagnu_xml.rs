//! DejaGnu's XML (`runtest -x`).
//!
//! Its root has the same name as JUnit's; the first element inside distinguishes them.

use crate::formats::emit::{
    ElementEnd, EndKind, TestCase, XmlHead, XmlReport, lookup, lookup_ignore_case, total_in_text,
    xml_report,
};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Outcome, OutcomeCounts, RunBuilder};
use crate::syntax::Tag;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["dejagnu-xml"],
    title: "DejaGnu's XML (`runtest -x`)",
    test_name: "the test's name as runtest prints it",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does; fewer tests than its summary counts",
    totals: "each number of the summaries",
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
    declared_failures: u64,
    declared_skips: u64,
    declared_passes: u64,
    seen: OutcomeCounts,
    /// What the present summary counts, if it counts tests.
    counted: Option<Outcome>,
}

impl DejagnuXmlReader {
    fn add_total(&mut self, outcome: Outcome, count: u64) {
        let field = if outcome.is_failing() {
            &mut self.declared_failures
        } else if outcome == Outcome::Passed {
            &mut self.declared_passes
        } else {
            &mut self.declared_skips
        };
        *field = field.saturating_add(count);
        self.declared = self.declared.saturating_add(count);
    }

    fn emit_totals(&self, line: u32, builder: &mut RunBuilder<'_>) {
        let missing = self.declared_passes.saturating_sub(self.seen.get(Outcome::Passed));
        let missing = if missing > 0 { self.seen.total().saturating_add(missing) } else { 0 };
        let tests = self.declared.max(missing);
        builder.expect_tests(line, Some(tests).filter(|tests| *tests > 0));
        builder.expect_failures(line, self.declared_failures);
        builder.expect_skips(line, self.declared_skips);
    }
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
                let known = lookup_ignore_case(&OUTCOMES, end.text.trim());
                self.case.add_known(known, "status", end.text);
            }
            ("result", "summary") => {
                self.counted = lookup(&OUTCOMES, end.text);
            }
            ("total", "summary") => {
                if let Some(outcome) = self.counted.take() {
                    let total = total_in_text("total", end.text, end.line, builder);
                    self.add_total(outcome, total.unwrap_or(0));
                }
            }
            ("name", "test") => self.case.name = end.text.to_owned(),
            ("output", "test") => self.case.add_message(end.text),
            ("test", _) => {
                self.seen.add(self.case.outcome.unwrap_or(Outcome::Unfinished));
                self.case.emit(builder);
            }
            ("testsuite", _) => {
                self.emit_totals(end.line, builder);
                *self = DejagnuXmlReader::default();
            }
            _ => {}
        }
    }
}
