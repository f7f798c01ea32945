//! `knownfail list`: what knownfail reads, for eyes and for grep.

use crate::harness::{CommandOutput, Knownfail};
use serde_json::{Value, json};

const RESULTS: &str = "<testsuite>\
    <testcase name='b'><failure message='x'/></testcase>\
    <testcase name='a&#10;::error::x'/>\
    <testcase name='c'><skipped/></testcase>\
    <testcase name='d'><flakyFailure message='once'/></testcase>\
    </testsuite>";

fn list(results: &[(&str, &str)], arguments: &[&str]) -> CommandOutput {
    let mut program = Knownfail::new();
    for (path, text) in results {
        program.file(path, text);
    }
    program.run(&[&["list"], arguments].concat())
}

#[test]
fn each_test_is_a_line_sorted_by_name() {
    let ran = list(&[("results.xml", RESULTS)], &["results.xml"]);
    let expected = "\
passed      a\\n::error::x
failed      b
skipped     c
failed      d  (passed when it was retried)
";
    assert_eq!((ran.code, &*ran.stdout), (0, expected));
    assert_eq!(ran.stderr, "4 tests in 1 file: junit\n");
}

#[test]
fn variants_and_formats_are_named() {
    let tap = "1..2\nok 1 - a\nnot ok 2 - b\n";
    let files = [("memory.tap", tap), ("s3.tap", tap), ("s3.xml", RESULTS)];
    let ran = list(&files, &["{variant}.*", "--outcome", "failed,errored"]);
    let expected = "\
failed      b  in memory
failed      b  in s3
failed      d  in s3  (passed when it was retried)
";
    assert_eq!((ran.code, &*ran.stdout), (0, expected), "{}", ran.stderr);
    let stderr = "7 tests in 3 files: junit (1 file), tap (2 files)\n3 selected by --outcome\n";
    assert!(
        ran.stderr.starts_with("7 tests") || ran.stderr.starts_with("6 tests"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("junit (1 file), tap (2 files)"), "{stderr}: {}", ran.stderr);
}

#[test]
fn json_has_an_object_for_each_test() {
    let ran = list(&[("m.xml", RESULTS)], &["{variant}.xml", "--output", "jsonl"]);
    let lines: Vec<Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[1], json!({ "name": "b", "outcome": "failed", "variant": "m" }));
    let flaky = json!({ "name": "d", "outcome": "failed", "variant": "m", "flaky": true });
    assert_eq!(lines[3], flaky);
}

#[test]
fn incomplete_runs_are_reported_and_nothing_to_read_is_an_error() {
    let ran = list(&[("a.tap", "1..3\nok 1 - a\n")], &["a.tap"]);
    assert_eq!((ran.code, &*ran.stdout), (0, "passed      a\n"));
    assert!(ran.stderr.contains("knownfail: warning: incomplete: "), "{}", ran.stderr);
    let ran = list(&[("a.txt", "hello\n")], &["a.txt"]);
    assert_eq!((ran.code, &*ran.stdout), (2, ""));
    assert!(ran.stderr.contains("there is no test in the results"), "{}", ran.stderr);
    assert_eq!(list(&[], &["a.txt"]).code, 2);
    let ran = list(&[("a.tap", "1..1\nok 1 - a\n")], &["a.tap", "--outcome", "broken"]);
    assert_eq!(ran.code, 2);
}
