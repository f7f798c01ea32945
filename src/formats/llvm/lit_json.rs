//! LLVM lit's JSON (`-o`): one document.

use crate::formats::emit::{TestRecord, first_non_empty, known_or_failed, lookup};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["lit-json"],
    title: "LLVM lit's JSON (-o)",
    test_name: "as lit prints it: `suite :: path/in/suite.test`",
    outcomes: &CODES,
    incomplete: "the document has no end",
    totals: "none: the format declares none",
    link: "https://llvm.org/docs/CommandGuide/lit.html#test-status-results",
    sniff: Sniff::Json(|head| {
        head.has_all(&["__version__", "tests"])
            || head.has_all(&["tests/*/code", "tests/*/elapsed"])
    }),
    read,
};

/// lit counts an unexpected pass as failing.
pub(super) const CODES: [(&str, Outcome); 10] = [
    ("PASS", Outcome::Passed),
    ("FLAKYPASS", Outcome::Passed),
    ("UNSUPPORTED", Outcome::Skipped),
    ("SKIPPED", Outcome::Skipped),
    ("EXCLUDED", Outcome::Skipped),
    ("XFAIL", Outcome::Xfailed),
    ("XPASS", Outcome::Xpassed),
    ("FAIL", Outcome::Failed),
    ("UNRESOLVED", Outcome::Errored),
    ("TIMEOUT", Outcome::TimedOut),
];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    json::for_each(input, &["tests/*"], |line, _, test| {
        let code = test["code"].as_str();
        let (outcome, unknown) = known_or_failed(lookup(&CODES, code), "code", code);
        TestRecord::new(test["name"].as_str(), outcome)
            .message(first_non_empty(&[test["output"].as_str(), &unknown]))
            .flaky(code == "FLAKYPASS")
            .emit(line, builder);
    })
}
