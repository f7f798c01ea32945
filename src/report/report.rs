//! The report of a run: everything that renderers show.

use super::nearest_rows::NearestRows;
use super::rows::RowLines;
use super::{
    Evidence, HintLine, IssueLine, IssueStates, ListDiff, Patch, RichText, RowLine, RowReviews,
    RowsToAdd, RunScope, Since, SourceRoots, messages, patch, suggest,
};
use crate::compare::{
    ExternalFacts, Facts, FixedTest, FlippingTest, IncompleteReason, MissingTest, PerVariant,
    Remark, RowStatus, SuiteFact, TestFact, VariantFact, Verdict, VerdictCounts,
};
use crate::known::{Document, KnownFailures, MessagePattern, RowId};
use crate::model::{CombinedOutcome, Outcome, OutcomeCounts, Problem, Severity, first_line};
use crate::policy::{Judgement, Reason};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Failures of a verdict whose nearest row is looked up, of those with a source file and of those without: few more
/// are annotated.
const MAX_NEAREST_LOOKUPS: usize = 20;

/// Everything that is reported of a run.
#[derive(Debug)]
pub struct Report {
    /// The caller's title for this run; may be empty.
    pub title: String,
    /// The conclusion, with its reasons.
    pub judgement: Judgement,
    /// Whether this run has all variants, or other runs have others.
    pub run_scope: RunScope,
    /// The list that judged.
    pub judged_list: JudgedList,
    /// Tests by verdict.
    pub counts: VerdictCounts,
    /// Tests that failed as the runner expects, and that no row claims.
    pub expected_by_runner: u64,
    /// Every result of every file, repeated ones included.
    pub results: OutcomeCounts,
    /// By name.
    pub variants: Vec<VariantLine>,
    /// By name, then variant.
    pub tests: Vec<TestLine>,
    /// Tests that failed and that no row excuses, one entry for each name; those that failed in the base run too last.
    pub new_failures: Vec<Failure>,
    /// How many of these tests have a row of their own, which expects something milder: it is the one to edit.
    pub new_failures_with_row: u64,
    /// Tests that failed and passed when they were retried, one entry for each name.
    pub flaky: Vec<Failure>,
    /// Tests that were not measured, one entry for each name.
    pub unmeasured: Vec<Failure>,
    /// Tests that the base run had and this one lacks, by name, then variant.
    pub missing: Vec<MissingTest>,
    /// Tests that failed in the base run and now pass without a row.
    pub fixed: Vec<FixedTest>,
    /// How many tests of each suite of the base run ran, by suite, then variant.
    pub suites: Vec<SuiteFact>,
    /// Tests that failed in some runs of the commit under test and not in others.
    pub flipping: Vec<FlippingTest>,
    /// The commit under test; empty if it is not known.
    pub commit: String,
    /// In the order of the documents.
    pub rows: Vec<RowLine>,
    /// Why rows match no test although such a test ran, the closest relation first.
    pub hints: Vec<HintLine>,
    /// Of documents and results.
    pub problems: Vec<ProblemLine>,
    /// What the pull request does to the list; `None` if it changes no row, or without a pull request.
    pub list_diff: Option<ListDiff>,
    /// What to do about the rows' issues; empty if their states were not queried.
    pub issues: Vec<IssueLine>,
    /// For each document with rows that can be removed.
    pub patches: Vec<Patch>,
    /// The paths of the documents, in their order.
    pub documents: Vec<String>,
    /// The document that a row is added to if no row is like it: the last one that can be edited, or else the last one
    /// with a row that expects a failure.
    default_document: Option<String>,
    /// The rows that would be added for the new failures.
    pub rows_to_add: RowsToAdd,
    /// The command that adds them; empty where none is suggested.
    pub add_command: String,
}

/// The list that a run is judged by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum JudgedList {
    /// That of the change under test.
    #[default]
    OfChange,
    /// That of the base: the change under test cannot edit it.
    OfBase,
}

/// Everything that a report is made of.
#[derive(Debug)]
pub struct ReportInput<'a> {
    /// The caller's title for the run; may be empty.
    pub title: &'a str,
    /// Whether the run has all variants.
    pub run_scope: RunScope,
    /// The list that the run was compared with.
    pub judged_list: JudgedList,
    /// What the run shows.
    pub facts: Facts,
    /// What earlier runs and the change under test show.
    pub external: &'a ExternalFacts,
    /// The conclusion, with its reasons.
    pub judgement: Judgement,
    /// The rows of that list.
    pub known: &'a KnownFailures,
    /// Earlier runs.
    pub evidence: &'a Evidence,
    /// What becomes of each row, by these facts and this evidence.
    pub reviews: RowReviews,
    /// `None` if no issue was looked up.
    pub issues: Option<&'a IssueStates>,
    /// Where the suite saw the repository.
    pub sources: &'a SourceRoots,
    /// The rows that would be added for the new failures.
    pub rows_to_add: RowsToAdd,
    /// The command that adds them.
    pub add_command: String,
}

