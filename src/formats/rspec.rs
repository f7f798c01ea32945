//! RSpec's JSON formatter.
//!
//! In: one document. Out: a result for each example. What a newcomer would get wrong: `pending` is both
//! an example that was skipped and one that failed as it should.
//!
//! <https://rspec.info/features/3-13/rspec-core/formatters/json-formatter/>

use super::About;
use super::emit::test_record::{self, Told};
use crate::model::{Outcome, RunBuilder, Sink};
use crate::syntax::json::{self, Head, Value, Visitor, Want};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "RSpec's JSON formatter (--format json)",
    names: "the full description",
    outcomes: &STATUSES,
    incomplete: "the document has no end; fewer examples than its summary says; errors outside of \
                 examples",
    link: "https://rspec.info/features/3-13/rspec-core/formatters/json-formatter/",
};

const STATUSES: [(&str, Outcome); 4] = [
    ("passed", Outcome::Passed),
    ("pending", Outcome::Skipped),
    ("failed", Outcome::Failed),
    ("failed, PendingExampleFixedError", Outcome::Xpassed),
];

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &Head) -> bool {
    head.has(&["examples/*/full_description"]) || head.has(&["version", "examples"])
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    json::read(input, &mut Report { builder, came: 0 })
}

struct Report<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    came: u64,
}

impl<S: Sink> Visitor for Report<'_, '_, S> {
    fn want(&mut self, place: &[&str]) -> Want {
        match place {
            [] | ["examples"] => Want::Enter,
            ["summary"] | ["examples", "*"] => Want::Take,
            _ => Want::Skip,
        }
    }

    fn value(&mut self, line: u32, place: &[&str], value: &Value) {
        match place {
            ["examples", _] => self.example(line, value),
            ["summary"] => {
                test_record::announced(
                    value["example_count"].count(),
                    self.came,
                    line,
                    self.builder,
                );
                if value["errors_outside_of_examples_count"].count() > Some(0) {
                    test_record::gave_up("errors outside of examples", line, self.builder);
                }
            }
            _ => {}
        }
    }
}

impl<S: Sink> Report<'_, '_, S> {
    fn example(&mut self, line: u32, example: &Value) {
        self.came += 1;
        let exception = &example["exception"];
        let fixed =
            exception["class"].text().starts_with("RSpec::Core::Pending::PendingExampleFixed");
        let outcome = match test_record::exact_outcome(&STATUSES, example["status"].text()) {
            Outcome::Failed if fixed => Outcome::Xpassed,
            outcome => outcome,
        };
        let said = [exception["message"].text(), example["pending_message"].text()];
        Told::new(example["full_description"].text(), outcome)
            .message(test_record::first(&said))
            .at(
                example["file_path"].text().trim_start_matches("./"),
                example["line_number"].count(),
            )
            .tell(line, self.builder);
    }
}
