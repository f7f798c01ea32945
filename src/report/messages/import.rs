//! What became of other tools' lists.
//!
//! In: what a list says that a document cannot. Out: one sentence a line.

use super::count;
use crate::import::UnsupportedKind;

/// What is said of a file that stands beside lists.
pub(crate) const NOT_A_LIST: &str = "skipped, not a known kind of list";

/// What a list says and a document cannot.
pub(crate) fn import_note(what: &UnsupportedKind) -> String {
    match what {
        UnsupportedKind::Line { text } => format!("left out, not understood: `{text}`"),
        UnsupportedKind::InvalidFile { why } => {
            format!("the whole list is left out, it cannot be read: {why}")
        }
        UnsupportedKind::NotUtf8 => {
            "not UTF-8: a row from here on may name another test than the list does".to_owned()
        }
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
        UnsupportedKind::OnlyIn { projects: places } => {
            format!("left out, it holds only in `{}`", places.join(", "))
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

/// How much was imported, and how much could not be said.
pub(crate) fn import_summary(rows: u64, unsupported: u64) -> String {
    let rows = count(rows, "row", "rows");
    match unsupported {
        0 => format!("{rows}: nothing was lost"),
        n => format!("{rows}; {} could not be carried over as it was", count(n, "line", "lines")),
    }
}
