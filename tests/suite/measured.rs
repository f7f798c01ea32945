//! Nothing that was not measured is green: infrastructure, exit codes, gaps that are signed off or close.

use crate::knownfail::{Knownfail, Ran};
use serde_json::Value;

/// A log of smbtorture with these results; a test without a word never ends, and nothing comes behind it.
fn log(plan: usize, tests: &[(&str, &str, &str)]) -> String {
    let mut log = format!("smbtorture 4.17.12\nprogress: {plan}\n");
    for (name, word, message) in tests {
        log.push_str(&format!("test: {name}\n"));
        match (*word, *message) {
            ("", _) => {}
            (word, "") => log.push_str(&format!("{word}: {name}\n")),
            (word, message) => log.push_str(&format!("{word}: {name} [\n{message}\n]\n")),
        }
    }
    log
}

fn document(rows: &str) -> String {
    format!("| Test | Status |\n|---|---|\n{rows}")
}

fn report(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stderr))
}

const LOST: &str = "Establishing SMB2 connection failed";

#[test]
fn what_fails_for_want_of_infrastructure_is_neither_a_failure_nor_a_pass() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", document("| s.known | |\n| s.dir.* | |\n"));
    let lost = format!("connect.c:12: {LOST}: NT_STATUS_IO_TIMEOUT");
    let results = log(
        5,
        &[
            ("s.new", "failure", &lost),
            ("s.known", "failure", &lost),
            ("s.dir.a", "success", ""),
            ("s.dir.b", "error", &lost),
            ("s.ok", "success", ""),
        ],
    );
    program.file("results.txt", results);
    let check = |more: &[&str]| {
        program.run(&[&["check", "results.txt", "--output", "json"], more].concat())
    };
    assert_eq!(check(&[]).code, 1);
    let ran = check(&["--infra", "nothing like it", "--infra", LOST]);
    let told = report(&ran);
    assert_eq!((ran.code, &told["reasons"]), (2, &serde_json::json!(["incomplete"])));
    let why = "3 tests failed because of infrastructure, more than --max-infra allows";
    assert_eq!(told["variants"][0]["why"], serde_json::json!([why]));
    let verdicts: Vec<(&str, &str)> = told["tests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|test| (test["name"].as_str().unwrap(), test["verdict"].as_str().unwrap()))
        .collect();
    let expected =
        [("s.dir.b", "known-failure"), ("s.known", "known-failure"), ("s.new", "unmeasured")];
    assert_eq!(verdicts, expected);
    // A row that was not measured stays, whatever else of it passes.
    for row in told["rows"].as_array().unwrap() {
        assert_eq!((&row["status"], &row["unmeasured"]), (&"not-measured".into(), &1.into()));
    }
    for (most, code) in [("2", 2), ("3", 0), ("59%", 2), ("60 %", 0), ("100%", 0)] {
        assert_eq!(check(&["--infra", LOST, "--max-infra", most]).code, code, "{most}");
    }
    for wrong in [["--infra", "re:("], ["--max-infra", "many"], ["--max-infra", "101%"]] {
        assert_eq!(check(&wrong).code, 2, "{wrong:?}");
    }
    let ran = program.run(&["check", "results.txt", "--infra", LOST]);
    let line = "  s.new  failed because of infrastructure\n";
    assert!(ran.stdout.contains(line), "{}", ran.stdout);
    // A record remembers what was said; what it means is asked anew.
    program.run(&["check", "results.txt", "--record", "r.record"]);
    let again = program.run(&["check", "r.record", "--output", "json", "--infra", LOST]);
    assert_eq!(report(&again), told);
    let update = program.run(&["update", "--dry-run", "--add", "results.txt", "--infra", LOST]);
    assert_eq!((update.code, update.stdout.as_str()), (0, ""), "{}", update.stderr);
}

