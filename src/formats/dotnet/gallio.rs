//! The XML reports of Gallio, which runs MbUnit 3 and other frameworks of .NET (`report`), and of MbUnit 2
//! (`report-result`).
//!
//! Gallio's steps are nested; those of test cases are results. A step around them that failed although nothing in it
//! did, as in a set-up, is a result of its own.

use super::mbunit::{MbUnitReader, OUTCOMES};
use crate::formats::emit::{
    ElementEnd, EndKind, TestCase, XmlReport, known_or_failed, lookup, names, outcome_for,
    saturating_sum, xml_report,
};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::Tag;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["gallio", "mbunit"],
    title: "XML reports of Gallio and of MbUnit 2",
    test_name: "`Namespace.Class.Test(args)`",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does; a test without an outcome",
    totals: "Gallio: tests, steps and tests of each outcome; MbUnit 2: tests run and tests of each outcome, of the \
             run and of each assembly, namespace and fixture",
    link: "https://github.com/Gallio/mbunit-v3",
    sniff: Sniff::Xml(|head| match head.root() {
        "report" => {
            head.namespace.contains("gallio.org")
                || head.has_inner(&["testPackageConfig", "testPackageRun"])
        }
        "report-result" => head.has_inner(&["counter", "assemblies"]),
        _ => false,
    }),
    read: xml_report::read::<GallioReader>,
};

/// The streams that have the reason of an outcome.
const REASON_STREAMS: [&str; 2] = ["Failures", "Warnings"];
/// The headings of the parts of a reason that need none.
const PLAIN_SECTIONS: [&str; 2] = ["Message", "Stack Trace"];

#[derive(Default)]
struct GallioReader {
    /// The open steps, the outermost first.
    open: Vec<GallioStep>,
    is_reason: bool,
    counts: GallioCounts,
    declared: GallioDeclared,
    mbunit: MbUnitReader,
}

/// An open step.
#[derive(Default)]
struct GallioStep {
    case: TestCase,
    is_test: bool,
    /// Whether a step inside it failed.
    failed_inside: bool,
    /// The location of its code.
    file: String,
    line_in_file: String,
}

#[derive(Default)]
struct GallioCounts {
    steps: u64,
    /// Failed steps that are no tests.
    other_failures: u64,
    tests: u64,
    passed: u64,
}

/// The statistics of the run.
#[derive(Default)]
struct GallioDeclared {
    line: u32,
    tests: u64,
    steps: u64,
    passed: u64,
    failed: u64,
    skipped: u64,
    /// The count of the present summary of an outcome.
    count: u64,
    /// The same numbers as sums of the summaries of outcomes.
    outcomes: [u64; 3],
}

impl XmlReport for GallioReader {
    const ROOTS: &'static [&'static str] = &["report", "report-result"];
    const ELEMENTS: &'static [&'static str] = &[
        "testPackageRun",
        "testStepRun",
        "testStep",
        "codeReference",
        "codeLocation",
        "result",
        "outcome",
        "stream",
        "section",
        "statistics",
        "outcomeSummary",
        "counter",
        "assembly",
        "namespace",
        "fixture",
        "run",
        "set-up",
        "tear-down",
        "exception",
    ];
    const TEXTS: &'static [&'static str] = &["text", "message", "stack-trace"];

    fn open(&mut self, tag: &Tag<'_>, parent: &str, builder: &mut RunBuilder<'_>) {
        match (tag.name(), self.open.last_mut()) {
            ("testStepRun", _) => {
                self.counts.steps += 1;
                let case = TestCase::new(tag.line, "");
                self.open.push(GallioStep { case, ..GallioStep::default() });
            }
            ("testStep", Some(step)) => step.start(tag),
            ("codeReference", Some(step)) if parent == "testStep" => {
                step.qualify(&tag.attribute("type"));
            }
            ("codeLocation", Some(step)) if parent == "testStep" => {
                step.file = tag.attribute("path").into_owned();
                step.line_in_file = tag.attribute("line").into_owned();
            }
            ("outcome", Some(step)) if parent == "result" => step.add_outcome(tag),
            ("stream", _) => {
                self.is_reason = REASON_STREAMS.contains(&&*tag.attribute("name"));
            }
            ("section", Some(step)) if self.is_reason => {
                let name = tag.attribute("name");
                if !PLAIN_SECTIONS.contains(&&*name) {
                    step.case.add_message(&name);
                }
            }
            ("statistics", _) => self.declared.add_statistics(tag),
            ("outcomeSummary", _) => self.declared.count = tag.number("count").unwrap_or(0),
            ("outcome", _) if parent == "outcomeSummary" => self.declared.add_summary(tag),
            (_, None) => self.mbunit.open(tag, parent, builder),
            (_, Some(_)) => {}
        }
    }

    fn close(&mut self, end: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match (end.name, self.open.last_mut()) {
            ("text", Some(step)) if self.is_reason => {
                super::add_stack_trace(&mut step.case, end.text);
            }
            ("stream", _) => self.is_reason = false,
            ("testStepRun", Some(_)) => self.end_step(end.kind, builder),
            ("testPackageRun", _) => self.emit_totals(builder),
            (_, None) => self.mbunit.close(&end, builder),
            (_, Some(_)) => {}
        }
    }
}

