//! The action as a process, against a GitHub on loopback: what is posted where, and what happens when something fails.
//!
//! Time is real in these tests, and the program waits a second after each comment that it writes.

use crate::action_yml;
use crate::fake_github::{Access, Author, Comment, FakeGithub, Fault};
use crate::harness::Knownfail;
use crate::runner_protocol::{self, Level, Runner};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

pub(crate) const HEAD: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
/// The head of the base branch.
pub(crate) const BASE: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
/// The merge base of the pull request.
pub(crate) const MERGE_BASE: &str = "cccccccccccccccccccccccccccccccccccccccc";
/// The value of `GITHUB_SHA` on a pull request.
pub(crate) const MERGE: &str = "dddddddddddddddddddddddddddddddddddddddd";
pub(crate) const TOKEN: &str = "ghs_not_to_be_shown";
pub(crate) const PULL: u64 = 7;

pub(crate) const DOCUMENT: &str = "# Known failures\n\n\
    | Test Name | Reason | Issue |\n| --- | --- | --- |\n| a.known | slow | #1 |\n";
pub(crate) const RED: &str =
    "test: a.known\nfailure: a.known [\nx\n]\ntest: a.new\nfailure: a.new [\ny\n]\n";
pub(crate) const GREEN: &str =
    "test: a.known\nfailure: a.known [\nx\n]\ntest: a.new\nsuccess: a.new\n";

