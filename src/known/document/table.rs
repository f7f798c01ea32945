//! The rows of lists, and the cells of all other tables.
//!
//! Patterns, statuses and variants are read from the line's source, all other columns as Markdown renders them. So
//! [`cells::split`] has to find the same cells as comrak. A row is left out when its pattern, status message or
//! variants cannot be read, since without them it could excuse more than its author meant.
//!
//! Specification: <https://github.github.com/gfm/#tables-extension->

use super::cells::{self, Cell, decode_name, is_code_span};
use super::columns::{Column, Columns};
use super::lines::{to_u32, truncate};
use super::misleading::{self, Definitions, ShownCell};
use super::nodes::{line_range, rendered_text, shown_text};
use super::reader::{ListTable, MarkdownReader, NonListTable, PrecedingList};
use super::status::BadStatus;
use crate::known::pattern::{BadRegex, Pattern};
use crate::known::row::{Expected, Row};
use crate::known::variants::VariantScope;
use crate::model::{HiddenBy, MisleadingCause, ProblemKind};
use comrak::nodes::Node;
use jiff::civil::Date;

/// Maximum cells kept of a document's tables that are not lists.
const MAX_NON_LIST_CELLS: usize = 10_000;

/// Maximum bytes kept of the header of an unknown column: each row has it.
const MAX_HEADER_LEN: usize = 200;

struct TableRow<'t, 'n> {
    columns: &'t Columns,
    headers: &'t [String],
    /// 1-based.
    line_number: usize,
    line: &'t str,
    /// Its cells as source.
    cells: Vec<Cell<'t>>,
    /// Its cells as comrak parsed them; `None` for a plain row, which comrak was not given.
    nodes: Option<Vec<Node<'n>>>,
    hidden_by: Option<HiddenBy>,
}

impl<'t> TableRow<'t, '_> {
    /// The source of a cell, without backticks around it; `None` if the row ends before it.
    fn source(&self, column: Column) -> Option<Cell<'t>> {
        Some(self.cells.get(self.columns.index_of(column)?)?.without_backticks())
    }

    /// The text of a cell as Markdown renders it, with the placeholders in it.
    fn rendered_at(&self, index: usize) -> String {
        match &self.nodes {
            Some(nodes) => nodes.get(index).copied().map(rendered_text).unwrap_or_default(),
            None => self.cells.get(index).map_or("", |cell| cell.text.trim()).to_owned(),
        }
    }

    /// The rendered text of a cell; empty for `-` and for a missing cell.
    fn text(&self, column: Column) -> String {
        let text = self.columns.index_of(column).map(|at| self.rendered_at(at));
        text.filter(|text| !is_empty_cell(text)).unwrap_or_default()
    }

    /// What GitHub shows of a cell: of a plain one its source, as of code.
    fn shown(&self, column: Column, definitions: &Definitions) -> ShownCell {
        let Some(at) = self.columns.index_of(column) else { return ShownCell::default() };
        let is_code = self.cells.get(at).is_some_and(|cell| is_code_span(cell.text));
        match self.nodes.as_ref().and_then(|nodes| nodes.get(at)) {
            Some(cell) if !is_code => ShownCell::from_node(cell, definitions),
            Some(_) | None => ShownCell { text: None, markup: None, is_code },
        }
    }

    /// The 1-based column where a cell's text starts.
    fn column_of(&self, cell: Cell<'_>) -> u32 {
        cell.column(self.line)
    }
}

impl<'t> MarkdownReader<'t> {
    /// A table: a list, or one whose cells are kept to be compared with the names of tests.
    pub(super) fn table(&mut self, table: Node<'_>) {
        self.preceding_list = None;
        self.parsed.last_table_ignored_by = self.ignored_by();
        if self.parsed.last_table_ignored_by.is_some() {
            return;
        }
        let (start, end) = line_range(table);
        let mut rows = table.children().peekable();
        let Some(header) = rows.next() else { return };
        let mut headers: Vec<String> = header.children().map(shown_text).collect();
        let Some(columns) = Columns::parse(&headers) else {
            self.non_list_table(start, rows);
            return;
        };
        if let Some(cause) = misleading::in_headers(&headers, &columns) {
            self.problem(start, 0, ProblemKind::MisleadingCell { column: "header", cause });
            return;
        }
        headers.iter_mut().for_each(|header| truncate(header, MAX_HEADER_LEN));
        if rows.peek().is_none() {
            self.problem(start, 0, ProblemKind::EmptyList);
        }
        let header_has_pipe = cells::has_pipe(row_source(self.line(start), header));
        let hidden_header = self.hidden_by(start);
        for row in rows {
            let hidden_by = self.hidden_by(line_range(row).0).or(hidden_header);
            for (index, (line_number, line, source)) in self.row_lines(row).enumerate() {
                if header_has_pipe && !cells::has_pipe(source) {
                    self.problem(line_number, 0, ProblemKind::RowWithoutPipe);
                }
                let cells = split(line, source);
                let nodes = (index == 0).then(|| row.children().collect());
                let (columns, headers) = (&columns, &headers[..]);
                self.row(&TableRow {
                    columns,
                    headers,
                    line_number,
                    line,
                    cells,
                    nodes,
                    hidden_by,
                });
            }
        }
        self.preceding_list = Some(PrecedingList { width: headers.len(), end, adjacent: true });
        let variants = self.options().variants.clone();
        let (line, end) = (to_u32(start), to_u32(end));
        let expected = self.options().expected.clone();
        self.parsed.lists.push(ListTable { columns, line, end, variants, expected });
    }

