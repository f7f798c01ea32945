//! Lists that are no Markdown documents, in the action: what a reader of the pull request sees, and whose files count.

use crate::action::{
    Action, BASE, HEAD, MERGE, MERGE_BASE, StepResult, visible_body, workflow_run,
};
use crate::diffs::{APPLY, apply, copied_diffs};
use crate::harness::Knownfail;
use crate::runner_protocol::Level;
use serde_json::{Value, json};
use std::path::Path;

const PLAIN: &str = "\
# Locks
smb2.lock.a
smb2.lock.b  # server bug, https://example.com/issues/7

# Leases
smb2.lease.*
";
/// One row passes, one test is new.
const RESULTS: &str = "smb2.lock.a,Pass\nsmb2.lock.b,Fail\nsmb2.lease.x,Fail\nsmb2.lock.new,Fail\n";
const DIRECTORY: &str = "selftest/knownfail.d";

/// A pull request whose lists are the same at all of its commits.
fn job(lists: &[(&str, &str)], input: &str, results: &str) -> Action {
    let mut action = Action::new().with("known-failures", input).with("json-file", "report.json");
    for (path, text) in lists {
        action = action.file(path, text);
        for commit in [BASE, HEAD, MERGE, MERGE_BASE] {
            action.github.put_file(commit, path, text);
        }
    }
    action.github.set_merge_base(MERGE_BASE);
    action.file("r.csv", results).with("results", "r.csv").with("check-run", "conformance")
}

/// The comment, without its markers.
fn comment(action: &Action) -> String {
    visible_body(&action.comments()[0])
}

/// The codes and files of the report's problems.
fn problems(finished: &StepResult) -> Vec<String> {
    let report: Value = serde_json::from_str(&finished.report_file).expect("a report");
    let problems = report["problems"].as_array().expect("problems").iter();
    let text = |problem: &Value, key: &str| problem[key].as_str().unwrap_or_default().to_owned();
    problems.map(|problem| format!("{} {}", text(problem, "code"), text(problem, "file"))).collect()
}

fn assert_has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part} in:\n{text}");
    }
}

#[test]
fn a_plain_list_is_shown_linked_annotated_and_patched() {
    let mut action = job(&[("known.txt", PLAIN)], "known.txt", RESULTS)
        .with("suggestions", "true")
        .with("patch-file", "rows.patch");
    action.github.set_patch("known.txt", "@@ -1,1 +1,2 @@\n # Locks\n+smb2.lock.a");
    let mut patches = Vec::new();
    let finished = action.run_step(|_| {});
    assert_eq!(finished.code, 1, "{}", finished.printed);
    let text = comment(&action);
    let link = format!("https://github.com/octo/r/blob/{HEAD}/known.txt#L2");
    assert_has(
        &text,
        &[
            "or list it in `known.txt` with a reason",
            &format!("[`known.txt:2`]({link}) | `smb2.lock.a` | 1 passed | Locks |"),
            "Patch that removes 1 row from known.txt",
            "```text\nsmb2.lock.new  # failed\n```",
        ],
    );
    assert!(!text.contains("document") && !text.contains("table"), "{text}");
    patches.extend(copied_diffs(&[&action.comments()[0].body]));
    for annotation in &finished.runner.annotations {
        assert_eq!(annotation.file.as_deref(), Some("known.txt"), "{annotation:?}");
    }
    let passing = finished.runner.annotations.iter().find(|a| a.level == Level::Warning);
    assert_eq!(passing.and_then(|annotation| annotation.line), Some(2));
    let [suggestion] = &action.github.review_comments()[..] else { panic!("one suggestion") };
    assert_eq!((&suggestion["path"], &suggestion["line"]), (&json!("known.txt"), &json!(2)));

    assert_eq!(patches.len(), 1);
    let mut program = Knownfail::new();
    assert_eq!(program.run_program("git", &["init", "-q"]).code, 0);
    for tool in APPLY {
        program.file("known.txt", PLAIN).file("diff", patches[0].as_ref().expect("a diff"));
        apply(tool, Path::new(&program.path("")), Path::new(&program.path("diff")));
        assert_eq!(program.read("known.txt"), PLAIN.replace("smb2.lock.a\n", ""));
    }
}

