//! Outputs whose path is `-` are printed, and what is otherwise printed goes to standard error.

use crate::harness::{CommandOutput, Knownfail};
use serde_json::Value;

const LIST: &str = "| Test |\n|---|\n| a.stale |\n";
const RESULTS: &str = "test: a.stale\nsuccess: a.stale\ntest: a.new\nfailure: a.new [\nx\n]\n";

/// The options, with the start of what each writes.
const OUTPUTS: [(&str, &str); 6] = [
    ("--json", "{\n  \"schema\": 1,"),
    ("--markdown", "❌ **"),
    ("--junit", "<?xml "),
    ("--code-quality", "[\n  {"),
    ("--patch", "--- a/KNOWN_FAILURES.md\n"),
    ("--record", ""),
];

fn program() -> Knownfail {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", LIST).file("results.txt", RESULTS);
    program
}

fn check(program: &Knownfail, more: &[&str]) -> CommandOutput {
    program.run(&[&["check", "results.txt"], more].concat())
}

#[test]
fn an_output_to_standard_output_is_alone_there() {
    let program = program();
    let text = check(&program, &[]).stdout;
    for (option, start) in OUTPUTS.into_iter().filter(|(option, _)| *option != "--record") {
        let ran = check(&program, &[option, "-"]);
        assert_eq!((ran.code, &ran.stderr), (1, &text), "{option}");
        assert!(ran.stdout.starts_with(start), "{option}: {}", ran.stdout);
        check(&program, &[option, "file"]);
        assert_eq!(ran.stdout, program.read("file"), "{option}");
        assert!(!program.exists("-"), "{option}");
    }
    let ran = check(&program, &["--json", "-", "--output", "markdown", "--junit", "file"]);
    assert!(serde_json::from_str::<Value>(&ran.stdout).is_ok(), "{}", ran.stdout);
    assert!(ran.stderr.starts_with("❌ **"), "{}", ran.stderr);
}

#[test]
fn a_printed_record_can_be_read() {
    let program = program();
    let script = "\"$0\" check results.txt --record - > run.record; \"$0\" check run.record";
    let ran = program.run_program("sh", &["-c", script, crate::harness::PROGRAM]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let results = check(&program, &[]).stdout;
    // The command for the list names the files that were given.
    assert_eq!(ran.stdout, results.replace("--add results.txt", "--add run.record"));
}

#[test]
fn two_outputs_to_standard_output_are_an_error() {
    let program = program();
    for (option, _) in OUTPUTS.into_iter().filter(|(option, _)| *option != "--json") {
        let ran = check(&program, &["--json", "-", option, "-"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{option}");
        assert!(ran.stderr.contains("- is where"), "{option}: {}", ran.stderr);
    }
}

/// A file of this name is neither read nor removed.
#[test]
fn a_patch_without_rows_prints_nothing() {
    let mut program = program();
    program.file("KNOWN_FAILURES.md", "| Test |\n|---|\n| a.new |\n").file("-", "mine");
    let ran = check(&program, &["--patch", "-"]);
    assert_eq!((ran.code, ran.stdout.as_str(), &*program.read("-")), (0, "", "mine"));
}

#[test]
fn inside_actions_no_printed_output_is_a_command() {
    let mut program = program();
    program.env("GITHUB_ACTIONS", "true");
    program.file("results.txt", "test: a\nfailure: a [\n::error::x\n##[error]y\n]\n");
    for (option, _) in OUTPUTS.into_iter().filter(|(option, _)| *option != "--record") {
        let ran = check(&program, &[option, "-"]);
        let is_command = |line: &str| line.starts_with("::") || line.contains("##[");
        assert!(!ran.stdout.lines().any(is_command), "{option}: {}", ran.stdout);
    }
}
