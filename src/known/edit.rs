//! Removes, narrows and adds rows of documents.
//!
//! Everything else is kept byte for byte: prose, column widths, line endings, a missing line ending at the end. A
//! table that has lost its last row keeps its header, so that the next row has a place.

use super::document::cells::{self, Cell, strip_container_prefix};
use super::document::closing_line;
use super::document::columns::Column;
use super::document::escape::{escape_cell, escape_pattern, escape_text};
use super::document::lines::{append, lines, to_u32};
use super::document::reader::ListTable;
use super::list::{Document, KnownFailures};
use super::list_format::ListFormat;
use super::list_kinds::{SourceList, plain};
use super::pattern::Pattern;
use super::row::{Row, RowId};
use crate::model::{Problem, ProblemKind, Severity};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// The header of a list that is added to a document without one.
const NEW_LIST_HEADER: [&str; 2] =
    ["| Test Name | Category | Reason | Issue |", "| --------- | -------- | ------ | ----- |"];

/// A byte order mark, which stays when its line goes.
const BOM: char = '\u{feff}';

/// Changes to the rows of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    /// Rows to remove.
    pub removed: BTreeSet<RowId>,
    /// Rows to replace by one row for each of these names, with the other cells unchanged.
    pub narrowed: BTreeMap<RowId, Vec<String>>,
    /// Rows to add.
    pub added: Vec<NewRow>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRow {
    /// The name that it claims.
    pub name: String,
    /// One line without surrounding whitespace.
    pub reason: String,
    /// Items of its cell, written only if its table has a column for variants; empty for all variants.
    pub variants: Vec<String>,
    /// The row after which it is inserted and whose category it takes; `None` for the end of the last
    /// list.
    pub after: Option<RowId>,
}

impl Edits {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.narrowed.is_empty() && self.added.is_empty()
    }
}

/// The text without the lines with these 1-based numbers.
pub fn remove_rows(text: &str, rows: &BTreeSet<u32>) -> String {
    let mut rest = String::with_capacity(text.len());
    for (_, line) in (1..).zip(lines(text)).filter(|(number, _)| !rows.contains(number)) {
        append(&mut rest, line);
    }
    rest
}

/// The texts of all documents with these edits, in order.
pub fn apply(known: &KnownFailures, edits: &Edits) -> Vec<String> {
    let texts = edited_texts(known, edits);
    known
        .documents()
        .iter()
        .zip(texts)
        .map(|(document, text)| keep_format(document, text))
        .collect()
}

fn edited_texts(known: &KnownFailures, edits: &Edits) -> Vec<String> {
    known.documents().iter().map(|document| edit_document(known, document, edits)).collect()
}

/// The new text of a document. If it would no longer be detected as a list of its format, it declares that.
fn keep_format(document: &Document, text: String) -> String {
    let Some(format) = document.format.filter(|_| text != document.text) else { return text };
    let is_detected = |text: &str| {
        format.is_detected(&SourceList { path: document.path.clone(), text: text.to_owned() })
    };
    if is_detected(&document.text) && !is_detected(&text) { format.declare(text) } else { text }
}

fn edit_document(known: &KnownFailures, document: &Document, edits: &Edits) -> String {
    if !document.is_editable() {
        return document.text.clone();
    }
    let editor = Editor::new(known, document);
    let mut changed: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for (line, rows) in editor.added_rows(edits) {
        changed.entry(line).or_insert_with(|| vec![editor.line(line).to_owned()]).extend(rows);
    }
    let is_in_document = |id: &RowId| known.row(*id).file == document.path;
    for (id, names) in edits.narrowed.iter().filter(|(id, _)| is_in_document(id)) {
        editor.replace_line(&mut changed, known.row(*id).line, editor.narrowed_rows(*id, names));
    }
    let removed = edits.removed.iter().filter(|id| is_in_document(id));
    let removed: BTreeSet<u32> = removed.map(|id| known.row(*id).line).collect();
    let grown = changed.keys().copied().collect();
    for line in removed.iter().chain(&orphaned_directives(document, &removed, &grown)) {
        editor.replace_line(&mut changed, *line, Vec::new());
    }
    editor.realign(&mut changed);
    editor.write(&changed)
}

