//! Headline numbers of a run, which can be combined with those of other jobs.
//!
//! A summary that was read from a comment serves the headline alone; nothing is ever judged by it.

use super::{Conclusion, JudgedList, Reason, Report, RowStatus, RunScope, Verdict};
use std::collections::BTreeSet;

/// Headline numbers of one run, or of several together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunSummary {
    /// The caller's title for the run; may be empty.
    pub title: String,
    /// The variants that the headline names.
    pub variants: Vec<String>,
    /// The documents that rows for the new failures would be added to.
    pub documents: BTreeSet<String>,
    /// Where these documents are edited.
    pub judged_list: JudgedList,
    /// The worst of several; `None` if it could not be judged.
    pub conclusion: Option<Conclusion>,
    /// Whether one of several could not be judged.
    pub has_unjudged: bool,
    /// Why the conclusion is not success.
    pub reasons: BTreeSet<Reason>,
    /// Whether all runs are complete.
    pub is_complete: bool,
    /// Tests that failed and that no row excuses.
    pub new_failures: u64,
    /// Those of them that failed in the base run too.
    pub new_failures_in_base: u64,
    /// Those of them that a row of their own claims, which expects something milder.
    pub new_failures_with_row: u64,
    /// The names of these tests, each counted once; 0 if that is unknown.
    pub failing_tests: u64,
    /// Tests that failed as a row expects.
    pub known_failures: u64,
    /// Those of them that no row claims: only the runner expects that they fail.
    pub expected_by_runner: u64,
    /// Tests of the base run that did not run.
    pub missing: u64,
    /// Known failures that passed in the base run.
    pub hidden_regressions: u64,
    /// Tests that failed and passed when they were retried.
    pub flaky: u64,
    /// Tests that failed in some runs of one commit and not in others.
    pub flipping: u64,
    /// Tests that were not measured.
    pub unmeasured: u64,
    /// Tests that a row claims and that pass.
    pub newly_passing: u64,
    /// Rows that can be removed, less those that the change under test removes itself.
    pub removable: u64,
    /// Rows that pass, and that stay because another row would excuse more.
    pub strictest: u64,
    /// Rows that can be removed, and that the change under test removes itself.
    pub removed: u64,
    /// Rows that match no test.
    pub unmatched: u64,
    /// Known failures without the message that their rows pin.
    pub mismatches: u64,
    /// Rows that the pull request adds or widens without an issue.
    pub untracked: u64,
    /// Errors in the list.
    pub document_errors: u64,
}

impl RunSummary {
    pub fn from_report(report: &Report) -> RunSummary {
        let n = |verdict| report.count(verdict);
        let ran = report.variants.iter().filter(|variant| variant.did_run());
        let names = ran.map(|variant| variant.name.clone());
        RunSummary {
            title: report.title.clone(),
            variants: match report.run_scope {
                RunScope::Whole => Vec::new(),
                RunScope::OneOfMatrix => names.filter(|name| !name.is_empty()).collect(),
            },
            documents: report.documents_for_new_rows(),
            judged_list: report.judged_list,
            conclusion: Some(report.judgement.conclusion),
            has_unjudged: false,
            reasons: report.judgement.reasons.iter().copied().collect(),
            is_complete: report.is_complete(),
            new_failures: n(Verdict::NewFailure),
            new_failures_in_base: report.count_new_failures_in_base(),
            new_failures_with_row: report.new_failures_with_row,
            failing_tests: report.new_failures.len() as u64,
            known_failures: n(Verdict::KnownFailure),
            expected_by_runner: report.expected_by_runner,
            missing: n(Verdict::Missing),
            hidden_regressions: report.hidden_regressions().count() as u64,
            flaky: n(Verdict::Flaky),
            flipping: report.flipping.len() as u64,
            unmeasured: n(Verdict::Unmeasured),
            newly_passing: n(Verdict::NewlyPassing),
            removable: report.removable_rows().filter(|row| !row.is_removed_by_change).count()
                as u64,
            strictest: report.strictest_rows().count() as u64,
            removed: report.removable_rows().filter(|row| row.is_removed_by_change).count() as u64,
            unmatched: report.rows_with_status(RowStatus::Unmatched).count() as u64,
            mismatches: report.mismatches().count() as u64,
            document_errors: report.document_errors().count() as u64,
            untracked: report.list_diff.iter().flat_map(|list| list.untracked()).count() as u64,
        }
    }

