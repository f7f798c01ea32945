//! Properties that hold for any document and any results.
//!
//! Runs consist of suites in smbtorture's format, documents of rows with tests, suites and parts of names. A run is judged in this
//! process, in any order and any shards.

use knownfail::compare::{
    BaseRun, ComparisonBuilder, ExternalFacts, Facts, Infrastructure, ResultsFile, Retain,
    RowStatus, RunContext, Verdict,
};
use knownfail::formats::Format;
use knownfail::known::KnownFailures;
use knownfail::model::{ReadConfig, RunBuilder, Variant};
use knownfail::policy::{Conclusion, FailOn, judge};
use knownfail::render::json::render_json;
use knownfail::report::{
    Evidence, JudgedList, Report, ReportInput, RowReviews, RowsToAdd, RunScope, SourceRoots,
};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The files of a run: variant and text.
pub(crate) type Files = Vec<(u16, String)>;

/// A suite: its name, and for each test its last component and its outcome.
type Suite = (u8, Vec<(u8, u8)>);

const OUTCOME_WORDS: [Option<&str>; 7] = [
    Some("success"),
    Some("success"),
    Some("success"),
    Some("failure"),
    Some("error"),
    Some("skip"),
    None,
];

fn log((suite, tests): &Suite) -> String {
    let mut log = format!("smbtorture 4.17.12\nprogress: {}\n", tests.len());
    for (leaf, word) in tests {
        let name = test_name(*suite, *leaf);
        let _ = writeln!(log, "test: {name}");
        match OUTCOME_WORDS[usize::from(*word) % OUTCOME_WORDS.len()] {
            Some(word @ ("failure" | "error")) => {
                let _ = writeln!(log, "{word}: {name} [\nsomething.c:12: wrong\n]");
            }
            Some(word) => {
                let _ = writeln!(log, "{word}: {name}");
            }
            // It hangs, and nothing follows it.
            None => break,
        }
    }
    log
}

/// The suite of a log.
fn suite_name(log: &str) -> String {
    let name = log.split("test: ").nth(1).unwrap_or_default();
    name.split('.').take(2).collect::<Vec<_>>().join(".")
}

fn test_name(suite: u8, leaf: u8) -> String {
    let suite = ["dir", "dirlease", "lease"][usize::from(suite) % 3];
    let leaf = ["a", "b", "ab", "deep.a", "deep.b", "c d"][usize::from(leaf) % 6];
    format!("smb2.{suite}.{leaf}")
}

pub(crate) fn files() -> impl Strategy<Value = Files> {
    files_with(1, OUTCOME_WORDS.len())
}

/// At least this many suites, whose tests have this many of the first outcomes.
fn files_with(suites: usize, words: usize) -> impl Strategy<Value = Files> {
    let tests = prop::collection::vec((0u8..6, 0..words as u8), 1..6);
    prop::collection::vec((0u16..2, (0u8..3, tests)), suites..5).prop_map(|suites| {
        // A name occurs once in a variant: smbtorture repeats none.
        let mut seen = BTreeSet::new();
        suites
            .into_iter()
            .map(|(variant, (suite, mut tests))| {
                tests.retain(|(leaf, _)| seen.insert((variant, test_name(suite, *leaf))));
                (variant, (suite, tests))
            })
            .filter(|(_, (_, tests))| !tests.is_empty())
            .map(|(variant, suite)| (variant, log(&suite)))
            .collect()
    })
}

