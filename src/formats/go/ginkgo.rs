//! Ginkgo's JSON report (`--json-report`): one document, an array of suites.
//!
//! A node that is no spec is a result only if it failed. A suite that does not compile has failure reasons and no
//! specs.
//!
//! <https://pkg.go.dev/github.com/onsi/ginkgo/v2/types#Report>

use crate::formats::emit::{TestRecord, emit_bail_out, names, outcome_for};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["ginkgo-json", "ginkgo"],
    title: "Ginkgo's JSON report (--json-report)",
    test_name: "the suite's description, the texts of the containers and of the spec, separated by spaces",
    outcomes: &STATES,
    incomplete: "the document has no end; a suite failed for a reason that is no spec's",
    totals: "",
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
    let mut suite = String::new();
    let paths = ["*/SuiteDescription", "*/SpecialSuiteFailureReasons", "*/SpecReports/*"];
    json::for_each(input, &paths, |line, path, value| match path {
        [_, "SuiteDescription"] => value.as_str().clone_into(&mut suite),
        [_, "SpecialSuiteFailureReasons"] => {
            for reason in value.strings() {
                emit_bail_out(reason, line, builder);
            }
        }
        [_, _, _] => emit(line, &suite, value, builder),
        _ => {}
    })
}

fn emit(line: u32, suite: &str, spec: &Value, builder: &mut RunBuilder<'_>) {
    let outcome = outcome_for(&STATES, spec["State"].as_str());
    let mut parts = vec![suite];
    parts.extend(spec["ContainerHierarchyTexts"].strings());
    let node = spec["LeafNodeType"].as_str();
    let kind = format!("[{node}]");
    if node != "It" {
        if !outcome.is_failing() {
            return;
        }
        parts.push(&kind);
    }
    parts.push(spec["LeafNodeText"].as_str());
    let location = &spec["LeafNodeLocation"];
    TestRecord::new(names::join(&parts, " "), outcome)
        .message(spec["Failure"].first_str(&["Message", "ForwardedPanic"]))
        .location(location["FileName"].as_str(), location["LineNumber"].as_u64())
        .flaky(spec["NumAttempts"].as_u64() > Some(1))
        .emit(line, builder);
}
