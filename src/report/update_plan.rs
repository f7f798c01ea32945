//! What `update` does to a document: the edits, and why rows with passing tests are kept.
//!
//! An edit can make another row claim a test. So one plan may not be all: the next one, made from the edited document
//! and the same results, has to be empty.

use super::nearest_rows::NearestRows;
use super::row_decisions::{Edit, KeepReason, RowDecision, RowReview, RowReviewInput, review_rows};
use super::{Evidence, RichText, RowLine, RowsAtPlace, RowsToAdd, messages};
use crate::compare::{Facts, TestFact, Verdict, excuses};
use crate::known::edit::{self, RowObstacle};
use crate::known::{
    Document, Edits, Expected, KnownFailures, ListFormat, MessagePattern, NewRow, RowId, RowPlace,
    RowPlaces, VariantScope,
};
use crate::model::{Outcome, TestName, Variant, first_line};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Characters of a message that become a reason.
const MAX_REASON_CHARS: usize = 120;

/// Rows that a report suggests: nobody pastes more by hand.
const MAX_SUGGESTED_ROWS: usize = 200;

/// The edits of a document.
#[derive(Debug, Default)]
pub struct UpdatePlan {
    pub edits: Edits,
    /// Rows that are kept although they have passing tests, in the order of the documents.
    pub kept: Vec<(RowId, KeepReason)>,
    /// The names of new failures that get no row, sorted.
    pub skipped: Vec<(String, SkipReason)>,
    /// By the name of an added row: the tests that it is added for.
    targets: BTreeMap<String, Vec<Target>>,
}

/// A test that a row is added for.
#[derive(Debug, Clone)]
struct Target {
    variant: Variant,
    outcome: Outcome,
    /// The row that claims it before that.
    row: Option<RowId>,
}

/// Why a new failure gets no row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkipReason {
    /// The lists are of kinds that are not edited.
    NotEditable,
    /// An exact row claims it and expects a milder failure.
    HasRow,
    /// No table has a row that applies to its variants and to no others that it must not apply to.
    OtherVariants,
    /// In the section of each table, a row without a status of its own excuses something else.
    OtherStatus,
    /// A row of its name applies to other variants, and its results have none that a new row could name.
    UnnamedVariant,
    /// This row claims it even if a row for it is added.
    ClaimedBy { file: String, line: u32, pattern: String },
    /// A row for it would not be read back.
    NotRead(RowObstacle),
}

/// What a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct PlanInput<'a> {
    pub known: &'a KnownFailures,
    /// Of the run, compared with this list.
    pub facts: &'a Facts,
    pub evidence: &'a Evidence,
    pub allowed: &'a [Edit],
    /// How many names get a row at most.
    pub max_added: usize,
}

/// Names that get no row, because one that was tried does not count.
type Refusals = BTreeMap<String, SkipReason>;

impl UpdatePlan {
    /// Plans the edits, and makes them; no list if there is nothing to edit. A row that would not claim and excuse its
    /// tests in the edited list is not added.
    pub fn new(input: PlanInput<'_>) -> (UpdatePlan, Option<KnownFailures>) {
        let mut refused = Refusals::new();
        loop {
            let plan = UpdatePlan::without(input, &refused);
            if plan.edits.is_empty() {
                return (plan, None);
            }
            let edited = input.known.with_texts(edit::apply(input.known, &plan.edits));
            let texts = |list: &KnownFailures| {
                list.documents().iter().map(|it| it.text.clone()).collect::<Vec<String>>()
            };
            // An edit that changes nothing would be made again and again.
            if texts(input.known) == texts(&edited) {
                return (plan, None);
            }
            let refusals = plan.refusals(input.known, &edited);
            if refusals.is_empty() {
                return (plan, Some(edited));
            }
            refused.extend(refusals);
        }
    }

