//! piglit's `results.json`, which igt-gpu-tools writes too: one document with an object of tests.
//!
//! A test with subtests is reported by them: its own result repeats the worst of theirs. The object of subtests always
//! has a `__type__`.

use crate::formats::emit::{TestRecord, first_non_empty, names, outcome_for};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["piglit-json", "piglit", "igt"],
    title: "piglit's results.json, as piglit and igt-gpu-tools write it",
    test_name: "the test, and after an @ its subtest, as in spec@glsl-1.10@execution@fs-a@sub",
    outcomes: &STATUSES,
    incomplete: "the document has no end; a test is incomplete",
    totals: "",
    link: "https://gitlab.freedesktop.org/mesa/piglit",
    sniff: Sniff::Json(|head| {
        head.has_text("__type__", "TestrunResult")
            || head.has_text("time_elapsed/__type__", "TimeAttribute")
            || head.has_all(&["info/system/uname"])
            || head.has_all(&["info/system/glxinfo"])
            || head.has_all(&["results_version", "tests"])
    }),
    read,
};

const STATUSES: [(&str, Outcome); 11] = [
    ("pass", Outcome::Passed),
    ("warn", Outcome::Passed),
    ("skip", Outcome::Skipped),
    ("notrun", Outcome::Skipped),
    ("incomplete", Outcome::Unfinished),
    ("fail", Outcome::Failed),
    ("dmesg-warn", Outcome::Failed),
    ("dmesg-fail", Outcome::Failed),
    ("timeout", Outcome::TimedOut),
    ("crash", Outcome::Crashed),
    ("abort", Outcome::Crashed),
];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    json::for_each(input, &["tests/{name}"], |line, path, test| {
        if let [.., name] = path {
            emit(line, name, test, builder);
        }
    })
}

fn emit(line: u32, name: &str, test: &Value, builder: &mut RunBuilder<'_>) {
    let texts = ["exception", "traceback", "err", "out"].map(|key| test[key].as_str().trim());
    let message = first_non_empty(&texts);
    let mut emit_result = |name: &str, status: &Value| {
        let outcome = outcome_for(&STATUSES, status.as_str());
        TestRecord::new(name, outcome).message(message).emit(line, builder);
    };
    // Old versions have one subtest a test, under the singular.
    let subtests = ["subtests", "subtest"].into_iter().flat_map(|key| test[key].as_object());
    let mut subtests = subtests.filter(|(subtest, _)| subtest != "__type__").peekable();
    if subtests.peek().is_none() && !test.as_object().is_empty() {
        emit_result(name, &test["result"]);
    }
    for (subtest, status) in subtests {
        emit_result(&names::join_child(name, subtest, "@"), status);
    }
}
