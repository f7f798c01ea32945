//! Lists that are no documents.

use super::count;

/// `a list of the kind deqp-fails, 12 rows`
pub(crate) fn list_kind(kind: &str, rows: u64) -> String {
    format!("a list of the kind `{kind}`, {}", count(rows, "row", "rows"))
}

/// `67 lists of the kind samba-knownfail, 912 rows`
pub(crate) fn list_kinds(kind: &str, lists: u64, rows: u64) -> String {
    let lists = count(lists, "list", "lists");
    format!("{lists} of the kind `{kind}`, {}", count(rows, "row", "rows"))
}
