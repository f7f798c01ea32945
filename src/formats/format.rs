//! The description of a format: its names, its documentation, how it is detected and read.

use super::FORMATS;
use super::sniff::{HeadViews, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::read_end::ReadEnd;
use std::fmt;
use std::io::Read;

pub struct FormatSpec {
    /// The names for `--format`; the first one is printed.
    pub names: &'static [&'static str],
    /// The format's title, and which tools write it.
    pub title: &'static str,
    /// What a test's name is composed of.
    pub test_name: &'static str,
    /// Each status or element of the format, and its outcome.
    pub outcomes: &'static [(&'static str, Outcome)],
    /// What shows that a run is incomplete.
    pub incomplete: &'static str,
    /// Which numbers and verdicts of the file about itself are compared with its tests.
    pub totals: &'static str,
    /// The address of the format's description.
    pub link: &'static str,
    /// How the format is detected.
    pub(crate) sniff: Sniff,
    pub(crate) read: fn(Input<'_>, &mut RunBuilder<'_>) -> ReadEnd,
}

/// The bytes of a results file, decompressed.
pub(crate) type Input<'a> = &'a mut dyn Read;

/// A format that can be read.
#[derive(Clone, Copy)]
pub struct Format(&'static FormatSpec);

impl Format {
    /// The number of first bytes of a file that [`Format::sniff`] needs.
    pub const SNIFF_LEN: usize = 16 << 10;

    /// Every format, in the order in which they are tried.
    pub fn all() -> impl Iterator<Item = Format> {
        FORMATS.iter().map(|spec| Format(spec))
    }

    /// The first name, as in `--format`.
    pub fn name(self) -> &'static str {
        self.0.names[0]
    }

    /// The description, for `knownfail formats` and the documentation.
    pub fn spec(self) -> &'static FormatSpec {
        self.0
    }

    /// The format of this name or alias.
    pub fn from_name(name: &str) -> Option<Format> {
        Format::all().find(|format| format.0.names.contains(&name))
    }

    /// Detects the format of a file by its first bytes.
    pub fn sniff(head: &[u8]) -> Option<Format> {
        let views = HeadViews::new(head);
        views.iter().find_map(|view| Format::all().find(|format| format.0.sniff.matches(&view)))
    }

    /// Whether a file with these first bytes may be of this format.
    pub fn matches(self, head: &[u8]) -> bool {
        HeadViews::new(head).iter().any(|view| self.0.sniff.matches(&view))
    }

    /// Whether files are read so without `--format`.
    pub fn is_detected(self) -> bool {
        !matches!(self.0.sniff, Sniff::Never)
    }

    /// Whether its files are documents of JSON.
    pub(super) fn is_json(self) -> bool {
        matches!(self.0.sniff, Sniff::Json(_))
    }

    /// Whether its reader reports whatever follows the results that it knows.
    pub(super) fn checks_its_end(self) -> bool {
        matches!(self.0.sniff, Sniff::Xml(_))
            || ["junit", "cppunit", "subunit"].contains(&self.name())
    }

    /// Reads a whole file into a builder, and finishes the builder. After a read error the rest of the input is
    /// reported as unreadable.
    pub fn read(self, mut input: impl Read, mut builder: RunBuilder<'_>) {
        let ReadEnd { line, end } = (self.0.read)(&mut input, &mut builder);
        builder.finish(line, end);
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Format) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Format {}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
