//! TRX, the results files of Visual Studio's test runners: MSTest, VSTest, `dotnet test --logger trx`.
//!
//! A result has no class, only the definition of its test has one, and definitions precede the results (MSTest) or
//! follow them (VSTest). So results wait until the definitions are known; only their names, outcomes and failures are
//! kept. The counters are compared at the end of the run, wherever they are in the file.

use crate::formats::emit::{
    ElementEnd, TestCase, XmlReport, lookup_ignore_case, names, saturating_sum, xml_report,
};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::Tag;
use std::collections::HashMap;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["trx", "mstest", "vstest"],
    title: "TRX of MSTest, VSTest and `dotnet test --logger trx`",
    test_name: "`Namespace.Class.Name`, the name with its arguments, as `dotnet test` lists it; a data row \
            has the name of its row",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does; a run that was aborted, or failed although no test did",
    totals: "the counters of results: total, executed and those of each outcome but `completed`; the outcome of the \
             run, and its errors",
    link: "https://github.com/microsoft/vstest/blob/main/docs/report.md",
    sniff: Sniff::Xml(|head| {
        let known = ["Times", "ResultSummary", "TestSettings", "TestRunConfiguration"];
        xml_report::has_root::<TrxReader>(head)
            && (head.namespace.contains("/TeamTest/") || head.has_inner(&known))
    }),
    read: xml_report::read::<TrxReader>,
};

/// The outcomes of results. A result without one is an error: the writer omits the first word of its
/// list.
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

/// The row of [`OUTCOMES`] for a result without an outcome.
const NO_OUTCOME: &str = "no outcome";

/// The outcomes of a run that is complete.
const NORMAL_OUTCOMES: [&str; 4] = ["", "Completed", "Passed", "Warning"];

/// The counters of what passed, of failures and of what has not ended. `completed` is left out: writers that fill it
/// count results again.
const PASSING_COUNTERS: [&str; 3] = ["passed", "warning", "passedButRunAborted"];
const FAILING_COUNTERS: [&str; 6] =
    ["failed", "error", "timeout", "aborted", "notRunnable", "disconnected"];
const UNFINISHED_COUNTERS: [&str; 2] = ["inProgress", "pending"];

/// What the errors of a run contain whose process died.
const PROCESS_DIED: [&str; 3] =
    ["test run was aborted", "test host process", "host process exited"];

/// The maximum size in bytes of results that wait for their definitions, and of definitions for results.
const MAX_PENDING_BYTES: usize = 256 << 20;

/// The most assemblies that are distinguished; each definition is compared with them.
const MAX_ASSEMBLIES: usize = 100;

#[derive(Default)]
struct TrxReader {
    /// The open results, data rows inside their test.
    open: Vec<TrxPendingResult>,
    /// The results that wait for the definitions, in the order of the file.
    pending: Vec<TrxPendingResult>,
    pending_bytes: usize,
    /// The id and the assembly of the present definition.
    definition: (String, usize),
    definitions: HashMap<String, TrxDefinition>,
    /// The assemblies in which tests are defined.
    assemblies: Vec<String>,
    /// The assembly whose results are a suite at present, where there are several: tests of two are not one test.
    open_assembly: Option<usize>,
    class_bytes: usize,
    /// Whether the size limit was reported as exceeded.
    is_reported: bool,
    defined: bool,
    counts: TrxCounts,
    declared: Option<TrxCounters>,
    outcome: String,
    outcome_line: u32,
    /// Whether the present `RunInfo` is an error.
    is_error: bool,
    /// The run's error: the first one, or that of a process that died.
    error: String,
}

/// A result whose class is not known yet.
struct TrxPendingResult {
    test: String,
    case: TestCase,
}

/// Where a test is defined.
struct TrxDefinition {
    class: String,
    assembly: usize,
}

/// The numbers of results so far.
#[derive(Default)]
struct TrxCounts {
    results: u64,
    /// Without those inside others.
    top_level: u64,
    executed: u64,
    passed: u64,
    failing: u64,
    inconclusive: u64,
    unfinished: u64,
}

/// The numbers of results that the run declares.
struct TrxCounters {
    total: u64,
    executed: u64,
    passed: u64,
    failing: u64,
    not_executed: u64,
    inconclusive: u64,
    unfinished: u64,
}