/// A job on pull request 7 of octo/r.
pub(crate) struct Action {
    pub github: FakeGithub,
    event: (&'static str, Value),
    run: u64,
    pub access: Access,
    with: Vec<(&'static str, String)>,
    files: Vec<(String, Vec<u8>)>,
}

/// The results of a step.
pub(crate) struct StepResult {
    pub code: i32,
    pub runner: Runner,
    pub outputs: BTreeMap<String, String>,
    pub summary: String,
    pub printed: String,
    /// The contents of the step's report files.
    pub report_file: String,
}

impl StepResult {
    pub(crate) fn warnings(&self) -> Vec<&str> {
        let own = self.runner.annotations.iter().filter(|annotation| {
            annotation.level == Level::Warning && annotation.title.as_deref() == Some("knownfail")
        });
        own.map(|annotation| annotation.message.as_str()).collect()
    }
}

pub(crate) fn pull_request(owner: &str) -> Value {
    let full_name = format!("{owner}/r");
    json!({ "pull_request": {
        "number": PULL,
        "head": { "sha": HEAD, "ref": "topic", "repo": { "full_name": full_name } },
        "base": { "sha": BASE, "ref": "main", "repo": { "full_name": "octo/r" } },
    } })
}

pub(crate) fn workflow_run(owner: &str) -> Value {
    let repository = json!({ "full_name": format!("{owner}/r"), "owner": { "login": owner } });
    json!({ "workflow_run": {
        "event": "pull_request", "head_sha": HEAD, "head_branch": "topic",
        "head_repository": repository, "pull_requests": [],
    } })
}

impl Action {
    pub(crate) fn new() -> Action {
        let github = FakeGithub::start();
        github.add_pull(PULL, "octo:topic", HEAD);
        let files = vec![("KNOWN_FAILURES.md".to_owned(), DOCUMENT.into())];
        let event = ("pull_request", pull_request("octo"));
        Action { github, event, run: 1, access: Access::Write, with: Vec::new(), files }
    }

    pub(crate) fn on(mut self, event: &'static str, payload: Value) -> Action {
        self.event = (event, payload);
        self
    }

    pub(crate) fn with(mut self, input: &'static str, value: &str) -> Action {
        self.with.push((input, value.to_owned()));
        self
    }

    pub(crate) fn file(mut self, path: &str, text: impl AsRef<[u8]>) -> Action {
        self.files.push((path.to_owned(), text.as_ref().to_vec()));
        self
    }

    pub(crate) fn comments(&self) -> Vec<Comment> {
        self.github.comments(PULL)
    }

    /// Runs the step with these results; each run is newer than the previous one.
    pub(crate) fn run_with_results(&mut self, results: &str) -> StepResult {
        self.files.push(("results.txt".to_owned(), results.into()));
        self.run_step(|_| {})
    }

    /// Runs the step with these results and a variable of the environment.
    pub(crate) fn run_step_with(&mut self, results: &str, name: &str, value: &str) -> StepResult {
        self.files.push(("results.txt".to_owned(), results.into()));
        self.run_step(|program| {
            program.env(name, value);
        })
    }

    /// Runs the step; `prepare` may change the program's directory before.
    pub(crate) fn run_step(&mut self, prepare: impl FnOnce(&mut Knownfail)) -> StepResult {
        self.github.add_token(TOKEN, Author::workflow(), self.access);
        let mut program = Knownfail::action();
        for (path, text) in &self.files {
            program.file(path, text);
        }
        program.file(".step/event.json", self.event.1.to_string());
        program.file(".step/output", "").file(".step/summary", "");
        let path = |name: &str| program.path(&format!(".step/{name}"));
        let (event, output, summary) = (path("event.json"), path("output"), path("summary"));
        // What is checked out is what the commits have, unless the test puts another file.
        let is_document = |path: &&String| path.ends_with(".md") && !self.github.has_path(path);
        let paths: BTreeSet<String> =
            self.files.iter().map(|(path, _)| path).filter(is_document).cloned().collect();
        for (path, text) in self.files.iter().filter(|(path, _)| paths.contains(path)) {
            for commit in [BASE, HEAD, MERGE] {
                self.github.put_file(commit, path, &String::from_utf8_lossy(text));
            }
        }
        // If the event names the tested commit, the variable names another one.
        let sha = match self.event.0 {
            "merge_group" | "workflow_run" => MERGE,
            event if event.starts_with("pull_request") => MERGE,
            _ => HEAD,
        };
        let (run, id) = (self.run.to_string(), (999 + self.run).to_string());
        self.run += 1;
        for (name, value) in [
            ("GITHUB_API_URL", self.github.url()),
            ("GITHUB_REPOSITORY", "octo/r"),
            ("GITHUB_EVENT_NAME", self.event.0),
            ("GITHUB_EVENT_PATH", &event),
            ("GITHUB_OUTPUT", &output),
            ("GITHUB_STEP_SUMMARY", &summary),
            ("GITHUB_RUN_NUMBER", &run),
            ("GITHUB_RUN_ID", &id),
            ("GITHUB_SHA", sha),
        ] {
            program.env(name, value);
        }
        program.input("results", "results.txt").input("token", TOKEN);
        for (name, value) in &self.with {
            program.input(name, value);
        }
        for (name, default) in action_yml::inputs() {
            let is_text = !default.starts_with("${{");
            program.default_input(&name, if is_text { &default } else { "" });
        }
        prepare(&mut program);
        let ran = program.run(&["action"]);
        let mut runner = Runner::default();
        runner.read(&ran.stdout);
        runner.read(&ran.stderr);
        StepResult {
            code: ran.code,
            runner,
            outputs: runner_protocol::read_file_command(&program.read(".step/output"))
                .expect("outputs"),
            summary: program.read(".step/summary"),
            printed: ran.stdout + &ran.stderr,
            report_file: std::fs::read_to_string(program.path("report.json")).unwrap_or_default(),
        }
    }
}

/// The visible text, without the marker lines.
pub(crate) fn visible_body(comment: &Comment) -> String {
    let lines = comment.body.lines().filter(|line| !line.starts_with("<!-- knownfail:"));
    lines.map(|line| format!("{line}\n")).collect()
}

// --- What is posted where ------------------------------------------------------------------------

#[test]
fn run_of_another_commit_than_the_head_posts_no_comment() {
    let mut action = Action::new().on("workflow_run", workflow_run("octo"));
    action.github.set_head(PULL, MERGE);
    let finished = action.run_with_results(RED);
    assert_eq!((finished.code, finished.warnings().len()), (1, 0), "{}", finished.printed);
    assert!(finished.printed.contains("no comment: pull request #7 has newer commits"));
    assert_eq!(action.github.writes(), [""; 0]);

    action.github.close_pull(PULL);
    let finished = action.run_with_results(RED);
    assert_eq!((finished.code, finished.warnings().len()), (1, 0), "{}", finished.printed);
    assert!(finished.printed.contains("no comment: no open pull request has this commit"));
    assert_eq!(action.github.writes(), [""; 0]);
}

#[test]
fn missing_token_warns_and_still_judges() {
    let mut action = Action::new().with("token", "").with("check-run", "conformance");
    let finished = action.run_with_results(RED);
    assert_eq!(finished.code, 1);
    let hint = "leave the input `token` out for the workflow's own";
    let expected = [format!("no comment, no check run: there is no token: {hint}")];
    assert_eq!(finished.warnings(), expected);
    assert!(action.github.requests().is_empty());
}

#[test]
fn malformed_token_is_not_reported_as_missing() {
    for token in ["to k", "tök", "to\nk"] {
        let mut action = Action::new();
        let finished = action.run_step_with(RED, "INPUT_TOKEN", token);
        assert_eq!(finished.code, 1, "{token:?}: {}", finished.printed);
        let [warning] = finished.warnings()[..] else { panic!("{:?}", finished.warnings()) };
        assert!(warning.starts_with("no comment: the token has a space or another"), "{warning}");
        assert!(!finished.printed.contains(token), "{token:?}: {}", finished.printed);
        assert!(action.github.requests().is_empty());

        let mut by_base = action.with("known-failures-ref", "base");
        let finished = by_base.run_step_with(RED, "INPUT_TOKEN", token);
        assert_eq!(finished.code, 2, "{}", finished.printed);
        assert!(finished.printed.contains("check the secret that"), "{}", finished.printed);
    }
}

#[test]
fn unwritable_report_is_one_warning() {
    // A row that passes, so that there is a patch.
    let passing = GREEN.replace("failure: a.known [\nx\n]", "success: a.known");
    for (path, why) in [
        ("no/such/directory/report", "cannot write no/such/directory/report: "),
        (".", ". is a directory"),
        ("out", "out is a directory"),
        ("out/", "out/ is a directory: name a file in it"),
        ("gone/", "gone/ is a directory: name a file in it"),
        ("out/./gone/", "out/gone/ is a directory: name a file in it"),
    ] {
        for (results, code) in [(&*passing, 0), (&*format!("{passing}{RED}"), 1)] {
            for input in ["json-file", "patch-file", "record-file"] {
                let mut action = Action::new().file("out/r.txt", "").with("comment", "off");
                action = action.with(input, path);
                let finished = action.run_with_results(results);
                assert_eq!(finished.code, code, "{input} {path}: {}", finished.printed);
                let [warning] = finished.warnings()[..] else {
                    panic!("{:?}", finished.warnings())
                };
                assert!(warning.starts_with(why), "{input} {path}: {warning}");
                let outputs = ["json-file", "patch-file"].map(|name| &*finished.outputs[name]);
                assert_eq!(outputs, ["", ""], "{input} {path}");
            }
        }
    }
}

#[test]
fn an_older_file_is_not_what_a_run_wrote() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("old"), "old").unwrap();
    for (input, written) in [("json-file", "patch-file"), ("patch-file", "json-file")] {
        let mut action = Action::new()
            .file("results.txt", "test: a.known\nsuccess: a.known\n")
            .with("comment", "off")
            .with(input, "link/old")
            .with(written, "new");
        let finished = action.run_step(|program| {
            std::os::unix::fs::symlink(outside.path(), program.path("link")).unwrap();
        });
        assert_eq!((finished.code, finished.warnings().len()), (0, 1), "{}", finished.printed);
        assert_eq!((&*finished.outputs[input], &*finished.outputs[written]), ("", "new"));
    }
}

