//! Problems of the input, with file and line, as data; their sentences are in `report::messages`.

use super::{GapKind, TestName, Unread, UnsupportedKind};
use std::borrow::Cow;
use std::sync::Arc;

/// How bad a problem is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Part of the input is unreadable or contradicts itself.
    Error,
    /// Part of the input is probably not what its author meant.
    Warning,
}

/// One thing wrong with a document or a results file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The path as the user gave it.
    pub file: Arc<str>,
    /// 1-based line; 0 for the whole file.
    pub line: u32,
    /// 1-based column in characters; 0 for the whole line.
    pub column: u32,
    /// What is wrong.
    pub kind: ProblemKind,
}

/// The kinds of problems. Strings are text of the input: they are escaped where they are displayed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    // The document.
    /// A line that looks like a row follows a blank line or a comment inside a table.
    DroppedRow { pattern: String },
    /// A row that GitHub does not show, with the source of its pattern. It claims nothing.
    HiddenRow { pattern: String, by: HiddenBy },
    /// A cell shows something else on GitHub than its row claims. The row claims nothing.
    MisleadingCell { column: &'static str, cause: MisleadingCause },
    /// A row has more cells than its header; Markdown drops them.
    ExtraCells { found: usize, expected: usize },
    /// The line after a table became a row of it although it has no pipe.
    RowWithoutPipe,
    /// The delimiter row has another width than the header, so that there is no table.
    DelimiterWidth { found: usize, expected: usize },
    /// Invalid UTF-8 in `lines` lines, of which this is the first; it was read in another encoding.
    NotUtf8 { lines: u64 },
    /// A row without a pattern.
    EmptyPattern,
    /// A `re:` pattern that is not a regular expression.
    BadRegex { pattern: String, why: String },
    /// The same pattern and variants as an earlier row, and the same expectation.
    DuplicateRow { pattern: String, first_file: Arc<str>, first_line: u32, same_reason: bool },
    /// The same pattern and variants as an earlier row, with another expected status.
    ContradictingRow { pattern: String, first_file: Arc<str>, first_line: u32 },
    /// An unknown word in a status column. The row claims nothing.
    UnknownStatus { word: String },
    /// An unreadable date.
    BadDate { text: String },
    /// The row's date has passed.
    Expired { pattern: String, date: String },
    /// A word, or words together, that no variant has.
    UnknownVariant { pattern: String, variant: String },
    /// The section requires an issue and the row has none.
    MissingIssue { pattern: String },
    /// An unknown or malformed directive.
    BadDirective { text: String },
    /// A table without a test column whose cells name tests of the run.
    LooksLikeList { names: usize },
    /// A list table without rows.
    EmptyList,
    /// A document without any list table.
    NoList,
    /// A file that is no list of any known kind.
    UnknownList,
    /// An entry of another tool's list that no row can express.
    UnreadEntry(UnsupportedKind),
    /// The document differs from the file of the commit under test.
    ChangedList { commit: String },
    /// No commit has the document, or it differs and the workflow accepts that.
    UncommittedList { commit: String, is_changed: bool },
    // The document, reported by `lint` alone.
    /// A wider row has the same effect.
    RedundantRow { pattern: String, wider: String, file: Arc<str>, line: u32 },
    /// A row all of whose tests another row claims.
    ShadowedRow { pattern: String, by: String, file: Arc<str>, line: u32 },
    /// Two wildcards that share tests and neither of which is wider than the other.
    OverlappingRows { pattern: String, other: String, file: Arc<str>, line: u32, claims: bool },
    /// A pattern that matches every name.
    CatchAllRow { pattern: String },
    /// A pattern that cannot match any name.
    NeverMatches { pattern: String },
    /// A pattern that looks like a regular expression but lacks `re:`.
    LooksLikeRegex { pattern: String },
    /// A pattern that is enclosed in Markdown, which counts as part of it.
    MarkupInPattern { pattern: String },
    /// An issue that is not a link and cannot become one.
    UnrecognizedIssue { text: String },
    /// A total in the prose that differs from every count of rows.
    WrongTotal { stated: u64, actual: u64 },
    /// The prose states that a name passes or was removed, and a row has it.
    ProseSaysRemoved { pattern: String, row: u32 },
    /// The prose states that a name still fails, and no row has it.
    ProseSaysListed { name: String },
    // The results.
    /// Names with several results that are not attempts of a retried test: the first ones, and how many more there
    /// are.
    DuplicateResult { names: Vec<RepeatedName>, more: u64, cause: RepeatCause },
    /// A problem that was found while the results were read.
    Results(ResultsProblem),
    /// A base run of which only the tests listed in its report are known.
    PartialBase { listed: u64, tests: u64 },
    /// An incomplete base run: the first reason and the number of further reasons.
    IncompleteBase { why: BaseRunGap, more: u64 },
}