    fn without(input: PlanInput<'_>, refused: &Refusals) -> UpdatePlan {
        let PlanInput { known, facts, evidence, allowed, .. } = input;
        let mut plan = UpdatePlan::default();
        if allowed.contains(&Edit::Add) {
            plan.add(input, refused);
        }
        let added = &plan.edits.added;
        let reviews = review_rows(RowReviewInput { known, facts, evidence, allowed, added });
        for (id, RowReview { decision, .. }) in (0..).map(RowId).zip(reviews) {
            let is_editable = || known.is_editable(known.row(id));
            match decision {
                RowDecision::Unchanged => {}
                RowDecision::Remove | RowDecision::Narrow(_) if !is_editable() => {
                    plan.kept.push((id, KeepReason::NotEditable));
                }
                RowDecision::Remove => drop(plan.edits.removed.insert(id)),
                RowDecision::Narrow(names) => drop(plan.edits.narrowed.insert(id, names)),
                RowDecision::Keep(reason) => plan.kept.push((id, reason)),
            }
        }
        plan
    }

    fn add(&mut self, input: PlanInput<'_>, refused: &Refusals) {
        let new = |test: &&TestFact| test.verdict == Verdict::NewFailure;
        let tests: Vec<&TestFact> = input.facts.tests.iter().filter(new).collect();
        let additions = Additions::new(input);
        let has_place = input.known.documents().iter().any(Document::is_editable);
        for same in tests.chunk_by(|a, b| a.name == b.name).take(input.max_added) {
            let name = same[0].name.to_string();
            if let Some(reason) = refused.get(&name) {
                self.skipped.push((name, reason.clone()));
                continue;
            }
            if !has_place {
                self.skipped.push((name, SkipReason::NotEditable));
                continue;
            }
            let has_row = |test: &&TestFact| {
                let row = test.row.map(|row| input.known.row(row));
                row.is_some_and(|row| row.pattern.matches_single_name())
            };
            let (claimed, free): (Vec<&TestFact>, _) = same.iter().copied().partition(has_row);
            if !claimed.is_empty() {
                self.skipped.push((name.clone(), SkipReason::HasRow));
            }
            let found = additions.new_row(&free);
            let covered = found.as_ref().map_or(0, |(_, targets)| targets.len());
            if covered < free.len() {
                self.skipped.push((name.clone(), additions.why_no_place(&free)));
            }
            if let Some((new, targets)) = found {
                self.edits.added.push(new);
                self.targets.insert(name, targets);
            }
        }
    }

    /// The added rows that do not excuse their tests in the edited list, by name. Empty if all of them do.
    fn refusals(&self, known: &KnownFailures, edited: &KnownFailures) -> Refusals {
        let names = edited.rows().iter().filter_map(|row| row.pattern.written_name());
        let names: BTreeSet<Cow<'_, str>> = names.collect();
        // The rows at one place have the same obstacle.
        let mut obstacles: BTreeMap<Option<RowId>, Option<RowObstacle>> = BTreeMap::new();
        let mut refusals = Refusals::new();
        for new in &self.edits.added {
            let mut targets = self.targets.get(&new.name).into_iter().flatten();
            let is_excused = |target: &&Target| {
                let claim = edited.claim(&new.name, &target.variant);
                let row = claim.map(|claim| edited.row(claim.row));
                row.is_some_and(|row| {
                    row.pattern.written_name().is_some_and(|name| *name == new.name)
                        && excuses(&row.expected, target.outcome)
                })
            };
            let Some(missed) = targets.find(|target| !is_excused(target)) else { continue };
            let obstacle = if names.contains(&*new.name) {
                &None
            } else {
                obstacles.entry(new.after).or_insert_with(|| edit::row_obstacle(known, new))
            };
            let reason = match (obstacle, missed.row.map(|row| known.row(row))) {
                (Some(obstacle), _) => SkipReason::NotRead(obstacle.clone()),
                (None, Some(row)) => SkipReason::ClaimedBy {
                    file: row.file.to_string(),
                    line: row.line,
                    pattern: row.pattern.as_str().to_owned(),
                },
                (None, None) => SkipReason::OtherVariants,
            };
            refusals.insert(new.name.clone(), reason);
        }
        refusals
    }
}

