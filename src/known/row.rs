//! One row of a known-failures document, read: what it claims, what it excuses, what it says.

use super::pattern::regex_budget::RegexBudget;
use super::{BadRegex, Pattern, PatternKind};
use crate::model::{Problem, ProblemKind, Variant};
use jiff::civil::Date;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// A row's place in [`super::KnownFailures::rows`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(pub u32);

/// One row, whichever document it stands in.
#[derive(Debug, Clone)]
pub struct Row {
    /// The document's path as the user gave it.
    pub file: Arc<str>,
    /// 1-based line of the row in its document.
    pub line: u32,
    /// 1-based column, in characters, of the pattern's first one.
    pub column: u32,
    /// What it claims.
    pub pattern: Pattern,
    /// What it claims beyond that: set where the document asks for `compat = loose` and the pattern
    /// ends in `.*`. Boxed, because few rows have it.
    pub loose: Option<Box<Pattern>>,
    /// What it excuses.
    pub expected: Expected,
    /// The variants it speaks of.
    pub variants: VariantScope,
    /// The cells, as text; empty where the table has no such column or the cell is `-` or empty.
    pub category: String,
    pub reason: String,
    pub issue: String,
    pub owner: String,
    /// The day past which the row is told as expired.
    pub expires: Option<Date>,
    /// Columns without a meaning of ours: header and cell.
    pub other: Vec<(String, String)>,
    /// The headings above the table, outermost first.
    pub section: Arc<[String]>,
    /// The levels of these, 1 for the highest.
    pub levels: Arc<[u8]>,
    /// Whether the row takes part: `None`, or why it never claims anything.
    pub inactive: Option<Inactive>,
}

/// How a name fits a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchMode {
    /// The pattern matches it.
    Strict,
    /// Only `compat = loose` makes the pattern match it.
    Loose,
}

impl Row {
    /// Whether and how the row's pattern fits a name, whatever the variant.
    pub fn matches(&self, name: &str) -> Option<MatchMode> {
        self.matches_with(name, &mut 0)
    }

    /// Whether and how the row fits a name in a variant; counts the steps that it takes to tell.
    pub(super) fn matches_in_variant(
        &self,
        name: &str,
        variant: &Variant,
        steps: &mut u64,
    ) -> Option<MatchMode> {
        self.variants.allows_with(variant, steps).then(|| self.matches_with(name, steps)).flatten()
    }

    fn matches_with(&self, name: &str, steps: &mut u64) -> Option<MatchMode> {
        if self.pattern.matches_with(name, steps) {
            return Some(MatchMode::Strict);
        }
        let loose = self.loose.as_deref();
        loose.is_some_and(|loose| loose.matches_with(name, steps)).then_some(MatchMode::Loose)
    }

    /// That the row's date has passed, where it has; a row that never claims anything has no say.
    pub fn expiry_problem(&self, today: Date) -> Option<Problem> {
        let date = self.expires.filter(|date| self.inactive.is_none() && *date < today)?;
        let (pattern, date) = (self.pattern.as_str().to_owned(), date.to_string());
        let kind = ProblemKind::Expired { pattern, date };
        Some(Problem::new(&self.file, self.line, self.column, kind))
    }

    /// Whether the row could claim some test whose name begins with `prefix`. Never a wrong no.
    pub fn could_match_prefix(&self, prefix: &str) -> bool {
        self.broadest_pattern().could_match_prefix(prefix)
    }

    /// Whether the row matches every test that the other one does, in every variant. Never a wrong yes.
    pub fn is_superset_of(&self, other: &Row) -> bool {
        self.is_superset_with(other, &mut 0)
    }

    /// The same; counts the steps that it takes.
    pub(super) fn is_superset_with(&self, other: &Row, steps: &mut u64) -> bool {
        self.broadest_pattern().is_superset_with(other.broadest_pattern(), steps)
            && self.variants.is_superset_with(&other.variants, steps)
    }

