//! karma-json-reporter: one document, an array of results for each browser.

use crate::formats::emit::{
    TestRecord, check_totals, emit_bail_out, emit_plan, names, saturating_sum,
};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value};
use std::collections::BTreeMap;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["karma-json", "karma"],
    title: "karma-json-reporter",
    test_name: "the suites and the description, separated by spaces; with several browsers first the browser \
                in brackets, with its version if it needs one",
    outcomes: &[
        ("success", Outcome::Passed),
        ("skipped, pending or disabled", Outcome::Skipped),
        ("none of these", Outcome::Failed),
    ],
    incomplete: "the document has no end; a browser was lost; less than its summary declares; \
                 an error or an exit code although no test failed",
    totals: "the summary: success, failed and skipped tests, error, exitCode",
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
    let (mut summary, mut seen) = (Value::Null, 0);
    let paths = ["browsers/{id}", "result/{id}/*", "summary", json::DOCUMENT_END];
    json::for_each(input, &paths, |line, path, value| match path {
        ["browsers", id] => {
            browsers.insert((*id).to_owned(), value["name"].as_str().to_owned());
        }
        ["result", id, _] => {
            seen += 1;
            emit(line, &browser_part(&browsers, id), value, builder);
        }
        ["summary"] => summary = value.clone(),
        [] => emit_summary(line, &summary, seen, builder),
        _ => {}
    })
}

/// The part of a name that distinguishes the browsers, if there are several: without the versions of browser and system,
/// which change, unless two have the rest in common.
fn browser_part(browsers: &BTreeMap<String, String>, id: &str) -> String {
    let Some(name) = browsers.get(id).filter(|_| browsers.len() > 1) else { return String::new() };
    let short = |name: &str| name.split(' ').next().unwrap_or("").to_owned();
    let namesakes = browsers.values().filter(|other| short(other) == short(name)).take(2).count();
    if namesakes > 1 { format!("[{name}]") } else { format!("[{}]", short(name)) }
}

fn emit_summary(line: u32, summary: &Value, seen: u64, builder: &mut RunBuilder<'_>) {
    check_totals(summary, &["success", "failed", "skipped", "exitCode"], line, builder);
    let counts = ["success", "failed", "skipped"].map(|key| summary[key].as_u64());
    let [_, failed, skipped] = counts;
    emit_plan(Some(saturating_sum(counts.into_iter().flatten())), seen, line, builder);
    builder.expect_failures(line, failed);
    builder.expect_skips(line, skipped);
    if summary["disconnected"].is_true() {
        emit_bail_out("a browser was disconnected", line, builder);
    }
    if summary["error"].is_true() {
        builder.expect_a_failure(line, "error");
    }
    if let Some(code) = summary["exitCode"].as_u64().filter(|code| *code > 0) {
        builder.expect_a_failure(line, &format!("exitCode {code}"));
    }
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
        .message(&test["log"].strings().join("\n"))
        .emit(line, builder);
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    #[test]
    fn versions_are_in_the_name_only_if_browsers_share_the_rest() {
        let names = |browsers: [&str; 2]| {
            let browsers = browsers.map(|name| format!(r#"{{"name": "{name}"}}"#));
            let result = r#"[{"suite": ["s"], "description": "t", "success": true}]"#;
            let text = format!(
                r#"{{"browsers": {{"1": {}, "2": {}}}, "result": {{"1": {result}, "2": {result}}}}}"#,
                browsers[0], browsers[1]
            );
            read_as("karma-json", &text).0
        };
        assert_eq!(names(["A 1 (X)", "B 2"]), ["passed [A] s t", "passed [B] s t"]);
        assert_eq!(names(["A 1", "A 2"]), ["passed [A 1] s t", "passed [A 2] s t"]);
    }

    #[test]
    fn summary_is_compared_and_unknown_keys_are_failures() {
        let read = |test: &str, summary: &str| {
            let text = format!(
                r#"{{"browsers": {{"1": {{"name": "A 1"}}}},
                "result": {{"1": [{{"suite": [], "description": "t", {test}}}]}},
                "summary": {{{summary}}}}}"#
            );
            read_as("karma-json", &text)
        };
        let passed = r#""success": true, "skipped": false"#;
        let whole = r#""success": 1, "failed": 0, "skipped": 0, "error": false, "exitCode": 0"#;
        assert_eq!((&*read(passed, whole).0[0], read(passed, whole).1.len()), ("passed t", 0));
        assert_eq!(read(r#""zorked": true"#, "").0, ["failed t"]);
        assert_eq!(read(r#""skipped": true, "success": false"#, "").0, ["skipped t"]);
        for summary in [
            r#""success": 2"#,
            r#""failed": 1"#,
            r#""skipped": 1"#,
            r#""error": true"#,
            r#""exitCode": 1"#,
            r#""disconnected": true"#,
        ] {
            assert!(!read(passed, summary).1.is_empty(), "{summary}");
        }
    }
}
