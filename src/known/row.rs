//! One row of a list.

use super::pattern::Pattern;
use super::pattern::message::MessagePattern;
use super::variants::VariantScope;
use crate::model::{Problem, ProblemKind};
use jiff::civil::Date;
use std::sync::Arc;

/// A row's index in [`super::KnownFailures::rows`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(pub u32);

/// One row, of whichever document.
#[derive(Debug, Clone)]
pub struct Row {
    /// The document's path as the user gave it.
    pub file: Arc<str>,
    /// 1-based line of the row in its document.
    pub line: u32,
    /// 1-based column, in characters, of the pattern's first one.
    pub column: u32,
    /// The names that it claims.
    pub pattern: Pattern,
    /// The names that it claims besides: set where the document has `compat = loose` and the pattern
    /// ends in `.*`. Boxed, because few rows have it.
    pub loose: Option<Box<Pattern>>,
    /// What it excuses.
    pub expected: Expected,
    /// The variants that it applies to.
    pub variants: VariantScope,
    /// The category cell as text. This and the texts that follow are empty where the table has no such
    /// column, or where the cell is empty or `-`.
    pub category: String,
    /// The reason cell as text.
    pub reason: String,
    /// The issue cell as text; also empty for `none` and `n/a`.
    pub issue: String,
    /// The owner cell as text.
    pub owner: String,
    /// The last day before the row is reported as expired.
    pub expires: Option<Date>,
    /// Cells of unknown columns: header and text.
    pub other: Vec<(String, String)>,
    /// The headings above the table, outermost first.
    pub section: Arc<[String]>,
    /// The levels of these headings, 1 to 6.
    pub levels: Arc<[u8]>,
    /// Why the row never claims a test; `None` for an active row.
    pub inactive: Option<Inactive>,
}

/// How a row matches a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchMode {
    /// The pattern matches it.
    Strict,
    /// Only `compat = loose` makes the pattern match it.
    Loose,
}

impl Row {
    /// Whether and how the row's pattern matches a name, in any variant.
    pub fn matches(&self, name: &str) -> Option<MatchMode> {
        self.matches_with(name, &mut 0)
    }

    /// [`Row::matches`], adding the steps taken to `steps`.
    pub(super) fn matches_with(&self, name: &str, steps: &mut u64) -> Option<MatchMode> {
        if self.pattern.matches_with(name, steps) {
            return Some(MatchMode::Strict);
        }
        let loose = self.loose.as_deref();
        loose.is_some_and(|loose| loose.matches_with(name, steps)).then_some(MatchMode::Loose)
    }

    /// The problem that the row has expired, if it has. Inactive rows never expire.
    pub fn expiry_problem(&self, today: Date) -> Option<Problem> {
        let date = self.expires.filter(|date| self.inactive.is_none() && *date < today)?;
        let pattern = self.pattern.as_str().to_owned();
        Some(self.problem(ProblemKind::Expired { pattern, date: date.to_string() }))
    }

    /// A problem of this row's pattern.
    pub(super) fn problem(&self, kind: ProblemKind) -> Problem {
        Problem::new(&self.file, self.line, self.column, kind)
    }

    /// Whether the row could claim a test whose name begins with `prefix`. May return false positives.
    pub fn could_match_prefix(&self, prefix: &str) -> bool {
        self.broadest_pattern().could_match_prefix(prefix)
    }

    /// Whether the row matches every test that `other` does, in every variant. May return false negatives. Adds the
    /// steps taken to `steps`.
    pub(super) fn is_superset_of(&self, other: &Row, steps: &mut u64) -> bool {
        self.broadest_pattern().is_superset_of(other.broadest_pattern(), steps)
            && self.variants.is_superset_of(&other.variants, steps)
    }

    /// Whether some test could match both rows. May return false positives. Adds the steps taken to `steps`.
    pub(super) fn may_overlap(&self, other: &Row, steps: &mut u64) -> bool {
        self.patterns_may_overlap(other, steps) && self.variants.may_overlap(&other.variants, steps)
    }

    /// Whether some name could match both rows. May return false positives. Adds the steps taken to `steps`.
    pub(super) fn patterns_may_overlap(&self, other: &Row, steps: &mut u64) -> bool {
        self.broadest_pattern().overlaps(other.broadest_pattern(), steps) != Some(false)
    }

    /// Whether all cells but the pattern and the variants are the same.
    pub(super) fn has_same_content(&self, other: &Row) -> bool {
        self.expected == other.expected
            && self.expires == other.expires
            && self.category == other.category
            && self.reason == other.reason
            && self.issue == other.issue
            && self.owner == other.owner
            && self.other == other.other
    }

    /// The innermost of its headings that is at most this deep, or else the outermost; empty without any.
    pub fn section_at_level(&self, level: u8) -> &str {
        let headings = self.levels.iter().filter(|heading_level| **heading_level <= level).count();
        self.section.get(headings.saturating_sub(1)).map_or("", String::as_str)
    }

    /// The pattern that matches all that the row can claim.
    pub(super) fn broadest_pattern(&self) -> &Pattern {
        self.loose.as_deref().unwrap_or(&self.pattern)
    }
}

/// Why a row never claims a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inactive {
    /// An earlier row of the same document has the same pattern and variants.
    Duplicate {
        /// The earlier row.
        original: RowId,
    },
    /// A row of a later document (an overlay) has the same pattern and variants.
    Replaced {
        /// The later row.
        by: RowId,
    },
}

/// What a row excuses (its status column).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Expected {
    /// Any failing outcome: the row has no status.
    #[default]
    AnyFailure,
    /// A failure, if it is not worse than expected.
    Failure {
        /// The worst failure that is expected.
        worst: FailureKind,
        /// A pattern that a line of the message has to match.
        message: Option<MessagePattern>,
    },
    /// Failing and passing alike.
    Flaky {
        /// A pattern that a line of the message of a failure has to match.
        message: Option<MessagePattern>,
    },
    /// That the test is skipped or does not run at all; failing is new.
    Skip,
}

impl Expected {
    /// Whether it accepts failing and passing alike.
    pub fn is_flaky(&self) -> bool {
        matches!(self, Expected::Flaky { message: _ })
    }

    /// Whether it expects that a test fails, and nothing else.
    pub fn expects_failure(&self) -> bool {
        match self {
            Expected::AnyFailure | Expected::Failure { .. } => true,
            Expected::Flaky { .. } | Expected::Skip => false,
        }
    }

    /// The pattern that a line of a failure's message has to match.
    pub fn pinned_message(&self) -> Option<&MessagePattern> {
        match self {
            Expected::Failure { worst: _, message } | Expected::Flaky { message } => {
                message.as_ref()
            }
            Expected::AnyFailure | Expected::Skip => None,
        }
    }
}

/// How a test may fail, mildest first: a failure that is worse than the row's is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureKind {
    /// An assertion failed.
    Fail,
    /// The test ended with an error.
    Error,
    /// The test ran out of time.
    Timeout,
    /// The process died.
    Crash,
}
