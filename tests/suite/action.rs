//! The action as a process, against a GitHub on loopback: what is posted where, whatever goes wrong.
//!
//! In: an event, a document, results, inputs. Out: exit code, annotations, outputs, summary, and what
//! stands on GitHub afterwards. A newcomer's trap: time is real here, and the program waits a second
//! after each comment that it writes.

use crate::action_yml;
use crate::github_double::{Access, Author, Comment, Fault, GithubDouble};
use crate::knownfail::Knownfail;
use crate::runner::{self, Level, Runner};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

pub const HEAD: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
/// The top of the base branch.
pub const BASE: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
/// Where the pull request left it.
const FORKED: &str = "cccccccccccccccccccccccccccccccccccccccc";
/// What `GITHUB_SHA` says on a pull request.
pub const MERGE: &str = "dddddddddddddddddddddddddddddddddddddddd";
pub const TOKEN: &str = "ghs_not_to_be_shown";
pub const PULL: u64 = 7;

pub const DOCUMENT: &str = "# Known failures\n\n\
    | Test Name | Reason | Issue |\n| --- | --- | --- |\n| a.known | slow | #1 |\n";
pub const RED: &str =
    "test: a.known\nfailure: a.known [\nx\n]\ntest: a.new\nfailure: a.new [\ny\n]\n";
const GREEN: &str = "test: a.known\nfailure: a.known [\nx\n]\ntest: a.new\nsuccess: a.new\n";

