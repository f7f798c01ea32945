//! Something wrong with an input, at a file and a line, as data: the sentences are in `report::words`.

use super::{TestName, Unread};
use std::borrow::Cow;
use std::sync::Arc;

/// Where in the results files something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The file's number: its place among the sorted results files of the run.
    pub file: u32,
    /// 1-based line; 0 when the format has no lines.
    pub line: u32,
}

/// How bad a problem is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Something could not be read, or contradicts itself.
    Error,
    /// Something that was read is probably not what its author meant.
    Warning,
}

/// One thing wrong with a document or a results file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The path as the user gave it.
    pub file: Arc<str>,
    /// 1-based line; 0 when the whole file is meant.
    pub line: u32,
    /// 1-based column in characters; 0 when the whole line is meant.
    pub column: u32,
    /// What is wrong.
    pub kind: ProblemKind,
}

/// What is wrong. Strings are text of the input: they are escaped where they are shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    // The document.
    /// A line that looks like a row stands below a blank line or a comment inside a table.
    DroppedRow { pattern: String },
    /// A row has more cells than its header; Markdown drops them.
    ExtraCells { found: usize, expected: usize },
    /// A line right below a table became a row of it although it has no pipe.
    RowWithoutPipe,
    /// The delimiter row has another width than the header, so that there is no table.
    DelimiterWidth { found: usize, expected: usize },
    /// Bytes that are no UTF-8, in so many lines of which this is the first: they were read as something else.
    NotUtf8 { lines: u64 },
    /// A row without a pattern.
    EmptyPattern,
    /// A `re:` pattern that is no regular expression.
    BadRegex { pattern: String, why: String },
    /// The same pattern and variants as an earlier row, and the same expectation.
    DuplicateRow { pattern: String, first_file: Arc<str>, first_line: u32, same_reason: bool },
    /// The same pattern and variants as an earlier row, with another expected status.
    ContradictingRow { pattern: String, first_file: Arc<str>, first_line: u32 },
    /// A word in a status column that is none.
    UnknownStatus { word: String },
    /// A date that is none.
    BadDate { text: String },
    /// The row's date has passed.
    Expired { pattern: String, date: String },
    /// A variant that no run had.
    UnknownVariant { pattern: String, variant: String },
    /// The section asks for an issue and the row has none.
    MissingIssue { pattern: String },
    /// A directive that is none, or not well formed.
    BadDirective { text: String },
    /// A table without a test column whose cells name tests of the run.
    LooksLikeList { names: usize },
    /// A list table without rows.
    EmptyList,
    /// A document without any list table.
    NoList,
    // What is odd about a document: told by lint alone.
    /// A wider row says the same.
    RedundantRow { pattern: String, wider: String, file: Arc<str>, line: u32 },
    /// A row whose tests another row claims, all of them.
    ShadowedRow { pattern: String, by: String, file: Arc<str>, line: u32 },
    /// Two wildcards of which neither is the wider one and that share tests.
    OverlappingRows { pattern: String, other: String, file: Arc<str>, line: u32, claims: bool },
    /// A pattern that matches every name.
    CatchAllRow { pattern: String },
    /// A pattern that no name can be like.
    NeverMatches { pattern: String },
    /// A pattern that reads as a regular expression and is none.
    LooksLikeRegex { pattern: String },
    /// A pattern with Markdown around all of it, which is a part of it.
    MarkedUpPattern { pattern: String },
    /// An issue that leads nowhere.
    OddIssue { text: String },
    /// A total in prose that fits no count of rows.
    WrongTotal { told: u64, found: u64 },
    /// Prose says that a name passes or was taken out, and a row has it.
    ProseSaysGone { pattern: String, row: u32 },
    /// Prose says that a name still fails, and no row has it.
    ProseSaysListed { name: String },
    // The results.
    /// Several results for one name, and nothing says that they are retries.
    DuplicateResult { name: String, variant: String, count: u32 },
    /// More names were repeated than are listed one by one.
    MoreDuplicateResults { count: u64 },
    /// Nothing of the file was read.
    UnreadResults { why: Unread },
    /// The file or a part of it could not be read.
    UnreadableResults { what: String },
    /// The file ends in the middle of something.
    CutResults,
    /// The header promises fewer tests than the file holds.
    CountsExceeded { what: Cow<'static, str>, announced: u64, came: u64 },
    /// The bytes are not in the encoding that the file says, and were read as another.
    WrongEncoding { read_as: Cow<'static, str> },
    /// The runner's exit code says that all is well, and tests failed.
    ExitCodeZero { failing: u64 },
    /// A base run of which only the tests that a report tells of are known.
    PartialBase { listed: u64, tests: u64 },
}

impl ProblemKind {
    /// The codes that a document or a command line may allow: warnings about documents. What cannot be
    /// read cannot be waved through.
    pub const ALLOWABLE: [&'static str; 22] = [
        "extra-cells",
        "row-without-pipe",
        "empty-pattern",
        "duplicate-row",
        "unknown-status",
        "bad-date",
        "expired-row",
        "unknown-variant",
        "missing-issue",
        "looks-like-list",
        "empty-list",
        "no-list",
        "redundant-row",
        "shadowed-row",
        "overlapping-rows",
        "catch-all-row",
        "never-matches",
        "looks-like-regex",
        "marked-up-pattern",
        "odd-issue",
        "wrong-total",
        "stale-prose",
    ];

    /// The stable code, as in the JSON report and the documentation.
    pub fn code(&self) -> &'static str {
        self.facts().0
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.facts().1
    }

    fn facts(&self) -> (&'static str, Severity) {
        use Severity::{Error, Warning};
        match self {
            ProblemKind::DroppedRow { .. } => ("dropped-row", Error),
            ProblemKind::ExtraCells { .. } => ("extra-cells", Warning),
            ProblemKind::RowWithoutPipe => ("row-without-pipe", Warning),
            ProblemKind::DelimiterWidth { .. } => ("delimiter-width", Error),
            ProblemKind::NotUtf8 { .. } => ("not-utf8", Error),
            ProblemKind::EmptyPattern => ("empty-pattern", Warning),
            ProblemKind::BadRegex { .. } => ("bad-regex", Error),
            ProblemKind::DuplicateRow { .. } => ("duplicate-row", Warning),
            ProblemKind::ContradictingRow { .. } => ("contradicting-row", Error),
            ProblemKind::UnknownStatus { .. } => ("unknown-status", Warning),
            ProblemKind::BadDate { .. } => ("bad-date", Warning),
            ProblemKind::Expired { .. } => ("expired-row", Warning),
            ProblemKind::UnknownVariant { .. } => ("unknown-variant", Warning),
            ProblemKind::MissingIssue { .. } => ("missing-issue", Warning),
            ProblemKind::BadDirective { .. } => ("bad-directive", Error),
            ProblemKind::LooksLikeList { .. } => ("looks-like-list", Warning),
            ProblemKind::EmptyList => ("empty-list", Warning),
            ProblemKind::NoList => ("no-list", Warning),
            ProblemKind::RedundantRow { .. } => ("redundant-row", Warning),
            ProblemKind::ShadowedRow { .. } => ("shadowed-row", Warning),
            ProblemKind::OverlappingRows { .. } => ("overlapping-rows", Warning),
            ProblemKind::CatchAllRow { .. } => ("catch-all-row", Warning),
            ProblemKind::NeverMatches { .. } => ("never-matches", Warning),
            ProblemKind::LooksLikeRegex { .. } => ("looks-like-regex", Warning),
            ProblemKind::MarkedUpPattern { .. } => ("marked-up-pattern", Warning),
            ProblemKind::OddIssue { .. } => ("odd-issue", Warning),
            ProblemKind::WrongTotal { .. } => ("wrong-total", Warning),
            ProblemKind::ProseSaysGone { .. } => ("stale-prose", Warning),
            ProblemKind::ProseSaysListed { .. } => ("stale-prose", Warning),
            ProblemKind::DuplicateResult { .. } => ("duplicate-result", Warning),
            ProblemKind::MoreDuplicateResults { .. } => ("duplicate-result", Warning),
            ProblemKind::UnreadResults { .. } => ("unreadable-results", Error),
            ProblemKind::UnreadableResults { .. } => ("unreadable-results", Error),
            ProblemKind::CutResults => ("cut-results", Error),
            ProblemKind::CountsExceeded { .. } => ("counts-exceeded", Warning),
            ProblemKind::WrongEncoding { .. } => ("wrong-encoding", Warning),
            ProblemKind::ExitCodeZero { .. } => ("exit-code-zero", Warning),
            ProblemKind::PartialBase { .. } => ("partial-base", Warning),
        }
    }

    /// Whether the document is at fault, and not the results.
    pub fn is_of_document(&self) -> bool {
        match self {
            ProblemKind::DroppedRow { .. }
            | ProblemKind::ExtraCells { .. }
            | ProblemKind::RowWithoutPipe
            | ProblemKind::DelimiterWidth { .. }
            | ProblemKind::NotUtf8 { .. }
            | ProblemKind::EmptyPattern
            | ProblemKind::BadRegex { .. }
            | ProblemKind::DuplicateRow { .. }
            | ProblemKind::ContradictingRow { .. }
            | ProblemKind::UnknownStatus { .. }
            | ProblemKind::BadDate { .. }
            | ProblemKind::Expired { .. }
            | ProblemKind::UnknownVariant { .. }
            | ProblemKind::MissingIssue { .. }
            | ProblemKind::BadDirective { .. }
            | ProblemKind::LooksLikeList { .. }
            | ProblemKind::EmptyList
            | ProblemKind::NoList
            | ProblemKind::RedundantRow { .. }
            | ProblemKind::ShadowedRow { .. }
            | ProblemKind::OverlappingRows { .. }
            | ProblemKind::CatchAllRow { .. }
            | ProblemKind::NeverMatches { .. }
            | ProblemKind::LooksLikeRegex { .. }
            | ProblemKind::MarkedUpPattern { .. }
            | ProblemKind::OddIssue { .. }
            | ProblemKind::WrongTotal { .. }
            | ProblemKind::ProseSaysGone { .. }
            | ProblemKind::ProseSaysListed { .. } => true,
            ProblemKind::DuplicateResult { .. }
            | ProblemKind::MoreDuplicateResults { .. }
            | ProblemKind::UnreadResults { .. }
            | ProblemKind::UnreadableResults { .. }
            | ProblemKind::CutResults
            | ProblemKind::CountsExceeded { .. }
            | ProblemKind::WrongEncoding { .. }
            | ProblemKind::ExitCodeZero { .. }
            | ProblemKind::PartialBase { .. } => false,
        }
    }
}

impl Problem {
    /// A problem at a place; the path is shown with its control characters escaped.
    pub fn new(file: &str, line: u32, column: u32, kind: ProblemKind) -> Problem {
        Problem { file: TestName::shown(file).into(), line, column, kind }
    }
}