impl GallioReader {
    fn end_step(&mut self, kind: EndKind, builder: &mut RunBuilder<'_>) {
        let Some(mut step) = self.open.pop() else { return };
        let outcome = step.case.outcome;
        let is_failing = outcome.is_some_and(Outcome::is_failing);
        let failed_itself = is_failing && !step.failed_inside && kind == EndKind::EndTag;
        if step.is_test {
            self.counts.tests += 1;
            self.counts.passed += u64::from(outcome == Some(Outcome::Passed));
        } else if failed_itself {
            self.counts.other_failures += 1;
        }
        if step.is_test || failed_itself {
            let (file, line) = (step.file.as_str(), step.line_in_file.as_str());
            step.case.set_location(file, line);
            step.case.emit(builder);
        }
        if let Some(parent) = self.open.last_mut() {
            parent.failed_inside |= is_failing || step.failed_inside;
        }
    }

    fn emit_totals(&mut self, builder: &mut RunBuilder<'_>) {
        let counts = std::mem::take(&mut self.counts);
        let declared = std::mem::take(&mut self.declared);
        let [passed, failed, skipped] = declared.outcomes;
        let passed = declared.passed.max(passed).saturating_add(counts.tests - counts.passed);
        let missing_steps = declared.steps.saturating_sub(counts.steps);
        let tests = declared.tests.max(passed).max(counts.tests.saturating_add(missing_steps));
        let line = declared.line;
        builder.expect_tests(line, tests.saturating_add(counts.other_failures));
        let failed = declared.failed.max(failed);
        builder.expect_failures(line, failed.saturating_add(counts.other_failures));
        builder.expect_skips(line, declared.skipped.max(skipped));
    }
}

impl GallioStep {
    fn start(&mut self, tag: &Tag<'_>) {
        self.is_test = tag.attribute("isTestCase") == "true";
        self.case.name = tag.attribute("name").into_owned();
    }

    fn qualify(&mut self, class: &str) {
        if self.is_test {
            self.case.name = names::qualify(class, &self.case.name, ".");
        } else if !class.is_empty() {
            class.clone_into(&mut self.case.name);
        }
    }

    /// A category is the kind of a failure, or marks an inconclusive test as canceled; there are others of all kinds.
    fn add_outcome(&mut self, tag: &Tag<'_>) {
        let (status, category) = (tag.attribute("status"), tag.attribute("category"));
        let (outcome, message) = known_or_failed(lookup(&OUTCOMES, &*status), "status", &status);
        let of_category = outcome_for(&OUTCOMES, &category);
        let decides = outcome == Outcome::Failed && of_category.is_failing();
        let decides = decides || category == "canceled";
        self.case.add_outcome(if decides { of_category } else { outcome });
        self.case.add_message(&message);
    }
}

impl GallioDeclared {
    fn add_statistics(&mut self, tag: &Tag<'_>) {
        let count = |name: &str| tag.number(name).unwrap_or(0);
        self.line = tag.line;
        self.steps = count("stepCount");
        self.passed = count("passedCount");
        self.failed = count("failedCount");
        self.skipped = count("skippedCount").saturating_add(count("inconclusiveCount"));
        let run = count("runCount").saturating_add(count("skippedCount"));
        self.tests = count("testCount").max(run);
    }

    fn add_summary(&mut self, tag: &Tag<'_>) {
        let index = match &*tag.attribute("status") {
            "passed" => 0,
            "skipped" | "inconclusive" => 2,
            _ => 1,
        };
        let sum = &mut self.outcomes[index];
        *sum = saturating_sum([*sum, self.count]);
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    fn report(steps: &str, statistics: &str) -> String {
        format!(
            "<report xmlns='http://www.gallio.org/'><testPackageRun><testStepRun>\
             <testStep name='Root' isTestCase='false'><codeReference/></testStep><children>{steps}</children>\
             <result><outcome status='failed'/></result></testStepRun><statistics {statistics}/>\
             </testPackageRun></report>"
        )
    }

    fn step(name: &str, outcome: &str) -> String {
        format!(
            "<testStepRun><testStep name='{name}' isTestCase='true'><codeReference type='N.C' member='m'/>\
             </testStep><children/><result><outcome {outcome}/></result></testStepRun>"
        )
    }

    #[test]
    fn category_says_how_a_test_failed() {
        let outcomes = [
            ("a", "status='failed'"),
            ("b", "status='failed' category='timeout'"),
            ("c(1)", "status='failed' category='my own'"),
            ("d", "status='failed' category='error'"),
            ("e", "status='inconclusive' category='canceled'"),
            ("f", "status='skipped' category='pending'"),
            ("g", "status='blocked' category='error'"),
        ];
        let steps = outcomes.map(|(name, outcome)| step(name, outcome)).concat();
        let want = [
            "failed N.C.a",
            "timed-out N.C.b",
            "failed N.C.c(1)",
            "errored N.C.d",
            "errored N.C.e",
            "skipped N.C.f",
            "errored N.C.g: unknown status `blocked`",
        ];
        let read = read_as("gallio", &report(&steps, "testCount='7' stepCount='8'"));
        assert_eq!((read.0, read.1), (want.map(str::to_owned).to_vec(), vec![]));
    }

    #[test]
    fn a_step_that_failed_itself_is_a_result() {
        let read = read_as("gallio", &report(&step("a", "status='passed'"), "testCount='1'"));
        assert_eq!(read.0, ["passed N.C.a", "failed Root"]);
        assert_eq!(read.1, []);
        let more = read_as("gallio", &report(&step("a", "status='passed'"), "testCount='2'"));
        assert_eq!(more.1.len(), 1);
    }
}
