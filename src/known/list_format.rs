//! How a list is written: as a Markdown document, or as a list of another kind.

use super::document::cells::delimiter_width;
use super::document::lines::lines;
use super::list_kinds::{ListKind, SourceList, plain};

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
    /// A pattern a line.
    pub const PLAIN: ListFormat = ListFormat::Other(plain::PLAIN);

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
        let or_document =
            |kind: Option<ListKind>| Some(kind.map_or(ListFormat::Markdown, ListFormat::Other));
        match Markdown::find(source) {
            // Most lists are documents: only what can be one is looked for in them.
            Markdown::Path => or_document(ListKind::detect_markdown(source)),
            Markdown::Table => {
                or_document(ListKind::detect(source).filter(|kind| !kind.is_any_text()))
            }
            Markdown::Neither => ListKind::detect(source).map(ListFormat::Other),
        }
    }

    /// Whether it is a plain list.
    pub fn is_plain(self) -> bool {
        matches!(self, ListFormat::Other(kind) if kind.is_any_text())
    }

    /// Whether a list is detected as one of this format.
    pub fn is_detected(self, source: &SourceList) -> bool {
        ListFormat::detect(source).is_some_and(|format| format.name() == self.name())
    }

    /// Whether a list declares its format, which then does not depend on what it looks like.
    pub fn is_declared(text: &str) -> bool {
        plain::is_marked(text)
    }

    /// The text of a list with a declaration of this format; unchanged where there is none.
    pub fn declare(self, text: String) -> String {
        match self {
            ListFormat::Other(kind) if kind.is_any_text() => plain::with_marker(&text),
            ListFormat::Markdown | ListFormat::Other(_) => text,
        }
    }

    /// Whether its rows are patterns as in a document; others have the syntax of their own tool.
    pub fn has_patterns(self) -> bool {
        match self {
            ListFormat::Markdown => true,
            ListFormat::Other(kind) => kind.has_patterns(),
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

/// What makes a file a document.
enum Markdown {
    /// Its extension.
    Path,
    /// A line of it that can be the delimiter row of a table.
    Table,
    Neither,
}

impl Markdown {
    fn find(source: &SourceList) -> Markdown {
        let extension = source.path.rsplit_once('.').map_or("", |(_, extension)| extension);
        let is_delimiter =
            |line: &str| line.contains('|') && delimiter_width(line.trim()).is_some();
        if ListFormat::is_declared(&source.text) {
            Markdown::Neither
        } else if ["md", "markdown", "mdx"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
        {
            Markdown::Path
        } else if lines(&source.text).any(is_delimiter) {
            Markdown::Table
        } else {
            Markdown::Neither
        }
    }
}
