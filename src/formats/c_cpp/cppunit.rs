//! CppUnit's XML, which AUnit writes too: the tests that failed, then those that did not.

use crate::formats::emit::{
    ElementEnd, TestCase, XmlHead, XmlReport, outcome_for, saturating_sum, total_in_text,
    xml_report,
};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::Tag;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["cppunit", "aunit"],
    title: "XML of CppUnit and AUnit",
    test_name: "the name, which has its class: `Fixture::test`",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does",
    totals: "tests, failures, errors and the sum of the two",
    link: "https://cppunit.sourceforge.net/doc/latest/class_xml_outputter.html",
    sniff: Sniff::Bytes(|head| {
        // Hooks of the outputter may write elements of their own before the first list.
        xml_report::has_root::<CppunitReader>(&XmlHead::parse(head))
            && LIST_ELEMENTS
                .iter()
                .any(|list| memchr::memmem::find(head, format!("<{list}").as_bytes()).is_some())
    }),
    read: xml_report::read::<CppunitReader>,
};

/// The lists of tests.
const OUTCOMES: [(&str, Outcome); 5] = [
    ("SuccessfulTests", Outcome::Passed),
    ("FailedTests", Outcome::Failed),
    ("FailedTests, FailureType Error", Outcome::Errored),
    ("SkippedTests", Outcome::Skipped),
    ("IgnoredTests", Outcome::Skipped),
];

const LIST_ELEMENTS: [&str; 5] =
    ["Statistics", "FailedTests", "SuccessfulTests", "SkippedTests", "IgnoredTests"];

#[derive(Default)]
struct CppunitReader {
    case: TestCase,
    file: String,
    /// The failures and the errors of the statistics.
    declared: [u64; 2],
}

impl XmlReport for CppunitReader {
    const ROOTS: &'static [&'static str] = &["TestRun"];
    const ELEMENTS: &'static [&'static str] = &[
        "FailedTests",
        "SuccessfulTests",
        "SkippedTests",
        "IgnoredTests",
        "FailedTest",
        "Test",
        "Location",
        "Statistics",
    ];
    const TEXTS: &'static [&'static str] = &[
        "Name",
        "FailureType",
        "Message",
        "File",
        "Line",
        "Tests",
        "FailuresTotal",
        "Failures",
        "Errors",
    ];

    fn open(&mut self, tag: &Tag<'_>, parent: &str, _: &mut RunBuilder<'_>) {
        if let "FailedTest" | "Test" = tag.name() {
            self.case = TestCase::new(tag.line, "");
            self.case.outcome = Some(outcome_for(&OUTCOMES, parent));
            if !OUTCOMES.iter().any(|(list, _)| *list == parent) {
                self.case.add_message("a test in no known list");
            }
        }
    }

    fn close(&mut self, end: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match (end.name, end.parent) {
            ("Name", "FailedTest" | "Test") => self.case.name = end.text.to_owned(),
            ("FailureType", _) if end.text == "Error" => self.case.add_outcome(Outcome::Errored),
            ("Message", _) => self.case.add_message(end.text),
            ("File", _) => self.file = end.text.to_owned(),
            ("Line", _) => self.case.set_location(&self.file, end.text),
            ("FailedTest" | "Test", _) => self.case.emit(builder),
            ("Tests", "Statistics") => {
                let tests = total_in_text(end.name, end.text, end.line, builder);
                builder.expect_tests(end.line, tests);
            }
            ("FailuresTotal", "Statistics") => {
                let failures = total_in_text(end.name, end.text, end.line, builder);
                builder.expect_failures(end.line, failures);
            }
            ("Failures" | "Errors", "Statistics") => {
                let index = usize::from(end.name == "Errors");
                let total = total_in_text(end.name, end.text, end.line, builder);
                self.declared[index] = total.unwrap_or(0);
            }
            ("Statistics", _) => {
                let failures = saturating_sum(std::mem::take(&mut self.declared));
                builder.expect_failures(end.line, failures);
            }
            _ => {}
        }
    }
}
