//! Every English sentence about a run that a user sees.
//!
//! In: facts. Out: [`Sentence`]s without markup. A newcomer's trap: texts from outside go into `quote`,
//! never into `words`, or a test's name could break a comment.

use super::{
    CellChange, ChangeKind, ChangeLine, ChangedRow, Digest, History, HistoryVersion, Judged, Reach,
    Record, Report, RowLine, Sentence, Since, WhyNotAdded, WhyStay,
};
use crate::compare::policy::{Conclusion, Reason};
use crate::compare::{Cut, Remark, RowCounts, RowStatus, TestFact, Verdict, Why};
use crate::import::UnsaidKind;
use crate::known::{Expected, FailureKind, Pattern, VariantScope};
use crate::model::{GapKind, Outcome, ProblemKind, ResultsProblem, Unread, first_line};

/// `1 test`, `2 tests`.
pub fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// A number with its thousands apart: `12,345`.
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut spaced = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            spaced.push(',');
        }
        spaced.push(digit);
    }
    spaced
}

/// A text that begins as a sentence does.
pub fn capitalised(text: &str) -> String {
    let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
    first.to_uppercase() + rest
}

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
            1 => "Fix it, or say why it is expected with a row in ",
            _ => "Fix them, or say why they are expected with a row in ",
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

/// An issue all of whose rows pass.
pub fn closes(issue: &str) -> Sentence {
    let closes = format!("closes {issue}");
    let said = Sentence::new("the last rows of ").quote(issue).words(" pass: write ");
    said.quote(closes).words(" in the description")
}

/// An issue that is done with, while rows go on naming it.
pub fn closed_with_rows(issue: &str, rows: u64) -> Sentence {
    let rows = count(rows, "row names", "rows name");
    Sentence::quoting(issue).words(format!(" is closed, and {rows} it"))
}

/// Stands above known failures of which there is more to say.
pub const WITH_A_DIFFERENCE: &str = "Known failures that changed";

/// The same with their number.
pub fn with_a_difference(n: u64) -> String {
    count(n, "known failure that changed", "known failures that changed")
}

/// Stands above tests that the base run had and this one lacks.
pub fn missing(n: u64) -> String {
    format!("{} of the base run did not run", count(n, "test", "tests"))
}

/// Stands above tests that failed in the base run and pass without a row.
pub fn fixed(n: u64) -> String {
    format!(
        "{} in the base run and {} here",
        count(n, "test failed", "tests failed"),
        if n == 1 { "passes" } else { "pass" }
    )
}

/// Stands above known failures that passed in the base run.
pub fn hidden_regressions(n: u64) -> String {
    let hidden = count(n, "regression hidden by a row", "regressions hidden by rows");
    format!("{hidden}: known failures that passed in the base run")
}

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

/// Stands above many failures.
pub const BY_NAME: &str = "By what their names begin with";

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

/// Names with commas between.
fn quoted(said: Sentence, names: &[String]) -> Sentence {
    names.iter().enumerate().fold(said, |said, (place, name)| {
        said.words(if place == 0 { "" } else { ", " }).quote(name)
    })
}

