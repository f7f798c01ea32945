//! The changes of a list, with the texts of the changed rows.
//!
//! Line numbers of `old` rows refer to the old documents, those of `new` rows to the new ones.

use super::messages;
use crate::compare::{Facts, ListChange, RowCounts, RowStatus};
use crate::known::{Change, EditedCell, Row, RowId};
use schemars::JsonSchema;
use serde::Serialize;
use strum::{IntoStaticStr, VariantArray};

/// What happened to a row.
#[derive(Serialize, JsonSchema, IntoStaticStr, VariantArray)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It claims what no row claimed.
    Added,
    /// It claims all that the old rows did, and more.
    Widened,
    /// It claims tests that stricter rows claimed.
    Relaxed,
    /// It claims the same, but other cells differ.
    Edited,
    /// It claims the same in another section or document.
    Moved,
    /// It claims a part of what the old row did.
    Narrowed,
    /// No row claims what it did.
    Removed,
    /// It is a new row with the pattern and variants of another one.
    Repeated,
    /// It had the pattern and variants of another row, which is still there.
    Merged,
}

impl ChangeKind {
    /// Every kind, the most important first.
    pub const ALL: &'static [ChangeKind] = ChangeKind::VARIANTS;

    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeLine {
    /// What happened.
    pub kind: ChangeKind,
    /// Rows of the old list.
    pub old: Vec<ChangedRow>,
    /// Rows of the new list.
    pub new: Vec<ChangedRow>,
    /// For repeated and merged rows: the row of the new list with the same pattern and variants.
    pub same: Option<ChangedRow>,
    /// For edited rows: the cells that differ.
    pub cells: Vec<CellChange>,
    /// Whether the new list excuses more because of it.
    pub excuses_more: bool,
    /// Whether a row without an issue excuses more because of it, or lost its issue.
    pub is_untracked: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedRow {
    pub file: String,
    /// 1-based.
    pub line: u32,
    /// As it is in the document, without markup.
    pub pattern: String,
    /// The variants that it applies to, as its column has them; empty for all.
    pub variants: String,
    /// The cell of this column; may be empty.
    pub reason: String,
    /// The cell of this column; may be empty.
    pub issue: String,
    /// The headings above its table, outermost first.
    pub section: Vec<String>,
    /// Whether `compat = loose` lets it claim more than its pattern matches.
    pub is_loose: bool,
    /// For rows of the new list, with results: what its tests did.
    pub run: Option<(RowStatus, RowCounts)>,
}

/// A cell that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellChange {
    /// The column as the documentation names it; an unknown column by its header.
    pub column: String,
    /// Its text in the old list.
    pub old: String,
    /// Its text in the new list.
    pub new: String,
}

/// All changes; `facts` are of a run with the new list.
pub fn change_lines(list: &ListChange, facts: Option<&Facts>) -> Vec<ChangeLine> {
    list.changes.iter().map(|change| change_line(list, facts, change)).collect()
}

fn change_line(list: &ListChange, facts: Option<&Facts>, change: &Change) -> ChangeLine {
    let (old_list, new_list) = (&list.old, &list.new);
    let old_rows = |ids: &[RowId]| ids.iter().map(|id| changed_row(old_list.row(*id))).collect();
    let new_row = |id: &RowId| {
        let fact = facts.and_then(|facts| facts.rows.get(id.0 as usize));
        let run = fact.map(|fact| (fact.status, fact.counts));
        ChangedRow { run, ..changed_row(new_list.row(*id)) }
    };
    let with_rows = |kind, old: &[RowId], new: &[RowId]| ChangeLine {
        kind,
        old: old_rows(old),
        new: new.iter().map(new_row).collect(),
        same: None,
        cells: Vec::new(),
        excuses_more: !change.rows_that_excuse_more().is_empty(),
        is_untracked: !list.untracked(change).is_empty(),
    };
    let same = |id: &RowId| Some(changed_row(new_list.row(*id)));
    match change {
        Change::Added { new } => with_rows(ChangeKind::Added, &[], &[*new]),
        Change::Widened { old, new } => with_rows(ChangeKind::Widened, old, &[*new]),
        Change::Relaxed { old, new } => with_rows(ChangeKind::Relaxed, old, &[*new]),
        Change::Edited { old, new, cells, .. } => ChangeLine {
            cells: cells.iter().map(|c| cell(old_list.row(*old), new_list.row(*new), c)).collect(),
            ..with_rows(ChangeKind::Edited, &[*old], &[*new])
        },
        Change::Moved { old, new } => with_rows(ChangeKind::Moved, &[*old], &[*new]),
        Change::Narrowed { old, new, .. } => with_rows(ChangeKind::Narrowed, &[*old], new),
        Change::Removed { old } => with_rows(ChangeKind::Removed, &[*old], &[]),
        Change::Duplicated { new, original, .. } => {
            ChangeLine { same: same(original), ..with_rows(ChangeKind::Repeated, &[], &[*new]) }
        }
        Change::Deduplicated { old, into } => {
            ChangeLine { same: same(into), ..with_rows(ChangeKind::Merged, &[*old], &[]) }
        }
    }
}

fn changed_row(row: &Row) -> ChangedRow {
    ChangedRow {
        file: row.file.to_string(),
        line: row.line,
        pattern: row.pattern.as_str().to_owned(),
        variants: messages::scope(&row.variants),
        reason: row.reason.clone(),
        issue: row.issue.clone(),
        section: row.section.to_vec(),
        is_loose: row.loose.is_some(),
        run: None,
    }
}

fn cell(old: &Row, new: &Row, cell: &EditedCell) -> CellChange {
    let (column, text): (&str, fn(&Row) -> String) = match cell {
        EditedCell::Status => ("status", |row| messages::expected(&row.expected)),
        EditedCell::Variants => ("variants", |row| messages::scope(&row.variants)),
        EditedCell::Category => ("category", |row| row.category.clone()),
        EditedCell::Reason => ("reason", |row| row.reason.clone()),
        EditedCell::Issue => ("issue", |row| row.issue.clone()),
        EditedCell::Expires => {
            ("expires", |row| row.expires.map_or_else(String::new, |date| date.to_string()))
        }
        EditedCell::Owner => ("owner", |row| row.owner.clone()),
        EditedCell::Other(header) => {
            let cell_text = |row: &Row| {
                let cell = row.other.iter().find(|(other, _)| other == header);
                cell.map_or_else(String::new, |(_, cell)| cell.clone())
            };
            return CellChange { column: header.clone(), old: cell_text(old), new: cell_text(new) };
        }
    };
    CellChange { column: column.to_owned(), old: text(old), new: text(new) }
}
