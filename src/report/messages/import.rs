//! What an import of another tool's list left out or changed.

use super::{count, number, quoting};
use crate::model::UnsupportedKind;
use crate::report::rich_text::RichText;

/// For a file next to lists that is none.
pub(crate) const NOT_A_LIST: &str = "skipped, not a known kind of list";

/// An entry that a document cannot express. The list may be anybody's: what it contains is quoted.
pub(crate) fn import_note(what: &UnsupportedKind) -> RichText {
    match what {
        UnsupportedKind::Line { text } => quoting("left out, not understood: {}", [text]),
        UnsupportedKind::InvalidFile { why } => {
            quoting("the whole list is left out, it cannot be read: {}", [why])
        }
        UnsupportedKind::NotUtf8 => {
            RichText::new("not UTF-8: names from this line on may be wrong")
        }
        UnsupportedKind::Regex { text, why } => {
            quoting("left out, the regular expression {} cannot be read: {}", [text, why])
        }
        UnsupportedKind::Wildcard { text } => {
            quoting("left out, no pattern can express {}", [text])
        }
        UnsupportedKind::Result { word } => quoting("left out, no row can expect {}", [word]),
        UnsupportedKind::Modifier { word } => quoting("{} has no effect on a row", [word]),
        UnsupportedKind::Variant { name } => quoting("left out, {} cannot be a variant", [name]),
        UnsupportedKind::Date { text } => quoting("left out, {} is not a date", [text]),
        UnsupportedKind::Include { path, why } => quoting("{} is not included: {}", [path, why]),
        UnsupportedKind::Remove { text } => quoting("nothing to remove: {}", [text]),
        UnsupportedKind::Duplicate { pattern, file, line } => {
            quoting("left out, {} is listed already at {}", [pattern, &format!("{file}:{line}")])
        }
        UnsupportedKind::Replaced { pattern, file, line } => {
            quoting("left out, {} of a later list counts: {}", [pattern, &format!("{file}:{line}")])
        }
        UnsupportedKind::Exempted { pattern, line } => quoting(
            &format!("left out where line {line} excuses nothing: no row can except {{}}"),
            [pattern],
        ),
        UnsupportedKind::Expired { date } => {
            quoting(&format!("left out, it expired on {date}"), [])
        }
    }
}

/// `240 rows; 5 entries excuse nothing and need no row; 3 entries were left out or changed`
pub(crate) fn import_summary(rows: u64, without_effect: u64, unsupported: u64) -> String {
    let mut parts = vec![count(rows, "row", "rows")];
    match without_effect {
        0 => {}
        1 => parts.push("1 entry excuses nothing and needs no row".to_owned()),
        n => parts.push(format!("{} entries excuse nothing and need no row", number(n))),
    }
    match unsupported {
        0 => return format!("{}: nothing was lost", parts.join("; ")),
        1 => parts.push("1 entry was left out or changed".to_owned()),
        n => parts.push(format!("{} entries were left out or changed", number(n))),
    }
    parts.join("; ")
}
