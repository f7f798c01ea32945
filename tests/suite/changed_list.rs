//! The list that judges is the one that was reviewed: what the job's steps write to the workspace is reported, and
//! links hide nothing.

use crate::action::{Action, BASE, DOCUMENT, HEAD, MERGE, RED, StepResult, workflow_run};
use crate::fake_github::Fault;
use crate::runner_protocol::Level;
use serde_json::{Value, json};

const LIST: &str = "KNOWN_FAILURES.md";

/// With a row for the new failure of [`RED`].
fn lenient() -> String {
    DOCUMENT.to_owned() + "| a.new | slow | #2 |\n"
}

/// A pull request that leaves the list as it is, in a workspace with this list.
fn action_with_workspace_list(list: &str) -> Action {
    let action = Action::new().file(LIST, list).file("results.txt", RED);
    for commit in [BASE, HEAD, MERGE] {
        action.github.put_file(commit, LIST, DOCUMENT);
    }
    action.with("check-run", "conformance").with("json-file", "report.json")
}

/// The codes of the report's problems, with their lines.
fn problems(finished: &StepResult) -> Vec<(String, u64)> {
    let report: Value = serde_json::from_str(&finished.report_file).expect("a report");
    let problems = report["problems"].as_array().expect("problems").iter();
    let problem = |problem: &Value| {
        (problem["code"].as_str().unwrap().to_owned(), problem["line"].as_u64().unwrap_or_default())
    };
    problems.map(problem).collect()
}

#[test]
fn changed_list_is_reported_in_every_place_and_is_not_green() {
    let mut action = action_with_workspace_list(&lenient());
    let finished = action.run_step(|_| {});
    assert_eq!((finished.code, finished.warnings().len()), (2, 0), "{}", finished.printed);
    assert_eq!(problems(&finished), [("changed-list".to_owned(), 6)]);
    let comments = action.comments();
    let check_run = &action.github.check_runs()[0].created["output"];
    let texts = [&finished.printed, &finished.summary, &comments[0].body];
    for text in texts.map(String::as_str).into_iter().chain(check_run["summary"].as_str()) {
        assert!(text.contains("changed it after the checkout"), "{text}");
        assert!(text.contains(&HEAD[..12]), "{text}");
    }
    let error = finished.runner.annotations.iter().find(|a| a.level == Level::Error).unwrap();
    assert_eq!((error.file.as_deref(), error.line), (Some(LIST), Some(6)));
    assert_eq!(check_run["annotations"][0]["start_line"], 6);
}

#[test]
fn changed_list_judges_as_the_input_states() {
    for (source, code, expected) in [
        ("", 2, Some("changed-list")),
        ("base", 1, None),
        ("workspace", 0, Some("uncommitted-list")),
    ] {
        let mut action = action_with_workspace_list(&lenient()).with("known-failures-ref", source);
        let finished = action.run_step(|_| {});
        assert_eq!(finished.code, code, "{source}: {}", finished.printed);
        let codes: Vec<String> = problems(&finished).into_iter().map(|(code, _)| code).collect();
        assert_eq!(codes, expected.into_iter().collect::<Vec<_>>(), "{source}");
        let is_reported = finished.summary.contains("changed it after the checkout");
        assert_eq!(is_reported, expected.is_some(), "{source}: {}", finished.summary);
    }
}

#[test]
fn changed_list_is_reported_on_every_event() {
    let merge_group = json!({ "merge_group": { "head_sha": HEAD, "base_sha": BASE } });
    for (event, payload) in [
        ("pull_request_target", crate::action::pull_request("mallory")),
        ("workflow_run", workflow_run("mallory")),
        ("merge_group", merge_group),
        ("push", json!({ "ref": "refs/heads/main" })),
        ("schedule", json!({ "schedule": "0 5 * * *" })),
        ("workflow_dispatch", json!({ "inputs": null })),
        ("issue_comment", json!({ "issue": { "number": 7 } })),
    ] {
        let mut action = action_with_workspace_list(&lenient()).on(event, payload);
        let finished = action.run_step(|_| {});
        assert_eq!(finished.code, 2, "{event}: {}", finished.printed);
        assert_eq!(problems(&finished), [("changed-list".to_owned(), 6)], "{event}");
    }
}