    /// A run that could not be judged.
    pub fn failed_to_judge(title: &str) -> RunSummary {
        let (title, has_unjudged, is_complete) = (title.to_owned(), true, true);
        RunSummary { title, has_unjudged, is_complete, ..RunSummary::default() }
    }

    /// How bad the conclusion is; 0 for success.
    pub fn severity(&self) -> u8 {
        match self.conclusion {
            Some(Conclusion::Failure) => 3,
            None => 2,
            Some(Conclusion::Inconclusive) => 1,
            Some(Conclusion::Success) => 0,
        }
    }

    /// The summary of several runs. Its variants are those that did not succeed, or all if all did.
    pub fn combine(summaries: &[RunSummary]) -> RunSummary {
        let first = |text: fn(&RunSummary) -> &String| {
            let texts = summaries.iter().map(text);
            texts.into_iter().find(|text| !text.is_empty()).cloned().unwrap_or_default()
        };
        let worst = summaries.iter().max_by_key(|run| run.severity());
        let all_succeeded = worst.is_none_or(|worst| worst.severity() == 0);
        let named = summaries.iter().filter(|run| run.severity() > 0 || all_succeeded);
        let mut combined = RunSummary {
            title: first(|run| &run.title),
            variants: named.flat_map(|run| run.variants.clone()).collect(),
            documents: summaries.iter().flat_map(|run| run.documents.clone()).collect(),
            judged_list: summaries.iter().map(|run| run.judged_list).max().unwrap_or_default(),
            conclusion: worst.and_then(|worst| worst.conclusion),
            has_unjudged: summaries.iter().any(|run| run.has_unjudged),
            reasons: summaries.iter().flat_map(|run| run.reasons.iter().copied()).collect(),
            is_complete: summaries.iter().all(|run| run.is_complete),
            ..RunSummary::default()
        };
        for mut summary in summaries.iter().cloned() {
            let numbers = summary.numbers_mut().map(|(_, number)| *number);
            for ((_, sum), number) in combined.numbers_mut().into_iter().zip(numbers) {
                *sum = sum.saturating_add(number);
            }
        }
        // The runs have the same list.
        let most = |number: fn(&RunSummary) -> u64| summaries.iter().map(number).max();
        combined.untracked = most(|run| run.untracked).unwrap_or(0);
        combined.document_errors = most(|run| run.document_errors).unwrap_or(0);
        // A test may fail in several runs.
        let mut failing = summaries.iter().filter(|run| run.new_failures > 0);
        combined.failing_tests = match (failing.next(), failing.next()) {
            (Some(only), None) => only.failing_tests,
            (Some(_), Some(_)) | (None, _) => 0,
        };
        combined
    }

    /// The numbers by their keys in the comment.
    pub fn numbers_mut(&mut self) -> [(&'static str, &mut u64); 19] {
        [
            ("new", &mut self.new_failures),
            ("inbase", &mut self.new_failures_in_base),
            ("listed", &mut self.new_failures_with_row),
            ("failing", &mut self.failing_tests),
            ("known", &mut self.known_failures),
            ("xfailed", &mut self.expected_by_runner),
            ("missing", &mut self.missing),
            ("hidden", &mut self.hidden_regressions),
            ("flaky", &mut self.flaky),
            ("flips", &mut self.flipping),
            ("unmeasured", &mut self.unmeasured),
            ("passing", &mut self.newly_passing),
            ("removable", &mut self.removable),
            ("strictest", &mut self.strictest),
            ("removed", &mut self.removed),
            ("unmatched", &mut self.unmatched),
            ("untracked", &mut self.untracked),
            ("different", &mut self.mismatches),
            ("errors", &mut self.document_errors),
        ]
    }
}
