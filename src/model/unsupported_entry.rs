//! Entries of other tools' lists that no row can express.

use jiff::civil::Date;
use std::sync::Arc;

/// Why an entry cannot be expressed, and whether it is left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
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
    /// An entry whose variant cannot be written; left out.
    Variant { name: String },
    /// An entry with an invalid date; left out.
    Date { text: String },
    /// An included file that cannot be read; left out.
    Include { path: String, why: String },
    /// A directive that removes an entry which does not exist.
    Remove { text: String },
    /// An earlier row has the same pattern and variants; left out.
    Duplicate { pattern: String, file: Arc<str>, line: u32 },
    /// A row of a later list has the same pattern and variants; left out.
    Replaced { pattern: String, file: Arc<str>, line: u32 },
    /// The entry of this line excuses nothing for some of its tests, which no row can express; left out for the
    /// variants of that entry.
    Exempted { pattern: String, line: u32 },
    /// An entry that its own tool no longer uses; left out.
    Expired { date: Date },
}

impl UnsupportedKind {
    /// Whether the list itself is damaged: it cannot be read there. Anything else is only what no row can express.
    pub fn is_damage(&self) -> bool {
        match self {
            UnsupportedKind::Line { .. }
            | UnsupportedKind::NotUtf8
            | UnsupportedKind::InvalidFile { .. }
            | UnsupportedKind::Date { .. }
            | UnsupportedKind::Include { .. } => true,
            UnsupportedKind::Regex { .. }
            | UnsupportedKind::Wildcard { .. }
            | UnsupportedKind::Result { .. }
            | UnsupportedKind::Modifier { .. }
            | UnsupportedKind::Variant { .. }
            | UnsupportedKind::Remove { .. }
            | UnsupportedKind::Duplicate { .. }
            | UnsupportedKind::Replaced { .. }
            | UnsupportedKind::Exempted { .. }
            | UnsupportedKind::Expired { .. } => false,
        }
    }

    /// Whether it is a valid entry that no longer counts, or not next to another one.
    pub fn is_superseded(&self) -> bool {
        matches!(self, UnsupportedKind::Exempted { .. } | UnsupportedKind::Expired { .. })
    }

    /// Whether nothing of the entry is lost for a run: it is about how the test is run.
    pub fn is_harmless(&self) -> bool {
        matches!(self, UnsupportedKind::Modifier { .. })
    }
}
