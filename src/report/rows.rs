//! What a run, its base run and earlier runs show about each row.
//!
//! Whether a row can be removed is decided by [`RowLine::is_removable`] alone: a row that passes in this run may be
//! needed in another variant or run.

use super::{Evidence, PastRun, RowHistory, messages};
use crate::compare::{Facts, RowCounts, RowFact, RowStatus, TestFact, VariantCounts};
use crate::known::{Expected, KnownFailures, Pattern, PatternKind, Row, RowId};
use std::collections::{BTreeMap, BTreeSet};
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
    /// For wildcards that also claim passing tests: the names of the exact rows that would replace them.
    pub narrowed: Vec<String>,
    /// For rows that match no test: a failing test without an exact row whose name differs in a few letters.
    pub suggestion: Option<String>,
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
    /// Whether the row is proposed for removal: it passes in all variants that it names, and did in enough earlier
    /// runs.
    pub fn is_removable(&self) -> bool {
        let passes = self.status == RowStatus::NewlyPassing && self.missing_variants.is_empty();
        passes && self.history.is_none_or(|history| history.is_sufficient)
    }
}

/// Builds the lines of a run's rows.
pub(super) struct RowLines<'a> {
    known: &'a KnownFailures,
    facts: &'a Facts,
    evidence: &'a Evidence,
    /// This run, to be counted with the earlier ones; `None` without earlier ones.
    current_run: Option<PastRun>,
    /// By row with tests that have a result in the base run.
    since: BTreeMap<RowId, Option<Since>>,
}

impl<'a> RowLines<'a> {
    pub(super) fn new(
        known: &'a KnownFailures,
        facts: &'a Facts,
        evidence: &'a Evidence,
    ) -> RowLines<'a> {
        let current_run = evidence.is_given().then(|| PastRun::from_facts(facts, known));
        let mut since = BTreeMap::new();
        for test in facts.tests.iter().filter(|test| test.base.is_some()) {
            let Some(row) = test.row else { continue };
            let test_since = Since::from_test(test);
            let row_since = since.entry(row).or_insert(test_since);
            *row_since = Since::combine(*row_since, test_since);
        }
        RowLines { known, facts, evidence, current_run, since }
    }

    pub(super) fn line(&self, fact: &RowFact) -> RowLine {
        let (facts, row) = (self.facts, self.known.row(fact.id));
        let passes = fact.status == RowStatus::NewlyPassing;
        RowLine {
            file: row.file.to_string(),
            line: row.line,
            pattern: row.pattern.as_str().to_owned(),
            status: fact.status,
            counts: fact.counts,
            ran_to_completion: fact.ran_to_completion,
            scope: messages::scope(&row.variants),
            is_flaky: row.expected == Expected::Flaky,
            by_variant: facts.by_variant.get(&fact.id).cloned().unwrap_or_default(),
            missing_variants: self.missing_variants(row),
            loose_matches: to_strings(facts.loose_matches.get(&fact.id)),
            since: self.since.get(&fact.id).copied().flatten().filter(|_| passes),
            narrowed: to_strings(facts.narrowed.get(&fact.id)),
            suggestion: None,
            history: self.history(row),
            category: row.category.clone(),
            reason: row.reason.clone(),
            issue: row.issue.clone(),
            section: Arc::clone(&row.section),
        }
    }

    /// The variants that a row names and that this run has no results of; none if the run has no variants.
    fn missing_variants(&self, row: &Row) -> Vec<String> {
        let variants = &self.facts.variants;
        let has_names = variants.iter().any(|fact| !fact.variant.as_str().is_empty());
        let ran = |pattern: &Pattern| {
            variants.iter().any(|fact| fact.tests > 0 && pattern.matches(fact.variant.as_str()))
        };
        let named = row.variants.only.iter().filter(|pattern| pattern.kind() == PatternKind::Exact);
        let missing = named.filter(|pattern| has_names && !ran(pattern));
        missing.map(|pattern| pattern.as_str().to_owned()).collect()
    }

    fn history(&self, row: &Row) -> Option<RowHistory> {
        self.evidence.row_history(row, self.current_run.as_ref()?)
    }
}

/// The newly passing rows that are not proposed for removal.
pub fn unconfirmed(known: &KnownFailures, facts: &Facts, evidence: &Evidence) -> BTreeSet<RowId> {
    let lines = RowLines::new(known, facts, evidence);
    let passing = facts.rows.iter().filter(|row| row.status == RowStatus::NewlyPassing);
    passing.filter(|fact| !lines.line(fact).is_removable()).map(|fact| fact.id).collect()
}

fn to_strings(names: Option<&Vec<Arc<str>>>) -> Vec<String> {
    names.into_iter().flatten().map(ToString::to_string).collect()
}
