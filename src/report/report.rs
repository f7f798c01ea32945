//! The report of a run.

use super::nearest_rows::NearestRows;
use super::rows::RowLines;
use super::{
    Evidence, FlipLine, IssueLine, ListDiff, Patch, RichText, RowLine, RunScope, RunSummary, Since,
    SuiteLine, messages, patch, suggest,
};
use crate::compare::{
    Facts, FixedTest, MissingTest, PerVariant, Remark, RowStatus, TestFact, Verdict, VerdictCounts,
};
use crate::known::{Expected, KnownFailures, Pattern, RowId};
use crate::model::{Outcome, OutcomeCounts, Problem, Severity};
use crate::policy::Judgement;
use std::collections::BTreeSet;
use std::sync::Arc;

/// For how many failures of a kind the nearest row is looked for: more are not annotated.
const MAX_NEAREST_LOOKUPS: usize = 20;

/// Everything that is said of a run.
#[derive(Debug)]
pub struct Report {
    /// What the caller calls this run; empty without a title.
    pub title: String,
    pub judgement: Judgement,
    /// The verdict in one line.
    pub headline: RichText,
    /// Whether other runs say of other variants what this one cannot.
    pub run_scope: RunScope,
    pub counts: VerdictCounts,
    pub results: OutcomeCounts,
    pub variants: Vec<VariantLine>,
    /// By name, then variant.
    pub tests: Vec<TestLine>,
    /// Tests that failed and that nothing excuses, one entry a name.
    pub new_failures: Vec<Failure>,
    /// Tests that failed and passed when they were retried, one entry a name.
    pub flaky: Vec<Failure>,
    /// Tests that were not measured, one entry a name.
    pub unmeasured: Vec<Failure>,
    /// Tests that the base run had and this one lacks, by name, then variant.
    pub missing: Vec<MissingLine>,
    /// Tests that failed in the base run and pass here without a row: names, with variants.
    pub fixed: Vec<(String, String)>,
    /// How many tests of each suite of the base run ran, by suite, then variant.
    pub suites: Vec<SuiteLine>,
    /// Tests that failed in some runs of the commit under test and not in others.
    pub flipping: Vec<FlipLine>,
    /// The commit under test; empty when nobody said.
    pub commit: String,
    /// In the order of the documents.
    pub rows: Vec<RowLine>,
    pub problems: Vec<ProblemLine>,
    /// What the pull request does to the list; `None` where it does nothing, or nobody knows.
    pub list_diff: Option<ListDiff>,
    /// What the states of the rows' issues mean; empty where nobody asked.
    pub issues: Vec<IssueLine>,
    /// The rows that pass, taken out of the documents.
    pub patches: Vec<Patch>,
}

/// One variant.
#[derive(Debug, Clone)]
pub struct VariantLine {
    pub name: String,
    pub files: u64,
    pub tests: u64,
    /// Why its run is incomplete; empty when it is complete.
    pub incomplete_reasons: Vec<RichText>,
    /// What was cut and is signed off by a row.
    pub accepted: Vec<RichText>,
}

impl VariantLine {
    /// Whether all of it was measured.
    pub fn is_complete(&self) -> bool {
        self.incomplete_reasons.is_empty()
    }
}

/// One test in one variant.
#[derive(Debug, Clone)]
pub struct TestLine {
    pub name: Arc<str>,
    pub variant: String,
    pub outcome: Outcome,
    pub verdict: Verdict,
    /// Index into [`Report::rows`].
    pub row: Option<usize>,
    pub base: Option<Outcome>,
    /// What is worth saying of it beside the verdict.
    pub remarks: Vec<RichText>,
    /// Whether it passed in the base run and fails here under a row.
    pub is_hidden_regression: bool,
    pub message: Arc<str>,
    pub file: Option<Arc<str>>,
    pub line: Option<u64>,
    /// The results file and the line of its result.
    pub result: (Arc<str>, u32),
}

/// One name that failed, in one or more variants.
#[derive(Debug, Clone)]
pub struct Failure {
    pub name: Arc<str>,
    /// Indices into [`Report::tests`], by variant.
    pub tests: Vec<usize>,
    /// What every variant says of it, in the order of [`Report::variants`]; `None` where it has no
    /// result.
    pub outcomes: PerVariant,
    /// The row to look at: the one that claims it, or the nearest one. Index into [`Report::rows`].
    /// Only looked for while there are few failures: more are not annotated.
    pub nearest_row: Option<usize>,
}

/// One test that did not come.
#[derive(Debug, Clone)]
pub struct MissingLine {
    pub name: String,
    pub variant: String,
    /// The outcome in the base run.
    pub base: Outcome,
    /// Index into [`Report::rows`].
    pub row: Option<usize>,
}

/// One problem, in words.
#[derive(Debug, Clone)]
pub struct ProblemLine {
    pub code: &'static str,
    pub severity: Severity,
    pub file: String,
    /// 1-based; 0 when the whole file is meant.
    pub line: u32,
    /// 1-based; 0 when the whole line is meant.
    pub column: u32,
    pub message: RichText,
    /// Whether the document is at fault, and not the results.
    pub is_document_problem: bool,
    /// Whether the same stands among the reasons why a run is incomplete.
    pub is_gap: bool,
}

