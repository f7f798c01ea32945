//! The rules of `knownfail update`, each in a small list: what it must not write, and what `check` must not promise.

use crate::harness::{CommandOutput, Knownfail};
use knownfail::known::KnownFailures;
use std::fmt::Write;

/// A list with these rows, the columns of which are its header.
fn list(header: &str, rows: &[&str]) -> String {
    let width = header.matches('|').count() + 1;
    let mut text = format!("| {header} |\n{}|\n", "|---".repeat(width));
    for row in rows {
        let _ = writeln!(text, "| {row} |");
    }
    text
}

/// The rows of a list, without the pipes around them.
fn rows(text: &str) -> Vec<String> {
    let rows = text.lines().filter(|line| line.starts_with("| "));
    rows.skip(1).map(|line| line.trim_matches(['|', ' ']).to_owned()).collect()
}

/// A results file: `a.x Pass, a.y Fail`.
fn results(tests: &str) -> String {
    tests.split(", ").map(|test| test.replace(' ', ",") + "\n").collect()
}

/// A directory with a list and the results of a run.
fn directory(document: &str, tests: &str) -> Knownfail {
    let mut program = Knownfail::new();
    program.file("K.md", document).file("r.csv", results(tests));
    program
}

/// Updates the list twice; the second time must change nothing.
fn update(program: &Knownfail, arguments: &[&str]) -> CommandOutput {
    let arguments = [&["update", "-k", "K.md"], arguments].concat();
    let ran = program.run(&arguments);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let updated = program.read("K.md");
    let again = program.run(&arguments);
    assert_eq!(program.read("K.md"), updated, "a second call: {}", again.stdout);
    assert!(again.stdout.starts_with("no row changed\n"), "{}", again.stdout);
    ran
}

/// Updates a list by one run; its rows, and what was printed.
fn updated(document: &str, tests: &str, options: &[&str]) -> (Vec<String>, String) {
    let program = directory(document, tests);
    let ran = update(&program, &[&["r.csv"], options].concat());
    (rows(&program.read("K.md")), ran.stdout)
}

const ALL_EDITS: [&str; 3] = ["--remove", "--narrow", "--add"];

// Narrowing and adding (5).

#[test]
fn a_failure_that_a_wildcard_does_not_excuse_gets_one_row() {
    let document = list("Test | Status", &["a.* | fail"]);
    let tests = "a.x Crash, a.y Pass, a.z Fail";
    let (both, _) = updated(&document, tests, &["--narrow", "--add"]);
    assert_eq!(both, ["a.z | fail", "a.x"]);
    let (narrowed, _) = updated(&document, tests, &["--narrow"]);
    assert_eq!(narrowed, ["a.x | fail", "a.z | fail"], "its row still does not excuse the crash");
}

#[test]
fn a_wildcard_whose_failures_all_get_rows_is_gone() {
    let document = list("Test | Status", &["a.* | fail"]);
    let (rows, _) = updated(&document, "a.x Crash, a.y Pass", &ALL_EDITS);
    assert_eq!(rows, ["a.x"]);
}

#[test]
fn a_row_that_is_added_to_another_section_replaces_no_row_of_this_one() {
    let section = |variant: &str, row: &str| {
        let table = list("Test", &[row]);
        format!("# {variant}\n\n<!-- knownfail: variants = {variant} -->\n\n{table}\n")
    };
    for earlier in [None, Some("a.x Fail, a.y Pass")] {
        let mut program = Knownfail::new();
        program.file("K.md", section("v2", "b") + &section("v1", "a.*"));
        let v1 =
            if earlier.is_some() { "a.x Pass, a.y Pass, a.z Fail" } else { "a.x Fail, a.y Pass" };
        program.file("v/v1.csv", results(v1)).file("v/v2.csv", results("a.x Fail, b Fail"));
        let mut options = vec!["v/{variant}.csv", "--narrow", "--add"];
        if let Some(earlier) = earlier {
            program.file("e/v1.csv", results(earlier));
            let check = ["check", "-k", "K.md", "e/{variant}.csv", "--record", "e.record"];
            program.run(&check);
            options.extend(["--evidence", "e.record"]);
        }
        update(&program, &options);
        let text = program.read("K.md");
        let v1 = if earlier.is_some() { "| a.x |\n| a.z |\n" } else { "| a.x |\n" };
        let expected = section("v2", "b").replace("| b |\n", "| b |\n| a.x |\n");
        assert_eq!(text, expected + &section("v1", "a.*").replace("| a.* |\n", v1), "{earlier:?}");
    }
}