/// Where removing a line may break the rest of the list, there is no patch, but a sentence.
#[test]
fn lists_that_cannot_be_edited_get_a_sentence_instead_of_a_patch() {
    let json = "[\"smb2.lock.a\",\n\"smb2.lock.b\"]\n";
    let deqp = [("ci/radv-fails.txt", "smb2.lock.a,Fail\nsmb2.lock.b,Fail\n")];
    let flakes = [deqp[0], ("ci/radv-flakes.txt", "smb2.lock.f.*\n")];
    let samba = [("s/knownfail", "^smb2.lock.a$\n^smb2.lock.b$\n")];
    for (lists, input, path) in [
        (&[("list.json", json)][..], "list.json", "list.json"),
        (&flakes, "ci/radv-fails.txt\nci/radv-flakes.txt", "ci/radv-fails.txt"),
        (&flakes, "ci", "ci/radv-fails.txt"),
        (&samba, "s/knownfail", "s/knownfail"),
    ] {
        let mut action =
            job(lists, input, RESULTS).with("patch-file", "rows.patch").with("suggestions", "true");
        let finished = action.run_step(|_| {});
        assert_eq!(finished.code, 1, "{}", finished.printed);
        let text = comment(&action);
        assert_has(
            &text,
            &[
                &format!("list them in `{path}` with their reasons"),
                &format!("[`{path}:1`](https://github.com/octo/r/blob/{HEAD}/{path}#L1)"),
                &format!("A list of this kind gets no patch: remove rows from `{path}` by hand."),
            ],
        );
        assert!(!text.contains("```") && !text.contains("document"), "{text}");
        assert_eq!(finished.outputs["patch-file"], "", "{path}");
        assert_eq!(action.github.review_comments(), [json!(null); 0], "{path}");
    }
}

#[test]
fn what_a_list_contains_is_text_in_every_place() {
    let list = "smb2.lock.a,Fail\n<b>@someone|x`y``z\n<img src=x>,Fo`o|@team\n";
    let mut action = job(&[("ci/x-fails.txt", list)], "ci/x-fails.txt", RESULTS)
        .with("list-format", "deqp-fails");
    let finished = action.run_step(|_| {});
    let text = comment(&action);
    assert_has(&text, &["not understood: ```<b>@someone|x`y``z```", "can expect ``Fo`o|@team``"]);
    assert_has(&finished.summary, &["not understood: ```<b>@someone|x`y``z```"]);
    let rendered = crate::github_markdown::render(&[&action.comments()[0].body]);
    let elements = rendered.iter().flatten();
    assert!(elements.clone().all(|(tag, _)| !tag.starts_with("<img") && !tag.starts_with("<b>")));
}

#[test]
fn a_wrong_list_format_is_reported_like_any_wrong_input() {
    let mut action = job(&[("known.txt", PLAIN)], "known.txt", RESULTS).with("list-format", "text");
    let finished = action.run_step(|_| {});
    assert_eq!(finished.code, 2, "{}", finished.printed);
    assert_has(&comment(&action), &["The input `list-format` is `text`", "deqp-fails", "plain"]);
}

#[test]
fn what_a_pull_request_does_to_a_plain_list_is_shown() {
    let before = PLAIN.replace("smb2.lease.*", "smb2.lease.x");
    let mut action = job(&[("known.txt", PLAIN)], "known.txt", RESULTS).with("fail-on", "growth");
    action.github.put_file(MERGE_BASE, "known.txt", &before);
    let finished = action.run_step(|_| {});
    assert_eq!(finished.code, 1, "{}", finished.printed);
    let at = format!("https://github.com/octo/r/blob/{HEAD}/known.txt#L6");
    assert_has(
        &comment(&action),
        &[
            "This pull request changes the list",
            &format!("[`known.txt:6`]({at}) widens `smb2.lease.x` to `smb2.lease.*`"),
        ],
    );
}

/// A file that is put into a directory, or taken out of it, is a change of the list.
#[test]
fn what_a_pull_request_does_to_a_directory_is_shown() {
    let (a, b) = (format!("{DIRECTORY}/a"), format!("{DIRECTORY}/b"));
    let lists = [(&*a, "smb2.lock.b\n"), (&*b, "smb2.lease.x\n")];
    let mut action = job(&lists, DIRECTORY, RESULTS).with("fail-on", "growth");
    // The merge base has another file in place of the second.
    action.github.remove_file(MERGE_BASE, &b);
    action.github.put_file(MERGE_BASE, &format!("{DIRECTORY}/c"), "smb2.lock.new\n");
    action.github.put_file(MERGE_BASE, &format!("{DIRECTORY}/README"), "About this.\n");
    let finished = action.run_step(|_| {});
    assert_eq!(finished.code, 1, "{}", finished.printed);
    assert_has(
        &comment(&action),
        &[
            "This pull request changes the list",
            &format!("[`{b}:1`](https://github.com/octo/r/blob/{HEAD}/{b}#L1) adds `smb2.lease.x`"),
            "removes `smb2.lock.new`",
        ],
    );
    assert_eq!(problems(&finished), [""; 0]);
    assert!(!comment(&action).contains(" moves `"), "{}", comment(&action));

    // A file that only gets another name, in the directory or on its way into it, changes nothing.
    for old in [format!("{DIRECTORY}/c"), "old/b".to_owned()] {
        let mut action = job(&lists, DIRECTORY, RESULTS).with("comment", "always");
        action.github.remove_file(MERGE_BASE, &b);
        action.github.put_file(MERGE_BASE, &old, "smb2.lease.x\n");
        action.github.add_rename(&b, &old);
        let finished = action.run_step(|_| {});
        assert_eq!(finished.code, 1, "{}", finished.printed);
        assert!(!comment(&action).contains("adds `"), "{old}: {}", comment(&action));
    }
}

