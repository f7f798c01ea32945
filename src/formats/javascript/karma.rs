//! karma-json-reporter's document.
//!
//! In: one document, for each browser a list of results. Out: a result for each.
//!
//! <https://github.com/douglasduteil/karma-json-reporter>

use crate::formats::emit::names;
use crate::formats::emit::test_record::{self, TestRecord};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, JsonHead, Value, VisitAction, Visitor};
use crate::syntax::read_end::ReadEnd;
use std::collections::BTreeMap;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["karma-json", "karma"],
    title: "karma-json-reporter",
    test_name: "the suites and the description, with blanks between; the browser before it in brackets when \
            there are several",
    outcomes: &[
        ("success", Outcome::Passed),
        ("skipped, pending or disabled", Outcome::Skipped),
        ("none of these", Outcome::Failed),
    ],
    incomplete: "the document has no end; a browser was lost",
    link: "https://github.com/douglasduteil/karma-json-reporter",
    sniff: Sniff::Json(sniff),
    read,
};

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &JsonHead) -> bool {
    head.has_all(&["browsers"])
        && (head.has_all(&["result"]) || head.has_key_at_depth(2, "lastResult"))
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    json::read(input, &mut KarmaReader { builder, browsers: BTreeMap::new() })
}

struct KarmaReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The names by their ids, which differ from run to run.
    browsers: BTreeMap<String, String>,
}

impl Visitor for KarmaReader<'_, '_> {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        match path {
            [] | ["browsers" | "result"] | ["result", _] => VisitAction::Enter,
            ["browsers", _] | ["result", _, "*"] | ["summary"] => VisitAction::Take,
            _ => VisitAction::Skip,
        }
    }

    fn value(&mut self, line: u32, path: &[&str], value: &Value) {
        match path {
            ["browsers", id] => {
                let name = value["name"].as_str();
                // Its version and the system's come and go.
                let name = name.split(' ').next().unwrap_or(name);
                self.browsers.insert((*id).to_owned(), name.to_owned());
            }
            ["result", id, _] => self.test(line, id, value),
            ["summary"] if value["disconnected"].is_true() => {
                test_record::emit_bail_out("a browser was disconnected", line, self.builder);
            }
            _ => {}
        }
    }
}

impl KarmaReader<'_, '_> {
    fn test(&mut self, line: u32, browser: &str, test: &Value) {
        let browser = match self.browsers.get(browser) {
            Some(name) if self.browsers.len() > 1 => format!("[{name}]"),
            Some(_) | None => String::new(),
        };
        let mut parts = vec![browser.as_str()];
        parts.extend(test["suite"].strings());
        parts.push(test["description"].as_str());
        let outcome = if ["skipped", "pending", "disabled"].iter().any(|key| test[*key].is_true()) {
            Outcome::Skipped
        } else if test["success"].is_true() {
            Outcome::Passed
        } else {
            Outcome::Failed
        };
        let log = test["log"].strings();
        TestRecord::new(names::join(&parts, " "), outcome)
            .message(log.first().copied().unwrap_or(""))
            .emit(line, self.builder);
    }
}
