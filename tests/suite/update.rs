//! `knownfail update`: rows that pass are removed, wildcards are narrowed, new failures are added.

use crate::harness::{CommandOutput, Knownfail};
use knownfail::known::{Edits, KnownFailures, NewRow, Row, RowId, edit};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// An smbtorture log with these lines `(name, outcome word)`.
fn log(tests: &[(&str, &str)]) -> String {
    let mut log = format!("smbtorture 4.17.12\nprogress: {}\n", tests.len());
    for (name, word) in tests {
        log.push_str(&format!("test: {name}\n{word}: {name}\n"));
    }
    log
}

/// Updates `KNOWN_FAILURES.md` with `results.txt`, with more arguments.
fn update(document: &str, results: &str, arguments: &[&str]) -> (CommandOutput, String) {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", document).file("results.txt", results);
    let ran = program.run(&[&["update", "results.txt"], arguments].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    (ran, program.read("KNOWN_FAILURES.md"))
}

fn read(text: &str) -> KnownFailures {
    KnownFailures::read(&[("list.md".into(), text.to_owned())])
}

const RESULTS: [(&str, &str); 6] = [
    ("s.fails", "failure"),
    ("s.errs", "error"),
    ("s.passes", "success"),
    ("s.skips", "skip"),
    ("gone", "success"),
    ("stays", "failure"),
];

#[test]
fn rows_are_removed_and_narrowed_and_nothing_else_changes() {
    let aligned = "\
Prose with  blanks at its end.  \n\n\
| Test Name      | Category | Reason | Notes |
| -------------- | -------- | ------ | ----- |
| `s.*`          | Some     | Why_   | kept  |
| gone           | Some     | Why    |       |
| stays          | Some     | Why    |

| Metric | Count |
|--------|-------|
| gone   | 1     |
";
    let expected = aligned
        .replace("| gone           | Some     | Why    |       |\n", "")
        .replace("| `s.*`          | Some     | Why_   | kept  |\n", "| `s.errs`       | Some     | Why_   | kept  |\n| `s.fails`      | Some     | Why_   | kept  |\n| `s.skips`      | Some     | Why_   | kept  |\n");
    let quoted = |text: &str| format!("> {}", text.trim_end().replace('\n', "\n> "));
    for dress in [
        |text: &str| text.to_owned(),
        |text: &str| text.replace('\n', "\r\n"),
        |text: &str| text.trim_end().to_owned(),
        |text: &str| format!("\u{feff}{text}"),
    ] {
        for text in [aligned.to_owned(), quoted(aligned)] {
            let expected = if text.starts_with('>') { quoted(&expected) } else { expected.clone() };
            let (ran, updated) = update(&dress(&text), &log(&RESULTS), &[]);
            assert_eq!(updated, dress(&expected), "{}", ran.stdout);
            assert!(ran.stdout.starts_with("1 row narrowed, 1 row removed\n"), "{}", ran.stdout);
        }
    }
}

#[test]
fn new_list_is_added_after_closing_open_code_or_comment() {
    let results = log(&[("s.fails", "failure")]);
    let list = "| Test | Reason |\n|---|---|\n| x | y |";
    for (open, end) in [
        (&*format!("```\n{list}"), "```"),
        (&*format!("~~~~ text\n```\n{list}"), "~~~~"),
        (&*format!("<!-- to be done\n{list}"), "-->"),
        (&*format!("<pre>\n<b>\n{list}"), "</pre>"),
        (&*format!("<script>\n{list}"), "</script>"),
        (&*format!("<STYLE>\n{list}"), "</style>"),
        (&*format!("<?php\n{list}"), "?>"),
        (&*format!("<!DOCTYPE list\n{list}"), ">"),
        (&*format!("<![CDATA[\n{list}"), "]]>"),
        ("> ```", ""),
        ("- item\n\n  ```", ""),
        ("```\n```", ""),
    ] {
        for last in ["", "\n", "\n\n"] {
            let document = format!("# Known\n\n{open}{last}");
            let (_, updated) = update(&document, &results, &["--add"]);
            let context = || format!("{document:?} became {updated:?}");
            assert!(updated.starts_with(&document), "{}", context());
            let known = read(&updated);
            let rows: Vec<&str> = known.rows().iter().map(|row| row.pattern.as_str()).collect();
            assert_eq!(rows, ["s.fails"], "{}", context());
            let between = updated[document.len()..].split("| Test Name").next().unwrap();
            assert_eq!(between.trim(), end, "{}", context());
        }
    }
}

#[test]
fn unaligned_table_is_not_padded() {
    let text = "|Test|Why|\n|-|-|\n|s.*|x|\n|stays|y";
    let (_, updated) = update(text, &log(&RESULTS), &[]);
    assert_eq!(updated, "|Test|Why|\n|-|-|\n|s.errs|x|\n|s.fails|x|\n|s.skips|x|\n|stays|y");
    let (_, updated) = update("Test | Why\n--|--\nstays | y\ns.* | x", &log(&RESULTS), &[]);
    assert_eq!(updated, "Test | Why\n--|--\nstays | y\ns.errs | x\ns.fails | x\ns.skips | x");
}

#[test]
fn aligned_table_stays_aligned() {
    let aligned = "\
> | Test   | Why       |\n> |:------ | ---------:|\n> | s.\\|.* | x         |\n> | stays  | y     é   |\n> | t      |\n";
    let results = log(&[
        ("s.|.a much longer name", "failure"),
        ("s.|.b", "success"),
        ("stays", "failure"),
        ("t", "failure"),
    ]);
    let expected = "\
> | Test                      | Why       |\n> |:------------------------- | ---------:|\n> | `s.\\|.a much longer name` | x         |\n> | stays                     | y     é   |\n> | t                         |\n";
    let (_, updated) = update(aligned, &results, &[]);
    assert_eq!(updated, expected);
    let crlf = |text: &str| text.replace('\n', "\r\n");
    let (_, updated) = update(&crlf(aligned), &results, &[]);
    assert_eq!(updated, crlf(expected));
    // A long reason widens its column too.
    let text = "| Test | Why |\n|------|-----|\n| a    | x   |\n";
    let long_reason = log(&[("a", "failure"), ("ab", "failure")])
        .replace("failure: ab\n", "failure: ab [\nlong enough\n]\n");
    let (_, updated) = update(text, &long_reason, &["--add"]);
    let expected = "| Test | Why         |\n|------|-------------|\n| a    | x           |\n| ab   | long enough |\n";
    assert_eq!(updated, expected);
    // One row is out of line: the table is not aligned.
    let ragged = format!("{text}| much longer | y |\n");
    let (_, updated) = update(&ragged, &long_reason, &["--add"]);
    assert!(updated.starts_with(text) && updated.ends_with("| much longer | y |\n"), "{updated}");
}

#[test]
fn new_failures_are_added_after_the_most_similar_row() {
    let text = "\
## Shares

| Test Name | Category | Reason | Issue | Variants |
|-----------|----------|--------|-------|----------|
| s.fail | Shares | x | - | |
| s.stay | Other | x | #1 | |

## Rest

| Test Name | Reason |
|-----------|--------|
| t | x |
";
    let message = "failure: s.fails [\n\n  status `was` a|b, \\| <not> @you #1\nmore\n]\n";
    let results = log(&RESULTS).replace("failure: s.fails\n", message);
    let (ran, updated) = update(text, &results, &["--add"]);
    let known = read(&updated);
    let reason = |name: &str| {
        known.rows().iter().find(|row| row.pattern.as_str() == name).map(|row| row.reason.clone())
    };
    assert_eq!(reason("s.fails").as_deref(), Some(r"status `was` a|b, \| <not> @you #1"));
    assert_eq!(reason("s.errs").as_deref(), Some("errored"));
    let sections: BTreeSet<&str> =
        known.rows().iter().filter(|r| r.reason != "x").map(|r| r.section[0].as_str()).collect();
    assert_eq!(sections, BTreeSet::from(["Shares"]), "{updated}");
    assert!(ran.stdout.starts_with("3 rows added\n"), "{}", ran.stdout);
    let (ran, updated_again) = update(&updated, &results, &["--add"]);
    assert_eq!((ran.stdout.as_str(), updated_again), ("no row changed\n", updated));
}

#[test]
fn an_empty_document_gets_a_table() {
    for (text, head) in [("", ""), ("# Known failures", "# Known failures\n\n")] {
        let (_, updated) = update(text, &log(&[("a.b", "failure")]), &["--add"]);
        let table = "| Test Name | Category | Reason | Issue |\n| --------- | -------- | ------ | ----- |\n";
        assert_eq!(updated, format!("{head}{table}| a.b |  | failed |  |\n"));
    }
    let empty = "| Test  | Why    |\n|-------|--------|\n\nProse\n";
    let (_, updated) = update(empty, &log(&[("a.b", "failure")]), &["--add"]);
    assert_eq!(updated, empty.replace("\n\n", "\n| a.b   | failed |\n\n"));
}

#[test]
fn rows_that_were_not_measured_are_kept() {
    let text = "| Test |\n|---|\n| s.* |\n| t.* |\n| gone |\n| u |\n";
    let cut = log(&RESULTS[..5]).replace("progress: 5", "progress: 9");
    let (ran, updated) = update(text, &cut, &[]);
    assert_eq!(updated, text.replace("| gone |\n", ""), "an exact row's own test was measured");
    let kept_row = "KNOWN_FAILURES.md:3  s.*  2 failed, 1 passed, 1 skipped; the truncated part may contain tests of this row: `results.txt`\n";
    for expected in [kept_row, "`results.txt`: 5 of 9 planned tests ran"] {
        assert!(ran.stdout.contains(expected), "{expected}: {}", ran.stdout);
    }
    let skipped = "| Test |\n|---|\n| s.* |\n";
    let (ran, updated) =
        update(skipped, &log(&[("s.a", "success"), ("s.b", "skip")]), &["--remove", "--narrow"]);
    assert_eq!(updated, skipped);
    assert!(
        ran.stdout.contains("1 passed, 1 skipped; some of its tests were skipped"),
        "{}",
        ran.stdout
    );
    // The runner was killed: what is missing is unknown.
    let (_, updated) = update(skipped, &log(&[("s.a", "success")]), &["--test-exit-code", "137"]);
    assert_eq!(updated, skipped);
}

#[test]
fn row_is_kept_while_any_variant_needs_it() {
    let mut program = Knownfail::new();
    let text = "\
| Test | Why | Variants |
|------|-----|----------|
| a | x | |
| b | x | |
| c | x | m |
| w.* | x | |
";
    program.file("KNOWN_FAILURES.md", text);
    let (ok, no) = ("success", "failure");
    let results =
        |a, b, x, y| log(&[("a", a), ("b", b), ("c", ok), ("w.x", x), ("w.y", y), ("n", no)]);
    program.file("m/results.txt", results(ok, ok, ok, no));
    program.file("n/results.txt", results(ok, no, ok, ok).replace("failure: n\n", "success: n\n"));
    let ran = program.run(&["update", "{variant}/results.txt", "--remove", "--narrow", "--add"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let expected = "\
| Test | Why | Variants |
|------|-----|----------|
| b | x | |
| w.y | x | |
| n | failed | m |
";
    assert_eq!(program.read("KNOWN_FAILURES.md"), expected, "{}", ran.stdout);
    assert!(
        ran.stdout.contains("b  m: 1 passed; n: 1 failed; the test still fails"),
        "{}",
        ran.stdout
    );
    let ran = program.run(&["check", "{variant}/results.txt", "--fail-on", "strict"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
}

#[test]
fn narrowing_takes_no_claims_from_other_rows() {
    let mut program = Knownfail::new();
    let text = "\
| Test | Status | Variants |
|------|--------|----------|
| w.x* | crash | m |
| w.* | fail | |
";
    program.file("KNOWN_FAILURES.md", text);
    program.file("m/results.txt", log(&[("w.x", "error"), ("w.y", "success")]));
    program.file("n/results.txt", log(&[("w.x", "failure"), ("w.y", "success")]));
    assert_eq!(program.run(&["check", "{variant}/results.txt"]).code, 0);
    let ran = program.run(&["update", "{variant}/results.txt", "--narrow"]);
    assert_eq!((ran.code, program.read("KNOWN_FAILURES.md").as_str()), (0, text), "{}", ran.stdout);
    let why = "exact rows in its place would change which row claims a test";
    assert!(ran.stdout.contains(why), "{}", ran.stdout);
    assert_eq!(program.run(&["check", "{variant}/results.txt"]).code, 0);
}

#[test]
fn wildcard_is_kept_if_narrowing_needs_an_expression() {
    let mut program = Knownfail::new();
    // Regular expressions rank after all wildcards.
    let text = "| Test | Status |\n|---|---|\n| ?* | crash |\n| * | fail |\n";
    program.file("KNOWN_FAILURES.md", text);
    program.file("results.txt", log(&[("re:a", "error"), ("b", "success")]));
    let ran = program.run(&["update", "results.txt", "--narrow"]);
    assert_eq!((ran.code, program.read("KNOWN_FAILURES.md").as_str()), (0, text), "{}", ran.stdout);
}

#[test]
fn row_with_infrastructure_failures_is_kept_with_that_reason() {
    let mut program = Knownfail::new();
    let text = "| Test |\n|---|\n| s.* |\n";
    program.file("KNOWN_FAILURES.md", text);
    let results = log(&[("s.a", "success"), ("s.b", "failure"), ("s.c", "failure")]);
    let lost = "failure: s.c [\nno route to host\n]\n";
    program.file("results.txt", results.replace("failure: s.c\n", lost));
    let ran = program.run(&["update", "results.txt", "--narrow", "--infra", "no route to host"]);
    assert_eq!((ran.code, program.read("KNOWN_FAILURES.md").as_str()), (0, text), "{}", ran.stdout);
    assert!(ran.stdout.contains("; tests of it failed because of infra"), "{}", ran.stdout);
}

#[test]
fn row_is_removed_only_when_earlier_runs_agree() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", "| Test |\n|---|\n| gone |\n| fine |\n");
    let results = |gone| log(&[("gone", gone), ("fine", "success")]);
    program.file("before.txt", results("failure")).file("results.txt", results("success"));
    program.run(&["check", "before.txt", "--json", "before.json"]);
    let ran = program.run(&["update", "results.txt", "--evidence", "before.json"]);
    assert_eq!(program.read("KNOWN_FAILURES.md"), "| Test |\n|---|\n| gone |\n", "{}", ran.stderr);
    assert!(ran.stdout.contains("fine  passed in 2 of 2 runs\n"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("gone  1 passed; not enough runs agree: failed in 1 of 2 runs (50 %)"),
        "{}",
        ran.stdout
    );
}

#[test]
fn each_row_is_edited_in_its_own_file() {
    let mut program = Knownfail::new();
    program.file("base.md", "| Test |\n|---|\n| gone |\n| s.* |\n");
    program.file("over.md", "| Test |\n|---|\n| gone |\n| stays |\n");
    program.file("results.txt", log(&RESULTS));
    let documents = ["-k", "base.md", "-k", "over.md"];
    let ran = program.run(&[&["update", "results.txt", "--dry-run"][..], &documents].concat());
    assert!(ran.stdout.contains("--- a/base.md") && ran.stdout.contains("--- a/over.md"));
    assert!(program.read("base.md").contains("gone"), "a dry run writes nothing");
    assert_eq!(program.run(&[&["update", "results.txt"][..], &documents].concat()).code, 0);
    // The overlay's row goes first, then the row that it replaced.
    assert_eq!(program.read("base.md"), "| Test |\n|---|\n| s.errs |\n| s.fails |\n| s.skips |\n");
    assert_eq!(program.read("over.md"), "| Test |\n|---|\n| stays |\n");
}

#[test]
fn non_utf8_document_is_never_rewritten() {
    let mut program = Knownfail::new();
    let document = b"| Test |\n|---|\n| gone |\n\xff\n";
    program.file("KNOWN_FAILURES.md", document).file("results.txt", log(&RESULTS));
    let ran = program.run(&["update", "results.txt"]);
    assert_eq!(ran.code, 2);
    let expected = "KNOWN_FAILURES.md:4: this line is not UTF-8\n  hint: save it as UTF-8\n";
    assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    assert_eq!(std::fs::read(program.path("KNOWN_FAILURES.md")).unwrap(), document);
}

#[test]
fn bundled_example_needs_only_one_update() {
    let root = env!("CARGO_MANIFEST_DIR");
    let results = format!("{root}/examples/smbtorture/results/*.txt");
    let before = include_str!("../../examples/smbtorture/KNOWN_FAILURES.md");
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", before);
    let dry = program.run(&["update", &results, "--dry-run"]);
    assert_eq!(program.run(&["update", &results]).code, 0);
    let updated = program.read("KNOWN_FAILURES.md");
    assert_ne!(updated, before);
    assert_eq!(program.run(&["update", &results]).stdout.lines().next(), Some("no row changed"));
    let report = program.run(&["check", &results, "--output", "json"]).stdout;
    assert!(!report.contains("\"status\": \"newly-passing\""));
    program.file("KNOWN_FAILURES.md", before).file("diff", &dry.stdout);
    for arguments in [["init", "-q", "."], ["apply", "--whitespace=nowarn", "diff"]] {
        let mut git = std::process::Command::new("git");
        let git = git.args(arguments).current_dir(program.path("")).output().unwrap();
        assert!(git.status.success(), "{git:?}");
    }
    assert_eq!(program.read("KNOWN_FAILURES.md"), updated);
}

/// A document of lists and prose, and the choices for its rows.
fn document() -> impl Strategy<Value = String> {
    let pattern = prop_oneof!["[ab]\\.[ab]", "[ab]\\.\\*", "\\*", "a\\.b\\?", "re:b\\.\\*"];
    let row = (pattern, "[xy]{0,3}", prop_oneof!["", "fail", "flaky", "skip"]);
    let table = prop::collection::vec(row, 0..6).prop_map(|rows| {
        let line = |(test, why, status)| format!("| {test:6} | {why} | {status} |\n");
        let rows: String = rows.into_iter().map(line).collect();
        format!("| Test   | Why | Status |\n|--------|-----|--------|\n{rows}")
    });
    let part = prop_oneof![3 => table, 1 => Just("# Heading\n".to_owned()), 1 => Just("| not | a list |\n|--|--|\n| a.a | b.b |\n".to_owned()), 1 => Just("Prose  \n".to_owned())];
    (prop::collection::vec(part, 0..5), any::<bool>(), any::<bool>()).prop_map(
        |(parts, windows, ended)| {
            let text = parts.join("\n");
            let text = if ended { text } else { text.trim_end().to_owned() };
            if windows { text.replace('\n', "\r\n") } else { text }
        },
    )
}

fn without_rows(text: &str) -> Vec<String> {
    let known = read(text);
    let rows: BTreeSet<usize> = known.rows().iter().map(|row| row.line as usize).collect();
    let lines = text.lines().enumerate().filter(|(at, _)| !rows.contains(&(at + 1)));
    lines.map(|(_, line)| line.to_owned()).collect()
}

/// A row as a reader of the list sees it, wherever it is.
fn row_facts(row: &Row) -> (String, String, String, Vec<String>) {
    let expected = format!("{:?}", row.expected);
    (row.pattern.as_str().to_owned(), row.reason.clone(), expected, row.section.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Removing rows leaves all other rows and lines as they were.
    #[test]
    fn remaining_rows_are_unchanged(
        text in document(),
        gone in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let known = read(&text);
        let removed: BTreeSet<RowId> = match known.rows().len() {
            0 => BTreeSet::new(),
            rows => gone.iter().map(|index| RowId(index.index(rows) as u32)).collect(),
        };
        let remaining = known.rows_with_ids().filter(|(id, _)| !removed.contains(id));
        let expected: Vec<_> = remaining.map(|(_, row)| row_facts(row)).collect();
        let edits = Edits { removed, ..Edits::default() };
        let edited = edit::apply(&known, &edits).remove(0);
        prop_assert_eq!(read(&edited).rows().iter().map(row_facts).collect::<Vec<_>>(), expected);
        prop_assert_eq!(without_rows(&edited), without_rows(&text));
    }

    /// For any document and any results: lines that are not rows never change, what was excused stays excused, nothing newly
    /// passing is left, and a second update changes nothing.
    #[test]
    fn second_update_changes_nothing(
        text in document(),
        words in prop::collection::vec(prop::sample::select(vec!["success", "failure", "error", "skip"]), 6),
        cut in any::<bool>(),
    ) {
        let names = ["a.a", "a.b", "b.a", "b.b", "a.bb", "c"];
        let tests: Vec<_> = names.into_iter().zip(words).collect();
        let results = log(&tests);
        let results = if cut { results.replace("progress: 6", "progress: 7") } else { results };
        let mut program = Knownfail::new();
        program.file("KNOWN_FAILURES.md", &text).file("results.txt", &results);
        let counts = |program: &Knownfail| -> serde_json::Value {
            let ran = program.run(&["check", "results.txt", "--output", "json"]);
            serde_json::from_str(&ran.stdout).unwrap()
        };
        let before = counts(&program);
        prop_assert_eq!(program.run(&["update", "results.txt"]).code, 0);
        let (updated, after) = (program.read("KNOWN_FAILURES.md"), counts(&program));
        prop_assert_eq!(without_rows(&updated), without_rows(&text));
        for row in after["rows"].as_array().unwrap() {
            let kept = row["kept"].as_str().unwrap_or_default();
            let may_pass = row["status"] != "newly-passing" || kept.contains("excuse more");
            prop_assert!(may_pass, "{}", row);
        }
        for kept in ["new_failures", "known_failures", "skipped"] {
            prop_assert_eq!(&after["counts"][kept], &before["counts"][kept], "{}", kept);
        }
        program.run(&["update", "results.txt"]);
        prop_assert_eq!(&program.read("KNOWN_FAILURES.md"), &updated);
        if !text.is_empty() && read(&text).list_count() > 0 {
            program.run(&["update", "results.txt", "--add"]);
            // An inserted row may widen a column; nothing else changes.
            let narrow = |line: &String| -> String { line.chars().filter(|c| !" -".contains(*c)).collect() };
            let lines = |text: &str| -> Vec<String> { without_rows(text).iter().map(narrow).collect() };
            prop_assert_eq!(lines(&program.read("KNOWN_FAILURES.md")), lines(&text));
        }
    }

    #[test]
    fn added_row_reads_back(name in "\\PC{1,12}", reason in r"[ab|\\`*_<>&@#:.-]{1,12}|\PC{1,12}") {
        let reason = reason.trim();
        prop_assume!(reason.contains(char::is_alphanumeric) && name.trim() == name);
        let name = knownfail::model::TestName::escape(&name).into_owned();
        let known = read("| Test | Why | Issue |\n|---|---|---|\n| a | x | - |\n");
        let reason = knownfail::model::TestName::escape(reason).into_owned();
        let row = NewRow { name, reason, variants: Vec::new(), after: Some(RowId(0)) };
        let edits = Edits { added: vec![row.clone()], ..Edits::default() };
        let [text] = &edit::apply(&known, &edits)[..] else { panic!("one document") };
        let known = read(text);
        let found: Vec<&Row> = known.rows().iter().collect();
        prop_assert_eq!(found.len(), 2);
        prop_assert!(found[1].pattern.matches(&row.name));
        prop_assert_eq!(&found[1].reason, &row.reason, "{}", text);
    }
}

/// Only a regular expression can match such a name; it must not be narrowed for ever.
#[test]
fn name_that_needs_an_expression_is_not_narrowed_again() {
    let document = "| Test | Reason |\n|---|---|\n| `re:(?:re:a)` | x |\n";
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", document);
    program.file("m.txt", "test: re:a\nsuccess: re:a\n");
    program.file("n.txt", "test: re:a\nfailure: re:a [\nx\n]\n");
    let ran = program.run(&["update", "{variant}.txt"]);
    assert_eq!((ran.code, program.read("KNOWN_FAILURES.md").as_str()), (0, document));
}

#[test]
fn a_row_that_would_not_be_read_is_not_written_and_the_failure_is_listed() {
    let results = log(&[("s.fails", "failure")]);
    let list = "| Test | Reason |\n|---|---|\n| zzz | r |\n";
    let ignored = "<!-- knownfail: ignore -->";
    for (document, line, cause) in [
        (format!("# K\n\nUse the <select> element.\n\n{list}"), 8, "HTML in line 3"),
        (format!("# K\n\n<div><!--\n\n{list}"), 8, "HTML in line 3"),
        (format!("# K\n\n<textarea>\n\n{list}"), 12, "HTML in line 3"),
        (format!("# K\n\n{list}\n<svg>\n\n{list}"), 12, "HTML in line 7"),
        ("# K\n\n<select>\n".to_owned(), 7, "HTML in line 3"),
        (format!("# K\n\n{ignored}\n\n{list}"), 3, ignored),
        (format!("# K\n\n{ignored}\n\nText.\n"), 3, ignored),
        (format!("{ignored}\n\n# K\n\n## More\n\n{list}"), 1, ignored),
    ] {
        for arguments in [&["--add"][..], &["--add", "--remove"], &["--add", "--dry-run"]] {
            let mut program = Knownfail::new();
            program.file("KNOWN_FAILURES.md", &document).file("results.txt", &results);
            let ran = program.run(&[&["update", "results.txt"], arguments].concat());
            assert_eq!(ran.code, 0, "{document}{}", ran.stderr);
            let notes = ran.stdout + &ran.stderr;
            let start = format!("  s.fails  `KNOWN_FAILURES.md:{line}`: ");
            assert!(notes.contains(&start), "{document}{notes}");
            assert!(notes.contains(cause), "{document}{notes}");
            assert_eq!(program.read("KNOWN_FAILURES.md"), document);
        }
    }
}

#[test]
fn a_row_that_would_claim_no_test_of_the_run_is_not_added() {
    let list = "| Test | Reason |\n|---|---|\n| s.old | r |\n";
    let document = format!("# K\n\n<!-- knownfail: variants = m -->\n\n{list}");
    let results = log(&[("s.fails", "failure"), ("s.old", "failure")]);
    let (ran, updated) = update(&document, &results, &["--add"]);
    assert_eq!(updated, document);
    assert!(ran.stdout.contains("no row changed"), "{}", ran.stdout);
    assert!(ran.stdout.contains("does not apply to its variant"), "{}", ran.stdout);

    // Of use in one variant, it is added once.
    let mut program = Knownfail::new();
    let failing = log(&[("s.fails", "failure")]);
    program.file("KNOWN_FAILURES.md", &document);
    program.file("m/results.txt", &failing).file("p/results.txt", &failing);
    for _ in 0..2 {
        let ran = program.run(&["update", "{variant}/results.txt", "--add"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(program.read("KNOWN_FAILURES.md").matches("s.fails").count(), 1);
    }
}
