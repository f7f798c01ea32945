//! What comrak's nodes show, and on which lines.

use comrak::nodes::{Node, NodeValue};

/// The first and the last line of a node, 1-based.
pub(super) fn line_range(node: Node<'_>) -> (usize, usize) {
    let range = node.data().sourcepos;
    (range.start.line, range.end.line)
}

/// A heading or a cell as plain text.
pub(super) fn rendered_text(node: Node<'_>) -> String {
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
    let trimmed = text.trim();
    if trimmed.len() == text.len() { text } else { trimmed.to_owned() }
}
