//! Several steps, jobs and workflows that report on one pull request: nothing is greener than the worst of them.
//!
//! The action runs as a process, once for each step, against a [`FakeGithub`](crate::fake_github::FakeGithub).

use crate::action::{Action, GREEN, HEAD, RED, StepResult};
use crate::fake_github::Fault;
use crate::runner_protocol::Level;

/// One execution of the action: variables that the runner sets beyond those of [`Action`], inputs, results.
#[derive(Clone, Copy)]
struct Step<'a> {
    env: &'a [(&'a str, &'a str)],
    inputs: &'a [(&'a str, &'a str)],
    results: &'a str,
}

/// Steps of one run: the same id and number.
fn run_steps(action: &mut Action, steps: &[Step<'_>]) -> Vec<StepResult> {
    let run = |step: &Step<'_>| {
        action.run_step(|program| {
            program.file("results.txt", step.results);
            program.env("GITHUB_RUN_ID", "1000").env("GITHUB_RUN_NUMBER", "1");
            for (name, value) in step.env {
                program.env(name, value);
            }
            for (name, value) in step.inputs {
                program.input(name, value);
            }
        })
    };
    steps.iter().map(run).collect()
}

/// The only comment's headings, the headline first.
fn headings(action: &Action) -> Vec<String> {
    let comments = action.comments();
    let [comment] = &comments[..] else { panic!("{comments:#?}") };
    let is_heading =
        |line: &&str| ["❌", "✅", "⚠️", "### "].iter().any(|mark| line.starts_with(mark));
    comment.body.lines().filter(is_heading).map(str::to_owned).collect()
}

fn newest_check_run(action: &Action, name: &str) -> String {
    let runs = action.github.check_runs();
    let newest = runs.iter().rev().find(|run| run.created["name"] == name);
    newest.expect(name).created["conclusion"].as_str().expect("a conclusion").to_owned()
}

const FIX: &str = "Fix the new failure, or list it in `KNOWN_FAILURES.md` with a reason.";

/// Both sections and the newest check run of this name have passed.
fn assert_all_green(action: &Action, check_run: &str) {
    let found = headings(action);
    assert!(found.len() == 3 && found.iter().all(|line| line.starts_with('✅')), "{found:#?}");
    assert_eq!(newest_check_run(action, check_run), "success");
}

#[test]
fn two_steps_of_a_job_have_sections_of_their_own() {
    let smoke = [("GITHUB_ACTION", "smoke")];
    let full = [("GITHUB_ACTION", "full")];
    for (first, second) in [(RED, GREEN), (GREEN, RED)] {
        for variant in ["", "memory"] {
            let mut action = Action::new().with("comment", "always");
            let inputs = [("variant", variant), ("check-run", "suite")];
            let steps = [
                Step { env: &smoke, inputs: &inputs, results: first },
                Step { env: &full, inputs: &inputs, results: second },
            ];
            let finished = run_steps(&mut action, &steps);
            assert!(finished.iter().all(|step| step.printed.matches("same name").count() == 0));
            let found = headings(&action);
            let red = if first == RED { "smoke" } else { "full" };
            let green = if first == RED { "full" } else { "smoke" };
            let name = |step: &str| match variant {
                "" => format!("step {step}"),
                variant => format!("{variant} (step {step})"),
            };
            assert_eq!(found.len(), 3, "{found:#?}");
            assert!(found[0].starts_with("❌ **1 new failure in "), "{found:#?}");
            assert!(found[0].contains(&name(red)) && found[0].ends_with(FIX), "{found:#?}");
            assert_eq!(found[1], format!("### ❌ {}: 1 new failure", name(red)));
            let known = format!("✅ **{}: no new failures, 1 known.**", name(green));
            assert_eq!(found[2], known);
            let check_run = if variant.is_empty() { "suite" } else { "suite (memory)" };
            assert_eq!(newest_check_run(&action, check_run), "failure");
            // Attempt 2 runs the whole job again.
            let rerun = |step| [("GITHUB_ACTION", step), ("GITHUB_RUN_ATTEMPT", "2")];
            let (smoke, full) = (rerun("smoke"), rerun("full"));
            let again = [
                Step { env: &smoke, inputs: &inputs, results: GREEN },
                Step { env: &full, inputs: &inputs, results: GREEN },
            ];
            run_steps(&mut action, &again);
            assert_all_green(&action, check_run);
        }
    }
}

