//! The table of list kinds.

use super::list_spec::{IncludeLoader, ListSpec};
use super::model::{Imported, SourceList};
use super::{chromium, deqp, gcc, lkft, ocis, samba};
use std::fmt;

/// Every kind, in the order in which they are detected.
static KINDS: [&ListSpec; 10] = [
    &lkft::ISSUES,
    &gcc::XFAIL,
    &chromium::EXPECTATIONS,
    &ocis::EXPECTED_FAILURES,
    &deqp::FAILS,
    &samba::KNOWNFAIL,
    &samba::FLAPPING,
    &samba::SKIP,
    &deqp::FLAKES,
    &deqp::SKIPS,
];

/// A kind of list that can be imported.
#[derive(Clone, Copy)]
pub struct ListKind(&'static ListSpec);

impl ListKind {
    /// Every kind, in the order in which they are detected.
    pub fn all() -> impl ExactSizeIterator<Item = ListKind> + Clone {
        KINDS.iter().map(|spec| ListKind(spec))
    }

    /// The name, as in `--from`.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<ListKind> {
        ListKind::all().find(|kind| kind.name() == name)
    }

    /// The kind of a list by its path and content.
    pub fn detect(source: &SourceList) -> Option<ListKind> {
        let text = source.text.trim_start_matches('\u{feff}');
        ListKind::all().find(|kind| (kind.0.detect)(&source.path, text))
    }

    /// Reads a list; `include` reads the files that it includes.
    pub fn read(self, source: &SourceList, include: &mut IncludeLoader<'_>) -> Imported {
        (self.0.read)(source, include)
    }
}

impl PartialEq for ListKind {
    fn eq(&self, other: &ListKind) -> bool {
        self.name() == other.name()
    }
}

impl Eq for ListKind {}

impl fmt::Debug for ListKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
