//! The JSON of `knownfail history`. Its schema is `schema/history-1.json`.

use super::report::{TOOL, to_pretty_json};
use crate::report::{History, HistoryVersion, ListSize};
use schemars::JsonSchema;
use serde::Serialize;

/// The versions of a document.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "knownfail history")]
struct JsonHistory<'a> {
    /// The version of this schema.
    schema: u32,
    /// The program and its version.
    tool: &'static str,
    /// The document as it was given.
    file: &'a str,
    /// The commit that the history leads to, along first parents.
    head: JsonCommit<'a>,
    /// Each version of the document, oldest first. With `--since`, the first is the version of that day, with the
    /// last commit before it.
    versions: Vec<JsonVersion<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonCommit<'a> {
    /// The commit's whole id.
    commit: &'a str,
    /// When it was made: RFC 3339, in UTC.
    time: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonVersion<'a> {
    /// The commit's whole id.
    commit: &'a str,
    /// When it was made: RFC 3339, in UTC.
    time: String,
    /// The document's path in the repository; null if this commit deleted it.
    file: Option<&'a str>,
    /// Rows without duplicates.
    rows: u64,
    /// Rows that repeat one of these.
    duplicates: u64,
    /// The rows by section, in the order of the document.
    sections: Vec<JsonSection<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonSection<'a> {
    /// Its last heading down to the given level; empty for rows without a heading.
    section: &'a str,
    rows: u64,
}

/// The history as JSON, ending in a line break.
pub fn render_history_json(history: &History) -> String {
    let (commit, time) = &history.head;
    let json = JsonHistory {
        schema: 1,
        tool: TOOL,
        file: &history.file,
        head: JsonCommit { commit, time: time.to_string() },
        versions: history.versions().map(json_version).collect(),
    };
    to_pretty_json(&json)
}

/// The JSON Schema of a history, ending in a line break.
pub fn schema() -> String {
    to_pretty_json(&schemars::schema_for!(JsonHistory<'static>))
}

fn json_version(version: &HistoryVersion) -> JsonVersion<'_> {
    let HistoryVersion { commit, time, file, size } = version;
    let sections = size.sections.iter();
    let sections = sections.map(|(section, rows)| JsonSection { section, rows: *rows }).collect();
    let (time, file, ListSize { rows, duplicates, .. }) =
        (time.to_string(), file.as_deref(), &**size);
    JsonVersion { commit, time, file, rows: *rows, duplicates: *duplicates, sections }
}
