//! JSON output is valid under the schemas, according to another program's validator, Python's jsonschema.
//!
//! That the schemas are those of the types (`public_interface.rs`) does not prove that the types print what they declare.

use crate::harness::Knownfail;
use std::process::Command;

const DOCUMENT: &str = "\
# Known

| Test | Reason | Issue | Status | Variants | Expires |
|---|---|---|---|---|---|
| s.stale | old | #1 | | | |
| s.known | - | | fail: NT_* | | 2020-01-01 |
| s.worse | | | fail | | |
| s.flaky | | | flaky | | |
| s.gone | | | | m | |
| s.wide.* | | | odd | | |

<!-- knownfail: compat = loose -->

| Test |
|---|
| t.* |
";

fn log(tests: &[(&str, &str)]) -> String {
    let mut log = format!("progress: {}\n", tests.len() + 1);
    for (name, word) in tests {
        log += &format!("test: {name}\n{word}: {name} [\nno luck\n]\n");
    }
    log + "test: s.hangs\n"
}

/// A directory with runs and their reports.
fn program() -> Knownfail {
    let mut program = Knownfail::new();
    let now = [
        ("s.stale", "success"),
        ("s.known", "failure"),
        ("s.worse", "error"),
        ("s.flaky", "success"),
        ("s.wide.a", "failure"),
        ("s.wide.b", "success"),
        ("tt.x", "failure"),
        ("s.new", "failure"),
        ("s.skipped", "skip"),
        ("s.twice", "success"),
        ("s.twice", "failure"),
    ];
    let before: Vec<(&str, &str)> = now.iter().copied().chain([("s.lost", "success")]).collect();
    program
        .file("KNOWN_FAILURES.md", DOCUMENT)
        .file("old.md", "| Test | Reason |\n|---|---|\n| s.stale | old |\n| s.more | x |\n")
        .file("now/m.txt", log(&now))
        .file("now/n.txt", log(&now[..5]).replace("failure: s.known", "success: s.known"))
        .file("before/m.txt", log(&before))
        .file("quiet.txt", "progress: 1\ntest: s.new\nsuccess: s.new\n");
    let evidence = ["check", "quiet.txt", "--json", "evidence.json", "--commit", "c0ffee"];
    program.run(&evidence);
    program
}

#[test]
fn printed_json_fits_the_schemas() {
    let mut program = program();
    for (schema, arguments) in [
        ("report-1", &["check", "now/{variant}.txt", "--output", "json"][..]),
        ("report-1", &["check", "now/{variant}.txt", "--output", "json", "--all-tests"]),
        (
            "report-1",
            &[
                "check",
                "now/{variant}.txt",
                "--baseline",
                "before/{variant}.txt",
                "--evidence",
                "evidence.json",
                "--commit",
                "c0ffee",
                "--infra",
                "no luck",
                "--duplicates",
                "rerun",
                "--output",
                "json",
            ],
        ),
        ("report-1", &["check", "quiet.txt", "--output", "json"]),
        ("changes-1", &["diff", "old.md", "KNOWN_FAILURES.md", "--output", "json"]),
        (
            "changes-1",
            &["diff", "old.md", "KNOWN_FAILURES.md", "now/{variant}.txt", "--output", "json"],
        ),
    ] {
        let printed = program.run(arguments).stdout;
        assert_fits_schema(&mut program, schema, &printed, arguments);
    }
}

/// Validates output.
pub(crate) fn assert_fits_schema(
    program: &mut Knownfail,
    schema: &str,
    printed: &str,
    arguments: &[&str],
) {
    const INSTALL: &str = "install: apt-get install python3-jsonschema";
    program.file("printed.json", printed);
    let output = Command::new("/usr/bin/python3")
        .args(["tests/schema/validate.py", &format!("schema/{schema}.json")])
        .arg(program.path("printed.json"))
        .output()
        .expect(INSTALL);
    assert!(output.status.success(), "{INSTALL}\n{}", String::from_utf8_lossy(&output.stderr));
    let problems = String::from_utf8_lossy(&output.stdout);
    assert_eq!(problems, "", "{arguments:?}");
}

/// A validator that accepts everything would not fail either.
#[test]
#[should_panic(expected = "is not of type")]
fn validator_rejects_wrong_json() {
    let mut program = program();
    let printed = program.run(&["check", "quiet.txt", "--output", "json"]).stdout;
    let wrong = printed.replacen("\"tests\": 1", "\"tests\": \"1\"", 1);
    assert_ne!(wrong, printed);
    assert_fits_schema(&mut program, "report-1", &wrong, &[]);
}
