//! The table of list kinds.

use super::list_spec::{IncludeLoader, ListKind};
use super::model::{ParsedList, SourceList};
use super::{chromium, deqp, gcc, lkft, ocis, samba};

/// Every kind, in the order in which they are detected.
const KINDS: [ListKind; 10] = [
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
        ListKind::all().find(|kind| (kind.detect)(&source.path, text))
    }

    /// Reads a list; `include` reads the files that it includes.
    pub fn read(self, source: &SourceList, include: &mut IncludeLoader<'_>) -> ParsedList {
        (self.read)(source, include)
    }
}
