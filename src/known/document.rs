//! One document, read: its rows, its other tables, and what is wrong with it.
//!
//! In: the text of a Markdown file, any text. Out: a [`Reading`]; what could not be read stands in its
//! problems. comrak says which lines are rows of which table and what a cell shows; what a pattern
//! is, the line's source says, since emphasis would eat its stars. A newcomer's trap: Markdown drops
//! rows without a word (below a blank line, behind a comment); whatever looks so is a problem.
//!
//! Specification: <https://github.github.com/gfm/>

use super::cells::{self, Cell};
use super::columns::{Column, Columns};
use super::directive::{Codes, CommentLine, Compat, Options, Policy, Tables};
use super::expense::Budget;
use super::lines::lines;
use super::prose::{self, Flat, Standing, Told};
use super::rules::{Total, total_in};
use super::shortened::{self, Run, Shortened};
use super::status::BadStatus;
use super::{BadRegex, Expected, List, OtherTable, Pattern, Row, VariantScope};
use crate::model::{Problem, ProblemKind, TestName};
use comrak::nodes::{Node, NodeValue};
use comrak::{Arena, parse_document};
use jiff::civil::Date;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How often a shortened document is read before it is read as it is.
const TRIES: usize = 2;

/// Cells of other tables that are kept for each document.
const OTHER_CELLS_LIMIT: usize = 10_000;

/// What a document says.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// Its rows, from top to bottom.
    pub rows: Vec<Row>,
    /// Its tables that are lists.
    pub lists: Vec<List>,
    /// From which line on which codes of problems are allowed.
    pub allowed: Vec<(u32, Codes)>,
    /// What its prose gives as totals.
    pub totals: Vec<Total>,
    /// What its prose says of names.
    pub told: Vec<Told>,
    /// Its tables that are no lists.
    pub other_tables: Vec<OtherTable>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

/// Reads a document.
pub(super) fn read(file: &Arc<str>, text: &str) -> Reading {
    let lines: Vec<&str> = lines(text).collect();
    let mut runs = shortened::runs(&lines);
    let mut tries = TRIES;
    loop {
        let shortened = Shortened::new(text, &lines, &runs);
        match read_shortened(file, &lines, &runs, &shortened) {
            Ok(reading) => return reading,
            Err(no_rows) => {
                tries -= 1;
                runs.retain(|run| tries > 0 && !no_rows.contains(&run.first));
            }
        }
    }
}

/// Reads a document of which only a part is shown to comrak. The runs whose first lines are no rows come back,
/// by their first lines.
fn read_shortened(
    file: &Arc<str>,
    lines: &[&str],
    runs: &[Run],
    shortened: &Shortened<'_>,
) -> Result<Reading, HashSet<usize>> {
    let arena = Arena::new();
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    let root = parse_document(&arena, &shortened.text, &options);
    let no_rows = no_rows(root, runs, shortened);
    if !no_rows.is_empty() {
        return Err(no_rows);
    }
    let mut reader = Reader::new(file, lines, shortened);
    for node in root.descendants() {
        reader.node(node);
    }
    Ok(reader.finish())
}

/// What is read of a document that comrak is shown as it is.
#[cfg(test)]
pub(super) fn read_whole(file: &Arc<str>, text: &str) -> Reading {
    let lines: Vec<&str> = lines(text).collect();
    let whole = Shortened::new(text, &lines, &[]);
    read_shortened(file, &lines, &[], &whole).expect("nothing was left out")
}

/// The first lines of the runs that are no rows, or of which Markdown may show something else than what
/// they look like.
fn no_rows(root: Node<'_>, runs: &[Run], shortened: &Shortened<'_>) -> HashSet<usize> {
    let mut left: HashMap<usize, &Run> = runs.iter().map(|run| (run.first, run)).collect();
    for table in root.children() {
        let NodeValue::Table(facts) = &table.data().value else { continue };
        let mut rows = table.children();
        let header = rows.next();
        let only_source = || {
            let header = header.iter().flat_map(|it| it.children()).map(shown_text);
            let columns = Columns::read(&header.collect::<Vec<String>>());
            columns.is_none_or(|it| it.counts_as_source(0))
        };
        for row in rows {
            let at = shortened.line(row.data().sourcepos.start.line);
            // A table takes no more rows once very many cells are lacking.
            let is_told =
                |run: &Run| run.cells >= facts.num_columns && (run.plain_first || only_source());
            if left.get(&at).is_some_and(|run| is_told(run)) {
                left.remove(&at);
            }
        }
    }
    left.into_keys().collect()
}

