//! Hints that explain why rows match no test: their names differ from those of the results in form only.

use super::{RichText, messages};
use crate::compare::{NameHint, NameRelation};
use crate::known::KnownFailures;
use std::sync::Arc;

/// One hint, with an example.
#[derive(Debug, Clone)]
pub struct HintLine {
    pub relation: NameRelation,
    /// The number of rows that it explains.
    pub rows: u64,
    /// The number of tests that these rows would claim.
    pub tests: u64,
    /// The document of the first of these rows.
    pub file: String,
    /// The line of that row, 1-based.
    pub line: u32,
    /// The pattern of that row.
    pub pattern: String,
    /// The test that this row is about.
    pub test: Arc<str>,
    /// What makes the row match the test.
    pub remedy: RichText,
}

impl HintLine {
    /// A hint about rows of this list.
    pub fn new(hint: &NameHint, known: &KnownFailures) -> Option<HintLine> {
        let row = known.row(*hint.rows.first()?);
        let rows = hint.rows.len() as u64;
        let format = known.document(&row.file).and_then(|document| document.format);
        Some(HintLine {
            relation: hint.relation,
            rows,
            tests: hint.tests,
            file: row.file.to_string(),
            line: row.line,
            pattern: row.pattern.as_str().to_owned(),
            test: Arc::clone(&hint.test),
            remedy: messages::name_remedy(hint, row, format),
        })
    }
}
