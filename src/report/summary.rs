//! What a run comes to, in so few words and numbers that it can be put beside others.
//!
//! In: a report. Out: a [`Digest`], of which the verdict's line is made: that of one run, and that of all
//! jobs of a matrix together. A newcomer's trap: a digest read back from a comment serves that line alone;
//! nothing is ever judged by it.

use super::{Conclusion, Reason, Report, RunScope, Verdict};
use std::collections::BTreeSet;

/// What one run comes to, or several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunSummary {
    /// What the caller calls the run; empty without a title.
    pub title: String,
    /// The variants that are spoken of, where they are told apart.
    pub variants: Vec<String>,
    /// The document in which a row would stand.
    pub document: String,
    /// The worst, of several.
    pub conclusion: Judged,
    /// Whether there is one that could not be judged.
    pub has_unjudged: bool,
    pub reasons: BTreeSet<Reason>,
    pub is_complete: bool,
    pub new_failures: u64,
    pub known_failures: u64,
    pub missing: u64,
    /// Known failures that passed in the base run.
    pub hidden_regressions: u64,
    pub flaky: u64,
    /// Tests that failed in some runs of one commit and not in others.
    pub flipping: u64,
    /// Tests that never came to a verdict.
    pub unmeasured: u64,
    pub newly_passing: u64,
    /// Rows that match no test.
    pub unmatched: u64,
    /// Rows that the change adds or widens without an issue.
    pub untracked: u64,
}

/// How it was judged, if it was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Judged {
    As(Conclusion),
    /// There was nothing to judge, or no way to.
    #[default]
    NotAtAll,
}

impl Judged {
    /// The worse one has more.
    pub fn severity(self) -> u8 {
        match self {
            Judged::As(Conclusion::Failure) => 3,
            Judged::NotAtAll => 2,
            Judged::As(Conclusion::Inconclusive) => 1,
            Judged::As(Conclusion::Success) => 0,
        }
    }
}

impl RunSummary {
    /// What a report comes to.
    pub fn from_report(report: &Report) -> RunSummary {
        let n = |verdict| report.count(verdict);
        RunSummary {
            title: report.title.clone(),
            variants: match report.run_scope {
                RunScope::Whole => Vec::new(),
                RunScope::OneOfMatrix => {
                    report.named_variants().into_iter().map(str::to_owned).collect()
                }
            },
            document: report.rows.first().map_or_else(String::new, |row| row.file.clone()),
            conclusion: Judged::As(report.judgement.conclusion),
            has_unjudged: false,
            reasons: report.judgement.reasons.iter().copied().collect(),
            is_complete: report.is_complete(),
            new_failures: n(Verdict::NewFailure),
            known_failures: n(Verdict::KnownFailure),
            missing: n(Verdict::Missing),
            hidden_regressions: report.hidden_regressions().count() as u64,
            flaky: n(Verdict::Flaky),
            flipping: report.flipping.len() as u64,
            unmeasured: n(Verdict::Unmeasured),
            newly_passing: n(Verdict::NewlyPassing),
            unmatched: report.unmatched().count() as u64,
            untracked: report.list_diff.iter().flat_map(|list| list.untracked()).count() as u64,
        }
    }

    /// A run that could not be judged.
    pub fn failed_to_judge(title: &str) -> RunSummary {
        let (title, has_unjudged, is_complete) = (title.to_owned(), true, true);
        RunSummary { title, has_unjudged, is_complete, ..RunSummary::default() }
    }

    /// What several runs come to together: the worst of them. The variants are those that are as bad.
    pub fn combine(summaries: &[RunSummary]) -> RunSummary {
        let first = |text: fn(&RunSummary) -> &String| {
            let texts = summaries.iter().map(text);
            texts.into_iter().find(|text| !text.is_empty()).cloned().unwrap_or_default()
        };
        let worst = summaries.iter().max_by_key(|summary| summary.conclusion.severity());
        let conclusion = worst.map_or(Judged::NotAtAll, |digest| digest.conclusion);
        let is_bad =
            |digest: &&RunSummary| digest.conclusion.severity() > 0 || conclusion.severity() == 0;
        let sum = |number: fn(&RunSummary) -> u64| summaries.iter().map(number).sum();
        RunSummary {
            title: first(|digest| &digest.title),
            variants: summaries.iter().filter(is_bad).flat_map(|d| d.variants.clone()).collect(),
            document: first(|digest| &digest.document),
            conclusion,
            has_unjudged: summaries.iter().any(|digest| digest.has_unjudged),
            reasons: summaries.iter().flat_map(|digest| digest.reasons.iter().copied()).collect(),
            is_complete: summaries.iter().all(|digest| digest.is_complete),
            new_failures: sum(|digest| digest.new_failures),
            known_failures: sum(|digest| digest.known_failures),
            missing: sum(|digest| digest.missing),
            hidden_regressions: sum(|digest| digest.hidden_regressions),
            flaky: sum(|digest| digest.flaky),
            flipping: sum(|digest| digest.flipping),
            unmeasured: sum(|digest| digest.unmeasured),
            newly_passing: sum(|digest| digest.newly_passing),
            unmatched: sum(|digest| digest.unmatched),
            untracked: sum(|digest| digest.untracked),
        }
    }
}
