//! A GitHub on loopback that keeps state (pull requests, comments, check runs, files, tokens) and injects faults on request.
//!
//! It serves the REST and GraphQL API, for this process or a container with the host's network, and logs all requests. Like
//! GitHub, it knows the author and the permissions of a token: a test that needs somebody else's comment seeds it with that
//! author.

use crate::permissions;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::hash::{Hash, Hasher};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

/// Maximum size of a comment's body, in bytes.
const MAX_BODY_BYTES: usize = 262_144;
/// Maximum size of a check run's summary, in bytes.
const MAX_CHECK_SUMMARY_BYTES: usize = 65_535;
/// Maximum number of annotations in one request.
const MAX_ANNOTATIONS_PER_REQUEST: usize = 50;

/// The repository of pull requests, by default.
pub(crate) const REPOSITORY: &str = "octo/r";

/// The server. It stops when dropped.
pub(crate) struct FakeGithub {
    url: String,
    state: Arc<Mutex<FakeGithubState>>,
    runtime: Option<tokio::runtime::Runtime>,
}

/// A token's author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Author {
    pub login: String,
    pub is_bot: bool,
}

impl Author {
    /// The author of a workflow's own token.
    pub(crate) fn workflow() -> Self {
        Author { login: "github-actions[bot]".into(), is_bot: true }
    }

    pub(crate) fn person(login: &str) -> Self {
        Author { login: login.into(), is_bot: false }
    }
}

/// The permissions of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Those of a workflow for a fork's pull request.
    Read,
    /// `pull-requests: write`, and no more.
    Comment,
    /// `pull-requests: write` and `checks: write`.
    Write,
    /// A maintainer's: may edit other authors' comments.
    Maintain,
}

#[derive(Debug, Clone)]
pub(crate) struct Pull {
    pub repository: String,
    pub number: u64,
    /// `owner:branch`.
    pub head: String,
    pub sha: String,
    /// The branch that it goes to.
    pub base: String,
    pub is_open: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Comment {
    pub id: u64,
    pub pull: (String, u64),
    /// `None`: the account is gone, and GitHub returns `user: null`.
    pub author: Option<Author>,
    pub body: String,
    pub is_minimized: bool,
    pub edits: u32,
}

/// A check run, with the annotations of all its requests.
#[derive(Debug, Clone)]
pub(crate) struct CheckRun {
    pub id: u64,
    pub repository: String,
    pub sha: String,
    /// The body of the POST, with what was changed since.
    pub created: Value,
    pub annotations: Vec<Value>,
}

/// A received request, without the token.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub method: String,
    /// With its query.
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(n, _)| n == name).map(|(_, value)| &**value).collect()
    }

    /// Whether it changes something. A GraphQL query is a POST and does not.
    pub(crate) fn is_write(&self) -> bool {
        if self.path.ends_with("/graphql") {
            self.body.contains("mutation")
        } else {
            self.method != "GET"
        }
    }
}

