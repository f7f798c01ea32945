//! What is to become of a document after a run: the edits, and which rows stay although they pass.
//!
//! In: the facts of a run and what may be edited. Out: an [`UpdatePlan`]. A newcomer's trap: an edit can
//! make another row the one that claims a test, so that a plan is only whole when the next one, made
//! with the edited document and the same results, is empty.

use super::nearest_rows::Nearest;
use super::{Report, RowLine, Sentence, messages};
use crate::compare::{Facts, RowStatus, TestFact, Verdict};
use crate::known::{Edits, Expected, KnownFailures, NewRow, Row, RowId};
use crate::model::{Outcome, TestName, first_line};
use std::collections::BTreeSet;

/// How much of a message becomes a reason, in characters.
const REASON: usize = 120;

/// What may be edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// Rows that pass are taken out.
    Remove,
    /// Wildcards that also claim passing tests become exact rows.
    Narrow,
    /// New failures get rows.
    Add,
}

/// What is to become of a document.
#[derive(Debug, Default)]
pub struct UpdatePlan {
    pub edits: Edits,
    /// Rows that have passing tests and stay as they are, in the order of the documents.
    pub stays: Vec<Stay>,
    /// New failures that get no row, by name.
    pub not_added: Vec<NotAdded>,
}

/// A row with passing tests that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    pub row: RowId,
    pub why: WhyStay,
}

/// Why a row with passing tests stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyStay {
    /// What was cut could have held tests of it.
    Cut,
    /// Some of its tests failed because of infrastructure.
    Infrastructure,
    /// Exact rows in its place would change which row claims a test.
    Shared,
    /// It names a variant that this run had no results of.
    Absent,
    /// Some of its tests were skipped, and none failed.
    Skipped,
    /// Earlier runs do not agree.
    InDoubt,
    /// An exact row whose test fails in another variant.
    StillFails,
}

/// A new failure that gets no row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAdded {
    pub name: String,
    pub why: WhyNotAdded,
}

/// Why a new failure gets no row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyNotAdded {
    /// An exact row claims it and expects something milder.
    HasRow,
    /// The section that it belongs to does not speak of its variants.
    OtherVariants,
}

impl UpdatePlan {
    /// Plans the edits; `report` is of these facts. `tried` are the names that got a row already and still fail as new.
    pub fn new(
        known: &KnownFailures,
        facts: &Facts,
        report: &Report,
        allowed: &[Edit],
        tried: &BTreeSet<String>,
    ) -> UpdatePlan {
        let mut plan = UpdatePlan::default();
        let may = |edit| allowed.contains(&edit);
        for (fact, line) in facts.rows.iter().zip(&report.rows) {
            // In a variant that nobody measured, more of its tests may fail.
            let narrowed = facts.narrowed.get(&fact.id).filter(|_| line.absent.is_empty());
            let cut = facts.cut.contains_key(&fact.id);
            if line.can_go() && may(Edit::Remove) {
                plan.edits.removed.insert(fact.id);
            } else if let Some(names) = narrowed.filter(|_| may(Edit::Narrow)) {
                let names = names.iter().map(ToString::to_string).collect();
                plan.edits.narrowed.insert(fact.id, names);
            } else if let Some(why) = why_it_stays(known.row(fact.id), line, cut) {
                plan.stays.push(Stay { row: fact.id, why });
            }
        }
        if may(Edit::Add) {
            plan.add(known, facts, tried);
        }
        plan
    }

    fn add(&mut self, known: &KnownFailures, facts: &Facts, tried: &BTreeSet<String>) {
        let new = |test: &&TestFact| test.verdict == Verdict::NewFailure;
        let tests: Vec<&TestFact> = facts.tests.iter().filter(new).collect();
        let nearest = Nearest::new(known);
        for same in tests.chunk_by(|a, b| a.name == b.name) {
            let name = same[0].name.to_string();
            let claimed = same.iter().filter_map(|test| test.row).map(|row| known.row(row));
            let has_row = claimed.into_iter().any(|row| row.pattern.names_one());
            match (tried.contains(&name), has_row) {
                (true, _) => {
                    self.not_added.push(NotAdded { name, why: WhyNotAdded::OtherVariants });
                }
                (false, true) => self.not_added.push(NotAdded { name, why: WhyNotAdded::HasRow }),
                (false, false) => self.edits.added.push(new_row(&nearest, facts, same)),
            }
        }
    }
}

/// A row or a test, and why it was left as it is or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftLine {
    /// The row's place; `None` for a test without one.
    pub place: Option<(String, u32)>,
    /// The row's pattern or the test's name.
    pub name: String,
    pub why: Sentence,
}

