//! A model of the rules of the README and of docs/reference.md: what `check` must answer.
//!
//! It shares no code with the program and is written to be read next to the pages: each rule is a function with the
//! sentence that it implements. The submodules go from the list to the conclusion.

pub(crate) mod base;
pub(crate) mod claims;
pub(crate) mod completeness;
pub(crate) mod conclusion;
pub(crate) mod evidence;
pub(crate) mod outcomes;
pub(crate) mod row_status;
pub(crate) mod verdicts;

use super::case::{Case, Outcome};
use super::files::{BASE, RUN};
use claims::Row;
use completeness::MeasuredRun;
use evidence::{PastRun, RowHistory};
use outcomes::{Combined, Test, TestId};
use row_status::{Counts, RowStatus};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use verdicts::{Remark, Verdict};

/// The answer, with the names of the JSON report.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    pub exit_code: i32,
    pub conclusion: &'static str,
    pub reasons: Vec<&'static str>,
    pub counts: BTreeMap<&'static str, u64>,
    pub results: BTreeMap<String, u64>,
    pub variants: Vec<VariantAnswer>,
    pub tests: Vec<TestAnswer>,
    pub inventory: Vec<SuiteAnswer>,
    pub flips: Vec<FlipAnswer>,
    pub rows: Vec<RowAnswer>,
    /// Whether these problems are reported.
    pub problems: BTreeMap<&'static str, bool>,
}

/// A variant and what of it was not measured.
#[derive(Debug, Serialize)]
pub(crate) struct VariantAnswer {
    pub name: &'static str,
    pub complete: bool,
    pub why: Vec<String>,
    pub signed_off: Vec<String>,
    pub files: u64,
    pub tests: u64,
}

/// A test and the verdict on it.
#[derive(Debug, Serialize)]
pub(crate) struct TestAnswer {
    pub name: &'static str,
    pub variant: &'static str,
    pub outcome: Option<&'static str>,
    pub verdict: Verdict,
    pub base: Option<&'static str>,
    pub row: Option<RowLocation>,
    pub remarks: Vec<String>,
}

/// A suite of the base run.
#[derive(Debug, Serialize)]
pub(crate) struct SuiteAnswer {
    pub suite: String,
    pub variant: &'static str,
    pub base: u64,
    pub ran: u64,
}

/// A test that failed in only some runs of the commit.
#[derive(Debug, Serialize)]
pub(crate) struct FlipAnswer {
    pub name: &'static str,
    pub variant: &'static str,
    pub failed: usize,
    pub runs: usize,
}

/// Where a row is.
#[derive(Debug, Serialize)]
pub(crate) struct RowLocation {
    pub file: &'static str,
    pub line: u32,
}

/// A row and its status.
#[derive(Debug, Serialize)]
pub(crate) struct RowAnswer {
    #[serde(flatten)]
    pub location: RowLocation,
    pub pattern: &'static str,
    pub status: RowStatus,
    #[serde(flatten)]
    pub counts: Counts,
    pub closes_gap: bool,
    pub by_variant: Vec<VariantCounts>,
    pub evidence: Option<RowHistory>,
}

/// The counts of a row in one variant.
#[derive(Debug, Serialize)]
pub(crate) struct VariantCounts {
    pub name: &'static str,
    #[serde(flatten)]
    pub counts: Counts,
}

/// Everything that the rules are applied to.
pub(crate) struct Model<'c> {
    case: &'c Case,
    pub rows: Vec<Row>,
    /// All variants of the run and of the base run.
    variants: Vec<&'static str>,
    pub current: PastRun,
    base: Option<MeasuredRun>,
    earlier: Vec<PastRun>,
    pub statuses: Vec<RowStatus>,
}