    /// Whether the row expects and says the same, whatever it claims.
    pub(super) fn has_same_content(&self, other: &Row) -> bool {
        self.expected == other.expected
            && self.expires == other.expires
            && self.category == other.category
            && self.reason == other.reason
            && self.issue == other.issue
            && self.owner == other.owner
            && self.other == other.other
    }

    /// Its section among those down to a level: the last heading above it that is no deeper, or else the
    /// outermost; empty without any.
    pub fn section_at_level(&self, level: u8) -> &str {
        let headings = self.levels.iter().filter(|heading_level| **heading_level <= level).count();
        self.section.get(headings.saturating_sub(1)).map_or("", String::as_str)
    }

    /// The pattern that matches all that the row can claim.
    pub(super) fn broadest_pattern(&self) -> &Pattern {
        self.loose.as_deref().unwrap_or(&self.pattern)
    }
}

/// Why a row never claims anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inactive {
    /// An earlier row of the same document has the same pattern and variants.
    Duplicate { original: RowId },
    /// A row of a later document (an overlay) has the same pattern and variants.
    Replaced { by: RowId },
}

/// What a row excuses (its status column).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// Any failing outcome: no status was given.
    AnyFailure,
    /// This failure and milder ones, with a pattern that the message has to show, if pinned.
    Failure { worst: FailureKind, message: Option<Pattern> },
    /// Failing and passing alike.
    Flaky,
    /// That the test is skipped or does not run at all; failing is new.
    Skip,
}

/// How a test may fail, mildest first: a worse one than the row's is a new failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureKind {
    Fail,
    Error,
    Timeout,
    Crash,
}

/// The variants a row speaks of.
#[derive(Debug, Clone, Default)]
pub struct VariantScope {
    /// Names or patterns; empty means all variants.
    pub only: VariantPatterns,
    /// `!name`: not these.
    pub except: VariantPatterns,
}

/// Some variants, by names or patterns, in the order in which they are written. All rows of a section share
/// those of its directive; most rows name none.
#[derive(Debug, Clone, Default)]
pub struct VariantPatterns(Option<Arc<VariantPatternsInner>>);

#[derive(Debug)]
struct VariantPatternsInner {
    patterns: Vec<Pattern>,
    identity: VariantPatternsKey,
}

/// What the same variants have in common, however they are written: sorted, and a number made of that.
#[derive(Debug)]
pub(super) struct VariantPatternsKey {
    sorted: String,
    hash: u64,
}

impl VariantPatterns {
    fn new(patterns: Vec<Pattern>) -> VariantPatterns {
        if patterns.is_empty() {
            return VariantPatterns::default();
        }
        let mut texts: Vec<&str> = patterns.iter().map(Pattern::as_str).collect();
        texts.sort_unstable();
        texts.dedup();
        let sorted = texts.join(",");
        let mut hasher = DefaultHasher::new();
        sorted.hash(&mut hasher);
        let identity = VariantPatternsKey { sorted, hash: hasher.finish() };
        VariantPatterns(Some(Arc::new(VariantPatternsInner { patterns, identity })))
    }
}

impl Deref for VariantPatterns {
    type Target = [Pattern];

    fn deref(&self) -> &[Pattern] {
        self.0.as_ref().map_or(&[], |inner| &inner.patterns)
    }
}

impl<'n> IntoIterator for &'n VariantPatterns {
    type Item = &'n Pattern;
    type IntoIter = std::slice::Iter<'n, Pattern>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for VariantPatternsKey {
    fn eq(&self, other: &VariantPatternsKey) -> bool {
        std::ptr::eq(self, other) || (self.hash == other.hash && self.sorted == other.sorted)
    }
}

impl Eq for VariantPatternsKey {}