/// A directory of the base has the files of the base: what the pull request puts there claims nothing, and what it takes
/// away still counts.
#[test]
fn the_files_of_the_base_are_those_of_its_directory() {
    let (a, b) = (format!("{DIRECTORY}/a"), format!("{DIRECTORY}/b"));
    let lists = [(&*a, "smb2.lock.b\nsmb2.lock.a\n"), (&*b, "smb2.lease.x\n")];
    for (event, payload) in [
        ("pull_request", crate::action::pull_request("mallory")),
        ("pull_request_target", crate::action::pull_request("mallory")),
    ] {
        let mut action = job(&lists, DIRECTORY, RESULTS)
            .on(event, payload)
            .with("known-failures-ref", "base")
            .file(&format!("{DIRECTORY}/evil"), "smb2.*\n");
        for commit in [HEAD, MERGE] {
            action.github.put_file(commit, &format!("{DIRECTORY}/evil"), "smb2.*\n");
            action.github.remove_file(commit, &b);
        }
        let finished = action.run_step(|program| {
            std::fs::remove_file(program.path(&b)).expect("a file");
        });
        assert_eq!(finished.code, 1, "{}", finished.printed);
        assert_eq!((&*finished.outputs["new-failures"], problems(&finished).len()), ("1", 0));
        assert_has(
            &comment(&action),
            &["`smb2.lock.new`", "evil:1`]", "widens `smb2.lease.x` to `smb2.*`"],
        );
        let link = format!("https://github.com/octo/r/blob/{BASE}/{a}#L2");
        assert_has(&comment(&action), &[&link]);
    }
    // Also if the pull request has a file there, or nothing.
    for replaced in [true, false] {
        let mut action = job(&lists, DIRECTORY, RESULTS).with("known-failures-ref", "base");
        let finished = action.run_step(|program| {
            std::fs::remove_dir_all(program.path(DIRECTORY)).expect("a directory");
            if replaced {
                program.file(DIRECTORY, "*\n");
            }
        });
        assert_eq!(finished.code, 1, "{}", finished.printed);
        assert_eq!(&*finished.outputs["new-failures"], "1", "{}", finished.printed);
    }
}

#[test]
fn a_base_without_the_directory_judges_nothing() {
    let evil = format!("{DIRECTORY}/evil");
    let mut action = job(&[("README.md", "x")], DIRECTORY, RESULTS)
        .with("known-failures-ref", "base")
        .file(&evil, "smb2.*\n");
    action.github.put_file(HEAD, &evil, "smb2.*\n");
    let finished = action.run_step(|_| {});
    assert_eq!(finished.code, 2, "{}", finished.printed);
    assert_has(&finished.printed, &["there is no such file on the base branch"]);
    // A directory that only describes itself has no list.
    action.github.put_file(BASE, &format!("{DIRECTORY}/README"), "About this.\n");
    let finished = action.run_step(|_| {});
    assert_eq!(finished.code, 2, "{}", finished.printed);
    assert_has(&finished.printed, &["it is a directory without a list"]);
}

