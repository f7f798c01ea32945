//! Whatever prevents a run from being judged: nothing that an earlier run published stays green.

use crate::action::{Action, GREEN, StepResult};
use crate::fake_github::Access;
use crate::harness::Knownfail;
use crate::runner_protocol::Level;
use serde_json::json;

type Prepare = fn(&mut Knownfail);

/// A job whose earlier run left a green comment and a green check run.
fn green() -> Action {
    let mut action = Action::new()
        .with("comment", "always")
        .with("check-run", "conformance")
        .with("id", "suite")
        .with("title", "smb")
        .with("variant", "memory");
    action.access = Access::Write;
    let finished = action.run_with_results(GREEN);
    assert_eq!(finished.code, 0, "{}", finished.printed);
    let [comment] = &action.comments()[..] else { panic!("{:?}", action.comments()) };
    assert!(comment.body.contains('✅'), "{}", comment.body);
    assert_eq!(action.github.check_runs()[0].created["conclusion"], "success");
    action
}

/// What needs no context: log, annotation, summary, outputs, exit code.
fn assert_reported(case: &str, finished: &StepResult, why: &str) {
    assert_eq!(finished.code, 2, "{case}: {}", finished.printed);
    assert!(finished.warnings().is_empty(), "{case}: {:?}", finished.warnings());
    assert!(
        finished.summary.contains("⚠️") && finished.summary.contains(why),
        "{case}: {why}\n{}",
        finished.summary
    );
    assert_eq!(finished.outputs["conclusion"], "inconclusive", "{case}");
    let is_error = |level, title: &Option<String>| {
        level == Level::Error && title.as_deref() == Some("Nothing could be judged")
    };
    let mut annotations = finished.runner.annotations.iter();
    assert!(annotations.any(|a| is_error(a.level, &a.title)), "{case}: {}", finished.printed);
    assert!(finished.printed.contains("knownfail: error: "), "{case}: {}", finished.printed);
}

#[test]
fn comment_and_check_run_do_not_stay_green() {
    let none: Prepare = |_| {};
    for (case, input, prepare, why) in [
        ("a wrong word", ("fail-on", "nonsense"), none, "The input `fail-on`\\: "),
        ("a wrong number", ("min-tests", "x"), none, "The input `min-tests` is `x`"),
        ("an unknown format", ("format", "jnuit"), none, "The input `format` is `jnuit`"),
        (
            "a wrong way to publish",
            ("comment", "sometimes"),
            none,
            "The input `comment` is `sometimes`",
        ),
        (
            "a missing directory",
            ("working-directory", "gone"),
            none,
            "The input `working-directory`\\: `gone` does not exist",
        ),
        (
            "a directory outside",
            ("working-directory", "/"),
            none,
            "The input `working-directory`\\: `/` is outside of the workspace",
        ),
        (
            "a path outside",
            ("results", "/etc/*.xml"),
            none,
            "The input `results`\\: `/etc/*.xml` is outside",
        ),
        ("no list", ("known-failures", "gone.md"), none, "Cannot read the list gone.md"),
        ("no results", ("results", "gone/*.xml"), none, "No file matches "),
        (
            "no base",
            ("known-failures-ref", "base"),
            (|program| {
                program.file(
                    ".step/event.json",
                    crate::action::pull_request("octo").to_string().replace("bbbb", "xxxx"),
                );
            }) as Prepare,
            "The event names no base for the list",
        ),
    ] {
        let mut action = green().with(input.0, input.1);
        let finished = action.run_step(prepare);
        assert_reported(case, &finished, why);
        let [comment] = &action.comments()[..] else { panic!("{case}: {:?}", action.comments()) };
        let text = &comment.body;
        assert!(
            text.contains("⚠️") && text.contains(why) && !text.contains('✅'),
            "{case}: {text}"
        );
        assert_eq!(text.matches("<!-- knownfail:section ").count(), 1, "{case}: {text}");
        assert!(finished.outputs["comment-url"].ends_with(&comment.id.to_string()), "{case}");
        let runs = action.github.check_runs();
        let created = &runs.last().unwrap().created;
        assert_eq!((runs.len(), &created["conclusion"]), (2, &json!("failure")), "{case}");
        assert_eq!(created["output"]["title"], "Nothing could be judged", "{case}");
    }
}

#[test]
fn without_a_context_the_rest_is_published() {
    let broken: Prepare = |program| {
        program.file(".step/event.json", "{");
    };
    let unset: Prepare = |program| {
        program.env("GITHUB_REPOSITORY", "");
    };
    let no_workspace: Prepare = |program| {
        program.env("GITHUB_WORKSPACE", "");
    };
    for (case, prepare, why) in [
        ("a broken event", broken, "The event file has no usable pull\\_request.head.sha"),
        ("a missing variable", unset, "The environment variable GITHUB\\_REPOSITORY is not set"),
        ("no workspace", no_workspace, "The environment variable GITHUB\\_WORKSPACE is not set"),
    ] {
        let mut action = Action::new().with("title", "smb").with("comment", "off");
        let finished = action.run_step(prepare);
        assert_reported(case, &finished, why);
        assert!(
            finished.summary.starts_with("⚠️ **smb: nothing could be judged"),
            "{}",
            finished.summary
        );
    }
}

