//! The command line: exit codes, messages, files, wrong input.

use crate::harness::{CommandOutput, Knownfail};
use knownfail::formats::Format;
use serde_json::Value;
use std::io::Write;

const DOCUMENT: &str = "\
| Test Name | Category | Reason | Issue |
|-----------|----------|--------|-------|
| smb2.dir.* | Directories | Not done | #1 |
| smb2.rename.simple | Rename | Not done | - |
";

/// A log of smbtorture with these lines `(name, outcome word)`.
fn log(tests: &[(&str, &str)]) -> String {
    let mut log = format!("smbtorture 4.17.12\nprogress: {}\n", tests.len());
    for (name, word) in tests {
        log.push_str(&format!("test: {name}\n{word}: {name}\n"));
    }
    log
}

/// Checks `results.txt` against the document, with more arguments.
fn check(results: &str, arguments: &[&str]) -> CommandOutput {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", DOCUMENT).file("results.txt", results);
    program.run(&[&["check", "results.txt"], arguments].concat())
}

fn json(results: &str, arguments: &[&str]) -> (i32, Value) {
    let ran = check(results, &[&["--output", "json"], arguments].concat());
    (ran.code, serde_json::from_str(&ran.stdout).unwrap())
}

#[test]
fn bundled_example_has_the_counts_of_smbtorture() {
    let root = env!("CARGO_MANIFEST_DIR");
    let program = Knownfail::new();
    let (results, document) = (
        format!("{root}/examples/smbtorture/results/*.txt"),
        format!("{root}/examples/smbtorture/KNOWN_FAILURES.md"),
    );
    let ran = program.run(&["check", &results, "-k", &document, "--output", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let count = |what: &str| report["results"][what].as_u64().unwrap();
    // The figures of the example's README, counted from smbtorture's own lines.
    assert_eq!(count("total"), 72);
    assert_eq!(count("passed"), 58);
    assert_eq!(count("failed") + count("errored"), 10);
    assert_eq!(count("skipped"), 3);
    assert_eq!(count("unfinished"), 1);
    assert_eq!((ran.code, &report["conclusion"]), (1, &Value::from("failure")));
    let new: Vec<&str> = report["tests"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|test| test["verdict"] == "new-failure")
        .map(|test| test["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        new,
        [
            "smb2.delete-on-close-perms.CREATE_IF Existing",
            "smb2.delete-on-close-perms.OVERWRITE_IF Existing",
            "smb2.ioctl-on-stream"
        ]
    );
}

#[test]
fn new_failures_beyond_the_exit_code_range_are_still_red() {
    for n in [1, 255, 256, 257, 512] {
        let names: Vec<String> = (0..n).map(|index| format!("new.t{index}")).collect();
        let tests: Vec<(&str, &str)> =
            names.iter().map(|name| (name.as_str(), "failure")).collect();
        let ran = check(&log(&tests), &[]);
        assert_eq!(ran.code, 1, "{n} new failures");
        assert!(ran.stdout.starts_with(&format!("failed: {n} new failure")), "{}", ran.stdout);
    }
}

#[test]
fn the_counts_add_up() {
    let (_, report) = json(
        &log(&[
            ("smb2.dir.a", "failure"),
            ("smb2.dir.b", "success"),
            ("smb2.rename.simple", "success"),
            ("smb2.new", "error"),
            ("smb2.skipped", "skip"),
            ("smb2.expected", "xfail"),
            ("smb2.unexpected", "uxsuccess"),
        ]),
        &[],
    );
    let counts = report["counts"].as_object().unwrap();
    let sum: u64 = counts
        .iter()
        .filter(|(name, _)| *name != "tests" && *name != "missing")
        .map(|(_, n)| n.as_u64().unwrap())
        .sum();
    assert_eq!(counts["tests"], sum);
    assert_eq!(counts["known_failures"], 2, "one of the row, one of the runner's own");
    assert_eq!(counts["new_failures"], 2, "the runner counts an unexpected pass as failing");
    assert_eq!(counts["newly_passing"], 1, "passes under a mixed wildcard are no news");
    assert_eq!(report["results"]["xfailed"], 1);
    assert_eq!(report["results"]["xpassed"], 1);
}

#[test]
fn row_counts_its_tests_by_outcome() {
    let (_, report) = json(
        &log(&[("smb2.dir.a", "failure"), ("smb2.dir.b", "success"), ("smb2.dir.c", "skip")]),
        &[],
    );
    let row = &report["rows"][0];
    assert_eq!(row["pattern"], "smb2.dir.*");
    assert_eq!(row["status"], "mixed");
    assert_eq!(
        (&row["failed"], &row["passed"], &row["skipped"]),
        (&1.into(), &1.into(), &1.into())
    );
    let narrowed = serde_json::json!(["smb2.dir.a", "smb2.dir.c"]);
    assert_eq!(row["narrowed"], narrowed, "a skipped test keeps a row");
    assert_eq!(report["rows"][1]["status"], "unmatched");
    assert_eq!(report["rows"][1]["line"], 4);
}

#[test]
fn missing_document_error_names_its_path_and_the_option() {
    let mut program = Knownfail::new();
    program.file("results.txt", log(&[("a", "success")]));
    let ran = program.run(&["check", "results.txt", "-k", "docs/KNOWN.md"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("docs/KNOWN.md: there is no such file"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--known-failures FILE"), "{}", ran.stderr);
}

#[test]
fn pattern_without_a_match_is_an_error() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", DOCUMENT).file("out/results.txt", log(&[("a", "success")]));
    for pattern in ["nowhere/**/*.txt", "out/*.xml", "result.txt", "out-{variant}/*.txt"] {
        let ran = program.run(&["check", pattern]);
        assert_eq!(ran.code, 2, "{pattern}");
        assert!(ran.stderr.contains(&format!("no file matches `{pattern}`")), "{}", ran.stderr);
    }
    // One of two patterns that matches nothing is an error as well.
    let ran = program.run(&["check", "out/*.txt", "more/*.txt"]);
    assert_eq!(ran.code, 2);
    assert_eq!(program.run(&["check"]).code, 2, "no results at all");
    assert_eq!(program.run(&["check", "out"]).code, 2, "a directory");
}

#[test]
fn unknown_format_is_reported_and_other_files_are_judged() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", DOCUMENT).file("good.txt", log(&[("a", "success")]));
    program.file("notes.txt", "nothing of ours\n").file("empty.txt", "");
    let ran = program.run(&["check", "*.txt", "--output", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, &report["conclusion"]), (2, &Value::from("inconclusive")));
    assert_eq!(report["counts"]["passed"], 1);
    let message_for = |file: &str| {
        let problems = report["problems"].as_array().unwrap();
        let problem = problems.iter().find(|problem| problem["file"] == file).unwrap();
        problem["message"].as_str().unwrap().to_owned()
    };
    let count = Format::all().filter(|format| format.is_detected()).count();
    let expected = format!(
        "not a known format: `knownfail formats` lists the {count} that were tried; \
         docs/own-runner.md shows what a runner of your own can print"
    );
    assert_eq!(message_for("notes.txt"), expected);
    assert_eq!(message_for("empty.txt"), "the file is empty");
    let text = program.run(&["check", "*.txt"]).stdout;
    assert!(text.contains("  `empty.txt`: the file is empty\n"), "{text}");
}

#[test]
fn invalid_fail_on_lists_the_valid_values() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", DOCUMENT).file("good.txt", log(&[("a", "success")]));
    for (list, what) in [("", "it names nothing"), ("new", "`new` is not something to fail on")] {
        let ran = program.run(&["check", "good.txt", "--fail-on", list]);
        assert_eq!(ran.code, 2);
        let valid_values = "; there are the reasons new-failures, missing, hidden-regressions, newly-passing, unmatched, \
            differently, flaky, growth, incomplete, document, and the sets regression, strict, \
            strict-all, nothing\n";
        assert!(ran.stderr.contains(&format!("{what}{valid_values}")), "{}", ran.stderr);
    }
}

#[test]
fn unexplained_runner_exit_code_is_incomplete() {
    let green = log(&[("smb2.rename.simple", "failure"), ("smb2.dir.a", "failure")]);
    let quiet = log(&[("smb2.ok", "success")]);
    for (results, code, exit) in [
        (&green, "0", 0),
        (&green, "1", 0),
        (&green, "124", 2),
        (&green, "137", 2),
        (&green, "139", 2),
        (&quiet, "0", 0),
        (&quiet, "1", 2),
        (&quiet, "-9", 2),
    ] {
        let ran = check(results, &["--test-exit-code", code]);
        assert_eq!(ran.code, exit, "exit code {code}: {}", ran.stdout);
    }
}

#[test]
fn row_is_removed_when_earlier_runs_agree() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", DOCUMENT);
    for (report, word) in [("good", "success"), ("fine", "success"), ("bad", "failure")] {
        let results = log(&[("smb2.rename.simple", word), ("smb2.dir.a", "failure")]);
        program.file("results.txt", results);
        let ran = program.run(&["check", "results.txt", "--json", &format!("{report}.json")]);
        assert_eq!(ran.code, 0);
    }
    program
        .file("results.txt", log(&[("smb2.rename.simple", "success"), ("smb2.dir.a", "failure")]));
    let check = |more: &[&str]| {
        let ran = program.run(&[&["check", "results.txt", "--patch", "o.patch"], more].concat());
        let patch = std::fs::read_to_string(program.path("o.patch")).unwrap_or_default();
        (ran, patch.contains("-| smb2.rename.simple |"))
    };
    let (ran, is_removed) = check(&["--evidence", "good.json", "--evidence", "fine.json"]);
    assert!(is_removed && ran.stdout.contains("passed in 3 of 3 runs"), "{}", ran.stdout);
    let (ran, is_removed) = check(&["--evidence", "*.json"]);
    assert!(!is_removed && ran.stdout.contains("failed in 1 of 4 runs"), "{}", ran.stdout);
    let (_, is_removed) = check(&["--evidence", "*.json", "--runs", "3"]);
    assert!(is_removed);
    // A row that is not proposed for removal makes no pull request red.
    let strict = |evidence: &str| check(&["--evidence", evidence, "--fail-on", "newly-passing"]).0;
    assert_eq!((strict("good.json").code, strict("*.json").code), (1, 0));
    let (ran, _) = check(&["--evidence", "results.txt"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("results.txt is not a report"), "{}", ran.stderr);
}

#[test]
fn exit_code_table_applies_to_each_suite() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", DOCUMENT);
    program.file("smb2.a.txt", log(&[("smb2.a.x", "success")]));
    program.file("smb2.b.txt", log(&[("smb2.b.x", "success")]));
    let mut exit = |codes: &str| {
        program.file("codes.tsv", codes);
        program.run(&["check", "smb2.*.txt", "--exit-codes", "codes.tsv"])
    };
    assert_eq!(exit("smb2.a 0\nsmb2.b 0\ndone\n").code, 0);
    let ran = exit("smb2.a 0\nsmb2.b 124\n");
    assert_eq!(ran.code, 2);
    assert!(ran.stdout.contains("smb2.b.txt"), "{}", ran.stdout);
    assert!(ran.stdout.contains("ended by its time limit (exit code 124)"), "{}", ran.stdout);
    let ran = exit("smb2.a\tone\n");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("codes.tsv:1: "), "{}", ran.stderr);
}

#[test]
fn fewer_tests_than_min_tests_is_incomplete() {
    let results = log(&[("smb2.ok", "success"), ("smb2.fine", "success")]);
    assert_eq!(check(&results, &["--min-tests", "2"]).code, 0);
    let ran = check(&results, &["--min-tests", "3"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stdout.contains("2 tests ran, --min-tests requires 3"), "{}", ran.stdout);
}

#[test]
fn fail_on_takes_a_list_of_reasons() {
    let stale = log(&[("smb2.rename.simple", "success"), ("smb2.dir.a", "failure")]);
    for (fail_on, exit) in [
        ("regression", 0),
        ("strict", 1),
        ("nothing", 0),
        ("new-failures,newly-passing", 1),
        ("new-failures incomplete", 0),
    ] {
        assert_eq!(check(&stale, &["--fail-on", fail_on]).code, exit, "{fail_on}");
    }
    let unmatched = log(&[("smb2.dir.a", "failure")]);
    assert_eq!(check(&unmatched, &["--fail-on", "unmatched"]).code, 1);
    for wrong in ["new-failure", "", "strict,everything"] {
        let ran = check(&stale, &["--fail-on", wrong]);
        assert_eq!(ran.code, 2, "{wrong}");
    }
    let bad = log(&[("smb2.new", "failure")]);
    assert_eq!(check(&bad, &["--fail-on", "nothing"]).code, 0, "told, and not red");
}

#[test]
fn a_new_failure_in_an_incomplete_run_is_a_failure() {
    let results = "progress: 5\ntest: a\nfailure: a\ntest: b\n";
    let (code, report) = json(results, &[]);
    assert_eq!(code, 1);
    assert_eq!(report["reasons"], serde_json::json!(["new-failures", "incomplete"]));
    assert_eq!(report["variants"][0]["complete"], false);
}

#[test]
fn truncated_file_is_never_green() {
    let whole = "\
<?xml version=\"1.0\"?>
<testsuites>
  <testsuite name=\"s\" tests=\"3\" failures=\"1\">
    <testcase classname=\"smb2.dir\" name=\"a\"><failure message=\"known\">known</failure></testcase>
    <testcase classname=\"smb2\" name=\"b\"/>
    <testcase classname=\"smb2\" name=\"c\" time=\"0.1\"><skipped/></testcase>
  </testsuite>
</testsuites>
";
    assert_eq!(check(whole, &[]).code, 0);
    for at in 0..whole.trim_end().len() {
        let ran = check(&whole[..at], &[]);
        assert_ne!(ran.code, 0, "cut at {at}: {}", &whole[..at]);
    }
}

#[test]
fn output_files_are_written_to_the_given_paths() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", DOCUMENT);
    program.file("results.txt", log(&[("smb2.rename.simple", "success"), ("smb2.new", "failure")]));
    let ran = program.run(&[
        "check",
        "results.txt",
        "--json",
        "o.json",
        "--patch",
        "o.patch",
        "--markdown",
        "o.md",
        "--junit",
        "o.xml",
    ]);
    assert_eq!(ran.code, 1);
    let report: Value = serde_json::from_str(&program.read("o.json")).unwrap();
    assert_eq!(report["schema"], 1);
    assert!(program.read("o.patch").contains("-| smb2.rename.simple |"));
    assert!(program.read("o.md").contains("`smb2.new`"));
    let junit = program.read("o.xml");
    assert!(
        junit.contains("<testcase name=\"smb2.new\"><failure")
            || junit.contains("smb2.new\">\n      <failure"),
        "{junit}"
    );
    // Our own output can be read.
    let ran = program.run(&["check", "o.xml"]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    let ran = program.run(&["check", "results.txt", "--json", "no/such/directory/o.json"]);
    // A red run stays red; `interrupted` tests that a green run with such a file is not green.
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("cannot write no/such/directory/o.json"), "{}", ran.stderr);
}

#[test]
fn patch_applies_with_git_and_changes_nothing_else() {
    for (ending, last) in [("\n", "\n"), ("\r\n", "\r\n"), ("\n", "")] {
        let lines: Vec<&str> = DOCUMENT.lines().collect();
        let document = lines.join(ending) + last;
        let mut program = Knownfail::new();
        program.file("KNOWN_FAILURES.md", &document);
        program.file(
            "results.txt",
            log(&[("smb2.rename.simple", "success"), ("smb2.dir.a", "failure")]),
        );
        program.run(&["check", "results.txt", "--patch", "o.patch"]);
        let git = |arguments: &[&str]| {
            let git = std::process::Command::new("git")
                .args(arguments)
                .current_dir(program.path(""))
                .output()
                .unwrap();
            assert!(git.status.success(), "{}", String::from_utf8_lossy(&git.stderr));
        };
        git(&["init", "-q", "."]);
        git(&["apply", "o.patch"]);
        let remaining: Vec<&str> = lines[..3].to_vec();
        let patched = program.read("KNOWN_FAILURES.md");
        assert_eq!(patched, remaining.join(ending) + ending, "{}", program.read("o.patch"));
    }
}

#[test]
fn why_names_the_row_the_results_and_the_nearest_row() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", DOCUMENT);
    program.file("results.txt", "progress: 1\ntest: smb2.dir.a\nfailure: smb2.dir.a [\nwrong\n]\n");
    let ran = program.run(&["why", "smb2.dir.a", "results.txt"]);
    assert_eq!(ran.code, 0);
    for expected in ["claimed by KNOWN_FAILURES.md:3  smb2.dir.*", "failed  results.txt:3", "wrong"]
    {
        assert!(ran.stdout.contains(expected), "{expected}: {}", ran.stdout);
    }
    let ran = program.run(&["why", "smb2.dirlease.a"]);
    assert!(ran.stdout.contains("no row claims it"), "{}", ran.stdout);
    assert!(ran.stdout.contains("| smb2.dirlease.a |"), "{}", ran.stdout);
    let ran = program.run(&["why", "a|b*"]);
    assert!(ran.stdout.contains("\n| `a\\|b\\*` |"), "a row to paste: {}", ran.stdout);
}

