//! `lint` on the repository's own pages, and as a hook of pre-commit.

use crate::harness::{Knownfail, PROGRAM};
use crate::workflow_runner::yaml;
use regex::Regex;
use serde_json::Value;
use std::process::Command;

/// Most pages have no list, which is all that may be wrong with them.
#[test]
fn lint_reports_nothing_on_our_own_pages() {
    let listed = Command::new("git").args(["ls-files", "*.md", ":!tests", ":!fuzz"]).output();
    let listed = String::from_utf8(listed.unwrap().stdout).unwrap();
    assert!(listed.lines().count() > 15, "{listed}");
    for page in listed.lines() {
        let lint = Command::new(PROGRAM).args(["lint", page, "--allow", "no-list"]).output();
        let printed = String::from_utf8(lint.unwrap().stdout).unwrap();
        assert!(printed.ends_with(": 0 errors, 0 warnings\n"), "{printed}");
    }
}

/// The hooks, each with its command and the files that it takes.
fn hooks() -> Vec<(String, Vec<String>, Regex)> {
    let hooks = yaml::parse(&std::fs::read_to_string(".pre-commit-hooks.yaml").unwrap());
    let hook = |hook: &Value| {
        let text = |key: &str| hook[key].as_str().unwrap_or_else(|| panic!("{key}: {hook}"));
        assert!(["rust", "system"].contains(&text("language")), "{hook}");
        assert!(!text("name").is_empty() && hook["types"] == serde_json::json!(["markdown"]));
        let entry = text("entry").split(' ').map(str::to_owned).collect();
        (text("id").to_owned(), entry, Regex::new(text("files")).unwrap())
    };
    hooks.as_array().unwrap().iter().map(hook).collect()
}

/// pre-commit gives a hook the changed files that it takes, which need not be one list.
#[test]
fn hooks_check_each_file_alone() {
    let good = "| Test | Reason |\n|---|---|\n| a.* | x |\n";
    let other = "| Test | Reason |\n|---|---|\n| a.b | x |\n| * | x |\n| a.* | y |\n";
    let bad = "| Test | Status |\n|---|---|\n| a | maybe |\n";
    let changed = ["KNOWN_FAILURES.md", "smb/KNOWN_FAILURES_KERBEROS.md", "README.md", "a.c"];
    let ids: Vec<String> = hooks().into_iter().map(|(id, ..)| id).collect();
    assert_eq!(ids, ["knownfail-lint", "knownfail-lint-system"]);
    for (_, entry, files) in hooks() {
        let taken: Vec<&str> = changed.into_iter().filter(|path| files.is_match(path)).collect();
        assert_eq!(taken, changed[..2]);
        let (command, arguments) = entry.split_first().unwrap();
        assert_eq!(command, "knownfail");
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        for (second, code, problems) in
            [(good, 0, &[][..]), (other, 0, &["redundant", "catch-all"]), (bad, 1, &["status"])]
        {
            let mut program = Knownfail::new();
            program.file(taken[0], good).file(taken[1], second);
            let ran = program.run(&[&arguments[..], &taken].concat());
            assert_eq!(ran.code, code, "{}", ran.stdout);
            let reported = ran.stdout.lines().filter(|line| line.ends_with(']'));
            let reported: Vec<&str> = reported.collect();
            assert!(reported.iter().all(|line| line.starts_with(taken[1])), "{}", ran.stdout);
            assert_eq!(reported.is_empty(), problems.is_empty(), "{}", ran.stdout);
            for problem in problems {
                assert!(ran.stdout.contains(problem), "{}", ran.stdout);
            }
        }
    }
}

#[test]
fn separate_lists_are_fixed_and_counted_each() {
    let mut program = Knownfail::new();
    let row = "| Test |\n|---|\n| a |\n";
    program.file("a.md", row).file("b.md", format!("{row}| a |\n"));
    let ran = program.run(&["lint", "--separate", "--fix", "a.md", "b.md"]);
    assert_eq!(ran.stdout, "2 rows: 0 errors, 0 warnings\n");
    assert!(ran.stderr.ends_with("1 row removed\n"), "{}", ran.stderr);
    assert_eq!((&*program.read("a.md"), &*program.read("b.md")), (row, row));
}

#[test]
fn a_list_without_rows_causes_no_warning() {
    for list in ["", "# Known failures\n\n| Test | Reason |\n| --- | --- |\n"] {
        let mut program = Knownfail::new();
        program.file("KNOWN_FAILURES.md", list).file("r.csv", "a.b,Pass\n");
        let ran = program.run(&["lint"]);
        assert_eq!(
            (ran.code, &*ran.stdout, &*ran.stderr),
            (0, "0 rows: 0 errors, 0 warnings\n", "")
        );
        let ran = program.run(&["check", "r.csv"]);
        let expected = "passed: no new failures\n\n1 test: 1 passed\n";
        assert_eq!((ran.code, &*ran.stdout, &*ran.stderr), (0, expected, ""));
    }
}
