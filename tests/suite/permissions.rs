//! Which permission each request needs, and that the page says so.
//!
//! In a public repository, a token may read without any permission; in a private one, all of them are needed.
//! <https://docs.github.com/en/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens>

use crate::action::{Action, DOCUMENT, HEAD, RED, StepResult, TOKEN, workflow_run};
use crate::fake_github::{Fault, Request};
use std::collections::BTreeSet;

/// A kind of request.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Endpoint {
    /// The start of a row of the page's table; empty for what needs no permission.
    feature: &'static str,
    method: &'static str,
    /// Below the repository; `*` is one segment, `**` the rest.
    path: &'static str,
    /// Each of these permissions is enough.
    pub accepts: &'static [&'static str],
}

const COMMENT: &str = "the comment";
const SUGGESTIONS: &str = "suggestions";
const LIST: &str = "what the pull request changes in the list";
const CHECK_RUN: &str = "the check run";

const PULLS_READ: &[&str] = &["pull-requests: read"];
const COMMENTS_READ: &[&str] = &["issues: read", "pull-requests: read"];
const COMMENTS_WRITE: &[&str] = &["issues: write", "pull-requests: write"];
const CONTENTS: &[&str] = &["contents: read"];
const CHECKS_WRITE: &[&str] = &["checks: write"];
const CHECKS_READ: &[&str] = &["checks: read"];

const fn row(
    feature: &'static str,
    method: &'static str,
    path: &'static str,
    accepts: &'static [&'static str],
) -> Endpoint {
    Endpoint { feature, method, path, accepts }
}

#[rustfmt::skip]
const ENDPOINTS: &[Endpoint] = &[
    row(COMMENT, "GET", "pulls/*", PULLS_READ),
    row(COMMENT, "GET", "issues/*/comments", COMMENTS_READ),
    row(COMMENT, "POST", "issues/*/comments", COMMENTS_WRITE),
    row(COMMENT, "PATCH", "issues/comments/*", COMMENTS_WRITE),
    row("the pull request of a `workflow_run`", "GET", "pulls", PULLS_READ),
    row("whether a section of the comment is of a newer run or of another workflow", "GET", "actions/runs/*", &["actions: read"]),
    row(SUGGESTIONS, "GET", "pulls/*/files", PULLS_READ),
    row(SUGGESTIONS, "GET", "pulls/*/comments", PULLS_READ),
    row(SUGGESTIONS, "POST", "pulls/*/reviews", &["pull-requests: write"]),
    row(LIST, "GET", "compare/*", CONTENTS),
    row(LIST, "GET", "contents/**", CONTENTS),
    row(LIST, "GET", "git/blobs/*", CONTENTS),
    row(LIST, "GET", "git/commits/*", CONTENTS),
    row(LIST, "GET", "branches/*", CONTENTS),
    row(CHECK_RUN, "POST", "check-runs", CHECKS_WRITE),
    row(CHECK_RUN, "PATCH", "check-runs/*", CHECKS_WRITE),
    row(CHECK_RUN, "GET", "check-runs/*", CHECKS_READ),
    row(CHECK_RUN, "GET", "commits/*/check-runs", CHECKS_READ),
    // The states of issues, the token's login, minimizing an own comment: what may not be seen is null.
    row("", "POST", "/graphql", &[]),
    // Only if GraphQL does not answer.
    row("", "GET", "/user", &[]),
];

/// What a request asks for.
pub(crate) fn endpoint(request: &Request) -> Option<&'static Endpoint> {
    let path = request.path.split('?').next().unwrap_or_default();
    let path = path.split_once("/repos/octo/r/").map_or(path, |(_, path)| path);
    ENDPOINTS.iter().find(|row| row.method == request.method && matches_path(row.path, path))
}

fn matches_path(pattern: &str, path: &str) -> bool {
    let (mut patterns, mut parts) = (pattern.split('/'), path.split('/'));
    loop {
        match (patterns.next(), parts.next()) {
            (None, None) => return true,
            (Some("**"), Some(_)) => return true,
            (Some(pattern), Some(part)) if pattern == "*" || pattern == part => {}
            _ => return false,
        }
    }
}

/// Whether permissions include one. Who may write may read.
pub(crate) fn is_granted(granted: &[String], needed: &str) -> bool {
    let write = needed.replace(": read", ": write");
    granted.iter().any(|granted| granted == needed || *granted == write)
}

/// The permissions that a text names.
fn permissions_in(text: &str) -> Vec<String> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted
        .filter(|text| text.ends_with(": read") || text.ends_with(": write"))
        .map(str::to_owned)
        .collect()
}

/// The permissions in a row of the page's table, before what is not always enough.
fn documented(feature: &str) -> Vec<String> {
    let page = include_str!("../../docs/github.md");
    let start = format!("| {feature}");
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with(&start)).collect();
    let [row] = rows[..] else { panic!("{feature}: {rows:?}") };
    let column = row.split('|').nth(2).expect("a column");
    permissions_in(column.split(';').next().expect("a text"))
}

