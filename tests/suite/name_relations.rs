//! Why rows match no test: lists and results whose names differ in form, and those that are merely similar.

use crate::action::{Action, visible_body};
use crate::harness::Knownfail;
use serde_json::{Value, json};

/// A row, a failing test, how they are related, and the row that matches the test, or an option.
type Related = (&'static str, &'static str, &'static str, &'static str);

const RELATED: &[Related] = &[
    ("BVT_Resize", "Microsoft.X.Suite.BVT_Resize", "end-of-name", "*.BVT_Resize"),
    ("login › works", "chromium › login › works", "end-of-name", "* › login › works"),
    ("tests::works", "krate::tests::works", "end-of-name", "*::tests::works"),
    ("acls.*", "smb2.acls.CREATOR", "end-of-name", "*.acls.*"),
    ("`read\\*me`", "docs/read*me", "end-of-name", "*/read\\*me"),
    ("smb2.acls.CREATOR", "acls.CREATOR", "missing-prefix", "--prefix smb2."),
    ("smb2.acls.*", "acls.CREATOR", "missing-prefix", "--prefix smb2."),
    ("my suite/a.t", "a.t", "missing-prefix", "--prefix 'my suite/'"),
    ("SMB2.Lock.RW", "smb2.lock.rw", "case", "smb2.lock.rw"),
    ("Smb2.Lock.*", "smb2.lock.rw", "case", "smb2.lock.*"),
    ("pkg::mod::works", "pkg.mod.works", "separators", "pkg.mod.works"),
    ("dir/find-one", "dir.find_one", "separators", "dir.find_one"),
    (
        "tests/test_a.py::TestX::test_y",
        "tests.test_a.TestX.test_y",
        "separators",
        "tests.test_a.TestX.test_y",
    ),
    ("BVT_Resize", "a.bvt_resize", "case", "a.bvt_resize"),
    ("smb2.lock", "SMB2-LOCK", "separators", "SMB2-LOCK"),
    ("tests/a.py::test_y", "tests.a.test_y[p-1]", "separators", "tests.a.test_y[*"),
    ("pkg::mod::*", "pkg.mod.works", "separators", "pkg.mod.*"),
    ("/open/00", "open/00", "separators", "open/00"),
    ("open/03", "open/03.t", "extension", "open/03.t"),
    ("open/03.t", "tests/open/03", "extension", "tests/open/03"),
    ("open/03.t", "tests/open/03.t#5", "points-of-file", "tests/open/03.t#*"),
    ("open/03", "open/03.t#5", "points-of-file", "open/03.t#*"),
    ("tests/a.py::test_y", "tests/a.py::test_y[param-1]", "parameters", "tests/a.py::test_y[*"),
    ("Foo.bar", "Foo.bar(1, x)", "parameters", "Foo.bar(*"),
    ("login works", "login works [chromium]", "parameters", "login works [*"),
    ("Suite.Case", "Suite.Case/0", "parameters", "Suite.Case/*"),
    ("Suite.Case", "Suite.Case<int>", "parameters", "Suite.Case<*"),
    ("GetAll", "Ns.Cls.GetAll(1)", "parameters", "Ns.Cls.GetAll(*"),
    ("GetAll", "Ns.Cls.GetAll (Row 1)", "parameters", "Ns.Cls.GetAll (*"),
    ("GetAll", "Ns.Cls(1).GetAll(x)", "parameters", "Ns.Cls(1).GetAll(*"),
    ("works", "login › works [chromium]", "parameters", "login › works [*"),
    ("Case", "Suite.Case/0", "parameters", "Suite.Case/*"),
    ("bind1", "bind1 on two channels", "cut-at-blank", "bind1 *"),
    ("tests/a.py", "tests/a.py::test_x", "group", "tests/a.py::*"),
    ("a/b.py", "src/a/b.py::test_x", "group", "src/a/b.py::*"),
    ("tests/test_net.py", "tests.test_net.test_x", "group", "tests.test_net.*"),
    ("test_net.py", "test_net.TestX.test_y", "group", "test_net.*"),
    ("tests/test_net.py::TestX", "tests.test_net.TestX.test_y", "group", "tests.test_net.TestX.*"),
    ("com/example/FooTest.java", "com.example.FooTest.works", "group", "com.example.FooTest.*"),
    ("smb2.lease", "smb2.lease.upgrade", "group", "smb2.lease.*"),
    ("test_y[param-1]", "test_y", "shorter-name", "test_y"),
    ("tests/a.py::*", "tests/a.py", "shorter-name", "tests/a.py"),
    ("bind1 on two channels", "bind1", "shorter-name", "bind1"),
];

