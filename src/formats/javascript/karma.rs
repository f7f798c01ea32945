//! karma-json-reporter: one document, an array of results for each browser.

use crate::formats::emit::{TestRecord, emit_bail_out, names};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value};
use std::collections::BTreeMap;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["karma-json", "karma"],
    title: "karma-json-reporter",
    test_name: "the suites and the description, separated by spaces; with several browsers first the browser \
                in brackets",
    outcomes: &[
        ("success", Outcome::Passed),
        ("skipped, pending or disabled", Outcome::Skipped),
        ("none of these", Outcome::Failed),
    ],
    incomplete: "the document has no end; a browser was lost",
    totals: "",
    link: "https://github.com/douglasduteil/karma-json-reporter",
    sniff: Sniff::Json(|head| {
        head.has_all(&["browsers"])
            && (head.has_all(&["result"]) || head.has_key_at_depth(2, "lastResult"))
    }),
    read,
};

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    // The names by their ids, which differ from run to run.
    let mut browsers: BTreeMap<String, String> = BTreeMap::new();
    let paths = ["browsers/{id}", "result/{id}/*", "summary"];
    json::for_each(input, &paths, |line, path, value| match path {
        ["browsers", id] => {
            // Without the versions of browser and system, which change.
            let name = value["name"].as_str().split(' ').next().unwrap_or("");
            browsers.insert((*id).to_owned(), name.to_owned());
        }
        ["result", id, _] => {
            let browser = match browsers.get(*id) {
                Some(name) if browsers.len() > 1 => format!("[{name}]"),
                Some(_) | None => String::new(),
            };
            emit(line, &browser, value, builder);
        }
        ["summary"] if value["disconnected"].is_true() => {
            emit_bail_out("a browser was disconnected", line, builder);
        }
        _ => {}
    })
}

fn emit(line: u32, browser: &str, test: &Value, builder: &mut RunBuilder<'_>) {
    let mut parts = vec![browser];
    parts.extend(test["suite"].strings());
    parts.push(test["description"].as_str());
    let outcome = if ["skipped", "pending", "disabled"].iter().any(|key| test[*key].is_true()) {
        Outcome::Skipped
    } else if test["success"].is_true() {
        Outcome::Passed
    } else {
        Outcome::Failed
    };
    TestRecord::new(names::join(&parts, " "), outcome)
        .message(test["log"].as_array().first().map_or("", Value::as_str))
        .emit(line, builder);
}
