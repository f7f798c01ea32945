//! What `update` does to a document: the edits, and why rows with passing tests are kept.
//!
//! An edit can make another row claim a test. So one plan may not be all: the next one, made from the edited document
//! and the same results, has to be empty.

use super::nearest_rows::NearestRows;
use super::{Report, RichText, RowLine, messages};
use crate::compare::{Facts, RowStatus, TestFact, Verdict};
use crate::known::{Edits, Expected, KnownFailures, NewRow, Row, RowId};
use crate::model::{Outcome, TestName, first_line};
use std::collections::{BTreeMap, BTreeSet};

/// Characters of a message that become a reason.
const MAX_REASON_CHARS: usize = 120;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// Remove rows that pass.
    Remove,
    /// Replace wildcards that also claim passing tests by exact rows.
    Narrow,
    /// Add rows for new failures.
    Add,
}

/// The edits of a document.
#[derive(Debug, Default)]
pub struct UpdatePlan {
    pub edits: Edits,
    /// Rows that are kept although they have passing tests, in the order of the documents.
    pub kept: Vec<(RowId, KeepReason)>,
    /// The names of new failures that get no row, sorted.
    pub skipped: Vec<(String, SkipReason)>,
    /// The names of the added rows, each with the number of its tests without a row.
    pub failing: BTreeMap<String, usize>,
    /// The names whose row, which an earlier plan added, claims none of their tests.
    pub useless: BTreeSet<String>,
}

/// Why a row with passing tests is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepReason {
    /// The truncated part may contain tests of it.
    Truncated,
    /// Some of its tests failed because of infrastructure.
    Infrastructure,
    /// Exact rows in its place would change which row claims a test.
    WouldChangeClaims,
    /// It names a variant that this run has no results of.
    VariantMissing,
    /// Some of its tests were skipped, and none failed.
    Skipped,
    /// It did not pass in enough earlier runs.
    Unconfirmed,
    /// It is an exact row, and its test fails in another variant.
    StillFails,
}

/// Why a new failure gets no row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipReason {
    /// An exact row claims it and expects a milder failure.
    HasRow,
    /// The section that it belongs to does not apply to its variants.
    OtherVariants,
}

impl UpdatePlan {
    /// Plans the edits. `report` is of these facts; `already_added` are the names that an earlier plan added a row for,
    /// or that get none, each with the number of its tests that had no row then.
    pub fn new(
        known: &KnownFailures,
        facts: &Facts,
        report: &Report,
        allowed: &[Edit],
        already_added: &BTreeMap<String, usize>,
    ) -> UpdatePlan {
        let mut plan = UpdatePlan::default();
        let is_allowed = |edit| allowed.contains(&edit);
        for (fact, line) in facts.rows.iter().zip(&report.rows) {
            // In a variant that was not measured, more of its tests may fail.
            let narrowed =
                facts.narrowed.get(&fact.id).filter(|_| line.missing_variants.is_empty());
            let is_truncated = facts.truncated.contains_key(&fact.id);
            if line.is_removable() && is_allowed(Edit::Remove) {
                plan.edits.removed.insert(fact.id);
            } else if let Some(names) = narrowed.filter(|_| is_allowed(Edit::Narrow)) {
                let names = names.iter().map(ToString::to_string).collect();
                plan.edits.narrowed.insert(fact.id, names);
            } else if let Some(reason) = keep_reason(known.row(fact.id), line, is_truncated) {
                plan.kept.push((fact.id, reason));
            }
        }
        if is_allowed(Edit::Add) {
            plan.add(known, facts, already_added);
        }
        plan
    }

    fn add(
        &mut self,
        known: &KnownFailures,
        facts: &Facts,
        already_added: &BTreeMap<String, usize>,
    ) {
        let new = |test: &&TestFact| test.verdict == Verdict::NewFailure;
        let tests: Vec<&TestFact> = facts.tests.iter().filter(new).collect();
        let nearest = NearestRows::new(known);
        for same in tests.chunk_by(|a, b| a.name == b.name) {
            let name = same[0].name.to_string();
            let claimed = same.iter().filter_map(|test| test.row).map(|row| known.row(row));
            let has_row = claimed.into_iter().any(|row| row.pattern.matches_single_name());
            if let Some(before) = already_added.get(&name) {
                if same.len() == *before {
                    self.useless.insert(name.clone());
                }
                self.skipped.push((name, SkipReason::OtherVariants));
            } else if has_row {
                self.skipped.push((name, SkipReason::HasRow));
            } else {
                self.edits.added.push(new_row(&nearest, facts, same));
                self.failing.insert(name, same.len());
            }
        }
    }
}

/// A row or a test, and why it was edited or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateNote {
    /// The row's document and line; `None` for a test without a row.
    pub location: Option<(String, u32)>,
    /// The row's pattern or the test's name.
    pub name: String,
    /// Why it was edited or not.
    pub text: RichText,
}