#[derive(Debug, Clone)]
pub struct VariantLine {
    /// Empty for a run without variants.
    pub name: String,
    pub files: u64,
    pub tests: u64,
    /// Why not all of it was measured; empty if it is complete.
    pub incomplete_reasons: Vec<GapLine>,
    /// What was truncated, as a row expects.
    pub accepted: Vec<GapLine>,
}

/// A part of a variant that was not measured.
#[derive(Debug, Clone)]
pub struct GapLine {
    pub text: RichText,
    /// Whether it is one gap of the whole run, which every variant has.
    pub is_of_run: bool,
}

impl VariantLine {
    /// Whether all of it was measured.
    pub fn is_complete(&self) -> bool {
        self.incomplete_reasons.is_empty()
    }

    /// Whether this run has results of it: the base run may have further variants.
    pub fn did_run(&self) -> bool {
        self.files > 0
    }
}

#[derive(Debug, Clone)]
pub struct TestLine {
    pub name: Arc<str>,
    /// Empty for a run without variants.
    pub variant: String,
    /// As the runner reported it.
    pub outcome: Outcome,
    /// Whether it passed when it was retried after that outcome.
    pub is_flaky: bool,
    /// As it is judged.
    pub verdict: Verdict,
    /// The row that claims it: an index into [`Report::rows`].
    pub row: Option<usize>,
    /// Its outcome in the base run.
    pub base: Option<CombinedOutcome>,
    /// What a reader should know besides the verdict.
    pub remarks: Vec<RichText>,
    /// Whether it passed in the base run, and a row claims its failure.
    pub is_hidden_regression: bool,
    /// Whether it is a known failure without the message that its row pins.
    pub is_message_mismatch: bool,
    /// Whether it failed because of infrastructure, so that it was not measured.
    pub is_infrastructure_failure: bool,
    /// Any number of lines, as they were printed.
    pub message: Arc<str>,
    /// Its source file, as the results name it.
    pub file: Option<Arc<str>>,
    /// Its line in the source file.
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
    /// Outcome and verdict in each variant, in the order of [`Report::variants`]; `None` without a result.
    pub outcomes: PerVariant,
    /// The row that claims it, or the nearest one: an index into [`Report::rows`]. The nearest one is only looked
    /// up for the first failures, since annotations of more are not shown.
    pub nearest_row: Option<usize>,
    /// Whether it is a new failure that failed in the base run too, in each of its variants: the change under test did
    /// not cause it.
    pub is_in_base: bool,
}

/// The test whose message is shown of a failure in several variants.
#[derive(Debug, Clone, Copy)]
pub struct ShownTest<'r> {
    pub test: &'r TestLine,
    /// Its variant, unless the failure shows the same in all others.
    pub variant: Option<&'r str>,
}

impl Failure {
    /// The first of its tests with a message, or else with a remark.
    pub fn shown_test<'r>(&self, report: &'r Report) -> Option<ShownTest<'r>> {
        let tests = || self.tests.iter().map(|index| &report.tests[*index]);
        let with_message = tests().find(|test| !test.message.is_empty());
        let with_remark = || tests().find(|test| !test.remarks.is_empty());
        let test = with_message.or_else(with_remark).or_else(|| tests().next())?;
        let shown = |test: &'r TestLine| (first_line(&test.message), test.remarks.first());
        let is_same = tests().all(|other| shown(other) == shown(test));
        let variant = (!is_same).then_some(test.variant.as_str());
        Some(ShownTest { test, variant: variant.filter(|variant| !variant.is_empty()) })
    }
}

/// One problem, in words.
#[derive(Debug, Clone)]
pub struct ProblemLine {
    /// The stable code.
    pub code: &'static str,
    /// An error or a warning.
    pub severity: Severity,
    /// A document or a results file.
    pub file: String,
    /// 1-based; 0 for the whole file.
    pub line: u32,
    /// 1-based; 0 for the whole line.
    pub column: u32,
    /// What is wrong and what to do about it.
    pub message: RichText,
    /// Whether it is about a document and not about results.
    pub is_document_problem: bool,
    /// Whether it is also one of the reasons why a run is incomplete.
    pub is_gap: bool,
}

