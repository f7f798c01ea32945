//! RWX test results (version 1), which Captain writes: one document. A test contains its earlier attempts.
//!
//! A quarantined test is one that failed and that Captain was configured to tolerate.

use crate::formats::emit::{TestRecord, emit_bail_out, first_non_empty, outcome_for};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Attempt, Outcome, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["rwx-json", "rwx"],
    title: "RWX test results (Captain)",
    test_name: "the name",
    outcomes: &KINDS,
    incomplete: "the document has no end; it has errors that are no test's",
    totals: "",
    link: "https://github.com/rwx-research/test-results-schema",
    sniff: Sniff::Json(|head| head.has_all(&["framework/language", "framework/kind", "summary"])),
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

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    json::for_each(input, &["tests/*", "otherErrors/*"], |line, path, value| {
        if path[0] == "otherErrors" {
            emit_bail_out(value["message"].as_str(), line, builder);
        } else {
            emit(line, value, builder);
        }
    })
}

fn emit(line: u32, test: &Value, builder: &mut RunBuilder<'_>) {
    let location = &test["location"];
    let past =
        test["pastAttempts"].as_array().iter().map(|attempt| (attempt, Attempt::Intermediate));
    for (attempt, kind) in past.chain([(&test["attempt"], Attempt::Final)]) {
        let status = &attempt["status"];
        let original = &status["originalStatus"];
        let outcome = outcome_for(&KINDS, status["kind"].as_str());
        TestRecord::new(test["name"].as_str(), outcome)
            .message(first_non_empty(&[status["message"].as_str(), original["message"].as_str()]))
            .location(location["file"].as_str().trim_start_matches("./"), location["line"].as_u64())
            .attempt(kind)
            .emit(line, builder);
    }
}
