//! Lists that are no Markdown documents: each kind is read directly, with its own file and lines.

use crate::diffs::{APPLY, apply};
use crate::harness::Knownfail;
use proptest::prelude::*;
use std::path::Path;

/// Names of tests and what they did, as deqp-runner writes them.
const RESULTS: &str = "\
collator/accent-equals,Fail
distance/basic,Fail
tests/test_a.py::TestX::test_y[param-1],Pass
suite.Fixture.a,Fail
suite.Fixture.b,Pass
new,Fail
";

const PLAIN: &str = "\
# Failures of the suite, by area.

# Operators that are not implemented
collator/accent-equals
distance/basic  # precision, https://example.com/issues/7

tests/test_a.py::TestX::test_y[param-1]  # flaky host
suite.Fixture.*
";

fn program(files: &[(&str, &str)]) -> Knownfail {
    let mut program = Knownfail::new();
    program.file("r.csv", RESULTS);
    for (path, text) in files {
        program.file(path, text);
    }
    program
}

/// The verdicts of the tests that failed or that a row claims: name, verdict, `file:line` of the row, its reason.
fn verdicts(program: &Knownfail, arguments: &[&str]) -> (i32, Vec<String>) {
    let fixed = ["check", "r.csv", "--all-tests", "--json", "out.json"];
    let ran = program.run(&[&fixed, arguments].concat());
    if !program.exists("out.json") {
        return (ran.code, vec![ran.stderr]);
    }
    let report: serde_json::Value = serde_json::from_str(&program.read("out.json")).unwrap();
    let rows = report["rows"].as_array().unwrap();
    let line = |test: &serde_json::Value| {
        let row = test["row"].as_object().and_then(|at| {
            rows.iter().find(|row| row["file"] == at["file"] && row["line"] == at["line"])
        });
        let row = row.map_or("-".to_owned(), |row| {
            let text = |key: &str| row[key].as_str().unwrap_or_default();
            format!("{}:{} {}", text("file"), row["line"], text("reason"))
        });
        let text = |key: &str| test[key].as_str().unwrap_or_default();
        format!("{} {} {row}", text("name"), text("verdict")).trim_end().to_owned()
    };
    (ran.code, report["tests"].as_array().unwrap().iter().map(line).collect())
}

#[test]
fn lists_of_names_are_read_as_they_are() {
    let json = "{\"collator/accent-equals\": \"Operators\",\n \"distance/basic\": \"precision\"}";
    let yaml =
        "server:\n  - collator/accent-equals   # Operators\n  - distance/basic\nclient: []\n";
    let array = "[\"collator/accent-equals\",\n\"distance/basic\"]";
    for (path, text, lines) in [
        ("known.txt", "collator/accent-equals # Operators\r\ndistance/basic", [1, 2]),
        ("KNOWN", "// Operators\ncollator/accent-equals\ndistance/basic\n", [2, 3]),
        ("known-failures.json", json, [1, 2]),
        ("list.json", array, [1, 2]),
        ("conformance-baseline.yml", yaml, [2, 3]),
        ("list", "- collator/accent-equals\n- distance/basic\n", [1, 2]),
    ] {
        let (code, tests) = verdicts(&program(&[(path, text)]), &["-k", path]);
        assert_eq!(code, 1, "{path}: {tests:#?}");
        let claimed = [("collator/accent-equals", lines[0]), ("distance/basic", lines[1])];
        for (name, line) in claimed {
            let start = format!("{name} known-failure {path}:{line}");
            assert!(tests.iter().any(|test| test.starts_with(&start)), "{start}: {tests:#?}");
        }
        let new: Vec<_> = tests.iter().filter(|test| test.contains("new-failure")).collect();
        assert_eq!(new, ["new new-failure -", "suite.Fixture.a new-failure -"], "{path}");
    }
}

#[test]
fn the_kind_is_reported_once() {
    let program = program(&[("known.txt", PLAIN)]);
    let ran = program.run(&["check", "r.csv", "-k", "known.txt"]);
    assert_eq!(ran.stderr, "knownfail: known.txt: a list of the kind `plain`, 4 rows\n");
    assert!(ran.stdout.contains("known.txt:7"), "{}", ran.stdout);
    let ran = program.run(&["why", "suite.Fixture.z", "-k", "known.txt"]);
    assert!(ran.stdout.contains("claimed by known.txt:8  suite.Fixture.*"), "{}", ran.stdout);
    let ran = program.run(&["lint", "known.txt"]);
    assert_eq!((ran.code, &*ran.stdout), (0, "4 rows: 0 errors, 0 warnings\n"));
}