#[test]
fn no_two_rows_of_one_name_apply_to_one_variant() {
    let mut program = Knownfail::new();
    program.file("K.md", list("Test | Status | Variants", &["a.* | fail |"]));
    program.file("m.csv", results("a.x Crash, a.y Pass"));
    program.file("n.csv", results("a.x Fail, a.y Pass"));
    update(&program, &["{variant}.csv", "--narrow", "--add"]);
    assert_eq!(rows(&program.read("K.md")), ["a.* | fail", "a.x |  | m"]);
}

// Never more tolerant (6).

#[test]
fn a_passing_test_does_not_fall_to_a_more_tolerant_row() {
    for (strict, tolerant, tests) in [
        ("a.* | fail", "* | flaky", "a.x Pass, a.y Fail"),
        ("a.* | fail", "* | crash", "a.x Pass, a.y Pass, b Fail"),
        ("a.x | fail", "a.* |", "a.x Pass, a.y Fail"),
        ("a.x | fail", "re:a.. | error", "a.x Pass, a.y Fail"),
        ("a.x | skip", "a.* |", "a.x Pass, a.y Fail"),
    ] {
        let document = list("Test | Status", &[strict, tolerant]);
        let (left, printed) = updated(&document, tests, &[]);
        assert_eq!(left, [strict, tolerant.trim_end_matches(" |")], "{printed}");
        let pattern = tolerant.split(" |").next().unwrap();
        let why = format!("without it, `{pattern}` in `K.md:4` (");
        assert!(printed.contains(&why), "{why}: {printed}");
    }
}

#[test]
fn a_row_that_excuses_no_more_may_take_the_test() {
    let document = list("Test | Status", &["a.x | fail", "a.* | fail", "* | flaky"]);
    let (left, _) = updated(&document, "a.x Pass, a.y Fail, b Pass", &[]);
    assert_eq!(left, ["a.* | fail", "* | flaky"], "`a.*` is ahead of `*`");
    let document = list("Test | Status | Variants", &["a.x | fail | m", "a.* | flaky | n"]);
    let mut program = Knownfail::new();
    program.file("K.md", &document);
    program
        .file("m.csv", results("a.x Pass, a.y Pass"))
        .file("n.csv", results("a.x Fail, a.y Pass"));
    update(&program, &["{variant}.csv"]);
    assert_eq!(rows(&program.read("K.md")), ["a.* | flaky | n"], "they share no variant");
}

#[test]
fn a_repeated_row_that_excuses_more_does_not_take_over() {
    let document = list("Test | Status", &["a.x | fail", "a.x | flaky"]);
    let (left, printed) = updated(&document, "a.x Pass", &[]);
    assert_eq!(left, ["a.x | fail", "a.x | flaky"]);
    assert!(printed.contains("without it, `a.x` in `K.md:4` (flaky)"), "{printed}");
}

#[test]
fn edits_that_depend_on_each_other_are_made_in_one_call() {
    let document = list("Test | Status", &["a.x | fail", "a.* |"]);
    let (left, _) = updated(&document, "a.x Pass, a.y Fail, a.z Pass", &[]);
    assert_eq!(left, ["a.y"], "first `a.*` is narrowed, then nothing takes `a.x`");
}

#[test]
fn a_skipped_test_keeps_its_row() {
    let document = list("Test", &["a.*"]);
    let (left, _) = updated(&document, "a.x Fail, a.y Pass, a.z Skip", &[]);
    assert_eq!(left, ["a.x", "a.z"]);
}

#[test]
fn no_exact_row_takes_a_name_from_a_row_of_a_variant_that_did_not_run() {
    let document = list("Test | Status | Variants", &["a.x* | fail | n", "a.* | crash |"]);
    let program = directory(&document, "a.x Crash, a.y Pass");
    let ran = update(&program, &["r.csv", "--variant", "m"]);
    assert_eq!(rows(&program.read("K.md")), ["a.x* | fail | n", "a.* | crash"]);
    assert!(ran.stdout.contains("would change which row claims a test"), "{}", ran.stdout);
}

