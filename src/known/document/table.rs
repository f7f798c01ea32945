//! Tables: the rows of lists, and the cells of all others.
//!
//! In: a table as comrak found it, and its lines. Out: rows, and what is wrong with their cells. A
//! newcomer's trap: a pattern is read from the line's source and a reason from what Markdown shows, so
//! both have to be cut into the same cells; and a row of which a part cannot be read is left out, since
//! without it the row could excuse more than it says.
//!
//! Specification: <https://github.github.com/gfm/#tables-extension->

use super::cells::{self, Cell};
use super::columns::{Column, Columns};
use super::directive::{Compat, Policy};
use super::dropped_rows::PrecedingList;
use super::status::BadStatus;
use super::{MAX_HEADER_LEN, MarkdownReader, line_range, rendered_text, to_u32, truncate};
use crate::known::{BadRegex, Expected, ListTable, NonListTable, Pattern, Row, VariantScope};
use crate::model::{ProblemKind, TestName};
use comrak::nodes::Node;
use jiff::civil::Date;
use std::borrow::Cow;

/// Cells of other tables that are kept for each document.
const MAX_NON_LIST_CELLS: usize = 10_000;

/// One row of a list, as source and as Markdown shows it.
struct TableRow<'t> {
    /// Its line's number, from 1.
    line_number: usize,
    line: &'t str,
    cells: Vec<Cell<'t>>,
    rendered: Vec<String>,
}

impl<'t> TableRow<'t> {
    /// The source of a cell, without backticks around it; `None` where the row ends before it.
    fn source(&self, columns: &Columns, column: Column) -> Option<Cell<'t>> {
        Some(self.cells.get(columns.index_of(column)?)?.without_backticks())
    }

    /// What Markdown shows of a cell; empty for `-` and for a cell that is not there.
    fn text(&self, columns: &Columns, column: Column) -> String {
        let rendered = columns.index_of(column).and_then(|at| self.rendered.get(at));
        rendered.filter(|text| !is_empty_cell(text)).cloned().unwrap_or_default()
    }
}

impl<'t> MarkdownReader<'t> {
    /// A table: a list, or one whose cells are kept to be held against the names of tests.
    pub(super) fn table(&mut self, table: Node<'_>) {
        self.preceding_list = None;
        if self.is_ignored() {
            return;
        }
        let (start, end) = line_range(table);
        let mut rows = table.children();
        let Some(header) = rows.next() else { return };
        let header_has_pipe = cells::has_pipe(row_source(self.line(start), header));
        let mut header: Vec<String> = header.children().map(rendered_text).collect();
        let Some(columns) = Columns::parse(&header) else {
            self.non_list_table(start, rows);
            return;
        };
        header.iter_mut().for_each(|header| truncate(header, MAX_HEADER_LEN));
        let mut any = false;
        for row in rows {
            any = true;
            let line_number = line_range(row).0;
            let line = self.line(line_number);
            let source = row_source(line, row);
            if header_has_pipe && !cells::has_pipe(source) {
                self.problem(line_number, 0, ProblemKind::RowWithoutPipe);
            }
            let rendered = row.children().map(rendered_text).collect();
            self.row(
                &columns,
                &header,
                TableRow { line_number, line, cells: split(line, source), rendered },
            );
        }
        if !any {
            self.problem(start, 0, ProblemKind::EmptyList);
        }
        self.preceding_list = Some(PrecedingList { width: header.len(), end, adjacent: true });
        let (file, line, end) = (self.file.clone(), to_u32(start), to_u32(end));
        self.parsed.lists.push(ListTable { file, columns, line, end });
    }

