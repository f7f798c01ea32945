//! The verdict in one line, what to do about it, and the counts.

use super::{append_names, count, number, quoting};
use crate::compare::Verdict;
use crate::policy::{Conclusion, Reason};
use crate::report::{JudgedList, Report, RichText, RunScope, RunSummary};

/// The verdict in one line, without a full stop: the reasons why the check fails come first, in the order of reports.
pub(crate) fn headline(summary: &RunSummary) -> RichText {
    let is_red = |reason: &Reason| summary.reasons.contains(reason);
    let (red, others): (Vec<Reason>, Vec<Reason>) = Reason::ALL.iter().copied().partition(is_red);
    let (new, others): (Vec<Reason>, Vec<Reason>) =
        others.into_iter().partition(|reason| *reason == Reason::NewFailures);
    let texts = |reasons: Vec<Reason>| -> Vec<String> {
        reasons.into_iter().flat_map(|reason| findings(reason, summary)).collect()
    };
    let (red, others) = (texts(red), texts(others));
    let has_finding = !red.is_empty() || !others.is_empty() || summary.new_failures > 0;
    let is_all_well = !has_finding && !summary.has_unjudged;
    let not_judged = summary.has_unjudged.then(|| NOT_JUDGED.to_owned());
    let known = is_all_well && summary.known_failures > 0;
    let known = known.then(|| format!("{} known", number(summary.known_failures)));
    let by_runner = summary.conclusion == Some(Conclusion::Success);
    let by_runner = expected_by_runner(summary.expected_by_runner).filter(|_| by_runner);
    let parts = red.into_iter().chain(not_judged).chain(texts(new));
    let parts = parts.chain(known).chain(by_runner).chain(others);
    RichText::new(parts.collect::<Vec<_>>().join(", "))
}

/// How many tests fail as nothing but the runner expects.
fn expected_by_runner(tests: u64) -> Option<String> {
    (tests > 0).then(|| format!("{} expected only by the runner", number(tests)))
}

/// What a run shows that can fail the check for this reason; some of it is only shown where it does.
fn findings(reason: Reason, summary: &RunSummary) -> Vec<String> {
    let is_red = summary.reasons.contains(&reason);
    let where_red = |n: u64| if is_red { n.max(1) } else { 0 };
    let some = |n: u64, one: &str, many: &str| (n > 0).then(|| count(n, one, many));
    let found = match reason {
        Reason::NewFailures => vec![no_or_new_failures(summary)],
        Reason::Missing => vec![some(summary.missing, "missing test", "missing tests")],
        Reason::HiddenRegressions => {
            let (one, many) = ("regression hidden by a row", "regressions hidden by rows");
            vec![some(summary.hidden_regressions, one, many)]
        }
        Reason::NewlyPassing => {
            vec![some(summary.newly_passing, "newly passing test", "newly passing tests")]
        }
        Reason::Unmatched => {
            let n = where_red(summary.unmatched);
            vec![some(n, "row matches no test", "rows match no test")]
        }
        Reason::MessageMismatch => {
            let n = where_red(summary.mismatches);
            let (one, many) = ("known failure", "known failures");
            vec![some(n, one, many).map(|text| text + " with a different message")]
        }
        Reason::Flaky => {
            let (one, many) =
                ("test that fails only in some runs", "tests that fail only in some runs");
            vec![
                some(summary.flaky, "flaky test", "flaky tests"),
                some(summary.flipping, one, many),
            ]
        }
        Reason::Growth => {
            let n = where_red(summary.untracked);
            vec![some(n, "row without an issue", "rows without an issue")]
        }
        Reason::Incomplete if !summary.is_complete => {
            vec![Some("the run is incomplete".to_owned())]
        }
        Reason::Incomplete => {
            let is_partial = summary.unmeasured > 0;
            vec![is_partial.then(|| "not everything was measured".to_owned())]
        }
        Reason::Document => {
            let n = where_red(summary.document_errors);
            vec![some(n, "error in the list", "errors in the list")]
        }
    };
    found.into_iter().flatten().collect()
}

/// `2 new failures`, `no new failures`; nothing of a run that could not be judged.
fn no_or_new_failures(summary: &RunSummary) -> Option<String> {
    match summary.new_failures {
        0 => summary.conclusion.map(|_| "no new failures".to_owned()),
        n => Some(new_failures_with_notes(n, summary.failing_tests, in_base_note(summary))),
    }
}

/// `3 new failures (2 tests)`: a test that fails in several variants has a failure in each. 0 tests are an unknown
/// number.
pub(crate) fn new_failures(failures: u64, tests: u64) -> String {
    new_failures_with_notes(failures, tests, None)
}