#[test]
fn a_wildcard_is_kept_if_each_passing_test_fails_in_another_variant() {
    let mut program = Knownfail::new();
    program.file("K.md", list("Test", &["a.*"]));
    program
        .file("m.csv", results("a.x Pass, a.y Fail"))
        .file("n.csv", results("a.x Fail, a.y Fail"));
    let ran = update(&program, &["{variant}.csv"]);
    assert_eq!(rows(&program.read("K.md")), ["a.*"]);
    assert!(ran.stdout.contains("did not pass in every variant"), "{}", ran.stdout);
}

// Evidence (7 and 10).

/// A directory with an earlier run, which is evidence.
fn with_earlier_runs(document: &str, earlier: &[&str], tests: &str) -> Knownfail {
    let mut program = directory(document, tests);
    for (number, tests) in earlier.iter().enumerate() {
        let (file, record) = (format!("e{number}.csv"), format!("e{number}.record"));
        program.file(&file, results(tests));
        program.run(&["check", "-k", "K.md", &file, "--record", &record]);
    }
    program
}

#[test]
fn narrowing_covers_what_failed_in_earlier_runs() {
    let document = list("Test", &["a.*"]);
    let earlier = ["a.w Pass, a.x Fail, a.y Fail, a.old Fail"];
    let program = with_earlier_runs(&document, &earlier, "a.w Pass, a.x Pass, a.y Fail");
    let ran = update(&program, &["r.csv", "--evidence", "e*.record"]);
    assert_eq!(rows(&program.read("K.md")), ["a.old", "a.x", "a.y"], "{}", ran.stdout);
    assert!(ran.stdout.contains("a.x  1 passed; not enough runs agree"), "{}", ran.stdout);
}

#[test]
fn narrowing_frees_a_test_once_enough_runs_agree() {
    let document = list("Test", &["a.*"]);
    let earlier = ["a.x Pass, a.y Pass, a.z Fail", "a.x Pass, a.y Fail, a.z Fail"];
    let program = with_earlier_runs(&document, &earlier, "a.x Pass, a.y Pass, a.z Fail");
    let evidence = ["r.csv", "--evidence", "e*.record"];
    let ran = update(&program, &[&evidence[..], &["--runs", "4"]].concat());
    assert_eq!(rows(&program.read("K.md")), ["a.*"], "{}", ran.stdout);
    assert!(ran.stdout.contains("not enough runs agree"), "{}", ran.stdout);
    update(&program, &[&evidence[..], &["--runs", "3"]].concat());
    assert_eq!(rows(&program.read("K.md")), ["a.y", "a.z"]);
}

#[test]
fn narrowing_frees_a_test_only_where_a_row_of_it_would_be_removed() {
    let document = list("Test | Status", &["a.* | fail", "b | fail"]);
    let mut program = Knownfail::new();
    program.file("K.md", &document).file("v/v1.csv", results("a.x Fail, a.y Pass, b Pass"));
    for number in ["1", "2"] {
        for variant in ["v1", "v2"] {
            let file = format!("e{number}/{variant}.csv");
            program.file(&file, results("a.x Fail, a.y Pass, b Pass"));
        }
        let (pattern, record) = (format!("e{number}/{{variant}}.csv"), format!("e{number}.record"));
        program.run(&["check", "-k", "K.md", &pattern, "--record", &record]);
    }
    let arguments = ["v/{variant}.csv", "--evidence", "e*.record", "--runs"];
    let ran = update(&program, &[&arguments[..], &["3"]].concat());
    assert_eq!(rows(&program.read("K.md")), ["a.* | fail", "b | fail"], "{}", ran.stdout);
    update(&program, &[&arguments[..], &["2"]].concat());
    assert_eq!(rows(&program.read("K.md")), ["a.x | fail"], "enough in both variants");

    let program =
        with_earlier_runs(&document, &["a.x Fail, a.y Skip, b Skip"], "a.x Fail, a.y Pass, b Pass");
    update(&program, &["r.csv", "--evidence", "e0.record"]);
    assert_eq!(rows(&program.read("K.md")), ["a.* | fail", "b | fail"], "a skip is no pass");
}

