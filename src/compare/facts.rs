//! What a comparison comes to, as plain data: tests with verdicts, rows with statuses, what was cut.
//!
//! In: a [`Comparison`] that has read everything, and today's date. Out: [`Facts`], sorted. Everything
//! a report says is in here; nothing here says whether that is good or bad.

use super::rows::{Audit, RowTable};
use super::seen::VariantId;
use super::verdict::{Remark, Verdict};
use super::{Comparison, Keep, RowCounts, RowStatus, Run};
use crate::known::{PatternKind, Row, RowId, VariantScope};
use crate::model::{
    Gap, GapKind, Origin, Outcome, OutcomeCounts, Problem, ProblemKind, Reach, SuiteId, Variant,
};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Everything that is to be said of a run against its document.
#[derive(Debug)]
pub struct Facts {
    pub counts: Counts,
    pub results: OutcomeCounts,
    /// By name.
    pub variants: Vec<VariantFact>,
    /// By name, then variant: every kept test whose verdict is more than passed or skipped, and those
    /// too when everything is kept.
    pub tests: Vec<TestFact>,
    /// In the order of the documents.
    pub rows: Vec<RowFact>,
    /// By file and line; the documents' first.
    pub problems: Vec<Problem>,
    /// Files of results, in order.
    pub files: Vec<Arc<str>>,
}

/// Tests by verdict; `missing` ones are no tests of this run and come on top.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts([u64; Verdict::ALL.len()]);

impl Counts {
    /// How many tests have this verdict.
    pub fn of(&self, verdict: Verdict) -> u64 {
        self.0[verdict as usize]
    }

    /// How many tests this run has.
    pub fn tests(&self) -> u64 {
        self.0.iter().sum::<u64>() - self.of(Verdict::Missing)
    }

    pub(super) fn add(&mut self, verdict: Verdict) {
        self.0[verdict as usize] += 1;
    }
}

/// One test that a report may show.
#[derive(Debug, Clone)]
pub struct TestFact {
    pub name: Box<str>,
    pub variant: Variant,
    pub outcome: Outcome,
    pub verdict: Verdict,
    /// What every variant of the run says of the same name, in their order; `None` where it has no
    /// result. Empty for tests that nobody has to look at.
    pub by_variant: Vec<Option<(Outcome, Verdict)>>,
    /// The row that claims it.
    pub row: Option<RowId>,
    pub remark: Option<Remark>,
    /// Claimed only because the row's section reads wildcards loosely.
    pub loosely: bool,
    /// What the runner said; may be empty.
    pub message: Box<str>,
    /// The test's place in the source, as the results say.
    pub place: Option<(Box<str>, Option<u64>)>,
    /// Where its result stands.
    pub origin: Origin,
}

/// One row and what the run says of it.
#[derive(Debug, Clone, Copy)]
pub struct RowFact {
    pub id: RowId,
    pub status: RowStatus,
    pub counts: RowCounts,
}

/// One variant and whether it was measured.
#[derive(Debug, Clone)]
pub struct VariantFact {
    pub variant: Variant,
    pub files: u64,
    pub tests: u64,
    /// Why its run is incomplete; empty when it is complete.
    pub why: Vec<Why>,
    /// Gaps that a row signs off: told, and no reason.
    pub signed_off: Vec<Why>,
}

/// One reason why a run is incomplete.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Tests that started and never ended, and that no row excuses.
    Unmeasured { tests: u64 },
    /// A part that was cut, and the file that shows it.
    Gap { file: Option<Arc<str>>, line: u32, kind: GapKind },
}

/// What was not measured, by variant.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    reach: BTreeMap<VariantId, Vec<Reach>>,
}

impl Gaps {
    fn of(run: &Run, gaps: &[Gap]) -> Gaps {
        let mut found = Gaps::default();
        for gap in gaps {
            for variant in concerned(run, gap.suite) {
                found.reach.entry(variant).or_default().push(gap.reach.clone());
            }
        }
        for reach in found.reach.values_mut() {
            reach.sort_unstable();
            reach.dedup();
        }
        found
    }

    /// Whether anything at all was cut in this variant.
    pub fn any_in(&self, variant: VariantId) -> bool {
        self.reach.contains_key(&variant)
    }

    /// Whether what was cut could have held a test of this row. A row's own exact test that was
    /// measured is the caller's matter.
    pub fn could_hide(&self, row: &Row, variant: VariantId) -> bool {
        let could = |reach: &Reach| match reach {
            Reach::Any => true,
            Reach::Below(prefix) => row.could_match_below(prefix),
        };
        self.reach.get(&variant).is_some_and(|reaches| reaches.iter().any(could))
    }
}