impl<'c> Model<'c> {
    /// Measures the runs of a case and finds the status of each row.
    pub(crate) fn new(case: &'c Case) -> Model<'c> {
        let rows = claims::rows(case);
        let options = &case.options;
        let run = MeasuredRun::of(&rows, &case.run, RUN, options);
        let own: BTreeSet<&'static str> = case.run.files.iter().map(|file| file.variant).collect();
        let of_base = case.base.iter().flat_map(|base| &base.files).map(|file| file.variant);
        let variants: BTreeSet<&'static str> = own.iter().copied().chain(of_base).collect();
        let variants: Vec<&'static str> = variants.into_iter().collect();
        let base_options = evidence::options_of_another_run(options);
        let base = case.base.as_ref();
        let base = base.map(|base| MeasuredRun::of(&rows, base, BASE, &base_options));
        let earlier = case.earlier.iter().map(|run| PastRun::of(&rows, run, options)).collect();
        let status = |index| row_status::status(&rows, index, &run, &variants);
        let statuses = (0..rows.len()).map(status).collect();
        let current = PastRun { run, variants: own, commit: options.commit };
        Model { case, rows, variants, current, base, earlier, statuses }
    }

    /// What `check` must answer.
    pub(crate) fn answer(&self) -> Answer {
        let tests = self.tests();
        let flips = evidence::flips(&self.rows, &self.earlier, &self.current);
        let reasons = self.reasons(&tests, !flips.is_empty());
        let (conclusion, exit_code) = conclusion::conclusion(&reasons);
        let is_listed = |test: &TestAnswer| {
            let is_plain = matches!(test.verdict, Verdict::Passed | Verdict::Skipped);
            self.case.options.all_tests || !is_plain
        };
        Answer {
            exit_code,
            conclusion,
            reasons,
            counts: counts(&tests),
            results: self.results(),
            variants: self.variants.iter().map(|variant| self.variant(variant)).collect(),
            tests: tests.into_iter().filter(is_listed).collect(),
            inventory: self.inventory(),
            flips: flips.into_iter().map(flip).collect(),
            rows: (0..self.rows.len()).map(|index| self.row(index)).collect(),
            problems: BTreeMap::from([
                ("contradicting-row", claims::has_contradiction(&self.rows)),
                ("incomplete-base", !self.base.as_ref().is_none_or(is_complete)),
            ]),
        }
    }

    fn tests(&self) -> Vec<TestAnswer> {
        let measured = self.current.run.tests.iter().map(|(id, test)| self.test(*id, test));
        let base = self.base.iter();
        let missing = base.flat_map(|base| base::missing(&self.rows, &self.current.run, base));
        let missing = missing.map(|((name, variant), row, outcome)| TestAnswer {
            name,
            variant,
            outcome: None,
            verdict: Verdict::Missing,
            base: Some(outcome.word()),
            row: row.map(|row| self.location(row)),
            remarks: Vec::new(),
        });
        let mut tests: Vec<TestAnswer> = measured.chain(missing).collect();
        tests.sort_by_key(|test| (test.name, test.variant));
        tests
    }

    fn test(&self, id: TestId, test: &Test) -> TestAnswer {
        let index = claims::claim(&self.rows, id.0, id.1);
        let verdict = self.verdict(id, test);
        let base_test = self.base.as_ref().and_then(|base| base.tests.get(&id));
        TestAnswer {
            name: id.0,
            variant: id.1,
            outcome: Some(test.combined().outcome().word()),
            verdict,
            base: base_test.and_then(base::base_outcome).map(Outcome::word),
            row: index.map(|row| self.location(row)),
            remarks: self.remarks(id, test, verdict).iter().map(Remark::text).collect(),
        }
    }

    /// The verdict on a test of this run.
    pub(crate) fn verdict(&self, (name, variant): TestId, test: &Test) -> Verdict {
        let index = claims::claim(&self.rows, name, variant);
        verdicts::verdict(test, index.map(|index| (&self.rows[index], self.statuses[index])))
    }

    /// The verdict on each test of this run.
    pub(crate) fn verdicts(&self) -> BTreeMap<TestId, Verdict> {
        let tests = self.current.run.tests.iter();
        tests.map(|(id, test)| (*id, self.verdict(*id, test))).collect()
    }

    /// The tests that a row has to claim still after an update: those that did more than pass in this run, and those that
    /// failed in a complete earlier one and did not pass in as many as `--runs` requires.
    pub(crate) fn tests_that_need_rows(&self) -> BTreeSet<TestId> {
        let tests = self.current.run.tests.iter();
        let passed = |test: &Test| test.combined() == Combined::Plain(Outcome::Passed);
        let now = tests.filter(|(_, test)| !passed(test)).map(|(id, _)| *id);
        let runs: Vec<&PastRun> = self.earlier.iter().chain([&self.current]).collect();
        let measured = |id: &TestId| evidence::results_of(&runs, *id);
        let needs_row = |id: &TestId| {
            let results = measured(id);
            let has_failed = results.iter().any(|test| test.combined().outcome().fails());
            let passes = results.iter().filter(|test| passed(test)).count();
            has_failed && self.case.options.runs.is_none_or(|required| passes < required)
        };
        let earlier = self.earlier.iter().flat_map(|past| past.run.tests.keys().copied());
        now.chain(earlier.filter(needs_row)).collect()
    }

    fn remarks(&self, id: TestId, test: &Test, verdict: Verdict) -> Vec<Remark> {
        let row = claims::claim(&self.rows, id.0, id.1).map(|index| &self.rows[index]);
        let mut remarks = Vec::new();
        if matches!(test.combined(), Combined::Infrastructure(_)) {
            remarks.push(Remark::Infrastructure);
        } else {
            let from_base = self
                .base
                .as_ref()
                .and_then(|base| base::base_remark(test, verdict, row, base.tests.get(&id), base));
            remarks.extend(from_base);
            remarks.extend(verdicts::row_remarks(test, verdict, row));
        }
        // "With evidence of earlier runs, a new failure shows in how many of them it failed."
        let is_flaky = row.is_some_and(|row| row.expected.is_flaky());
        let shows_rate = matches!(verdict, Verdict::NewFailure | Verdict::Flaky)
            || verdict == Verdict::KnownFailure && is_flaky;
        let (failed, runs) = evidence::failures(&self.earlier, id);
        if shows_rate && runs > 0 {
            remarks.push(Remark::FailureRate(failed, runs));
        }
        remarks
    }

    /// The reasons that hold, of those that `--fail-on` selects.
    fn reasons(&self, tests: &[TestAnswer], flips: bool) -> Vec<&'static str> {
        let any = |verdict| tests.iter().any(|test| test.verdict == verdict);
        let any_remark = |remark: Remark| {
            let mut measured = self.current.run.tests.iter();
            measured.any(|(id, test)| {
                self.remarks(*id, test, self.verdict(*id, test)).contains(&remark)
            })
        };
        let holds = |reason: &&str| match *reason {
            "new-failures" => any(Verdict::NewFailure),
            "missing" => any(Verdict::Missing),
            "hidden-regressions" => any_remark(Remark::HidesRegression),
            "newly-passing" => self.is_newly_passing_red(),
            "unmatched" => self.statuses.contains(&RowStatus::Unmatched),
            "differently" => any_remark(Remark::Differently),
            "flaky" => any(Verdict::Flaky) || flips,
            "incomplete" => !self.current.run.completeness.is_complete_run(),
            "document" => claims::has_contradiction(&self.rows),
            reason => panic!("no reason: {reason}"),
        };
        conclusion::selected(self.case.options.fail_on).into_iter().filter(holds).collect()
    }

