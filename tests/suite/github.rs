//! GitHub: reading the context, and the life of the sticky comment.
//!
//! Each comment test talks to a [`FakeGithub`], then checks its state and the requests. The clock is a fake that only records how
//! long the client would have waited, after each write too; where jobs race, time is real.

use crate::fake_github::{Access, Author, Comment, FakeGithub, Fault};
use knownfail::github::{
    ApiToken, ApiUrl, Client, ClientError, ClientOptions, Clock, CommentSection, Context,
    ContextError, CreatePolicy, Fields, FoundPull, HeadRepository, PublishError, PublishNote,
    PublishResult, Published, Pull, RequestError, RunnerFileError, RunnerFiles, SectionRenderer,
    StickyComment, TokenAccess, WorkflowRun, append_summary, find_pull, publish,
    remaining_summary_bytes, set_outputs,
};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

pub(crate) const HEAD: &str = "1111111111111111111111111111111111111111";
pub(crate) const MOVED_HEAD: &str = "2222222222222222222222222222222222222222";
/// The value of `GITHUB_SHA`, which is not the head of a pull request.
const MERGE: &str = "3333333333333333333333333333333333333333";
/// How long the client waits after a write before it reads again.
const SETTLE_DELAY: Duration = Duration::from_secs(1);
/// The fake clock's start, in seconds since 1970.
const CLOCK_START: u64 = 1_000_000;

// --- Set-up ------------------------------------------------------------------------------------

/// A clock that records each wait and skips it.
#[derive(Clone, Default)]
pub(crate) struct FakeClock(Rc<RefCell<Vec<Duration>>>);

impl FakeClock {
    pub(crate) fn waits(&self) -> Vec<Duration> {
        self.0.borrow().clone()
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Duration {
        Duration::from_secs(CLOCK_START) + self.0.borrow().iter().sum::<Duration>()
    }

    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        self.0.borrow_mut().push(time);
        Box::pin(std::future::ready(()))
    }
}

/// A GitHub with pull request 7 and a second one, 8, both at [`HEAD`].
pub(crate) fn github() -> FakeGithub {
    let github = FakeGithub::start();
    github.add_pull(7, "octo:topic", HEAD);
    github.add_pull(8, "octo:other", HEAD);
    github
}

/// The id of the run with this number.
pub(crate) fn run_id(number: u64) -> u64 {
    9_000 + number
}

/// One run of a workflow on pull request 7.
pub(crate) struct Job<'a> {
    pub github: &'a FakeGithub,
    pub token: &'a str,
    pub run: (u64, u64),
    pub sha: &'a str,
    pub id: &'a str,
    pub workflow: &'a str,
    pub step: &'a str,
    pub writer: &'a str,
    pub section: String,
    pub shared: String,
    pub create_policy: CreatePolicy,
    pub pull: Pull,
    pub timeout: Duration,
    pub clock: FakeClock,
    pub clock_mode: ClockMode,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClockMode {
    Fake,
    Real,
}

impl<'a> Job<'a> {
    pub(crate) fn new(github: &'a FakeGithub) -> Self {
        Job {
            github,
            token: "tok_workflow",
            run: (1, 1),
            sha: HEAD,
            id: "ci.linux",
            workflow: "CI",
            step: "",
            writer: "0a",
            section: String::new(),
            shared: String::new(),
            create_policy: CreatePolicy::Always,
            pull: Pull::Number(7),
            timeout: Duration::from_secs(20),
            clock: FakeClock::default(),
            clock_mode: ClockMode::Fake,
        }
    }

    /// A job with this token, in this attempt of run 1.
    pub(crate) fn with_token(github: &'a FakeGithub, token: &'a str, attempt: u64) -> Self {
        Job { token, run: (1, attempt), ..Job::new(github) }
    }

    pub(crate) fn context(&self) -> Context {
        let event = json!({ "pull_request": { "number": 7, "head": { "sha": self.sha } } });
        let (number, attempt) = (self.run.0.to_string(), self.run.1.to_string());
        let id = run_id(self.run.0).to_string();
        let env = |name: &str| match name {
            "GITHUB_API_URL" => Some(self.github.url().to_owned()),
            "GITHUB_RUN_ID" => Some(id.clone()),
            "GITHUB_RUN_NUMBER" => Some(number.clone()),
            "GITHUB_RUN_ATTEMPT" => Some(attempt.clone()),
            "GITHUB_WORKFLOW" => Some(self.workflow.to_owned()),
            "GITHUB_ACTION" => Some(self.step.to_owned()),
            name => runner_env("pull_request")(name),
        };
        let context = Context::read(&env, Some(&event)).expect("a context");
        Context { pull: self.pull.clone(), ..context }
    }

    pub(crate) fn publish(&self, body: &str) -> Result<Published, PublishError> {
        let context = self.context();
        let details = |room: usize| body[..room.min(body.len())].to_owned();
        let section = self.section.clone();
        let shared = self.shared.clone();
        let comment = StickyComment {
            section,
            writer: self.writer.to_owned(),
            shared,
            create_policy: self.create_policy,
            ..comment(self.id, &details)
        };
        block_on(async {
            let client = self.client();
            publish(&client, &context, &comment).await
        })
    }

    pub(crate) fn client(&self) -> Client {
        let api_url = ApiUrl::parse(self.github.url()).expect("an address");
        let token = ApiToken::new(self.token).expect("a token");
        let mut options = ClientOptions::new(api_url, token);
        if self.clock_mode == ClockMode::Fake {
            options.clock = Box::new(self.clock.clone());
        }
        options.timeout = self.timeout;
        Client::new(options).expect("a client")
    }

    pub(crate) fn publish_result(&self, body: &str) -> PublishResult {
        self.publish(body).expect("published").result
    }

    fn publish_error(&self, body: &str) -> PublishError {
        self.publish(body).expect_err("an error")
    }
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().expect("a runtime").block_on(future)
}

/// The environment of a job of octo/r.
fn runner_env(event: &str) -> impl Fn(&str) -> Option<String> {
    let event = event.to_owned();
    move |name| {
        let value = match name {
            "GITHUB_API_URL" => "https://api.github.com",
            "GITHUB_SERVER_URL" => "https://github.com",
            "GITHUB_REPOSITORY" => "octo/r",
            "GITHUB_RUN_ID" => "900",
            "GITHUB_RUN_NUMBER" => "12",
            "GITHUB_RUN_ATTEMPT" => "2",
            "GITHUB_WORKFLOW" => "CI",
            "GITHUB_JOB" => "test",
            "GITHUB_EVENT_NAME" => &event,
            "GITHUB_SHA" => MERGE,
            "GITHUB_WORKSPACE" => "/github/workspace",
            "GITHUB_OUTPUT" => "/github/file_commands/output",
            "GITHUB_STEP_SUMMARY" => "",
            _ => return None,
        };
        Some(value.to_owned())
    }
}