/// What has to stand behind a document, if it ends within code or HTML that has no end.
pub(super) fn open_end(text: &str) -> Option<String> {
    let arena = Arena::new();
    let last = parse_document(&arena, text, &comrak::Options::default()).last_child()?;
    match &last.data().value {
        NodeValue::CodeBlock(code) if code.fenced && !code.closed => {
            Some(char::from(code.fence_char).to_string().repeat(code.fence_length))
        }
        NodeValue::HtmlBlock(html) => open_html(html.block_type, &html.literal).map(str::to_owned),
        _ => None,
    }
}

/// HTML that a text of its own ends: its kind as comrak counts, how it begins, and what ends it.
/// <https://github.github.com/gfm/#html-blocks>
const HTML: [(u8, &str, &str); 8] = [
    (1, "<script", "</script>"),
    (1, "<pre", "</pre>"),
    (1, "<style", "</style>"),
    (1, "<textarea", "</textarea>"),
    (2, "<!--", "-->"),
    (3, "<?", "?>"),
    (4, "<!", ">"),
    (5, "<![cdata[", "]]>"),
];

/// The end that a block of HTML lacks.
fn open_html(kind: u8, html: &str) -> Option<&'static str> {
    let html = html.to_ascii_lowercase();
    let of_kind = || HTML.iter().filter(|(of, ..)| *of == kind);
    // Any end of its kind closes it, whichever began it.
    let is_closed = of_kind().any(|(_, _, end)| html.contains(end));
    let mut begun = of_kind().filter(|(_, start, _)| html.trim_start().starts_with(start));
    begun.next().map(|(_, _, end)| *end).filter(|_| !is_closed)
}

struct Reader<'t> {
    file: &'t Arc<str>,
    lines: &'t [&'t str],
    shortened: &'t Shortened<'t>,
    /// The headings above, outermost first; the first entry is the document itself.
    sections: Vec<Section>,
    path: Arc<[String]>,
    /// The levels of the headings in `path`.
    levels: Arc<[u8]>,
    above: Option<ListAbove>,
    other_cells: usize,
    budget: Budget,
    reading: Reading,
}

struct Section {
    level: u8,
    title: String,
    options: Options,
}

/// The list that was read last: rows that Markdown dropped from it may follow.
struct ListAbove {
    width: usize,
    /// Its last line, from 1.
    end: usize,
    /// Whether nothing but comments and dropped rows stands between.
    adjacent: bool,
}

