//! Changes of a list's rows, as `diff` and the comment show them.

use super::{and_more_if_any, append_names, count};
use crate::report::{CellChange, ChangeKind, ChangeLine, ChangedRow, RichText};

/// Heading of what the pull request does to the list.
pub(crate) const LIST_CHANGES: &str = "This pull request changes the list";

/// `2 rows added, 1 row removed; 1 new row has no issue`
pub(crate) fn list_summary(list: &[ChangeLine]) -> String {
    match list.iter().filter(|change| change.is_untracked()).count() as u64 {
        0 => changes(list),
        n => format!("{}; {} no issue", changes(list), count(n, "new row has", "new rows have")),
    }
}

/// `narrows a.* to a.b`: one change of a row.
pub(crate) fn list_change(change: &ChangeLine) -> RichText {
    let with_patterns = |text: &str, rows: &[ChangedRow]| patterns(RichText::new(text), rows);
    let (old, new) = (&change.old, &change.new);
    let same = || old.first().map(|row| &row.pattern) == new.first().map(|row| &row.pattern);
    let text = match change.kind {
        ChangeKind::Added => with_patterns("adds ", new),
        ChangeKind::Widened if same() => with_patterns("more variants for ", new),
        ChangeKind::Widened => patterns(with_patterns("widens ", old).text(" to "), new),
        ChangeKind::Edited => {
            let columns = change.cells.iter().map(|cell| &cell.column);
            patterns(append_names(RichText::new("changes "), columns).text(" of "), new)
        }
        ChangeKind::Moved => with_patterns("moves ", new),
        ChangeKind::Narrowed if same() => with_patterns("fewer variants for ", new),
        ChangeKind::Narrowed => patterns(with_patterns("narrows ", old).text(" to "), new),
        ChangeKind::Removed => with_patterns("removes ", old),
        ChangeKind::Repeated => with_patterns("repeats ", new),
        ChangeKind::Merged => with_patterns("removes a repetition of ", old),
    };
    if change.is_untracked() { text.text(", without an issue") } else { text }
}

/// Appends the first patterns, and the number of the others.
fn patterns(text: RichText, rows: &[ChangedRow]) -> RichText {
    const MAX_SHOWN: usize = 3;
    let text = append_names(text, rows.iter().take(MAX_SHOWN).map(|row| &row.pattern));
    text.text(and_more_if_any(rows.len().saturating_sub(MAX_SHOWN)))
}

/// `2 rows added, 1 row removed`
pub(crate) fn changes(changes: &[ChangeLine]) -> String {
    let count = |kind| changes.iter().filter(|change| change.kind == kind).count() as u64;
    let counts = ChangeKind::ALL.iter().map(|kind| (count(*kind), kind.as_str()));
    let counts = counts.filter(|(n, _)| *n > 0);
    let parts = counts.map(|(n, word)| format!("{} {word}", self::count(n, "row", "rows")));
    let text = parts.collect::<Vec<_>>().join(", ");
    if text.is_empty() { "no row changed".to_owned() } else { text }
}

/// Heading of the changes of one kind.
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

/// Shown after the pattern of a changed row.
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

/// `reason: old became new`
pub(crate) fn cell_change(cell: &CellChange) -> RichText {
    let value = |text: &str| match text {
        "" => RichText::new("nothing"),
        text => RichText::from_quoted(text),
    };
    let column = RichText::new(format!("{}: ", cell.column));
    column.append(value(&cell.old)).text(" became ").append(value(&cell.new))
}
