//! What earlier runs are evidence of: a run counts for what it measured, and once.

use crate::harness::{CommandOutput, Knownfail};
use serde_json::Value;

/// A list with these rows.
fn list(rows: &[&str]) -> String {
    rows.iter().fold("| Test |\n|---|\n".to_owned(), |text, row| format!("{text}| {row} |\n"))
}

/// A deqp-runner results file.
fn results(tests: &[(&str, &str)]) -> String {
    tests.iter().map(|(name, status)| format!("{name},{status}\n")).collect()
}

/// A directory with the list.
fn program(rows: &[&str]) -> Knownfail {
    let mut program = Knownfail::new();
    program.file("K.md", list(rows));
    program
}

/// Writes the record of a run of commit `c0ffee`, from a results file of its own.
fn record(program: &mut Knownfail, name: &str, tests: &[(&str, &str)]) {
    let file = format!("{name}.csv");
    program.file(&file, results(tests));
    let record = format!("{name}.record");
    check(program, &[&file, "--record", &record, "--commit", "c0ffee"]);
}

fn check(program: &Knownfail, arguments: &[&str]) -> CommandOutput {
    program.run(&[&["check", "-k", "K.md"], arguments].concat())
}

/// The JSON report of a check of the commit `c0ffee`.
fn report(program: &Knownfail, arguments: &[&str]) -> Value {
    let more = ["--output", "json", "--commit", "c0ffee"];
    serde_json::from_str(&check(program, &[arguments, &more].concat()).stdout).unwrap()
}

/// The name, number of failures and number of runs of each test that flips.
fn flips(program: &Knownfail, arguments: &[&str]) -> Vec<(String, u64, u64)> {
    let report = report(program, arguments);
    let flips = report["flips"].as_array().unwrap().iter();
    let flip = |flip: &Value| {
        let number = |key: &str| flip[key].as_u64().unwrap();
        (flip["name"].as_str().unwrap().to_owned(), number("failed"), number("runs"))
    };
    flips.map(flip).collect()
}

/// In how many of how many runs the first row passed.
fn passed_runs(program: &Knownfail, arguments: &[&str]) -> (u64, u64) {
    let evidence = &report(program, arguments)["rows"][0]["evidence"];
    (evidence["passed"].as_u64().unwrap(), evidence["runs"].as_u64().unwrap())
}

/// Whether an update removes the first row.
fn is_removed(program: &Knownfail, arguments: &[&str]) -> bool {
    let update = ["update", "-k", "K.md", "--dry-run", "--remove"];
    program.run(&[&update, arguments].concat()).stdout.contains("\n-| ")
}

/// A subunit log of one test, and the message of its failure.
fn log(outcome: &str, message: &str) -> String {
    format!("progress: 1\ntest: a.x\n{outcome}: a.x [\n{message}\n]\n")
}

/// Reports may come from anywhere.
#[test]
fn numbers_of_a_report_may_be_of_any_size() {
    let mut program = program(&["a.*"]);
    program.file("now.csv", results(&[("a.x", "Fail"), ("a.y", "Pass")]));
    let mut report = report(&program, &["now.csv"]);
    for name in ["failed", "passed", "skipped", "unmeasured"] {
        report["rows"][0][name] = u64::MAX.into();
    }
    report["counts"]["tests"] = u64::MAX.into();
    program.file("1.json", report.to_string()).file("2.json", report.to_string());
    for arguments in [["--evidence", "*.json"], ["--baseline", "*.json"]] {
        let ran = check(&program, &[&["now.csv"], &arguments[..]].concat());
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    }
}

const INFRA: [&str; 4] = ["--infra", "no route to host", "--max-infra", "1"];

#[test]
fn an_infrastructure_failure_is_no_failure_in_flips_rates_and_rows() {
    let mut program = program(&["a.x"]);
    program.file("lost.txt", log("failure", "no route to host"));
    let lost = ["lost.txt", "--record", "lost.record", "--commit", "c0ffee"];
    check(&program, &[&lost[..], &INFRA].concat());
    program.file("now.txt", log("success", ""));
    let now = [&["now.txt", "--evidence", "lost.record"], &INFRA[..]].concat();
    assert_eq!(flips(&program, &now), []);
    assert_eq!(passed_runs(&program, &now), (1, 1));
    assert!(is_removed(&program, &now));
    // Without the pattern it is a failure.
    let now = ["now.txt", "--evidence", "lost.record"];
    assert_eq!(flips(&program, &now), [("a.x".to_owned(), 1, 2)]);
    assert!(!is_removed(&program, &now));
}

