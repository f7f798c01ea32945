//! Meson's `testlog.json`.
//!
//! In: a test a line. Out: a result for each. What a newcomer would get wrong: the line holds the whole
//! environment of the run, which is nobody's business: only what the test printed is told.
//!
//! <https://mesonbuild.com/Unit-tests.html>

use crate::formats::emit::test_record::{self, TestRecord};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, ForEachDocument, JsonHead, Value};
use crate::syntax::read_end::ReadEnd;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["meson-json", "meson"],
    title: "Meson's testlog.json",
    test_name: "as Meson prints it: `suite / test`",
    outcomes: &RESULTS,
    incomplete: "a line has no end; a test was interrupted",
    link: "https://mesonbuild.com/Unit-tests.html",
    sniff: Sniff::Json(sniff),
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

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &JsonHead) -> bool {
    head.has_all(&["name", "result", "starttime"])
        || head.has_all(&["name", "result", "returncode"])
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let emit = |line, test: &Value| {
        let outcome = test_record::outcome_for(&RESULTS, test["result"].as_str());
        TestRecord::new(test["name"].as_str(), outcome)
            .message(test_record::first_non_empty(&[
                test["stderr"].as_str(),
                test["stdout"].as_str(),
            ]))
            .emit(line, builder);
    };
    json::read(input, &mut ForEachDocument(emit))
}
