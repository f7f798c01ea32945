//! What a run, its base run and earlier runs show about each row.
//!
//! What becomes of a row is decided in `row_decisions`; a line has that decision and its reason.

use super::row_decisions::{RowDecision, RowReviews};
use super::{RichText, RowHistory, messages};
use crate::compare::{Facts, RowCounts, RowFact, RowStatus, TestFact, VariantCounts};
use crate::known::{KnownFailures, RowId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Since when a row passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// One of its tests failed in the base run.
    ThisChange,
    /// Its tests passed in the base run, all that have a result there.
    Before,
}

impl Since {
    /// Since when a test passes that has a result in the base run; `None` if it neither failed nor passed there, as one
    /// that was skipped or flaky.
    fn from_test(test: &TestFact) -> Option<Since> {
        if test.failed_in_base() {
            Some(Since::ThisChange)
        } else {
            test.passed_in_base().then_some(Since::Before)
        }
    }

    /// Since when two tests of a row pass.
    fn combine(a: Option<Since>, b: Option<Since>) -> Option<Since> {
        match (a, b) {
            (Some(Since::ThisChange), _) | (_, Some(Since::ThisChange)) => Some(Since::ThisChange),
            (Some(Since::Before), Some(Since::Before)) => Some(Since::Before),
            (None, _) | (_, None) => None,
        }
    }
}

/// One row, with what its tests did.
#[derive(Debug, Clone)]
pub struct RowLine {
    pub file: String,
    /// 1-based.
    pub line: u32,
    /// As it is in the document, without markup.
    pub pattern: String,
    /// What this run shows about it.
    pub status: RowStatus,
    /// Its tests in all variants together.
    pub counts: RowCounts,
    /// Whether it expects a hang or a crash, and none of its tests hung or crashed.
    pub ran_to_completion: bool,
    /// The variants that it applies to, as its column has them; empty for all.
    pub scope: String,
    /// Whether it accepts failing and passing alike.
    pub is_flaky: bool,
    /// If the run has several variants: the counts in each that it applies to.
    pub by_variant: VariantCounts,
    /// Variants that it names and that this run has no results of.
    pub missing_variants: Vec<String>,
    /// Tests that it claims only because of `compat = loose`.
    pub loose_matches: Vec<String>,
    /// How its tests fared in earlier runs and this one; `None` without earlier runs.
    pub history: Option<RowHistory>,
    /// For newly passing rows whose tests failed or passed in the base run.
    pub since: Option<Since>,
    /// Whether `update` can change its list.
    pub is_editable: bool,
    /// What `update` does with it.
    pub decision: RowDecision,
    /// Whether the change under test removes it itself.
    pub is_removed_by_change: bool,
    /// Why `update` keeps it, if tests of it pass.
    pub keep_reason: Option<RichText>,
    /// For rows that match no test: a failing test without an exact row whose name differs in a few letters.
    pub suggestion: Option<String>,
    /// Whether a hint explains how its name differs from that of a test.
    pub has_hint: bool,
    /// The cell of this column; may be empty.
    pub category: String,
    /// The cell of this column; may be empty.
    pub reason: String,
    /// The cell of this column; may be empty.
    pub issue: String,
    /// The headings above its table, outermost first.
    pub section: Arc<[String]>,
}

impl RowLine {
    /// Whether the row is proposed for removal.
    pub fn is_removable(&self) -> bool {
        self.decision == RowDecision::Remove
    }

    /// The suggestion, for a report that shows the hints too: a hint is more exact.
    pub fn unexplained_suggestion(&self) -> Option<&str> {
        self.suggestion.as_deref().filter(|_| !self.has_hint)
    }

    /// The names of the exact rows that would replace it, if it is a wildcard that also claims passing tests.
    pub fn narrowed(&self) -> &[String] {
        match &self.decision {
            RowDecision::Narrow(names) => names,
            RowDecision::Unchanged | RowDecision::Remove | RowDecision::Keep(_) => &[],
        }
    }

    /// Whether all tests of the row passed, and it stays because another row would excuse more.
    pub fn is_strictest(&self) -> bool {
        self.status == RowStatus::NewlyPassing && self.decision.is_strictest()
    }
}

/// Builds the lines of a run's rows.
pub(super) struct RowLines<'a> {
    known: &'a KnownFailures,
    facts: &'a Facts,
    reviews: RowReviews,
    /// By row with tests that have a result in the base run.
    since: BTreeMap<RowId, Option<Since>>,
}

impl<'a> RowLines<'a> {
    pub(super) fn new(
        known: &'a KnownFailures,
        facts: &'a Facts,
        reviews: RowReviews,
    ) -> RowLines<'a> {
        let mut since = BTreeMap::new();
        for test in facts.tests.iter().filter(|test| test.base.is_some()) {
            let Some(row) = test.row else { continue };
            let test_since = Since::from_test(test);
            let row_since = since.entry(row).or_insert(test_since);
            *row_since = Since::combine(*row_since, test_since);
        }
        RowLines { known, facts, reviews, since }
    }

    pub(super) fn line(&self, fact: &RowFact) -> RowLine {
        let (facts, row) = (self.facts, self.known.row(fact.id));
        let review = self.reviews.get(fact.id);
        let passes = fact.status == RowStatus::NewlyPassing;
        let line = RowLine {
            file: row.file.to_string(),
            line: row.line,
            pattern: row.pattern.as_str().to_owned(),
            status: fact.status,
            counts: fact.counts,
            ran_to_completion: fact.ran_to_completion,
            scope: messages::scope(&row.variants),
            is_flaky: row.expected.is_flaky(),
            by_variant: facts.by_variant.get(&fact.id).cloned().unwrap_or_default(),
            missing_variants: review.missing_variants.clone(),
            loose_matches: to_strings(facts.loose_matches.get(&fact.id)),
            since: self.since.get(&fact.id).copied().flatten().filter(|_| passes),
            is_editable: self.known.is_editable(row),
            decision: review.decision.clone(),
            is_removed_by_change: false,
            keep_reason: None,
            suggestion: None,
            has_hint: false,
            history: review.history,
            category: row.category.clone(),
            reason: row.reason.clone(),
            issue: row.issue.clone(),
            section: Arc::clone(&row.section),
        };
        let keep_reason = match &review.decision {
            RowDecision::Keep(reason) => Some(messages::keep_reason(
                *reason,
                &line,
                self.known,
                facts.truncated.get(&fact.id),
            )),
            RowDecision::Unchanged | RowDecision::Remove | RowDecision::Narrow(_) => None,
        };
        RowLine { keep_reason, ..line }
    }
}

fn to_strings(names: Option<&Vec<Arc<str>>>) -> Vec<String> {
    names.into_iter().flatten().map(ToString::to_string).collect()
}
