//! CUnit's XML of an automated run.
//!
//! Each assertion that failed is a record of its own, so a test can have several in a row.

use crate::formats::emit::{
    ElementEnd, TestCase, XmlReport, lookup, names, total_in_text, xml_report,
};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::Tag;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["cunit"],
    title: "CUnit's XML (`CU_automated_run_tests`)",
    test_name: "`Suite.Test`",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does",
    totals: "test cases run, succeeded and failed; suites run and failed; failed assertions",
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
    counts: CunitCounts,
}

/// What the file has so far.
#[derive(Default)]
struct CunitCounts {
    suites: u64,
    failed_suites: u64,
    /// Each test, and how many of them passed.
    tests: u64,
    passed: u64,
    failed_tests: u64,
    failed_assertions: u64,
    /// How many results the summary needs.
    expected: u64,
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
        "SUCCEEDED",
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
                self.counts.tests += 1;
                self.counts.passed += 1;
                self.case.emit(builder);
            }
            "CUNIT_RUN_TEST_FAILURE" => self.end_assertion(builder),
            "CUNIT_RUN_SUITE_FAILURE" | "CUNIT_RUN_GROUP_FAILURE" => {
                self.flush_failed(builder);
                self.counts.failed_suites += 1;
                self.case.name.clone_from(&self.suite);
                self.case.emit(builder);
            }
            "CUNIT_RUN_SUITE" => {
                self.flush_failed(builder);
                self.counts.suites += 1;
            }
            "CUNIT_TEST_RUN_REPORT" => {
                self.flush_failed(builder);
                *self = CunitReader::default();
            }
            "TYPE" => self.kind = end.text.to_owned(),
            "RUN" | "SUCCEEDED" | "FAILED" => {
                let is_none = end.text.trim().trim_matches([' ', '-']) == "NA";
                let declared =
                    (!is_none).then(|| total_in_text(end.name, end.text, end.line, builder));
                if let Some(declared) = declared.flatten() {
                    self.compare(end.name, declared, end.line, builder);
                }
            }
            _ => {}
        }
    }
}

impl CunitReader {
    /// Handles a failed assertion; several in a row may be those of one test.
    fn end_assertion(&mut self, builder: &mut RunBuilder<'_>) {
        self.counts.failed_assertions += 1;
        match &mut self.failed {
            Some(failed) if failed.name == self.case.name => {
                failed.add_message(self.case.message.text());
            }
            Some(_) | None => {
                self.flush_failed(builder);
                self.counts.tests += 1;
                self.counts.failed_tests += 1;
                self.failed = Some(std::mem::take(&mut self.case));
            }
        }
    }

    /// Compares a number of the summary. Its totals count what was not run, too.
    fn compare(&mut self, key: &str, declared: u64, line: u32, builder: &mut RunBuilder<'_>) {
        let seen = &mut self.counts;
        let results = seen.tests + seen.failed_suites;
        let failures = seen.failed_tests + seen.failed_suites;
        let suites = seen.suites.saturating_sub(seen.failed_suites);
        let (of_tests, seen_of_kind) = match (self.kind.as_str(), key) {
            ("Test Cases", "RUN") => (true, seen.tests),
            ("Test Cases", "SUCCEEDED") => (true, seen.passed),
            ("Suites", "RUN") => (true, suites),
            ("Test Cases", "FAILED") => (false, seen.failed_tests),
            ("Suites", "FAILED") => (false, seen.failed_suites),
            ("Assertions", "FAILED") => (false, seen.failed_assertions),
            _ => return,
        };
        let missing = declared.saturating_sub(seen_of_kind);
        if of_tests {
            seen.expected = seen.expected.max(results.saturating_add(missing));
            builder.expect_tests(line, seen.expected);
        } else {
            builder.expect_failures(line, failures.saturating_add(missing));
        }
    }

    fn flush_failed(&mut self, builder: &mut RunBuilder<'_>) {
        if let Some(failed) = self.failed.take() {
            failed.emit(builder);
        }
    }
}
