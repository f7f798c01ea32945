//! NUnit's result files: version 3 (`test-run`) and version 2 (`test-results`).
//!
//! In: elements. Out: events. The trap: a fixture can fail as a whole, in its set-up, in its tear-down
//! or because it could not be loaded, and then no test of it need be there: a suite that failed
//! although nothing in it did is a result of its own.
//!
//! <https://docs.nunit.org/articles/nunit/technical-notes/usage/Test-Result-XML-Format.html>

use crate::formats::emit::names;
use crate::formats::emit::test_case::Case;
use crate::formats::emit::xml_report::{self, Around, Closed, Closing, Content, Elements, Opening};
use crate::formats::{About, dotnet};
use crate::model::{Event, Outcome, PlanScope, RunBuilder, Sink};
use crate::syntax::read_end::Ended;
use crate::syntax::xml::tag::Tag;
use std::io::Read;

pub const ABOUT: About = About {
    title: "NUnit's XML, versions 3 and 2, as its console, adapters and others write it",
    names: "the full name with its arguments: `Namespace.Class.Method(args)`",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does; fewer cases or failures than the root announces",
    link: "https://docs.nunit.org/articles/nunit/technical-notes/usage/Test-Result-XML-Format.html",
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
pub fn sniff(opening: &Opening) -> bool {
    // Allure 1 has the same root, and what NUnit says of a suite in other elements.
    let says = |known: &[&str]| opening.attributes.iter().any(|a| known.contains(&a.as_str()));
    xml_report::has_root::<NUnit>(opening)
        && (opening.root() != "test-suite" || says(&["type", "result", "executed", "fullname"]))
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    xml_report::read(input, &mut NUnit::default(), builder)
}

/// A run.
#[derive(Default)]
struct NUnit {
    announced: Announced,
    /// The open suites, then the open case.
    open: Vec<Test>,
    cases: u64,
    /// Suites that are results of their own.
    suites: u64,
}

/// What the root says of its cases.
#[derive(Default)]
struct Announced {
    line: u32,
    total: Option<u64>,
    failing: Option<u64>,
    /// Version 2 leaves them out of its total.
    not_run: u64,
}

/// An open suite or case.
struct Test {
    case: Case,
    /// How many cases and suites inside it failed.
    failed: u64,
    /// Whether what failed is the suite around it, or something inside.
    elsewhere: bool,
}

impl Elements for NUnit {
    const ROOTS: &'static [&'static str] = &["test-run", "test-results", "test-suite"];
    const KNOWN: &'static [(&'static str, Content)] = &[
        ("test-run", Content::Elements),
        ("test-results", Content::Elements),
        ("test-suite", Content::Elements),
        ("test-case", Content::Elements),
        ("failure", Content::Elements),
        ("reason", Content::Elements),
        ("message", Content::Text),
        ("stack-trace", Content::Text),
    ];

    fn open<S: Sink>(&mut self, around: Around<'_>, tag: &Tag<'_>, _: &mut RunBuilder<'_, S>) {
        match tag.name() {
            "test-suite" | "test-case" => {
                if around.parent().is_empty() && self.open.is_empty() {
                    self.announced = Announced::of(tag);
                }
                self.open.push(Test::of(tag, self.open.last()));
            }
            "test-run" | "test-results" => self.announced = Announced::of(tag),
            _ => {}
        }
    }

    fn close<S: Sink>(
        &mut self,
        around: Around<'_>,
        closed: Closed<'_>,
        builder: &mut RunBuilder<'_, S>,
    ) {
        match (closed.name, around.parent(), self.open.last_mut()) {
            ("message", "failure", Some(test)) => dotnet::say_failure(&mut test.case, closed.text),
            ("message", "reason", Some(test)) => test.case.say(closed.text),
            ("stack-trace", "failure", Some(test)) => {
                dotnet::say_stack(&mut test.case, closed.text);
            }
            ("failure", "test-case", Some(test)) if test.case.outcome == Some(Outcome::Passed) => {
                test.case.add(Outcome::Failed);
            }
            ("test-case", _, Some(_)) => {
                self.cases += 1;
                self.end(builder);
            }
            ("test-suite", around, Some(test)) => {
                if test.failed_itself() && closed.how == Closing::Closed {
                    self.suites += 1;
                    self.end(builder);
                } else {
                    let failed = test.failed;
                    self.open.pop();
                    self.count(failed);
                }
                if around.is_empty() && self.open.is_empty() {
                    self.announce(builder);
                }
            }
            ("test-run" | "test-results", ..) => self.announce(builder),
            _ => {}
        }
    }
}