/// A fault of a request. `…After`: it is carried out, then its response fails.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    BadGateway,
    BadGatewayAfter,
    /// An error page of something between the client and GitHub.
    Html(u16),
    HangUp,
    HangUpAfter,
    /// A success whose body ends too early.
    TruncatedAfter,
    /// No response for this long.
    Hang(Duration),
    TooManyRequests {
        retry_after: u64,
    },
    /// 403, with or without the header.
    SecondaryLimit {
        retry_after: Option<u64>,
    },
    /// 403 until this number of seconds after the date of the response, which is not this machine's.
    PrimaryLimit {
        in_seconds: i64,
    },
    /// 403 until the end of all time, by a clock that is at its start.
    EndlessLimit,
    /// A refusal with this status and message.
    Refused(u16, &'static str),
    /// Somebody deletes the comment that is to be edited.
    Deleted,
    /// None, but somebody pushes this commit to every pull request after it.
    PushAfter(&'static str),
    Redirect(String),
    /// A response of this many bytes.
    LongBody(usize),
}

#[derive(Default)]
struct FakeGithubState {
    tokens: BTreeMap<String, (Author, Access)>,
    /// The permissions of tokens in a private repository, where nothing is allowed without.
    grants: BTreeMap<String, Vec<String>>,
    pulls: Vec<Pull>,
    comments: Vec<Comment>,
    check_runs: Vec<CheckRun>,
    /// By id, as `GET …/actions/runs/{id}` returns them.
    runs: BTreeMap<u64, Value>,
    /// The diff of every pull request: path and patch.
    patches: Vec<(String, String)>,
    review_comments: Vec<Value>,
    /// Repository, number, whether it is open.
    issues: BTreeMap<(String, u64), bool>,
    /// Texts by commit and path.
    files: BTreeMap<(String, String), String>,
    /// Targets of symbolic links by commit and path.
    links: BTreeMap<(String, String), String>,
    /// New and previous paths of the files that every pull request renames.
    renames: Vec<(String, String)>,
    /// The commits at the heads of branches.
    branches: BTreeMap<String, String>,
    /// The merge base of every branch, if it is not the base branch's present commit.
    merge_base: Option<String>,
    next_id: u64,
    /// Method, part of the path, fault: each is used once, in this order.
    faults: VecDeque<(String, String, Fault)>,
    log: Vec<Request>,
    next_page_url: Option<String>,
    has_graphql: bool,
}

impl FakeGithub {
    /// Starts on a free port. It knows the tokens `tok_workflow` (may write) and `tok_fork` (may read), both of
    /// `github-actions[bot]`, and no pull request.
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener =
            runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("bind");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let state =
            FakeGithubState { next_id: 1000, has_graphql: true, ..FakeGithubState::default() };
        let state = Arc::new(Mutex::new(state));
        runtime.spawn(serve(listener, state.clone(), url.clone()));
        let fake = FakeGithub { url, state, runtime: Some(runtime) };
        fake.add_token("tok_workflow", Author::workflow(), Access::Write);
        fake.add_token("tok_fork", Author::workflow(), Access::Read);
        fake
    }

    /// The API's URL; `{url}/api/v3` works as well.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn add_token(&self, token: &str, author: Author, access: Access) {
        self.state().tokens.insert(token.into(), (author, access));
    }

    /// Lets a token do what these permissions of a workflow allow, and no more: the repository is private.
    pub(crate) fn grant(&self, token: &str, permissions: &[&str]) {
        let permissions = permissions.iter().map(|permission| (*permission).to_owned()).collect();
        self.state().grants.insert(token.into(), permissions);
    }

    /// An open pull request of [`REPOSITORY`] into `main`; `head` is `owner:branch`.
    pub(crate) fn add_pull(&self, number: u64, head: &str, sha: &str) {
        let (repository, head, sha) = (REPOSITORY.into(), head.into(), sha.into());
        let (base, is_open) = ("main".into(), true);
        self.state().pulls.push(Pull { repository, number, head, sha, base, is_open });
    }

    /// Changes the branch that the pull request goes to.
    pub(crate) fn set_base(&self, number: u64, branch: &str) {
        for pull in self.state().pulls.iter_mut().filter(|pull| pull.number == number) {
            pull.base = branch.into();
        }
    }

    /// Closes the pull request.
    pub(crate) fn close_pull(&self, number: u64) {
        for pull in self.state().pulls.iter_mut().filter(|pull| pull.number == number) {
            pull.is_open = false;
        }
    }

    /// The same in another repository.
    pub(crate) fn add_pull_to(&self, repository: &str, number: u64, head: &str, sha: &str) {
        self.add_pull(number, head, sha);
        for pull in self.state().pulls.iter_mut().filter(|pull| pull.number == number) {
            pull.repository = repository.into();
        }
    }

    /// Every comment of every pull request, oldest first.
    pub(crate) fn all_comments(&self) -> Vec<Comment> {
        self.state().comments.clone()
    }

    /// Pushes a new head.
    pub(crate) fn set_head(&self, number: u64, sha: &str) {
        for pull in self.state().pulls.iter_mut().filter(|pull| pull.number == number) {
            pull.sha = sha.into();
        }
    }

    /// Moves the pull request's head to this owner's repository.
    pub(crate) fn set_owner(&self, number: u64, owner: &str) {
        for pull in self.state().pulls.iter_mut().filter(|pull| pull.number == number) {
            let branch = pull.head.split_once(':').map_or("", |(_, branch)| branch).to_owned();
            pull.head = format!("{owner}:{branch}");
        }
    }

    /// Deletes a comment, as a person would.
    pub(crate) fn delete_comment(&self, id: u64) {
        self.state().comments.retain(|comment| comment.id != id);
    }

    /// Edits a comment, as a person would.
    pub(crate) fn edit_comment(&self, id: u64, body: &str) {
        for comment in self.state().comments.iter_mut().filter(|comment| comment.id == id) {
            comment.body = body.into();
        }
    }

    /// Seeds a comment; returns its id.
    pub(crate) fn seed_comment(&self, pull: u64, author: Option<Author>, body: &str) -> u64 {
        self.state().add_comment((REPOSITORY.into(), pull), author, body)
    }

    /// The comments of a pull request of [`REPOSITORY`], oldest first.
    pub(crate) fn comments(&self, pull: u64) -> Vec<Comment> {
        let key = (REPOSITORY.to_owned(), pull);
        self.state().comments.iter().filter(|comment| comment.pull == key).cloned().collect()
    }

    /// A file of a commit.
    pub(crate) fn put_file(&self, sha: &str, path: &str, text: &str) {
        self.state().files.insert((sha.into(), path.into()), text.into());
    }

    /// Takes a file out of a commit.
    pub(crate) fn remove_file(&self, sha: &str, path: &str) {
        self.state().files.remove(&(sha.to_owned(), path.to_owned()));
    }

    /// A symbolic link of a commit.
    pub(crate) fn put_link(&self, sha: &str, path: &str, target: &str) {
        self.state().links.insert((sha.into(), path.into()), target.into());
    }

    /// A file that every pull request renames.
    pub(crate) fn add_rename(&self, path: &str, previous: &str) {
        self.state().renames.push((path.into(), previous.into()));
    }

    /// Whether any commit has this path.
    pub(crate) fn has_path(&self, path: &str) -> bool {
        let state = self.state();
        state.files.keys().chain(state.links.keys()).any(|(_, other)| other == path)
    }

    /// The head of a branch.
    pub(crate) fn set_branch(&self, name: &str, sha: &str) {
        self.state().branches.insert(name.into(), sha.into());
    }

    /// Sets the merge base of every branch.
    pub(crate) fn set_merge_base(&self, sha: &str) {
        self.state().merge_base = Some(sha.into());
    }

    /// Sets the diff of this file in every pull request.
    pub(crate) fn set_patch(&self, path: &str, patch: &str) {
        self.state().patches.push((path.into(), patch.into()));
    }

    /// A run of a workflow: its id, number, last attempt, workflow and commit. Without any, no token may read runs.
    pub(crate) fn add_run(&self, id: u64, number: u64, attempt: u64, workflow: u64, sha: &str) {
        let run = json!({
            "id": id, "run_number": number, "run_attempt": attempt, "workflow_id": workflow, "head_sha": sha,
        });
        self.state().runs.insert(id, run);
    }

    /// The comments of reviews on lines.
    pub(crate) fn review_comments(&self) -> Vec<Value> {
        self.state().review_comments.clone()
    }

    /// An issue of a repository.
    pub(crate) fn add_issue(&self, repository: &str, number: u64, is_open: bool) {
        self.state().issues.insert((repository.to_lowercase(), number), is_open);
    }

    /// The check runs, oldest first.
    /// Adds this number of copies of the newest check run.
    pub(crate) fn copy_check_run(&self, count: u64) {
        let mut state = self.state();
        let newest = state.check_runs.last().expect("a check run").clone();
        let copies = (1..=count).map(|n| CheckRun { id: newest.id + n, ..newest.clone() });
        state.check_runs.extend(copies);
    }

    pub(crate) fn check_runs(&self) -> Vec<CheckRun> {
        self.state().check_runs.clone()
    }

    /// Injects a fault into the next request with this method (empty for any) and this part of its path.
    pub(crate) fn inject_fault(&self, method: &str, path: &str, fault: Fault) {
        self.state().faults.push_back((method.into(), path.into(), fault));
    }

    /// Sends `Link: rel="next"` with this URL from now on.
    pub(crate) fn set_next_page_url(&self, url: &str) {
        self.state().next_page_url = Some(url.into());
    }

    /// GraphQL fails from now on.
    pub(crate) fn disable_graphql(&self) {
        self.state().has_graphql = false;
    }

    /// All requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state().log.clone()
    }

    /// All requests that change something, as `METHOD path`.
    pub(crate) fn writes(&self) -> Vec<String> {
        let writes = self.requests().into_iter().filter(Request::is_write);
        writes.map(|request| format!("{} {}", request.method, request.path)).collect()
    }

    pub(crate) fn clear_requests(&self) {
        self.state().log.clear();
    }

    fn state(&self) -> MutexGuard<'_, FakeGithubState> {
        self.state.lock().expect("no test thread panicked in here")
    }
}