// --- Comments ------------------------------------------------------------------------------------

#[test]
fn comment_collapses_when_green_and_is_created_only_when_red() {
    let mut action = Action::new();
    assert_eq!(action.run_with_results(GREEN).code, 0);
    assert_eq!(action.github.writes(), [""; 0], "nothing is begun while nothing is wrong");

    let red = action.run_with_results(RED);
    let [comment] = &action.comments()[..] else { panic!("{:?}", action.comments()) };
    assert!(visible_body(comment).contains("`a.new`"), "{}", comment.body);
    let url = format!("https://github.com/octo/r/pull/{PULL}#issuecomment-{}", comment.id);
    assert_eq!(red.outputs["comment-url"], url);

    assert_eq!(action.run_with_results(GREEN).code, 0);
    let [shrunk] = &action.comments()[..] else { panic!("{:?}", action.comments()) };
    let lines = visible_body(shrunk).lines().filter(|line| !line.is_empty()).count();
    assert_eq!((shrunk.id, lines), (comment.id, 2), "verdict and counts: {}", shrunk.body);

    action.github.delete_comment(shrunk.id);
    assert_eq!(action.run_with_results(GREEN).code, 0);
    assert!(action.comments().is_empty());
    action.run_with_results(RED);
    assert_eq!(action.comments().len(), 1);
}

/// A comment's text without what differs between two processes.
fn without_writers(body: &str) -> String {
    let words = body.split_inclusive(' ').filter(|word| !word.starts_with("writer="));
    words.collect()
}

/// It has the author of every workflow's comments.
#[test]
fn comment_of_another_workflow_neither_freezes_ours_nor_adds_to_it() {
    let mut template = Action::new();
    template.run_with_results(RED);
    let ours = template.comments().remove(0).body;
    let (marker, _) = ours.split_once('\n').unwrap();
    let own_run = marker.split(' ').find(|word| word.starts_with("run=")).unwrap();
    for claim in ["run=18446744073709551615", "run=5000", own_run, "run=0"] {
        let marker = marker.replace(own_run, claim).replace("id=1000", "id=77");
        let forged = format!(
            "{marker}\n# All is well\n\n<!-- knownfail:section attempt=1 name=forged conclusion=success -->\nfine\n\n\
             <!-- knownfail:foot -->\nfoot\n"
        );
        let mut action = Action::new();
        action.github.seed_comment(PULL, Some(Author::workflow()), &forged);
        assert_eq!(action.run_with_results(RED).code, 1);
        let [comment] = &action.comments()[..] else { panic!("{:?}", action.comments()) };
        assert_eq!(without_writers(&comment.body), without_writers(&ours), "{claim}");
    }
}

#[test]
fn numbers_of_a_comment_may_be_of_any_size() {
    let mut action = Action::new().with("variant", "memory");
    action.run_with_results(RED);
    let comment = action.comments().remove(0);
    let most = u64::MAX;
    let edited = comment
        .body
        .replace("new=1", &format!("new={most} flaky={most} flips={most} known={most}"));
    assert_ne!(edited, comment.body);
    action.github.edit_comment(comment.id, &edited);
    let mut action = action.with("variant", "postgres");
    action.run -= 1;
    assert_eq!(action.run_with_results(RED).code, 1);
    let comment = action.comments().remove(0).body;
    assert!(comment.contains("18,446,744,073,709,551,615 new failures, "), "{comment}");
}

