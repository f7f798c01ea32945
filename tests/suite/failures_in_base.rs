//! New failures that failed in the base run too: still new, and last, wherever a person looks.

use crate::action::Action;
use crate::harness::Knownfail;
use crate::runner_protocol::Level;
use serde_json::Value;

const HEADER: &str = "| Test | Status |\n| --- | --- |\n";

/// A deqp-runner's table of these tests: each line is a name and a status.
fn csv(lines: &str) -> String {
    lines.lines().map(|line| format!("{line},0.1\n")).collect()
}

/// An action on these results and those of the base run, with a known failure.
fn action(results: &str, base: &str) -> Action {
    Action::new()
        .file("KNOWN_FAILURES.md", format!("{HEADER}| known | |\n"))
        .file("results.csv", csv(&format!("{results}known,Fail\n")))
        .file("base.csv", csv(&format!("{base}known,Fail\n")))
        .with("results", "results.csv")
        .with("baseline", "base.csv")
        .with("check-run", "conformance")
}

/// The report of a check without a list.
fn report(program: &Knownfail, arguments: &str) -> Value {
    let words = ["check", "--output", "json"].into_iter().chain(arguments.split_whitespace());
    let ran = program.run(&words.collect::<Vec<_>>());
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}{}", ran.stdout, ran.stderr))
}

/// These parts of a text, in this order.
fn assert_in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { panic!("{part:?} in order:\n{text}") };
        rest = after;
    }
}

#[test]
fn they_are_marked_and_last_everywhere() {
    let mut action =
        action("a.old,Fail\nb.new,Fail\nc.old,Fail\n", "a.old,Fail\nb.new,Pass\nc.old,Fail\n");
    let finished = action.run_step(|_| {});
    let headline = "3 new failures (2 of them in the base run too)";
    assert_eq!((finished.code, &*finished.outputs["new-failures"]), (1, "3"));
    let log =
        [headline, "New failures\n", "b.new", "New failures that failed in the base run too\n"];
    assert_in_order(&finished.printed, &[&log[..], &["a.old", "c.old"]].concat());

    let errors: Vec<_> =
        finished.runner.annotations.iter().filter(|one| one.level == Level::Error).collect();
    let titles: Vec<&str> = errors.iter().filter_map(|one| one.title.as_deref()).collect();
    let expected = [
        "New failure: b.new",
        "New failure, in the base run too: a.old",
        "New failure, in the base run too: c.old",
    ];
    assert_eq!(titles, expected);

    let fold = "<details><summary>2 new failures that failed in the base run too</summary>";
    let comment = &action.comments()[0].body;
    let check_run = &action.github.check_runs()[0];
    let output = &check_run.created["output"];
    for text in [comment, &finished.summary, output["summary"].as_str().unwrap()] {
        assert_in_order(
            text,
            &[headline, "Fix the new failures", "| `b.new` |", fold, "| `a.old` |"],
        );
    }
    assert_eq!(output["title"], format!("failed: {headline}"));
    let titles: Vec<&str> =
        check_run.annotations.iter().filter_map(|one| one["title"].as_str()).collect();
    assert_eq!(titles[..3], expected);
}

#[test]
fn if_all_of_them_did_the_advice_is_another() {
    for (results, headline, advice) in [
        (
            "a,Fail\n",
            "1 new failure (in the base run too)",
            "It failed in the base run too, so this change did not cause it: fix it, or list it in",
        ),
        (
            "a,Fail\nb,Fail\n",
            "2 new failures (all in the base run too)",
            "They failed in the base run too, so this change did not cause them: fix them, or list them in",
        ),
    ] {
        let mut action = action(results, results);
        let finished = action.run_step(|_| {});
        assert_eq!(finished.code, 1, "still red");
        let comment = &action.comments()[0].body;
        assert_in_order(comment, &[headline, advice, "| `a` |"]);
        assert!(!comment.contains("<details><summary>1 new"), "{comment}");
    }
}

#[test]
fn only_a_failure_that_was_as_bad_counts() {
    for (now, base, is_in_base) in [
        ("Fail", "Fail", true),
        ("Fail", "UnexpectedPass", true),
        ("Fail", "Timeout", true),
        ("Fail", "Crash", true),
        ("Crash", "Crash", true),
        // It is worse now.
        ("Timeout", "Fail", false),
        ("Crash", "Timeout", false),
        // It did not fail.
        ("Fail", "Pass", false),
        ("Fail", "Skip", false),
        ("Fail", "ExpectedFail", false),
        ("Fail", "Missing", false),
        ("Fail", "", false),
    ] {
        let mut program = Knownfail::new();
        let base_line = if base.is_empty() { String::new() } else { format!("t,{base}\n") };
        program.file("base.csv", csv(&format!("{base_line}other,Pass\n")));
        program.file("now.csv", csv(&format!("t,{now}\nother,Pass\n")));
        program.file("KNOWN_FAILURES.md", HEADER);
        let ran = program.run(&["check", "now.csv", "--baseline", "base.csv"]);
        assert_eq!(ran.code, 1, "{}", ran.stdout);
        let mark = "1 new failure (in the base run too)";
        assert_eq!(ran.stdout.contains(mark), is_in_base, "{now} after {base}: {}", ran.stdout);
    }
}

