//! RSpec's JSON formatter.
//!
//! In: one document. Out: a result for each example. What a newcomer would get wrong: `pending` is both
//! an example that was skipped and one that failed as it should.
//!
//! <https://rspec.info/features/3-13/rspec-core/formatters/json-formatter/>

use super::emit::test_record::{self, TestRecord};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, JsonHead, Value, VisitAction, Visitor};
use crate::syntax::read_end::ReadEnd;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["rspec-json", "rspec"],
    title: "RSpec's JSON formatter (--format json)",
    test_name: "the full description",
    outcomes: &STATUSES,
    incomplete: "the document has no end; fewer examples than its summary says; errors outside of \
                 examples",
    link: "https://rspec.info/features/3-13/rspec-core/formatters/json-formatter/",
    sniff: Sniff::Json(sniff),
    read,
};

const STATUSES: [(&str, Outcome); 4] = [
    ("passed", Outcome::Passed),
    ("pending", Outcome::Skipped),
    ("failed", Outcome::Failed),
    ("failed, PendingExampleFixedError", Outcome::Xpassed),
];

/// Whether the first bytes of a file are of this format.
pub(super) fn sniff(head: &JsonHead) -> bool {
    head.has_all(&["examples/*/full_description"]) || head.has_all(&["version", "examples"])
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    json::read(input, &mut RspecReader { builder, seen: 0 })
}

struct RspecReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    seen: u64,
}

impl Visitor for RspecReader<'_, '_> {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        match path {
            [] | ["examples"] => VisitAction::Enter,
            ["summary"] | ["examples", "*"] => VisitAction::Take,
            _ => VisitAction::Skip,
        }
    }

    fn value(&mut self, line: u32, path: &[&str], value: &Value) {
        match path {
            ["examples", _] => self.example(line, value),
            ["summary"] => {
                test_record::emit_declared_count(
                    value["example_count"].as_u64(),
                    self.seen,
                    line,
                    self.builder,
                );
                if value["errors_outside_of_examples_count"].as_u64() > Some(0) {
                    test_record::emit_bail_out("errors outside of examples", line, self.builder);
                }
            }
            _ => {}
        }
    }
}

impl RspecReader<'_, '_> {
    fn example(&mut self, line: u32, example: &Value) {
        self.seen += 1;
        let exception = &example["exception"];
        let fixed =
            exception["class"].as_str().starts_with("RSpec::Core::Pending::PendingExampleFixed");
        let outcome = match test_record::outcome_for(&STATUSES, example["status"].as_str()) {
            Outcome::Failed if fixed => Outcome::Xpassed,
            outcome => outcome,
        };
        let messages = [exception["message"].as_str(), example["pending_message"].as_str()];
        TestRecord::new(example["full_description"].as_str(), outcome)
            .message(test_record::first_non_empty(&messages))
            .location(
                example["file_path"].as_str().trim_start_matches("./"),
                example["line_number"].as_u64(),
            )
            .emit(line, self.builder);
    }
}