#[test]
fn failed_requests_are_retried_and_keep_the_verdict() {
    for (method, path, fault) in [
        ("POST", "/comments", Fault::BadGateway),
        ("POST", "/comments", Fault::BadGatewayAfter),
        ("POST", "/comments", Fault::HangUpAfter),
        ("GET", "/compare/", Fault::Html(502)),
        ("GET", "/comments", Fault::TooManyRequests { retry_after: 1 }),
    ] {
        let mut action = Action::new();
        action.github.inject_fault(method, path, fault.clone());
        let finished = action.run_with_results(RED);
        assert_eq!((finished.code, finished.warnings().len()), (1, 0), "{fault:?}");
        assert_eq!(action.comments().len(), 1, "{fault:?}");
    }
    // One warning for all that never works.
    let mut action = Action::new();
    for _ in 0..40 {
        action.github.inject_fault("GET", "/", Fault::Redirect("http://127.0.0.1:9/".into()));
    }
    let finished = action.run_with_results(RED);
    assert_eq!(finished.code, 1);
    assert_eq!(finished.warnings().len(), 1, "{:?}", finished.warnings());
    assert!(finished.summary.contains("a.new"));
}

#[test]
fn hanging_request_times_out_and_is_retried() {
    let mut action = Action::new();
    action.github.inject_fault("POST", "/comments", Fault::Hang(Duration::from_secs(90)));
    let began = Instant::now();
    let finished = action.run_with_results(RED);
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    assert_eq!((finished.code, finished.warnings().len()), (1, 0), "{}", finished.printed);
    assert_eq!(action.comments().len(), 1);
}

#[test]
fn long_text_is_truncated_between_blocks_with_a_note() {
    let failure = |n| {
        let name = format!("suite.{n:04}.{}", "long_name/".repeat(25));
        let output = "a line of output | with <b>markup</b> and `ticks`\n".repeat(30);
        format!("test: {name}\nfailure: {name} [\n{output}]\n")
    };
    let results: String = (0..1_500).map(failure).collect();
    let mut action = Action::new().with("check-run", "conformance");
    assert_eq!(action.run_with_results(&results).code, 1);
    let comments = action.comments();
    let check_run = &action.github.check_runs()[0].created["output"]["summary"];
    for text in [&*visible_body(&comments[0]), check_run.as_str().expect("a summary")] {
        assert!(text.len() > 20_000 && text.len() <= 60_000, "{}", text.len());
        assert!(text.contains(" more failing tests: see the job summary\n"), "{text}");
        assert!(text.trim_end().ends_with("</sub>"), "the counts are never cut");
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
        let rows = text.lines().filter(|line| line.starts_with("| `suite."));
        assert!(rows.clone().count() > 50 && rows.clone().all(|row| row.ends_with(" |")));
    }
}

// --- The check run -------------------------------------------------------------------------------

#[test]
fn check_run_lists_rows_and_failures_when_requested() {
    for (results, exit, conclusion) in [
        (GREEN, 0, "success"),
        (RED, 1, "failure"),
        ("test: a.known\nfailure: a.known [\nx\n]\ntest: a.new\n", 2, "failure"),
    ] {
        let mut action = Action::new().with("check-run", "conformance");
        let finished = action.run_with_results(results);
        assert_eq!((finished.code, finished.warnings().len()), (exit, 0), "{}", finished.printed);
        let runs = action.github.check_runs();
        let [run] = &runs[..] else { panic!("{runs:?}") };
        assert_eq!((&*run.sha, &run.created["conclusion"]), (HEAD, &json!(conclusion)));
        let summary = run.created["output"]["summary"].as_str().expect("Markdown");
        assert_eq!(summary.contains("`a.new`"), exit > 0, "{summary}");
        if exit == 1 {
            assert_eq!(run.created["output"]["title"], "failed: 1 new failure");
            assert_eq!(run.annotations[0]["title"], "New failure: a.new");
        }
    }
    let mut action = Action::new();
    action.run_with_results(RED);
    assert!(action.github.check_runs().is_empty(), "not asked for");
}

#[test]
fn check_run_without_permission_is_one_warning() {
    let mut action = Action::new().with("check-run", "conformance");
    action.access = Access::Comment;
    let finished = action.run_with_results(RED);
    assert_eq!(finished.code, 1);
    let [warning] = finished.warnings()[..] else { panic!("{:?}", finished.warnings()) };
    assert!(
        warning.starts_with("no check run: ") && warning.contains("checks: write"),
        "{warning}"
    );
    assert_eq!(action.comments().len(), 1);
}