#[test]
fn a_file_that_is_no_list_is_an_error() {
    let xml = "<testsuite name=\"s\"><testcase name=\"a\"/></testsuite>";
    for (path, text, arguments, message) in [
        ("k.xml", xml, &[][..], "no known kind of list: k.xml"),
        ("k.json", "{\"tests\": [{\"name\": \"a\"}]}", &[], "no known kind of list: k.json"),
        ("k.yml", "on: push\njobs: {a: {steps: []}}", &[], "no known kind of list: k.yml"),
        ("k.txt", "a\u{0}b", &[], "no known kind of list: k.txt"),
        ("k.txt", "test: a\nsuccess: a\n", &[], "k.txt looks like results (subunit)"),
        ("k.txt", "a b c\n", &["--list-format", "deqp-fails"], "k.txt:1: nothing in this file is"),
        ("k.yml", "- {a: b}", &["--list-format", "yaml"], "k.yml:1: nothing in this file is"),
        ("k.txt", "a", &["--list-format", "text"], "invalid value 'text'"),
    ] {
        let program = program(&[(path, text)]);
        let ran = program.run(&[&["check", "r.csv", "-k", path], arguments].concat());
        assert_eq!(ran.code, 2, "{path}: {}", ran.stdout);
        assert!(ran.stderr.contains(message), "{path}: {}", ran.stderr);
    }
}

#[test]
fn results_are_not_their_own_list() {
    let ran = program(&[]).run(&["check", "r.csv", "-k", "./r.csv"]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stderr.contains("r.csv is given as a list and as results"), "{}", ran.stderr);
}

#[test]
fn an_empty_list_is_an_empty_list() {
    for (path, text) in
        [("k.txt", ""), ("k.txt", "# none yet\n"), ("k.json", "[]"), ("k.yml", "a: []\n")]
    {
        let program = program(&[(path, text)]);
        let ran = program.run(&["lint", path]);
        assert_eq!(
            (ran.code, &*ran.stdout),
            (0, "0 rows: 0 errors, 0 warnings\n"),
            "{path} {text}"
        );
    }
}

#[test]
fn a_forced_kind_is_not_detected() {
    let program = program(&[("k.md", "distance/basic\n")]);
    let (code, tests) = verdicts(&program, &["-k", "k.md", "--list-format", "plain"]);
    assert_eq!(code, 1);
    assert!(tests.contains(&"distance/basic known-failure k.md:1".to_owned()), "{tests:#?}");
}

