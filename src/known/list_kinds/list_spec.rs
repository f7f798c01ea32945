//! What differs from one kind of list to another.

use super::model::{ParsedList, SourceList};

/// Reads an included file by its path, relative to the directory of the first list; the error is the reason why it
/// cannot be read.
pub type IncludeLoader<'f> = dyn FnMut(&str) -> Result<String, String> + 'f;

/// A kind of list that can be imported.
#[derive(Debug, Clone, Copy)]
pub struct ListKind {
    pub(super) name: &'static str,
    /// Whether a list is of this kind, by path and text.
    pub(super) detect: fn(&str, &str) -> bool,
    pub(super) read: fn(&SourceList, &mut IncludeLoader<'_>) -> ParsedList,
}