    /// "With a base run, newly-passing is red only for a test that failed there; `strict-all` is red for all of them." A row that
    /// earlier runs or other variants may need is not red.
    fn is_newly_passing_red(&self) -> bool {
        let counts_all = conclusion::counts_all_newly_passing(self.case.options.fail_on);
        self.current.run.tests.iter().any(|(id, test)| {
            let was_fixed =
                self.base.as_ref().is_none_or(|base| base::failed_there(base.tests.get(id)));
            let row = claims::claim(&self.rows, id.0, id.1);
            self.verdict(*id, test) == Verdict::NewlyPassing
                && row.is_some_and(|row| self.is_removable(row))
                && (counts_all || was_fixed)
        })
    }

    /// "A row is only removed when no variant needs it and every variant that it names was measured", and "when earlier runs
    /// agree".
    pub(crate) fn is_removable(&self, index: usize) -> bool {
        let has_variants = self.variants.iter().any(|variant| !variant.is_empty());
        let has_run = |item: &str| {
            self.current.run.tests.keys().any(|(_, tested_in)| claims::is_of(item, tested_in))
        };
        let named = self.rows[index].variants.iter();
        let mut named = named.filter(|item| {
            !item.starts_with('!') && !item.starts_with("re:") && !item.contains('*')
        });
        self.statuses[index] == RowStatus::NewlyPassing
            && (!has_variants || named.all(|name| has_run(name)))
            && self.history(index).is_none_or(|history| history.is_sufficient)
            && !self.has_missing_failures(index)
    }

