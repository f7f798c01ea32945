//! Visitors for formats that need no more than the values at given paths, or one record after another.

use super::reader;
use super::value::Value;
use super::visitor::{JsonLayout, VisitAction, Visitor};
use crate::syntax::read_end::ReadEnd;
use std::io::Read;

/// Among the paths of [`for_each`]: the end of each document, passed on as the empty path and null.
pub const DOCUMENT_END: &str = "";

/// Passes on the values at these paths, in the order of the file, with line and path.
///
/// The keys of a path are separated by `/`; `*` is an element of an array, `{anything}` any key. A value that
/// ought to be an array or object for a path to go on, and is none, is passed on with its own, shorter path.
pub fn for_each(
    input: impl Read,
    paths: &[&str],
    on_value: impl FnMut(u32, &[&str], &Value),
) -> ReadEnd {
    reader::read(input, &mut PathVisitor { paths, on_value })
}

/// Passes on every document of a file that has one a line, with its line.
pub fn for_each_record(input: impl Read, on_record: impl FnMut(u32, &Value)) -> ReadEnd {
    for_each_record_with(input, &[], on_record)
}

/// Passes on every document of a file that has one a line, if its first key is one of these.
pub fn for_each_record_with(
    input: impl Read,
    first_keys: &[&str],
    on_record: impl FnMut(u32, &Value),
) -> ReadEnd {
    reader::read(input, &mut RecordVisitor { first_keys, on_record })
}

struct PathVisitor<'p, F> {
    paths: &'p [&'p str],
    on_value: F,
}

impl<F: FnMut(u32, &[&str], &Value)> Visitor for PathVisitor<'_, F> {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        let mut actions = self.paths.iter().map(|wanted| action(wanted, path));
        actions.find(|action| *action != VisitAction::Skip).unwrap_or(VisitAction::Skip)
    }

    fn value(&mut self, line: u32, path: &[&str], value: &Value) {
        (self.on_value)(line, path, value);
    }

    fn leave(&mut self, line: u32, path: &[&str]) {
        if path.is_empty() && self.paths.contains(&DOCUMENT_END) {
            (self.on_value)(line, path, &Value::Null);
        }
    }
}

/// What to do with the value at `path` to get at the values at `wanted`.
fn action(wanted: &str, path: &[&str]) -> VisitAction {
    let mut keys = wanted.split('/').filter(|key| !key.is_empty());
    let is_prefix = path.iter().all(|key| {
        keys.next().is_some_and(|expected| expected == *key || expected.starts_with('{'))
    });
    match keys.next() {
        _ if !is_prefix => VisitAction::Skip,
        Some(_) => VisitAction::Enter,
        None if path.is_empty() => VisitAction::Enter,
        None => VisitAction::Take,
    }
}

struct RecordVisitor<'k, F> {
    first_keys: &'k [&'k str],
    on_record: F,
}

impl<F: FnMut(u32, &Value)> Visitor for RecordVisitor<'_, F> {
    fn layout(&self) -> JsonLayout {
        JsonLayout::Lines
    }

    fn first_keys(&self) -> &[&str] {
        self.first_keys
    }

    fn visit(&mut self, _: &[&str]) -> VisitAction {
        VisitAction::Take
    }

    fn value(&mut self, line: u32, _: &[&str], value: &Value) {
        (self.on_record)(line, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn for_each_passes_on_values_at_paths_in_file_order() {
        let text = r#"{"b": [{"x": 1}, 2], "skipped": [3], "a": {"k": [4], "l": [5, 6]}, "c": null}
            {"b": "none"}"#;
        let mut seen = Vec::new();
        for_each(text.as_bytes(), &["a/{key}/*", "b/*", "c/*", DOCUMENT_END], |line, path, _| {
            seen.push(format!("{line} {}", path.join("/")));
        });
        let want = ["1 b/*", "1 b/*", "1 a/k/*", "1 a/l/*", "1 a/l/*", "1 c", "1 ", "2 b", "2 "];
        assert_eq!(seen, want);
    }
}