/// The 1-based lines of directives of groups that lose all of their rows; `kept` are lines that get other rows. In a plain
/// list such a directive would apply to what follows.
pub fn orphaned_directives(
    document: &Document,
    removed: &BTreeSet<u32>,
    kept: &BTreeSet<u32>,
) -> BTreeSet<u32> {
    let mut orphaned = BTreeSet::new();
    if removed.is_empty() || document.format.is_none_or(|format| !format.is_plain()) {
        return orphaned;
    }
    let lines: Vec<&str> = lines(&document.text).collect();
    for group in document.lists() {
        let mut rows = group.line + 1..=group.end;
        if rows.is_empty() || !rows.all(|line| removed.contains(&line) && !kept.contains(&line)) {
            continue;
        }
        let above = lines.iter().enumerate().take(group.line as usize).rev();
        let comments = above.take_while(|(_, line)| plain::is_comment(line));
        let directives = comments.filter(|(_, line)| plain::is_directive(line));
        orphaned.extend(directives.map(|(at, _)| to_u32(at + 1)));
    }
    orphaned
}

/// The patterns of the rows that these edits keep, narrow or add and that the edited list does not have.
pub fn lost_rows(known: &KnownFailures, edits: &Edits, edited: &KnownFailures) -> Vec<String> {
    let mut unexplained: HashMap<WrittenPattern<'_>, usize> = HashMap::new();
    for row in edited.rows() {
        *unexplained.entry(WrittenPattern::new(&row.pattern)).or_default() += 1;
    }
    let is_kept = |id: &RowId| !edits.removed.contains(id) && !edits.narrowed.contains_key(id);
    let kept = known.rows_with_ids().filter(|(id, _)| is_kept(id));
    let kept = kept.map(|(_, row)| WrittenPattern::new(&row.pattern));
    let added = edits.added.iter().map(|new| &new.name);
    let written = edits.narrowed.values().flatten().chain(added);
    let patterns = kept.chain(written.map(|name| WrittenPattern::Name(Cow::Borrowed(name))));
    let mut lost = Vec::new();
    for pattern in patterns {
        match unexplained.get_mut(&pattern) {
            Some(0) | None => lost.push(pattern.into_text()),
            Some(count) => *count -= 1,
        }
    }
    lost
}

/// A pattern, however it is written: a name can be one as text or as a regular expression.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum WrittenPattern<'p> {
    /// The only name that it matches, or whose ends it matches.
    Name(Cow<'p, str>),
    /// The text of one that matches several names, or none.
    Text(&'p str),
}

impl<'p> WrittenPattern<'p> {
    fn new(pattern: &'p Pattern) -> WrittenPattern<'p> {
        let name = pattern.written_name().map(WrittenPattern::Name);
        name.unwrap_or(WrittenPattern::Text(pattern.as_str()))
    }

    fn into_text(self) -> String {
        match self {
            WrittenPattern::Name(name) => Pattern::for_name(&name),
            WrittenPattern::Text(text) => text.to_owned(),
        }
    }
}

/// Why a row that is written is not read back, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowObstacle {
    /// The document.
    pub file: Arc<str>,
    /// The 1-based line of the row, or of the directive.
    pub line: u32,
    /// Why.
    pub cause: ObstacleCause,
}

/// Why a row that is written is not read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObstacleCause {
    /// This problem of its line.
    Problem(ProblemKind),
    /// A directive ignores its section.
    Ignored,
    /// Its line is not a row of a list.
    NotARow,
}

/// Why a new row, as the only edit, would not be read back; `None` if it would be.
pub fn row_obstacle(known: &KnownFailures, new: &NewRow) -> Option<RowObstacle> {
    let edits = Edits { added: vec![new.clone()], ..Edits::default() };
    let edited = known.with_texts(edited_texts(known, &edits));
    lost_rows(known, &edits, &edited).first()?;
    let (file, after, _) = preview_row(known, new)?;
    let document = edited.documents().iter().find(|document| document.path == file)?;
    let line = if after == 0 { to_u32(lines(&document.text).count()) } else { after + 1 };
    let is_of_row = |problem: &&Problem| {
        problem.file == file && problem.line == line && problem.kind.severity() == Severity::Error
    };
    let problem = edited.problems().iter().find(is_of_row);
    let (line, cause) = match (problem, document.parsed.last_table_ignored_by) {
        (Some(problem), _) => (line, ObstacleCause::Problem(problem.kind.clone())),
        (None, Some(directive)) => (directive, ObstacleCause::Ignored),
        (None, None) => (line, ObstacleCause::NotARow),
    };
    Some(RowObstacle { file, line, cause })
}

/// New rows of one place, as they would be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowPreview {
    /// The document.
    pub file: Arc<str>,
    /// The 1-based line after which they are inserted; 0 for the end of the document.
    pub line: u32,
    /// The row on that line.
    pub after: Option<RowId>,
    /// The lines, with the header of a table that is added with them.
    pub lines: Vec<String>,
    /// How many of the lines are rows.
    pub rows: u64,
}