/// Why a base run was incomplete.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum BaseRunGap {
    /// Its report only states that it was.
    Unknown,
    /// Tests that never ended, and that no row excuses.
    Unfinished { tests: u64 },
    /// More tests failed because of infrastructure than the limit allows.
    Infrastructure { tests: u64 },
    /// A gap that no row expects.
    Gap(GapKind),
}

/// Why GitHub does not show a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HiddenBy {
    /// HTML leaves a comment or a tag open.
    OpenHtml {
        /// Its 1-based line.
        line: u32,
    },
    /// Browsers, or versions of Markdown, disagree where HTML ends.
    AmbiguousHtml {
        /// Its 1-based line.
        line: u32,
    },
    /// A footnote, which GitHub moves or drops.
    Footnote,
    /// YAML front matter, of which GitHub shows a table of its own.
    FrontMatter,
    /// A control character in its line, which GitHub may treat otherwise than as text.
    ControlCharacter,
}

/// How a cell shows something else than it claims.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each variant's comment covers its fields")]
pub enum MisleadingCause {
    /// GitHub shows another text than the one that is read.
    Differs { shown: String, source: String },
    /// It has this markup, which GitHub does not show as text.
    Markup { source: String },
    /// It has an invisible character.
    Invisible { character: char },
    /// Versions of Markdown, or GitHub's formulas, disagree on what it shows.
    Ambiguous { source: String },
    /// A word in characters that look like others.
    Lookalike { word: String },
    /// A second column of the same meaning, of which only the first counts.
    RepeatedColumn { header: String },
}

/// A name that several results share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RepeatedName {
    /// The name.
    pub name: String,
    /// Empty for a run without variants.
    pub variant: String,
    /// The number of its results.
    pub results: u32,
}

/// Why results share a name, which decides what helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RepeatCause {
    /// They are in several files.
    Files,
    /// They are in several suites of one file.
    Suites,
    /// They are in one suite, and a failing one is followed by others, as when a test is retried.
    Retries,
    /// They are in one suite.
    Names,
}

/// Problems that are found while results are read; a record contains them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResultsProblem {
    /// Nothing of the file was read.
    Unread { why: Unread },
    /// The file or a part of it could not be read.
    Unreadable { what: String },
    /// A part of the file could not be read; what follows it was.
    Damaged { what: String },
    /// The file ends in the middle of something.
    Truncated,
    /// The header declares fewer tests than the file contains.
    CountsExceeded { what: Cow<'static, str>, declared: u64, actual: u64 },
    /// The bytes are not in the encoding that the file declares, and were read in another.
    WrongEncoding { read_as: Cow<'static, str> },
    /// The runner exited with 0 although tests failed.
    ExitCodeZero { failing: u64 },
}

/// What a problem is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ProblemSubject {
    Document,
    Results,
}

impl From<ResultsProblem> for ProblemKind {
    fn from(problem: ResultsProblem) -> ProblemKind {
        ProblemKind::Results(problem)
    }
}

impl ProblemKind {
    /// The codes that a document or the command line may suppress: warnings about documents.
    pub const SUPPRESSIBLE: [&'static str; 22] = [
        "extra-cells",
        "row-without-pipe",
        "empty-pattern",
        "duplicate-row",
        "bad-date",
        "expired-row",
        "unknown-variant",
        "missing-issue",
        "looks-like-list",
        "empty-list",
        "no-list",
        "unsupported-entry",
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
        self.metadata().0
    }

    /// The severity.
    pub fn severity(&self) -> Severity {
        self.metadata().1
    }

