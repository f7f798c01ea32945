//! Which tests a row is about and what it excuses: variants as words, `match = end`, `status = …`, `flaky: PATTERN`.

use crate::action::Action;
use crate::harness::{CommandOutput, Knownfail};
use serde_json::Value;
use std::fmt::Write;

/// A directory with this list.
fn directory(list: &str) -> Knownfail {
    let mut program = Knownfail::new();
    program.file("K.md", list);
    program
}

/// A list with a directive.
fn section(directive: &str, header: &str, rows: &[&str]) -> String {
    let delimiters = "|---".repeat(header.matches('|').count() + 1);
    let mut text = format!("<!-- knownfail: {directive} -->\n\n| {header} |\n{delimiters}|\n");
    for row in rows {
        let _ = writeln!(text, "| {row} |");
    }
    text
}

fn table(header: &str, rows: &[&str]) -> String {
    section("policy = none", header, rows)
}

/// The rows of the list, without the pipes around them.
fn rows(program: &Knownfail) -> Vec<String> {
    let text = program.read("K.md");
    let rows = text.lines().filter(|line| line.starts_with("| "));
    rows.skip(1).map(|line| line.trim_matches(['|', ' ']).to_owned()).collect()
}

/// Tests as a results file: `a Pass, b Fail`.
fn results(tests: &str) -> String {
    tests.split(", ").map(|test| test.replace(' ', ",") + "\n").collect()
}

/// The JSON report of `check`.
fn check(program: &Knownfail, arguments: &[&str]) -> (CommandOutput, Value) {
    let fixed = ["check", "-k", "K.md", "--all-tests", "--json", "report.json"];
    let ran = program.run(&[&fixed, arguments].concat());
    let report = serde_json::from_str(&program.read("report.json")).unwrap();
    (ran, report)
}

