//! test262-harness' JSON, conformance of JavaScript engines: one document, an array of tests with their whole sources.
//!
//! A file runs twice, once in each mode, so the mode is part of the name.

use crate::formats::emit::TestRecord;
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["test262-json", "test262"],
    title: "test262-harness --reporter=json",
    test_name: "the file, and its mode in parentheses, as in test/language/x.js (strict mode)",
    outcomes: &[
        ("result.pass true", Outcome::Passed),
        ("result.skip true", Outcome::Skipped),
        ("result.pass false", Outcome::Failed),
        ("neither", Outcome::Failed),
        ("no result", Outcome::Errored),
    ],
    incomplete: "the document has no end",
    totals: "none: the format declares none",
    link: "https://github.com/test262-utils/test262-harness",
    // The first source may fill the first bytes of a file.
    sniff: Sniff::Json(|head| {
        head.has_all(&["*/file", "*/contents"])
            || head.has_all(&["*/file", "*/scenario", "*/result"])
    }),
    read,
};

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    json::for_each(input, &["*"], |line, _, test| {
        let (file, relative) = (test["file"].as_str(), test["relative"].as_str());
        let is_absolute = file.starts_with('/') || file.contains(":\\");
        let file = if is_absolute && !relative.is_empty() {
            format!("test/{}", relative.replace('\\', "/"))
        } else {
            file.replace('\\', "/")
        };
        let name = match test["scenario"].as_str() {
            "" => file.clone(),
            scenario => format!("{file} ({scenario})"),
        };
        let result = &test["result"];
        let outcome = if result["skip"].is_true() {
            Outcome::Skipped
        } else if result["pass"].is_true() {
            Outcome::Passed
        } else if result.is_null() {
            Outcome::Errored
        } else {
            Outcome::Failed
        };
        TestRecord::new(name, outcome)
            .message(result["message"].as_str())
            .location(&file, None)
            .emit(line, builder);
    })
}