impl XmlReport for TrxReader {
    const ROOTS: &'static [&'static str] = &["TestRun"];
    const ELEMENTS: &'static [&'static str] = &[
        "Results",
        "UnitTestResult",
        "TestResult",
        "TestResultAggregation",
        "GenericTestResult",
        "ManualTestResult",
        "WebTestResult",
        "LoadTestResult",
        "CodedWebTestResult",
        "ErrorInfo",
        "TestDefinitions",
        "UnitTest",
        "TestMethod",
        "ResultSummary",
        "Counters",
        "RunInfo",
    ];
    const TEXTS: &'static [&'static str] = &["Message", "StackTrace", "Text"];

    fn open(&mut self, tag: &Tag<'_>, _: &str, _: &mut RunBuilder<'_>) {
        match tag.name() {
            "UnitTest" => {
                let assembly = self.assembly(&tag.attribute("storage"));
                self.definition = (tag.attribute("id").into_owned(), assembly);
            }
            "TestMethod" => {
                let (id, assembly) = std::mem::take(&mut self.definition);
                let class = super::class(&tag.attribute("className")).to_owned();
                self.class_bytes = self.class_bytes.saturating_add(id.len() + class.len() + 64);
                if self.class_bytes <= MAX_PENDING_BYTES {
                    self.definitions.insert(id, TrxDefinition { class, assembly });
                }
            }
            "ResultSummary" => {
                self.outcome = tag.attribute("outcome").into_owned();
                self.outcome_line = tag.line;
            }
            "RunInfo" => self.is_error = tag.attribute("outcome") == "Error",
            "Counters" => self.declared = Some(TrxCounters::from_tag(tag)),
            name if is_result(name) => {
                let mut case = TestCase::new(tag.line, tag.attribute("testName"));
                let word = tag.attribute("outcome");
                let word = if word.is_empty() { NO_OUTCOME } else { &word };
                case.add_known(lookup_ignore_case(&OUTCOMES, word.trim()), "outcome", word);
                self.counts.results += 1;
                self.counts.top_level += u64::from(self.open.is_empty());
                self.counts.executed += u64::from(word != "NotExecuted");
                self.counts.inconclusive += u64::from(word == "Inconclusive");
                let test = tag.attribute("testId").into_owned();
                self.open.push(TrxPendingResult { test, case });
            }
            _ => {}
        }
    }

    fn open_unknown(&mut self, tag: &Tag<'_>, parent: &str, builder: &mut RunBuilder<'_>) {
        if parent == "Results" {
            let mut case = TestCase::new(tag.line, tag.attribute("testName"));
            case.add_unknown("element", tag.name());
            self.counts.failing += 1;
            case.emit(builder);
        }
    }

    fn close(&mut self, end: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match (end.name, end.parent, self.open.last_mut()) {
            ("Message", "ErrorInfo", Some(result)) => {
                super::add_failure(&mut result.case, end.text);
            }
            ("StackTrace", "ErrorInfo", Some(result)) => {
                super::add_stack_trace(&mut result.case, end.text);
            }
            ("Text", "RunInfo", _)
                if self.is_error && (self.error.is_empty() || process_died(end.text)) =>
            {
                self.error = end.text.to_owned();
            }
            ("TestDefinitions", ..) => {
                self.defined = true;
                self.flush(builder);
            }
            ("TestRun", "", _) => self.end_run(builder),
            (name, _, Some(_)) if is_result(name) => self.end_result(builder),
            _ => {}
        }
    }
}

impl TrxReader {
    /// The index of an assembly; further ones than are reasonable share one.
    fn assembly(&mut self, storage: &str) -> usize {
        let known = self.assemblies.iter().position(|known| known == storage);
        known.unwrap_or_else(|| {
            if self.assemblies.len() < MAX_ASSEMBLIES {
                self.assemblies.push(storage.to_owned());
            }
            self.assemblies.len() - 1
        })
    }

    /// Begins the suite of the assembly of the next result, if it is another one.
    fn enter(&mut self, assembly: Option<usize>, line: u32, builder: &mut RunBuilder<'_>) {
        let assembly = assembly.filter(|_| self.assemblies.len() > 1);
        if self.open_assembly == assembly {
            return;
        }
        if self.open_assembly.is_some() {
            builder.handle(line, Event::SuiteEnded);
        }
        if assembly.is_some() {
            builder.handle(line, Event::SuiteStarted { name: None });
        }
        self.open_assembly = assembly;
    }

    fn end_result(&mut self, builder: &mut RunBuilder<'_>) {
        let Some(result) = self.open.pop() else { return };
        let TrxPendingResult { test, case } = &result;
        self.counts.failing += u64::from(case.outcome.is_some_and(Outcome::is_failing));
        self.counts.passed += u64::from(case.outcome == Some(Outcome::Passed));
        self.counts.unfinished += u64::from(case.outcome == Some(Outcome::Unfinished));
        self.pending_bytes += size_of::<TrxPendingResult>()
            + test.len()
            + case.name.len()
            + case.message.text().len();
        self.pending.push(result);
        if self.defined || self.pending_bytes > MAX_PENDING_BYTES {
            self.flush(builder);
        }
    }

    /// Emits the waiting results, with the classes that are known.
    fn flush(&mut self, builder: &mut RunBuilder<'_>) {
        if !self.is_reported
            && (self.pending_bytes > MAX_PENDING_BYTES || self.class_bytes > MAX_PENDING_BYTES)
        {
            self.is_reported = true;
            let why = "too many tests wait for the definitions of their classes";
            builder.handle(self.outcome_line, Event::BailedOut { why: why.into() });
        }
        self.pending_bytes = 0;
        for mut pending in std::mem::take(&mut self.pending) {
            let definition = self.definitions.get(&pending.test);
            let class = definition.map_or("", |definition| &definition.class);
            pending.case.name = names::qualify(class, &pending.case.name, ".");
            let assembly = definition.map(|definition| definition.assembly);
            self.enter(assembly, pending.case.line, builder);
            if pending.case.outcome == Some(Outcome::Unfinished) {
                pending.case.outcome = None;
            }
            pending.case.emit(builder);
        }
    }

