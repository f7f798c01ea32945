//! Changes of a list's rows, as `diff` and the comment show them.

use super::{and_more_if_any, append_names, count};
use crate::report::{CellChange, ChangeKind, ChangeLine, ChangedRow, RichText};

/// Heading of what the pull request does to the list.
pub(crate) const LIST_CHANGES: &str = "This pull request changes the list";

/// `2 rows added, 1 row removed; 1 row without an issue`: the changes, and how many rows are untracked.
pub(crate) fn list_summary(list: &[ChangeLine], untracked: u64) -> String {
    match untracked {
        0 => changes(list),
        n => {
            let untracked = count(n, "row without an issue", "rows without an issue");
            format!("{}; {untracked}", changes(list))
        }
    }
}

/// `narrows a.* to a.b`: one change of a row.
pub(crate) fn list_change(change: &ChangeLine) -> RichText {
    let with_patterns = |text: &str, rows: &[ChangedRow]| patterns(RichText::new(text), rows);
    let (old, new) = (&change.old, &change.new);
    let same = || {
        let mut patterns = old.iter().chain(new).map(|row| &row.pattern);
        let first = patterns.next();
        patterns.all(|pattern| Some(pattern) == first)
    };
    let is_loose = |rows: &[ChangedRow]| rows.iter().any(|row| row.is_loose);
    let text = match change.kind {
        ChangeKind::Added => with_patterns("adds ", new),
        ChangeKind::Widened if same() && is_loose(new) && !is_loose(old) => {
            with_patterns("lets `compat = loose` widen ", new)
        }
        ChangeKind::Widened if same() => with_patterns("more variants for ", new),
        ChangeKind::Widened => patterns(with_patterns("widens ", old).text(" to "), new),
        ChangeKind::Relaxed if old.is_empty() => {
            with_patterns("changes too many patterns to rule out that more is excused by ", new)
        }
        ChangeKind::Relaxed if same() => with_patterns("replaces a stricter row by ", new),
        ChangeKind::Relaxed => patterns(with_patterns("leaves tests of ", old).text(" to "), new),
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
    let text = if is_surprising_growth(change) { text.text(EXCUSES_MORE) } else { text };
    if change.is_untracked { text.text(", without an issue") } else { text }
}

const EXCUSES_MORE: &str = ", which excuses more";

/// The same as a line of its own.
pub(crate) const EXCUSES_MORE_NOW: &str = "it excuses more than before";

/// Whether the new list excuses more because of the change, and its kind does not show that.
pub(crate) fn is_surprising_growth(change: &ChangeLine) -> bool {
    change.excuses_more && !matches!(change.kind, ChangeKind::Added | ChangeKind::Widened)
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
        ChangeKind::Relaxed => "Relaxed: they claim tests of stricter rows",
        ChangeKind::Edited => "Edited: the same tests, other cells",
        ChangeKind::Moved => "Moved: the same tests, another section",
        ChangeKind::Narrowed => "Narrowed: what they claimed, and what of it is left",
        ChangeKind::Removed => "Removed",
        ChangeKind::Repeated => "Repeated: another row has the same effect",
        ChangeKind::Merged => "Merged: another row has the same effect",
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
        ChangeKind::Widened | ChangeKind::Relaxed | ChangeKind::Edited | ChangeKind::Narrowed => {
            None
        }
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