#[test]
fn a_flaky_or_lost_test_of_the_base_run_did_not_fail_there() {
    let failed = "test: t\nfailure: t [\nwrong\n]\n";
    for base in
        [format!("{failed}test: t\nsuccess: t\n"), "test: t\nerror: t [\nno server\n]\n".to_owned()]
    {
        let mut program = Knownfail::new();
        let other = "test: u\nsuccess: u\n";
        program.file("base.txt", base + other).file("now.txt", failed.to_owned() + other);
        program.file("KNOWN_FAILURES.md", HEADER);
        let arguments = "check now.txt --baseline base.txt --infra no*server --duplicates rerun";
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        let ran = program.run(&arguments);
        assert!(ran.stdout.starts_with("failed: 1 new failure\n"), "{}", ran.stdout);
    }
}

#[test]
fn a_worse_failure_shows_what_it_was() {
    let mut program = Knownfail::new();
    program.file("now.csv", csv("t,Crash\n")).file("base.csv", csv("t,Fail\n"));
    program.file("KNOWN_FAILURES.md", HEADER);
    let report = report(&program, "now.csv --baseline base.csv");
    let remarks = &report["tests"][0]["remarks"];
    assert_eq!(*remarks, serde_json::json!(["failed in the base run, now crashes"]));
}

/// A test that is new in one variant and failed in the base run in another is caused by the change.
#[test]
fn a_test_counts_only_if_it_failed_there_in_each_variant() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", HEADER);
    for (path, lines) in [
        ("now/m.csv", "both,Fail\none,Fail\n"),
        ("now/p.csv", "both,Fail\none,Fail\n"),
        ("base/m.csv", "both,Fail\none,Fail\n"),
        ("base/p.csv", "both,Fail\none,Pass\n"),
    ] {
        program.file(path, csv(lines));
    }
    let ran = program.run(&["check", "now/{variant}.csv", "--baseline", "base/{variant}.csv"]);
    let headline = "4 new failures (2 of them in the base run too; 2 tests)";
    let heading = "New failures that failed in the base run too";
    assert_in_order(&ran.stdout, &[headline, "New failures\n  one", heading, "  both"]);
}

/// Long names and messages: those that this change caused have the room.
#[test]
fn in_a_short_comment_they_are_truncated_first() {
    let (name, message) = ("n".repeat(240), "m".repeat(150));
    let log = |prefix: &str, base: &str| -> [String; 2] {
        let names = (0..90).map(|n| format!("{prefix}.{n:02}.{name}"));
        let failed = |name: &String| format!("test: {name}\nfailure: {name} [\n{message}\n]\n");
        let names: Vec<String> = names.collect();
        let passed = |name: &String| format!("test: {name}\nsuccess: {name}\n");
        let base =
            names.iter().map(|name| if base == "failed" { failed(name) } else { passed(name) });
        [names.iter().map(failed).collect(), base.collect()]
    };
    // Sorted by name, those of the base run would be first.
    let ([a, a_base], [b, b_base]) = (log("a", "failed"), log("b", "passed"));
    let mut action = Action::new()
        .file("KNOWN_FAILURES.md", HEADER)
        .file("base.txt", a_base + &b_base)
        .with("baseline", "base.txt");
    let finished = action.run_with_results(&(a + &b));
    assert_eq!(finished.code, 1);
    let comment = &action.comments()[0].body;
    let count = |text: &str, row: &str| text.matches(row).count();
    assert_eq!(count(comment, "\n| `b."), 90);
    assert!((1..90).contains(&count(comment, "\n| `a.")), "{}", count(comment, "\n| `a."));
    assert!(comment.len() < 65_000 && comment.contains("more failing tests: see"));
    assert_eq!(count(&finished.summary, "\n| `a."), 90, "the summary has room for all");
}

#[test]
fn a_job_of_a_matrix_passes_their_number_on() {
    let mut action = action("a,Fail\nb,Fail\n", "a,Fail\nb,Pass\n").with("variant", "m");
    action.run_step(|_| {});
    let headline = "2 new failures (1 of them in the base run too) in `m`.";
    assert_in_order(&action.comments()[0].body, &[headline, "Fix the new failures", "inbase=1"]);
}

/// The table of flaky rows by evidence is in the job summary as in the log.
#[test]
fn job_summary_has_flaky_rows_by_evidence() {
    let mut program = Knownfail::new();
    program.file("K.md", format!("{HEADER}| t | flaky |\n"));
    for (path, outcome) in [("1.csv", "Fail"), ("2.csv", "Pass"), ("now.csv", "Pass")] {
        program.file(path, csv(&format!("t,{outcome}\nu,Pass\n")));
        let record = path.replace("csv", "record");
        let arguments = ["check", path, "-k", "K.md", "--record", &record, "--commit", path];
        program.run(&arguments);
    }
    let arguments = ["check", "now.csv", "-k", "K.md", "--evidence", "1.record", "--evidence"];
    let arguments = [&arguments[..], &["2.record"]].concat();
    let (log, summary) = (
        program.run(&arguments).stdout,
        program.run(&[&arguments[..], &["--output", "markdown"]].concat()).stdout,
    );
    for text in [log, summary] {
        let heading = "Flaky rows, over the runs that were given as evidence";
        assert_in_order(&text, &[heading, "K.md:3", "failed in 1 of 3 runs (33 %)"]);
    }
}
