//! The rows that the page on GitHub does not show.
//!
//! comrak finds the same tables as GitHub's renderer, but a browser decides what becomes of raw HTML: a comment or an
//! attribute that an HTML block leaves open swallows the tables below it. Footnotes are moved to the end of the page, or
//! dropped. No row counts that may be affected, also where versions of Markdown disagree whether it is.
//!
//! Specifications: <https://github.github.com/gfm/#raw-html>, <https://html.spec.whatwg.org/#tokenization>

use super::cells::strip_container_prefix;
use super::lines::to_u32;
use super::nodes::{line_range, markdown_options};
use crate::model::HiddenBy;
use comrak::nodes::{Node, NodeValue};
use comrak::{Arena, parse_document};
use html5gum::{Token, Tokenizer};
use std::collections::{BTreeMap, BTreeSet};

/// The rows that are not shown, headers included, by their 1-based lines. Of a run of rows only the first is in it.
pub(super) type HiddenRows = BTreeMap<usize, HiddenBy>;

/// Finds them; `root` is the text as parsed without footnotes.
pub(super) fn find(root: Node<'_>, text: &str, lines: &[&str]) -> HiddenRows {
    let footnotes = has_footnote(text).then(|| Footnotes::find(text, lines));
    let html_with_footnotes = footnotes.as_ref().and_then(|footnotes| footnotes.swallowing_html);
    let html = swallowing_html(root).into_iter().chain(html_with_footnotes).min();
    let hidden_by = |row: &RowLines| match html {
        Some((line, by)) if row.row >= line => Some(by),
        _ => footnotes.as_ref()?.contain(row).then_some(HiddenBy::Footnote),
    };
    let rows = root.descendants().filter(is_row).map(RowLines::new);
    rows.filter_map(|row| Some((row.row, hidden_by(&row)?))).collect()
}

/// The 1-based lines of a row and of the header of its table.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct RowLines {
    row: usize,
    header: usize,
}

impl RowLines {
    fn new(row: Node<'_>) -> RowLines {
        let header = row.parent().map_or(0, |table| line_range(table).0);
        RowLines { row: line_range(row).0, header }
    }
}

fn is_row(node: &Node<'_>) -> bool {
    matches!(node.data().value, NodeValue::TableRow(_))
}

/// Whether a text may contain the start of a footnote.
fn has_footnote(text: &str) -> bool {
    text.contains("[^") && text.contains("]:")
}

/// A document as it is read with footnotes.
struct Footnotes {
    /// The rows outside of them.
    outside: BTreeSet<RowLines>,
    /// The 1-based lines from one that may start a footnote to the next blank one, since GitHub finds more starts than
    /// comrak.
    paragraphs: BTreeSet<usize>,
    swallowing_html: Option<(usize, HiddenBy)>,
}

impl Footnotes {
    fn find(text: &str, lines: &[&str]) -> Footnotes {
        let arena = Arena::new();
        let mut options = markdown_options();
        options.extension.footnotes = true;
        options.parse.leave_footnote_definitions = true;
        let page = parse_document(&arena, text, &options);
        let is_footnote =
            |node: Node<'_>| matches!(node.data().value, NodeValue::FootnoteDefinition(_));
        let is_outside = |row: &Node<'_>| !row.ancestors().any(is_footnote);
        let rows = page.descendants().filter(is_row).filter(is_outside);
        let mut is_inside = false;
        let mut paragraphs = BTreeSet::new();
        for (number, line) in (1..).zip(lines) {
            let content = strip_container_prefix(line).trim();
            is_inside = !content.is_empty() && (is_inside || has_footnote(content));
            paragraphs.extend(is_inside.then_some(number));
        }
        let outside = rows.map(RowLines::new).collect();
        Footnotes { outside, paragraphs, swallowing_html: swallowing_html(page) }
    }

    fn contain(&self, row: &RowLines) -> bool {
        !self.outside.contains(row) || self.paragraphs.contains(&row.row)
    }
}

/// Elements whose content browsers, or one of GitHub's filters, treat as text, drop or hide.
const CONTENT_HIDING_TAGS: [&str; 21] = [
    "<audio",
    "<canvas",
    "<dialog",
    "<frameset",
    "<iframe",
    "<math",
    "<noembed",
    "<noframes",
    "<noscript",
    "<object",
    "<option",
    "<plaintext",
    "<script",
    "<select",
    "<style",
    "<svg",
    "<template",
    "<textarea",
    "<title",
    "<video",
    "<xmp",
];

/// Tags that start or end an HTML block in comrak's version of the specification or in GitHub's, but not in both.
const VERSION_DEPENDENT_TAGS: [&str; 5] =
    ["<search", "</search", "<source", "</source", "</textarea"];

/// The first line with HTML that does, or may, swallow what follows.
fn swallowing_html(root: Node<'_>) -> Option<(usize, HiddenBy)> {
    let mut nodes = root.descendants();
    nodes.find_map(|node| {
        let (start, line) = (line_range(node).0, to_u32(line_range(node).0));
        if is_left_open(node) {
            Some((start, HiddenBy::OpenHtml { line }))
        } else {
            is_ambiguous(node).then_some((start, HiddenBy::AmbiguousHtml { line }))
        }
    })
}

/// Whether the HTML ends inside of a comment or a tag.
fn is_left_open(node: Node<'_>) -> bool {
    let html = match &node.data().value {
        NodeValue::HtmlBlock(html) => format!("{}<end>", html.literal),
        NodeValue::HtmlInline(html) => format!("{html}<end>"),
        _ => return false,
    };
    let last = Tokenizer::new(&html).flatten().last();
    !matches!(last, Some(Token::StartTag(tag)) if *tag.name == *b"end" && tag.attributes.is_empty())
}

/// Whether GitHub and comrak, or GitHub's filters and browsers, may delimit the HTML differently.
fn is_ambiguous(node: Node<'_>) -> bool {
    match &node.data().value {
        NodeValue::HtmlBlock(html) => {
            let html = html.literal.trim_start();
            is_lower_case_declaration(html)
                || has_any(html, &CONTENT_HIDING_TAGS)
                || has_any(html, &VERSION_DEPENDENT_TAGS)
        }
        NodeValue::HtmlInline(html) => {
            let is_in_cell =
                || node.ancestors().any(|node| matches!(node.data().value, NodeValue::TableCell));
            is_lower_case_declaration(html)
                || is_version_dependent_comment(html)
                || has_any(html, &["<select", "<template"])
                // A cell begins no block, and what looks like a tag in it is mostly a placeholder.
                || has_any(html, &VERSION_DEPENDENT_TAGS) && !is_in_cell()
        }
        _ => false,
    }
}

fn has_any(html: &str, tags: &[&str]) -> bool {
    let html = html.to_ascii_lowercase();
    tags.iter().any(|tag| html.contains(tag))
}

/// GitHub's version of the specification wants a capital letter.
fn is_lower_case_declaration(html: &str) -> bool {
    html.strip_prefix("<!").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
}

/// A comment in a line of text that GitHub's version takes as text.
fn is_version_dependent_comment(html: &str) -> bool {
    let Some(comment) = html.strip_prefix("<!--") else { return false };
    let text = comment.strip_suffix("-->").unwrap_or(comment);
    text.len() + "-->".len() != comment.len()
        || text.starts_with('>')
        || text.starts_with("->")
        || text.ends_with('-')
        || text.contains("--")
}