/// The files and variants that were cut, the first ones.
fn cut_parts(mut said: Sentence, cut: &[Cut]) -> Sentence {
    const SHOWN: usize = 3;
    for (place, part) in cut.iter().take(SHOWN).enumerate() {
        said = said.words(if place == 0 { ": " } else { ", " });
        said = match &part.file {
            Some(file) => said.quote(file.to_string()),
            None => said.words("the whole run"),
        };
        if !part.variant.as_str().is_empty() {
            said = said.words(" in ").quote(part.variant.as_str());
        }
    }
    match cut.len().saturating_sub(SHOWN) {
        0 => said,
        more => said.words(format!(" and {} more", number(more as u64))),
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

/// Why `growth` does not fire on the command line.
pub const NO_GROWTH: &str = "rows that are added are not judged (growth): only the action, on a pull \
                             request, knows the list before it";

/// Stands above what the pull request does to the list.
pub const LIST_CHANGES: &str = "This pull request changes the list";

/// `2 rows added, 1 row removed; 1 new row has no issue`.
pub fn list_summary(list: &[ChangeLine]) -> String {
    let untracked = list.iter().filter(|change| change.is_untracked()).count() as u64;
    match untracked {
        0 => changes(list),
        n => format!("{}; {} no issue", changes(list), count(n, "new row has", "new rows have")),
    }
}

/// What became of a row, in a part of a line.
pub fn list_change(change: &ChangeLine) -> Sentence {
    let of = |words: &str, rows: &[ChangedRow]| patterns(Sentence::new(words), rows);
    let (old, new) = (&change.old, &change.new);
    let same = || old.first().map(|row| &row.pattern) == new.first().map(|row| &row.pattern);
    let said = match change.kind {
        ChangeKind::Added => of("adds ", new),
        ChangeKind::Widened if same() => of("more variants for ", new),
        ChangeKind::Widened => patterns(of("widens ", old).words(" to "), new),
        ChangeKind::Edited => edited(&change.cells, new),
        ChangeKind::Moved => of("moves ", new),
        ChangeKind::Narrowed if same() => of("fewer variants for ", new),
        ChangeKind::Narrowed => patterns(of("narrows ", old).words(" to "), new),
        ChangeKind::Removed => of("removes ", old),
        ChangeKind::Repeated => of("repeats ", new),
        ChangeKind::Merged => of("removes a repetition of ", old),
    };
    if change.is_untracked() { said.words(", without an issue") } else { said }
}

/// A few patterns, and how many more there are.
fn patterns(mut said: Sentence, rows: &[ChangedRow]) -> Sentence {
    const SHOWN: usize = 3;
    for (place, row) in rows.iter().take(SHOWN).enumerate() {
        said = said.words(if place == 0 { "" } else { ", " }).quote(&row.pattern);
    }
    match rows.len().saturating_sub(SHOWN) {
        0 => said,
        more => said.words(format!(" and {} more", number(more as u64))),
    }
}

fn edited(cells: &[CellChange], rows: &[ChangedRow]) -> Sentence {
    let mut said = Sentence::new("changes ");
    for (place, cell) in cells.iter().enumerate() {
        said = said.words(if place == 0 { "" } else { ", " }).quote(&cell.column);
    }
    patterns(said.words(" of "), rows)
}

/// The word for a conclusion at the head of a report.
pub fn conclusion(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Success => "passed",
        Conclusion::Failure => "failed",
        Conclusion::Inconclusive => "inconclusive",
    }
}

/// What an outcome is called in a table.
pub fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Skipped => "skipped",
        Outcome::Xfailed => "failed as its runner expects",
        Outcome::Unfinished => "never ended",
        Outcome::Xpassed => "passed unexpectedly",
        Outcome::Failed => "failed",
        Outcome::Errored => "errored",
        Outcome::TimedOut => "timed out",
        Outcome::Crashed => "crashed",
    }
}

/// A test that fares alike everywhere: `failed in all 5 variants`.
pub fn in_all_variants(outcome: Outcome, variants: usize) -> String {
    format!("{} in all {variants} variants", self::outcome(outcome))
}

/// What is worth saying of a test beside its verdict.
///
/// `pinned` is what the row pins of its message.
pub fn remarks(test: &TestFact, pinned: Option<&str>) -> Vec<Sentence> {
    let loosely = "claimed only because its section reads wildcards loosely";
    let loosely = test.loosely.then(|| Sentence::new(loosely));
    test.remarks.iter().map(|remark| self::remark(test, *remark, pinned)).chain(loosely).collect()
}

/// In how many earlier runs a test failed.
pub fn rate(failed: usize, runs: usize) -> Sentence {
    let runs = count(runs as u64, "earlier run", "earlier runs");
    Sentence::new(format!("failed in {failed} of {runs}"))
}

