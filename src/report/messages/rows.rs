//! What is said of the document's rows: what their tests did, why they stay, what they expect.
//!
//! In: rows and counts. Out: parts of lines.

use super::gaps::cut_parts;
use super::{count, number, quoted};
use crate::compare::{Cut, RowCounts, RowStatus};
use crate::known::{Expected, FailureKind, Pattern, VariantScope};
use crate::report::{Reach, Record, RowLine, Sentence, Since, WhyNotAdded, WhyStay};

/// Stands above the rows that pass, where they are not counted.
pub fn newly_passing(reach: Reach) -> &'static str {
    match reach {
        Reach::All => "Newly passing: these rows can be removed",
        Reach::OneOfSeveral => "Newly passing in this variant",
    }
}

/// What is said of one of them.
pub fn row_passes(reach: Reach) -> &'static str {
    match reach {
        Reach::All => "Newly passing: this row can be removed",
        Reach::OneOfSeveral => "Newly passing in this variant",
    }
}

/// Stands above the rows that pass.
pub fn rows_that_pass(n: u64, reach: Reach) -> String {
    match reach {
        Reach::All => format!("{} be removed", count(n, "row can", "rows can")),
        Reach::OneOfSeveral => format!("{} in this variant", count(n, "row passes", "rows pass")),
    }
}

/// Stands above the patch that removes rows from a document.
pub fn patch(rows: u64, file: &str, reach: Reach) -> String {
    let rows = count(rows, "row", "rows");
    let when = match reach {
        Reach::All => "",
        Reach::OneOfSeveral => ", if no other variant needs them",
    };
    format!("Patch that removes {rows} from {file}{when}")
}

/// Stands above rows that claim tests that do not fail.
pub fn mixed_rows(n: u64) -> String {
    format!("{} tests that do not fail", count(n, "row covers", "rows cover"))
}

/// What is said of a row on its own line.
pub const CAN_GO: &str = "All tests of this row passed: it can be removed.";

/// Why a row with passing tests stays as it is, and what was cut.
pub fn stays(why: WhyStay, row: &RowLine, cut: &[Cut]) -> Sentence {
    let counts = match by_variant(row) {
        Some(by_variant) => by_variant,
        None => some_counts(&row.counts),
    };
    let said = |what: &str| Sentence::new(format!("{counts}; {what}"));
    match why {
        WhyStay::Cut => cut_parts(said("what was cut may hold tests of it"), cut),
        WhyStay::Infrastructure => said("tests of it failed because of infrastructure"),
        WhyStay::Shared => said("exact rows in its place would change which row claims a test"),
        WhyStay::Absent => quoted(said("it was not measured in "), &row.absent),
        WhyStay::Skipped => said("what was skipped was not seen to pass"),
        WhyStay::InDoubt => {
            let record = row.record.as_ref().map(self::record);
            said(&format!("not enough runs agree: {}", record.unwrap_or_default()))
        }
        WhyStay::StillFails => said("the test still fails in a variant"),
    }
}

/// What a row's tests did in each variant, where there are several: `memory: 4 failed; s3: no results`.
pub fn by_variant(row: &RowLine) -> Option<String> {
    let said = |(variant, counts): &(String, RowCounts)| {
        let none = counts.failed + counts.passed + counts.skipped == 0;
        let counts = if none { "no results".to_owned() } else { some_counts(counts) };
        format!("{variant}: {counts}")
    };
    let parts: Vec<String> = row.by_variant.iter().map(said).collect();
    (parts.len() > 1).then(|| parts.join("; "))
}

/// Why a new failure gets no row.
pub fn not_added(why: WhyNotAdded) -> Sentence {
    Sentence::new(match why {
        WhyNotAdded::HasRow => "a row of this name expects something milder: change its status",
        WhyNotAdded::OtherVariants => {
            "the section that it belongs to does not speak of its variant"
        }
    })
}

/// What stands above the names of tests, each of which a row for it alone would excuse.
pub const EXACT_ROWS: &str = "these exact rows would do (`knownfail update` writes them):";

/// What stands above the rows that an update leaves.
pub const STAY: &str = "Rows with passing tests that were kept";

/// What stands above the rows that leave, with what earlier runs say of them.
pub const EVIDENCE: &str = "Evidence for what was removed";

/// What stands above the new failures that an update gives no row.
pub const NOT_ADDED: &str = "New failures without a row";

/// How many of a row's tests did what: `4 failed, 7 passed`.
pub fn row_counts(row: &RowLine) -> String {
    let counts = some_counts(&row.counts);
    let counts = match row.absent.as_slice() {
        [] => counts,
        absent => format!("{counts}; not measured in {}", absent.join(", ")),
    };
    let counts = match row.since {
        None => counts,
        Some(Since::ThisChange) => format!("{counts}; failed in the base run"),
        Some(Since::Before) => format!("{counts}, in the base run too"),
    };
    row.record
        .as_ref()
        .map_or(counts.clone(), |record| format!("{counts}; {}", self::record(record)))
}

fn some_counts(counts: &RowCounts) -> String {
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
pub fn record(record: &Record) -> String {
    let variants = match record.variants {
        0 | 1 => String::new(),
        n => format!(" on {n} variants"),
    };
    let runs = |n: usize| count(n as u64, "run", "runs");
    match record.failed {
        0 if record.measured == 0 => "no complete run measured it".to_owned(),
        0 => format!("passed in {} of {}{variants}", record.passed, runs(record.runs)),
        n => {
            let measured = record.measured.max(1);
            let percent = (n * 100 + measured / 2) / measured;
            format!("failed in {n} of {}{variants} ({percent} %)", runs(record.measured))
        }
    }
}

/// What stands above the rows that accept failing, with how often they did.
pub const FLAKY_ROWS: &str = "Flaky rows, over the runs that were given as evidence";

/// What stands above rows that pass, but not in enough runs or variants.
pub const IN_DOUBT: &str = "Newly passing, but not in enough runs or variants";

/// What stands above rows that claim tests of another suite as well.
pub const LOOSELY: &str =
    "Rows that claim tests only because their section reads wildcards loosely";

/// What stands above the names of such tests.
pub const ONLY_LOOSELY: &str = "without `compat = loose` these would be new:";

/// Stands above the rows that expect a hang or a crash that no longer comes.
pub const CLOSED_GAPS: &str = "Expected to hang or crash, but ran to the end";

/// The test that a row without any may have meant.
pub fn did_you_mean(name: &str) -> String {
    format!("did you mean {name}?")
}

/// What a row excuses, as its status column would say it.
pub fn expected(expected: &Expected) -> String {
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
pub fn scope(scope: &VariantScope) -> String {
    let only = scope.only.iter().map(|pattern: &Pattern| pattern.as_str().to_owned());
    let except = scope.except.iter().map(|pattern| format!("!{}", pattern.as_str()));
    only.chain(except).collect::<Vec<_>>().join(", ")
}

/// Whether the tests of a row that claims more than before really fail.
pub fn really_fails(status: RowStatus, counts: RowCounts) -> String {
    let counts = some_counts(&counts);
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