#[test]
fn list_of_the_head_the_merge_or_the_base_is_unchanged() {
    let merged = DOCUMENT.to_owned() + "| z.base | slow | #3 |\n";
    let windows = DOCUMENT.replace('\n', "\r\n");
    for (commit, committed, workspace) in [
        (HEAD, lenient(), lenient()),
        (MERGE, merged.clone(), merged.clone()),
        (BASE, merged.clone(), merged.clone()),
        (HEAD, DOCUMENT.to_owned(), windows.clone()),
        (HEAD, windows, DOCUMENT.to_owned()),
    ] {
        let mut action = action_with_workspace_list(&workspace);
        action.github.put_file(commit, LIST, &committed);
        let finished = action.run_step(|_| {});
        assert_eq!(problems(&finished), [], "{commit}: {}", finished.printed);
        let requests = action.github.requests().into_iter();
        let reads = requests.filter(|request| request.path.contains("/contents/")).count();
        assert!(reads <= 3, "{commit}: {reads} requests");
    }
}

/// With `pull_request_target`, `GITHUB_SHA` is the base.
#[test]
fn list_of_a_merge_that_the_workflow_checks_out_is_unchanged() {
    const OTHER: &str = "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee";
    let merged = DOCUMENT.to_owned() + "| z.base | slow | #3 |\n";
    let mut payload = crate::action::pull_request("mallory");
    for (merge, expected) in [(OTHER, 0), ("not a commit", 1)] {
        payload["pull_request"]["merge_commit_sha"] = json!(merge);
        let mut action =
            action_with_workspace_list(&merged).on("pull_request_target", payload.clone());
        action.github.put_file(OTHER, LIST, &merged);
        let finished = action.run_step(|_| {});
        assert_eq!(problems(&finished).len(), expected, "{}", finished.printed);
    }
}

#[test]
fn list_that_no_commit_has_is_a_warning() {
    let mut action = action_with_workspace_list(DOCUMENT)
        .file("build/generated.md", lenient())
        .with("known-failures", "build/generated.md");
    action.github.put_file("other", "build/generated.md", "");
    let finished = action.run_step(|_| {});
    assert_eq!((finished.code, finished.warnings().len()), (0, 0), "{}", finished.printed);
    assert_eq!(problems(&finished), [("uncommitted-list".to_owned(), 0)]);
    assert!(finished.summary.contains("no review shows what it excuses"), "{}", finished.summary);
    // Where a step is expected to make the list, it is none.
    let mut accepted = action_with_workspace_list(DOCUMENT)
        .file("build/generated.md", lenient())
        .with("known-failures", "build/generated.md")
        .with("known-failures-ref", "workspace");
    let finished = accepted.run_step(|_| {});
    assert_eq!((finished.code, finished.warnings().len(), problems(&finished)), (0, 0, vec![]));
    // A list that the base has, and that the pull request removes to have a step make it, was changed.
    action.github.put_file(BASE, "build/generated.md", DOCUMENT);
    assert_eq!(action.run_step(|_| {}).code, 2);
}

#[test]
fn directive_does_not_allow_a_changed_list() {
    let allowing = "<!-- knownfail: allow = changed-list, uncommitted-list -->\n\n".to_owned();
    let mut action = action_with_workspace_list(&(allowing + &lenient()));
    let finished = action.run_step(|_| {});
    assert_eq!(finished.code, 2, "{}", finished.printed);
    assert!(problems(&finished).contains(&("changed-list".to_owned(), 1)), "{}", finished.printed);
}

