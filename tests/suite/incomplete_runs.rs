//! Nothing that was not measured is green: infrastructure, exit codes, gaps that a row excuses or that close.

use crate::harness::{CommandOutput, Knownfail};
use serde_json::Value;

/// An smbtorture log with these results; a test without a word never ends, and nothing follows it.
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

fn report(ran: &CommandOutput) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stderr))
}

const INFRA_MESSAGE: &str = "Establishing SMB2 connection failed";

#[test]
fn infrastructure_failure_is_neither_failure_nor_pass() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", document("| s.known | |\n| s.dir.* | |\n"));
    let lost = format!("connect.c:12: {INFRA_MESSAGE}: NT_STATUS_IO_TIMEOUT");
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
    let ran = check(&["--infra", "nothing like it", "--infra", INFRA_MESSAGE]);
    let parsed = report(&ran);
    assert_eq!((ran.code, &parsed["reasons"]), (2, &serde_json::json!(["incomplete"])));
    let why = "3 tests failed because of infrastructure, more than --max-infra allows";
    assert_eq!(parsed["variants"][0]["why"], serde_json::json!([why]));
    let verdicts: Vec<(&str, &str)> = parsed["tests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|test| (test["name"].as_str().unwrap(), test["verdict"].as_str().unwrap()))
        .collect();
    let expected =
        [("s.dir.b", "known-failure"), ("s.known", "known-failure"), ("s.new", "unmeasured")];
    assert_eq!(verdicts, expected);
    // A row that was not measured stays, whatever else of it passes.
    for row in parsed["rows"].as_array().unwrap() {
        assert_eq!((&row["status"], &row["unmeasured"]), (&"not-measured".into(), &1.into()));
    }
    for (limit, code) in [("2", 2), ("3", 0), ("59%", 2), ("60 %", 0), ("100%", 0)] {
        assert_eq!(check(&["--infra", INFRA_MESSAGE, "--max-infra", limit]).code, code, "{limit}");
    }
    for wrong in [["--infra", "re:("], ["--max-infra", "many"], ["--max-infra", "101%"]] {
        assert_eq!(check(&wrong).code, 2, "{wrong:?}");
    }
    let ran = program.run(&["check", "results.txt", "--infra", INFRA_MESSAGE]);
    let line = "  s.new  failed because of infrastructure\n";
    assert!(ran.stdout.contains(line), "{}", ran.stdout);
    // A record has the results; what they mean is decided anew.
    program.run(&["check", "results.txt", "--record", "r.record"]);
    let from_record =
        program.run(&["check", "r.record", "--output", "json", "--infra", INFRA_MESSAGE]);
    assert_eq!(report(&from_record), parsed);
    let update =
        program.run(&["update", "--dry-run", "--add", "results.txt", "--infra", INFRA_MESSAGE]);
    assert_eq!((update.code, update.stdout.as_str()), (0, ""), "{}", update.stderr);
}

