//! What can be said of a document: every code with a line of help, as `docs/lint.md` lists them.
//!
//! A newcomer's trap: how bad a code is stands in [`crate::model::ProblemKind`] alone; a test keeps this
//! table, that one and the page together.

use crate::model::Severity::{self, Error, Warning};

/// One thing that is looked for in documents.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The stable code.
    pub code: &'static str,
    pub severity: Severity,
    pub told_by: ToldBy,
    /// What it says, in Markdown.
    pub help: &'static str,
}

/// The commands that tell of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToldBy {
    /// It needs a run.
    Check,
    /// It changes nothing of what a row claims.
    Lint,
    Both,
}

/// Every rule, in the order of the page.
pub const RULES: &[Rule] = &[
    rule(
        "dropped-row",
        Error,
        ToldBy::Both,
        "a row is below a blank line or a comment: Markdown drops it",
    ),
    rule(
        "extra-cells",
        Warning,
        ToldBy::Both,
        "a row has more cells than its header: Markdown drops the rest",
    ),
    rule(
        "row-without-pipe",
        Warning,
        ToldBy::Both,
        "a line directly below a table became a row of it",
    ),
    rule(
        "delimiter-width",
        Error,
        ToldBy::Both,
        "the delimiter row is wider or narrower than the header: there is no table",
    ),
    rule("not-utf8", Error, ToldBy::Both, "the document has bytes that are not UTF-8"),
    rule("empty-pattern", Warning, ToldBy::Both, "a row names no test"),
    rule("bad-regex", Error, ToldBy::Both, "a `re:` pattern is not a valid regular expression"),
    rule("duplicate-row", Warning, ToldBy::Both, "the same pattern and variants are listed twice"),
    rule(
        "contradicting-row",
        Error,
        ToldBy::Both,
        "the same pattern and variants are listed twice with different expectations",
    ),
    rule("unknown-status", Warning, ToldBy::Both, "a word in the status column is unknown"),
    rule("bad-date", Warning, ToldBy::Both, "a date cannot be read"),
    rule("expired-row", Warning, ToldBy::Both, "a row was due for review by a day that has passed"),
    rule("unknown-variant", Warning, ToldBy::Check, "a row names a variant that no run had"),
    rule(
        "missing-issue",
        Warning,
        ToldBy::Both,
        "the section requires an issue and the row has none",
    ),
    rule("bad-directive", Error, ToldBy::Both, "a directive is unknown or malformed"),
    rule(
        "looks-like-list",
        Warning,
        ToldBy::Check,
        "a table without a test column names tests of the run",
    ),
    rule("empty-list", Warning, ToldBy::Both, "a table of known failures has no rows"),
    rule("no-list", Warning, ToldBy::Both, "a document has no table of known failures"),
    rule("redundant-row", Warning, ToldBy::Lint, "a wider row says the same"),
    rule(
        "shadowed-row",
        Warning,
        ToldBy::Lint,
        "a row claims nothing: another row matches all of its tests and takes precedence",
    ),
    rule(
        "overlapping-rows",
        Warning,
        ToldBy::Lint,
        "two wildcards can match the same test, and neither contains the other",
    ),
    rule("catch-all-row", Warning, ToldBy::Lint, "a pattern claims every test"),
    rule("never-matches", Warning, ToldBy::Lint, "a `re:` pattern that no name can match"),
    rule(
        "looks-like-regex",
        Warning,
        ToldBy::Lint,
        "a pattern looks like a regular expression and has no `re:`",
    ),
    rule(
        "marked-up-pattern",
        Warning,
        ToldBy::Lint,
        "a pattern has Markdown or HTML in it, such as a link or a remark beside code: it is read as part of it",
    ),
    rule(
        "odd-issue",
        Warning,
        ToldBy::Lint,
        "an issue is neither a number nor a link, unlike the others",
    ),
    rule(
        "wrong-total",
        Warning,
        ToldBy::Lint,
        "a line such as `**Total: 48**` matches neither the document nor any section around it",
    ),
    rule(
        "stale-prose",
        Warning,
        ToldBy::Lint,
        "the text says that a test passes or was removed, and a row lists it; or the reverse",
    ),
];

impl Rule {
    /// Whether `knownfail lint` looks for it.
    pub fn is_of_lint(&self) -> bool {
        match self.told_by {
            ToldBy::Lint | ToldBy::Both => true,
            ToldBy::Check => false,
        }
    }
}

const fn rule(code: &'static str, severity: Severity, told_by: ToldBy, help: &'static str) -> Rule {
    Rule { code, severity, told_by, help }
}