#[test]
fn an_infrastructure_failure_is_no_failure_in_a_report() {
    // A row excuses it, so that its verdict is a known failure.
    let mut program = program(&["a.x"]);
    program.file("lost.txt", log("failure", "no route to host"));
    let lost = ["lost.txt", "--json", "lost.json", "--commit", "c0ffee"];
    check(&program, &[&lost[..], &INFRA].concat());
    assert!(program.read("lost.json").contains("\"infrastructure\": true"));
    program.file("now.txt", log("success", ""));
    assert_eq!(flips(&program, &["now.txt", "--evidence", "lost.json"]), []);
    // Without a row, it is unmeasured.
    program.file("K.md", list(&["b"]));
    check(&program, &[&lost[..], &INFRA].concat());
    assert_eq!(flips(&program, &["now.txt", "--evidence", "lost.json"]), []);
}

#[test]
fn an_attempt_that_only_infrastructure_failures_followed_is_a_failure() {
    let mut program = program(&["b"]);
    let case = |inside: &str| {
        format!("<testsuite><testcase classname=\"a\" name=\"x\">{inside}</testcase></testsuite>")
    };
    let lost = "<failure message=\"no route to host\"/>";
    program.file("then.xml", case(&format!("{lost}<rerunFailure message=\"wrong\"/>")));
    program.file("now.xml", case(""));
    let then = [&["then.xml", "--record", "then.record", "--json", "then.json"], &INFRA[..]];
    let judged = report(&program, &then.concat());
    assert_eq!(judged["tests"][0]["verdict"], "new-failure", "{judged:#}");
    for evidence in ["then.record", "then.json"] {
        let now = [&["now.xml", "--evidence", evidence], &INFRA[..]].concat();
        assert_eq!(flips(&program, &now), [("a.x".to_owned(), 1, 2)], "{evidence}");
    }
}

#[test]
fn a_flaky_test_of_a_report_is_no_failure() {
    let mut program = Knownfail::new();
    program.file("K.md", "| Test | Status |\n|---|---|\n| a.x | flaky |\n");
    program.file("then.csv", results(&[("a.x", "Flake")]));
    check(&program, &["then.csv", "--commit", "c0ffee", "--json", "then.json"]);
    program.file("K.md", list(&["b"]));
    program.file("now.csv", results(&[("a.x", "Fail")]));
    let now = ["now.csv", "--evidence", "then.json"];
    assert_eq!(flips(&program, &now), [("a.x".to_owned(), 1, 2)]);
    let ran = check(&program, &now);
    assert!(ran.stdout.contains("failed in 0 of 1 earlier run"), "{ran:?}");
}

#[test]
fn shards_of_one_commit_do_not_flip() {
    let mut program = program(&["b"]);
    record(&mut program, "one", &[("a.x", "Fail"), ("a.y", "Pass")]);
    record(&mut program, "two", &[("b.x", "Pass"), ("a.z", "Skip")]);
    program.file("now.csv", results(&[("b.y", "Pass"), ("a.z", "Fail")]));
    let shards = ["now.csv", "--evidence", "*.record"];
    assert_eq!(flips(&program, &shards), [], "no run passed what another failed");
    record(&mut program, "again", &[("a.x", "Pass")]);
    assert_eq!(flips(&program, &shards), [("a.x".to_owned(), 1, 2)]);
    // The present run counts.
    program.file("now.csv", results(&[("a.y", "Fail")]));
    let expected = [("a.x".to_owned(), 1, 2), ("a.y".to_owned(), 1, 2)];
    assert_eq!(flips(&program, &shards), expected);
}

