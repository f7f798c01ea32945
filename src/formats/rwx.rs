//! RWX test results (version 1), which Captain writes: one document. A test contains its earlier attempts.
//!
//! A quarantined test is one that failed and that Captain was configured to tolerate.

use crate::formats::emit::{
    TestRecord, check_totals, emit_bail_out, emit_plan, first_non_empty, known_or_failed, lookup,
    saturating_sum,
};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Attempt, Outcome, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["rwx-json", "rwx"],
    title: "RWX test results (Captain)",
    test_name: "the name",
    outcomes: &KINDS,
    incomplete: "the document has no end; it has errors that are no test's; less than its summary declares",
    totals: "the summary: tests of each kind, errors that are no test's, the status",
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
    let (mut summary, mut tests, mut errors) = (Value::Null, 0, 0);
    let paths = ["summary", "tests/*", "otherErrors/*", json::DOCUMENT_END];
    json::for_each(input, &paths, |line, path, value| match path {
        ["summary"] => summary = value.clone(),
        ["otherErrors", _] => {
            errors += 1;
            emit_bail_out(value["message"].as_str(), line, builder);
        }
        ["tests", _] => {
            tests += 1;
            emit(line, value, builder);
        }
        [] => emit_summary(line, &summary, [tests, errors], builder),
        _ => {}
    })
}

fn emit_summary(
    line: u32,
    summary: &Value,
    [tests, errors]: [u64; 2],
    builder: &mut RunBuilder<'_>,
) {
    check_totals(summary, &KINDS.map(|(kind, _)| kind), line, builder);
    check_totals(summary, &["tests", "otherErrors"], line, builder);
    // Its keys are the kinds of a test.
    let sum = |is_summand: fn(Outcome) -> bool| {
        let kinds = KINDS.iter().filter(|(_, outcome)| is_summand(*outcome));
        saturating_sum(kinds.filter_map(|(kind, _)| summary[*kind].as_u64()))
    };
    emit_plan(summary["tests"].as_u64().max(Some(sum(|_| true))), tests, line, builder);
    builder.expect_failures(line, sum(Outcome::is_failing));
    builder.expect_skips(line, sum(|o| matches!(o, Outcome::Skipped | Outcome::Xfailed)));
    if let Some(declared) = summary["otherErrors"].as_u64().filter(|declared| *declared > errors) {
        emit_bail_out(&format!("otherErrors {declared}, but {errors} came"), line, builder);
    }
    match summary["status"]["kind"].as_str() {
        "" | "successful" => {}
        kind => builder.expect_a_failure(line, &format!("status {kind}")),
    }
}

fn emit(line: u32, test: &Value, builder: &mut RunBuilder<'_>) {
    let location = &test["location"];
    let past =
        test["pastAttempts"].as_array().iter().map(|attempt| (attempt, Attempt::Intermediate));
    for (attempt, kind) in past.chain([(&test["attempt"], Attempt::Final)]) {
        let status = &attempt["status"];
        let original = &status["originalStatus"];
        let word = status["kind"].as_str();
        let (outcome, unknown) = known_or_failed(lookup(&KINDS, word), "kind", word);
        let messages = [status["message"].as_str(), original["message"].as_str(), &unknown];
        TestRecord::new(test["name"].as_str(), outcome)
            .message(first_non_empty(&messages))
            .location(location["file"].as_str().trim_start_matches("./"), location["line"].as_u64())
            .attempt(kind)
            .emit(line, builder);
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    #[test]
    fn summary_is_compared_with_tests_and_errors() {
        let gaps = |summary: &str| {
            let text = format!(
                r#"{{"framework": {{"language": "Ruby", "kind": "RSpec"}}, "summary": {{{summary}}}, "tests": [
                {{"name": "a", "attempt": {{"status": {{"kind": "successful"}}}}}}]}}"#
            );
            read_as("rwx-json", &text).1
        };
        assert_eq!(gaps(r#""status": {"kind": "successful"}, "tests": 1, "successful": 1"#), []);
        for summary in [
            r#""tests": 2"#,
            r#""successful": 2"#,
            r#""timedOut": 1"#,
            r#""quarantined": 1"#,
            r#""otherErrors": 1"#,
            r#""status": {"kind": "failed"}"#,
        ] {
            assert!(!gaps(summary).is_empty(), "{summary}");
        }
        let what = "status failed".to_owned();
        assert_eq!(gaps(r#""status": {"kind": "failed"}"#), [GapKind::ReportedFailure { what }]);
    }
}