impl Hash for VariantPatternsKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl VariantScope {
    /// Whether the row speaks of this variant.
    pub fn allows(&self, variant: &Variant) -> bool {
        self.allows_with(variant, &mut 0)
    }

    /// The same; counts the steps that it takes.
    fn allows_with(&self, variant: &Variant, steps: &mut u64) -> bool {
        let name = variant.as_str();
        (self.only.is_empty() || self.only.iter().any(|p| p.matches_with(name, steps)))
            && !self.except.iter().any(|p| p.matches_with(name, steps))
    }

    /// Whether it allows every variant that the other one does. Never a wrong yes.
    pub fn is_superset_of(&self, other: &VariantScope) -> bool {
        self.is_superset_with(other, &mut 0)
    }

    /// The same; counts the steps that it takes.
    fn is_superset_with(&self, other: &VariantScope, steps: &mut u64) -> bool {
        let mut is_superset =
            |p: &Pattern, other_pattern: &Pattern| p.is_superset_with(other_pattern, steps);
        if self.identity() == other.identity() {
            return true;
        }
        let only = self.only.is_empty()
            || !other.only.is_empty()
                && other
                    .only
                    .iter()
                    .all(|other_pattern| self.only.iter().any(|p| is_superset(p, other_pattern)));
        let mut is_excluded = |p: &Pattern| {
            let is_excepted =
                other.except.iter().any(|other_pattern| is_superset(other_pattern, p));
            let mut is_other = |o: &Pattern| o.kind() == PatternKind::Exact && !is_superset(p, o);
            is_excepted || !other.only.is_empty() && other.only.iter().all(&mut is_other)
        };
        only && self.except.iter().all(&mut is_excluded)
    }

    /// What the same variants have in common, however they are written.
    pub(super) fn identity(&self) -> [Option<&VariantPatternsKey>; 2] {
        [&self.only, &self.except].map(|patterns| Some(&patterns.0.as_ref()?.identity))
    }

    /// Whether some variant could be in both. Never a wrong no.
    pub(super) fn may_overlap(&self, other: &VariantScope, steps: &mut u64) -> bool {
        let may_share = |a: &Pattern, b: &Pattern, steps: &mut u64| {
            a.overlaps(b, steps) || [a, b].iter().any(|p| p.kind() == PatternKind::Regex)
        };
        let disjoint = !self.only.is_empty()
            && !other.only.is_empty()
            && !self.only.iter().any(|a| other.only.iter().any(|b| may_share(a, b, steps)));
        let mut all_excluded = |named: &[Pattern], except: &[Pattern]| {
            let mut is_excluded = |p: &Pattern| except.iter().any(|e| e.is_superset_with(p, steps));
            !named.is_empty() && named.iter().all(&mut is_excluded)
        };
        !disjoint
            && !all_excluded(&self.only, &other.except)
            && !all_excluded(&other.only, &self.except)
    }

    /// Reads `memory, postgres-*, !memory-slow`; empty, `-`, `all` and `*` are all variants.
    pub(super) fn parse(text: &str, budget: &mut RegexBudget) -> Result<VariantScope, BadRegex> {
        let (mut only, mut except, mut all) = (Vec::new(), Vec::new(), false);
        for item in text.split(',') {
            let item = item.trim_matches(|c: char| c == '`' || c.is_whitespace());
            match item.strip_prefix('!') {
                Some(name) => except.push(Pattern::parse_with_budget(name.trim(), budget)?),
                None => match item.to_ascii_lowercase().as_str() {
                    "" | "-" => {}
                    "all" | "any" | "*" => all = true,
                    _ => only.push(Pattern::parse_with_budget(item, budget)?),
                },
            }
        }
        if all {
            only.clear();
        }
        Ok(VariantScope { only: VariantPatterns::new(only), except: VariantPatterns::new(except) })
    }

    /// Whether it speaks of every variant.
    pub fn is_all(&self) -> bool {
        self.only.is_empty() && self.except.is_empty()
    }
}
