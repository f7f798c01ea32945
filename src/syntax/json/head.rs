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
    /// Whether a line before the first document may be the beginning of a larger one.
    has_fragment: bool,
}

impl JsonHead {
    /// Parses the first bytes of a file; they may end anywhere.
    pub fn parse(bytes: &[u8], layout: JsonLayout) -> JsonHead {
        let mut head = JsonHead { layout, paths: Vec::new(), has_fragment: false };
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

    /// Whether one of several documents has a key of each group. None of them is a part of a larger one, and no other
    /// output precedes one on its line.
    pub fn has_record_with(&self, groups: &[&[&str]]) -> bool {
        // Each document begins with the empty path.
        let mut records = self.paths.split(|(path, _)| path.is_empty());
        self.layout == JsonLayout::Lines
            && !self.has_fragment
            && records.any(|record| {
                let has = |key: &&str| record.iter().any(|(path, _)| path == key);
                groups.iter().all(|keys| keys.iter().any(has))
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

    fn other_text(&mut self, _: u32, text: &[u8]) {
        let is_fragment = text.contains(&b'{') || text.trim_ascii_end().ends_with(b"[");
        self.has_fragment |= is_fragment && self.paths.is_empty();
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
    fn keys_of_different_records_are_not_those_of_one() {
        let groups: [&[&str]; 2] = [&["name", "test"], &["outcome"]];
        for (text, expected) in [
            (r#"{"plan": 1}{"test": "a", "outcome": "passed"}"#, true),
            (r#"{"name": "a"}{"outcome": "passed"}"#, false),
            ("[INFO] start\n{\"name\": \"a\", \"outcome\": \"passed\"}", true),
            ("[INFO] {\"tests\": [\n{\"name\": \"a\", \"outcome\": \"passed\"},", false),
            (r#"{"tests": {"name": "a", "outcome": "passed"}}"#, false),
        ] {
            let head = JsonHead::parse(text.as_bytes(), JsonLayout::Lines);
            assert_eq!(head.has_record_with(&groups), expected, "{text}");
            let document = JsonHead::parse(text.as_bytes(), JsonLayout::Document);
            assert!(!document.has_record_with(&groups));
        }
    }

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