#[test]
fn comparison_that_fails_is_a_line_of_the_log() {
    let mut action = action_with_workspace_list(&lenient());
    for _ in 0..8 {
        let elsewhere = Fault::Redirect("http://127.0.0.1:9/".into());
        action.github.inject_fault("GET", "/contents/", elsewhere);
    }
    let finished = action.run_step(|_| {});
    assert_eq!(finished.code, 0, "{}", finished.printed);
    // The warning is about what the pull request does to the list.
    assert_eq!(finished.warnings().len(), 1, "{:?}", finished.warnings());
    let line = "knownfail: whether the list was changed after the checkout is unknown: ";
    assert!(finished.printed.contains(line), "{}", finished.printed);
}

/// A change that makes its own list unreadable gains nothing.
#[test]
fn list_that_nobody_can_compare_is_not_green() {
    let linked = |links: &[(&str, &str)]| {
        let action = Action::new().file("known/list.md", lenient()).file("results.txt", RED);
        let action = action.with("known-failures", "known/list.md");
        action.github.put_file(BASE, "known/list.md", DOCUMENT);
        for commit in [HEAD, MERGE] {
            links.iter().for_each(|(link, target)| action.github.put_link(commit, link, target));
        }
        action
    };
    let too_long = action_with_workspace_list(&lenient());
    for _ in 0..8 {
        too_long.github.inject_fault("GET", "/contents/", Fault::LongBody(11 << 20));
    }
    for action in [
        too_long,
        linked(&[("known/list.md", "x/../../lists/real.md")]),
        linked(&[("known/list.md", "../x.md"), ("x.md", "known/list.md")]),
        linked(&[("known/list.md", "a|b.md")]),
        linked(&[("known/list.md", "/etc/passwd")]),
        linked(&[("known", "../elsewhere")]),
    ] {
        let finished = action.with("json-file", "report.json").run_step(|_| {});
        assert_eq!(finished.code, 2, "{}", finished.printed);
        let codes: Vec<String> = problems(&finished).into_iter().map(|(code, _)| code).collect();
        assert_eq!(codes, ["changed-list"], "{}", finished.printed);
    }
}

#[test]
fn absolute_paths_of_the_workspace_are_compared_too() {
    for (directory, list) in [("", LIST), ("sub", "sub/KNOWN_FAILURES.md")] {
        let mut action = Action::new().file(list, lenient()).file("results.txt", RED);
        for commit in [BASE, HEAD, MERGE] {
            action.github.put_file(commit, list, DOCUMENT);
        }
        action.github.put_file(HEAD, list, &(DOCUMENT.to_owned() + "| b.* | slow | #4 |\n"));
        let finished = action.run_step(|program| {
            let (root, list) = (program.path(""), program.path(list));
            let directory = program.path(directory);
            program.input("known-failures", &list).input("results", &format!("{root}/results.txt"));
            program.input("working-directory", &directory);
        });
        assert_eq!(finished.code, 2, "{}", finished.printed);
        assert!(finished.summary.contains("1 row added"), "{}", finished.summary);
    }
}

// --- Symbolic links ------------------------------------------------------------------------------

/// Links that lead to `lists/real.md`, as path, target and the document below it.
const LINKS: [(&str, &str, &str); 4] = [
    ("lists/same.md", "real.md", "lists/same.md"),
    ("docs/up.md", "../lists/real.md", "docs/up.md"),
    ("down.md", "lists/real.md", "down.md"),
    ("docs/dir", "../lists", "docs/dir/real.md"),
];

