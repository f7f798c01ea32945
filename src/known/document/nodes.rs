//! What comrak's nodes show, and on which lines.

use comrak::nodes::{Node, NodeValue};

/// How comrak reads and renders a document: as GitHub does, but with footnotes as text like any other.
pub(super) fn markdown_options() -> comrak::Options<'static> {
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.render.r#unsafe = true;
    options
}

/// The first and the last line of a node, 1-based.
pub(super) fn line_range(node: Node<'_>) -> (usize, usize) {
    let range = node.data().sourcepos;
    (range.start.line, range.end.line)
}

/// A heading or a cell as plain text, with the placeholders in it.
pub(super) fn rendered_text(node: Node<'_>) -> String {
    // `open <file> fails`: what looks like a tag is mostly a placeholder.
    text_with(node, |tag| if tag.starts_with("<!--") { "" } else { tag })
}

/// The text that GitHub shows of a cell: a tag is invisible.
pub(super) fn shown_text(node: Node<'_>) -> String {
    text_with(node, |_| "")
}

fn text_with(node: Node<'_>, text_of_tag: impl Fn(&str) -> &str) -> String {
    let mut text = String::new();
    for inline in node.descendants() {
        match &inline.data().value {
            NodeValue::Text(part) => text.push_str(part),
            NodeValue::Code(code) => text.push_str(&code.literal),
            NodeValue::SoftBreak | NodeValue::LineBreak => text.push(' '),
            NodeValue::HtmlInline(tag) if is_line_break(tag) => text.push(' '),
            NodeValue::HtmlInline(tag) => text.push_str(text_of_tag(tag)),
            _ => {}
        }
    }
    let trimmed = text.trim();
    if trimmed.len() == text.len() { text } else { trimmed.to_owned() }
}

/// Whether a tag is `<br>`.
pub(super) fn is_line_break(tag: &str) -> bool {
    let name = tag.trim_start_matches('<').trim_end_matches(['>', '/', ' ']);
    name.eq_ignore_ascii_case("br")
}
