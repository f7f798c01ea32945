//! NUnit's result files: version 3 (`test-run`) and version 2 (`test-results`).
//!
//! In: elements. Out: events. The trap: a fixture can fail as a whole, in its set-up, in its tear-down
//! or because it could not be loaded, and then no test of it need be there: a suite that failed
//! although nothing in it did is a result of its own.
//!
//! <https://docs.nunit.org/articles/nunit/technical-notes/usage/Test-Result-XML-Format.html>

use crate::formats::dotnet;
use crate::formats::emit::names;
use crate::formats::emit::test_case::TestCase;
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
    names: &["nunit", "nunit3", "nunit2"],
    title: "NUnit's XML, versions 3 and 2, as its console, adapters and others write it",
    test_name: "the full name with its arguments: `Namespace.Class.Method(args)`",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does; fewer cases or failures than the root announces",
    link: "https://docs.nunit.org/articles/nunit/technical-notes/usage/Test-Result-XML-Format.html",
    sniff: Sniff::Xml(sniff),
    read,
};

/// What results, and labels of failures, mean.
const OUTCOMES: [(&str, Outcome); 15] = [
    ("Passed", Outcome::Passed),
    ("Success", Outcome::Passed),
    ("Warning", Outcome::Passed),
    ("Failed", Outcome::Failed),
    ("Failure", Outcome::Failed),
    ("Error", Outcome::Errored),
    ("Invalid", Outcome::Errored),
    ("Cancelled", Outcome::Errored),
    ("Skipped", Outcome::Skipped),
    ("Ignored", Outcome::Skipped),
    ("Explicit", Outcome::Skipped),
    ("NotRun", Outcome::Skipped),
    // Version 2 counts what it cannot run as not run; version 3 as failed, with the label Invalid.
    ("NotRunnable", Outcome::Skipped),
    ("Inconclusive", Outcome::Skipped),
    ("Pass", Outcome::Passed),
];

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &XmlHead) -> bool {
    // Allure 1 has the same root, and what NUnit says of a suite in other elements.
    let has_any = |known: &[&str]| head.attributes.iter().any(|a| known.contains(&a.as_str()));
    xml_report::has_root::<NUnitReader>(head)
        && (head.root() != "test-suite" || has_any(&["type", "result", "executed", "fullname"]))
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    xml_report::read(input, &mut NUnitReader::default(), builder)
}

/// A run.
#[derive(Default)]
struct NUnitReader {
    declared: NUnitDeclared,
    /// The open suites, then the open case.
    open: Vec<NUnitTest>,
    cases: u64,
    /// Suites that are results of their own.
    suites: u64,
}

/// What the root says of its cases.
#[derive(Default)]
struct NUnitDeclared {
    line: u32,
    total: Option<u64>,
    failing: Option<u64>,
    /// Version 2 leaves them out of its total.
    not_run: u64,
}

/// An open suite or case.
struct NUnitTest {
    case: TestCase,
    /// How many cases and suites inside it failed.
    failed_inside: u64,
    /// Whether what failed is the suite around it, or something inside.
    failed_at_other_site: bool,
}

impl XmlReport for NUnitReader {
    const ROOTS: &'static [&'static str] = &["test-run", "test-results", "test-suite"];
    const ELEMENTS: &'static [(&'static str, Content)] = &[
        ("test-run", Content::Children),
        ("test-results", Content::Children),
        ("test-suite", Content::Children),
        ("test-case", Content::Children),
        ("failure", Content::Children),
        ("reason", Content::Children),
        ("message", Content::Text),
        ("stack-trace", Content::Text),
    ];

    fn open(&mut self, ancestors: Ancestors<'_>, tag: &Tag<'_>, _: &mut RunBuilder<'_>) {
        match tag.name() {
            "test-suite" | "test-case" => {
                if ancestors.parent().is_empty() && self.open.is_empty() {
                    self.declared = NUnitDeclared::from_tag(tag);
                }
                self.open.push(NUnitTest::from_tag(tag, self.open.last()));
            }
            "test-run" | "test-results" => self.declared = NUnitDeclared::from_tag(tag),
            _ => {}
        }
    }

    fn close(
        &mut self,
        ancestors: Ancestors<'_>,
        closed: ElementEnd<'_>,
        builder: &mut RunBuilder<'_>,
    ) {
        match (closed.name, ancestors.parent(), self.open.last_mut()) {
            ("message", "failure", Some(test)) => dotnet::add_failure(&mut test.case, closed.text),
            ("message", "reason", Some(test)) => test.case.add_message(closed.text),
            ("stack-trace", "failure", Some(test)) => {
                dotnet::add_stack_trace(&mut test.case, closed.text);
            }
            ("failure", "test-case", Some(test)) if test.case.outcome == Some(Outcome::Passed) => {
                test.case.add_outcome(Outcome::Failed);
            }
            ("test-case", _, Some(_)) => {
                self.cases += 1;
                self.finish_test(builder);
            }
            ("test-suite", parent, Some(test)) => {
                if test.failed_itself() && closed.kind == EndKind::EndTag {
                    self.suites += 1;
                    self.finish_test(builder);
                } else {
                    let failed = test.failed_inside;
                    self.open.pop();
                    self.add_failed(failed);
                }
                if parent.is_empty() && self.open.is_empty() {
                    self.emit_totals(builder);
                }
            }
            ("test-run" | "test-results", ..) => self.emit_totals(builder),
            _ => {}
        }
    }
}