#[test]
fn excess_infrastructure_failures_leave_rows_not_measured() {
    let mut program = Knownfail::new();
    program.file(
        "KNOWN_FAILURES.md",
        document("| s.a | |\n| s.none | |\n| s.dir.* | |\n| s.b.* | |\n"),
    );
    let tests = [("s.a", "failure", INFRA_MESSAGE), ("s.b.x", "success", "")];
    program.file("r.txt", log(2, &tests));
    let check = |limit: &str| {
        let more = ["--max-infra", limit, "--fail-on", "strict", "--output", "json"];
        let parsed = report(
            &program.run(&[&["check", "r.txt", "--infra", INFRA_MESSAGE], &more[..]].concat()),
        );
        let rows = parsed["rows"].as_array().unwrap().iter();
        rows.map(|row| row["status"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let nothing = "not-measured";
    assert_eq!(check("0"), [nothing, nothing, nothing, nothing]);
    assert_eq!(check("1"), [nothing, "unmatched", "unmatched", "newly-passing"]);
    let ran = program.run(&["check", "r.txt", "--infra", ""]);
    assert!(ran.stderr.contains("'--infra <PATTERN>': it names nothing"), "{}", ran.stderr);
}

#[test]
fn retry_after_an_infrastructure_failure_is_measured() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", document("| other | |\n"));
    program.file("r.txt", log(2, &[("s.a", "failure", INFRA_MESSAGE), ("s.a", "success", "")]));
    let ran = program.run(&["check", "r.txt", "--duplicates", "rerun", "--infra", INFRA_MESSAGE]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let ran = program.run(&["check", "r.txt", "--duplicates", "rerun", "--fail-on", "flaky"]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
}

#[test]
fn each_exit_code_is_explained_with_its_suite() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", document("| s.known | |\n"));
    program.file("good.txt", log(1, &[("s.ok", "success", "")]));
    program.file("bad.txt", log(1, &[("s.known", "failure", "wrong")]));
    let mut check = |good: i64, bad: i64| {
        program.file("codes.tsv", format!("good {good}\nbad {bad}\n"));
        program.run(&["check", "good.txt", "bad.txt", "--exit-codes", "codes.tsv"])
    };
    for (good, bad, code, message) in [
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
        assert!(ran.stdout.contains(message), "{good} {bad}: {}", ran.stdout);
    }
    let ran = program.run(&["check", "bad.txt", "--test-exit-code", "0"]);
    assert!(ran.stdout.contains("although 1 test failed"), "{}", ran.stdout);
    program.file("codes.tsv", "good 0\nbad 1\nlost 139\ngone 0\n");
    let ran = program.run(&["check", "good.txt", "bad.txt", "--exit-codes", "codes.tsv"]);
    let message = "2 suites have an exit code and no results file: `gone (0)`, `lost (139)`";
    assert_eq!(ran.code, 2);
    assert!(ran.stdout.contains(message), "{}", ran.stdout);
}

/// A script records each suite's exit code after it: it died inside this suite.
#[test]
fn results_file_missing_in_the_exit_code_table_is_incomplete() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", document("| s.known | timeout |\n"));
    program.file("good.txt", log(1, &[("s.ok", "success", "")]));
    // It never ended, which its row excuses.
    program.file("last.txt", log(2, &[("s.fine", "success", ""), ("s.known", "", "")]));
    program.file("codes.tsv", "good 0\n");
    let codes = ["--exit-codes", "codes.tsv"];
    let check = |more: &[&str]| program.run(&[&["check", "good.txt", "last.txt"], more].concat());
    assert_eq!(check(&[]).code, 0, "without a table no code is asked for");
    let ran = check(&[&codes[..], &["--record", "r.record"]].concat());
    let message = "`last.txt`: the exit-code table has no code for it";
    assert_eq!(ran.code, 2);
    assert!(ran.stdout.contains(message), "no row signs this off: {}", ran.stdout);
    // A record contains the exit codes, or that they were missing.
    let from_record = program.run(&[&["check", "r.record"], &codes[..]].concat());
    assert_eq!(from_record.code, 2);
    assert!(from_record.stdout.contains(message), "{}", from_record.stdout);
    program.run(&["check", "last.txt", "--record", "last.record"]);
    let ran = program.run(&[&["check", "good.txt", "last.record"], &codes[..]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stdout);
}

#[test]
fn empty_exit_code_table_is_an_error() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", document("| s.known | |\n"));
    program.file("r.txt", log(1, &[("s.ok", "success", "")]));
    for table in ["", "\n\n", "done\n"] {
        program.file("codes.tsv", table);
        let ran = program.run(&["check", "r.txt", "--exit-codes", "codes.tsv"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{table:?}");
        let message = "knownfail: error: codes.tsv has no exit code\n";
        assert!(ran.stderr.starts_with(message), "{}", ran.stderr);
    }
}

#[test]
fn compressed_file_keeps_its_name_for_prefix_and_exit_code() {
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
fn closed_accepted_gap_is_reported() {
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
    let closes = |ran: &CommandOutput| report(ran)["rows"][0]["closes_gap"] == true;
    // It hangs, and the wildcard excuses the rest of the suite.
    program.file("r.txt", suite(""));
    let ran = program.run(&["check", "r.txt", "--output", "json"]);
    assert_eq!((ran.code, closes(&ran)), (0, false));
    let accepted = &report(&ran)["variants"][0]["signed_off"];
    assert_eq!(*accepted, serde_json::json!(["`r.txt`: 3 of 4 planned tests ran"]));
    let text = program.run(&["check", "r.txt"]).stdout;
    assert!(text.contains("Truncated, as a row expects\n  `r.txt`: 3 of 4"), "{text}");
    // The suite is complete: one test still fails, and none hangs.
    program.file("r.txt", suite("success") + "test: s.lease.d\nsuccess: s.lease.d\n");
    let ran = program.run(&["check", "r.txt", "--output", "json"]);
    assert_eq!((ran.code, closes(&ran)), (0, true));
    let text = program.run(&["check", "r.txt"]).stdout;
    let expected =
        "Expected to hang or crash, but ran to the end\n  KNOWN_FAILURES.md:3  s.lease.*  1 failed";
    assert!(text.contains(expected), "{text}");
    // It is unknown where the suite could have been cut.
    program.file("cut.txt", log(2, &[("s.lease.z", "success", "")]));
    let ran = program.run(&["check", "r.txt", "cut.txt", "--output", "json"]);
    assert_eq!((ran.code, closes(&ran)), (2, false));
}

/// `hang.md` of the trust cases, with other formats and rows.
#[test]
fn a_row_accepts_a_hang_but_no_test_that_the_base_run_had() {
    let mut program = Knownfail::new();
    let cut = "test: s.a\nsuccess: s.a\ntest: s.hang\n";
    program.file("cut.subunit", cut).file("planned.subunit", format!("progress: 4\n{cut}"));
    program.file("base.tap", "1..4\nok 1 - s.a\nnot ok 2 - s.hang\nok 3 - s.b\nok 4 - s.c\n");
    let missing = |program: &Knownfail, run: &str, base: &str, rows: &[&str]| {
        let common = ["check", run, "--baseline", base, "--output", "json"];
        let rows = rows.iter().flat_map(|path| ["-k", path]);
        let fail_on = ["--fail-on", "strict-all,hidden-regressions"];
        let arguments: Vec<&str> = common.into_iter().chain(fail_on).chain(rows).collect();
        let ran = program.run(&arguments);
        let tests = report(&ran)["tests"].as_array().unwrap().clone();
        let missing = tests.into_iter().filter(|test| test["verdict"] == "missing");
        (ran.code, missing.map(|test| test["name"].as_str().unwrap().to_owned()).collect())
    };
    let both = || (1, vec!["s.b".to_owned(), "s.c".to_owned()]);
    program.file("skip.md", document("| s.b | skip |\n| s.c | skip |\n"));
    for row in ["| s.hang | timeout |\n", "| s.hang | crash |\n", "| s.* | timeout |\n"] {
        program.file("hang.md", document(row));
        for run in ["cut.subunit", "planned.subunit"] {
            assert_eq!(missing(&program, run, "base.tap", &["hang.md"]), both(), "{row}, {run}");
        }
    }
    program.file("hang.md", document("| s.hang | timeout |\n"));
    for (run, record) in [("cut.subunit", "cut.record"), ("base.tap", "base.record")] {
        program.run(&["check", run, "-k", "hang.md", "--record", record]);
    }
    for (run, base) in [("cut.record", "base.tap"), ("cut.subunit", "base.record")] {
        assert_eq!(missing(&program, run, base, &["hang.md"]), both(), "{run}, {base}");
    }
    // Only `skip` accepts that a test is missing.
    let accepted = missing(&program, "planned.subunit", "base.tap", &["hang.md", "skip.md"]);
    assert_eq!(accepted, (0, vec![]));
    // Without a base run, the row accepts the rest of the suite.
    assert_eq!(program.run(&["check", "planned.subunit", "-k", "hang.md"]).code, 0);
}

#[test]
fn row_is_removable_only_when_all_its_variants_pass() {
    let mut program = Knownfail::new();
    program.file(
        "KNOWN_FAILURES.md",
        "| Test | Variants |\n|---|---|\n| s.a | |\n| s.b | v0 |\n| s.c | v9 |\n",
    );
    program.file("v0.txt", log(2, &[("s.a", "success", ""), ("s.b", "success", "")]));
    program.file("v1.txt", log(2, &[("s.a", "failure", "x"), ("s.b", "success", "")]));
    let ran = program.run(&["check", "{variant}.txt", "--output", "json"]);
    let parsed = report(&ran);
    let status = |row: usize| parsed["rows"][row]["status"].as_str().unwrap().to_owned();
    assert_eq!([status(0), status(1), status(2)], ["mixed", "newly-passing", "not-measured"]);
    assert_eq!(parsed["problems"][0]["code"], "unknown-variant");
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
    let parsed = report(&ran);
    assert_eq!((ran.code, &parsed["counts"]["missing"]), (1, &2.into()), "the variant v1 is gone");
}

#[test]
fn new_failure_shows_its_earlier_failure_count() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", document("| other | |\n"));
    for (name, word) in [("1", "failure"), ("2", "success"), ("3", "success")] {
        program.file("r.txt", log(2, &[("s.a", word, ""), ("other", "failure", "")]));
        program.run(&["check", "r.txt", "--all-tests", "--json", &format!("{name}.json")]);
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

#[test]
fn an_exit_code_that_counts_failures_is_no_gap() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", document("| s.* | |\n"));
    let tests: Vec<String> = (0..137).map(|n| format!("s.{n}")).collect();
    let tests: Vec<_> = tests.iter().map(|name| (name.as_str(), "failure", "")).collect();
    program.file("r.txt", log(137, &tests));
    program.file("codes.tsv", "r\t137\n");
    for arguments in [["--test-exit-code", "137"], ["--exit-codes", "codes.tsv"]] {
        let ran = program.run(&[&["check", "r.txt"], &arguments[..]].concat());
        assert_eq!(ran.code, 0, "{}", ran.stdout);
    }
    let ran = program.run(&["check", "r.txt", "--test-exit-code", "139"]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
}

#[test]
fn a_green_verdict_counts_what_only_the_runner_expects() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", document("| s.known | |\n"));
    let results = [
        ("s.a", "success", ""),
        ("s.b", "xfail", ""),
        ("s.c", "xfail", ""),
        ("s.known", "xfail", ""),
    ];
    program.file("r.txt", log(4, &results));
    let ran = program.run(&["check", "r.txt"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(
        lines.first(),
        Some(&"passed: no new failures, 3 known, 2 expected only by the runner")
    );
    let counts = "4 tests: 1 passed, 3 known failures (2 expected only by the runner)";
    assert_eq!(lines.last(), Some(&counts));
}