/// A reusable workflow that is called twice, and a matrix inside it: nothing distinguishes the two jobs.
#[test]
fn jobs_that_nothing_distinguishes_are_both_shown() {
    for (variant, name) in [("", ""), ("memory", "memory")] {
        for (first, second) in [(RED, GREEN), (GREEN, RED)] {
            let mut action = Action::new().with("comment", "always");
            let inputs = [("variant", variant), ("check-run", "suite")];
            let step = |results| Step { env: &[], inputs: &inputs, results };
            let finished = run_steps(&mut action, &[step(first), step(second)]);
            assert!(finished[0].warnings().is_empty(), "{:?}", finished[0].warnings());
            let is_twin =
                |warning: &&&str| warning.starts_with("several jobs or steps of this run report");
            let warnings = finished[1].warnings();
            assert_eq!(warnings.iter().filter(is_twin).count(), 1, "{warnings:?}");
            let hides = warnings.iter().any(|warning| warning.starts_with("the check run suite"));
            assert_eq!(hides, second == GREEN, "{warnings:?}");
            let found = headings(&action);
            assert!(found.len() == 3 && found[0].starts_with('❌'), "{found:#?}");
            assert!(found[1].starts_with("### ❌ ") && found[2].starts_with('✅'), "{found:#?}");
            let (red, green) = if first == RED { (1, 2) } else { (2, 1) };
            let number = |n: i32| match name {
                "" => format!("job smbtorture ({n})"),
                name => format!("{name} ({n})"),
            };
            assert_eq!(found[1], format!("### ❌ {}: 1 new failure", number(red)));
            assert!(found[2].contains(&number(green)), "{found:#?}");
            let body = &action.comments()[0].body;
            assert_eq!(
                body.matches("Several jobs or steps report under this name.").count(),
                1,
                "{body}"
            );
            let check_run = if variant.is_empty() { "suite" } else { "suite (memory)" };
            assert_eq!(newest_check_run(&action, check_run), "failure");
            // Only the one that failed is run again.
            let attempt = [("GITHUB_RUN_ATTEMPT", "2")];
            run_steps(&mut action, &[Step { env: &attempt, inputs: &inputs, results: GREEN }]);
            assert_all_green(&action, check_run);
        }
    }
}

#[test]
fn variants_have_check_runs_of_their_own() {
    let mut action = Action::new();
    let inputs = |variant| [("variant", variant), ("check-run", "suite")];
    let (memory, sqlite) = (inputs("memory"), inputs("sqlite 3\n"));
    let steps = [
        Step { env: &[], inputs: &memory, results: RED },
        Step { env: &[], inputs: &sqlite, results: GREEN },
    ];
    run_steps(&mut action, &steps);
    assert_eq!(newest_check_run(&action, "suite (memory)"), "failure");
    assert_eq!(newest_check_run(&action, "suite (sqlite 3)"), "success");
}

