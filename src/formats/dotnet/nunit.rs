//! NUnit's result files: version 3 (`test-run`) and version 2 (`test-results`).
//!
//! A fixture can fail as a whole, in its set-up, in its tear-down or because it could not be loaded, and then it may
//! have no tests: a suite that failed although nothing in it did is a result of its own.

use crate::formats::emit::{ElementEnd, EndKind, TestCase, XmlReport, names, xml_report};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::Tag;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["nunit", "nunit3", "nunit2"],
    title: "NUnit's XML, versions 3 and 2, as its console, adapters and others write it",
    test_name: "the full name with its arguments: `Namespace.Class.Method(args)`",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does; fewer cases or failures than the root announces",
    totals: "",
    link: "https://docs.nunit.org/articles/nunit/technical-notes/usage/Test-Result-XML-Format.html",
    sniff: Sniff::Xml(|head| {
        // Allure 1 has the same root, but not NUnit's attributes.
        let has_any = |known: &[&str]| head.attributes.iter().any(|a| known.contains(&a.as_str()));
        xml_report::has_root::<NUnitReader>(head)
            && (head.root() != "test-suite" || has_any(&["type", "result", "executed", "fullname"]))
    }),
    read: xml_report::read::<NUnitReader>,
};

/// The results, and the labels of failures.
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

#[derive(Default)]
struct NUnitReader {
    declared: NUnitDeclared,
    /// The open suites, then the open case.
    open: Vec<NUnitTest>,
    cases: u64,
    /// Suites that are results of their own.
    suites: u64,
}

/// The totals that the root declares.
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
    /// The number of cases and suites inside it that failed.
    failed_inside: u64,
    /// Whether its failure is that of the suite around it, or of something inside.
    failed_at_other_site: bool,
}

impl XmlReport for NUnitReader {
    const ROOTS: &'static [&'static str] = &["test-run", "test-results", "test-suite"];
    const ELEMENTS: &'static [&'static str] = &["test-case", "failure", "reason"];
    const TEXTS: &'static [&'static str] = &["message", "stack-trace"];

    fn open(&mut self, tag: &Tag<'_>, parent: &str, _: &mut RunBuilder<'_>) {
        match tag.name() {
            "test-suite" | "test-case" => {
                if parent.is_empty() && self.open.is_empty() {
                    self.declared = NUnitDeclared::from_tag(tag);
                }
                self.open.push(NUnitTest::from_tag(tag, self.open.last()));
            }
            "test-run" | "test-results" => self.declared = NUnitDeclared::from_tag(tag),
            _ => {}
        }
    }

    fn close(&mut self, end: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match (end.name, end.parent, self.open.last_mut()) {
            ("message", "failure", Some(test)) => super::add_failure(&mut test.case, end.text),
            ("message", "reason", Some(test)) => test.case.add_message(end.text),
            ("stack-trace", "failure", Some(test)) => {
                super::add_stack_trace(&mut test.case, end.text);
            }
            ("failure", "test-case", Some(test)) if test.case.outcome == Some(Outcome::Passed) => {
                test.case.add_outcome(Outcome::Failed);
            }
            ("test-case", _, Some(_)) => {
                self.cases += 1;
                self.finish_test(builder);
            }
            ("test-suite", parent, Some(test)) => {
                if test.failed_itself() && end.kind == EndKind::EndTag {
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
        builder.expect_failures(line, failing);
    }
}

impl NUnitDeclared {
    fn from_tag(tag: &Tag<'_>) -> NUnitDeclared {
        let errors = || tag.number("errors").unwrap_or(0);
        let version_2_failing = || Some(tag.number("failures")?.saturating_add(errors()));
        NUnitDeclared {
            line: tag.line,
            total: tag.number("total"),
            failing: tag.number("failed").or_else(version_2_failing),
            not_run: tag.number("not-run").unwrap_or(0),
        }
    }
}

impl NUnitTest {
    /// Other tools that write version 2 may give the class only to the suite around a case.
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

    /// Whether a suite failed, with a message, although nothing in it did.
    fn failed_itself(&self) -> bool {
        self.case.outcome.is_some_and(Outcome::is_failing)
            && self.failed_inside == 0
            && !self.failed_at_other_site
            && !self.case.message.text().is_empty()
    }
}

/// Version 3 has a result and a label; version 2 a result, or only whether it was executed and had
/// success.
fn parse_outcome(tag: &Tag<'_>) -> Option<Outcome> {
    let result = tag.attribute("result");
    if result.is_empty() {
        return outcome_without_result(tag);
    }
    let lookup = |word: &str| {
        OUTCOMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, o)| *o)
    };
    Some(match lookup(&result) {
        Some(Outcome::Failed) => lookup(&tag.attribute("label"))
            .filter(|label| label.is_failing())
            .unwrap_or(Outcome::Failed),
        Some(outcome) => outcome,
        None => Outcome::Failed,
    })
}

/// A case that only lists what would run (`--explore`) has no outcome at all.
fn outcome_without_result(tag: &Tag<'_>) -> Option<Outcome> {
    let is = |attribute: &str, word: &str| tag.attribute(attribute).eq_ignore_ascii_case(word);
    if is("executed", "False") {
        Some(Outcome::Skipped)
    } else if is("success", "False") {
        Some(Outcome::Failed)
    } else if is("executed", "True") || is("success", "True") || tag.name() == "test-suite" {
        Some(Outcome::Passed)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    /// The fixture's tear-down failed; the assembly failed with it, and its tests had passed before.
    #[test]
    fn a_suite_that_failed_itself_is_a_result() {
        let xml = r#"<test-run total="1" failed="0"><test-suite fullname="a.dll" result="Failed" site="Child">
            <failure><message>One or more child tests had errors</message></failure>
            <test-suite fullname="A.B" result="Failed" label="Error" site="TearDown">
            <failure><message>boom</message></failure>
            <test-case fullname="A.B.C" result="Passed"/></test-suite></test-suite></test-run>"#;
        let run = read_as("nunit", xml);
        assert_eq!(run.0, ["passed A.B.C", "errored A.B: boom"]);
        assert_eq!(run.1, []);
    }
}