/// The tests can write to the workspace: what they put into a directory or take out of it was not reviewed.
#[test]
fn a_directory_that_a_step_changes_is_a_changed_list() {
    let (a, b, evil) =
        (format!("{DIRECTORY}/a"), format!("{DIRECTORY}/b"), format!("{DIRECTORY}/evil"));
    let lists = [(&*a, "smb2.lock.*\n"), (&*b, "smb2.lease.x\n")];
    let write = |program: &mut Knownfail, path: &str, text: &str| {
        program.file(path, text);
    };
    type Step<'s> = Box<dyn Fn(&mut Knownfail) + 's>;
    let steps: [(Step<'_>, &str); 4] = [
        (Box::new(|_| {}), ""),
        (Box::new(|program| write(program, &evil, "smb2.*\n")), &evil),
        (Box::new(|program| write(program, &b, "smb2.*\n")), &b),
        (Box::new(|program| std::fs::remove_file(program.path(&a)).expect("a file")), &a),
    ];
    for (step, path) in steps {
        for (source, code) in [("", "changed-list"), ("workspace", "uncommitted-list")] {
            let mut action =
                job(&lists, &format!("{DIRECTORY}/"), RESULTS).with("known-failures-ref", source);
            let finished = action.run_step(|program| step(program));
            let expected = Some(format!("{code} {path}")).filter(|_| !path.is_empty());
            let found = problems(&finished);
            assert_eq!(found, Vec::from_iter(expected), "{path} {source}: {}", finished.printed);
            let is_red = finished.code != 0;
            assert_eq!(is_red, path == a || (source.is_empty() && !path.is_empty()), "{path}");
        }
    }
}

/// Most files are the same at every commit, and are asked for once.
#[test]
fn files_of_a_directory_are_read_once() {
    let paths: Vec<String> = (0..8).map(|n| format!("{DIRECTORY}/{n}")).collect();
    let texts: Vec<String> = (0..8).map(|n| format!("smb2.lock.{n}\n")).collect();
    let lists: Vec<(&str, &str)> =
        paths.iter().zip(&texts).map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let mut action = job(&lists, DIRECTORY, RESULTS);
    let finished = action.run_step(|_| {});
    assert_eq!(problems(&finished), [""; 0], "{}", finished.printed);
    let requests = action.github.requests();
    let count = |part: &str| requests.iter().filter(|request| request.path.contains(part)).count();
    assert_eq!((count("/git/blobs/"), count("/contents/")), (8, 4), "{requests:#?}");
}

#[test]
fn files_that_a_list_includes_are_those_of_its_commit() {
    let included = "gcc.dg/a.c";
    let list = "@include common.xfail\nFAIL: gcc.dg/b.c\n";
    let common = format!("FAIL: {included}\n");
    let results = "\t\t=== gcc tests ===\n\nFAIL: gcc.dg/a.c\nFAIL: gcc.dg/b.c\nPASS: gcc.dg/c.c\n";
    let results = format!(
        "{results}\n\t\t=== gcc Summary ===\n\n# of expected passes\t\t1\n# of unexpected failures\t2\n"
    );
    let lists = [("x/host.xfail", list), ("x/common.xfail", &*common)];
    let run = |source: &str, text: &str| {
        let mut action = job(&lists, "x/host.xfail", &results)
            .with("known-failures-ref", source)
            .with("list-format", "gcc");
        action.run_step(|program| {
            program.file("x/common.xfail", text);
        })
    };
    for source in ["", "base"] {
        let finished = run(source, &common);
        assert_eq!((finished.code, problems(&finished).len()), (0, 0), "{}", finished.printed);
    }
    let other = format!("{common}FAIL: gcc.dg/d.c\n");
    assert_eq!(problems(&run("", &other)), ["changed-list x/common.xfail"]);
    assert_eq!(problems(&run("base", &other)), [""; 0]);
}

#[test]
fn a_list_of_a_workflow_run_is_that_of_the_default_branch() {
    let mut payload = workflow_run("mallory");
    payload["repository"] = json!({ "id": 1, "default_branch": "main" });
    let a = format!("{DIRECTORY}/a");
    let mut action = job(&[(&a, "smb2.*\n")], DIRECTORY, RESULTS)
        .on("workflow_run", payload)
        .with("known-failures-ref", "base");
    action.github.set_branch("main", BASE);
    action.github.put_file(BASE, &a, "smb2.lock.b\nsmb2.lease.x\n");
    let finished = action.run_step(|_| {});
    assert_eq!(finished.code, 1, "{}", finished.printed);
    assert_eq!(&*finished.outputs["new-failures"], "1", "{}", finished.printed);
}

#[test]
fn a_directory_with_too_many_lists_is_an_error() {
    let mut program = Knownfail::new();
    program.file("r.csv", RESULTS);
    for n in 0..501 {
        program.file(&format!("d/{n}"), format!("smb2.{n}\n"));
    }
    let ran = program.run(&["check", "r.csv", "-k", "d"]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert_has(&ran.stderr, &["the directory has 501 lists, more than 500"]);
}
