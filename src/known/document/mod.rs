//! One document, read: its rows, its other tables, and what is wrong with it.
//!
//! In: the text of a Markdown file, any text. Out: a [`Reading`]; what could not be read is among its
//! problems. This folder alone knows comrak. It says which lines are rows of which table and what a cell
//! shows; what a pattern is, the line's source says, since emphasis would eat its stars. A newcomer's trap:
//! Markdown drops rows without a word (below a blank line, behind a comment); whatever looks so is a
//! problem.
//!
//! Specification: <https://github.github.com/gfm/>

pub(crate) mod cells;
pub(crate) mod columns;
pub(crate) mod directive;
pub(crate) mod dropped_rows;
pub(crate) mod lines;
pub(crate) mod prose_claims;
pub(crate) mod row_runs;
pub(crate) mod status;
mod table;
pub(crate) mod unclosed_block;

pub(super) use dropped_rows::contents;
pub(super) use unclosed_block::open_end;

use super::lint::{Total, total_in};
use super::pattern::regex_budget::Budget;
use super::{List, OtherTable, Row};
use crate::model::{Problem, ProblemKind, TestName};
use columns::Columns;
use comrak::nodes::{Node, NodeValue};
use comrak::{Arena, parse_document};
use directive::{Codes, CommentLine, Options, Tables, is_attempt};
use dropped_rows::{ListAbove, begins_with_pipe};
use lines::lines;
use prose_claims::{Flat, Standing, Told};
use row_runs::{Run, Shortened};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How often a shortened document is read before it is read as it is.
const TRIES: usize = 2;

/// Bytes of a heading, and of a header without a meaning of ours, that are kept: each row below has them. A
/// directive is quoted as far as a header is.
const TITLE: usize = 1_000;
const HEADER: usize = 200;

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
    let mut runs = row_runs::runs(&lines);
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
                self.told(prose_claims::told_in(&self.flat(node)));
                self.leave_list();
            }
            NodeValue::Table(_) => self.table(node),
            NodeValue::Paragraph => {
                let (start, end) = self.place(node);
                self.totals(start, end);
                self.told(prose_claims::told_in(&self.flat(node)));
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

    fn enter_section(&mut self, level: u8, mut title: String) {
        shorten(&mut title, TITLE);
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
        let lines: Vec<&str> = lines(html).collect();
        for (place, line) in lines.iter().copied().enumerate() {
            let (at, was_in_comment) = (start + place, in_comment);
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
            if in_comment && !was_in_comment {
                self.long_comment(at, &lines[place..]);
            }
        }
    }

    /// A comment of several lines, which no directive may have.
    fn long_comment(&mut self, at: usize, lines: &[&str]) {
        let Some((_, begun)) = lines[0].rsplit_once("<!--") else { return };
        if CommentLine::read(lines[0]) != CommentLine::Other {
            return;
        }
        let of_comment = std::iter::once(&begun).chain(&lines[1..]).enumerate();
        let mut written = of_comment.filter(|(_, line)| !line.trim().is_empty());
        let Some((place, first)) = written.next() else { return };
        // The first two words decide what it is.
        let next = written.next().map_or("", |(_, line)| line);
        if is_attempt(&format!("{first} {next}")) {
            self.bad_directive(at + place, lines[place]);
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
        let mut text = text.trim().to_owned();
        shorten(&mut text, HEADER);
        self.problem(at, 0, ProblemKind::BadDirective { text });
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
        self.told(prose_claims::told_below(&self.flat(above), &items));
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
        if told.is_empty() || prose_claims::is_history(&self.path) {
            return;
        }
        let told = told.into_iter().map(|(line, name, standing)| {
            let name = TestName::shown(&name).into_owned();
            Told { file: self.file.clone(), line, name, standing }
        });
        self.reading.told.extend(told);
    }
}

fn number(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

/// Cuts a text that has more bytes, and says so.
fn shorten(text: &mut String, most: usize) {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('…');
    }
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
