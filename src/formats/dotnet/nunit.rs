//! NUnit's result files: version 3 (`test-run`) and version 2 (`test-results`).
//!
//! A fixture can fail as a whole, in its set-up, in its tear-down or because it could not be loaded, and then it may
//! have no tests: a suite that failed with a message although nothing in it did is a result of its own, and one without
//! a message a gap. `testcasecount` is not compared: it counts the cases before filters are applied.

use crate::formats::emit::{
    ElementEnd, EndKind, TestCase, XmlReport, lookup_ignore_case, names, unknown, xml_report,
};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::Tag;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["nunit", "nunit3", "nunit2"],
    title: "NUnit's XML, versions 3 and 2, as its console, adapters and others write it",
    test_name: "the full name with its arguments: `Namespace.Class.Method(args)`",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does; the root or a suite failed although nothing in it did",
    totals: "cases that ran, passed, failed, were skipped, not run or inconclusive, of the root and of each suite; the \
             root's result",
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
    root: NUnitLevel,
    /// The open suites, then the open case.
    open: Vec<NUnitTest>,
}

/// What the root or a suite declares, and what it has so far.
#[derive(Default)]
struct NUnitLevel {
    line: u32,
    total: Option<u64>,
    passed: Option<u64>,
    failing: Option<u64>,
    skipped: u64,
    cases: u64,
    cases_passed: u64,
    /// Cases that were not executed, which version 2 leaves out of its total.
    cases_not_run: u64,
    /// Suites that are results of their own.
    suites: u64,
    /// The number of cases and suites inside it that failed.
    failed_inside: u64,
}

/// An open suite or case.
struct NUnitTest {
    case: TestCase,
    level: NUnitLevel,
    /// Whether its failure is that of the suite around it, or of something inside.
    failed_at_other_site: bool,
    is_not_executed: bool,
}

impl XmlReport for NUnitReader {
    const ROOTS: &'static [&'static str] = &["test-run", "test-results", "test-suite"];
    const ELEMENTS: &'static [&'static str] = &["test-case", "failure", "reason"];
    const TEXTS: &'static [&'static str] = &["message", "stack-trace"];

    fn open(&mut self, tag: &Tag<'_>, _: &str, builder: &mut RunBuilder<'_>) {
        match tag.name() {
            "test-suite" | "test-case" => {
                if tag.name() == "test-suite" {
                    builder.handle(tag.line, Event::SuiteStarted { name: None });
                }
                self.open.push(NUnitTest::from_tag(tag, self.open.last()));
            }
            "test-run" | "test-results" => {
                self.root = NUnitLevel::from_tag(tag);
                let result = tag.attribute("result");
                let outcome = find_outcome(&result);
                if !result.is_empty() && outcome.is_none_or(Outcome::is_failing) {
                    builder.expect_a_failure(tag.line, &format!("result {result}"));
                }
            }
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
            ("test-case", _, Some(_)) => self.end_case(builder),
            ("test-suite", _, Some(_)) => self.end_suite(&end, builder),
            ("test-run" | "test-results", ..) => std::mem::take(&mut self.root).expect(builder),
            _ => {}
        }
    }
}

impl NUnitReader {
    fn end_case(&mut self, builder: &mut RunBuilder<'_>) {
        let Some(test) = self.open.pop() else { return };
        test.case.emit(builder);
        let outcome = test.case.outcome;
        let level = self.level();
        level.cases += 1;
        level.cases_passed += u64::from(outcome == Some(Outcome::Passed));
        level.cases_not_run += u64::from(test.is_not_executed);
        level.failed_inside += u64::from(outcome.is_some_and(Outcome::is_failing));
    }

    fn end_suite(&mut self, end: &ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        let Some(mut suite) = self.open.pop() else { return };
        if suite.failed_itself() && end.kind == EndKind::EndTag {
            suite.level.failed_inside += 1;
            if suite.case.message.text().is_empty() {
                let what = format!("failed suite {}", suite.case.name);
                builder.expect_a_failure(suite.level.line, &what);
            } else {
                suite.level.suites += 1;
                suite.case.emit(builder);
            }
        }
        suite.level.expect(builder);
        builder.handle(end.line, Event::SuiteEnded);
        let level = self.level();
        level.cases += suite.level.cases;
        level.cases_passed += suite.level.cases_passed;
        level.cases_not_run += suite.level.cases_not_run;
        level.suites += suite.level.suites;
        level.failed_inside += suite.level.failed_inside;
    }