#[test]
fn a_failure_rate_counts_the_runs_that_have_the_test() {
    let mut program = program(&["b"]);
    record(&mut program, "1", &[("a.x", "Fail")]);
    record(&mut program, "2", &[("a.x", "Pass")]);
    record(&mut program, "3", &[("a.x", "Skip"), ("b", "Fail")]);
    record(&mut program, "4", &[("b", "Fail")]);
    program.file("now.csv", results(&[("a.x", "Fail")]));
    let ran = check(&program, &["now.csv", "--evidence", "*.record"]);
    assert!(ran.stdout.contains("a.x  failed\n      failed in 1 of 2 earlier runs"), "{ran:?}");
}

#[test]
fn a_run_without_a_test_of_the_row_is_no_run_of_the_row() {
    let mut program = program(&["a.x"]);
    record(&mut program, "other", &[("b", "Pass")]);
    record(&mut program, "good", &[("a.x", "Pass")]);
    program.file("now.csv", results(&[("a.x", "Pass")]));
    let all = ["now.csv", "--evidence", "*.record"];
    assert_eq!(passed_runs(&program, &all), (2, 2));
    assert!(is_removed(&program, &all));
    assert!(!is_removed(&program, &[&all[..], &["--runs", "3"]].concat()));
    // A run that skipped it is one, and no pass.
    record(&mut program, "skipped", &[("a.x", "Skip")]);
    assert_eq!(passed_runs(&program, &all), (2, 3));
    assert!(!is_removed(&program, &all));
}

#[test]
fn the_present_run_as_evidence_counts_once() {
    let mut program = program(&["a.x"]);
    record(&mut program, "now", &[("a.x", "Pass")]);
    for run in ["now.csv", "now.record", "./now.csv", &program.path("now.csv")] {
        let arguments = [run, "--evidence", "now.record"];
        assert_eq!(passed_runs(&program, &arguments), (1, 1), "{run}");
        let note = "now.record is this run, or evidence that was given before: it counts once\n";
        let ran = check(&program, &arguments);
        assert_eq!(ran.stderr, format!("knownfail: note: {note}"), "{run}");
        assert!(!is_removed(&program, &[&arguments[..], &["--runs", "2"]].concat()), "{run}");
        let update = [&["update", "-k", "K.md", "--dry-run"], &arguments[..]].concat();
        assert!(program.run(&update).stderr.contains(note), "{run}");
    }
    // A record of the record is the same run.
    check(&program, &["now.record", "--record", "copy.record", "--commit", "c0ffee"]);
    assert_eq!(
        std::fs::read(program.path("copy.record")).unwrap(),
        std::fs::read(program.path("now.record")).unwrap()
    );
    assert_eq!(passed_runs(&program, &["now.csv", "--evidence", "*.record"]), (1, 1));
    // A later run with the same results is another run, even of the same file.
    record(&mut program, "now", &[("a.x", "Pass")]);
    assert_eq!(passed_runs(&program, &["now.csv", "--evidence", "copy.record"]), (2, 2));
}

#[test]
fn the_shards_of_the_present_run_as_evidence_count_once() {
    let mut program = program(&["a.*"]);
    record(&mut program, "one", &[("a.x", "Pass")]);
    record(&mut program, "two", &[("a.y", "Pass")]);
    check(&program, &["one.csv", "two.csv", "--record", "all.record"]);
    let counts = |arguments: &[&str]| passed_runs(&program, arguments);
    assert_eq!(counts(&["one.csv", "two.csv", "--evidence", "*.record"]), (1, 1));
    assert_eq!(counts(&["one.record", "two.record", "--evidence", "all.record"]), (1, 1));
    assert_eq!(counts(&["all.record", "--evidence", "one.record"]), (1, 1));
    // The other shard is a run that this one is not part of.
    assert_eq!(counts(&["one.csv", "--evidence", "all.record"]), (2, 2));
    let flips = flips(&program, &["one.csv", "--evidence", "all.record"]);
    assert_eq!(flips, []);
}

