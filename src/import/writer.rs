//! Writes lists as a Markdown document that has exactly their rows.

use crate::known::escape_pattern;
use crate::known::list_kinds::{ListEntry, ListItem, ParsedList, SourceList};
use std::fmt::Write;

/// A column: its header, and the Markdown of a row's cell.
type OutputColumn = (&'static str, fn(&ListEntry) -> String);

const COLUMNS: [OutputColumn; 8] = [
    ("Test Name", |row| escape_pattern(&row.pattern)),
    ("Category", |row| escape(&row.category)),
    ("Reason", |row| escape(&row.reason)),
    ("Issue", |row| escape(&row.issue)),
    ("Status", |row| row.status.as_str().to_owned()),
    ("Variants", |row| row.variants.join(", ").replace('|', r"\|")),
    ("Expires", |row| row.expires.map(|date| date.to_string()).unwrap_or_default()),
    ("Source", |row| escape(&row.source)),
];

/// The heading of rows that belong to no section.
const OTHERS: &str = "Others";

/// Columns that every table has, even if they are empty.
const REQUIRED_COLUMNS: [&str; 4] = ["Test Name", "Category", "Reason", "Issue"];

/// The document. Each of several lists is a section if it has rows.
pub fn write(lists: &[(SourceList, ParsedList)]) -> String {
    let mut text = String::from("# Known failures\n");
    let base_level = if lists.len() > 1 { 2 } else { 1 };
    let has_rows =
        |list: &ParsedList| list.items.iter().any(|item| matches!(item, ListItem::Entry(_)));
    let is_written = |list: &ParsedList| lists.len() == 1 || has_rows(list);
    for (source, list) in lists.iter().filter(|(_, list)| is_written(list)) {
        if lists.len() > 1 {
            let _ = write!(text, "\n## {}\n", escape(&source.path));
        }
        let items = with_headings_of_others(&list.items);
        for items in
            items.chunk_by(|a, b| matches!((a, b), (ListItem::Entry(_), ListItem::Entry(_))))
        {
            match &items[0] {
                ListItem::Heading { level, title } => {
                    let hashes = "#".repeat(usize::from((level + base_level).min(6)));
                    let _ = write!(text, "\n{hashes} {}\n", escape(title));
                }
                ListItem::SectionEnd { .. } => {}
                ListItem::Directive { text: directive, .. } => {
                    let _ = write!(text, "\n<!-- knownfail: {directive} -->\n");
                }
                ListItem::Prose(prose) => {
                    let _ = write!(text, "\n{}\n", escape(prose));
                }
                ListItem::Entry(_) => write_table(&mut text, items),
            }
        }
    }
    text
}

/// The items with a heading where rows follow the end of a section: in a document, they would belong to it.
fn with_headings_of_others(items: &[ListItem]) -> Vec<ListItem> {
    let mut innermost = 0;
    let mut written = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        match item {
            ListItem::Heading { level, .. } => innermost = *level,
            ListItem::SectionEnd { level } => {
                let has_rows = matches!(items.get(at + 1), Some(ListItem::Entry(_)));
                if has_rows && innermost >= *level {
                    innermost = *level;
                    written.push(ListItem::Heading { level: *level, title: OTHERS.to_owned() });
                }
                continue;
            }
            ListItem::Directive { .. } | ListItem::Prose(_) | ListItem::Entry(_) => {}
        }
        written.push(item.clone());
    }
    written
}

fn write_table(text: &mut String, items: &[ListItem]) {
    let rows: Vec<&ListEntry> = items
        .iter()
        .filter_map(|item| match item {
            ListItem::Entry(row) => Some(row),
            ListItem::Heading { .. }
            | ListItem::SectionEnd { .. }
            | ListItem::Directive { .. }
            | ListItem::Prose(_) => None,
        })
        .collect();
    let is_used = |(name, cell): &OutputColumn| {
        REQUIRED_COLUMNS.contains(name) || rows.iter().any(|row| !cell(row).is_empty())
    };
    let columns: Vec<OutputColumn> = COLUMNS.into_iter().filter(is_used).collect();
    let headers: Vec<String> = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
    text.push('\n');
    write_line(text, &headers);
    write_line(text, &vec!["---".to_owned(); columns.len()]);
    for row in rows {
        let cells: Vec<String> = columns.iter().map(|(_, cell)| cell(row)).collect();
        write_line(text, &cells);
    }
}

fn write_line(text: &mut String, cells: &[String]) {
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

/// Markdown that renders as this line of plain text, in a cell, a heading or a paragraph.
///
/// Tables are split at pipes before anything else is parsed, so pipes are escaped last. See
/// <https://github.github.com/gfm/#backslash-escapes>.
fn escape(raw: &str) -> String {
    let mut escaped = String::with_capacity(raw.len() + 8);
    let chars: Vec<char> = raw.chars().collect();
    for (at, c) in chars.iter().copied().enumerate() {
        let is_word_char = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric());
        let (previous, next) = (at.checked_sub(1).and_then(|at| chars.get(at)), chars.get(at + 1));
        let special = match c {
            '`' | '*' | '[' | ']' | '<' | '>' | '~' => true,
            '_' => !(is_word_char(previous) && is_word_char(next)),
            '\\' => next.is_none_or(char::is_ascii_punctuation),
            '&' => next.is_some_and(|c| c.is_alphanumeric() || *c == '#'),
            '#' | '-' | '+' | '=' => at == 0 || c == '#' && next.is_none_or(|c| *c == '#'),
            '!' => next == Some(&'['),
            _ => false,
        };
        if special {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped.replace('|', r"\|")
}