impl RowsToAdd {
    /// The rows for the new failures of a run, as [`Edit::Add`] adds them; of many, only the first.
    pub fn new(known: &KnownFailures, facts: &Facts) -> RowsToAdd {
        let new = facts.tests.iter().filter(|test| test.verdict == Verdict::NewFailure);
        let names = new.collect::<Vec<_>>().chunk_by(|a, b| a.name == b.name).count();
        if names == 0 {
            return RowsToAdd::default();
        }
        // Earlier runs matter to rows that are removed.
        let evidence = &Evidence::default();
        let (allowed, max_added) = (&[Edit::Add], MAX_SUGGESTED_ROWS);
        let input = PlanInput { known, facts, evidence, allowed, max_added };
        let (UpdatePlan { edits, .. }, _) = UpdatePlan::new(input);
        let previews = edit::preview_rows(known, &edits.added);
        let is_markdown = |file: &str| {
            let format = known.document(file).and_then(|document| document.format);
            matches!(format, Some(ListFormat::Markdown))
        };
        let place = |preview: edit::RowPreview| RowsAtPlace {
            is_markdown: is_markdown(&preview.file),
            section: preview.after.map(|id| known.row(id).section.to_vec()).unwrap_or_default(),
            file: preview.file.to_string(),
            line: preview.line,
            rows: preview.rows,
            lines: preview.lines,
        };
        RowsToAdd {
            places: previews.into_iter().map(place).collect(),
            more: names.saturating_sub(MAX_SUGGESTED_ROWS) as u64,
        }
    }
}

/// Finds a row for each new failure.
struct Additions<'a> {
    facts: &'a Facts,
    nearest: NearestRows<'a>,
    places: RowPlaces<'a>,
    /// By name: the scopes of the rows that match it alone.
    single_names: BTreeMap<Cow<'a, str>, Vec<&'a VariantScope>>,
}

impl<'a> Additions<'a> {
    fn new(input: PlanInput<'a>) -> Additions<'a> {
        let known = input.known;
        let mut single_names: BTreeMap<Cow<'_, str>, Vec<&VariantScope>> = BTreeMap::new();
        for row in known.rows().iter().filter(|row| row.inactive.is_none()) {
            if let Some(name) = row.pattern.single_name() {
                single_names.entry(name).or_default().push(&row.variants);
            }
        }
        Additions {
            facts: input.facts,
            nearest: NearestRows::new(known),
            places: RowPlaces::new(known),
            single_names,
        }
    }

    /// Whether a row of the name of these tests applies to other variants: a new one for all variants would claim the
    /// test there too, and excuse more.
    fn must_name(&self, tests: &[&TestFact]) -> bool {
        let scopes = tests.first().and_then(|test| self.single_names.get(&*test.name));
        let is_of_others =
            |scope: &&VariantScope| tests.iter().any(|test| !scope.allows(&test.variant));
        scopes.into_iter().flatten().any(is_of_others)
    }

    /// Why no place has a row for all of these tests.
    fn why_no_place(&self, tests: &[&TestFact]) -> SkipReason {
        let is_unnamed = tests.iter().any(|test| test.variant.as_str().is_empty());
        if is_unnamed && self.must_name(tests) {
            SkipReason::UnnamedVariant
        } else if self.places.candidates(None).all(|place| !excuses_all(place.expected(), tests)) {
            SkipReason::OtherStatus
        } else {
            SkipReason::OtherVariants
        }
    }

    /// A row for the tests of one name, or for as many of them as there is a place for; with those.
    ///
    /// It names their variants if the test has not failed in others, if an exact row claims it in others, and if its
    /// section does not apply to them.
    fn new_row(&self, tests: &[&TestFact]) -> Option<(NewRow, Vec<Target>)> {
        let test = tests.first()?;
        let candidates = || self.places.candidates(self.nearest.insertion_point(&test.name));
        // A row that also accepts passing would never be reported once the test passes.
        let is_strict = |place: &RowPlace<'_>| !matches!(place.expected(), Expected::Flaky { .. });
        let best = candidates().filter(is_strict);
        let best = best.chain(candidates()).find_map(|place| self.row_at(place, tests, Fit::All));
        best.or_else(|| candidates().find_map(|place| self.row_at(place, tests, Fit::Some)))
    }

    fn row_at(
        &self,
        place: RowPlace<'_>,
        tests: &[&TestFact],
        fit: Fit,
    ) -> Option<(NewRow, Vec<Target>)> {
        let test = tests.first().filter(|_| excuses_all(place.expected(), tests))?;
        let is_named = |test: &&TestFact| !test.variant.as_str().is_empty();
        let can_name = place.has_variants_column() && tests.iter().all(is_named);
        let must_name = self.must_name(tests);
        let applies = |test: &&&TestFact| place.applies_to(&test.variant);
        let in_scope: Vec<&TestFact> = tests.iter().filter(applies).copied().collect();
        let in_other_variants = test.by_variant.iter().flatten().count() > tests.len();
        let may_name = in_other_variants && self.facts.variants.len() > 1;
        let is_in_scope = in_scope.len() == tests.len();
        let (covered, is_named) = if can_name && (must_name || may_name || !is_in_scope) {
            (tests.to_vec(), true)
        } else if must_name || in_scope.is_empty() || (fit == Fit::All && !is_in_scope) {
            return None;
        } else {
            (in_scope, false)
        };
        let variants = if is_named { variant_items(&covered, self.facts) } else { Vec::new() };
        let new = NewRow {
            name: test.name.to_string(),
            reason: reason(&test.message, test.outcome),
            variants,
            after: place.after,
        };
        let target = |test: &&TestFact| Target {
            variant: test.variant.clone(),
            outcome: test.outcome,
            row: test.row,
        };
        Some((new, covered.iter().map(target).collect()))
    }
}

/// Whether a row with this status excuses that these tests fail as they did.
fn excuses_all(expected: &Expected, tests: &[&TestFact]) -> bool {
    let is_pinned = |pinned: &MessagePattern, test: &TestFact| pinned.matches(&test.message);
    tests.iter().all(|test| {
        let pinned = expected.pinned_message();
        excuses(expected, test.outcome) && pinned.is_none_or(|pinned| is_pinned(pinned, test))
    })
}

/// Of how many of a name's tests a row has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    All,
    Some,
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
    pub fn kept_lines(
        &self,
        known: &KnownFailures,
        facts: &Facts,
        rows: &[RowLine],
    ) -> Vec<UpdateNote> {
        let line = |(id, reason): &(RowId, KeepReason)| {
            let row = &rows[id.0 as usize];
            let truncated = facts.truncated.get(id);
            let reason = messages::keep_reason(*reason, row, known, truncated);
            UpdateNote::for_row(row, messages::kept_row(row, reason))
        };
        self.kept.iter().map(line).collect()
    }

