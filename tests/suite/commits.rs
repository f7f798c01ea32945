//! Links, annotations and patches are those of the commit that a reader has before them.
//!
//! The list that judges is that of the merge commit, of the base or of the default branch; annotations are shown on the head,
//! and a patch is applied to it.

use crate::action::{Action, BASE, HEAD, MERGE, StepResult, pull_request, workflow_run};
use crate::diffs::{APPLY, apply, copied_diffs};
use crate::fake_github::Fault;
use crate::harness::Knownfail;
use serde_json::json;
use std::path::Path;

const LIST: &str = "KNOWN_FAILURES.md";

/// The list at the head of the pull request.
const AT_HEAD: &str = "# Known failures

| Test Name | Reason | Issue |
| --- | --- | --- |
| a.gone | slow | #5 |
| a.known | slow | #1 |
| b.rest | slow | #2 |
";

/// The list of the base branch, which is also that of the merge: with rows above and next to the one that passes.
const AT_BASE: &str = "# Known failures

Words above the table.

| Test Name | Reason | Issue |
| --- | --- | --- |
| a.base | slow | #3 |
| a.known | slow | #1 |
| a.right | slow | #4 |
| b.rest | slow | #2 |
";

/// The rows `a.known` and `a.base` pass.
fn results() -> String {
    let passes = |name| format!("test: {name}\nsuccess: {name}\n");
    let fails = |name| format!("test: {name}\nfailure: {name} [\nx\n]\n");
    passes("a.known") + &passes("a.base") + &fails("a.right") + &fails("b.rest")
}

/// A job with this list in its workspace, where the base branch has changed the list since the pull request began.
fn job(workspace: &str) -> Action {
    let action = Action::new().file(LIST, workspace).file("results.txt", results());
    action.github.put_file(HEAD, LIST, AT_HEAD);
    for commit in [BASE, MERGE] {
        action.github.put_file(commit, LIST, AT_BASE);
    }
    action.with("check-run", "conformance").with("comment", "always")
}

/// Where a line of the list is on GitHub.
fn page(commit: &str) -> String {
    format!("https://github.com/octo/r/blob/{commit}/{LIST}?plain=1")
}

/// The lines of the warnings about rows that can be removed: those of the log, then those of the check run.
fn annotated_lines(action: &Action, finished: &StepResult) -> [Vec<u64>; 2] {
    let in_log = finished.runner.annotations.iter();
    let in_log = in_log.filter(|a| a.title.as_deref().is_some_and(|t| t.contains("passing")));
    let check_run = &action.github.check_runs()[0].annotations;
    let in_check = check_run.iter().filter(|a| a["title"].as_str().unwrap().contains("passing"));
    [
        in_log.map(|a| a.line.unwrap_or_default() as u64).collect(),
        in_check.map(|a| a["start_line"].as_u64().unwrap()).collect(),
    ]
}

/// The text after both programs have applied a diff to it, in a repository.
fn patched(text: &str, diff: &str) -> String {
    let mut program = Knownfail::new();
    assert_eq!(program.run_program("git", &["init", "-q"]).code, 0);
    let mut results = Vec::new();
    for tool in APPLY {
        program.file(LIST, text).file("diff", diff);
        apply(tool, Path::new(&program.path("")), Path::new(&program.path("diff")));
        results.push(program.read(LIST));
    }
    assert_eq!(results[0], results[1]);
    results.remove(0)
}

/// The diff that a reader copies out of the comment.
fn copied_diff(action: &Action) -> Option<String> {
    copied_diffs(&[&action.comments()[0].body]).remove(0)
}

#[test]
fn links_annotations_and_patch_of_a_merge_commit_fit_their_commits() {
    let mut action = job(AT_BASE).with("patch-file", "report.json");
    let finished = action.run_step(|_| {});
    let comment = &action.comments()[0].body;
    // The list that judged is that of the merge commit, with its lines.
    for line in [7, 8] {
        let link = format!("[`{LIST}:{line}`]({}#L{line})", page(MERGE));
        assert!(comment.contains(&link) && finished.summary.contains(&link), "{comment}");
    }
    // The head has one of the rows, two lines above.
    assert_eq!(annotated_lines(&action, &finished), [[1, 6], [1, 6]]);
    let diff = copied_diff(&action).expect("a diff");
    assert_eq!(patched(AT_HEAD, &diff), AT_HEAD.replace("| a.known | slow | #1 |\n", ""));
    let note = "`KNOWN_FAILURES.md` at commit aaaaaaaaaaaa does not have 1 more row that can be removed: the branch \
                removes or changes it, or is not up to date.";
    assert!(comment.contains(note), "{comment}");
    // The file is for a later step of the job.
    let rest =
        AT_BASE.replace("| a.known | slow | #1 |\n", "").replace("| a.base | slow | #3 |\n", "");
    assert_eq!(patched(AT_BASE, &finished.report_file), rest);
}

