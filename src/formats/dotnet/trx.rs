//! TRX, the results files of Visual Studio's test runners: MSTest, VSTest, `dotnet test --logger trx`.
//!
//! In: elements. Out: events. The trap: a result has no class, only the definition of its test has,
//! and definitions stand before the results (MSTest) or behind them (VSTest): so results wait until
//! the definitions are known, and only their names, outcomes and failures are held. What the counters
//! announce is told at the end of the run, wherever they stand.
//!
//! <https://github.com/microsoft/vstest/blob/main/docs/report.md>

use crate::formats::emit::test_case::{self, Case};
use crate::formats::emit::xml_report::{self, Around, Closed, Content, Elements, Opening};
use crate::formats::emit::{names, test_record};
use crate::formats::{About, dotnet};
use crate::model::{Event, Outcome, PlanScope, RunBuilder, Sink};
use crate::syntax::read_end::Ended;
use crate::syntax::xml::tag::Tag;
use std::collections::HashMap;
use std::io::Read;

pub const ABOUT: About = About {
    title: "TRX of MSTest, VSTest and `dotnet test --logger trx`",
    names: "`Namespace.Class.Name`, the name with its arguments, as `dotnet test` lists it; a data row \
            has the name of its row",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does; fewer results than its counters; a run that was \
                 aborted, or failed although no test did",
    link: "https://github.com/microsoft/vstest/blob/main/docs/report.md",
};

/// What the outcomes mean. A result without one is an error: the writer leaves the first word of its
/// list out.
const OUTCOMES: [(&str, Outcome); 15] = [
    ("Passed", Outcome::Passed),
    ("Warning", Outcome::Passed),
    ("PassedButRunAborted", Outcome::Passed),
    ("Failed", Outcome::Failed),
    ("Error", Outcome::Errored),
    (NO_OUTCOME, Outcome::Errored),
    ("NotRunnable", Outcome::Errored),
    ("Disconnected", Outcome::Errored),
    ("Completed", Outcome::Errored),
    ("Aborted", Outcome::Crashed),
    ("Timeout", Outcome::TimedOut),
    ("NotExecuted", Outcome::Skipped),
    ("Inconclusive", Outcome::Skipped),
    ("InProgress", Outcome::Unfinished),
    ("Pending", Outcome::Unfinished),
];

/// What stands in the table for an outcome that is not there.
const NO_OUTCOME: &str = "no outcome";

/// What a run's own outcome may be when all is well with it.
const ENDED: [&str; 4] = ["", "Completed", "Passed", "Warning"];

/// The counters that are failures of tests.
const FAILING: [&str; 5] = ["failed", "error", "timeout", "aborted", "notRunnable"];

/// What stands in the errors of a run whose process died.
const DIED: [&str; 3] = ["test run was aborted", "test host process", "host process exited"];

/// How many bytes of results may wait for their definitions, and how many definitions for results.
const HELD: usize = 256 << 20;

/// Whether the first bytes of a file are of this format.
pub fn sniff(opening: &Opening) -> bool {
    let known = ["Times", "ResultSummary", "TestSettings", "TestRunConfiguration"];
    xml_report::has_root::<Trx>(opening)
        && (opening.namespace.contains("/TeamTest/")
            || opening.names[1..].iter().any(|name| known.contains(&name.as_str())))
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    xml_report::read(input, &mut Trx::default(), builder)
}

/// A run.
#[derive(Default)]
struct Trx {
    /// The results that are open, data rows inside their test.
    open: Vec<Held>,
    /// Those that wait for the definitions, in the order of the file.
    held: Vec<Held>,
    held_bytes: usize,
    definition: String,
    /// The class of each test.
    classes: HashMap<String, String>,
    class_bytes: usize,
    /// Whether it was told that more came than can be held.
    is_told: bool,
    defined: bool,
    counts: Counts,
    announced: Option<u64>,
    announced_failing: u64,
    outcome: String,
    outcome_line: u32,
    /// Whether what the run says at present is an error, and what the worst was.
    is_error: bool,
    error: String,
}

/// A result that may lack its class.
struct Held {
    test: String,
    case: Case,
}