impl NUnit {
    fn end<S: Sink>(&mut self, builder: &mut RunBuilder<'_, S>) {
        let Some(test) = self.open.pop() else { return };
        test.case.end(builder);
        self.count(u64::from(test.case.outcome.is_some_and(Outcome::is_failing)));
    }

    fn count(&mut self, failed: u64) {
        if let Some(around) = self.open.last_mut() {
            around.failed += failed;
        }
    }

    fn announce<S: Sink>(&mut self, builder: &mut RunBuilder<'_, S>) {
        let Announced { line, total, failing, not_run } = std::mem::take(&mut self.announced);
        let (cases, suites) = (std::mem::take(&mut self.cases), std::mem::take(&mut self.suites));
        if let Some(total) = total {
            let known = total..=total.saturating_add(not_run);
            let tests = if known.contains(&cases) { cases } else { total };
            let plan =
                Event::Plan { tests: tests.saturating_add(suites), scope: PlanScope::Descendants };
            builder.event(line, plan);
        }
        if let Some(tests) = failing {
            builder.event(line, Event::AnnouncedFailing { tests });
        }
    }
}

impl Announced {
    fn of(tag: &Tag<'_>) -> Announced {
        let number = |name: &str| tag.attribute(name).trim().parse::<u64>().ok();
        let failing = match number("failed") {
            Some(failed) => Some(failed),
            None => number("failures").map(|f| f.saturating_add(number("errors").unwrap_or(0))),
        };
        let not_run = number("not-run").unwrap_or(0);
        Announced { line: tag.line, total: number("total"), failing, not_run }
    }
}

impl Test {
    /// What writes version 2 and is not NUnit may leave the class to the suite around.
    fn of(tag: &Tag<'_>, around: Option<&Test>) -> Test {
        let (full, name) = (tag.attribute("fullname"), tag.attribute("name"));
        let is_bare = !name.split('(').next().unwrap_or("").contains('.');
        let name = match around {
            _ if !full.is_empty() => full.into_owned(),
            Some(suite) if is_bare && tag.name() == "test-case" => {
                names::of_class(&suite.case.name, &name, ".")
            }
            Some(_) | None => name.into_owned(),
        };
        let mut case = Case::new(tag.line, name);
        case.outcome = outcome(tag);
        let elsewhere = matches!(&*tag.attribute("site"), "Parent" | "Child");
        Test { case, failed: 0, elsewhere }
    }

    /// Whether a suite failed, and says why, although nothing in it did.
    fn failed_itself(&self) -> bool {
        let failed = self.case.outcome.is_some_and(Outcome::is_failing);
        failed && self.failed == 0 && !self.elsewhere && !self.case.message.text().is_empty()
    }
}

/// Version 3 has a result and a label; version 2 a result, or only whether it was executed and had
/// success.
/// A case that only lists what would run (`--explore`) has neither.
fn outcome(tag: &Tag<'_>) -> Option<Outcome> {
    let is = |attribute: &str, word: &str| tag.attribute(attribute).eq_ignore_ascii_case(word);
    let of = |word: &str| {
        OUTCOMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, o)| *o)
    };
    let result = tag.attribute("result");
    Some(match of(&result) {
        _ if result.is_empty() && is("executed", "False") => Outcome::Skipped,
        _ if result.is_empty() && is("success", "False") => Outcome::Failed,
        _ if result.is_empty() && (is("executed", "True") || is("success", "True")) => {
            Outcome::Passed
        }
        Some(Outcome::Failed) => of(&tag.attribute("label"))
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
    use crate::model::{Gap, Naming, ProblemKind, TestResult};

    #[derive(Default)]
    struct Said(Vec<String>, usize);

    impl Sink for Said {
        fn result(&mut self, result: &TestResult<'_>) {
            let word = result.outcome.word();
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
        let mut said = Said::default();
        let mut builder = RunBuilder::new(0, Naming::default(), &mut said);
        let Ended { line, end } = read(xml.as_bytes(), &mut builder);
        builder.finish(line, end);
        assert_eq!(said.0, ["passed A.B.C: ", "errored A.B: boom"]);
        assert_eq!(said.1, 0);
    }
}
