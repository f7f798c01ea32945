//! The rows that the page on GitHub does not show.
//!
//! comrak finds the same tables as GitHub's renderer, but a browser decides what becomes of raw HTML: a comment or an
//! attribute that an HTML block leaves open swallows the tables below it. Footnotes are moved to the end of the page, or
//! dropped. No row counts that may be affected, also where versions of Markdown disagree whether it is.
//!
//! Specifications: <https://github.github.com/gfm/#raw-html>, <https://html.spec.whatwg.org/#tokenization>

use super::cells::{strip_block_markers, strip_container_prefix};
use super::lines::to_u32;
use super::nodes::{line_range, markdown_options};
use crate::model::HiddenBy;
use comrak::nodes::{Node, NodeValue};
use comrak::{Arena, parse_document};
use html5gum::{Token, Tokenizer};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// The rows that are not shown, headers included, by their 1-based lines. Of a run of rows only the first is in it.
pub(super) type HiddenRows = BTreeMap<usize, HiddenBy>;

/// Finds them; `root` is the text as parsed without footnotes.
pub(super) fn find(root: Node<'_>, text: &str, lines: &[&str]) -> HiddenRows {
    let has_footnotes = lines.iter().any(|line| starts_footnote(line));
    let footnotes = has_footnotes.then(|| Footnotes::find(text, lines));
    let html_with_footnotes = footnotes.as_ref().and_then(|footnotes| footnotes.swallowing_html);
    let html = swallowing_html(root).into_iter().chain(html_with_footnotes);
    let html = html.chain(version_dependent_block(root, lines)).min();
    let front_matter = front_matter_end(lines);
    let hidden_by = |row: &RowLines| match html {
        _ if row.row <= front_matter => Some(HiddenBy::FrontMatter),
        Some((line, by)) if row.row >= line => Some(by),
        _ => footnotes.as_ref()?.contain(row).then_some(HiddenBy::Footnote),
    };
    let rows = root.descendants().filter(is_row).map(RowLines::new);
    rows.filter_map(|row| Some((row.row, hidden_by(&row)?))).collect()
}

