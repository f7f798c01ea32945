//! What of a run was not measured.

use super::claims::{Row, claim};
use super::outcomes::{Combined, Test, TestId, tests};
use crate::oracle::case::{Format, MaxInfra, Options, Outcome, ResultsFile, Run};
use std::collections::{BTreeMap, BTreeSet};

/// A part of a run that was not measured.
#[derive(Debug, Clone)]
pub(crate) struct Gap {
    pub variant: &'static str,
    /// Why, as reports show it; `None` where another reason already does.
    pub why: Option<String>,
    /// The beginning of the names of the tests that it could contain; empty for any test.
    pub prefix: String,
    /// Whether a row accepts it.
    pub is_accepted: bool,
}

/// A run with the parts that were not measured, and the reasons why it is incomplete.
#[derive(Debug)]
pub(crate) struct Completeness {
    pub gaps: Vec<Gap>,
    /// By variant: why it is incomplete; no entry, or an empty one, if it is complete.
    pub reasons: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Completeness {
    /// Of a run, by the options that are about its completeness.
    pub(crate) fn of(
        rows: &[Row],
        run: &Run,
        folder: &str,
        tests: &BTreeMap<TestId, Test>,
        options: &Options,
    ) -> Completeness {
        let mut gaps: Vec<Gap> = Vec::new();
        for (path, file) in run.files(folder) {
            gaps.extend(file_gaps(rows, file, &path, options));
        }
        gaps.extend(variants_without_tests(run, folder, &gaps, tests));
        gaps.extend(infrastructure_gaps(tests, options));
        gaps.extend(run_gaps(run, tests, options));
        let mut reasons: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
        for (variant, hangs) in unexcused_hangs(rows, tests) {
            let tests = if hangs == 1 { "test" } else { "tests" };
            let why = format!("{hangs} {tests} started and never ended");
            reasons.entry(variant).or_default().insert(why);
        }
        for gap in gaps.iter().filter(|gap| !gap.is_accepted) {
            reasons.entry(gap.variant).or_default().extend(gap.why.clone());
        }
        Completeness { gaps, reasons }
    }

    pub(crate) fn is_complete(&self, variant: &str) -> bool {
        self.reasons.get(variant).is_none_or(BTreeSet::is_empty)
    }

    pub(crate) fn is_complete_run(&self) -> bool {
        self.reasons.values().all(BTreeSet::is_empty)
    }

    /// Whether a part that was not measured could contain a test of this row.
    pub(crate) fn could_contain(&self, row: &Row, variant: &str) -> bool {
        self.gaps.iter().any(|gap| gap.variant == variant && row.could_match(&gap.prefix))
    }
}

/// "A run is incomplete when a test never ended and no row excuses it, whatever its other results are": the number of
/// such tests by variant.
fn unexcused_hangs(rows: &[Row], tests: &BTreeMap<TestId, Test>) -> BTreeMap<&'static str, usize> {
    let mut hangs = BTreeMap::new();
    for ((name, variant), _) in tests.iter().filter(|(_, test)| test.hangs()) {
        if !claim(rows, name, variant).is_some_and(|row| rows[row].expected.excuses_hang()) {
            *hangs.entry(*variant).or_default() += 1;
        }
    }
    hangs
}

