//! Other tools' lists of known failures, turned into a document of ours.
//!
//! In: a list's path and text. Out: [`Item`]s in the order of the list, and all of it that our document
//! cannot say, line by line. A newcomer's trap: a row never excuses more than its line did; where only
//! a wider row could be written, the line is left out and told.

mod chromium;
mod comments;
mod deqp;
mod gcc;
pub(crate) mod list_builder;
mod lkft;
mod markdown;
mod ocis;
pub(crate) mod regex;
mod samba;
mod wildcard;
pub(crate) mod writer;
mod yaml;

pub use writer::{remove_duplicates, write};

use jiff::civil::Date;
use std::sync::Arc;

/// The kinds of list that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKind {
    SambaKnownfail,
    SambaFlapping,
    SambaSkip,
    DeqpFails,
    DeqpFlakes,
    DeqpSkips,
    Gcc,
    Chromium,
    Ocis,
    Lkft,
}

/// What there is to know of a kind.
struct ListFormat {
    name: &'static str,
    /// Whether a list is of this kind, by path and text.
    detect: fn(&str, &str) -> bool,
    read: fn(&SourceList, &mut IncludeLoader<'_>) -> Imported,
}

/// Reads a file that a list includes: its path, from where the first list stands; why it cannot be.
pub type IncludeLoader<'f> = dyn FnMut(&str) -> Result<String, String> + 'f;

/// One list, as it was given.
#[derive(Debug, Clone)]
pub struct SourceList {
    /// The path as the user gave it.
    pub path: Arc<str>,
    pub text: String,
}

/// What one list says.
#[derive(Debug, Clone, Default)]
pub struct Imported {
    /// From top to bottom.
    pub items: Vec<Item>,
    /// What could not be said, by line.
    pub unsupported: Vec<Unsupported>,
}

/// One piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A heading, 1 for the highest of its list.
    Heading {
        level: u8,
        title: String,
    },
    /// A paragraph for readers.
    Prose(String),
    Row(ImportedRow),
}

/// One row to be written. Its texts are as they will be read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedRow {
    /// The list and its line, from 1.
    pub file: Arc<str>,
    pub line: u32,
    /// A pattern as a cell holds it, [`crate::known::Pattern::parse`] reads it.
    pub pattern: String,
    pub status: Status,
    pub category: String,
    pub reason: String,
    pub issue: String,
    /// Patterns of variants; none for all.
    pub variants: Vec<String>,
    pub expires: Option<Date>,
    /// Where the test stands, for lists that say so.
    pub source: String,
}

/// What a row excuses; of several a later one wins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    #[default]
    AnyFailure,
    Fail,
    Error,
    Timeout,
    Crash,
    Flaky,
    Skip,
}

/// Something in a list that our document cannot say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    pub file: Arc<str>,
    /// From 1.
    pub line: u32,
    pub kind: UnsupportedKind,
}

/// What could not be said, and whether its line is left out for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnsupportedKind {
    /// A line of no shape that the kind has; left out.
    Line { text: String },
    /// The bytes of this line, and perhaps of others below; they were read as something else.
    NotUtf8,
    /// The file, which is not what the kind is made of; left out.
    InvalidFile { why: String },
    /// An expression that cannot be read or said; left out.
    Regex { text: String, why: String },
    /// A wildcard that ours have no sign for; left out.
    Wildcard { text: String },
    /// A result that excuses nothing, or that no row can expect; left out.
    Result { word: String },
    /// A word on how the test is run; the row stands without it.
    Modifier { word: String },
    /// It holds only where all of these hold; left out.
    AllOf { tags: Vec<String> },
    /// It holds only there, which no variant can say; left out.
    OnlyIn { projects: Vec<String> },
    /// The variant cannot be written; left out.
    Variant { name: String },
    /// No date; left out.
    Date { text: String },
    /// A file that cannot be read; left out.
    Include { path: String, why: String },
    /// Takes out what nobody put in.
    Remove { text: String },
    /// Switched off in the list; left out.
    Inactive { name: String },
    /// An earlier row has the same pattern and variants; left out.
    Duplicate { pattern: String, file: Arc<str>, line: u32 },
}

impl ListKind {
    /// Every kind, in the order in which they are recognised.
    pub const ALL: [ListKind; 10] = [
        ListKind::Lkft,
        ListKind::Gcc,
        ListKind::Chromium,
        ListKind::Ocis,
        ListKind::DeqpFails,
        ListKind::SambaKnownfail,
        ListKind::SambaFlapping,
        ListKind::SambaSkip,
        ListKind::DeqpFlakes,
        ListKind::DeqpSkips,
    ];

    fn format(self) -> &'static ListFormat {
        match self {
            ListKind::SambaKnownfail => &samba::KNOWNFAIL,
            ListKind::SambaFlapping => &samba::FLAPPING,
            ListKind::SambaSkip => &samba::SKIP,
            ListKind::DeqpFails => &deqp::FAILS,
            ListKind::DeqpFlakes => &deqp::FLAKES,
            ListKind::DeqpSkips => &deqp::SKIPS,
            ListKind::Gcc => &gcc::FORMAT,
            ListKind::Chromium => &chromium::FORMAT,
            ListKind::Ocis => &ocis::FORMAT,
            ListKind::Lkft => &lkft::FORMAT,
        }
    }

    /// The word that `--from` takes.
    pub fn name(self) -> &'static str {
        self.format().name
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<ListKind> {
        ListKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The kind of a list, by its content and its name.
    pub fn detect(source: &SourceList) -> Option<ListKind> {
        let text = source.text.trim_start_matches('\u{feff}');
        ListKind::ALL.into_iter().find(|kind| (kind.format().detect)(&source.path, text))
    }

    /// Reads a list; what it includes comes through `files`.
    pub fn read(self, source: &SourceList, files: &mut IncludeLoader<'_>) -> Imported {
        (self.format().read)(source, files)
    }
}

impl Status {
    /// The word of the status column; empty for any failure.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::AnyFailure => "",
            Status::Fail => "fail",
            Status::Error => "error",
            Status::Timeout => "timeout",
            Status::Crash => "crash",
            Status::Flaky => "flaky",
            Status::Skip => "skip",
        }
    }
}

/// The parts of a path, from its end.
fn path_parts_reversed(path: &str) -> impl Iterator<Item = &str> {
    path.rsplit(['/', '\\'])
}

/// The lines of a list with their numbers from 1, without blanks around them.
fn numbered_lines(text: &str) -> impl Iterator<Item = (u32, &str)> + Clone {
    (1..).zip(text.trim_start_matches('\u{feff}').lines().map(str::trim))
}