#[test]
fn an_update_with_evidence_is_done_in_one_call() {
    let document = list("Test | Status", &["a.x* |", "a.* |", "* | fail"]);
    let earlier = ["a.x1 Pass, a.y Pass, a.z Fail, b Pass"];
    let program = with_earlier_runs(&document, &earlier, "a.x1 Pass, a.y Pass, a.z Fail, b Pass");
    let ran = update(&program, &["r.csv", "--evidence", "e0.record"]);
    assert_eq!(rows(&program.read("K.md")), ["a.z"], "{}", ran.stdout);
    assert!(ran.stdout.contains("K.md:5  *  passed in 2 of 2 runs"), "{}", ran.stdout);
}

#[test]
fn every_row_that_is_kept_although_tests_pass_is_listed() {
    let document = list("Test | Status", &["a.* |", "b |", "c.* | skip", "d.* | flaky"]);
    let tests = "a.x Pass, a.y Fail, b Pass, c.x Pass, c.y Skip, d.x Pass, d.y Fail";
    let (left, printed) = updated(&document, tests, &["--add"]);
    assert_eq!(left.len(), 4);
    for line in [
        "K.md:3  a.*  1 failed, 1 passed; this needs `--narrow`",
        "K.md:4  b  1 passed; this needs `--remove`",
        "K.md:5  c.*  1 passed, 1 skipped; some of its tests were skipped",
    ] {
        assert!(printed.contains(line), "{line}: {printed}");
    }
    assert!(!printed.contains("d.*"), "a flaky row accepts both: {printed}");
}

// What `check` promises (10).

#[test]
fn check_promises_what_update_writes() {
    let document = list("Test | Status", &["a.x | fail", "a.* | fail", "* | flaky", "c |"]);
    let program = directory(&document, "a.x Pass, a.y Pass, a.z Fail, c Pass");
    let ran = program.run(&["check", "-k", "K.md", "r.csv", "--fail-on", "strict", "--json", "j"]);
    assert_eq!(ran.code, 1, "`c` passes");
    let report: serde_json::Value = serde_json::from_str(&program.read("j")).unwrap();
    let row = &report["rows"][1];
    assert_eq!((&row["pattern"], &row["narrowed"]), (&"a.*".into(), &serde_json::json!([])));
    let why = "without it, `*` in `K.md:5` (flaky) would claim its tests and excuse more";
    assert_eq!(row["kept"], why);
    assert!(!ran.stdout.contains("replace it with these exact rows"), "{}", ran.stdout);
}

#[test]
fn a_passing_row_that_is_kept_for_its_strictness_is_newly_passing() {
    let program = directory(&list("Test | Status", &["a.x | fail", "a.* |"]), "a.x Pass, a.y Fail");
    let check = ["check", "-k", "K.md", "r.csv", "--fail-on", "strict"];
    let ran = program.run(&[&check[..], &["--patch", "p", "--markdown", "m"]].concat());
    assert_eq!((ran.code, std::fs::exists(program.path("p")).unwrap()), (1, false));
    let heading = "Newly passing, but without it another row would excuse more";
    assert!(ran.stdout.contains(heading), "{}", ran.stdout);
    let markdown = program.read("m");
    assert!(markdown.contains("1 row passes, but without it another row"), "{markdown}");
    let ran = program.run(&[&check[..], &["--output", "github"]].concat());
    assert!(
        ran.stdout
            .contains("title=Newly passing%2C but without it another row would excuse more::"),
        "{}",
        ran.stdout
    );
}

