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
    let html = swallowing_html(root).into_iter().chain(html_with_footnotes);
    let html = html.chain(version_dependent_block(root, lines)).min();
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
const CONTENT_HIDING_ELEMENTS: [&[u8]; 21] = [
    b"audio",
    b"canvas",
    b"dialog",
    b"frameset",
    b"iframe",
    b"math",
    b"noembed",
    b"noframes",
    b"noscript",
    b"object",
    b"option",
    b"plaintext",
    b"script",
    b"select",
    b"style",
    b"svg",
    b"template",
    b"textarea",
    b"title",
    b"video",
    b"xmp",
];

/// Tags that start an HTML block in comrak's version of the specification or in GitHub's, but not in both.
const VERSION_DEPENDENT_TAGS: [&str; 4] = ["<search", "</search", "<source", "</source"];

/// The first line that starts an HTML block in one version only. Where it starts none, the tag may be anything.
fn version_dependent_block(root: Node<'_>, lines: &[&str]) -> Option<(usize, HiddenBy)> {
    let starts_block = |line: &str| {
        let is_prefix = |c: char| " \t>-+*.)".contains(c) || c.is_ascii_digit();
        let line = line.trim_start_matches(is_prefix).as_bytes();
        let starts = |tag: &&str| {
            line.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag.as_bytes()))
        };
        VERSION_DEPENDENT_TAGS.iter().any(starts)
    };
    let mut blocks = (1..).zip(lines).filter(|(_, line)| starts_block(line)).peekable();
    blocks.peek()?;
    let code = root.descendants().filter(|n| matches!(n.data().value, NodeValue::CodeBlock(_)));
    let code: BTreeSet<usize> =
        code.map(line_range).flat_map(|(first, last)| first..=last).collect();
    let (line, _) = blocks.find(|(line, _)| !code.contains(line))?;
    Some((line, HiddenBy::AmbiguousHtml { line: to_u32(line) }))
}

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
                || hides_content(html)
                // It ends what `<pre>` starts in one version only.
                || has_any(html, &["</textarea"])
        }
        NodeValue::HtmlInline(html) => {
            is_lower_case_declaration(html)
                || is_version_dependent_comment(html)
                || has_any(html, &["<select", "<template"])
        }
        _ => false,
    }
}

/// Whether an element whose content may be hidden is left open, or has anything but text in it.
fn hides_content(html: &str) -> bool {
    let mut open = None;
    for Ok(token) in Tokenizer::new(html) {
        match (token, &open) {
            (Token::StartTag(tag), None) if CONTENT_HIDING_ELEMENTS.contains(&&**tag.name) => {
                open = Some(tag.name);
            }
            (Token::EndTag(tag), Some(name)) if tag.name == *name => open = None,
            (Token::String(_) | Token::Error(_), _) | (_, None) => {}
            (_, Some(_)) => return true,
        }
    }
    open.is_some()
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
