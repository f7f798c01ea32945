//! What becomes of each row: one decision from the run, the list and earlier runs.
//!
//! `check` reports these decisions and `update` carries them out, so that neither promises what the other does not do.
//!
//! **Removing.** A row goes when all of its tests passed, in every variant that it names and in enough earlier runs.
//! **Narrowing.** A wildcard some of whose tests passed is replaced by an exact row for each of the others: those that
//! failed, that were skipped, and that did not pass in enough earlier runs of each variant. **Neither** happens where another row would
//! claim tests of the row then and excuse more.

use super::{Evidence, PastRun, RowHistory};
use crate::compare::{ClaimedTests, Facts, MissingTest, RowCounts, RowFact, RowStatus};
use crate::known::{
    KnownFailures, NewRow, Pattern, Row, RowId, RowPlaces, Successors, VariantItem, ends,
};
use crate::model::{CombinedOutcome, Outcome, Variant};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What `update` may do to the rows of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// Remove rows that pass.
    Remove,
    /// Replace wildcards that also claim passing tests by exact rows.
    Narrow,
    /// Add rows for new failures.
    Add,
}

/// What becomes of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowDecision {
    /// It needs no edit.
    Unchanged,
    /// It is removed.
    Remove,
    /// It is replaced by exact rows with these names, sorted. Without any, rows are added for all of its failures.
    Narrow(Vec<String>),
    /// It stays although tests of it pass.
    Keep(KeepReason),
}

impl RowDecision {
    /// Whether the row stays because another one would excuse more.
    pub(super) fn is_strictest(&self) -> bool {
        matches!(self, RowDecision::Keep(KeepReason::MoreTolerant(_)))
    }
}

/// The edits that `update` makes unless others are requested.
pub const DEFAULT_EDITS: [Edit; 2] = [Edit::Remove, Edit::Narrow];

/// Why a row with passing tests is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepReason {
    /// Its list is of a kind that is not edited.
    NotEditable,
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
    /// Its tests did not pass in enough earlier runs.
    Unconfirmed,
    /// A test of it that did not pass in the base run is missing in this one.
    MissingTests,
    /// It is an exact row, and its test fails in another variant.
    StillFails,
    /// Every test of it that passes in one variant failed or was skipped in another.
    NoTestFreed,
    /// It expects that its tests are skipped, and one failed.
    NotAllPassed,
    /// Without it, this row would claim tests of it and excuse more.
    MoreTolerant(RowId),
    /// This edit would remove or replace it, and was not requested.
    NotRequested(Edit),
}

/// What the decisions on rows depend on.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowReviewInput<'a> {
    pub known: &'a KnownFailures,
    /// Of the run, compared with this list.
    pub facts: &'a Facts,
    pub evidence: &'a Evidence,
    /// The edits that are made.
    pub allowed: &'a [Edit],
    /// Rows that are added at the same time.
    pub added: &'a [NewRow],
}

/// A row with all that decides what becomes of it.
#[derive(Debug, Clone)]
pub(super) struct RowReview {
    /// Variants that it names and that this run has no results of.
    pub missing_variants: Vec<String>,
    /// How its tests fared in earlier runs and this one; `None` without earlier runs.
    pub history: Option<RowHistory>,
    pub decision: RowDecision,
}

/// The decision on each row of a list, as a report has it.
#[derive(Debug)]
pub struct RowReviews(Vec<RowReview>);

impl RowReviews {
    /// Decides on each row.
    pub fn new(known: &KnownFailures, facts: &Facts, evidence: &Evidence) -> RowReviews {
        let (allowed, added) = (&DEFAULT_EDITS, &[]);
        RowReviews(review_rows(RowReviewInput { known, facts, evidence, allowed, added }))
    }

    pub(super) fn get(&self, id: RowId) -> &RowReview {
        &self.0[id.0 as usize]
    }

