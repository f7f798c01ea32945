//! Writes a list that does not exist yet.
//!
//! Whatever a test is called, its entry is read back as an entry for this name alone, and no text of a run is markup.

use super::document::escape::{code_span, escape_cell, escape_text, is_plain_markdown};
use super::edit::variants_cell;
use super::list_format::ListFormat;
use super::list_kinds::plain;
use std::fmt::Write;
use std::path::Path;

/// A list to be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewList {
    /// The text before the entries, one paragraph each.
    pub intro: Vec<String>,
    /// From top to bottom.
    pub sections: Vec<NewSection>,
}

/// Entries with a heading of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewSection {
    /// Empty for entries without a heading.
    pub title: String,
    /// In order.
    pub entries: Vec<NewEntry>,
}

/// An entry for one test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// The name that it claims.
    pub name: String,
    /// One line without surrounding whitespace.
    pub reason: String,
    /// What it expects.
    pub status: NewStatus,
    /// The variants that it applies to, as items of a cell; empty for all.
    pub variants: Vec<String>,
}

/// What a new entry expects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NewStatus {
    /// Any failure.
    #[default]
    AnyFailure,
    /// Failing and passing alike.
    Flaky,
}

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListStyle {
    /// A Markdown document with tables.
    Markdown,
    /// One name a line.
    Plain,
}

impl ListStyle {
    /// The format in which such a list is read.
    pub fn format(self) -> ListFormat {
        match self {
            ListStyle::Markdown => ListFormat::Markdown,
            ListStyle::Plain => ListFormat::PLAIN,
        }
    }

    /// The style of a list of this format; `None` if no new list is written in it.
    pub fn for_format(format: ListFormat) -> Option<ListStyle> {
        match format {
            ListFormat::Markdown => Some(ListStyle::Markdown),
            ListFormat::Other(kind) => kind.is_editable().then_some(ListStyle::Plain),
        }
    }

    /// The style of a list at this path, by its extension; `None` for that of a file in which there cannot be one.
    pub fn for_path(path: &Path) -> Option<ListStyle> {
        match path.extension() {
            Some(extension) if extension == "txt" => Some(ListStyle::Plain),
            Some(_) | None => {
                let is_structured = plain::is_structured(&path.to_string_lossy());
                (!is_structured).then_some(ListStyle::Markdown)
            }
        }
    }
}

