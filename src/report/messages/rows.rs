//! Rows: what their tests did, why they are kept, what they expect.

use super::gaps::truncated_parts;
use super::problems::problem;
use super::{append_names, count, number};
use crate::compare::{RowCounts, RowStatus, TruncatedPart};
use crate::known::edit::ObstacleCause;
use crate::known::{
    Expected, FailureKind, KnownFailures, ListFormat, MessagePattern, VariantScope,
};
use crate::model::Variant;
use crate::report::{Edit, KeepReason, RichText, RowHistory, RowLine, RunScope, Since, SkipReason};
use std::path::Path;

/// Heading of the rows that pass.
pub(crate) fn newly_passing(run_scope: RunScope) -> &'static str {
    match run_scope {
        RunScope::Whole => "Newly passing: can be removed",
        RunScope::OneOfMatrix => "Newly passing in this variant",
    }
}

/// Title of the annotation of a row that passes.
pub(crate) fn row_passes(row: &RowLine, run_scope: RunScope) -> &'static str {
    match run_scope {
        RunScope::Whole if row.is_removable() => "Newly passing: this row can be removed",
        RunScope::Whole if row.is_strictest() => STRICTEST,
        RunScope::Whole => UNCONFIRMED,
        RunScope::OneOfMatrix => "Newly passing in this variant",
    }
}

/// The same with their number.
pub(crate) fn rows_that_pass(n: u64, run_scope: RunScope) -> String {
    match run_scope {
        RunScope::Whole => format!("{} be removed", count(n, "row can", "rows can")),
        RunScope::OneOfMatrix => format!("{} in this variant", count(n, "row passes", "rows pass")),
    }
}

/// Title of the patch of one document.
pub(crate) fn patch(rows: u64, file: &str, run_scope: RunScope) -> String {
    let them = if rows == 1 { "it" } else { "them" };
    let when = match run_scope {
        RunScope::Whole => String::new(),
        RunScope::OneOfMatrix => format!(": apply it if no other variant needs {them}"),
    };
    format!("Patch that removes {} from {file}{when}", count(rows, "row", "rows"))
}

/// First line of a patch that does not apply in the current directory.
pub(crate) fn patch_directory(directory: &Path) -> String {
    format!("Apply in {}: paths are relative to it.", directory.display())
}

/// How a patch applies that is shown without the `\r` at the ends of its lines.
pub(crate) const CRLF_PATCH: &str =
    "The list has lines that end in CR LF: apply with `git apply --ignore-whitespace`.";

/// In place of a patch that a page would not show as it is.
pub(crate) const PATCH_NOT_SHOWN: &str = "This page cannot show some characters of the patch as they are: use the file that `patch-file` names, or \
     `knownfail update`.";

/// In place of the patch of a document that no commit of the repository has.
pub(crate) const PATCH_OUTSIDE: &str =
    "The list is outside the repository, where no patch of it applies: use `knownfail update`.";

/// For rows that can be removed from the list that judged, and that a commit does not have. `file` is Markdown, `is_only`
/// whether there are no others.
pub(crate) fn rows_not_at_commit(
    n: usize,
    is_only: bool,
    file: &str,
    commit: &str,
    is_judged_committed: bool,
) -> String {
    let (rows, commit) = (these_rows(n, is_only), short_commit(commit));
    let them = if n == 1 { "it" } else { "them" };
    let why = if is_judged_committed {
        format!(": the branch removes or changes {them}, or is not up to date")
    } else {
        String::new()
    };
    format!("{file} at commit {commit} does not have {rows}{why}.")
}

/// For rows that can be removed from the list that judged, but not from that of a commit.
pub(crate) fn rows_needed_at_commit(n: usize, is_only: bool, file: &str, commit: &str) -> String {
    let (rows, commit) = (these_rows(n, is_only), short_commit(commit));
    let them = if n == 1 { "it" } else { "them" };
    format!(
        "{file} at commit {commit} needs {rows}: its other rows differ, so that a test that did not pass needs {them}, \
         or another row would excuse more."
    )
}

