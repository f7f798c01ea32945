//! What became of a list's rows, as text and as JSON.
//!
//! In: the changes, in order. Out: text for a terminal, grouped by what happened; or one JSON object,
//! whose schema is `schema/changes-1.json`.

use super::{Color, Style, file_and_line, styled};
use crate::render::json::{TOOL, to_pretty_json};
use crate::report::{ChangeKind, ChangeLine, ChangedRow, RowStatus, messages};
use crate::sanitize;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Rows that are named for one change; the others are a number.
const MAX_NAMED_ROWS: usize = 10;

/// The changes as text: a line of counts, then a part for each kind.
pub fn render_changes(changes: &[ChangeLine], color: Color) -> String {
    let mut text = format!("{}\n", messages::changes(changes));
    for kind in changes.chunk_by(|a, b| a.kind == b.kind) {
        let heading = messages::change_heading(kind[0].kind);
        text.push_str(&format!("\n{}\n", styled(color, Style::Bold, heading)));
        for change in kind {
            render_change(change, color, &mut text);
        }
    }
    text
}

fn render_change(change: &ChangeLine, color: Color, text: &mut String) {
    let (rows, others) = match change.kind {
        ChangeKind::Narrowed => (&change.old, &change.new),
        ChangeKind::Removed | ChangeKind::Merged => (&change.old, &change.new),
        ChangeKind::Added
        | ChangeKind::Widened
        | ChangeKind::Edited
        | ChangeKind::Moved
        | ChangeKind::Repeated => (&change.new, &change.old),
    };
    for row in rows {
        let detail = messages::change_details(change, row)
            .map(|message| format!("  {}", sanitize::single_line(&message)));
        text.push_str(&format!("  {}{}\n", describe_row(row), detail.unwrap_or_default()));
        if let Some((status, counts)) = row.run.filter(|_| change.grows()) {
            let style = if status == RowStatus::Active { Style::Dim } else { Style::Warning };
            let run = styled(color, style, &messages::row_check(status, counts));
            text.push_str(&format!("      {run}\n"));
        }
    }
    let lists_others = matches!(change.kind, ChangeKind::Widened | ChangeKind::Narrowed);
    for row in others.iter().take(MAX_NAMED_ROWS).filter(|_| lists_others) {
        text.push_str(&format!("      {}\n", styled(color, Style::Dim, &describe_row(row))));
    }
    if lists_others && others.len() > MAX_NAMED_ROWS {
        text.push_str(&format!("      {}\n", messages::and_more(others.len() - MAX_NAMED_ROWS)));
    }
    for cell in &change.cells {
        let message = messages::cell_change(cell);
        text.push_str(&format!("      {}\n", sanitize::single_line(&message.to_string())));
    }
}

fn describe_row(row: &ChangedRow) -> String {
    let variants = match row.variants.is_empty() {
        true => String::new(),
        false => format!("  in {}", sanitize::single_line(&row.variants)),
    };
    format!(
        "{}  {}{variants}",
        file_and_line(&row.file, row.line),
        sanitize::single_line(&row.pattern)
    )
}

/// What `knownfail diff` says of two lists.
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
    /// Rows of the list before.
    old: Vec<JsonChangedRow<'a>>,
    /// Rows of the list after.
    new: Vec<JsonChangedRow<'a>>,
    /// For repeated and merged rows: the row of the list after that says the same.
    same: Option<JsonChangedRow<'a>>,
    /// For edited rows: the cells that say something else.
    cells: Vec<JsonCell<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonChangedRow<'a> {
    file: &'a str,
    /// 1-based.
    line: u32,
    pattern: &'a str,
    /// Empty for a row that speaks of all variants.
    variants: &'a str,
    reason: &'a str,
    issue: &'a str,
    /// The headings above its table, outermost first.
    section: &'a [String],
    /// With results, for rows of the list after: what they say of it.
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
    let count_kind = |kind| changes.iter().filter(|change| change.kind == kind).count();
    let counts =
        ChangeKind::ALL.into_iter().map(|kind| (kind.as_str(), count_kind(kind))).collect();
    let changes = changes.iter().map(json_change).collect();
    let json = JsonChanges { schema: 1, tool: TOOL, counts, changes };
    to_pretty_json(&json)
}

/// The JSON Schema of the changes, ending in a line break.
pub fn schema() -> String {
    to_pretty_json(&schemars::schema_for!(JsonChanges<'static>))
}

fn json_change(change: &ChangeLine) -> JsonChange<'_> {
    JsonChange {
        change: change.kind,
        old: change.old.iter().map(json_row).collect(),
        new: change.new.iter().map(json_row).collect(),
        same: change.same.as_ref().map(json_row),
        cells: change.cells.iter().map(json_cell).collect(),
    }
}

fn json_cell(cell: &crate::report::CellChange) -> JsonCell<'_> {
    JsonCell { column: &cell.column, old: &cell.old, new: &cell.new }
}

fn json_row(row: &ChangedRow) -> JsonChangedRow<'_> {
    JsonChangedRow {
        file: &row.file,
        line: row.line,
        pattern: &row.pattern,
        variants: &row.variants,
        reason: &row.reason,
        issue: &row.issue,
        section: &row.section,
        run: row.run.map(|(status, counts)| JsonRun {
            status,
            failed: counts.failed,
            passed: counts.passed,
            skipped: counts.skipped,
        }),
    }
}
