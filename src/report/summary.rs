//! What a run comes to, in so few words and numbers that it can be put beside others.
//!
//! In: a report. Out: a [`Digest`], of which the verdict's line is made: that of one run, and that of all
//! jobs of a matrix together. A newcomer's trap: a digest read back from a comment serves that line alone;
//! nothing is ever judged by it.

use super::{Conclusion, Reach, Reason, Report, Verdict};
use std::collections::BTreeSet;

/// What one run comes to, or several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Digest {
    /// What the caller calls the run; empty without a title.
    pub title: String,
    /// The variants that are spoken of, where they are told apart.
    pub variants: Vec<String>,
    /// The document in which a row would stand.
    pub document: String,
    /// The worst, of several.
    pub judged: Judged,
    /// Whether there is one that could not be judged.
    pub has_unjudged: bool,
    pub reasons: BTreeSet<Reason>,
    pub is_complete: bool,
    pub new_failures: u64,
    pub known_failures: u64,
    pub missing: u64,
    /// Known failures that passed in the base run.
    pub hidden: u64,
    pub flaky: u64,
    /// Tests that failed in some runs of one commit and not in others.
    pub flips: u64,
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

impl Digest {
    /// What a report comes to.
    pub fn of(report: &Report) -> Digest {
        let n = |verdict| report.count(verdict);
        Digest {
            title: report.title.clone(),
            variants: match report.reach {
                Reach::All => Vec::new(),
                Reach::OneOfSeveral => {
                    report.named_variants().into_iter().map(str::to_owned).collect()
                }
            },
            document: report.rows.first().map_or_else(String::new, |row| row.file.clone()),
            judged: Judged::As(report.judgement.conclusion),
            has_unjudged: false,
            reasons: report.judgement.reasons.iter().copied().collect(),
            is_complete: report.is_complete(),
            new_failures: n(Verdict::NewFailure),
            known_failures: n(Verdict::KnownFailure),
            missing: n(Verdict::Missing),
            hidden: report.hidden_regressions().count() as u64,
            flaky: n(Verdict::Flaky),
            flips: report.flips.len() as u64,
            unmeasured: n(Verdict::Unmeasured),
            newly_passing: n(Verdict::NewlyPassing),
            unmatched: report.unmatched().count() as u64,
            untracked: report.list.iter().flat_map(|list| list.untracked()).count() as u64,
        }
    }

    /// A run that could not be judged.
    pub fn not_judged(title: &str) -> Digest {
        let (title, has_unjudged, is_complete) = (title.to_owned(), true, true);
        Digest { title, has_unjudged, is_complete, ..Digest::default() }
    }

    /// What several runs come to together: the worst of them. The variants are those that are as bad.
    pub fn together(digests: &[Digest]) -> Digest {
        let first = |text: fn(&Digest) -> &String| {
            let texts = digests.iter().map(text);
            texts.into_iter().find(|text| !text.is_empty()).cloned().unwrap_or_default()
        };
        let worst = digests.iter().max_by_key(|digest| digest.judged.severity());
        let judged = worst.map_or(Judged::NotAtAll, |digest| digest.judged);
        let is_bad = |digest: &&Digest| digest.judged.severity() > 0 || judged.severity() == 0;
        let sum = |number: fn(&Digest) -> u64| digests.iter().map(number).sum();
        Digest {
            title: first(|digest| &digest.title),
            variants: digests.iter().filter(is_bad).flat_map(|d| d.variants.clone()).collect(),
            document: first(|digest| &digest.document),
            judged,
            has_unjudged: digests.iter().any(|digest| digest.has_unjudged),
            reasons: digests.iter().flat_map(|digest| digest.reasons.iter().copied()).collect(),
            is_complete: digests.iter().all(|digest| digest.is_complete),
            new_failures: sum(|digest| digest.new_failures),
            known_failures: sum(|digest| digest.known_failures),
            missing: sum(|digest| digest.missing),
            hidden: sum(|digest| digest.hidden),
            flaky: sum(|digest| digest.flaky),
            flips: sum(|digest| digest.flips),
            unmeasured: sum(|digest| digest.unmeasured),
            newly_passing: sum(|digest| digest.newly_passing),
            unmatched: sum(|digest| digest.unmatched),
            untracked: sum(|digest| digest.untracked),
        }
    }
}