#[test]
fn two_workflows_with_one_id_keep_each_others_sections() {
    let file = |file: &str| format!("octo/r/.github/workflows/{file}@refs/pull/7/merge");
    let (ci, nightly) = (file("ci.yml"), file("nightly.yml"));
    for runs in ["can be read", "cannot be read"] {
        for (first, second) in [(RED, GREEN), (GREEN, RED)] {
            let mut action = Action::new().with("comment", "always").with("id", "shared");
            if runs == "can be read" {
                action.github.add_run(1000, 1, 1, 5, HEAD);
                action.github.add_run(2000, 99, 1, 6, HEAD);
            }
            let workflow = |reference, id, number| {
                [
                    ("GITHUB_WORKFLOW_REF", reference),
                    ("GITHUB_RUN_ID", id),
                    ("GITHUB_RUN_NUMBER", number),
                ]
            };
            let ci = workflow(&*ci, "1000", "1");
            let nightly = workflow(&*nightly, "2000", "99");
            let inputs = [("check-run", "suite")];
            // In both orders of their ids and numbers.
            let older_first = [
                Step { env: &ci, inputs: &inputs, results: first },
                Step { env: &nightly, inputs: &inputs, results: second },
            ];
            for steps in [older_first, [older_first[1], older_first[0]]] {
                run_steps(&mut action, &steps);
                let found = headings(&action);
                assert!(found.len() == 3 && found[0].starts_with('❌'), "runs {runs}: {found:#?}");
                let red = if first == RED { "ci.yml" } else { "nightly.yml" };
                assert_eq!(found[1], format!("### ❌ workflow {red}: 1 new failure"));
                assert_eq!(newest_check_run(&action, "suite"), "failure");
                for comment in action.comments() {
                    action.github.delete_comment(comment.id);
                }
            }
        }
    }
}

/// The texts of the notices in the job's log.
fn notices(finished: &StepResult) -> Vec<&str> {
    let notices = finished.runner.annotations.iter().filter(|a| a.level == Level::Notice);
    notices.map(|notice| &*notice.message).collect()
}

#[test]
fn newer_run_of_one_workflow_replaces_the_older_and_the_log_names_it() {
    let mut action = Action::new();
    let run = |id, number| [("GITHUB_RUN_ID", id), ("GITHUB_RUN_NUMBER", number)];
    let (older, newer) = (run("1000", "1"), run("1001", "2"));
    let step = |env| Step { env, inputs: &[("check-run", "suite")], results: RED };
    run_steps(&mut action, &[step(&older), step(&newer)]);
    let body = action.comments()[0].body.clone();
    assert!(body.contains("/runs/1001/") && !body.contains("/runs/1000/"), "{body}");
    let late = &run_steps(&mut action, &[step(&older)])[0];
    assert_eq!(late.code, 1);
    assert_eq!(action.comments()[0].body, body);
    assert_eq!(action.github.check_runs().len(), 2);
    for (notice, expected) in notices(late).iter().zip([
        "the comment was left as it is: run 2, attempt 1, of this workflow has written it",
        "no check run was created: run 2, attempt 1, of this workflow has created it",
    ]) {
        assert!(notice.starts_with(expected), "{}", late.printed);
    }
    assert_eq!(notices(late).len(), 2, "{}", late.printed);

    action.github.set_head(7, &"e".repeat(40));
    let outdated = &run_steps(&mut action, &[step(&newer)])[0];
    let expected = "the comment was left as it is: the pull request has newer commits";
    assert!(notices(outdated)[0].starts_with(expected), "{}", outdated.printed);
    assert_eq!(outdated.outputs["comment-url"], "");
}

#[test]
fn commit_after_the_comment_was_written_takes_nothing_back() {
    let mut action = Action::new();
    let inputs: &[(&str, &str)] = &[("comment", "always")];
    for (method, path, attempt) in [("POST", "/comments", "1"), ("PATCH", "/comments/", "2")] {
        action.github.set_head(7, HEAD);
        let newer = "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee";
        action.github.inject_fault(method, path, Fault::PushAfter(newer));
        let env = [("GITHUB_RUN_ATTEMPT", attempt)];
        let finished = &run_steps(&mut action, &[Step { env: &env, inputs, results: RED }])[0];
        let comment = action.comments()[0].id;
        let url = &finished.outputs["comment-url"];
        assert!(url.ends_with(&format!("#issuecomment-{comment}")), "{method}: {url}");
        assert!(notices(finished).is_empty(), "{}", finished.printed);
    }
}

