//! Taking rows out of a document.
//!
//! In: a text and line numbers. Out: the text without those lines, everything else byte for byte. A
//! newcomer's trap: a table that lost its last row keeps its header; taking that away as well would
//! take the place where the next row belongs.

use super::lines::lines;
use std::collections::BTreeSet;

/// The text without the lines of these numbers, counted from 1.
pub fn remove_rows(text: &str, rows: &BTreeSet<u32>) -> String {
    (1..)
        .zip(lines(text))
        .filter(|(number, _)| !rows.contains(number))
        .map(|(_, line)| line)
        .collect()
}