/// What came.
#[derive(Default)]
struct Counts {
    results: u64,
    /// Without those inside others.
    outermost: u64,
    failing: u64,
}

impl Elements for Trx {
    const ROOTS: &'static [&'static str] = &["TestRun"];
    const KNOWN: &'static [(&'static str, Content)] = &[
        ("TestRun", Content::Elements),
        ("UnitTestResult", Content::Elements),
        ("TestResult", Content::Elements),
        ("TestResultAggregation", Content::Elements),
        ("GenericTestResult", Content::Elements),
        ("ManualTestResult", Content::Elements),
        ("WebTestResult", Content::Elements),
        ("LoadTestResult", Content::Elements),
        ("CodedWebTestResult", Content::Elements),
        ("ErrorInfo", Content::Elements),
        ("Message", Content::Text),
        ("StackTrace", Content::Text),
        ("TestDefinitions", Content::Elements),
        ("UnitTest", Content::Elements),
        ("TestMethod", Content::Elements),
        ("ResultSummary", Content::Elements),
        ("Counters", Content::Elements),
        ("RunInfo", Content::Elements),
        ("Text", Content::Text),
    ];

    fn open<S: Sink>(&mut self, _: Around<'_>, tag: &Tag<'_>, _: &mut RunBuilder<'_, S>) {
        match tag.name() {
            "UnitTest" => self.definition = tag.attribute("id").into_owned(),
            "TestMethod" => {
                let id = std::mem::take(&mut self.definition);
                let class = dotnet::class(&tag.attribute("className")).to_owned();
                self.class_bytes = self.class_bytes.saturating_add(id.len() + class.len() + 64);
                if self.class_bytes <= HELD {
                    self.classes.insert(id, class);
                }
            }
            "ResultSummary" => {
                self.outcome = tag.attribute("outcome").into_owned();
                self.outcome_line = tag.line;
            }
            "RunInfo" => self.is_error = tag.attribute("outcome") == "Error",
            "Counters" => {
                let count = |name: &str| tag.attribute(name).trim().parse::<u64>().unwrap_or(0);
                self.announced = tag.attribute("total").trim().parse().ok();
                self.announced_failing = test_record::sum(FAILING.iter().map(|name| count(name)));
            }
            name if name.ends_with("Result") || name == "TestResultAggregation" => {
                let mut case = Case::new(tag.line, tag.attribute("testName"));
                let word = tag.attribute("outcome");
                let word = if word.is_empty() { NO_OUTCOME } else { &word };
                case.add(test_case::caseless_outcome(&OUTCOMES, word));
                self.counts.results += 1;
                self.counts.outermost += u64::from(self.open.is_empty());
                self.open.push(Held { test: tag.attribute("testId").into_owned(), case });
            }
            _ => {}
        }
    }

    fn close<S: Sink>(
        &mut self,
        around: Around<'_>,
        closed: Closed<'_>,
        builder: &mut RunBuilder<'_, S>,
    ) {
        match (closed.name, around.parent()) {
            ("Message", "ErrorInfo") => {
                if let Some(held) = self.open.last_mut() {
                    dotnet::say_failure(&mut held.case, closed.text);
                }
            }
            ("StackTrace", "ErrorInfo") => {
                if let Some(held) = self.open.last_mut() {
                    dotnet::say_stack(&mut held.case, closed.text);
                }
            }
            ("Text", "RunInfo")
                if self.is_error && (self.error.is_empty() || died(closed.text)) =>
            {
                self.error = closed.text.to_owned();
            }
            ("TestDefinitions", _) => {
                self.defined = true;
                self.release(builder);
            }
            ("TestRun", "") => self.end(builder),
            (name, _) if name.ends_with("Result") || name == "TestResultAggregation" => {
                let Some(held) = self.open.pop() else { return };
                let failing = held.case.outcome.is_some_and(Outcome::is_failing);
                self.counts.failing += u64::from(failing);
                let bytes = held.test.len() + held.case.name.len() + held.case.message.text().len();
                self.held_bytes += bytes + size_of::<Held>();
                self.held.push(held);
                if self.defined || self.held_bytes > HELD {
                    self.release(builder);
                }
            }
            _ => {}
        }
    }
}

