//! What is said of the document's rows: what their tests did, why they stay, what they expect.
//!
//! In: rows and counts. Out: parts of lines.

use super::gaps::truncated_parts;
use super::{append_quoted_list, count, number};
use crate::compare::{RowCounts, RowStatus, TruncatedPart};
use crate::known::{Expected, FailureKind, Pattern, VariantScope};
use crate::report::{KeepReason, RichText, RowHistory, RowLine, RunScope, Since, SkipReason};

/// Stands above the rows that pass, where they are not counted.
pub(crate) fn newly_passing(run_scope: RunScope) -> &'static str {
    match run_scope {
        RunScope::Whole => "Newly passing: these rows can be removed",
        RunScope::OneOfMatrix => "Newly passing in this variant",
    }
}

/// What is said of one of them.
pub(crate) fn row_passes(run_scope: RunScope) -> &'static str {
    match run_scope {
        RunScope::Whole => "Newly passing: this row can be removed",
        RunScope::OneOfMatrix => "Newly passing in this variant",
    }
}

/// Stands above the rows that pass.
pub(crate) fn rows_that_pass(n: u64, run_scope: RunScope) -> String {
    match run_scope {
        RunScope::Whole => format!("{} be removed", count(n, "row can", "rows can")),
        RunScope::OneOfMatrix => format!("{} in this variant", count(n, "row passes", "rows pass")),
    }
}

/// Stands above the patch that removes rows from a document.
pub(crate) fn patch(rows: u64, file: &str, run_scope: RunScope) -> String {
    let rows = count(rows, "row", "rows");
    let when = match run_scope {
        RunScope::Whole => "",
        RunScope::OneOfMatrix => ", if no other variant needs them",
    };
    format!("Patch that removes {rows} from {file}{when}")
}

/// Stands above rows that claim tests that do not fail.
pub(crate) fn mixed_rows(n: u64) -> String {
    format!("{} tests that do not fail", count(n, "row covers", "rows cover"))
}

/// What is said of a row on its own line.
pub(crate) const REMOVABLE: &str = "All tests of this row passed: it can be removed.";

/// Why a row with passing tests stays as it is, and what was cut.
pub(crate) fn kept_row(reason: KeepReason, row: &RowLine, truncated: &[TruncatedPart]) -> RichText {
    let counts = match by_variant(row) {
        Some(by_variant) => by_variant,
        None => nonzero_counts(&row.counts),
    };
    let text = |what: &str| RichText::new(format!("{counts}; {what}"));
    match reason {
        KeepReason::Truncated => {
            truncated_parts(text("what was cut may hold tests of it"), truncated)
        }
        KeepReason::Infrastructure => text("tests of it failed because of infrastructure"),
        KeepReason::WouldChangeClaims => {
            text("exact rows in its place would change which row claims a test")
        }
        KeepReason::VariantMissing => {
            append_quoted_list(text("it was not measured in "), &row.missing_variants)
        }
        KeepReason::Skipped => text("what was skipped was not seen to pass"),
        KeepReason::Unconfirmed => {
            let history = row.history.as_ref().map(self::row_history);
            text(&format!("not enough runs agree: {}", history.unwrap_or_default()))
        }
        KeepReason::StillFails => text("the test still fails in a variant"),
    }
}

/// What a row's tests did in each variant, where there are several: `memory: 4 failed; s3: no results`.
pub(crate) fn by_variant(row: &RowLine) -> Option<String> {
    let text = |(variant, counts): &(String, RowCounts)| {
        let is_empty = counts.failed + counts.passed + counts.skipped == 0;
        let counts = if is_empty { "no results".to_owned() } else { nonzero_counts(counts) };
        format!("{variant}: {counts}")
    };
    let parts: Vec<String> = row.by_variant.iter().map(text).collect();
    (parts.len() > 1).then(|| parts.join("; "))
}

/// Why a new failure gets no row.
pub(crate) fn skip_reason(reason: SkipReason) -> RichText {
    RichText::new(match reason {
        SkipReason::HasRow => "a row of this name expects something milder: change its status",
        SkipReason::OtherVariants => "the section that it belongs to does not speak of its variant",
    })
}

