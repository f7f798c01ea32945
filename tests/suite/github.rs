//! GitHub: what a context is read from, and what becomes of the sticky comment.
//!
//! Each comment test talks to a [`GithubDouble`] and then looks at what stands there and at what
//! was asked. A newcomer's trap: the clock is a fake that only notes how long the client meant to
//! wait, after each write too; where jobs race, time has to be real.

use crate::github_double::{Access, Author, Comment, Fault, GithubDouble};
use knownfail::github::{
    ApiUrl, Client, ClientError, ClientOptions, Clock, Context, ContextError, HeadRepository,
    Layout, Post, PublishError, Published, Pull, Record, RequestError, RunnerFileError,
    StickyComment, Token, What, append_summary, find_pull, publish, set_outputs, summary_room,
};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

pub const HEAD: &str = "1111111111111111111111111111111111111111";
pub const MOVED: &str = "2222222222222222222222222222222222222222";
/// What `GITHUB_SHA` says; in pull requests it is not the head.
const MERGE: &str = "3333333333333333333333333333333333333333";
/// How long is waited after a write before looking again.
const DUST: Duration = Duration::from_secs(1);
/// The fake clock's beginning, in seconds since 1970.
const NOW: u64 = 1_000_000;

// --- The stage -----------------------------------------------------------------------------------

/// A clock that notes each wait and jumps over it.
#[derive(Clone, Default)]
pub struct FakeClock(Rc<RefCell<Vec<Duration>>>);

impl FakeClock {
    fn waits(&self) -> Vec<Duration> {
        self.0.borrow().clone()
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Duration {
        Duration::from_secs(NOW) + self.0.borrow().iter().sum::<Duration>()
    }

    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        self.0.borrow_mut().push(time);
        Box::pin(std::future::ready(()))
    }
}

/// A GitHub with pull request 7 and a second one, 8, both at [`HEAD`].
pub fn github() -> GithubDouble {
    let github = GithubDouble::start();
    github.add_pull(7, "octo:topic", HEAD);
    github.add_pull(8, "octo:other", HEAD);
    github
}

/// One run of a workflow on pull request 7.
pub struct Job<'a> {
    pub github: &'a GithubDouble,
    pub token: &'a str,
    pub run: (u64, u64),
    pub sha: &'a str,
    pub id: &'a str,
    pub section: String,
    pub shared: String,
    pub post: Post,
    pub pull: Pull,
    pub timeout: Duration,
    pub clock: FakeClock,
    pub time: Time,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Time {
    Fake,
    Real,
}

impl<'a> Job<'a> {
    pub fn of(github: &'a GithubDouble) -> Self {
        Job {
            github,
            token: "tok_workflow",
            run: (1, 1),
            sha: HEAD,
            id: "ci.linux",
            section: String::new(),
            shared: String::new(),
            post: Post::Always,
            pull: Pull::Number(7),
            timeout: Duration::from_secs(20),
            clock: FakeClock::default(),
            time: Time::Fake,
        }
    }

    /// A job with that token, in that attempt of run 1.
    pub fn by(github: &'a GithubDouble, token: &'a str, attempt: u64) -> Self {
        Job { token, run: (1, attempt), ..Job::of(github) }
    }

    pub fn context(&self) -> Context {
        let event = json!({ "pull_request": { "number": 7, "head": { "sha": self.sha } } });
        let (number, attempt) = (self.run.0.to_string(), self.run.1.to_string());
        let env = |name: &str| match name {
            "GITHUB_API_URL" => Some(self.github.url().to_owned()),
            "GITHUB_RUN_NUMBER" => Some(number.clone()),
            "GITHUB_RUN_ATTEMPT" => Some(attempt.clone()),
            name => runner_env("pull_request")(name),
        };
        let context = Context::read(&env, Some(&event)).expect("a context");
        Context { pull: self.pull.clone(), ..context }
    }