#[test]
fn why_prints_the_row_that_update_would_add() {
    let mut program = Knownfail::new();
    let text =
        "| Test | Category | Reason |\n|---|---|---|\n| s.a | Locks | x |\n| t.* | Rest | y |\n";
    let results =
        "progress: 2\ntest: s.b\nfailure: s.b [\nwrong | lock\n]\ntest: t.a\nsuccess: t.a\n";
    program.file("KNOWN_FAILURES.md", text).file("m.txt", results).file("n.txt", results);
    let ran = program.run(&["why", "s.b", "{variant}.txt"]);
    let row = "  nearest    KNOWN_FAILURES.md:3  s.a\n      category  Locks\n      reason    x\n  \
               a row for it, below KNOWN_FAILURES.md:3:\n| s.b | Locks | `wrong \\| lock` |\n  \
               failed in m, claimed by no row  m.txt:3\n";
    assert!(ran.stdout.contains(row), "{}", ran.stdout);
    program.run(&["update", "{variant}.txt", "--add"]);
    assert!(
        program.read("KNOWN_FAILURES.md").contains("| s.a | Locks | x |\n| s.b | Locks | `wrong")
    );
    let ran = program.run(&["why", "t.a", "{variant}.txt"]);
    assert!(
        ran.stdout.contains("passed in n, claimed by KNOWN_FAILURES.md:5  n.txt:7"),
        "{}",
        ran.stdout
    );
}