/// How often a test failed in the runs of one commit.
pub fn flips(failed: usize, runs: usize) -> String {
    format!("failed in {failed} of {runs} runs of this commit")
}

/// Stands above the tests that flip.
pub const FLIPS: &str = "Flips between runs of this commit";
/// Stands above the suites of which fewer tests ran than in the base run.
pub const SHRUNK: &str = "Fewer tests ran than in the base run";
/// Stands above the rows that expect a hang or a crash that no longer comes.
pub const CLOSED_GAPS: &str = "Expected to hang or crash, but ran to the end";
/// Stands above what was cut and is signed off.
pub const SIGNED_OFF: &str = "Cut short, and signed off by a row";

/// A suite's name for a reader.
pub fn suite(suite: &str) -> &str {
    if suite.is_empty() { "(no suite)" } else { suite }
}

/// How many of a suite's tests ran: `80 of 120`.
pub fn ran(now: u64, before: u64) -> String {
    format!("{} of {}", number(now), number(before))
}

/// What became of a test that was not measured.
pub fn unmeasured(outcome: Outcome, base: Option<Outcome>) -> String {
    match outcome {
        Outcome::Unfinished if base == Some(Outcome::Unfinished) => {
            "never ended, as in the base run".to_owned()
        }
        Outcome::Unfinished => "never ended".to_owned(),
        Outcome::Passed
        | Outcome::Skipped
        | Outcome::Xfailed
        | Outcome::Xpassed
        | Outcome::Failed
        | Outcome::Errored
        | Outcome::TimedOut
        | Outcome::Crashed => {
            format!("{} because of infrastructure", self::outcome(outcome))
        }
    }
}

fn remark(test: &TestFact, remark: Remark, pinned: Option<&str>) -> Sentence {
    let now = now(test.outcome);
    Sentence::new(match remark {
        Remark::Worse { expected } => format!("known to {}, now {now}", failure_kind(expected)),
        Remark::ExpectedSkip => format!("known not to run, now {now}"),
        Remark::Milder { expected } => {
            format!("known to {}, now only {now}", failure_kind(expected))
        }
        Remark::Differently => {
            let said = Sentence::new("known, but differently: the row pins ")
                .quote(pinned.unwrap_or_default());
            return match first_line(&test.message) {
                Some(now) => said.words(", the message says ").quote(now),
                None => said.words(", and there is no message"),
            };
        }
        Remark::HidesRegression => "passed in the base run: the row hides a regression".to_owned(),
        Remark::MessageChanged => {
            let before = test.base_message.as_deref().unwrap_or_default();
            let now = first_line(&test.message).unwrap_or_default();
            return Sentence::new("known, but differently: the base run said ")
                .quote(before)
                .words(", this one ")
                .quote(now);
        }
        Remark::Infrastructure => {
            "failed because of infrastructure: that says nothing about the test".to_owned()
        }
        Remark::NewTest => "it is not in the base run".to_owned(),
    })
}

fn failure_kind(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Fail => "fail",
        FailureKind::Error => "error",
        FailureKind::Timeout => "time out",
        FailureKind::Crash => "crash",
    }
}

fn now(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passes",
        Outcome::Skipped => "is skipped",
        Outcome::Xfailed | Outcome::Failed => "fails",
        Outcome::Unfinished => "never ends",
        Outcome::Xpassed => "passes unexpectedly",
        Outcome::Errored => "errors",
        Outcome::TimedOut => "times out",
        Outcome::Crashed => "crashes",
    }
}

