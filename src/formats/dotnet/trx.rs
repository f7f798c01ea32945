//! TRX, the results files of Visual Studio's test runners: MSTest, VSTest, `dotnet test --logger trx`.
//!
//! In: elements. Out: events. The trap: a result has no class, only the definition of its test has,
//! and definitions stand before the results (MSTest) or behind them (VSTest): so results wait until
//! the definitions are known, and only their names, outcomes and failures are held. What the counters
//! announce is told at the end of the run, wherever they stand.
//!
//! <https://github.com/microsoft/vstest/blob/main/docs/report.md>

use crate::formats::dotnet;
use crate::formats::emit::test_case::{self, TestCase};
use crate::formats::emit::xml_report::{self, Ancestors, Content, ElementEnd, XmlHead, XmlReport};
use crate::formats::emit::{names, test_record};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::read_end::ReadEnd;
use crate::syntax::xml::tag::Tag;
use std::collections::HashMap;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["trx", "mstest", "vstest"],
    title: "TRX of MSTest, VSTest and `dotnet test --logger trx`",
    test_name: "`Namespace.Class.Name`, the name with its arguments, as `dotnet test` lists it; a data row \
            has the name of its row",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does; fewer results than its counters; a run that was \
                 aborted, or failed although no test did",
    link: "https://github.com/microsoft/vstest/blob/main/docs/report.md",
    sniff: Sniff::Xml(sniff),
    read,
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
const NORMAL_OUTCOMES: [&str; 4] = ["", "Completed", "Passed", "Warning"];

/// The counters that are failures of tests.
const FAILING_COUNTERS: [&str; 5] = ["failed", "error", "timeout", "aborted", "notRunnable"];

/// What stands in the errors of a run whose process died.
const PROCESS_DIED: [&str; 3] =
    ["test run was aborted", "test host process", "host process exited"];

/// How many bytes of results may wait for their definitions, and how many definitions for results.
const MAX_PENDING_BYTES: usize = 256 << 20;

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &XmlHead) -> bool {
    let known = ["Times", "ResultSummary", "TestSettings", "TestRunConfiguration"];
    xml_report::has_root::<TrxReader>(head)
        && (head.namespace.contains("/TeamTest/")
            || head.names[1..].iter().any(|name| known.contains(&name.as_str())))
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    xml_report::read(input, &mut TrxReader::default(), builder)
}

/// A run.
#[derive(Default)]
struct TrxReader {
    /// The results that are open, data rows inside their test.
    open: Vec<TrxPendingResult>,
    /// Those that wait for the definitions, in the order of the file.
    pending: Vec<TrxPendingResult>,
    pending_bytes: usize,
    definition: String,
    /// The class of each test.
    classes: HashMap<String, String>,
    class_bytes: usize,
    /// Whether it was told that more came than can be held.
    is_reported: bool,
    defined: bool,
    counts: TrxCounts,
    declared: Option<u64>,
    declared_failing: u64,
    outcome: String,
    outcome_line: u32,
    /// Whether what the run says at present is an error, and what the worst was.
    is_error: bool,
    error: String,
}

/// A result that may lack its class.
struct TrxPendingResult {
    test: String,
    case: TestCase,
}

/// What came.
#[derive(Default)]
struct TrxCounts {
    results: u64,
    /// Without those inside others.
    top_level: u64,
    failing: u64,
}

