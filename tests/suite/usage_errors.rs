//! Messages for wrong usage: a path, an option, the bytes of a file.
//!
//! Exit code, and a message that names what is wrong and what to do. Errors that only a results file can have are in
//! `truncated_and_corrupt_files.rs` and `limits.rs`.

use crate::harness::{CommandOutput, Knownfail};

const DOCUMENT: &str = "| Test |\n|---|\n| s.a |\n";
const RESULTS: &str = "TAP version 13\n1..2\nnot ok 1 - s.a\nok 2 - s.b\n";

fn program() -> Knownfail {
    let mut program = Knownfail::new();
    program
        .file("KNOWN_FAILURES.md", DOCUMENT)
        .file("r.tap", RESULTS)
        .file("folder/x.tap", RESULTS);
    program
}

/// Runs what cannot be judged: exit code 2, nothing on standard output.
fn assert_refused(program: &Knownfail, arguments: &[&str]) -> String {
    let CommandOutput { code, stdout, stderr } = program.run(arguments);
    assert_eq!((code, stdout.as_str()), (2, ""), "{arguments:?}: {stderr}");
    stderr
}

#[test]
fn path_that_is_not_a_file_is_an_error_with_a_hint() {
    let program = program();
    for (arguments, expected) in [
        (
            vec!["check"],
            "no results were given\n  hint: name the results files, in quotes: 'results/**/*.xml' (the action's input `results`)\n",
        ),
        (
            vec!["check", "folder"],
            "folder is a directory\n  hint: name the files in it, in quotes: 'folder/**/*.xml'\n",
        ),
        (
            vec!["check", "/dev/null"],
            "/dev/null is not a regular file\n  hint: what comes through a pipe",
        ),
        (
            vec!["check", "r.tap", "-k", "folder"],
            "folder/x.tap looks like results (tap), not like a list\n  hint: name the list with",
        ),
        (
            vec!["lint", "/dev/null"],
            "/dev/null is not a regular file\n  hint: name a regular file\n",
        ),
        (
            vec!["check", "no.tap"],
            "no file matches `no.tap`\n  hint: check the path, the working directory",
        ),
        (
            vec!["check", "r.tap", "--baseline", "no.tap"],
            "no file matches `no.tap`, which `baseline` names\n  hint: check the path and the working directory;",
        ),
        (
            vec!["check", "r.tap", "--evidence", "no.json"],
            "no file matches `no.json`, which `evidence` names\n",
        ),
    ] {
        let stderr = assert_refused(&program, &arguments);
        assert!(stderr.starts_with(&format!("knownfail: error: {expected}")), "{stderr}");
    }
    let ran = program.run(&["check", "r.tap", "--json", "folder"]);
    assert_eq!(ran.code, 2, "what was asked for was not written");
    let expected = "knownfail: error: folder is a directory\n  hint: name a file in it\n";
    assert_eq!(ran.stderr, expected);
}

#[test]
fn missing_document_is_an_error_with_a_hint_for_the_command() {
    let program = program();
    let option = "give the path of the known failures with `--known-failures FILE`";
    let no_wildcard =
        "documents are not named by a pattern: give `--known-failures FILE` once for each";
    for (arguments, hint) in [
        (vec!["check", "r.tap", "-k", "no.md"], option),
        (vec!["update", "r.tap", "-k", "no.md"], option),
        (vec!["why", "s.a", "-k", "no.md"], option),
        (vec!["check", "r.tap", "-k", "no*.md"], no_wildcard),
        (vec!["lint", "no.md"], "check the path and the working directory\n"),
        (vec!["lint", "no.md", "--fix"], "check the path and the working directory\n"),
        (vec!["lint", "no*.md"], "documents are not named by a pattern: name each\n"),
        (vec!["diff", "KNOWN_FAILURES.md", "no.md"], "check the path and the working directory\n"),
        (vec!["diff", "no.md", "KNOWN_FAILURES.md"], "check the path and the working directory\n"),
    ] {
        let stderr = assert_refused(&program, &arguments);
        let path = arguments.iter().find(|argument| argument.starts_with("no")).unwrap();
        let expected = format!(
            "knownfail: error: cannot read the list {path}: there is no such file\n  hint: {hint}"
        );
        assert!(stderr.starts_with(&expected), "{arguments:?}: {stderr}");
    }
}

#[test]
#[cfg(unix)]
fn broken_link_among_results_is_an_error() {
    let program = program();
    std::os::unix::fs::symlink("gone", program.path("dead.tap")).unwrap();
    let expected = "dead.tap is a broken link\n  hint: remove it, or point it at a file\n";
    assert!(assert_refused(&program, &["check", "*.tap"]).contains(expected));
}

