//! Computes [`Facts`] from a finished [`Comparison`].
//!
//! A verdict depends on the status of its row, and that on all tests of the row, so the rows come first.

use crate::compare::base_run::{BaseOnlyTest, BaseTest};
use crate::compare::expectation::excuses_unfinished;
use crate::compare::gaps::{
    Gaps, UnmeasuredPart, affected_variants, empty_variant_gaps, is_accepted,
};
use crate::compare::row_status::{RowAudit, RowTable};
use crate::compare::store::details::TestDetails;
use crate::compare::store::outcomes::{TestKey, TestState, VariantId};
use crate::compare::suite_counts::SuiteCount;
use crate::compare::{
    BaseRun, ClaimedTests, Comparison, Facts, FixedTest, IncompleteReason, MissingTest, NameHint,
    NameMatcher, PerVariant, Remark, Retain, RowCounts, RowFact, RowStatus, SuiteFact, TestFact,
    TruncatedPart, VariantFact, Verdict, VerdictCounts,
};
use crate::known::{Expected, RowId};
use crate::model::{
    BuildIdentityHasher, CombinedOutcome, GapKind, NameHash, Outcome, Problem, ProblemKind, Scope,
    Variant,
};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

impl Comparison<'_> {
    /// The facts of this run. `duplicates` are the problems of [`crate::compare::DuplicateNames`].
    pub fn into_facts(
        mut self,
        today: Date,
        duplicates: Vec<Problem>,
        base: Option<BaseRun>,
    ) -> Facts {
        self.add_empty_variant_gaps();
        let infrastructure = self.excess_infrastructure_failures();
        let mut facts = self.row_facts(&infrastructure);
        facts.has_base = base.is_some();
        let mut base = base.unwrap_or_default();
        base.finish(self.run.infra.limit);
        facts.results = self.results;
        facts.missing = self.missing_tests(&base);
        facts.counts = self.count_verdicts(&facts.rows);
        facts.counts.set_missing(facts.missing.len());
        facts.expected_by_runner = self.count_expected_by_runner();
        facts.fixed = self.fixed_tests(&facts.rows, &base);
        facts.loose_matches = self.loose_matches();
        facts.suites = self.suite_facts(&base);
        facts.variants = self.variant_facts(&infrastructure);
        facts.files = self.run.files.iter().map(|file| file.path.clone()).collect();
        facts.problems = self.document_problems(today);
        facts.problems.append(&mut self.problems);
        facts.problems.extend(duplicates);
        facts.problems.append(&mut base.problems);
        sort_problems(&mut facts.problems);
        // Frees what the queries above need.
        facts.tests = self.test_facts(&facts.rows, facts.has_base.then_some(&base));
        facts.name_hints = self.name_hints(&facts.rows, &facts.tests);
        facts
    }

    /// How rows that match no test are related to tests that no row claims.
    fn name_hints(&mut self, rows: &[RowFact], tests: &[TestFact]) -> Vec<NameHint> {
        let has_tests = |row: &&RowFact| row.counts != RowCounts::default();
        let is_without_tests = |row: &&RowFact| {
            matches!(row.status, RowStatus::Unmatched | RowStatus::NotMeasured) && !has_tests(row)
        };
        let ids = rows.iter().filter(is_without_tests).map(|row| row.id);
        let mut matcher = NameMatcher::new(self.run.known, ids);
        if !matcher.has_rows() {
            return Vec::new();
        }
        // New failures first: they are the better examples.
        let (new, others): (Vec<&TestFact>, _) = tests
            .iter()
            .filter(|test| test.row.is_none())
            .partition(|test| test.verdict == Verdict::NewFailure);
        let step = new.len().max(others.len()).div_ceil(MAX_COMPARED_NAMES).max(1);
        for test in new.into_iter().step_by(step).chain(others.into_iter().step_by(step)) {
            matcher.add(&test.name, &test.variant);
        }
        for (variant, name) in self.unlisted.take() {
            matcher.add(&name, self.run.variant(variant));
        }
        matcher.finish(rows.iter().filter(has_tests).count())
    }

    /// The facts about rows alone. `infrastructure` are the variants with too many infrastructure failures.
    fn row_facts(&self, infrastructure: &BTreeMap<VariantId, u64>) -> Facts {
        let mut gaps = Gaps::new(self.run, &self.gaps);
        infrastructure.keys().for_each(|variant| gaps.mark_variant(*variant));
        if self.outcomes.counts_by_state().any(|(state, _)| self.has_unexcused_hang(&state)) {
            gaps.mark_unexcused_hang();
        }
        let table = RowTable::from_states(self.outcomes.counts_by_state());
        let audit = RowAudit::new(self.run, table, gaps, &self.matched);
        let fact = |(id, _)| RowFact {
            id,
            status: audit.status(id),
            counts: audit.table.total(id),
            ran_to_completion: audit.ran_to_completion(id),
        };
        let rows: Vec<RowFact> = self.run.known.rows_with_ids().map(fact).collect();
        let ids = || rows.iter().map(|row| row.id);
        let mut facts = Facts {
            narrowable: self.claimed_tests(ids().filter(|id| audit.can_be_narrowed(*id))),
            truncated: self.truncated_parts(&audit, ids()),
            ..Facts::default()
        };
        if self.run.variants.len() > 1 {
            let variants: Arc<[Variant]> = self.run.variants.as_slice().into();
            let counts = |id| (id, audit.by_variant(id, &variants));
            facts.by_variant = ids().map(counts).collect();
        }
        Facts { rows, ..facts }
    }

    /// Adds a gap for each variant without any test, unless a file of it has one already.
    pub(super) fn add_empty_variant_gaps(&mut self) {
        let tested: BTreeSet<VariantId> =
            self.outcomes.counts_by_state().map(|(state, _)| state.variant).collect();
        let gaps = empty_variant_gaps(&self.run.files, &tested, self.gaps.iter());
        self.gaps.extend(gaps);
    }

    /// The number of infrastructure failures by variant; empty if the limit is not exceeded.
    pub(super) fn excess_infrastructure_failures(&self) -> BTreeMap<VariantId, u64> {
        let failed = self.count_by_variant(TestState::is_infrastructure_failure);
        if self.run.infra.limit.is_exceeded(failed.values().sum(), self.test_count()) {
            failed
        } else {
            BTreeMap::new()
        }
    }

    /// Whether a result of a test never ended and no row excuses that, whatever its other results are.
    fn has_unexcused_hang(&self, state: &TestState) -> bool {
        let is_excused = |row| excuses_unfinished(&self.run.known.row(row).expected);
        state.outcomes.contains(Outcome::Unfinished) && !state.row().is_some_and(is_excused)
    }

    /// The number of tests in certain states; a variant without any has no entry.
    fn count_by_variant(
        &self,
        is_counted: impl Fn(&TestState) -> bool,
    ) -> BTreeMap<VariantId, u64> {
        let mut counts = BTreeMap::new();
        for (state, tests) in self.outcomes.counts_by_state().filter(|(state, _)| is_counted(state))
        {
            *counts.entry(state.variant).or_default() += tests;
        }
        counts
    }

    fn count_verdicts(&self, rows: &[RowFact]) -> VerdictCounts {
        let mut counts = VerdictCounts::default();
        for (state, tests) in self.outcomes.counts_by_state() {
            counts.add(self.verdict(&state, rows), tests);
        }
        counts
    }

    /// The number of tests that failed as the runner expects, and that no row claims.
    fn count_expected_by_runner(&self) -> u64 {
        let states = self.outcomes.counts_by_state();
        let is_xfailed = |state: &TestState| {
            state.combined_outcome() == CombinedOutcome::Single(Outcome::Xfailed)
                && state.row().is_none()
        };
        states.filter(|(state, _)| is_xfailed(state)).map(|(_, tests)| tests).sum()
    }

    /// The tests of these rows.
    fn claimed_tests(&self, rows: impl Iterator<Item = RowId>) -> BTreeMap<RowId, ClaimedTests> {
        let mut claimed: BTreeMap<RowId, ClaimedTests> =
            rows.map(|id| (id, ClaimedTests::default())).collect();
        for details in self.retained.iter() {
            let row = details.state.row();
            let Some(tests) = row.and_then(|row| claimed.get_mut(&row)) else { continue };
            let has_passed = RowCounts::new(details.state.combined_outcome(), 1).passed > 0;
            let same = if has_passed { &mut tests.passed } else { &mut tests.not_passed };
            let variant = self.run.variant(details.state.variant).clone();
            same.push((details.name.clone(), variant));
        }
        for tests in claimed.values_mut() {
            tests.passed.sort_unstable();
            tests.not_passed.sort_unstable();
        }
        claimed
    }

    /// The rows with passing tests, with the unmeasured parts that could contain more of their tests.
    fn truncated_parts(
        &self,
        audit: &RowAudit<'_>,
        rows: impl Iterator<Item = RowId>,
    ) -> BTreeMap<RowId, Vec<TruncatedPart>> {
        let truncated_part = |(variant, part): (VariantId, &UnmeasuredPart)| TruncatedPart {
            variant: self.run.variant(variant).clone(),
            file: part.file.and_then(|index| self.run.path(index)).cloned(),
        };
        let truncated = |row| {
            let parts = audit.unmeasured_parts(row).map(truncated_part);
            (row, parts.collect::<BTreeSet<_>>().into_iter().collect())
        };
        rows.map(truncated).filter(|(_, parts): &(_, Vec<_>)| !parts.is_empty()).collect()
    }

    /// The tests that their rows match only with `compat = loose`.
    fn loose_matches(&self) -> BTreeMap<RowId, Vec<Arc<str>>> {
        let mut loose_matches: BTreeMap<RowId, Vec<Arc<str>>> = BTreeMap::new();
        for details in self.retained.iter().filter(|details| details.is_loose) {
            if let Some(row) = details.state.row() {
                loose_matches.entry(row).or_default().push(details.name.clone());
            }
        }
        loose_matches.values_mut().for_each(sort_and_dedup);
        loose_matches
    }

    fn verdict(&self, state: &TestState, rows: &[RowFact]) -> Verdict {
        let row = state.row().map(|id| (self.run.known.row(id), rows[id.0 as usize].status));
        Verdict::from_outcome(state.combined_outcome(), row)
    }

    /// Turns the retained tests into facts. Frees the outcomes of all tests first, to save memory.
    fn test_facts(&mut self, rows: &[RowFact], base: Option<&BaseRun>) -> Vec<TestFact> {
        let verdicts = self.test_verdicts(rows);
        self.outcomes.release();
        let mut tests = Vec::with_capacity(verdicts.len());
        for ((key, details), (verdict, by_variant)) in self.retained.take().zip(verdicts) {
            let is_plain = matches!(verdict, Verdict::Passed | Verdict::Skipped);
            if !is_plain || self.run.retain == Retain::All {
                let base_test = base.and_then(|base| base.tests.get(&key));
                tests.push(self.test_fact(details, verdict, by_variant, base, base_test));
            }
        }
        // The facts are large: sort their keys, then move each fact once.
        tests.sort_by_cached_key(|test| (Arc::clone(&test.name), test.variant.clone()));
        tests
    }

    /// The verdict on each retained test, in their order, and [`TestFact::by_variant`].
    fn test_verdicts(&self, rows: &[RowFact]) -> Vec<(Verdict, PerVariant)> {
        let mut previous = PerVariant::default();
        let mut by_variant = |details: &TestDetails| {
            let computed = self.by_variant(&details.name, &details.state, rows);
            if computed != previous {
                previous = computed;
            }
            previous.clone()
        };
        // A test that failed in each of a thousand variants is looked up in each of them once.
        let mut by_name: HashMap<NameHash, PerVariant, BuildIdentityHasher> = HashMap::default();
        let has_many_variants = self.run.variants.len() > MAX_REPEATED_LOOKUPS;
        let verdicts = self.retained.iter().map(|details| {
            let verdict = self.verdict(&details.state, rows);
            let is_listed_by_variant =
                matches!(verdict, Verdict::NewFailure | Verdict::Unmeasured | Verdict::Flaky);
            let by_variant = match (is_listed_by_variant, has_many_variants) {
                (false, _) => PerVariant::default(),
                (true, false) => by_variant(details),
                (true, true) => {
                    let hash = self.run.known.hash_name(&details.name);
                    by_name.entry(hash).or_insert_with(|| by_variant(details)).clone()
                }
            };
            (verdict, by_variant)
        });
        verdicts.collect()
    }

    fn test_fact(
        &self,
        details: TestDetails,
        verdict: Verdict,
        by_variant: PerVariant,
        base: Option<&BaseRun>,
        base_test: Option<&BaseTest>,
    ) -> TestFact {
        let state = details.state;
        let outcome = state.combined_outcome().worst();
        let base_outcome = base_test.and_then(BaseTest::outcome);
        let base_message = base_test.and_then(|test| test.changed_message(&details.message));
        let remarks = if state.is_infrastructure_failure() {
            vec![Remark::Infrastructure]
        } else {
            let from_base = match (verdict, base_outcome) {
                (Verdict::KnownFailure, Some(base)) => {
                    Remark::from_base(outcome, state.row().is_some(), base, base_message)
                }
                // No row hides a new failure, and it is red whatever its message was.
                (Verdict::NewFailure, Some(base)) => Remark::from_base(outcome, false, base, None),
                // A test that is unknown in the base run is not new.
                (Verdict::NewFailure, None) => base
                    .is_some_and(|base| !base.is_partial && base_test.is_none())
                    .then_some(Remark::NewTest),
                (_, _) => None,
            };
            let concern = details.weight.concern;
            let expected = |row| &self.run.known.row(row).expected;
            let remark = |row| Remark::from_row(verdict, outcome, concern, expected(row));
            let from_row = state.row().and_then(remark);
            let also = outcome != Outcome::Unfinished && self.has_unexcused_hang(&state);
            let hang = also.then_some(Remark::AlsoNeverEnded);
            from_base.into_iter().chain(from_row).chain(hang).collect()
        };
        TestFact {
            variant: self.run.variant(state.variant).clone(),
            outcome,
            is_flaky: state.combined_outcome().is_flaky(),
            verdict,
            base: base_outcome,
            base_message: base_message.map(Box::from),
            by_variant,
            row: state.row(),
            remarks,
            is_loose: details.is_loose,
            name: details.name,
            message: details.message,
            location: details.location,
            origin: details.origin,
        }
    }

    /// The tests that the base run measured and this run lacks, except those of rows with the status `skip`. A row that
    /// expects a hang or a crash accepts that its suite was cut short, but not that tests disappear: they could have
    /// regressed.
    fn missing_tests(&self, base: &BaseRun) -> Vec<MissingTest> {
        let is_expected = |test: &BaseOnlyTest| {
            let row = test.row.map(|row| self.run.known.row(row));
            let was_measured = !matches!(test.outcomes.combine(), CombinedOutcome::Unmeasured(_));
            !was_measured || row.is_some_and(|row| matches!(row.expected, Expected::Skip))
        };
        let mut missing: Vec<MissingTest> = base
            .base_only
            .values()
            .filter(|test| !is_expected(test))
            .map(|test| MissingTest {
                name: test.name.clone(),
                variant: self.run.variant(test.variant).clone(),
                base: test.outcomes.combine(),
                row: test.row,
            })
            .collect();
        missing.sort_unstable_by(|a, b| (&a.name, &a.variant).cmp(&(&b.name, &b.variant)));
        missing
    }

    /// The tests without a row that failed in the base run and pass now.
    fn fixed_tests(&self, rows: &[RowFact], base: &BaseRun) -> Vec<FixedTest> {
        let passes = |key: &TestKey| {
            let state = self.outcomes.get(*key).filter(|state| state.row().is_none());
            state.is_some_and(|state| self.verdict(state, rows) == Verdict::Passed)
        };
        let failed = |test: &BaseTest| test.outcome().is_some_and(CombinedOutcome::has_failed);
        let mut fixed: Vec<FixedTest> = base
            .tests
            .iter()
            .filter(|(key, test)| failed(test) && passes(key))
            .map(|(_, test)| FixedTest {
                name: test.name.clone(),
                variant: self.run.variant(test.variant).clone(),
            })
            .collect();
        fixed.sort_unstable();
        fixed
    }

    /// The outcome and verdict of a name in each variant; `own` is its state in one of them.
    fn by_variant(&self, name: &str, own: &TestState, rows: &[RowFact]) -> PerVariant {
        let result_in = |variant| {
            let state = if own.variant == variant {
                own
            } else {
                self.outcomes.get(self.run.key(name, variant))?
            };
            Some((state.combined_outcome().worst(), self.verdict(state, rows)))
        };
        self.run.variant_ids().map(result_in).collect()
    }

    fn suite_facts(&self, base: &BaseRun) -> Vec<SuiteFact> {
        let fact = |(suite, variant, count): (&str, VariantId, SuiteCount)| SuiteFact {
            suite: suite.into(),
            variant: self.run.variant(variant).clone(),
            base: count.base,
            current: count.current,
        };
        base.suites.suites().map(fact).collect()
    }

    pub(super) fn variant_facts(
        &self,
        infrastructure: &BTreeMap<VariantId, u64>,
    ) -> Vec<VariantFact> {
        // Sets, because each shard of a variant may have the same gap.
        let mut incomplete = vec![BTreeSet::new(); self.run.variants.len()];
        let mut accepted = incomplete.clone();
        for (variant, tests) in self.count_by_variant(|state| self.has_unexcused_hang(state)) {
            incomplete[variant.index()].insert(IncompleteReason::Unmeasured { tests });
        }
        for (variant, tests) in infrastructure {
            let reason = IncompleteReason::Infrastructure { tests: *tests };
            incomplete[variant.index()].insert(reason);
        }
        // The test itself is counted as unfinished.
        for gap in self.gaps.iter().filter(|gap| gap.kind != GapKind::UnfinishedTest) {
            let is_accepted = is_accepted(gap, &self.accepted_suites);
            let reasons = if is_accepted { &mut accepted } else { &mut incomplete };
            for variant in affected_variants(self.run, gap.scope) {
                reasons[variant.index()].insert(IncompleteReason::Gap {
                    file: gap.origin.and_then(|origin| self.run.path(origin.file)).cloned(),
                    line: gap.origin.map_or(0, |origin| origin.line),
                    kind: gap.kind.clone(),
                    is_of_run: gap.scope == Scope::Run,
                });
            }
        }
        let mut tests = vec![0; self.run.variants.len()];
        for (state, count) in self.outcomes.counts_by_state() {
            tests[state.variant.index()] += count;
        }
        let mut files = vec![0; self.run.variants.len()];
        self.run.files.iter().for_each(|file| files[usize::from(file.variant)] += 1);
        let fact = |(index, variant): (usize, &Variant)| VariantFact {
            variant: variant.clone(),
            files: files[index],
            tests: tests[index],
            incomplete: std::mem::take(&mut incomplete[index]).into_iter().collect(),
            accepted: std::mem::take(&mut accepted[index]).into_iter().collect(),
        };
        self.run.variants.iter().enumerate().map(fact).collect()
    }

    fn document_problems(&self, today: Date) -> Vec<Problem> {
        let known = self.run.known;
        let mut problems = known.problems().to_vec();
        for row in known.rows().iter().filter(|row| row.inactive.is_none()) {
            problems.extend(row.expiry_problem(today));
            // With a single variant, other jobs may run the others.
            if self.run.variants.len() > 1 {
                for variant in row.variants.unknown_names(&self.run.variants) {
                    let pattern = row.pattern.as_str().to_owned();
                    let kind = ProblemKind::UnknownVariant { pattern, variant };
                    problems.push(Problem::new(&row.file, row.line, row.column, kind));
                }
            }
        }
        problems.extend(self.unrecognized_lists());
        problems.retain(|problem| !known.is_suppressed(problem));
        problems
    }

    /// Tables without a test column whose cells name tests of this run.
    fn unrecognized_lists(&self) -> impl Iterator<Item = Problem> {
        let is_test = |name: &&String| {
            let mut keys = self.run.variant_ids().map(|variant| self.run.key(name, variant));
            keys.any(|key| self.outcomes.get(key).is_some())
        };
        self.run.known.non_list_tables().iter().filter_map(move |table| {
            let names = table.cells.iter().filter(is_test).count();
            let kind = ProblemKind::LooksLikeList { names };
            (names > 0).then(|| Problem::new(&table.file, table.line, 0, kind))
        })
    }
}

/// New failures, and other tests, that are compared with rows that match none; of more, evenly distributed ones.
const MAX_COMPARED_NAMES: usize = 200_000;

/// Up to this many variants, looking up a test in each of them again is cheaper than remembering it.
const MAX_REPEATED_LOOKUPS: usize = 8;

fn sort_and_dedup<T: Ord>(items: &mut Vec<T>) {
    items.sort_unstable();
    items.dedup();
}

/// Sorts and deduplicates problems, those of documents first.
fn sort_problems(problems: &mut Vec<Problem>) {
    let is_of_results = |problem: &Problem| !problem.kind.is_document_problem();
    problems.sort_unstable_by(|a, b| (is_of_results(a), a).cmp(&(is_of_results(b), b)));
    problems.dedup();
}