#[test]
fn all_wrong_inputs_are_reported_together() {
    let mut action = Action::new()
        .with("fail-on", "nonsense")
        .with("min-tests", "x")
        .with("check-run", "conformance")
        .with("job-summary", "perhaps")
        .with("evidence", "../*.json");
    let finished = action.run_with_results(GREEN);
    assert_eq!(finished.code, 2, "{}", finished.printed);
    let comment = action.comments().remove(0).body;
    let check_run = action.github.check_runs()[0].created["output"]["summary"].to_string();
    for input in ["fail-on", "min-tests", "job-summary", "evidence"] {
        let name = format!("he input `{input}`");
        for text in [&comment, &check_run, &finished.summary, &finished.printed] {
            assert!(text.contains(&name), "{input}: {text}");
        }
    }
    let errors = finished.runner.annotations.iter().filter(|a| a.level == Level::Error);
    assert_eq!(errors.count(), 4, "{}", finished.printed);
}

#[test]
fn texts_of_any_errors_fit_where_they_are_published() {
    // As much as a variable of the environment holds.
    let many: String = (0..6_000).map(|n| format!("/etc/{n:04}/*.xml\n")).collect();
    let long = |c: &str| c.repeat(66_000);
    for (input, value, why) in [
        ("format", long("z"), "The input `format` is `zzz"),
        ("format", long("`"), "The input `format` is"),
        ("fail-on", long("z"), "There are the reasons"),
        ("exit-codes", "z".repeat(100_000), "File name too long"),
        ("known-failures", "zz/".repeat(30_000), "Cannot read the list zz/zz"),
        ("results", "zz/*".repeat(20_000), "zz/*"),
        ("results", many, "The input `results`\\: `/etc/0000/*.xml` is outside"),
    ] {
        let mut action = green().with(input, &value);
        let finished = action.run_step(|program| {
            program.file(".step/summary", "x".repeat((1 << 20) - 30_000));
        });
        assert_eq!(finished.warnings(), [""; 0], "{input}");
        let runs = action.github.check_runs();
        let created = &runs.last().unwrap().created;
        assert_eq!((runs.len(), &created["conclusion"]), (2, &json!("failure")), "{input}");
        let comment = action.comments().remove(0).body;
        assert!(comment.contains("⚠️") && !comment.contains('✅'), "{input}: {comment}");
        let check_run = created["output"]["summary"].as_str().unwrap();
        let summary = finished.summary.trim_start_matches('x');
        assert!(summary.len() < 30_000, "{input}: {}", summary.len());
        for text in [&comment, check_run, summary] {
            assert!(text.to_lowercase().contains(&why.to_lowercase()), "{input}: {why}\n{text}");
            assert!(text.len() <= 60_000, "{input}: {}", text.len());
        }
    }
}

#[test]
fn dry_run_shows_all_that_a_failure_publishes() {
    let mut program = Knownfail::action();
    program.input("fail-on", "nonsense").input("title", "smb").input("check-run", "smb");
    let ran = program.run(&["action", "--dry-run"]);
    assert_eq!(ran.code, 2);
    let parts: Vec<(&str, &str)> =
        ran.stdout.split("===== ").skip(1).map(|part| part.split_once('\n').unwrap()).collect();
    let titles: Vec<&str> = parts.iter().map(|(title, _)| *title).collect();
    let expected = ["annotations", "comment", "check run", "job summary", "outputs"];
    assert_eq!(titles, expected, "{}", ran.stdout);
    assert!(parts[0].1.starts_with("::error title=Nothing could be judged::"), "{}", ran.stdout);
    for (title, text) in &parts[1..4] {
        assert!(text.starts_with("⚠️ **smb: nothing could be judged"), "{title}: {text}");
        assert!(text.contains("The input `fail-on`\\: "), "{title}: {text}");
    }
    assert_eq!(parts[4].1.trim_end(), "conclusion=inconclusive\ncomment-url=");

    // What is not published is not shown.
    program.input("check-run", "").input("comment", "off");
    let ran = program.run(&["action", "--dry-run"]);
    for part in ["comment: switched off", "check run: none, the input `check-run` is not set"] {
        assert!(ran.stdout.contains(&format!("===== {part}\n\n=====")), "{}", ran.stdout);
    }
    program.env("GITHUB_REPOSITORY", "");
    let ran = program.run(&["action", "--dry-run"]);
    for part in ["comment", "check run"] {
        let part = format!("===== {part}: none, the job's context is unknown\n\n=====");
        assert!(ran.stdout.contains(&part), "{}", ran.stdout);
    }
}