#[test]
fn runs_of_one_workflow_for_different_events_do_not_replace_each_other() {
    for (push, pull, expected) in
        [(RED, GREEN, "failure"), (GREEN, RED, "failure"), (GREEN, GREEN, "success")]
    {
        let mut action = Action::new();
        let inputs = [("check-run", "suite")];
        let for_push = [
            ("GITHUB_RUN_ID", "1000"),
            ("GITHUB_EVENT_NAME", "push"),
            ("GITHUB_REF", "refs/heads/topic"),
            ("GITHUB_SHA", HEAD),
        ];
        let for_pull = [("GITHUB_RUN_ID", "1001")];
        let steps = [
            Step { env: &for_push, inputs: &inputs, results: push },
            Step { env: &for_pull, inputs: &inputs, results: pull },
        ];
        for steps in [steps, [steps[1], steps[0]]] {
            run_steps(&mut action, &steps);
            assert_eq!(newest_check_run(&action, "suite"), expected);
        }
    }
}

#[test]
fn warning_of_an_unfinished_check_run_names_what_it_has() {
    let case = |n: u32| {
        format!(
            "<testcase classname=\"c\" name=\"n{n}\" file=\"src/a{n}.c\" line=\"3\">\
             <failure message=\"x\">y</failure></testcase>"
        )
    };
    let cases: String = (0..60).map(case).collect();
    let mut action = Action::new().with("check-run", "suite").with("results", "results.xml");
    action = action.file("results.xml", format!("<testsuite>{cases}</testsuite>"));
    for n in 0..60 {
        action = action.file(&format!("src/a{n}.c"), "1\n2\n3\n");
    }
    action.github.inject_fault("PATCH", "/check-runs/", Fault::Refused(422, "no"));
    let finished = action.run_with_results("");
    let warnings = finished.warnings();
    let is_named = |warning: &&str| warning.starts_with("the check run has only 50 of ");
    assert!(warnings.iter().any(is_named), "{warnings:?}");
    assert!(!finished.printed.contains("no check run"), "{}", finished.printed);
}

#[test]
fn comment_of_the_largest_matrix_keeps_its_limit_and_its_verdict() {
    let mut action = Action::new().with("comment", "always");
    let [red, green] = ["red", "green"].map(|color| format!("a {color} one with a long name, 0"));
    let (red, green) = ([("variant", &*red)], [("variant", &*green)]);
    let red = Step { env: &[], inputs: &red, results: RED };
    run_steps(&mut action, &[red, Step { env: &[], inputs: &green, results: GREEN }]);
    // The other jobs' sections, which this machine would write for minutes.
    let comment = action.comments().remove(0);
    let mut parts = comment.body.split("<!-- knownfail:section ");
    let mut text = parts.next().expect("a headline").to_owned();
    for section in parts {
        assert!(section.contains("name%2C%200"), "{section}");
        for n in 0..128 {
            let other = section.replace("name%2C%200", &format!("name%2C%20{n}"));
            text.push_str(&format!("<!-- knownfail:section {}\n\n", other.trim_end()));
        }
    }
    assert!(text.len() > 100_000);
    action.github.edit_comment(comment.id, &text);
    let again = Step { env: &[("GITHUB_RUN_ATTEMPT", "2")], ..red };
    let finished = &run_steps(&mut action, &[again])[0];
    let body = &action.comments()[0].body;
    assert!(body.len() <= 60_000 && body.len() > 30_000, "{}", body.len());
    assert!(body.contains("❌ **128 new failures in "), "{body}");
    assert_eq!(body.matches("### ❌ a red one with a long name, ").count(), 128, "{body}");
    assert!(body.contains(" more jobs or steps are only counted in the first line."), "{body}");
    assert!(finished.warnings().is_empty(), "{:?}", finished.warnings());
}
