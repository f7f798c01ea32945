//! How a list is written: as a Markdown document, or as a list of another kind.

use super::document::cells::delimiter_width;
use super::document::lines::lines;
use super::list_kinds::{ListKind, SourceList};

/// How a list is written.
#[derive(Debug, Clone, Copy)]
pub enum ListFormat {
    /// Tables in a document.
    Markdown,
    /// Anything else.
    Other(ListKind),
}

const MARKDOWN: &str = "markdown";

impl ListFormat {
    /// Every format, the document first.
    pub fn all() -> impl Iterator<Item = ListFormat> {
        std::iter::once(ListFormat::Markdown).chain(ListKind::all().map(ListFormat::Other))
    }

    /// The name, as in `--list-format`.
    pub fn name(self) -> &'static str {
        match self {
            ListFormat::Markdown => MARKDOWN,
            ListFormat::Other(kind) => kind.name(),
        }
    }

    /// The format of this name.
    pub fn from_name(name: &str) -> Option<ListFormat> {
        ListFormat::all().find(|format| format.name() == name)
    }

    /// The format of a list by its path and content; `None` for what is no list.
    pub fn detect(source: &SourceList) -> Option<ListFormat> {
        let kind = ListKind::detect(source);
        // Tables and prose could be a plain list as well; of the other kinds, some are Markdown too.
        let is_document = is_markdown_path(&source.path) || has_table(&source.text);
        match kind {
            Some(kind) if !(is_document && kind.is_any_text()) => Some(ListFormat::Other(kind)),
            Some(_) | None if is_document => Some(ListFormat::Markdown),
            Some(kind) => Some(ListFormat::Other(kind)),
            None => None,
        }
    }

    /// Whether rows of it can be removed, narrowed and added.
    pub fn is_editable(self) -> bool {
        match self {
            ListFormat::Markdown => true,
            ListFormat::Other(kind) => kind.is_editable(),
        }
    }
}

fn is_markdown_path(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    ["md", "markdown", "mdx"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// Whether a line can be the delimiter row of a table.
fn has_table(text: &str) -> bool {
    let is_delimiter = |line: &str| line.contains('|') && delimiter_width(line.trim()).is_some();
    lines(text).any(is_delimiter)
}