/// Why a run is incomplete.
pub fn why(why: &Why) -> Sentence {
    match why {
        Why::Unmeasured { tests } => {
            Sentence::new(format!("{} started and never ended", count(*tests, "test", "tests")))
        }
        Why::Infrastructure { tests } => Sentence::new(format!(
            "{} failed because of infrastructure, more than --max-infra allows",
            count(*tests, "test", "tests")
        )),
        Why::Gap { file, line, kind } => match file {
            None => gap(kind),
            Some(file) if *line > 1 => {
                Sentence::quoting(format!("{file}:{line}")).words(": ").join(gap(kind))
            }
            Some(file) => Sentence::quoting(file.to_string()).words(": ").join(gap(kind)),
        },
    }
}

fn gap(kind: &GapKind) -> Sentence {
    Sentence::new(match kind {
        GapKind::OpenEnd => {
            "a test never ended, and nothing says which tests should have followed".to_owned()
        }
        GapKind::PlanUnmet { planned, came } if came > planned => {
            let planned = count(*planned, "test was", "tests were");
            format!("{planned} planned, {} ran", number(*came))
        }
        GapKind::PlanUnmet { planned, came } => {
            format!("{} of {} planned tests ran", number(*came), number(*planned))
        }
        GapKind::Cut => "the file is truncated".to_owned(),
        GapKind::Unread { why } => return unread(why),
        GapKind::Unreadable { what } => {
            return Sentence::new("could not be read from here on: ").quote(what);
        }
        GapKind::Counts { what, announced, came } => {
            format!(
                "the header announces {} {what}, the file has {}",
                number(*announced),
                number(*came)
            )
        }
        GapKind::NoTests => "no test at all".to_owned(),
        GapKind::BailedOut { why } => return Sentence::new("the runner gave up: ").quote(why),
        GapKind::ExitCode { code } => exit_code(*code),
        GapKind::TooFew { wanted, came } => format!(
            "{} ran, --min-tests asks for {}",
            count(*came, "test", "tests"),
            number(*wanted)
        ),
        GapKind::NoResultsFiles { suites, first } => {
            let more = match suites.saturating_sub(first.len() as u64) {
                0 => String::new(),
                n => format!(" and {} more", number(n)),
            };
            let suites = count(*suites, "suite has", "suites have");
            let said = Sentence::new(format!("{suites} an exit code and no results file"));
            let named = first.iter().enumerate().fold(said, |said, (place, suite)| {
                said.words(if place == 0 { ": " } else { ", " }).quote(suite)
            });
            return named.words(more);
        }
        GapKind::DamagedRecord { path, offset, what } => {
            return Sentence::new("the record ")
                .quote(path)
                .words(format!(" could not be read from byte {} on: ", number(*offset)))
                .quote(what);
        }
    })
}

/// Why nothing of a file was read.
fn unread(why: &Unread) -> Sentence {
    match why {
        Unread::Empty => Sentence::new("the file is empty"),
        Unread::NoFormat { tried, looks_like } => {
            let said = Sentence::new(format!(
                "not a known format: tried all {} that knownfail formats lists",
                number(*tried)
            ));
            match looks_like.as_str() {
                "" => said,
                looks_like => said.words("; it looks like ").quote(looks_like),
            }
        }
        Unread::Failed { why } => Sentence::new("it could not be read: ").quote(why),
    }
}

fn exit_code(code: i64) -> String {
    match code {
        124 => "the test runner was ended by its time limit (exit code 124)".to_owned(),
        137 => "the test runner was killed: out of memory, or stopped from outside (exit code \
                137, signal 9)"
            .to_owned(),
        139 => "the test runner itself crashed: a segmentation fault (exit code 139, signal 11)"
            .to_owned(),
        129..=192 => {
            format!("the test runner was ended by signal {} (exit code {code})", code - 128)
        }
        // As some languages tell a signal.
        -64..=-1 => format!("the test runner was ended by signal {} (exit code {code})", -code),
        1..=128 => format!("the test runner's exit code is {code} although no test failed"),
        _ => format!("the test runner did not end by itself (exit code {code})"),
    }
}

