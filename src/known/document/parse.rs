//! Walks a document's blocks from top to bottom.

use super::hidden_rows;
use super::lines::{lines, to_u32};
use super::misleading::Definitions;
use super::nodes::{line_range, rendered_text};
use super::prose_claims::{self, ProseClaim};
use super::reader::{MarkdownReader, ParsedDocument, StatedTotal};
use super::row_runs;
use comrak::Arena;
use comrak::nodes::{Node, NodeValue};
use std::sync::Arc;

/// Parses a document; `file` is its path as the user gave it.
pub(in crate::known) fn parse(file: &Arc<str>, text: &str) -> ParsedDocument {
    let lines: Vec<&str> = lines(text).collect();
    let arena = Arena::new();
    let root = row_runs::parse(&arena, text, &lines);
    read_nodes(new_reader(file, root, text, lines), root)
}

/// Parses a document without leaving out any line.
#[cfg(test)]
pub(super) fn parse_uncompacted(file: &Arc<str>, text: &str) -> ParsedDocument {
    let arena = Arena::new();
    let root = row_runs::parse(&arena, text, &[]);
    read_nodes(new_reader(file, root, text, lines(text).collect()), root)
}

fn new_reader<'t>(
    file: &'t Arc<str>,
    root: Node<'_>,
    text: &str,
    lines: Vec<&'t str>,
) -> MarkdownReader<'t> {
    let hidden = hidden_rows::find(root, text, &lines);
    let definitions = Definitions::find(text, &lines);
    MarkdownReader::new(file, lines, hidden, definitions)
}

fn read_nodes(mut reader: MarkdownReader<'_>, root: Node<'_>) -> ParsedDocument {
    for node in root.descendants() {
        reader.visit(node);
    }
    reader.finish()
}

impl MarkdownReader<'_> {
    fn visit(&mut self, node: Node<'_>) {
        let (start, end) = line_range(node);
        match &node.data().value {
            NodeValue::Heading(heading) => {
                let is_top_level = node.parent().is_some_and(|parent| parent.parent().is_none());
                if is_top_level && !(heading.setext && self.is_front_matter(start)) {
                    self.sections.enter(to_u32(start), heading.level, rendered_text(node));
                }
                self.add_prose_claims(prose_claims::claims_in(node));
                self.end_list();
            }
            NodeValue::Table(_) => self.table(node),
            NodeValue::Paragraph => {
                self.totals(start, end);
                self.add_prose_claims(prose_claims::claims_in(node));
                self.paragraph(start, end);
            }
            NodeValue::List(_) => self.add_prose_claims(prose_claims::claims_in_list(node)),
            NodeValue::HtmlBlock(html) => self.html_block(start, &html.literal),
            NodeValue::HtmlInline(html) => self.inline_html(start, html),
            NodeValue::CodeBlock(code) if !code.fenced => self.indented_code(start, end),
            NodeValue::CodeBlock(_) | NodeValue::ThematicBreak => self.end_list(),
            _ => {}
        }
    }

    /// Whether an underlined heading is the YAML front matter of the document.
    fn is_front_matter(&self, start: usize) -> bool {
        start == 2 && self.line(1).trim_start_matches('\u{feff}').trim_end() == "---"
    }

    fn totals(&mut self, start: usize, end: usize) {
        for at in start..=end {
            if let Some(stated) = parse_total(self.line(at)) {
                let total =
                    StatedTotal { line: to_u32(at), stated, section: self.sections.path().clone() };
                self.parsed.totals.push(total);
            }
        }
    }

    fn add_prose_claims(&mut self, claims: Vec<ProseClaim>) {
        if !claims.is_empty() && !prose_claims::is_changelog(self.sections.path()) {
            self.parsed.prose_claims.extend(claims);
        }
    }
}

/// The number in a line that begins with a bare total. Lines such as `Total of this week: 5` may count anything
/// and are ignored.
fn parse_total(line: &str) -> Option<u64> {
    let text = line.trim_start_matches(['-', '*', '+', '_', ' ', '\t', '>']);
    let (total, number) = text.split_once(':')?;
    let number = number.trim_start_matches(['*', '_', ' ']);
    let digits = &number[..number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len())];
    let mut following = number[digits.len()..].chars();
    // `1.5`, `48%`, `3/5` and `8→6` are not counts of rows.
    let is_whole = match (following.next(), following.next()) {
        (Some('.' | ','), after) => after.is_none_or(char::is_whitespace),
        (Some('%' | '/' | '→' | '-' | ':'), _) => false,
        (_, _) => true,
    };
    let is_total = total.trim_matches(['*', '_', ' ']).eq_ignore_ascii_case("total");
    digits.parse().ok().filter(|_| is_total && is_whole)
}