    pub fn publish(&self, body: &str) -> Result<Published, PublishError> {
        let context = self.context();
        let details = |room: usize| body[..room.min(body.len())].to_owned();
        let section = self.section.clone();
        let shared = self.shared.clone();
        let comment =
            StickyComment { section, shared, post: self.post, ..comment(self.id, &details) };
        block_on(async {
            let client = self.client();
            publish(&client, &context, &comment).await
        })
    }

    pub fn client(&self) -> Client {
        let api_url = ApiUrl::parse(self.github.url()).expect("an address");
        let token = Token::new(self.token).expect("a token");
        let mut options = ClientOptions::new(api_url, token);
        if self.time == Time::Fake {
            options.clock = Box::new(self.clock.clone());
        }
        options.timeout = self.timeout;
        Client::new(options).expect("a client")
    }

    pub fn what(&self, body: &str) -> What {
        self.publish(body).expect("published").what
    }

    fn error(&self, body: &str) -> PublishError {
        self.publish(body).expect_err("an error")
    }
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().expect("a runtime").block_on(future)
}

/// What the runner sets in a job of octo/r.
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

/// A comment with one section that says this.
fn comment<'a>(id: &str, details: &'a dyn Fn(usize) -> String) -> StickyComment<'a> {
    StickyComment {
        id: id.into(),
        section: String::new(),
        record: vec![("is".into(), "failure".into())],
        details,
        foot: "the foot".into(),
        shared: String::new(),
        layout: &Counted,
        post: Post::Always,
    }
}

/// Says above the sections how many there are.
struct Counted;

impl Layout for Counted {
    fn head(&self, sections: &[&Record]) -> String {
        format!("{} in all", sections.len())
    }

    fn heading(&self, _: &Record) -> String {
        "one of several".into()
    }

    fn left_out(&self) -> String {
        "left out".into()
    }

    fn rank(&self, _: &Record) -> u8 {
        0
    }
}

/// The text of a comment's only section; of a comment that is superseded, all of it.
pub fn text(comment: &Comment) -> &str {
    let below = comment.body.split_once('\n').expect("a marker's line").1;
    let Some((_, section)) = below.split_once("<!-- knownfail:section ") else { return below };
    let (_, details) = section.split_once('\n').expect("a line");
    details.split_once("\n\n<!-- knownfail:foot -->\n").expect("a foot").0
}

/// The names of a comment's sections, as they stand in it, and what each says.
pub fn sections(comment: &Comment) -> Vec<(String, String)> {
    let parts = comment.body.split("<!-- knownfail:section attempt=").skip(1);
    let part = |part: &str| {
        let (_, name) = part.split_once("name=").expect("a name");
        let (name, below) = name.split_once([' ', '\n']).expect("a record");
        let (_, details) = below.split_once('\n').expect("a line");
        let (details, _) = details.split_once("\n\n<!-- knownfail:foot").expect("a foot");
        (name.to_owned(), details.to_owned())
    };
    parts.map(part).collect()
}

/// The comments that count: ours by marker, and not marked as superseded.
pub fn live(github: &GithubDouble) -> Vec<Comment> {
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
    let branch_of = |owner: &str| Pull::FromBranch { owner: owner.into(), branch: "topic".into() };
    use HeadRepository::{Fork, Same};

    #[rustfmt::skip]
    let table = [
        // event                  its payload                          commit  whose  pull request
        ("pull_request",          pull_request(own()),                 HEAD,   Same,  Pull::Number(7)),
        ("pull_request",          pull_request(fork()),                HEAD,   Fork,  Pull::Number(7)),
        ("pull_request",          pull_request(Value::Null),           HEAD,   Fork,  Pull::Number(7)),
        ("pull_request_target",   pull_request(own()),                 HEAD,   Same,  Pull::Number(7)),
        ("pull_request_target",   pull_request(fork()),                HEAD,   Fork,  Pull::Number(7)),
        ("workflow_run",          workflow_run("pull_request", own()), HEAD,   Same,  branch_of("octo")),
        ("workflow_run",          workflow_run("pull_request", fork()),HEAD,   Fork,  branch_of("mallory")),
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
        assert_eq!(context.run_url(), "https://github.com/octo/r/actions/runs/900/attempts/2");
        assert_eq!(context.output_file.as_deref(), Some("/github/file_commands/output".as_ref()));
        assert_eq!(context.summary_file, None);
    }
}

