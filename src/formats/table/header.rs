//! The header of a table as CSV: the names of its columns.

use super::row::{COLUMN_NAMES, COLUMNS, Column, is_same_word};
use crate::syntax::csv::CsvRow;

pub(super) const SEPARATORS: [char; 3] = [',', ';', '\t'];

/// Where the columns are.
pub(super) struct Header {
    pub(super) text: String,
    pub(super) separator: char,
    pub(super) len: usize,
    pub(super) columns: [Option<usize>; COLUMNS],
}

impl Header {
    /// The header in a line, if it has names for the columns that are needed.
    pub(super) fn parse(line: &str) -> Option<Header> {
        SEPARATORS.into_iter().find_map(|separator| {
            let row = CsvRow::parse(line, separator);
            let columns = COLUMN_NAMES.map(|(_, names)| {
                let is_named =
                    |name: &&str| row.fields().position(|field| is_same_word(name, field));
                names.iter().find_map(is_named)
            });
            let needed = [Column::Name, Column::Outcome].map(|column| columns[column as usize]);
            let header = Header { text: line.to_owned(), separator, len: row.len(), columns };
            needed.iter().all(Option::is_some).then_some(header)
        })
    }
}

/// Whether a line names the columns that a table needs.
pub(in crate::formats) fn is_header(line: &str) -> bool {
    let [_, (_, outcomes), ..] = COLUMN_NAMES;
    // Each line of a file is looked at, and hardly any has such a field.
    let mut fields = line.split(SEPARATORS).map(|field| field.trim_matches([' ', '"', '\r']));
    fields.any(|field| outcomes.iter().any(|name| is_same_word(name, field)))
        && Header::parse(line).is_some()
}