/// The gaps that one file shows.
fn file_gaps(rows: &[Row], file: &ResultsFile, path: &str, options: &Options) -> Vec<Gap> {
    let accepts_cut = accepts_cut(rows, file);
    let gap = |why: &str, prefix: String, is_accepted| {
        let why = Some(format!("{path}: {why}"));
        Gap { variant: file.variant, why, prefix, is_accepted }
    };
    let mut gaps = Vec::new();
    // "A results file has no code in the table of exit codes."
    if options.has_exit_codes && file.exit_code.is_none() {
        gaps.push(gap("the exit-code table has no code for it", String::new(), false));
    }
    if file.tests.is_empty() && file.format == Format::DeqpRunner {
        gaps.push(gap("the file is empty", String::new(), false));
        return gaps;
    }
    // "Fewer tests ran than were planned."
    if let Some(not_run) = file.not_run.filter(|not_run| *not_run > 0) {
        let ran = file.tests.len() as u64;
        let why = format!("{ran} of {} planned tests ran", ran + not_run);
        gaps.push(gap(&why, common_prefix(file), accepts_cut));
    }
    // Without a plan, nothing gives the tests that should have followed one that never ended. (deqp-runner lists each test
    // of its plan.)
    if file.format == Format::Subunit && file.not_run.is_none() && has_hang(file) {
        let why = None;
        gaps.push(Gap { why, ..gap("", common_prefix(file), accepts_cut) });
    }
    // "A file is truncated or unreadable."
    if file.is_truncated {
        gaps.push(gap("the file is truncated", String::new(), false));
    } else if file.tests.is_empty() && file.not_run != Some(0) {
        gaps.push(gap("no tests found", String::new(), false));
    }
    let code = file.exit_code.filter(|_| options.has_exit_codes);
    let why = code.and_then(|code| exit_code_reason(code, failing_results([file])));
    gaps.extend(why.map(|why| gap(&why, common_prefix(file), accepts_cut)));
    gaps
}

fn has_hang(file: &ResultsFile) -> bool {
    file.tests.iter().any(|test| test.last.outcome == Outcome::Unfinished)
}

/// "When a row with `timeout` or `crash` claims a test that never ended, it also accepts that the rest of that suite did not
/// run." Each file is a suite.
fn accepts_cut(rows: &[Row], file: &ResultsFile) -> bool {
    let unfinished = file.tests.iter().filter(|test| test.last.outcome == Outcome::Unfinished);
    unfinished.into_iter().any(|test| {
        let row = claim(rows, test.name, file.variant);
        row.is_some_and(|row| rows[row].expected.accepts_cut_suite())
    })
}

/// A variant without any test is incomplete, whatever its files declare.
fn variants_without_tests(
    run: &Run,
    folder: &str,
    gaps: &[Gap],
    tests: &BTreeMap<TestId, Test>,
) -> Vec<Gap> {
    let mut found = Vec::new();
    for (path, file) in run.files(folder) {
        let variant = file.variant;
        let has_tests = tests.keys().any(|(_, tested)| *tested == variant);
        let starts = |gap: &Gap| gap.why.as_ref().is_some_and(|why| why.starts_with(&path));
        if !has_tests && !gaps.iter().any(starts) {
            let why = Some(format!("{path}: no tests found"));
            found.push(Gap { variant, why, prefix: String::new(), is_accepted: false });
        }
    }
    found
}

/// "More tests failed because of infrastructure than `--max-infra` allows": then each variant with such failures was not
/// measured.
fn infrastructure_gaps(tests: &BTreeMap<TestId, Test>, options: &Options) -> Vec<Gap> {
    let mut failed: BTreeMap<&'static str, u64> = BTreeMap::new();
    for ((_, variant), test) in tests {
        if matches!(test.combined(), Combined::Infrastructure(_)) {
            *failed.entry(variant).or_default() += 1;
        }
    }
    let (all_failed, all) = (failed.values().sum::<u64>(), tests.len() as u64);
    let is_exceeded = match options.max_infra {
        MaxInfra::Tests(limit) => all_failed > limit,
        MaxInfra::Tenths(tenths) => all_failed * 1000 > tenths * all,
    };
    let gap = |(variant, failed): (&'static str, u64)| {
        let tests = if failed == 1 { "test" } else { "tests" };
        let why = format!(
            "{failed} {tests} failed because of infrastructure, more than --max-infra allows"
        );
        Gap { variant, why: Some(why), prefix: String::new(), is_accepted: false }
    };
    if is_exceeded { failed.into_iter().map(gap).collect() } else { Vec::new() }
}

