//! xUnit.net's result files: version 2 and later (`assemblies`), version 1 (`assembly` with classes).
//!
//! A failure outside a test, as in the clean-up of a collection, is an error of the assembly or a failure of the
//! class, and no test shows it: it is a result of its own.

use crate::formats::emit::{
    ElementEnd, TestCase, XmlReport, names, outcome_for_ignore_case, xml_report,
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
    incomplete: "the file ends before its root does; an assembly has fewer tests or failures than it \
                 announces",
    totals: "",
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
    assembly: Assembly,
    class: String,
    /// The open test, or failure outside a test.
    open_case: Option<TestCase>,
}

#[derive(Default)]
struct Assembly {
    line: u32,
    total: Option<u64>,
    failed: Option<u64>,
    not_run: u64,
    tests: u64,
    /// The number of failures outside a test.
    non_test_failures: u64,
}

impl XmlReport for XUnitReader {
    const ROOTS: &'static [&'static str] = &["assemblies", "assembly"];
    const ELEMENTS: &'static [&'static str] = &["class", "test", "error", "failure"];
    const TEXTS: &'static [&'static str] =
        &["message", "stack-trace", "reason", "source-file", "source-line"];

    fn open(&mut self, tag: &Tag<'_>, parent: &str, builder: &mut RunBuilder<'_>) {
        match (tag.name(), parent) {
            ("assembly", _) => {
                builder.handle(tag.line, Event::SuiteStarted { name: None });
                self.assembly = Assembly {
                    line: tag.line,
                    total: tag.number("total"),
                    failed: tag.number("failed"),
                    not_run: tag.number("not-run").unwrap_or(0),
                    ..Assembly::default()
                };
            }
            ("class", _) => self.class = tag.attribute("name").into_owned(),
            ("test", _) => {
                let (class, name) = (tag.attribute("type"), tag.attribute("name"));
                let name = if name.is_empty() { tag.attribute("method") } else { name };
                let mut case = TestCase::new(tag.line, names::qualify(&class, &name, "."));
                let result = tag.attribute("result");
                case.outcome = Some(outcome_for_ignore_case(&OUTCOMES, &result));
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
            ("test", ..) => {
                self.assembly.tests += 1;
                self.finish_case(builder);
            }
            ("error", ..) | ("failure", "class", _) => {
                if let Some(case) = &mut self.open_case {
                    case.add_outcome(Outcome::Errored);
                }
                self.assembly.non_test_failures += 1;
                self.finish_case(builder);
            }
            ("assembly", ..) => self.emit_totals(end.line, builder),
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

    fn emit_totals(&mut self, line: u32, builder: &mut RunBuilder<'_>) {
        let Assembly { line: start_line, total, failed, not_run, tests, non_test_failures } =
            std::mem::take(&mut self.assembly);
        if let Some(total) = total {
            // Tests that only run when asked for are counted apart.
            let known = total..=total.saturating_add(not_run);
            let tests = if known.contains(&tests) { tests } else { total };
            let tests = tests.saturating_add(non_test_failures);
            builder.expect_tests(start_line, tests);
        }
        if let Some(tests) = failed {
            let tests = tests.saturating_add(non_test_failures);
            builder.expect_failures(start_line, tests);
        }
        builder.handle(line, Event::SuiteEnded);
    }
}