/// A row and a failing test that are not related.
const SIMILAR: &[(&str, &str)] = &[
    ("smb2.lock.range", "smb2.lock.async"),
    ("smb2.dir", "smb2.dirlease.rename"),
    ("smb2.lock.rw-shared1", "smb2.lock.rw-shared2"),
    ("BVT_Resize", "Suite.BVT_ResizeLarge"),
    ("Resize", "Suite.BVT_Resize"),
    ("smb2.c.open", "smb2.open"),
    ("lock", "smb2.lock.async"),
    ("src/a.js", "src/a.ts"),
    ("open/03.t", "open/13.t#5"),
    ("smb2.Lock", "lock.smb2"),
    ("test_y[param-1]", "test_y[param-2]"),
    ("smb2.rename.simple", "smb2.rename.simpel"),
    ("number", "Should be even number(i: 3)"),
    ("mode", "Suite.open(file.mode[3], x)"),
    ("tests/test_net.py", "tests.test_netmask.test_x"),
    ("tests/test_net.py", "tests.test_net_v6.test_x"),
];

fn list(rows: &[&str]) -> String {
    let rows: String = rows.iter().map(|row| format!("| {row} |\n")).collect();
    format!("| Test |\n|---|\n{rows}")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&apos;")
}

/// Results with these tests: each failed.
fn results(names: &[&str]) -> String {
    let case = |name: &&str| {
        format!("<testcase name='{}'><failure message='x'/></testcase>", escape(name))
    };
    format!("<testsuite>{}</testsuite>", names.iter().map(case).collect::<String>())
}

/// What a check reports.
fn check(program: &Knownfail, arguments: &[&str]) -> Value {
    let arguments = [&["check", "--output", "json"], arguments].concat();
    let ran = program.run(&arguments);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"))
}

#[test]
fn each_relation_has_a_hint_whose_remedy_makes_the_row_match() {
    for &(row, test, relation, remedy) in RELATED {
        let mut program = Knownfail::new();
        program.file("KNOWN_FAILURES.md", list(&[row])).file("r.xml", results(&[test]));
        let report = check(&program, &["r.xml"]);
        let hints = report["hints"].as_array().unwrap();
        let [hint] = &hints[..] else { panic!("{row} {test}: {hints:#?}") };
        assert_eq!(hint["relation"], relation, "{row} {test}: {hint}");
        assert_eq!((&hint["rows"], &hint["tests"]), (&json!(1), &json!(1)));
        let expected =
            json!({ "file": "KNOWN_FAILURES.md", "line": 3, "pattern": row.trim_matches('`') });
        assert_eq!(hint["row"], expected);
        assert_eq!(hint["test"], test);
        let text = hint["remedy"].as_str().unwrap();
        assert!(text.contains(&format!("`{remedy}`")), "{row} {test}: {text}");
        let printed = program.run(&["check", "r.xml"]).stdout;
        assert!(
            printed.contains(&format!("      in the results: {test}\n      {text}\n")),
            "{printed}"
        );
        let fixed = match remedy.strip_prefix("--prefix ") {
            Some(prefix) => check(&program, &["r.xml", "--prefix", prefix.trim_matches('\'')]),
            None => {
                program.file("KNOWN_FAILURES.md", list(&[&format!("`{remedy}`")]));
                check(&program, &["r.xml"])
            }
        };
        assert_eq!(fixed["conclusion"], "success", "{row} {test}: {}", fixed["problems"]);
        assert_eq!(fixed["hints"], json!([]));
    }
}

