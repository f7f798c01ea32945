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
        UnsupportedKind::Modifier { word } => format!("the row is kept without `{word}`"),
        UnsupportedKind::AllOf { tags } => {
            format!("left out, it holds only where all of `{}` do", tags.join(" "))
        }
        UnsupportedKind::OnlyIn { projects } => {
            format!("left out, it holds only in `{}`", projects.join(", "))
        }
        UnsupportedKind::Variant { name } => format!("left out, `{name}` cannot be a variant"),
        UnsupportedKind::Date { text } => format!("left out, `{text}` is not a date"),
        UnsupportedKind::Include { path, why } => format!("`{path}` is not included: {why}"),
        UnsupportedKind::Remove { text } => format!("nothing to remove: `{text}`"),
        UnsupportedKind::Inactive { name } => format!("left out, it is not active: `{name}`"),
        UnsupportedKind::Duplicate { pattern, file, line } => {
            format!("left out, `{pattern}` is listed already at {file}:{line}")
        }
    }
}

/// `240 rows; 3 lines could not be carried over as they were`
pub(crate) fn import_summary(rows: u64, unsupported: u64) -> String {
    let rows = count(rows, "row", "rows");
    match unsupported {
        0 => format!("{rows}: nothing was lost"),
        1 => format!("{rows}; 1 line could not be carried over as it was"),
        n => format!("{rows}; {} lines could not be carried over as they were", number(n)),
    }
}