/// The test that a row without any may have meant.
pub fn did_you_mean(name: &str) -> String {
    format!("did you mean {name}?")
}

/// What became of a row that only repeated an earlier one.
pub fn removed_duplicate(pattern: &str, first_line: u32) -> Sentence {
    Sentence::new("removed: ")
        .quote(pattern)
        .words(format!(" is on line {first_line} too, with the same cells"))
}

/// What is wrong with an input.
pub fn problem(kind: &ProblemKind) -> Sentence {
    match kind {
        ProblemKind::DroppedRow { pattern } => Sentence::new("the row ")
            .quote(pattern)
            .words(" is in no table: a blank line or a comment above it ends the table, and Markdown drops it"),
        ProblemKind::ExtraCells { found, expected } => Sentence::new(format!(
            "the row has {found} cells and its table {expected} columns: Markdown drops the rest \
             (a pipe inside a cell is written "
        ))
        .quote("\\|")
        .words(")"),
        ProblemKind::RowWithoutPipe => {
            Sentence::new("this line is a row of the table above it: leave a blank line between them")
        }
        ProblemKind::DelimiterWidth { found: 0, .. } => Sentence::new(
            "the header has no delimiter row below it: Markdown sees no table here",
        ),
        ProblemKind::DelimiterWidth { found, expected } => Sentence::new(format!(
            "the delimiter row has {} and the header {expected}: Markdown sees no table here",
            count(*found as u64, "column", "columns")
        )),
        ProblemKind::NotUtf8 { lines } => {
            let more = match lines.saturating_sub(1) {
                0 => String::new(),
                n => format!(" (nor {})", count(n, "line below is", "lines below are")),
            };
            Sentence::new(format!(
                "this line is not UTF-8{more}: what was read may be another name; save the document as UTF-8"
            ))
        }
        ProblemKind::EmptyPattern => Sentence::new("the row names no test"),
        ProblemKind::BadRegex { pattern, why } => {
            Sentence::new("the regular expression ").quote(pattern).words(" cannot be read: ").quote(why)
        }
        ProblemKind::DuplicateRow { pattern, first_file, first_line, same_reason } => {
            let also = if *same_reason { "" } else { ", with another reason" };
            Sentence::quoting(pattern)
                .words(" is listed twice: first at ")
                .quote(format!("{first_file}:{first_line}"))
                .words(also)
        }
        ProblemKind::ContradictingRow { pattern, first_file, first_line } => {
            Sentence::quoting(pattern)
                .words(" is listed twice with different expectations: first at ")
                .quote(format!("{first_file}:{first_line}"))
        }
        ProblemKind::UnknownStatus { word } => Sentence::new("the status ")
            .quote(word)
            .words(" is not one of fail, error, timeout, crash, flaky and skip: the row excuses any failure"),
        ProblemKind::BadDate { text } => Sentence::new("the date ")
            .quote(text)
            .words(" cannot be read: write it as year-month-day, such as 2030-01-31"),
        ProblemKind::Expired { pattern, date } => {
            Sentence::quoting(pattern).words(" was due for review by ").quote(date)
        }
        ProblemKind::UnknownVariant { pattern, variant } => Sentence::new("no run has the variant ")
            .quote(variant)
            .words(" that the row ")
            .quote(pattern)
            .words(" names"),
        ProblemKind::MissingIssue { pattern } => {
            Sentence::quoting(pattern).words(" has no issue, and its section asks for one")
        }
        ProblemKind::BadDirective { text } => Sentence::quoting(text).words(
            " is not a directive; there are ignore, compat = loose, policy = issue-required, variants = a, b and allow = code, code",
        ),
        ProblemKind::LooksLikeList { names } => Sentence::new(format!(
            "{} of this table are tests of the run, but no column is headed ",
            count(*names as u64, "cell", "cells")
        ))
        .quote("Test")
        .words(", so that its rows are not read"),
        ProblemKind::EmptyList => Sentence::new("the table has no rows"),
        ProblemKind::NoList => {
            Sentence::new("no table of known failures: one has a column headed ").quote("Test Name")
        }
        ProblemKind::RedundantRow { pattern, wider, file, line } => Sentence::quoting(pattern)
            .words(" is redundant: ")
            .quote(wider)
            .words(" at ")
            .quote(format!("{file}:{line}"))
            .words(" says the same"),
        ProblemKind::ShadowedRow { pattern, by, file, line } => Sentence::quoting(pattern)
            .words(" claims nothing: ")
            .quote(by)
            .words(" at ")
            .quote(format!("{file}:{line}"))
            .words(" matches all of its tests and takes precedence"),
        ProblemKind::OverlappingRows { pattern, other, file, line, claims } => {
            let which = if *claims { "this row" } else { "that row" };
            Sentence::quoting(pattern)
                .words(" and ")
                .quote(other)
                .words(" at ")
                .quote(format!("{file}:{line}"))
                .words(format!(" can match the same test, and neither contains the other: {which} claims it"))
        }
        ProblemKind::CatchAllRow { pattern } => Sentence::quoting(pattern)
            .words(" claims every test: no failure of anything will ever be new"),
        ProblemKind::NeverMatches { pattern } => Sentence::new("no name can match ")
            .quote(pattern)
            .words(": it contradicts itself, or needs a line break or another character that names show as an escape"),
        ProblemKind::LooksLikeRegex { pattern } => Sentence::quoting(pattern)
            .words(" looks like a regular expression but is not one: write ")
            .quote("re:")
            .words(" in front of it"),
        ProblemKind::MarkedUpPattern { pattern } => Sentence::quoting(pattern).words(
            " has markup around it, which is read as part of the pattern: write it bare or in backticks",
        ),
        ProblemKind::OddIssue { text } => Sentence::new("the issue ")
            .quote(text)
            .words(" is neither a number nor a link; write - for none"),
        ProblemKind::WrongTotal { told, found } => Sentence::new(format!(
            "the text gives a total of {}, the list has {}",
            number(*told),
            count(*found, "row", "rows")
        )),
        ProblemKind::ProseSaysGone { pattern, row } => Sentence::new("the text says that ")
            .quote(pattern)
            .words(format!(" passes or was removed, and line {row} lists it")),
        ProblemKind::ProseSaysListed { name } => Sentence::new("the text says that ")
            .quote(name)
            .words(" still fails or is listed, and no row has it"),
        ProblemKind::DuplicateResult { name, variant, count } => {
            let said = Sentence::quoting(name).words(format!(" has {count} results"));
            let said = if variant.is_empty() {
                said
            } else {
                said.words(" in ").quote(variant)
            };
            said.words(
                ", the worst counts: tests that share a name hide each other (--prefix tells them \
                 apart, --duplicates rerun says that they are retries)",
            )
        }
        ProblemKind::MoreDuplicateResults { count } => {
            Sentence::new(format!("{} more names have several results", number(*count)))
        }
        ProblemKind::Results(problem) => results_problem(problem),
        ProblemKind::PartialBase { listed, tests } => Sentence::new(format!(
            "this report names {} of the base run's {}: of the others nobody knows whether they passed, \
             and whether they are missing; write it with --all-tests, or a record with --record",
            number(*listed),
            count(*tests, "test", "tests")
        )),
        ProblemKind::IncompleteBase { why, more } => {
            let said = Sentence::new("the base run was incomplete");
            let said = match why {
                Some(why) => said.words(": ").join(gap(why)),
                None => said,
            };
            let said = match more {
                0 => said,
                more => said.words(format!(", and {} more", number(*more))),
            };
            said.words("; what it did not measure is not reported as missing here")
        }
    }
}