#[test]
fn the_advice_is_to_remove_rows_only_if_they_can_be_removed() {
    let patch = "Remove the rows that can be removed; others stay";
    let stay = "Rows that pass are kept for the reasons below.";
    let tolerant = "because without them other rows would excuse more: make those stricter first.";
    let markdown = |program: &Knownfail, options: &[&str]| {
        let ran = program.run(&[&["check", "-k", "K.md", "--markdown", "m"], options].concat());
        (program.read("m"), ran.stdout)
    };
    // A row is removed, and another one stays.
    let strict = list("Test | Status", &["a.x | fail", "a.* |", "c |"]);
    let program = directory(&strict, "a.x Pass, a.y Fail, c Pass");
    assert!(markdown(&program, &["r.csv"]).0.contains(patch));
    // All rows that pass stay, because another one would excuse more.
    let program = directory(&strict, "a.x Pass, a.y Fail, c Fail");
    let (shown, _) = markdown(&program, &["r.csv"]);
    assert!(shown.contains(stay) && !shown.contains(patch), "{shown}");
    let (shown, _) = markdown(&program, &["r.csv", "--fail-on", "strict"]);
    assert!(shown.contains(tolerant) && !shown.contains(patch), "{shown}");
    // They stay because a variant or an earlier run may need them.
    let mut program = Knownfail::new();
    program.file("K.md", list("Test | Variants", &["a.x | m, n", "a.y |"]));
    program.file("m.csv", results("a.x Pass, a.y Fail"));
    markdown(&program, &["{variant}.csv", "--record", "then.record"]);
    program.file("m.csv", results("a.x Pass, a.y Pass"));
    let options = ["{variant}.csv", "--evidence", "then.record", "--output", "github"];
    let (shown, printed) = markdown(&program, &options);
    assert!(shown.contains(stay) && !shown.contains(patch), "{shown}");
    assert!(shown.contains("2 rows pass, but not in enough runs or variants"), "{shown}");
    assert!(shown.contains("it was not measured in `n`"), "{shown}");
    assert!(shown.contains("not enough runs agree: failed in 1 of 2 runs"), "{shown}");
    let annotation = "title=Newly passing%2C but not in enough runs or variants::a.x";
    assert!(printed.contains(annotation), "{printed}");
    assert!(printed.contains("a.x  1 passed; not measured in n"), "{printed}");
}

// Adding (8).

#[test]
fn a_row_is_not_added_where_a_milder_row_still_claims_the_test() {
    let document = list("Test | Status", &["re* | fail", "a.x | fail"]);
    let (left, printed) = updated(&document, "re:b Crash, re:c Fail, a.x Crash", &["--add"]);
    assert_eq!(left, ["re* | fail", "a.x | fail"]);
    assert!(printed.contains("re:b  `re*` in `K.md:3` still claims it"), "{printed}");
    assert!(printed.contains("a.x  a row of this name expects something milder"), "{printed}");
}

#[test]
fn a_failure_in_an_ignored_document_is_listed_and_the_rest_is_written() {
    let ignored = format!("<!-- knownfail: ignore -->\n\n{}", list("Test", &["x"]));
    let (_, printed) = updated(&ignored, "a.x Fail", &["--add"]);
    assert!(printed.contains("a.x  `K.md:1`: a row for it would be in a section"), "{printed}");
    let document = format!("{}\n# Old\n\n{ignored}", list("Test", &["y"]));
    let (left, _) = updated(&document, "a.x Fail, y Pass", &ALL_EDITS);
    assert_eq!(left[0], "a.x");
}

#[test]
fn a_row_is_added_to_a_table_that_applies_to_its_variant() {
    let section =
        format!("# M\n\n<!-- knownfail: variants = m -->\n\n{}", list("Test", &["a.old"]));
    let others = format!("{}\n{section}", list("Test", &["zzz"]));
    let program = directory(&others, "a.x Fail");
    update(&program, &["r.csv", "--variant", "n", "--add"]);
    assert_eq!(program.read("K.md"), others.replace("| zzz |\n", "| zzz |\n| a.x |\n"));

    let named = section
        .replace("| Test |\n|---|\n| a.old |", "| Test | Variants |\n|---|---|\n| a.old | |");
    let program = directory(&named, "a.x Fail");
    update(&program, &["r.csv", "--variant", "n", "--add"]);
    assert!(program.read("K.md").ends_with("| a.x | n |\n"), "{}", program.read("K.md"));
}

