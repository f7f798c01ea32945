//! What can be said of a document: every code with a line of help, as `docs/lint.md` lists them.
//!
//! A newcomer's trap: how bad a code is stands in [`crate::model::ProblemKind`] alone; a test keeps this
//! table, that one and the page together.

use crate::model::Severity::{self, Error, Warning};

/// One thing that is looked for in documents.
#[derive(Debug, Clone, Copy)]
pub struct ProblemCode {
    /// The stable code.
    pub code: &'static str,
    pub severity: Severity,
    pub reported_by: ReportedBy,
    /// What it says, in Markdown.
    pub help: &'static str,
}

/// The commands that tell of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportedBy {
    /// It needs a run.
    Check,
    /// It changes nothing of what a row claims.
    Lint,
    Both,
}

/// Every rule, in the order of the page.
pub const PROBLEM_CODES: &[ProblemCode] = &[
    problem_code(
        "dropped-row",
        Error,
        ReportedBy::Both,
        "a row is below a blank line or a comment: Markdown drops it",
    ),
    problem_code(
        "extra-cells",
        Warning,
        ReportedBy::Both,
        "a row has more cells than its header: Markdown drops the rest",
    ),
    problem_code(
        "row-without-pipe",
        Warning,
        ReportedBy::Both,
        "a line directly below a table became a row of it",
    ),
    problem_code(
        "delimiter-width",
        Error,
        ReportedBy::Both,
        "the delimiter row is wider or narrower than the header: there is no table",
    ),
    problem_code("not-utf8", Error, ReportedBy::Both, "the document has bytes that are not UTF-8"),
    problem_code("empty-pattern", Warning, ReportedBy::Both, "a row names no test"),
    problem_code(
        "bad-regex",
        Error,
        ReportedBy::Both,
        "a `re:` pattern is not a valid regular expression",
    ),
    problem_code(
        "duplicate-row",
        Warning,
        ReportedBy::Both,
        "the same pattern and variants are listed twice",
    ),
    problem_code(
        "contradicting-row",
        Error,
        ReportedBy::Both,
        "the same pattern and variants are listed twice with different expectations",
    ),
    problem_code(
        "unknown-status",
        Warning,
        ReportedBy::Both,
        "a word in the status column is unknown",
    ),
    problem_code("bad-date", Warning, ReportedBy::Both, "a date cannot be read"),
    problem_code(
        "expired-row",
        Warning,
        ReportedBy::Both,
        "a row was due for review by a day that has passed",
    ),
    problem_code(
        "unknown-variant",
        Warning,
        ReportedBy::Check,
        "a row names a variant that no run had",
    ),
    problem_code(
        "missing-issue",
        Warning,
        ReportedBy::Both,
        "the section requires an issue and the row has none",
    ),
    problem_code("bad-directive", Error, ReportedBy::Both, "a directive is unknown or malformed"),
    problem_code(
        "looks-like-list",
        Warning,
        ReportedBy::Check,
        "a table without a test column names tests of the run",
    ),
    problem_code("empty-list", Warning, ReportedBy::Both, "a table of known failures has no rows"),
    problem_code("no-list", Warning, ReportedBy::Both, "a document has no table of known failures"),
    problem_code("redundant-row", Warning, ReportedBy::Lint, "a wider row says the same"),
    problem_code(
        "shadowed-row",
        Warning,
        ReportedBy::Lint,
        "a row claims nothing: another row matches all of its tests and takes precedence",
    ),
    problem_code(
        "overlapping-rows",
        Warning,
        ReportedBy::Lint,
        "two wildcards can match the same test, and neither contains the other",
    ),
    problem_code("catch-all-row", Warning, ReportedBy::Lint, "a pattern claims every test"),
    problem_code(
        "never-matches",
        Warning,
        ReportedBy::Lint,
        "a `re:` pattern that no name can match",
    ),
    problem_code(
        "looks-like-regex",
        Warning,
        ReportedBy::Lint,
        "a pattern looks like a regular expression and has no `re:`",
    ),
    problem_code(
        "marked-up-pattern",
        Warning,
        ReportedBy::Lint,
        "a pattern has Markdown or HTML in it, such as a link or a remark beside code: it is read as part of it",
    ),
    problem_code(
        "odd-issue",
        Warning,
        ReportedBy::Lint,
        "an issue is neither a number nor a link, unlike the others",
    ),
    problem_code(
        "wrong-total",
        Warning,
        ReportedBy::Lint,
        "a line such as `**Total: 48**` matches neither the document nor any section around it",
    ),
    problem_code(
        "stale-prose",
        Warning,
        ReportedBy::Lint,
        "the text says that a test passes or was removed, and a row lists it; or the reverse",
    ),
];

impl ProblemCode {
    /// Whether `knownfail lint` looks for it.
    pub fn is_reported_by_lint(&self) -> bool {
        match self.reported_by {
            ReportedBy::Lint | ReportedBy::Both => true,
            ReportedBy::Check => false,
        }
    }
}

const fn problem_code(
    code: &'static str,
    severity: Severity,
    reported_by: ReportedBy,
    help: &'static str,
) -> ProblemCode {
    ProblemCode { code, severity, reported_by, help }
}