/// Where a row is added if no row is like it.
fn default_document(known: &KnownFailures) -> Option<String> {
    let mut documents = known.documents().iter().rev();
    let expects_failure = |document: &&Document| {
        let mut rows = known.rows().iter().filter(|row| row.file == document.path);
        rows.any(|row| row.expected.expects_failure())
    };
    let editable = documents.clone().find(|document| document.is_editable());
    let expecting = || documents.clone().find(expects_failure);
    let document = editable.or_else(expecting).or_else(|| documents.next());
    document.map(|document| document.path.to_string())
}

impl Report {
    /// Reports these facts. It consumes them, since a report has most of them as they are.
    pub fn new(input: ReportInput<'_>) -> Report {
        let ReportInput {
            title,
            run_scope,
            judged_list,
            facts,
            external,
            judgement,
            known,
            evidence,
            reviews,
            issues,
            sources,
            rows_to_add,
            add_command,
        } = input;
        let lines = RowLines::new(known, &facts, reviews);
        let mut rows: Vec<RowLine> = facts.rows.iter().map(|fact| lines.line(fact)).collect();
        for (row, fact) in rows.iter_mut().zip(&facts.rows) {
            row.is_removed_by_change = external.removed.contains(&fact.id);
        }
        for (id, name) in suggest::suggestions(known, &facts) {
            rows[id.0 as usize].suggestion = Some(name);
        }
        for id in facts.name_hints.iter().flat_map(|hint| &hint.rows) {
            rows[id.0 as usize].has_hint = true;
        }
        let nearest = NearestRows::new(known);
        let failures_with = |verdict| failures(&facts, verdict, &nearest);
        let removable = rows.iter().zip(&facts.rows).filter(|(row, _)| row.is_removable());
        let removed: BTreeSet<RowId> = removable.map(|(_, fact)| fact.id).collect();
        let variants = facts.variants.iter().map(|fact| fact.variant.clone());
        let patches = patch::removing_rows(known, &removed, variants);
        Report {
            title: title.to_owned(),
            judgement,
            run_scope,
            judged_list,
            counts: facts.counts,
            expected_by_runner: facts.expected_by_runner,
            results: facts.results,
            variants: facts.variants.iter().map(variant_line).collect(),
            new_failures: failures_with(Verdict::NewFailure),
            new_failures_with_row: count_new_failures_with_row(&facts, known),
            flaky: failures_with(Verdict::Flaky),
            unmeasured: failures_with(Verdict::Unmeasured),
            suites: facts.suites,
            flipping: external.flipping.clone(),
            commit: evidence.commit.clone(),
            missing: facts.missing,
            fixed: facts.fixed,
            list_diff: external.list.as_ref().and_then(ListDiff::new),
            issues: issues.map_or_else(Vec::new, |issues| issues.lines(&rows, run_scope)),
            patches,
            hints: facts.name_hints.iter().filter_map(|hint| HintLine::new(hint, known)).collect(),
            problems: facts.problems.iter().map(ProblemLine::new).collect(),
            documents: known.documents().iter().map(|document| document.path.to_string()).collect(),
            default_document: default_document(known),
            rows_to_add,
            add_command,
            rows,
            tests: test_lines(facts.tests, &facts.files, known, evidence, sources),
        }
    }

    /// The new failures that the change under test can have caused, and those that failed in the base run too.
    pub fn new_failures_by_cause(&self) -> (&[Failure], &[Failure]) {
        let caused = self.new_failures.partition_point(|failure| !failure.is_in_base);
        self.new_failures.split_at(caused)
    }

    /// How many of the tests that are new failures failed in the base run too.
    pub fn count_new_failures_in_base(&self) -> u64 {
        let (_, in_base) = self.new_failures_by_cause();
        in_base.iter().map(|failure| failure.tests.len() as u64).sum()
    }

    /// Rows with this status, in the order of the documents.
    pub fn rows_with_status(&self, status: RowStatus) -> impl Iterator<Item = &RowLine> {
        self.rows.iter().filter(move |row| row.status == status)
    }

    /// Rows that are proposed for removal.
    pub fn removable_rows(&self) -> impl Iterator<Item = &RowLine> {
        self.rows.iter().filter(|row| row.is_removable())
    }

    /// Rows that pass in this run, but not in enough runs or not in all of their variants.
    pub fn unconfirmed_rows(&self) -> impl Iterator<Item = &RowLine> {
        let passing = self.rows_with_status(RowStatus::NewlyPassing);
        passing.filter(|row| !row.is_removable() && !row.is_strictest())
    }