fn these_rows(n: usize, is_only: bool) -> String {
    match (is_only, n) {
        (true, 1) => "this row".to_owned(),
        (true, _) => "these rows".to_owned(),
        (false, n) => format!("{} that can be removed", count(n as u64, "more row", "more rows")),
    }
}

/// For a patch that may not apply to the tested commit.
pub(crate) fn patch_of_judged_list(commit: &str) -> String {
    format!(
        "This patch is for the list that judged. Commit {} may have another.",
        short_commit(commit)
    )
}

fn short_commit(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

/// Heading of rows that also claim passing tests.
pub(crate) fn mixed_rows(n: u64) -> String {
    format!("{} tests that do not fail", count(n, "row covers", "rows cover"))
}

/// Comment at the line of a row that passes.
pub(crate) const REMOVABLE: &str = "All tests of this row passed: it can be removed.";

/// A row that is kept although tests of it pass, with the reason.
pub(crate) fn kept_row(row: &RowLine, reason: RichText) -> RichText {
    let counts = by_variant(row).unwrap_or_else(|| nonzero_counts(&row.counts));
    RichText::new(format!("{counts}; ")).append(reason)
}

/// For a list that `update` does not edit, after its kind.
const NOT_EDITED: &str =
    " cannot be edited: edit it by hand, or make it a document with `knownfail import`";

/// Why a row with passing tests is kept.
pub(crate) fn keep_reason(
    reason: KeepReason,
    row: &RowLine,
    known: &KnownFailures,
    truncated: Option<&Vec<TruncatedPart>>,
) -> RichText {
    let text = |what: &str| RichText::new(what);
    match reason {
        KeepReason::NotEditable => {
            let format = known.document(&row.file).and_then(|document| document.format);
            let format = format.map_or("this kind", ListFormat::name);
            text("a list of the kind ").quoted(format).text(NOT_EDITED)
        }
        KeepReason::Truncated => {
            let truncated = truncated.map(Vec::as_slice).unwrap_or_default();
            truncated_parts(text("the truncated part may contain tests of this row"), truncated)
        }
        KeepReason::Infrastructure => text("tests of it failed because of infrastructure"),
        KeepReason::WouldChangeClaims => {
            text("exact rows in its place would change which row claims a test")
        }
        KeepReason::VariantMissing => {
            append_names(text("it was not measured in "), &row.missing_variants)
        }
        KeepReason::Skipped => text("some of its tests were skipped, so they did not pass"),
        KeepReason::Unconfirmed => {
            let history = row.history.as_ref().map(self::row_history);
            text(&format!("not enough runs agree: {}", history.unwrap_or_default()))
        }
        KeepReason::MissingTests => text("tests of it that failed in the base run are missing"),
        KeepReason::StillFails => text("the test still fails in a variant"),
        KeepReason::NoTestFreed => text("its passing tests did not pass in every variant"),
        KeepReason::NotAllPassed => text("it expects that its tests are skipped, and one failed"),
        KeepReason::MoreTolerant(other) => {
            let other = known.row(other);
            let text = text("without it, ").quoted(other.pattern.as_str()).text(" in ");
            let text = text.quoted(format!("{}:{}", other.file, other.line)).text(" (");
            let text = match &other.expected {
                pinned if pinned.pinned_message().is_some() => text.quoted(expected(pinned)),
                status => text.text(expected(status)),
            };
            text.text(") would claim its tests and excuse more")
        }
        KeepReason::NotRequested(edit) => {
            let option = match edit {
                Edit::Remove => "--remove",
                Edit::Narrow => "--narrow",
                Edit::Add => "--add",
            };
            text("this needs ").quoted(option)
        }
    }
}

/// `memory: 4 failed; s3: no results`; `None` without several variants.
pub(crate) fn by_variant(row: &RowLine) -> Option<String> {
    let text = |(variant, counts): (&Variant, RowCounts)| {
        let is_empty = counts.failed + counts.passed + counts.skipped == 0;
        let counts = if is_empty { "no results".to_owned() } else { nonzero_counts(&counts) };
        format!("{variant}: {counts}")
    };
    let parts: Vec<String> = row.by_variant.iter().map(text).collect();
    (parts.len() > 1).then(|| parts.join("; "))
}

/// Why a new failure gets no row.
pub(crate) fn skip_reason(reason: &SkipReason) -> RichText {
    match reason {
        SkipReason::NotEditable => RichText::new(format!("a list of this kind{NOT_EDITED}")),
        SkipReason::HasRow => {
            RichText::new("a row of this name expects something milder: change its status")
        }
        SkipReason::OtherVariants => {
            RichText::new("its section does not apply to its variant, and no table can name that")
        }
        SkipReason::OtherStatus => RichText::new(
            "the status that a directive sets for its section does not excuse it: add its row by hand",
        ),
        SkipReason::UnnamedVariant => RichText::new(
            "a row of this name is for other variants, and these results have no variant to name",
        ),
        SkipReason::ClaimedBy { file, line, pattern } => {
            let row = RichText::from_quoted(pattern.clone()).text(" in ");
            let row = row.quoted(format!("{file}:{line}"));
            row.text(" still claims it, and excuses less: change that row")
        }
        SkipReason::NotRead(obstacle) => {
            let why = match &obstacle.cause {
                ObstacleCause::Problem(kind) => problem(kind),
                ObstacleCause::Ignored => RichText::new(
                    "a row for it would be in a section that `<!-- knownfail: ignore -->` ignores",
                ),
                ObstacleCause::NotARow => RichText::new("a row for it would not be read as one"),
            };
            let place = format!("{}:{}", obstacle.file, obstacle.line);
            RichText::from_quoted(place).text(": ").append(why)
        }
    }
}

/// Heading of the names of rows that would replace a wildcard.
pub(crate) fn exact_rows(row: &RowLine) -> &'static str {
    if row.is_editable {
        "replace it with these exact rows (`knownfail update` writes them):"
    } else {
        "replace it with rows for these names, by hand:"
    }
}

