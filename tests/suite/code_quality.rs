//! GitLab's Code Quality report: its shape, where its findings are, and which stay the same from run to run.
//!
//! Format: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use crate::harness::Knownfail;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const LIST: &str =
    "| Test | Status |\n|---|---|\n| a.stale | |\n| a.known | |\n| a.odd | maybe |\n";

/// A new failure with a line of its own, one without, a known one, one that passes.
const RESULTS: &str = r#"<testsuite tests="4">
<testcase name="a.own" file="./src/own.c" line="12"><failure message="no luck"/></testcase>
<testcase name="a.knows"><failure message="why?&#10;second line"/></testcase>
<testcase name="a.known"><failure/></testcase>
<testcase name="a.stale"/>
</testsuite>
"#;

fn program() -> Knownfail {
    let mut program = Knownfail::new();
    program.file("ci/KNOWN_FAILURES.md", LIST).file("results.xml", RESULTS);
    program
}

/// The findings of a report that has the shape that GitLab requires.
fn findings(report: &str) -> Vec<Value> {
    let findings: Vec<Value> = serde_json::from_str(report).expect("an array");
    let mut fingerprints = BTreeSet::new();
    for finding in &findings {
        let keys: Vec<&str> = finding.as_object().unwrap().keys().map(String::as_str).collect();
        let expected = ["check_name", "description", "fingerprint", "location", "severity"];
        assert_eq!(BTreeSet::from_iter(keys), BTreeSet::from(expected), "{finding:#}");
        let text = |key: &str| finding[key].as_str().unwrap().to_owned();
        assert!(!text("description").contains('\n') && !text("description").is_empty());
        assert!(["info", "minor", "major"].contains(&&*text("severity")), "{finding:#}");
        let path = finding["location"]["path"].as_str().unwrap();
        assert!(!path.starts_with(['/', '.']) && !path.is_empty(), "{finding:#}");
        assert!(finding["location"]["lines"]["begin"].as_u64().unwrap() > 0, "{finding:#}");
        assert!(fingerprints.insert(text("fingerprint")), "{findings:#?}");
    }
    findings
}

fn check(program: &Knownfail, more: &[&str]) -> Vec<Value> {
    let arguments =
        ["check", "results.xml", "-k", "./ci/KNOWN_FAILURES.md", "--code-quality", "q.json"];
    program.run(&[&arguments[..], more].concat());
    findings(&program.read("q.json"))
}

/// Check, severity, path and line.
type Finding<'f> = (&'f str, &'f str, &'f str, u64);

fn short(finding: &Value) -> Finding<'_> {
    let text = |value: &'_ Value| value.as_str().unwrap().to_owned().leak() as &str;
    let location = &finding["location"];
    let line = location["lines"]["begin"].as_u64().unwrap();
    (text(&finding["check_name"]), text(&finding["severity"]), text(&location["path"]), line)
}

#[test]
fn failures_rows_and_problems_are_at_their_lines() {
    let program = program();
    let list = "ci/KNOWN_FAILURES.md";
    let found = check(&program, &[]);
    let expected = [
        ("new-failures", "major", "src/own.c", 12),
        ("new-failures", "major", list, 4),
        ("unknown-status", "major", list, 5),
        ("newly-passing", "info", list, 3),
    ];
    assert_eq!(found.iter().map(short).collect::<Vec<_>>(), expected, "{found:#?}");
    let description = |index: usize| found[index]["description"].as_str().unwrap();
    assert_eq!(description(0), "New failure: a.own: failed; no luck");
    assert_eq!(description(1), "New failure: a.knows: failed; why?; second line");
    assert!(description(2).starts_with("the status `maybe` is not one of"), "{found:#?}");
    assert_eq!(description(3), "Newly passing: this row can be removed: a.stale: 1 passed");
    // What does not fail the check is minor.
    let found = check(&program, &["--fail-on", "nothing"]);
    assert_eq!(short(&found[0]).1, "minor");
    let found = check(&program, &["--fail-on", "strict"]);
    assert!(found.iter().all(|finding| short(finding).1 == "major"), "{found:#?}");
}

#[test]
fn a_finding_keeps_its_fingerprint_when_lines_and_counts_change() {
    let mut program = program();
    let by_fingerprint = |found: Vec<Value>| -> BTreeMap<String, String> {
        let entry = |finding: Value| {
            let name = finding["check_name"].as_str().unwrap().to_owned();
            (finding["fingerprint"].as_str().unwrap().to_owned(), name)
        };
        found.into_iter().map(entry).collect()
    };
    let before = by_fingerprint(check(&program, &[]));
    program.file("ci/KNOWN_FAILURES.md", format!("# Known failures\n\n{LIST}"));
    program.file("results.xml", RESULTS.replace("line=\"12\"", "line=\"99\""));
    assert_eq!(by_fingerprint(check(&program, &[])), before);
    // One that is gone takes only its own fingerprint along.
    program.file("results.xml", RESULTS.replace("a.own", "a.other"));
    let after = by_fingerprint(check(&program, &[]));
    assert_eq!(before.keys().filter(|one| after.contains_key(*one)).count(), before.len() - 1);
}

/// What is about no file is at the list; many tests at one line are one finding.
#[test]
fn every_finding_has_a_file() {
    let mut program = program();
    let case =
        |n: u32| format!("<testcase name=\"t{n}\" file=\"t.c\" line=\"1\"><failure/></testcase>");
    let cases: String = (0..50).map(case).collect();
    program.file("results.xml", format!("<testsuite tests=\"51\">{cases}</testsuite>"));
    let found = check(&program, &[]);
    let not_measured = found.iter().find(|finding| short(finding).0 == "incomplete");
    assert_eq!(short(not_measured.unwrap()), ("incomplete", "major", "ci/KNOWN_FAILURES.md", 1));
    let at_line: Vec<Finding<'_>> = found.iter().map(short).filter(|f| f.2 == "t.c").collect();
    assert_eq!(at_line, [("new-failures", "major", "t.c", 1)]);
}

#[test]
fn hostile_names_stay_in_one_line_and_apart() {
    let mut program = program();
    let case = |name: &str| {
        format!("<testcase name=\"{name}\"><failure message=\"&#27;[31mx\"/></testcase>")
    };
    let names = ["a&#10;b", "a&quot;,{}", "\u{202e}c", &"x".repeat(5_000)];
    let cases: String = names.iter().map(|name| case(name)).collect();
    program.file("results.xml", format!("<testsuite>{cases}</testsuite>"));
    let found = check(&program, &[]);
    for finding in &found {
        let description = finding["description"].as_str().unwrap();
        assert!(!description.contains(['\u{1b}', '\u{202e}']), "{description}");
        assert!(description.chars().count() <= 400, "{description}");
    }
    assert_eq!(found.iter().filter(|finding| short(finding).0 == "new-failures").count(), 4);
}

#[test]
fn lint_prints_the_problems_of_a_list() {
    let mut program = Knownfail::new();
    program.file("K.md", format!("{LIST}| * | |\n"));
    let ran = program.run(&["lint", "K.md", "--output", "code-quality"]);
    let found = findings(&ran.stdout);
    let mut found: Vec<Finding<'_>> = found.iter().map(short).collect();
    found.retain(|finding| finding.0 != "redundant-row");
    assert_eq!(
        found,
        [("unknown-status", "major", "K.md", 5), ("catch-all-row", "minor", "K.md", 6)]
    );
    assert_eq!(ran.code, 1);
    program.file("K.md", "| Test |\n|---|\n| a |\n");
    assert_eq!(program.run(&["lint", "K.md", "--output", "code-quality"]).stdout, "[]\n");
}