    /// Rows that pass, and that stay because another row would excuse more.
    pub fn strictest_rows(&self) -> impl Iterator<Item = &RowLine> {
        self.rows.iter().filter(|row| row.is_strictest())
    }

    /// The sort key of what shows these reasons: those for which the check fails first, in the order of the headline.
    /// Everything else keeps its order.
    pub fn order_of(&self, reasons: &[Reason]) -> impl Ord + use<> {
        let red = reasons.iter().filter(|reason| self.judgement.reasons.contains(reason));
        let first = red.min().copied();
        (first.is_none(), first)
    }

    /// How many tests have this verdict.
    pub fn count(&self, verdict: Verdict) -> u64 {
        self.counts.get(verdict)
    }

    /// Whether every variant that ran was measured completely.
    pub fn is_complete(&self) -> bool {
        self.variants.iter().all(|variant| variant.is_complete() || !variant.did_run())
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

    /// Whether a problem is worth a comment: warnings are the same for every pull request that leaves the list as
    /// it is.
    fn is_notable(&self, problem: &ProblemLine) -> bool {
        problem.severity == Severity::Error
            || (problem.is_document_problem && self.list_diff.is_some())
    }

    /// Rows that accept failing and passing alike, if there are earlier runs.
    pub fn flaky_rows(&self) -> impl Iterator<Item = &RowLine> {
        self.rows.iter().filter(|row| row.is_flaky && row.history.is_some())
    }

    /// Suites of which fewer tests ran than in the base run.
    pub fn shrunken_suites(&self) -> impl Iterator<Item = &SuiteFact> {
        self.suites.iter().filter(|suite| suite.current < suite.base)
    }

    /// Rows that expect a hang or a crash, and none of whose tests hung or crashed.
    pub fn rows_now_completing(&self) -> impl Iterator<Item = &RowLine> {
        self.rows.iter().filter(|row| row.ran_to_completion)
    }

    /// Known failures that passed in the base run.
    pub fn hidden_regressions(&self) -> impl Iterator<Item = &TestLine> {
        self.tests.iter().filter(|test| test.is_hidden_regression)
    }

    /// The gaps, each with its variant. One of the whole run comes once and without a variant: it may be about one that left
    /// no results.
    pub fn gaps(
        &self,
        of_variant: fn(&VariantLine) -> &[GapLine],
    ) -> impl Iterator<Item = (Option<&VariantLine>, &RichText)> {
        self.variants.iter().enumerate().flat_map(move |(index, variant)| {
            let shown = of_variant(variant).iter().filter(move |gap| index == 0 || !gap.is_of_run);
            shown.map(move |gap| (Some(variant).filter(|_| !gap.is_of_run), &gap.text))
        })
    }

    /// Known failures without the message that their rows pin.
    pub fn mismatches(&self) -> impl Iterator<Item = &TestLine> {
        self.tests.iter().filter(|test| test.is_message_mismatch)
    }

    /// What makes the list unreadable in part.
    pub fn document_errors(&self) -> impl Iterator<Item = &ProblemLine> {
        let problems = self.problems.iter();
        problems.filter(|p| p.is_document_problem && p.severity == Severity::Error)
    }

    /// The documents that rows for the first new failures would be added to: those of the rows with the most similar
    /// names, otherwise the last one that takes rows.
    pub fn documents_for_new_rows(&self) -> BTreeSet<String> {
        let failures = self.new_failures.iter().take(MAX_NEAREST_LOOKUPS);
        let documents = failures.filter_map(|failure| match failure.nearest_row {
            Some(row) => Some(&self.rows[row].file),
            None => self.default_document.as_ref(),
        });
        documents.cloned().collect()
    }

    /// The problems that are not among the reasons for an incomplete run.
    pub fn problems_without_gap(&self) -> impl Iterator<Item = &ProblemLine> {
        self.problems.iter().filter(|problem| !problem.is_gap)
    }
}

fn variant_line(fact: &VariantFact) -> VariantLine {
    let gap = |reason: &IncompleteReason| GapLine {
        text: messages::incomplete_reason(reason),
        is_of_run: reason.is_of_run(),
    };
    let not_run = (!fact.did_run()).then(|| GapLine {
        text: messages::variant_did_not_run(fact.variant.as_str()),
        is_of_run: false,
    });
    VariantLine {
        name: fact.variant.as_str().to_owned(),
        files: fact.files,
        tests: fact.tests,
        incomplete_reasons: not_run.into_iter().chain(fact.incomplete.iter().map(gap)).collect(),
        accepted: fact.accepted.iter().map(gap).collect(),
    }
}

fn count_new_failures_with_row(facts: &Facts, known: &KnownFailures) -> u64 {
    let mut claimed: BTreeMap<RowId, u64> = BTreeMap::new();
    let new_failures = facts.tests.iter().filter(|test| test.verdict == Verdict::NewFailure);
    for row in new_failures.filter_map(|test| test.row) {
        *claimed.entry(row).or_default() += 1;
    }
    let is_own = |row: RowId| known.row(row).pattern.matches_single_name();
    claimed.into_iter().filter(|(row, _)| is_own(*row)).map(|(_, tests)| tests).sum()
}

fn test_lines(
    tests: Vec<TestFact>,
    files: &[Arc<str>],
    known: &KnownFailures,
    evidence: &Evidence,
    sources: &SourceRoots,
) -> Vec<TestLine> {
    let line = |test: TestFact| {
        let pinned = test.row.and_then(|row| known.row(row).expected.pinned_message());
        let pinned = pinned.map(MessagePattern::as_str);
        let remarks = messages::remarks(&test, pinned).into_iter();
        let remarks = remarks.chain(failure_rate(known, evidence, &test)).collect();
        let location = test.location.map(|(file, line)| (sources.relative(&file).into(), line));
        let (file, line) = location.map_or((None, None), |(file, line)| (Some(file), line));
        let results_file = files.get(test.origin.file as usize).cloned();
        TestLine {
            remarks,
            name: test.name,
            variant: test.variant.as_str().to_owned(),
            outcome: test.outcome,
            is_flaky: test.is_flaky,
            verdict: test.verdict,
            row: test.row.map(|row| row.0 as usize),
            base: test.base,
            is_hidden_regression: test.remarks.contains(&Remark::HidesRegression),
            is_message_mismatch: test.remarks.contains(&Remark::MessageMismatch),
            is_infrastructure_failure: test.remarks.contains(&Remark::Infrastructure),
            message: test.message,
            file,
            line,
            result: (results_file.unwrap_or_default(), test.origin.line),
        }
    };
    tests.into_iter().map(line).collect()
}

/// How often a test failed in earlier runs, if that distinguishes a flaky test from a failure.
fn failure_rate(known: &KnownFailures, evidence: &Evidence, test: &TestFact) -> Option<RichText> {
    let is_flaky = |row| known.row(row).expected.is_flaky();
    let is_relevant = matches!(test.verdict, Verdict::NewFailure | Verdict::Flaky)
        || (test.verdict == Verdict::KnownFailure && test.row.is_some_and(is_flaky));
    if !is_relevant {
        return None;
    }
    let history = evidence.test_history(&test.name, test.variant.as_str());
    let measured = history.measured();
    (measured > 0).then(|| messages::failure_rate(history.failed, measured))
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

/// The tests with this verdict, one entry for each name; new failures that failed in the base run too are last.
fn failures(facts: &Facts, verdict: Verdict, rows: &NearestRows<'_>) -> Vec<Failure> {
    let tests = facts.tests.iter().enumerate().filter(|(_, test)| test.verdict == verdict);
    let tests: Vec<(usize, &TestFact)> = tests.collect();
    let failure = |same: &[(usize, &TestFact)]| {
        let (_, test) = same[0];
        let is_in_base = same.iter().all(|(_, test)| test.fails_as_in_base());
        Failure {
            name: test.name.clone(),
            tests: same.iter().map(|(index, _)| *index).collect(),
            outcomes: test.by_variant.clone(),
            nearest_row: test.row.map(|row| row.0 as usize),
            is_in_base: verdict == Verdict::NewFailure && is_in_base,
        }
    };
    let by_name = tests.chunk_by(|(_, a), (_, b)| a.name == b.name);
    let mut failures: Vec<Failure> = by_name.map(failure).collect();
    failures.sort_by_key(|failure| failure.is_in_base);
    let has_file =
        |failure: &Failure| failure.tests.iter().any(|test| facts.tests[*test].location.is_some());
    for is_located in [false, true] {
        let unclaimed = failures
            .iter_mut()
            .filter(|failure| failure.nearest_row.is_none() && has_file(failure) == is_located);
        for failure in unclaimed.take(MAX_NEAREST_LOOKUPS) {
            failure.nearest_row = rows.rows(&failure.name).first().map(|row| row.0 as usize);
        }
    }
    failures
}