#[test]
fn links_lead_to_the_commit_whose_list_judged_on_every_event() {
    let merge_group = json!({ "merge_group": { "head_sha": HEAD, "base_sha": BASE } });
    let push = json!({ "ref": "refs/heads/topic", "repository": { "default_branch": "main" } });
    for (event, payload, workspace, judged_by, commit) in [
        ("pull_request", pull_request("octo"), AT_HEAD, "", HEAD),
        ("pull_request", pull_request("octo"), AT_BASE, "", MERGE),
        ("pull_request", pull_request("octo"), AT_HEAD, "base", BASE),
        ("pull_request_target", pull_request("mallory"), AT_BASE, "", MERGE),
        ("pull_request_target", pull_request("mallory"), AT_HEAD, "", HEAD),
        ("workflow_run", workflow_run("mallory"), AT_BASE, "", MERGE),
        ("merge_group", merge_group, AT_HEAD, "", HEAD),
        ("push", push, AT_HEAD, "", HEAD),
    ] {
        let is_fork = payload.to_string().contains("mallory");
        let mut action = job(workspace).on(event, payload).with("known-failures-ref", judged_by);
        if is_fork {
            action.github.set_owner(crate::action::PULL, "mallory");
        }
        let finished = action.run_step(|_| {});
        let judged = if commit == HEAD { AT_HEAD } else { AT_BASE };
        let line = 1 + judged.lines().position(|line| line.starts_with("| a.known")).unwrap();
        let link = format!("[`{LIST}:{line}`]({}#L{line})", page(commit));
        assert!(finished.summary.contains(&link), "{event} {link}: {}", finished.summary);
        let [in_log, in_check] = annotated_lines(&action, &finished);
        assert!(in_log.contains(&6) && in_log == in_check, "{event}: {in_log:?} {in_check:?}");
        let diff = copied_diffs(&[&finished.summary]).remove(0).expect("a diff");
        let rest = AT_HEAD.replace("| a.known | slow | #1 |\n", "");
        assert_eq!(patched(AT_HEAD, &diff), rest, "{event}");
    }
}

#[test]
fn a_head_without_the_rows_gets_a_sentence_and_no_patch() {
    let other = AT_HEAD.replace("a.known", "c.other");
    for (at_head, workspace) in [(Some(&*other), AT_BASE), (None, AT_BASE)] {
        let mut action = Action::new().file(LIST, workspace).file("results.txt", results());
        action = action.with("check-run", "conformance").with("comment", "always");
        for commit in [BASE, MERGE] {
            action.github.put_file(commit, LIST, AT_BASE);
        }
        at_head.iter().for_each(|text| action.github.put_file(HEAD, LIST, text));
        let finished = action.run_step(|_| {});
        let comment = &action.comments()[0].body;
        assert_eq!(copied_diff(&action), None, "{comment}");
        let note = "`KNOWN_FAILURES.md` at commit aaaaaaaaaaaa does not have these rows: the branch removes or \
                    changes them, or is not up to date.";
        assert!(comment.contains(note), "{comment}");
        assert_eq!(annotated_lines(&action, &finished), [[1, 1], [1, 1]]);
    }
}

#[test]
fn a_list_that_a_step_has_changed_is_linked_without_lines() {
    let changed = AT_HEAD.replace("| a.gone", "| a.made | slow | #6 |\n| a.gone");
    let mut action = job(&changed).with("known-failures-ref", "workspace");
    let finished = action.run_step(|_| {});
    let comment = &action.comments()[0].body;
    assert!(comment.contains(&format!("[`{LIST}:7`]({})", page(HEAD))), "{comment}");
    assert_eq!(annotated_lines(&action, &finished), [[6], [6]]);
    let diff = copied_diff(&action).expect("a diff");
    assert_eq!(patched(AT_HEAD, &diff), AT_HEAD.replace("| a.known | slow | #1 |\n", ""));
}