    fn end_run(&mut self, builder: &mut RunBuilder<'_>) {
        self.flush(builder);
        self.enter(None, self.outcome_line, builder);
        if let Some(declared) = &self.declared {
            builder.expect_tests(self.outcome_line, declared.expected_tests(&self.counts));
            builder.expect_failures(self.outcome_line, declared.failing);
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
        } else if !self.error.is_empty() {
            let what = self.error.lines().next().unwrap_or("");
            builder.expect_a_failure(self.outcome_line, what);
        }
        *self = TrxReader::default();
    }
}

impl TrxCounters {
    fn from_tag(tag: &Tag<'_>) -> TrxCounters {
        let count = |name: &str| tag.number(name).unwrap_or(0);
        TrxCounters {
            total: count("total"),
            executed: count("executed"),
            passed: saturating_sum(PASSING_COUNTERS.map(count)),
            failing: saturating_sum(FAILING_COUNTERS.map(count)),
            not_executed: count("notExecuted"),
            inconclusive: count("inconclusive"),
            unfinished: saturating_sum(UNFINISHED_COUNTERS.map(count)),
        }
    }

    /// How many results there are if the counters are right. Some writers count data rows, some only their tests.
    fn expected_tests(&self, counts: &TrxCounts) -> u64 {
        let TrxCounts { results, top_level, .. } = *counts;
        let is_known = (top_level..=results).contains(&self.total);
        let missing = [
            self.executed.saturating_sub(counts.executed),
            self.passed.saturating_sub(counts.passed),
            self.not_executed.saturating_sub(results - counts.executed),
            self.inconclusive.saturating_sub(counts.inconclusive),
            self.unfinished.saturating_sub(counts.unfinished),
        ];
        let needed = results.saturating_add(missing.into_iter().max().unwrap_or(0));
        if is_known { needed } else { needed.max(self.total) }
    }
}

fn is_result(name: &str) -> bool {
    name.ends_with("Result") || name == "TestResultAggregation"
}

fn process_died(error: &str) -> bool {
    let error = error.to_ascii_lowercase();
    PROCESS_DIED.iter().any(|phrase| error.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::emit::test_record::testing::{DecodedRun, read_with};
    use crate::model::{EndOfInput, GapKind, ReadConfig, Retries};

    fn read_run(inside: &str) -> DecodedRun {
        read_with(xml_report::read::<TrxReader>, &format!("<TestRun>{inside}</TestRun>"))
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
            "failed New: unknown outcome `New`",
        ];
        assert_eq!(read_run(&results.concat()).0, want);
        let pending = read_run("<UnitTestResult testName='a' outcome='InProgress'/>");
        assert_eq!(pending.0, ["unfinished a"]);
    }

    #[test]
    fn unknown_record_and_counters_without_a_total_are_not_passed_over() {
        let results = "<Results><UnitTestResult testName='a' outcome='Passed'/>\
                       <NewResult testName='b' outcome='Failed'/></Results>";
        assert_eq!(read_run(results).0, ["failed b: unknown element `NewResult`", "passed a"]);
        let passed = "<UnitTestResult testName='a' outcome='Passed'/>";
        let counters = "<ResultSummary><Counters error='1'/></ResultSummary>";
        assert_eq!(read_run(&format!("{passed}{counters}")).1.len(), 1);
    }

    #[test]
    fn results_of_two_assemblies_are_no_retries_of_one_test() {
        let result = |id: &str, outcome: &str| {
            format!("<UnitTestResult testId='{id}' testName='a' outcome='{outcome}'/>")
        };
        let definition = |id: &str, storage: &str| {
            format!(
                "<UnitTest id='{id}' storage='{storage}'><TestMethod className='C'/></UnitTest>"
            )
        };
        let read = |storage: &str| {
            let results = result("1", "Failed") + &result("2", "Passed");
            let definitions = definition("1", "net8.0/a.dll") + &definition("2", storage);
            let (mut retries, mut run) = (Retries::default(), DecodedRun::default());
            let mut sink = retries.sink(&mut run);
            let mut builder = RunBuilder::new(0, ReadConfig::default(), &mut sink);
            let text = format!(
                "<TestRun>{results}<TestDefinitions>{definitions}</TestDefinitions></TestRun>"
            );
            xml_report::read::<TrxReader>(&mut text.as_bytes(), &mut builder);
            builder.finish(1, EndOfInput::Complete);
            retries.finish(&mut run);
            assert_eq!(run.1, []);
            run.0
        };
        assert_eq!(read("net8.0/a.dll"), ["~failed C.a", "passed C.a"]);
        assert_eq!(read("net9.0/a.dll"), ["passed C.a", "failed C.a"]);
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