/// For rows that can be removed from a list that `update` does not edit; `file` is Markdown.
pub(crate) fn removed_by_hand(file: &str) -> String {
    format!("A list of this kind gets no patch: remove rows from {file} by hand.")
}

/// Heading of the rows that an update keeps.
pub(crate) const KEPT_ROWS: &str = "Rows with passing tests that were kept";

/// Heading of the rows that an update removes, with their evidence.
pub(crate) const EVIDENCE: &str = "Evidence for what was removed";

/// Heading of the new failures that an update adds no row for.
pub(crate) const SKIPPED_FAILURES: &str = "New failures without a row";

/// `4 failed, 7 passed; passed in 12 of 12 runs`
pub(crate) fn row_counts(row: &RowLine) -> String {
    let mut text = nonzero_counts(&row.counts);
    if !row.missing_variants.is_empty() {
        text += &format!("; not measured in {}", row.missing_variants.join(", "));
    }
    text += match row.since {
        None => "",
        Some(Since::ThisChange) => "; failed in the base run",
        Some(Since::Before) => ", in the base run too",
    };
    if let Some(history) = &row.history {
        text += &format!("; {}", row_history(history));
    }
    text
}

fn nonzero_counts(counts: &RowCounts) -> String {
    let failed = match counts.unfinished {
        0 => "failed".to_owned(),
        n if n == counts.failed => "never ended".to_owned(),
        n => format!("failed ({} never ended)", number(n)),
    };
    let RowCounts { passed, skipped, unmeasured, .. } = *counts;
    let all = [
        (counts.failed, failed.as_str()),
        (passed, "passed"),
        (skipped, "skipped"),
        (unmeasured, "not measured"),
    ];
    let nonzero = all.into_iter().filter(|(n, _)| *n > 0);
    let parts: Vec<String> = nonzero.map(|(n, word)| format!("{} {word}", number(n))).collect();
    if parts.is_empty() { "no tests".to_owned() } else { parts.join(", ") }
}

