//! What an import of another tool's list left out or changed.

use super::{count, number};
use crate::model::UnsupportedKind;

/// For a file next to lists that is none.
pub(crate) const NOT_A_LIST: &str = "skipped, not a known kind of list";

/// An entry that a document cannot express.
pub(crate) fn import_note(what: &UnsupportedKind) -> String {
    match what {
        UnsupportedKind::Line { text } => format!("left out, not understood: `{text}`"),
        UnsupportedKind::InvalidFile { why } => {
            format!("the whole list is left out, it cannot be read: {why}")
        }
        UnsupportedKind::NotUtf8 => "not UTF-8: names from this line on may be wrong".to_owned(),
        UnsupportedKind::Regex { text, why } => {
            format!("left out, the regular expression `{text}` cannot be read: {why}")
        }
        UnsupportedKind::Wildcard { text } => {
            format!("left out, no pattern can express `{text}`")
        }
        UnsupportedKind::Result { word } => format!("left out, no row can expect `{word}`"),
        UnsupportedKind::Modifier { word } => format!("`{word}` has no effect on a row"),
        UnsupportedKind::Variant { name } => format!("left out, `{name}` cannot be a variant"),
        UnsupportedKind::Date { text } => format!("left out, `{text}` is not a date"),
        UnsupportedKind::Include { path, why } => format!("`{path}` is not included: {why}"),
        UnsupportedKind::Remove { text } => format!("nothing to remove: `{text}`"),
        UnsupportedKind::Duplicate { pattern, file, line } => {
            format!("left out, `{pattern}` is listed already at {file}:{line}")
        }
    }
}

/// `240 rows; 5 entries excuse nothing and need no row; 3 lines could not be carried over as they were`
pub(crate) fn import_summary(rows: u64, without_effect: u64, unsupported: u64) -> String {
    let mut parts = vec![count(rows, "row", "rows")];
    match without_effect {
        0 => {}
        1 => parts.push("1 entry excuses nothing and needs no row".to_owned()),
        n => parts.push(format!("{} entries excuse nothing and need no row", number(n))),
    }
    match unsupported {
        0 => return format!("{}: nothing was lost", parts.join("; ")),
        1 => parts.push("1 line could not be carried over as it was".to_owned()),
        n => parts.push(format!("{} lines could not be carried over as they were", number(n))),
    }
    parts.join("; ")
}