#[test]
fn a_variant_that_no_exact_row_covers_gets_one() {
    let document = list("Test | Status | Variants", &["a.x | fail | m"]);
    let mut program = Knownfail::new();
    program.file("K.md", &document);
    program.file("m.csv", results("a.x Crash")).file("n.csv", results("a.x Crash"));
    let ran = update(&program, &["{variant}.csv", "--add"]);
    assert_eq!(rows(&program.read("K.md")), ["a.x | fail | m", "a.x |  | n"]);
    assert!(ran.stdout.contains("a.x  a row of this name expects"), "{}", ran.stdout);

    let program = directory(&document, "a.x Crash");
    update(&program, &["r.csv", "--variant", "n", "--add"]);
    assert_eq!(rows(&program.read("K.md")), ["a.x | fail | m", "a.x |  | n"], "`n` alone");
}

#[test]
fn no_row_is_added_ahead_of_a_row_of_the_name_for_other_variants() {
    let first = list("Test | Status", &["z |"]) + "\n# One\n\n";
    let directive = first + "<!-- knownfail: variants = v1 -->\n\n";
    for row in ["a.x | fail", r"`re:a\.x` | fail"] {
        let document = directive.clone() + &list("Test | Status", &[row]);
        let program = directory(&document, "a.x Crash, z Fail");
        for options in [&["r.csv", "--add"][..], &["r.csv", "--variant", "v2", "--add"]] {
            let ran = update(&program, options);
            assert_eq!(program.read("K.md"), document, "{}", ran.stdout);
            let reason =
                if options.len() == 2 { "have no variant to name" } else { "no table can name" };
            assert!(ran.stdout.contains(reason), "{}", ran.stdout);
        }
    }
}

#[test]
fn a_table_that_cannot_name_the_variant_gets_no_second_row_of_a_name() {
    let document = format!("<!-- knownfail: variants = m -->\n\n{}", list("Test", &["a.x"]));
    let program = directory(&document, "a.x Fail");
    let ran = update(&program, &["r.csv", "--variant", "n", "--add"]);
    assert_eq!(program.read("K.md"), document);
    assert!(ran.stdout.contains("no table can name that"), "{}", ran.stdout);
}

#[test]
fn a_variant_with_a_special_name_is_written_so_that_it_is_read_as_that() {
    for name in ["All", "any", "-", "a*", "a,b", "!a", "a|b", "a b", "Linux", "re:a", "`a`", "a\\"]
    {
        let mut program = Knownfail::new();
        program.file("K.md", list("Test | Variants", &["a.old |"]));
        program.file(&format!("v/{name}.csv"), results("a.x Fail"));
        program.file("v/other.csv", results("a.x Pass"));
        let results = "v/{variant}.csv";
        update(&program, &[results, "--add"]);
        let text = program.read("K.md");
        let known = KnownFailures::read(&[("K.md".into(), text.clone())]);
        let scope = &known.rows()[1].variants;
        let allows = |name| scope.allows(&knownfail::model::Variant::new(name));
        assert!(allows(name) && !allows("other") && !allows("a"), "{name}: {text}");
        assert_eq!(known.problems(), [], "{text}");
        assert_eq!(program.run(&["check", "-k", "K.md", results]).code, 0, "{name}: {text}");
    }
}

// What is printed, and what is read.

#[test]
fn a_dry_run_names_the_lines_of_the_original_document() {
    let mut program = Knownfail::new();
    program.file("K.md", list("Test | Variants", &["b |", "a.x | v1", "a.x | v2, v9"]));
    program.file("v1.csv", results("a.x Fail, b Pass"));
    program.file("v2.csv", results("a.x Pass, b Pass"));
    let ran = program.run(&["update", "-k", "K.md", "{variant}.csv", "--dry-run"]);
    assert!(ran.stderr.contains("K.md:5  a.x"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("K.md:4  a.x"), "{}", ran.stderr);
}

#[test]
fn a_document_that_is_given_twice_is_an_error() {
    let document = list("Test", &["a.x"]);
    let program = directory(&document, "a.x Pass");
    for command in ["update", "check", "why"] {
        let ran = program.run(&[command, "-k", "K.md", "-k", "./K.md", "r.csv"]);
        assert_eq!(ran.code, 2, "{command}: {}", ran.stdout);
        let message = "the list ./K.md is given twice, first as K.md";
        assert!(ran.stderr.contains(message), "{command}: {}", ran.stderr);
    }
    assert_eq!(program.read("K.md"), document);
}
