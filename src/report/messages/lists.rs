//! Lists that are no documents.

use super::count;

/// `a list of the kind deqp-fails, 12 rows`
pub(crate) fn list_kind(kind: &str, rows: u64) -> String {
    format!("a list of the kind `{kind}`, {}", count(rows, "row", "rows"))
}