    fn metadata(&self) -> (&'static str, Severity, ProblemSubject) {
        use ProblemSubject::{Document, Results};
        use ResultsProblem::{
            CountsExceeded, Damaged, ExitCodeZero, Truncated, Unread, Unreadable, WrongEncoding,
        };
        use Severity::{Error, Warning};
        match self {
            ProblemKind::DroppedRow { .. } => ("dropped-row", Error, Document),
            ProblemKind::HiddenRow { .. } => ("hidden-row", Error, Document),
            ProblemKind::MisleadingCell { .. } => ("misleading-cell", Error, Document),
            ProblemKind::ExtraCells { .. } => ("extra-cells", Warning, Document),
            ProblemKind::RowWithoutPipe => ("row-without-pipe", Warning, Document),
            ProblemKind::DelimiterWidth { .. } => ("delimiter-width", Error, Document),
            ProblemKind::NotUtf8 { .. } => ("not-utf8", Error, Document),
            ProblemKind::EmptyPattern => ("empty-pattern", Warning, Document),
            ProblemKind::BadRegex { .. } => ("bad-regex", Error, Document),
            ProblemKind::DuplicateRow { .. } => ("duplicate-row", Warning, Document),
            ProblemKind::ContradictingRow { .. } => ("contradicting-row", Error, Document),
            ProblemKind::UnknownStatus { .. } => ("unknown-status", Error, Document),
            ProblemKind::BadDate { .. } => ("bad-date", Warning, Document),
            ProblemKind::Expired { .. } => ("expired-row", Warning, Document),
            ProblemKind::UnknownVariant { .. } => ("unknown-variant", Warning, Document),
            ProblemKind::MissingIssue { .. } => ("missing-issue", Warning, Document),
            ProblemKind::BadDirective { .. } => ("bad-directive", Error, Document),
            ProblemKind::LooksLikeList { .. } => ("looks-like-list", Warning, Document),
            ProblemKind::EmptyList => ("empty-list", Warning, Document),
            ProblemKind::NoList => ("no-list", Warning, Document),
            ProblemKind::UnknownList => ("unknown-list", Error, Document),
            ProblemKind::UnreadEntry(it) if it.is_damage() => ("unread-entry", Error, Document),
            ProblemKind::UnreadEntry(_) => ("unsupported-entry", Warning, Document),
            ProblemKind::ChangedList { .. } => ("changed-list", Error, Document),
            ProblemKind::UncommittedList { .. } => ("uncommitted-list", Warning, Document),
            ProblemKind::RedundantRow { .. } => ("redundant-row", Warning, Document),
            ProblemKind::ShadowedRow { .. } => ("shadowed-row", Warning, Document),
            ProblemKind::OverlappingRows { .. } => ("overlapping-rows", Warning, Document),
            ProblemKind::CatchAllRow { .. } => ("catch-all-row", Warning, Document),
            ProblemKind::NeverMatches { .. } => ("never-matches", Warning, Document),
            ProblemKind::LooksLikeRegex { .. } => ("looks-like-regex", Warning, Document),
            ProblemKind::MarkupInPattern { .. } => ("marked-up-pattern", Warning, Document),
            ProblemKind::UnrecognizedIssue { .. } => ("odd-issue", Warning, Document),
            ProblemKind::WrongTotal { .. } => ("wrong-total", Warning, Document),
            ProblemKind::ProseSaysRemoved { .. } => ("stale-prose", Warning, Document),
            ProblemKind::ProseSaysListed { .. } => ("stale-prose", Warning, Document),
            ProblemKind::DuplicateResult { .. } => ("duplicate-result", Warning, Results),
            ProblemKind::Results(Unread { .. }) => ("unreadable-results", Error, Results),
            ProblemKind::Results(Unreadable { .. }) => ("unreadable-results", Error, Results),
            ProblemKind::Results(Damaged { .. }) => ("unreadable-results", Error, Results),
            ProblemKind::Results(Truncated) => ("cut-results", Error, Results),
            ProblemKind::Results(CountsExceeded { .. }) => ("counts-exceeded", Warning, Results),
            ProblemKind::Results(WrongEncoding { .. }) => ("wrong-encoding", Warning, Results),
            ProblemKind::Results(ExitCodeZero { .. }) => ("exit-code-zero", Warning, Results),
            ProblemKind::PartialBase { .. } => ("partial-base", Warning, Results),
            ProblemKind::IncompleteBase { .. } => ("incomplete-base", Warning, Results),
        }
    }

    /// Whether it is a problem of the document, not of the results.
    pub fn is_document_problem(&self) -> bool {
        self.metadata().2 == ProblemSubject::Document
    }

    /// Whether a gap is reported for the same thing.
    pub fn has_matching_gap(&self) -> bool {
        use ResultsProblem::{Damaged, Truncated, Unread, Unreadable};
        let ProblemKind::Results(problem) = self else { return false };
        matches!(problem, Unread { .. } | Unreadable { .. } | Damaged { .. } | Truncated)
    }
}

impl Problem {
    /// A problem at a line and column; control characters in the path are escaped.
    pub fn new(file: &str, line: u32, column: u32, kind: ProblemKind) -> Problem {
        Problem { file: TestName::escape(file).into(), line, column, kind }
    }
}