/// The variants that a gap in this suite, or in the whole run, concerns.
fn concerned(run: &Run, suite: Option<SuiteId>) -> Vec<VariantId> {
    match suite {
        Some(suite) => vec![run.variant_of(suite.file)],
        None => (0..run.variants.len()).map(|index| VariantId(index as u16)).collect(),
    }
}

impl Comparison<'_> {
    /// What it all comes to. `repeats` are the problems that [`super::Repeats`] found.
    pub fn facts(mut self, today: Date, repeats: Vec<Problem>) -> Facts {
        self.note_empty_variants();
        let table = self.row_table();
        let gaps = Gaps::of(self.run, &self.gaps);
        let (known, variants) = (&self.run.known, &self.run.variants);
        let audit = Audit { known, variants, table: &table, gaps: &gaps, matched: &self.matched };
        let ids = (0..known.rows().len()).map(|index| RowId(index as u32));
        let rows: Vec<RowFact> = ids
            .map(|id| RowFact { id, status: audit.status(id), counts: table.total(id) })
            .collect();
        let (counts, unmeasured) = self.count(&rows);
        let mut problems = self.document_problems(today);
        problems.append(&mut self.problems);
        problems.extend(repeats);
        problems.sort_unstable_by(|a, b| {
            let of_document = |p: &Problem| !p.kind.is_of_document();
            of_document(a).cmp(&of_document(b)).then_with(|| a.cmp(b))
        });
        problems.dedup();
        Facts {
            counts,
            results: self.results,
            variants: self.variant_facts(&unmeasured),
            tests: self.test_facts(&rows),
            rows,
            problems,
            files: self.run.files.iter().map(|file| file.path.clone()).collect(),
        }
    }

    /// A variant without any test is incomplete, whatever its files say of themselves.
    fn note_empty_variants(&mut self) {
        let tested: BTreeSet<VariantId> = self.seen.all().map(|entry| entry.variant).collect();
        let run = self.run;
        for (number, file) in run.files.iter().enumerate() {
            let number = number as u32;
            let noted = |gap: &Gap| gap.suite.is_some_and(|suite| suite.file == number);
            if tested.contains(&VariantId(file.variant)) || self.gaps.iter().any(noted) {
                continue;
            }
            let suite = Some(SuiteId { file: number, suite: 0 });
            let origin = Some(Origin { file: number, line: 0 });
            self.gaps.push(Gap { kind: GapKind::NoTests, reach: Reach::Any, suite, origin });
        }
    }

    fn row_table(&self) -> RowTable {
        let mut table = RowTable::default();
        for entry in self.seen.all() {
            if let Some(row) = entry.row() {
                table.count(row, entry.variant, entry.folded());
            }
        }
        table
    }

    fn count(&self, rows: &[RowFact]) -> (Counts, BTreeMap<VariantId, u64>) {
        let (mut counts, mut unmeasured) = (Counts::default(), BTreeMap::new());
        for entry in self.seen.all() {
            let verdict = Verdict::of(entry.folded(), self.row_and_status(entry.row(), rows));
            counts.add(verdict);
            if verdict == Verdict::Unmeasured {
                *unmeasured.entry(entry.variant).or_default() += 1;
            }
        }
        (counts, unmeasured)
    }

    fn row_and_status(&self, id: Option<RowId>, rows: &[RowFact]) -> Option<(&Row, RowStatus)> {
        id.map(|id| (self.run.known.row(id), rows[id.0 as usize].status))
    }

    fn test_facts(&self, rows: &[RowFact]) -> Vec<TestFact> {
        let mut tests = Vec::new();
        for (key, kept) in &self.kept {
            let Some(entry) = self.seen.get(*key) else { continue };
            let claimed = self.row_and_status(entry.row(), rows);
            let verdict = Verdict::of(entry.folded(), claimed);
            let shown = match verdict {
                Verdict::Passed | Verdict::Skipped => self.run.keep == Keep::Everything,
                Verdict::NewFailure
                | Verdict::Missing
                | Verdict::Unmeasured
                | Verdict::Flaky
                | Verdict::NewlyPassing
                | Verdict::KnownFailure => true,
            };
            if shown {
                let worst = entry.folded().worst();
                tests.push(TestFact {
                    name: kept.name.clone(),
                    variant: self.run.variants[entry.variant.0 as usize].clone(),
                    outcome: worst,
                    verdict,
                    by_variant: match verdict {
                        Verdict::NewFailure | Verdict::Unmeasured | Verdict::Flaky => {
                            self.by_variant(&kept.name, rows)
                        }
                        Verdict::Missing
                        | Verdict::NewlyPassing
                        | Verdict::KnownFailure
                        | Verdict::Skipped
                        | Verdict::Passed => Vec::new(),
                    },
                    row: entry.row(),
                    remark: claimed.and_then(|(row, _)| Remark::of(worst, &kept.message, row)),
                    loosely: kept.loosely,
                    message: kept.message.clone(),
                    place: kept.place.clone(),
                    origin: kept.origin,
                });
            }
        }
        tests.sort_unstable_by(|a, b| (&a.name, &a.variant).cmp(&(&b.name, &b.variant)));
        tests
    }

    fn by_variant(&self, name: &str, rows: &[RowFact]) -> Vec<Option<(Outcome, Verdict)>> {
        let said = |index| {
            let entry = self.seen.get(self.run.keys.of(name, VariantId(index as u16)))?;
            let verdict = Verdict::of(entry.folded(), self.row_and_status(entry.row(), rows));
            Some((entry.folded().worst(), verdict))
        };
        (0..self.run.variants.len()).map(said).collect()
    }

    fn variant_facts(&self, unmeasured: &BTreeMap<VariantId, u64>) -> Vec<VariantFact> {
        let mut tests = vec![0; self.run.variants.len()];
        for entry in self.seen.all() {
            tests[entry.variant.0 as usize] += 1;
        }
        let fact = |(index, variant): (usize, &Variant)| {
            let id = VariantId(index as u16);
            let (why, signed_off) = self.whys(id, unmeasured.get(&id).copied());
            let files = self.run.files.iter().filter(|f| f.variant == id.0).count() as u64;
            VariantFact { variant: variant.clone(), files, tests: tests[index], why, signed_off }
        };
        self.run.variants.iter().enumerate().map(fact).collect()
    }

    /// The reasons why a variant is incomplete, and those that a row signs off.
    fn whys(&self, variant: VariantId, unmeasured: Option<u64>) -> (Vec<Why>, Vec<Why>) {
        let mut why: Vec<Why> =
            unmeasured.into_iter().map(|tests| Why::Unmeasured { tests }).collect();
        let mut signed_off = Vec::new();
        for gap in &self.gaps {
            // An open end only says what may have been cut behind a test that is told for itself.
            let counts = gap.kind != GapKind::OpenEnd;
            if counts && concerned(self.run, gap.suite).contains(&variant) {
                let excused = gap.suite.is_some_and(|suite| self.signed_off.contains(&suite));
                let file = gap.origin.and_then(|at| self.run.files.get(at.file as usize));
                let reason = Why::Gap {
                    file: file.map(|file| file.path.clone()),
                    line: gap.origin.map_or(0, |at| at.line),
                    kind: gap.kind.clone(),
                };
                if excused { signed_off.push(reason) } else { why.push(reason) }
            }
        }
        why.sort_unstable();
        signed_off.sort_unstable();
        (why, signed_off)
    }

    fn document_problems(&self, today: Date) -> Vec<Problem> {
        let known = &self.run.known;
        let mut problems = known.problems().to_vec();
        for row in known.rows().iter().filter(|row| row.unused.is_none()) {
            let at = |kind| Problem::new(&row.file, row.line, row.column, kind);
            let pattern = || row.pattern.as_str().to_owned();
            if let Some(date) = row.expires.filter(|date| *date < today) {
                let date = date.to_string();
                problems.push(at(ProblemKind::Expired { pattern: pattern(), date }));
            }
            // One variant alone cannot tell a misspelt name from another job's.
            if self.run.variants.len() > 1 {
                for variant in unknown_variants(&row.variants, &self.run.variants) {
                    let kind = ProblemKind::UnknownVariant { pattern: pattern(), variant };
                    problems.push(at(kind));
                }
            }
        }
        problems.extend(self.lists_that_are_none());
        problems
    }

    /// Tables without a test column whose cells name tests of this run.
    fn lists_that_are_none(&self) -> Vec<Problem> {
        let seen = |name: &str| {
            let variants = (0..self.run.variants.len()).map(|index| VariantId(index as u16));
            variants.map(|id| self.run.keys.of(name, id)).any(|key| self.seen.get(key).is_some())
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

/// Variants that a row names and that no run had; patterns may match what another run has.
fn unknown_variants(scope: &VariantScope, variants: &[Variant]) -> Vec<String> {
    let named = scope.only.iter().chain(&scope.except);
    let exact = named.filter(|pattern| pattern.kind() == PatternKind::Exact);
    let unknown = exact.filter(|pattern| !variants.iter().any(|v| pattern.matches(v.as_str())));
    unknown.map(|pattern| pattern.as_str().to_owned()).collect()
}
