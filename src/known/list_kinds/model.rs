//! What an import reads and writes: lists, rows, and entries that cannot be expressed.

use jiff::civil::Date;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub struct SourceList {
    /// The path, as messages show it.
    pub path: Arc<str>,
    pub text: String,
}

/// The contents of a list.
#[derive(Debug, Clone, Default)]
pub struct ParsedList {
    /// In the order of the list.
    pub items: Vec<ListItem>,
    /// In the order of the list.
    pub unsupported: Vec<Unsupported>,
}

/// An element of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListItem {
    /// A heading; level 1 is the highest of its list.
    Heading {
        level: u8,
        title: String,
    },
    /// A paragraph of one line.
    Prose(String),
    Entry(ListEntry),
}

/// A row of a document. Parsing the written document gives the same texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListEntry {
    pub file: Arc<str>,
    /// From 1.
    pub line: u32,
    /// In the syntax of [`crate::known::Pattern::parse`].
    pub pattern: String,
    pub status: Status,
    pub category: String,
    pub reason: String,
    pub issue: String,
    /// Patterns of variants; empty for all variants.
    pub variants: Vec<String>,
    pub expires: Option<Date>,
    /// A link to the source of the test, if the list has one.
    pub source: String,
}

/// What a row excuses, in ascending order of severity.
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

/// The statuses that the words of a list mean; `None` for a word that excuses nothing.
pub(super) type StatusTable = [(&'static str, Option<Status>)];

/// The entry of a word; `None` if it is unknown.
pub(super) fn find_status(table: &StatusTable, word: &str) -> Option<Option<Status>> {
    table.iter().find(|(known, _)| *known == word).map(|(_, status)| *status)
}

/// An entry of a list that cannot be expressed in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    pub file: Arc<str>,
    /// From 1.
    pub line: u32,
    pub kind: UnsupportedKind,
}

/// Why an entry cannot be expressed, and whether it is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnsupportedKind {
    /// A line that is not in the syntax of the list; left out.
    Line { text: String },
    /// Bytes of this line, and possibly of later ones, are not UTF-8; they are replaced.
    NotUtf8,
    /// The file is not valid; all of it is left out.
    InvalidFile { why: String },
    /// An expression that is invalid or has no equivalent; left out.
    Regex { text: String, why: String },
    /// A wildcard that has no equivalent; left out.
    Wildcard { text: String },
    /// A result that excuses nothing, or that no row can expect; left out.
    Result { word: String },
    /// A keyword about how the test is run; the row is written without it.
    Modifier { word: String },
    /// An entry that requires several tags at the same time; left out.
    AllOf { tags: Vec<String> },
    /// An entry for some projects only, which no variant can express; left out.
    OnlyIn { projects: Vec<String> },
    /// An entry whose variant cannot be written; left out.
    Variant { name: String },
    /// An entry with an invalid date; left out.
    Date { text: String },
    /// An included file that cannot be read; left out.
    Include { path: String, why: String },
    /// A directive that removes an entry which does not exist.
    Remove { text: String },
    /// An entry that the list itself disables; left out.
    Inactive { name: String },
    /// An earlier row has the same pattern and variants; left out.
    Duplicate { pattern: String, file: Arc<str>, line: u32 },
}

impl Status {
    /// The text of the status column; empty for any failure.
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