#[test]
fn a_run_that_lost_its_infrastructure_says_nothing_of_rows_without_tests() {
    let mut program = Knownfail::new();
    program.file(
        "KNOWN_FAILURES.md",
        document("| s.a | |\n| s.none | |\n| s.dir.* | |\n| s.b.* | |\n"),
    );
    let tests = [("s.a", "failure", LOST), ("s.b.x", "success", "")];
    program.file("r.txt", log(2, &tests));
    let check = |most: &str| {
        let more = ["--max-infra", most, "--fail-on", "strict", "--output", "json"];
        let told =
            report(&program.run(&[&["check", "r.txt", "--infra", LOST], &more[..]].concat()));
        let rows = told["rows"].as_array().unwrap().iter();
        rows.map(|row| row["status"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let nothing = "not-measured";
    assert_eq!(check("0"), [nothing, nothing, nothing, nothing]);
    assert_eq!(check("1"), [nothing, "unmatched", "unmatched", "newly-passing"]);
    let ran = program.run(&["check", "r.txt", "--infra", ""]);
    assert!(ran.stderr.contains("'--infra <PATTERN>': it names nothing"), "{}", ran.stderr);
}

#[test]
fn a_retry_measures_what_the_first_try_did_not() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", document("| other | |\n"));
    program.file("r.txt", log(2, &[("s.a", "failure", LOST), ("s.a", "success", "")]));
    let ran = program.run(&["check", "r.txt", "--duplicates", "rerun", "--infra", LOST]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let ran = program.run(&["check", "r.txt", "--duplicates", "rerun", "--fail-on", "flaky"]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
}

#[test]
fn each_exit_code_has_a_sentence_and_names_its_suite() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", document("| s.known | |\n"));
    program.file("good.txt", log(1, &[("s.ok", "success", "")]));
    program.file("bad.txt", log(1, &[("s.known", "failure", "wrong")]));
    let mut check = |good: i64, bad: i64| {
        program.file("codes.tsv", format!("good {good}\nbad {bad}\n"));
        program.run(&["check", "good.txt", "bad.txt", "--exit-codes", "codes.tsv"])
    };
    for (good, bad, code, said) in [
        (0, 1, 0, ""),
        (0, 0, 0, "bad.txt: warning: the test runner's exit code is 0 although 1 test failed"),
        (1, 1, 2, "`good.txt:4`: the test runner's exit code is 1 although no test failed"),
        (124, 1, 2, "`good.txt:4`: the test runner was ended by its time limit (exit code 124)"),
        (137, 1, 2, "`good.txt:4`: the test runner was killed: out of memory"),
        (0, 139, 2, "`bad.txt:6`: the test runner itself crashed: a segmentation fault"),
        (0, 143, 2, "`bad.txt:6`: the test runner was ended by signal 15 (exit code 143)"),
    ] {
        let ran = check(good, bad);
        assert_eq!(ran.code, code, "{good} {bad}: {}", ran.stdout);
        assert!(ran.stdout.contains(said), "{good} {bad}: {}", ran.stdout);
    }
    let ran = program.run(&["check", "bad.txt", "--test-exit-code", "0"]);
    assert!(ran.stdout.contains("although 1 test failed"), "{}", ran.stdout);
    program.file("codes.tsv", "good 0\nbad 1\nlost 139\ngone 0\n");
    let ran = program.run(&["check", "good.txt", "bad.txt", "--exit-codes", "codes.tsv"]);
    let told = "2 suites have an exit code and no results file: `gone (0)`, `lost (139)`";
    assert_eq!(ran.code, 2);
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
}

/// The loop that runs the suites writes down each code behind its suite: it died inside this one.
#[test]
fn a_results_file_without_a_code_in_the_table_is_no_whole_run() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", document("| s.known | timeout |\n"));
    program.file("good.txt", log(1, &[("s.ok", "success", "")]));
    // It never ended, which its row signs off.
    program.file("last.txt", log(2, &[("s.fine", "success", ""), ("s.known", "", "")]));
    program.file("codes.tsv", "good 0\n");
    let codes = ["--exit-codes", "codes.tsv"];
    let check = |more: &[&str]| program.run(&[&["check", "good.txt", "last.txt"], more].concat());
    assert_eq!(check(&[]).code, 0, "without a table no code is asked for");
    let ran = check(&[&codes[..], &["--record", "r.record"]].concat());
    let told = "`last.txt`: the exit-code table has no code for it";
    assert_eq!(ran.code, 2);
    assert!(ran.stdout.contains(told), "no row signs this off: {}", ran.stdout);
    // A record has its codes in it, or that they were lacking.
    let again = program.run(&[&["check", "r.record"], &codes[..]].concat());
    assert_eq!(again.code, 2);
    assert!(again.stdout.contains(told), "{}", again.stdout);
    program.run(&["check", "last.txt", "--record", "last.record"]);
    let ran = program.run(&[&["check", "good.txt", "last.record"], &codes[..]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stdout);
}

#[test]
fn a_table_of_exit_codes_without_any_is_an_error() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", document("| s.known | |\n"));
    program.file("r.txt", log(1, &[("s.ok", "success", "")]));
    for table in ["", "\n\n", "done\n"] {
        program.file("codes.tsv", table);
        let ran = program.run(&["check", "r.txt", "--exit-codes", "codes.tsv"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{table:?}");
        let told = "knownfail: error: codes.tsv has no exit code\n";
        assert!(ran.stderr.starts_with(told), "{}", ran.stderr);
    }
}

#[test]
fn a_packed_file_is_looked_up_and_prefixed_by_the_name_that_it_had() {
    use std::io::Write;
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", document("| suite:known | |\n"));
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(log(1, &[("known", "failure", "x")]).as_bytes()).unwrap();
    program.file("suite.txt.gz", packed.finish().unwrap()).file("codes.tsv", "suite 1\n");
    let arguments = ["check", "suite.txt.gz", "--prefix", "{file}:", "--exit-codes", "codes.tsv"];
    let ran = program.run(&arguments);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(ran.stdout.contains("1 known"), "{}", ran.stdout);
}

#[test]
fn a_signed_off_gap_that_closes_is_told() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", document("| s.lease.* | timeout |\n| s.crash | crash |\n"));
    let suite = |third: &str| {
        log(
            4,
            &[
                ("s.lease.a", "success", ""),
                ("s.lease.b", "failure", "x"),
                ("s.lease.c", third, ""),
            ],
        )
    };
    let closes = |ran: &Ran| report(ran)["rows"][0]["closes_gap"] == true;
    // It hangs, and the rest of the suite is signed off by the wildcard.
    program.file("r.txt", suite(""));
    let ran = program.run(&["check", "r.txt", "--output", "json"]);
    assert_eq!((ran.code, closes(&ran)), (0, false));
    let told = &report(&ran)["variants"][0]["signed_off"];
    assert_eq!(*told, serde_json::json!(["`r.txt`: 3 of 4 planned tests ran"]));
    let text = program.run(&["check", "r.txt"]).stdout;
    assert!(text.contains("Cut short, and signed off by a row\n  `r.txt`: 3 of 4"), "{text}");
    // The tests behind it that the base run had are signed off too.
    let whole = suite("success") + "test: s.lease.d\nsuccess: s.lease.d\n";
    program.file("base.txt", &whole);
    let ran = program.run(&["check", "r.txt", "--baseline", "base.txt", "--output", "json"]);
    assert_eq!((ran.code, &report(&ran)["counts"]["missing"]), (0, &0.into()));
    // The suite comes whole: one test still fails, and none hangs.
    program.file("r.txt", &whole);
    let ran = program.run(&["check", "r.txt", "--output", "json"]);
    assert_eq!((ran.code, closes(&ran)), (0, true));
    let text = program.run(&["check", "r.txt"]).stdout;
    let told =
        "Expected to hang or crash, but ran to the end\n  KNOWN_FAILURES.md:3  s.lease.*  1 failed";
    assert!(text.contains(told), "{text}");
    // Where a test of it could have been cut, nobody knows.
    program.file("cut.txt", log(2, &[("s.lease.z", "success", "")]));
    let ran = program.run(&["check", "r.txt", "cut.txt", "--output", "json"]);
    assert_eq!((ran.code, closes(&ran)), (2, false));
}

#[test]
fn a_row_leaves_only_when_every_variant_that_it_speaks_of_passes() {
    let mut program = Knownfail::new();
    program.file(
        "KNOWN_FAILURES.md",
        "| Test | Variants |\n|---|---|\n| s.a | |\n| s.b | v0 |\n| s.c | v9 |\n",
    );
    program.file("v0.txt", log(2, &[("s.a", "success", ""), ("s.b", "success", "")]));
    program.file("v1.txt", log(2, &[("s.a", "failure", "x"), ("s.b", "success", "")]));
    let ran = program.run(&["check", "{variant}.txt", "--output", "json"]);
    let told = report(&ran);
    let status = |row: usize| told["rows"][row]["status"].as_str().unwrap().to_owned();
    assert_eq!([status(0), status(1), status(2)], ["mixed", "newly-passing", "not-measured"]);
    assert_eq!(told["problems"][0]["code"], "unknown-variant");
    let ran = program.run(&[
        "check",
        "v0.txt",
        "--variant",
        "v0",
        "--baseline",
        "{variant}.txt",
        "--output",
        "json",
    ]);
    let told = report(&ran);
    assert_eq!((ran.code, &told["counts"]["missing"]), (1, &2.into()), "the variant v1 is gone");
}

#[test]
fn a_new_failure_says_how_often_it_failed_before() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", document("| other | |\n"));
    for (name, word) in [("1", "failure"), ("2", "success"), ("3", "success")] {
        program.file("r.txt", log(2, &[("s.a", word, ""), ("other", "failure", "")]));
        program.run(&["check", "r.txt", "--json", &format!("{name}.json")]);
    }
    program.file("r.txt", log(2, &[("s.a", "failure", ""), ("other", "failure", "")]));
    let ran = program.run(&["check", "r.txt", "--evidence", "*.json"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stdout.contains("  s.a  failed\n      failed in 1 of 3 earlier runs\n"),
        "{}",
        ran.stdout
    );
}