impl NUnitReader {
    fn finish_test(&mut self, builder: &mut RunBuilder<'_>) {
        let Some(test) = self.open.pop() else { return };
        test.case.emit(builder);
        self.add_failed(u64::from(test.case.outcome.is_some_and(Outcome::is_failing)));
    }

    fn add_failed(&mut self, failed: u64) {
        if let Some(parent) = self.open.last_mut() {
            parent.failed_inside += failed;
        }
    }

    fn emit_totals(&mut self, builder: &mut RunBuilder<'_>) {
        let NUnitDeclared { line, total, failing, not_run } = std::mem::take(&mut self.declared);
        let (cases, suites) = (std::mem::take(&mut self.cases), std::mem::take(&mut self.suites));
        if let Some(total) = total {
            let known = total..=total.saturating_add(not_run);
            let tests = if known.contains(&cases) { cases } else { total };
            builder.expect_tests(line, tests.saturating_add(suites));
        }
        if let Some(tests) = failing {
            builder.expect_failures(line, tests);
        }
    }
}

impl NUnitDeclared {
    fn from_tag(tag: &Tag<'_>) -> NUnitDeclared {
        let number = |name: &str| tag.attribute(name).trim().parse::<u64>().ok();
        let failing = match number("failed") {
            Some(failed) => Some(failed),
            None => number("failures").map(|f| f.saturating_add(number("errors").unwrap_or(0))),
        };
        let not_run = number("not-run").unwrap_or(0);
        NUnitDeclared { line: tag.line, total: number("total"), failing, not_run }
    }
}

impl NUnitTest {
    /// What writes version 2 and is not NUnit may leave the class to the suite around.
    fn from_tag(tag: &Tag<'_>, parent: Option<&NUnitTest>) -> NUnitTest {
        let (full, name) = (tag.attribute("fullname"), tag.attribute("name"));
        let is_bare = !name.split('(').next().unwrap_or("").contains('.');
        let name = match parent {
            _ if !full.is_empty() => full.into_owned(),
            Some(suite) if is_bare && tag.name() == "test-case" => {
                names::qualify(&suite.case.name, &name, ".")
            }
            Some(_) | None => name.into_owned(),
        };
        let mut case = TestCase::new(tag.line, name);
        case.outcome = parse_outcome(tag);
        let failed_at_other_site = matches!(&*tag.attribute("site"), "Parent" | "Child");
        NUnitTest { case, failed_inside: 0, failed_at_other_site }
    }

    /// Whether a suite failed, and says why, although nothing in it did.
    fn failed_itself(&self) -> bool {
        let failed = self.case.outcome.is_some_and(Outcome::is_failing);
        failed
            && self.failed_inside == 0
            && !self.failed_at_other_site
            && !self.case.message.text().is_empty()
    }
}

/// Version 3 has a result and a label; version 2 a result, or only whether it was executed and had
/// success.
/// A case that only lists what would run (`--explore`) has neither.
fn parse_outcome(tag: &Tag<'_>) -> Option<Outcome> {
    let has_value =
        |attribute: &str, word: &str| tag.attribute(attribute).eq_ignore_ascii_case(word);
    let outcome_of = |word: &str| {
        OUTCOMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, o)| *o)
    };
    let result = tag.attribute("result");
    Some(match outcome_of(&result) {
        _ if result.is_empty() && has_value("executed", "False") => Outcome::Skipped,
        _ if result.is_empty() && has_value("success", "False") => Outcome::Failed,
        _ if result.is_empty()
            && (has_value("executed", "True") || has_value("success", "True")) =>
        {
            Outcome::Passed
        }
        Some(Outcome::Failed) => outcome_of(&tag.attribute("label"))
            .filter(|label| label.is_failing())
            .unwrap_or(Outcome::Failed),
        Some(outcome) => outcome,
        None if result.is_empty() && tag.name() == "test-suite" => Outcome::Passed,
        None if result.is_empty() => return None,
        None => Outcome::Failed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Gap, ProblemKind, ReadConfig, Sink, TestResult};

    #[derive(Default)]
    struct NUnitTestSink(Vec<String>, usize);

    impl Sink for NUnitTestSink {
        fn result(&mut self, result: &TestResult<'_>) {
            let word = result.outcome.as_str();
            self.0.push(format!("{word} {}: {}", result.name, result.message));
        }
        fn gap(&mut self, _: Gap) {
            self.1 += 1;
        }
        fn problem(&mut self, line: u32, kind: ProblemKind) {
            panic!("{line}: {kind:?}");
        }
    }

    /// The fixture's tear-down failed; the assembly failed with it, and its tests had passed before.
    #[test]
    fn a_suite_that_failed_itself_is_a_result() {
        let xml = r#"<test-run total="1" failed="0"><test-suite fullname="a.dll" result="Failed" site="Child">
            <failure><message>One or more child tests had errors</message></failure>
            <test-suite fullname="A.B" result="Failed" label="Error" site="TearDown">
            <failure><message>boom</message></failure>
            <test-case fullname="A.B.C" result="Passed"/></test-suite></test-suite></test-run>"#;
        let mut sink = NUnitTestSink::default();
        let mut builder = RunBuilder::new(0, ReadConfig::default(), &mut sink);
        let ReadEnd { line, end } = read(&mut xml.as_bytes(), &mut builder);
        builder.finish(line, end);
        assert_eq!(sink.0, ["passed A.B.C: ", "errored A.B: boom"]);
        assert_eq!(sink.1, 0);
    }
}
