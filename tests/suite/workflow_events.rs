//! Every event that starts a workflow: which commit is reported, and what is posted where.
//!
//! The action runs as a process with an event and the token that it gets: the table of `docs/github.md`, line by line. In most
//! events `GITHUB_SHA` is not the commit that was tested.

use crate::action::{
    Action, BASE, DOCUMENT, HEAD, MERGE, PULL, RED, StepResult, pull_request, workflow_run,
};
use crate::fake_github::Access;
use crate::runner_protocol::Level;
use serde_json::{Value, json};

/// A line of the table: its label, the event, its payload, the token, the head's owner.
type EventRow = (&'static str, &'static str, Value, Access, &'static str);

fn event_rows() -> Vec<EventRow> {
    let merge_group = json!({ "merge_group": { "head_sha": HEAD, "base_ref": "refs/heads/main" } });
    let mut after_push = workflow_run("octo");
    after_push["workflow_run"]["event"] = json!("push");
    let dispatch = json!({ "inputs": null, "ref": "refs/heads/main" });
    use Access::{Read, Write};
    #[rustfmt::skip]
    let lines = vec![
        ("`pull_request`", "pull_request", pull_request("octo"), Write, "octo"),
        ("`pull_request` from a fork", "pull_request", pull_request("mallory"), Read, "mallory"),
        ("`pull_request` by Dependabot", "pull_request", pull_request("octo"), Read, "octo"),
        ("`pull_request_target`, including forks", "pull_request_target", pull_request("mallory"), Write, "mallory"),
        ("`workflow_run` after a pull request, including forks", "workflow_run", workflow_run("mallory"), Write, "mallory"),
        ("`workflow_run` after any other event", "workflow_run", after_push, Write, "octo"),
        ("`merge_group`", "merge_group", merge_group, Write, "octo"),
        ("`push`", "push", json!({ "after": HEAD }), Write, "octo"),
        ("`schedule`", "schedule", json!({ "schedule": "0 5 * * *" }), Write, "octo"),
        ("`workflow_dispatch`", "workflow_dispatch", dispatch, Write, "octo"),
    ];
    lines
}

#[test]
fn documented_event_table_matches_the_action() {
    let page = include_str!("../../docs/github.md");
    let rows: Vec<String> = std::thread::scope(|scope| {
        let runs: Vec<_> =
            event_rows().into_iter().map(|l| scope.spawn(move || render_row(l))).collect();
        runs.into_iter().map(|run| run.join().expect("a run")).collect()
    });
    assert!(page.contains(&rows.concat()), "docs/github.md lacks\n{}", rows.concat());
}

fn render_row((name, event, payload, access, owner): EventRow) -> String {
    let mut action = Action::new().on(event, payload);
    let changed = DOCUMENT.to_owned() + "| a.more | slow | #2 |\n";
    action.github.add_pull(PULL + 1, "octo:other", HEAD);
    action.github.set_owner(PULL, owner);
    action.access = access;
    action.github.put_file(BASE, "KNOWN_FAILURES.md", DOCUMENT);
    action.github.put_file(HEAD, "KNOWN_FAILURES.md", &changed);
    let finished = action.run_with_results(RED);
    assert_eq!(finished.code, 1, "{name}: {}", finished.printed);
    assert_eq!(finished.outputs["conclusion"], "failure", "{name}");
    assert!(action.github.comments(PULL + 1).is_empty(), "{name}");
    let comment = match (action.comments().len(), finished.warnings().len()) {
        (1, 0) => "yes",
        (0, 1) => "no; one warning says so",
        (0, 0) => "no",
        other => panic!("{name}: {other:?} {:?}", finished.warnings()),
    };
    let list = finished.summary.contains("This pull request changes the list");
    let is_reported = finished.summary.contains("a.new")
        && finished.runner.annotations.iter().any(|a| a.level == Level::Error);
    let has_requests = !action.github.requests().is_empty();
    let yes = |condition| if condition { "yes" } else { "no" };
    let (commit, list, is_reported, has_requests) =
        (commit(&finished, event), yes(list), yes(is_reported), yes(has_requests));
    format!("| {name} | {commit} | {comment} | {list} | {is_reported} | {has_requests} |\n")
}

/// The commit that the summary names, by the page's word for it.
fn commit(finished: &StepResult, event: &str) -> &'static str {
    assert!(!finished.summary.contains(&MERGE[..12]), "{}", finished.summary);
    assert!(finished.summary.contains(&format!("commit {}", &HEAD[..12])), "{}", finished.summary);
    match event {
        "push" | "schedule" | "workflow_dispatch" => "`GITHUB_SHA`",
        "merge_group" => "the group's head",
        "workflow_run" => "the head of the triggering run",
        _ => "the pull request's head",
    }
}

#[test]
fn rerun_updates_the_comment_and_an_earlier_attempt_does_not() {
    let mut action = Action::new();
    action.run_with_results(RED);
    let attempt = |action: &mut Action, attempt: &str| {
        action.run_step(|program| {
            program.env("GITHUB_RUN_NUMBER", "1").env("GITHUB_RUN_ATTEMPT", attempt);
        })
    };
    assert_eq!(attempt(&mut action, "2").code, 1);
    let [comment] = &action.comments()[..] else { panic!("{:?}", action.comments()) };
    assert!(comment.body.contains("/attempts/2"), "{}", comment.body);
    assert_eq!(attempt(&mut action, "1").code, 1, "the verdict stands all the same");
    assert_eq!(action.comments()[0].body, comment.body);
}

#[test]
fn untrusted_pull_request_numbers_are_ignored() {
    let mut payload = workflow_run("mallory");
    payload["workflow_run"]["pull_requests"] = json!([{ "number": PULL + 1 }]);
    payload["number"] = json!(PULL + 1);
    let mut action = Action::new().on("workflow_run", payload).file("pr-number", "8");
    action.github.add_pull(PULL + 1, "octo:other", HEAD);
    action.github.set_owner(PULL, "mallory");
    assert_eq!(action.run_with_results(RED).code, 1);
    assert_eq!(action.comments().len(), 1);
    assert!(action.github.comments(PULL + 1).is_empty());
}
