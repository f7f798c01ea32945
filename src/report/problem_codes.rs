//! The problems of documents: every code with a line of help, as `docs/lint.md` lists them.
//!
//! A test keeps the severities, which [`crate::model::ProblemKind`] defines, and the page the same.

use crate::model::Severity::{self, Error, Warning};
use ReportedBy::{Both, Check, Lint};

/// A problem that documents can have.
#[derive(Debug, Clone, Copy)]
pub struct ProblemCode {
    /// The stable code.
    pub code: &'static str,
    /// An error or a warning.
    pub severity: Severity,
    /// The commands that report it.
    pub reported_by: ReportedBy,
    /// A line of Markdown.
    pub help: &'static str,
}

/// The commands that report a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportedBy {
    /// Only `check`: it depends on a run.
    Check,
    /// Only `lint`: it does not change what rows claim.
    Lint,
    /// `check` and `lint`.
    Both,
}

/// Every code, in the order of the page.
#[rustfmt::skip] // Each code on a line, its help on the next one if it is long.
pub const PROBLEM_CODES: &[ProblemCode] = &[
    code("dropped-row", Error, Both, "a row is below a blank line or a comment: Markdown drops it"),
    code("hidden-row", Error, Both, "GitHub does not show a row, such as one in a footnote: it counts for nothing"),
    code("misleading-cell", Error, Both,
        "a cell shows something else on GitHub than its row claims: the row counts for nothing"),
    code("extra-cells", Warning, Both, "a row has more cells than its header: Markdown drops the rest"),
    code("row-without-pipe", Warning, Both, "a line directly below a table became a row of it"),
    code("delimiter-width", Error, Both, "the delimiter row is wider or narrower than the header: there is no table"),
    code("not-utf8", Error, Both, "the document has bytes that are not UTF-8"),
    code("empty-pattern", Warning, Both, "a row names no test"),
    code("bad-regex", Error, Both, "a `re:` pattern is not a valid regular expression"),
    code("duplicate-row", Warning, Both, "the same pattern and variants are listed twice"),
    code("contradicting-row", Error, Both,
        "the same pattern and variants are listed twice with different expectations"),
    code("unknown-status", Error, Both, "a word in the status column is unknown: the row counts for nothing"),
    code("bad-date", Warning, Both, "a date cannot be read"),
    code("expired-row", Warning, Both, "a row was due for review by a day that has passed"),
    code("unknown-variant", Warning, Check, "a row names a word, or words together, that no variant has"),
    code("missing-issue", Warning, Both, "the section requires an issue and the row has none"),
    code("bad-directive", Error, Both, "a directive is unknown or malformed"),
    code("looks-like-list", Warning, Check, "a table without a test column names tests of the run"),
    code("empty-list", Warning, Both, "a table of known failures has no rows, unlike another one of the document"),
    code("no-list", Warning, Both, "a document has no table of known failures"),
    code("unknown-list", Error, Both, "a file is no list of any known kind"),
    code("unread-entry", Error, Both, "an entry of another tool's list cannot be read"),
    code("unsupported-entry", Warning, Both, "an entry of another tool's list claims nothing"),
    code("changed-list", Error, Check, "the list was changed after the checkout: no commit of this run has it"),
    code("uncommitted-list", Warning, Check, "no commit has the list, so that nobody has reviewed it"),
    code("redundant-row", Warning, Lint, "a wider row has the same effect"),
    code("shadowed-row", Warning, Lint,
        "a row claims nothing: another row matches all of its tests and takes precedence"),
    code("overlapping-rows", Warning, Lint, "two wildcards can match the same test, and neither contains the other"),
    code("catch-all-row", Warning, Lint, "a pattern claims every test"),
    code("never-matches", Warning, Lint, "a `re:` pattern that no name can match"),
    code("looks-like-regex", Warning, Lint, "a pattern looks like a regular expression and has no `re:`"),
    code("marked-up-pattern", Warning, Lint,
        "a pattern in backticks is Markdown, such as a link: it is part of the pattern"),
    code("odd-issue", Warning, Lint, "an issue is neither a number nor a link, unlike the others"),
    code("wrong-total", Warning, Lint,
        "a line such as `**Total: 48**` matches neither the document nor any section around it"),
    code("stale-prose", Warning, Lint,
        "according to the text, a test passes or was removed, but a row lists it; or the reverse"),
];

impl ProblemCode {
    /// Whether `knownfail lint` looks for it.
    pub fn is_reported_by_lint(&self) -> bool {
        matches!(self.reported_by, Lint | Both)
    }
}

const fn code(
    code: &'static str,
    severity: Severity,
    reported_by: ReportedBy,
    help: &'static str,
) -> ProblemCode {
    ProblemCode { code, severity, reported_by, help }
}