/// A comment with one section with this text.
fn comment<'a>(id: &str, details: &'a dyn Fn(usize) -> String) -> StickyComment<'a> {
    StickyComment {
        id: id.into(),
        section: String::new(),
        writer: "0a".into(),
        fields: vec![("is".into(), "failure".into())],
        details,
        footer: "the foot".into(),
        shared: String::new(),
        renderer: &TestSectionRenderer,
        create_policy: CreatePolicy::Always,
    }
}

/// Renders the number of sections above them.
struct TestSectionRenderer;

impl SectionRenderer for TestSectionRenderer {
    fn headline(&self, sections: &[&CommentSection]) -> String {
        format!("{} in all", sections.len())
    }

    fn heading(&self, _: &CommentSection, _: &[&CommentSection]) -> String {
        "one of several".into()
    }

    fn omitted_note(&self) -> String {
        "left out".into()
    }

    fn counted_note(&self, count: usize) -> String {
        format!("{count} more")
    }

    fn mildest_rank(&self) -> (u8, u8) {
        (u8::MAX, u8::MAX)
    }

    fn rank(&self, _: &Fields) -> (u8, u8) {
        (0, 0)
    }
}

/// The text of a comment's only section; the whole text of a superseded comment.
pub(crate) fn section_text(comment: &Comment) -> &str {
    let rest = comment.body.split_once('\n').expect("a marker's line").1;
    let Some((_, section)) = rest.split_once("<!-- knownfail:section ") else { return rest };
    let (_, details) = section.split_once('\n').expect("a line");
    details.split_once("\n\n<!-- knownfail:foot -->\n").expect("a foot").0
}

/// The names and texts of a comment's sections, in order.
pub(crate) fn sections(comment: &Comment) -> Vec<(String, String)> {
    let parts = comment.body.split("<!-- knownfail:section attempt=").skip(1);
    let part = |part: &str| {
        let (_, name) = part.split_once("name=").expect("a name");
        let (name, rest) = name.split_once([' ', '\n']).expect("a record");
        let (_, details) = rest.split_once('\n').expect("a line");
        let (details, _) = details.split_once("\n\n<!-- knownfail:foot").expect("a foot");
        (name.to_owned(), details.to_owned())
    };
    parts.map(part).collect()
}

/// The comments with our marker that are not superseded.
pub(crate) fn active_comments(github: &FakeGithub) -> Vec<Comment> {
    let comments = github.comments(7).into_iter();
    let counts = |comment: &Comment| {
        let line = comment.body.lines().next().unwrap_or_default();
        line.starts_with("<!-- knownfail:v1:ci.linux run=") && !line.contains("superseded")
    };
    comments.filter(counts).collect()
}

// --- The context ---------------------------------------------------------------------------------

#[test]
fn the_commit_and_the_pull_request_come_from_the_event() {
    let fork = || json!({ "full_name": "mallory/r", "owner": { "login": "mallory" } });
    let own = || json!({ "full_name": "Octo/R", "owner": { "login": "octo" } });
    let pull_request = |repo: Value| json!({ "pull_request": { "number": 7, "head": { "sha": HEAD, "repo": repo } } });
    let workflow_run = |event: &str, repo: Value| {
        json!({ "workflow_run": { "event": event, "head_sha": HEAD, "head_branch": "topic",
                                  "head_repository": repo, "pull_requests": [] } })
    };
    let merge_group = json!({ "merge_group": { "head_sha": HEAD, "base_ref": "refs/heads/main" } });
    let from_branch =
        |owner: &str| Pull::FromBranch { owner: owner.into(), branch: "topic".into() };
    use HeadRepository::{Fork, Same};

    #[rustfmt::skip]
    let table = [
        // event                  its payload                          commit  whose  pull request
        ("pull_request",          pull_request(own()),                 HEAD,   Same,  Pull::Number(7)),
        ("pull_request",          pull_request(fork()),                HEAD,   Fork,  Pull::Number(7)),
        ("pull_request",          pull_request(Value::Null),           HEAD,   Fork,  Pull::Number(7)),
        ("pull_request_target",   pull_request(own()),                 HEAD,   Same,  Pull::Number(7)),
        ("pull_request_target",   pull_request(fork()),                HEAD,   Fork,  Pull::Number(7)),
        ("workflow_run",          workflow_run("pull_request", own()), HEAD,   Same,  from_branch("octo")),
        ("workflow_run",          workflow_run("pull_request", fork()),HEAD,   Fork,  from_branch("mallory")),
        ("workflow_run",          workflow_run("push", own()),         HEAD,   Same,  Pull::None),
        ("merge_group",           merge_group,                         HEAD,   Same,  Pull::None),
        ("push",                  json!({ "after": HEAD }),            MERGE,  Same,  Pull::None),
        ("schedule",              json!({ "schedule": "0 5 * * *" }),  MERGE,  Same,  Pull::None),
        ("workflow_dispatch",     json!({ "inputs": null }),           MERGE,  Same,  Pull::None),
    ];
    for (event, payload, sha, whose, pull) in table {
        let context = Context::read(&runner_env(event), Some(&payload)).expect(event);
        let got = (&*context.head_sha, context.head_repository, context.pull.clone());
        assert_eq!(got, (sha, whose, pull), "{event} {payload}");
        let run_url = "https://github.com/octo/r/actions/runs/900/attempts/2";
        assert_eq!(context.run_url().as_deref(), Some(run_url));
        let files = RunnerFiles::read(&runner_env(event));
        assert_eq!(files.outputs.as_deref(), Some("/github/file_commands/output".as_ref()));
        assert_eq!(files.summary, None);
    }
}

#[test]
fn a_hostile_context_is_refused() {
    let read = |name: &'static str, value: &'static str| {
        let env = move |asked: &str| {
            if asked == name { Some(value.to_owned()) } else { runner_env("push")(asked) }
        };
        Context::read(&env, None).expect_err(value)
    };
    for value in ["octo", "octo/r/x", "../r", "octo/..", "octo/r?x", "octo/", "o cto/r", "octo/r\n"]
    {
        let error = read("GITHUB_REPOSITORY", value);
        assert_eq!(error, ContextError::Malformed("GITHUB_REPOSITORY", "owner/name"), "{value}");
    }
    assert_eq!(
        read("GITHUB_SHA", "main --> @all"),
        ContextError::Malformed("GITHUB_SHA", "a commit")
    );
    assert_eq!(
        read("GITHUB_SHA", "0000000000000000000000000000000000000000"),
        ContextError::Malformed("GITHUB_SHA", "a commit")
    );

    let pull = |head: Value| json!({ "pull_request": { "number": 7, "head": head } });
    for event in
        [None, Some(json!(["x"])), Some(pull(json!({ "sha": "HEAD" }))), Some(pull(json!(1)))]
    {
        let error =
            Context::read(&runner_env("pull_request"), event.as_ref()).expect_err("refused");
        assert_eq!(error, ContextError::Event("pull_request.head.sha"), "{event:?}");
    }
}