impl<'t> Reader<'t> {
    fn new(file: &'t Arc<str>, lines: &'t [&'t str], shortened: &'t Shortened<'t>) -> Reader<'t> {
        let document = Section { level: 0, title: String::new(), options: Options::default() };
        Reader {
            file,
            lines,
            shortened,
            sections: vec![document],
            path: Arc::new([]),
            levels: Arc::new([]),
            above: None,
            other_cells: 0,
            budget: Budget::default(),
            reading: Reading::default(),
        }
    }

    fn node(&mut self, node: Node<'_>) {
        let data = node.data();
        match &data.value {
            NodeValue::Heading(heading) => {
                let (start, _) = self.place(node);
                let of_document = node.parent().is_some_and(|parent| parent.parent().is_none());
                if of_document && !self.is_front_matter(heading.setext, start) {
                    self.enter_section(heading.level, shown_text(node));
                    self.note_allowed(start);
                }
                self.told(prose::told_in(&self.flat(node)));
                self.leave_list();
            }
            NodeValue::Table(_) => self.table(node),
            NodeValue::Paragraph => {
                let (start, end) = self.place(node);
                self.totals(start, end);
                self.told(prose::told_in(&self.flat(node)));
                self.paragraph(start, end);
            }
            NodeValue::List(_) => self.items(node),
            NodeValue::HtmlBlock(html) => self.html(self.place(node).0, &html.literal),
            NodeValue::HtmlInline(html) => self.inline_comment(self.place(node).0, html),
            NodeValue::CodeBlock(code) if !code.fenced => self.indented_code(self.place(node)),
            NodeValue::CodeBlock(_) | NodeValue::ThematicBreak => self.leave_list(),
            _ => {}
        }
    }

    fn finish(mut self) -> Reading {
        if self.reading.lists.is_empty() {
            self.problem(0, 0, ProblemKind::NoList);
        }
        self.reading
    }

    fn problem(&mut self, line: usize, column: u32, kind: ProblemKind) {
        self.reading.problems.push(Problem::new(self.file, number(line), column, kind));
    }

    /// The first and the last of the document's lines that a block stands on.
    fn place(&self, node: Node<'_>) -> (usize, usize) {
        let place = node.data().sourcepos;
        let left_out = self.shortened.left_out_below(place.end.line);
        (self.shortened.line(place.start.line), self.shortened.line(place.end.line) + left_out)
    }

    /// A line by its number from 1; empty when there is no such line.
    fn line(&self, number: usize) -> &'t str {
        number.checked_sub(1).and_then(|at| self.lines.get(at)).copied().unwrap_or_default()
    }

    /// Whether a heading is none but the matter in front of the text, between two lines of dashes.
    fn is_front_matter(&self, underlined: bool, start: usize) -> bool {
        underlined && start == 2 && self.line(1).trim_start_matches('\u{feff}').trim_end() == "---"
    }

    // Sections and directives.

    fn enter_section(&mut self, level: u8, title: String) {
        while self.sections.pop_if(|section| section.level >= level).is_some() {}
        let options = self.options().clone();
        self.sections.push(Section { level, title, options });
        self.path = self.sections.iter().skip(1).map(|s| s.title.clone()).collect();
        self.levels = self.sections.iter().skip(1).map(|s| s.level).collect();
    }

    fn options(&mut self) -> &mut Options {
        &mut self.sections.last_mut().expect("level 0 is below every heading's").options
    }

    fn ignored(&mut self) -> bool {
        self.options().tables == Tables::Ignored
    }

    fn html(&mut self, start: usize, html: &str) {
        let mut in_comment = false;
        for (at, line) in (start..).zip(lines(html)) {
            if !in_comment {
                self.comment_line(at, line);
                if begins_with_pipe(line) && self.above.as_ref().is_some_and(|list| list.adjacent) {
                    self.dropped(at, line);
                }
            }
            in_comment = match (line.rfind("<!--"), line.rfind("-->")) {
                (Some(open), Some(close)) => open > close,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => in_comment,
            };
        }
    }

    fn comment_line(&mut self, at: usize, line: &str) {
        match CommentLine::read(line) {
            CommentLine::Other => {}
            CommentLine::Broken => self.bad_directive(at, line),
            CommentLine::Directive(directive) => {
                for bad in self.options().apply(directive) {
                    self.bad_directive(at, bad);
                }
                self.note_allowed(at);
            }
        }
    }

    fn note_allowed(&mut self, from: usize) {
        let codes = self.options().allow;
        if self.reading.allowed.last().map(|(_, codes)| *codes).unwrap_or_default() != codes {
            self.reading.allowed.push((number(from), codes));
        }
    }

    fn inline_comment(&mut self, at: usize, html: &str) {
        if CommentLine::read(html) != CommentLine::Other {
            self.bad_directive(at, html);
        }
    }

    fn bad_directive(&mut self, at: usize, text: &str) {
        self.problem(at, 0, ProblemKind::BadDirective { text: text.trim().to_owned() });
    }

    // What Markdown drops without a word.

    fn leave_list(&mut self) {
        if let Some(list) = &mut self.above {
            list.adjacent = false;
        }
    }

    fn totals(&mut self, start: usize, end: usize) {
        for at in start..=end {
            if let Some(told) = total_in(self.line(at)) {
                let (file, section) = (self.file.clone(), self.path.clone());
                self.reading.totals.push(Total { file, line: number(at), told, section });
            }
        }
    }

    fn items(&mut self, list: Node<'_>) {
        let above = list.previous_sibling();
        let Some(above) = above.filter(|it| matches!(it.data().value, NodeValue::Paragraph)) else {
            return;
        };
        let items: Vec<Flat> =
            list.children().filter_map(|it| it.first_child()).map(|it| self.flat(it)).collect();
        self.told(prose::told_below(&self.flat(above), &items));
    }

    /// A paragraph or a heading as text and names.
    fn flat(&self, node: Node<'_>) -> Flat {
        let mut flat = Flat::default();
        for inline in node.descendants() {
            match &inline.data().value {
                NodeValue::Text(part) => flat.text(part),
                NodeValue::Code(code) => flat.name(number(self.place(inline).0), &code.literal),
                NodeValue::SoftBreak | NodeValue::LineBreak => flat.text(" "),
                _ => {}
            }
        }
        flat
    }

    fn told(&mut self, told: Vec<(u32, String, Standing)>) {
        if told.is_empty() || prose::is_history(&self.path) {
            return;
        }
        let told = told.into_iter().map(|(line, name, standing)| {
            let name = TestName::shown(&name).into_owned();
            Told { file: self.file.clone(), line, name, standing }
        });
        self.reading.told.extend(told);
    }

    fn paragraph(&mut self, start: usize, end: usize) {
        let mut found = false;
        let mut at = start;
        while at <= end && !self.ignored() {
            let line = contents(self.line(at));
            if let Some((line, kind)) = self.header_without_table(at) {
                self.problem(line, 0, kind);
                self.above = None;
                return;
            }
            if self.above.as_ref().is_some_and(|list| looks_dropped(line, list)) {
                self.dropped(at, line);
                found = true;
            }
            at += 1;
        }
        if !found {
            self.leave_list();
        }
    }

    /// A line of a paragraph that means to be the header of a list.
    fn header_without_table(&self, at: usize) -> Option<(usize, ProblemKind)> {
        let line = contents(self.line(at));
        if !begins_with_pipe(line) {
            return None;
        }
        let header: Vec<&str> = cells::split(line).iter().map(|cell| cell.text).collect();
        Columns::read(&header)?;
        let expected = header.len();
        match cells::delimiter_width(contents(self.line(at + 1))) {
            Some(found) => Some((at + 1, ProblemKind::DelimiterWidth { found, expected })),
            None if expected > 1 => Some((at, ProblemKind::DelimiterWidth { found: 0, expected })),
            None => None,
        }
    }

    fn indented_code(&mut self, (start, end): (usize, usize)) {
        // Behind a blank line it is a code sample; right below the table it is rows, indented.
        if self.above.as_ref().is_some_and(|list| list.adjacent && list.end + 1 == start) {
            for at in start..=end {
                let line = self.line(at);
                if begins_with_pipe(line) {
                    self.dropped(at, line);
                }
            }
        }
        self.leave_list();
    }

    fn dropped(&mut self, at: usize, line: &str) {
        if cells::delimiter_width(line).is_some() {
            return;
        }
        let Some(first) = cells::split(line).first().copied() else { return };
        let pattern = name_in(first.without_backticks()).into_owned();
        self.problem(at, 0, ProblemKind::DroppedRow { pattern });
    }

    // Tables.

    fn table(&mut self, table: Node<'_>) {
        self.above = None;
        if self.ignored() {
            return;
        }
        let (start, end) = self.place(table);
        let mut rows = table.children();
        let Some(header) = rows.next() else { return };
        let header_has_pipe = cells::has_pipe(row_source(self.line(start), header));
        let header: Vec<String> = header.children().map(shown_text).collect();
        let Some(columns) = Columns::read(&header) else {
            self.other_table(start, rows);
            return;
        };
        let mut any = false;
        for row in rows {
            any = true;
            let at = self.place(row).0;
            let line = self.line(at);
            let source = row_source(line, row);
            if header_has_pipe && !cells::has_pipe(source) {
                self.problem(at, 0, ProblemKind::RowWithoutPipe);
            }
            let shown = row.children().map(|cell| shown_text(cell).into()).collect();
            self.row(&columns, &header, TableRow { at, line, cells: split(line, source), shown });
            for (at, line) in self.left_out_below(row) {
                let cells = split(line, line);
                let shown = cells.iter().map(|cell| cell.text.trim().into()).collect();
                self.row(&columns, &header, TableRow { at, line, cells, shown });
            }
        }
        if !any {
            self.problem(start, 0, ProblemKind::EmptyList);
        }
        self.above = Some(ListAbove { width: header.len(), end, adjacent: true });
        let (file, line, end) = (self.file.clone(), number(start), number(end));
        self.reading.lists.push(List { file, columns, line, end });
    }

    /// The rows right below this one that comrak was not shown: each shows what it is.
    fn left_out_below(&self, row: Node<'_>) -> impl Iterator<Item = (usize, &'t str)> + use<'t> {
        let at = row.data().sourcepos.start.line;
        let first = self.shortened.line(at) + 1;
        let lines = self.lines;
        (first..first + self.shortened.left_out_below(at)).map(move |at| (at, lines[at - 1]))
    }