/// A row: pattern, status, variants.
fn row(with_status: bool) -> impl Strategy<Value = String> {
    let patterns = [
        "smb2.dir.a",
        "smb2.dir.*",
        "smb2.dirlease.*",
        "smb2.lease.b",
        "smb2.lease.deep.*",
        "smb2.lease.?",
        "*.a",
        "smb2.*",
        "smb2.d*",
        "re:smb2\\.dir.*",
        "smb2.gone",
        "*",
    ];
    let statuses = ["", "", "fail", "error", "timeout", "crash", "flaky", "skip", "fail: wrong"];
    let statuses = if with_status { statuses.to_vec() } else { vec![""] };
    let variants = ["", "", "v0", "v1", "!v0"];
    (
        prop::sample::select(patterns.to_vec()),
        prop::sample::select(statuses),
        prop::sample::select(variants.to_vec()),
    )
        .prop_map(|(pattern, status, variants)| format!("| {pattern} | {status} | {variants} |\n"))
}

fn document(rows: &[String]) -> String {
    format!("| Test | Status | Variants |\n|---|---|---|\n{}", rows.concat())
}

/// Judges a run: `order` is that of reading, `shards` the number of comparisons.
fn compute_facts(
    document: &str,
    files: &Files,
    base: &Files,
    order: &[usize],
    shards: usize,
) -> Facts {
    let file = |prefix: &str, (index, (variant, _)): (usize, &(u16, String))| ResultsFile {
        path: format!("{prefix}{index}.txt").into(),
        variant: *variant,
    };
    let known = KnownFailures::read(&[("K.md".into(), document.to_owned())]);
    let run = RunContext {
        known: &known,
        files: files.iter().enumerate().map(|f| file("r", f)).collect(),
        variants: vec![Variant::new("v0"), Variant::new("v1")],
        retain: Retain::Notable,
        infra: Infrastructure::default(),
    };
    let mut folds: Vec<ComparisonBuilder<'_>> =
        (0..shards.max(1)).map(|_| ComparisonBuilder::new(&run)).collect();
    for (turn, index) in order.iter().enumerate() {
        let shard = turn % folds.len();
        let mut sink = folds[shard].file_sink(*index as u32);
        // A file is named after its suite, the first component of its names.
        let text = &files[*index].1;
        let naming = ReadConfig { suite: Some(suite_name(text)), ..ReadConfig::default() };
        let builder = RunBuilder::new(*index as u32, naming, &mut sink);
        Format::from_name("subunit").unwrap().read(files[*index].1.as_bytes(), builder);
    }
    let comparison = folds.into_iter().reduce(ComparisonBuilder::merge).unwrap().finish();
    let mut base_run = BaseRun::default();
    for entry in base.iter().enumerate() {
        let file = file("b", entry);
        let mut sink = base_run.file_sink(&comparison, &file);
        let builder = RunBuilder::new(entry.0 as u32, ReadConfig::default(), &mut sink);
        Format::from_name("subunit").unwrap().read(entry.1.1.as_bytes(), builder);
    }
    let base = (!base.is_empty()).then_some(base_run);
    comparison.into_facts(jiff::civil::date(2030, 1, 1), Vec::new(), base)
}

fn facts_in_order(document: &str, files: &Files, base: &Files) -> Facts {
    let order: Vec<usize> = (0..files.len()).collect();
    compute_facts(document, files, base, &order, 1)
}

fn conclusion(facts: &Facts) -> Conclusion {
    judge(facts, &ExternalFacts::default(), &FailOn::default()).conclusion
}

fn json(document: &str, facts: &Facts) -> String {
    let known = KnownFailures::read(&[("K.md".into(), document.to_owned())]);
    let judgement = judge(facts, &ExternalFacts::default(), &FailOn::default());
    render_json(&Report::new(ReportInput {
        title: "",
        run_scope: RunScope::Whole,
        judged_list: JudgedList::OfChange,
        facts: facts.clone(),
        external: &ExternalFacts::default(),
        judgement,
        known: &known,
        evidence: &Evidence::default(),
        reviews: RowReviews::new(&known, facts, &Evidence::default()),
        issues: None,
        sources: &SourceRoots::default(),
        rows_to_add: RowsToAdd::default(),
        add_command: String::new(),
    }))
}

