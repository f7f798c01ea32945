//! Finds the fenced code or HTML block that a document leaves open at its end.
//!
//! A table appended to such a document would be part of the block. An HTML block ends at a blank line or at a text
//! of its own, depending on its kind; only the second kind has to be closed.
//!
//! Specification: <https://github.github.com/gfm/#html-blocks>

use comrak::nodes::NodeValue;
use comrak::{Arena, parse_document};

/// The line that closes the block in which a document ends, if it does.
pub(in crate::known) fn closing_line(text: &str) -> Option<String> {
    let arena = Arena::new();
    let last = parse_document(&arena, text, &comrak::Options::default()).last_child()?;
    match &last.data().value {
        NodeValue::CodeBlock(code) if code.fenced && !code.closed => {
            Some(char::from(code.fence_char).to_string().repeat(code.fence_length))
        }
        NodeValue::HtmlBlock(html) => {
            missing_html_end(html.block_type, &html.literal).map(str::to_owned)
        }
        _ => None,
    }
}

/// HTML blocks that end at a text of their own: comrak's `block_type`, start and end.
const HTML_BLOCKS: [(u8, &str, &str); 8] = [
    (1, "<script", "</script>"),
    (1, "<pre", "</pre>"),
    (1, "<style", "</style>"),
    (1, "<textarea", "</textarea>"),
    (2, "<!--", "-->"),
    (3, "<?", "?>"),
    (4, "<!", ">"),
    (5, "<![cdata[", "]]>"),
];

/// The end that an HTML block lacks.
fn missing_html_end(kind: u8, html: &str) -> Option<&'static str> {
    let html = html.to_ascii_lowercase();
    let same_kind = || HTML_BLOCKS.iter().filter(|(block_kind, ..)| *block_kind == kind);
    // Any end of its kind closes it.
    let is_closed = same_kind().any(|(_, _, end)| html.contains(end));
    let mut started = same_kind().filter(|(_, start, _)| html.trim_start().starts_with(start));
    started.next().map(|(_, _, end)| *end).filter(|_| !is_closed)
}
