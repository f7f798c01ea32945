//! test262-harness' JSON: conformance of JavaScript engines.
//!
//! In: one document, a list of tests that holds their whole sources. Out: a result for each. A file
//! runs twice, once in each mode, so the mode is part of the name.
//!
//! <https://github.com/test262-utils/test262-harness>

use crate::formats::emit::test_record::TestRecord;
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, JsonHead, Value, VisitAction, Visitor};
use crate::syntax::read_end::ReadEnd;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["test262-json", "test262"],
    title: "test262-harness --reporter=json",
    test_name: "the file, and its mode in parentheses, as in test/language/x.js (strict mode)",
    outcomes: &[
        ("result.pass true", Outcome::Passed),
        ("result.skip true", Outcome::Skipped),
        ("result.pass false", Outcome::Failed),
        ("no result", Outcome::Errored),
    ],
    incomplete: "the document has no end",
    link: "https://github.com/test262-utils/test262-harness",
    sniff: Sniff::Json(sniff),
    read,
};

/// Whether the first bytes of a file are of this format; the first source may fill them.
pub(crate) fn sniff(head: &JsonHead) -> bool {
    head.has_all(&["*/file", "*/contents"]) || head.has_all(&["*/file", "*/scenario", "*/result"])
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    json::read(input, &mut Test262Reader(builder))
}

struct Test262Reader<'b, 's>(&'b mut RunBuilder<'s>);

impl Visitor for Test262Reader<'_, '_> {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        match path {
            [] => VisitAction::Enter,
            ["*"] => VisitAction::Take,
            _ => VisitAction::Skip,
        }
    }

    fn value(&mut self, line: u32, _: &[&str], test: &Value) {
        let (file, relative) = (test["file"].as_str(), test["relative"].as_str());
        let file = match file.starts_with('/') || file.contains(":\\") {
            true if !relative.is_empty() => format!("test/{}", relative.replace('\\', "/")),
            true | false => file.replace('\\', "/"),
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
        } else if result.is_some() {
            Outcome::Failed
        } else {
            Outcome::Errored
        };
        TestRecord::new(name, outcome)
            .message(result["message"].as_str())
            .location(&file, None)
            .emit(line, self.0);
    }
}
