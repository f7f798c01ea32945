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

/// The head of the default branch.
const DEFAULT: &str = "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee";

/// A line of the table: its label, the event, its payload, the token, the head's owner.
type EventRow = (&'static str, &'static str, Value, Access, &'static str);

fn event_rows() -> Vec<EventRow> {
    let merge_group = json!({ "merge_group": {
        "head_sha": HEAD, "base_sha": BASE, "base_ref": "refs/heads/main",
    } });
    let mut own_run = workflow_run("octo");
    own_run["workflow_run"]["pull_requests"] =
        json!([{ "number": PULL, "base": { "sha": BASE, "ref": "release" } }]);
    let mut after_push = workflow_run("octo");
    after_push["workflow_run"]["event"] = json!("push");
    let on = |branch: &str| json!({ "ref": format!("refs/heads/{branch}") });
    let comment = json!({ "issue": { "number": PULL, "pull_request": {} }, "comment": {} });
    use Access::{Read, Write};
    #[rustfmt::skip]
    let lines = vec![
        ("`pull_request`", "pull_request", pull_request("octo"), Write, "octo"),
        ("`pull_request` from a fork", "pull_request", pull_request("mallory"), Read, "mallory"),
        ("`pull_request` by Dependabot", "pull_request", pull_request("octo"), Read, "octo"),
        ("`pull_request_target`, including forks", "pull_request_target", pull_request("mallory"), Write, "mallory"),
        ("`pull_request_review`", "pull_request_review", pull_request("octo"), Write, "octo"),
        ("`workflow_run` after a pull request", "workflow_run", own_run, Write, "octo"),
        ("`workflow_run` after a pull request from a fork", "workflow_run", workflow_run("mallory"), Write, "mallory"),
        ("`workflow_run` after any other event", "workflow_run", after_push, Write, "octo"),
        ("`merge_group`", "merge_group", merge_group, Write, "octo"),
        ("`push` to the default branch", "push", on("main"), Write, "octo"),
        ("`push` to another branch", "push", on("topic"), Write, "octo"),
        ("`schedule`", "schedule", json!({ "schedule": "0 5 * * *" }), Write, "octo"),
        ("`workflow_dispatch` on the default branch", "workflow_dispatch", on("main"), Write, "octo"),
        ("`workflow_dispatch` on another branch", "workflow_dispatch", on("topic"), Write, "octo"),
        ("`issue_comment`", "issue_comment", comment, Write, "octo"),
        ("`check_suite`, `check_run`", "check_suite", json!({ "check_suite": { "head_sha": BASE } }), Write, "octo"),
        ("`repository_dispatch`", "repository_dispatch", json!({ "client_payload": { "sha": BASE } }), Write, "octo"),
    ];
    lines
}

/// A payload with its repository, as GitHub sends it, and the ref that the runner names. Events of a schedule may lack the
/// former.
fn complete(event: &str, mut payload: Value) -> (Value, String) {
    if event != "schedule" {
        payload["repository"] = json!({ "full_name": "octo/r", "default_branch": "main" });
    }
    let git_ref = payload["ref"].as_str().unwrap_or("refs/heads/main").to_owned();
    (payload, git_ref)
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

fn render_row(row: EventRow) -> String {
    let base = base(&row);
    let (name, event, payload, access, owner) = row;
    let (payload, git_ref) = complete(event, payload);
    let mut action = Action::new().on(event, payload).file("results.txt", RED);
    let changed = DOCUMENT.to_owned() + "| a.more | slow | #2 |\n";
    action.github.add_pull(PULL + 1, "octo:other", HEAD);
    action.github.set_owner(PULL, owner);
    action.access = access;
    for (commit, text) in [(BASE, DOCUMENT), (MERGE, DOCUMENT), (HEAD, &changed)] {
        action.github.put_file(commit, "KNOWN_FAILURES.md", text);
    }
    let is_of_head = |event: &str| matches!(event, "push" | "schedule" | "workflow_dispatch");
    if is_of_head(event) || event == "merge_group" {
        action.github.put_file(HEAD, "KNOWN_FAILURES.md", DOCUMENT);
    }
    let finished = action.run_step(|program| {
        program.env("GITHUB_REF", &git_ref);
    });
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
    let yes = |condition| if condition { "yes" } else { "no" };
    let (commit, list, is_reported) = (commit(&finished, event), yes(list), yes(is_reported));
    format!("| {name} | {commit} | {base} | {comment} | {list} | {is_reported} |\n")
}

/// Whose list judges with `known-failures-ref: base`: of several commits, only one has a list without a row for the new failure.
fn base((name, event, payload, access, owner): &EventRow) -> &'static str {
    let lenient = DOCUMENT.to_owned() + "| a.new | slow | #2 |\n";
    let judges = |commit: &str| {
        let (payload, git_ref) = complete(event, payload.clone());
        let mut action = Action::new().on(event, payload).file("results.txt", RED);
        action = action.with("known-failures-ref", "base").with("comment", "off");
        action.github.set_owner(PULL, owner);
        action.github.set_branch("main", DEFAULT);
        action.access = *access;
        for other in [BASE, DEFAULT, HEAD, MERGE] {
            let text = if other == commit { DOCUMENT } else { &lenient };
            action.github.put_file(other, "KNOWN_FAILURES.md", text);
        }
        // The job has written to the workspace since the checkout.
        let everything = "| Test |\n| --- |\n| `*` |\n";
        let finished = action.file("KNOWN_FAILURES.md", everything).run_step(|program| {
            program.env("GITHUB_REF", &git_ref);
        });
        assert!(!finished.printed.contains("[changed-list]"), "{name}: {}", finished.printed);
        assert!(matches!(finished.code, 0 | 1), "{name}: {}", finished.printed);
        finished.code == 1
    };
    let words: Vec<&str> = [
        (
            BASE,
            if *event == "merge_group" { "the group's base" } else { "the pull request's base" },
        ),
        (DEFAULT, "the default branch"),
        (HEAD, "`GITHUB_SHA`"),
    ]
    .into_iter()
    .filter_map(|(commit, word)| judges(commit).then_some(word))
    .collect();
    let [word] = words[..] else { panic!("{name}: {words:?}") };
    word
}

#[test]
fn event_without_a_base_is_refused() {
    let repository = |branch: Value| json!({ "repository": { "default_branch": branch } });
    let pull = |base: Value| json!({ "pull_request": { "number": PULL, "head": { "sha": HEAD }, "base": base } });
    let merge = |base: &str| json!({ "merge_group": { "head_sha": HEAD, "base_sha": base } });
    let two = json!([{ "base": { "sha": BASE } }, { "base": { "sha": BASE } }]);
    let mut with_two = workflow_run("octo");
    with_two["workflow_run"]["pull_requests"] = two;
    let mut upstream = workflow_run("octo");
    upstream["workflow_run"]["pull_requests"] =
        json!([{ "base": { "sha": BASE, "repo": { "id": 1 } } }]);
    upstream["repository"] = json!({ "id": 2 });
    for (event, payload, expected) in [
        ("push", json!({ "after": HEAD }), "repository.default_branch"),
        ("push", repository(json!("../../x")), "repository.default_branch"),
        ("workflow_dispatch", repository(json!("a?ref=b")), "repository.default_branch"),
        ("issue_comment", repository(json!(null)), "repository.default_branch"),
        ("check_suite", repository(json!({})), "repository.default_branch"),
        ("workflow_run", workflow_run("octo"), "repository.default_branch"),
        ("workflow_run", with_two, "repository.default_branch"),
        ("workflow_run", upstream, "repository.default_branch"),
        ("pull_request", pull(json!({ "sha": "main" })), "pull_request.base.sha"),
        ("pull_request_target", pull(json!({})), "pull_request.base.sha"),
        ("merge_group", merge("HEAD"), "merge_group.base_sha"),
        // The event names the branch, but GitHub does not have it.
        (
            "push",
            repository(json!("main")),
            "the head of the default branch: GitHub refused it (404)",
        ),
    ] {
        let mut action = Action::new()
            .on(event, payload)
            .with("known-failures-ref", "base")
            .with("comment", "always");
        let finished = action.run_with_results("test: a\nsuccess: a\n");
        assert_eq!(finished.code, 2, "{event}: {}", finished.printed);
        let text = &finished.printed;
        assert!(text.contains(expected), "{event}: {text}\nlacks {expected}");
        assert!(finished.summary.contains("Nothing could be judged"), "{event}");
        assert_eq!(finished.outputs["conclusion"], "inconclusive", "{event}");
    }
}

/// The commit that the summary names, by the page's word for it.
fn commit(finished: &StepResult, event: &str) -> &'static str {
    assert!(!finished.summary.contains(&MERGE[..12]), "{}", finished.summary);
    assert!(finished.summary.contains(&format!("commit {}", &HEAD[..12])), "{}", finished.summary);
    match event {
        "merge_group" => "the group's head",
        "workflow_run" => "the head of the triggering run",
        event if event.starts_with("pull_request") => "the pull request's head",
        _ => "`GITHUB_SHA`",
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