#[test]
fn names_that_are_merely_similar_have_no_hint() {
    for (row, test) in SIMILAR {
        let mut program = Knownfail::new();
        program.file("KNOWN_FAILURES.md", list(&[row])).file("r.xml", results(&[test]));
        let report = check(&program, &["r.xml"]);
        assert_eq!(report["hints"], json!([]), "{row} {test}");
        assert_eq!(report["counts"]["new_failures"], 1, "{row} {test}");
        let printed = program.run(&["check", "r.xml"]).stdout;
        assert!(!printed.contains("differ in form"), "{row} {test}: {printed}");
    }
}

#[test]
fn real_lists_and_results_have_the_hint() {
    for (list, results, relation, remedy) in [
        (
            "short-names.md",
            "short-names.trx",
            "end-of-name",
            "`*.BVT_Resize`; or put `<!-- knownfail: match = end -->`",
        ),
        (
            "no-prefix.md",
            "no-prefix.subunit",
            "missing-prefix",
            "`--prefix smb2.` (input `prefix`)",
        ),
        (
            "prove-v.md",
            "prove-v.log",
            "points-of-file",
            "`tests/open/03.t#*`; or, if these are results of prove, read them by file with `--format prove-files`",
        ),
    ] {
        let path = |name: &str| format!("{}/tests/names/{name}", env!("CARGO_MANIFEST_DIR"));
        let report = check(&Knownfail::new(), &[&path(results), "-k", &path(list)]);
        let hint = &report["hints"][0];
        assert_eq!(hint["relation"], relation, "{list}");
        assert!(hint["remedy"].as_str().unwrap().contains(remedy), "{list}: {hint}");
    }
}

#[test]
fn a_list_of_files_judges_the_files_of_prove() {
    let path = |name: &str| format!("{}/tests/names/{name}", env!("CARGO_MANIFEST_DIR"));
    let list = std::fs::read_to_string(path("prove-v.md")).unwrap();
    let mut program = Knownfail::new();
    program.file("K.md", format!("<!-- knownfail: match = end -->\n\n{list}"));
    let check_log =
        |program: &Knownfail| check(program, &["r.log", "-k", "K.md", "--format", "prove-files"]);
    let log = std::fs::read_to_string(path("prove-v.log")).unwrap();
    program.file("r.log", &log);
    let report = check_log(&program);
    assert_eq!(report["conclusion"], "success", "{report:#}");
    let counts = &report["counts"];
    assert_eq!((&counts["known_failures"], &counts["passed"]), (&json!(1), &json!(1)));
    assert_eq!(report["hints"], json!([]));
    // Another file that fails is new; one that prove did not end makes the run incomplete.
    let other =
        log.replacen("ok 2\nok        5 ms", "not ok 2\nFailed 1/2 subtests \nok        5 ms", 1);
    assert_ne!(other, log);
    program.file("r.log", other);
    assert_eq!(check_log(&program)["counts"]["new_failures"], 1);
    program.file("r.log", log.split("Failed 2/3").next().unwrap());
    let report = check_log(&program);
    assert_eq!(report["conclusion"], "inconclusive", "{report:#}");
    // Without the option the points are the tests.
    program.file("r.log", &log);
    let report = check(&program, &["r.log", "-k", "K.md"]);
    assert_eq!(report["counts"]["new_failures"], 2);
}

