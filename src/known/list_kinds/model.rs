//! What an import reads and writes: lists, rows, and entries that cannot be expressed.

pub use crate::model::UnsupportedKind;
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
    /// The number of entries that excuse nothing in the list's own tool and have no row.
    pub without_effect: u64,
    /// How its entries count where another list has the same test.
    pub(super) precedence: Precedence,
}

/// How the entries of a list count where another list that is given with it has the same test.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Precedence {
    /// By their patterns alone.
    #[default]
    ByPattern,
    /// Only for tests that no [`Precedence::Override`] list matches.
    Baseline,
    /// Before any baseline.
    Override,
}

/// An element of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListItem {
    /// A heading; level 1 is the highest of its list.
    Heading {
        level: u8,
        title: String,
    },
    /// The end of the sections of this level and of deeper ones.
    SectionEnd {
        level: u8,
    },
    /// The text of a directive, as in a document.
    Directive {
        /// From 1.
        line: u32,
        text: String,
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