/// A run is judged without what only publishing needs.
#[test]
fn unusable_api_is_no_unusable_context() {
    let read = |name: &'static str, value: &'static str| {
        let env = move |asked: &str| {
            if asked == name { Some(value.to_owned()) } else { runner_env("push")(asked) }
        };
        Context::read(&env, None).expect(value)
    };
    for value in ["http://api.github.com", "https://u:p@api.github.com", "javascript:alert(1)"] {
        let error = read("GITHUB_API_URL", value).api_url.expect_err(value);
        assert!(matches!(error, ContextError::Api(_)), "{value}: {error}");
    }
    for name in
        ["GITHUB_API_URL", "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_WORKFLOW", "GITHUB_JOB"]
    {
        assert_eq!(read(name, "").api_url, Err(ContextError::NotSet(name)));
    }
    let context = read("GITHUB_RUN_NUMBER", "first");
    assert_eq!(context.api_url, Err(ContextError::Malformed("GITHUB_RUN_NUMBER", "a number")));
    assert_eq!(context.run_url(), None);
    assert_eq!(read("GITHUB_SERVER_URL", "javascript:alert(1)").run_url(), None);
}

// --- Comments ------------------------------------------------------------------------------------

#[test]
fn comment_is_posted_then_edited_then_left_unchanged() {
    let github = github();
    let posted = Job::new(&github).publish("one").expect("posted");
    let comments = github.comments(7);
    let [comment] = &*comments else { panic!("{comments:?}") };
    let url = format!("https://github.com/octo/r/pull/7#issuecomment-{}", comment.id);
    let result = PublishResult::Posted;
    assert_eq!(posted, Published { url: Some(url.clone()), result, note: None });
    let expected = format!(
        "<!-- knownfail:v1:ci.linux run=1 id=9001 sha={HEAD} -->\n1 in all\n\n\
         <!-- knownfail:section attempt=1 name= run=1 id=9001 writer=0a job=test \
         workflow=CI is=failure -->\none\n\n\
         <!-- knownfail:foot -->\nthe foot\n"
    );
    assert_eq!(comment.body, expected);

    let edited = Job { run: (2, 1), ..Job::new(&github) }.publish("two").expect("edited");
    let result = PublishResult::Edited;
    assert_eq!(edited, Published { url: Some(url), result, note: None });
    let comments = github.comments(7);
    assert_eq!(comments.len(), 1);
    assert_eq!((comments[0].id, section_text(&comments[0])), (comment.id, "two"));

    github.clear_requests();
    let unchanged = Job { run: (2, 1), ..Job::new(&github) };
    assert_eq!(unchanged.publish_result("two\r\n"), PublishResult::Unchanged);
    assert_eq!(github.writes(), [""; 0]);
}

#[test]
fn each_pull_request_and_each_id_has_its_own_comment() {
    let github = github();
    assert_eq!(Job::new(&github).publish_result("linux"), PublishResult::Posted);
    assert_eq!(
        Job { id: "ci.lin", ..Job::new(&github) }.publish_result("lin"),
        PublishResult::Posted
    );
    assert_eq!(
        Job { id: "ci.linux ", ..Job::new(&github) }.publish_result("odd"),
        PublishResult::Posted
    );
    assert_eq!(
        Job { pull: Pull::Number(8), ..Job::new(&github) }.publish_result("eight"),
        PublishResult::Posted
    );
    assert_eq!(
        Job { run: (2, 1), ..Job::new(&github) }.publish_result("again"),
        PublishResult::Edited
    );
    let texts: Vec<String> =
        github.comments(7).iter().map(|c| section_text(c).to_owned()).collect();
    assert_eq!(texts, ["again", "lin", "odd"]);
    assert_eq!(github.comments(8)[0].edits, 0);
}

#[test]
fn green_run_edits_but_never_posts_a_comment() {
    let github = github();
    let green = Job { create_policy: CreatePolicy::OnlyIfExists, ..Job::new(&github) };
    let none = Published { url: None, result: PublishResult::NotNeeded, note: None };
    assert_eq!(green.publish("all fine"), Ok(none));
    assert_eq!(github.writes(), [""; 0]);

    assert_eq!(Job::new(&github).publish_result("broken"), PublishResult::Posted);
    assert_eq!(green.publish_result("all fine"), PublishResult::Edited);
    assert_eq!(section_text(&github.comments(7)[0]), "all fine");
}

#[test]
fn forged_and_quoted_markers_are_ignored() {
    let github = github();
    let marker = format!("<!-- knownfail:v1:ci.linux run=99 sha={HEAD} -->\nforged");
    let authors = [
        Some(Author::person("mallory")),
        Some(Author::person("github-actions")),
        Some(Author { login: "other[bot]".into(), is_bot: true }),
        None,
    ];
    for author in authors {
        github.seed_comment(7, author, &marker);
    }
    github.seed_comment(7, Some(Author::workflow()), &format!("> {marker}"));
    assert_eq!(
        Job { token: "tok_maintainer", ..maintainer_job(&github) }.publish_result("real"),
        PublishResult::Posted
    );
    let comments = github.comments(7);
    assert_eq!(comments.len(), 6);
    assert!(comments[..5].iter().all(|c| c.edits == 0 && !c.is_minimized));
    assert_eq!(section_text(&comments[5]), "real");
    assert_eq!(maintainer_job(&github).publish_result("real"), PublishResult::Unchanged);
}

/// A workflow's job whose token may edit other authors' comments, so that only our own checks prevent it.
fn maintainer_job(github: &FakeGithub) -> Job<'_> {
    github.add_token("tok_maintainer", Author::workflow(), Access::Maintain);
    Job { token: "tok_maintainer", ..Job::new(github) }
}

