//! `knownfail init`: the first list of a team, and the workflow to paste.

use crate::formats::fixtures;
use crate::harness::{CommandOutput, Knownfail};
use crate::workflows;

const RESULTS: &str = "<testsuite>\
    <testcase classname='lock' name='rw'><failure message='expected 1 &lt;b&gt; @team #1 | x'/></testcase>\
    <testcase classname='lock' name='a|b*'><error message=''/></testcase>\
    <testcase classname='lock' name='ok'/>\
    <testcase classname='lock' name='flips'><flakyFailure message='once'/></testcase>\
    </testsuite>";

fn program(files: &[(&str, &str)]) -> Knownfail {
    let mut program = Knownfail::new();
    for (path, text) in files {
        program.file(path, text);
    }
    program
}

/// The judgement of the results by the list that was written.
fn check(program: &Knownfail, results: &[&str]) -> CommandOutput {
    program.run(&[&["check"], results].concat())
}

#[test]
fn failures_of_a_run_become_rows_that_excuse_them() {
    let program = program(&[("results.xml", RESULTS)]);
    let ran = program.run(&["init", "results.xml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let expected = "\
# Known failures

The tests that are expected to fail. A failure of any other test makes the check red.
Each row gives the reason, and an issue once there is one; it goes once its test passes.

| Test Name     | Category | Reason                         | Issue | Status |
| ------------- | -------- | ------------------------------ | ----- | ------ |
| `lock.a\\|b\\*` |          | errored                        |       |        |
| lock.flips    |          | once                           |       | flaky  |
| lock.rw       |          | `expected 1 <b> @team #1 \\| x` |       |        |
";
    assert_eq!(program.read("KNOWN_FAILURES.md"), expected);
    assert!(ran.stderr.starts_with("KNOWN_FAILURES.md: written with 3 rows\n"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    let judged = check(&program, &["results.xml"]);
    assert_eq!(judged.code, 0, "{}", judged.stdout);
    let lint = program.run(&["lint"]);
    assert_eq!((lint.code, &*lint.stdout), (0, "3 rows: 0 errors, 0 warnings\n"));
}

#[test]
fn existing_list_is_never_replaced() {
    let program = program(&[("results.xml", RESULTS), ("KNOWN_FAILURES.md", "mine")]);
    for arguments in [&["init"][..], &["init", "results.xml"], &["init", "--plain"]] {
        let ran = program.run(arguments);
        assert_eq!((ran.code, &*ran.stdout), (2, ""));
        assert!(ran.stderr.contains("KNOWN_FAILURES.md exists, and is not replaced"));
        assert!(ran.stderr.contains("`knownfail update --add`"), "{}", ran.stderr);
    }
    assert_eq!(program.read("KNOWN_FAILURES.md"), "mine");
}

#[test]
fn long_list_has_headings_by_suite_and_is_sorted() {
    let mut results = String::from("<testsuite>");
    for (suite, count) in [("smb2.lock", 12), ("rpc", 1), ("smb2.dir", 9)] {
        for n in 0..count {
            results +=
                &format!("<testcase classname='{suite}' name='t{n:02}'><failure/></testcase>");
        }
    }
    let program = program(&[("results.xml", &format!("{results}</testsuite>"))]);
    assert_eq!(program.run(&["init", "results.xml"]).code, 0);
    let list = program.read("KNOWN_FAILURES.md");
    let headings: Vec<&str> = list.lines().filter(|line| line.starts_with('#')).collect();
    assert_eq!(headings, ["# Known failures", "## smb2.dir", "## smb2.lock"]);
    let before = list.split("## smb2.dir").next().unwrap();
    assert!(before.contains("| rpc.t00"), "{list}");
    assert_eq!(check(&program, &["results.xml"]).code, 0);
}

#[test]
fn test_that_fails_only_in_some_variants_names_them() {
    let both = "1..2\nnot ok 1 - both\nnot ok 2 - one\n";
    let other = "1..2\nnot ok 1 - both\nok 2 - one\n";
    let files = [("memory 4.1.tap", both), ("s3.tap", other)];
    let program = program(&files);
    let ran = program.run(&["init", "{variant}.tap"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let list = program.read("KNOWN_FAILURES.md");
    assert!(list.contains("| both      |          | failed |       |            |\n"), "{list}");
    assert!(list.contains("| one       |          | failed |       | memory 4.1 |\n"), "{list}");
    assert_eq!(check(&program, &["{variant}.tap"]).code, 0);
    let plain = program.run(&["init", "{variant}.tap", "-k", "list.txt"]);
    assert!(plain.stderr.contains("a plain list has no variants"), "{}", plain.stderr);
}

#[test]
fn plain_list_has_one_name_a_line() {
    let program = program(&[("results.xml", RESULTS)]);
    let ran = program.run(&["init", "results.xml", "--plain", "-k", "known.list"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let expected = "\
# The tests that are expected to fail. A failure of any other test makes the check red.
# Each line gives the reason; it goes once its test passes.

lock.a|b\\*  # errored
lock.flips  # once
lock.rw  # expected 1 <b> @team #1 | x
";
    assert_eq!(program.read("known.list"), expected);
}

#[test]
fn incomplete_run_is_reported_and_listed_as_far_as_it_came() {
    let program = program(&[("a.tap", "1..3\nnot ok 1 - a\n")]);
    let ran = program.run(&["init", "a.tap"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("the run is incomplete, and what was not measured cannot"));
    assert!(program.read("KNOWN_FAILURES.md").contains("| a "));
    assert_eq!(check(&program, &["a.tap"]).code, 2);
}

#[test]
fn run_without_failures_or_without_results_gives_an_empty_list() {
    let program = program(&[("a.tap", "1..1\nok 1 - a\n"), ("none.txt", "hello\n")]);
    for (arguments, file) in
        [(&["init", "-k", "a.md", "a.tap"][..], "a.md"), (&["init", "-k", "b.md"], "b.md")]
    {
        let ran = program.run(arguments);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let table = "\n| Test Name | Category | Reason | Issue |\n| --------- | -------- | ------ | ----- |\n";
        assert!(program.read(file).ends_with(table), "{}", program.read(file));
        let judged = check(&program, &["a.tap", "-k", file]);
        assert_eq!(judged.code, 0, "{}", judged.stdout);
        let lint = program.run(&["lint", file]);
        assert!(lint.code == 0 && lint.stdout.contains("0 rows: 0 errors"), "{}", lint.stdout);
    }
    assert_eq!(program.run(&["init", "--plain", "-k", "c.txt"]).code, 0);
    assert!(program.read("c.txt").lines().all(|line| line.starts_with("# ")));
    // No results at all are an error, not a list.
    let ran = program.run(&["init", "-k", "d.md", "none.txt"]);
    assert!(ran.code == 2 && !program.exists("d.md"), "{}", ran.stderr);
}

#[test]
fn printed_workflow_is_valid_and_has_what_was_given() {
    let mut program = program(&[("results/m/a.tap", "1..1\nok 1 - a\n")]);
    let arguments = ["init", "results/{variant}/*.tap", "-k", "it's: #1.md", "--prefix", "\"x"];
    let ran = program.run(&arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for line in [
        "          results: results/{variant}/*.tap\n",
        "          known-failures: \"it's: #1.md\"\n",
        "          prefix: \"\\\"x\"\n",
        "          test-exit-code: ${{ steps.suite.outputs.code || '124' }}\n",
        "        if: ${{ !cancelled() }}\n",
        "  pull-requests: write ",
    ] {
        assert!(ran.stdout.contains(line), "{line}\n{}", ran.stdout);
    }
    let without = program.run(&["init"]);
    assert!(without.stdout.contains("          results: results/**/*.xml\n"));
    program.file("a.yml", &ran.stdout).file("b.yml", &without.stdout);
    let files = ["a.yml", "b.yml"].map(|file| program.path(file));
    assert_eq!(workflows::problems("workflow", &files), "");
}

#[test]
fn update_creates_a_missing_list() {
    let mut program = program(&[("results.xml", RESULTS)]);
    let ran = program.run(&["update", "--add", "--dry-run", "results.xml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.starts_with("--- /dev/null\n+++ b/KNOWN_FAILURES.md\n@@ -0,0 +1,"));
    assert!(!program.exists("KNOWN_FAILURES.md"));
    program.file("list.patch", &ran.stdout);
    let applied = program.run_program("git", &["apply", "list.patch"]);
    assert_eq!(applied.code, 0, "{}", applied.stderr);
    let patched = program.read("KNOWN_FAILURES.md");
    let ran = program.run(&["update", "--add", "results.xml", "-k", "other.md"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.starts_with("other.md does not exist: it is created\n"), "{}", ran.stderr);
    assert_eq!(program.read("other.md"), patched);
    // Without `--add` a wrong path stays an error.
    let ran = program.run(&["update", "results.xml", "-k", "missing.md"]);
    assert!(ran.code == 2 && ran.stderr.contains("`knownfail init`"), "{}", ran.stderr);
}

#[test]
fn list_of_every_fixture_makes_it_green_unless_it_is_incomplete() {
    let mut judged = 0;
    for fixture in fixtures() {
        let mut program = Knownfail::new();
        program.file("results", &fixture.bytes);
        let format = ["results", "--format", fixture.format.name()];
        let ran = program.run(&[&["init"], &format[..]].concat());
        if !program.exists("KNOWN_FAILURES.md") {
            assert!(ran.stderr.contains("there is no test"), "{}: {}", fixture.case, ran.stderr);
            continue;
        }
        assert!(!ran.stderr.contains("by hand"), "{}: {}", fixture.case, ran.stderr);
        let json = program.run(&[&["check", "--output", "json"], &format[..]].concat());
        let report: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
        let reasons = report["reasons"].as_array().cloned().unwrap_or_default();
        let is_expected = reasons.iter().all(|reason| reason == "incomplete");
        assert!(
            is_expected,
            "{}: {reasons:?}\n{}",
            fixture.case,
            program.read("KNOWN_FAILURES.md")
        );
        judged += 1;
    }
    assert!(judged > 100, "{judged}");
}

/// A table of results in which these tests fail.
fn failing<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let line = |name: &str| format!("\"{}\",failed\n", name.replace('"', "\"\""));
    std::iter::once("name,outcome\n".to_owned()).chain(names.into_iter().map(line)).collect()
}

/// Names that make a plain list look like one of another kind, with a path at which it does.
const MISLEADING: [(&str, &str); 13] = [
    ("new.txt", "Parser handles empty input"),
    ("p.txt", r"samba3\.smb2\.x"),
    ("skip.txt", "samba3.smb2.x"),
    ("knownfail", "samba3.smb2.x"),
    ("x.xfail", "FAIL: gcc.c"),
    ("tap.txt", "not ok 1 - a"),
    ("chromium.txt", "a/b.html [ Failure ]"),
    ("deqp-fails.txt", "dEQP.a,Fail"),
    ("table.txt", "|---|"),
    ("yaml.txt", "- a"),
    ("json.txt", "[1]"),
    ("html.txt", "<b>x</b>"),
    ("document.md", "a.b"),
];

#[test]
fn plain_list_is_read_back_by_every_command_whatever_its_tests_are_called() {
    for (path, name) in MISLEADING {
        let program = program(&[("r.csv", &failing([name]))]);
        let ran = program.run(&["init", "r.csv", "--plain", "-k", path]);
        assert_eq!(ran.code, 0, "{name}: {}", ran.stderr);
        assert!(!ran.stderr.contains("warning"), "{name}: {}", ran.stderr);
        for command in
            [&["check", "r.csv", "-k", path][..], &["lint", path], &["update", "r.csv", "-k", path]]
        {
            let ran = program.run(command);
            assert_eq!(ran.code, 0, "{name}: {command:?}: {}{}", ran.stdout, ran.stderr);
        }
        let lint = program.run(&["lint", path]).stdout;
        let is_clean = lint == "1 row: 0 errors, 0 warnings\n";
        assert!(is_clean || lint.contains("[looks-like-regex]"), "{name}: {lint}");
    }
    // What is read as it is written is not declared.
    let program = program(&[("r.csv", &failing(["a.b"]))]);
    assert_eq!(program.run(&["init", "r.csv", "-k", "k.txt"]).code, 0);
    assert!(!program.read("k.txt").contains("knownfail:"), "{}", program.read("k.txt"));
}

#[test]
fn start_of_names_is_never_a_directive_or_a_header_of_a_plain_list() {
    for start in [
        "knownfail: match = end/",
        "knownfail: plain/",
        "tags: [ Linux ]/",
        "results: [ Failure ]/",
    ] {
        let names = (10..30).flat_map(|n| [format!("{start}t{n}"), format!("zz/t{n}")]);
        let names = Vec::from_iter(names);
        let program = program(&[("r.csv", &failing(names.iter().map(String::as_str)))]);
        let ran = program.run(&["init", "r.csv", "-k", "p.txt"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(check(&program, &["r.csv", "-k", "p.txt"]).code, 0, "{start}");
        let list = program.read("p.txt");
        let directives = list.lines().filter(|line| line.starts_with("# knownfail:"));
        assert!(directives.clone().all(|line| line == "# knownfail: plain"), "{list}");
        assert!(directives.count() <= 1, "{list}");
        let mut program = program;
        program.file("more.csv", failing(["x/knownfail: match = end/t10", "other/zz/t10"]));
        let more = check(&program, &["more.csv", "-k", "p.txt"]);
        assert!(more.code == 1 && more.stdout.contains("2 new failures"), "{}", more.stdout);
    }
}

#[test]
fn edited_plain_list_stays_one() {
    let prose = "Parser handles empty input";
    for (list, results, options) in [
        ("# known failures\n", failing([prose]), &["--add"][..]),
        (
            "a.b\nc.d\nParser handles empty input\n",
            format!("{}a.b,passed\nc.d,passed\n", failing([prose])),
            &[],
        ),
    ] {
        let mut program = program(&[("r.csv", &results)]);
        program.file("k.txt", list);
        let ran = program.run(&[&["update", "r.csv", "-k", "k.txt"], options].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let edited = program.read("k.txt");
        assert!(edited.starts_with("# knownfail: plain\n") && edited.contains(prose), "{edited}");
        assert_eq!(check(&program, &["r.csv", "-k", "k.txt"]).code, 0, "{edited}");
    }
    // A list whose kind has to be named keeps that need.
    let list = "a b\nParser handles empty input\n";
    let program = program(&[("r.csv", &(failing([prose]) + "a b,passed\n")), ("k.txt", list)]);
    let ran = program.run(&["update", "r.csv", "-k", "k.txt", "--list-format", "plain"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(program.read("k.txt"), "Parser handles empty input\n");
}

#[test]
fn missing_list_is_written_in_the_kind_that_is_named_or_not_at_all() {
    let program = program(&[("r.csv", &failing(["a.b"]))]);
    let update = |path: &str, format: &[&str]| {
        program.run(&[&["update", "--add", "r.csv", "-k", path], format].concat())
    };
    for (path, format, start) in [
        ("new", "plain", "# The tests"),
        ("new.json", "plain", "# knownfail: plain\n"),
        ("new.txt", "markdown", "# Known failures\n"),
        ("new.yml", "markdown", "# Known failures\n"),
    ] {
        let ran = update(path, &["--list-format", format]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(program.read(path).starts_with(start), "{}", program.read(path));
        assert_eq!(check(&program, &["r.csv", "-k", path]).code, 0, "{path}");
    }
    let named =
        [("n.json", &["--list-format", "json"][..]), ("n", &["--list-format", "samba-knownfail"])];
    let unnamed = ["n.json", "n.yml", "n.YAML", "n.csv", "-"].map(|path| (path, &[][..]));
    for (path, format) in named.into_iter().chain(unnamed) {
        let mut runs = vec![update(path, format)];
        if format.is_empty() {
            runs.push(program.run(&["init", "r.csv", "-k", path]));
        }
        for ran in runs {
            assert_eq!((ran.code, &*ran.stdout), (2, ""), "{path}: {}", ran.stderr);
            assert!(
                ran.stderr.contains(&format!("no list can be written to {path}")),
                "{}",
                ran.stderr
            );
            assert!(ran.stderr.contains("`markdown` or `plain`") && !program.exists(path));
        }
    }
}

#[test]
fn results_that_are_called_a_plain_list_are_one() {
    let program =
        program(&[("r.csv", &failing(["not ok 1 - a"])), ("l.txt", "1..1\nnot ok 1 - a\n")]);
    let ran = check(&program, &["r.csv", "-k", "l.txt"]);
    assert!(ran.code == 2 && ran.stderr.contains("looks like results"), "{}", ran.stderr);
    let ran = check(&program, &["r.csv", "-k", "l.txt", "--list-format", "plain"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
}