/// The lines of new rows, by place, in the order of the documents.
pub fn preview_rows(known: &KnownFailures, new: &[NewRow]) -> Vec<RowPreview> {
    let edits = Edits { added: new.to_vec(), ..Edits::default() };
    let previews = |document: &Document| -> Vec<RowPreview> {
        let editor = Editor::new(known, document);
        let is_at = |row: &Row, line| row.line == line && row.file == document.path;
        let preview = |(line, mut lines): (u32, Vec<String>)| {
            let rows = lines.len() as u64;
            if line == 0 {
                lines.splice(..0, editor.new_table_lines());
            }
            let after = known.rows_with_ids().find(|(_, row)| is_at(row, line)).map(|(id, _)| id);
            RowPreview { file: document.path.clone(), line, after, lines, rows }
        };
        editor.new_rows_by_line(&edits).into_iter().map(preview).collect()
    };
    editable_documents(known).flat_map(previews).collect()
}

/// The line of a new row, with the document and the 1-based line after which it would be inserted (0: at the
/// end). `None` if no list can be edited: the lists of other tools have forms of their own.
pub fn preview_row(known: &KnownFailures, new: &NewRow) -> Option<(Arc<str>, u32, String)> {
    let edits = Edits { added: vec![new.clone()], ..Edits::default() };
    editable_documents(known).find_map(|document| {
        let (line, rows) = Editor::new(known, document).added_rows(&edits).pop_first()?;
        Some((document.path.clone(), line, rows.last()?.trim().to_owned()))
    })
}

fn editable_documents(known: &KnownFailures) -> impl Iterator<Item = &Document> {
    known.documents().iter().filter(|document| document.is_editable())
}

struct Editor<'k> {
    known: &'k KnownFailures,
    document: &'k Document,
    lines: Vec<&'k str>,
}