#[test]
fn rows_count_tests_by_variant_and_list_loose_matches() {
    let mut program = Knownfail::new();
    let text = "<!-- knownfail: compat = loose -->\n\n| Test | Variants |\n|---|---|\n| s.dir.* | m, n |\n| gone | m, p |\n| t.* | m, p |\n";
    let log = |word: &str| {
        let tests = ["s.dir.a", "s.dirlease.b", "gone"].map(|name| format!("test: {name}\n"));
        format!(
            "progress: 5\n{}{word}: s.dir.a\n{}success: s.dirlease.b\n{}success: gone\n\
             test: t.a\nfailure: t.a\ntest: t.b\nsuccess: t.b\n",
            tests[0], tests[1], tests[2]
        )
    };
    program
        .file("KNOWN_FAILURES.md", text)
        .file("m.txt", log("failure"))
        .file("n.txt", log("success"));
    let ran = program.run(&["check", "{variant}.txt", "--json", "report.json"]);
    let report: Value = serde_json::from_str(&program.read("report.json")).unwrap();
    let row = &report["rows"][0];
    let (m, n) = (&row["by_variant"][0], &row["by_variant"][1]);
    assert_eq!((&m["name"], &m["failed"], &m["passed"]), (&"m".into(), &1.into(), &1.into()));
    assert_eq!((&n["name"], &n["failed"], &n["passed"]), (&"n".into(), &0.into(), &2.into()));
    assert_eq!(row["loosely"], serde_json::json!(["s.dirlease.b"]));
    assert_eq!((&row["scope"], &row["unfinished"]), (&"m, n".into(), &0.into()));
    for expected in
        ["m: 1 failed, 1 passed; n: 2 passed", "reads wildcards loosely", "s.dirlease.b"]
    {
        assert!(ran.stdout.contains(expected), "{expected}: {}", ran.stdout);
    }
    // `p` was not measured.
    assert!(ran.stdout.contains("gone  1 passed; not measured in p"), "{}", ran.stdout);
    let ran = program.run(&["update", "{variant}.txt"]);
    assert_eq!(program.read("KNOWN_FAILURES.md"), text.replace("s.dir.*", "s.dir.a"));
    assert!(
        ran.stdout.contains("t.*  1 failed, 1 passed; it was not measured in `p`"),
        "{}",
        ran.stdout
    );
}

