//! The end of the fold: from entries and kept tests to [`Facts`].
//!
//! In: a [`Comparison`] that has read everything, what the base run did, today's date. Out: facts, sorted.
//! A newcomer's trap: a verdict depends on its row's status, and that on every test of the run; so the
//! rows come first.

use crate::compare::base_run::{BaseOnlyTest, message_differs};
use crate::compare::gaps::{Gaps, affected_variants, is_accepted};
use crate::compare::row_status::{RowAudit, RowTable};
use crate::compare::store::details::TestDetails;
use crate::compare::store::outcomes::{TestKey, TestState, VariantId};
use crate::compare::suite_counts::SuiteCount;
use crate::compare::{
    BaseRun, Comparison, Facts, FixedTest, IncompleteReason, MissingTest, PerVariant, Remark,
    Retain, RowCounts, RowFact, RowStatus, SuiteFact, TestFact, TruncatedPart, VariantFact,
    Verdict, VerdictCounts,
};
use crate::known::{Expected, Pattern, PatternKind, Row, RowId, VariantScope};
use crate::model::{
    AffectedTests, CombinedOutcome, Gap, GapKind, Origin, Outcome, Problem, ProblemKind, Scope,
    SuiteId, Variant,
};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, btree_map};
use std::sync::Arc;

/// How many tests of each variant nothing is known of.
#[derive(Debug, Default)]
struct UnmeasuredCounts {
    /// They never ended, and no row excuses that.
    unfinished: BTreeMap<VariantId, u64>,
    /// They failed because of infrastructure, whatever a row says; empty where as many may.
    infrastructure: BTreeMap<VariantId, u64>,
}

/// The part of [`Facts`] that speaks of rows.
struct RowFacts {
    rows: Vec<RowFact>,
    narrowed: BTreeMap<RowId, Vec<Arc<str>>>,
    by_variant: BTreeMap<RowId, Vec<(Variant, RowCounts)>>,
    truncated: BTreeMap<RowId, Vec<TruncatedPart>>,
}

/// What became of a test.
struct TestVerdict {
    verdict: Verdict,
    by_variant: PerVariant,
}

