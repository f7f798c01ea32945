//! CUnit's XML of an automated run.
//!
//! In: elements. Out: events. The trap: each assertion that failed is a record of its own, so one test
//! can have several, one behind the other.
//!
//! <https://cunit.sourceforge.net/doc/running_tests.html>

use crate::formats::emit::names;
use crate::formats::emit::test_case::TestCase;
use crate::formats::emit::xml_report::{self, Ancestors, Content, ElementEnd, XmlHead, XmlReport};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::read_end::ReadEnd;
use crate::syntax::xml::tag::Tag;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["cunit"],
    title: "CUnit's XML (`CU_automated_run_tests`)",
    test_name: "`Suite.Test`",
    outcomes: &[
        ("CUNIT_RUN_TEST_SUCCESS", Outcome::Passed),
        ("CUNIT_RUN_TEST_FAILURE", Outcome::Failed),
        ("CUNIT_RUN_SUITE_FAILURE", Outcome::Errored),
        ("CUNIT_RUN_GROUP_FAILURE", Outcome::Errored),
    ],
    incomplete: "the file ends before its root does; fewer tests or failures than its summary counts",
    link: "https://cunit.sourceforge.net/doc/running_tests.html",
    sniff: Sniff::Xml(sniff),
    read,
};

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(opening: &XmlHead) -> bool {
    xml_report::has_root::<CunitReader>(opening)
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    xml_report::read(input, &mut CunitReader::default(), builder)
}

/// A run.
#[derive(Default)]
struct CunitReader {
    suite: String,
    case: TestCase,
    file: String,
    /// The last test, if it failed: a further failure of it may follow.
    failed: Option<TestCase>,
    /// The kind of what a line of the summary counts.
    kind: String,
    failed_suites: u64,
}

impl XmlReport for CunitReader {
    const ROOTS: &'static [&'static str] = &["CUNIT_TEST_RUN_REPORT"];
    const ELEMENTS: &'static [(&'static str, Content)] = &[
        ("CUNIT_TEST_RUN_REPORT", Content::Children),
        ("CUNIT_RUN_SUITE", Content::Children),
        ("CUNIT_RUN_SUITE_FAILURE", Content::Children),
        ("CUNIT_RUN_GROUP_FAILURE", Content::Children),
        ("CUNIT_RUN_TEST_SUCCESS", Content::Children),
        ("CUNIT_RUN_TEST_FAILURE", Content::Children),
        ("SUITE_NAME", Content::Text),
        ("GROUP_NAME", Content::Text),
        ("FAILURE_REASON", Content::Text),
        ("TEST_NAME", Content::Text),
        ("FILE_NAME", Content::Text),
        ("LINE_NUMBER", Content::Text),
        ("CONDITION", Content::Text),
        ("CUNIT_RUN_SUMMARY_RECORD", Content::Children),
        ("TYPE", Content::Text),
        ("RUN", Content::Text),
        ("FAILED", Content::Text),
    ];

    fn open(&mut self, _: Ancestors<'_>, tag: &Tag<'_>, _: &mut RunBuilder<'_>) {
        match tag.name() {
            "CUNIT_RUN_TEST_SUCCESS" => {
                self.case = TestCase::new(tag.line, "");
                self.case.add_outcome(Outcome::Passed);
            }
            "CUNIT_RUN_TEST_FAILURE" => {
                self.case = TestCase::new(tag.line, "");
                self.case.add_outcome(Outcome::Failed);
            }
            "CUNIT_RUN_SUITE_FAILURE" | "CUNIT_RUN_GROUP_FAILURE" => {
                self.case = TestCase::new(tag.line, "");
                self.case.add_outcome(Outcome::Errored);
            }
            _ => {}
        }
    }

    fn close(&mut self, _: Ancestors<'_>, closed: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match closed.name {
            "SUITE_NAME" | "GROUP_NAME" => self.suite = closed.text.to_owned(),
            "TEST_NAME" => self.case.name = names::qualify(&self.suite, closed.text, "."),
            "FILE_NAME" => self.file = closed.text.to_owned(),
            "LINE_NUMBER" => self.case.set_location(&self.file, closed.text),
            "CONDITION" | "FAILURE_REASON" => self.case.add_message(closed.text),
            "CUNIT_RUN_TEST_SUCCESS" => {
                self.flush_failed(builder);
                self.case.emit(builder);
            }
            "CUNIT_RUN_TEST_FAILURE" => match &mut self.failed {
                Some(failed) if failed.name == self.case.name => {
                    failed.add_message(self.case.message.text());
                }
                Some(_) | None => {
                    self.flush_failed(builder);
                    self.failed = Some(std::mem::take(&mut self.case));
                }
            },
            "CUNIT_RUN_SUITE_FAILURE" | "CUNIT_RUN_GROUP_FAILURE" => {
                self.flush_failed(builder);
                self.failed_suites += 1;
                self.case.name.clone_from(&self.suite);
                self.case.emit(builder);
            }
            "CUNIT_RUN_SUITE" | "CUNIT_TEST_RUN_REPORT" => self.flush_failed(builder),
            "TYPE" => self.kind = closed.text.to_owned(),
            "RUN" | "FAILED" if self.kind == "Test Cases" => {
                let Ok(tests) = closed.text.parse::<u64>() else { return };
                let tests = tests.saturating_add(self.failed_suites);
                match closed.name {
                    "RUN" => builder.expect_tests(closed.line, tests),
                    _ => builder.expect_failures(closed.line, tests),
                }
            }
            _ => {}
        }
    }
}

impl CunitReader {
    fn flush_failed(&mut self, builder: &mut RunBuilder<'_>) {
        if let Some(failed) = self.failed.take() {
            failed.emit(builder);
        }
    }
}