#[test]
fn the_patch_of_a_list_that_a_step_makes_is_its_own() {
    let made = "build/made.md";
    let mut action = Action::new().file(made, AT_BASE).file("results.txt", results());
    action = action.with("known-failures", made).with("known-failures-ref", "workspace");
    action.github.put_file("other", made, "");
    let finished = action.run_step(|_| {});
    let note = "This patch is for the list that judged. Commit aaaaaaaaaaaa may have another.";
    assert!(finished.summary.contains(note), "{}", finished.summary);
    assert!(finished.summary.contains("| `build/made.md:8` |"), "{}", finished.summary);
    assert!(finished.printed.contains("file=build/made.md,line=8,"), "{}", finished.printed);
    assert!(finished.summary.contains("\n-| a.known | slow | #1 |\n"), "{}", finished.summary);
}

#[test]
fn a_list_that_cannot_be_compared_is_linked_without_lines() {
    let mut action = job(AT_BASE);
    for _ in 0..8 {
        let elsewhere = Fault::Redirect("http://127.0.0.1:9/".into());
        action.github.inject_fault("GET", "/contents/", elsewhere);
    }
    let finished = action.run_step(|_| {});
    let comment = &action.comments()[0].body;
    assert!(comment.contains(&format!("[`{LIST}:8`]({})", page(MERGE))), "{comment}");
    assert!(!comment.contains("#L"), "{comment}");
    assert_eq!(annotated_lines(&action, &finished), [[7, 8], [7, 8]]);
    let note = "This patch is for the list that judged. Commit aaaaaaaaaaaa may have another.";
    assert!(comment.contains(note), "{comment}");
    let failed = action.github.requests().into_iter().filter(|r| r.path.contains("/contents/"));
    assert!(failed.count() <= 2, "what has failed is not asked again for links");
}

#[test]
fn line_ends_of_the_head_are_those_of_its_patch() {
    let mut action = job(&AT_HEAD.replace('\n', "\r\n"));
    action.run_step(|_| {});
    let comment = &action.comments()[0].body;
    assert!(comment.contains(&format!("{}#L6", page(HEAD))), "{comment}");
    let diff = copied_diff(&action).expect("a diff");
    assert!(!comment.contains("--ignore-whitespace"), "{comment}");
    assert_eq!(patched(AT_HEAD, &diff), AT_HEAD.replace("| a.known | slow | #1 |\n", ""));
}

/// Sections for two variants, with these rows.
fn sections(memory: &str, s3: &str) -> String {
    let section = |variant: &str, rows: &str| {
        format!(
            "## {variant}\n\n<!-- knownfail: variants = {variant} -->\n\n| Test | Issue |\n| --- | --- |\n{rows}\n"
        )
    };
    section("memory", memory) + &section("s3", s3)
}

/// A job whose list at the merge base, the base and the merge is this one, with results of the variants.
fn two_variants(judged: &str, at_head: &str, memory: &str, s3: &str) -> Action {
    let action = Action::new().file("r/memory.csv", memory).file("r/s3.csv", s3);
    let action = action.with("results", "r/{variant}.csv").with("comment", "always");
    for (commit, text) in [(BASE, judged), (MERGE, judged), (HEAD, at_head)] {
        action.github.put_file(commit, LIST, text);
    }
    let diff = at_head.lines().map(|line| format!("\n+{line}")).collect::<String>();
    let count = at_head.lines().count();
    action.github.set_patch(LIST, &format!("@@ -0,0 +1,{count} @@{diff}"));
    action.file(LIST, judged).with("check-run", "conformance").with("suggestions", "true")
}

#[test]
fn a_row_of_another_section_at_the_head_is_not_removed() {
    let row = "| a.x | #1 |\n";
    let (passes, fails) = ("a.x,Pass\nb,Fail\n", "a.x,Fail\nc,Fail\n");
    let (b, c) = ("| b | #1 |\n", "| c | #1 |\n");
    let judged = sections(&format!("{row}{b}"), c);
    let moved = sections(b, &format!("{row}{c}"));
    for judged_by in ["base", ""] {
        let mut action = two_variants(&judged, &moved, passes, fails);
        action = action.with("known-failures-ref", judged_by);
        let finished = action.run_step(|_| {});
        let comment = &action.comments()[0].body;
        assert!(finished.printed.contains("Newly passing"), "{}", finished.printed);
        assert_eq!(copied_diff(&action), None, "{comment}");
        assert!(action.github.review_comments().is_empty());
        assert_eq!(annotated_lines(&action, &finished), [[1], [1]]);
        let note = "`KNOWN_FAILURES.md` at commit aaaaaaaaaaaa does not have this row: the branch removes or changes \
                    it, or is not up to date.";
        assert!(comment.contains(note) && !comment.contains("Patch that removes"), "{comment}");
    }
}

