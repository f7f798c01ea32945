//! The table of list kinds.

use super::list_spec::{IncludeLoader, ListKind};
use super::model::{ParsedList, SourceList};
use super::{chromium, deqp, gcc, lkft, names, ocis, plain, samba};

/// Every kind, in the order in which they are detected.
const KINDS: [ListKind; 13] = [
    lkft::ISSUES,
    gcc::XFAIL,
    chromium::EXPECTATIONS,
    ocis::EXPECTED_FAILURES,
    deqp::FAILS,
    samba::KNOWNFAIL,
    samba::FLAPPING,
    samba::SKIP,
    deqp::FLAKES,
    deqp::SKIPS,
    names::JSON,
    names::YAML,
    // Nearly any text could be one.
    plain::PLAIN,
];

impl ListKind {
    /// Every kind, in the order in which they are detected.
    pub fn all() -> impl ExactSizeIterator<Item = ListKind> + Clone {
        KINDS.into_iter()
    }

    /// The name, as in `--from`.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<ListKind> {
        ListKind::all().find(|kind| kind.name() == name)
    }

    /// The kind of a list by its path and content.
    pub fn detect(source: &SourceList) -> Option<ListKind> {
        let text = source.text.trim_start_matches('\u{feff}');
        if plain::is_marked(text) {
            return Some(plain::PLAIN);
        }
        ListKind::all().find(|kind| (kind.detect)(&source.path, text))
    }

    /// The kind of a Markdown file that is no document, if it is one.
    pub fn detect_markdown(source: &SourceList) -> Option<ListKind> {
        let text = source.text.trim_start_matches('\u{feff}');
        ListKind::all().find(|kind| kind.is_markdown() && (kind.detect)(&source.path, text))
    }

    /// Whether its lists are Markdown, if other Markdown than a document's.
    pub fn is_markdown(self) -> bool {
        self.name == ocis::EXPECTED_FAILURES.name
    }

    /// Whether any text could be of this kind, if nothing in it declares that it is.
    pub fn is_any_text(self) -> bool {
        self.name == plain::PLAIN.name
    }

    /// Whether its rows are patterns as in a document.
    pub fn has_patterns(self) -> bool {
        [plain::PLAIN, names::JSON, names::YAML].iter().any(|kind| kind.name == self.name)
    }

    /// Whether its rows can be edited: those of a plain list are lines that nothing else depends on.
    pub fn is_editable(self) -> bool {
        self.name == plain::PLAIN.name
    }

    /// Reads a list; `include` reads the files that it includes.
    pub fn read(self, source: &SourceList, include: &mut IncludeLoader<'_>) -> ParsedList {
        (self.read)(source, include)
    }
}