#[test]
fn every_kind_of_token_finds_its_own_comment_again() {
    let octo = Author::person("octo");
    let app = Author { login: "our-app[bot]".into(), is_bot: true };
    // Without GraphQL, an App's token cannot find its login; a person's and a workflow's can.
    #[rustfmt::skip]
    let table = [
        (octo.clone(),       "with GraphQL",    1),
        (app.clone(),        "with GraphQL",    1),
        (Author::workflow(), "with GraphQL",    1),
        (octo,               "without GraphQL", 1),
        (Author::workflow(), "without GraphQL", 1),
        (app,                "without GraphQL", 2),
    ];
    for (author, graphql, comments) in table {
        let github = github();
        github.add_token("tok", author.clone(), Access::Write);
        if graphql == "without GraphQL" {
            github.disable_graphql();
        }
        for run in 1..=2 {
            Job { token: "tok", run: (run, 1), ..Job::new(&github) }
                .publish_result(&format!("run {run}"));
        }
        assert_eq!(github.comments(7).len(), comments, "{author:?} {graphql}");
    }
}

#[test]
fn own_comment_is_found_after_250_others() {
    let github = github();
    for n in 0..250 {
        let author = (n % 3 > 0).then(|| Author::person("chatty"));
        github.seed_comment(7, author, &format!("comment {n}"));
    }
    assert_eq!(Job::new(&github).publish_result("one"), PublishResult::Posted);
    github.clear_requests();
    assert_eq!(
        Job { run: (2, 1), ..Job::new(&github) }.publish_result("two"),
        PublishResult::Edited
    );
    let pages = github.requests().iter().filter(|r| r.path.contains("per_page=100")).count();
    assert_eq!(pages, 9, "three to look, again when the author is known, and again when written");
    assert_eq!(
        (github.comments(7).len(), section_text(&active_comments(&github)[0])),
        (251, "two")
    );
}

#[test]
fn a_link_to_another_host_is_not_followed() {
    let (github, foreign) = (github(), github());
    for n in 0..150 {
        github.seed_comment(7, Some(Author::person("chatty")), &format!("comment {n}"));
    }
    github.set_next_page_url(&format!("{}/repos/octo/r/issues/7/comments", foreign.url()));
    assert_eq!(Job::new(&github).publish_result("one"), PublishResult::Posted);
    assert_eq!(
        Job { run: (2, 1), ..Job::new(&github) }.publish_result("two"),
        PublishResult::Edited
    );
    assert!(foreign.requests().is_empty());
}

// --- Older and newer runs ------------------------------------------------------------------------

#[test]
fn an_older_run_does_not_overwrite_a_newer_one() {
    let github = github();
    assert_eq!(
        Job { run: (10, 2), ..Job::new(&github) }.publish_result("10.2"),
        PublishResult::Posted
    );
    github.clear_requests();
    for run in [(10, 1), (9, 7)] {
        let older = Job { run, ..Job::new(&github) }.publish("older").expect("published");
        assert_eq!(older.result, PublishResult::Superseded, "{run:?}");
        let newer = WorkflowRun { id: run_id(10), number: 10, attempt: 2 };
        assert_eq!(older.note, Some(PublishNote::NewerRun(newer)), "{run:?}");
    }
    assert_eq!(github.writes(), [""; 0]);
    for run in [(10, 2), (10, 3), (11, 1)] {
        let body = format!("{run:?}");
        assert_eq!(
            Job { run, ..Job::new(&github) }.publish_result(&body),
            PublishResult::Edited,
            "{run:?}"
        );
    }
    // Another head starts a new count: after a force push back to it, a low number is the newest.
    github.set_head(7, MOVED_HEAD);
    let back = Job { run: (3, 1), sha: MOVED_HEAD, ..Job::new(&github) };
    assert_eq!(back.publish_result("another head"), PublishResult::Edited);
}

#[test]
fn run_of_an_outdated_head_is_superseded() {
    let github = github();
    github.set_head(7, MOVED_HEAD);
    let (result, note) = (PublishResult::Superseded, Some(PublishNote::NewerHead));
    let superseded = Published { url: None, result, note };
    assert_eq!(Job::new(&github).publish("stale"), Ok(superseded.clone()));
    assert_eq!(github.writes(), [""; 0]);
    assert_eq!(
        Job { sha: MOVED_HEAD, ..Job::new(&github) }.publish_result("fresh"),
        PublishResult::Posted
    );
    assert_eq!(Job { run: (9, 1), ..Job::new(&github) }.publish("stale"), Ok(superseded));
    assert_eq!(section_text(&active_comments(&github)[0]), "fresh");
}

/// A comment as a workflow of the repository could write it: the words of its marker, and the attempt of a section of ours and a
/// foreign one.
fn claiming_comment(github: &FakeGithub, words: &str, attempt: u64) -> u64 {
    let section = |name: &str| {
        format!(
            "<!-- knownfail:section attempt={attempt} name={name} is=success -->\nall is well\n\n\
             <!-- knownfail:foot -->\nforeign\n\n"
        )
    };
    let sections = section("") + &section("foreign");
    let body = format!("<!-- knownfail:v1:ci.linux {words} sha={HEAD} -->\nhello\n\n{sections}");
    github.seed_comment(7, Some(Author::workflow()), &body)
}

#[test]
fn claim_to_be_a_newer_run_is_looked_up() {
    let newer = PublishResult::Superseded;
    let never = PublishResult::Edited;
    // The marker's words, the attempt of its sections, and what becomes of run 10, attempt 1, of workflow 5.
    let table = [
        ("run=11 id=9011", 1, newer),
        ("run=10 id=9010", 2, newer),
        ("run=10 id=9010", 3, never),
        ("run=12 id=9011", 1, never),
        ("run=11 id=9011", 9, never),
        ("run=12 id=9012", 1, never),
        ("run=13 id=9013", 1, never),
        ("run=14 id=9014", 1, never),
        ("run=10 id=9015", 1, never),
        ("run=11", 1, never),
        ("run=11 id=0", 1, never),
        ("run=18446744073709551615 id=18446744073709551615", 1, never),
        ("run=18446744073709551615 id=9011", 1, never),
        ("run=18446744073709551615", u64::MAX, never),
        ("run=10 id=9010", u64::MAX, never),
        ("run=10", 1, never),
        ("run=9 id=9999", 9, never),
        ("run=99999999999999999999999 id=9011", 1, never),
    ];
    for (words, attempt, expected) in table {
        let github = github();
        for (number, last, workflow, sha) in
            [(10, 2, 5, HEAD), (11, 1, 5, HEAD), (12, 1, 6, HEAD), (13, 1, 5, MOVED_HEAD)]
        {
            github.add_run(run_id(number), number, last, workflow, sha);
        }
        claiming_comment(&github, words, attempt);
        let job = Job { run: (10, 1), ..Job::new(&github) };
        assert_eq!(job.publish_result("mine"), expected, "{words} {attempt}");
        assert_wrote_over(&github, expected == newer, words);
    }
}