    /// The lines of a row and of the plain rows after it that comrak was not given: number, line, source of the row.
    fn row_lines(
        &self,
        row: Node<'_>,
    ) -> impl Iterator<Item = (usize, &'t str, &'t str)> + use<'t> {
        let (first, last) = line_range(row);
        let start = row_source(self.line(first), row);
        let lines: Vec<_> = (first..=last).map(|at| (at, self.line(at))).collect();
        lines.into_iter().map(move |(at, line)| (at, line, if at == first { start } else { line }))
    }

    fn non_list_table<'a>(&mut self, start: usize, rows: impl Iterator<Item = Node<'a>>) {
        let mut names = Vec::new();
        for (_, line, source) in rows.flat_map(|row| self.row_lines(row)) {
            let cells = split(line, source).into_iter();
            let texts = cells.map(|cell| decode_name(cell.without_backticks()));
            names.extend(texts.filter(|text| !text.is_empty()));
            if names.len() + self.non_list_cell_count > MAX_NON_LIST_CELLS {
                break;
            }
        }
        self.non_list_cell_count += names.len();
        let (file, line) = (self.file.clone(), to_u32(start));
        self.parsed.non_list_tables.push(NonListTable { file, line, cells: names });
    }

    fn row(&mut self, row: &TableRow<'_, '_>) {
        let test = row.columns.index_of(Column::Test).and_then(|at| row.cells.get(at));
        if test.is_some_and(|cell| cell.is_comment()) {
            return;
        }
        if let Some(extra) = row.cells.get(row.headers.len()) {
            let kind =
                ProblemKind::ExtraCells { found: row.cells.len(), expected: row.headers.len() };
            self.problem(row.line_number, row.column_of(*extra), kind);
        }
        let Some(test) = row.source(Column::Test).filter(|cell| !cell.text.is_empty()) else {
            self.problem(row.line_number, 0, ProblemKind::EmptyPattern);
            return;
        };
        let text = decode_name(test);
        let line = row.line.trim_end_matches(['\r', '\n']).bytes();
        let has_control =
            line.fold(false, |found, byte| found | (byte.is_ascii_control() & (byte != b'\t')));
        let hidden_by = row.hidden_by.or(has_control.then_some(HiddenBy::ControlCharacter));
        if let Some(by) = hidden_by {
            let kind = ProblemKind::HiddenRow { pattern: text, by };
            self.problem(row.line_number, row.column_of(test), kind);
            return;
        }
        let shown = row.shown(Column::Test, &self.definitions);
        if !self.check_shown(row, test, "test", misleading::in_test(&test.unescaped(), &shown)) {
            return;
        }
        let pattern = Pattern::parse_with_budget(&text, &mut self.regex_budget);
        let Some(pattern) = self.check_regex(row, test, &text, pattern) else { return };
        let pattern = if self.options().matches_ends { pattern.into_end() } else { pattern };
        let Some(expected) = self.expected(row) else { return };
        let Some(variants) = self.variants(row) else { return };
        let Some(issue) = self.issue(row, test, &text) else { return };
        let expires = self.expires(row);
        let is_loose = self.options().is_loose;
        let loose = if is_loose { pattern.to_loose().map(Box::new) } else { None };
        let other_cell = |at: usize| (row.headers[at].clone(), row.rendered_at(at));
        let other = row.columns.unknown_indices().map(other_cell).collect();
        self.parsed.rows.push(Row {
            file: self.file.clone(),
            line: to_u32(row.line_number),
            column: row.column_of(test),
            pattern,
            loose,
            expected,
            variants,
            category: row.text(Column::Category),
            reason: row.text(Column::Reason),
            issue,
            owner: row.text(Column::Owner),
            expires,
            other,
            section: self.sections.path().clone(),
            levels: self.sections.levels().clone(),
            inactive: None,
        });
    }

    /// Reports a cell that shows something else than it claims; whether it does not.
    fn check_shown(
        &mut self,
        row: &TableRow<'_, '_>,
        cell: Cell<'_>,
        column: &'static str,
        cause: Option<MisleadingCause>,
    ) -> bool {
        let Some(cause) = cause else { return true };
        let kind = ProblemKind::MisleadingCell { column, cause };
        self.problem(row.line_number, row.column_of(cell), kind);
        false
    }

    /// The row's issue as GitHub shows it; a missing one is a problem where the section requires it. `None` if the
    /// cell is misleading.
    fn issue(&mut self, row: &TableRow<'_, '_>, test: Cell<'_>, pattern: &str) -> Option<String> {
        if let Some(cell) = row.source(Column::Issue) {
            let cause =
                misleading::in_issue(cell.text, &row.shown(Column::Issue, &self.definitions));
            if !self.check_shown(row, cell, "issue", cause) {
                return None;
            }
        }
        let mut issue = row.text(Column::Issue);
        let is_none = ["n/a", "none"].iter().any(|none| issue.eq_ignore_ascii_case(none));
        if is_none || misleading::is_blank(&issue) {
            issue.clear();
        }
        if issue.is_empty() && self.options().requires_issue {
            let kind = ProblemKind::MissingIssue { pattern: pattern.to_owned() };
            self.problem(row.line_number, row.column_of(test), kind);
        }
        Some(issue)
    }

    /// What was parsed from a cell; an invalid regular expression is a problem.
    fn check_regex<T>(
        &mut self,
        row: &TableRow<'_, '_>,
        cell: Cell<'_>,
        pattern: &str,
        parsed: Result<T, BadRegex>,
    ) -> Option<T> {
        let bad = |BadRegex { why }| {
            let kind = ProblemKind::BadRegex { pattern: pattern.to_owned(), why };
            self.problem(row.line_number, row.column_of(cell), kind);
        };
        parsed.map_err(bad).ok()
    }

    /// The row's own status, or else that of its section.
    fn expected(&mut self, row: &TableRow<'_, '_>) -> Option<Expected> {
        let Some(cell) = row.source(Column::Status) else {
            return Some(self.options().expected.clone());
        };
        let source = cell.unescaped();
        match Expected::parse(&source, &mut self.regex_budget) {
            Ok(expected) => {
                let shown = row.shown(Column::Status, &self.definitions);
                let cause =
                    misleading::in_status(&source, &shown, &expected, &mut self.regex_budget);
                let is_own = Expected::is_named(&source);
                let is_shown = self.check_shown(row, cell, "status", cause);
                is_shown.then(|| if is_own { expected } else { self.options().expected.clone() })
            }
            Err(BadStatus::Unknown { word }) => {
                let kind = ProblemKind::UnknownStatus { word };
                self.problem(row.line_number, row.column_of(cell), kind);
                None
            }
            Err(BadStatus::Message { pattern, source }) => {
                self.check_regex(row, cell, &pattern, Err(source))
            }
        }
    }

    /// The row's own variants, or else those of its section.
    fn variants(&mut self, row: &TableRow<'_, '_>) -> Option<VariantScope> {
        let cell = row.source(Column::Variants).filter(|cell| !is_empty_cell(cell.text));
        let Some(cell) = cell else { return Some(self.options().variants.clone()) };
        let text = cell.unescaped();
        let scope = VariantScope::parse(&text, &mut self.regex_budget);
        let scope = self.check_regex(row, cell, &text, scope)?;
        let shown = row.shown(Column::Variants, &self.definitions);
        let cause = misleading::in_variants(&text, &shown, &scope, &mut self.regex_budget);
        self.check_shown(row, cell, "variants", cause).then_some(scope)
    }

    fn expires(&mut self, row: &TableRow<'_, '_>) -> Option<Date> {
        let text = row.text(Column::Expires);
        if text.is_empty() {
            return None;
        }
        let date = text.parse().ok();
        if date.is_none() {
            let column = row.source(Column::Expires).map_or(0, |cell| row.column_of(cell));
            self.problem(row.line_number, column, ProblemKind::BadDate { text });
        }
        date
    }
}

fn is_empty_cell(text: &str) -> bool {
    matches!(text, "" | "-" | "–" | "—")
}

/// The part of a line that is the row, without the block quote or list that contains the table.
fn row_source<'l>(line: &'l str, row: Node<'_>) -> &'l str {
    let start = row.data().sourcepos.start.column.saturating_sub(1);
    line.get(start..).unwrap_or(line)
}

/// The cells of `source`, which is the end of `line`, with their offsets in `line`.
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
