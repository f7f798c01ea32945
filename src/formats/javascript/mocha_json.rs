//! mocha's `json` reporter: one document with an array of tests for each outcome.
//!
//! The array `tests` repeats the others. A failing hook is listed among the failures and counted in
//! `stats.failures`, although it is no test.

use crate::formats::emit::{TestRecord, emit_plan, first_non_empty, outcome_for, saturating_sum};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["mocha-json", "mocha"],
    title: "mocha --reporter json",
    test_name: "the full title: the titles of its suites and its own, as --grep sees them",
    outcomes: &OUTCOMES,
    incomplete: "the document has no end; its lists are shorter than its stats",
    totals: "",
    link: "https://mochajs.org/#json",
    sniff: Sniff::Json(|head| {
        head.has_all(&["stats/suites", "stats/passes", "stats/pending", "tests"])
    }),
    read,
};

/// By the name of the array.
const OUTCOMES: [(&str, Outcome); 4] = [
    ("passes", Outcome::Passed),
    ("pending", Outcome::Skipped),
    ("failures", Outcome::Failed),
    ("failures whose err.code is ERR_MOCHA_TIMEOUT", Outcome::TimedOut),
];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let (mut declared, mut seen) = (None, 0);
    let paths = ["stats", "passes/*", "pending/*", "failures/*", json::DOCUMENT_END];
    json::for_each(input, &paths, |line, path, value| match path {
        ["stats"] => {
            let counts = ["passes", "pending", "failures"].map(|key| value[key].as_u64());
            declared = Some(saturating_sum(counts.into_iter().flatten()));
        }
        [array, _] => {
            seen += 1;
            let timed_out = value["err"]["code"].as_str() == "ERR_MOCHA_TIMEOUT";
            let outcome = match outcome_for(&OUTCOMES, array) {
                Outcome::Failed if timed_out => Outcome::TimedOut,
                outcome => outcome,
            };
            emit(line, value, outcome, builder);
        }
        [] => emit_plan(declared, seen, line, builder),
        _ => {}
    })
}

/// Emits a test as mocha's reporters write it.
pub(super) fn emit(line: u32, test: &Value, outcome: Outcome, builder: &mut RunBuilder<'_>) {
    let err = &test["err"];
    let messages =
        [err["stack"].as_str(), test["stack"].as_str(), err["message"].as_str(), err.as_str()];
    let name = test.first_str(&["fullTitle", "title"]);
    TestRecord::new(name, outcome)
        .message(first_non_empty(&messages))
        .location(test["file"].as_str(), None)
        .flaky(test["currentRetry"].as_u64() > Some(0))
        .emit(line, builder);
}
