//! The interface between the reader and a format: which values are read, and where they go.
//!
//! A path leads from the top of a document to a value: the keys of the members on the way, `*` for an element of
//! an array.

use super::value::Value;

/// What to do with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VisitAction {
    /// Skip it without keeping any of it.
    Skip,
    /// Pass it on as a whole.
    Take,
    /// Visit each of its elements or members; a value that has none is passed on.
    Enter,
}

/// How documents are laid out in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonLayout {
    /// One document, which may follow other output, even on the same line.
    Document,
    /// Documents that each begin a line.
    Lines,
}

/// Receives the documents of a stream.
pub trait Visitor {
    fn layout(&self) -> JsonLayout {
        JsonLayout::Document
    }

    /// The keys of which each document has one first; empty if any key will do. Where tests print between the
    /// documents, they distinguish a document from output that looks like JSON.
    fn first_keys(&self) -> &[&str] {
        &[]
    }

    /// What to do with the value at a path.
    fn visit(&mut self, path: &[&str]) -> VisitAction;

    /// Takes a value and the 1-based line on which it begins.
    fn value(&mut self, line: u32, path: &[&str], value: &Value);

    /// An array or object that is entered begins.
    fn enter(&mut self, _line: u32, _path: &[&str]) {}

    /// An array or object that was entered ends.
    fn leave(&mut self, _line: u32, _path: &[&str]) {}

    /// Takes the beginning of a line that is no document, or of what follows a document on its line.
    fn other_text(&mut self, _line: u32, _text: &[u8]) {}
}