impl XmlReport for TrxReader {
    const ROOTS: &'static [&'static str] = &["TestRun"];
    const ELEMENTS: &'static [(&'static str, Content)] = &[
        ("TestRun", Content::Children),
        ("UnitTestResult", Content::Children),
        ("TestResult", Content::Children),
        ("TestResultAggregation", Content::Children),
        ("GenericTestResult", Content::Children),
        ("ManualTestResult", Content::Children),
        ("WebTestResult", Content::Children),
        ("LoadTestResult", Content::Children),
        ("CodedWebTestResult", Content::Children),
        ("ErrorInfo", Content::Children),
        ("Message", Content::Text),
        ("StackTrace", Content::Text),
        ("TestDefinitions", Content::Children),
        ("UnitTest", Content::Children),
        ("TestMethod", Content::Children),
        ("ResultSummary", Content::Children),
        ("Counters", Content::Children),
        ("RunInfo", Content::Children),
        ("Text", Content::Text),
    ];

    fn open(&mut self, _: Ancestors<'_>, tag: &Tag<'_>, _: &mut RunBuilder<'_>) {
        match tag.name() {
            "UnitTest" => self.definition = tag.attribute("id").into_owned(),
            "TestMethod" => {
                let id = std::mem::take(&mut self.definition);
                let class = dotnet::class(&tag.attribute("className")).to_owned();
                self.class_bytes = self.class_bytes.saturating_add(id.len() + class.len() + 64);
                if self.class_bytes <= MAX_PENDING_BYTES {
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
                self.declared = tag.attribute("total").trim().parse().ok();
                self.declared_failing =
                    test_record::saturating_sum(FAILING_COUNTERS.iter().map(|name| count(name)));
            }
            name if name.ends_with("Result") || name == "TestResultAggregation" => {
                let mut case = TestCase::new(tag.line, tag.attribute("testName"));
                let word = tag.attribute("outcome");
                let word = if word.is_empty() { NO_OUTCOME } else { &word };
                case.add_outcome(test_case::outcome_for_ignore_case(&OUTCOMES, word));
                self.counts.results += 1;
                self.counts.top_level += u64::from(self.open.is_empty());
                self.open
                    .push(TrxPendingResult { test: tag.attribute("testId").into_owned(), case });
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
        match (closed.name, ancestors.parent()) {
            ("Message", "ErrorInfo") => {
                if let Some(pending) = self.open.last_mut() {
                    dotnet::add_failure(&mut pending.case, closed.text);
                }
            }
            ("StackTrace", "ErrorInfo") => {
                if let Some(pending) = self.open.last_mut() {
                    dotnet::add_stack_trace(&mut pending.case, closed.text);
                }
            }
            ("Text", "RunInfo")
                if self.is_error && (self.error.is_empty() || process_died(closed.text)) =>
            {
                self.error = closed.text.to_owned();
            }
            ("TestDefinitions", _) => {
                self.defined = true;
                self.flush(builder);
            }
            ("TestRun", "") => self.end_run(builder),
            (name, _) if name.ends_with("Result") || name == "TestResultAggregation" => {
                let Some(pending) = self.open.pop() else { return };
                let failing = pending.case.outcome.is_some_and(Outcome::is_failing);
                self.counts.failing += u64::from(failing);
                let bytes = pending.test.len()
                    + pending.case.name.len()
                    + pending.case.message.text().len();
                self.pending_bytes += bytes + size_of::<TrxPendingResult>();
                self.pending.push(pending);
                if self.defined || self.pending_bytes > MAX_PENDING_BYTES {
                    self.flush(builder);
                }
            }
            _ => {}
        }
    }
}

impl TrxReader {
    /// Hands on what waits, with the classes that are known.
    fn flush(&mut self, builder: &mut RunBuilder<'_>) {
        if !self.is_reported
            && (self.pending_bytes > MAX_PENDING_BYTES || self.class_bytes > MAX_PENDING_BYTES)
        {
            self.is_reported = true;
            let why = "more tests than can be held until their classes are known";
            builder.handle(self.outcome_line, Event::BailedOut { why: why.into() });
        }
        self.pending_bytes = 0;
        for mut pending in self.pending.drain(..) {
            let class = self.classes.get(&pending.test).map_or("", String::as_str);
            pending.case.name = names::qualify(class, &pending.case.name, ".");
            if pending.case.outcome == Some(Outcome::Unfinished) {
                pending.case.outcome = None;
            }
            pending.case.emit(builder);
        }
    }

    fn end_run(&mut self, builder: &mut RunBuilder<'_>) {
        self.flush(builder);
        if let Some(declared) = self.declared {
            // Some writers count data rows, some only their tests.
            let TrxCounts { results, top_level, .. } = self.counts;
            let tests = if (top_level..=results).contains(&declared) { results } else { declared };
            builder.expect_tests(self.outcome_line, tests);
            let tests = self.declared_failing;
            builder.expect_failures(self.outcome_line, tests);
        }
        let failed = self.outcome == "Failed";
        let is_explained =
            NORMAL_OUTCOMES.contains(&self.outcome.as_str()) || failed && self.counts.failing > 0;
        if process_died(&self.error) || !is_explained {
            let why = match self.error.as_str() {
                "" => format!("the outcome of the run is {}", self.outcome),
                error => error.to_owned(),
            };
            builder.handle(self.outcome_line, Event::BailedOut { why: why.into() });
        }
        *self = TrxReader::default();
    }
}

fn process_died(error: &str) -> bool {
    let error = error.to_ascii_lowercase();
    PROCESS_DIED.iter().any(|phrase| error.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Gap, GapKind, ProblemKind, ReadConfig, Sink, TestResult};

    #[derive(Default)]
    struct TrxTestSink(Vec<String>, Vec<GapKind>);

    impl Sink for TrxTestSink {
        fn result(&mut self, result: &TestResult<'_>) {
            self.0.push(format!("{} {}", result.outcome.as_str(), result.name));
        }
        fn gap(&mut self, gap: Gap) {
            self.1.push(gap.kind);
        }
        fn problem(&mut self, line: u32, kind: ProblemKind) {
            panic!("{line}: {kind:?}");
        }
    }

    fn read_run(inside: &str) -> TrxTestSink {
        let mut sink = TrxTestSink::default();
        let mut builder = RunBuilder::new(0, ReadConfig::default(), &mut sink);
        let xml = format!("<TestRun>{inside}</TestRun>");
        let ReadEnd { line, end } = read(&mut xml.as_bytes(), &mut builder);
        builder.finish(line, end);
        sink
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
        assert_eq!(read_run(&results.concat()).0, want);
        let pending = read_run("<UnitTestResult testName='a' outcome='InProgress'/>");
        assert_eq!(pending.0, ["unfinished a"]);
    }

    #[test]
    fn dead_process_makes_the_run_incomplete() {
        let results = "<UnitTestResult testName='a' outcome='Failed'/>";
        let run = |error: &str| {
            format!(
                "{results}<ResultSummary outcome='Failed'><RunInfos><RunInfo outcome='Error'>\
                 <Text>{error}</Text></RunInfo></RunInfos></ResultSummary>"
            )
        };
        assert_eq!(read_run(&run("[xUnit.net 00:00:00.5] a [FAIL]")).1, []);
        let message = "The active test run was aborted. Reason: Test host process crashed";
        assert_eq!(read_run(&run(message)).1, [GapKind::BailedOut { why: message.to_owned() }]);
    }
}