    /// The rows that are removed, with the evidence of earlier runs; none without earlier runs.
    pub fn evidence_lines(&self, rows: &[RowLine]) -> Vec<UpdateNote> {
        let line = |id: &RowId| {
            let row = &rows[id.0 as usize];
            let text = RichText::new(messages::row_history(row.history.as_ref()?));
            Some(UpdateNote::for_row(row, text))
        };
        self.edits.removed.iter().filter_map(line).collect()
    }

    /// The new failures that get no row, with the reasons.
    pub fn skipped_lines(&self) -> Vec<UpdateNote> {
        let note = |(name, reason): &(String, SkipReason)| {
            let (name, text) = (name.clone(), messages::skip_reason(reason));
            UpdateNote { location: None, name, text }
        };
        self.skipped.iter().map(note).collect()
    }
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

/// The variants of these tests as items of a cell, which no other variant of the run has.
pub(super) fn variant_items(tests: &[&TestFact], facts: &Facts) -> Vec<String> {
    let is_covered = |variant: &Variant| tests.iter().any(|test| test.variant == *variant);
    let all = facts.variants.iter().map(|fact| &fact.variant);
    let others: Vec<&Variant> = all.filter(|variant| !is_covered(variant)).collect();
    let item =
        |test: &&TestFact| VariantScope::item_for(test.variant.as_str(), others.iter().copied());
    tests.iter().filter_map(item).collect()
}

/// The first line of a message as the reason of a row; the outcome if that line has no letters or digits.
pub(super) fn reason(message: &str, outcome: Outcome) -> String {
    let line = first_line(message).map(TestName::escape).unwrap_or_default();
    let mut reason: String = line.chars().take(MAX_REASON_CHARS).collect();
    if line.chars().nth(MAX_REASON_CHARS).is_some() {
        reason = format!("{}…", reason.trim_end());
    }
    let has_text = reason.chars().any(char::is_alphanumeric);
    if has_text { reason.trim().to_owned() } else { messages::outcome(outcome).to_owned() }
}
