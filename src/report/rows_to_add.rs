//! The rows that `update --add` would write for new failures.

/// Rows for new failures, to be pasted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowsToAdd {
    /// In the order of the documents.
    pub places: Vec<RowsAtPlace>,
    /// How many more new failures get a row, which has no place in a report.
    pub more: u64,
}

/// Rows that are added at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowsAtPlace {
    /// The document.
    pub file: String,
    /// The 1-based line after which they are added; 0 for the end of the document.
    pub line: u32,
    /// Whether they are rows of a table.
    pub is_markdown: bool,
    /// The headings of their section.
    pub section: Vec<String>,
    /// Lines of the document, with a new table's header where there is none.
    pub lines: Vec<String>,
    /// How many of the lines are rows.
    pub rows: u64,
}

impl RowsToAdd {
    /// Whether there is nothing to add.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty() && self.more == 0
    }

    /// How many rows there are, without those that have no place.
    pub fn row_count(&self) -> u64 {
        self.places.iter().map(|place| place.rows).sum()
    }
}
