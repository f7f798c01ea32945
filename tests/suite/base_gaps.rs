//! A base run that was not measured completely is reported, and turns nothing red.
//!
//! The problem `incomplete-base` explains why tests that the base run lacks are not missing. A base run that is truncated where a
//! row excuses it counts as complete.

use crate::harness::Knownfail;
use serde_json::Value;

const DOCUMENT: &str = "| Test | Status |\n|---|---|\n| s.a | |\n| t.hangs | timeout |\n";
const CURRENT_RUN: &str = "TAP version 13\n1..3\nok 1 - s.a\nok 2 - s.b\nok 3 - s.c\n";
const TRUNCATED_RUN: &str = "TAP version 13\n1..3\nnot ok 1 - s.a\nok 2 - s.b\n";
const HANGING_RUN: &str = "progress: 3\ntest: t.one\nsuccess: t.one\ntest: t.hangs\n";

fn program() -> Knownfail {
    let mut program = Knownfail::new();
    program
        .file("KNOWN_FAILURES.md", DOCUMENT)
        .file("now.tap", CURRENT_RUN)
        .file("cut.tap", TRUNCATED_RUN)
        .file("no.txt", "garbage\n")
        .file("base/hangs.txt", HANGING_RUN);
    program.run(&[
        "check",
        "cut.tap",
        "--json",
        "cut.json",
        "--record",
        "cut.record",
        "--all-tests",
    ]);
    let record = std::fs::read(program.path("cut.record")).unwrap();
    program.file("none.md", "| Test |\n|---|\n");
    program.file("half.record", &record[..record.len() / 2]);
    program
}

/// The problems of a run with this base run; they turn nothing red.
fn problems(program: &Knownfail, now: &str, base: &str) -> Vec<(String, String, String)> {
    let ran = program.run(&["check", now, "--baseline", base, "--output", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["conclusion"], "success", "{base}: {report:#}");
    let text = |problem: &Value, key: &str| problem[key].as_str().unwrap().to_owned();
    let problems = report["problems"].as_array().unwrap().iter();
    problems
        .map(|problem| (text(problem, "code"), text(problem, "file"), text(problem, "message")))
        .collect()
}

#[test]
fn incomplete_base_run_is_reported() {
    let program = program();
    assert_eq!(problems(&program, "now.tap", "now.tap"), []);
    for (base, why) in [
        ("cut.tap", "the base run was incomplete: 2 of 3 planned tests ran; "),
        ("no.txt", "the base run was incomplete: not a known format"),
        ("half.record", "the base run was incomplete: "),
        ("cut.record", "the base run was incomplete: 2 of 3 planned tests ran; "),
        (
            "cut.json",
            "the base run was incomplete; what it did not measure is not reported as missing",
        ),
    ] {
        let reported = problems(&program, "now.tap", base);
        assert_eq!(reported.len(), 1, "{base}: {reported:?}");
        let (code, _, message) = &reported[0];
        assert_eq!(code, "incomplete-base", "{base}");
        assert!(message.starts_with(why), "{base}: {message}");
    }
    let reported = problems(&program, "now.tap", "*.t[ax][pt]");
    assert_eq!(reported.len(), 1, "one problem, whatever it is: {reported:?}");
    assert!(reported[0].2.contains("2 of 3 planned tests ran, and 1 more; "), "{reported:?}");
}

#[test]
fn base_run_truncated_as_a_row_expects_is_complete() {
    let mut program = program();
    program.file("now/hangs.txt", HANGING_RUN);
    assert_eq!(problems(&program, "now/*.txt", "base/*.txt"), []);
    program.file("KNOWN_FAILURES.md", DOCUMENT.replace("timeout", "fail"));
    program.file("now/hangs.txt", "progress: 1\ntest: t.one\nsuccess: t.one\n");
    let reported = problems(&program, "now/*.txt", "base/*.txt");
    assert_eq!(reported.len(), 1, "{reported:?}");
    assert!(reported[0].2.contains("2 of 3 planned tests ran"), "{reported:?}");
}

#[test]
fn test_absent_from_an_incomplete_base_run_has_no_base_remark() {
    let program = program();
    let check = |base: &str| program.run(&["check", "now.tap", "--baseline", base]).stdout;
    assert!(check("now.tap").contains("s.a  1 passed, in the base run too"));
    assert!(check("cut.tap").contains("s.a  1 passed; failed in the base run"));
    let unknown = check("no.txt");
    assert!(unknown.contains("s.a  1 passed\n"), "{unknown}");
    let news = program.run(&["check", "cut.tap", "--baseline", "no.txt", "-k", "none.md"]);
    assert!(!news.stdout.contains("it is not in the base run"), "{}", news.stdout);
}
