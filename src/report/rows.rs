//! One row in words and counts: what the run says of it, since when, and what earlier runs say.
//!
//! In: the facts, the documents, earlier runs. Out: a [`RowLine`] for each row. A newcomer's trap: whether a row can
//! be removed is decided here alone; a row that passes in this run may be needed in another variant or run.

use super::{Evidence, PastRun, Record, RowKey, messages};
use crate::compare::{Facts, RowCounts, RowFact, RowStatus};
use crate::known::{Expected, KnownFailures, Pattern, PatternKind, Row, RowId};
use crate::model::{Outcome, Variant};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Since when a row passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// A test of it failed in the base run.
    ThisChange,
    /// Tests of it passed in the base run, and none failed.
    Before,
}

/// One row and what the run says of it.
#[derive(Debug, Clone)]
pub struct RowLine {
    pub file: String,
    pub line: u32,
    pub pattern: String,
    pub status: RowStatus,
    pub counts: RowCounts,
    /// Whether it expects a hang or a crash and all of its tests came to another end.
    pub closes_gap: bool,
    /// The variants that it speaks of, as its column says it; empty for all.
    pub scope: String,
    /// Whether it accepts failing and passing alike.
    pub is_flaky: bool,
    /// With several variants: the counts in each that it speaks of.
    pub by_variant: Vec<(String, RowCounts)>,
    /// Variants that it names and that this run had no results of.
    pub absent: Vec<String>,
    /// Tests that it claims only because its section reads wildcards loosely.
    pub loosely: Vec<String>,
    /// What earlier runs say of it, where there are any.
    pub record: Option<Record>,
    /// Since when it passes: for newly passing rows, when there is a base run.
    pub since: Option<Since>,
    /// The names of the exact rows that would replace it: for wildcards that also claim passing tests.
    pub narrowed: Vec<String>,
    /// For a row that matches no test: a test without a row of its own whose name differs in a few letters.
    pub near: Option<String>,
    pub category: String,
    pub reason: String,
    pub issue: String,
    pub section: Arc<[String]>,
}

impl RowLine {
    /// Whether it is proposed to remove the row: it passes in all variants that it names, and earlier
    /// runs agree.
    pub fn can_go(&self) -> bool {
        let passes = self.status == RowStatus::NewlyPassing && self.absent.is_empty();
        passes && self.record.is_none_or(|record| record.is_enough)
    }
}

/// Makes the lines of a run's rows.
pub(super) struct RowLines<'a> {
    known: &'a KnownFailures,
    facts: &'a Facts,
    evidence: &'a Evidence,
    /// This run, to be counted with the earlier ones; `None` without any.
    this: Option<PastRun>,
    /// Since when rows pass whose tests the base run had.
    since: BTreeMap<RowId, Since>,
}

impl<'a> RowLines<'a> {
    pub fn new(known: &'a KnownFailures, facts: &'a Facts, evidence: &'a Evidence) -> RowLines<'a> {
        let this = (!evidence.runs.is_empty()).then(|| PastRun::of(facts, known));
        let mut since = BTreeMap::new();
        for test in &facts.tests {
            match (test.row, test.base.map(Outcome::is_failing)) {
                (Some(row), Some(true)) => {
                    since.insert(row, Since::ThisChange);
                }
                (Some(row), Some(false)) => {
                    since.entry(row).or_insert(Since::Before);
                }
                // Of a test that the base run lacks nobody knows.
                (_, None) | (None, Some(_)) => {}
            }
        }
        RowLines { known, facts, evidence, this, since }
    }

    /// In the order of the documents.
    pub fn all(&self) -> impl Iterator<Item = RowLine> {
        self.facts.rows.iter().map(|fact| self.line(fact))
    }

    fn line(&self, fact: &RowFact) -> RowLine {
        let (facts, row) = (self.facts, self.known.row(fact.id));
        let by_variant = facts.by_variant.get(&fact.id).into_iter().flatten();
        let passes = fact.status == RowStatus::NewlyPassing;
        RowLine {
            file: row.file.to_string(),
            line: row.line,
            pattern: row.pattern.as_str().to_owned(),
            status: fact.status,
            counts: fact.counts,
            closes_gap: fact.closes_gap,
            scope: messages::scope(&row.variants),
            is_flaky: row.expected == Expected::Flaky,
            by_variant: by_variant
                .map(|(variant, counts)| (variant.as_str().to_owned(), *counts))
                .collect(),
            absent: self.absent(row),
            loosely: names_of(facts.loosely.get(&fact.id)),
            since: self.since.get(&fact.id).copied().filter(|_| passes),
            narrowed: names_of(facts.narrowed.get(&fact.id)),
            near: None,
            record: self.record(row),
            category: row.category.clone(),
            reason: row.reason.clone(),
            issue: row.issue.clone(),
            section: Arc::clone(&row.section),
        }
    }

    /// The variants that a row names and that this run had no results of, where it has variants at all.
    fn absent(&self, row: &Row) -> Vec<String> {
        let variants = &self.facts.variants;
        let has_names = variants.iter().any(|it| !it.variant.as_str().is_empty());
        let ran = |pattern: &Pattern| {
            variants.iter().any(|it| it.tests > 0 && pattern.matches(it.variant.as_str()))
        };
        let named = row.variants.only.iter().filter(|it| it.kind() == PatternKind::Exact);
        let absent = named.filter(|pattern| has_names && !ran(pattern));
        absent.map(|pattern| pattern.as_str().to_owned()).collect()
    }

    /// What earlier runs and this one say of a row.
    fn record(&self, row: &Row) -> Option<Record> {
        let this = self.this.as_ref()?;
        let allows = |variant: &str| row.variants.allows(&Variant::new(variant));
        self.evidence.of(&RowKey::of(row), this, allows)
    }
}

/// The newly passing rows of which nobody says that they can be removed.
pub fn in_doubt(known: &KnownFailures, facts: &Facts, evidence: &Evidence) -> BTreeSet<RowId> {
    let lines = RowLines::new(known, facts, evidence);
    let passing = facts.rows.iter().filter(|row| row.status == RowStatus::NewlyPassing);
    passing.filter(|fact| !lines.line(fact).can_go()).map(|fact| fact.id).collect()
}

fn names_of(names: Option<&Vec<Arc<str>>>) -> Vec<String> {
    names.into_iter().flatten().map(ToString::to_string).collect()
}
