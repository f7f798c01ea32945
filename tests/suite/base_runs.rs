//! Whole runs of smbtorture, held against each other: what is told is counted anew from their lines.
//!
//! In: `tests/smbtorture`. A newcomer's trap: the truth here is a scan of lines of its own, and the
//! figures beside it were counted by hand; neither comes from the program.

use crate::knownfail::{Knownfail, Ran};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

/// A run's files by name, unpacked.
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

/// What each test's line says, and the tests that started.
#[derive(Default)]
struct Truth {
    words: BTreeMap<String, String>,
    started: BTreeSet<String>,
}

impl Truth {
    fn of(files: &BTreeMap<String, String>) -> Truth {
        let mut truth = Truth::default();
        for line in files.values().flat_map(|text| text.lines()) {
            let Some((word, name)) = line.split_once(": ") else { continue };
            let name = name.strip_suffix(" [").unwrap_or(name).to_owned();
            match word {
                "test" => drop(truth.started.insert(name)),
                "success" | "failure" | "error" | "skip" => {
                    truth.words.insert(name, word.to_owned());
                }
                _ => {}
            }
        }
        truth
    }

    fn named(&self, words: &[&str]) -> BTreeSet<String> {
        let of = self.words.iter().filter(|(_, word)| words.contains(&word.as_str()));
        of.map(|(name, _)| name.clone()).collect()
    }

    fn unfinished(&self) -> BTreeSet<String> {
        let ended: BTreeSet<String> = self.words.keys().cloned().collect();
        self.started.difference(&ended).cloned().collect()
    }

    /// A document with a row for each failure, which excuses no hang.
    fn document(&self) -> String {
        let failing = self.named(&["failure", "error"]).into_iter();
        let rows: String = failing.map(|name| format!("| {name} | error |\n")).collect();
        format!("| Test | Status |\n|---|---|\n{rows}")
    }
}

/// A program with some runs unpacked, each in a folder of its name.
fn with_runs(runs: &[&str]) -> Knownfail {
    let mut program = Knownfail::new();
    for run in runs {
        for (name, text) in files(run) {
            program.file(&format!("{run}/{name}"), text);
        }
    }
    program
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stderr))
}

/// The names of tests of which this holds.
fn names(report: &Value, is: impl Fn(&Value) -> bool) -> BTreeSet<String> {
    let tests = report["tests"].as_array().unwrap();
    tests.iter().filter(|t| is(t)).map(|t| t["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_same_server_twice_has_nothing_new_and_nothing_missing() {
    let truth = Truth::of(&files("default-1"));
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
    let unfinished = names(&report, |test| test["verdict"] == "unmeasured");
    assert_eq!((unfinished.len(), &unfinished), (6, &truth.unfinished()));
    let before = names(&report, |test| test["base"] == "unfinished");
    assert_eq!(before, unfinished, "the same as in the base run");
    assert!(
        report["inventory"].as_array().unwrap().iter().all(|suite| suite["base"] == suite["ran"])
    );
}

#[test]
fn every_regression_and_every_missing_test_is_named() {
    let (default, nolease) = (files("default-1"), files("nolease-1"));
    let (before, now) = (Truth::of(&default), Truth::of(&nolease));
    let mut program = with_runs(&["default-1", "nolease-1"]);
    program.file("KNOWN_FAILURES.md", before.document());
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
    let passed_before = before.named(&["success"]);
    let fails_now = now.named(&["failure", "error"]);
    let regressions: BTreeSet<String> = passed_before.intersection(&fails_now).cloned().collect();
    let told = names(&report, |t| t["verdict"] == "new-failure" && t["base"] == "passed");
    assert_eq!((told.len(), &told), (134, &regressions));
    let unknown_before = names(&report, |t| t["verdict"] == "new-failure" && t["base"].is_null());
    assert_eq!(unknown_before.len(), 21, "tests that the base run does not have");
    let never_ended = names(&report, |test| test["base"] == "unfinished");
    assert!(
        before.unfinished().is_superset(&never_ended) && never_ended.len() == 5,
        "{never_ended:?}"
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
    // The other way round: what never came is missing, what never ended is not measured.
    let ran = program.run(&[
        "check",
        "default-1/*.txt",
        "--baseline",
        "nolease-1/*.txt",
        "--output",
        "json",
    ]);
    let report = json(&ran);
    let all_before: BTreeSet<String> = now.words.keys().cloned().collect();
    let missing: BTreeSet<String> = all_before.difference(&before.started).cloned().collect();
    let told = names(&report, |test| test["verdict"] == "missing");
    assert_eq!((told.len(), &told), (85, &missing));
    assert_eq!((ran.code, &report["reasons"]), (1, &serde_json::json!(["missing", "incomplete"])));
}

#[test]
fn a_suite_whose_file_is_lost_is_missing() {
    let truth = Truth::of(&files("default-1"));
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
        truth.words.keys().filter(|name| name.starts_with("smb2.rename.")).cloned().collect();
    assert!(!lost.is_empty());
    assert_eq!(names(&report, |test| test["verdict"] == "missing"), lost);
    assert_eq!((ran.code, &report["reasons"]), (1, &serde_json::json!(["missing", "incomplete"])));
}

#[test]
fn a_file_cut_in_half_is_never_green() {
    let whole = files("default-1");
    let truth = Truth::of(&whole);
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", truth.document());
    // Without the suites that never ended, the run is green.
    let is_whole = |text: &str| {
        let one = BTreeMap::from([(String::new(), text.to_owned())]);
        Truth::of(&one).unfinished().is_empty()
    };
    let suites: Vec<(&String, &String)> = whole.iter().filter(|(_, text)| is_whole(text)).collect();
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
fn the_codes_of_the_suites_name_those_that_were_ended() {
    let truth = Truth::of(&files("default-1"));
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
    let told = "1 suite has an exit code and no results file: `smb2.rename (";
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
}
