//! A base run that was not measured whole: told, and red for nobody.
//!
//! In: results of the base branch that are cut, no results, or a report of such a run. Out: the problem
//! `incomplete-base`, because what the base run lacks is not told as missing here. A newcomer's trap: a base run
//! that is cut where a row says so is as whole as it ever gets.

use crate::knownfail::Knownfail;
use serde_json::Value;

const DOCUMENT: &str = "| Test | Status |\n|---|---|\n| s.a | |\n| t.hangs | timeout |\n";
const NOW: &str = "TAP version 13\n1..3\nok 1 - s.a\nok 2 - s.b\nok 3 - s.c\n";
const CUT: &str = "TAP version 13\n1..3\nnot ok 1 - s.a\nok 2 - s.b\n";
const HANGS: &str = "progress: 3\ntest: t.one\nsuccess: t.one\ntest: t.hangs\n";

fn program() -> Knownfail {
    let mut program = Knownfail::new();
    program
        .file("KNOWN_FAILURES.md", DOCUMENT)
        .file("now.tap", NOW)
        .file("cut.tap", CUT)
        .file("no.txt", "garbage\n")
        .file("base/hangs.txt", HANGS);
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

/// The problems of a run that is held against this base run; they make nothing red.
fn problems(program: &Knownfail, now: &str, base: &str) -> Vec<(String, String, String)> {
    let ran = program.run(&["check", now, "--baseline", base, "--output", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["conclusion"], "success", "{base}: {report:#}");
    let text = |problem: &Value, key: &str| problem[key].as_str().unwrap().to_owned();
    let problems = report["problems"].as_array().unwrap().iter();
    problems.map(|it| (text(it, "code"), text(it, "file"), text(it, "message"))).collect()
}

#[test]
fn a_base_run_that_was_not_whole_is_told() {
    let program = program();
    assert_eq!(problems(&program, "now.tap", "now.tap"), []);
    for (base, why) in [
        ("cut.tap", "the base run was incomplete: 2 of 3 planned tests ran; "),
        ("no.txt", "the base run was incomplete: not a known format"),
        ("half.record", "the base run was incomplete: "),
        ("cut.record", "the base run was incomplete: 2 of 3 planned tests ran; "),
        (
            "cut.json",
            "the base run was incomplete; what it did not measure is not reported as missing here",
        ),
    ] {
        let told = problems(&program, "now.tap", base);
        assert_eq!(told.len(), 1, "{base}: {told:?}");
        let (code, _, message) = &told[0];
        assert_eq!(code, "incomplete-base", "{base}");
        assert!(message.starts_with(why), "{base}: {message}");
    }
    let told = problems(&program, "now.tap", "*.t[ax][pt]");
    assert_eq!(told.len(), 1, "one problem, whatever it is: {told:?}");
    assert!(told[0].2.contains("2 of 3 planned tests ran, and 1 more; "), "{told:?}");
}

#[test]
fn a_base_run_that_is_cut_where_a_row_says_so_is_whole() {
    let mut program = program();
    program.file("now/hangs.txt", HANGS);
    assert_eq!(problems(&program, "now/*.txt", "base/*.txt"), []);
    program.file("KNOWN_FAILURES.md", DOCUMENT.replace("timeout", "fail"));
    program.file("now/hangs.txt", "progress: 1\ntest: t.one\nsuccess: t.one\n");
    let told = problems(&program, "now/*.txt", "base/*.txt");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].2.contains("2 of 3 planned tests ran"), "{told:?}");
}

#[test]
fn nothing_is_said_of_what_the_base_run_did_with_a_test_that_it_lacks() {
    let program = program();
    let check = |base: &str| program.run(&["check", "now.tap", "--baseline", base]).stdout;
    assert!(check("now.tap").contains("s.a  1 passed, in the base run too"));
    assert!(check("cut.tap").contains("s.a  1 passed; failed in the base run"));
    let unknown = check("no.txt");
    assert!(unknown.contains("s.a  1 passed\n"), "{unknown}");
    let news = program.run(&["check", "cut.tap", "--baseline", "no.txt", "-k", "none.md"]);
    assert!(!news.stdout.contains("it is not in the base run"), "{}", news.stdout);
}