/// `passed in 12 of 12 runs on 5 variants`, `failed in 3 of 12 runs (25 %)`
pub(crate) fn row_history(history: &RowHistory) -> String {
    let variants = match history.variants {
        0 | 1 => String::new(),
        n => format!(" on {n} variants"),
    };
    let runs = |n: usize| count(n as u64, "run", "runs");
    match history.failed {
        0 if history.measured == 0 => "no complete run measured it".to_owned(),
        0 => format!("passed in {} of {}{variants}", history.passed, runs(history.runs)),
        n => {
            let measured = history.measured.max(1);
            let percent = (n * 100 + measured / 2) / measured;
            format!("failed in {n} of {}{variants} ({percent} %)", runs(history.measured))
        }
    }
}

/// A note on a record that is given as evidence.
pub(crate) fn left_out(path: &str) -> String {
    format!("{path} is this run, or evidence that was given before: it counts once")
}

/// Heading of the flaky rows, with how often their tests failed.
pub(crate) const FLAKY_ROWS: &str = "Flaky rows, over the runs that were given as evidence";

/// Heading of rows that pass, but are not proposed for removal.
pub(crate) const UNCONFIRMED: &str = "Newly passing, but not in enough runs or variants";

/// The same with their number.
pub(crate) fn unconfirmed_rows(n: u64) -> String {
    format!("{}, but not in enough runs or variants", count(n, "row passes", "rows pass"))
}

/// Heading of rows that pass, but are not proposed for removal because another row would excuse more.
pub(crate) const STRICTEST: &str = "Newly passing, but without it another row would excuse more";

/// The same with their number.
pub(crate) fn strictest_rows(n: u64) -> String {
    let rows = count(n, "row passes, but without it", "rows pass, but without them");
    format!("{rows} another row would excuse more")
}

/// Heading of rows with `compat = loose`.
pub(crate) const LOOSE_ROWS: &str =
    "Rows that claim tests only because their section reads wildcards loosely";

/// Heading of the tests that they claim only so.
pub(crate) const LOOSE_ONLY_TESTS: &str = "tests that it matches only because of `compat = loose`:";

/// Heading of rows that expect a hang or a crash, and none of whose tests hung or crashed.
pub(crate) const NOW_COMPLETING: &str = "Expected to hang or crash, but ran to the end";

/// For a row that matches no test.
pub(crate) fn did_you_mean(name: &str) -> String {
    format!("did you mean {name}?")
}

/// What a row expects, as its status column has it.
pub(crate) fn expected(expected: &Expected) -> String {
    match expected {
        Expected::AnyFailure => "any failure".to_owned(),
        Expected::Failure { worst, message } => {
            let word = match worst {
                FailureKind::Fail => "fail",
                FailureKind::Error => "error",
                FailureKind::Timeout => "timeout",
                FailureKind::Crash => "crash",
            };
            with_message(word, message.as_ref())
        }
        Expected::Flaky { message } => with_message("flaky", message.as_ref()),
        Expected::Skip => "skip".to_owned(),
    }
}

/// A status and the message that it pins.
fn with_message(word: &str, message: Option<&MessagePattern>) -> String {
    let pinned = message.map(|message| format!(": {}", message.as_str()));
    format!("{word}{}", pinned.unwrap_or_default())
}

/// The variants that a row applies to, as its column has them; empty for all.
pub(crate) fn scope(scope: &VariantScope) -> String {
    let only = scope.only.iter().map(|item| item.as_str().to_owned());
    let except = scope.except.iter().map(|item| format!("!{}", item.as_str()));
    only.chain(except).collect::<Vec<_>>().join(", ")
}

/// Whether the tests of a new or widened row fail.
pub(crate) fn row_check(status: RowStatus, counts: RowCounts) -> String {
    let counts = nonzero_counts(&counts);
    match status {
        RowStatus::Active => format!("it is needed: {counts}"),
        RowStatus::Mixed => format!("it also claims tests that do not fail: {counts}"),
        RowStatus::NewlyPassing => format!("its tests do not fail: {counts}"),
        RowStatus::Skipped => format!("its tests did not run: {counts}"),
        RowStatus::Unmatched => "no test of that name ran".to_owned(),
        RowStatus::NotMeasured => format!("a part of the run was cut: {counts}"),
        RowStatus::Shadowed => "other rows claim its tests".to_owned(),
        RowStatus::Duplicate => "another row has the same effect".to_owned(),
    }
}
