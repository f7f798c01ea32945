//! The verdict in one line, what to do about it, and the counts.
//!
//! In: a digest or a report. Out: the lines that a reader sees first and last.

use super::{count, number};
use crate::compare::Verdict;
use crate::policy::{Conclusion, Reason};
use crate::report::{Digest, Judged, Report, Sentence};

/// The verdict in one line, without a full stop: what is red comes first.
pub fn headline(digest: &Digest) -> Sentence {
    let is_first = |reason| reason == Reason::NewFailures || digest.reasons.contains(&reason);
    let (first, others): (Vec<_>, Vec<_>) =
        findings(digest).into_iter().partition(|(reason, _)| is_first(*reason));
    let is_all_well = first.is_empty() && others.is_empty() && !digest.has_unjudged;
    let unjudged = digest.has_unjudged.then(|| NOT_JUDGED.to_owned());
    let none = digest.judged != Judged::NotAtAll && digest.new_failures == 0;
    let none = none.then(|| "no new failures".to_owned());
    let known = is_all_well && digest.known_failures > 0;
    let known = known.then(|| format!("{} known", number(digest.known_failures)));
    let told = |findings: Vec<(Reason, String)>| findings.into_iter().map(|(_, said)| said);
    let said = told(first).chain(unjudged).chain(none).chain(known).chain(told(others));
    Sentence::new(said.collect::<Vec<_>>().join(", "))
}

/// What was found, each with the reason for which it can be red.
fn findings(digest: &Digest) -> Vec<(Reason, String)> {
    let is_red = |reason| digest.reasons.contains(&reason);
    let where_red = |reason, n| if is_red(reason) { n } else { 0 };
    let unmatched = where_red(Reason::Unmatched, digest.unmatched);
    let untracked = where_red(Reason::Growth, digest.untracked);
    let some = |reason, n, one, many| (n > 0).then(|| (reason, count(n, one, many)));
    let when = |reason, holds: bool, what: &str| holds.then(|| (reason, what.to_owned()));
    let is_partial = digest.is_complete && digest.unmeasured > 0;
    let found = [
        some(Reason::NewFailures, digest.new_failures, "new failure", "new failures"),
        some(Reason::Missing, digest.missing, "missing test", "missing tests"),
        some(
            Reason::HiddenRegressions,
            digest.hidden,
            "regression hidden by a row",
            "regressions hidden by rows",
        ),
        some(Reason::Flaky, digest.flaky, "flaky test", "flaky tests"),
        some(Reason::Flaky, digest.flips, "test that flips", "tests that flip"),
        some(
            Reason::NewlyPassing,
            digest.newly_passing,
            "newly passing test",
            "newly passing tests",
        ),
        some(Reason::Unmatched, unmatched, "row matches no test", "rows match no test"),
        some(Reason::Growth, untracked, "row without an issue", "rows without an issue"),
        when(Reason::Differently, is_red(Reason::Differently), "a known failure fails differently"),
        when(Reason::Incomplete, !digest.is_complete, "the run is incomplete"),
        when(Reason::Incomplete, is_partial, "not everything was measured"),
        when(Reason::Document, is_red(Reason::Document), "the document has errors"),
    ];
    found.into_iter().flatten().collect()
}

/// In which variants something is so: ` in memory and postgres`.
pub fn in_variants(variants: &[String]) -> Sentence {
    const NAMED: usize = 3;
    match variants {
        [] => Sentence::default(),
        [one] => Sentence::new(" in ").quote(one),
        [all @ .., last] if variants.len() <= NAMED => {
            let mut said = Sentence::new(" in ");
            for (place, variant) in all.iter().enumerate() {
                said = said.words(if place == 0 { "" } else { ", " }).quote(variant);
            }
            said.words(" and ").quote(last)
        }
        many => Sentence::new(format!(" in {}", count(many.len() as u64, "variant", "variants"))),
    }
}

/// What to do about it. `several`: runs of several variants are spoken of, each by itself.
pub fn advice(digest: &Digest, several: bool) -> Option<Sentence> {
    let has = |reason| digest.reasons.contains(&reason);
    let document = if digest.document.is_empty() { "the document" } else { &digest.document };
    let said = if has(Reason::NewFailures) {
        let fix = match digest.new_failures {
            1 => "Fix the new failure, or say why it is expected with a row in ",
            _ => "Fix the new failures, or say why they are expected with a row in ",
        };
        Sentence::new(fix).quote(document).words(".")
    } else if has(Reason::Missing) {
        Sentence::new(
            "See why tests that the base run had did not run, or give them rows with the status ",
        )
        .quote("skip")
        .words(".")
    } else if has(Reason::HiddenRegressions) {
        Sentence::new("See why known failures that passed in the base run fail now.")
    } else if has(Reason::Incomplete) {
        Sentence::new("An incomplete run never passes: see what was cut, and run it again.")
    } else if has(Reason::Document) {
        Sentence::new("Fix the errors in the document.")
    } else if has(Reason::Growth) {
        Sentence::new("Name an issue in each row that this pull request adds to ")
            .quote(document)
            .words(".")
    } else if digest.newly_passing > 0 && several {
        Sentence::new("Remove a row once its tests pass in every variant.")
    } else if has(Reason::NewlyPassing) || digest.newly_passing > 0 {
        Sentence::new("The patch removes the rows that pass from ").quote(document).words(".")
    } else if has(Reason::Unmatched) {
        Sentence::new("Remove the rows that match no test, or correct their names.")
    } else if has(Reason::Flaky) {
        Sentence::new("Fix them, or give them rows with the status ").quote("flaky").words(".")
    } else if has(Reason::Differently) {
        Sentence::new("See whether the failure is still the one that the row describes.")
    } else {
        return None;
    };
    Some(said)
}

/// What is said when nothing could be judged.
pub const NOT_JUDGED: &str = "nothing could be judged";

/// The same, as a title.
pub const NOTHING_JUDGED: &str = "Nothing could be judged";

/// What a run without a variant is called beside others.
pub const NO_VARIANT: &str = "no variant";

/// Stands where a section of a comment has no room for more than its verdict.
pub const LEFT_OUT: &str = "There is no room for more here: see the job summary of this run.";

/// The counts in one line: `489 tests: 398 passed, 39 skipped, 46 known failures`.
pub fn counts(report: &Report) -> String {
    let mut parts = vec![format!("{} passed", number(report.count(Verdict::Passed)))];
    for (verdict, one, many) in [
        (Verdict::Skipped, "skipped", "skipped"),
        (Verdict::KnownFailure, "known failure", "known failures"),
        (Verdict::NewFailure, "new failure", "new failures"),
        (Verdict::NewlyPassing, "newly passing", "newly passing"),
        (Verdict::Flaky, "flaky", "flaky"),
        (Verdict::Unmeasured, "unmeasured", "unmeasured"),
        (Verdict::Missing, "missing", "missing"),
    ] {
        let n = report.count(verdict);
        if n > 0 {
            parts.push(count(n, one, many));
        }
    }
    format!("{}: {}", count(report.counts.tests(), "test", "tests"), parts.join(", "))
}

/// Why `growth` does not fire on the command line.
pub const NO_GROWTH: &str = "rows that are added are not judged (growth): only the action, on a pull \
                             request, knows the list before it";

/// The word for a conclusion at the head of a report.
pub fn conclusion(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Success => "passed",
        Conclusion::Failure => "failed",
        Conclusion::Inconclusive => "inconclusive",
    }
}