impl<'k> Editor<'k> {
    fn new(known: &'k KnownFailures, document: &'k Document) -> Editor<'k> {
        Editor { known, document, lines: lines(&document.text).collect() }
    }

    /// A line without its ending; empty when there is no such line.
    fn line(&self, number: u32) -> &'k str {
        let line = (number as usize).checked_sub(1).and_then(|at| self.lines.get(at));
        line.map_or("", |line| line.trim_end_matches(['\r', '\n']))
    }

    /// Replaces a line, but not the rows that were added after it.
    fn replace_line(&self, changed: &mut BTreeMap<u32, Vec<String>>, line: u32, rows: Vec<String>) {
        let original = || vec![self.line(line).to_owned()];
        changed.entry(line).or_insert_with(original).splice(..1, rows);
    }

    /// The text with some of its lines replaced. New lines have the line ending of the line they replace. If
    /// that is the last of the text and has none, all but the last of them have the default one.
    fn write(&self, changed: &BTreeMap<u32, Vec<String>>) -> String {
        let mut text = String::with_capacity(self.document.text.len());
        if changed.get(&1).is_some_and(|rows| rows.first().is_none_or(|row| !row.starts_with(BOM)))
        {
            text.extend(self.document.text.starts_with(BOM).then_some(BOM));
        }
        for (number, line) in (1..).zip(&self.lines) {
            let Some(rows) = changed.get(&number) else {
                append(&mut text, line);
                continue;
            };
            let end = line_ending(line);
            let inner_ending = if end.is_empty() { self.default_line_ending() } else { end };
            for (at, row) in rows.iter().enumerate() {
                append(&mut text, row);
                append(&mut text, if at + 1 == rows.len() { end } else { inner_ending });
            }
        }
        // Line 0: the end of the text.
        for row in changed.get(&0).into_iter().flatten().skip(1) {
            if !text.is_empty() && line_ending(&text).is_empty() {
                text.push_str(self.default_line_ending());
            }
            append(&mut text, row);
            append(&mut text, self.default_line_ending());
        }
        text
    }

    fn default_line_ending(&self) -> &str {
        let first = self.lines.first().map(|line| line_ending(line));
        first.filter(|end| !end.is_empty()).unwrap_or("\n")
    }

    /// A row's line for each name, with the name in place of its pattern.
    fn narrowed_rows(&self, id: RowId, names: &[String]) -> Vec<String> {
        let row = self.known.row(id);
        let line = self.line(row.line);
        if !self.has_tables() {
            return names.iter().map(|name| plain::replace_pattern(line, name)).collect();
        }
        let Some(list) = self.list_containing(row.line) else { return vec![line.to_owned()] };
        let index = list.columns.index_of(Column::Test).unwrap_or(0);
        let source = strip_container_prefix(line);
        let cells = cells::split(source);
        let Some(cell) = cells.get(index).copied() else { return vec![line.to_owned()] };
        let prefix_len = line.len() - source.len();
        let in_backticks = cell.without_backticks().text != cell.trimmed().text;
        let is_aligned = self.row_pipes_if_aligned(list, line).is_some();
        let width = if is_aligned { cell.text.chars().count() } else { 0 };
        let with_name = |name: &String| {
            let text = name_cell(name, in_backticks);
            with_pipes(replace_cell(line, prefix_len, cell, &text, width), prefix_len)
        };
        names.iter().map(with_name).collect()
    }

    /// Whether its rows are those of tables; else they are lines of a plain list.
    fn has_tables(&self) -> bool {
        matches!(self.document.format, Some(ListFormat::Markdown) | None)
    }

    fn list_containing(&self, line: u32) -> Option<&ListTable> {
        self.document.parsed.lists.iter().find(|list| list.line < line && line <= list.end)
    }

    /// The new lines of this document, by the line after which they are inserted; 0 for the end of the text.
    fn added_rows(&self, edits: &Edits) -> BTreeMap<u32, Vec<String>> {
        let mut added = self.new_rows_by_line(edits);
        if let Some(rows) = added.get_mut(&0).filter(|_| self.has_tables()) {
            rows.splice(..0, self.new_table_lines());
        }
        added
    }

    fn new_rows_by_line(&self, edits: &Edits) -> BTreeMap<u32, Vec<String>> {
        let mut added: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for new in &edits.added {
            let (path, at) = match new.after.map(|id| self.known.row(id)) {
                Some(row) => (&row.file, row.line),
                None => self.end_of_last_list(),
            };
            if *path == self.document.path {
                added.entry(at).or_default().push(self.new_row(new, at));
            }
        }
        added
    }

    /// What comes before the first row of a table at the end of the text.
    fn new_table_lines(&self) -> impl Iterator<Item = String> {
        let closing_line = closing_line(&self.document.text);
        let empty_line = (!self.document.text.trim().is_empty()).then(String::new);
        let header = NEW_LIST_HEADER.into_iter().map(str::to_owned);
        closing_line.into_iter().chain(empty_line).chain(header)
    }

    /// The document and last line of the last list; line 0 of the last document if there is none.
    fn end_of_last_list(&self) -> (&'k Arc<str>, u32) {
        let documents = self.known.documents();
        let end =
            |document: &'k Document| Some((&document.path, document.parsed.lists.last()?.end));
        let editable = || documents.iter().rev().filter(|document| document.is_editable());
        let last_list = editable().find_map(end);
        last_list.unwrap_or_else(|| (&editable().next().unwrap_or(self.document).path, 0))
    }

    /// A new row, formatted like the line after which it is inserted.
    fn new_row(&self, new: &NewRow, after_line: u32) -> String {
        if !self.has_tables() {
            return plain::entry_line(&new.name, &new.reason);
        }
        let name = escape_cell(&new.name);
        let Some(list) = self.list_containing(after_line) else {
            return format!("| {name} |  | {} |  |", escape_text(&new.reason));
        };
        let line = self.line(after_line);
        let source = strip_container_prefix(line);
        let (prefix, model) = (&line[..line.len() - source.len()], cells::split(source));
        let is_framed = source.starts_with('|');
        let pipes = self.row_pipes_if_aligned(list, line).filter(|_| is_framed);
        let pipes = pipes.unwrap_or_default();
        let is_row = after_line != list.line + 1;
        let cell = |(at, column): (usize, &Option<Column>)| {
            let model = model.get(at).filter(|_| is_row).map_or("", |cell| cell.text);
            let text = match column {
                Some(Column::Test) => name.clone(),
                Some(Column::Category) => model.to_owned(),
                Some(Column::Reason) => escape_text(&new.reason),
                Some(Column::Variants) => variants_cell(&new.variants),
                Some(Column::Issue) if model == "-" => model.to_owned(),
                Some(Column::Issue | Column::Status | Column::Expires | Column::Owner) | None => {
                    String::new()
                }
            };
            // Less the pipe and a space on either side.
            let width =
                pipes.get(at..at + 2).map_or(0, |ends| (ends[1] - ends[0]).saturating_sub(3));
            format!("{text:width$}")
        };
        let cells: Vec<String> = list.columns.all().iter().enumerate().map(cell).collect();
        match cells.last() {
            Some(last) if !is_framed && cells.len() > 1 && !last.is_empty() => {
                with_pipes(format!("{prefix}{}", cells.join(" | ")), prefix.len())
            }
            Some(_) | None => format!("{prefix}| {} |", cells.join(" | ")),
        }
    }

    /// Widens the columns of aligned tables to fit the changed rows.
    fn realign(&self, changed: &mut BTreeMap<u32, Vec<String>>) {
        if !self.has_tables() {
            return;
        }
        for list in &self.document.parsed.lists {
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
                let rows =
                    changed.entry(number).or_insert_with(|| vec![self.line(number).to_owned()]);
                rows.iter_mut().for_each(|row| *row = pad_columns(row, &target_widths));
            }
        }
    }

    /// The positions of the pipes in a table's header, if all of its other lines have them at the same
    /// positions.
    fn header_pipes_if_aligned(&self, list: &ListTable) -> Option<Vec<usize>> {
        let header = self.line(list.line);
        let pipes = pipe_positions(header);
        let is_aligned = |number| {
            let found = pipe_positions(self.line(number));
            found.len() > 1 && pipes.starts_with(&found)
        };
        let is_framed = strip_container_prefix(header).starts_with('|');
        (is_framed && (list.line + 1..=list.end).all(is_aligned)).then_some(pipes)
    }

    /// The positions of a row's pipes, if they are those of the header and the delimiter row: then the table
    /// is aligned.
    fn row_pipes_if_aligned(&self, list: &ListTable, row: &str) -> Option<Vec<usize>> {
        let found = pipe_positions(row);
        let same = |line: u32| pipe_positions(self.line(line)) == found;
        (same(list.line) && same(list.line + 1)).then_some(found)
    }
}

