//! Whole runs of smbtorture, compared with each other.
//!
//! The expected counts come from a scan of the lines of `tests/smbtorture` and from figures that were counted by hand, never from
//! the program.

use crate::harness::{CommandOutput, Knownfail};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

/// A run's files by name, decompressed.
fn files(run: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smbtorture").join(run);
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(name) = name.strip_suffix(".gz") else { continue };
        let mut text = Vec::new();
        let packed = std::fs::File::open(&path).unwrap();
        flate2::read::MultiGzDecoder::new(packed).read_to_end(&mut text).unwrap();
        files.insert(name.to_owned(), String::from_utf8_lossy(&text).into_owned());
    }
    assert_eq!(files.len(), 58);
    files
}

/// The result of each test's line, and the tests that started.
#[derive(Default)]
struct LogOutcomes {
    outcomes: BTreeMap<String, String>,
    started: BTreeSet<String>,
}

impl LogOutcomes {
    fn from_logs(files: &BTreeMap<String, String>) -> LogOutcomes {
        let mut truth = LogOutcomes::default();
        for line in files.values().flat_map(|text| text.lines()) {
            let Some((word, name)) = line.split_once(": ") else { continue };
            let name = name.strip_suffix(" [").unwrap_or(name).to_owned();
            match word {
                "test" => drop(truth.started.insert(name)),
                "success" | "failure" | "error" | "skip" => {
                    truth.outcomes.insert(name, word.to_owned());
                }
                _ => {}
            }
        }
        truth
    }

    fn tests_with_outcome(&self, words: &[&str]) -> BTreeSet<String> {
        let matching = self.outcomes.iter().filter(|(_, word)| words.contains(&word.as_str()));
        matching.map(|(name, _)| name.clone()).collect()
    }

    fn unfinished(&self) -> BTreeSet<String> {
        let ended: BTreeSet<String> = self.outcomes.keys().cloned().collect();
        self.started.difference(&ended).cloned().collect()
    }

    /// A document with a row for each failure, which excuses no hang.
    fn document(&self) -> String {
        let failing = self.tests_with_outcome(&["failure", "error"]).into_iter();
        let rows: String = failing.map(|name| format!("| {name} | error |\n")).collect();
        format!("| Test | Status |\n|---|---|\n{rows}")
    }
}

/// The program with some runs decompressed, each in a directory of its name.
fn with_runs(runs: &[&str]) -> Knownfail {
    let mut program = Knownfail::new();
    for run in runs {
        for (name, text) in files(run) {
            program.file(&format!("{run}/{name}"), text);
        }
    }
    program
}

fn json(ran: &CommandOutput) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stderr))
}