    /// The newly passing rows that earlier runs or other variants may need. A row that stays because another one would
    /// excuse more is none of them: it passes.
    pub fn unconfirmed(&self, facts: &Facts) -> BTreeSet<RowId> {
        let passing = facts.rows.iter().filter(|row| row.status == RowStatus::NewlyPassing);
        let needed = passing.filter(|fact| {
            let decision = &self.get(fact.id).decision;
            *decision != RowDecision::Remove && !decision.is_strictest()
        });
        needed.map(|fact| fact.id).collect()
    }
}

/// Decides on each row, in the order of the documents.
pub(super) fn review_rows(input: RowReviewInput<'_>) -> Vec<RowReview> {
    let reviewer = Reviewer::new(input);
    let mut rows: Vec<RowReview> =
        input.facts.rows.iter().map(|fact| reviewer.review(fact)).collect();
    let ids_with = |is_chosen: fn(&RowDecision) -> bool| -> BTreeSet<RowId> {
        let chosen = (0..).map(RowId).zip(&rows).filter(|(_, row)| is_chosen(&row.decision));
        chosen.map(|(id, _)| id).collect()
    };
    let removed = ids_with(|decision| matches!(decision, RowDecision::Remove));
    let narrowed = ids_with(|decision| matches!(decision, RowDecision::Narrow(_)));
    if !(removed.is_empty() && narrowed.is_empty()) {
        for (id, successor) in reviewer.successors().more_tolerant(&removed, &narrowed) {
            rows[id.0 as usize].decision = RowDecision::Keep(KeepReason::MoreTolerant(successor));
        }
    }
    rows
}

struct Reviewer<'a> {
    input: RowReviewInput<'a>,
    /// This run, to be counted with the earlier ones; `None` without earlier ones.
    current_run: Option<PastRun>,
    /// By wildcard that may be narrowed: the tests of it that failed in earlier runs.
    failed_earlier: BTreeMap<RowId, Vec<(&'a str, Variant)>>,
    /// By row: the tests of it that did not pass in the base run and that are missing in this one.
    missing: BTreeMap<RowId, Vec<&'a MissingTest>>,
    /// Built when a row may be edited.
    successors: OnceCell<Successors<'a>>,
    /// Where the added rows go; built when a wildcard may be narrowed.
    places: OnceCell<RowPlaces<'a>>,
}

impl<'a> Reviewer<'a> {
    fn new(input: RowReviewInput<'a>) -> Reviewer<'a> {
        let RowReviewInput { known, facts, evidence, .. } = input;
        let mut failed_earlier: BTreeMap<RowId, Vec<(&str, Variant)>> = BTreeMap::new();
        let failed = (!facts.narrowable.is_empty()).then(|| evidence.failed_tests());
        for (name, variant) in failed.into_iter().flatten() {
            let variant = Variant::new(variant);
            let claim = known.claim(name, &variant);
            if let Some(claim) = claim.filter(|claim| facts.narrowable.contains_key(&claim.row)) {
                failed_earlier.entry(claim.row).or_default().push((name, variant));
            }
        }
        let mut missing: BTreeMap<RowId, Vec<&MissingTest>> = BTreeMap::new();
        let passed = CombinedOutcome::Single(Outcome::Passed);
        for test in facts.missing.iter().filter(|test| test.base != passed) {
            if let Some(row) = test.row {
                missing.entry(row).or_default().push(test);
            }
        }
        Reviewer {
            input,
            missing,
            current_run: evidence.is_given().then(|| PastRun::from_facts(facts, known)),
            failed_earlier,
            successors: OnceCell::new(),
            places: OnceCell::new(),
        }
    }

    fn successors(&self) -> &Successors<'a> {
        let variants = || self.input.facts.variants.iter().map(|fact| fact.variant.clone());
        self.successors.get_or_init(|| Successors::new(self.input.known, variants()))
    }

