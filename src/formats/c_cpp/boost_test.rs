//! Boost.Test's XML: the log (`TestLog`), and the detailed report (`TestResult`).
//!
//! A log does not mark tests that passed. A report has no reason for a failure and does not name the tests that
//! were skipped.

use crate::formats::emit::{
    ElementEnd, EndKind, TestCase, XmlReport, lookup_ignore_case, names, outcome_for,
    outcome_for_ignore_case, unknown, xml_report,
};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::Tag;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["boost-test"],
    title: "Boost.Test's XML log and report (`--log_format=XML`, `--report_format=XML`)",
    test_name: "the path below the master suite, as `--run_test` takes it: `suite/inner/case`",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does; a suite that failed although no case of it did",
    totals: "of a report: cases that passed, failed and timed out, of each suite; its result. A log declares none",
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

/// The elements of a log that are no failures.
const NEUTRAL_ELEMENTS: [&str; 8] = [
    "Info",
    "Message",
    "Warning",
    "TestingTime",
    "LastCheckpoint",
    "Context",
    "Frame",
    "BuildInfo",
];

/// A log or a report.
#[derive(Default)]
struct BoostReader {
    /// Whether the present root is that of a report.
    is_report: bool,
    /// The paths of the open suites, the master suite's first and empty; cases can hold suites too.
    paths: Vec<String>,
    open_cases: Vec<TestCase>,
    /// The open suites of a report.
    suites: Vec<BoostSuite>,
}

/// What a suite of a report declares, and its cases so far.
#[derive(Default)]
struct BoostSuite {
    line: u32,
    passed: u64,
    failed: u64,
    /// Its result, unless that is a pass or a skip.
    failure: Option<String>,
    cases: u64,
    cases_passed: u64,
    /// Tests that were skipped are counted but mostly not named.
    cases_skipped: u64,
}

impl XmlReport for BoostReader {
    const ROOTS: &'static [&'static str] = &["TestLog", "TestResult"];
    const ELEMENTS: &'static [&'static str] = &["TestSuite", "TestCase"];
    const TEXTS: &'static [&'static str] = &["Error", "FatalError", "Exception"];

    fn open(&mut self, tag: &Tag<'_>, _: &str, builder: &mut RunBuilder<'_>) {
        match tag.name() {
            "TestLog" => self.is_report = false,
            "TestResult" => self.is_report = true,
            "TestSuite" => {
                if self.is_report {
                    self.suites.push(BoostSuite::from_tag(tag));
                    builder.handle(tag.line, Event::SuiteStarted { name: None });
                }
                let is_master = self.paths.is_empty();
                let path =
                    if is_master { String::new() } else { self.path(&tag.attribute("name")) };
                self.paths.push(path);
            }
            "TestCase" => self.start_case(tag),
            _ => {}
        }
    }

    /// A record of a log whose meaning is not known.
    fn open_unknown(&mut self, tag: &Tag<'_>, parent: &str, builder: &mut RunBuilder<'_>) {
        if self.is_report || NEUTRAL_ELEMENTS.contains(&tag.name()) {
            return;
        }
        match (parent, self.open_cases.last_mut()) {
            ("TestCase", Some(case)) => case.add_unknown("element", tag.name()),
            ("TestSuite", _) => {
                self.emit_failure(tag.line, &unknown("element", tag.name()), builder);
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
                self.emit_failure(end.line, end.text, builder);
            }
            ("TestCase", Some(_)) => {
                self.paths.pop();
                let Some(mut case) = self.open_cases.pop() else { return };
                if end.kind == EndKind::EndTag {
                    case.outcome.get_or_insert(Outcome::Passed);
                }
                if let Some(suite) = self.suites.last_mut() {
                    suite.count(&case);
                }
                case.emit(builder);
            }
            ("TestSuite", _) => {
                self.paths.pop();
                self.end_suite(end.line, builder);
            }
            _ => {}
        }
    }
}

impl BoostReader {
    fn path(&self, name: &str) -> String {
        names::join_child(self.paths.last().map_or("", String::as_str), name, "/")
    }

    /// Emits a failure of the open suite.
    fn emit_failure(&self, line: u32, message: &str, builder: &mut RunBuilder<'_>) {
        let suite = self.paths.last().map_or("", String::as_str);
        let mut case = TestCase::new(line, suite);
        case.outcome = Some(Outcome::Errored);
        case.add_message(message);
        case.emit(builder);
    }

    fn start_case(&mut self, tag: &Tag<'_>) {
        let path = self.path(&tag.attribute("name"));
        let mut case = TestCase::new(tag.line, path.as_str());
        self.paths.push(path);
        let skipped = tag.attribute("skipped");
        if self.is_report {
            let result = tag.attribute("result");
            case.add_known(lookup_ignore_case(&OUTCOMES, result.trim()), "result", &result);
        } else if !matches!(&*skipped, "" | "no") {
            let outcome = if skipped == "yes" { Outcome::Skipped } else { Outcome::Failed };
            case.outcome = Some(outcome);
            case.add_message(&tag.attribute("reason"));
        } else {
            case.set_location(&tag.attribute("file"), &tag.attribute("line"));
        }
        self.open_cases.push(case);
    }

    fn end_suite(&mut self, line: u32, builder: &mut RunBuilder<'_>) {
        let Some(suite) = self.suites.pop() else { return };
        let passed = suite.passed.saturating_add(suite.cases - suite.cases_passed);
        let others = suite.failed.saturating_add(suite.cases_skipped);
        let tests = suite.passed.saturating_add(others).max(passed);
        builder.expect_tests(suite.line, tests);
        builder.expect_failures(suite.line, suite.failed);
        if let Some(failure) = &suite.failure {
            builder.expect_a_failure(suite.line, failure);
        }
        builder.handle(line, Event::SuiteEnded);
        if let Some(parent) = self.suites.last_mut() {
            parent.cases += suite.cases;
            parent.cases_passed += suite.cases_passed;
            parent.cases_skipped += suite.cases_skipped;
        }
    }
}

impl BoostSuite {
    /// A case that was aborted counts as failed too, one that timed out does not.
    fn from_tag(tag: &Tag<'_>) -> BoostSuite {
        let count = |name: &str| tag.number(name).unwrap_or(0);
        let sum = |a: &str, b: &str| count(a).saturating_add(count(b));
        let result = tag.attribute("result");
        let is_failing =
            !result.is_empty() && outcome_for_ignore_case(&OUTCOMES, &result).is_failing();
        BoostSuite {
            line: tag.line,
            passed: sum("test_cases_passed", "test_cases_passed_with_warnings"),
            failed: sum("test_cases_failed", "test_cases_timed_out"),
            failure: is_failing.then(|| format!("result {result}")),
            ..BoostSuite::default()
        }
    }

    fn count(&mut self, case: &TestCase) {
        self.cases += 1;
        self.cases_passed += u64::from(case.outcome == Some(Outcome::Passed));
        self.cases_skipped += u64::from(case.outcome == Some(Outcome::Skipped));
    }
}