/// The names of the tests for which this holds.
fn names_of_tests(report: &Value, predicate: impl Fn(&Value) -> bool) -> BTreeSet<String> {
    let tests = report["tests"].as_array().unwrap();
    tests.iter().filter(|t| predicate(t)).map(|t| t["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn repeated_run_has_no_new_and_no_missing_tests() {
    let truth = LogOutcomes::from_logs(&files("default-1"));
    let mut program = with_runs(&["default-1", "default-2"]);
    program.file("KNOWN_FAILURES.md", truth.document());
    let ran = program.run(&[
        "check",
        "default-2/*.txt",
        "--baseline",
        "default-1/*.txt",
        "--output",
        "json",
    ]);
    let report = json(&ran);
    assert_eq!((ran.code, &report["reasons"]), (2, &serde_json::json!(["incomplete"])));
    for (count, n) in [
        ("new_failures", 0),
        ("missing", 0),
        ("known_failures", 93),
        ("passed", 307),
        ("skipped", 45),
    ] {
        assert_eq!(report["counts"][count], n, "{count}");
    }
    let unfinished = names_of_tests(&report, |test| test["verdict"] == "unmeasured");
    assert_eq!((unfinished.len(), &unfinished), (6, &truth.unfinished()));
    let unfinished_in_base = names_of_tests(&report, |test| test["base"] == "unfinished");
    assert_eq!(unfinished_in_base, unfinished, "the same as in the base run");
    assert!(
        report["inventory"].as_array().unwrap().iter().all(|suite| suite["base"] == suite["ran"])
    );
}

#[test]
fn every_regression_and_every_missing_test_is_named() {
    let (default, nolease) = (files("default-1"), files("nolease-1"));
    let (base_truth, now) = (LogOutcomes::from_logs(&default), LogOutcomes::from_logs(&nolease));
    let mut program = with_runs(&["default-1", "nolease-1"]);
    program.file("KNOWN_FAILURES.md", base_truth.document());
    let ran = program.run(&[
        "check",
        "nolease-1/*.txt",
        "--baseline",
        "default-1/*.txt",
        "--output",
        "json",
    ]);
    let report = json(&ran);
    assert_eq!(ran.code, 1);
    let passed_before = base_truth.tests_with_outcome(&["success"]);
    let fails_now = now.tests_with_outcome(&["failure", "error"]);
    let regressions: BTreeSet<String> = passed_before.intersection(&fails_now).cloned().collect();
    let reported =
        names_of_tests(&report, |t| t["verdict"] == "new-failure" && t["base"] == "passed");
    assert_eq!((reported.len(), &reported), (134, &regressions));
    let unknown_before =
        names_of_tests(&report, |t| t["verdict"] == "new-failure" && t["base"].is_null());
    assert_eq!(unknown_before.len(), 21, "tests that the base run does not have");
    let unfinished_in_base = names_of_tests(&report, |test| test["base"] == "unfinished");
    assert!(
        base_truth.unfinished().is_superset(&unfinished_in_base) && unfinished_in_base.len() == 5,
        "{unfinished_in_base:?}"
    );
    assert_eq!(report["counts"]["missing"], 0);
    // Suites whose tests were skipped instead of run.
    let suites = report["inventory"].as_array().unwrap();
    let shrunk = suites.iter().filter(|suite| suite["ran"].as_u64() < suite["base"].as_u64());
    let shrunk: Vec<(&str, u64, u64)> = shrunk
        .map(|s| {
            (s["suite"].as_str().unwrap(), s["ran"].as_u64().unwrap(), s["base"].as_u64().unwrap())
        })
        .collect();
    let expected = [
        ("smb2.durable-open", 17, 23),
        ("smb2.durable-v2-open", 10, 15),
        ("smb2.ioctl", 43, 44),
        ("smb2.lease", 0, 11),
        ("smb2.lock", 21, 22),
        ("smb2.multichannel.generic", 1, 2),
        ("smb2.multichannel.leases", 0, 4),
        ("smb2.multichannel.oplocks", 0, 4),
        ("smb2.replay", 5, 14),
        ("smb2.session", 56, 59),
    ];
    assert_eq!(shrunk, expected);
    // The other way round: a test without a result is missing, one that never ended is not measured.
    let ran = program.run(&[
        "check",
        "default-1/*.txt",
        "--baseline",
        "nolease-1/*.txt",
        "--output",
        "json",
    ]);
    let report = json(&ran);
    let all_before: BTreeSet<String> = now.outcomes.keys().cloned().collect();
    let missing: BTreeSet<String> = all_before.difference(&base_truth.started).cloned().collect();
    let reported = names_of_tests(&report, |test| test["verdict"] == "missing");
    assert_eq!((reported.len(), &reported), (85, &missing));
    assert_eq!((ran.code, &report["reasons"]), (1, &serde_json::json!(["missing", "incomplete"])));
}

#[test]
fn suite_without_its_file_is_missing() {
    let truth = LogOutcomes::from_logs(&files("default-1"));
    let mut program = with_runs(&["default-1", "default-2"]);
    program.file("KNOWN_FAILURES.md", truth.document());
    std::fs::remove_file(program.path("default-2/smb2.rename.txt")).unwrap();
    let ran = program.run(&[
        "check",
        "default-2/*.txt",
        "--baseline",
        "default-1/*.txt",
        "--output",
        "json",
    ]);
    let report = json(&ran);
    let lost: BTreeSet<String> =
        truth.outcomes.keys().filter(|name| name.starts_with("smb2.rename.")).cloned().collect();
    assert!(!lost.is_empty());
    assert_eq!(names_of_tests(&report, |test| test["verdict"] == "missing"), lost);
    assert_eq!((ran.code, &report["reasons"]), (1, &serde_json::json!(["missing", "incomplete"])));
}

#[test]
fn file_truncated_in_half_is_never_green() {
    let whole = files("default-1");
    let truth = LogOutcomes::from_logs(&whole);
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", truth.document());
    // Without the suites that never ended, the run is green.
    let is_complete = |text: &str| {
        let one = BTreeMap::from([(String::new(), text.to_owned())]);
        LogOutcomes::from_logs(&one).unfinished().is_empty()
    };
    let suites: Vec<(&String, &String)> =
        whole.iter().filter(|(_, text)| is_complete(text)).collect();
    assert_eq!(suites.len(), 52);
    for (name, text) in &suites {
        program.file(&format!("run/{name}"), text);
    }
    let green = program.run(&["check", "run/*.txt"]);
    assert_eq!(green.code, 0, "{}", green.stdout);
    for (name, text) in suites {
        let half = text.floor_char_boundary(text.len() / 2);
        program.file(&format!("run/{name}"), &text[..half]);
        let ran = program.run(&["check", "run/*.txt"]);
        assert_eq!(ran.code, 2, "{name}: {}", ran.stdout);
        program.file(&format!("run/{name}"), text);
    }
}

#[test]
fn exit_codes_identify_suites_that_hit_the_time_limit() {
    let truth = LogOutcomes::from_logs(&files("default-1"));
    let mut program = with_runs(&["default-1"]);
    program.file("KNOWN_FAILURES.md", truth.document());
    let codes = format!("{}/tests/smbtorture/default-1/exit-codes.tsv", env!("CARGO_MANIFEST_DIR"));
    program.file("codes.tsv", std::fs::read_to_string(codes).unwrap());
    let ran =
        program.run(&["check", "default-1/*.txt", "--exit-codes", "codes.tsv", "--output", "json"]);
    let report = json(&ran);
    let why = report["variants"][0]["why"].as_array().unwrap();
    let ended =
        why.iter().map(|why| why.as_str().unwrap()).filter(|why| why.contains("time limit"));
    assert_eq!(ended.count(), 6);
    std::fs::remove_file(program.path("default-1/smb2.rename.txt")).unwrap();
    let ran = program.run(&["check", "default-1/*.txt", "--exit-codes", "codes.tsv"]);
    let message = "1 suite has an exit code and no results file: `smb2.rename (";
    assert!(ran.stdout.contains(message), "{}", ran.stdout);
}
