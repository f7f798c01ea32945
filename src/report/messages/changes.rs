//! What became of a document's rows, from one version to another.
//!
//! In: changes. Out: one part of a line each, and their numbers.

use super::{count, number};
use crate::report::{CellChange, ChangeKind, ChangeLine, ChangedRow, RichText};

/// Stands above what the pull request does to the list.
pub(crate) const LIST_CHANGES: &str = "This pull request changes the list";

/// `2 rows added, 1 row removed; 1 new row has no issue`.
pub(crate) fn list_summary(list: &[ChangeLine]) -> String {
    let untracked = list.iter().filter(|change| change.is_untracked()).count() as u64;
    match untracked {
        0 => changes(list),
        n => format!("{}; {} no issue", changes(list), count(n, "new row has", "new rows have")),
    }
}

/// What became of a row, in a part of a line.
pub(crate) fn list_change(change: &ChangeLine) -> RichText {
    let with_patterns = |text: &str, rows: &[ChangedRow]| patterns(RichText::new(text), rows);
    let (old, new) = (&change.old, &change.new);
    let same = || old.first().map(|row| &row.pattern) == new.first().map(|row| &row.pattern);
    let text = match change.kind {
        ChangeKind::Added => with_patterns("adds ", new),
        ChangeKind::Widened if same() => with_patterns("more variants for ", new),
        ChangeKind::Widened => patterns(with_patterns("widens ", old).text(" to "), new),
        ChangeKind::Edited => edited(&change.cells, new),
        ChangeKind::Moved => with_patterns("moves ", new),
        ChangeKind::Narrowed if same() => with_patterns("fewer variants for ", new),
        ChangeKind::Narrowed => patterns(with_patterns("narrows ", old).text(" to "), new),
        ChangeKind::Removed => with_patterns("removes ", old),
        ChangeKind::Repeated => with_patterns("repeats ", new),
        ChangeKind::Merged => with_patterns("removes a repetition of ", old),
    };
    if change.is_untracked() { text.text(", without an issue") } else { text }
}

/// A few patterns, and how many more there are.
fn patterns(mut text: RichText, rows: &[ChangedRow]) -> RichText {
    const MAX_SHOWN: usize = 3;
    for (index, row) in rows.iter().take(MAX_SHOWN).enumerate() {
        text = text.text(if index == 0 { "" } else { ", " }).quoted(&row.pattern);
    }
    match rows.len().saturating_sub(MAX_SHOWN) {
        0 => text,
        more => text.text(format!(" and {} more", number(more as u64))),
    }
}

fn edited(cells: &[CellChange], rows: &[ChangedRow]) -> RichText {
    let mut text = RichText::new("changes ");
    for (index, cell) in cells.iter().enumerate() {
        text = text.text(if index == 0 { "" } else { ", " }).quoted(&cell.column);
    }
    patterns(text.text(" of "), rows)
}

/// How many rows were added, removed and so on, in one line.
pub(crate) fn changes(changes: &[ChangeLine]) -> String {
    let count = |kind| changes.iter().filter(|change| change.kind == kind).count() as u64;
    let counts = ChangeKind::ALL.into_iter().map(|kind| (count(kind), kind.as_str()));
    let mut parts: Vec<String> = counts
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{} {word}", self::count(n, "row", "rows")))
        .collect();
    if parts.is_empty() {
        parts.push("no row changed".to_owned());
    }
    parts.join(", ")
}

/// What stands above the changes of one kind.
pub(crate) fn change_heading(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "Added",
        ChangeKind::Widened => "Widened: what they claim now, and instead of what",
        ChangeKind::Edited => "Edited: the same tests, other cells",
        ChangeKind::Moved => "Moved: the same tests, another section",
        ChangeKind::Narrowed => "Narrowed: what they claimed, and what of it is left",
        ChangeKind::Removed => "Removed",
        ChangeKind::Repeated => "Repeated: another row says the same",
        ChangeKind::Merged => "Merged: another row says the same",
    }
}

/// What is said of a row behind its pattern.
pub(crate) fn change_details(change: &ChangeLine, row: &ChangedRow) -> Option<String> {
    let section = |rows: &[ChangedRow]| rows.first().map(|row| row.section.join(" › "));
    match change.kind {
        ChangeKind::Added | ChangeKind::Removed => {
            let parts = [row.reason.as_str(), row.issue.as_str()];
            let parts: Vec<&str> = parts.into_iter().filter(|text| !text.is_empty()).collect();
            (!parts.is_empty()).then(|| parts.join(" · "))
        }
        ChangeKind::Moved => {
            Some(format!("from {} to {}", section(&change.old)?, section(&change.new)?))
        }
        ChangeKind::Repeated | ChangeKind::Merged => {
            change.same.as_ref().map(|same| format!("as {}:{}", same.file, same.line))
        }
        ChangeKind::Widened | ChangeKind::Edited | ChangeKind::Narrowed => None,
    }
}

/// What a cell said and says.
pub(crate) fn cell_change(cell: &CellChange) -> RichText {
    let value = |text: &str| match text.is_empty() {
        true => RichText::new("nothing"),
        false => RichText::from_quoted(text),
    };
    let column = RichText::new(format!("{}: ", cell.column));
    column.append(value(&cell.old)).text(" became ").append(value(&cell.new))
}
