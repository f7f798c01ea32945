//! The paths in the first bytes of a JSON file, by which formats are detected.

use super::reader;
use super::value::Value;
use super::visitor::{JsonLayout, VisitAction, Visitor};

/// Maximum number of keys of a path.
const MAX_PATH_LEN: usize = 6;

/// How much of a string is kept, in characters.
const MAX_STRING_CHARS: usize = 200;

/// The paths in the first bytes of a file, with the strings at them.
#[derive(Debug)]
pub struct JsonHead {
    layout: JsonLayout,
    /// Keys are joined by `/`. A path with a string occurs twice: without and with the string.
    paths: Vec<(String, String)>,
}

impl JsonHead {
    /// Parses the first bytes of a file; they may end anywhere.
    pub fn parse(bytes: &[u8], layout: JsonLayout) -> JsonHead {
        let mut head = JsonHead { layout, paths: Vec::new() };
        if memchr::memchr2(b'{', b'[', bytes).is_some() {
            reader::read(bytes, &mut head);
        }
        head
    }

    /// Whether all these paths occur; `results/*/test` is a path.
    pub fn has_all(&self, paths: &[&str]) -> bool {
        paths.iter().all(|path| self.paths.iter().any(|(seen, _)| seen == path))
    }

    /// Whether this key occurs with at least `depth` keys before it.
    pub fn has_key_at_depth(&self, depth: usize, key: &str) -> bool {
        self.paths.iter().any(|(seen, _)| {
            seen.matches('/').count() >= depth && seen.rsplit('/').next() == Some(key)
        })
    }

    /// Whether this string occurs at a path.
    pub fn has_text(&self, path: &str, text: &str) -> bool {
        self.paths.iter().any(|(seen, value)| seen == path && value == text)
    }
}

impl Visitor for JsonHead {
    fn layout(&self) -> JsonLayout {
        self.layout
    }

    fn visit(&mut self, path: &[&str]) -> VisitAction {
        self.paths.push((path.join("/"), String::new()));
        if path.len() < MAX_PATH_LEN { VisitAction::Enter } else { VisitAction::Skip }
    }

    fn value(&mut self, _: u32, path: &[&str], value: &Value) {
        if let Value::String(text) = value {
            self.paths.push((path.join("/"), text.chars().take(MAX_STRING_CHARS).collect()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_of_truncated_document_is_parsed() {
        let text = br#"{"results": [{"test": "a", "status": "P"#;
        let head = JsonHead::parse(text, JsonLayout::Lines);
        assert!(head.has_all(&["results/*/test", "results/*/status"]));
        assert!(head.has_text("results/*/test", "a"));
        assert!(!head.has_all(&["results/test"]));
        let after_output = [b"[INFO] port [8080] ", &text[..]].concat();
        assert!(!JsonHead::parse(&after_output, JsonLayout::Lines).has_all(&["results/*/test"]));
        assert!(JsonHead::parse(&after_output, JsonLayout::Document).has_all(&["results/*/test"]));
    }
}
