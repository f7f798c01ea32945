//! pytest-json-report: one document. A test that passed after a rerun has the outcome `rerun`.

use crate::formats::emit::{
    TestRecord, check_total, check_totals, emit_bail_out, first_non_empty, known_or_failed, lookup,
    saturating_sum,
};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["pytest-json"],
    title: "pytest-json-report",
    test_name: "the node id, as in tests/test_a.py::TestClass::test_b[param]",
    outcomes: &OUTCOMES,
    incomplete: "the document has no end; pytest's exit code is that of an interrupted run",
    totals: "every count of the summary, except warnings; the exit code",
    link: "https://github.com/numirias/pytest-json-report",
    sniff: Sniff::Json(|head| {
        head.has_all(&["created", "exitcode", "root"])
            || head.has_all(&["tests/*/nodeid", "tests/*/outcome"])
    }),
    read,
};

/// pytest counts an unexpected pass as failing only if xfail is strict: then the outcome is `failed`.
const OUTCOMES: [(&str, Outcome); 11] = [
    ("passed", Outcome::Passed),
    ("rerun", Outcome::Passed),
    ("subtests passed", Outcome::Passed),
    ("xpassed", Outcome::Passed),
    ("skipped", Outcome::Skipped),
    ("xfailed", Outcome::Xfailed),
    ("failed, [XPASS(strict)]", Outcome::Xpassed),
    ("failed", Outcome::Failed),
    ("error", Outcome::Errored),
    (CRASHED, Outcome::Crashed),
    ("passed, and a setup alone", Outcome::Unfinished),
];

/// The phase of a test whose process died.
const CRASHED: &str = "???";

/// The counts of the summary by their kind. Each test is counted once, under its outcome.
const FAILURES: [&str; 2] = ["failed", "error"];
const SKIPS: [&str; 2] = ["skipped", "xfailed"];
/// Its keys that are no outcomes.
const NO_OUTCOMES: [&str; 4] = ["total", "collected", "deselected", "warnings"];

/// The exit code of a pytest that found no tests.
const NO_TESTS: u64 = 5;

/// The exit codes of a pytest that did not run all tests.
const ABORT_EXIT_CODES: [(u64, &str); 3] =
    [(2, "interrupted"), (3, "internal error"), (4, "usage error")];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let (mut exit_code, mut collectors_failed) = (None, 0);
    let paths = ["exitcode", "summary", "collectors/*", "tests/*", json::DOCUMENT_END];
    let mut summary = None;
    json::for_each(input, &paths, |line, path, value| match path {
        ["exitcode"] => {
            check_total("exitcode", value, line, builder);
            exit_code = value.as_u64();
        }
        ["summary"] => summary = Some((line, value.clone())),
        ["collectors", _] if !["passed", "skipped"].contains(&value["outcome"].as_str()) => {
            collectors_failed += 1;
            TestRecord::new(value["nodeid"].as_str(), Outcome::Errored)
                .message(value["longrepr"].as_str())
                .emit(line, builder);
        }
        ["tests", _] => emit(line, value, builder),
        [] => {
            if let Some((line, summary)) = summary.take() {
                compare_summary(line, &summary, collectors_failed, builder);
            }
            report_exit_code(line, exit_code, collectors_failed, builder);
        }
        _ => {}
    })
}

/// Compares the counts of the summary, which leave out modules that could not be collected.
fn compare_summary(line: u32, summary: &Value, collectors: u64, builder: &mut RunBuilder<'_>) {
    let sum = |keys: &[&str]| saturating_sum(keys.iter().filter_map(|key| summary[*key].as_u64()));
    let outcomes = summary.as_object().iter().map(|(key, _)| key.as_str());
    let outcomes: Vec<&str> = outcomes.filter(|key| !NO_OUTCOMES.contains(key)).collect();
    check_totals(summary, &outcomes, line, builder);
    check_totals(summary, &["collected", "deselected", "total"], line, builder);
    let selected = sum(&["collected"]).saturating_sub(sum(&["deselected"]));
    let tests = sum(&["total"]).max(selected).max(sum(&outcomes));
    // No test at all is a gap, although the summary agrees.
    let tests = Some(tests.saturating_add(collectors)).filter(|tests| *tests > 0);
    builder.expect_tests(line, tests);
    builder.expect_failures(line, sum(&FAILURES).saturating_add(collectors));
    builder.expect_skips(line, sum(&SKIPS));
}

