//! The history of a document: a line of numbers, and titles of tables and charts.

use super::{count, date, number};
use crate::report::{History, HistoryVersion};

#[cfg(feature = "history")]
/// A warning that versions of a document are not UTF-8.
pub(crate) fn versions_not_utf8(versions: u64) -> String {
    let versions = count(versions, "version is", "versions are");
    format!("warning: {versions} not UTF-8; different names may look identical")
}

/// `49 rows now, 24 on 2026-02-28, at most 504 on 2026-03-19`
pub(crate) fn history(history: &History) -> String {
    let on = |version: &HistoryVersion| {
        format!("{} on {}", number(version.size.rows), date(version.time))
    };
    let (first, largest, last) = (history.first(), history.largest(), &history.last);
    let mut text = format!("{} now", count(last.size.rows, "row", "rows"));
    if !history.earlier.is_empty() {
        text.push_str(&format!(", {}", on(first)));
    }
    if largest.size.rows > first.size.rows.max(last.size.rows) {
        text.push_str(&format!(", at most {}", on(largest)));
    }
    text
}

/// What the numbers of the last version do not include.
pub(crate) fn history_note(last: &HistoryVersion) -> Option<String> {
    match (&last.file, last.size.duplicates) {
        (None, _) => Some("The list was deleted.".to_owned()),
        (Some(_), 0) => None,
        (Some(_), 1) => Some("1 row that repeats another is not counted.".to_owned()),
        (Some(_), n) => Some(format!("{} rows that repeat others are not counted.", number(n))),
    }
}

/// Columns of the table of versions.
pub(crate) const VERSION_COLUMNS: [&str; 4] = ["date", "commit", "rows", "change"];

/// Columns of the table of sections.
pub(crate) const SECTION_COLUMNS: [&str; 4] = ["first", "most", "now", "section"];

pub(crate) fn section(section: &str) -> &str {
    if section.is_empty() { "(no section)" } else { section }
}

/// The area of the chart for all sections without their own.
pub(crate) const OTHER_SECTIONS: &str = "other sections";

pub(crate) fn chart_title(file: &str) -> String {
    format!("Rows of {file}")
}

/// Tooltip of an area of the chart: `Leases: 12 rows now`
pub(crate) fn chart_area(section: &str, rows: u64) -> String {
    format!("{section}: {} now", count(rows, "row", "rows"))
}