#[test]
fn a_hostile_context_is_refused() {
    let read = |name: &'static str, value: &'static str| {
        let env = move |asked: &str| match asked == name {
            true => Some(value.to_owned()),
            false => runner_env("push")(asked),
        };
        Context::read(&env, None).expect_err(value)
    };
    for value in ["octo", "octo/r/x", "../r", "octo/..", "octo/r?x", "octo/", "o cto/r", "octo/r\n"]
    {
        let error = read("GITHUB_REPOSITORY", value);
        assert_eq!(error, ContextError::Malformed("GITHUB_REPOSITORY", "owner/name"), "{value}");
    }
    for value in ["http://api.github.com", "https://u:p@api.github.com", "javascript:alert(1)"] {
        let error = read("GITHUB_API_URL", value);
        assert!(matches!(error, ContextError::Api(_)), "{value}: {error}");
    }
    assert_eq!(
        read("GITHUB_SHA", "main --> @all"),
        ContextError::Malformed("GITHUB_SHA", "a commit")
    );
    assert_eq!(read("GITHUB_RUN_ID", ""), ContextError::NotSet("GITHUB_RUN_ID"));

    let pull = |head: Value| json!({ "pull_request": { "number": 7, "head": head } });
    for event in
        [None, Some(json!(["x"])), Some(pull(json!({ "sha": "HEAD" }))), Some(pull(json!(1)))]
    {
        let error =
            Context::read(&runner_env("pull_request"), event.as_ref()).expect_err("refused");
        assert_eq!(error, ContextError::Event("pull_request.head.sha"), "{event:?}");
    }
}

// --- The comment's life --------------------------------------------------------------------------

#[test]
fn the_first_run_posts_the_second_edits_and_the_same_again_writes_nothing() {
    let github = github();
    let posted = Job::of(&github).publish("one").expect("posted");
    let comments = github.comments(7);
    let [comment] = &*comments else { panic!("{comments:?}") };
    let url = format!("https://github.com/octo/r/pull/7#issuecomment-{}", comment.id);
    assert_eq!(posted, Published { url: Some(url.clone()), what: What::Posted });
    let expected = format!(
        "<!-- knownfail:v1:ci.linux run=1 sha={HEAD} -->\n1 in all\n\n\
         <!-- knownfail:section attempt=1 name= is=failure -->\none\n\n\
         <!-- knownfail:foot -->\nthe foot\n"
    );
    assert_eq!(comment.body, expected);

    let edited = Job { run: (2, 1), ..Job::of(&github) }.publish("two").expect("edited");
    assert_eq!(edited, Published { url: Some(url), what: What::Edited });
    let comments = github.comments(7);
    assert_eq!(comments.len(), 1);
    assert_eq!((comments[0].id, text(&comments[0])), (comment.id, "two"));

    github.forget_requests();
    let unchanged = Job { run: (2, 1), ..Job::of(&github) };
    assert_eq!(unchanged.what("two\r\n"), What::Unchanged);
    assert_eq!(github.writes(), [""; 0]);
}

#[test]
fn each_pull_request_and_each_id_has_its_own_comment() {
    let github = github();
    assert_eq!(Job::of(&github).what("linux"), What::Posted);
    assert_eq!(Job { id: "ci.lin", ..Job::of(&github) }.what("lin"), What::Posted);
    assert_eq!(Job { id: "ci.linux ", ..Job::of(&github) }.what("odd"), What::Posted);
    assert_eq!(Job { pull: Pull::Number(8), ..Job::of(&github) }.what("eight"), What::Posted);
    assert_eq!(Job { run: (2, 1), ..Job::of(&github) }.what("again"), What::Edited);
    let texts: Vec<String> = github.comments(7).iter().map(|c| text(c).to_owned()).collect();
    assert_eq!(texts, ["again", "lin", "odd"]);
    assert_eq!(github.comments(8)[0].edits, 0);
}

