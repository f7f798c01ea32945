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

/// A line of the table.
#[derive(Clone)]
struct EventRow {
    label: &'static str,
    event: &'static str,
    payload: Value,
    /// `GITHUB_REF`.
    git_ref: &'static str,
    access: Access,
    /// The owner of the head's repository.
    owner: &'static str,
}

const MAIN: &str = "refs/heads/main";
const TOPIC: &str = "refs/heads/topic";
const TAG: &str = "refs/tags/v1.0";
const PULL_REF: &str = "refs/pull/7/merge";

/// Where events come from: the ref, the token, the head's owner.
type Origin = (&'static str, Access, &'static str);
const ON_MAIN: Origin = (MAIN, Access::Write, "octo");
const ON_TOPIC: Origin = (TOPIC, Access::Write, "octo");
const ON_TAG: Origin = (TAG, Access::Write, "octo");
const ON_PULL: Origin = (PULL_REF, Access::Write, "octo");

/// A payload with a pull request, and what the event adds to it.
fn with_pull(owner: &str, name: &str, value: Value) -> Value {
    let mut payload = pull_request(owner);
    payload[name] = value;
    payload
}

/// An entry of `workflow_run.pull_requests`.
fn listed_pull(number: u64, base: &str, repository: u64) -> Value {
    let repo = |id: u64| {
        let url = format!("https://api.github.com/repos/octo/r{id}");
        json!({ "id": id, "url": url, "name": "r" })
    };
    json!({
        "url": format!("https://api.github.com/repos/octo/r/pulls/{number}"), "id": 900 + number,
        "number": number, "head": { "ref": "topic", "sha": HEAD, "repo": repo(1) },
        "base": { "ref": base, "sha": BASE, "repo": repo(repository) },
    })
}

/// The event of a run of this repository that lists pull requests.
fn run_of(pulls: Vec<Value>) -> Value {
    let mut payload = workflow_run("octo");
    payload["workflow_run"]["pull_requests"] = json!(pulls);
    payload
}

fn event_rows() -> Vec<EventRow> {
    let merge_group = json!({ "action": "checks_requested", "merge_group": {
        "head_sha": HEAD, "head_ref": "refs/heads/gh-readonly-queue/main/pr-7-x",
        "base_sha": BASE, "base_ref": MAIN,
    } });
    let mut after_push = run_of(Vec::new());
    after_push["workflow_run"]["event"] = json!("push");
    let push = |git_ref: &str| json!({ "ref": git_ref, "before": BASE, "after": HEAD, "created": false, "deleted": false });
    let deleted = json!({ "ref": TOPIC, "before": BASE, "after": "0".repeat(40), "deleted": true });
    let comment = json!({ "action": "created", "comment": { "id": 1, "body": "/test" }, "issue": {
        "number": PULL, "pull_request": { "url": "https://api.github.com/repos/octo/r/pulls/7" },
    } });
    let review = json!({ "id": 1, "state": "approved", "commit_id": HEAD });
    let review_comment = json!({ "id": 1, "path": "a", "commit_id": HEAD });
    let release = json!({ "action": "published", "release": {
        "tag_name": "v1.0", "target_commitish": "main", "draft": false,
    } });
    let branch = json!({ "ref": "topic", "ref_type": "branch", "master_branch": "main" });
    let deployment = json!({ "deployment": { "id": 1, "sha": BASE, "ref": "topic" } });
    let status = json!({ "deployment": { "id": 1, "sha": BASE, "ref": "topic" },
                         "deployment_status": { "state": "success" } });
    let label = json!({ "action": "created", "label": { "name": "x" } });
    let fork: Origin = (PULL_REF, Access::Read, "mallory");
    #[rustfmt::skip]
    let lines = vec![
        ("`pull_request`", "pull_request", pull_request("octo"), ON_PULL),
        ("`pull_request` from a fork", "pull_request", pull_request("mallory"), fork),
        ("`pull_request` by Dependabot, in a workflow without `permissions`", "pull_request", pull_request("octo"), (PULL_REF, Access::Read, "octo")),
        ("`pull_request_target`, including forks", "pull_request_target", pull_request("mallory"), (MAIN, Access::Write, "mallory")),
        ("`pull_request_review`", "pull_request_review", with_pull("octo", "review", review), ON_PULL),
        ("`pull_request_review_comment`", "pull_request_review_comment", with_pull("octo", "comment", review_comment), ON_PULL),
        ("`workflow_run` after a pull request", "workflow_run", run_of(vec![listed_pull(PULL, "release", 1)]), ON_MAIN),
        ("`workflow_run` after a pull request from a fork", "workflow_run", workflow_run("mallory"), (MAIN, Access::Write, "mallory")),
        ("`workflow_run` after any other event", "workflow_run", after_push, ON_MAIN),
        ("`merge_group`", "merge_group", merge_group, ON_TOPIC),
        ("`push` to the default branch", "push", push(MAIN), ON_MAIN),
        ("`push` to another branch", "push", push(TOPIC), ON_TOPIC),
        ("`push` of a tag", "push", push(TAG), ON_TAG),
        ("`push` that deletes a branch", "push", deleted, ON_MAIN),
        ("`schedule`", "schedule", json!({ "schedule": "0 5 * * *" }), ON_MAIN),
        ("`workflow_dispatch` on the default branch", "workflow_dispatch", json!({ "ref": MAIN, "inputs": null }), ON_MAIN),
        ("`workflow_dispatch` on another branch", "workflow_dispatch", json!({ "ref": TOPIC, "inputs": null }), ON_TOPIC),
        ("`release`", "release", release, ON_TAG),
        ("`create` of a branch or tag", "create", branch.clone(), ON_TOPIC),
        ("`delete` of a branch or tag", "delete", branch, ON_MAIN),
        ("`deployment` of another branch or tag", "deployment", deployment, ON_TOPIC),
        ("`deployment_status` of another branch or tag", "deployment_status", status, ON_TOPIC),
        ("`issue_comment`, on a pull request too", "issue_comment", comment, ON_MAIN),
        ("`issues`, `label`, `watch` and the like", "label", label, ON_MAIN),
        ("`check_suite`, `check_run`", "check_suite", json!({ "check_suite": { "head_sha": BASE } }), ON_MAIN),
        ("`repository_dispatch`", "repository_dispatch", json!({ "client_payload": { "sha": BASE } }), ON_MAIN),
    ];
    let row = |(label, event, payload, (git_ref, access, owner))| EventRow {
        label,
        event,
        payload: complete(event, payload),
        git_ref,
        access,
        owner,
    };
    lines.into_iter().map(row).collect()
}

