//! mocha's `json` reporter.
//!
//! In: one document. Out: the results of its lists `passes`, `pending` and `failures`; the list
//! `tests` repeats them. What a newcomer would get wrong: a failing hook stands among the failures,
//! is no test and is counted in `stats.failures` all the same.
//!
//! <https://mochajs.org/#json>

use crate::formats::emit::test_record::{self, TestRecord};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, JsonHead, Value, VisitAction, Visitor};
use crate::syntax::read_end::ReadEnd;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["mocha-json", "mocha"],
    title: "mocha --reporter json",
    test_name: "the full title: the titles of its suites and its own, as --grep sees them",
    outcomes: &[
        ("passes", Outcome::Passed),
        ("pending", Outcome::Skipped),
        ("failures", Outcome::Failed),
        ("failures whose err.code is ERR_MOCHA_TIMEOUT", Outcome::TimedOut),
    ],
    incomplete: "the document has no end; its lists are shorter than its stats",
    link: "https://mochajs.org/#json",
    sniff: Sniff::Json(sniff),
    read,
};

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &JsonHead) -> bool {
    head.has_all(&["stats/suites", "stats/passes", "stats/pending"]) && head.has_all(&["tests"])
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    json::read(input, &mut MochaJsonReader { builder, declared: None, seen: 0 })
}

struct MochaJsonReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    declared: Option<u64>,
    seen: u64,
}

impl Visitor for MochaJsonReader<'_, '_> {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        match path {
            [] | ["passes" | "pending" | "failures"] => VisitAction::Enter,
            ["stats"] | ["passes" | "pending" | "failures", "*"] => VisitAction::Take,
            _ => VisitAction::Skip,
        }
    }

    fn value(&mut self, line: u32, path: &[&str], value: &Value) {
        match path {
            ["stats"] => {
                let counts = ["passes", "pending", "failures"].map(|key| value[key].as_u64());
                self.declared = Some(test_record::saturating_sum(counts.into_iter().flatten()));
            }
            ["passes", _] => self.test(line, value, Outcome::Passed),
            ["pending", _] => self.test(line, value, Outcome::Skipped),
            ["failures", _] => self.test(line, value, failure_outcome(value)),
            _ => {}
        }
    }

    fn leave(&mut self, line: u32, path: &[&str]) {
        if path.is_empty() {
            test_record::emit_declared_count(self.declared, self.seen, line, self.builder);
        }
    }
}

impl MochaJsonReader<'_, '_> {
    fn test(&mut self, line: u32, test: &Value, outcome: Outcome) {
        self.seen += 1;
        emit(line, test, outcome, self.builder);
    }
}

/// Whether a failure is one of time.
pub(crate) fn failure_outcome(test: &Value) -> Outcome {
    let timed_out = test["err"]["code"].as_str() == "ERR_MOCHA_TIMEOUT";
    if timed_out { Outcome::TimedOut } else { Outcome::Failed }
}

/// Tells a test as mocha's reporters write it.
pub(crate) fn emit(line: u32, test: &Value, outcome: Outcome, builder: &mut RunBuilder<'_>) {
    let err = &test["err"];
    let texts =
        [err["stack"].as_str(), test["stack"].as_str(), err["message"].as_str(), err.as_str()];
    let name = test_record::first_non_empty(&[test["fullTitle"].as_str(), test["title"].as_str()]);
    TestRecord::new(name, outcome)
        .message(test_record::first_non_empty(&texts))
        .location(test["file"].as_str(), None)
        .flaky(test["currentRetry"].as_u64() > Some(0))
        .emit(line, builder);
}