#[test]
fn a_directory_is_its_lists() {
    let files = [
        ("known.d/a.txt", "collator/accent-equals\n"),
        ("known.d/b.md", "| Test | Reason |\n|---|---|\n| distance/basic | slow |\n"),
        ("known.d/README", "What these files are.\n"),
        ("known.d/.hidden", "suite.*\n"),
        ("empty.d/README.md", "| Test |\n|---|\n| suite.* |\n"),
    ];
    let program = program(&files);
    let (_, tests) = verdicts(&program, &["-k", "known.d"]);
    assert_eq!(
        tests[..2],
        [
            "collator/accent-equals known-failure known.d/a.txt:1",
            "distance/basic known-failure known.d/b.md:3 slow"
        ]
    );
    assert!(tests.iter().any(|test| test == "suite.Fixture.a new-failure -"), "{tests:#?}");
    let ran = program.run(&["check", "r.csv", "-k", "empty.d"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("it is a directory without a list"), "{}", ran.stderr);
    let ran = program.run(&["check", "r.csv", "-k", "known.d", "-k", "known.d/a.txt"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}

#[test]
fn update_edits_plain_lists_line_by_line() {
    let crlf = PLAIN.replace('\n', "\r\n");
    let cut = PLAIN.trim_end();
    for (text, end) in [(PLAIN, "\n"), (&crlf, "\r\n"), (cut, "\n")] {
        let program = program(&[("known.txt", text)]);
        let expected = text
            .replace(&format!("tests/test_a.py::TestX::test_y[param-1]  # flaky host{end}"), "")
            .replace("suite.Fixture.*", &format!("suite.Fixture.a{end}new  # failed"));
        let dry = program.run(&[
            "update",
            "r.csv",
            "-k",
            "known.txt",
            "--remove",
            "--narrow",
            "--add",
            "--dry-run",
        ]);
        assert_eq!(program.read("known.txt"), text);
        for tool in APPLY {
            let copy = self::program(&[("known.txt", text), ("d.diff", &dry.stdout)]);
            apply(tool, Path::new(&copy.path("")), Path::new(&copy.path("d.diff")));
            assert_eq!(copy.read("known.txt"), expected, "{tool:?}");
        }
        let ran =
            program.run(&["update", "r.csv", "-k", "known.txt", "--remove", "--narrow", "--add"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(program.read("known.txt"), expected);
        assert_eq!(verdicts(&program, &["-k", "known.txt", "--fail-on", "strict"]).0, 0);
    }
}

#[test]
fn other_kinds_are_not_edited() {
    let list = "suite.Fixture.b,Fail\ncollator/accent-equals,Fail\ndistance/basic,Fail\nsuite.Fixture.a,Fail\n";
    let program = program(&[("x-fails.txt", list)]);
    let ran = program.run(&["update", "r.csv", "-k", "x-fails.txt", "--remove", "--add"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(program.read("x-fails.txt"), list);
    assert_eq!(ran.stdout.matches("knownfail import").count(), 2, "{}", ran.stdout);
    let ran = program.run(&["check", "r.csv", "-k", "x-fails.txt", "--fail-on", "newly-passing"]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(ran.stdout.contains("x-fails.txt:1"), "{}", ran.stdout);
}

#[test]
fn versions_of_plain_lists_are_compared() {
    let program =
        program(&[("old.txt", PLAIN), ("new.txt", &PLAIN.replace("distance/basic", "distance/*"))]);
    let ran = program.run(&["diff", "old.txt", "new.txt", "r.csv"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("distance/*"), "{}", ran.stdout);
}

#[test]
fn characters_that_nobody_sees_are_part_of_the_name() {
    let list = "new\u{200b}\nsuite\u{202e}.*\ndistance/basic\t# tab\n";
    let program = program(&[("k.txt", list)]);
    let (_, tests) = verdicts(&program, &["-k", "k.txt"]);
    assert!(tests.contains(&"new new-failure -".to_owned()), "{tests:#?}");
    assert!(tests.contains(&"distance/basic known-failure k.txt:3 tab".to_owned()), "{tests:#?}");
    let ran = program.run(&["check", "r.csv", "-k", "k.txt"]);
    assert!(ran.stdout.contains(r"k.txt:1  new\u{200b}"), "{}", ran.stdout);
}

#[test]
fn prose_is_no_list_unless_it_is_called_one() {
    let program = program(&[("k", "How these lists are made\nand why.\n")]);
    let ran = program.run(&["lint", "k"]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stderr.contains("no known kind of list: k"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--list-format"), "{}", ran.stderr);
    assert_eq!(program.run(&["lint", "k", "--list-format", "plain"]).code, 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_update_writes_is_read_back(
        names in prop::collection::btree_set(r"[a-c #/*?\\:.|\[\]-]{1,8}", 1..6),
        listed in prop::collection::vec(any::<bool>(), 6),
        end in prop::sample::select(vec!["\n", "\r\n"]),
    ) {
        let names: Vec<&str> = names.iter().map(|name| name.trim()).filter(|name| !name.is_empty()).collect();
        let mut program = Knownfail::new();
        let failed = |name: &&str| serde_json::json!({"name": name, "status": "failed", "duration": 1});
        let tests: Vec<_> = names.iter().map(failed).collect();
        let report = serde_json::json!({"results": {"tool": {"name": "x"}, "summary": {
            "tests": names.len(), "passed": 0, "failed": names.len(), "skipped": 0, "pending": 0, "other": 0},
            "tests": tests}});
        program.file("r.json", report.to_string());
        let first = format!("# list{end}zzz{end}{}", if listed[0] { end } else { "" });
        program.file("k.txt", &first);
        let ran = program.run(&["update", "r.json", "-k", "k.txt", "--add"]);
        prop_assert_eq!(ran.code, 0, "{}", ran.stderr);
        let ran = program.run(&["check", "r.json", "-k", "k.txt"]);
        prop_assert_eq!(ran.code, 0, "{}\n{}", program.read("k.txt"), ran.stdout);
        let again = program.read("k.txt");
        program.run(&["update", "r.json", "-k", "k.txt", "--add"]);
        prop_assert_eq!(program.read("k.txt"), again);
    }
}

#[test]
fn a_group_without_a_comment_ends_the_one_before_it() {
    let flaky = "# Flaky ones\n# knownfail: status = flaky\nnew\n\ndistance/basic\n";
    let program = program(&[("k.txt", flaky)]);
    let why = |name: &str| program.run(&["why", name, "-k", "k.txt"]).stdout;
    assert!(why("new").contains("excuses   flaky"), "{}", why("new"));
    assert!(!why("distance/basic").contains("flaky"), "{}", why("distance/basic"));
    let ran = program.run(&["import", "k.txt", "--output", "k.md"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let plain = verdicts(&program, &["-k", "k.txt"]).1;
    let imported = verdicts(&program, &["-k", "k.md"]).1;
    let known = |tests: &[String]| tests.iter().filter(|test| test.contains("known-")).count();
    assert_eq!((known(&plain), known(&imported)), (2, 2), "{}", program.read("k.md"));
}

#[test]
fn directives_go_with_the_last_row_of_their_group() {
    for list in [
        "# Loose\n# knownfail: compat = loose\nsuite.Fixture.b\n# Others\nsuite.*\n",
        "# All\n\n# Loose\n# knownfail: compat = loose\nsuite.Fixture.b\n\n# Others\nsuite.*\n",
    ] {
        let program = program(&[("k.txt", list), ("k2.txt", list)]);
        let ran = program.run(&["update", "r.csv", "-k", "k.txt", "--remove"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let expected = list.replace("# knownfail: compat = loose\nsuite.Fixture.b\n", "");
        assert_eq!(program.read("k.txt"), expected);
        let ran = program.run(&["check", "r.csv", "-k", "k2.txt", "--patch", "p.diff"]);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        apply(APPLY[1], Path::new(&program.path("")), Path::new(&program.path("p.diff")));
        assert_eq!(program.read("k2.txt"), expected);
    }
}

#[test]
fn ends_of_names_are_not_narrowed_to_what_matches_as_much() {
    let list = "# knownfail: match = end\n\n*a\n";
    let mut program = program(&[("k.txt", list)]);
    program.file("r.csv", "name,outcome\na,failed\nx/a,passed\n");
    let ran = program.run(&["update", "r.csv", "-k", "k.txt"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(program.read("k.txt"), list);
}

#[test]
fn what_nobody_sees_excuses_nothing() {
    let hidden = "a\n# comment\r*\n";
    let program = program(&[
        ("cr.txt", hidden),
        ("zero.txt", "# knownfail\u{200b}: status = skip\n\nnew\n"),
        ("bom.txt", "\u{feff}suite.Fixture.b\nnew\n"),
    ]);
    let ran = program.run(&["check", "r.csv", "-k", "cr.txt"]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    let ran = program.run(&["lint", "zero.txt"]);
    assert!(ran.stdout.contains("[bad-directive]"), "{}", ran.stdout);
    program.run(&["update", "r.csv", "-k", "bom.txt"]);
    assert_eq!(program.read("bom.txt"), "\u{feff}new\n");
}

#[test]
fn a_new_row_is_not_flaky_by_its_section() {
    let list = "# Known\ndistance/basic\n\n# Flaky ones\n# knownfail: status = flaky\nnet/a\n";
    let mut program = program(&[("k.txt", list)]);
    program.file("r.csv", "name,outcome\nnet/b,failed\ndistance/basic,failed\nnet/a,failed\n");
    let ran = program.run(&["update", "r.csv", "-k", "k.txt", "--add"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let expected = list.replace("distance/basic\n", "distance/basic\nnet/b  # failed\n");
    assert_eq!(program.read("k.txt"), expected);
}