impl Drop for FakeGithub {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// An id of a text; as long as git's.
fn blob_id(text: &str) -> String {
    let mut hasher = std::hash::DefaultHasher::new();
    text.hash(&mut hasher);
    format!("{:040x}", hasher.finish())
}

async fn serve(listener: tokio::net::TcpListener, state: Arc<Mutex<FakeGithubState>>, url: String) {
    while let Ok((stream, _)) = listener.accept().await {
        let (state, url) = (state.clone(), url.clone());
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, &state, &url));
            let http = hyper::server::conn::http1::Builder::new();
            // A client that goes away is no failure of the server.
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// The body of a response, complete or truncated.
enum ResponseBody {
    Complete(Full<Bytes>),
    Truncated(Option<Bytes>),
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        match self.get_mut() {
            ResponseBody::Complete(body) => {
                Pin::new(body).poll_frame(context).map_err(|e| match e {})
            }
            ResponseBody::Truncated(start) => Poll::Ready(Some(match start.take() {
                Some(start) => Ok(Frame::data(start)),
                None => Err(std::io::Error::other("cut")),
            })),
        }
    }
}

/// Status, further headers, JSON.
struct Reply(u16, Vec<(&'static str, String)>, Value);

impl Reply {
    fn ok(body: Value) -> Self {
        Reply(200, Vec::new(), body)
    }

    /// A file's text instead of JSON.
    fn raw(text: &str) -> Self {
        let kind = "application/vnd.github.raw+json; charset=utf-8".to_owned();
        Reply(200, vec![("content-type", kind)], text.into())
    }

    fn error(status: u16, message: &str) -> Self {
        let help = "https://docs.github.com/rest";
        let body = json!({
            "message": message, "documentation_url": help, "status": status.to_string()
        });
        Reply(status, Vec::new(), body)
    }

    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.1.push((name, value.to_string()));
        self
    }
}

async fn answer(
    request: hyper::Request<Incoming>,
    state: &Mutex<FakeGithubState>,
    url: &str,
) -> Result<hyper::Response<ResponseBody>, std::io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(std::io::Error::other)?.to_bytes();
    let token = head.headers.get("authorization").and_then(|value| value.to_str().ok());
    let token = token.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or("").to_owned();
    let named = |(name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let request = Request {
        method: head.method.to_string(),
        path: head.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        headers: head.headers.iter().filter(|(n, _)| *n != "authorization").map(named).collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let fault = state.lock().expect("state").log_and_take_fault(&request);
    let reply = || state.lock().expect("state").reply(&request, &token, url);
    let hang_up = || Err(std::io::Error::other("hung up"));
    let secondary = "You have exceeded a secondary rate limit. Please wait a few minutes.";
    let reply = match fault {
        None => reply(),
        Some(Fault::BadGateway) => Reply::error(502, "Server Error"),
        Some(Fault::BadGatewayAfter) => {
            reply();
            Reply::error(502, "Server Error")
        }
        Some(Fault::Html(status)) => {
            let page =
                ResponseBody::Complete("<!DOCTYPE html><h1>Unicorn!</h1>".repeat(100).into());
            return Ok(respond(status, &[("content-type", "text/html".into())], page));
        }
        Some(Fault::HangUp) => return hang_up(),
        Some(Fault::HangUpAfter) => {
            reply();
            return hang_up();
        }
        Some(Fault::TruncatedAfter) => {
            let Reply(status, headers, body) = reply();
            let text = body.to_string();
            let start = Bytes::from(text[..text.len() / 2].to_owned());
            return Ok(respond(status, &headers, ResponseBody::Truncated(Some(start))));
        }
        Some(Fault::Hang(time)) => {
            tokio::time::sleep(time).await;
            return hang_up();
        }
        Some(Fault::TooManyRequests { retry_after }) => {
            Reply::error(429, "Too Many Requests").with("retry-after", retry_after)
        }
        Some(Fault::SecondaryLimit { retry_after: None }) => Reply::error(403, secondary),
        Some(Fault::SecondaryLimit { retry_after: Some(seconds) }) => {
            Reply::error(403, secondary).with("retry-after", seconds)
        }
        Some(Fault::PrimaryLimit { in_seconds }) => Reply::error(403, "API rate limit exceeded")
            .with("x-ratelimit-remaining", 0)
            .with("date", "Sun, 06 Nov 1994 08:49:37 GMT")
            .with("x-ratelimit-reset", 784_111_777 + in_seconds),
        Some(Fault::EndlessLimit) => Reply::error(403, "API rate limit exceeded")
            .with("x-ratelimit-remaining", 0)
            .with("date", "Thu, 01 Jan 1970 00:00:00 GMT")
            .with("x-ratelimit-reset", u64::MAX),
        Some(Fault::Refused(status, message)) => Reply::error(status, message),
        Some(Fault::Deleted) => {
            let id = request.path.rsplit('/').next().and_then(|id| id.parse().ok());
            state.lock().expect("state").comments.retain(|comment| Some(comment.id) != id);
            reply()
        }
        Some(Fault::PushAfter(sha)) => {
            let reply = reply();
            for pull in &mut state.lock().expect("state").pulls {
                pull.sha = sha.into();
            }
            reply
        }
        Some(Fault::Redirect(to)) => Reply::error(301, "Moved Permanently").with("location", to),
        Some(Fault::LongBody(length)) => Reply::ok(json!([{ "body": "x".repeat(length) }])),
    };
    let Reply(status, headers, body) = reply;
    let text = match body {
        Value::String(raw) => raw,
        json => json.to_string(),
    };
    Ok(respond(status, &headers, ResponseBody::Complete(text.into())))
}

fn respond(
    status: u16,
    headers: &[(&str, String)],
    body: ResponseBody,
) -> hyper::Response<ResponseBody> {
    let mut response = hyper::Response::builder().status(status);
    if !headers.iter().any(|(name, _)| *name == "content-type") {
        response = response.header("content-type", "application/json; charset=utf-8");
    }
    for (name, value) in headers {
        response = response.header(*name, value);
    }
    response.body(body).expect("headers of ours")
}

impl FakeGithubState {
    /// Logs a request and takes the fault that is meant for it.
    fn log_and_take_fault(&mut self, request: &Request) -> Option<Fault> {
        self.log.push(request.clone());
        let is_match = |(method, path, _): &(String, String, Fault)| {
            (method.is_empty() || *method == request.method) && request.path.contains(path.as_str())
        };
        let index = self.faults.iter().position(is_match)?;
        self.faults.remove(index).map(|(_, _, fault)| fault)
    }

    fn add_comment(&mut self, pull: (String, u64), author: Option<Author>, body: &str) -> u64 {
        self.next_id += 1;
        let (id, body) = (self.next_id, body.to_owned());
        self.comments.push(Comment { id, pull, author, body, is_minimized: false, edits: 0 });
        id
    }

    fn reply(&mut self, request: &Request, token: &str, url: &str) -> Reply {
        if request.header("user-agent").len() != 1 {
            return Reply::error(403, "Request forbidden by administrative rules.");
        }
        let Some((author, access)) = self.tokens.get(token).cloned() else {
            return Reply::error(401, "Bad credentials");
        };
        if let Some(refusal) = self.refuse_without_grant(request, token) {
            return refusal;
        }
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let query: BTreeMap<String, String> = reqwest::Url::parse(&format!("{url}/?{query}"))
            .map(|url| url.query_pairs().into_owned().collect())
            .unwrap_or_default();
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        let path = path.strip_prefix("/api/v3").or(path.strip_prefix("/api")).unwrap_or(path);
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (&*request.method, &*segments) {
            ("GET", ["user"]) if author.is_bot => {
                Reply::error(403, "Resource not accessible by integration")
            }
            ("GET", ["user"]) => Reply::ok(user(&author)),
            ("POST", ["graphql"]) if self.has_graphql => self.graphql(&body, &author, access),
            ("GET", ["repos", owner, name, "pulls"]) => {
                self.list_pulls(&format!("{owner}/{name}"), &query)
            }
            ("GET", ["repos", owner, name, "pulls", number]) => {
                self.get_pull(&format!("{owner}/{name}"), number)
            }
            ("GET", ["repos", _, _, "pulls", _, "files"]) => {
                let file =
                    |(path, patch): &(String, String)| json!({ "filename": path, "patch": patch });
                Reply::ok(self.patches.iter().map(file).collect())
            }
            ("GET", ["repos", _, _, "pulls", _, "comments"]) => {
                Reply::ok(self.review_comments.iter().cloned().collect())
            }
            ("POST", ["repos", _, _, "pulls", _, "reviews"]) => self.post_review(&body, access),
            ("GET", ["repos", _, _, "actions", "runs", id]) => {
                match id.parse().ok().and_then(|id: u64| self.runs.get(&id)) {
                    Some(run) => Reply::ok(run.clone()),
                    None if self.runs.is_empty() => permission_denied("actions=read"),
                    None => Reply::error(404, "Not Found"),
                }
            }
            ("GET", ["repos", _, _, "compare", range]) => self.compare(range),
            ("GET", ["repos", _, _, "contents", path @ ..]) => {
                let sha = query.get("ref").cloned().unwrap_or_default();
                self.contents(&sha, &path.join("/"), request.header("accept"))
            }
            ("GET", ["repos", _, _, "git", "blobs", id]) => {
                match self.files.values().find(|text| blob_id(text) == *id) {
                    Some(text) => Reply::raw(text),
                    None => Reply::error(404, "Not Found"),
                }
            }
            ("GET", ["repos", _, _, "git", "commits", sha]) => {
                if self.files.keys().any(|(commit, _)| commit == sha) {
                    Reply::ok(json!({ "sha": sha }))
                } else {
                    Reply::error(404, "Not Found")
                }
            }
            ("GET", ["repos", _, _, "branches", name]) => {
                match self.branches.get(&name.replace("%2F", "/")) {
                    Some(sha) => Reply::ok(json!({ "name": name, "commit": { "sha": sha } })),
                    None => Reply::error(404, "Branch not found"),
                }
            }
            ("POST", ["repos", owner, name, "check-runs"]) => {
                self.post_check_run(&format!("{owner}/{name}"), &body, &author, access)
            }
            ("GET", ["repos", _, _, "check-runs", id]) => match self.find_check_run(id) {
                Some(run) => Reply::ok(check_run_json(run)),
                None => Reply::error(404, "Not Found"),
            },
            ("PATCH", ["repos", _, _, "check-runs", id]) => self.patch_check_run(id, &body, access),
            ("GET", ["repos", _, _, "commits", sha, "check-runs"]) => {
                let named = |run: &&CheckRun| {
                    let name = query.get("check_name");
                    run.sha == *sha && name.is_none_or(|name| run.created["name"] == **name)
                };
                let found: Vec<Value> =
                    self.check_runs.iter().rev().filter(named).map(check_run_json).collect();
                let number = |key, default| {
                    query.get(key).map_or(default, |value| value.parse().expect("a number"))
                };
                let (per_page, page): (usize, usize) = (number("per_page", 30), number("page", 1));
                let on_page =
                    found.iter().skip((page - 1) * per_page.min(100)).take(per_page.min(100));
                let on_page: Vec<&Value> = on_page.collect();
                Reply::ok(json!({ "total_count": found.len(), "check_runs": on_page }))
            }
            (method, ["repos", owner, name, "issues", number, "comments"]) => {
                let repository = format!("{owner}/{name}");
                let Some(pull) = self.find_pull(&repository, number) else {
                    return Reply::error(404, "Not Found");
                };
                let key = (repository, pull.number);
                match method {
                    "GET" => self.list_comments(&key, &query, &format!("{url}{path}")),
                    "POST" => self.post_comment(key, &body, author, access),
                    _ => Reply::error(405, "Method Not Allowed"),
                }
            }
            ("PATCH", ["repos", _, _, "issues", "comments", id]) => {
                self.patch_comment(id, &body, &author, access)
            }
            (_, ["repos", _, _, "issues", "comments", _]) => {
                Reply::error(405, "Method Not Allowed")
            }
            _ => Reply::error(404, "Not Found"),
        }
    }

    fn refuse_without_grant(&self, request: &Request, token: &str) -> Option<Reply> {
        let granted = self.grants.get(token)?;
        let endpoint = permissions::endpoint(request)?;
        let is_allowed = endpoint.accepts.is_empty()
            || endpoint.accepts.iter().any(|needed| permissions::is_granted(granted, needed));
        let needs = endpoint.accepts.join("; ").replace(": ", "=").replace('-', "_");
        (!is_allowed).then(|| permission_denied(&needs))
    }

    fn find_pull(&self, repository: &str, number: &str) -> Option<&Pull> {
        let number: u64 = number.parse().ok()?;
        self.pulls.iter().find(|pull| pull.repository == repository && pull.number == number)
    }

    fn get_pull(&self, repository: &str, number: &str) -> Reply {
        match self.find_pull(repository, number) {
            Some(pull) => Reply::ok(pull_json(pull)),
            None => Reply::error(404, "Not Found"),
        }
    }

    fn list_pulls(&self, repository: &str, query: &BTreeMap<String, String>) -> Reply {
        let matches_query =
            |name: &str, value: &str| query.get(name).is_none_or(|expected| expected == value);
        let pulls = self.pulls.iter().filter(|pull| {
            pull.repository == repository
                && matches_query("head", &pull.head)
                && matches_query("state", if pull.is_open { "open" } else { "closed" })
        });
        Reply::ok(pulls.map(pull_json).collect())
    }

    fn list_comments(
        &self,
        key: &(String, u64),
        query: &BTreeMap<String, String>,
        url: &str,
    ) -> Reply {
        let number = |name: &str, default: usize| {
            query.get(name).and_then(|text| text.parse().ok()).unwrap_or(default).max(1)
        };
        let (size, page) = (number("per_page", 30).min(100), number("page", 1));
        let all: Vec<&Comment> = self.comments.iter().filter(|c| c.pull == *key).collect();
        let last = all.len().div_ceil(size).max(1);
        let part = all.iter().skip((page - 1) * size).take(size);
        let reply = Reply::ok(part.map(|comment| comment_json(comment)).collect());
        if page >= last {
            return reply;
        }
        let at = |page: usize| format!("{url}?per_page={size}&page={page}");
        let next = self.next_page_url.clone().unwrap_or_else(|| at(page + 1));
        reply.with("link", format!(r#"<{next}>; rel="next", <{}>; rel="last""#, at(last)))
    }

    fn post_comment(
        &mut self,
        key: (String, u64),
        body: &Value,
        author: Author,
        access: Access,
    ) -> Reply {
        if access == Access::Read {
            return permission_denied("issues=write; pull_requests=write");
        }
        match validate_body(body) {
            Err(refusal) => refusal,
            Ok(text) => {
                let id = self.add_comment(key, Some(author), text);
                let comment = self.comments.iter().find(|comment| comment.id == id);
                Reply(201, Vec::new(), comment.map(comment_json).unwrap_or_default())
            }
        }
    }

    fn patch_comment(&mut self, id: &str, body: &Value, author: &Author, access: Access) -> Reply {
        let found = self.comments.iter_mut().find(|comment| comment.id.to_string() == id);
        let Some(comment) = found else { return Reply::error(404, "Not Found") };
        let is_own = comment.author.as_ref() == Some(author);
        if access == Access::Read || (!is_own && access != Access::Maintain) {
            return permission_denied("issues=write; pull_requests=write");
        }
        match validate_body(body) {
            Err(refusal) => refusal,
            Ok(text) => {
                comment.body = text.to_owned();
                comment.edits += 1;
                Reply::ok(comment_json(comment))
            }
        }
    }

    /// Accepts suggestions on files of the diff only; the test checks the lines.
    fn post_review(&mut self, body: &Value, access: Access) -> Reply {
        if access == Access::Read {
            return permission_denied("pull_requests=write");
        }
        let comments = body["comments"].as_array().cloned().unwrap_or_default();
        let fits = |comment: &Value| {
            self.patches.iter().any(|(path, _)| comment["path"] == **path)
                && comment["line"].as_u64().is_some_and(|line| line > 0)
                && comment["side"] == "RIGHT"
        };
        let is_comment = body["event"] == "COMMENT" && body["commit_id"].is_string();
        if !is_comment || comments.is_empty() || !comments.iter().all(fits) {
            return Reply::error(422, "Unprocessable Entity");
        }
        self.review_comments.extend(comments);
        Reply::ok(json!({ "id": 1 }))
    }

    /// As GitHub answers: it follows a link to a file of the same directory, answers with other links themselves, and
    /// finds nothing below a link to a directory.
    fn contents(&self, sha: &str, path: &str, accept: Vec<&str>) -> Reply {
        let key = |path: &str| (sha.to_owned(), path.to_owned());
        let directory = path.rsplit_once('/').map_or(String::new(), |(dir, _)| format!("{dir}/"));
        let link = self.links.get(&key(path));
        let followed =
            link.and_then(|target| self.files.get(&key(&format!("{directory}{target}"))));
        let is_raw = accept == ["application/vnd.github.raw+json"];
        let is_below = |(commit, file): &&(String, String)| {
            commit == sha && file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
        };
        match (self.files.get(&key(path)).or(followed), link) {
            (Some(text), _) if is_raw => Reply::raw(text),
            (Some(text), _) => {
                Reply::ok(json!({ "type": "file", "path": path, "size": text.len() }))
            }
            (None, Some(target)) if is_raw => Reply::raw(target),
            (None, Some(target)) => {
                Reply::ok(json!({ "type": "symlink", "path": path, "target": target }))
            }
            (None, None)
                if self.files.keys().chain(self.links.keys()).any(|key| is_below(&key)) =>
            {
                Reply::ok(self.directory(sha, path))
            }
            (None, None) => Reply::error(404, "Not Found"),
        }
    }

    /// The entries of a directory, as GitHub lists them.
    fn directory(&self, sha: &str, path: &str) -> Value {
        let start = format!("{path}/");
        let mut entries = BTreeMap::new();
        let mut add = |(commit, file): &(String, String), kind: &str, id: String| {
            let Some(rest) = file.strip_prefix(&start).filter(|_| commit == sha) else { return };
            let (name, kind) = rest.split_once('/').map_or((rest, kind), |(name, _)| (name, "dir"));
            let entry =
                json!({ "name": name, "path": format!("{start}{name}"), "type": kind, "sha": id });
            entries.insert(name.to_owned(), entry);
        };
        for (key, text) in &self.files {
            add(key, "file", blob_id(text));
        }
        for key in self.links.keys() {
            add(key, "symlink", blob_id("link"));
        }
        entries.into_values().collect()
    }

    /// The files that differ between the merge base and the head.
    fn compare(&self, range: &str) -> Reply {
        let Some((base, head)) = range.split_once("...") else {
            return Reply::error(404, "Not Found");
        };
        let base = self.merge_base.as_deref().unwrap_or(base);
        let at = |sha: &str, path: &str| self.files.get(&(sha.to_owned(), path.to_owned()));
        let link = |sha: &str, path: &str| self.links.get(&(sha.to_owned(), path.to_owned()));
        let all = self.files.keys().chain(self.links.keys());
        let mut paths: Vec<&str> = all.map(|(_, path)| path.as_str()).collect();
        paths.sort_unstable();
        paths.dedup();
        paths.retain(|path| {
            at(base, path) != at(head, path) || link(base, path) != link(head, path)
        });
        let previous =
            |path: &str| self.renames.iter().find(|(new, _)| new == path).map(|(_, old)| old);
        let file = |path: &&str| json!({ "filename": path, "previous_filename": previous(path) });
        let files: Vec<Value> = paths.iter().map(file).collect();
        Reply::ok(json!({ "merge_base_commit": { "sha": base }, "files": files }))
    }

    fn find_check_run(&mut self, id: &str) -> Option<&mut CheckRun> {
        self.check_runs.iter_mut().find(|run| run.id.to_string() == id)
    }

    fn post_check_run(
        &mut self,
        repository: &str,
        body: &Value,
        author: &Author,
        access: Access,
    ) -> Reply {
        if !author.is_bot {
            return Reply::error(403, "You must authenticate via a GitHub App.");
        }
        if matches!(access, Access::Read | Access::Comment) {
            return permission_denied("checks=write");
        }
        let named = body["name"].as_str().is_some_and(|name| !name.is_empty());
        let sha = body["head_sha"].as_str().unwrap_or_default().to_owned();
        let concludes = ["success", "failure", "neutral", "action_required"]
            .iter()
            .any(|word| body["conclusion"] == **word);
        if !named || sha.len() != 40 || body["status"] != "completed" || !concludes {
            return Reply::error(422, "Invalid request.");
        }
        match validate_output(body) {
            Err(refusal) => refusal,
            Ok(annotations) => {
                self.next_id += 1;
                let (id, created, repository) = (self.next_id, body.clone(), repository.to_owned());
                let run = CheckRun { id, repository, sha, created, annotations };
                let reply = Reply(201, Vec::new(), check_run_json(&run));
                self.check_runs.push(run);
                reply
            }
        }
    }

    fn patch_check_run(&mut self, id: &str, body: &Value, access: Access) -> Reply {
        if matches!(access, Access::Read | Access::Comment) {
            return permission_denied("checks=write");
        }
        let Some(run) = self.find_check_run(id) else { return Reply::error(404, "Not Found") };
        if body.get("head_sha").is_some() {
            return Reply::error(422, "Invalid request. `head_sha` is not permitted.");
        }
        match validate_output(body) {
            Err(refusal) => refusal,
            Ok(annotations) => {
                run.annotations.extend(annotations);
                for (key, value) in
                    [("conclusion", &body["conclusion"]), ("output", &body["output"])]
                {
                    if !value.is_null() {
                        run.created[key] = value.clone();
                    }
                }
                Reply::ok(check_run_json(run))
            }
        }
    }

    /// The states of issues: one that the token may not see is `null`, with an error.
    fn issue_states(&self, query: &str) -> Reply {
        let state = |field: &str| {
            let mut words = field.split(['"', ':', '(', ')']);
            let alias = words.next()?.to_owned();
            let (owner, name) = (field.split('"').nth(1)?, field.split('"').nth(3)?);
            let number = field.split_once("number:")?.1.split_once(')')?.0.parse().ok()?;
            let issue = self.issues.get(&(format!("{owner}/{name}").to_lowercase(), number));
            let state = issue.map(|open| json!({ "state": if *open { "OPEN" } else { "CLOSED" } }));
            Some((alias, json!({ "issueOrPullRequest": state })))
        };
        let fields = query.trim_start_matches("query{").split("}}}");
        let data: serde_json::Map<String, Value> = fields.filter_map(state).collect();
        Reply::ok(json!({ "data": data, "errors": [{ "type": "NOT_FOUND" }] }))
    }

    /// The documents that our client sends: the viewer's login, states of issues, minimizing a comment.
    fn graphql(&mut self, body: &Value, author: &Author, access: Access) -> Reply {
        let query = body["query"].as_str().unwrap_or_default();
        if query.contains("viewer") {
            return Reply::ok(json!({ "data": { "viewer": { "login": author.login } } }));
        }
        if query.contains("issueOrPullRequest") {
            return self.issue_states(query);
        }
        let is_match = |comment: &&mut Comment| body["variables"]["id"] == *node_id(comment.id);
        match self.comments.iter_mut().find(is_match) {
            Some(comment) if query.contains("minimizeComment") && access != Access::Read => {
                comment.is_minimized = true;
                let done = json!({ "minimizedComment": { "isMinimized": true } });
                Reply::ok(json!({ "data": { "minimizeComment": done } }))
            }
            Some(_) | None => {
                let errors = json!([{ "type": "FORBIDDEN", "message": "Resource not accessible" }]);
                Reply::ok(json!({ "data": null, "errors": errors }))
            }
        }
    }
}

fn permission_denied(needs: &str) -> Reply {
    Reply::error(403, "Resource not accessible by integration")
        .with("x-accepted-github-permissions", needs)
}

/// The annotations of a check run's output, if GitHub accepts all of it.
fn validate_output(body: &Value) -> Result<Vec<Value>, Reply> {
    let invalid = |what: &str| Err(Reply::error(422, &format!("Invalid request. {what}")));
    let output = &body["output"];
    let (Some(title), Some(summary)) = (output["title"].as_str(), output["summary"].as_str())
    else {
        return invalid("`title`, `summary` weren't supplied.");
    };
    if title.is_empty() || summary.len() > MAX_CHECK_SUMMARY_BYTES {
        return invalid("summary exceeds a maximum bytesize of 65535");
    }
    let annotations = output["annotations"].as_array().cloned().unwrap_or_default();
    if annotations.len() > MAX_ANNOTATIONS_PER_REQUEST {
        return invalid("No more than 50 items are allowed.");
    }
    let text = |annotation: &Value, name: &str, max_len: usize| {
        let text = annotation[name].as_str();
        text.is_some_and(|text| !text.is_empty() && text.len() <= max_len)
    };
    let fits = |annotation: &Value| {
        let path = annotation["path"].as_str().unwrap_or_default();
        let inside = !path.starts_with('/') && !path.split('/').any(|part| part == "..");
        let title = annotation["title"].as_str().unwrap_or_default();
        let level = annotation["annotation_level"].as_str().unwrap_or_default();
        inside
            && text(annotation, "path", 4_096)
            && text(annotation, "message", 65_536)
            && title.chars().count() <= 255
            && annotation["start_line"].as_u64().is_some_and(|line| line > 0)
            && annotation["end_line"].as_u64() >= annotation["start_line"].as_u64()
            && ["notice", "warning", "failure"].contains(&level)
    };
    if annotations.iter().all(fits) { Ok(annotations) } else { invalid("an annotation") }
}

fn validate_body(body: &Value) -> Result<&str, Reply> {
    match body["body"].as_str() {
        None | Some("") => Err(Reply::error(422, "Validation Failed")),
        Some(text) if text.len() > MAX_BODY_BYTES => {
            let message = "Validation Failed: body is too long (maximum is 65536 characters)";
            Err(Reply::error(422, message))
        }
        Some(text) => Ok(text),
    }
}

fn node_id(id: u64) -> String {
    format!("IC_{id}")
}

fn user(author: &Author) -> Value {
    json!({ "login": author.login, "type": if author.is_bot { "Bot" } else { "User" } })
}

fn comment_json(comment: &Comment) -> Value {
    let (repository, pull) = &comment.pull;
    json!({
        "id": comment.id,
        "node_id": node_id(comment.id),
        "html_url": format!("https://github.com/{repository}/pull/{pull}#issuecomment-{}", comment.id),
        "body": comment.body,
        "user": comment.author.as_ref().map(user),
    })
}

fn check_run_json(run: &CheckRun) -> Value {
    json!({
        "id": run.id,
        "head_sha": run.sha,
        "name": run.created["name"],
        "external_id": run.created["external_id"],
        "html_url": format!("https://github.com/{}/runs/{}", run.repository, run.id),
        "output": { "title": run.created["output"]["title"],
                    "annotations_count": run.annotations.len() },
    })
}

fn pull_json(pull: &Pull) -> Value {
    let (owner, branch) = pull.head.split_once(':').unwrap_or(("", &pull.head));
    let name = pull.repository.split_once('/').map_or("", |(_, name)| name);
    json!({
        "number": pull.number,
        "state": if pull.is_open { "open" } else { "closed" },
        "head": { "sha": pull.sha, "ref": branch, "label": pull.head,
                  "repo": { "full_name": format!("{owner}/{name}") } },
        "base": { "ref": pull.base, "sha": "b".repeat(40), "repo": { "full_name": pull.repository } },
    })
}