#[test]
fn zero_evidence_runs_is_a_usage_error() {
    let program = program();
    program.run(&["check", "r.tap", "--json", "e.json"]);
    let stderr =
        assert_refused(&program, &["check", "r.tap", "--evidence", "e.json", "--runs", "0"]);
    assert!(stderr.contains("'--runs <N>': it takes a whole number, 1 or more"), "{stderr}");
}

#[test]
fn abnormal_runner_exit_is_reported_as_such() {
    for (code, message) in [
        ("1", None),
        ("128", None),
        ("137", Some("the test runner was killed: out of memory")),
        ("143", Some("the test runner was ended by signal 15 (exit code 143)")),
        ("-9", Some("the test runner was ended by signal 9 (exit code -9)")),
        ("300", Some("the test runner did not end by itself (exit code 300)")),
        ("3221225477", Some("the test runner did not end by itself (exit code 3221225477)")),
    ] {
        let ran = program().run(&["check", "r.tap", "--test-exit-code", code]);
        assert_eq!(ran.code, if message.is_some() { 2 } else { 0 }, "{code}: {}", ran.stdout);
        assert!(
            ran.stdout.contains(message.unwrap_or("1 known failure")),
            "{code}: {}",
            ran.stdout
        );
        assert!(!ran.stdout.contains("although no test failed"), "{code}: {}", ran.stdout);
    }
}

#[test]
fn non_utf8_lines_are_reported_with_their_number() {
    let mut program = program();
    program.file("codes.tsv", b"r 0\nr\xff 0\n");
    let stderr = assert_refused(&program, &["check", "r.tap", "--exit-codes", "codes.tsv"]);
    assert!(stderr.contains("codes.tsv:2: this line is not UTF-8"), "{stderr}");

    program.file("knownfail", b"# A list\n^s\\.a\\(dc\\)\n^s\\.\xe4\\(dc\\)\n");
    let ran = program.run(&["import", "knownfail", "--from", "samba-knownfail"]);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.contains("s.a(dc)"), "{}", ran.stdout);
    assert!(ran.stderr.contains("knownfail:3: not UTF-8"), "{}", ran.stderr);
    assert!(ran.stderr.contains("1 entry was left out or changed"), "{}", ran.stderr);
}