/// A column: its header, and the Markdown of an entry's cell.
type NewColumn = (&'static str, fn(&NewEntry) -> String);

const COLUMNS: [NewColumn; 6] = [
    ("Test Name", |entry| escape_cell(&entry.name)),
    ("Category", |_| String::new()),
    ("Reason", |entry| escape_text(&entry.reason)),
    ("Issue", |_| String::new()),
    ("Status", |entry| match entry.status {
        NewStatus::AnyFailure => String::new(),
        NewStatus::Flaky => "flaky".to_owned(),
    }),
    ("Variants", |entry| variants_cell(&entry.variants)),
];
/// Columns that every table has, even if they are empty.
const REQUIRED_COLUMNS: usize = 4;
/// Characters to which the cells of a column are padded: one long name does not widen all rows.
const MAX_COLUMN_WIDTH: usize = 120;

/// The title of a Markdown list.
const TITLE: &str = "# Known failures\n";

impl NewList {
    /// The text of the list.
    pub fn write(&self, style: ListStyle) -> String {
        match style {
            ListStyle::Markdown => self.to_markdown(),
            ListStyle::Plain => self.to_plain(),
        }
    }

    /// The number of entries.
    pub fn entry_count(&self) -> usize {
        self.sections.iter().map(|section| section.entries.len()).sum()
    }

    fn to_markdown(&self) -> String {
        let mut text = TITLE.to_owned();
        for paragraph in &self.intro {
            let _ = write!(text, "\n{paragraph}\n");
        }
        let columns = self.used_columns();
        for NewSection { title, entries } in &self.sections {
            if !title.is_empty() {
                let _ = write!(text, "\n## {}\n", heading(title));
            }
            text.push('\n');
            write_table(&mut text, &columns, entries);
        }
        if self.sections.is_empty() {
            text.push('\n');
            write_table(&mut text, &columns, &[]);
        }
        text
    }

    /// All tables have the same columns, so that a row can be moved.
    fn used_columns(&self) -> Vec<NewColumn> {
        let (required, optional) = COLUMNS.split_at(REQUIRED_COLUMNS);
        let entries = || self.sections.iter().flat_map(|section| &section.entries);
        let is_used = |(_, cell): &&NewColumn| entries().any(|entry| !cell(entry).is_empty());
        required.iter().chain(optional.iter().filter(is_used)).copied().collect()
    }

    fn to_plain(&self) -> String {
        let paragraphs = self.intro.iter().flat_map(|paragraph| paragraph.lines());
        let mut text = String::new();
        for line in paragraphs {
            let _ = writeln!(text, "# {line}");
        }
        for NewSection { title, entries } in &self.sections {
            if !text.is_empty() {
                text.push('\n');
            }
            // The start of tests' names may be a directive.
            if let Some(line) = plain::comment_line(title).filter(|_| !title.is_empty()) {
                let _ = writeln!(text, "{line}");
            }
            for entry in entries {
                let _ = writeln!(text, "{}", plain::entry_line(&entry.name, &entry.reason));
            }
        }
        text
    }
}

fn write_table(text: &mut String, columns: &[NewColumn], entries: &[NewEntry]) {
    let headers = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
    let rows = entries.iter().map(|entry| columns.iter().map(|(_, cell)| cell(entry)).collect());
    let rows: Vec<Vec<String>> = std::iter::once(headers).chain(rows).collect();
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.filter(|width| *width <= MAX_COLUMN_WIDTH).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    for (index, row) in rows.iter().enumerate() {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        let _ = writeln!(text, "| {} |", cells.collect::<Vec<_>>().join(" | "));
        if index == 0 {
            let dashes = widths.iter().map(|width| "-".repeat(*width));
            let _ = writeln!(text, "| {} |", dashes.collect::<Vec<_>>().join(" | "));
        }
    }
}

/// A text as a heading that renders as this text.
fn heading(title: &str) -> String {
    if is_plain_markdown(title) { title.to_owned() } else { code_span(title) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::{KnownFailures, Pattern};
    use crate::model::{Problem, Severity};
    use proptest::prelude::*;

    fn entry(name: &str, reason: &str) -> NewEntry {
        NewEntry {
            name: name.to_owned(),
            reason: reason.to_owned(),
            status: NewStatus::AnyFailure,
            variants: Vec::new(),
        }
    }

    fn section(title: &str, entries: Vec<NewEntry>) -> NewSection {
        NewSection { title: title.to_owned(), entries }
    }

    #[test]
    fn sections_are_headings_with_aligned_tables_of_the_same_columns() {
        let flaky = NewEntry { status: NewStatus::Flaky, ..entry("b", "") };
        let other = NewEntry { variants: vec!["memory".to_owned()], ..entry("x", "a|b") };
        let list = NewList {
            intro: vec!["Prose.".to_owned()],
            sections: vec![
                section("", vec![entry("smb2.a", "no")]),
                section("s_", vec![flaky, other]),
            ],
        };
        let expected = "\
# Known failures

Prose.

| Test Name | Category | Reason | Issue | Status | Variants |
| --------- | -------- | ------ | ----- | ------ | -------- |
| smb2.a    |          | no     |       |        |          |

## `s_`

| Test Name | Category | Reason | Issue | Status | Variants |
| --------- | -------- | ------ | ----- | ------ | -------- |
| b         |          |        |       | flaky  |          |
| x         |          | `a\\|b` |       |        | memory   |
";
        assert_eq!(list.write(ListStyle::Markdown), expected);
        let plain = "# Prose.\n\nsmb2.a  # no\n\n# s_\nb\nx  # a|b\n";
        assert_eq!(list.write(ListStyle::Plain), plain);
        let empty = NewList::default().write(ListStyle::Markdown);
        let table = "| Test Name | Category | Reason | Issue |\n| --------- | -------- | ------ | ----- |\n";
        assert_eq!(empty, format!("{TITLE}\n{table}"));
        let known = KnownFailures::read(&[("K.md".into(), empty)]);
        assert_eq!((known.list_count(), known.rows().len()), (1, 0));
    }

    #[test]
    fn titles_that_would_be_directives_are_left_out_of_a_plain_list() {
        for title in [
            "knownfail: match = end",
            "knownfail: plain",
            "Knownfail: status = flaky",
            "knownfail ignore",
        ] {
            let list = NewList {
                sections: vec![section(title, vec![entry("a", "")])],
                ..NewList::default()
            };
            assert_eq!(list.write(ListStyle::Plain), "a\n", "{title}");
        }
    }

    proptest! {
        #[test]
        fn rows_are_read_back_for_their_names_alone(
            names in prop::collection::btree_set("[a-c|*?\\\\`_@# <!&.\\[-]{1,9}", 1..6),
            reason in "[a-c|*`_@#<!&\\[-][a-c |*`_@#<!&\\[-]{0,8}[a-c|*`_@#<!&\\[-]",
        ) {
            let entries: Vec<NewEntry> = names.iter().map(|name| entry(name, &reason)).collect();
            let list = NewList {
                sections: vec![section(&reason, entries)],
                ..NewList::default()
            };
            let text = list.write(ListStyle::Markdown);
            let known = KnownFailures::read(&[("K.md".into(), text.clone())]);
            let read: Vec<&str> = known.rows().iter().map(|row| row.pattern.as_str()).collect();
            let expected: Vec<String> = names.iter().map(|name| Pattern::for_name(name)).collect();
            prop_assert_eq!(read, expected, "{}", text);
            let is_error = |problem: &Problem| problem.kind.severity() == Severity::Error;
            prop_assert!(!known.problems().iter().any(is_error), "{}", text);
        }
    }
}
