//! mocha's `json` reporter: one document with an array of tests for each outcome.
//!
//! The array `tests` repeats the others. A failing hook is listed among the failures and counted in
//! `stats.failures`, although it is no test.

use crate::formats::emit::{
    TestRecord, check_totals, emit_plan, first_non_empty, outcome_for, saturating_sum,
};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["mocha-json", "mocha"],
    title: "mocha --reporter json",
    test_name: "the full title: the titles of its suites and its own, as --grep sees them",
    outcomes: &OUTCOMES,
    incomplete: "the document has no end; its lists are shorter than its stats",
    totals: "the stats: tests, passes, pending, failures",
    link: "https://mochajs.org/#json",
    sniff: Sniff::Json(|head| {
        head.has_all(&["stats/suites", "stats/passes", "stats/pending", "tests"])
    }),
    read,
};

/// By the name of the array.
const OUTCOMES: [(&str, Outcome); 5] = [
    ("passes", Outcome::Passed),
    ("pending", Outcome::Skipped),
    ("failures", Outcome::Failed),
    ("passes whose err is not empty", Outcome::Failed),
    ("failures whose err.code is ERR_MOCHA_TIMEOUT", Outcome::TimedOut),
];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let (mut stats, mut seen, mut hooks) = (Value::Null, 0, 0);
    let paths = ["stats", "passes/*", "pending/*", "failures/*", json::DOCUMENT_END];
    json::for_each(input, &paths, |line, path, value| match path {
        ["stats"] => stats = value.clone(),
        [array, _] => {
            seen += 1;
            hooks += u64::from(is_hook(value));
            emit(line, value, outcome(array, &value["err"]), builder);
        }
        [] => emit_stats(line, &stats, [seen, hooks], builder),
        _ => {}
    })
}

/// The outcome of a test in an array.
fn outcome(array: &str, err: &Value) -> Outcome {
    let timed_out = err["code"].as_str() == "ERR_MOCHA_TIMEOUT";
    let has_error = !err.as_object().is_empty() || !err.as_str().is_empty();
    match outcome_for(&OUTCOMES, array) {
        Outcome::Failed if timed_out => Outcome::TimedOut,
        Outcome::Passed if has_error => Outcome::Failed,
        outcome => outcome,
    }
}

fn emit_stats(line: u32, stats: &Value, [seen, hooks]: [u64; 2], builder: &mut RunBuilder<'_>) {
    check_totals(stats, &["tests", "passes", "pending", "failures"], line, builder);
    let counts = ["passes", "pending", "failures"].map(|key| stats[key].as_u64());
    let [_, pending, failures] = counts;
    let sum = saturating_sum(counts.into_iter().flatten());
    let tests = stats["tests"].as_u64().map(|tests| tests.saturating_add(hooks));
    emit_plan(tests.max(Some(sum)), seen, line, builder);
    builder.expect_failures(line, failures);
    builder.expect_skips(line, pending);
}

/// Whether this is a hook: among the failures if it failed, and never among the tests.
fn is_hook(test: &Value) -> bool {
    let title = test["title"].as_str();
    ["\"before all\"", "\"before each\"", "\"after each\"", "\"after all\""]
        .iter()
        .any(|hook| title.starts_with(hook))
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

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    #[test]
    fn stats_are_compared_and_a_pass_has_no_error() {
        let read = |stats: [u32; 4], err: &str| {
            let [tests, passes, pending, failures] = stats;
            let text = format!(
                r#"{{"stats": {{"suites": 1, "tests": {tests}, "passes": {passes},
                "pending": {pending}, "failures": {failures}}},
                "tests": [], "passes": [{{"fullTitle": "t", "err": {err}}}]}}"#
            );
            read_as("mocha-json", &text)
        };
        let gaps = [[1, 1, 0, 0], [2, 1, 0, 0], [1, 2, 0, 0], [1, 1, 1, 0], [1, 0, 0, 1]];
        assert_eq!(gaps.map(|stats| read(stats, "{}").1.len()), [0, 1, 1, 2, 1]);
        assert_eq!(read([1, 1, 0, 0], "{}").0, ["passed t"]);
        assert_eq!(read([1, 1, 0, 0], r#"{"message": "m"}"#).0, ["failed t: m"]);
    }
}