impl Comparison<'_> {
    /// What it all comes to. `repeats` are the problems that [`crate::compare::Repeats`] found.
    pub fn into_facts(
        mut self,
        today: Date,
        duplicates: Vec<Problem>,
        base: Option<BaseRun>,
    ) -> Facts {
        self.add_empty_variant_gaps();
        let mut unmeasured = UnmeasuredCounts {
            infrastructure: self.infrastructure_failures(),
            ..UnmeasuredCounts::default()
        };
        let RowFacts { rows, narrowed, by_variant, truncated } = self.row_facts(&unmeasured);
        let mut counts = self.count_verdicts(&rows, &mut unmeasured.unfinished);
        let has_base = base.is_some();
        let mut base = base.unwrap_or_default();
        base.finish();
        let missing = self.missing_tests(&base);
        counts.set_missing(missing.len());
        let (fixed, loose_matches) = (self.fixed_tests(&rows, &base), self.loose_matches());
        let mut problems = self.document_problems(today);
        problems.append(&mut self.problems);
        problems.extend(duplicates);
        problems.append(&mut base.problems);
        sort_problems(&mut problems);
        // The last one that asks for single tests: it lets go of them.
        let tests = self.test_facts(&rows, has_base.then_some(&base));
        Facts {
            list: None,
            counts,
            results: self.results,
            variants: self.variant_facts(&unmeasured),
            tests,
            fixed,
            missing,
            has_base,
            suites: self.suite_facts(&base),
            flipping: Vec::new(),
            unconfirmed: BTreeSet::new(),
            rows,
            narrowed,
            by_variant,
            truncated,
            loose_matches,
            problems,
            files: self.run.files.iter().map(|file| file.path.clone()).collect(),
        }
    }

    /// What the run says of the rows.
    fn row_facts(&self, unmeasured: &UnmeasuredCounts) -> RowFacts {
        let (known, variants, table) = (
            &self.run.known,
            &self.run.variants,
            RowTable::from_states(self.outcomes.counts_by_state()),
        );
        let mut gaps = Gaps::new(self.run, &self.gaps);
        unmeasured.infrastructure.keys().for_each(|variant| gaps.mark_variant(*variant));
        let audit =
            RowAudit { known, variants, table: &table, gaps: &gaps, matched: &self.matched };
        let fact = |id| RowFact {
            id,
            status: audit.status(id),
            counts: table.total(id),
            ran_to_completion: audit.ran_to_completion(id),
        };
        let rows: Vec<RowFact> = known.rows_with_ids().map(|(id, _)| fact(id)).collect();
        let ids = || rows.iter().map(|row| row.id);
        let by_variant = |id| (id, audit.by_variant(id));
        RowFacts {
            narrowed: self.narrowed_rows(ids().filter(|id| audit.can_be_narrowed(*id))),
            by_variant: match variants.len() {
                0 | 1 => BTreeMap::new(),
                _ => ids().map(by_variant).collect(),
            },
            truncated: self.truncated_parts(&audit, &rows),
            rows,
        }
    }

    /// A variant without any test is incomplete, whatever its files say of themselves.
    fn add_empty_variant_gaps(&mut self) {
        let tested: BTreeSet<VariantId> =
            self.outcomes.counts_by_state().map(|(entry, _)| entry.variant).collect();
        // A record of three kilobytes may speak of a million files: no gap is looked for in all the others.
        let noted = self.gaps.iter().filter_map(|gap| gap.scope.suite());
        let noted: BTreeSet<u32> = noted.map(|suite| suite.file).collect();
        let run = self.run;
        for (index, file) in run.files.iter().enumerate() {
            let index = index as u32;
            if tested.contains(&VariantId(file.variant)) || noted.contains(&index) {
                continue;
            }
            let scope = Scope::Suite(SuiteId { file: index, suite: 0 });
            let origin = Some(Origin { file: index, line: 0 });
            self.gaps.push(Gap {
                kind: GapKind::NoTests,
                affected: AffectedTests::All,
                scope,
                origin,
            });
        }
    }

    /// How many tests of each variant failed because of infrastructure, if they are more than may.
    fn infrastructure_failures(&self) -> BTreeMap<VariantId, u64> {
        let mut failed = BTreeMap::new();
        let is_infrastructure =
            |entry: &TestState| matches!(entry.combined_outcome(), CombinedOutcome::Unmeasured(_));
        for (entry, tests) in
            self.outcomes.counts_by_state().filter(|(entry, _)| is_infrastructure(entry))
        {
            *failed.entry(entry.variant).or_default() += tests;
        }
        match self.run.infra.limit.is_exceeded(failed.values().sum(), self.test_count()) {
            true => failed,
            false => BTreeMap::new(),
        }
    }

    fn count_verdicts(
        &self,
        rows: &[RowFact],
        unfinished: &mut BTreeMap<VariantId, u64>,
    ) -> VerdictCounts {
        let mut counts = VerdictCounts::default();
        for (entry, tests) in self.outcomes.counts_by_state() {
            let (outcome, verdict) = (entry.combined_outcome(), self.verdict(&entry, rows));
            counts.add(verdict, tests);
            let is_infrastructure = matches!(outcome, CombinedOutcome::Unmeasured(_));
            if verdict == Verdict::Unmeasured && !is_infrastructure {
                *unfinished.entry(entry.variant).or_default() += tests;
            }
        }
        counts
    }

    /// The names of these rows' tests that failed in some variant. A skipped test needs no row. Nothing of a row
    /// whose exact rows would take over what another row claims, or leave a test to another row.
    fn narrowed_rows(&self, rows: impl Iterator<Item = RowId>) -> BTreeMap<RowId, Vec<Arc<str>>> {
        let mut narrowed: BTreeMap<RowId, Vec<Arc<str>>> =
            rows.map(|id| (id, Vec::new())).collect();
        let failed = |details: &&TestDetails| {
            RowCounts::from_outcome(details.state.combined_outcome()).failed > 0
        };
        for details in self.retained.iter().filter(failed) {
            let Some(row) = details.state.row() else { continue };
            let btree_map::Entry::Occupied(mut names) = narrowed.entry(row) else { continue };
            if Pattern::requires_regex(&details.name) || self.is_shared(row, &details.name) {
                names.remove();
            } else {
                names.get_mut().push(details.name.clone());
            }
        }
        for names in narrowed.values_mut() {
            names.sort_unstable();
            names.dedup();
        }
        narrowed
    }

    /// Whether another row claims this name in some variant that the row speaks of.
    fn is_shared(&self, id: RowId, name: &str) -> bool {
        let (row, variants) = (self.run.known.row(id), &self.run.variants);
        let in_scope = (0..).zip(variants).filter(|(_, variant)| row.variants.allows(variant));
        let claims = |index| {
            let entry = self.outcomes.get(self.run.key(name, VariantId(index)));
            entry.and_then(TestState::row).is_some_and(|other| other != id)
        };
        variants.len() > 1 && in_scope.map(|(index, _)| index).any(claims)
    }

    /// The rows with passing tests of which more could have stood in what was cut.
    fn truncated_parts(
        &self,
        audit: &RowAudit<'_>,
        rows: &[RowFact],
    ) -> BTreeMap<RowId, Vec<TruncatedPart>> {
        let mut found = BTreeMap::new();
        for row in rows {
            let parts = audit.unmeasured_parts(row.id).into_iter();
            let mut truncated: Vec<TruncatedPart> = parts
                .map(|(variant, part)| TruncatedPart {
                    variant: self.run.variants[variant.0 as usize].clone(),
                    file: part
                        .file
                        .and_then(|index| Some(self.run.files.get(index as usize)?.path.clone())),
                })
                .collect();
            truncated.sort_unstable();
            truncated.dedup();
            if !truncated.is_empty() {
                found.insert(row.id, truncated);
            }
        }
        found
    }

    /// The tests that only a loose reading gives to their rows.
    fn loose_matches(&self) -> BTreeMap<RowId, Vec<Arc<str>>> {
        let mut loose_matches: BTreeMap<RowId, Vec<Arc<str>>> = BTreeMap::new();
        for details in self.retained.iter().filter(|details| details.is_loose) {
            if let Some(row) = details.state.row() {
                loose_matches.entry(row).or_default().push(details.name.clone());
            }
        }
        for names in loose_matches.values_mut() {
            names.sort_unstable();
            names.dedup();
        }
        loose_matches
    }

    fn verdict(&self, entry: &TestState, rows: &[RowFact]) -> Verdict {
        Verdict::from_outcome(entry.combined_outcome(), self.row_and_status(entry.row(), rows))
    }

    fn row_and_status(&self, id: Option<RowId>, rows: &[RowFact]) -> Option<(&Row, RowStatus)> {
        id.map(|id| (self.run.known.row(id), rows[id.0 as usize].status))
    }

    /// Takes what is kept, and lets go of all tests before: a million of them are not to be held beside all that is
    /// said of some.
    fn test_facts(&mut self, rows: &[RowFact], base: Option<&BaseRun>) -> Vec<TestFact> {
        let verdicts = self.test_verdicts(rows);
        self.outcomes.release();
        let mut tests = Vec::with_capacity(verdicts.len());
        for ((key, details), test_verdict) in self.retained.take().zip(verdicts) {
            let is_reported = match test_verdict.verdict {
                Verdict::Passed | Verdict::Skipped => self.run.retain == Retain::All,
                Verdict::NewFailure
                | Verdict::Missing
                | Verdict::Unmeasured
                | Verdict::Flaky
                | Verdict::NewlyPassing
                | Verdict::KnownFailure => true,
            };
            if is_reported {
                tests.push(self.test_fact((key, details), test_verdict, base));
            }
        }
        // A fact is too large to be moved about while it is sorted.
        tests.sort_by_cached_key(|test| (Arc::clone(&test.name), test.variant.clone()));
        tests
    }

    /// What became of each kept test, in their order.
    fn test_verdicts(&self, rows: &[RowFact]) -> Vec<TestVerdict> {
        let mut previous = PerVariant::default();
        let verdicts = self.retained.iter().map(|details| {
            let verdict = self.verdict(&details.state, rows);
            let by_variant = match verdict {
                Verdict::NewFailure | Verdict::Unmeasured | Verdict::Flaky => {
                    self.by_variant(&details.name, &details.state, rows)
                }
                Verdict::Missing
                | Verdict::NewlyPassing
                | Verdict::KnownFailure
                | Verdict::Skipped
                | Verdict::Passed => PerVariant::default(),
            };
            if by_variant != previous {
                previous = by_variant;
            }
            TestVerdict { verdict, by_variant: previous.clone() }
        });
        verdicts.collect()
    }

    fn test_fact(
        &self,
        (key, details): (TestKey, TestDetails),
        TestVerdict { verdict, by_variant }: TestVerdict,
        base: Option<&BaseRun>,
    ) -> TestFact {
        let entry = details.state;
        let outcome = entry.combined_outcome().worst();
        let base_test = base.and_then(|base| base.tests.get(&key));
        let base_outcome = base_test.map(|test| test.outcomes.combine().worst());
        let changed = base_test.filter(|test| message_differs(&test.message, &details.message));
        let outcomes = (base_outcome, outcome);
        let base_remark =
            base.and_then(|_| Remark::from_base(verdict, outcomes, changed.is_some()));
        // What a report does not list may have passed.
        let is_partial = base.is_some_and(|base| base.is_partial);
        let base_remark = base_remark.filter(|remark| !(is_partial && *remark == Remark::NewTest));
        let row = entry.row().map(|row| self.run.known.row(row));
        let row_remark = row.and_then(|row| Remark::from_row(outcome, &details.message, row));
        let remarks = match entry.combined_outcome() {
            CombinedOutcome::Unmeasured(_) => vec![Remark::Infrastructure],
            CombinedOutcome::Single(_) | CombinedOutcome::Flaky(_) => {
                base_remark.into_iter().chain(row_remark).collect()
            }
        };
        TestFact {
            variant: self.run.variants[entry.variant.0 as usize].clone(),
            outcome,
            verdict,
            base: base_outcome,
            base_message: changed.map(|test| test.message.clone()),
            by_variant,
            row: entry.row(),
            remarks,
            is_loose: details.is_loose,
            name: details.name,
            message: details.message,
            location: details.location,
            origin: details.origin,
        }
    }

    /// What the base run had and this one lacks, unless a row signs it off.
    fn missing_tests(&self, base: &BaseRun) -> Vec<MissingTest> {
        let is_expected = |test: &BaseOnlyTest| {
            let row = test.row.map(|row| self.run.known.row(row));
            row.is_some_and(|row| matches!(row.expected, Expected::Skip))
                || self.is_covered_by_accepted_gap(&test.name, test.variant)
        };
        let mut missing: Vec<MissingTest> = base
            .base_only
            .values()
            .filter(|test| !is_expected(test))
            .map(|test| MissingTest {
                name: test.name.clone(),
                variant: self.run.variants[test.variant.0 as usize].clone(),
                base: test.outcomes.combine().worst(),
                row: test.row,
            })
            .collect();
        missing.sort_unstable_by(|a, b| (&a.name, &a.variant).cmp(&(&b.name, &b.variant)));
        missing
    }

    /// Whether a row that expects a hang or a crash explains why the test did not come.
    fn is_covered_by_accepted_gap(&self, name: &str, variant: VariantId) -> bool {
        self.gaps.iter().any(|gap| {
            let is_affected = match &gap.affected {
                AffectedTests::WithPrefix(prefix) => name.starts_with(prefix.as_str()),
                AffectedTests::All => false,
            };
            is_affected
                && is_accepted(gap, &self.accepted_suites)
                && affected_variants(self.run, gap.scope).contains(&variant)
        })
    }

    /// What failed in the base run and passes here; what a row claims is told with the row.
    fn fixed_tests(&self, rows: &[RowFact], base: &BaseRun) -> Vec<FixedTest> {
        let passes = |key: &TestKey| {
            let entry = self.outcomes.get(*key).filter(|entry| entry.row().is_none());
            entry.is_some_and(|entry| self.verdict(entry, rows) == Verdict::Passed)
        };
        let fails = |key: &TestKey| base.outcome(*key).is_some_and(Outcome::is_failing);
        let mut fixed: Vec<FixedTest> = base
            .tests
            .iter()
            .filter(|(key, _)| fails(key) && passes(key))
            .map(|(_, test)| FixedTest {
                name: test.name.clone(),
                variant: self.run.variants[test.variant.0 as usize].clone(),
            })
            .collect();
        fixed.sort_unstable_by(|a, b| (&a.name, &a.variant).cmp(&(&b.name, &b.variant)));
        fixed
    }

    /// What a test did in each variant, of which this is one.
    fn by_variant(&self, name: &str, own: &TestState, rows: &[RowFact]) -> PerVariant {
        let result_in = |index| {
            let variant = VariantId(index as u16);
            let entry = match own.variant == variant {
                true => own,
                false => self.outcomes.get(self.run.key(name, variant))?,
            };
            Some((entry.combined_outcome().worst(), self.verdict(entry, rows)))
        };
        (0..self.run.variants.len()).map(result_in).collect()
    }

    fn suite_facts(&self, base: &BaseRun) -> Vec<SuiteFact> {
        let fact = |(suite, variant, count): (&str, VariantId, SuiteCount)| SuiteFact {
            suite: suite.into(),
            variant: self.run.variants[variant.0 as usize].clone(),
            base: count.base,
            current: count.current,
        };
        base.suites.suites().map(fact).collect()
    }

    fn variant_facts(&self, unmeasured: &UnmeasuredCounts) -> Vec<VariantFact> {
        let mut tests = vec![0; self.run.variants.len()];
        for (entry, count) in self.outcomes.counts_by_state() {
            tests[entry.variant.0 as usize] += count;
        }
        let mut files = vec![0; self.run.variants.len()];
        self.run.files.iter().for_each(|file| files[usize::from(file.variant)] += 1);
        let mut gaps: Vec<Vec<&Gap>> = vec![Vec::new(); self.run.variants.len()];
        for gap in &self.gaps {
            let variants = affected_variants(self.run, gap.scope).into_iter();
            variants.for_each(|variant| gaps[usize::from(variant.0)].push(gap));
        }
        let fact = |(index, variant): (usize, &Variant)| {
            let (incomplete, accepted) =
                self.incompleteness_reasons(VariantId(index as u16), &gaps[index], unmeasured);
            let (files, tests) = (files[index], tests[index]);
            VariantFact { variant: variant.clone(), files, tests, incomplete, accepted }
        };
        self.run.variants.iter().enumerate().map(fact).collect()
    }

    /// The reasons why a variant with these gaps is incomplete, and those that a row signs off.
    fn incompleteness_reasons(
        &self,
        variant: VariantId,
        gaps: &[&Gap],
        unmeasured: &UnmeasuredCounts,
    ) -> (Vec<IncompleteReason>, Vec<IncompleteReason>) {
        let count_in = |counts: &BTreeMap<VariantId, u64>| counts.get(&variant).copied();
        let unfinished =
            count_in(&unmeasured.unfinished).map(|tests| IncompleteReason::Unmeasured { tests });
        let infrastructure = count_in(&unmeasured.infrastructure)
            .map(|tests| IncompleteReason::Infrastructure { tests });
        let mut incomplete: Vec<IncompleteReason> =
            unfinished.into_iter().chain(infrastructure).collect();
        let mut accepted = Vec::new();
        for gap in gaps {
            // An open end only says what may have been cut behind a test that is told for itself.
            if gap.kind != GapKind::UnfinishedTest {
                let is_excused = is_accepted(gap, &self.accepted_suites);
                let file = gap.origin.and_then(|origin| self.run.files.get(origin.file as usize));
                let reason = IncompleteReason::Gap {
                    file: file.map(|file| file.path.clone()),
                    line: gap.origin.map_or(0, |origin| origin.line),
                    kind: gap.kind.clone(),
                };
                if is_excused { accepted.push(reason) } else { incomplete.push(reason) }
            }
        }
        // What concerns a whole shard, every shard of a variant may say.
        for reasons in [&mut incomplete, &mut accepted] {
            reasons.sort_unstable();
            reasons.dedup();
        }
        (incomplete, accepted)
    }

    fn document_problems(&self, today: Date) -> Vec<Problem> {
        let known = &self.run.known;
        let mut problems = known.problems().to_vec();
        for row in known.rows().iter().filter(|row| row.inactive.is_none()) {
            let at = |kind| Problem::new(&row.file, row.line, row.column, kind);
            let pattern = || row.pattern.as_str().to_owned();
            problems.extend(row.expiry_problem(today));
            // One variant alone cannot tell a misspelt name from another job's.
            if self.run.variants.len() > 1 {
                for variant in unknown_variants(&row.variants, &self.run.variants) {
                    let kind = ProblemKind::UnknownVariant { pattern: pattern(), variant };
                    problems.push(at(kind));
                }
            }
        }
        problems.extend(self.unrecognized_lists());
        problems.retain(|problem| !known.is_suppressed(problem));
        problems
    }

    /// Tables without a test column whose cells name tests of this run.
    fn unrecognized_lists(&self) -> Vec<Problem> {
        let is_test = |name: &str| {
            let variants = (0..self.run.variants.len()).map(|index| VariantId(index as u16));
            variants.map(|id| self.run.key(name, id)).any(|key| self.outcomes.get(key).is_some())
        };
        let mut problems = Vec::new();
        for table in self.run.known.non_list_tables() {
            let names = table.cells.iter().filter(|cell| is_test(cell)).count();
            if names > 0 {
                let kind = ProblemKind::LooksLikeList { names };
                problems.push(Problem::new(&table.file, table.line, 0, kind));
            }
        }
        problems
    }
}

/// The documents' first, each once.
fn sort_problems(problems: &mut Vec<Problem>) {
    problems.sort_unstable_by(|a, b| {
        let is_results_problem = |p: &Problem| !p.kind.is_document_problem();
        is_results_problem(a).cmp(&is_results_problem(b)).then_with(|| a.cmp(b))
    });
    problems.dedup();
}

/// Variants that a row names and that no run had; patterns may match what another run has.
fn unknown_variants(scope: &VariantScope, variants: &[Variant]) -> Vec<String> {
    let named = scope.only.iter().chain(&scope.except);
    let exact = named.filter(|pattern| pattern.kind() == PatternKind::Exact);
    let unknown = exact.filter(|pattern| !variants.iter().any(|v| pattern.matches(v.as_str())));
    unknown.map(|pattern| pattern.as_str().to_owned()).collect()
}