/// What stands above the names of tests, each of which a row for it alone would excuse.
pub(crate) const EXACT_ROWS: &str = "these exact rows would do (`knownfail update` writes them):";

/// What stands above the rows that an update leaves.
pub(crate) const KEPT_ROWS: &str = "Rows with passing tests that were kept";

/// What stands above the rows that leave, with what earlier runs say of them.
pub(crate) const EVIDENCE: &str = "Evidence for what was removed";

/// What stands above the new failures that an update gives no row.
pub(crate) const SKIPPED_FAILURES: &str = "New failures without a row";

/// How many of a row's tests did what: `4 failed, 7 passed`.
pub(crate) fn row_counts(row: &RowLine) -> String {
    let counts = nonzero_counts(&row.counts);
    let counts = match row.missing_variants.as_slice() {
        [] => counts,
        missing => format!("{counts}; not measured in {}", missing.join(", ")),
    };
    let counts = match row.since {
        None => counts,
        Some(Since::ThisChange) => format!("{counts}; failed in the base run"),
        Some(Since::Before) => format!("{counts}, in the base run too"),
    };
    row.history
        .as_ref()
        .map_or(counts.clone(), |history| format!("{counts}; {}", self::row_history(history)))
}

fn nonzero_counts(counts: &RowCounts) -> String {
    let parts: Vec<String> = [
        (counts.failed, "failed"),
        (counts.passed, "passed"),
        (counts.skipped, "skipped"),
        (counts.unmeasured, "not measured"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, word)| match (word, counts.unfinished) {
        ("failed", 1..) if counts.unfinished == n => format!("{} never ended", number(n)),
        ("failed", some @ 1..) => {
            format!("{} failed ({} never ended)", number(n), number(some))
        }
        (word, _) => format!("{} {word}", number(n)),
    })
    .collect();
    if parts.is_empty() { "no tests".to_owned() } else { parts.join(", ") }
}

/// What earlier runs say of a row: `passed in 12 of 12 runs on 5 variants`, `failed in 3 of 12 runs (25 %)`.
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

/// What stands above the rows that accept failing, with how often they did.
pub(crate) const FLAKY_ROWS: &str = "Flaky rows, over the runs that were given as evidence";

/// What stands above rows that pass, but not in enough runs or variants.
pub(crate) const UNCONFIRMED: &str = "Newly passing, but not in enough runs or variants";

/// What stands above rows that claim tests of another suite as well.
pub(crate) const LOOSE_ROWS: &str =
    "Rows that claim tests only because their section reads wildcards loosely";

/// What stands above the names of such tests.
pub(crate) const LOOSE_ONLY_TESTS: &str = "without `compat = loose` these would be new:";

/// Stands above the rows that expect a hang or a crash that no longer comes.
pub(crate) const NOW_COMPLETING: &str = "Expected to hang or crash, but ran to the end";

/// The test that a row without any may have meant.
pub(crate) fn did_you_mean(name: &str) -> String {
    format!("did you mean {name}?")
}

/// What a row excuses, as its status column would say it.
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
            let pinned = message.as_ref().map(|message| format!(": {}", message.as_str()));
            format!("{word}{}", pinned.unwrap_or_default())
        }
        Expected::Flaky => "flaky".to_owned(),
        Expected::Skip => "skip".to_owned(),
    }
}

/// The variants that a row speaks of, as its column would say it; empty for all of them.
pub(crate) fn scope(scope: &VariantScope) -> String {
    let only = scope.only.iter().map(|pattern: &Pattern| pattern.as_str().to_owned());
    let except = scope.except.iter().map(|pattern| format!("!{}", pattern.as_str()));
    only.chain(except).collect::<Vec<_>>().join(", ")
}

/// Whether the tests of a row that claims more than before really fail.
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
        RowStatus::Duplicate => "another row says the same".to_owned(),
    }
}