#[test]
fn nothing_is_begun_while_nothing_is_wrong() {
    let github = github();
    let green = Job { post: Post::OnlyIfExists, ..Job::of(&github) };
    let none = Published { url: None, what: What::NotNeeded };
    assert_eq!(green.publish("all fine"), Ok(none));
    assert_eq!(github.writes(), [""; 0]);

    assert_eq!(Job::of(&github).what("broken"), What::Posted);
    assert_eq!(green.what("all fine"), What::Edited);
    assert_eq!(text(&github.comments(7)[0]), "all fine");
}

#[test]
fn a_forged_marker_and_a_quoted_one_are_left_alone() {
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
    assert_eq!(Job { token: "tok_maintainer", ..maintainer(&github) }.what("real"), What::Posted);
    let comments = github.comments(7);
    assert_eq!(comments.len(), 6);
    assert!(comments[..5].iter().all(|c| c.edits == 0 && !c.is_minimized));
    assert_eq!(text(&comments[5]), "real");
    assert_eq!(maintainer(&github).what("real"), What::Unchanged);
}

/// A workflow's job whose token may edit what others wrote, so that nothing but our own care keeps
/// it from doing so.
fn maintainer(github: &GithubDouble) -> Job<'_> {
    github.add_token("tok_maintainer", Author::workflow(), Access::Maintain);
    Job { token: "tok_maintainer", ..Job::of(github) }
}

#[test]
fn every_kind_of_token_finds_its_own_comment_again() {
    let octo = Author::person("octo");
    let app = Author { login: "our-app[bot]".into(), is_bot: true };
    // Without GraphQL an App's token can't tell who it is; a person's and the workflow's can.
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
            github.without_graphql();
        }
        for run in 1..=2 {
            Job { token: "tok", run: (run, 1), ..Job::of(&github) }.what(&format!("run {run}"));
        }
        assert_eq!(github.comments(7).len(), comments, "{author:?} {graphql}");
    }
}

#[test]
fn our_comment_is_found_behind_250_others_some_without_an_author() {
    let github = github();
    for n in 0..250 {
        let author = (n % 3 > 0).then(|| Author::person("chatty"));
        github.seed_comment(7, author, &format!("comment {n}"));
    }
    assert_eq!(Job::of(&github).what("one"), What::Posted);
    github.forget_requests();
    assert_eq!(Job { run: (2, 1), ..Job::of(&github) }.what("two"), What::Edited);
    let pages = github.requests().iter().filter(|r| r.path.contains("per_page=100")).count();
    assert_eq!(pages, 9, "three to look, again when the author is known, and again when written");
    assert_eq!((github.comments(7).len(), text(&live(&github)[0])), (251, "two"));
}

#[test]
fn a_link_to_another_host_is_not_followed() {
    let (github, foreign) = (github(), github());
    for n in 0..150 {
        github.seed_comment(7, Some(Author::person("chatty")), &format!("comment {n}"));
    }
    github.lie_about_next_page(&format!("{}/repos/octo/r/issues/7/comments", foreign.url()));
    assert_eq!(Job::of(&github).what("one"), What::Posted);
    assert_eq!(Job { run: (2, 1), ..Job::of(&github) }.what("two"), What::Edited);
    assert!(foreign.requests().is_empty());
}

// --- Old and new ---------------------------------------------------------------------------------