#[test]
fn page_has_a_sufficient_permission_for_each_endpoint() {
    for endpoint in ENDPOINTS.iter().filter(|endpoint| !endpoint.feature.is_empty()) {
        let granted = documented(endpoint.feature);
        let is_enough = endpoint.accepts.iter().any(|needed| is_granted(&granted, needed));
        assert!(is_enough, "{endpoint:?}: {granted:?}");
    }
}

/// All results fail or pass so that every feature has something to do.
const RESULTS: &str = "test: a.known\nsuccess: a.known\ntest: a.new\nfailure: a.new [\ny\n]\n";

/// A step with every feature, in a private repository.
fn step_with_everything(event: Option<&'static str>, granted: &[&str]) -> (Action, StepResult) {
    let mut action = Action::new()
        .with("check-run", "conformance")
        .with("suggestions", "true")
        .with("comment", "always")
        .file("lists/more.md", "| Test |\n| --- |\n| b.other |\n")
        .with("known-failures", "KNOWN_FAILURES.md\nlists");
    if event == Some("workflow_run") {
        let mut payload = workflow_run("octo");
        payload["repository"] = serde_json::json!({ "id": 1, "default_branch": "main" });
        action = action.on("workflow_run", payload).with("known-failures-ref", "base");
        action.github.set_branch("main", HEAD);
    }
    action.github.set_patch("KNOWN_FAILURES.md", "@@ -0,0 +5,1 @@\n+| a.known | slow | #1 |");
    action.github.grant(TOKEN, granted);
    let finished = action.run_with_results(RESULTS);
    (action, finished)
}

#[test]
fn documented_permissions_are_enough_in_a_private_repository() {
    let page = include_str!("../../docs/github.md");
    let (_, table) = page.split_once("## Permissions").expect("a heading");
    let (table, _) = table.split_once("\n## ").expect("another heading");
    let all: BTreeSet<String> = permissions_in(table).into_iter().collect();
    let all: Vec<&str> = all.iter().map(String::as_str).filter(|p| *p != "issues: write").collect();
    for event in [None, Some("workflow_run")] {
        let (action, finished) = step_with_everything(event, &all);
        assert_eq!((finished.code, finished.warnings().len()), (1, 0), "{}", finished.printed);
        assert_eq!((action.comments().len(), action.github.check_runs().len()), (1, 1));
        assert_eq!(action.github.review_comments().len(), 1, "{}", finished.printed);
    }
}

#[test]
fn warning_names_the_permission_of_each_feature() {
    let (_, finished) = step_with_everything(None, &["contents: read"]);
    let warnings = finished.warnings();
    let [pulls, check_run] = &warnings[..] else { panic!("{warnings:?}") };
    assert!(pulls.starts_with("no comment, no suggestions: GitHub refused it (403)"), "{pulls}");
    assert!(pulls.contains("it needs pull-requests: read"), "{pulls}");
    assert!(check_run.contains("it needs checks: write"), "{check_run}");

    let (_, finished) = step_with_everything(None, &["pull-requests: write", "checks: write"]);
    let warnings = finished.warnings();
    let [list] = &warnings[..] else { panic!("{warnings:?}") };
    assert!(list.starts_with("list changes are not reported: "), "{list}");
    assert!(list.contains("it needs contents: read: give the job"), "{list}");
}

/// Requests that are only sent after a fault, or about another run's comment.
fn provoke_rare_requests() -> Vec<Request> {
    let mut action = Action::new().with("check-run", "conformance");
    let failures: String =
        (0..60).map(|n| format!("test: a.{n}\nfailure: a.{n} [\ny\n]\n")).collect();
    for (method, path) in [("POST", "/check-runs"), ("PATCH", "/check-runs/")] {
        action.github.inject_fault(method, path, Fault::BadGateway);
    }
    action.run_with_results(&failures);
    action.run_with_results(RED);
    let comment = action.comments().remove(0);
    let newer = comment.body.replace("run=2 id=1001", "run=5 id=1005");
    assert_ne!(newer, comment.body);
    action.github.edit_comment(comment.id, &newer);
    action.run_with_results(RED);
    action.github.disable_graphql();
    action.run_with_results(RED);
    let mut unknown_list = Action::new();
    unknown_list.github.put_file("other", "KNOWN_FAILURES.md", DOCUMENT);
    unknown_list.run_with_results(RED);
    [action.github.requests(), unknown_list.github.requests()].concat()
}

#[test]
fn each_request_has_an_endpoint_of_the_table() {
    let everything = [None, Some("workflow_run")]
        .into_iter()
        .flat_map(|event| {
            let permissions =
                ["contents: read", "pull-requests: write", "checks: write", "actions: read"];
            step_with_everything(event, &permissions).0.github.requests()
        })
        .chain(provoke_rare_requests());
    let mut used: Vec<&Endpoint> = Vec::new();
    for request in everything {
        let known = endpoint(&request);
        used.push(known.unwrap_or_else(|| panic!("{} {}", request.method, request.path)));
    }
    let unused: Vec<&Endpoint> = ENDPOINTS.iter().filter(|row| !used.contains(row)).collect();
    assert!(unused.is_empty(), "{unused:#?}");
}