impl UpdateNote {
    fn for_row(row: &RowLine, text: RichText) -> UpdateNote {
        let location = Some((row.file.clone(), row.line));
        UpdateNote { location, name: row.pattern.clone(), text }
    }
}

impl UpdatePlan {
    /// The rows that are kept, with the reasons.
    pub fn kept_lines(&self, facts: &Facts, report: &Report) -> Vec<UpdateNote> {
        let line = |(id, reason): &(RowId, KeepReason)| {
            let row = &report.rows[id.0 as usize];
            let truncated = facts.truncated.get(id).map(Vec::as_slice).unwrap_or_default();
            UpdateNote::for_row(row, messages::kept_row(*reason, row, truncated))
        };
        self.kept.iter().map(line).collect()
    }

    /// The rows that are removed, with the evidence of earlier runs; none without earlier runs.
    pub fn evidence_lines(&self, report: &Report) -> Vec<UpdateNote> {
        let line = |id: &RowId| {
            let row = &report.rows[id.0 as usize];
            let text = RichText::new(messages::row_history(row.history.as_ref()?));
            Some(UpdateNote::for_row(row, text))
        };
        self.edits.removed.iter().filter_map(line).collect()
    }

    /// The new failures that get no row, with the reasons.
    pub fn skipped_lines(&self) -> Vec<UpdateNote> {
        let note = |(name, reason): &(String, SkipReason)| {
            let (name, text) = (name.clone(), messages::skip_reason(*reason));
            UpdateNote { location: None, name, text }
        };
        self.skipped.iter().map(note).collect()
    }
}

/// Why a row is kept although tests of it pass; `None` if it needs no edit.
fn keep_reason(row: &Row, line: &RowLine, is_truncated: bool) -> Option<KeepReason> {
    if matches!(row.expected, Expected::Flaky | Expected::Skip) {
        return None;
    }
    let passes = line.status == RowStatus::NewlyPassing;
    let is_mixed = line.status == RowStatus::Mixed;
    let unmeasured = match line.counts.unmeasured {
        1.. => Some(KeepReason::Infrastructure),
        0 => is_truncated.then_some(KeepReason::Truncated),
    };
    let was_cut = line.status == RowStatus::NotMeasured && line.counts.passed > 0;
    let reasons = [
        ((passes || is_mixed) && !line.missing_variants.is_empty(), KeepReason::VariantMissing),
        (passes && !line.is_removable(), KeepReason::Unconfirmed),
        (was_cut, unmeasured.unwrap_or(KeepReason::Truncated)),
        (is_mixed && line.counts.failed == 0, KeepReason::Skipped),
        (is_mixed && row.pattern.matches_single_name(), KeepReason::StillFails),
        (is_mixed && line.narrowed.is_empty(), unmeasured.unwrap_or(KeepReason::WouldChangeClaims)),
    ];
    reasons.into_iter().find(|(applies, _)| *applies).map(|(_, reason)| reason)
}

/// A row for a test with this outcome and message, as [`Edit::Add`] adds it; without them its reason is empty.
pub fn proposed_row(known: &KnownFailures, name: &str, result: Option<(Outcome, &str)>) -> NewRow {
    NewRow {
        name: name.to_owned(),
        reason: result.map_or_else(String::new, |(outcome, message)| reason(message, outcome)),
        variants: Vec::new(),
        after: NearestRows::new(known).insertion_point(name),
    }
}

/// A row for the tests of one name; it names their variants if the test has not failed in others.
fn new_row(nearest: &NearestRows<'_>, facts: &Facts, tests: &[&TestFact]) -> NewRow {
    let test = tests[0];
    let in_other_variants = test.by_variant.iter().flatten().count() > tests.len();
    let variants: Vec<&str> = tests.iter().map(|test| test.variant.as_str()).collect();
    let is_plain = |name: &&str| {
        let is_special =
            |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.' | '/');
        !name.is_empty() && !name.contains(is_special) && !["-", "all", "any"].contains(name)
    };
    let names_variants =
        in_other_variants && facts.variants.len() > 1 && variants.iter().all(is_plain);
    NewRow {
        name: test.name.to_string(),
        reason: reason(&test.message, test.outcome),
        variants: variants.into_iter().filter(|_| names_variants).map(str::to_owned).collect(),
        after: nearest.insertion_point(&test.name),
    }
}

/// The first line of a message as the reason of a row; the outcome if that line has no letters or digits.
fn reason(message: &str, outcome: Outcome) -> String {
    let line = first_line(message).map(TestName::escape).unwrap_or_default();
    let mut reason: String = line.chars().take(MAX_REASON_CHARS).collect();
    if line.chars().nth(MAX_REASON_CHARS).is_some() {
        reason = format!("{}…", reason.trim_end());
    }
    let has_text = reason.chars().any(char::is_alphanumeric);
    if has_text { reason.trim().to_owned() } else { messages::outcome(outcome).to_owned() }
}
