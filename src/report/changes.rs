//! What became of a list's rows, as it is told: each change with the texts of its rows.
//!
//! In: two lists. Out: [`ChangeLine`]s in the order of `known::changes`. A newcomer's trap: `old` rows
//! stand in the documents before, `new` ones in those after, so that a line's number belongs to either.

use super::messages;
use crate::compare::{Facts, ListChange, RowCounts, RowStatus};
use crate::known::{Change, EditedCell, KnownFailures, Row, RowId};
use schemars::JsonSchema;
use serde::Serialize;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// Claims what no row claimed.
    Added,
    /// Claims all that the old rows did, and more.
    Widened,
    /// Claims the same; some cells say something else.
    Edited,
    /// Claims the same in another section or document.
    Moved,
    /// Claims a part of what the old row did.
    Narrowed,
    /// Nothing claims what it did.
    Removed,
    /// Says once more what another row says too.
    Repeated,
    /// Said what another row says too, which is still there.
    Merged,
}

impl ChangeKind {
    /// Every kind, the one that concerns a reader most first.
    pub const ALL: [ChangeKind; 8] = [
        ChangeKind::Added,
        ChangeKind::Widened,
        ChangeKind::Edited,
        ChangeKind::Moved,
        ChangeKind::Narrowed,
        ChangeKind::Removed,
        ChangeKind::Repeated,
        ChangeKind::Merged,
    ];

    /// The word users see.
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeKind::Added => "added",
            ChangeKind::Widened => "widened",
            ChangeKind::Edited => "edited",
            ChangeKind::Moved => "moved",
            ChangeKind::Narrowed => "narrowed",
            ChangeKind::Removed => "removed",
            ChangeKind::Repeated => "repeated",
            ChangeKind::Merged => "merged",
        }
    }
}

/// One thing that happened to the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeLine {
    pub kind: ChangeKind,
    /// Rows of the list before.
    pub old: Vec<ChangedRow>,
    /// Rows of the list after.
    pub new: Vec<ChangedRow>,
    /// For repeated and merged rows: the row of the list after that says the same.
    pub same: Option<ChangedRow>,
    /// For edited rows.
    pub cells: Vec<CellChange>,
}

/// One row, as far as a change tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedRow {
    pub file: String,
    pub line: u32,
    pub pattern: String,
    pub variants: String,
    pub reason: String,
    pub issue: String,
    pub section: Vec<String>,
    /// What a run says of a row of the list after, where there is one.
    pub run: Option<(RowStatus, RowCounts)>,
}

/// What a cell said and says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellChange {
    /// The column, in the words of the documentation; a column of no meaning by its header.
    pub column: String,
    pub old: String,
    pub new: String,
}

impl ChangeLine {
    /// Whether the list claims more by it than before.
    pub fn grows(&self) -> bool {
        match self.kind {
            ChangeKind::Added | ChangeKind::Widened => true,
            ChangeKind::Edited
            | ChangeKind::Moved
            | ChangeKind::Narrowed
            | ChangeKind::Removed
            | ChangeKind::Repeated
            | ChangeKind::Merged => false,
        }
    }

    /// Whether it does, and names no issue.
    pub fn is_untracked(&self) -> bool {
        self.grows() && self.new.iter().any(|row| row.issue.is_empty())
    }
}

/// Everything that happened; `facts` are of a run against the list after.
pub fn change_lines(list: &ListChange, facts: Option<&Facts>) -> Vec<ChangeLine> {
    list.changes.iter().map(|change| change_line(&list.old, &list.new, facts, change)).collect()
}

fn change_line(
    old_list: &KnownFailures,
    new_list: &KnownFailures,
    facts: Option<&Facts>,
    change: &Change,
) -> ChangeLine {
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
    };
    let same = |id: &RowId| Some(changed_row(new_list.row(*id)));
    match change {
        Change::Added { new } => with_rows(ChangeKind::Added, &[], &[*new]),
        Change::Widened { old, new } => with_rows(ChangeKind::Widened, old, &[*new]),
        Change::Edited { old, new, cells } => ChangeLine {
            cells: cells.iter().map(|c| cell(old_list.row(*old), new_list.row(*new), c)).collect(),
            ..with_rows(ChangeKind::Edited, &[*old], &[*new])
        },
        Change::Moved { old, new } => with_rows(ChangeKind::Moved, &[*old], &[*new]),
        Change::Narrowed { old, new } => with_rows(ChangeKind::Narrowed, &[*old], new),
        Change::Removed { old } => with_rows(ChangeKind::Removed, &[*old], &[]),
        Change::Duplicated { new, original: of } => {
            ChangeLine { same: same(of), ..with_rows(ChangeKind::Repeated, &[], &[*new]) }
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
        run: None,
    }
}

fn cell(old: &Row, new: &Row, cell: &EditedCell) -> CellChange {
    let text: fn(&Row) -> String = match cell {
        EditedCell::Status => |row| messages::expected(&row.expected),
        EditedCell::Variants => |row| messages::scope(&row.variants),
        EditedCell::Category => |row| row.category.clone(),
        EditedCell::Reason => |row| row.reason.clone(),
        EditedCell::Issue => |row| row.issue.clone(),
        EditedCell::Expires => |row| row.expires.map_or_else(String::new, |date| date.to_string()),
        EditedCell::Owner => |row| row.owner.clone(),
        EditedCell::Other(header) => {
            let cell_text = |row: &Row| {
                let cell = row.other.iter().find(|(other, _)| other == header);
                cell.map_or_else(String::new, |(_, cell)| cell.clone())
            };
            return CellChange { column: header.clone(), old: cell_text(old), new: cell_text(new) };
        }
    };
    CellChange { column: column(cell).to_owned(), old: text(old), new: text(new) }
}

fn column(cell: &EditedCell) -> &str {
    match cell {
        EditedCell::Status => "status",
        EditedCell::Variants => "variants",
        EditedCell::Category => "category",
        EditedCell::Reason => "reason",
        EditedCell::Issue => "issue",
        EditedCell::Expires => "expires",
        EditedCell::Owner => "owner",
        EditedCell::Other(header) => header,
    }
}