#[test]
fn a_row_that_the_rows_of_the_head_need_is_not_removed() {
    let list = |rows: &str| format!("| Test | Status | Issue |\n| --- | --- | --- |\n{rows}");
    let [wildcard, exact] = ["| a.* | | #1 |\n", "| a.x | | #1 |\n"];
    let (strict, lax) = ("| a.y | fail | #1 |\n", "| a.* | crash | #2 |\n");
    for (judged, at_head, results) in [
        // Without the exact row, the wildcard claims a test that fails.
        (list(&format!("{exact}{wildcard}")), list(wildcard), "a.x,Fail\na.y,Pass\n"),
        // Without the strict row, the wildcard would excuse a crash.
        (list(strict), list(&format!("{strict}{lax}")), "a.y,Pass\n"),
    ] {
        let mut action = two_variants(&judged, &at_head, results, "z,Pass\n");
        action = action.with("known-failures-ref", "base");
        let finished = action.run_step(|_| {});
        let comment = &action.comments()[0].body;
        assert_eq!(copied_diff(&action), None, "{comment}");
        assert!(action.github.review_comments().is_empty(), "{}", finished.printed);
        let note = "`KNOWN_FAILURES.md` at commit aaaaaaaaaaaa needs this row: its other rows differ, so that a test \
                    that did not pass needs it, or another row would excuse more.";
        assert!(comment.contains(note), "{comment}");
    }
}

#[test]
fn the_line_of_the_head_is_removed_and_suggested() {
    let judged = "| Test | Reason |\n| --- | --- |\n| a.x | slow |\n| b | slow |\n";
    for (at_head, row) in [
        (
            "| Test | Reason |\n| --- | --- |\n| b | slow |\n| a.x | very slow |\n",
            "| a.x | very slow |\n",
        ),
        (
            "| Test | Reason |\n| --- | --- |\n|  a.x  | slow |\n| b | slow |\n",
            "|  a.x  | slow |\n",
        ),
        (
            "| Test | Reason | Issue |\n| - | - | - |\n| a.x | slow | #1 |\n",
            "| a.x | slow | #1 |\n",
        ),
    ] {
        let mut action = two_variants(judged, at_head, "a.x,Pass\nb,Fail\n", "b,Fail\n");
        let finished = action.run_step(|_| {});
        let diff = copied_diff(&action).expect("a diff");
        assert_eq!(patched(at_head, &diff), at_head.replace(row, ""));
        let line = 1 + at_head.lines().position(|line| line == row.trim_end()).unwrap() as u64;
        assert_eq!(annotated_lines(&action, &finished), [[line], [line]]);
        let suggested = action.github.review_comments();
        assert_eq!(suggested.len(), 1, "{}", finished.printed);
        assert_eq!(suggested[0]["line"], line);
    }
}

#[test]
fn a_pull_request_that_removes_the_row_that_passes_is_not_red_for_it() {
    let rest = "| Test | Issue |\n| --- | --- |\n| b | #1 |\n";
    let judged = format!("{rest}| a.x | #1 |\n");
    let widened = format!("{rest}| a.* | #1 |\n");
    for (at_head, code) in [(rest, 0), (&*judged, 1), (&*widened, 1)] {
        let mut action = two_variants(&judged, at_head, "a.x,Pass\nb,Fail\n", "b,Fail\n");
        action = action.with("known-failures-ref", "base").with("fail-on", "strict");
        let finished = action.run_step(|_| {});
        let comment = &action.comments()[0].body;
        assert_eq!(finished.code, code, "{}", finished.printed);
        let advice = "The row that passes is one that this change removes.";
        assert_eq!(comment.contains(advice), code == 0, "{comment}");
        let is_there = at_head == judged;
        assert_eq!(comment.contains("Patch that removes 1 row"), is_there, "{comment}");
    }
}
