//! RSpec's JSON formatter: one document. An example that failed as expected is `pending`, as a skipped one is.

use crate::formats::emit::{TestRecord, emit_bail_out, emit_plan, first_non_empty, outcome_for};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["rspec-json", "rspec"],
    title: "RSpec's JSON formatter (--format json)",
    test_name: "the full description",
    outcomes: &STATUSES,
    incomplete: "the document has no end; fewer examples than its summary declares; errors outside of \
                 examples",
    totals: "",
    link: "https://rspec.info/features/3-13/rspec-core/formatters/json-formatter/",
    sniff: Sniff::Json(|head| {
        head.has_all(&["examples/*/full_description"]) || head.has_all(&["version", "examples"])
    }),
    read,
};

const STATUSES: [(&str, Outcome); 4] = [
    ("passed", Outcome::Passed),
    ("pending", Outcome::Skipped),
    ("failed", Outcome::Failed),
    ("failed, PendingExampleFixedError", Outcome::Xpassed),
];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut seen = 0;
    json::for_each(input, &["examples/*", "summary"], |line, path, value| match path {
        ["examples", _] => {
            seen += 1;
            emit(line, value, builder);
        }
        ["summary"] => {
            emit_plan(value["example_count"].as_u64(), seen, line, builder);
            if value["errors_outside_of_examples_count"].as_u64() > Some(0) {
                emit_bail_out("errors outside of examples", line, builder);
            }
        }
        _ => {}
    })
}

fn emit(line: u32, example: &Value, builder: &mut RunBuilder<'_>) {
    let exception = &example["exception"];
    let fixed =
        exception["class"].as_str().starts_with("RSpec::Core::Pending::PendingExampleFixed");
    let outcome = match outcome_for(&STATUSES, example["status"].as_str()) {
        Outcome::Failed if fixed => Outcome::Xpassed,
        outcome => outcome,
    };
    let messages = [exception["message"].as_str(), example["pending_message"].as_str()];
    let file = example["file_path"].as_str().trim_start_matches("./");
    TestRecord::new(example["full_description"].as_str(), outcome)
        .message(first_non_empty(&messages))
        .location(file, example["line_number"].as_u64())
        .emit(line, builder);
}
