//! Rows taken out of a document, narrowed or added.
//!
//! In: a text and what is to become of its rows. Out: the text with that done and everything else byte
//! for byte: prose, widths of columns, line endings, a missing end of the last line. A newcomer's trap: a
//! table that lost its last row keeps its header; taking that away as well would take the place where
//! the next row belongs.

use super::document::cells::{self, Cell};
use super::document::columns::Column;
use super::document::lines::lines;
use super::document::{self, strip_container_prefix};
use super::{Document, KnownFailures, ListTable, Pattern, RowId, escape_cell, escape_text};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The head of a list in a document that has none.
const NEW_LIST_HEADER: [&str; 2] =
    ["| Test Name | Category | Reason | Issue |", "| --------- | -------- | ------ | ----- |"];

/// What is to become of a list's rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    /// Taken out.
    pub removed: BTreeSet<RowId>,
    /// Replaced by rows for these names, which are the same otherwise.
    pub narrowed: BTreeMap<RowId, Vec<String>>,
    /// Put in.
    pub added: Vec<NewRow>,
}

/// A row that is to be put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRow {
    pub name: String,
    /// As it is to be read back: one line without blanks around it.
    pub reason: String,
    /// Where it holds, if its table has a column for that; empty for everywhere.
    pub variants: Vec<String>,
    /// The row below which it is to stand, and whose category it takes; without one it stands at the end
    /// of the last list.
    pub after: Option<RowId>,
}

impl Edits {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.narrowed.is_empty() && self.added.is_empty()
    }
}

/// The text without the lines of these numbers, counted from 1.
pub fn remove_rows(text: &str, rows: &BTreeSet<u32>) -> String {
    let mut rest = String::with_capacity(text.len());
    for (_, line) in (1..).zip(lines(text)).filter(|(number, _)| !rows.contains(number)) {
        push(&mut rest, line);
    }
    rest
}

/// Appends a line, or its end. A carriage return alone ends a line too: with a line feed behind it, two ends
/// would become one.
fn push(text: &mut String, piece: &str) {
    if text.ends_with('\r') && piece.starts_with('\n') {
        text.push('\n');
    }
    text.push_str(piece);
}

/// One document's text with the edits that concern it.
pub(super) fn edited(known: &KnownFailures, document: &Document, edits: &Edits) -> String {
    let editor = Editor { known, document, lines: lines(&document.text).collect() };
    let mut changed: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for (line, rows) in editor.added_rows(edits) {
        changed.entry(line).or_insert_with(|| vec![editor.without_line_ending(line)]).extend(rows);
    }
    let is_in_document = |id: &RowId| known.row(*id).file == document.path;
    for (id, names) in edits.narrowed.iter().filter(|(id, _)| is_in_document(id)) {
        editor.replace_line(&mut changed, known.row(*id).line, editor.narrowed_rows(*id, names));
    }
    for id in edits.removed.iter().filter(|id| is_in_document(id)) {
        editor.replace_line(&mut changed, known.row(*id).line, Vec::new());
    }
    editor.realign(&mut changed);
    editor.write(&changed)
}

/// A new row as the line that it would be, and the document and line that it would stand below (0: at the
/// end).
pub(super) fn preview_row(known: &KnownFailures, new: &NewRow) -> Option<(Arc<str>, u32, String)> {
    known.documents.iter().find_map(|document| {
        let editor = Editor { known, document, lines: lines(&document.text).collect() };
        let (line, row) = editor.preview(new)?;
        Some((document.path.clone(), line, row))
    })
}

struct Editor<'k> {
    known: &'k KnownFailures,
    document: &'k Document,
    lines: Vec<&'k str>,
}

