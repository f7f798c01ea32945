//! The tables of a document.

use super::columns::Columns;
use std::sync::Arc;

/// A table with a test column.
#[derive(Debug, Clone)]
pub(in crate::known) struct ListTable {
    pub columns: Columns,
    /// 1-based line of its header; its delimiter row follows.
    pub line: u32,
    /// 1-based line of its last row, or of its delimiter row.
    pub end: u32,
}

/// A table without a test column. Its cells may be names of tests all the same.
#[derive(Debug, Clone)]
pub struct NonListTable {
    /// The document's path as the user gave it.
    pub file: Arc<str>,
    /// 1-based line of its header.
    pub line: u32,
    /// The cells after the header, read as patterns are. A long table is truncated.
    pub cells: Vec<String>,
}
