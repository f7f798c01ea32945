//! Annotations of a whole run: which findings have one, in which order, and what is left of them in a step's ten.

use crate::action::{Action, action_with_list_change};
use crate::harness::{CommandOutput, Knownfail};
use crate::runner_protocol::{Annotation, Level, Runner};
use knownfail::policy::Reason;
use std::fmt::Write;

/// The header of a document: its first row is line 3.
const HEADER: &str = "| Test | Status |\n| --- | --- |\n";

/// A log of tests, each with a word; one without never ends.
fn log(tests: &[(&str, &str)]) -> String {
    let line = |(name, word): &(&str, &str)| match *word {
        "" => format!("test: {name}\n"),
        "failure" => format!("test: {name}\nfailure: {name} [\nwrong\n]\n"),
        word => format!("test: {name}\n{word}: {name}\n"),
    };
    tests.iter().map(line).collect()
}

/// JUnit XML of failing tests with the line of each in `src/t.c`; none for line 0.
fn xml<'n>(tests: impl IntoIterator<Item = (&'n str, u32)>) -> String {
    let mut xml = String::from("<testsuite>");
    for (name, line) in tests {
        let file = if line == 0 { String::new() } else { format!(" file='src/t.c' line='{line}'") };
        let _ = write!(xml, "<testcase name='{name}'{file}><failure message='wrong'/></testcase>");
    }
    xml + "</testsuite>"
}

/// A check of these files with annotations.
fn check(files: &[(&str, &str)], arguments: &str) -> CommandOutput {
    let mut program = Knownfail::new();
    for (path, text) in files {
        program.file(path, text);
    }
    let words = ["check", "--output", "github"].into_iter().chain(arguments.split_whitespace());
    program.run(&words.collect::<Vec<_>>())
}

/// The annotations that GitHub keeps, and nothing that it drops.
fn annotations(output: &str) -> Vec<Annotation> {
    let mut runner = Runner::default();
    runner.read(output);
    assert_eq!((runner.dropped, &runner.complaints), (0, &Vec::new()), "{output}");
    runner.annotations
}

fn titles(output: &str, level: Level) -> Vec<String> {
    let same_level = annotations(output).into_iter().filter(|one| one.level == level);
    same_level.map(|one| one.title.expect("a title")).collect()
}

/// For a reason: the rows, the results, the base run, and what its annotation has: title, file and line.
type RedCase = (
    Reason,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static [(&'static str, &'static str)],
    (&'static str, Option<(&'static str, i64)>),
);

const RED: &[RedCase] = &[
    (
        Reason::NewFailures,
        "| a.u | |",
        &[("a.t", "failure"), ("a.u", "failure")],
        &[],
        ("New failure: a.t", Some(("K.md", 3))),
    ),
    (
        Reason::Missing,
        "",
        &[("a.u", "success")],
        &[("a.u", "success"), ("a.t", "success")],
        ("1 test of the base run did not run", None),
    ),
    (
        Reason::HiddenRegressions,
        "| b | |\n| a.* | |",
        &[("a.t", "failure")],
        &[("a.t", "success")],
        ("This row hides a regression: a.t", Some(("K.md", 4))),
    ),
    (
        Reason::NewlyPassing,
        "| b | |\n| a.t | |",
        &[("a.t", "success"), ("b", "failure")],
        &[],
        ("Newly passing: this row can be removed", Some(("K.md", 4))),
    ),
    (
        Reason::Unmatched,
        "| b | |\n| a.t | |",
        &[("b", "failure")],
        &[],
        ("This row matches no test", Some(("K.md", 4))),
    ),
    (
        Reason::MessageMismatch,
        "| b | |\n| a.t | fail: NT_STATUS_OK |",
        &[("a.t", "failure"), ("b", "failure")],
        &[],
        ("Known failure with a different message: a.t", Some(("K.md", 4))),
    ),
    (
        Reason::Flaky,
        "| a.t.u | |",
        &[("a.t", "failure"), ("a.t", "success"), ("a.t.u", "failure")],
        &[],
        ("Flaky test: a.t", Some(("K.md", 3))),
    ),
    (Reason::Incomplete, "", &[("a.t", "")], &[], ("Not measured", None)),
    (Reason::Document, "| re:( | |", &[("a.t", "success")], &[], ("bad-regex", Some(("K.md", 3)))),
];