    fn other_table<'a>(&mut self, start: usize, rows: impl Iterator<Item = Node<'a>>) {
        let mut names = Vec::new();
        let lines = rows.flat_map(|row| {
            let line = self.line(self.place(row).0);
            let left_out = self.left_out_below(row).map(|(_, line)| (line, line));
            [(line, row_source(line, row))].into_iter().chain(left_out)
        });
        for (line, source) in lines {
            let cells = split(line, source).into_iter();
            let texts = cells.map(|cell| name_in(cell.without_backticks()).into_owned());
            names.extend(texts.filter(|text| !text.is_empty()));
            if names.len() + self.other_cells > OTHER_CELLS_LIMIT {
                break;
            }
        }
        self.other_cells += names.len();
        let (file, line) = (self.file.clone(), number(start));
        self.reading.other_tables.push(OtherTable { file, line, cells: names });
    }

    fn row(&mut self, columns: &Columns, header: &[String], row: TableRow<'_>) {
        if let Some(extra) = row.cells.get(header.len()) {
            let (found, expected) = (row.cells.len(), header.len());
            let column = extra.column(row.line);
            self.problem(row.at, column, ProblemKind::ExtraCells { found, expected });
        }
        let Some(first) = row.source(columns, Column::Test).filter(|cell| !cell.text.is_empty())
        else {
            self.problem(row.at, 0, ProblemKind::EmptyPattern);
            return;
        };
        let column = first.column(row.line);
        let text = name_in(first);
        let pattern = match Pattern::parse_within(&text, &mut self.budget) {
            Ok(pattern) => pattern,
            Err(bad) => return self.bad_regex(row.at, column, &text, bad),
        };
        // Without what it excuses or speaks of, a row could excuse more than it says.
        let Some(expected) = self.expected(columns, &row) else { return };
        let Some(variants) = self.variants(columns, &row) else { return };
        let issue = row.text(columns, Column::Issue);
        let issue = match issue.to_ascii_lowercase().as_str() {
            "n/a" | "none" => String::new(),
            _ => issue,
        };
        if issue.is_empty() && self.options().policy == Policy::IssueRequired {
            let pattern = text.clone().into_owned();
            self.problem(row.at, column, ProblemKind::MissingIssue { pattern });
        }
        let expires = self.expires(columns, &row);
        let loose = match self.options().compat {
            Compat::Loose => pattern.loosened(),
            Compat::Strict => None,
        };
        let shown = |at: usize| {
            (header[at].clone(), row.shown.get(at).cloned().unwrap_or_default().into_owned())
        };
        self.reading.rows.push(Row {
            file: self.file.clone(),
            line: number(row.at),
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
            other: columns.unknown().map(shown).collect(),
            section: self.path.clone(),
            levels: self.levels.clone(),
            unused: None,
        });
    }

    fn bad_regex(&mut self, at: usize, column: u32, pattern: &str, bad: BadRegex) {
        let (pattern, why) = (pattern.to_owned(), bad.why);
        self.problem(at, column, ProblemKind::BadRegex { pattern, why });
    }

    fn expected(&mut self, columns: &Columns, row: &TableRow<'_>) -> Option<Expected> {
        let Some(cell) = row.source(columns, Column::Status) else {
            return Some(Expected::AnyFailure);
        };
        match Expected::parse(&cell.unescaped(), &mut self.budget) {
            Ok(expected) => Some(expected),
            Err(BadStatus::Unknown { word }) => {
                let column = cell.column(row.line);
                self.problem(row.at, column, ProblemKind::UnknownStatus { word });
                Some(Expected::AnyFailure)
            }
            Err(BadStatus::Message { pattern, source }) => {
                self.bad_regex(row.at, cell.column(row.line), &pattern, source);
                None
            }
        }
    }

    /// The row's own variants, or else those of its section.
    fn variants(&mut self, columns: &Columns, row: &TableRow<'_>) -> Option<VariantScope> {
        let cell = row.source(columns, Column::Variants).filter(|cell| !is_nothing(cell.text));
        let Some(cell) = cell else { return Some(self.options().variants.clone()) };
        let text = cell.unescaped();
        match VariantScope::parse(&text, &mut self.budget) {
            Ok(scope) => Some(scope),
            Err(bad) => {
                self.bad_regex(row.at, cell.column(row.line), &text, bad);
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
            self.problem(row.at, column, ProblemKind::BadDate { text });
        }
        date.ok()
    }
}

