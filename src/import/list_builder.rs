//! What a list says, as it is being read: rows whose texts are already as they will be read back.
//!
//! In: what a reader found. Out: an [`Imported`]. A newcomer's trap: a cell of a table is one line, and a
//! cell that is a dash alone reads as empty, so both are settled here and not when writing.

use super::{Imported, ImportedRow, Item, SourceList, Unsupported, UnsupportedKind};
use crate::known::Pattern;
use crate::model::TestName;
use std::collections::HashSet;
use std::sync::Arc;

/// An [`Imported`] in the making.
pub(crate) struct ListBuilder {
    pub file: Arc<str>,
    list: Imported,
}

impl ListBuilder {
    pub(crate) fn new(source: &SourceList) -> ListBuilder {
        ListBuilder { file: source.path.clone(), list: Imported::default() }
    }

    pub(crate) fn finish(self) -> Imported {
        self.list
    }

    /// A row of this line that says nothing but its pattern.
    pub(crate) fn new_row(&self, line: u32, pattern: String) -> ImportedRow {
        ImportedRow {
            file: self.file.clone(),
            line,
            pattern,
            status: super::Status::default(),
            category: String::new(),
            reason: String::new(),
            issue: String::new(),
            variants: Vec::new(),
            expires: None,
            source: String::new(),
        }
    }

    /// Appends a row, and says at which place among the items.
    pub(crate) fn add_row(&mut self, mut row: ImportedRow) -> usize {
        for text in [&mut row.category, &mut row.reason, &mut row.issue, &mut row.source] {
            *text = one_line(text);
        }
        // Not an issue, in our document.
        if matches!(row.issue.to_ascii_lowercase().as_str(), "n/a" | "none") {
            row.issue.clear();
        }
        self.list.items.push(Item::Row(row));
        self.list.items.len() - 1
    }

    pub(crate) fn add_heading(&mut self, level: u8, title: &str) {
        let title = one_line(title);
        if !title.is_empty() {
            self.list.items.push(Item::Heading { level: level.clamp(1, 4), title });
        }
    }

    pub(crate) fn add_prose(&mut self, text: &str) {
        let text = one_line(text);
        if !text.is_empty() {
            self.list.items.push(Item::Prose(text));
        }
    }

    pub(crate) fn add_unsupported(&mut self, line: u32, kind: UnsupportedKind) {
        self.list.unsupported.push(Unsupported { file: self.file.clone(), line, kind });
    }

    /// A line of no shape that the kind has.
    pub(crate) fn add_unknown_line(&mut self, line: u32, text: &str) {
        self.add_unsupported(line, UnsupportedKind::Line { text: text.to_owned() });
    }

    /// Takes out the items at these places.
    pub(crate) fn remove_items(&mut self, indices: &HashSet<usize>) {
        let mut next_index = 0..;
        self.list.items.retain(|_| !next_index.next().is_some_and(|at| indices.contains(&at)));
    }
}

/// A text as one line of a cell: blanks folded, hidden characters shown, and empty where it would be
/// read so.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = TestName::escape(&words.join(" ")).into_owned();
    if matches!(line.as_str(), "-" | "–" | "—") { String::new() } else { line }
}

/// A name as the pattern for it and no other.
pub(crate) fn literal_pattern(name: &str) -> String {
    Pattern::for_name(&TestName::escape(name))
}

/// A name of a variant as an item of the column; `None` when the column would read something else.
pub(crate) fn variant_pattern(name: &str) -> Option<String> {
    let is_reserved = ["", "-", "all", "any", "*"].contains(&name.to_ascii_lowercase().as_str());
    let is_plain = !name.contains([',', '`']) && !name.starts_with('!') && !name.starts_with("re:");
    let is_one_word = name.split_whitespace().count() == 1 && TestName::escape(name) == name;
    (is_plain && is_one_word && !is_reserved).then(|| Pattern::for_name(name))
}

/// The links in a text, with commas between.
pub(crate) fn links(text: &str) -> String {
    let mut found: Vec<&str> = Vec::new();
    for start in ["https://", "http://"].into_iter().flat_map(|scheme| text.match_indices(scheme)) {
        let rest = &text[start.0..];
        let end = rest.find(|c: char| c.is_whitespace() || "<>\"'`|".contains(c));
        let link =
            rest[..end.unwrap_or(rest.len())].trim_end_matches(['.', ',', ';', ':', ')', ']']);
        if !found.contains(&link) {
            found.push(link);
        }
    }
    found.join(", ")
}