    fn review(&self, fact: &RowFact) -> RowReview {
        let row = self.input.known.row(fact.id);
        let (missing_variants, history) = (self.missing_variants(row), self.history(fact.id));
        let is_confirmed = history.is_none_or(|history| history.is_sufficient);
        let claimed = self.input.facts.narrowable.get(&fact.id);
        let decision = match (fact.status, claimed) {
            (RowStatus::NewlyPassing | RowStatus::Mixed, _) if row.expected.is_flaky() => {
                RowDecision::Unchanged
            }
            (RowStatus::NewlyPassing | RowStatus::Mixed, _) if !missing_variants.is_empty() => {
                RowDecision::Keep(KeepReason::VariantMissing)
            }
            (RowStatus::NewlyPassing, _) if self.missing.contains_key(&fact.id) => {
                RowDecision::Keep(KeepReason::MissingTests)
            }
            (RowStatus::NewlyPassing, _) if is_confirmed => {
                self.if_requested(Edit::Remove, RowDecision::Remove)
            }
            (RowStatus::NewlyPassing, _) => RowDecision::Keep(KeepReason::Unconfirmed),
            (RowStatus::Mixed, Some(claimed)) => match self.narrow(fact.id, claimed) {
                Ok(names) => self.if_requested(Edit::Narrow, RowDecision::Narrow(names)),
                Err(reason) => RowDecision::Keep(reason),
            },
            (RowStatus::Mixed, None) => RowDecision::Keep(self.why_mixed(fact, row)),
            (RowStatus::NotMeasured, _) if fact.counts.passed > 0 => {
                RowDecision::Keep(why_unmeasured(fact))
            }
            (
                RowStatus::Active
                | RowStatus::Skipped
                | RowStatus::Unmatched
                | RowStatus::NotMeasured
                | RowStatus::Shadowed
                | RowStatus::Duplicate,
                _,
            ) => RowDecision::Unchanged,
        };
        RowReview { missing_variants, history, decision }
    }

    fn if_requested(&self, edit: Edit, decision: RowDecision) -> RowDecision {
        if self.input.allowed.contains(&edit) {
            decision
        } else {
            RowDecision::Keep(KeepReason::NotRequested(edit))
        }
    }

    /// Why a row of which some tests passed cannot be narrowed.
    fn why_mixed(&self, fact: &RowFact, row: &Row) -> KeepReason {
        let is_truncated = self.input.facts.truncated.contains_key(&fact.id);
        let reasons = [
            (fact.counts.failed == 0, KeepReason::Skipped),
            (row.pattern.matches_single_name(), KeepReason::StillFails),
            (fact.counts.unmeasured > 0, KeepReason::Infrastructure),
            (is_truncated, KeepReason::Truncated),
        ];
        let reason = reasons.into_iter().find(|(applies, _)| *applies);
        reason.map_or(KeepReason::NotAllPassed, |(_, reason)| reason)
    }

    /// The names of the exact rows that replace a wildcard.
    fn narrow(&self, id: RowId, claimed: &ClaimedTests) -> Result<Vec<String>, KeepReason> {
        let mut needed = self.needed_tests(id, claimed);
        if claimed.passed.iter().all(|(name, _)| needed.contains_key(&**name)) {
            let failing = claimed.not_passed.iter();
            let failing: BTreeSet<&str> = failing.map(|(name, _)| &**name).collect();
            let fails = claimed.passed.iter().all(|(name, _)| failing.contains(&**name));
            return Err(if fails { KeepReason::NoTestFreed } else { KeepReason::Unconfirmed });
        }
        for name in needed.keys() {
            if Pattern::requires_regex(name) || self.successors().claimed_ahead(id, name).is_some()
            {
                return Err(KeepReason::WouldChangeClaims);
            }
        }
        if self.input.known.row(id).pattern.is_end() {
            // An exact row of the section matches ends, too.
            let is_end_of_passed = |(name, _): &(Arc<str>, Variant)| {
                !needed.contains_key(&**name) && ends(name).any(|end| needed.contains_key(end))
            };
            if claimed.passed.iter().any(is_end_of_passed) {
                return Err(KeepReason::WouldChangeClaims);
            }
        }
        for new in self.input.added {
            let Some(variants) = needed.remove(&*new.name) else { continue };
            let places = self.places.get_or_init(|| RowPlaces::new(self.input.known));
            let place = places.place(new.after);
            if !variants.iter().all(|variant| place.row_applies_to(new, variant)) {
                return Err(KeepReason::WouldChangeClaims);
            }
        }
        Ok(needed.into_keys().map(str::to_owned).collect())
    }