    /// A test that did not pass in the base run may still need its row where it is missing now.
    fn has_missing_failures(&self, index: usize) -> bool {
        let base = self.base.iter();
        let mut missing = base.flat_map(|base| base::missing(&self.rows, &self.current.run, base));
        missing.any(|(_, row, outcome)| row == Some(index) && outcome != Outcome::Passed)
    }

    fn history(&self, index: usize) -> Option<RowHistory> {
        let runs: Vec<&PastRun> = self.earlier.iter().chain([&self.current]).collect();
        let required = self.case.options.runs;
        let index = claims::first_of_equals(&self.rows, index);
        let history = || evidence::row_history(&self.rows, index, &runs, required);
        (!self.earlier.is_empty()).then(history)
    }

    fn results(&self) -> BTreeMap<String, u64> {
        let mut results = BTreeMap::from([("total".to_owned(), 0)]);
        for result in self.current.run.tests.values().flat_map(|test| &test.results) {
            for key in ["total".to_owned(), result.outcome.word().replace('-', "_")] {
                *results.entry(key).or_default() += 1;
            }
        }
        results
    }

    fn variant(&self, name: &'static str) -> VariantAnswer {
        let completeness = &self.current.run.completeness;
        let why = completeness.reasons.get(name).into_iter().flatten().cloned();
        let accepted =
            completeness.gaps.iter().filter(|gap| gap.is_accepted && gap.variant == name);
        let accepted: BTreeSet<String> = accepted.filter_map(|gap| gap.why.clone()).collect();
        let files = self.case.run.files.iter().filter(|file| file.variant == name).count() as u64;
        let tests = self.current.run.tests.keys().filter(|(_, variant)| *variant == name);
        VariantAnswer {
            name,
            // "A variant that only the base has is not complete with 0 tests"; nor is the run incomplete for it.
            complete: files > 0 && completeness.is_complete(name),
            why: why.collect(),
            signed_off: accepted.into_iter().collect(),
            files,
            tests: tests.count() as u64,
        }
    }

    fn inventory(&self) -> Vec<SuiteAnswer> {
        let base = self.base.iter();
        let suites = base.flat_map(|base| base::inventory(&self.rows, &self.current.run, base));
        let suite = |((suite, variant), (base, ran))| SuiteAnswer { suite, variant, base, ran };
        suites.map(suite).collect()
    }

    fn row(&self, index: usize) -> RowAnswer {
        let run = &self.current.run;
        let counts_in =
            |variant| row_status::counts(&row_status::tests_of(&self.rows, index, run, variant));
        let applies_to = self.variants.iter().filter(|variant| self.rows[index].allows(variant));
        let by_variant =
            applies_to.map(|name| VariantCounts { name, counts: counts_in(Some(name)) });
        RowAnswer {
            location: self.location(index),
            pattern: self.rows[index].pattern,
            status: self.statuses[index],
            counts: counts_in(None),
            closes_gap: row_status::closes_gap(&self.rows, index, run, &self.variants),
            by_variant: by_variant.filter(|_| self.variants.len() > 1).collect(),
            evidence: self.history(index),
        }
    }

    fn location(&self, index: usize) -> RowLocation {
        RowLocation { file: self.rows[index].file, line: self.rows[index].line }
    }
}

fn is_complete(run: &MeasuredRun) -> bool {
    run.completeness.is_complete_run()
}

fn counts(tests: &[TestAnswer]) -> BTreeMap<&'static str, u64> {
    let count = |is_counted: &dyn Fn(Verdict) -> bool| {
        tests.iter().filter(|test| is_counted(test.verdict)).count() as u64
    };
    let of = |verdict| count(&|other| other == verdict);
    BTreeMap::from([
        ("tests", count(&|verdict| verdict != Verdict::Missing)),
        ("passed", of(Verdict::Passed)),
        ("skipped", of(Verdict::Skipped)),
        ("known_failures", of(Verdict::KnownFailure)),
        ("new_failures", of(Verdict::NewFailure)),
        ("newly_passing", of(Verdict::NewlyPassing)),
        ("flaky", of(Verdict::Flaky)),
        ("unmeasured", of(Verdict::Unmeasured)),
        ("missing", of(Verdict::Missing)),
    ])
}

fn flip(((name, variant), (failed, runs)): (TestId, (usize, usize))) -> FlipAnswer {
    FlipAnswer { name, variant, failed, runs }
}