#[test]
fn hint_counts_its_rows_and_tests() {
    let mut program = Knownfail::new();
    let rows: Vec<String> = (0..39).map(|n| format!("BVT_Case{n}")).collect();
    let tests: Vec<String> = rows.iter().map(|row| format!("Ms.{row}")).collect();
    let names: Vec<&str> = tests.iter().map(String::as_str).collect();
    let mut patterns: Vec<&str> = rows.iter().map(String::as_str).collect();
    patterns.extend(["SMB2.Open", "other"]);
    let (first, second) = names.split_at(20);
    let passed =
        results(&[second, &["smb2.open", "more"]].concat()).replace("<failure message='x'/>", "");
    program.file("KNOWN_FAILURES.md", list(&patterns));
    program.file("a.xml", results(first)).file("b.xml", passed);
    for options in [&["*.xml"][..], &["*.xml", "--all-tests"], &["b.xml", "a.xml", "b.xml"]] {
        let report = check(&program, options);
        let hints = report["hints"].as_array().unwrap();
        let counts: Vec<_> =
            hints.iter().map(|hint| (&hint["relation"], &hint["rows"], &hint["tests"])).collect();
        // Passing tests explain rows too.
        let expected = [
            (&json!("case"), &json!(1), &json!(1)),
            (&json!("end-of-name"), &json!(39), &json!(39)),
        ];
        assert_eq!(counts, expected, "{options:?}");
        assert_eq!(hints[1]["test"], "Ms.BVT_Case0", "{options:?}");
    }
    let printed = program.run(&["check", "*.xml"]).stdout;
    assert!(printed.contains("  39 rows are the ends of tests' names\n"), "{printed}");
    assert!(printed.contains("`*.BVT_Case0`, and the others likewise"), "{printed}");
}

#[test]
fn three_rows_of_one_word_with_data_rows_have_one_hint() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", list(&["GetAll", "Put", "Delete"]));
    let names =
        ["GetAll(1)", "GetAll(2)", "Put(1)", "Delete(1)"].map(|name| format!("Ns.Cls.{name}"));
    program.file("r.xml", results(&names.each_ref().map(String::as_str)));
    let hint = check(&program, &["r.xml"])["hints"][0].clone();
    assert_eq!((&hint["rows"], &hint["tests"]), (&json!(3), &json!(4)), "{hint}");
    let printed = program.run(&["check", "r.xml"]).stdout;
    let expected = "  3 rows lack the parameters at the ends of tests' names (4 tests)\n";
    assert!(printed.contains(expected), "{printed}");
}

#[test]
fn row_that_would_claim_several_tests_is_shown_with_their_number() {
    let action = Action::new().file("KNOWN_FAILURES.md", list(&["foo"]));
    let mut action = action.with("comment", "off");
    let results = results(&["x.foo", "y.foo", "z.foo"]);
    let sentence = "1 row is the end of a test's name (3 tests)";
    let summary = action.run_with_results(&results).summary;
    assert!(summary.contains(&format!("- {sentence}: ")), "{summary}");
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", list(&["foo"])).file("r.xml", &results);
    let printed = program.run(&["check", "r.xml"]).stdout;
    assert!(printed.contains(&format!("  {sentence}\n")), "{printed}");
}

#[test]
fn sentence_about_a_difference_is_true_of_parts_of_names() {
    let mut program = Knownfail::new();
    for (row, test, sentence) in [
        ("BVT_Resize", "a.bvt_resize", "or a part of it, in upper and lower case only"),
        ("smb2.lock", "SMB2-LOCK", "or a part of it, in separators, case or extension only"),
        ("open/03.t", "tests/open/03", "or a part of it, in a file's extension only"),
    ] {
        program.file("KNOWN_FAILURES.md", list(&[row])).file("r.xml", results(&[test]));
        let printed = program.run(&["check", "r.xml"]).stdout;
        let expected = format!("  1 row differs from a test's name, {sentence}\n");
        assert!(printed.contains(&expected), "{printed}");
    }
}

/// A list of another tool's in which the test `{}` is known to fail.
const LISTS_OF_TOOLS: &[(&str, &str)] = &[
    ("samba-knownfail", "^{}$\n"),
    ("deqp-fails", "{},Fail\n"),
    ("chromium", "# results: [ Failure ]\n{} [ Failure ]\n"),
    ("lkft", "projects:\n- name: p\n  known_issues:\n  - test_name: {}\n"),
];

/// The text of a list in which a test is known to fail.
fn list_of_tool(template: &str, test: &str) -> String {
    template.replace("{}", test)
}