impl UpdatePlan {
    /// The rows that stay, in words.
    pub fn stay_lines(&self, facts: &Facts, report: &Report) -> Vec<LeftLine> {
        let line = |stay: &Stay| {
            let row = &report.rows[stay.row.0 as usize];
            let cut = facts.cut.get(&stay.row).map(Vec::as_slice).unwrap_or_default();
            LeftLine {
                place: Some((row.file.clone(), row.line)),
                name: row.pattern.clone(),
                why: messages::stays(stay.why, row, cut),
            }
        };
        self.stays.iter().map(line).collect()
    }

    /// What earlier runs say of the rows that leave, where there are any.
    pub fn evidence_lines(&self, report: &Report) -> Vec<LeftLine> {
        let line = |id: &RowId| {
            let row = &report.rows[id.0 as usize];
            let why = Sentence::new(messages::record(row.record.as_ref()?));
            Some(LeftLine {
                place: Some((row.file.clone(), row.line)),
                name: row.pattern.clone(),
                why,
            })
        };
        self.edits.removed.iter().filter_map(line).collect()
    }

    /// The new failures without a row, in words.
    pub fn not_added_lines(&self) -> Vec<LeftLine> {
        let line = |left: &NotAdded| LeftLine {
            place: None,
            name: left.name.clone(),
            why: messages::not_added(left.why),
        };
        self.not_added.iter().map(line).collect()
    }
}

/// Why a row that is not edited stays although tests of it pass; `None` where nothing asks for an edit.
fn why_it_stays(row: &Row, line: &RowLine, was_cut: bool) -> Option<WhyStay> {
    if matches!(row.expected, Expected::Flaky | Expected::Skip) {
        return None;
    }
    let unmeasured = match (line.counts.unmeasured, was_cut) {
        (1.., _) => Some(WhyStay::Infrastructure),
        (0, true) => Some(WhyStay::Cut),
        (0, false) => None,
    };
    match line.status {
        RowStatus::NewlyPassing | RowStatus::Mixed if !line.absent.is_empty() => {
            Some(WhyStay::Absent)
        }
        RowStatus::NewlyPassing if !line.can_go() => Some(WhyStay::InDoubt),
        RowStatus::NotMeasured if line.counts.passed > 0 => unmeasured.or(Some(WhyStay::Cut)),
        RowStatus::Mixed if line.counts.failed == 0 => Some(WhyStay::Skipped),
        RowStatus::Mixed if row.pattern.names_one() => Some(WhyStay::StillFails),
        RowStatus::Mixed if line.narrowed.is_empty() => unmeasured.or(Some(WhyStay::Shared)),
        RowStatus::NewlyPassing
        | RowStatus::Mixed
        | RowStatus::NotMeasured
        | RowStatus::Active
        | RowStatus::Skipped
        | RowStatus::Unmatched
        | RowStatus::Shadowed
        | RowStatus::Duplicate => None,
    }
}

/// A row for a name of which this was said, as [`Edit::Add`] would put it in; without an outcome its reason is
/// empty.
pub fn proposed_row(known: &KnownFailures, name: &str, said: Option<(Outcome, &str)>) -> NewRow {
    NewRow {
        name: name.to_owned(),
        reason: said.map_or_else(String::new, |(outcome, message)| reason(message, outcome)),
        variants: Vec::new(),
        below: Nearest::new(known).above(name),
    }
}

/// A row for a name that failed in these variants.
fn new_row(nearest: &Nearest<'_>, facts: &Facts, tests: &[&TestFact]) -> NewRow {
    let test = tests[0];
    let elsewhere = test.by_variant.iter().flatten().count() > tests.len();
    let variants: Vec<&str> = tests.iter().map(|test| test.variant.as_str()).collect();
    let plain = |name: &&str| {
        let sign = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.' | '/');
        !name.is_empty() && !name.contains(sign) && !["-", "all", "any"].contains(name)
    };
    let named = elsewhere && facts.variants.len() > 1 && variants.iter().all(plain);
    NewRow {
        name: test.name.to_string(),
        reason: reason(&test.message, test.outcome),
        variants: if named {
            variants.into_iter().map(str::to_owned).collect()
        } else {
            Vec::new()
        },
        below: nearest.above(&test.name),
    }
}

/// What a failing test said, as a reason: the first line of its message that says something.
fn reason(message: &str, outcome: Outcome) -> String {
    let line = first_line(message).map(TestName::shown).unwrap_or_default();
    let mut reason: String = line.chars().take(REASON).collect();
    if line.chars().nth(REASON).is_some() {
        reason = format!("{}…", reason.trim_end());
    }
    let says_something = reason.chars().any(char::is_alphanumeric);
    if says_something { reason.trim().to_owned() } else { messages::outcome(outcome).to_owned() }
}