#[test]
fn an_older_run_does_not_overwrite_a_newer_one() {
    let github = github();
    assert_eq!(Job { run: (10, 2), ..Job::of(&github) }.what("10.2"), What::Posted);
    github.forget_requests();
    for run in [(10, 1), (9, 7)] {
        assert_eq!(Job { run, ..Job::of(&github) }.what("older"), What::Superseded, "{run:?}");
    }
    assert_eq!(github.writes(), [""; 0]);
    for run in [(10, 2), (10, 3), (11, 1)] {
        let body = format!("{run:?}");
        assert_eq!(Job { run, ..Job::of(&github) }.what(&body), What::Edited, "{run:?}");
    }
    // Another head is another count: a force push back to it makes a low number the newest.
    github.set_head(7, MOVED);
    let back = Job { run: (3, 1), sha: MOVED, ..Job::of(&github) };
    assert_eq!(back.what("another head"), What::Edited);
}

#[test]
fn a_head_that_moved_on_is_not_spoken_of() {
    let github = github();
    github.set_head(7, MOVED);
    let superseded = Published { url: None, what: What::Superseded };
    assert_eq!(Job::of(&github).publish("stale"), Ok(superseded.clone()));
    assert_eq!(github.writes(), [""; 0]);
    assert_eq!(Job { sha: MOVED, ..Job::of(&github) }.what("fresh"), What::Posted);
    assert_eq!(Job { run: (9, 1), ..Job::of(&github) }.publish("stale"), Ok(superseded));
    assert_eq!(text(&live(&github)[0]), "fresh");
}

// --- Refusals ------------------------------------------------------------------------------------

#[test]
fn a_token_that_may_only_read_is_told_what_it_lacks_and_nothing_else_is_tried() {
    let github = github();
    let read_only = Job { token: "tok_fork", ..Job::of(&github) };
    let error = read_only.error("one");
    let PublishError::Forbidden { status: 403, needs, message } = &error else { panic!("{error}") };
    assert_eq!(needs.as_deref(), Some("issues: write or pull-requests: write"));
    assert_eq!(message, "Resource not accessible by integration");
    assert!(error.to_string().contains("it needs issues: write"), "{error}");
    assert!(error.hint(HeadRepository::Same).contains("pull-requests: write"));
    // A permission of the workflow is no help to a fork.
    assert!(!error.hint(HeadRepository::Fork).contains("permissions:"));
    assert_eq!(github.writes(), ["POST /repos/octo/r/issues/7/comments"]);
    assert!(read_only.clock.waits().is_empty());

    Job::of(&github).what("by a token that may");
    github.forget_requests();
    assert!(matches!(read_only.error("two"), PublishError::Forbidden { status: 403, .. }));
    assert_eq!(github.writes().len(), 1);
    assert_eq!(github.comments(7)[0].edits, 0);
}

#[test]
fn other_refusals_are_final_too() {
    let github = github();
    let unknown = Job { token: "tok_revoked", ..Job::of(&github) };
    assert!(matches!(unknown.error("x"), PublishError::Forbidden { status: 401, .. }));
    let nowhere = Job { pull: Pull::Number(404), ..Job::of(&github) };
    assert!(matches!(nowhere.error("x"), PublishError::Forbidden { status: 404, .. }));
    let none = Job { pull: Pull::None, ..Job::of(&github) };
    assert_eq!(none.error("x"), PublishError::NoPullRequest);
    assert_eq!(github.writes(), [""; 0]);

    let (job, details) = (Job::of(&github), |_| "x".to_owned());
    let long = StickyComment { foot: "x".repeat(262_145), ..comment("x", &details) };
    let error = block_on(async { publish(&job.client(), &job.context(), &long).await });
    let error = error.expect_err("too long");
    let rejected =
        matches!(error, PublishError::Request(RequestError::Rejected { status: 422, .. }));
    assert!(rejected, "{error}");
    assert!(github.comments(7).is_empty());
}

// --- Faults --------------------------------------------------------------------------------------

/// The path of the comments of pull request 7.
const COMMENTS: &str = "/issues/7/comments";

