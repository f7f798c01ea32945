//! Boost.Test's XML: the log (`TestLog`), and the detailed report (`TestResult`).
//!
//! A log does not mark tests that passed. A report has no reason for a failure and does not name the tests that
//! were skipped.

use crate::formats::emit::{
    ElementEnd, EndKind, TestCase, XmlReport, names, outcome_for, outcome_for_ignore_case,
    xml_report,
};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::Tag;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["boost-test"],
    title: "Boost.Test's XML log and report (`--log_format=XML`, `--report_format=XML`)",
    test_name: "the path below the master suite, as `--run_test` takes it: `suite/inner/case`",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does; a report with fewer cases than it counts",
    totals: "",
    link: "https://www.boost.org/doc/libs/release/libs/test/doc/html/boost_test/test_output.html",
    sniff: Sniff::Xml(|head| {
        xml_report::has_root::<BoostReader>(head)
            && head.may_start_with(&["TestSuite", "TestCase", "BuildInfo", "Info", "Message"])
    }),
    read: xml_report::read::<BoostReader>,
};

/// The elements of a log, then the results of a report.
const OUTCOMES: [(&str, Outcome); 12] = [
    ("log: a case without Error, FatalError or Exception", Outcome::Passed),
    ("log: skipped=\"yes\"", Outcome::Skipped),
    ("Error", Outcome::Failed),
    ("FatalError", Outcome::Errored),
    ("Exception", Outcome::Errored),
    ("passed", Outcome::Passed),
    ("passed_with_warnings", Outcome::Passed),
    ("failed", Outcome::Failed),
    ("aborted", Outcome::Errored),
    ("timed_out", Outcome::TimedOut),
    ("timed-out", Outcome::TimedOut),
    ("skipped", Outcome::Skipped),
];

/// A log or a report.
#[derive(Default)]
struct BoostReader {
    /// Whether the present root is that of a report.
    is_report: bool,
    /// The paths of the open suites, the master suite's first and empty; cases can hold suites too.
    paths: Vec<String>,
    open_cases: Vec<TestCase>,
    cases: u64,
    declared: Option<BoostCounts>,
}

/// The counts of a report's outermost suite.
struct BoostCounts {
    line: u32,
    tests: u64,
    with_warnings: u64,
    failed: u64,
}

impl XmlReport for BoostReader {
    const ROOTS: &'static [&'static str] = &["TestLog", "TestResult"];
    const ELEMENTS: &'static [&'static str] = &["TestSuite", "TestCase"];
    const TEXTS: &'static [&'static str] = &["Error", "FatalError", "Exception"];

    fn open(&mut self, tag: &Tag<'_>, parent: &str, _: &mut RunBuilder<'_>) {
        match tag.name() {
            "TestLog" => self.is_report = false,
            "TestResult" => self.is_report = true,
            "TestSuite" => {
                if parent == "TestResult" {
                    self.declared = Some(BoostCounts::from_tag(tag));
                }
                let is_master = self.paths.is_empty();
                let path =
                    if is_master { String::new() } else { self.path(&tag.attribute("name")) };
                self.paths.push(path);
            }
            "TestCase" => {
                let path = self.path(&tag.attribute("name"));
                let mut case = TestCase::new(tag.line, path.as_str());
                self.paths.push(path);
                if self.is_report {
                    let result = tag.attribute("result");
                    case.outcome = Some(outcome_for_ignore_case(&OUTCOMES, &result));
                } else if tag.attribute("skipped") == "yes" {
                    case.outcome = Some(Outcome::Skipped);
                    case.add_message(&tag.attribute("reason"));
                } else {
                    case.set_location(&tag.attribute("file"), &tag.attribute("line"));
                }
                self.open_cases.push(case);
            }
            _ => {}
        }
    }

    fn close(&mut self, end: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match (end.name, self.open_cases.last_mut()) {
            ("Error" | "FatalError" | "Exception", Some(case)) => {
                case.add_outcome(outcome_for(&OUTCOMES, end.name));
                case.add_message(end.text);
            }
            // A failure outside any case, as in a fixture of the whole module.
            ("Error" | "FatalError" | "Exception", None) => {
                let suite = self.paths.last().map_or("", String::as_str);
                let mut case = TestCase::new(end.line, suite);
                case.outcome = Some(Outcome::Errored);
                case.add_message(end.text);
                case.emit(builder);
            }
            ("TestCase", Some(_)) => {
                self.paths.pop();
                let Some(mut case) = self.open_cases.pop() else { return };
                if end.kind == EndKind::EndTag {
                    case.outcome.get_or_insert(Outcome::Passed);
                }
                self.cases += 1;
                case.emit(builder);
            }
            ("TestSuite", _) => {
                self.paths.pop();
                if end.parent == "TestResult" {
                    self.emit_declared_counts(builder);
                }
            }
            _ => {}
        }
    }
}

impl BoostReader {
    fn path(&self, name: &str) -> String {
        names::join_child(self.paths.last().map_or("", String::as_str), name, "/")
    }

    fn emit_declared_counts(&mut self, builder: &mut RunBuilder<'_>) {
        let cases = std::mem::take(&mut self.cases);
        let Some(BoostCounts { line, tests, with_warnings, failed }) = self.declared.take() else {
            return;
        };
        let known = tests..=tests.saturating_add(with_warnings);
        builder.expect_tests(line, if known.contains(&cases) { cases } else { tests });
        builder.expect_failures(line, failed);
    }
}

impl BoostCounts {
    /// Tests that were skipped are counted but not named.
    fn from_tag(tag: &Tag<'_>) -> BoostCounts {
        let count = |name: &str| tag.number(name).unwrap_or(0);
        let failed = count("test_cases_failed");
        BoostCounts {
            line: tag.line,
            tests: count("test_cases_passed").saturating_add(failed),
            with_warnings: count("test_cases_passed_with_warnings")
                .saturating_add(count("test_cases_skipped")),
            failed,
        }
    }
}