/// The positions of the pipes between a row's cells, in characters.
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

/// A row with its columns padded to these widths: with spaces, or with dashes in a delimiter row.
fn pad_columns(row: &str, target_widths: &[usize]) -> String {
    let is_delimiter = cells::delimiter_width(strip_container_prefix(row)).is_some();
    let (pipes, chars) = (pipe_positions(row), row.chars().collect::<Vec<_>>());
    let mut end = pipes.first().copied().unwrap_or_default();
    let mut padded = String::from_iter(&chars[..end]);
    for (ends, target) in pipes.windows(2).zip(target_widths) {
        let cell = &chars[ends[0]..ends[1]];
        let dash = cell.iter().position(|c| is_delimiter && *c == '-');
        let (text, rest) = cell.split_at(dash.map_or(cell.len(), |at| at + 1));
        padded.extend(text);
        let padding = if is_delimiter { '-' } else { ' ' };
        padded.extend(std::iter::repeat_n(padding, target.saturating_sub(cell.len())));
        padded.extend(rest);
        end = ends[1];
    }
    padded.extend(&chars[end..]);
    padded
}

/// Items of variants as a cell.
pub(super) fn variants_cell(items: &[String]) -> String {
    let text = items.join(", ");
    if text.is_empty() { text } else { escape_pattern(&text) }
}

/// A name as a cell, in backticks if the replaced pattern was.
fn name_cell(name: &str, in_backticks: bool) -> String {
    let plain = escape_cell(name);
    if in_backticks && !plain.starts_with('`') {
        format!("`{}`", Pattern::for_name(name))
    } else {
        plain
    }
}

/// The line with another text in one of its cells. `width` is that of the old text in an aligned table, where
/// the padding is adjusted as far as there is room, and 0 otherwise.
fn replace_cell(line: &str, prefix_len: usize, cell: Cell<'_>, text: &str, width: usize) -> String {
    let (start, end) = (prefix_len + cell.start, prefix_len + cell.start + cell.text.len());
    let rest = &line[end..];
    let spaces = rest.len() - rest.trim_start_matches(' ').len();
    let padding = match width {
        0 => spaces,
        // A space before the pipe is kept.
        _ => (width + spaces).saturating_sub(text.chars().count()).max(spaces.min(1)),
    };
    format!("{}{text}{}{}", &line[..start], " ".repeat(padding), &rest[spaces..])
}

/// A row with a pipe on either side, unless it is a row without them too.
fn with_pipes(line: String, prefix_len: usize) -> String {
    let (prefix, row) = line.split_at(prefix_len);
    if row.starts_with('|') || cells::begins_like_text(row) {
        return line;
    }
    let row = row.trim_end_matches(' ');
    let is_closed = row.ends_with('|') && !row.ends_with(r"\|");
    format!("{prefix}| {row}{}", if is_closed { "" } else { " |" })
}

fn line_ending(line: &str) -> &str {
    &line[line.trim_end_matches(['\r', '\n']).len()..]
}