    fn non_list_table<'a>(&mut self, start: usize, rows: impl Iterator<Item = Node<'a>>) {
        let mut names = Vec::new();
        for row in rows {
            let line = self.line(line_range(row).0);
            let cells = split(line, row_source(line, row)).into_iter();
            let texts = cells.map(|cell| decode_name(cell.without_backticks()).into_owned());
            names.extend(texts.filter(|text| !text.is_empty()));
            if names.len() + self.non_list_cell_count > MAX_NON_LIST_CELLS {
                break;
            }
        }
        self.non_list_cell_count += names.len();
        let (file, line) = (self.file.clone(), to_u32(start));
        self.parsed.non_list_tables.push(NonListTable { file, line, cells: names });
    }

    fn row(&mut self, columns: &Columns, header: &[String], row: TableRow<'_>) {
        let test = columns.index_of(Column::Test).and_then(|at| row.cells.get(at));
        if test.is_some_and(|cell| cell.is_comment()) {
            return;
        }
        if let Some(extra) = row.cells.get(header.len()) {
            let (found, expected) = (row.cells.len(), header.len());
            let column = extra.column(row.line);
            self.problem(row.line_number, column, ProblemKind::ExtraCells { found, expected });
        }
        let Some(first) = row.source(columns, Column::Test).filter(|cell| !cell.text.is_empty())
        else {
            self.problem(row.line_number, 0, ProblemKind::EmptyPattern);
            return;
        };
        let column = first.column(row.line);
        let text = decode_name(first);
        let pattern = match Pattern::parse_with_budget(&text, &mut self.regex_budget) {
            Ok(pattern) => pattern,
            Err(bad) => return self.bad_regex(row.line_number, column, &text, bad),
        };
        // Without what it excuses or speaks of, a row could excuse more than it says.
        let Some(expected) = self.expected(columns, &row) else { return };
        let Some(variants) = self.variants(columns, &row) else { return };
        let issue = self.issue(columns, &row, column, &text);
        let expires = self.expires(columns, &row);
        let loose = match self.options().compat {
            Compat::Loose => pattern.to_loose().map(Box::new),
            Compat::Strict => None,
        };
        let other_cell =
            |at: usize| (header[at].clone(), row.rendered.get(at).cloned().unwrap_or_default());
        self.parsed.rows.push(Row {
            file: self.file.clone(),
            line: to_u32(row.line_number),
            column,
            pattern,
            loose,
            expected,
            variants,
            category: row.text(columns, Column::Category),
            reason: row.text(columns, Column::Reason),
            issue,
            owner: row.text(columns, Column::Owner),
            expires,
            other: columns.unknown_indices().map(other_cell).collect(),
            section: self.section_path.clone(),
            levels: self.levels.clone(),
            inactive: None,
        });
    }

    /// The row's issue. Where one is required, a row without is a problem.
    fn issue(
        &mut self,
        columns: &Columns,
        row: &TableRow<'_>,
        column: u32,
        pattern: &str,
    ) -> String {
        let issue = row.text(columns, Column::Issue);
        let issue = match issue.to_ascii_lowercase().as_str() {
            "n/a" | "none" => String::new(),
            _ => issue,
        };
        if issue.is_empty() && self.options().policy == Policy::IssueRequired {
            let pattern = pattern.to_owned();
            self.problem(row.line_number, column, ProblemKind::MissingIssue { pattern });
        }
        issue
    }

    fn bad_regex(&mut self, at: usize, column: u32, pattern: &str, bad: BadRegex) {
        let (pattern, why) = (pattern.to_owned(), bad.why);
        self.problem(at, column, ProblemKind::BadRegex { pattern, why });
    }

    fn expected(&mut self, columns: &Columns, row: &TableRow<'_>) -> Option<Expected> {
        let Some(cell) = row.source(columns, Column::Status) else {
            return Some(Expected::AnyFailure);
        };
        match Expected::parse(&cell.unescaped(), &mut self.regex_budget) {
            Ok(expected) => Some(expected),
            Err(BadStatus::Unknown { word }) => {
                let column = cell.column(row.line);
                self.problem(row.line_number, column, ProblemKind::UnknownStatus { word });
                Some(Expected::AnyFailure)
            }
            Err(BadStatus::Message { pattern, source }) => {
                self.bad_regex(row.line_number, cell.column(row.line), &pattern, source);
                None
            }
        }
    }

    /// The row's own variants, or else those of its section.
    fn variants(&mut self, columns: &Columns, row: &TableRow<'_>) -> Option<VariantScope> {
        let cell = row.source(columns, Column::Variants).filter(|cell| !is_empty_cell(cell.text));
        let Some(cell) = cell else { return Some(self.options().variants.clone()) };
        let text = cell.unescaped();
        match VariantScope::parse(&text, &mut self.regex_budget) {
            Ok(scope) => Some(scope),
            Err(bad) => {
                self.bad_regex(row.line_number, cell.column(row.line), &text, bad);
                None
            }
        }
    }

    fn expires(&mut self, columns: &Columns, row: &TableRow<'_>) -> Option<Date> {
        let text = row.text(columns, Column::Expires);
        if text.is_empty() {
            return None;
        }
        let date = text.parse();
        if date.is_err() {
            let cell = row.source(columns, Column::Expires);
            let column = cell.map_or(0, |cell| cell.column(row.line));
            self.problem(row.line_number, column, ProblemKind::BadDate { text });
        }
        date.ok()
    }
}

fn is_empty_cell(text: &str) -> bool {
    matches!(text, "" | "-" | "–" | "—")
}

/// A cell as the name or pattern that it holds, in the letters that results use.
pub(super) fn decode_name<'l>(cell: Cell<'l>) -> Cow<'l, str> {
    match cell.unescaped() {
        Cow::Borrowed(text) => TestName::escape(text),
        Cow::Owned(text) => Cow::Owned(TestName::escape(&text).into_owned()),
    }
}

/// The part of a line that is the row, without the quote or list that contains the table.
fn row_source<'l>(line: &'l str, row: Node<'_>) -> &'l str {
    let start = row.data().sourcepos.start.column.saturating_sub(1);
    line.get(start..).unwrap_or(line)
}

/// The cells of a row, placed in their line.
fn split<'l>(line: &'l str, source: &'l str) -> Vec<Cell<'l>> {
    let offset = line.len() - source.len();
    let mut cells = cells::split(source);
    cells.iter_mut().for_each(|cell| cell.start += offset);
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use comrak::nodes::NodeValue;
    use comrak::{Arena, parse_document};
    use proptest::prelude::*;

    const WIDTH: usize = 24;

    proptest! {
        /// Our reading of a row's source and comrak's have to agree, or a pattern would come from
        /// another cell than its reason.
        #[test]
        fn split_finds_the_cells_that_comrak_finds(line in r"\|?([ab]| |\t|\||\\|`|é|:|-){1,20}") {
            let bar = |cell: &str| format!("|{}\n", cell.repeat(WIDTH));
            let text = format!("{}{}{line}\n", bar("h|"), bar("-|"));
            let arena = Arena::new();
            let mut options = comrak::Options::default();
            options.extension.table = true;
            let root = parse_document(&arena, &text, &options);
            let table = root.first_child().expect("a table");
            let Some(row) = table.children().nth(1) else { return Ok(()) };
            let NodeValue::Table(table_facts) = &table.data().value else { panic!("a table") };
            let cells = cells::split(row_source(&line, row));
            prop_assert_eq!(cells.len(), table_facts.num_nonempty_cells - WIDTH);
            let is_plain = |text: &str| !text.contains(['\\', '`']);
            for (cell, found) in cells.iter().zip(row.children()).filter(|(c, _)| is_plain(c.text)) {
                prop_assert_eq!(cell.text, rendered_text(found));
            }
        }
    }
}