impl Trx {
    /// Hands on what waits, with the classes that are known.
    fn release<S: Sink>(&mut self, builder: &mut RunBuilder<'_, S>) {
        if !self.is_told && (self.held_bytes > HELD || self.class_bytes > HELD) {
            self.is_told = true;
            let why = "more tests than can be held until their classes are known";
            builder.event(self.outcome_line, Event::BailedOut { why: why.into() });
        }
        self.held_bytes = 0;
        for mut held in self.held.drain(..) {
            let class = self.classes.get(&held.test).map_or("", String::as_str);
            held.case.name = names::of_class(class, &held.case.name, ".");
            if held.case.outcome == Some(Outcome::Unfinished) {
                held.case.outcome = None;
            }
            held.case.end(builder);
        }
    }

    fn end<S: Sink>(&mut self, builder: &mut RunBuilder<'_, S>) {
        self.release(builder);
        if let Some(announced) = self.announced {
            // Some writers count data rows, some only their tests.
            let Counts { results, outermost, .. } = self.counts;
            let tests =
                if (outermost..=results).contains(&announced) { results } else { announced };
            builder.event(self.outcome_line, Event::Plan { tests, scope: PlanScope::Descendants });
            let tests = self.announced_failing;
            builder.event(self.outcome_line, Event::AnnouncedFailing { tests });
        }
        let failed = self.outcome == "Failed";
        let told = ENDED.contains(&self.outcome.as_str()) || failed && self.counts.failing > 0;
        if died(&self.error) || !told {
            let why = match self.error.as_str() {
                "" => format!("the outcome of the run is {}", self.outcome),
                error => error.to_owned(),
            };
            builder.event(self.outcome_line, Event::BailedOut { why: why.into() });
        }
        *self = Trx::default();
    }
}

fn died(error: &str) -> bool {
    let error = error.to_ascii_lowercase();
    DIED.iter().any(|sign| error.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Gap, GapKind, Naming, ProblemKind, TestResult};

    #[derive(Default)]
    struct Said(Vec<String>, Vec<GapKind>);

    impl Sink for Said {
        fn result(&mut self, result: &TestResult<'_>) {
            self.0.push(format!("{} {}", result.outcome.word(), result.name));
        }
        fn gap(&mut self, gap: Gap) {
            self.1.push(gap.kind);
        }
        fn problem(&mut self, line: u32, kind: ProblemKind) {
            panic!("{line}: {kind:?}");
        }
    }

    fn said(inside: &str) -> Said {
        let mut said = Said::default();
        let mut builder = RunBuilder::new(0, Naming::default(), &mut said);
        let xml = format!("<TestRun>{inside}</TestRun>");
        let Ended { line, end } = read(xml.as_bytes(), &mut builder);
        builder.finish(line, end);
        said
    }

    /// The words that real files rarely have.
    #[test]
    fn only_what_passed_passes() {
        let words = ["Timeout", "Aborted", "NotRunnable", "Disconnected", "Completed", "", "New"];
        let results =
            words.map(|word| format!("<UnitTestResult testName='{word}' outcome='{word}'/>"));
        let want = [
            "timed-out Timeout",
            "crashed Aborted",
            "errored NotRunnable",
            "errored Disconnected",
            "errored Completed",
            "errored (no name)",
            "failed New",
        ];
        assert_eq!(said(&results.concat()).0, want);
        let pending = said("<UnitTestResult testName='a' outcome='InProgress'/>");
        assert_eq!(pending.0, ["unfinished a"]);
    }

    #[test]
    fn a_run_whose_process_died_is_incomplete_whatever_failed_before() {
        let results = "<UnitTestResult testName='a' outcome='Failed'/>";
        let run = |error: &str| {
            format!(
                "{results}<ResultSummary outcome='Failed'><RunInfos><RunInfo outcome='Error'>\
                 <Text>{error}</Text></RunInfo></RunInfos></ResultSummary>"
            )
        };
        assert_eq!(said(&run("[xUnit.net 00:00:00.5] a [FAIL]")).1, []);
        let died = "The active test run was aborted. Reason: Test host process crashed";
        assert_eq!(said(&run(died)).1, [GapKind::BailedOut { why: died.to_owned() }]);
    }
}
