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
pub(crate) mod status;
mod table;
pub(crate) mod unclosed_block;

pub(super) use dropped_rows::strip_container_prefix;
pub(super) use unclosed_block::closing_line;

use super::lint::{StatedTotal, parse_total};
use super::pattern::regex_budget::RegexBudget;
use super::{ListTable, NonListTable, Row};
use crate::model::{Problem, ProblemKind, TestName};
use comrak::nodes::{Node, NodeValue};
use comrak::{Arena, parse_document};
use directive::{CommentLine, ProblemCodes, SectionOptions, Tables, looks_like_directive};
use dropped_rows::{PrecedingList, begins_with_pipe};
use lines::lines;
use prose_claims::{ClaimKind, FlatText, ProseClaim};
use std::sync::Arc;

/// Bytes of a heading, and of a header without a meaning of ours, that are kept: each row below has them. A
/// directive is quoted as far as a header is.
const MAX_HEADING_LEN: usize = 1_000;
const MAX_HEADER_LEN: usize = 200;

/// What a document says.
#[derive(Debug, Default)]
pub(super) struct ParsedDocument {
    /// Its rows, from top to bottom.
    pub rows: Vec<Row>,
    /// Its tables that are lists.
    pub lists: Vec<ListTable>,
    /// From which line on which codes of problems are allowed.
    pub allowed_codes: Vec<(u32, ProblemCodes)>,
    /// What its prose gives as totals.
    pub totals: Vec<StatedTotal>,
    /// What its prose says of names.
    pub prose_claims: Vec<ProseClaim>,
    /// Its tables that are no lists.
    pub non_list_tables: Vec<NonListTable>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

/// Reads a document.
pub(super) fn read(file: &Arc<str>, text: &str) -> ParsedDocument {
    let arena = Arena::new();
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    let root = parse_document(&arena, text, &options);
    let lines: Vec<&str> = lines(text).collect();
    let mut reader = MarkdownReader::new(file, &lines);
    for node in root.descendants() {
        reader.node(node);
    }
    reader.finish()
}

struct MarkdownReader<'t> {
    file: &'t Arc<str>,
    lines: &'t [&'t str],
    /// The headings above, outermost first; the first entry is the document itself.
    sections: Vec<DocumentSection>,
    section_path: Arc<[String]>,
    /// The levels of the headings in `path`.
    levels: Arc<[u8]>,
    preceding_list: Option<PrecedingList>,
    non_list_cell_count: usize,
    regex_budget: RegexBudget,
    parsed: ParsedDocument,
}

struct DocumentSection {
    level: u8,
    title: String,
    options: SectionOptions,
}

