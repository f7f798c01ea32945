//! What became of a document's rows, from one version to another.
//!
//! In: changes. Out: one part of a line each, and their numbers.

use super::{count, number};
use crate::report::{CellChange, ChangeKind, ChangeLine, ChangedRow, Sentence};

/// Stands above what the pull request does to the list.
pub const LIST_CHANGES: &str = "This pull request changes the list";

/// `2 rows added, 1 row removed; 1 new row has no issue`.
pub fn list_summary(list: &[ChangeLine]) -> String {
    let untracked = list.iter().filter(|change| change.is_untracked()).count() as u64;
    match untracked {
        0 => changes(list),
        n => format!("{}; {} no issue", changes(list), count(n, "new row has", "new rows have")),
    }
}

/// What became of a row, in a part of a line.
pub fn list_change(change: &ChangeLine) -> Sentence {
    let of = |words: &str, rows: &[ChangedRow]| patterns(Sentence::new(words), rows);
    let (old, new) = (&change.old, &change.new);
    let same = || old.first().map(|row| &row.pattern) == new.first().map(|row| &row.pattern);
    let said = match change.kind {
        ChangeKind::Added => of("adds ", new),
        ChangeKind::Widened if same() => of("more variants for ", new),
        ChangeKind::Widened => patterns(of("widens ", old).words(" to "), new),
        ChangeKind::Edited => edited(&change.cells, new),
        ChangeKind::Moved => of("moves ", new),
        ChangeKind::Narrowed if same() => of("fewer variants for ", new),
        ChangeKind::Narrowed => patterns(of("narrows ", old).words(" to "), new),
        ChangeKind::Removed => of("removes ", old),
        ChangeKind::Repeated => of("repeats ", new),
        ChangeKind::Merged => of("removes a repetition of ", old),
    };
    if change.is_untracked() { said.words(", without an issue") } else { said }
}

/// A few patterns, and how many more there are.
fn patterns(mut said: Sentence, rows: &[ChangedRow]) -> Sentence {
    const SHOWN: usize = 3;
    for (place, row) in rows.iter().take(SHOWN).enumerate() {
        said = said.words(if place == 0 { "" } else { ", " }).quote(&row.pattern);
    }
    match rows.len().saturating_sub(SHOWN) {
        0 => said,
        more => said.words(format!(" and {} more", number(more as u64))),
    }
}

fn edited(cells: &[CellChange], rows: &[ChangedRow]) -> Sentence {
    let mut said = Sentence::new("changes ");
    for (place, cell) in cells.iter().enumerate() {
        said = said.words(if place == 0 { "" } else { ", " }).quote(&cell.column);
    }
    patterns(said.words(" of "), rows)
}

/// How many rows were added, removed and so on, in one line.
pub fn changes(changes: &[ChangeLine]) -> String {
    let count = |kind| changes.iter().filter(|change| change.kind == kind).count() as u64;
    let told = ChangeKind::ALL.into_iter().map(|kind| (count(kind), kind.word()));
    let mut parts: Vec<String> = told
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{} {word}", self::count(n, "row", "rows")))
        .collect();
    if parts.is_empty() {
        parts.push("no row changed".to_owned());
    }
    parts.join(", ")
}

/// What stands above the changes of one kind.
pub fn change_heading(kind: ChangeKind) -> &'static str {
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
pub fn change(change: &ChangeLine, row: &ChangedRow) -> Option<String> {
    let section = |rows: &[ChangedRow]| rows.first().map(|row| row.section.join(" › "));
    match change.kind {
        ChangeKind::Added | ChangeKind::Removed => {
            let said = [row.reason.as_str(), row.issue.as_str()];
            let said: Vec<&str> = said.into_iter().filter(|text| !text.is_empty()).collect();
            (!said.is_empty()).then(|| said.join(" · "))
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
pub fn cell_change(cell: &CellChange) -> Sentence {
    let quoted = |text: &str| match text.is_empty() {
        true => Sentence::new("nothing"),
        false => Sentence::quoting(text),
    };
    let column = Sentence::new(format!("{}: ", cell.column));
    column.join(quoted(&cell.old)).words(" became ").join(quoted(&cell.new))
}