#[test]
fn whatever_happens_to_a_post_there_is_one_comment() {
    let faults = [
        Fault::BadGateway,
        Fault::BadGatewayAfter,
        Fault::Html(503),
        Fault::HangUp,
        Fault::HangUpAfter,
        Fault::CutAfter,
        Fault::TooMany { retry_after: 2 },
        Fault::SecondaryLimit { retry_after: Some(2) },
        Fault::SecondaryLimit { retry_after: None },
        Fault::PrimaryLimit { reset: NOW + 5 },
    ];
    for fault in faults {
        let github = github();
        github.fault("POST", COMMENTS, fault.clone());
        assert_eq!(Job::of(&github).what("one"), What::Posted, "{fault:?}");
        let comments = github.comments(7);
        assert_eq!(comments.len(), 1, "{fault:?}");
        assert_eq!(text(&comments[0]), "one", "{fault:?}");
    }
}

#[test]
fn reads_and_edits_are_repeated() {
    for fault in [
        Fault::BadGateway,
        Fault::BadGatewayAfter,
        Fault::Html(500),
        Fault::HangUp,
        Fault::HangUpAfter,
        Fault::CutAfter,
        Fault::TooMany { retry_after: 1 },
    ] {
        let github = github();
        Job::of(&github).what("one");
        for (method, path) in [("GET", COMMENTS), ("GET", "/pulls/7"), ("PATCH", "/comments/")] {
            github.fault(method, path, fault.clone());
            github.fault(method, path, fault.clone());
        }
        let job = Job { run: (2, 1), ..Job::of(&github) };
        assert_eq!(job.what("two"), What::Edited, "{fault:?}");
        assert_eq!(github.comments(7)[0].edits, 1, "{fault:?}");
        assert_eq!((github.comments(7).len(), text(&live(&github)[0])), (1, "two"), "{fault:?}");
    }
}

#[test]
fn a_server_that_stays_broken_ends_in_an_error_that_repeats_no_page() {
    let github = github();
    for _ in 0..20 {
        github.fault("GET", "/", Fault::Html(502));
    }
    let job = Job::of(&github);
    let error = job.error("one");
    let cause = "status 502: no message".to_owned();
    assert_eq!(error, PublishError::Request(RequestError::Unclear { cause }));
    assert_eq!(github.requests().len(), 5);
    let waits = job.clock.waits();
    assert!(
        waits.is_sorted() && waits.iter().sum::<Duration>() < Duration::from_secs(15),
        "{waits:?}"
    );

    // A POST that gets lost each time is not tried for ever, and each time it is looked first.
    let github = github_with_lost_posts(20);
    assert!(matches!(Job::of(&github).error("one"), PublishError::Request(_)));
    let methods: Vec<String> = github.requests().iter().map(|r| r.method.clone()).collect();
    assert_eq!(methods.join(" "), ["GET GET POST"; 5].join(" "));
}

fn github_with_lost_posts(count: usize) -> GithubDouble {
    let github = github();
    for _ in 0..count {
        github.fault("POST", COMMENTS, Fault::BadGateway);
    }
    github
}

