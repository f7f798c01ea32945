//! The verdict in one line, what to do about it, and the counts.

use super::{append_names, count, number, quoting};
use crate::compare::Verdict;
use crate::policy::{Conclusion, Reason};
use crate::report::{Report, RichText, RunScope, RunSummary};

/// The verdict in one line, without a full stop: the reasons why the check fails come first.
pub(crate) fn headline(summary: &RunSummary) -> RichText {
    let is_first = |reason| reason == Reason::NewFailures || summary.reasons.contains(&reason);
    let (first, others): (Vec<_>, Vec<_>) =
        findings(summary).into_iter().partition(|(reason, _)| is_first(*reason));
    let is_all_well = first.is_empty() && others.is_empty() && !summary.has_unjudged;
    let not_judged = summary.has_unjudged.then(|| NOT_JUDGED.to_owned());
    let no_new = summary.conclusion.is_some() && summary.new_failures == 0;
    let no_new = no_new.then(|| "no new failures".to_owned());
    let known = is_all_well && summary.known_failures > 0;
    let known = known.then(|| format!("{} known", number(summary.known_failures)));
    let by_runner = summary.conclusion == Some(Conclusion::Success);
    let by_runner = expected_by_runner(summary.expected_by_runner).filter(|_| by_runner);
    let texts = |findings: Vec<(Reason, String)>| findings.into_iter().map(|(_, text)| text);
    let parts = texts(first)
        .chain(not_judged)
        .chain(no_new)
        .chain(known)
        .chain(by_runner)
        .chain(texts(others));
    RichText::new(parts.collect::<Vec<_>>().join(", "))
}

/// How many tests fail as nothing but the runner expects.
fn expected_by_runner(tests: u64) -> Option<String> {
    (tests > 0).then(|| format!("{} expected only by the runner", number(tests)))
}

/// The findings, each with the reason for which it can fail the check.
fn findings(summary: &RunSummary) -> Vec<(Reason, String)> {
    let is_red = |reason| summary.reasons.contains(&reason);
    let where_red = |reason, n| if is_red(reason) { n } else { 0 };
    let unmatched = where_red(Reason::Unmatched, summary.unmatched);
    let untracked = where_red(Reason::Growth, summary.untracked);
    let is_partial = summary.is_complete && summary.unmeasured > 0;
    let (one_hidden, hidden) = ("regression hidden by a row", "regressions hidden by rows");
    let (one_passing, passing) = ("newly passing test", "newly passing tests");
    let counted = [
        (Reason::NewFailures, summary.new_failures, "new failure", "new failures"),
        (Reason::Missing, summary.missing, "missing test", "missing tests"),
        (Reason::HiddenRegressions, summary.hidden_regressions, one_hidden, hidden),
        (Reason::Flaky, summary.flaky, "flaky test", "flaky tests"),
        (Reason::Flaky, summary.flipping, "test that flips", "tests that flip"),
        (Reason::NewlyPassing, summary.newly_passing, one_passing, passing),
        (Reason::Unmatched, unmatched, "row matches no test", "rows match no test"),
        (Reason::Growth, untracked, "row without an issue", "rows without an issue"),
    ];
    let mismatch = (Reason::MessageMismatch, is_red(Reason::MessageMismatch));
    let flags = [
        (mismatch, "a known failure has a different message"),
        ((Reason::Incomplete, !summary.is_complete), "the run is incomplete"),
        ((Reason::Incomplete, is_partial), "not everything was measured"),
        ((Reason::Document, is_red(Reason::Document)), "the document has errors"),
    ];
    let counted = counted.into_iter().filter(|(_, n, ..)| *n > 0);
    let counted = counted.map(|(reason, n, one, many)| {
        let is_new = reason == Reason::NewFailures;
        let note = if is_new { in_base_note(summary) } else { String::new() };
        (reason, count(n, one, many) + &note)
    });
    let flags = flags.into_iter().filter(|((_, is_set), _)| *is_set);
    counted.chain(flags.map(|((reason, _), text)| (reason, text.to_owned()))).collect()
}

/// ` (2 of them in the base run too)`: how many new failures failed in the base run; empty if none did.
fn in_base_note(summary: &RunSummary) -> String {
    match (summary.new_failures, summary.new_failures_in_base) {
        (_, 0) => String::new(),
        (1, _) => " (in the base run too)".to_owned(),
        (all, in_base) if in_base >= all => " (all in the base run too)".to_owned(),
        (_, in_base) => format!(" ({} of them in the base run too)", number(in_base)),
    }
}

