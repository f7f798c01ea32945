//! Meson's `testlog.json`: a test a line.
//!
//! Each line has the whole environment of the run, which may be confidential: only the test's output is kept.

use crate::formats::emit::{TestRecord, first_non_empty, known_or_failed, lookup};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["meson-json", "meson"],
    title: "Meson's testlog.json",
    test_name: "as Meson prints it: `suite / test`",
    outcomes: &RESULTS,
    incomplete: "a line has no end; a test was interrupted",
    totals: "none: each line is one test",
    link: "https://mesonbuild.com/Unit-tests.html",
    sniff: Sniff::Json(|head| {
        head.has_all(&["name", "result", "starttime"])
            || head.has_all(&["name", "result", "returncode"])
    }),
    read,
};

const RESULTS: [(&str, Outcome); 9] = [
    ("OK", Outcome::Passed),
    ("SKIP", Outcome::Skipped),
    ("IGNORED", Outcome::Skipped),
    ("EXPECTEDFAIL", Outcome::Xfailed),
    ("UNEXPECTEDPASS", Outcome::Xpassed),
    ("FAIL", Outcome::Failed),
    ("ERROR", Outcome::Errored),
    ("TIMEOUT", Outcome::TimedOut),
    ("INTERRUPT", Outcome::Unfinished),
];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    json::for_each_record(input, |line, test| {
        let result = test["result"].as_str();
        let (outcome, unknown) = known_or_failed(lookup(&RESULTS, result), "result", result);
        TestRecord::new(test["name"].as_str(), outcome)
            .message(first_non_empty(&[test.first_str(&["stderr", "stdout"]), &unknown]))
            .emit(line, builder);
    })
}