/// The verdict on each test: `name in variant: verdict`.
fn verdicts(report: &Value) -> Vec<String> {
    let text = |test: &Value, key: &str| test[key].as_str().unwrap_or_default().to_owned();
    let line = |test: &Value| {
        let variant = text(test, "variant");
        let variant = if variant.is_empty() { variant } else { format!(" in {variant}") };
        format!("{}{variant}: {}", text(test, "name"), text(test, "verdict"))
    };
    report["tests"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn a_row_for_a_word_is_for_each_variant_that_has_it() {
    let rows = ["a | memory", "b | 4.1 memory", "c | !memory", "d | memroy, s3"];
    let mut program = directory(&table("Test | Variants", &rows));
    for variant in ["pjdfstest memory 4.1", "pjdfstest memory 3", "pjdfstest s3 4.1"] {
        program.file(&format!("{variant}.csv"), results("a Fail, b Fail, c Fail, d Fail"));
    }
    let (ran, report) = check(&program, &["{variant}.csv"]);
    let known: Vec<String> = verdicts(&report)
        .into_iter()
        .filter_map(|line| Some(line.strip_suffix(": known-failure")?.to_owned()))
        .collect();
    let expected = [
        "a in pjdfstest memory 3",
        "a in pjdfstest memory 4.1",
        "b in pjdfstest memory 4.1",
        "c in pjdfstest s3 4.1",
        "d in pjdfstest s3 4.1",
    ];
    assert_eq!(known, expected);
    let unknown = "no variant has the word `memroy`, which the row `d` names [unknown-variant]";
    assert!(ran.stdout.contains(unknown), "{}", ran.stdout);
}

#[test]
fn an_added_row_is_for_its_variant_alone() {
    for (failing, row) in
        [("linux", "b | failed | `re:(?:linux)`"), ("linux nvidia", "b | failed | linux nvidia")]
    {
        let mut program = directory(&table("Test | Reason | Variants", &["a |  |"]));
        for variant in ["linux", "linux nvidia"] {
            let outcome = if variant == failing { "Fail" } else { "Pass" };
            program.file(&format!("{variant}.csv"), results(&format!("a Fail, b {outcome}")));
        }
        program.run(&["update", "-k", "K.md", "{variant}.csv", "--add"]);
        assert_eq!(rows(&program).last().map(String::as_str), Some(row));
        assert_eq!(check(&program, &["{variant}.csv"]).0.code, 0);
    }
}

#[test]
fn an_unnamed_variant_of_a_job_is_its_whole_matrix() {
    let list = table("Test Name | Variants", &["a.known | 4.1 memory", "a.new | memory linux"]);
    for (matrix, code) in [
        (r#"{"os": "linux", "store": {"kind": "memory", "nfs": 4.1}, "slow": false}"#, 0),
        (r#"{"os": "linux", "store": "s3", "nfs": 4.1}"#, 1),
    ] {
        let mut action = Action::new().with("variant", matrix).file("KNOWN_FAILURES.md", &list);
        let ran = action.run_with_results(crate::action::RED);
        assert_eq!(ran.code, code, "{matrix}");
        if code == 1 {
            assert!(action.comments()[0].body.contains("linux s3 4.1"));
        }
    }
}

#[test]
fn a_row_matches_the_ends_of_names() {
    let ends = section("match = end", "Test", &["BVT_Resize", "BVT_D*", "re:BVT_X", "whole"]);
    let whole = section("match = whole", "Test | Status", &["C.exact | skip", "x.whole | flaky"]);
    let list = format!("# Ends\n\n{ends}\n## Whole\n\n{whole}");
    let mut program = directory(&list);
    let names = [
        "Suite.Class.BVT_Resize",
        "Suite.xBVT_Resize",
        "Suite#BVT_Delete",
        "Suite::BVT_X",
        "BVT_Resize",
        "x.whole",
        "y.C.exact",
    ];
    program.file("r.csv", names.map(|name| format!("{name},Fail\n")).concat());
    let (ran, report) = check(&program, &["r.csv"]);
    let expected = [
        "BVT_Resize: known-failure",
        "Suite#BVT_Delete: known-failure",
        "Suite.Class.BVT_Resize: known-failure",
        "Suite.xBVT_Resize: new-failure",
        "Suite::BVT_X: new-failure",
        "x.whole: known-failure",
        "y.C.exact: new-failure",
    ];
    assert_eq!(verdicts(&report), expected, "{}", ran.stdout);
    let why = |name: &str| program.run(&["why", name, "-k", "K.md"]).stdout;
    assert!(why("x.whole").contains("claimed by K.md:19  x.whole"), "{}", why("x.whole"));
    assert!(why("x.whole").contains("then by    K.md:10  whole"), "{}", why("x.whole"));
    assert!(why("Any.BVT_Delete").contains("claimed by K.md:8  BVT_D*"));
    assert_eq!(program.run(&["lint", "K.md"]).code, 0);
}

#[test]
fn of_two_rows_that_match_an_end_the_longer_claims_the_test_then_the_first() {
    let rows = ["a | fail", "b.a | crash", "?.a | skip", "b.? | flaky"];
    let mut program = directory(&section("match = end", "Test | Status", &rows));
    program.file("r.csv", results("x.b.a Crash, x.c.a Fail, x.b.c Fail"));
    let (_, report) = check(&program, &["r.csv"]);
    let lines: Vec<u64> = report["tests"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|t| t["row"]["line"].as_u64())
        .collect();
    assert_eq!(lines, [6, 8, 7], "b.a, b.?, ?.a: {report}");
}

#[test]
fn update_narrows_and_removes_rows_that_match_ends() {
    let list = section("match = end", "Test", &["read", "write", "open"]);
    let mut program = directory(&list);
    program.file(
        "r.csv",
        results("a.read Pass, b.read Pass, a.write Pass, b.write Fail, a.open Fail"),
    );
    let ran = program.run(&["update", "-k", "K.md", "r.csv"]);
    assert_eq!(rows(&program), ["b.write", "open"], "{}", ran.stdout);
    assert_eq!(check(&program, &["r.csv"]).0.code, 0);
}

#[test]
fn a_pattern_that_matches_ends_too_is_a_wider_row() {
    let old = table("Test", &["a.read", "read"]);
    let new = section("match = end", "Test", &["read"]);
    let mut program = directory(&new);
    program.file("old.md", &old);
    let ran = program.run(&["diff", "old.md", "K.md"]);
    assert!(ran.stdout.contains("widened"), "{}", ran.stdout);
    let twice = section("match = end", "Test", &["read", "read"]);
    program.file("twice.md", &twice);
    let ran = program.run(&["lint", "twice.md"]);
    assert!(ran.stdout.contains("[duplicate-row]"), "{}", ran.stdout);
    program.file("inside.md", section("match = end", "Test", &["read", "a.read"]));
    let ran = program.run(&["lint", "inside.md"]);
    assert!(ran.stdout.contains("[redundant-row]"), "{}", ran.stdout);
}

#[test]
fn ten_thousand_ends_are_looked_up_in_bounded_steps() {
    let names: Vec<String> = (0..10_000).map(|number| format!("test_{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut program = directory(&section("match = end", "Test", &names));
    let line = |number| format!("suite.case_{}.part.of.it.test_{number},Fail\n", number % 100);
    program.file("r.csv", (0..20_000).map(line).collect::<String>());
    let ran = program.run(&["check", "-k", "K.md", "r.csv"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("10,000 new failures"), "{}", &ran.stdout[..200]);
    assert!(!ran.stdout.contains("too many steps"));
}

#[test]
fn a_section_has_a_status() {
    let rows = ["a | ", "b | any", "c | crash", "d | -"];
    let mut program = directory(&section("status = fail", "Test | Status", &rows));
    program.file("r.csv", results("a Crash, b Crash, c Crash, d Fail"));
    let (ran, report) = check(&program, &["r.csv"]);
    let expected = ["a: new-failure", "b: known-failure", "c: known-failure", "d: known-failure"];
    assert_eq!(verdicts(&report), expected, "{}", ran.stdout);
    program.file("K.md", section("status = slow", "Test", &["a"]));
    let (ran, _) = check(&program, &["r.csv"]);
    assert!(ran.stdout.contains("[bad-directive]"), "{}", ran.stdout);
}

#[test]
fn a_row_is_added_only_where_its_section_excuses_the_failure() {
    let list = section("status = fail", "Test | Reason", &["a | x"]);
    for (outcome, added) in [("Fail", true), ("Crash", false)] {
        let mut program = directory(&list);
        program.file("r.csv", results(&format!("a Fail, b {outcome}")));
        let ran = program.run(&["update", "-k", "K.md", "r.csv", "--add"]);
        assert_eq!(rows(&program).len(), if added { 2 } else { 1 }, "{}", ran.stdout);
        let reason = "the status that a directive sets for its section does not excuse it";
        assert_eq!(ran.stdout.contains(reason), !added, "{}", ran.stdout);
    }
}

#[test]
fn a_flaky_row_can_pin_its_message() {
    let mut program = directory(&table("Test | Status", &["a | flaky: timed out*"]));
    let subunit = |message: &str| format!("test: a\nfailure: a [\n{message}\n]\n");
    for (text, code, remark) in [
        (subunit("it timed out after 3 s"), 0, false),
        ("test: a\nsuccess: a\n".to_owned(), 0, false),
        (subunit("wrong data"), 1, true),
    ] {
        program.file("r.txt", &text);
        let ran = program.run(&["check", "-k", "K.md", "r.txt", "--fail-on", "strict"]);
        assert_eq!(ran.code, code, "{text}{}", ran.stdout);
        assert_eq!(ran.stdout.contains("timed out*"), remark, "{}", ran.stdout);
    }
    let why = program.run(&["why", "a", "-k", "K.md"]).stdout;
    assert!(why.contains("excuses   flaky: timed out*"), "{why}");
}