/// A single comment is live: still the one that was seeded, or this run's alone.
fn assert_wrote_over(github: &FakeGithub, is_kept: bool, words: &str) {
    let live = active_comments(github);
    assert_eq!(live.len(), 1, "{words}: {live:#?}");
    assert_eq!(live[0].body.contains("foreign"), is_kept, "{words}: {}", live[0].body);
    if !is_kept {
        assert_eq!(sections(&live[0]), [(String::new(), "mine".to_owned())], "{words}");
    }
}

#[test]
fn absurd_claim_is_not_believed_if_runs_cannot_be_read() {
    let (newer, never) = (PublishResult::Superseded, PublishResult::Edited);
    let table = [
        ("run=11 id=9011", 1, newer),
        ("run=110 id=9110", 2, newer),
        ("run=111 id=9111", 1, never),
        ("run=10 id=9010", 2, newer),
        ("run=10 id=9010", 102, never),
        ("run=10 id=9015", 1, never),
        ("run=11", 1, never),
        ("run=18446744073709551615 id=18446744073709551615", 1, never),
    ];
    for (words, attempt, expected) in table {
        let github = github();
        claiming_comment(&github, words, attempt);
        let job = Job { run: (10, 1), ..Job::new(&github) };
        assert_eq!(job.publish_result("mine"), expected, "{words} {attempt}");
        assert_wrote_over(&github, expected == newer, words);
    }
}

#[test]
fn comments_of_other_workflows_with_our_marker_are_superseded() {
    let github = github();
    github.add_run(run_id(10), 10, 1, 5, HEAD);
    // Before ours, and after it; with as many runs as fit.
    let first = claiming_comment(&github, "run=18446744073709551615 id=9011", 1);
    let job = || Job { run: (10, 1), ..Job::new(&github) };
    assert_eq!(job().publish_result("mine"), PublishResult::Edited);
    for number in 11..41 {
        claiming_comment(&github, &format!("run={number} id={}", run_id(number)), 1);
    }
    github.clear_requests();
    assert_eq!(job().publish_result("mine"), PublishResult::Unchanged);
    assert_wrote_over(&github, false, "after thirty");
    assert_eq!(active_comments(&github)[0].id, first);
    let lookups = github.requests().iter().filter(|r| r.path.contains("/actions/runs/")).count();
    assert_eq!(lookups, 20, "this run, and nineteen others");
    github.clear_requests();
    assert_eq!(job().publish_result("mine"), PublishResult::Unchanged);
    assert_eq!(github.writes(), [""; 0], "healed once is healed");
    // What is about another commit is not looked up.
    github.set_head(7, MOVED_HEAD);
    github.clear_requests();
    let next = Job { run: (3, 1), sha: MOVED_HEAD, ..Job::new(&github) };
    assert_eq!(next.publish_result("mine"), PublishResult::Edited);
    assert!(!github.requests().iter().any(|r| r.path.contains("/actions/runs/")));
}

#[test]
fn run_that_cannot_be_looked_up_is_plausible_or_not() {
    for (words, expected) in
        [("run=11 id=9011", PublishResult::Superseded), ("run=1000 id=9999", PublishResult::Edited)]
    {
        let github = github();
        github.add_run(run_id(10), 10, 1, 5, HEAD);
        for _ in 0..5 {
            github.inject_fault("GET", "/actions/runs/90", Fault::BadGateway);
        }
        claiming_comment(&github, words, 1);
        let job = Job { run: (10, 1), ..Job::new(&github) };
        assert_eq!(job.publish_result("mine"), expected, "{words}");
    }
}

#[test]
fn section_of_another_workflow_is_kept_if_its_run_exists() {
    // The run that the other section names, and whether GitHub has such a run of another workflow.
    let table = [
        ("run=77 id=9077", true),
        ("run=76 id=9077", false),
        ("run=10 id=9010", false),
        ("run=78 id=9078", false),
        ("run=79 id=9079", false),
        ("run=77", false),
    ];
    for runs in ["can be read", "cannot be read"] {
        for (words, is_real) in table {
            let github = github();
            if runs == "can be read" {
                for (number, workflow) in [(10, 5), (77, 6), (79, 5)] {
                    github.add_run(run_id(number), number, 1, workflow, HEAD);
                }
            }
            let other = format!(
                "<!-- knownfail:v1:ci.linux run=1 id=1 sha={HEAD} -->\nhello\n\n\
                 <!-- knownfail:section attempt=1 name= {words} workflow=nightly.yml is=failure -->\n\
                 theirs\n\n<!-- knownfail:foot -->\nfoot\n"
            );
            github.seed_comment(7, Some(Author::workflow()), &other);
            for text in ["mine", "mine again"] {
                let job = Job { run: (10, 1), ..Job::new(&github) };
                assert_eq!(job.publish_result(text), PublishResult::Edited, "{words}");
                let live = active_comments(&github);
                assert_eq!(live.len(), 1, "{words}");
                let has_theirs = live[0].body.contains("theirs");
                let never = words == "run=77" || words == "run=10 id=9010";
                let expected = is_real || (runs == "cannot be read" && !never);
                assert_eq!(has_theirs, expected, "{words}, runs {runs}: {}", live[0].body);
                assert!(live[0].body.contains(text), "{words}");
            }
        }
    }
}

#[test]
fn endless_sections_of_another_workflow_do_not_freeze_the_comment() {
    let github = github();
    let section = |n: usize| {
        let long = "x".repeat(2_000);
        format!(
            "<!-- knownfail:section attempt=1 name=n{n} run=1 id=77 workflow=other is=failure -->\n\
             {long}\n\n<!-- knownfail:foot -->\n{long}\n\n"
        )
    };
    let sections: String = (0..60).map(section).collect();
    let body = format!("<!-- knownfail:v1:ci.linux sha={HEAD} -->\nhello\n\n{sections}");
    github.seed_comment(7, Some(Author::workflow()), &body);
    assert_eq!(Job::new(&github).publish_result("mine"), PublishResult::Edited);
    let live = active_comments(&github);
    assert_eq!(live.len(), 1);
    assert!(live[0].body.len() <= 60_000 && live[0].body.contains(" writer=0a "));
    assert!(live[0].body.contains(" workflow=other "), "some of theirs, all of which are red");
}

/// Earlier versions wrote neither run nor writer into a section's line.
#[test]
fn section_of_an_earlier_version_is_replaced_like_any_other() {
    for (run, kept) in [((1, 1), true), ((1, 2), false), ((2, 1), false)] {
        let github = github();
        claiming_comment(&github, "run=1 id=9001", 1);
        assert_eq!(Job { run, ..Job::new(&github) }.publish_result("mine"), PublishResult::Edited);
        let names: Vec<String> =
            sections(&active_comments(&github)[0]).into_iter().map(|(name, _)| name).collect();
        let expected = match (kept, run.0) {
            (true, _) => vec!["", "", "foreign"],
            (false, 1) => vec!["", "foreign"],
            (false, _) => vec![""],
        };
        assert_eq!(names, expected, "{run:?}");
    }
}