/// The gaps of the whole run, which are those of each of its variants: the runner's exit code, lost suites, too few tests.
fn run_gaps(run: &Run, tests: &BTreeMap<TestId, Test>, options: &Options) -> Vec<Gap> {
    let mut reasons: Vec<String> = Vec::new();
    let failing = failing_results(&run.files);
    reasons.extend(options.test_exit_code.and_then(|code| exit_code_reason(code, failing)));
    // "A suite has an exit code but no results."
    if options.has_exit_codes && options.has_lost_suite {
        reasons.push("1 suite has an exit code and no results file: `lost (1)`".to_owned());
    }
    // "Fewer tests ran than `--min-tests`": a test that was skipped did not run.
    let ran = tests.values().filter(|test| test.started()).count() as u64;
    if let Some(required) = options.min_tests.filter(|required| ran < *required) {
        let tests = if ran == 1 { "test" } else { "tests" };
        reasons.push(format!("{ran} {tests} ran, --min-tests requires {required}"));
    }
    let variants: BTreeSet<&'static str> = run.files.iter().map(|file| file.variant).collect();
    let gap = |variant, why: &String| Gap {
        variant,
        why: Some(why.clone()),
        prefix: String::new(),
        is_accepted: false,
    };
    let in_each = |why: &String| variants.iter().map(|variant| gap(*variant, why)).collect();
    reasons.iter().flat_map(|why| -> Vec<Gap> { in_each(why) }).collect()
}

/// "The runner's exit code is 124, negative or above 128 (unless it is the number of failing tests, or 250, 254 or 255 with
/// more of them), or not 0 although nothing failed."
fn exit_code_reason(code: i64, failing: u64) -> Option<String> {
    let is_count =
        code == failing as i64 || ([250, 254, 255].contains(&code) && failing as i64 > code);
    let was_ended = (code == 124 || !(0..=128).contains(&code)) && !is_count;
    if was_ended {
        let why = match code {
            124 => "the test runner was ended by its time limit (exit code 124)".to_owned(),
            137 => "the test runner was killed: out of memory, or stopped from outside (exit code 137, signal 9)"
                .to_owned(),
            -64..=-1 => format!("the test runner was ended by signal {} (exit code {code})", -code),
            _ => format!("the test runner did not end by itself (exit code {code})"),
        };
        return Some(why);
    }
    let failed_for_nothing = code != 0 && failing == 0;
    failed_for_nothing
        .then(|| format!("the test runner's exit code is {code} although no test failed"))
}

/// The number of failing results; each attempt counts, since a runner may exit with 1 because of a flaky test.
fn failing_results<'f>(files: impl IntoIterator<Item = &'f ResultsFile>) -> u64 {
    let entries = files.into_iter().flat_map(|file| &file.tests);
    let attempts = entries.flat_map(|entry| entry.retried.iter().chain([&entry.last]));
    attempts.filter(|attempt| attempt.outcome.fails()).count() as u64
}

/// The tests that a missing part of a suite could contain begin like all other tests of the suite, up to the last
/// separator; without one, they could have any name.
fn common_prefix(file: &ResultsFile) -> String {
    let Some(first) = file.tests.first() else { return String::new() };
    let is_common =
        |end: &usize| file.tests.iter().all(|test| test.name.starts_with(&first.name[..*end]));
    let end = (0..=first.name.len()).rev().find(is_common).unwrap_or(0);
    let separator = first.name[..end].rfind(['.', '/', ':']);
    first.name[..separator.map_or(0, |at| at + 1)].to_owned()
}

/// The tests of a run and what of it was not measured.
#[derive(Debug)]
pub(crate) struct MeasuredRun {
    pub tests: BTreeMap<TestId, Test>,
    pub completeness: Completeness,
}

impl MeasuredRun {
    /// Of a run, by these options.
    pub(crate) fn of(rows: &[Row], run: &Run, folder: &str, options: &Options) -> MeasuredRun {
        let tests = tests(run, options.infra);
        let completeness = Completeness::of(rows, run, folder, &tests, options);
        MeasuredRun { tests, completeness }
    }
}