fn new_failures(facts: &Facts) -> BTreeSet<(String, Variant)> {
    let new = facts.tests.iter().filter(|test| test.verdict == Verdict::NewFailure);
    new.map(|test| (test.name.to_string(), test.variant.clone())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_order_of_files_and_shards_never_matters(
        files in files(),
        rows in prop::collection::vec(row(true), 0..6),
        seed in any::<u64>(),
        shards in 1usize..4,
    ) {
        let document = document(&rows);
        let mut order: Vec<usize> = (0..files.len()).collect();
        for at in (1..order.len()).rev() {
            order.swap(at, (seed as usize).wrapping_mul(at + 7) % (at + 1));
        }
        let (once, again) = (
            json(&document, &facts_in_order(&document, &files, &Vec::new())),
            json(&document, &compute_facts(&document, &files, &Vec::new(), &order, shards)),
        );
        prop_assert_eq!(once, again);
    }

    #[test]
    fn the_counts_add_up(files in files(), rows in prop::collection::vec(row(true), 0..6)) {
        let facts = facts_in_order(&document(&rows), &files, &Vec::new());
        let sum: u64 = Verdict::ALL.iter().map(|verdict| facts.counts.get(*verdict)).sum();
        prop_assert_eq!(sum, facts.counts.test_count());
        let tests: u64 = facts.variants.iter().map(|variant| variant.tests).sum();
        prop_assert_eq!(sum, tests);
    }

    #[test]
    fn a_removed_file_never_turns_red_into_green(
        // A test that never ended in the base run has no result there; in these runs all tests end.
        files in files_with(2, OUTCOME_WORDS.len() - 1),
        rows in prop::collection::vec(row(false), 0..4),
        at in any::<prop::sample::Index>(),
    ) {
        prop_assume!(!files.is_empty());
        let document = document(&rows);
        let mut fewer = files.clone();
        fewer.remove(at.index(files.len()));
        // Every file contains a test, so that something is missing.
        let left = conclusion(&facts_in_order(&document, &fewer, &files));
        prop_assert_eq!(left, Conclusion::Failure);
    }

    #[test]
    fn truncated_file_never_turns_red_into_green(
        files in files(),
        rows in prop::collection::vec(row(false), 0..6),
        at in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
    ) {
        prop_assume!(!files.is_empty());
        let document = document(&rows);
        prop_assume!(conclusion(&facts_in_order(&document, &files, &Vec::new())) != Conclusion::Success);
        let mut shorter = files.clone();
        let text = &mut shorter[at.index(files.len())].1;
        text.truncate(cut.index(text.len()));
        let left = conclusion(&facts_in_order(&document, &shorter, &Vec::new()));
        prop_assert_ne!(left, Conclusion::Success);
    }

    #[test]
    fn truncated_part_keeps_rows_that_could_claim_its_tests(
        files in files(),
        rows in prop::collection::vec(row(true), 1..6),
        at in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
    ) {
        prop_assume!(!files.is_empty());
        let document = document(&rows);
        let whole = facts_in_order(&document, &files, &Vec::new());
        let mut shorter = files.clone();
        let text = &mut shorter[at.index(files.len())].1;
        text.truncate(cut.index(text.len()));
        let part = facts_in_order(&document, &shorter, &Vec::new());
        for (whole, part) in whole.rows.iter().zip(&part.rows) {
            let is_removable = part.status == RowStatus::NewlyPassing;
            prop_assert!(!(is_removable && whole.counts.failed > 0), "{:?}", part);
        }
    }

    #[test]
    fn added_row_never_causes_a_new_failure(
        files in files(),
        rows in prop::collection::vec(row(false), 0..5),
        more in row(false),
    ) {
        let before = facts_in_order(&document(&rows), &files, &Vec::new());
        let mut rows = rows;
        rows.push(more);
        let after = facts_in_order(&document(&rows), &files, &Vec::new());
        prop_assert!(new_failures(&after).is_subset(&new_failures(&before)));
    }
}
