//! pytest-json-report: one document. A test that passed after a rerun has the outcome `rerun`.

use crate::formats::emit::{TestRecord, emit_bail_out, first_non_empty, lookup, outcome_for};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["pytest-json"],
    title: "pytest-json-report",
    test_name: "the node id, as in tests/test_a.py::TestClass::test_b[param]",
    outcomes: &OUTCOMES,
    incomplete: "the document has no end; pytest's exit code is that of an interrupted run",
    totals: "",
    link: "https://github.com/numirias/pytest-json-report",
    sniff: Sniff::Json(|head| {
        head.has_all(&["created", "exitcode", "root"])
            || head.has_all(&["tests/*/nodeid", "tests/*/outcome"])
    }),
    read,
};

/// pytest counts an unexpected pass as failing only if xfail is strict: then the outcome is `failed`.
const OUTCOMES: [(&str, Outcome); 9] = [
    ("passed", Outcome::Passed),
    ("rerun", Outcome::Passed),
    ("subtests passed", Outcome::Passed),
    ("xpassed", Outcome::Passed),
    ("skipped", Outcome::Skipped),
    ("xfailed", Outcome::Xfailed),
    ("failed, [XPASS(strict)]", Outcome::Xpassed),
    ("failed", Outcome::Failed),
    ("error", Outcome::Errored),
];

/// The exit codes of a pytest that did not run all tests.
const ABORT_EXIT_CODES: [(u64, &str); 3] =
    [(2, "interrupted"), (3, "internal error"), (4, "usage error")];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let (mut exit_code, mut collectors_failed) = (None, 0);
    let paths = ["exitcode", "collectors/*", "tests/*", json::DOCUMENT_END];
    json::for_each(input, &paths, |line, path, value| match path {
        ["exitcode"] => exit_code = value.as_u64(),
        ["collectors", _] if value["outcome"].as_str() == "failed" => {
            collectors_failed += 1;
            TestRecord::new(value["nodeid"].as_str(), Outcome::Errored)
                .message(value["longrepr"].as_str())
                .emit(line, builder);
        }
        ["tests", _] => emit(line, value, builder),
        [] if collectors_failed == 0 => {
            if let Some(why) = exit_code.and_then(|code| lookup(&ABORT_EXIT_CODES, code)) {
                emit_bail_out(why, line, builder);
            }
        }
        _ => {}
    })
}

fn emit(line: u32, test: &Value, builder: &mut RunBuilder<'_>) {
    let messages = ["call", "setup", "teardown"].map(|phase| {
        let phase = &test[phase];
        first_non_empty(&[phase["longrepr"].as_str(), phase["crash"]["message"].as_str()])
    });
    let message = first_non_empty(&messages);
    let word = test["outcome"].as_str();
    let outcome = match outcome_for(&OUTCOMES, word) {
        Outcome::Failed if message.contains("[XPASS(strict)]") => Outcome::Xpassed,
        outcome => outcome,
    };
    let nodeid = test["nodeid"].as_str();
    let file = nodeid.split("::").next().unwrap_or("");
    TestRecord::new(nodeid, outcome)
        .message(message)
        .location(file, test["lineno"].as_u64().map(|index| index.saturating_add(1)))
        .flaky(word == "rerun")
        .emit(line, builder);
}