#[test]
fn the_time_to_wait_is_the_one_that_github_names_and_no_more_than_a_minute_in_all() {
    let seconds = Duration::from_secs;
    #[rustfmt::skip]
    let honoured = [
        (Fault::TooMany { retry_after: 7 },                  seconds(7)),
        (Fault::SecondaryLimit { retry_after: Some(9) },     seconds(9)),
        (Fault::SecondaryLimit { retry_after: None },        seconds(60)),
        (Fault::PrimaryLimit { reset: NOW + 30 },            seconds(31)),
        (Fault::PrimaryLimit { reset: NOW - 30 },            seconds(1)),
    ];
    for (fault, wait) in honoured {
        let github = github();
        github.fault("GET", COMMENTS, fault.clone());
        let job = Job::of(&github);
        assert_eq!(job.what("one"), What::Posted, "{fault:?}");
        assert_eq!(job.clock.waits(), [wait, DUST], "{fault:?}");
    }
    #[rustfmt::skip]
    let too_long = [
        (Fault::TooMany { retry_after: 3600 },               seconds(3600)),
        (Fault::TooMany { retry_after: u64::MAX },           seconds(u64::MAX)),
        (Fault::SecondaryLimit { retry_after: Some(61) },    seconds(61)),
        (Fault::PrimaryLimit { reset: NOW + 600 },           seconds(601)),
    ];
    for (fault, wait) in too_long {
        let github = github();
        github.fault("GET", COMMENTS, fault.clone());
        let job = Job::of(&github);
        let limited = PublishError::Request(RequestError::Limited { wait });
        assert_eq!(job.error("one"), limited, "{fault:?}");
        assert!(job.clock.waits().is_empty(), "waiting for nothing: {fault:?}");
        assert_eq!(github.requests().len(), 2, "where the head is, and the one that failed");
    }
    // Together: 40 and 19 fit into the minute, a third wait does not.
    let github = github();
    for retry_after in [40, 19, 2] {
        github.fault("GET", COMMENTS, Fault::TooMany { retry_after });
    }
    let job = Job::of(&github);
    assert!(matches!(job.error("one"), PublishError::Request(RequestError::Limited { .. })));
    assert_eq!(job.clock.waits(), [seconds(40), seconds(19)]);
}

#[test]
fn a_redirect_is_refused_and_the_token_stays() {
    let (github, elsewhere) = (github(), github());
    for method in ["GET", "POST"] {
        let to = format!("{}/repos/octo/r/issues/7/comments", elsewhere.url());
        github.fault(method, COMMENTS, Fault::Redirect(to));
        let redirected = PublishError::Request(RequestError::Redirected { status: 301 });
        assert_eq!(Job::of(&github).error("one"), redirected, "{method}");
    }
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn a_long_answer_and_a_late_one_are_not_waited_for() {
    let github = github();
    github.fault("GET", COMMENTS, Fault::Long(11 << 20));
    assert_eq!(Job::of(&github).error("one"), PublishError::Request(RequestError::TooLong));

    for _ in 0..5 {
        github.fault("GET", COMMENTS, Fault::Hang(Duration::from_secs(60)));
    }
    let hasty = Job { timeout: Duration::from_millis(50), ..Job::of(&github) };
    let cause = "no answer in time".to_owned();
    assert_eq!(hasty.error("one"), PublishError::Request(RequestError::Unclear { cause }));
}

#[test]
fn nobody_at_home_is_said_so() {
    let github = github();
    let address = github.url().to_owned();
    let job = Job::of(&github);
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
            Token::new("t").expect("a token"),
        );
        options.clock = Box::new(job.clock.clone());
        let nobody = Client::new(options).expect("a client");
        publish(&client, &context, &comment).await.expect(&address);
        publish(&nobody, &context, &comment).await.expect_err("nobody")
    });
    let PublishError::Request(RequestError::Unreachable { cause }) = error else {
        panic!("{error}")
    };
    assert!(cause.contains("refused"), "{cause}");
}

// --- Requests ------------------------------------------------------------------------------------

#[test]
fn requests_carry_our_name_once_and_the_version_of_the_api() {
    let github = github();
    Job::of(&github).what("one");
    Job { run: (2, 1), ..Job::of(&github) }.what("two");
    for request in github.requests() {
        let agent = concat!("knownfail/", env!("CARGO_PKG_VERSION"));
        assert_eq!(request.header("user-agent"), [agent]);
        assert_eq!(request.header("accept"), ["application/vnd.github+json"]);
        assert_eq!(request.header("x-github-api-version"), ["2022-11-28"]);
    }
}

