//! The JSON of `knownfail diff`. Its schema is `schema/changes-1.json`.

use super::report::{TOOL, to_pretty_json};
use crate::report::{CellChange, ChangeKind, ChangeLine, ChangedRow, RowCounts, RowStatus};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// The changes between two lists.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "knownfail changes")]
struct JsonChanges<'a> {
    /// The version of this schema.
    schema: u32,
    /// The program and its version.
    tool: &'static str,
    /// How many changes of each kind there are.
    counts: BTreeMap<&'static str, usize>,
    changes: Vec<JsonChange<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonChange<'a> {
    change: ChangeKind,
    /// Rows of the old list.
    old: Vec<JsonChangedRow<'a>>,
    /// Rows of the new list.
    new: Vec<JsonChangedRow<'a>>,
    /// For repeated and merged rows: the row of the new list with the same pattern and variants.
    same: Option<JsonChangedRow<'a>>,
    /// For edited rows: the cells that differ.
    cells: Vec<JsonCell<'a>>,
    /// Whether the new list excuses more because of it.
    excuses_more: bool,
    /// Whether a row without an issue excuses more because of it, or lost its issue.
    untracked: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonChangedRow<'a> {
    file: &'a str,
    /// 1-based.
    line: u32,
    pattern: &'a str,
    /// Empty for a row that applies to all variants.
    variants: &'a str,
    reason: &'a str,
    issue: &'a str,
    /// The headings above its table, outermost first.
    section: &'a [String],
    /// With results, for rows of the new list: what its tests did.
    run: Option<JsonRun>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonRun {
    status: RowStatus,
    failed: u64,
    passed: u64,
    skipped: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonCell<'a> {
    column: &'a str,
    old: &'a str,
    new: &'a str,
}

/// The changes as JSON, ending in a line break.
pub fn render_changes_json(changes: &[ChangeLine]) -> String {
    let count = |kind| changes.iter().filter(|change| change.kind == kind).count();
    let counts = ChangeKind::ALL.iter().map(|kind| (kind.as_str(), count(*kind))).collect();
    let changes = changes.iter().map(json_change).collect();
    to_pretty_json(&JsonChanges { schema: 1, tool: TOOL, counts, changes })
}

/// The JSON Schema of the changes, ending in a line break.
pub fn schema() -> String {
    to_pretty_json(&schemars::schema_for!(JsonChanges<'static>))
}

fn json_change(change: &ChangeLine) -> JsonChange<'_> {
    let cells = change.cells.iter();
    JsonChange {
        change: change.kind,
        old: change.old.iter().map(json_row).collect(),
        new: change.new.iter().map(json_row).collect(),
        same: change.same.as_ref().map(json_row),
        cells: cells.map(|CellChange { column, old, new }| JsonCell { column, old, new }).collect(),
        excuses_more: change.excuses_more,
        untracked: change.is_untracked,
    }
}

fn json_row(row: &ChangedRow) -> JsonChangedRow<'_> {
    let ChangedRow { file, line, pattern, variants, reason, issue, section, run, .. } = row;
    let run = run.map(|(status, counts)| {
        let RowCounts { failed, passed, skipped, .. } = counts;
        JsonRun { status, failed, passed, skipped }
    });
    JsonChangedRow { file, line: *line, pattern, variants, reason, issue, section, run }
}