/// A payload with its repository, as GitHub sends it. Events of a schedule may lack it.
fn complete(event: &str, mut payload: Value) -> Value {
    if event != "schedule" {
        payload["repository"] = json!({ "id": 1, "full_name": "octo/r", "default_branch": "main" });
    }
    payload
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
    let EventRow { label: name, event, payload, git_ref, access, owner } = row;
    let mut action = Action::new().on(event, payload).file("results.txt", RED);
    let changed = DOCUMENT.to_owned() + "| a.more | slow | #2 |\n";
    action.github.add_pull(PULL + 1, "octo:other", HEAD);
    action.github.set_owner(PULL, owner);
    action.access = access;
    for (commit, text) in [(BASE, DOCUMENT), (MERGE, DOCUMENT), (HEAD, &changed)] {
        action.github.put_file(commit, "KNOWN_FAILURES.md", text);
    }
    if !event.starts_with("pull_request") && event != "workflow_run" {
        action.github.put_file(HEAD, "KNOWN_FAILURES.md", DOCUMENT);
    }
    let finished = action.run_step(|program| {
        program.env("GITHUB_REF", git_ref);
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
fn base(row: &EventRow) -> &'static str {
    let EventRow { label: name, event, payload, git_ref, access, owner } = row;
    let lenient = DOCUMENT.to_owned() + "| a.new | slow | #2 |\n";
    let judges = |commit: &str| {
        let mut action = Action::new().on(event, payload.clone()).file("results.txt", RED);
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
            program.env("GITHUB_REF", git_ref);
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
    let mut with_two = run_of(vec![listed_pull(7, "main", 1), listed_pull(8, "release", 1)]);
    with_two["repository"] = json!({ "id": 1 });
    let mut upstream = run_of(vec![listed_pull(7, "main", 1)]);
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
    let merge = format!("commit {}", &MERGE[..12]);
    assert!(!finished.summary.contains(&merge), "{}", finished.summary);
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
            program.env("GITHUB_RUN_NUMBER", "1").env("GITHUB_RUN_ID", "1000");
            program.env("GITHUB_RUN_ATTEMPT", attempt);
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

/// The numbers of the pull requests that get a comment, and the requests that looked for one.
fn run_on_pulls(mut action: Action) -> (StepResult, Vec<u64>, usize) {
    let finished = action.run_with_results(RED);
    assert_eq!(finished.code, 1, "{}", finished.printed);
    let commented: Vec<u64> =
        action.github.all_comments().iter().map(|comment| comment.pull.1).collect();
    let requests = action.github.requests();
    let lookups = requests.iter().filter(|request| request.path.contains("/pulls?")).count();
    (finished, commented, lookups)
}

/// Pull requests of one branch: 7 into `release`, 8 into `main`, 9 of another head.
fn action_with_three_pulls(owner: &str, payload: Value) -> Action {
    let action = Action::new().on("workflow_run", complete("workflow_run", payload));
    action.github.set_base(PULL, "release");
    action.github.set_owner(PULL, owner);
    action.github.add_pull(8, &format!("{owner}:topic"), HEAD);
    action.github.add_pull(9, &format!("{owner}:topic"), MERGE);
    action
}

#[test]
fn workflow_run_comments_on_the_pull_request_that_the_event_lists() {
    for (listed, expected) in [
        (vec![listed_pull(PULL, "release", 1)], PULL),
        (vec![listed_pull(8, "main", 1)], 8),
        // A fork's run also lists its pull requests to other repositories.
        (vec![listed_pull(8, "main", 2), listed_pull(PULL, "release", 1)], PULL),
    ] {
        let (finished, commented, lookups) =
            run_on_pulls(action_with_three_pulls("octo", run_of(listed)));
        assert_eq!(finished.warnings(), [""; 0]);
        assert_eq!((commented, lookups), (vec![expected], 0));
    }
}

#[test]
fn several_pull_requests_of_one_commit_are_a_warning() {
    let listed = vec![listed_pull(PULL, "release", 1), listed_pull(8, "main", 1)];
    for (owner, payload) in
        [("octo", run_of(listed)), ("octo", run_of(vec![])), ("mallory", workflow_run("mallory"))]
    {
        let (finished, commented, _) = run_on_pulls(action_with_three_pulls(owner, payload));
        let warnings = finished.warnings();
        let [warning] = warnings[..] else { panic!("{warnings:?}") };
        let expected = "this commit is also at the head of #7: only pull request #8 is reported on";
        assert!(warning.starts_with(expected), "{warning}");
        assert_eq!(commented, [8], "the one into the default branch");
    }
}