#[test]
fn a_time_in_whole_seconds_identifies_no_file() {
    let mut program = program(&["a.x"]);
    let second = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    for (record, status) in [("then", "Fail"), ("now", "Pass")] {
        program.file("r.csv", results(&[("a.x", status)]));
        let file = std::fs::File::options().write(true).open(program.path("r.csv")).unwrap();
        file.set_modified(second).unwrap();
        check(&program, &["r.csv", "--record", &format!("{record}.record")]);
    }
    assert_eq!(passed_runs(&program, &["r.csv", "--evidence", "then.record"]), (1, 2));
}

#[test]
fn a_duplicate_row_keeps_its_twins_evidence() {
    let mut program = Knownfail::new();
    let section = |rows: &str| format!("## {rows}\n\n{}\n", list(&["a.x"]));
    program.file("K.md", format!("{}{}", section("one"), section("two")));
    record(&mut program, "bad", &[("a.x", "Fail")]);
    check(&program, &["bad.csv", "--json", "bad.json"]);
    program.file("now.csv", results(&[("a.x", "Pass")]));
    for evidence in ["bad.record", "bad.json"] {
        assert_eq!(passed_runs(&program, &["now.csv", "--evidence", evidence]), (1, 2));
        let evidence = ["now.csv", "--evidence", evidence];
        let ran = program.run(&[&["update", "-k", "K.md", "--dry-run"], &evidence[..]].concat());
        assert!(ran.stderr.contains("not enough runs agree"), "{ran:?}");
    }
}

#[test]
fn a_test_that_another_row_claims_is_no_evidence_about_an_exact_row() {
    let mut program = Knownfail::new();
    let table = "| Test | Status | Variants |\n|---|---|---|\n";
    let (narrow, wide) = ("| s.a | timeout | v1, v2 |\n", "| s.a | fail | |\n");
    let write_runs = |program: &mut Knownfail, status: &str| {
        for (variant, status) in [("v1", "Pass"), ("v2", status), ("v3", "Pass")] {
            program.file(&format!("{variant}.csv"), results(&[("s.a", status)]));
        }
    };
    // When the report was written, the second row claimed all of them.
    program.file("K.md", format!("{table}{wide}"));
    write_runs(&mut program, "Fail");
    check(&program, &["{variant}.csv", "--record", "then.record", "--json", "then.json"]);
    program.file("K.md", format!("{table}{narrow}{wide}"));
    write_runs(&mut program, "Pass");
    for evidence in ["then.record", "then.json"] {
        let report = report(&program, &["{variant}.csv", "--evidence", evidence]);
        let failed = |row: usize| report["rows"][row]["evidence"]["failed"].as_u64();
        assert_eq!((failed(0), failed(1)), (Some(1), Some(0)), "{evidence}");
        let measured = &report["rows"][1]["evidence"]["measured"];
        assert_eq!(measured.as_u64(), Some(2), "{evidence}: twice in v3");
    }
}

#[test]
fn a_variant_without_tests_of_the_row_does_not_keep_it() {
    let mut program = program(&["a.x"]);
    program.file("m.csv", results(&[("a.x", "Pass"), ("b", "Pass")]));
    program.file("p.csv", results(&[("b", "Pass")]));
    check(&program, &["{variant}.csv", "--record", "then.record"]);
    check(&program, &["{variant}.csv", "--json", "then.json"]);
    program.file("m.csv", results(&[("a.x", "Pass"), ("b", "Pass")]));
    for evidence in ["then.record", "then.json"] {
        let arguments = ["{variant}.csv", "--evidence", evidence];
        assert_eq!(passed_runs(&program, &arguments), (2, 2), "{evidence}");
        assert!(is_removed(&program, &arguments), "{evidence}");
        assert!(is_removed(&program, &["m.csv", "--variant", "m", "--evidence", evidence]));
    }
    // Whether a variant without a complete run needs the row is not known.
    program.file("p.csv", "b,Pass\na.y");
    check(&program, &["{variant}.csv", "--record", "cut.record"]);
    assert!(!is_removed(&program, &["m.csv", "--variant", "m", "--evidence", "cut.record"]));
}