#[test]
fn each_red_reason_has_an_error_that_names_it() {
    for reason in Reason::ALL.iter().filter(|reason| **reason != Reason::Growth) {
        let case = RED.iter().find(|(of, ..)| of == reason);
        let Some((_, rows, results, base, (title, place))) = case else {
            panic!("{reason:?} has no case")
        };
        let document = format!("{HEADER}{rows}\n");
        let (results, base) = (log(results), log(base));
        let files = [("K.md", &*document), ("r.txt", &results), ("base.txt", &base)];
        let base = if base.is_empty() { "" } else { "--baseline base.txt" };
        let run = |fail_on| {
            check(&files, &format!("r.txt -k K.md {base} --duplicates rerun --fail-on {fail_on}"))
        };

        let red = run(reason.as_str());
        assert!(red.code > 0, "{reason:?}: {}", red.stdout);
        let annotations = annotations(&red.stdout);
        let error = annotations.iter().find(|one| one.level == Level::Error);
        let error = error.unwrap_or_else(|| panic!("{reason:?}: {}", red.stdout));
        assert_eq!(error.title.as_deref(), Some(*title), "{reason:?}: {}", red.stdout);
        let actual = error.file.as_deref().zip(error.line);
        assert_eq!(actual, *place, "{reason:?}: {}", red.stdout);

        let green = run("nothing");
        let errors = titles(&green.stdout, Level::Error);
        assert_eq!((green.code, errors), (0, Vec::new()), "{}", green.stdout);
    }
}

#[test]
fn growth_is_an_error_at_the_row_that_grows() {
    let old = "| Test | Issue |\n| --- | --- |\n| a.known | #1 |\n";
    let new = format!("{old}| a.new | |\n");
    let results = log(&[("a.known", "failure"), ("a.new", "failure")]);
    let mut action = action_with_list_change(old, &new).with("fail-on", "growth");
    let red = action.run_with_results(&results);
    let error = red.runner.annotations.iter().find(|one| one.level == Level::Error).unwrap();
    assert_eq!((error.title.as_deref(), error.line), (Some("A row without an issue"), Some(4)));
    let mut action = action_with_list_change(old, &new).with("fail-on", "nothing");
    let green = action.run_with_results(&results);
    assert_eq!((green.code, green.runner.annotations), (0, Vec::new()));
}

/// A run that is red for most reasons.
fn files_with_everything(located: u32) -> Vec<(&'static str, String)> {
    let names: Vec<String> = (10..10 + located).map(|line| format!("z.{line}")).collect();
    let located = names.iter().map(String::as_str).zip(10..);
    let document = format!("{HEADER}| a.passes | |\n| a.hides | |\n| a.gone | |\n| re:( | |\n");
    let results = log(&[
        ("a.passes", "success"),
        ("a.hides", "failure"),
        ("a.new", "failure"),
        ("a.old", "failure"),
        ("a.flaky", "failure"),
        ("a.flaky", "success"),
    ]);
    let base = [("a.hides", "success"), ("a.old", "failure"), ("a.missing", "success")];
    vec![
        ("K.md", document),
        ("r.txt", results),
        ("located.xml", xml(located)),
        ("cut.xml", "<testsuite tests='2'><testcase name='c'/></testsuite>".to_owned()),
        ("base.txt", log(&base)),
    ]
}

fn check_everything(located: u32) -> CommandOutput {
    let files = files_with_everything(located);
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, &**text)).collect();
    let reasons: Vec<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    let reasons = reasons.join(",");
    let arguments = "r.txt *.xml -k K.md --baseline base.txt --duplicates rerun --fail-on";
    check(&files, &format!("{arguments} {reasons}"))
}

#[test]
fn own_lines_come_first_and_failures_of_the_base_run_last() {
    let ran = check_everything(1);
    let expected = [
        "New failure: z.10",
        "Not measured",
        "1 test of the base run did not run",
        "This row hides a regression: a.hides",
        "New failure: a.new",
        "Flaky test: a.flaky",
        "bad-regex",
        "New failure, in the base run too: a.old",
    ];
    assert_eq!(titles(&ran.stdout, Level::Error), expected, "{}", ran.stdout);
}

