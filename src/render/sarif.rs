//! What `lint` found as SARIF, which code scanning and editors read.
//!
//! Even a plain message has markup: `{0}` is an argument and `[text](address)` a link, so brackets and braces from
//! outside are escaped.
//!
//! Specification: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use super::markdown::escape::url_path;
use crate::model::Severity;
use crate::report::{PROBLEM_CODES, ProblemCode, ProblemLine};
use crate::sanitize;
use serde_json::{Value, json};
use std::ops::Range;

/// Characters of a message.
const MAX_MESSAGE_LEN: usize = 1_000;

/// A problem and the columns that it is about.
#[derive(Debug)]
pub struct Finding {
    pub problem: ProblemLine,
    /// In characters, from 1; `None` for the whole line.
    pub columns: Option<Range<u32>>,
}

/// The findings as a SARIF log, ending in a line break.
pub fn render_sarif(findings: &[Finding]) -> String {
    let rules: Vec<&ProblemCode> =
        PROBLEM_CODES.iter().filter(|rule| rule.is_reported_by_lint()).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "knownfail",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| descriptor(rule)).collect::<Vec<Value>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": findings.iter().map(|finding| result(finding, &rules)).collect::<Vec<Value>>(),
        }],
    });
    format!("{log:#}\n")
}

fn descriptor(rule: &ProblemCode) -> Value {
    json!({
        "id": rule.code,
        "shortDescription": { "text": escape_message(&rule.help.replace('`', "")) },
        "help": { "text": escape_message(&rule.help.replace('`', "")), "markdown": escape_message(rule.help) },
        "defaultConfiguration": { "level": level(rule.severity) },
    })
}

fn result(finding: &Finding, rules: &[&ProblemCode]) -> Value {
    let problem = &finding.problem;
    let message = problem.message.to_plain_line();
    let mut result = json!({
        "ruleId": problem.code,
        "level": level(problem.severity),
        "message": { "text": escape_message(&sanitize::truncate(&message, MAX_MESSAGE_LEN)) },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(&problem.file) },
            "region": region(finding),
        } }],
    });
    if let Some(index) = rules.iter().position(|rule| rule.code == problem.code) {
        result["ruleIndex"] = index.into();
    }
    result
}

/// Code scanning requires a line: what is about the whole file gets its first one.
fn region(finding: &Finding) -> Value {
    let line = finding.problem.line.max(1);
    match &finding.columns {
        Some(columns) => {
            json!({ "startLine": line, "startColumn": columns.start, "endColumn": columns.end })
        }
        None => json!({ "startLine": line }),
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// Text without the markup of a message.
fn escape_message(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '[' | ']' | '\\' => escaped.extend(['\\', c]),
            '{' | '}' => escaped.extend([c, c]),
            c => escaped.push(c),
        }
    }
    escaped
}

fn uri(path: &str) -> String {
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    format!("{scheme}{}", url_path(path.strip_prefix("./").unwrap_or(path)))
}