#[test]
fn flaky_row_shows_its_failure_rate() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", "| Test | Status |\n|---|---|\n| a | flaky |\n");
    for (at, word) in ["success", "failure", "success", "success"].into_iter().enumerate() {
        program.file("r.txt", format!("progress: 1\ntest: a\n{word}: a\n"));
        let report = format!("{at}.json");
        assert_eq!(program.run(&["check", "r.txt", "--json", &report]).code, 0);
    }
    let ran = program.run(&["check", "r.txt", "--evidence", "[0-2].json"]);
    assert!(ran.stdout.contains("a  1 passed; failed in 1 of 4 runs (25 %)"), "{}", ran.stdout);
    program.file("KNOWN_FAILURES.md", "| Test | Status |\n|---|---|\n| b | flaky |\n");
    let ran = program.run(&["check", "r.txt", "--evidence", "[0-2].json"]);
    assert!(ran.stdout.contains("b  no tests; no complete run measured it"), "{}", ran.stdout);
}

#[test]
fn misspelled_row_gets_a_suggestion() {
    let results = log(&[("smb2.rename.simpel", "failure"), ("smb2.dir.a", "failure")]);
    let (_, report) = json(&results, &[]);
    assert_eq!(report["rows"][1]["near"], "smb2.rename.simpel");
    assert_eq!(report["rows"][0]["near"], Value::Null);
    let expected =
        "  KNOWN_FAILURES.md:4  smb2.rename.simple\n      did you mean smb2.rename.simpel?\n";
    let ran = check(&results, &[]);
    assert!(ran.stdout.contains(&format!("Rows that match no test\n{expected}")), "{}", ran.stdout);
    let (_, report) = json(&log(&[("smb2.rename.simpel", "success")]), &[]);
    assert_eq!(report["rows"][1]["near"], Value::Null, "passing tests are not kept");
}