impl Editor<'_> {
    /// A line with its end; empty when there is no such line.
    fn line(&self, number: u32) -> &str {
        let at = (number as usize).checked_sub(1);
        at.and_then(|at| self.lines.get(at)).copied().unwrap_or_default()
    }

    /// A line without its end.
    fn without_line_ending(&self, number: u32) -> String {
        self.line(number).trim_end_matches(['\r', '\n']).to_owned()
    }

    /// Puts rows in place of a line, in front of those that were added below it.
    fn replace_line(&self, changed: &mut BTreeMap<u32, Vec<String>>, line: u32, rows: Vec<String>) {
        let original = || vec![self.without_line_ending(line)];
        changed.entry(line).or_insert_with(original).splice(..1, rows);
    }

    /// The text with some of its lines replaced. Each new line ends as the one it replaces; where that
    /// one, the last of the text, has no end, the lines in front of it end as the text's first line does.
    fn write(&self, changed: &BTreeMap<u32, Vec<String>>) -> String {
        let mut text = String::with_capacity(self.document.text.len());
        for (number, line) in (1..).zip(&self.lines) {
            let Some(rows) = changed.get(&number) else {
                push(&mut text, line);
                continue;
            };
            let end = line_ending(line);
            let inner_ending = if end.is_empty() { self.default_line_ending() } else { end };
            for (at, row) in rows.iter().enumerate() {
                push(&mut text, row);
                push(&mut text, if at + 1 == rows.len() { end } else { inner_ending });
            }
        }
        // Line 0 stands for what comes behind everything else.
        for row in changed.get(&0).into_iter().flatten().skip(1) {
            if !text.is_empty() && line_ending(&text).is_empty() {
                text.push_str(self.default_line_ending());
            }
            push(&mut text, row);
            push(&mut text, self.default_line_ending());
        }
        text
    }

    fn default_line_ending(&self) -> &str {
        let first = self.lines.first().map(|line| line_ending(line));
        first.filter(|end| !end.is_empty()).unwrap_or("\n")
    }

    /// A row's line, once for each name in place of its pattern.
    fn narrowed_rows(&self, id: RowId, names: &[String]) -> Vec<String> {
        let row = self.known.row(id);
        let line = self.without_line_ending(row.line);
        let Some(list) = self.list_containing(row.line) else { return vec![line] };
        let index = list.columns.index_of(Column::Test).unwrap_or(0);
        let source = strip_container_prefix(&line);
        let Some(cell) = cells::split(source).get(index).copied() else { return vec![line] };
        let prefix_len = line.len() - source.len();
        let in_backticks = cell.without_backticks().text != cell.trimmed().text;
        let is_aligned = self.row_pipes_if_aligned(list, &line).is_some();
        let with_name = |name: &String| {
            let width = if is_aligned { cell.text.chars().count() } else { 0 };
            replace_cell(&line, prefix_len, cell, &name_cell(name, in_backticks), width)
        };
        names.iter().map(with_name).collect()
    }

    /// The list whose rows this line is one of.
    fn list_containing(&self, line: u32) -> Option<&ListTable> {
        let is_in_document = |list: &&ListTable| list.file == self.document.path;
        let lists = self.known.lists.iter().filter(is_in_document);
        lists.into_iter().find(|list| list.line < line && line <= list.end)
    }

    /// The new rows of this document, by the line that they stand below; 0 for the end of the text.
    fn added_rows(&self, edits: &Edits) -> BTreeMap<u32, Vec<String>> {
        let mut added: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        let last_document = self.known.documents.last().map(|last| &last.path);
        for new in &edits.added {
            let model = new.after.map(|id| self.known.row(id));
            let at = match (model, self.known.lists.last()) {
                (Some(row), _) if row.file == self.document.path => row.line,
                (None, Some(list)) if list.file == self.document.path => list.end,
                (None, None) if last_document == Some(&self.document.path) => 0,
                (Some(_), _) | (None, Some(_) | None) => continue,
            };
            added.entry(at).or_default().push(self.new_row(new, at));
        }
        if let Some(rows) = added.get_mut(&0) {
            let closing_line = document::closing_line(&self.document.text);
            let empty_line = (!self.document.text.trim().is_empty()).then(String::new);
            let header = NEW_LIST_HEADER.into_iter().map(str::to_owned);
            rows.splice(..0, closing_line.into_iter().chain(empty_line).chain(header));
        }
        added
    }

    /// The line that a new row would be, and the line that it would stand below, if it belongs here.
    fn preview(&self, new: &NewRow) -> Option<(u32, String)> {
        let edits = Edits { added: vec![new.clone()], ..Edits::default() };
        let (line, rows) = self.added_rows(&edits).pop_first()?;
        Some((line, rows.last()?.trim().to_owned()))
    }

    /// A new row in the shape of the line that it stands below.
    fn new_row(&self, new: &NewRow, after_line: u32) -> String {
        let name = escape_cell(&new.name);
        let Some(list) = self.list_containing(after_line) else {
            return format!("| {name} |  | {} |  |", escape_text(&new.reason));
        };
        let line = self.without_line_ending(after_line);
        let model = cells::split(strip_container_prefix(&line));
        let pipes = self.row_pipes_if_aligned(list, &line).unwrap_or_default();
        let is_row = after_line != list.line + 1;
        let cell = |(at, column): (usize, &Option<Column>)| {
            let model_text = model.get(at).map(|cell| cell.text).filter(|_| is_row);
            let text = match column {
                Some(Column::Test) => name.clone(),
                Some(Column::Category) => model_text.unwrap_or_default().to_owned(),
                Some(Column::Reason) => escape_text(&new.reason),
                Some(Column::Variants) => new.variants.join(", "),
                Some(Column::Issue) => {
                    model_text.filter(|text| *text == "-").unwrap_or("").to_owned()
                }
                Some(Column::Status | Column::Expires | Column::Owner) | None => String::new(),
            };
            // A pipe and a blank on either side.
            let width =
                pipes.get(at..at + 2).map_or(0, |ends| (ends[1] - ends[0]).saturating_sub(3));
            format!("{text:width$}")
        };
        let cells: Vec<String> = list.columns.all().iter().enumerate().map(cell).collect();
        let prefix = &line[..line.len() - strip_container_prefix(&line).len()];
        format!("{prefix}| {} |", cells.join(" | "))
    }

    /// Widens the columns of aligned tables for what was put into them.
    fn realign(&self, changed: &mut BTreeMap<u32, Vec<String>>) {
        let lists = self.known.lists.iter().filter(|list| list.file == self.document.path);
        for list in lists {
            let lines = list.line..=list.end;
            let touched = changed.range(lines.clone()).flat_map(|(_, rows)| rows);
            let Some(pipes) = self.header_pipes_if_aligned(list) else { continue };
            let mut target_widths = widths(&pipes);
            let original_widths = target_widths.clone();
            for row in touched {
                for (target, width) in target_widths.iter_mut().zip(widths(&pipe_positions(row))) {
                    *target = width.max(*target);
                }
            }
            if target_widths == original_widths {
                continue;
            }
            for number in lines {
                let rows = changed
                    .remove(&number)
                    .unwrap_or_else(|| vec![self.without_line_ending(number)]);
                let rows = rows.iter().map(|row| pad_columns(row, &target_widths)).collect();
                changed.insert(number, rows);
            }
        }
    }

    /// Where the pipes of a table's header stand, counted in characters, if those of all its other lines
    /// stand below them.
    fn header_pipes_if_aligned(&self, list: &ListTable) -> Option<Vec<usize>> {
        let header = self.without_line_ending(list.line);
        let pipes = pipe_positions(&header);
        let is_aligned = |number| {
            let found = pipe_positions(&self.without_line_ending(number));
            found.len() > 1 && pipes.starts_with(&found)
        };
        let is_framed = strip_container_prefix(&header).starts_with('|');
        (is_framed && (list.line + 1..=list.end).all(is_aligned)).then_some(pipes)
    }

    /// Where a row's pipes stand, counted in characters, if they stand below those of the header and
    /// the delimiter row: then somebody aligns this table.
    fn row_pipes_if_aligned(&self, list: &ListTable, row: &str) -> Option<Vec<usize>> {
        let found = pipe_positions(row);
        let same = |line: u32| pipe_positions(&self.without_line_ending(line)) == found;
        (same(list.line) && same(list.line + 1)).then_some(found)
    }
}