    /// The innermost open suite, or the root.
    fn level(&mut self) -> &mut NUnitLevel {
        self.open.last_mut().map_or(&mut self.root, |test| &mut test.level)
    }
}

impl NUnitLevel {
    fn from_tag(tag: &Tag<'_>) -> NUnitLevel {
        let count = |name: &str| tag.number(name).unwrap_or(0);
        let version_2_failing =
            || Some(tag.number("failures")?.saturating_add(tag.number("errors").unwrap_or(0)));
        let not_run = count("not-run");
        let skipped = if not_run > 0 { not_run } else { count("skipped") };
        NUnitLevel {
            line: tag.line,
            total: tag.number("total"),
            passed: tag.number("passed").map(|passed| passed.saturating_add(count("warnings"))),
            failing: tag.number("failed").or_else(version_2_failing),
            skipped: skipped.saturating_add(count("inconclusive")),
            ..NUnitLevel::default()
        }
    }

    fn expect(&self, builder: &mut RunBuilder<'_>) {
        let counts_all = self.total == Some(self.cases);
        let uncounted = if counts_all { 0 } else { self.cases_not_run };
        let total = self.total.map(|total| total.saturating_add(uncounted));
        let others = self.cases - self.cases_passed;
        let passed = self.passed.map(|passed| passed.saturating_add(others));
        let with_suites = |tests: u64| tests.saturating_add(self.suites);
        builder.expect_tests(self.line, total.max(passed).map(with_suites));
        builder.expect_failures(self.line, self.failing.map(with_suites));
        builder.expect_skips(self.line, self.skipped);
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
        let result = tag.attribute("result");
        if tag.name() == "test-case" && !result.is_empty() && find_outcome(&result).is_none() {
            case.add_message(&unknown("result", &result));
        }
        let failed_at_other_site = matches!(&*tag.attribute("site"), "Parent" | "Child");
        let is_not_executed = tag.attribute("executed").eq_ignore_ascii_case("False");
        NUnitTest { case, level: NUnitLevel::from_tag(tag), failed_at_other_site, is_not_executed }
    }

    /// Whether a suite failed although nothing in it did.
    fn failed_itself(&self) -> bool {
        self.case.outcome.is_some_and(Outcome::is_failing)
            && self.level.failed_inside == 0
            && !self.failed_at_other_site
    }
}

/// The outcome of a word of the format.
fn find_outcome(word: &str) -> Option<Outcome> {
    lookup_ignore_case(&OUTCOMES, word)
}

/// Version 3 has a result and a label; version 2 a result, or only whether it was executed and had
/// success.
fn parse_outcome(tag: &Tag<'_>) -> Option<Outcome> {
    let (result, success) = (tag.attribute("result"), tag.attribute("success"));
    if result.is_empty() {
        return outcome_without_result(tag);
    }
    Some(match find_outcome(&result) {
        Some(Outcome::Failed) => find_outcome(&tag.attribute("label"))
            .filter(|label| label.is_failing())
            .unwrap_or(Outcome::Failed),
        Some(Outcome::Passed) if !is_empty_or(&success, "True") => Outcome::Failed,
        Some(outcome) => outcome,
        None => Outcome::Failed,
    })
}

/// A case that only lists what would run (`--explore`) has no outcome at all.
fn outcome_without_result(tag: &Tag<'_>) -> Option<Outcome> {
    let (executed, success) = (tag.attribute("executed"), tag.attribute("success"));
    if executed.eq_ignore_ascii_case("False") {
        Some(Outcome::Skipped)
    } else if !is_empty_or(&executed, "True") || !is_empty_or(&success, "True") {
        Some(Outcome::Failed)
    } else if !executed.is_empty() || !success.is_empty() || tag.name() == "test-suite" {
        Some(Outcome::Passed)
    } else {
        None
    }
}

fn is_empty_or(word: &str, known: &str) -> bool {
    word.is_empty() || word.eq_ignore_ascii_case(known)
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

    #[test]
    fn unknown_result_of_the_run_is_no_success() {
        let gaps = |result: &str| {
            let case = r#"<test-case fullname="A" result="Passed"/>"#;
            let run = format!("<test-run result=\"{result}\" total=\"1\">{case}</test-run>");
            read_as("nunit", &run).1.len()
        };
        assert_eq!(["Passed", "Skipped", "", "Failed", "Zorked"].map(gaps), [0, 0, 0, 1, 1]);
    }
}