fn results_problem(problem: &ResultsProblem) -> Sentence {
    match problem {
        ResultsProblem::Unread { why } => unread(why),
        ResultsProblem::Unreadable { what } => {
            Sentence::new("could not be read from here on: ").quote(what)
        }
        ResultsProblem::Cut => Sentence::new("the file is truncated"),
        ResultsProblem::CountsExceeded { what, announced, came } => Sentence::new(format!(
            "the header announces {} {what}, the file has {}",
            number(*announced),
            number(*came)
        )),
        ResultsProblem::ExitCodeZero { failing } => Sentence::new(format!(
            "the test runner's exit code is 0 although {} failed: it would be 0 for a run that was cut, too",
            count(*failing, "test", "tests")
        )),
        ResultsProblem::WrongEncoding { read_as } => Sentence::new(format!(
            "the bytes are not in the encoding that the file says: read as {read_as}"
        )),
    }
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

/// How many rows were added, removed and so on, in one line.
pub fn changes(changes: &[ChangeLine]) -> String {
    let count = |kind| changes.iter().filter(|change| change.kind == kind).count() as u64;
    let told = ChangeKind::ALL.into_iter().map(|kind| (count(kind), kind.word()));
    let mut parts: Vec<String> = told
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{} {word}", self::count(n, "row", "rows")))
        .collect();
    if parts.is_empty() {
        parts.push("no row changed".to_owned());
    }
    parts.join(", ")
}

/// What stands above the changes of one kind.
pub fn change_heading(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "Added",
        ChangeKind::Widened => "Widened: what they claim now, and instead of what",
        ChangeKind::Edited => "Edited: the same tests, other cells",
        ChangeKind::Moved => "Moved: the same tests, another section",
        ChangeKind::Narrowed => "Narrowed: what they claimed, and what of it is left",
        ChangeKind::Removed => "Removed",
        ChangeKind::Repeated => "Repeated: another row says the same",
        ChangeKind::Merged => "Merged: another row says the same",
    }
}