#[test]
fn list_of_another_tool_is_imported_for_a_wildcard() {
    for &(kind, template) in LISTS_OF_TOOLS {
        let mut program = Knownfail::new();
        program.file("list", list_of_tool(template, "BVT_a"));
        program.file("r.xml", results(&["x.suite.BVT_a"]));
        let arguments = ["r.xml", "-k", "list", "--list-format", kind];
        let remedy = check(&program, &arguments)["hints"][0]["remedy"].clone();
        let expected = "make the list a document with `knownfail import`, and write the row as `*.BVT_a`; \
            or put `<!-- knownfail: match = end -->` above the table, for all of its rows";
        assert_eq!(remedy, expected, "{kind}");
        let document = program.run(&["import", "--from", kind, "list"]).stdout;
        assert!(document.contains("| BVT_a |"), "{kind}: {document}");
        program.file("K.md", document.replace("BVT_a", "*.BVT_a"));
        let fixed = check(&program, &["r.xml", "-k", "K.md"]);
        assert_eq!(fixed["conclusion"], "success", "{kind}: {document}");
        // A prefix is an option, and a name can be written in any list.
        program.file("r.xml", results(&["BVT_a"]));
        program.file("list", list_of_tool(template, "smb2/BVT_a"));
        let remedy = check(&program, &arguments)["hints"][0]["remedy"].clone();
        let expected = "add the prefix to the names with `--prefix smb2/` (input `prefix`)";
        assert_eq!(remedy, expected, "{kind}");
        program.file("list", list_of_tool(template, "BVT_A"));
        let remedy = check(&program, &arguments)["hints"][0]["remedy"].clone();
        let expected = "make the row match `BVT_a`, in the syntax of its list";
        assert_eq!(remedy, expected, "{kind}");
    }
}

#[test]
fn list_of_patterns_has_the_row_itself() {
    for (kind, template, directive) in [
        (
            "plain",
            "{}\n",
            "; or put `# knownfail: match = end` at the top of the list, for all of its lines",
        ),
        ("json", "[\"{}\"]\n", ""),
        ("yaml", "- \"{}\"\n", ""),
    ] {
        let mut program = Knownfail::new();
        program.file("list", list_of_tool(template, "BVT_a"));
        program.file("r.xml", results(&["x.suite.BVT_a"]));
        let arguments = ["r.xml", "-k", "list", "--list-format", kind];
        let remedy = check(&program, &arguments)["hints"][0]["remedy"].clone();
        assert_eq!(remedy, format!("write the row as `*.BVT_a`{directive}"), "{kind}");
        program.file("list", list_of_tool(template, "*.BVT_a"));
        assert_eq!(check(&program, &arguments)["conclusion"], "success", "{kind}");
    }
}

#[test]
fn row_with_a_hint_is_not_asked_about_as_well() {
    let row = "smb2.Rename.simple";
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", list(&[row, "smb2.dirs.fixed"]));
    program.file("r.xml", results(&["smb2.rename.simple", "smb2.dir.fixed"]));
    let report = check(&program, &["r.xml", "--markdown", "report.md"]);
    assert_eq!(report["hints"][0]["relation"], "case");
    assert_eq!(report["rows"][0]["near"], "smb2.rename.simple");
    for text in [program.run(&["check", "r.xml"]).stdout, program.read("report.md")] {
        assert!(text.contains("in upper and lower case only"), "{text}");
        assert_eq!(text.matches("did you mean").count(), 1, "{text}");
    }
}

#[test]
fn prefix_is_advised_only_if_more_rows_gain_by_it_than_lose() {
    let mut program = Knownfail::new();
    program.file("r.xml", results(&["acls.a", "acls.b", "whole.c", "whole.d"]));
    for (rows, has_option) in [
        (&["smb2.acls.a", "smb2.acls.b", "whole.c"][..], true),
        (&["smb2.acls.a", "smb2.acls.b", "whole.c", "whole.d"], false),
        (&["smb2.acls.a", "rpc.acls.b", "whole.c"], false),
    ] {
        program.file("KNOWN_FAILURES.md", list(rows));
        let report = check(&program, &["r.xml"]);
        let remedy = report["hints"][0]["remedy"].as_str().unwrap();
        assert_eq!(remedy.contains("`--prefix smb2.`"), has_option, "{rows:?}: {remedy}");
        assert!(remedy.contains("write the row as `acls.a`"), "{rows:?}: {remedy}");
    }
}

