//! Entries that never claim a test, since another one has the same pattern and variants.
//!
//! They are those of the rows that [`mark_duplicates`] marks, so an imported list excuses what the lists themselves do:
//! in a list the first entry counts, and of several lists the last one.

use super::model::{ListEntry, ListItem, ParsedList, Unsupported, UnsupportedKind};
use super::rows;
use crate::known::duplicates::mark_duplicates;
use crate::known::row::{Inactive, Row};
use std::sync::Arc;

/// Removes and reports the entries that never claim a test.
pub fn remove_duplicates(lists: &mut [ParsedList]) {
    let (mut rows, mut documents) = (Vec::new(), Vec::new());
    for list in lists.iter() {
        let first = rows.len();
        rows.extend(rows::to_document(&Arc::from(""), "", list.clone()).rows);
        documents.push(first..rows.len());
    }
    mark_duplicates(&mut rows, &documents);
    for (list, range) in lists.iter_mut().zip(documents) {
        let ParsedList { items, unsupported, .. } = list;
        let mut own = rows[range].iter().peekable();
        items.retain(|item| {
            let ListItem::Entry(entry) = item else { return true };
            // An entry whose pattern is invalid, or in a section that is ignored, has no row.
            let row = own.next_if(|row| is_of(row, entry));
            let Some(kind) = row.and_then(|row| why_inactive(row, &rows)) else { return true };
            unsupported.push(Unsupported { file: entry.file.clone(), line: entry.line, kind });
            false
        });
    }
}

fn is_of(row: &Row, entry: &ListEntry) -> bool {
    row.line == entry.line && row.file == entry.file && row.pattern.as_str() == entry.pattern
}

fn why_inactive(row: &Row, rows: &[Row]) -> Option<UnsupportedKind> {
    let pattern = row.pattern.as_str().to_owned();
    let place = |other: &Row| (other.file.clone(), other.line);
    match row.inactive? {
        Inactive::Duplicate { original } => {
            let (file, line) = place(rows.get(original.0 as usize)?);
            Some(UnsupportedKind::Duplicate { pattern, file, line })
        }
        Inactive::Replaced { by } => {
            let (file, line) = place(rows.get(by.0 as usize)?);
            Some(UnsupportedKind::Replaced { pattern, file, line })
        }
    }
}