impl<'t> MarkdownReader<'t> {
    fn new(file: &'t Arc<str>, lines: &'t [&'t str]) -> MarkdownReader<'t> {
        let document =
            DocumentSection { level: 0, title: String::new(), options: SectionOptions::default() };
        MarkdownReader {
            file,
            lines,
            sections: vec![document],
            section_path: Arc::new([]),
            levels: Arc::new([]),
            preceding_list: None,
            non_list_cell_count: 0,
            regex_budget: RegexBudget::default(),
            parsed: ParsedDocument::default(),
        }
    }

    fn node(&mut self, node: Node<'_>) {
        let data = node.data();
        match &data.value {
            NodeValue::Heading(heading) => {
                let (start, _) = line_range(node);
                let is_top_level = node.parent().is_some_and(|parent| parent.parent().is_none());
                if is_top_level && !self.is_front_matter(heading.setext, start) {
                    self.enter_section(heading.level, rendered_text(node));
                    self.update_allowed_codes(start);
                }
                self.add_prose_claims(prose_claims::claims_in(&self.flatten(node)));
                self.end_list();
            }
            NodeValue::Table(_) => self.table(node),
            NodeValue::Paragraph => {
                let (start, end) = line_range(node);
                self.totals(start, end);
                self.add_prose_claims(prose_claims::claims_in(&self.flatten(node)));
                self.paragraph(start, end);
            }
            NodeValue::List(_) => self.items(node),
            NodeValue::HtmlBlock(html) => self.html(line_range(node).0, &html.literal),
            NodeValue::HtmlInline(html) => self.inline_comment(line_range(node).0, html),
            NodeValue::CodeBlock(code) if !code.fenced => self.indented_code(line_range(node)),
            NodeValue::CodeBlock(_) | NodeValue::ThematicBreak => self.end_list(),
            _ => {}
        }
    }

    fn finish(mut self) -> ParsedDocument {
        if self.parsed.lists.is_empty() {
            self.problem(0, 0, ProblemKind::NoList);
        }
        self.parsed
    }

    fn problem(&mut self, line: usize, column: u32, kind: ProblemKind) {
        self.parsed.problems.push(Problem::new(self.file, to_u32(line), column, kind));
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
        truncate(&mut title, MAX_HEADING_LEN);
        while self.sections.pop_if(|section| section.level >= level).is_some() {}
        let options = self.options().clone();
        self.sections.push(DocumentSection { level, title, options });
        self.section_path = self.sections.iter().skip(1).map(|s| s.title.clone()).collect();
        self.levels = self.sections.iter().skip(1).map(|s| s.level).collect();
    }

    fn options(&mut self) -> &mut SectionOptions {
        &mut self.sections.last_mut().expect("level 0 is below every heading's").options
    }

    fn is_ignored(&mut self) -> bool {
        self.options().tables == Tables::Ignored
    }

    fn html(&mut self, start: usize, html: &str) {
        let mut in_comment = false;
        let lines: Vec<&str> = lines(html).collect();
        for (index, line) in lines.iter().copied().enumerate() {
            let (at, was_in_comment) = (start + index, in_comment);
            if !in_comment {
                self.comment_line(at, line);
                if begins_with_pipe(line)
                    && self.preceding_list.as_ref().is_some_and(|list| list.adjacent)
                {
                    self.report_dropped_row(at, line);
                }
            }
            in_comment = match (line.rfind("<!--"), line.rfind("-->")) {
                (Some(open), Some(close)) => open > close,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => in_comment,
            };
            if in_comment && !was_in_comment {
                self.multiline_comment(at, &lines[index..]);
            }
        }
    }

    /// A comment of several lines, which no directive may have.
    fn multiline_comment(&mut self, at: usize, lines: &[&str]) {
        let Some((_, opening)) = lines[0].rsplit_once("<!--") else { return };
        if CommentLine::parse(lines[0]) != CommentLine::Other {
            return;
        }
        let comment_lines = std::iter::once(&opening).chain(&lines[1..]).enumerate();
        let mut non_empty = comment_lines.filter(|(_, line)| !line.trim().is_empty());
        let Some((index, first)) = non_empty.next() else { return };
        // The first two words decide what it is.
        let next = non_empty.next().map_or("", |(_, line)| line);
        if looks_like_directive(&format!("{first} {next}")) {
            self.bad_directive(at + index, lines[index]);
        }
    }

    fn comment_line(&mut self, at: usize, line: &str) {
        match CommentLine::parse(line) {
            CommentLine::Other => {}
            CommentLine::Malformed => self.bad_directive(at, line),
            CommentLine::Directive(directive) => {
                for bad in self.options().apply(directive) {
                    self.bad_directive(at, bad);
                }
                self.update_allowed_codes(at);
            }
        }
    }

    fn update_allowed_codes(&mut self, from: usize) {
        let codes = self.options().allow;
        if self.parsed.allowed_codes.last().map(|(_, codes)| *codes).unwrap_or_default() != codes {
            self.parsed.allowed_codes.push((to_u32(from), codes));
        }
    }

    fn inline_comment(&mut self, at: usize, html: &str) {
        if CommentLine::parse(html) != CommentLine::Other {
            self.bad_directive(at, html);
        }
    }

    fn bad_directive(&mut self, at: usize, text: &str) {
        let mut text = text.trim().to_owned();
        truncate(&mut text, MAX_HEADER_LEN);
        self.problem(at, 0, ProblemKind::BadDirective { text });
    }

    fn totals(&mut self, start: usize, end: usize) {
        for at in start..=end {
            if let Some(stated) = parse_total(self.line(at)) {
                let (file, section) = (self.file.clone(), self.section_path.clone());
                self.parsed.totals.push(StatedTotal { file, line: to_u32(at), stated, section });
            }
        }
    }

    fn items(&mut self, list: Node<'_>) {
        let preceding = list.previous_sibling();
        let Some(preceding) =
            preceding.filter(|node| matches!(node.data().value, NodeValue::Paragraph))
        else {
            return;
        };
        let items: Vec<FlatText> = list
            .children()
            .filter_map(|item| item.first_child())
            .map(|block| self.flatten(block))
            .collect();
        self.add_prose_claims(prose_claims::claims_in_list(&self.flatten(preceding), &items));
    }

    /// A paragraph or a heading as text and names.
    fn flatten(&self, node: Node<'_>) -> FlatText {
        let mut flat = FlatText::default();
        for inline in node.descendants() {
            match &inline.data().value {
                NodeValue::Text(part) => flat.push_text(part),
                NodeValue::Code(code) => {
                    flat.push_name(to_u32(line_range(inline).0), &code.literal)
                }
                NodeValue::SoftBreak | NodeValue::LineBreak => flat.push_text(" "),
                _ => {}
            }
        }
        flat
    }

    fn add_prose_claims(&mut self, claims: Vec<(u32, String, ClaimKind)>) {
        if claims.is_empty() || prose_claims::is_changelog(&self.section_path) {
            return;
        }
        let claims = claims.into_iter().map(|(line, name, kind)| {
            let name = TestName::escape(&name).into_owned();
            ProseClaim { file: self.file.clone(), line, name, kind }
        });
        self.parsed.prose_claims.extend(claims);
    }
}

/// The first and the last line of a node, from 1.
fn line_range(node: Node<'_>) -> (usize, usize) {
    let range = node.data().sourcepos;
    (range.start.line, range.end.line)
}

fn to_u32(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

/// Cuts a text that has more bytes, and says so.
fn truncate(text: &mut String, max_len: usize) {
    if text.len() > max_len {
        text.truncate(text.floor_char_boundary(max_len));
        text.push('…');
    }
}

/// What Markdown shows of a heading or a cell, as plain text.
fn rendered_text(node: Node<'_>) -> String {
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
