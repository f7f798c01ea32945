//! RWX test results (version 1), which Captain writes.
//!
//! In: one document. Out: a result for each test and for each earlier try of it. What a newcomer would
//! get wrong: a quarantined test failed, and its runner was told not to mind.
//!
//! <https://github.com/rwx-research/test-results-schema>

use super::emit::test_record::{self, TestRecord};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Attempt, Outcome, RunBuilder};
use crate::syntax::json::{self, JsonHead, Value, VisitAction, Visitor};
use crate::syntax::read_end::ReadEnd;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["rwx-json", "rwx"],
    title: "RWX test results (Captain)",
    test_name: "the name",
    outcomes: &KINDS,
    incomplete: "the document has no end; it has errors that are no test's",
    link: "https://github.com/rwx-research/test-results-schema",
    sniff: Sniff::Json(sniff),
    read,
};

const KINDS: [(&str, Outcome); 8] = [
    ("successful", Outcome::Passed),
    ("skipped", Outcome::Skipped),
    ("pended", Outcome::Skipped),
    ("todo", Outcome::Skipped),
    ("quarantined", Outcome::Xfailed),
    ("failed", Outcome::Failed),
    ("canceled", Outcome::Unfinished),
    ("timedOut", Outcome::TimedOut),
];

/// Whether the first bytes of a file are of this format.
pub(super) fn sniff(head: &JsonHead) -> bool {
    head.has_all(&["framework/language", "framework/kind"]) && head.has_all(&["summary"])
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    json::read(input, &mut RwxReader(builder))
}

struct RwxReader<'b, 's>(&'b mut RunBuilder<'s>);

impl Visitor for RwxReader<'_, '_> {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        match path {
            [] | ["tests" | "otherErrors"] => VisitAction::Enter,
            ["tests" | "otherErrors", "*"] => VisitAction::Take,
            _ => VisitAction::Skip,
        }
    }

    fn value(&mut self, line: u32, path: &[&str], test: &Value) {
        if path[0] == "otherErrors" {
            test_record::emit_bail_out(test["message"].as_str(), line, self.0);
            return;
        }
        let location = &test["location"];
        let past =
            test["pastAttempts"].as_array().iter().map(|attempt| (attempt, Attempt::Intermediate));
        for (attempt, which) in past.chain([(&test["attempt"], Attempt::Final)]) {
            let status = &attempt["status"];
            TestRecord::new(
                test["name"].as_str(),
                test_record::outcome_for(&KINDS, status["kind"].as_str()),
            )
            .message(test_record::first_non_empty(&[
                status["message"].as_str(),
                status["originalStatus"]["message"].as_str(),
            ]))
            .location(location["file"].as_str().trim_start_matches("./"), location["line"].as_u64())
            .attempt(which)
            .emit(line, self.0);
        }
    }
}
