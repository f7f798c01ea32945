//! Builds an [`ParsedList`] list. Texts are normalized so that parsing the written document gives the same texts: a
//! cell is one line, and a dash alone is an empty cell.

use super::model::{ListEntry, ListItem, ParsedList, SourceList, Unsupported, UnsupportedKind};
use super::regex::{self, Search};
use crate::known::Pattern;
use crate::model::TestName;
use std::collections::HashMap;
use std::sync::Arc;

/// What becomes of a row, and why.
pub(super) enum RowChange {
    None,
    /// It applies to fewer variants.
    Narrowed(UnsupportedKind),
    LeftOut(UnsupportedKind),
}

/// A list while it is read.
pub(super) struct ListBuilder {
    pub file: Arc<str>,
    list: ParsedList,
}

impl ListBuilder {
    pub(super) fn new(source: &SourceList) -> ListBuilder {
        ListBuilder { file: source.path.clone(), list: ParsedList::default() }
    }

    pub(super) fn finish(self) -> ParsedList {
        self.list
    }

    /// A row with nothing but a pattern.
    pub(super) fn new_row(&self, line: u32, pattern: String) -> ListEntry {
        ListEntry { file: self.file.clone(), line, pattern, ..ListEntry::default() }
    }

    /// Appends a row and returns its index among the items.
    pub(super) fn add_row(&mut self, mut row: ListEntry) -> usize {
        for text in [&mut row.category, &mut row.reason, &mut row.issue, &mut row.source] {
            *text = one_line(text);
        }
        // A document does not count these as issues.
        if matches!(row.issue.to_ascii_lowercase().as_str(), "n/a" | "none") {
            row.issue.clear();
        }
        self.list.items.push(ListItem::Entry(row));
        self.list.items.len() - 1
    }

    pub(super) fn add_heading(&mut self, level: u8, title: &str) {
        let title = one_line(title);
        if !title.is_empty() {
            self.list.items.push(ListItem::Heading { level: level.clamp(1, 4), title });
        }
    }

    /// Ends the sections of this level and of deeper ones.
    pub(super) fn end_section(&mut self, level: u8) {
        self.list.items.push(ListItem::SectionEnd { level });
    }

    /// The text of a directive, without `knownfail:`.
    pub(super) fn add_directive(&mut self, line: u32, text: &str) {
        self.list.items.push(ListItem::Directive { line, text: text.to_owned() });
    }

    pub(super) fn add_prose(&mut self, text: &str) {
        let text = one_line(text);
        if !text.is_empty() {
            self.list.items.push(ListItem::Prose(text));
        }
    }

    pub(super) fn add_unsupported(&mut self, line: u32, kind: UnsupportedKind) {
        self.list.unsupported.push(Unsupported { file: self.file.clone(), line, kind });
    }

    /// Counts an entry that excuses nothing and needs no row.
    pub(super) fn add_without_effect(&mut self) {
        self.list.without_effect += 1;
    }

    /// Adds a row whose pattern is still the entry that `regex` was made of.
    pub(super) fn add_regex_row(&mut self, row: ListEntry, regex: &str, search: Search) {
        match regex::pattern(regex, search) {
            Ok(pattern) => {
                self.add_row(ListEntry { pattern, ..row });
            }
            Err(why) => {
                self.add_unsupported(row.line, UnsupportedKind::Regex { text: row.pattern, why });
            }
        }
    }

    /// A line that is not in the syntax of the list.
    pub(super) fn add_unknown_line(&mut self, line: u32, text: &str) {
        self.add_unsupported(line, UnsupportedKind::Line { text: text.to_owned() });
    }

    /// Replaces the items with these indices by rows.
    pub(super) fn replace_items(&mut self, mut rows: HashMap<usize, Vec<ListEntry>>) {
        for (index, item) in std::mem::take(&mut self.list.items).into_iter().enumerate() {
            match rows.remove(&index) {
                Some(rows) => self.list.items.extend(rows.into_iter().map(ListItem::Entry)),
                None => self.list.items.push(item),
            }
        }
    }

    /// Changes or leaves out rows, and reports what is lost.
    pub(super) fn change_rows(&mut self, mut change: impl FnMut(&mut ListEntry) -> RowChange) {
        let unsupported = &mut self.list.unsupported;
        self.list.items.retain_mut(|item| {
            let ListItem::Entry(row) = item else { return true };
            let (is_kept, kind) = match change(row) {
                RowChange::None => return true,
                RowChange::Narrowed(kind) => (true, kind),
                RowChange::LeftOut(kind) => (false, kind),
            };
            unsupported.push(Unsupported { file: row.file.clone(), line: row.line, kind });
            is_kept
        });
    }

    /// The rows so far, with their indices among the items.
    pub(super) fn rows(&self) -> impl Iterator<Item = (usize, &ListEntry)> {
        self.list.items.iter().enumerate().filter_map(|(index, item)| match item {
            ListItem::Entry(row) => Some((index, row)),
            ListItem::Heading { .. }
            | ListItem::SectionEnd { .. }
            | ListItem::Directive { .. }
            | ListItem::Prose(_) => None,
        })
    }
}

/// The text as one line: whitespace is collapsed, hidden characters are escaped, and a dash alone is empty.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = TestName::escape(&words.join(" ")).into_owned();
    if matches!(line.as_str(), "-" | "–" | "—") { String::new() } else { line }
}

/// The pattern that matches exactly this name.
pub(super) fn literal_pattern(name: &str) -> String {
    Pattern::for_name(&TestName::escape(name))
}

/// A variant as an item of the column; `None` if the column would be parsed as something else.
pub(super) fn variant_pattern(name: &str) -> Option<String> {
    let is_reserved = ["", "-", "all", "any", "*"].contains(&name.to_ascii_lowercase().as_str());
    let is_plain = !name.contains([',', '`']) && !name.starts_with('!') && !name.starts_with("re:");
    let is_one_word = name.split_whitespace().count() == 1 && TestName::escape(name) == name;
    (is_plain && is_one_word && !is_reserved).then(|| Pattern::for_name(name))
}

/// The variants that have all of these words as an item of the column; `None` if it cannot be written.
pub(super) fn all_of_pattern<'w>(words: impl IntoIterator<Item = &'w str>) -> Option<String> {
    let words: Option<Vec<String>> = words.into_iter().map(variant_pattern).collect();
    words.map(|words| words.join(" "))
}

/// The links in a text, separated by commas.
pub(super) fn links(text: &str) -> String {
    let mut found: Vec<&str> = Vec::new();
    let starts = ["https://", "http://"].into_iter().flat_map(|scheme| text.match_indices(scheme));
    for (start, _) in starts {
        let rest = &text[start..];
        let ends_link = |c: char| c.is_whitespace() || "<>\"'`|".contains(c);
        let link = rest.split(ends_link).next().unwrap_or_default();
        let link = link.trim_end_matches(['.', ',', ';', ':', ')', ']']);
        if !found.contains(&link) {
            found.push(link);
        }
    }
    found.join(", ")
}