fn new_failures_with_notes(failures: u64, tests: u64, note: Option<String>) -> String {
    let text = count(failures, "new failure", "new failures");
    let has_fewer_tests = tests != 0 && tests != failures;
    let tests = has_fewer_tests.then(|| count(tests, "test", "tests"));
    let notes: Vec<String> = note.into_iter().chain(tests).collect();
    if notes.is_empty() { text } else { format!("{text} ({})", notes.join("; ")) }
}

/// `2 of them in the base run too`: how many new failures failed in the base run.
fn in_base_note(summary: &RunSummary) -> Option<String> {
    match (summary.new_failures, summary.new_failures_in_base) {
        (_, 0) => None,
        (1, _) => Some("in the base run too".to_owned()),
        (all, in_base) if in_base >= all => Some("all in the base run too".to_owned()),
        (_, in_base) => Some(format!("{} of them in the base run too", number(in_base))),
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

/// What to do about each reason why the check fails, and otherwise about rows that pass: one sentence each.
pub(crate) fn advice(summary: &RunSummary, run_scope: RunScope) -> Vec<RichText> {
    if summary.reasons.is_empty() && summary.newly_passing > 0 {
        return vec![newly_passing_advice(summary, run_scope)];
    }
    let red = Reason::ALL.iter().filter(|reason| summary.reasons.contains(reason));
    red.map(|reason| remedy(*reason, summary, run_scope)).collect()
}

fn remedy(reason: Reason, summary: &RunSummary, run_scope: RunScope) -> RichText {
    let choose = |n: u64, one: &'static str, many| if n == 1 { one } else { many };
    let text = match reason {
        Reason::NewFailures => return new_failures_advice(summary),
        Reason::NewlyPassing => return newly_passing_advice(summary, run_scope),
        Reason::Missing => {
            let one =
                "Find out why the missing test did not run, or give it a row with the status {}.";
            let many =
                "Find out why the missing tests did not run, or give them rows with the status {}.";
            return quoting(choose(summary.missing, one, many), ["skip"]);
        }
        Reason::Flaky => {
            let one = "Fix the flaky test, or give it a row with the status {}.";
            let many = "Fix the flaky tests, or give them rows with the status {}.";
            let n = summary.flaky.saturating_add(summary.flipping);
            return quoting(choose(n, one, many), ["flaky"]);
        }
        Reason::HiddenRegressions => choose(
            summary.hidden_regressions,
            "Find out why a known failure that passed in the base run fails now.",
            "Find out why known failures that passed in the base run fail now.",
        ),
        Reason::Unmatched => choose(
            summary.unmatched,
            "Remove the row that matches no test, or correct its name.",
            "Remove the rows that match no test, or correct their names.",
        ),
        Reason::MessageMismatch => choose(
            summary.mismatches,
            "Check whether the known failure is still the one that its row describes; if it is, correct the \
             message in the row.",
            "Check whether the known failures are still those that their rows describe; if they are, correct \
             the messages in the rows.",
        ),
        Reason::Growth => choose(
            summary.untracked,
            "Name an issue in the row without one.",
            "Name an issue in each row without one.",
        ),
        Reason::Incomplete => {
            "Find out what was not measured, and run it again: an incomplete run never passes."
        }
        Reason::Document => choose(
            summary.document_errors,
            "Correct the error in the list: it may hide a row.",
            "Correct the errors in the list: they may hide rows.",
        ),
    };
    RichText::new(text)
}

fn new_failures_advice(summary: &RunSummary) -> RichText {
    let are_in_base = summary.new_failures_in_base >= summary.new_failures;
    let fix = match (summary.new_failures, are_in_base) {
        (1, false) => "Fix the new failure, or ",
        (_, false) => "Fix the new failures, or ",
        (1, true) => "It failed in the base run too, so this change did not cause it: fix it, or ",
        (_, true) => {
            "They failed in the base run too, so this change did not cause them: fix them, or "
        }
    };
    // A second row for a test would contradict the first.
    let with_row = summary.new_failures_with_row;
    let (edit, how) = match (summary.new_failures, with_row >= summary.new_failures) {
        (1, true) => ("change the status of its row in ", "."),
        (_, true) => ("change the status of their rows in ", "."),
        (1, false) => ("list it in ", " with a reason."),
        (_, false) if with_row == 0 => ("list them in ", " with their reasons."),
        (_, false) => (
            "list them in ",
            " with their reasons; where one has a row, change the status of that.",
        ),
    };
    let place = match summary.judged_list {
        JudgedList::OfChange => "",
        JudgedList::OfBase => " on the base branch",
    };
    let text = RichText::new(fix).text(edit);
    let documents: Vec<&String> = summary.documents.iter().collect();
    let text = match &documents[..] {
        [] => text.text("the list"),
        [one] => text.quoted(*one),
        [first, second] => text.quoted(*first).text(" or ").quoted(*second),
        [..] => text.text("the lists"),
    };
    text.text(place).text(how)
}

/// One job of a matrix does not know whether the others need a row.
fn newly_passing_advice(summary: &RunSummary, run_scope: RunScope) -> RichText {
    let is_one = summary.newly_passing == 1;
    let is_red = summary.reasons.contains(&Reason::NewlyPassing);
    RichText::new(match (run_scope, summary.removable) {
        (RunScope::OneOfMatrix, _) if is_one => {
            "Remove the row that passes once it passes in every variant."
        }
        (RunScope::OneOfMatrix, _) => "Remove the rows that pass once they pass in every variant.",
        (RunScope::Whole, 1..) if summary.strictest > 0 => {
            "Remove the rows that can be removed; others stay, because without them other rows would excuse more: \
             make those stricter."
        }
        (RunScope::Whole, 1) => "Remove the row that passes.",
        (RunScope::Whole, 2..) => "Remove the rows that pass.",
        (RunScope::Whole, 0) if summary.removed == 1 => {
            "The row that passes is one that this change removes."
        }
        (RunScope::Whole, 0) if summary.removed > 1 => {
            "The rows that pass are those that this change removes."
        }
        (RunScope::Whole, 0) if is_red => {
            "Rows that pass are kept, because without them other rows would excuse more: make those stricter first."
        }
        (RunScope::Whole, 0) => "Rows that pass are kept for the reasons below.",
    })
}

/// The headline of a run that could not be judged.
pub(crate) const NOT_JUDGED: &str = "nothing could be judged";

/// The same, as a title.
pub(crate) const NOT_JUDGED_TITLE: &str = "Nothing could be judged";

/// The title of a run without a variant among others.
pub(crate) const NO_VARIANT: &str = "no variant";

/// For a section of a comment that has only room for its verdict.
pub(crate) const DETAILS_OMITTED: &str = "Details omitted; see the job summary of this run.";

/// `489 tests: 398 passed, 39 skipped, 46 known failures`; tests of several variants are counted in each.
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
    let variants = match report.variants.iter().filter(|variant| variant.did_run()).count() {
        0 | 1 => String::new(),
        n => format!(" in {n} variants"),
    };
    format!("{tests}{variants}: {}{by_runner}", parts.join(", "))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A run that is red for this reason, with all numbers the same, and none of its failures in the base run.
    fn red(reason: Reason, n: u64) -> RunSummary {
        let mut summary = RunSummary {
            conclusion: Some(Conclusion::Failure),
            reasons: [reason].into(),
            documents: ["K.md".to_owned()].into(),
            ..RunSummary::default()
        };
        for (_, number) in summary.numbers_mut() {
            *number = n;
        }
        RunSummary { new_failures_in_base: 0, new_failures_with_row: 0, strictest: 0, ..summary }
    }

    #[test]
    fn red_reason_comes_first_in_the_headline() {
        for reason in Reason::ALL.iter().copied() {
            let (one, two) = match reason {
                Reason::NewFailures => ("1 new failure", "2 new failures"),
                Reason::Missing => ("1 missing test", "2 missing tests"),
                Reason::HiddenRegressions => {
                    ("1 regression hidden by a row", "2 regressions hidden by rows")
                }
                Reason::NewlyPassing => ("1 newly passing test", "2 newly passing tests"),
                Reason::Unmatched => ("1 row matches no test", "2 rows match no test"),
                Reason::MessageMismatch => (
                    "1 known failure with a different message",
                    "2 known failures with a different message",
                ),
                Reason::Flaky => (
                    "1 flaky test, 1 test that fails only in some runs",
                    "2 flaky tests, 2 tests that fail only in some runs",
                ),
                Reason::Growth => ("1 row without an issue", "2 rows without an issue"),
                Reason::Incomplete => ("the run is incomplete", "the run is incomplete"),
                Reason::Document => ("1 error in the list", "2 errors in the list"),
            };
            for (n, first) in [(1, one), (2, two)] {
                let headline = headline(&red(reason, n)).to_string();
                assert!(headline.starts_with(&format!("{first}, ")), "{headline}");
                let (new, _) = headline.split_once("new failure").unwrap_or_default();
                assert!(reason == Reason::NewFailures || new.len() > first.len(), "{headline}");
            }
        }
        let none = RunSummary { new_failures: 0, ..red(Reason::Growth, 1) };
        let text = headline(&none).to_string();
        assert!(text.starts_with("1 row without an issue, no new failures, "), "{text}");
    }

    #[test]
    fn failures_in_several_variants_are_counted_apart_from_tests() {
        assert_eq!(new_failures(3, 2), "3 new failures (2 tests)");
        assert_eq!(new_failures(3, 1), "3 new failures (1 test)");
        assert_eq!(new_failures(2, 2), "2 new failures");
        assert_eq!(new_failures(1, 1), "1 new failure");
        assert_eq!(new_failures(9, 0), "9 new failures", "of several jobs");
        let in_base = |in_base, tests| {
            let summary = RunSummary { new_failures: 3, ..RunSummary::default() };
            let summary =
                RunSummary { new_failures_in_base: in_base, failing_tests: tests, ..summary };
            no_or_new_failures(&summary).unwrap_or_default()
        };
        assert_eq!(in_base(1, 3), "3 new failures (1 of them in the base run too)");
        assert_eq!(in_base(1, 2), "3 new failures (1 of them in the base run too; 2 tests)");
        assert_eq!(in_base(3, 3), "3 new failures (all in the base run too)");
        // Another job may have the same test.
        let failing = |failing_tests, new_failures| RunSummary {
            failing_tests,
            new_failures,
            ..RunSummary::default()
        };
        for (runs, tests) in [
            (vec![failing(2, 3)], 2),
            (vec![failing(2, 3), failing(0, 0)], 2),
            (vec![failing(2, 3), failing(1, 1)], 0),
        ] {
            assert_eq!(RunSummary::combine(&runs).failing_tests, tests);
        }
        // They read the same list.
        let both = RunSummary::combine(&[red(Reason::Growth, 1), red(Reason::Growth, 1)]);
        assert_eq!((both.untracked, both.document_errors, both.missing), (1, 1, 2));
    }

    #[test]
    fn each_red_reason_has_one_sentence_of_advice() {
        const ONE: &str = "one";
        const MANY: &str = "many";
        let incomplete =
            "Find out what was not measured, and run it again: an incomplete run never passes.";
        let expected = [
            (Reason::NewFailures, ONE, "Fix the new failure, or list it in `K.md` with a reason."),
            (
                Reason::NewFailures,
                MANY,
                "Fix the new failures, or list them in `K.md` with their reasons.",
            ),
            (
                Reason::Missing,
                ONE,
                "Find out why the missing test did not run, or give it a row with the status `skip`.",
            ),
            (
                Reason::Missing,
                MANY,
                "Find out why the missing tests did not run, or give them rows with the status `skip`.",
            ),
            (
                Reason::HiddenRegressions,
                ONE,
                "Find out why a known failure that passed in the base run fails now.",
            ),
            (
                Reason::HiddenRegressions,
                MANY,
                "Find out why known failures that passed in the base run fail now.",
            ),
            (Reason::NewlyPassing, ONE, "Remove the row that passes."),
            (Reason::NewlyPassing, MANY, "Remove the rows that pass."),
            (Reason::Unmatched, ONE, "Remove the row that matches no test, or correct its name."),
            (
                Reason::Unmatched,
                MANY,
                "Remove the rows that match no test, or correct their names.",
            ),
            (
                Reason::MessageMismatch,
                ONE,
                "Check whether the known failure is still the one that its row describes; if it is, \
                 correct the message in the row.",
            ),
            (
                Reason::MessageMismatch,
                MANY,
                "Check whether the known failures are still those that their rows describe; if they \
                 are, correct the messages in the rows.",
            ),
            (Reason::Flaky, ONE, "Fix the flaky test, or give it a row with the status `flaky`."),
            (
                Reason::Flaky,
                MANY,
                "Fix the flaky tests, or give them rows with the status `flaky`.",
            ),
            (Reason::Growth, ONE, "Name an issue in the row without one."),
            (Reason::Growth, MANY, "Name an issue in each row without one."),
            (Reason::Incomplete, ONE, incomplete),
            (Reason::Incomplete, MANY, incomplete),
            (Reason::Document, ONE, "Correct the error in the list: it may hide a row."),
            (Reason::Document, MANY, "Correct the errors in the list: they may hide rows."),
        ];
        assert_eq!(expected.len(), 2 * Reason::ALL.len());
        let in_matrix = |reason, number, text| match (reason, number) {
            (Reason::NewlyPassing, ONE) => {
                "Remove the row that passes once it passes in every variant."
            }
            (Reason::NewlyPassing, _) => {
                "Remove the rows that pass once they pass in every variant."
            }
            (reason, _) => {
                assert!(reason != Reason::NewlyPassing);
                text
            }
        };
        for (reason, number, text) in expected {
            // Flaky tests and those that flip are counted together.
            let n = if number == ONE { 1 } else { 2 };
            let one_flaky = if number == ONE { 0 } else { n };
            let summary = RunSummary { flipping: one_flaky, ..red(reason, n) };
            for (run_scope, text) in
                [(RunScope::Whole, text), (RunScope::OneOfMatrix, in_matrix(reason, number, text))]
            {
                let advice = advice(&summary, run_scope);
                assert_eq!(advice.len(), 1, "{reason:?} {run_scope:?} {number}");
                assert_eq!(advice[0].to_string(), text, "{reason:?} {run_scope:?} {number}");
            }
        }
        let all =
            RunSummary { reasons: Reason::ALL.iter().copied().collect(), ..RunSummary::default() };
        assert_eq!(advice(&all, RunScope::Whole).len(), Reason::ALL.len());
    }

    #[test]
    fn rows_that_pass_have_advice_where_nothing_is_red() {
        let green = |removable| RunSummary { newly_passing: 2, removable, ..RunSummary::default() };
        let texts = |summary: &RunSummary, run_scope| -> Vec<String> {
            advice(summary, run_scope).iter().map(ToString::to_string).collect()
        };
        let kept = "Rows that pass are kept for the reasons below.";
        assert_eq!(texts(&green(0), RunScope::Whole), [kept]);
        assert_eq!(texts(&green(2), RunScope::Whole), ["Remove the rows that pass."]);
        let some_stay = RunSummary { strictest: 1, ..green(2) };
        assert_eq!(
            texts(&some_stay, RunScope::Whole),
            [
                "Remove the rows that can be removed; others stay, because without them other rows would excuse \
                 more: make those stricter."
            ]
        );
        let strictest = RunSummary { reasons: [Reason::NewlyPassing].into(), ..green(0) };
        assert_eq!(
            texts(&strictest, RunScope::Whole),
            [
                "Rows that pass are kept, because without them other rows would excuse more: make those \
              stricter first."
            ]
        );
        assert_eq!(texts(&RunSummary::default(), RunScope::Whole), [""; 0]);
    }

    #[test]
    fn advice_on_new_failures_can_be_followed() {
        use JudgedList::{OfBase, OfChange};
        let ones = "change the status of its row in `K.md`";
        let all = "change the status of their rows in `K.md`";
        let some = "with their reasons; where one has a row, change the status of that";
        for (new, with_row, list, expected) in [
            (1, 0, OfBase, "list it in `K.md` on the base branch with a reason".to_owned()),
            (2, 0, OfBase, "list them in `K.md` on the base branch with their reasons".to_owned()),
            (1, 1, OfChange, ones.to_owned()),
            (1, 1, OfBase, format!("{ones} on the base branch")),
            (3, 3, OfChange, all.to_owned()),
            (3, 1, OfChange, format!("list them in `K.md` {some}")),
            (3, 1, OfBase, format!("list them in `K.md` on the base branch {some}")),
        ] {
            let (summary, s) = (red(Reason::NewFailures, new), if new == 1 { "" } else { "s" });
            let summary =
                RunSummary { new_failures_with_row: with_row, judged_list: list, ..summary };
            let text = advice(&summary, RunScope::Whole)[0].to_string();
            assert_eq!(text, format!("Fix the new failure{s}, or {expected}."));
            let combined = RunSummary::combine(&[RunSummary::default(), summary.clone()]);
            assert_eq!(combined.judged_list, list);
        }
    }

    #[test]
    fn documents_of_new_rows_are_named() {
        for (documents, named) in [
            (&[][..], "the list"),
            (&["a.md"], "`a.md`"),
            (&["a.md", "b.md"], "`a.md` or `b.md`"),
            (&["a.md", "b.md", "c.md"], "the lists"),
        ] {
            let documents = documents.iter().map(|path| (*path).to_owned()).collect();
            let summary = RunSummary { documents, ..red(Reason::NewFailures, 1) };
            let text = format!("Fix the new failure, or list it in {named} with a reason.");
            assert_eq!(advice(&summary, RunScope::Whole)[0].to_string(), text);
        }
    }
}
