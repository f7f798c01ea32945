//! CUnit's XML of an automated run.
//!
//! Each assertion that failed is a record of its own, so a test can have several in a row.

use crate::formats::emit::{ElementEnd, TestCase, XmlReport, lookup, names, xml_report};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::Tag;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["cunit"],
    title: "CUnit's XML (`CU_automated_run_tests`)",
    test_name: "`Suite.Test`",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does; fewer tests or failures than its summary counts",
    totals: "",
    link: "https://cunit.sourceforge.net/doc/running_tests.html",
    sniff: Sniff::Xml(xml_report::has_root::<CunitReader>),
    read: xml_report::read::<CunitReader>,
};

/// The elements of results.
const OUTCOMES: [(&str, Outcome); 4] = [
    ("CUNIT_RUN_TEST_SUCCESS", Outcome::Passed),
    ("CUNIT_RUN_TEST_FAILURE", Outcome::Failed),
    ("CUNIT_RUN_SUITE_FAILURE", Outcome::Errored),
    ("CUNIT_RUN_GROUP_FAILURE", Outcome::Errored),
];

#[derive(Default)]
struct CunitReader {
    suite: String,
    case: TestCase,
    file: String,
    /// The last test, if it failed: a further failure of it may follow.
    failed: Option<TestCase>,
    /// What the present line of the summary counts.
    kind: String,
    failed_suites: u64,
}

impl XmlReport for CunitReader {
    const ROOTS: &'static [&'static str] = &["CUNIT_TEST_RUN_REPORT"];
    const ELEMENTS: &'static [&'static str] = &[
        "CUNIT_RUN_SUITE",
        "CUNIT_RUN_SUITE_FAILURE",
        "CUNIT_RUN_GROUP_FAILURE",
        "CUNIT_RUN_TEST_SUCCESS",
        "CUNIT_RUN_TEST_FAILURE",
        "CUNIT_RUN_SUMMARY_RECORD",
    ];
    const TEXTS: &'static [&'static str] = &[
        "SUITE_NAME",
        "GROUP_NAME",
        "FAILURE_REASON",
        "TEST_NAME",
        "FILE_NAME",
        "LINE_NUMBER",
        "CONDITION",
        "TYPE",
        "RUN",
        "FAILED",
    ];

    fn open(&mut self, tag: &Tag<'_>, _: &str, _: &mut RunBuilder<'_>) {
        if let Some(outcome) = lookup(&OUTCOMES, tag.name()) {
            self.case = TestCase::new(tag.line, "");
            self.case.outcome = Some(outcome);
        }
    }

    fn close(&mut self, end: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match end.name {
            "SUITE_NAME" | "GROUP_NAME" => self.suite = end.text.to_owned(),
            "TEST_NAME" => self.case.name = names::qualify(&self.suite, end.text, "."),
            "FILE_NAME" => self.file = end.text.to_owned(),
            "LINE_NUMBER" => self.case.set_location(&self.file, end.text),
            "CONDITION" | "FAILURE_REASON" => self.case.add_message(end.text),
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
            "TYPE" => self.kind = end.text.to_owned(),
            "RUN" | "FAILED" if self.kind == "Test Cases" => {
                let Ok(tests) = end.text.parse::<u64>() else { return };
                let tests = tests.saturating_add(self.failed_suites);
                match end.name {
                    "RUN" => builder.expect_tests(end.line, tests),
                    _ => builder.expect_failures(end.line, tests),
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
