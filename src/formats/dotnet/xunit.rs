//! xUnit.net's result files: version 2 and later (`assemblies`), version 1 (`assembly` with classes).
//!
//! A failure outside a test, as in the clean-up of a collection, is an error of the assembly or a failure of the
//! class, and no test shows it: it is a result of its own.

use crate::formats::emit::{
    ElementEnd, TestCase, XmlReport, lookup_ignore_case, names, xml_report,
};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::Tag;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["xunit", "xunit-net"],
    title: "XML of xUnit.net, versions 1 to 3",
    test_name: "the display name, which is `Namespace.Class.Method(args)`; the class and it where it \
            does not begin with the class",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does",
    totals: "tests, tests that passed, failed, were skipped or not run, and errors, of each assembly and of each \
             collection or class",
    link: "https://xunit.net/docs/format-xml-v2",
    sniff: Sniff::Xml(|head| {
        xml_report::has_root::<XUnitReader>(head)
            && head.may_start_with(&["assembly", "collection", "class", "errors"])
    }),
    read: xml_report::read::<XUnitReader>,
};

const OUTCOMES: [(&str, Outcome); 5] = [
    ("Pass", Outcome::Passed),
    ("Fail", Outcome::Failed),
    ("Skip", Outcome::Skipped),
    ("NotRun", Outcome::Skipped),
    ("error", Outcome::Errored),
];

#[derive(Default)]
struct XUnitReader {
    /// The open assembly, and collection or class.
    levels: Vec<XUnitLevel>,
    class: String,
    /// The open test, or failure outside a test.
    open_case: Option<TestCase>,
    is_not_run: bool,
}

/// What an assembly, collection or class declares, and what it has so far.
#[derive(Default)]
struct XUnitLevel {
    line: u32,
    total: Option<u64>,
    passed: Option<u64>,
    failed: Option<u64>,
    errors: u64,
    skipped: u64,
    tests: u64,
    tests_passed: u64,
    /// Tests that only run when asked for may be counted apart.
    tests_not_run: u64,
    /// The number of failures outside a test.
    non_test_failures: u64,
}

/// The elements with counts.
const LEVELS: [&str; 3] = ["assembly", "collection", "class"];

impl XmlReport for XUnitReader {
    const ROOTS: &'static [&'static str] = &["assemblies", "assembly"];
    const ELEMENTS: &'static [&'static str] = &["collection", "class", "test", "error", "failure"];
    const TEXTS: &'static [&'static str] =
        &["message", "stack-trace", "reason", "source-file", "source-line"];

    fn open(&mut self, tag: &Tag<'_>, parent: &str, builder: &mut RunBuilder<'_>) {
        match (tag.name(), parent) {
            (name, _) if LEVELS.contains(&name) => {
                builder.handle(tag.line, Event::SuiteStarted { name: None });
                self.levels.push(XUnitLevel::from_tag(tag));
                if name == "class" {
                    self.class = tag.attribute("name").into_owned();
                }
            }
            ("test", _) => {
                let (class, name) = (tag.attribute("type"), tag.attribute("name"));
                let name = if name.is_empty() { tag.attribute("method") } else { name };
                let mut case = TestCase::new(tag.line, names::qualify(&class, &name, "."));
                let result = tag.attribute("result");
                case.add_known(lookup_ignore_case(&OUTCOMES, result.trim()), "result", &result);
                self.is_not_run = result == "NotRun";
                case.set_location(&tag.attribute("source-file"), &tag.attribute("source-line"));
                self.open_case = Some(case);
            }
            ("error", _) => {
                let (kind, name) = (tag.attribute("type"), tag.attribute("name"));
                let name =
                    if name.is_empty() { kind.into_owned() } else { format!("{name} ({kind})") };
                self.open_case = Some(TestCase::new(tag.line, name));
            }
            ("failure", "class") => {
                self.open_case = Some(TestCase::new(tag.line, self.class.clone()))
            }
            _ => {}
        }
    }

    fn close(&mut self, end: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match (end.name, end.parent, &mut self.open_case) {
            ("message", "failure", Some(case)) => super::add_failure(case, end.text),
            ("reason", "test", Some(case)) => case.add_message(end.text),
            ("stack-trace", "failure", Some(case)) => super::add_stack_trace(case, end.text),
            ("source-file", "test", Some(case)) => case.set_location(end.text, ""),
            ("source-line", "test", Some(case)) => {
                case.line_in_file = case.line_in_file.or(end.text.parse().ok());
            }
            ("failure", "test", Some(case)) => case.add_outcome(Outcome::Failed),
            ("test", _, Some(case)) => {
                let passed = case.outcome == Some(Outcome::Passed);
                let not_run = std::mem::take(&mut self.is_not_run);
                if let Some(level) = self.levels.last_mut() {
                    level.tests += 1;
                    level.tests_passed += u64::from(passed);
                    level.tests_not_run += u64::from(not_run);
                }
                self.finish_case(builder);
            }
            ("error", _, Some(case)) | ("failure", "class", Some(case)) => {
                case.add_outcome(Outcome::Errored);
                if let Some(level) = self.levels.last_mut() {
                    level.non_test_failures += 1;
                }
                self.finish_case(builder);
            }
            (name, ..) if LEVELS.contains(&name) => self.end_level(end.line, builder),
            _ => {}
        }
    }
}

impl XUnitReader {
    fn finish_case(&mut self, builder: &mut RunBuilder<'_>) {
        if let Some(case) = self.open_case.take() {
            case.emit(builder);
        }
    }

    fn end_level(&mut self, line: u32, builder: &mut RunBuilder<'_>) {
        let Some(level) = self.levels.pop() else { return };
        level.expect(builder);
        builder.handle(line, Event::SuiteEnded);
        if let Some(parent) = self.levels.last_mut() {
            parent.tests += level.tests;
            parent.tests_passed += level.tests_passed;
            parent.tests_not_run += level.tests_not_run;
            parent.non_test_failures += level.non_test_failures;
        }
    }
}

impl XUnitLevel {
    fn from_tag(tag: &Tag<'_>) -> XUnitLevel {
        let count = |name: &str| tag.number(name).unwrap_or(0);
        XUnitLevel {
            line: tag.line,
            total: tag.number("total"),
            passed: tag.number("passed"),
            failed: tag.number("failed"),
            errors: count("errors"),
            skipped: count("skipped").saturating_add(count("not-run")),
            ..XUnitLevel::default()
        }
    }

    fn expect(&self, builder: &mut RunBuilder<'_>) {
        let counts_all = self.total == Some(self.tests);
        let uncounted = if counts_all { 0 } else { self.tests_not_run };
        let total = self.total.map(|total| total.saturating_add(uncounted));
        let others = self.tests - self.tests_passed;
        let passed = self.passed.map(|passed| passed.saturating_add(others));
        let others = self.errors.max(self.non_test_failures);
        builder.expect_tests(
            self.line,
            total.max(passed).map(|tests| tests.saturating_add(self.non_test_failures)),
        );
        let failed = self.failed.map(|failed| failed.saturating_add(others));
        builder.expect_failures(self.line, failed);
        builder.expect_skips(self.line, self.skipped);
    }
}