// --- Refusals ------------------------------------------------------------------------------------

#[test]
fn read_only_token_is_refused_with_the_missing_permission() {
    let github = github();
    let read_only = Job { token: "tok_fork", ..Job::new(&github) };
    let error = read_only.publish_error("one");
    let PublishError::Request(RequestError::Forbidden { status: 403, needs, message }) = &error
    else {
        panic!("{error}")
    };
    assert_eq!(needs.as_deref(), Some("issues: write or pull-requests: write"));
    assert_eq!(message, "Resource not accessible by integration");
    assert!(error.to_string().contains("it needs issues: write"), "{error}");
    assert!(error.hint(TokenAccess::AsConfigured).contains("pull-requests: write"));
    // The workflow's permissions do not apply to a fork.
    assert!(!error.hint(TokenAccess::ReadOnly).contains("permissions:"));
    assert_eq!(github.writes(), ["POST /repos/octo/r/issues/7/comments"]);
    assert!(read_only.clock.waits().is_empty());

    Job::new(&github).publish_result("by a token that may");
    github.clear_requests();
    assert_eq!(refusal(&read_only.publish_error("two")), Some(403));
    assert_eq!(github.writes().len(), 1);
    assert_eq!(github.comments(7)[0].edits, 0);
}

/// The status of a refusal.
fn refusal(error: &PublishError) -> Option<u16> {
    match error {
        PublishError::Request(RequestError::Forbidden { status, .. }) => Some(*status),
        _ => None,
    }
}

#[test]
fn other_refusals_are_not_retried() {
    let github = github();
    let unknown = Job { token: "tok_revoked", ..Job::new(&github) };
    assert_eq!(refusal(&unknown.publish_error("x")), Some(401));
    let nowhere = Job { pull: Pull::Number(404), ..Job::new(&github) };
    assert_eq!(refusal(&nowhere.publish_error("x")), Some(404));
    let none = Job { pull: Pull::None, ..Job::new(&github) };
    assert_eq!(none.publish_error("x"), PublishError::NoPullRequest);
    assert_eq!(github.writes(), [""; 0]);

    let (job, details) = (Job::new(&github), |_| "x".to_owned());
    let fields = vec![("is".to_owned(), "x".repeat(262_145))];
    let long = StickyComment { fields, ..comment("x", &details) };
    let error = block_on(async { publish(&job.client(), &job.context(), &long).await });
    let error = error.expect_err("too long");
    let rejected =
        matches!(error, PublishError::Request(RequestError::Rejected { status: 422, .. }));
    assert!(rejected, "{error}");
    assert!(github.comments(7).is_empty());
}

// --- Faults --------------------------------------------------------------------------------------

/// The path of the comments of pull request 7.
const COMMENTS_PATH: &str = "/issues/7/comments";

#[test]
fn failed_post_leaves_exactly_one_comment() {
    let faults = [
        Fault::BadGateway,
        Fault::BadGatewayAfter,
        Fault::Html(503),
        Fault::HangUp,
        Fault::HangUpAfter,
        Fault::TruncatedAfter,
        Fault::TooManyRequests { retry_after: 2 },
        Fault::SecondaryLimit { retry_after: Some(2) },
        Fault::SecondaryLimit { retry_after: None },
        Fault::PrimaryLimit { in_seconds: 5 },
    ];
    for fault in faults {
        let github = github();
        github.inject_fault("POST", COMMENTS_PATH, fault.clone());
        assert_eq!(Job::new(&github).publish_result("one"), PublishResult::Posted, "{fault:?}");
        let comments = github.comments(7);
        assert_eq!(comments.len(), 1, "{fault:?}");
        assert_eq!(section_text(&comments[0]), "one", "{fault:?}");
    }
}

#[test]
fn failed_reads_and_edits_are_retried() {
    for fault in [
        Fault::BadGateway,
        Fault::BadGatewayAfter,
        Fault::Html(500),
        Fault::HangUp,
        Fault::HangUpAfter,
        Fault::TruncatedAfter,
        Fault::TooManyRequests { retry_after: 1 },
    ] {
        let github = github();
        Job::new(&github).publish_result("one");
        for (method, path) in [("GET", COMMENTS_PATH), ("GET", "/pulls/7"), ("PATCH", "/comments/")]
        {
            github.inject_fault(method, path, fault.clone());
            github.inject_fault(method, path, fault.clone());
        }
        let job = Job { run: (2, 1), ..Job::new(&github) };
        assert_eq!(job.publish_result("two"), PublishResult::Edited, "{fault:?}");
        assert_eq!(github.comments(7)[0].edits, 1, "{fault:?}");
        assert_eq!(
            (github.comments(7).len(), section_text(&active_comments(&github)[0])),
            (1, "two"),
            "{fault:?}"
        );
    }
}

#[test]
fn persistent_server_error_ends_without_quoting_the_page() {
    let github = github();
    for _ in 0..20 {
        github.inject_fault("GET", "/", Fault::Html(502));
    }
    let job = Job::new(&github);
    let error = job.publish_error("one");
    let cause = "status 502: no message".to_owned();
    assert_eq!(error, PublishError::Request(RequestError::Unclear { cause }));
    assert_eq!(github.requests().len(), 5);
    let waits = job.clock.waits();
    assert!(
        waits.is_sorted() && waits.iter().sum::<Duration>() < Duration::from_secs(15),
        "{waits:?}"
    );

    // A POST whose response is lost is not repeated for ever, and each attempt reads first.
    let github = github_with_lost_posts(20);
    assert!(matches!(Job::new(&github).publish_error("one"), PublishError::Request(_)));
    let methods: Vec<String> = github.requests().iter().map(|r| r.method.clone()).collect();
    assert_eq!(methods.join(" "), ["GET GET POST"; 5].join(" "));
}

fn github_with_lost_posts(count: usize) -> FakeGithub {
    let github = github();
    for _ in 0..count {
        github.inject_fault("POST", COMMENTS_PATH, Fault::BadGateway);
    }
    github
}