#[test]
fn many_failures_leave_a_place_for_each_other_reason() {
    let ran = check_everything(40);
    let expected = [
        "New failure: z.10",
        "New failure: z.11",
        "New failure: z.12",
        "New failure: z.13",
        "Not measured",
        "1 test of the base run did not run",
        "This row hides a regression: a.hides",
        "Flaky test: a.flaky",
        "bad-regex",
        "38 more",
    ];
    assert_eq!(titles(&ran.stdout, Level::Error), expected, "{}", ran.stdout);
    let last =
        annotations(&ran.stdout).into_iter().find(|one| one.title.as_deref() == Some("38 more"));
    assert_eq!(last.unwrap().message, "new-failures: 38. The log has all of them.");
}

/// Names that try to be more than names.
const HOSTILE: [&str; 5] =
    ["##[error]x", "::error::x", "a%0Ab", "a,title=x::y", "a&#10;::warning::b"];

#[test]
fn many_failures_at_one_line_are_one_annotation() {
    let subtests: Vec<String> = (0..50).map(|n| format!("t.{n:02}")).collect();
    let at = |line| move |name| (name, line);
    let names = || subtests.iter().map(String::as_str);
    let tests = names().map(at(7)).chain(["u.1", "u.2", "u.3"].map(at(9)));
    let tests = tests.chain(HOSTILE.map(at(11))).chain(["n.1", "n.2", "n.3", "n.4"].map(at(0)));
    let ran = check(&[("r.xml", &xml(tests)), ("K.md", HEADER)], "r.xml -k K.md");
    let expected = [
        "New failures: 50 tests",
        "New failure: u.1",
        "New failure: u.2",
        "New failure: u.3",
        "New failures: 5 tests",
        // Without a line of their own, they have nothing in common.
        "New failure: n.1",
        "New failure: n.2",
        "New failure: n.3",
        "New failure: n.4",
    ];
    assert_eq!(titles(&ran.stdout, Level::Error), expected, "{}", ran.stdout);
    let all = annotations(&ran.stdout);
    assert_eq!(all.len(), expected.len(), "{}", ran.stdout);
    let lines: Vec<&str> = all[0].message.lines().collect();
    assert_eq!((lines[0], lines[19], lines[20]), ("t.00", "t.19", "and 30 more"), "{lines:?}");
    assert_eq!(lines[21..], ["failed", "wrong"]);
    assert_eq!((all[0].file.as_deref(), all[0].line), (Some("src/t.c"), Some(7)));
}

#[test]
fn rows_of_many_tests_are_annotated_once() {
    let names: Vec<String> = (0..9).map(|n| format!("a.{n}")).collect();
    let tests = |word| names.iter().map(|name| (&**name, word)).collect::<Vec<_>>();
    let document = format!("{HEADER}| a.* | |\n");
    let (results, base) = (log(&tests("failure")), log(&tests("success")));
    let files = [("r.txt", &*results), ("base.txt", &base), ("K.md", &document)];
    let ran = check(&files, "r.txt -k K.md --baseline base.txt");
    let expected = ["This row hides regressions: 9 tests"];
    assert_eq!(
        (ran.code, titles(&ran.stdout, Level::Warning)),
        (0, expected.map(Into::into).into())
    );
}

#[test]
fn check_run_of_many_failures_has_an_annotation_of_each_kind() {
    let names: Vec<String> = (1..=600).map(|n| format!("z.{n:03}")).collect();
    let results = xml(names.iter().map(String::as_str).zip(1..));
    let mut action = Action::new()
        .file("results.xml", results)
        .file("known.txt", log(&[("a.known", "success")]))
        .with("results", "results.xml\nknown.txt")
        .with("check-run", "conformance");
    action.run_step(|_| {});
    let run = &action.github.check_runs()[0];
    let count =
        |level: &str| run.annotations.iter().filter(|one| one["annotation_level"] == level).count();
    assert_eq!((count("failure"), count("warning")), (499, 1));
    assert_eq!(run.annotations[499]["title"], "Newly passing: this row can be removed");
}
