//! Boost.Test's XML: the log (`TestLog`), and the detailed report (`TestResult`).
//!
//! In: elements. Out: events. The trap: the log says nothing of a test that passed and the report
//! gives no reason for one that failed; and a report does not name the tests that were skipped.
//!
//! <https://www.boost.org/doc/libs/release/libs/test/doc/html/boost_test/test_output.html>

use crate::formats::emit::names;
use crate::formats::emit::test_case::{self, TestCase};
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
    names: &["boost-test"],
    title: "Boost.Test's XML log and report (`--log_format=XML`, `--report_format=XML`)",
    test_name: "the path below the master suite, as `--run_test` takes it: `suite/inner/case`",
    outcomes: &[
        ("log: a case without Error, FatalError or Exception", Outcome::Passed),
        ("log: Error", Outcome::Failed),
        ("log: FatalError, Exception", Outcome::Errored),
        ("log: skipped=\"yes\"", Outcome::Skipped),
        ("report: passed", Outcome::Passed),
        ("report: failed", Outcome::Failed),
        ("report: aborted", Outcome::Errored),
        ("report: timed_out", Outcome::TimedOut),
        ("report: skipped", Outcome::Skipped),
    ],
    incomplete: "the file ends before its root does; a report with fewer cases than it counts",
    link: "https://www.boost.org/doc/libs/release/libs/test/doc/html/boost_test/test_output.html",
    sniff: Sniff::Xml(sniff),
    read,
};

/// What a report's results mean.
const RESULT_OUTCOMES: [(&str, Outcome); 7] = [
    ("passed", Outcome::Passed),
    ("passed_with_warnings", Outcome::Passed),
    ("failed", Outcome::Failed),
    ("aborted", Outcome::Errored),
    ("timed_out", Outcome::TimedOut),
    ("timed-out", Outcome::TimedOut),
    ("skipped", Outcome::Skipped),
];

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(opening: &XmlHead) -> bool {
    xml_report::has_root::<BoostReader>(opening)
        && opening.names.get(1).is_none_or(|name| {
            ["TestSuite", "TestCase", "BuildInfo", "Info", "Message"].contains(&name.as_str())
        })
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    xml_report::read(input, &mut BoostReader::default(), builder)
}

/// A log or a report.
#[derive(Default)]
struct BoostReader {
    /// The paths of the open suites, the master suite's first and empty; cases can hold suites too.
    paths: Vec<String>,
    open_cases: Vec<TestCase>,
    cases: u64,
    declared: Option<BoostCounts>,
}

/// What a report's outermost suite counts.
struct BoostCounts {
    line: u32,
    tests: u64,
    with_warnings: u64,
    failed: u64,
}

impl XmlReport for BoostReader {
    const ROOTS: &'static [&'static str] = &["TestLog", "TestResult"];
    const ELEMENTS: &'static [(&'static str, Content)] = &[
        ("TestLog", Content::Children),
        ("TestResult", Content::Children),
        ("TestSuite", Content::Children),
        ("TestCase", Content::Children),
        ("Error", Content::Text),
        ("FatalError", Content::Text),
        ("Exception", Content::Text),
    ];

    fn open(&mut self, ancestors: Ancestors<'_>, tag: &Tag<'_>, _: &mut RunBuilder<'_>) {
        match tag.name() {
            "TestSuite" => {
                if ancestors.parent() == "TestResult" {
                    self.declared = Some(BoostCounts::from_tag(tag));
                }
                let path = match self.paths.is_empty() {
                    true => String::new(),
                    false => self.path(&tag.attribute("name")),
                };
                self.paths.push(path);
            }
            "TestCase" => {
                let path = self.path(&tag.attribute("name"));
                let mut case = TestCase::new(tag.line, path.as_str());
                self.paths.push(path);
                if ancestors.contains("TestResult") {
                    case.add_outcome(test_case::outcome_for_ignore_case(
                        &RESULT_OUTCOMES,
                        &tag.attribute("result"),
                    ));
                } else if tag.attribute("skipped") == "yes" {
                    case.add_outcome(Outcome::Skipped);
                    case.add_message(&tag.attribute("reason"));
                } else {
                    case.set_location(&tag.attribute("file"), &tag.attribute("line"));
                }
                self.open_cases.push(case);
            }
            _ => {}
        }
    }

    fn close(
        &mut self,
        ancestors: Ancestors<'_>,
        closed: ElementEnd<'_>,
        builder: &mut RunBuilder<'_>,
    ) {
        match (closed.name, self.open_cases.last_mut()) {
            ("Error", Some(case)) => {
                case.add_outcome(Outcome::Failed);
                case.add_message(closed.text);
            }
            ("FatalError" | "Exception", Some(case)) => {
                case.add_outcome(Outcome::Errored);
                case.add_message(closed.text);
            }
            // What fails outside a case, as a fixture of the whole module.
            ("Error" | "FatalError" | "Exception", None) => {
                let suite = self.paths.last().map_or("", String::as_str);
                let mut case = TestCase::new(closed.line, suite);
                case.add_outcome(Outcome::Errored);
                case.add_message(closed.text);
                case.emit(builder);
            }
            ("TestCase", Some(_)) => {
                self.paths.pop();
                let Some(mut case) = self.open_cases.pop() else { return };
                if case.outcome.is_none() && closed.kind == EndKind::EndTag {
                    case.outcome = Some(Outcome::Passed);
                }
                self.cases += 1;
                case.emit(builder);
            }
            ("TestSuite", _) => {
                self.paths.pop();
                if ancestors.parent() == "TestResult" {
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
        let tests = if known.contains(&cases) { cases } else { tests };
        builder.expect_tests(line, tests);
        builder.expect_failures(line, failed);
    }
}

impl BoostCounts {
    /// Those that were skipped are counted and not named.
    fn from_tag(tag: &Tag<'_>) -> BoostCounts {
        let count = |name: &str| tag.attribute(name).trim().parse::<u64>().unwrap_or(0);
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