#[test]
fn incomplete_runs_and_variants_have_hints_too() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", list(&["BVT_Resize"]));
    program.file("r.xml", results(&["Suite.BVT_Resize"]));
    let report = check(&program, &["r.xml", "--test-exit-code", "137"]);
    assert_eq!(report["rows"][0]["status"], "not-measured");
    assert_eq!(report["hints"][0]["relation"], "end-of-name");
    // A row is not related to tests of variants that it does not apply to.
    program.file("KNOWN_FAILURES.md", "| Test | Variants |\n|---|---|\n| BVT_Resize | mac |\n");
    for (variant, hints) in [("linux", 0), ("mac", 1)] {
        let report = check(&program, &["r.xml", "--variant", variant]);
        assert_eq!(report["hints"].as_array().unwrap().len(), hints, "{variant}");
    }
}

#[test]
fn why_explains_the_name_of_a_row_and_of_a_test() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", list(&["BVT_Resize", "other"]));
    program.file("r.xml", results(&["Suite.BVT_Resize", "other"]));
    for arguments in [
        &["why", "BVT_Resize", "r.xml"][..],
        &["why", "Suite.BVT_Resize", "r.xml"],
        &["why", "Suite.BVT_Resize"],
    ] {
        let printed = program.run(arguments).stdout;
        let hint = "  1 row is the end of a test's name\n      KNOWN_FAILURES.md:3: BVT_Resize\n      \
                    in the results: Suite.BVT_Resize\n      write the row as `*.BVT_Resize`";
        assert!(printed.contains(hint), "{arguments:?}: {printed}");
    }
    for arguments in
        [&["why", "other", "r.xml"][..], &["why", "BVT_Resize"], &["why", "another", "r.xml"]]
    {
        let printed = program.run(arguments).stdout;
        assert!(!printed.contains("differ in form"), "{arguments:?}: {printed}");
    }
}

#[test]
fn update_prints_the_hint_before_it_adds_rows() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", list(&["BVT_Resize"]));
    program.file("r.xml", results(&["Suite.BVT_Resize"]));
    for arguments in [&["update", "--add", "--dry-run", "r.xml"][..], &["update", "--add", "r.xml"]]
    {
        let ran = program.run(arguments);
        assert_eq!(ran.code, 0);
        assert_eq!(ran.stderr.matches("1 row is the end of a test's name").count(), 1, "{ran:?}");
    }
    assert!(program.read("KNOWN_FAILURES.md").contains("| Suite.BVT_Resize |"));
}

#[test]
fn comment_and_summary_show_the_hint_below_the_new_failures() {
    let row = "BVT_@octo_Resize";
    let test = "Suite](https://evil.example)<b>.BVT_@octo_Resize";
    let action = Action::new().file("KNOWN_FAILURES.md", list(&[row]));
    let mut action = action.file("base.xml", results(&[test])).with("baseline", "base.xml");
    let step = action.run_with_results(&results(&[test]));
    for text in [visible_body(&action.comments()[0]), step.summary] {
        let heading = "#### Rows and tests whose names differ in form only\n";
        let (failures, hint) = text.split_once(heading).unwrap_or_else(|| panic!("{text}"));
        assert!(failures.contains("new failure"), "{failures}");
        assert!(hint.trim_start().starts_with("- 1 row is the end of a test's name: "), "{hint}");
        assert!(hint.contains("`Suite](https://evil.example)<b>.BVT_@octo_Resize`"), "{hint}");
        let remedy = "`*.BVT_@octo_Resize`; or put `<!-- knownfail: match = end -->`";
        assert!(hint.contains(remedy), "{hint}");
    }
    let is_hint = |annotation: &str| annotation.contains("differ in form");
    assert!(!step.runner.annotations.iter().any(|annotation| is_hint(&annotation.message)));
}