/// The 1-based line that ends the YAML front matter, of which GitHub shows a table of its own; 0 without any.
fn front_matter_end(lines: &[&str]) -> usize {
    let mut lines = lines.iter().map(|line| line.trim_start_matches('\u{feff}').trim_end());
    let is_end = |line: &str| matches!(line, "---" | "...");
    if lines.next() != Some("---") {
        return 0;
    }
    lines.position(is_end).map_or(0, |at| at + 2)
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

/// A document as it is read with footnotes.
struct Footnotes {
    /// The rows outside of them.
    outside: BTreeSet<RowLines>,
    /// The 1-based lines from one that may start a footnote to the next blank one, since GitHub finds more starts than
    /// comrak.
    paragraphs: BTreeSet<usize>,
    swallowing_html: Option<(usize, HiddenBy)>,
}

fn starts_footnote(line: &str) -> bool {
    let content = strip_block_markers(line);
    content
        .strip_prefix("[^")
        .and_then(|label| label.split_once(']'))
        .is_some_and(|(_, rest)| rest.starts_with(':'))
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
            let is_blank = strip_container_prefix(line).trim().is_empty();
            is_inside = !is_blank && (is_inside || starts_footnote(line));
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
const CONTENT_HIDING_ELEMENTS: [&str; 25] = [
    "audio",
    "canvas",
    "datalist",
    "dialog",
    "frameset",
    "iframe",
    "math",
    "meter",
    "noembed",
    "noframes",
    "noscript",
    "object",
    "option",
    "plaintext",
    "progress",
    "rp",
    "script",
    "select",
    "style",
    "svg",
    "template",
    "textarea",
    "title",
    "video",
    "xmp",
];

/// Those that also hide what follows where they begin in the middle of a line. GitHub shows the tags of some others as
/// text, and drops the remaining ones.
const INLINE_HIDING_ELEMENTS: [&str; 6] =
    ["frameset", "math", "noscript", "select", "svg", "template"];

/// Elements that make their content tiny, struck out or reversed.
const DISFIGURING_ELEMENTS: [&str; 7] = ["bdo", "del", "s", "small", "strike", "sub", "sup"];

/// Elements of tables: in a cell, they make others of the row's cells.
const TABLE_ELEMENTS: [&str; 10] =
    ["caption", "col", "colgroup", "table", "tbody", "td", "tfoot", "th", "thead", "tr"];

/// Tags that start an HTML block in comrak's version of the specification or in GitHub's, but not in both.
const VERSION_DEPENDENT_TAGS: [&str; 4] = ["<search", "</search", "<source", "</source"];

/// The first line that starts an HTML block in one version only. Where it starts none, the tag may be anything.
fn version_dependent_block(root: Node<'_>, lines: &[&str]) -> Option<(usize, HiddenBy)> {
    let starts_block = |line: &str| {
        let line = strip_block_markers(line);
        line.starts_with('<') && {
            let line = line.to_ascii_lowercase();
            VERSION_DEPENDENT_TAGS.iter().any(|tag| line.starts_with(tag))
        }
    };
    let mut blocks = (1..).zip(lines).filter(|(_, line)| starts_block(line)).peekable();
    blocks.peek()?;
    // Lines in which no block starts.
    let inside: BTreeSet<usize> = root.descendants().flat_map(inner_lines).collect();
    let (line, _) = blocks.find(|(line, _)| !inside.contains(line))?;
    Some((line, HiddenBy::AmbiguousHtml { line: to_u32(line) }))
}

/// The lines of code, and those of HTML but for its first.
fn inner_lines(node: Node<'_>) -> RangeInclusive<usize> {
    let (first, last) = line_range(node);
    match node.data().value {
        NodeValue::CodeBlock(_) => first..=last,
        NodeValue::HtmlBlock(_) => first + 1..=last,
        _ => RangeInclusive::new(1, 0),
    }
}

/// The first line with HTML that does, or may, swallow what follows.
fn swallowing_html(root: Node<'_>) -> Option<(usize, HiddenBy)> {
    let mut nodes = root.descendants();
    nodes.find_map(|node| {
        let data = node.data();
        let html = match &data.value {
            NodeValue::HtmlBlock(html) => &html.literal,
            NodeValue::HtmlInline(html) => html,
            _ => return None,
        };
        let (start, line) = (data.sourcepos.start.line, to_u32(data.sourcepos.start.line));
        match tokens(&format!("{html}<end>")) {
            Some(tokens) if is_closed(&tokens) => is_ambiguous(node, html, &tokens)
                .then_some((start, HiddenBy::AmbiguousHtml { line })),
            Some(_) | None => Some((start, HiddenBy::OpenHtml { line })),
        }
    })
}

/// Whether the tag `<end>`, which follows the HTML, is not a part of it.
fn is_closed(tokens: &[Token]) -> bool {
    matches!(tokens, [.., Token::StartTag(tag)] if *tag.name == *b"end" && tag.attributes.is_empty())
}

/// Maximum double quotes of HTML that is tokenized as it is: html5gum recurses once for each attribute in them.
const MAX_DOUBLE_QUOTES: usize = 200;

/// The tokens of HTML; `None` if it has too many quotes of both kinds.
fn tokens(html: &str) -> Option<Vec<Token>> {
    if html.matches('"').count() <= MAX_DOUBLE_QUOTES {
        return Some(Tokenizer::new(html).flatten().collect());
    }
    let html = (!html.contains('\'')).then(|| html.replace('"', "'"))?;
    Some(Tokenizer::new(&html).flatten().collect())
}

/// Whether GitHub and comrak, or GitHub's filters and browsers, may delimit the HTML differently.
fn is_ambiguous(node: Node<'_>, html: &str, tokens: &[Token]) -> bool {
    if is_lower_case_declaration(html.trim_start()) {
        return true;
    }
    if matches!(node.data().value, NodeValue::HtmlBlock(_)) {
        return hides_content(tokens)
            || is_disfiguring(tokens)
            // It ends what `<pre>` starts in one version only.
            || html.to_ascii_lowercase().contains("</textarea");
    }
    let is_in_cell =
        || node.ancestors().any(|node| matches!(node.data().value, NodeValue::TableCell));
    let name = tag_name(html);
    is_version_dependent_comment(html)
        || INLINE_HIDING_ELEMENTS.contains(&&*name)
        || TABLE_ELEMENTS.contains(&&*name) && is_in_cell()
}

/// The name in an opening or closing tag, in lower case.
fn tag_name(html: &str) -> String {
    let name = html.trim_start_matches(['<', '/']);
    let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    name[..end].to_ascii_lowercase()
}

fn is_one_of(tag: &[u8], elements: &[&str]) -> bool {
    elements.iter().any(|element| element.as_bytes() == tag)
}

/// Whether an element whose content may be hidden is left open, or has anything but text in it.
fn hides_content(tokens: &[Token]) -> bool {
    let mut open = None;
    for token in tokens {
        match (token, open) {
            (Token::StartTag(tag), None) if is_one_of(&tag.name, &CONTENT_HIDING_ELEMENTS) => {
                open = Some(&tag.name);
            }
            (Token::EndTag(tag), Some(name)) if tag.name == *name => open = None,
            (Token::String(_) | Token::Error(_), _) | (_, None) => {}
            (_, Some(_)) => return true,
        }
    }
    open.is_some()
}

/// Whether more disfiguring elements are opened than closed.
fn is_disfiguring(tokens: &[Token]) -> bool {
    let change = |token: &Token| match token {
        Token::StartTag(tag) if is_one_of(&tag.name, &DISFIGURING_ELEMENTS) => 1,
        Token::EndTag(tag) if is_one_of(&tag.name, &DISFIGURING_ELEMENTS) => -1,
        _ => 0,
    };
    tokens.iter().map(change).sum::<i64>() > 0
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