/// ` in memory and postgres`
pub(crate) fn in_variants(variants: &[String]) -> RichText {
    const MAX_NAMED: usize = 3;
    match variants {
        [] => RichText::default(),
        [one] => RichText::new(" in ").quoted(one),
        [all @ .., last] if variants.len() <= MAX_NAMED => {
            append_names(RichText::new(" in "), all).text(" and ").quoted(last)
        }
        many => RichText::new(format!(" in {}", count(many.len() as u64, "variant", "variants"))),
    }
}

/// What to do about the first finding that asks for it.
pub(crate) fn advice(summary: &RunSummary, run_scope: RunScope) -> Option<RichText> {
    let has = |reason| summary.reasons.contains(&reason);
    let passes = summary.newly_passing > 0;
    let document = if summary.document.is_empty() { "the document" } else { &summary.document };
    let are_in_base = summary.new_failures_in_base >= summary.new_failures;
    let fix = match (summary.new_failures, are_in_base) {
        (1, false) => "Fix the new failure, or say why it is expected with a row in {}.",
        (_, false) => "Fix the new failures, or say why they are expected with a row in {}.",
        (1, true) => {
            "It failed in the base run too, so this change did not cause it: fix it, or give it a row in {}."
        }
        (_, true) => {
            "They failed in the base run too, so this change did not cause them: fix them, or give them rows in {}."
        }
    };
    let missing =
        "See why tests that the base run had did not run, or give them rows with the status {}.";
    let hidden = "See why known failures that passed in the base run fail now.";
    let incomplete = "An incomplete run never passes: see what was cut, and run it again.";
    let growth =
        "Name an issue in each row that this pull request adds to {} or makes excuse more.";
    let in_all = "Remove a row once its tests pass in every variant.";
    let patch = "The patch removes the rows that pass from {}.";
    let tolerant = "Without the rows that pass, other rows of {} would excuse more: make those stricter first.";
    let kept = "Rows pass, but stay in {} for the reasons that are listed.";
    let unmatched = "Remove the rows that match no test, or correct their names.";
    let mismatch = "See whether the failure is still the one that the row describes.";
    let advice = [
        (has(Reason::NewFailures), fix, document),
        (has(Reason::Missing), missing, "skip"),
        (has(Reason::HiddenRegressions), hidden, ""),
        (has(Reason::Incomplete), incomplete, ""),
        (has(Reason::Document), "Fix the errors in the document.", ""),
        (has(Reason::Growth), growth, document),
        (passes && run_scope == RunScope::OneOfMatrix, in_all, ""),
        (summary.removable > 0, patch, document),
        (has(Reason::NewlyPassing), tolerant, document),
        (passes, kept, document),
        (has(Reason::Unmatched), unmatched, ""),
        (has(Reason::Flaky), "Fix them, or give them rows with the status {}.", "flaky"),
        (has(Reason::MessageMismatch), mismatch, ""),
    ];
    let (_, template, quoted) = advice.into_iter().find(|(applies, ..)| *applies)?;
    Some(quoting(template, [quoted]))
}

/// The headline of a run that could not be judged.
pub(crate) const NOT_JUDGED: &str = "nothing could be judged";

/// The same, as a title.
pub(crate) const NOT_JUDGED_TITLE: &str = "Nothing could be judged";

/// The title of a run without a variant among others.
pub(crate) const NO_VARIANT: &str = "no variant";

/// For a section of a comment that has only room for its verdict.
pub(crate) const DETAILS_OMITTED: &str = "Details omitted; see the job summary of this run.";

/// `489 tests: 398 passed, 39 skipped, 46 known failures`
pub(crate) fn counts(report: &Report) -> String {
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
    let by_runner = expected_by_runner(report.expected_by_runner);
    let by_runner = by_runner.map_or_else(String::new, |text| format!(" ({text})"));
    let tests = count(report.counts.test_count(), "test", "tests");
    format!("{tests}: {}{by_runner}", parts.join(", "))
}

/// A warning for `--fail-on growth` on the command line.
pub(crate) const GROWTH_NEEDS_ACTION: &str = "rows that are added are not judged (growth): only the action, on a pull \
                             request, knows the list before it";

/// The word for a conclusion.
pub(crate) fn conclusion(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Success => "passed",
        Conclusion::Failure => "failed",
        Conclusion::Inconclusive => "inconclusive",
    }
}