/// What is said of a row behind its pattern.
pub fn change(change: &ChangeLine, row: &ChangedRow) -> Option<String> {
    let section = |rows: &[ChangedRow]| rows.first().map(|row| row.section.join(" › "));
    match change.kind {
        ChangeKind::Added | ChangeKind::Removed => {
            let said = [row.reason.as_str(), row.issue.as_str()];
            let said: Vec<&str> = said.into_iter().filter(|text| !text.is_empty()).collect();
            (!said.is_empty()).then(|| said.join(" · "))
        }
        ChangeKind::Moved => {
            Some(format!("from {} to {}", section(&change.old)?, section(&change.new)?))
        }
        ChangeKind::Repeated | ChangeKind::Merged => {
            change.same.as_ref().map(|same| format!("as {}:{}", same.file, same.line))
        }
        ChangeKind::Widened | ChangeKind::Edited | ChangeKind::Narrowed => None,
    }
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

/// What a cell said and says.
pub fn cell_change(cell: &CellChange) -> Sentence {
    let quoted = |text: &str| match text.is_empty() {
        true => Sentence::new("nothing"),
        false => Sentence::quoting(text),
    };
    let column = Sentence::new(format!("{}: ", cell.column));
    column.join(quoted(&cell.old)).words(" became ").join(quoted(&cell.new))
}

/// Versions of a document that were read with other letters than they have.
pub fn versions_not_utf8(versions: u64) -> String {
    let versions = count(versions, "version is", "versions are");
    format!("warning: {versions} not UTF-8; names that differ may look alike there")
}

/// What is said of a file that stands beside lists.
pub const NO_LIST: &str = "skipped, not a known kind of list";

/// What a list says and a document cannot.
pub fn unsaid(what: &UnsaidKind) -> String {
    match what {
        UnsaidKind::Line { text } => format!("left out, not understood: `{text}`"),
        UnsaidKind::Rest { why } => format!("the whole list is left out, it cannot be read: {why}"),
        UnsaidKind::NotUtf8 => {
            "not UTF-8: a row from here on may name another test than the list does".to_owned()
        }
        UnsaidKind::Regex { text, why } => {
            format!("left out, the regular expression `{text}` cannot be read: {why}")
        }
        UnsaidKind::Wildcard { text } => {
            format!("left out, no pattern can express `{text}`")
        }
        UnsaidKind::Result { word } => format!("left out, no row can expect `{word}`"),
        UnsaidKind::Remark { word } => format!("the row is kept without `{word}`"),
        UnsaidKind::AllOf { tags } => {
            format!("left out, it holds only where all of `{}` do", tags.join(" "))
        }
        UnsaidKind::OnlyIn { places } => {
            format!("left out, it holds only in `{}`", places.join(", "))
        }
        UnsaidKind::Variant { name } => format!("left out, `{name}` cannot be a variant"),
        UnsaidKind::Date { text } => format!("left out, `{text}` is not a date"),
        UnsaidKind::Include { path, why } => format!("`{path}` is not included: {why}"),
        UnsaidKind::Remove { text } => format!("nothing to remove: `{text}`"),
        UnsaidKind::Inactive { name } => format!("left out, it is not active: `{name}`"),
        UnsaidKind::Repeated { pattern, file, line } => {
            format!("left out, `{pattern}` is listed already at {file}:{line}")
        }
    }
}

/// How much was imported, and how much could not be said.
pub fn imported(rows: u64, unsaid: u64) -> String {
    let rows = count(rows, "row", "rows");
    match unsaid {
        0 => format!("{rows}: nothing was lost"),
        n => format!("{rows}; {} could not be carried over as it was", count(n, "line", "lines")),
    }
}

/// How a document's rows became more or fewer: `49 rows now, 24 on 2026-02-28, at most 504 on 2026-03-19`.
pub fn history(history: &History) -> String {
    let on = |version: &HistoryVersion| {
        format!("{} on {}", number(version.size.rows), date(version.time))
    };
    let (first, most, last) = (history.first(), history.most(), &history.last);
    let mut said = format!("{} now", count(last.size.rows, "row", "rows"));
    if !history.earlier.is_empty() {
        said.push_str(&format!(", {}", on(first)));
    }
    if most.size.rows > first.size.rows.max(last.size.rows) {
        said.push_str(&format!(", at most {}", on(most)));
    }
    said
}

/// What is not counted in a document's last version.
pub fn history_note(last: &HistoryVersion) -> Option<String> {
    match (&last.file, last.size.duplicates) {
        (None, _) => Some("The document was deleted.".to_owned()),
        (Some(_), 0) => None,
        (Some(_), 1) => Some("1 row that repeats another is not counted.".to_owned()),
        (Some(_), n) => Some(format!("{} rows that repeat others are not counted.", number(n))),
    }
}

/// What stands above the numbers of a document's versions.
pub const VERSION_COLUMNS: [&str; 4] = ["date", "commit", "rows", "change"];

/// What stands above the numbers of its sections.
pub const SECTION_COLUMNS: [&str; 4] = ["first", "most", "now", "section"];

/// The name of a section for a reader.
pub fn section(section: &str) -> &str {
    if section.is_empty() { "(no section)" } else { section }
}

/// The sections that are not named one by one.
pub const OTHER_SECTIONS: &str = "other sections";

/// What a chart of a document's rows is called.
pub fn chart_title(file: &str) -> String {
    format!("Rows of {file}")
}

/// What one area of such a chart is: `Leases: 12 rows now`.
pub fn chart_area(section: &str, rows: u64) -> String {
    format!("{section}: {} now", count(rows, "row", "rows"))
}

/// A day, in UTC: `2026-03-01`.
pub fn date(time: jiff::Timestamp) -> String {
    time.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

/// What was not named.
pub fn more(n: usize) -> String {
    format!("and {} more", number(n as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_apart() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1000), "1,000");
        assert_eq!(number(1_234_567), "1,234,567");
    }
}