#[test]
fn waits_follow_github_while_there_is_patience() {
    let seconds = Duration::from_secs;
    #[rustfmt::skip]
    let honoured = [
        (Fault::TooManyRequests { retry_after: 7 },                  seconds(7)),
        (Fault::SecondaryLimit { retry_after: Some(9) },     seconds(9)),
        (Fault::SecondaryLimit { retry_after: Some(61) },    seconds(61)),
        (Fault::PrimaryLimit { in_seconds: 30 },             seconds(31)),
        (Fault::PrimaryLimit { in_seconds: -30 },            seconds(1)),
    ];
    for (fault, wait) in honoured {
        let github = github();
        github.inject_fault("GET", COMMENTS_PATH, fault.clone());
        let job = Job::new(&github);
        assert_eq!(job.publish_result("one"), PublishResult::Posted, "{fault:?}");
        assert_eq!(job.clock.waits(), [wait, SETTLE_DELAY], "{fault:?}");
    }
    #[rustfmt::skip]
    let too_long = [
        (Fault::TooManyRequests { retry_after: 3600 },               seconds(3600)),
        (Fault::TooManyRequests { retry_after: u64::MAX },           seconds(u64::MAX)),
        (Fault::SecondaryLimit { retry_after: Some(101) },   seconds(101)),
        (Fault::PrimaryLimit { in_seconds: 600 },            seconds(601)),
    ];
    for (fault, wait) in too_long {
        let github = github();
        github.inject_fault("GET", COMMENTS_PATH, fault.clone());
        let job = Job::new(&github);
        let limited = PublishError::Request(RequestError::Limited { wait });
        assert_eq!(job.publish_error("one"), limited, "{fault:?}");
        assert!(job.clock.waits().is_empty(), "waiting for nothing: {fault:?}");
        assert_eq!(github.requests().len(), 2, "where the head is, and the one that failed");
    }
    // 80 and 19 seconds fit together, a third wait does not.
    let github = github();
    for retry_after in [80, 19, 2] {
        github.inject_fault("GET", COMMENTS_PATH, Fault::TooManyRequests { retry_after });
    }
    let job = Job::new(&github);
    assert!(matches!(
        job.publish_error("one"),
        PublishError::Request(RequestError::Limited { .. })
    ));
    assert_eq!(job.clock.waits(), [seconds(80), seconds(19)]);
}

#[test]
fn limit_without_a_time_is_waited_for_once() {
    for (method, path) in [("GET", COMMENTS_PATH), ("POST", COMMENTS_PATH)] {
        let github = github();
        github.inject_fault(method, path, Fault::SecondaryLimit { retry_after: None });
        let job = Job::new(&github);
        assert_eq!(job.publish_result("one"), PublishResult::Posted, "{method}");
        let waits = job.clock.waits();
        let is_a_minute_and_a_bit = |wait: &&Duration| (61..80).contains(&wait.as_secs());
        assert_eq!(waits.iter().filter(is_a_minute_and_a_bit).count(), 1, "{method} {waits:?}");

        for _ in 0..2 {
            github.inject_fault(method, path, Fault::SecondaryLimit { retry_after: None });
        }
        let job = Job { id: "other", ..Job::new(&github) };
        let error = job.publish_error("one");
        let is_limit = matches!(error, PublishError::Request(RequestError::Limited { .. }));
        assert!(is_limit, "{method} {error}");
        assert_eq!(job.clock.waits().len(), 1, "{method}");
    }
}

/// Each time that it is looked at, half a minute has passed.
struct SlowClock(Cell<u64>);

impl Clock for SlowClock {
    fn now(&self) -> Duration {
        self.0.set(self.0.get() + 30);
        Duration::from_secs(self.0.get())
    }

    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        self.0.set(self.0.get() + time.as_secs());
        Box::pin(std::future::ready(()))
    }
}

/// The number of requests of all calls together, with a clock that adds half a minute to each.
fn requests_of_all_calls(github: &FakeGithub) -> usize {
    let job = Job::new(github);
    let mut options = ClientOptions::new(
        ApiUrl::parse(github.url()).expect("an address"),
        ApiToken::new(job.token).expect("a token"),
    );
    options.timeout = Duration::from_millis(50);
    options.clock = Box::new(SlowClock(Cell::new(0)));
    let (context, details) = (job.context(), |_: usize| "x".to_owned());
    block_on(async {
        let client = Client::new(options).expect("a client");
        let mut last_error = String::new();
        for round in 0..20 {
            let id = format!("id {round}");
            if let Err(error) = publish(&client, &context, &comment(&id, &details)).await {
                last_error = error.to_string();
            }
        }
        assert!(!last_error.is_empty());
        let again = publish(&client, &context, &comment("x", &details)).await;
        assert_eq!(again.expect_err("closed").to_string(), last_error, "one error for all");
    });
    github.requests().len()
}

#[test]
fn hanging_or_slow_github_takes_a_limited_time_in_all() {
    let hanging = github();
    for _ in 0..100 {
        hanging.inject_fault("", "/", Fault::Hang(Duration::from_secs(600)));
    }
    assert_eq!(requests_of_all_calls(&hanging), 4, "100 seconds of failures");
    assert_eq!(requests_of_all_calls(&github()), 20, "10 minutes in all");
}

#[test]
fn redirect_is_refused_and_leaks_no_token() {
    let (github, other) = (github(), github());
    for method in ["GET", "POST"] {
        let to = format!("{}/repos/octo/r/issues/7/comments", other.url());
        github.inject_fault(method, COMMENTS_PATH, Fault::Redirect(to));
        let redirected = PublishError::Request(RequestError::Redirected { status: 301 });
        assert_eq!(Job::new(&github).publish_error("one"), redirected, "{method}");
    }
    assert!(other.requests().is_empty());
}

#[test]
fn too_long_and_too_late_responses_are_errors() {
    let github = github();
    github.inject_fault("GET", COMMENTS_PATH, Fault::LongBody(11 << 20));
    assert_eq!(
        Job::new(&github).publish_error("one"),
        PublishError::Request(RequestError::TooLong)
    );

    for _ in 0..5 {
        github.inject_fault("GET", COMMENTS_PATH, Fault::Hang(Duration::from_secs(60)));
    }
    let hasty = Job { timeout: Duration::from_millis(50), ..Job::new(&github) };
    let cause = "no answer in time".to_owned();
    assert_eq!(hasty.publish_error("one"), PublishError::Request(RequestError::Unclear { cause }));
}

#[test]
fn unreachable_server_is_reported() {
    let github = github();
    let address = github.url().to_owned();
    let job = Job::new(&github);
    let context = job.context();
    let details = |_| "y".to_owned();
    let comment = comment("x", &details);
    let error = block_on(async {
        let client = job.client();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let free = format!("http://{}", listener.local_addr().expect("an address"));
        drop(listener);
        let mut options = ClientOptions::new(
            ApiUrl::parse(&free).expect("an address"),
            ApiToken::new("t").expect("a token"),
        );
        options.clock = Box::new(job.clock.clone());
        let unreachable_client = Client::new(options).expect("a client");
        publish(&client, &context, &comment).await.expect(&address);
        publish(&unreachable_client, &context, &comment).await.expect_err("nobody")
    });
    let PublishError::Request(RequestError::Unreachable { cause }) = error else {
        panic!("{error}")
    };
    assert!(cause.contains("refused"), "{cause}");
}