/// Where the pipes between a row's cells stand, counted in characters.
fn pipe_positions(row: &str) -> Vec<usize> {
    let mut previous = ' ';
    let mut pipes = Vec::new();
    for (at, c) in row.chars().enumerate() {
        if c == '|' && previous != '\\' {
            pipes.push(at);
        }
        previous = c;
    }
    pipes
}

/// The distances between pipes.
fn widths(pipes: &[usize]) -> Vec<usize> {
    pipes.windows(2).map(|ends| ends[1] - ends[0]).collect()
}

/// A row whose columns are at least so wide: blanks in front of its pipes, in a delimiter row dashes.
fn pad_columns(row: &str, target_widths: &[usize]) -> String {
    let is_delimiter = cells::delimiter_width(strip_container_prefix(row)).is_some();
    let pipes = pipe_positions(row);
    let lacking: Vec<usize> = target_widths
        .iter()
        .zip(widths(&pipes))
        .map(|(target, width)| target.saturating_sub(width))
        .collect();
    let (mut padded, mut column, mut dashed) = (String::with_capacity(row.len()), 0, false);
    for (at, c) in row.chars().enumerate() {
        let lacks = |column: usize| lacking.get(column).copied().unwrap_or(0);
        if pipes.get(column) == Some(&at) {
            let closes = column.checked_sub(1).filter(|_| !is_delimiter);
            padded.extend(std::iter::repeat_n(' ', closes.map_or(0, lacks)));
            (column, dashed) = (column + 1, false);
        }
        padded.push(c);
        if is_delimiter && c == '-' && !dashed {
            padded.extend(std::iter::repeat_n('-', column.checked_sub(1).map_or(0, lacks)));
            dashed = true;
        }
    }
    padded
}

/// A name as the cell of a row whose pattern stood in backticks, or did not.
fn name_cell(name: &str, in_backticks: bool) -> String {
    let plain = escape_cell(name);
    match in_backticks && !plain.starts_with('`') {
        true => format!("`{}`", Pattern::for_name(name)),
        false => plain,
    }
}

/// The line with another text in one of its cells. With the old text's width, where its table is
/// aligned, the cell keeps its own as far as the text leaves room.
fn replace_cell(line: &str, prefix_len: usize, cell: Cell<'_>, text: &str, width: usize) -> String {
    let (start, end) = (prefix_len + cell.start, prefix_len + cell.start + cell.text.len());
    let rest = &line[end..];
    let spaces = rest.len() - rest.trim_start_matches(' ').len();
    let padding = match width {
        0 => spaces,
        // One blank stays in front of the pipe where there was one.
        _ => (width + spaces).saturating_sub(text.chars().count()).max(spaces.min(1)),
    };
    format!("{}{text}{}{}", &line[..start], " ".repeat(padding), &rest[spaces..])
}

fn line_ending(line: &str) -> &str {
    &line[line.trim_end_matches(['\r', '\n']).len()..]
}
