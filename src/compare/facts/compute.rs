//! The end of the fold: from entries and kept tests to [`Facts`].
//!
//! In: a [`Comparison`] that has read everything, what the base run did, today's date. Out: facts, sorted.
//! A newcomer's trap: a verdict depends on its row's status, and that on every test of the run; so the
//! rows come first.

use crate::compare::base_run::{Absent, said_otherwise};
use crate::compare::gaps::{Gaps, concerned, is_signed_off};
use crate::compare::row_status::{Audit, RowTable};
use crate::compare::store::details::Kept;
use crate::compare::store::outcomes::{Entry, TestKey, VariantId};
use crate::compare::suite_counts::Ran;
use crate::compare::{
    BaseRun, Comparison, Counts, Cut, Facts, FixedTest, InVariants, Keep, MissingTest, Remark,
    RowCounts, RowFact, RowStatus, SuiteFact, TestFact, VariantFact, Verdict, Why,
};
use crate::known::{Expected, Pattern, PatternKind, Row, RowId, VariantScope};
use crate::model::{
    FoldedOutcome, Gap, GapKind, Origin, Outcome, Problem, ProblemKind, Reach, Scope, SuiteId,
    Variant,
};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, btree_map};
use std::sync::Arc;

/// How many tests of each variant nothing is known of.
#[derive(Debug, Default)]
struct Holes {
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
    cut: BTreeMap<RowId, Vec<Cut>>,
}

/// What became of a test.
struct Judged {
    verdict: Verdict,
    by_variant: InVariants,
}