/// One row of a list, as source and as Markdown shows it.
struct TableRow<'t> {
    /// Its line's number, from 1.
    at: usize,
    line: &'t str,
    cells: Vec<Cell<'t>>,
    shown: Vec<Cow<'t, str>>,
}

impl<'t> TableRow<'t> {
    /// The source of a cell, without backticks around it; `None` where the row ends before it.
    fn source(&self, columns: &Columns, column: Column) -> Option<Cell<'t>> {
        Some(self.cells.get(columns.place(column)?)?.without_backticks())
    }

    /// What Markdown shows of a cell; empty for `-` and for a cell that is not there.
    fn text(&self, columns: &Columns, column: Column) -> String {
        let shown = columns.place(column).and_then(|at| self.shown.get(at));
        shown.filter(|text| !is_nothing(text)).map(|text| text.to_string()).unwrap_or_default()
    }
}

fn is_nothing(text: &str) -> bool {
    matches!(text, "" | "-" | "–" | "—")
}

fn number(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

/// A cell as the name or pattern that it holds, in the letters that results use.
fn name_in<'l>(cell: Cell<'l>) -> Cow<'l, str> {
    match cell.unescaped() {
        Cow::Borrowed(text) => TestName::shown(text),
        Cow::Owned(text) => Cow::Owned(TestName::shown(&text).into_owned()),
    }
}