#[test]
fn lint_names_file_line_column_and_code() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", DOCUMENT);
    assert_eq!(program.run(&["lint"]).code, 0);
    program
        .file("bad.md", format!("{DOCUMENT}| smb2.dir.* | | again | |\n\n| smb2.lost | | | |\n"));
    let ran = program.run(&["lint", "bad.md"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stdout.contains("bad.md:5:3: warning: `smb2.dir.*` is listed twice"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("bad.md:7"), "{}", ran.stdout);
    assert!(ran.stdout.contains("[dropped-row]"), "{}", ran.stdout);
}

#[test]
#[cfg(unix)]
fn link_out_of_the_directory_is_refused() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", DOCUMENT).file("out/good.txt", log(&[("a", "success")]));
    std::os::unix::fs::symlink("/proc/self/environ", program.path("out/evil.txt")).unwrap();
    let ran = program.run(&["check", "out/*.txt"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("out/evil.txt"), "{}", ran.stderr);
}

#[test]
fn hostile_name_is_unchanged_in_json() {
    let name = r"a|b`c @team #1 <img src=x> ]]> ::error:: \ --> ##[error]x";
    let (code, report) = json(&log(&[(name, "failure")]), &[]);
    assert_eq!(code, 1);
    assert_eq!(report["tests"][0]["name"], name);
}

#[test]
fn compressed_file_is_read_and_a_truncated_one_is_never_green() {
    let results = log(&[("a.one", "success"), ("a.two", "success")]);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(results.as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    for cut in [packed.len(), packed.len() - 1, packed.len() - 9, packed.len() / 2, 12] {
        let mut program = Knownfail::new();
        program.file("KNOWN_FAILURES.md", DOCUMENT).file("results.log", &packed[..cut]);
        let ran = program.run(&["check", "results.log"]);
        assert_eq!(ran.code, if cut == packed.len() { 0 } else { 2 }, "{}", ran.stdout);
    }
}
