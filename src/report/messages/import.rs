//! What became of other tools' lists.
//!
//! In: what a list says that a document cannot. Out: one sentence a line.

use super::count;
use crate::import::UnsaidKind;

/// What is said of a file that stands beside lists.
pub const NO_LIST: &str = "skipped, not a known kind of list";

/// What a list says and a document cannot.
pub fn unsaid(what: &UnsaidKind) -> String {
    match what {
        UnsaidKind::Line { text } => format!("left out, not understood: `{text}`"),
        UnsaidKind::Rest { why } => format!("the whole list is left out, it cannot be read: {why}"),
        UnsaidKind::NotUtf8 => {
            "not UTF-8: a row from here on may name another test than the list does".to_owned()
        }
        UnsaidKind::Regex { text, why } => {
            format!("left out, the regular expression `{text}` cannot be read: {why}")
        }
        UnsaidKind::Wildcard { text } => {
            format!("left out, no pattern can express `{text}`")
        }
        UnsaidKind::Result { word } => format!("left out, no row can expect `{word}`"),
        UnsaidKind::Remark { word } => format!("the row is kept without `{word}`"),
        UnsaidKind::AllOf { tags } => {
            format!("left out, it holds only where all of `{}` do", tags.join(" "))
        }
        UnsaidKind::OnlyIn { places } => {
            format!("left out, it holds only in `{}`", places.join(", "))
        }
        UnsaidKind::Variant { name } => format!("left out, `{name}` cannot be a variant"),
        UnsaidKind::Date { text } => format!("left out, `{text}` is not a date"),
        UnsaidKind::Include { path, why } => format!("`{path}` is not included: {why}"),
        UnsaidKind::Remove { text } => format!("nothing to remove: `{text}`"),
        UnsaidKind::Inactive { name } => format!("left out, it is not active: `{name}`"),
        UnsaidKind::Repeated { pattern, file, line } => {
            format!("left out, `{pattern}` is listed already at {file}:{line}")
        }
    }
}

/// How much was imported, and how much could not be said.
pub fn imported(rows: u64, unsaid: u64) -> String {
    let rows = count(rows, "row", "rows");
    match unsaid {
        0 => format!("{rows}: nothing was lost"),
        n => format!("{rows}; {} could not be carried over as it was", count(n, "line", "lines")),
    }
}