impl Report {
    /// Says what the facts come to. It takes them, since most of a test's facts are said as they are.
    pub fn new(
        title: &str,
        facts: Facts,
        judgement: Judgement,
        known: &KnownFailures,
        evidence: &Evidence,
    ) -> Report {
        let mut rows: Vec<RowLine> = RowLines::new(known, &facts, evidence).all().collect();
        for (id, name) in suggest::suggestions(known, &facts) {
            rows[id.0 as usize].suggestion = Some(name);
        }
        let nearest = NearestRows::new(known);
        let failures_with = |verdict| failures(&facts, verdict, &nearest);
        let removable = rows.iter().zip(&facts.rows).filter(|(row, _)| row.is_removable());
        let removed: BTreeSet<RowId> = removable.map(|(_, fact)| fact.id).collect();
        let mut report = Report {
            title: title.to_owned(),
            judgement,
            headline: RichText::default(),
            run_scope: RunScope::Whole,
            counts: facts.counts,
            results: facts.results,
            variants: facts.variants.iter().map(variant_line).collect(),
            suites: facts.suites.iter().map(SuiteLine::new).collect(),
            flipping: facts.flipping.iter().map(FlipLine::new).collect(),
            commit: evidence.commit.clone(),
            missing: facts.missing.iter().map(missing_line).collect(),
            fixed: facts.fixed.iter().map(fixed_test).collect(),
            new_failures: failures_with(Verdict::NewFailure),
            flaky: failures_with(Verdict::Flaky),
            unmeasured: failures_with(Verdict::Unmeasured),
            list_diff: facts.list.as_deref().and_then(ListDiff::new),
            issues: Vec::new(),
            patches: patch::removing_rows(known, &removed),
            problems: facts.problems.iter().map(ProblemLine::new).collect(),
            rows,
            tests: test_lines(facts.tests, &facts.files, known, evidence),
        };
        report.headline = messages::headline(&RunSummary::from_report(&report));
        report
    }

    /// Rows of this status, in the order of the documents.
    pub fn rows_with_status(&self, status: RowStatus) -> impl Iterator<Item = &RowLine> {
        self.rows.iter().filter(move |row| row.status == status)
    }

    /// Rows that it is proposed to take out.
    pub fn removable_rows(&self) -> impl Iterator<Item = &RowLine> {
        self.rows.iter().filter(|row| row.is_removable())
    }

    /// Rows that pass here and were not seen to pass in enough runs, or in all their variants.
    pub fn unconfirmed_rows(&self) -> impl Iterator<Item = &RowLine> {
        self.rows_with_status(RowStatus::NewlyPassing).filter(|row| !row.is_removable())
    }

    /// How many tests have this verdict.
    pub fn count(&self, verdict: Verdict) -> u64 {
        self.counts.get(verdict)
    }

    /// Whether every variant was measured as a whole.
    pub fn is_complete(&self) -> bool {
        self.variants.iter().all(VariantLine::is_complete)
    }

    /// Whether there is nothing that a person has to know.
    pub fn has_nothing_to_report(&self) -> bool {
        self.judgement.reasons.is_empty()
            && self.is_complete()
            && self.new_failures.is_empty()
            && self.unmeasured.is_empty()
            && self.flipping.is_empty()
            && self.shrunken_suites().next().is_none()
            && self.flaky.is_empty()
            && self.missing.is_empty()
            && self.hidden_regressions().next().is_none()
            && !self
                .rows_with_status(RowStatus::NewlyPassing)
                .any(|row| row.since != Some(Since::Before))
            && !self.problems.iter().any(|problem| self.is_notable(problem))
            && !self.list_diff.as_ref().is_some_and(|list| list.grows)
    }

    /// Whether a problem is worth a comment on a pull request that has none: warnings are the same on every one,
    /// unless this one changes the list.
    fn is_notable(&self, problem: &ProblemLine) -> bool {
        match problem.severity {
            Severity::Error => true,
            Severity::Warning => problem.is_document_problem && self.list_diff.is_some(),
        }
    }

    /// Suites of which fewer tests ran than in the base run.
    pub fn shrunken_suites(&self) -> impl Iterator<Item = &SuiteLine> {
        self.suites.iter().filter(|suite| suite.current < suite.base)
    }

    /// Rows that expect a hang or a crash and whose tests all came to another end.
    pub fn rows_now_completing(&self) -> impl Iterator<Item = &RowLine> {
        self.rows.iter().filter(|row| row.ran_to_completion)
    }

    /// Rows that match no test of a complete run.
    pub fn unmatched(&self) -> impl Iterator<Item = &RowLine> {
        self.rows_with_status(RowStatus::Unmatched)
    }

    /// Known failures that passed in the base run.
    pub fn hidden_regressions(&self) -> impl Iterator<Item = &TestLine> {
        self.tests.iter().filter(|test| test.is_hidden_regression)
    }