/// A job whose document is a link, with the target's text at the base, at the head and in the workspace.
fn run_with_link(
    (link, target, document): (&str, &str, &str),
    [base, head, workspace]: [&str; 3],
    inputs: &[(&'static str, &str)],
) -> StepResult {
    let mut action = Action::new()
        .file("lists/real.md", workspace)
        .file("results.txt", RED)
        .with("known-failures", document)
        .with("json-file", "report.json");
    for (input, value) in inputs {
        action = action.with(input, value);
    }
    for (commit, text) in [(BASE, base), (HEAD, head), (MERGE, head)] {
        action.github.put_file(commit, "lists/real.md", text);
        action.github.put_link(commit, link, target);
    }
    // The pull request changes something else.
    action.github.put_file(HEAD, "src/main.c", "int x;");
    action.run_step(|program| {
        let link = program.path(link);
        std::fs::create_dir_all(std::path::Path::new(&link).parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, link).unwrap();
    })
}

#[test]
fn changes_of_a_links_target_are_reported() {
    let lenient = lenient();
    for link in LINKS {
        let finished = run_with_link(link, [DOCUMENT, &lenient, &lenient], &[]);
        assert_eq!(finished.code, 0, "{link:?}: {}", finished.printed);
        let list = "This pull request changes the list: 1 row added";
        assert!(finished.summary.contains(list), "{link:?}: {}", finished.summary);
        assert_eq!((problems(&finished), finished.warnings().len()), (vec![], 0), "{link:?}");
    }
}

#[test]
fn renamed_file_hides_no_change() {
    let lenient = lenient();
    let list = "docs/list.md";
    for is_link in [false, true] {
        let action = Action::new().file(list, &lenient).file("results.txt", RED);
        let mut action = action.with("known-failures", list);
        action.github.add_rename(list, "lists/other.md");
        action.github.put_file(BASE, "lists/other.md", if is_link { &lenient } else { DOCUMENT });
        if is_link {
            // The list was below a link, and another file takes its place.
            action.github.put_link(BASE, "docs", "lists");
            action.github.put_file(BASE, "lists/list.md", DOCUMENT);
        }
        for commit in [HEAD, MERGE] {
            action.github.put_file(commit, list, &lenient);
        }
        let finished = action.run_step(|_| {});
        assert_eq!((finished.code, finished.warnings().len()), (0, 0), "{}", finished.printed);
        let change = "This pull request changes the list: 1 row added";
        assert!(finished.summary.contains(change), "{is_link}: {}", finished.summary);
    }
}

#[test]
fn list_below_a_link_is_compared_and_judges_at_the_base() {
    let lenient = lenient();
    for link in LINKS {
        let finished = run_with_link(link, [DOCUMENT, DOCUMENT, &lenient], &[]);
        assert_eq!(finished.code, 2, "{link:?}: {}", finished.printed);
        assert_eq!(problems(&finished), [("changed-list".to_owned(), 6)], "{link:?}");
        for (base, code) in [(DOCUMENT, 1), (&lenient, 0)] {
            let by_base = [("known-failures-ref", "base")];
            let finished = run_with_link(link, [base, DOCUMENT, DOCUMENT], &by_base);
            assert_eq!(finished.code, code, "{link:?}: {}", finished.printed);
        }
    }
}

#[test]
fn links_out_of_the_repository_or_in_circles_lead_nowhere() {
    for (links, what) in [
        (&[("KNOWN_FAILURES.md", "../../other/list.md")][..], "there is no such file"),
        (&[("KNOWN_FAILURES.md", "/etc/passwd")], "there is no such file"),
        (&[("KNOWN_FAILURES.md", "x/../docs/a.md")], "leads down and up again"),
        (&[("KNOWN_FAILURES.md", "docs/b.md"), ("docs/b.md", "../KNOWN_FAILURES.md")], "too many"),
        (&[("KNOWN_FAILURES.md", "a/list.md"), ("a", "a/a")], "too many"),
    ] {
        let mut action = Action::new().with("known-failures-ref", "base").with("comment", "off");
        for (link, target) in links {
            action.github.put_link(BASE, link, target);
        }
        let finished = action.run_with_results(RED);
        assert_eq!(finished.code, 2, "{links:?}: {}", finished.printed);
        assert!(finished.printed.contains(what), "{links:?}: {}", finished.printed);
        assert!(action.github.requests().len() < 40, "{links:?}");
    }
}