#[test]
fn a_named_variant_without_a_run_keeps_the_row() {
    let mut program = Knownfail::new();
    program.file("K.md", "| Test | Variants |\n|---|---|\n| a.x | m, p |\n");
    program.file("m.csv", results(&[("a.x", "Pass")]));
    check(&program, &["{variant}.csv", "--record", "then.record"]);
    program.file("m.csv", results(&[("a.x", "Pass")]));
    assert!(!is_removed(&program, &["{variant}.csv", "--evidence", "then.record"]));
}

#[test]
fn a_report_shows_nothing_about_a_test_that_it_does_not_list() {
    let mut program = program(&["b"]);
    program.file("then.csv", results(&[("a.x", "Pass"), ("b", "Fail")]));
    let then = ["then.csv", "--commit", "c0ffee", "--json"];
    check(&program, &[&then[..], &["some.json"]].concat());
    check(&program, &[&then[..], &["all.json", "--all-tests"]].concat());
    program.file("now.csv", results(&[("a.x", "Fail")]));
    assert_eq!(flips(&program, &["now.csv", "--evidence", "some.json"]), []);
    let expected = [("a.x".to_owned(), 1, 2)];
    assert_eq!(flips(&program, &["now.csv", "--evidence", "all.json"]), expected);
    // A failure is listed.
    program.file("then.csv", results(&[("a.x", "Fail")]));
    check(&program, &[&then[..], &["some.json"]].concat());
    program.file("now.csv", results(&[("a.x", "Pass")]));
    assert_eq!(flips(&program, &["now.csv", "--evidence", "some.json"]), expected);
}

#[test]
fn a_row_that_a_report_does_not_have_is_not_known_in_its_variants() {
    let mut program = program(&["b"]);
    for variant in ["m", "p"] {
        program.file(&format!("{variant}.csv"), results(&[("a.x", "Pass")]));
    }
    check(&program, &["{variant}.csv", "--json", "then.json"]);
    program.file("K.md", list(&["a.x"]));
    assert!(!is_removed(&program, &["m.csv", "--variant", "m", "--evidence", "then.json"]));
    assert!(is_removed(&program, &["{variant}.csv", "--evidence", "then.json"]));
}

#[test]
fn a_failure_in_a_report_is_one_of_the_row_that_was_added_for_it() {
    let mut program = program(&["b"]);
    for (report, status, row) in [("then", "Fail", "b"), ("later", "Pass", "a.*")] {
        program.file("K.md", list(&[row]));
        program.file("r.csv", results(&[("a.x", status)]));
        check(&program, &["r.csv", "--json", &format!("{report}.json")]);
    }
    program.file("now.csv", results(&[("a.x", "Pass")]));
    let now = ["now.csv", "--evidence", "*.json"];
    assert_eq!((passed_runs(&program, &now), is_removed(&program, &now)), ((2, 3), false));
}

#[test]
fn an_incomplete_variant_is_no_evidence() {
    let mut program = program(&["a.x"]);
    program.file("then.tap", "TAP version 13\n1..2\nnot ok 1 - a.x\n");
    check(&program, &["then.tap", "--record", "then.record", "--commit", "c0ffee"]);
    program.file("now.csv", results(&[("a.x", "Pass")]));
    let now = ["now.csv", "--evidence", "then.record"];
    assert_eq!((flips(&program, &now), passed_runs(&program, &now)), (vec![], (1, 1)));
    assert!(is_removed(&program, &now));
}

#[test]
fn the_present_run_counts_once_however_its_path_is_written() {
    let mut program = program(&["a"]);
    program.file("results/now.csv", results(&[("a", "Pass")]));
    check(&program, &["results/now.csv", "--record", "now.record"]);
    let arguments = ["results/../results/now.csv", "--evidence", "now.record"];
    assert_eq!(passed_runs(&program, &arguments), (1, 1));
}

#[test]
fn a_record_of_records_has_their_commit() {
    let mut program = program(&[]);
    record(&mut program, "one", &[("a", "Pass")]);
    record(&mut program, "two", &[("b", "Fail")]);
    check(&program, &["one.record", "two.record", "--record", "both.record"]);
    program.file("now.csv", results(&[("b", "Pass")]));
    let flipping = flips(&program, &["now.csv", "--evidence", "both.record"]);
    assert_eq!(flipping, [("b".to_owned(), 1, 2)]);
}