#[test]
fn annotation_paths_are_relative_to_the_repository() {
    for (directory, list, path) in [
        ("./conformance/smb", "KNOWN_FAILURES.md", "conformance/smb/KNOWN_FAILURES.md"),
        ("conformance/smb", "../../lists/K.md", "lists/K.md"),
        ("conformance/smb/", "ROOT/conformance/K.md", "conformance/K.md"),
        (".", "ROOT/./lists/K.md", "lists/K.md"),
    ] {
        let untracked = DOCUMENT.to_owned() + "| b.gone | slow | |\n";
        let mut action = action_with_list_change(DOCUMENT, DOCUMENT)
            .file(path, &untracked)
            .file("conformance/smb/results.txt", RED)
            .file("results.txt", RED)
            .with("fail-on", "strict-all,growth")
            .with("working-directory", directory)
            .with("check-run", "conformance");
        action.github.put_file(MERGE_BASE, path, DOCUMENT);
        for commit in [BASE, HEAD, MERGE] {
            action.github.put_file(commit, path, &untracked);
        }
        let finished = action.run_step(|program| {
            program.input("known-failures", &list.replace("ROOT/", &program.path("")));
        });
        assert_eq!(finished.code, 1, "{}", finished.printed);
        // The nearest row of the failure, the row without an issue, the row that matches nothing.
        let errors = finished.runner.annotations.iter().filter(|a| a.level == Level::Error);
        let files: Vec<Option<&str>> = errors.map(|error| error.file.as_deref()).collect();
        assert_eq!(files, [Some(path); 3], "{directory} {list}: {}", finished.printed);
        let runs = action.github.check_runs();
        let paths: Vec<&Value> = runs[0].annotations.iter().map(|one| &one["path"]).collect();
        assert_eq!(paths, [path; 3], "{directory} {list}");
        let link =
            format!("](https://github.com/octo/r/blob/{HEAD}/{path}?plain=1#L6) adds `b.gone`");
        assert!(finished.summary.contains(&link), "{link}: {}", finished.summary);
    }
}