#[test]
fn unreadable_list_is_not_imported() {
    let mut program = program();
    program.file("issues.yaml", "projects:\n- name: [\n");
    let ran = program.run(&["import", "issues.yaml", "--from", "lkft"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("the whole list is left out, it cannot be read"), "{}", ran.stderr);
}

#[test]
fn other_files_next_to_lists_are_reported_and_skipped() {
    let mut program = program();
    program.file("ci/ABOUT", "How these lists are made\n").file("ci/board-fails.txt", "a.b,Fail\n");
    let ran = program.run(&["import", "ci"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("| a.b |"), "{}", ran.stdout);
    let expected = "ci/ABOUT: skipped, not a known kind of list\n1 row: nothing was lost\n";
    assert_eq!(ran.stderr, expected);
    // A file that is named explicitly has to be a list.
    assert!(
        assert_refused(&program, &["import", "ci/ABOUT"])
            .contains("no known kind of list: ci/ABOUT")
    );
    std::fs::remove_file(program.path("ci/board-fails.txt")).unwrap();
    let ran = program.run(&["import", "ci"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("error: no known kind of list: ci\n"), "{}", ran.stderr);
}

#[test]
fn why_prints_what_the_row_excuses_and_its_variants() {
    let mut program = program();
    program
        .file("K.md", "| Test | Status | Variants |\n|---|---|---|\n| s.a | fail: NT_* | !m |\n");
    let ran = program.run(&["why", "s.a", "-k", "K.md"]);
    let expected = "claimed by K.md:3  s.a\n      excuses   fail: NT_*\n      variants  !m\n";
    assert!(ran.stdout.contains(expected), "{}", ran.stdout);
}

#[test]
fn dropped_row_is_reported_by_every_command() {
    let mut program = program();
    program.file("K.md", format!("{DOCUMENT}\n| s.gone |\n| s.b | more |\n"));
    program.file("earlier.tap", RESULTS);
    program.run(&["check", "earlier.tap", "--json", "earlier.json"]);
    let expected = "K.md:5: error: the row `s.gone` is in no table: a blank line or a comment above it ends the \
        table, and Markdown drops it [dropped-row]\nK.md:6: error: the row `s.b` is in no table";
    for arguments in [
        &["update", "r.tap", "-k", "K.md"][..],
        &["update", "r.tap", "-k", "K.md", "--dry-run"],
        &["update", "r.tap", "-k", "K.md", "--evidence", "earlier.json"],
        &["diff", "KNOWN_FAILURES.md", "K.md"],
        &["diff", "K.md", "KNOWN_FAILURES.md", "r.tap", "--output", "json"],
    ] {
        let ran = program.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.starts_with(expected), "{arguments:?}: {}", ran.stderr);
        assert_eq!(ran.stderr.matches("K.md:5: ").count(), 1, "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn diff_obeys_the_limit_of_results() {
    let mut program = program();
    program.file("old.md", "| Test |\n|---|\n");
    let arguments = ["diff", "old.md", "KNOWN_FAILURES.md", "r.tap", "--max-tests", "1"];
    let stderr = assert_refused(&program, &arguments);
    assert!(stderr.contains("there are more than 1 results"), "{stderr}");
}

#[test]
fn invalid_input_is_annotated_and_sets_the_conclusion() {
    for (input, value, message) in [
        (
            "format",
            "jnuit",
            "the input `format` is `jnuit`%0Ait takes auto, or a name that `knownfail formats` lists",
        ),
        ("runs", "0", "the input `runs` is `0`%0Ait takes a whole number, 1 or more"),
        ("min-tests", "-1", "the input `min-tests` is `-1`%0Ait takes a whole number"),
        (
            "working-directory",
            "no\n::error::x",
            "the input `working-directory`: `no\\n::error::x` does not exist%0Ait takes a directory in the workspace",
        ),
        (
            "working-directory",
            "r.tap",
            "the input `working-directory`: `r.tap` is no directory%0Aname the directory that the file is in",
        ),
        (
            "working-directory",
            "/tmp",
            "the input `working-directory`: `/tmp` is outside of the workspace%0Ait takes a directory in the workspace",
        ),
        (
            "working-directory",
            "${{ x }}",
            "the input `working-directory`: `${{ x }}` does not exist%0A`${{ … }}` is not expanded",
        ),
    ] {
        let mut program = Knownfail::action();
        program.file("KNOWN_FAILURES.md", DOCUMENT).file("r.tap", RESULTS).file("outputs", "");
        program.env("GITHUB_OUTPUT", &program.path("outputs"));
        program.input("results", "r.tap").input("comment", "off").input(input, value);
        let ran = program.run(&["action"]);
        assert_eq!(ran.code, 2, "{input}: {}", ran.stdout);
        let command = format!("::error title=Nothing could be judged::{message}");
        assert!(ran.stdout.starts_with(&command), "{input}: {}", ran.stdout);
        assert_eq!(ran.stdout.lines().count(), 1, "{input}: {}", ran.stdout);
        let outputs = program.read("outputs");
        assert!(
            outputs.starts_with("conclusion<<") && outputs.contains("\ninconclusive\n"),
            "{outputs}"
        );
    }
}

/// Inside Actions the runner parses all output.
#[test]
fn human_output_contains_no_runner_command() {
    let mut program = program();
    let lines = "ok 1 - a\nnot ok 2 - b\n# ::error::x ##[error]y\n#\t::add-mask::z\n";
    program.file("command.tap", format!("1..2\n{lines}"));
    program.env("GITHUB_ACTIONS", "true");
    for arguments in [
        &["check", "command.tap", "--output", "text"][..],
        &["check", "command.tap", "--output", "markdown"],
        &["why", "b", "command.tap"],
    ] {
        let printed = program.run(arguments).stdout;
        let is_command = |line: &str| line.trim_start().starts_with("::") || line.contains("##[");
        assert!(!printed.lines().any(is_command), "{arguments:?}: {printed}");
    }
}

#[test]
fn why_names_the_rows_that_claim_a_test_in_other_variants() {
    let mut program = program();
    program.file("K.md", "| Test | Variants |\n|---|---|\n| s.a | memory |\n");
    let ran = program.run(&["why", "s.a", "-k", "K.md"]);
    let expected = "(--variant), only in others\n  elsewhere  K.md:3  s.a\n";
    assert!(
        ran.stdout.contains(expected) && !ran.stdout.contains("a row for it"),
        "{}",
        ran.stdout
    );
    let ran = program.run(&["why", "s.a", "-k", "K.md", "--variant", "memory"]);
    assert!(ran.stdout.contains("claimed by K.md:3  s.a\n"), "{}", ran.stdout);
}