impl Comparison<'_> {
    /// What it all comes to. `repeats` are the problems that [`crate::compare::Repeats`] found.
    pub fn facts(mut self, today: Date, repeats: Vec<Problem>, base: Option<BaseRun>) -> Facts {
        self.note_empty_variants();
        let mut holes = Holes { infrastructure: self.infrastructure(), ..Holes::default() };
        let RowFacts { rows, narrowed, by_variant, cut } = self.row_facts(&holes);
        let mut counts = self.count(&rows, &mut holes.unfinished);
        let has_base = base.is_some();
        let mut base = base.unwrap_or_default();
        base.end();
        let missing = self.missing(&base);
        counts.missing(missing.len());
        let (fixed, loosely) = (self.fixed(&rows, &base), self.loosely());
        let mut problems = self.document_problems(today);
        problems.append(&mut self.problems);
        problems.extend(repeats);
        problems.append(&mut base.problems);
        sort_problems(&mut problems);
        // The last one that asks for single tests: it lets go of them.
        let tests = self.test_facts(&rows, has_base.then_some(&base));
        Facts {
            list: None,
            counts,
            results: self.results,
            variants: self.variant_facts(&holes),
            tests,
            fixed,
            missing,
            has_base,
            inventory: self.inventory(&base),
            flips: Vec::new(),
            in_doubt: BTreeSet::new(),
            rows,
            narrowed,
            by_variant,
            cut,
            loosely,
            problems,
            files: self.run.files.iter().map(|file| file.path.clone()).collect(),
        }
    }

    /// What the run says of the rows.
    fn row_facts(&self, holes: &Holes) -> RowFacts {
        let (known, variants, table) =
            (&self.run.known, &self.run.variants, RowTable::of(self.seen.tally()));
        let mut gaps = Gaps::of(self.run, &self.gaps);
        holes.infrastructure.keys().for_each(|variant| gaps.concern_all_of(*variant));
        let audit = Audit { known, variants, table: &table, gaps: &gaps, matched: &self.matched };
        let fact = |id| RowFact {
            id,
            status: audit.status(id),
            counts: table.total(id),
            closes_gap: audit.closes_gap(id),
        };
        let rows: Vec<RowFact> = known.rows_with_ids().map(|(id, _)| fact(id)).collect();
        let ids = || rows.iter().map(|row| row.id);
        let by_variant = |id| (id, audit.by_variant(id));
        RowFacts {
            narrowed: self.narrowed(ids().filter(|id| audit.can_be_narrowed(*id))),
            by_variant: match variants.len() {
                0 | 1 => BTreeMap::new(),
                _ => ids().map(by_variant).collect(),
            },
            cut: self.cut(&audit, &rows),
            rows,
        }
    }

    /// A variant without any test is incomplete, whatever its files say of themselves.
    fn note_empty_variants(&mut self) {
        let tested: BTreeSet<VariantId> =
            self.seen.tally().map(|(entry, _)| entry.variant).collect();
        // A record of three kilobytes may speak of a million files: no gap is looked for in all the others.
        let noted = self.gaps.iter().filter_map(|gap| gap.scope.suite());
        let noted: BTreeSet<u32> = noted.map(|suite| suite.file).collect();
        let run = self.run;
        for (number, file) in run.files.iter().enumerate() {
            let number = number as u32;
            if tested.contains(&VariantId(file.variant)) || noted.contains(&number) {
                continue;
            }
            let scope = Scope::Suite(SuiteId { file: number, suite: 0 });
            let origin = Some(Origin { file: number, line: 0 });
            self.gaps.push(Gap { kind: GapKind::NoTests, reach: Reach::Any, scope, origin });
        }
    }

    /// How many tests of each variant failed because of infrastructure, if they are more than may.
    fn infrastructure(&self) -> BTreeMap<VariantId, u64> {
        let mut failed = BTreeMap::new();
        let is_it = |entry: &Entry| matches!(entry.folded(), FoldedOutcome::Unmeasured(_));
        for (entry, tests) in self.seen.tally().filter(|(entry, _)| is_it(entry)) {
            *failed.entry(entry.variant).or_default() += tests;
        }
        match self.run.infra.most.is_exceeded(failed.values().sum(), self.tests()) {
            true => failed,
            false => BTreeMap::new(),
        }
    }

    fn count(&self, rows: &[RowFact], unfinished: &mut BTreeMap<VariantId, u64>) -> Counts {
        let mut counts = Counts::default();
        for (entry, tests) in self.seen.tally() {
            let (outcome, verdict) = (entry.folded(), self.verdict(&entry, rows));
            counts.add(verdict, tests);
            let is_infrastructure = matches!(outcome, FoldedOutcome::Unmeasured(_));
            if verdict == Verdict::Unmeasured && !is_infrastructure {
                *unfinished.entry(entry.variant).or_default() += tests;
            }
        }
        counts
    }

    /// The names of these rows' tests that failed in some variant. A skipped test needs no row. Nothing of a row
    /// whose exact rows would take over what another row claims, or leave a test to another row.
    fn narrowed(&self, rows: impl Iterator<Item = RowId>) -> BTreeMap<RowId, Vec<Arc<str>>> {
        let mut narrowed: BTreeMap<RowId, Vec<Arc<str>>> =
            rows.map(|id| (id, Vec::new())).collect();
        let failed = |kept: &&Kept| RowCounts::of(kept.entry.folded()).failed > 0;
        for kept in self.kept.iter().filter(failed) {
            let Some(row) = kept.entry.row() else { continue };
            let btree_map::Entry::Occupied(mut names) = narrowed.entry(row) else { continue };
            if Pattern::needs_expression(&kept.name) || self.is_shared(row, &kept.name) {
                names.remove();
            } else {
                names.get_mut().push(kept.name.clone());
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
        let its = (0..).zip(variants).filter(|(_, variant)| row.variants.allows(variant));
        let claims = |number| {
            let entry = self.seen.get(self.run.key(name, VariantId(number)));
            entry.and_then(Entry::row).is_some_and(|other| other != id)
        };
        variants.len() > 1 && its.map(|(number, _)| number).any(claims)
    }

    /// The rows with passing tests of which more could have stood in what was cut.
    fn cut(&self, audit: &Audit<'_>, rows: &[RowFact]) -> BTreeMap<RowId, Vec<Cut>> {
        let mut found = BTreeMap::new();
        for row in rows {
            let parts = audit.cut(row.id).into_iter();
            let mut cuts: Vec<Cut> = parts
                .map(|(variant, part)| Cut {
                    variant: self.run.variants[variant.0 as usize].clone(),
                    file: part
                        .file
                        .and_then(|at| Some(self.run.files.get(at as usize)?.path.clone())),
                })
                .collect();
            cuts.sort_unstable();
            cuts.dedup();
            if !cuts.is_empty() {
                found.insert(row.id, cuts);
            }
        }
        found
    }

    /// The tests that only a loose reading gives to their rows.
    fn loosely(&self) -> BTreeMap<RowId, Vec<Arc<str>>> {
        let mut loosely: BTreeMap<RowId, Vec<Arc<str>>> = BTreeMap::new();
        for kept in self.kept.iter().filter(|kept| kept.loosely) {
            if let Some(row) = kept.entry.row() {
                loosely.entry(row).or_default().push(kept.name.clone());
            }
        }
        for names in loosely.values_mut() {
            names.sort_unstable();
            names.dedup();
        }
        loosely
    }

    fn verdict(&self, entry: &Entry, rows: &[RowFact]) -> Verdict {
        Verdict::of(entry.folded(), self.row_and_status(entry.row(), rows))
    }

    fn row_and_status(&self, id: Option<RowId>, rows: &[RowFact]) -> Option<(&Row, RowStatus)> {
        id.map(|id| (self.run.known.row(id), rows[id.0 as usize].status))
    }

    /// Takes what is kept, and lets go of all tests before: a million of them are not to be held beside all that is
    /// said of some.
    fn test_facts(&mut self, rows: &[RowFact], base: Option<&BaseRun>) -> Vec<TestFact> {
        let judged = self.judged(rows);
        self.seen.let_go();
        let mut tests = Vec::with_capacity(judged.len());
        for ((key, kept), judged) in self.kept.take().zip(judged) {
            let shown = match judged.verdict {
                Verdict::Passed | Verdict::Skipped => self.run.keep == Keep::Everything,
                Verdict::NewFailure
                | Verdict::Missing
                | Verdict::Unmeasured
                | Verdict::Flaky
                | Verdict::NewlyPassing
                | Verdict::KnownFailure => true,
            };
            if shown {
                tests.push(self.test_fact((key, kept), judged, base));
            }
        }
        // A fact is too large to be moved about while it is sorted.
        tests.sort_by_cached_key(|test| (Arc::clone(&test.name), test.variant.clone()));
        tests
    }

    /// What became of each kept test, in their order.
    fn judged(&self, rows: &[RowFact]) -> Vec<Judged> {
        let mut same = InVariants::default();
        let judged = self.kept.iter().map(|kept| {
            let verdict = self.verdict(&kept.entry, rows);
            let by_variant = match verdict {
                Verdict::NewFailure | Verdict::Unmeasured | Verdict::Flaky => {
                    self.by_variant(&kept.name, &kept.entry, rows)
                }
                Verdict::Missing
                | Verdict::NewlyPassing
                | Verdict::KnownFailure
                | Verdict::Skipped
                | Verdict::Passed => InVariants::default(),
            };
            if by_variant != same {
                same = by_variant;
            }
            Judged { verdict, by_variant: same.clone() }
        });
        judged.collect()
    }

    fn test_fact(
        &self,
        (key, kept): (TestKey, Kept),
        Judged { verdict, by_variant }: Judged,
        base: Option<&BaseRun>,
    ) -> TestFact {
        let entry = kept.entry;
        let outcome = entry.folded().worst();
        let before = base.and_then(|base| base.before.get(&key));
        let base_outcome = before.map(|before| before.outcomes.folded().worst());
        let changed = before.filter(|before| said_otherwise(&before.message, &kept.message));
        let outcomes = (base_outcome, outcome);
        let of_base = base.and_then(|_| Remark::of_base(verdict, outcomes, changed.is_some()));
        // What a report does not list may have passed.
        let partial = base.is_some_and(|base| base.is_partial);
        let of_base = of_base.filter(|remark| !(partial && *remark == Remark::NewTest));
        let row = entry.row().map(|row| self.run.known.row(row));
        let of_row = row.and_then(|row| Remark::of(outcome, &kept.message, row));
        let remarks = match entry.folded() {
            FoldedOutcome::Unmeasured(_) => vec![Remark::Infrastructure],
            FoldedOutcome::Settled(_) | FoldedOutcome::Flaky(_) => {
                of_base.into_iter().chain(of_row).collect()
            }
        };
        TestFact {
            variant: self.run.variants[entry.variant.0 as usize].clone(),
            outcome,
            verdict,
            base: base_outcome,
            base_message: changed.map(|before| before.message.clone()),
            by_variant,
            row: entry.row(),
            remarks,
            loosely: kept.loosely,
            name: kept.name,
            message: kept.message,
            place: kept.place,
            origin: kept.origin,
        }
    }

    /// What the base run had and this one lacks, unless a row signs it off.
    fn missing(&self, base: &BaseRun) -> Vec<MissingTest> {
        let signed_off = |absent: &Absent| {
            let row = absent.row.map(|row| self.run.known.row(row));
            row.is_some_and(|row| matches!(row.expected, Expected::Skip))
                || self.is_behind_a_signed_off_gap(&absent.name, absent.variant)
        };
        let mut missing: Vec<MissingTest> = base
            .absent
            .values()
            .filter(|absent| !signed_off(absent))
            .map(|absent| MissingTest {
                name: absent.name.clone(),
                variant: self.run.variants[absent.variant.0 as usize].clone(),
                base: absent.outcomes.folded().worst(),
                row: absent.row,
            })
            .collect();
        missing.sort_unstable_by(|a, b| (&a.name, &a.variant).cmp(&(&b.name, &b.variant)));
        missing
    }

    /// Whether a row that expects a hang or a crash explains why the test did not come.
    fn is_behind_a_signed_off_gap(&self, name: &str, variant: VariantId) -> bool {
        self.gaps.iter().any(|gap| {
            let reached = match &gap.reach {
                Reach::Below(prefix) => name.starts_with(prefix.as_str()),
                Reach::Any => false,
            };
            reached
                && is_signed_off(gap, &self.signed_off)
                && concerned(self.run, gap.scope).contains(&variant)
        })
    }

    /// What failed in the base run and passes here; what a row claims is told with the row.
    fn fixed(&self, rows: &[RowFact], base: &BaseRun) -> Vec<FixedTest> {
        let passes = |key: &TestKey| {
            let entry = self.seen.get(*key).filter(|entry| entry.row().is_none());
            entry.is_some_and(|entry| self.verdict(entry, rows) == Verdict::Passed)
        };
        let fails = |key: &TestKey| base.outcome(*key).is_some_and(Outcome::is_failing);
        let mut fixed: Vec<FixedTest> = base
            .before
            .iter()
            .filter(|(key, _)| fails(key) && passes(key))
            .map(|(_, before)| FixedTest {
                name: before.name.clone(),
                variant: self.run.variants[before.variant.0 as usize].clone(),
            })
            .collect();
        fixed.sort_unstable_by(|a, b| (&a.name, &a.variant).cmp(&(&b.name, &b.variant)));
        fixed
    }

    /// What a test did in each variant, of which this is one.
    fn by_variant(&self, name: &str, one: &Entry, rows: &[RowFact]) -> InVariants {
        let said = |index| {
            let variant = VariantId(index as u16);
            let entry = match one.variant == variant {
                true => one,
                false => self.seen.get(self.run.key(name, variant))?,
            };
            Some((entry.folded().worst(), self.verdict(entry, rows)))
        };
        (0..self.run.variants.len()).map(said).collect()
    }

    fn inventory(&self, base: &BaseRun) -> Vec<SuiteFact> {
        let fact = |(suite, variant, ran): (&str, VariantId, Ran)| SuiteFact {
            suite: suite.into(),
            variant: self.run.variants[variant.0 as usize].clone(),
            before: ran.before,
            now: ran.now,
        };
        base.inventory.suites().map(fact).collect()
    }

    fn variant_facts(&self, holes: &Holes) -> Vec<VariantFact> {
        let mut tests = vec![0; self.run.variants.len()];
        for (entry, count) in self.seen.tally() {
            tests[entry.variant.0 as usize] += count;
        }
        let mut files = vec![0; self.run.variants.len()];
        self.run.files.iter().for_each(|file| files[usize::from(file.variant)] += 1);
        let mut gaps: Vec<Vec<&Gap>> = vec![Vec::new(); self.run.variants.len()];
        for gap in &self.gaps {
            let variants = concerned(self.run, gap.scope).into_iter();
            variants.for_each(|variant| gaps[usize::from(variant.0)].push(gap));
        }
        let fact = |(index, variant): (usize, &Variant)| {
            let (why, signed_off) = self.whys(VariantId(index as u16), &gaps[index], holes);
            let (files, tests) = (files[index], tests[index]);
            VariantFact { variant: variant.clone(), files, tests, why, signed_off }
        };
        self.run.variants.iter().enumerate().map(fact).collect()
    }

    /// The reasons why a variant with these gaps is incomplete, and those that a row signs off.
    fn whys(&self, variant: VariantId, gaps: &[&Gap], holes: &Holes) -> (Vec<Why>, Vec<Why>) {
        let of = |holes: &BTreeMap<VariantId, u64>| holes.get(&variant).copied();
        let unfinished = of(&holes.unfinished).map(|tests| Why::Unmeasured { tests });
        let infrastructure = of(&holes.infrastructure).map(|tests| Why::Infrastructure { tests });
        let mut why: Vec<Why> = unfinished.into_iter().chain(infrastructure).collect();
        let mut signed_off = Vec::new();
        for gap in gaps {
            // An open end only says what may have been cut behind a test that is told for itself.
            if gap.kind != GapKind::OpenEnd {
                let excused = is_signed_off(gap, &self.signed_off);
                let file = gap.origin.and_then(|at| self.run.files.get(at.file as usize));
                let reason = Why::Gap {
                    file: file.map(|file| file.path.clone()),
                    line: gap.origin.map_or(0, |at| at.line),
                    kind: gap.kind.clone(),
                };
                if excused { signed_off.push(reason) } else { why.push(reason) }
            }
        }
        // What concerns a whole shard, every shard of a variant may say.
        for whys in [&mut why, &mut signed_off] {
            whys.sort_unstable();
            whys.dedup();
        }
        (why, signed_off)
    }

    fn document_problems(&self, today: Date) -> Vec<Problem> {
        let known = &self.run.known;
        let mut problems = known.problems().to_vec();
        for row in known.rows().iter().filter(|row| row.unused.is_none()) {
            let at = |kind| Problem::new(&row.file, row.line, row.column, kind);
            let pattern = || row.pattern.as_str().to_owned();
            problems.extend(row.expired(today));
            // One variant alone cannot tell a misspelt name from another job's.
            if self.run.variants.len() > 1 {
                for variant in unknown_variants(&row.variants, &self.run.variants) {
                    let kind = ProblemKind::UnknownVariant { pattern: pattern(), variant };
                    problems.push(at(kind));
                }
            }
        }
        problems.extend(self.lists_that_are_none());
        problems.retain(|problem| !known.allows(problem));
        problems
    }

    /// Tables without a test column whose cells name tests of this run.
    fn lists_that_are_none(&self) -> Vec<Problem> {
        let seen = |name: &str| {
            let variants = (0..self.run.variants.len()).map(|index| VariantId(index as u16));
            variants.map(|id| self.run.key(name, id)).any(|key| self.seen.get(key).is_some())
        };
        let mut problems = Vec::new();
        for table in self.run.known.non_list_tables() {
            let names = table.cells.iter().filter(|cell| seen(cell)).count();
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
        let of_document = |p: &Problem| !p.kind.is_of_document();
        of_document(a).cmp(&of_document(b)).then_with(|| a.cmp(b))
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