    /// The problems that no reason for an incomplete run tells already.
    pub fn problems_without_gap(&self) -> impl Iterator<Item = &ProblemLine> {
        self.problems.iter().filter(|problem| !problem.is_gap)
    }

    /// The variants' names, where they have any.
    pub fn named_variants(&self) -> Vec<&str> {
        let names = self.variants.iter().map(|variant| variant.name.as_str());
        names.filter(|name| !name.is_empty()).collect()
    }
}

fn variant_line(fact: &crate::compare::VariantFact) -> VariantLine {
    VariantLine {
        name: fact.variant.as_str().to_owned(),
        files: fact.files,
        tests: fact.tests,
        incomplete_reasons: fact.incomplete.iter().map(messages::incomplete_reason).collect(),
        accepted: fact.accepted.iter().map(messages::incomplete_reason).collect(),
    }
}

fn missing_line(test: &MissingTest) -> MissingLine {
    MissingLine {
        name: test.name.to_string(),
        variant: test.variant.as_str().to_owned(),
        base: test.base,
        row: test.row.map(|row| row.0 as usize),
    }
}

fn fixed_test(test: &FixedTest) -> (String, String) {
    (test.name.to_string(), test.variant.as_str().to_owned())
}

/// Each takes the place of its fact.
fn test_lines(
    tests: Vec<TestFact>,
    files: &[Arc<str>],
    known: &KnownFailures,
    evidence: &Evidence,
) -> Vec<TestLine> {
    let no_file: Arc<str> = Arc::from("");
    let line = |test: TestFact| {
        let results_file = files.get(test.origin.file as usize).unwrap_or(&no_file);
        let pinned = test.row.and_then(|row| match &known.row(row).expected {
            Expected::Failure { message, .. } => message.as_ref().map(Pattern::as_str),
            Expected::AnyFailure | Expected::Flaky | Expected::Skip => None,
        });
        let remarks = messages::remarks(&test, pinned).into_iter();
        let remarks = remarks.chain(failure_rate(known, evidence, &test)).collect();
        let (file, line) = test.location.map_or((None, None), |(file, line)| (Some(file), line));
        TestLine {
            remarks,
            name: test.name,
            variant: test.variant.as_str().to_owned(),
            outcome: test.outcome,
            verdict: test.verdict,
            row: test.row.map(|row| row.0 as usize),
            base: test.base,
            is_hidden_regression: test.remarks.contains(&Remark::HidesRegression),
            message: test.message,
            file,
            line,
            result: (Arc::clone(results_file), test.origin.line),
        }
    };
    tests.into_iter().map(line).collect()
}

/// How often a test failed in earlier runs, where that tells a flake from a failure.
fn failure_rate(known: &KnownFailures, evidence: &Evidence, test: &TestFact) -> Option<RichText> {
    let row = test.row.map(|row| &known.row(row).expected);
    let is_relevant = match test.verdict {
        Verdict::NewFailure | Verdict::Flaky => true,
        Verdict::KnownFailure => matches!(row, Some(Expected::Flaky)),
        Verdict::Missing
        | Verdict::Unmeasured
        | Verdict::NewlyPassing
        | Verdict::Skipped
        | Verdict::Passed => false,
    };
    let (failed, runs) = match is_relevant {
        true => evidence.failure_rate(&test.name, test.variant.as_str()),
        false => (0, 0),
    };
    (runs > 0).then(|| messages::failure_rate(failed, runs))
}

impl ProblemLine {
    /// A problem in words.
    pub fn new(problem: &Problem) -> ProblemLine {
        ProblemLine {
            code: problem.kind.code(),
            severity: problem.kind.severity(),
            file: problem.file.to_string(),
            line: problem.line,
            column: problem.column,
            message: messages::problem(&problem.kind),
            is_document_problem: problem.kind.is_document_problem(),
            is_gap: problem.kind.has_matching_gap(),
        }
    }
}

/// The tests of one verdict, one entry a name.
fn failures(facts: &Facts, verdict: Verdict, rows: &NearestRows<'_>) -> Vec<Failure> {
    let mut failures: Vec<Failure> = Vec::new();
    let tests = facts.tests.iter().enumerate();
    for (index, test) in tests.filter(|(_, test)| test.verdict == verdict) {
        match failures.last_mut() {
            Some(last) if *last.name == *test.name => last.tests.push(index),
            Some(_) | None => {
                let looks_up_nearest = failures.len() < MAX_NEAREST_LOOKUPS;
                let nearest = || {
                    let row =
                        looks_up_nearest.then(|| rows.rows(&test.name).first().copied()).flatten();
                    row.map(|row| row.0 as usize)
                };
                failures.push(Failure {
                    name: test.name.clone(),
                    tests: vec![index],
                    outcomes: test.by_variant.clone(),
                    nearest_row: test.row.map(|row| row.0 as usize).or_else(nearest),
                });
            }
        }
    }
    failures
}