/// The part of a line that is the row, without the quote or list that contains the table.
fn row_source<'l>(line: &'l str, row: Node<'_>) -> &'l str {
    let start = row.data().sourcepos.start.column.saturating_sub(1);
    line.get(start..).unwrap_or(line)
}

/// The cells of a row, placed in their line.
fn split<'l>(line: &'l str, source: &'l str) -> Vec<Cell<'l>> {
    let before = line.len() - source.len();
    let mut cells = cells::split(source);
    cells.iter_mut().for_each(|cell| cell.at += before);
    cells
}

/// A line of a paragraph without quote marks and indentation.
fn contents(line: &str) -> &str {
    line.trim_start_matches([' ', '\t', '>', '\u{feff}'])
}

fn begins_with_pipe(line: &str) -> bool {
    line.trim_start().starts_with('|')
}

/// Whether a line of a paragraph is a row that was meant for the list above. Right below the list a
/// pipe at the start will do; further down prose may stand, so it takes the list's whole shape.
fn looks_dropped(line: &str, list: &ListAbove) -> bool {
    let shaped = || line.trim_end().ends_with('|') && cells::split(line).len() == list.width;
    begins_with_pipe(line) && (list.adjacent || shaped())
}

/// What Markdown shows of a heading or a cell, as plain text.
fn shown_text(node: Node<'_>) -> String {
    let mut text = String::new();
    for inline in node.descendants() {
        match &inline.data().value {
            NodeValue::Text(part) => text.push_str(part),
            NodeValue::Code(code) => text.push_str(&code.literal),
            NodeValue::SoftBreak | NodeValue::LineBreak => text.push(' '),
            NodeValue::HtmlInline(tag) if tag.starts_with("<br") => text.push(' '),
            // `open <file> fails`: what looks like a tag is mostly a placeholder.
            NodeValue::HtmlInline(tag) if !tag.starts_with("<!--") => text.push_str(tag),
            _ => {}
        }
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WIDTH: usize = 24;

    proptest! {
        /// Our reading of a row's source and comrak's have to agree, or a pattern would come from
        /// another cell than its reason.
        #[test]
        fn a_line_has_the_cells_that_comrak_finds(line in r"\|?([ab]| |\t|\||\\|`|é|:|-){1,20}") {
            let bar = |cell: &str| format!("|{}\n", cell.repeat(WIDTH));
            let text = format!("{}{}{line}\n", bar("h|"), bar("-|"));
            let arena = Arena::new();
            let mut options = comrak::Options::default();
            options.extension.table = true;
            let root = parse_document(&arena, &text, &options);
            let table = root.first_child().expect("a table");
            let Some(row) = table.children().nth(1) else { return Ok(()) };
            let NodeValue::Table(facts) = &table.data().value else { panic!("a table") };
            let cells = cells::split(row_source(&line, row));
            prop_assert_eq!(cells.len(), facts.num_nonempty_cells - WIDTH);
            let plain = |text: &str| !text.contains(['\\', '`']);
            for (cell, found) in cells.iter().zip(row.children()).filter(|(c, _)| plain(c.text)) {
                prop_assert_eq!(cell.text, shown_text(found));
            }
        }
    }
}