// --- Requests ------------------------------------------------------------------------------------

#[test]
fn requests_have_one_user_agent_and_the_api_version() {
    let github = github();
    Job::new(&github).publish_result("one");
    Job { run: (2, 1), ..Job::new(&github) }.publish_result("two");
    for request in github.requests() {
        let agent = concat!("knownfail/", env!("CARGO_PKG_VERSION"));
        assert_eq!(request.header("user-agent"), [agent]);
        assert_eq!(request.header("accept"), ["application/vnd.github+json"]);
        assert_eq!(request.header("x-github-api-version"), ["2022-11-28"]);
    }
}

#[test]
fn enterprise_server_is_reached_under_its_base_path() {
    let github = github();
    let job = Job::new(&github);
    for run in 1..=2 {
        let context = Job { run: (run, 1), ..Job::new(&github) }.context();
        let api_url = ApiUrl::parse(&format!("{}/api/v3", github.url())).expect("an address");
        let mut options = ClientOptions::new(api_url, ApiToken::new(job.token).expect("a token"));
        options.clock = Box::new(job.clock.clone());
        let details = |_| format!("run {run}");
        let comment = comment("x", &details);
        block_on(async {
            let client = Client::new(options).expect("a client");
            publish(&client, &context, &comment).await.expect("published");
        });
    }
    assert_eq!(section_text(&github.comments(7)[0]), "run 2");
    let paths: Vec<String> = github.requests().into_iter().map(|request| request.path).collect();
    assert!(paths.contains(&"/api/graphql".to_owned()), "{paths:?}");
    assert!(paths.iter().all(|p| p == "/api/graphql" || p.starts_with("/api/v3/repos/octo/r/")));
}

#[test]
fn pull_request_is_found_only_by_branch_and_commit() {
    let github = github();
    github.add_pull(9, "mallory:topic", MOVED_HEAD);
    let find = |owner: &str, branch: &str, sha: &str| {
        let pull = Pull::FromBranch { owner: owner.into(), branch: branch.into() };
        let job = Job { pull, sha, ..Job::new(&github) };
        let context = job.context();
        block_on(async { find_pull(&job.client(), &context).await }).expect("an answer")
    };
    let found = |number| FoundPull::Number { number, others: Vec::new() };
    assert_eq!(find("octo", "topic", HEAD), found(7));
    assert_eq!(find("mallory", "topic", MOVED_HEAD), found(9));
    assert_eq!(find("mallory", "topic", HEAD), FoundPull::MovedOn(9));
    assert_eq!(find("octo", "topic&head=octo:other", HEAD), FoundPull::None);
    let path = github.requests().pop().expect("a request").path;
    assert_eq!(
        path,
        "/repos/octo/r/pulls?state=open&head=octo%3Atopic%26head%3Docto%3Aother&per_page=100"
    );
}

#[test]
fn invalid_tokens_and_bundles_are_refused() {
    for text in ["", " ", "tok\nX-Evil: 1", "tök", "a b"] {
        assert!(ApiToken::new(text).is_err(), "{text:?}");
    }
    let build = |pem: &str| {
        let api_url = ApiUrl::parse("https://api.github.com").expect("an address");
        let mut options = ClientOptions::new(api_url, ApiToken::new("t").expect("a token"));
        options.ca_bundle = Some(pem.as_bytes().to_vec());
        block_on(async { Client::new(options).map(|_| ()) })
    };
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n";
    let empty = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(matches!(build(broken), Err(ClientError::UnreadableBundle)));
    assert!(matches!(build(empty), Err(ClientError::EmptyBundle)));
    assert!(matches!(build("no certificate"), Err(ClientError::EmptyBundle)));
}

// --- The runner's files --------------------------------------------------------------------------

#[test]
fn outputs_are_appended_and_cannot_be_injected() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("output");
    std::fs::write(&path, "theirs=1").expect("written");
    let injected = "a\nEOF\nevil=1\nghadelimiter_0";
    set_outputs(&path, &[("json-file", injected), ("tests", "3")]).expect("set");
    let text = std::fs::read_to_string(&path).expect("read");
    let outputs = parse_outputs(&text);
    let expected = [("theirs", "1"), ("json-file", injected), ("tests", "3")];
    assert_eq!(outputs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));

    let refused = set_outputs(&path, &[("tests", "4"), ("a=b\nevil", "1")]);
    assert!(matches!(refused, Err(RunnerFileError::UnsafeOutput(_))), "{refused:?}");
    assert_eq!(std::fs::read_to_string(&path).expect("read"), text, "all or none");
}

/// Lines of `name=value`, or `name<<delimiter` up to the delimiter's own line.
fn parse_outputs(text: &str) -> Vec<(String, String)> {
    let mut lines = text.lines().filter(|line| !line.is_empty());
    let mut outputs = Vec::new();
    while let Some(line) = lines.next() {
        let heredoc = line.split_once("<<").filter(|(name, _)| !name.contains('='));
        outputs.push(match heredoc {
            Some((name, end)) => {
                let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
                (name.to_owned(), value.join("\n"))
            }
            None => {
                let (name, value) = line.split_once('=').expect("a line the runner takes");
                (name.to_owned(), value.to_owned())
            }
        });
    }
    outputs
}

#[test]
fn summary_is_appended_up_to_the_limit() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("summary");
    append_summary(&path, "# one\n").expect("appended");
    append_summary(&path, "two").expect("appended");
    append_summary(&path, "three\n").expect("appended");
    assert_eq!(std::fs::read_to_string(&path).expect("read"), "# one\ntwo\nthree\n");

    let existing = std::fs::metadata(&path).expect("metadata").len();
    let room = (1 << 20) - existing;
    let more = "x".repeat(usize::try_from(room).expect("fits") + 1);
    let full = append_summary(&path, &more);
    let expected = (existing, room + 1);
    assert!(
        matches!(full, Err(RunnerFileError::SummaryFull { existing, added }) if (existing, added) == expected)
    );
    assert_eq!(remaining_summary_bytes(&path) as u64, room - 1, "a line end may be lacking");
    append_summary(&path, &more[1..]).expect("the last byte fits");
    assert_eq!(remaining_summary_bytes(&path), 0);
    assert_eq!(std::fs::metadata(&path).expect("metadata").len(), 1 << 20);
    let nowhere = append_summary(&directory.path().join("no/such"), "x");
    assert!(matches!(nowhere, Err(RunnerFileError::File { .. })));
}