/// A file as a suite names it, the line, and where it is in the repository.
type SourceCase = (&'static str, &'static str, Option<(&'static str, u32)>);

/// The annotation, the check run and the link of a failure at a place that the suite names.
fn assert_located(directory: &str, (file, line, expected): SourceCase) {
    let list = if directory == "." { "KNOWN_FAILURES.md" } else { "../../KNOWN_FAILURES.md" };
    let mut action = Action::new()
        .file("src/a.c", "")
        .file("ci/smb/b.c", "")
        .with("working-directory", directory)
        .with("known-failures", list)
        .with("comment", "off")
        .with("check-run", "conformance");
    let finished = action.run_step(|program| {
        let file = file.replace("ROOT/", &program.path(""));
        let case =
            format!("<testcase name='a.new' file='{file}' line='{line}'><failure/></testcase>");
        let results = format!("<testsuite name='s'>{case}</testsuite>");
        program.file(&format!("{directory}/results.txt"), results);
        program.env("RUNNER_WORKSPACE", "/build/r");
    });
    let case = format!("{directory} {file}: {}", finished.printed);
    let (path, number) = expected.unwrap_or(("KNOWN_FAILURES.md", 1));
    let error = finished.runner.annotations.iter().find(|a| a.level == Level::Error).unwrap();
    let place = (error.file.as_deref(), error.line);
    assert_eq!(place, (Some(path), Some(number.into())), "{case}");
    let annotated = &action.github.check_runs()[0].annotations[0];
    assert_eq!(
        (&annotated["path"], &annotated["start_line"]),
        (&json!(path), &json!(number)),
        "{case}"
    );
    let end = if line.is_empty() { ")".to_owned() } else { format!("#L{number})") };
    let link = format!("/blob/{MERGE}/{path}{end}");
    assert_eq!(finished.summary.contains(&link), expected.is_some(), "{case} {}", finished.summary);
}

#[test]
fn annotations_are_at_the_source_wherever_the_suite_saw_it() {
    let (a, b) = (Some(("src/a.c", 7)), Some(("ci/smb/b.c", 7)));
    for directory in [".", "ci/smb"] {
        for case in [
            ("ROOT/src/a.c", "7", a),
            ("file://ROOT/src/a.c", "7", a),
            ("ROOT/ci/../src/a.c", "7", a),
            ("/runner/work/r/r/src/a.c", "7", a),
            ("/build/r/r/src/a.c", "7", a),
            ("/github/workspace/src/a.c", "7", a),
            ("/__w/r/r/src/a.c", "7", a),
            (r"D:\a\r\r\src\a.c", "7", a),
            ("ROOT/ci/smb/b.c", "7", b),
            ("/__w/r/r/ci/smb/b.c", "7", b),
            ("/usr/include/a.h", "7", None),
            ("../../../a.c", "7", None),
        ] {
            assert_located(directory, case);
        }
    }
    assert_located(".", (r"src\a.c", "", Some(("src/a.c", 1))));
    for case in [("../../src/a.c", "7", a), ("../smb//b.c", "7", b), (r"..\..\src\a.c", "7", a)] {
        assert_located("ci/smb", case);
    }
}

/// Problems that the list had before are no reason to comment on a pull request that does not change it.
#[test]
fn existing_problems_create_no_comment() {
    let expired =
        "| Test Name | Expires |\n| --- | --- |\n| a.known | 2020-01-01 |\n| a.known | |\n";
    let mut untidy = Action::new().file("KNOWN_FAILURES.md", expired);
    let stale = DOCUMENT.to_owned() + "| a.new | slow | #3 |\n";
    let mut passed_before = Action::new().file("KNOWN_FAILURES.md", stale).file("base.txt", GREEN);
    passed_before = passed_before.with("baseline", "base.txt");
    for action in [&mut untidy, &mut passed_before] {
        let finished = action.run_with_results(GREEN);
        assert_eq!((finished.code, action.comments().len()), (0, 0), "{}", finished.printed);
        assert!(
            finished.printed.contains("::warning file=KNOWN_FAILURES.md,"),
            "{}",
            finished.printed
        );
    }
}

// --- Changes of the list -------------------------------------------------------------------------

const CHANGED_DOCUMENT: &str = "# Known failures\n\n\
    | Test Name | Reason | Issue |\n| --- | --- | --- |\n| a.* | slow | #1 |\n| `b.<b>x</b>` | | |\n";

pub(crate) fn action_with_list_change(old: &str, new: &str) -> Action {
    let action = Action::new().file("KNOWN_FAILURES.md", new);
    action.github.set_merge_base(MERGE_BASE);
    action.github.put_file(MERGE_BASE, "KNOWN_FAILURES.md", old);
    // Later changes of the base branch are not attributed to the pull request.
    action.github.put_file(BASE, "KNOWN_FAILURES.md", "| Test Name | Reason |\n| --- | --- |\n");
    action.github.put_file(HEAD, "KNOWN_FAILURES.md", new);
    action
}

#[test]
fn list_growth_is_reported_in_comment_and_summary() {
    let old = DOCUMENT.to_owned() + "| c.gone | slow | #3 |\n";
    let mut action = action_with_list_change(&old, CHANGED_DOCUMENT);
    let finished = action.run_with_results(GREEN);
    assert_eq!((finished.code, finished.warnings().len()), (0, 0), "{}", finished.printed);
    let blob = format!("https://github.com/octo/r/blob/{HEAD}/KNOWN_FAILURES.md?plain=1");
    let expected = format!(
        "<details><summary>This pull request changes the list: 1 row added, 1 row widened, 1 row \
         removed; 1 row without an issue</summary>\n\n\
         - [`KNOWN_FAILURES.md:6`]({blob}#L6) adds `b.<b>x</b>`, without an issue\n\
         - [`KNOWN_FAILURES.md:5`]({blob}#L5) widens `a.known` to `a.*`\n\
         - removes `c.gone`\n\n</details>\n"
    );
    let comments = action.comments();
    for text in [&visible_body(&comments[0]), &finished.summary] {
        assert!(text.contains(&expected), "{text}\nlacks\n{expected}");
    }
    assert!(
        finished.printed.contains("  KNOWN_FAILURES.md:6  adds `b.<b>x</b>`, without an issue\n")
    );
}

#[test]
fn shrinking_the_list_creates_no_comment() {
    let old = DOCUMENT.to_owned() + "| c.gone | slow | #3 |\n";
    let mut action = action_with_list_change(&old, DOCUMENT);
    let finished = action.run_with_results(GREEN);
    assert_eq!(finished.code, 0);
    assert!(finished.summary.contains("changes the list: 1 row removed"), "{}", finished.summary);
    assert!(action.comments().is_empty());
}

#[test]
fn growth_fails_when_selected_by_fail_on() {
    let tracked = DOCUMENT.to_owned() + "| b.more | slow | #2 |\n";
    let untracked = DOCUMENT.to_owned() + "| b.more | slow | |\n";
    for (new, fail_on, exit) in [
        (&*untracked, "regression, growth", 1),
        (&*untracked, "regression", 0),
        (&*tracked, "regression, growth", 0),
        (DOCUMENT, "regression, growth", 0),
    ] {
        let mut action = action_with_list_change(DOCUMENT, new).with("fail-on", fail_on);
        let finished = action.run_with_results(GREEN);
        assert_eq!((finished.code, finished.warnings().len()), (exit, 0), "{new} {fail_on}");
        let advice = "Name an issue in the row without one.";
        assert_eq!(finished.summary.contains(advice), exit == 1, "{}", finished.summary);
        let error = finished.runner.annotations.iter().find(|a| a.level == Level::Error);
        assert_eq!(error.and_then(|a| a.line), (exit == 1).then_some(6));
    }
}

#[test]
fn growth_without_a_base_warns_and_never_fails() {
    let untracked = DOCUMENT.to_owned() + "| b.more | slow | |\n";
    let push = action_with_list_change(DOCUMENT, &untracked).on("push", json!({ "after": HEAD }));
    for action in [
        push,
        action_with_list_change(DOCUMENT, &untracked).with("token", "").with("comment", "off"),
    ] {
        let mut action = action.with("fail-on", "regression,growth");
        let finished = action.run_with_results(GREEN);
        assert_eq!(finished.code, 0, "{}", finished.printed);
        let warnings = finished.warnings();
        let is_growth =
            |text: &&&str| text.starts_with("rows that are added are not judged (growth): ");
        assert_eq!(warnings.iter().filter(is_growth).count(), 1, "{warnings:?}");
        assert!(!action.github.requests().iter().any(|request| request.path.contains("/compare/")));
    }
}

#[test]
fn documents_of_one_list_are_compared_together() {
    let overlay =
        "| Test Name | Reason | Issue |\n| --- | --- | --- |\n| k.one | kerberos | #4 |\n";
    let mut action = action_with_list_change(DOCUMENT, DOCUMENT)
        .file("kerberos.md", overlay)
        .with("known-failures", "KNOWN_FAILURES.md\nkerberos.md");
    action.github.put_file(HEAD, "kerberos.md", overlay);
    let finished = action.run_with_results(GREEN);
    assert!(finished.summary.contains("changes the list: 1 row added<"), "{}", finished.summary);
}

// --- Issues of the rows --------------------------------------------------------------------------

const DOCUMENT_WITH_ISSUES: &str = "# Known failures\n\n\
    | Test Name | Reason | Issue |\n| --- | --- | --- |\n| a.known | slow | #740 |\n\
    | a.new | x | #743 |\n| b.* | y | other/repo#1 |\n| c.* | z | https://github.com/octo/r/issues/741 |\n";

fn action_with_tracked_issues() -> Action {
    let action = Action::new().file("KNOWN_FAILURES.md", DOCUMENT_WITH_ISSUES);
    for (number, is_open) in [(740, false), (741, true), (743, true)] {
        action.github.add_issue("octo/r", number, is_open);
    }
    action.github.add_issue("other/repo", 1, true);
    action
}

#[test]
fn closed_and_closable_issues_are_reported() {
    let mut action = action_with_tracked_issues();
    let finished = action.run_with_results(GREEN);
    assert_eq!((finished.code, finished.warnings().len()), (0, 0), "{}", finished.printed);
    let comment = visible_body(&action.comments()[0]);
    let row_link = |line| {
        format!(
            "[`KNOWN_FAILURES.md:{line}`](https://github.com/octo/r/blob/{HEAD}/KNOWN_FAILURES.md?plain=1#L{line})"
        )
    };
    let expected = format!(
        "#### Issues\n\n- {} `#740` is closed, and 1 row names it\n\
         - {} no row of `#743` is needed any more: write `closes #743` in the description of the pull request\n\n",
        row_link(5),
        row_link(6)
    );
    assert!(comment.contains(&expected), "{comment}\nlacks\n{expected}");
    let queries = action.github.requests().into_iter().filter(|r| r.body.contains("issueOr"));
    assert_eq!(queries.count(), 1, "all in one question");
}

#[test]
fn closed_issues_alone_create_no_comment() {
    let mut action = action_with_tracked_issues();
    let quiet = GREEN.replace("success: a.new", "failure: a.new [\nx\n]");
    assert_eq!(action.run_with_results(&quiet).code, 0);
    assert!(action.comments().is_empty());
}

#[test]
fn one_variant_of_a_matrix_closes_no_issue() {
    let mut action = action_with_tracked_issues().with("variant", "memory");
    action.run_with_results(GREEN);
    let comment = visible_body(&action.comments()[0]);
    assert!(comment.contains("`#740` is closed") && !comment.contains("closes"), "{comment}");
}

#[test]
fn unavailable_issues_are_skipped_without_warning() {
    let mut without_graphql = action_with_tracked_issues();
    without_graphql.github.disable_graphql();
    let mut hung_up = action_with_tracked_issues();
    hung_up.github.inject_fault("POST", "/graphql", Fault::HangUp);
    let mut switched_off = action_with_tracked_issues().with("issues", "false");
    for action in [&mut without_graphql, &mut hung_up, &mut switched_off] {
        let finished = action.run_with_results(GREEN);
        assert_eq!((finished.code, finished.warnings().len()), (0, 0), "{}", finished.printed);
        assert_eq!(action.comments().len(), 1);
        assert!(!visible_body(&action.comments()[0]).contains("Issues"));
    }
    let has_queried =
        switched_off.github.requests().into_iter().any(|r| r.body.contains("issueOr"));
    assert!(!has_queried);
}

// --- Suggestions ---------------------------------------------------------------------------------

#[test]
fn removable_row_in_the_diff_is_suggested_once() {
    let document = DOCUMENT_WITH_ISSUES.to_owned() + "| a.old | y | #2 |\n";
    let all_pass = GREEN.replace("failure: a.known [\nx\n]", "success: a.known")
        + "test: a.old\nsuccess: a.old\n";
    let mut action = Action::new().file("KNOWN_FAILURES.md", &document).with("suggestions", "true");
    // In the head, the row is two lines above its position in the tested file.
    let patch =
        "@@ -3,2 +3,3 @@\n | --- | --- | --- |\n+| a.new | x | #743 |\n | b.* | y | other/repo#1 |";
    action.github.set_patch("KNOWN_FAILURES.md", patch);
    let at_head = document.replace("# Known failures\n\n", "");
    for (commit, text) in [(HEAD, &at_head), (BASE, &document), (MERGE, &document)] {
        action.github.put_file(commit, "KNOWN_FAILURES.md", text);
    }
    for _ in 0..2 {
        let finished = action.run_with_results(&all_pass);
        assert_eq!((finished.code, finished.warnings().len()), (0, 0), "{}", finished.printed);
    }
    let comments = action.github.review_comments();
    let [comment] = &comments[..] else { panic!("{comments:#?}") };
    assert_eq!((&comment["path"], &comment["line"]), (&json!("KNOWN_FAILURES.md"), &json!(4)));
    let text = comment["body"].as_str().expect("Markdown");
    assert!(text.starts_with("<!-- knownfail:suggestion:") && !text.contains("a.new"), "{text}");
    assert!(text.ends_with("it can be removed.\n\n```suggestion\n```\n"), "{text}");
    assert_eq!(action.comments().len(), 1, "the patch has the other rows too");
}

#[test]
fn row_whose_removal_alone_would_excuse_more_is_not_suggested() {
    let rows = ["| a.known | fail | |\n", "| a.new | fail | |\n", "| a.* | crash | |\n"];
    let document = format!("| Test | Status | Issue |\n| --- | --- | --- |\n{}", rows.concat());
    let all_pass = GREEN.replace("failure: a.known [\nx\n]", "success: a.known")
        + "test: a.other\nsuccess: a.other\n";
    let mut action = Action::new().file("KNOWN_FAILURES.md", &document).with("suggestions", "true");
    let patch = format!("@@ -0,0 +3,3 @@\n+{}", rows.concat().trim_end().replace('\n', "\n+"));
    action.github.set_patch("KNOWN_FAILURES.md", &patch);
    let finished = action.run_with_results(&all_pass);
    assert_eq!((finished.code, finished.warnings().len()), (0, 0), "{}", finished.printed);
    let comments = action.github.review_comments();
    let lines: Vec<&Value> = comments.iter().map(|comment| &comment["line"]).collect();
    assert_eq!(lines, [5], "without a.known, a.* would excuse that it crashes");
    let comment = visible_body(&action.comments()[0]);
    let removed = comment.lines().filter(|line| line.starts_with("-| ")).count();
    assert_eq!(removed, 3, "the patch removes all of them at once: {comment}");
}

#[test]
fn suggestions_need_the_option_and_permission() {
    let patch = "@@ -0,0 +5,2 @@\n+| a.known | slow | #740 |\n+| a.new | x | #743 |";
    let switched_off = action_with_tracked_issues();
    let one_of_several =
        action_with_tracked_issues().with("suggestions", "true").with("variant", "memory");
    let mut read_only =
        action_with_tracked_issues().with("suggestions", "true").with("comment", "off");
    read_only.access = Access::Read;
    for (mut action, warnings) in [(switched_off, 0), (one_of_several, 0), (read_only, 1)] {
        action.github.set_patch("KNOWN_FAILURES.md", patch);
        let finished = action.run_with_results(GREEN);
        assert_eq!(
            (finished.code, finished.warnings().len()),
            (0, warnings),
            "{}",
            finished.printed
        );
        assert!(finished.warnings().iter().all(|w| w.contains("pull-requests: write")));
        assert!(action.github.review_comments().is_empty());
    }
}

// --- Which documents judge -----------------------------------------------------------------------

#[test]
fn base_document_ignores_rows_added_by_the_pull_request() {
    let extended = DOCUMENT.to_owned() + "| a.new | mine | #9 |\n";
    for (judged_by, exit) in [("", 0), ("base", 1)] {
        let mut action = Action::new()
            .on("pull_request", pull_request("mallory"))
            .file("KNOWN_FAILURES.md", &extended)
            .with("known-failures-ref", judged_by);
        action.access = Access::Read;
        action.github.put_file(BASE, "KNOWN_FAILURES.md", DOCUMENT);
        action.github.put_file(HEAD, "KNOWN_FAILURES.md", &extended);
        let finished = action.run_with_results(RED);
        assert_eq!(finished.code, exit, "{}", finished.printed);
        assert!(finished.summary.contains("changes the list: 1 row added"), "{}", finished.summary);
    }
}

#[test]
fn unreadable_base_is_never_green() {
    let by_base = || Action::new().with("known-failures-ref", "base");
    let mut missing = by_base();
    missing.github.put_file("other", "KNOWN_FAILURES.md", DOCUMENT);
    assert_eq!(missing.run_with_results(GREEN).code, 2);
    let mut without_token = by_base().with("token", "");
    assert_eq!(without_token.run_with_results(GREEN).code, 2);
    let mut workflow_run = by_base().on("workflow_run", workflow_run("octo"));
    assert_eq!(workflow_run.run_with_results(GREEN).code, 2);
    let mut outside = by_base().with("known-failures", "../KNOWN_FAILURES.md");
    assert_eq!(outside.run_with_results(GREEN).code, 2);
    assert!(
        Action::new()
            .with("known-failures-ref", "head")
            .run_with_results(GREEN)
            .printed
            .contains("base")
    );
}