    /// The names that need a row in place of this wildcard, each with the variants that need it.
    fn needed_tests<'t>(
        &'t self,
        id: RowId,
        claimed: &'t ClaimedTests,
    ) -> BTreeMap<&'t str, Vec<&'t Variant>> {
        let mut needed: BTreeMap<&str, Vec<&Variant>> = BTreeMap::new();
        let not_passed = claimed.not_passed.iter().map(|(name, variant)| (&**name, variant));
        let missing = self.missing.get(&id).into_iter().flatten();
        let missing = missing.map(|test| (&*test.name, &test.variant));
        for (name, variant) in not_passed.chain(missing) {
            needed.entry(name).or_default().push(variant);
        }
        for (name, variants) in self.unconfirmed_tests(id, claimed) {
            needed.entry(name).or_default().extend(variants);
        }
        needed
    }

    /// The tests of a wildcard that pass now or failed earlier and that did not pass in enough runs of some variant,
    /// each with these variants. None without earlier runs.
    fn unconfirmed_tests<'t>(
        &'t self,
        id: RowId,
        claimed: &'t ClaimedTests,
    ) -> Vec<(&'t str, Vec<&'t Variant>)> {
        let RowReviewInput { known, evidence, .. } = self.input;
        let Some(current) = &self.current_run else { return Vec::new() };
        let row = evidence.row_evidence(known, id, current);
        let passed = claimed.passed.iter().map(|(name, _)| &**name);
        let failed_earlier = self.failed_earlier.get(&id).into_iter().flatten();
        let names: BTreeSet<&str> = passed.chain(failed_earlier.map(|(name, _)| *name)).collect();
        let unconfirmed = |name: &'t str| {
            let counts = |variant: &Variant| {
                let passes =
                    claimed.passed.binary_search_by(|(n, v)| (&**n, v).cmp(&(name, variant)));
                RowCounts { passed: u64::from(passes.is_ok()), ..RowCounts::default() }
            };
            let mut variants = row.unconfirmed_variants(name, counts);
            // In others, another row claims it.
            variants.retain(|v| known.claim(name, v).is_some_and(|claim| claim.row == id));
            (!variants.is_empty()).then_some((name, variants))
        };
        names.into_iter().filter_map(unconfirmed).collect()
    }

    /// The variants that a row names and that this run has no results of; none if the run has no variants.
    fn missing_variants(&self, row: &Row) -> Vec<String> {
        let variants = &self.input.facts.variants;
        let has_names = variants.iter().any(|fact| !fact.variant.as_str().is_empty());
        let ran = |item: &VariantItem| {
            variants.iter().any(|fact| fact.tests > 0 && item.matches(&fact.variant))
        };
        let named = row.variants.only.iter().filter(|item| item.is_literal());
        let missing = named.filter(|item| has_names && !ran(item));
        missing.map(|item| item.as_str().to_owned()).collect()
    }

    fn history(&self, id: RowId) -> Option<RowHistory> {
        let RowReviewInput { known, evidence, .. } = self.input;
        evidence.row_history(known, id, self.current_run.as_ref()?)
    }
}

/// Why a row whose tests passed is not measured.
fn why_unmeasured(fact: &RowFact) -> KeepReason {
    if fact.counts.unmeasured > 0 { KeepReason::Infrastructure } else { KeepReason::Truncated }
}