fn report_exit_code(line: u32, code: Option<u64>, collectors: u64, builder: &mut RunBuilder<'_>) {
    let Some(code) = code.filter(|code| ![0, NO_TESTS].contains(code)) else { return };
    match lookup(&ABORT_EXIT_CODES, code) {
        Some(why) if collectors == 0 => emit_bail_out(why, line, builder),
        Some(_) | None => builder.expect_a_failure(line, &format!("exitcode {code}")),
    }
}

fn emit(line: u32, test: &Value, builder: &mut RunBuilder<'_>) {
    let messages = ["call", "setup", "teardown", CRASHED].map(|phase| {
        let phase = &test[phase];
        first_non_empty(&[
            without_worker(phase["longrepr"].as_str()),
            phase["crash"]["message"].as_str(),
        ])
    });
    let word = test["outcome"].as_str();
    let (outcome, unknown) = known_or_failed(lookup(&OUTCOMES, word), "status", word);
    let message = first_non_empty(&[&messages[..], &[unknown.as_str()]].concat());
    let outcome = match outcome {
        _ if !test[CRASHED].is_null() => Outcome::Crashed,
        Outcome::Failed if message.contains("[XPASS(strict)]") => Outcome::Xpassed,
        // pytest was interrupted in its call.
        Outcome::Passed if has_only_setup(test) => Outcome::Unfinished,
        outcome => outcome.max(worst_phase(test)),
    };
    let nodeid = test["nodeid"].as_str();
    let file = nodeid.split("::").next().unwrap_or("");
    TestRecord::new(nodeid, outcome)
        .message(message)
        .location(file, test["lineno"].as_u64().map(|index| index.saturating_add(1)))
        .flaky(word == "rerun")
        .emit(line, builder);
}

fn has_only_setup(test: &Value) -> bool {
    !test["setup"].is_null() && test["call"].is_null() && test["teardown"].is_null()
}

/// A message without the line that pytest-xdist puts before it, such as `[gw0] linux -- Python 3.11.7 …`.
fn without_worker(message: &str) -> &str {
    match message.split_once('\n') {
        Some((worker, rest)) if worker.starts_with("[gw") => rest.trim_start(),
        None if message.starts_with("[gw") => "",
        Some(_) | None => message,
    }
}

/// The outcome that a phase has although the test has a better one.
fn worst_phase(test: &Value) -> Outcome {
    let outcome = |phase: &str| match test[phase]["outcome"].as_str() {
        "passed" | "skipped" | "" => Outcome::Passed,
        _ if phase == "call" => Outcome::Failed,
        _ => Outcome::Errored,
    };
    ["setup", "call", "teardown"].map(outcome).into_iter().max().unwrap_or(Outcome::Passed)
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    #[test]
    fn phases_and_unknown_words_are_heeded() {
        let test = |name: &str, outcome: &str, phases: &str| {
            format!(r#"{{"nodeid": "{name}", "outcome": "{outcome}", {phases}}}"#)
        };
        let call = |outcome: &str| format!(r#""call": {{"outcome": "{outcome}"}}"#);
        let crash = "[gw0] linux -- Python 3.11\\nworker 'gw0' crashed";
        let tests = [
            test("a", "passed", &call("passed")),
            test("b", "passed", &call("zorked")),
            test("c", "zorked", &call("passed")),
            test(
                "d",
                "failed",
                &format!(r#""???": {{"outcome": "failed", "longrepr": "{crash}"}}"#),
            ),
            test("e", "xfailed", &call("skipped")),
            test("f", "passed", r#""setup": {"outcome": "passed"}"#),
        ];
        let report = |code: u64, summary: &str| {
            let tests = tests.join(", ");
            let text = format!(
                r#"{{"created": 1, "exitcode": {code}, "root": "/", "summary": {{{summary}}}, "tests": [{tests}]}}"#
            );
            read_as("pytest-json", &text)
        };
        let want = [
            "passed a",
            "failed b",
            "failed c: unknown status `zorked`",
            "crashed d: worker 'gw0' crashed",
            "xfailed e",
            "unfinished f",
        ];
        assert_eq!(report(1, r#""total": 6, "collected": 7, "deselected": 1"#).0, want);
        assert_eq!(report(1, r#""total": 6, "collected": 7, "deselected": 1"#).1, []);
        assert_eq!(report(1, r#""total": 6, "blocked": 7"#).1.len(), 1);
        let why = "internal error".to_owned();
        assert!(report(3, "").1.contains(&GapKind::BailedOut { why }));
    }
}