/// A job on pull request 7 of octo/r.
pub struct Action {
    pub github: GithubDouble,
    event: (&'static str, Value),
    run: u64,
    pub access: Access,
    with: Vec<(&'static str, String)>,
    files: Vec<(String, Vec<u8>)>,
}

/// What is left of a step.
pub struct Finished {
    pub code: i32,
    pub runner: Runner,
    pub outputs: BTreeMap<String, String>,
    pub summary: String,
    pub printed: String,
    /// What the step's report files hold.
    pub left: String,
}

impl Finished {
    pub fn warnings(&self) -> Vec<&str> {
        let ours = self.runner.annotations.iter().filter(|annotation| {
            annotation.level == Level::Warning && annotation.title.as_deref() == Some("knownfail")
        });
        ours.map(|annotation| annotation.message.as_str()).collect()
    }
}

pub fn pull_request(owner: &str) -> Value {
    let full_name = format!("{owner}/r");
    json!({ "pull_request": {
        "number": PULL,
        "head": { "sha": HEAD, "ref": "topic", "repo": { "full_name": full_name } },
        "base": { "sha": BASE, "ref": "main", "repo": { "full_name": "octo/r" } },
    } })
}

pub fn workflow_run(owner: &str) -> Value {
    let repository = json!({ "full_name": format!("{owner}/r"), "owner": { "login": owner } });
    json!({ "workflow_run": {
        "event": "pull_request", "head_sha": HEAD, "head_branch": "topic",
        "head_repository": repository, "pull_requests": [],
    } })
}

impl Action {
    pub fn new() -> Action {
        let github = GithubDouble::start();
        github.add_pull(PULL, "octo:topic", HEAD);
        let files = vec![("KNOWN_FAILURES.md".to_owned(), DOCUMENT.into())];
        let event = ("pull_request", pull_request("octo"));
        Action { github, event, run: 1, access: Access::Write, with: Vec::new(), files }
    }

    pub fn on(mut self, event: &'static str, payload: Value) -> Action {
        self.event = (event, payload);
        self
    }

    pub fn with(mut self, input: &'static str, value: &str) -> Action {
        self.with.push((input, value.to_owned()));
        self
    }

    pub fn file(mut self, path: &str, text: impl AsRef<[u8]>) -> Action {
        self.files.push((path.to_owned(), text.as_ref().to_vec()));
        self
    }

    pub fn comments(&self) -> Vec<Comment> {
        self.github.comments(PULL)
    }

    /// Runs the step with these results; each run is newer than the one before.
    pub fn judge(&mut self, results: &str) -> Finished {
        self.files.push(("results.txt".to_owned(), results.into()));
        self.step(|_| {})
    }

    /// Runs the step; `prepare` sees the program before it starts.
    pub fn step(&mut self, prepare: impl FnOnce(&mut Knownfail)) -> Finished {
        self.github.add_token(TOKEN, Author::workflow(), self.access);
        let mut program = Knownfail::action();
        for (path, text) in &self.files {
            program.file(path, text);
        }
        program.file(".step/event.json", self.event.1.to_string());
        program.file(".step/output", "").file(".step/summary", "");
        let path = |name: &str| program.path(&format!(".step/{name}"));
        let (event, output, summary) = (path("event.json"), path("output"), path("summary"));
        // Where the event says which commit is tested, the variable names another one.
        let sha = match self.event.0 {
            "push" | "schedule" | "workflow_dispatch" => HEAD,
            _ => MERGE,
        };
        let run = self.run.to_string();
        self.run += 1;
        for (name, value) in [
            ("GITHUB_API_URL", self.github.url()),
            ("GITHUB_REPOSITORY", "octo/r"),
            ("GITHUB_EVENT_NAME", self.event.0),
            ("GITHUB_EVENT_PATH", &event),
            ("GITHUB_OUTPUT", &output),
            ("GITHUB_STEP_SUMMARY", &summary),
            ("GITHUB_RUN_NUMBER", &run),
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
        Finished {
            code: ran.code,
            runner,
            outputs: runner::read_file_command(&program.read(".step/output")).expect("outputs"),
            summary: program.read(".step/summary"),
            printed: ran.stdout + &ran.stderr,
            left: std::fs::read_to_string(program.path("report.json")).unwrap_or_default(),
        }
    }
}

/// What a reader sees: the text without the lines that mark its parts.
fn body(comment: &Comment) -> String {
    let lines = comment.body.lines().filter(|line| !line.starts_with("<!-- knownfail:"));
    lines.map(|line| format!("{line}\n")).collect()
}

// --- What is posted where ------------------------------------------------------------------------

#[test]
fn a_run_of_another_commit_than_the_head_comments_nowhere() {
    let mut action = Action::new().on("workflow_run", workflow_run("octo"));
    action.github.set_head(PULL, MERGE);
    let finished = action.judge(RED);
    assert_eq!((finished.code, finished.warnings().len()), (1, 1), "{}", finished.printed);
    assert_eq!(action.github.writes(), [""; 0]);
}

#[test]
fn without_a_token_it_judges_all_the_same() {
    let mut action = Action::new().with("token", "").with("check-run", "conformance");
    let finished = action.judge(RED);
    assert_eq!(finished.code, 1);
    let expected = ["no comment: there is no token", "no check run: there is no token"];
    assert_eq!(finished.warnings(), expected);
    assert!(action.github.requests().is_empty());
}

#[test]
fn a_report_that_cannot_be_written_is_one_warning() {
    for (results, code) in [(GREEN, 0), (RED, 1)] {
        let mut action = Action::new().with("json-file", "no/such/directory/report.json");
        let finished = action.judge(results);
        assert_eq!(finished.code, code);
        let warnings = finished.warnings();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].starts_with("cannot write no/such/directory/report.json"));
    }
}

// --- The comment's life --------------------------------------------------------------------------

#[test]
fn a_comment_shrinks_when_all_is_well_and_a_deleted_one_comes_back_with_bad_news_alone() {
    let mut action = Action::new();
    assert_eq!(action.judge(GREEN).code, 0);
    assert_eq!(action.github.writes(), [""; 0], "nothing is begun while nothing is wrong");

    let red = action.judge(RED);
    let [comment] = &action.comments()[..] else { panic!("{:?}", action.comments()) };
    assert!(body(comment).contains("`a.new`"), "{}", comment.body);
    let url = format!("https://github.com/octo/r/pull/{PULL}#issuecomment-{}", comment.id);
    assert_eq!(red.outputs["comment-url"], url);

    assert_eq!(action.judge(GREEN).code, 0);
    let [shrunk] = &action.comments()[..] else { panic!("{:?}", action.comments()) };
    let lines = body(shrunk).lines().filter(|line| !line.is_empty()).count();
    assert_eq!((shrunk.id, lines), (comment.id, 2), "verdict and counts: {}", shrunk.body);

    action.github.delete_comment(shrunk.id);
    assert_eq!(action.judge(GREEN).code, 0);
    assert!(action.comments().is_empty());
    action.judge(RED);
    assert_eq!(action.comments().len(), 1);
}

#[test]
fn what_is_lost_on_the_way_is_mended_and_the_verdict_stands() {
    for (method, path, fault) in [
        ("POST", "/comments", Fault::BadGateway),
        ("POST", "/comments", Fault::BadGatewayAfter),
        ("POST", "/comments", Fault::HangUpAfter),
        ("GET", "/compare/", Fault::Html(502)),
        ("GET", "/comments", Fault::TooMany { retry_after: 1 }),
    ] {
        let mut action = Action::new();
        action.github.fault(method, path, fault.clone());
        let finished = action.judge(RED);
        assert_eq!((finished.code, finished.warnings().len()), (1, 0), "{fault:?}");
        assert_eq!(action.comments().len(), 1, "{fault:?}");
    }
    // For ever: one warning for each thing that is not there.
    let mut action = Action::new();
    for _ in 0..40 {
        action.github.fault("GET", "/", Fault::Redirect("http://127.0.0.1:9/".into()));
    }
    let finished = action.judge(RED);
    assert_eq!(finished.code, 1);
    assert_eq!(finished.warnings().len(), 2, "{:?}", finished.warnings());
    assert!(finished.summary.contains("a.new"));
}

#[test]
fn a_server_that_hangs_is_left_after_half_a_minute_and_asked_again() {
    let mut action = Action::new();
    action.github.fault("POST", "/comments", Fault::Hang(Duration::from_secs(90)));
    let began = Instant::now();
    let finished = action.judge(RED);
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    assert_eq!((finished.code, finished.warnings().len()), (1, 0), "{}", finished.printed);
    assert_eq!(action.comments().len(), 1);
}

#[test]
fn a_text_over_budget_is_cut_between_its_blocks_and_says_so() {
    let failure = |n| {
        let name = format!("suite.{n:04}.{}", "long_name/".repeat(25));
        let output = "a line of output | with <b>markup</b> and `ticks`\n".repeat(30);
        format!("test: {name}\nfailure: {name} [\n{output}]\n")
    };
    let results: String = (0..1_500).map(failure).collect();
    let mut action = Action::new().with("check-run", "conformance");
    assert_eq!(action.judge(&results).code, 1);
    let comments = action.comments();
    let check_run = &action.github.check_runs()[0].created["output"]["summary"];
    for text in [&*body(&comments[0]), check_run.as_str().expect("a summary")] {
        assert!(text.len() > 20_000 && text.len() <= 60_000, "{}", text.len());
        assert!(text.contains(" more new failures: see the job summary\n"), "{text}");
        assert!(text.trim_end().ends_with("</sub>"), "the counts are never cut");
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
        let rows = text.lines().filter(|line| line.starts_with("| `suite."));
        assert!(rows.clone().count() > 50 && rows.clone().all(|row| row.ends_with(" |")));
    }
}

// --- The check run -------------------------------------------------------------------------------

#[test]
fn a_check_run_is_created_when_it_is_asked_for_and_tells_each_row_and_failure() {
    for (results, exit, conclusion) in [
        (GREEN, 0, "success"),
        (RED, 1, "failure"),
        ("test: a.known\nfailure: a.known [\nx\n]\ntest: a.new\n", 2, "failure"),
    ] {
        let mut action = Action::new().with("check-run", "conformance");
        let finished = action.judge(results);
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
    action.judge(RED);
    assert!(action.github.check_runs().is_empty(), "not asked for");
}

#[test]
fn a_check_run_that_is_not_allowed_is_one_warning() {
    let mut action = Action::new().with("check-run", "conformance");
    action.access = Access::Comment;
    let finished = action.judge(RED);
    assert_eq!(finished.code, 1);
    let [warning] = finished.warnings()[..] else { panic!("{:?}", finished.warnings()) };
    assert!(
        warning.starts_with("no check run: ") && warning.contains("checks: write"),
        "{warning}"
    );
    assert_eq!(action.comments().len(), 1);
}

#[test]
fn annotations_stand_in_the_repository_whatever_the_working_directory() {
    let mut action = Action::new()
        .file("conformance/smb/KNOWN_FAILURES.md", DOCUMENT)
        .file("conformance/smb/results.txt", RED)
        .with("working-directory", "./conformance/smb")
        .with("check-run", "conformance");
    let finished = action.step(|_| {});
    assert_eq!(finished.code, 1, "{}", finished.printed);
    let path = "conformance/smb/KNOWN_FAILURES.md";
    let error = finished.runner.annotations.iter().find(|a| a.level == Level::Error);
    assert_eq!(error.expect("an error").file.as_deref(), Some(path));
    assert_eq!(action.github.check_runs()[0].annotations[0]["path"], path);
}

/// A list that was untidy before is no reason to comment on a pull request that does nothing to it.
#[test]
fn what_was_so_before_begins_no_comment() {
    let expired =
        "| Test Name | Expires |\n| --- | --- |\n| a.known | 2020-01-01 |\n| a.known | |\n";
    let mut untidy = Action::new().file("KNOWN_FAILURES.md", expired);
    let stale = DOCUMENT.to_owned() + "| a.new | slow | #3 |\n";
    let mut passed_before = Action::new().file("KNOWN_FAILURES.md", stale).file("base.txt", GREEN);
    passed_before = passed_before.with("baseline", "base.txt");
    for action in [&mut untidy, &mut passed_before] {
        let finished = action.judge(GREEN);
        assert_eq!((finished.code, action.comments().len()), (0, 0), "{}", finished.printed);
        assert!(
            finished.printed.contains("::warning file=KNOWN_FAILURES.md,"),
            "{}",
            finished.printed
        );
    }
}

// --- What the pull request does to the list ------------------------------------------------------

const CHANGED: &str = "# Known failures\n\n\
    | Test Name | Reason | Issue |\n| --- | --- | --- |\n| a.* | slow | #1 |\n| b.<b>x</b> | | |\n";

fn changing(old: &str, new: &str) -> Action {
    let action = Action::new().file("KNOWN_FAILURES.md", new);
    action.github.set_merge_base(FORKED);
    action.github.put_file(FORKED, "KNOWN_FAILURES.md", old);
    // What others did to the base branch since is not held against the pull request.
    action.github.put_file(BASE, "KNOWN_FAILURES.md", "| Test Name | Reason |\n| --- | --- |\n");
    action.github.put_file(HEAD, "KNOWN_FAILURES.md", new);
    action
}

#[test]
fn a_pull_request_that_grows_the_list_is_told_so() {
    let old = DOCUMENT.to_owned() + "| c.gone | slow | #3 |\n";
    let mut action = changing(&old, CHANGED);
    let finished = action.judge(GREEN);
    assert_eq!((finished.code, finished.warnings().len()), (0, 0), "{}", finished.printed);
    let blob = format!("https://github.com/octo/r/blob/{HEAD}/KNOWN_FAILURES.md?plain=1");
    let expected = format!(
        "<details><summary>This pull request changes the list: 1 row added, 1 row widened, 1 row \
         removed; 1 new row has no issue</summary>\n\n\
         - [`KNOWN_FAILURES.md:6`]({blob}#L6) adds `b.<b>x</b>`, without an issue\n\
         - [`KNOWN_FAILURES.md:5`]({blob}#L5) widens `a.known` to `a.*`\n\
         - removes `c.gone`\n\n</details>\n"
    );
    let comments = action.comments();
    for text in [&body(&comments[0]), &finished.summary] {
        assert!(text.contains(&expected), "{text}\nlacks\n{expected}");
    }
    assert!(
        finished.printed.contains("  KNOWN_FAILURES.md:6  adds `b.<b>x</b>`, without an issue\n")
    );
}

#[test]
fn a_pull_request_that_only_shrinks_the_list_needs_no_comment() {
    let old = DOCUMENT.to_owned() + "| c.gone | slow | #3 |\n";
    let mut action = changing(&old, DOCUMENT);
    let finished = action.judge(GREEN);
    assert_eq!(finished.code, 0);
    assert!(finished.summary.contains("changes the list: 1 row removed"), "{}", finished.summary);
    assert!(action.comments().is_empty());
}

#[test]
fn growth_is_red_when_it_is_asked_for() {
    let tracked = DOCUMENT.to_owned() + "| b.more | slow | #2 |\n";
    let untracked = DOCUMENT.to_owned() + "| b.more | slow | |\n";
    for (new, fail_on, exit) in [
        (&*untracked, "regression, growth", 1),
        (&*untracked, "regression", 0),
        (&*tracked, "regression, growth", 0),
        (DOCUMENT, "regression, growth", 0),
    ] {
        let mut action = changing(DOCUMENT, new).with("fail-on", fail_on);
        let finished = action.judge(GREEN);
        assert_eq!((finished.code, finished.warnings().len()), (exit, 0), "{new} {fail_on}");
        let told = "Name an issue in each row that this pull request adds";
        assert_eq!(finished.summary.contains(told), exit == 1, "{}", finished.summary);
        let at = finished.runner.annotations.iter().find(|a| a.level == Level::Error);
        assert_eq!(at.and_then(|a| a.line), (exit == 1).then_some(6));
    }
}

#[test]
fn growth_without_a_base_is_one_warning_and_never_red() {
    let untracked = DOCUMENT.to_owned() + "| b.more | slow | |\n";
    let push = changing(DOCUMENT, &untracked).on("push", json!({ "after": HEAD }));
    for action in [push, changing(DOCUMENT, &untracked).with("token", "").with("comment", "off")] {
        let mut action = action.with("fail-on", "regression,growth");
        let finished = action.judge(GREEN);
        assert_eq!(finished.code, 0, "{}", finished.printed);
        let [warning] = finished.warnings()[..] else { panic!("{:?}", finished.warnings()) };
        assert!(warning.starts_with("rows that are added are not judged (growth): "), "{warning}");
        assert!(action.github.requests().is_empty());
    }
}

#[test]
fn documents_that_are_together_one_list_change_together() {
    let overlay =
        "| Test Name | Reason | Issue |\n| --- | --- | --- |\n| k.one | kerberos | #4 |\n";
    let mut action = changing(DOCUMENT, DOCUMENT)
        .file("kerberos.md", overlay)
        .with("known-failures", "KNOWN_FAILURES.md\nkerberos.md");
    action.github.put_file(HEAD, "kerberos.md", overlay);
    let finished = action.judge(GREEN);
    assert!(finished.summary.contains("changes the list: 1 row added<"), "{}", finished.summary);
}

// --- The issues of the rows ----------------------------------------------------------------------

const TRACKED: &str = "# Known failures\n\n\
    | Test Name | Reason | Issue |\n| --- | --- | --- |\n| a.known | slow | #740 |\n\
    | a.new | x | #743 |\n| b.* | y | other/repo#1 |\n| c.* | z | https://github.com/octo/r/issues/741 |\n";

fn tracked() -> Action {
    let action = Action::new().file("KNOWN_FAILURES.md", TRACKED);
    for (number, is_open) in [(740, false), (741, true), (743, true)] {
        action.github.add_issue("octo/r", number, is_open);
    }
    action.github.add_issue("other/repo", 1, true);
    action
}

#[test]
fn closed_issues_with_rows_and_issues_without_any_left_are_told() {
    let mut action = tracked();
    let finished = action.judge(GREEN);
    assert_eq!((finished.code, finished.warnings().len()), (0, 0), "{}", finished.printed);
    let comment = body(&action.comments()[0]);
    let at = |line| {
        format!(
            "[`KNOWN_FAILURES.md:{line}`](https://github.com/octo/r/blob/{HEAD}/KNOWN_FAILURES.md?plain=1#L{line})"
        )
    };
    let expected = format!(
        "#### Issues\n\n- {} `#740` is closed, and 1 row names it\n\
         - {} the last rows of `#743` pass: write `closes #743` in the description\n\n",
        at(5),
        at(6)
    );
    assert!(comment.contains(&expected), "{comment}\nlacks\n{expected}");
    let asked = action.github.requests().into_iter().filter(|r| r.body.contains("issueOr"));
    assert_eq!(asked.count(), 1, "all in one question");
}

#[test]
fn closed_issues_alone_are_no_news() {
    let mut action = tracked();
    let quiet = GREEN.replace("success: a.new", "failure: a.new [\nx\n]");
    assert_eq!(action.judge(&quiet).code, 0);
    assert!(action.comments().is_empty());
}

#[test]
fn one_variant_of_a_matrix_closes_no_issue() {
    let mut action = tracked().with("variant", "memory");
    action.judge(GREEN);
    let comment = body(&action.comments()[0]);
    assert!(comment.contains("`#740` is closed") && !comment.contains("closes"), "{comment}");
}

#[test]
fn issues_that_cannot_be_asked_for_are_passed_over_in_silence() {
    let mut without_graphql = tracked();
    without_graphql.github.without_graphql();
    let mut hung_up = tracked();
    hung_up.github.fault("POST", "/graphql", Fault::HangUp);
    let mut switched_off = tracked().with("issues", "false");
    for action in [&mut without_graphql, &mut hung_up, &mut switched_off] {
        let finished = action.judge(GREEN);
        assert_eq!((finished.code, finished.warnings().len()), (0, 0), "{}", finished.printed);
        assert_eq!(action.comments().len(), 1);
        assert!(!body(&action.comments()[0]).contains("Issues"));
    }
    let asked = switched_off.github.requests().into_iter().any(|r| r.body.contains("issueOr"));
    assert!(!asked);
}

// --- Suggestions ---------------------------------------------------------------------------------

#[test]
fn a_row_of_the_pull_requests_diff_that_can_go_is_suggested_once() {
    let document = TRACKED.to_owned() + "| a.old | y | #2 |\n";
    let all_pass = GREEN.replace("failure: a.known [\nx\n]", "success: a.known")
        + "test: a.old\nsuccess: a.old\n";
    let mut action = Action::new().file("KNOWN_FAILURES.md", &document).with("suggestions", "true");
    // In the head the row stands two lines further up than in what was tested.
    let patch =
        "@@ -3,2 +3,3 @@\n | --- | --- | --- |\n+| a.new | x | #743 |\n | b.* | y | other/repo#1 |";
    action.github.set_patch("KNOWN_FAILURES.md", patch);
    for _ in 0..2 {
        let finished = action.judge(&all_pass);
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
fn suggestions_are_made_where_they_are_asked_for_and_allowed() {
    let patch = "@@ -0,0 +5,2 @@\n+| a.known | slow | #740 |\n+| a.new | x | #743 |";
    let switched_off = tracked();
    let one_of_several = tracked().with("suggestions", "true").with("variant", "memory");
    let mut read_only = tracked().with("suggestions", "true").with("comment", "off");
    read_only.access = Access::Read;
    for (mut action, warnings) in [(switched_off, 0), (one_of_several, 0), (read_only, 1)] {
        action.github.set_patch("KNOWN_FAILURES.md", patch);
        let finished = action.judge(GREEN);
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

// --- By whose documents --------------------------------------------------------------------------

#[test]
fn a_pull_request_does_not_excuse_its_own_failures_when_the_base_judges() {
    let brought = DOCUMENT.to_owned() + "| a.new | mine | #9 |\n";
    for (judged_by, exit) in [("", 0), ("base", 1)] {
        let mut action = Action::new()
            .on("pull_request", pull_request("mallory"))
            .file("KNOWN_FAILURES.md", &brought)
            .with("known-failures-ref", judged_by);
        action.access = Access::Read;
        action.github.put_file(BASE, "KNOWN_FAILURES.md", DOCUMENT);
        action.github.put_file(HEAD, "KNOWN_FAILURES.md", &brought);
        let finished = action.judge(RED);
        assert_eq!(finished.code, exit, "{}", finished.printed);
        assert!(finished.summary.contains("changes the list: 1 row added"), "{}", finished.summary);
    }
}

#[test]
fn a_base_that_cannot_be_read_is_never_green() {
    let by_base = || Action::new().with("known-failures-ref", "base");
    let mut missing = by_base();
    assert_eq!(missing.judge(GREEN).code, 2);
    let mut without_token = by_base().with("token", "");
    assert_eq!(without_token.judge(GREEN).code, 2);
    let mut workflow_run = by_base().on("workflow_run", workflow_run("octo"));
    assert_eq!(workflow_run.judge(GREEN).code, 2);
    let mut outside = by_base().with("known-failures", "../KNOWN_FAILURES.md");
    assert_eq!(outside.judge(GREEN).code, 2);
    let mut push = by_base().on("push", json!({ "after": HEAD }));
    assert_eq!(push.judge(GREEN).code, 0, "there the checked-out document is the base branch's");
    assert!(Action::new().with("known-failures-ref", "head").judge(GREEN).printed.contains("base"));
}
