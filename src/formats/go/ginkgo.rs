//! Ginkgo's JSON report (`--json-report`): one document, an array of suites.
//!
//! A node that is no spec is a result only if it failed. A suite that does not compile has failure reasons and no
//! specs.
//!
//! <https://pkg.go.dev/github.com/onsi/ginkgo/v2/types#Report>

use crate::formats::emit::{
    TestRecord, check_totals, emit_bail_out, first_non_empty, known_or_failed, lookup, names,
};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["ginkgo-json", "ginkgo"],
    title: "Ginkgo's JSON report (--json-report)",
    test_name: "the suite's description, the texts of the containers and of the spec, separated by spaces",
    outcomes: &STATES,
    incomplete: "the document has no end; a suite failed for a reason that is no spec's",
    totals: "TotalSpecs and SpecsThatWillRun, SuiteSucceeded of each suite",
    link: "https://pkg.go.dev/github.com/onsi/ginkgo/v2/types#SpecReport",
    sniff: Sniff::Json(|head| head.has_all(&["*/SuitePath", "*/SuiteDescription"])),
    read,
};

const STATES: [(&str, Outcome); 8] = [
    ("passed", Outcome::Passed),
    ("skipped", Outcome::Skipped),
    ("pending", Outcome::Skipped),
    ("failed", Outcome::Failed),
    ("aborted", Outcome::Errored),
    ("panicked", Outcome::Crashed),
    ("interrupted", Outcome::Unfinished),
    ("timedout", Outcome::TimedOut),
];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = GinkgoReader { builder, suite: None };
    let end = json::for_each(input, &PATHS, |line, path, value| {
        reader.value(line, path.get(1..).unwrap_or_default(), value)
    });
    reader.close_suite(end.line);
    end
}

/// The first one begins a suite.
const PATHS: [&str; 6] = [
    "*/SuitePath",
    "*/SuiteDescription",
    "*/SuiteSucceeded",
    "*/SpecialSuiteFailureReasons",
    "*/PreRunStats",
    "*/SpecReports/*",
];

struct GinkgoReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    suite: Option<GinkgoSuite>,
}

#[derive(Default)]
struct GinkgoSuite {
    name: String,
    /// The line of its verdict that it failed, if nothing has explained it.
    failed: Option<u32>,
    specs: u64,
    /// The number of failing nodes that are no specs, which no total counts.
    other_nodes: u64,
}

impl GinkgoReader<'_, '_> {
    fn open_suite(&mut self, line: u32) {
        self.close_suite(line);
        self.builder.handle(line, Event::SuiteStarted { name: None });
        self.suite = Some(GinkgoSuite::default());
    }

    fn close_suite(&mut self, line: u32) {
        let Some(suite) = self.suite.take() else { return };
        self.builder.expect_tests(line, suite.specs.saturating_add(suite.other_nodes));
        if let Some(line) = suite.failed {
            self.builder.expect_a_failure(line, "SuiteSucceeded false");
        }
        self.builder.handle(line, Event::SuiteEnded);
    }

    fn value(&mut self, line: u32, path: &[&str], value: &Value) {
        if path == ["SuitePath"] || self.suite.is_none() {
            self.open_suite(line);
        }
        let Some(suite) = &mut self.suite else { return };
        match path {
            ["SuiteDescription"] => value.as_str().clone_into(&mut suite.name),
            ["SuiteSucceeded"] if *value == Value::Bool(false) => suite.failed = Some(line),
            ["SpecialSuiteFailureReasons"] => {
                for reason in value.strings() {
                    suite.failed = None;
                    emit_bail_out(reason, line, self.builder);
                }
            }
            ["PreRunStats"] => {
                check_totals(value, &["TotalSpecs", "SpecsThatWillRun"], line, self.builder);
                let count = |key: &str| value[key].as_u64().unwrap_or(0);
                suite.specs = count("TotalSpecs").max(count("SpecsThatWillRun"));
            }
            ["SpecReports", _] => {
                let is_spec = emit(line, &suite.name, value, self.builder);
                suite.other_nodes += u64::from(!is_spec);
            }
            _ => {}
        }
    }
}

/// Emits a node of a suite; returns false for one that is a result and no spec.
fn emit(line: u32, suite: &str, spec: &Value, builder: &mut RunBuilder<'_>) -> bool {
    let state = spec["State"].as_str();
    let (outcome, unknown) = known_or_failed(lookup(&STATES, state), "state", state);
    let mut parts = vec![suite];
    parts.extend(spec["ContainerHierarchyTexts"].strings());
    let node = spec["LeafNodeType"].as_str();
    let kind = format!("[{node}]");
    let is_spec = node == "It";
    if !is_spec {
        if matches!(outcome, Outcome::Passed | Outcome::Skipped) {
            return true;
        }
        parts.push(&kind);
    }
    parts.push(spec["LeafNodeText"].as_str());
    let message = spec["Failure"].first_str(&["Message", "ForwardedPanic"]);
    let location = &spec["LeafNodeLocation"];
    // With MustPassRepeatedly each attempt has to pass.
    let has_retries = spec["NumAttempts"].as_u64() > Some(1)
        && spec["MaxMustPassRepeatedly"].as_u64().unwrap_or(0) <= 1;
    TestRecord::new(names::join(&parts, " "), outcome)
        .message(first_non_empty(&[message, &unknown]))
        .location(location["FileName"].as_str(), location["LineNumber"].as_u64())
        .flaky(has_retries)
        .emit(line, builder);
    is_spec
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    #[test]
    fn totals_and_verdict_of_a_suite_are_compared() {
        let report = |succeeded: bool, specs: u32, attempts: &str| {
            format!(
                r#"[{{"SuitePath": "/s", "SuiteDescription": "S", "SuiteSucceeded": {succeeded},
                "PreRunStats": {{"TotalSpecs": {specs}, "SpecsThatWillRun": 1}}, "SpecReports": [
                {{"LeafNodeType": "BeforeSuite", "State": "passed"}},
                {{"LeafNodeType": "It", "LeafNodeText": "a", "State": "passed", {attempts}}}]}}]"#
            )
        };
        let flaky = "\"NumAttempts\": 2, \"MaxFlakeAttempts\": 2";
        let repeated = "\"NumAttempts\": 2, \"MaxMustPassRepeatedly\": 2";
        assert_eq!(read_as("ginkgo", &report(true, 1, flaky)).0, ["~failed S a", "passed S a"]);
        let read = read_as("ginkgo", &report(true, 1, repeated));
        assert_eq!((&read.0[..], read.1), (&["passed S a".to_owned()][..], vec![]));
        let failed = GapKind::ReportedFailure { what: "SuiteSucceeded false".to_owned() };
        assert_eq!(read_as("ginkgo", &report(false, 1, repeated)).1, [failed]);
        let missing = GapKind::PlanNotMet { planned: 2, actual: 1 };
        assert_eq!(read_as("ginkgo", &report(true, 2, repeated)).1, [missing]);
    }
}