#[test]
fn a_server_of_ones_own_is_reached_below_its_path() {
    let github = github();
    let job = Job::of(&github);
    for run in 1..=2 {
        let context = Job { run: (run, 1), ..Job::of(&github) }.context();
        let api_url = ApiUrl::parse(&format!("{}/api/v3", github.url())).expect("an address");
        let mut options = ClientOptions::new(api_url, Token::new(job.token).expect("a token"));
        options.clock = Box::new(job.clock.clone());
        let details = |_| format!("run {run}");
        let comment = comment("x", &details);
        block_on(async {
            let client = Client::new(options).expect("a client");
            publish(&client, &context, &comment).await.expect("published");
        });
    }
    assert_eq!(text(&github.comments(7)[0]), "run 2");
    let paths: Vec<String> = github.requests().into_iter().map(|request| request.path).collect();
    assert!(paths.contains(&"/api/graphql".to_owned()), "{paths:?}");
    assert!(paths.iter().all(|p| p == "/api/graphql" || p.starts_with("/api/v3/repos/octo/r/")));
}

#[test]
fn a_pull_request_is_found_by_its_branch_and_commit_alone() {
    let github = github();
    github.add_pull(9, "mallory:topic", MOVED);
    let find = |owner: &str, branch: &str, sha: &str| {
        let pull = Pull::FromBranch { owner: owner.into(), branch: branch.into() };
        let job = Job { pull, sha, ..Job::of(&github) };
        let context = job.context();
        block_on(async { find_pull(&job.client(), &context).await }).expect("an answer")
    };
    assert_eq!(find("octo", "topic", HEAD), Some(7));
    assert_eq!(find("mallory", "topic", MOVED), Some(9));
    assert_eq!(find("mallory", "topic", HEAD), None, "its head is another commit");
    assert_eq!(find("octo", "topic&head=octo:other", HEAD), None);
    let asked = github.requests().pop().expect("a request").path;
    assert_eq!(
        asked,
        "/repos/octo/r/pulls?state=open&head=octo%3Atopic%26head%3Docto%3Aother&per_page=100"
    );
}

#[test]
fn tokens_and_bundles_that_are_none_are_refused() {
    for text in ["", " ", "tok\nX-Evil: 1", "tök", "a b"] {
        assert!(Token::new(text).is_none(), "{text:?}");
    }
    let build = |pem: &str| {
        let api_url = ApiUrl::parse("https://api.github.com").expect("an address");
        let mut options = ClientOptions::new(api_url, Token::new("t").expect("a token"));
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
    let outputs = outputs_as_the_runner_reads_them(&text);
    let expected = [("theirs", "1"), ("json-file", injected), ("tests", "3")];
    assert_eq!(outputs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));

    let refused = set_outputs(&path, &[("tests", "4"), ("a=b\nevil", "1")]);
    assert!(matches!(refused, Err(RunnerFileError::UnsafeOutput(_))), "{refused:?}");
    assert_eq!(std::fs::read_to_string(&path).expect("read"), text, "all or none");
}

/// Lines of `name=value`, or `name<<delimiter` up to the delimiter's own line.
fn outputs_as_the_runner_reads_them(text: &str) -> Vec<(String, String)> {
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
fn a_summary_is_appended_up_to_the_limit_and_never_beyond() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("summary");
    append_summary(&path, "# one\n").expect("appended");
    append_summary(&path, "two").expect("appended");
    append_summary(&path, "three\n").expect("appended");
    assert_eq!(std::fs::read_to_string(&path).expect("read"), "# one\ntwo\nthree\n");

    let there = std::fs::metadata(&path).expect("metadata").len();
    let room = (1 << 20) - there;
    let more = "x".repeat(usize::try_from(room).expect("fits") + 1);
    let full = append_summary(&path, &more);
    let expected = (there, room + 1);
    assert!(
        matches!(full, Err(RunnerFileError::SummaryFull { there, more }) if (there, more) == expected)
    );
    assert_eq!(summary_room(&path) as u64, room - 1, "a line end may be lacking");
    append_summary(&path, &more[1..]).expect("the last byte fits");
    assert_eq!(summary_room(&path), 0);
    assert_eq!(std::fs::metadata(&path).expect("metadata").len(), 1 << 20);
    let nowhere = append_summary(&directory.path().join("no/such"), "x");
    assert!(matches!(nowhere, Err(RunnerFileError::File { .. })));
}
