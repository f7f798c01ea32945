//! TestCafe's JSON reporter: one document, fixtures with their tests.

use crate::formats::emit::{TestRecord, check_total, emit_plan, names, saturating_sum};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["testcafe-json", "testcafe"],
    title: "TestCafe's JSON reporter",
    test_name: "the fixture and the test, joined by ` - `",
    outcomes: &[
        ("empty errs", Outcome::Passed),
        ("skipped", Outcome::Skipped),
        ("errs, or none at all", Outcome::Failed),
    ],
    incomplete: "the document has no end; less than its totals",
    totals: "tests, passed and skipped ones",
    link: "https://testcafe.io/documentation/402825/guides/intermediate-guides/reporters",
    sniff: Sniff::Json(|head| {
        head.has_all(&["userAgents"])
            && (head.has_all(&["fixtures"]) || head.has_all(&["startTime"]))
    }),
    read,
};

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let (mut totals, mut seen, mut failed) = (Totals::default(), 0, 0);
    let paths = ["total", "passed", "skipped", "fixtures/*", json::DOCUMENT_END];
    json::for_each(input, &paths, |line, path, value| match path {
        [key] if value.as_u64().is_none() => check_total(key, value, line, builder),
        ["total"] => totals.run = value.as_u64(),
        ["passed"] => totals.passed = value.as_u64(),
        ["skipped"] => totals.skipped = value.as_u64(),
        [] => totals.emit([seen, failed], line, builder),
        _ => {
            for test in value["tests"].as_array() {
                let outcome = outcome(test);
                seen += 1;
                failed += u64::from(outcome.is_failing());
                emit(line, value, test, outcome, builder);
            }
        }
    })
}

/// What a report declares of itself.
#[derive(Clone, Copy, Default)]
struct Totals {
    /// Without the skipped ones.
    run: Option<u64>,
    passed: Option<u64>,
    skipped: Option<u64>,
}

impl Totals {
    fn emit(self, [seen, failed]: [u64; 2], line: u32, builder: &mut RunBuilder<'_>) {
        let Totals { run, passed, skipped } = self;
        let declared = run.max(passed.map(|passed| passed.saturating_add(failed)));
        let all = declared.map(|run| saturating_sum([run, skipped.unwrap_or(0)]));
        emit_plan(all, seen, line, builder);
        let failures = run.zip(passed).map(|(run, passed)| run.saturating_sub(passed));
        builder.expect_failures(line, failures);
        builder.expect_skips(line, skipped);
    }
}

fn outcome(test: &Value) -> Outcome {
    match test["errs"].as_array() {
        [] if !matches!(test["errs"], Value::Array(_)) => Outcome::Failed,
        [] if test["skipped"].is_true() => Outcome::Skipped,
        [] => Outcome::Passed,
        [..] => Outcome::Failed,
    }
}

fn emit(line: u32, fixture: &Value, test: &Value, outcome: Outcome, builder: &mut RunBuilder<'_>) {
    let name = names::join_child(fixture["name"].as_str(), test["name"].as_str(), " - ");
    TestRecord::new(name, outcome)
        .message(&test["errs"].strings().join("\n"))
        .location(fixture["path"].as_str().trim_start_matches("./"), None)
        .flaky(test["unstable"].is_true())
        .emit(line, builder);
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    #[test]
    fn totals_are_compared_and_errs_are_needed() {
        let read = |totals: [u32; 3], test: &str| {
            let [total, passed, skipped] = totals;
            let text = format!(
                r#"{{"userAgents": [], "fixtures": [{{"name": "f", "tests": [{{"name": "t", {test}}}]}}],
                "passed": {passed}, "total": {total}, "skipped": {skipped}}}"#
            );
            read_as("testcafe-json", &text)
        };
        let passed = r#""errs": []"#;
        assert_eq!(read([1, 1, 0], passed).0, ["passed f - t"]);
        let gaps = [[1, 1, 0], [2, 1, 0], [1, 2, 0], [1, 1, 1], [1, 0, 0]];
        assert_eq!(gaps.map(|totals| read(totals, passed).1.len()), [0, 2, 1, 2, 1]);
        assert_eq!(read([1, 1, 0], r#""zorked": []"#).0, ["failed f - t"]);
        assert_eq!(read([0, 0, 1], r#""errs": [], "skipped": true"#).0, ["skipped f - t"]);
    }
}
