//! The context of a run: repository, run, head commit, pull request.
//!
//! Read from the runner's environment and the event payload alone. `GITHUB_SHA` is *not* the commit under test in a pull
//! request: it is the merge commit, or the default branch's head for `pull_request_target` and `workflow_run`. The event has
//! the commit.
//! Variables: <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>.
//! Events: <https://docs.github.com/en/webhooks/webhook-events-and-payloads>.

use super::api::url::parse_web_address;
use super::base::{BranchName, NoBase, RunCommit, TrustedBase, default_branch};
use super::event::{choose_pull, listed_pulls, parse_sha, sha_at, text_at};
use super::{ApiUrl, ApiUrlError};
use serde_json::Value;

/// The context of a run. Names that have no validated type are untrusted text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The API's base URL, or why the API cannot be used. Judging does not need it.
    pub api_url: Result<ApiUrl, ContextError>,
    /// The URL of the web pages, without a trailing slash; without it there are no links.
    pub server_url: Option<String>,
    /// The repository that the workflow runs in.
    pub repository: Repository,
    /// Which run this is; zeros if it is not known, and then the API cannot be used.
    pub run: WorkflowRun,
    /// The workflow's name or path, as the runner gives it.
    pub workflow: String,
    /// The workflow's file, from the repository's root; old servers do not give it.
    pub workflow_file: Option<String>,
    /// The job's id in the workflow file.
    pub job: String,
    /// The step's id in the job, such as `__octo_knownfail_2` where the workflow names none; empty if unknown.
    pub step: String,
    /// The event's name, such as `pull_request`.
    pub event: String,
    /// What started the run: the event, and for a `workflow_run` also the workflow that it follows, and that one's event.
    pub trigger: String,
    /// The commit under test: 40 or 64 hexadecimal digits.
    pub head_sha: String,
    /// Whose commit it is.
    pub head_repository: HeadRepository,
    /// What the workflow's own token may do.
    pub token_access: TokenAccess,
    /// The pull request that it belongs to.
    pub pull: Pull,
    /// Further pull requests of the same commit, which get no comment.
    pub other_pulls: Vec<u64>,
    /// The repository's default branch, if the event names it.
    pub default_branch: Option<BranchName>,
    /// The commit at the top of the base branch, for events of a pull request.
    pub base_sha: Option<String>,
    /// The commit whose list may judge if the change under test is not trusted.
    pub trusted_base: Result<TrustedBase, NoBase>,
    /// The commit that is checked out unless the workflow names another.
    pub checkout_sha: Option<String>,
    /// The pull request's merge into the base branch, which a workflow may check out.
    pub merge_sha: Option<String>,
}

/// A repository's owner and name: letters, digits, `-`, `_` and `.` only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    pub owner: String,
    pub name: String,
}

/// A run of a workflow. Later runs have greater numbers; a re-run has the same number and a greater attempt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WorkflowRun {
    pub id: u64,
    pub number: u64,
    pub attempt: u64,
}

/// Whose commit is under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadRepository {
    /// This repository's own.
    Same,
    /// A fork's, whose token usually can only read.
    Fork,
}

/// What the workflow's own token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenAccess {
    /// What the workflow's `permissions` give.
    AsConfigured,
    /// Only read, whatever the workflow gives: it runs a fork's code.
    ReadOnly,
}

/// The pull request that a run belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pull {
    /// None: a push, a schedule, or a merge group, which may contain several.
    None,
    /// The event names it.
    Number(u64),
    /// The event only names its branch; [`super::find_pull`] looks it up.
    FromBranch { owner: String, branch: String },
}

/// Why the environment or the event is not usable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContextError {
    #[error("the environment variable {0} is not set")]
    NotSet(&'static str),
    #[error("the environment variable {0} does not hold {1}")]
    Malformed(&'static str, &'static str),
    #[error("GITHUB_API_URL: {0}")]
    Api(#[from] ApiUrlError),
    #[error("the event file has no usable {0}")]
    Event(&'static str),
    #[error(transparent)]
    NoBase(#[from] NoBase),
}

impl ContextError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            ContextError::NotSet(_) | ContextError::Malformed(..) => {
                "GitHub's runner sets it; outside a workflow use `knownfail check`"
            }
            ContextError::Api(ApiUrlError::NotHttps) => {
                "the token is only sent over https: give the server a certificate, or turn the comment off"
            }
            ContextError::Api(
                ApiUrlError::NotAUrl | ApiUrlError::HasCredentials | ApiUrlError::HasQuery,
            ) => "GitHub's runner sets it to the server's own API",
            ContextError::Event(_) => "the file that GITHUB_EVENT_PATH names should be the event's",
            ContextError::NoBase(_) => {
                "check out a branch whose list is reviewed, and leave `known-failures-ref` out for this event"
            }
        }
    }
}

impl Context {
    /// Reads the context from environment variables and the event.
    pub fn read(
        env: &dyn Fn(&str) -> Option<String>,
        event: Option<&Value>,
    ) -> Result<Context, ContextError> {
        let optional = |name: &str| env(name).filter(|value| !value.is_empty());
        let required = |name: &'static str| optional(name).ok_or(ContextError::NotSet(name));
        let run_numbers = read_run(&required);
        let repository = required("GITHUB_REPOSITORY")?;
        let repository = Repository::parse(&repository)
            .ok_or(ContextError::Malformed("GITHUB_REPOSITORY", "owner/name"))?;
        let event_name = required("GITHUB_EVENT_NAME")?;
        let event = event.unwrap_or(&Value::Null);
        let head = match head_from_event(&event_name, event, &repository) {
            Some(head) => head?,
            None => EventHead::without_pull(
                parse_sha(&required("GITHUB_SHA")?)
                    .ok_or(ContextError::Malformed("GITHUB_SHA", "a commit"))?,
            ),
        };
        let git_ref = optional("GITHUB_REF").unwrap_or_default();
        let run = RunCommit { git_ref: &git_ref, sha: &head.sha };
        let trusted_base = TrustedBase::from_event(&event_name, event, &run);
        Ok(Context {
            api_url: run_numbers.clone().and_then(|_| read_api_url(&required)),
            server_url: optional("GITHUB_SERVER_URL").and_then(|url| parse_web_address(&url)),
            repository,
            run: run_numbers.unwrap_or_default(),
            workflow: optional("GITHUB_WORKFLOW").unwrap_or_default(),
            workflow_file: optional("GITHUB_WORKFLOW_REF").as_deref().and_then(workflow_file),
            job: optional("GITHUB_JOB").unwrap_or_default(),
            step: optional("GITHUB_ACTION").unwrap_or_default(),
            token_access: token_access(&event_name, head.repository),
            trigger: trigger(&event_name, event),
            event: event_name,
            head_sha: head.sha,
            head_repository: head.repository,
            pull: head.pull,
            other_pulls: head.other_pulls,
            default_branch: default_branch(event).ok(),
            base_sha: head.base_sha,
            trusted_base,
            checkout_sha: optional("GITHUB_SHA").and_then(|sha| parse_sha(&sha)),
            merge_sha: sha_at(event, "pull_request.merge_commit_sha"),
        })
    }

    /// What identifies the workflow: its file, or its name where the runner does not give the file. Two can have one name.
    pub fn workflow_identity(&self) -> &str {
        self.workflow_file.as_ref().unwrap_or(&self.workflow)
    }

    /// The URL of the repository's page.
    pub(crate) fn repository_url(&self) -> Option<String> {
        let Context { server_url, repository: Repository { owner, name }, .. } = self;
        Some(format!("{}/{owner}/{name}", server_url.as_deref()?))
    }

    /// The URL of this attempt of the run.
    pub fn run_url(&self) -> Option<String> {
        let WorkflowRun { id, attempt, .. } = self.run;
        let repository = self.repository_url().filter(|_| id > 0)?;
        Some(format!("{repository}/actions/runs/{id}/attempts/{attempt}"))
    }

    /// The path segments of a resource of the repository.
    pub(super) fn resource<'a>(&'a self, segments: &[&'a str]) -> Vec<&'a str> {
        let Repository { owner, name } = &self.repository;
        [&["repos", owner, name], segments].concat()
    }
}

/// A variable that has to be set.
type Required<'a> = dyn Fn(&'static str) -> Result<String, ContextError> + 'a;

fn read_run(required: &Required<'_>) -> Result<WorkflowRun, ContextError> {
    let number = |name: &'static str| {
        required(name)?.parse().map_err(|_| ContextError::Malformed(name, "a number"))
    };
    Ok(WorkflowRun {
        id: number("GITHUB_RUN_ID")?,
        number: number("GITHUB_RUN_NUMBER")?,
        attempt: number("GITHUB_RUN_ATTEMPT")?,
    })
}

/// Workflow and job distinguish one job's comment from another's.
fn read_api_url(required: &Required<'_>) -> Result<ApiUrl, ContextError> {
    required("GITHUB_WORKFLOW")?;
    required("GITHUB_JOB")?;
    Ok(ApiUrl::parse(&required("GITHUB_API_URL")?)?)
}

/// Only these events run a fork's code; the others run the default branch's.
fn token_access(event: &str, head: HeadRepository) -> TokenAccess {
    match (event, head) {
        (
            "pull_request" | "pull_request_review" | "pull_request_review_comment",
            HeadRepository::Fork,
        ) => TokenAccess::ReadOnly,
        (_, HeadRepository::Fork | HeadRepository::Same) => TokenAccess::AsConfigured,
    }
}

/// What distinguishes the runs of one workflow on one commit that do not replace each other.
fn trigger(event_name: &str, event: &Value) -> String {
    if event_name != "workflow_run" {
        return event_name.to_owned();
    }
    let followed = ["workflow_run.path", "workflow_run.event"]
        .map(|path| text_at(event, path).unwrap_or_default());
    format!("{event_name} {}", followed.join(" "))
}

/// The file in `OWNER/REPO/.github/workflows/ci.yml@refs/heads/main`.
fn workflow_file(reference: &str) -> Option<String> {
    let (path, _) = reference.split_once("@refs/")?;
    path.splitn(3, '/').nth(2).map(str::to_owned)
}

/// What an event has about the commit under test.
struct EventHead {
    sha: String,
    repository: HeadRepository,
    pull: Pull,
    other_pulls: Vec<u64>,
    base_sha: Option<String>,
}

impl EventHead {
    /// A commit of this repository, of no pull request.
    fn without_pull(sha: String) -> EventHead {
        let (repository, pull) = (HeadRepository::Same, Pull::None);
        EventHead { sha, repository, pull, other_pulls: Vec::new(), base_sha: None }
    }
}

/// Reads the head from the events that carry one; `None` is every other event (`push`,
/// `schedule`, `workflow_dispatch`, …), whose commit is `GITHUB_SHA`.
fn head_from_event(
    name: &str,
    event: &Value,
    base: &Repository,
) -> Option<Result<EventHead, ContextError>> {
    match name {
        "pull_request"
        | "pull_request_target"
        | "pull_request_review"
        | "pull_request_review_comment" => Some(head_from_pull_request(event, base)),
        "workflow_run" => Some(head_from_workflow_run(event, base)),
        "merge_group" => {
            Some(required_sha(event, "merge_group.head_sha").map(EventHead::without_pull))
        }
        _ => None,
    }
}

fn head_from_pull_request(event: &Value, base: &Repository) -> Result<EventHead, ContextError> {
    let number = event.pointer("/pull_request/number").and_then(Value::as_u64);
    Ok(EventHead {
        sha: required_sha(event, "pull_request.head.sha")?,
        repository: head_repository(event, "pull_request.head.repo.full_name", base),
        pull: Pull::Number(number.ok_or(ContextError::Event("pull_request.number"))?),
        other_pulls: Vec::new(),
        base_sha: sha_at(event, "pull_request.base.sha"),
    })
}

fn head_from_workflow_run(event: &Value, base: &Repository) -> Result<EventHead, ContextError> {
    let sha = required_sha(event, "workflow_run.head_sha")?;
    let (pull, other_pulls) = match text_at(event, "workflow_run.event") {
        Some("pull_request" | "pull_request_target") => pull_of_workflow_run(event, &sha),
        Some(_) | None => (Pull::None, Vec::new()),
    };
    let repository = head_repository(event, "workflow_run.head_repository.full_name", base);
    Ok(EventHead { sha, repository, pull, other_pulls, base_sha: None })
}

/// The pull request that the event lists, and further ones. The list is empty for forks, whose pull request has to be
/// looked up by its branch.
fn pull_of_workflow_run(event: &Value, sha: &str) -> (Pull, Vec<u64>) {
    let listed = listed_pulls(event).into_iter();
    let listed = listed.filter(|pull| pull.head_sha.as_deref() == Some(sha));
    let listed = listed.map(|pull| (pull.number, pull.base_branch)).collect();
    let default_branch = text_at(event, "repository.default_branch");
    if let Some((number, others)) = choose_pull(listed, default_branch) {
        return (Pull::Number(number), others);
    }
    let owner = text_at(event, "workflow_run.head_repository.owner.login");
    let branch = text_at(event, "workflow_run.head_branch");
    let pull = match (owner, branch) {
        (Some(owner), Some(branch)) => {
            Pull::FromBranch { owner: owner.to_owned(), branch: branch.to_owned() }
        }
        (None, _) | (_, None) => Pull::None,
    };
    (pull, Vec::new())
}

/// A head whose repository is gone (`null`) was a fork's.
fn head_repository(event: &Value, path: &str, base: &Repository) -> HeadRepository {
    let full_name = format!("{}/{}", base.owner, base.name);
    match text_at(event, path) {
        Some(head) if head.eq_ignore_ascii_case(&full_name) => HeadRepository::Same,
        Some(_) | None => HeadRepository::Fork,
    }
}

fn required_sha(event: &Value, path: &'static str) -> Result<String, ContextError> {
    sha_at(event, path).ok_or(ContextError::Event(path))
}

impl Repository {
    /// Parses `owner/name`.
    fn parse(text: &str) -> Option<Repository> {
        let is_name = |part: &str| {
            !part.is_empty()
                && !part.trim_matches('.').is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        let (owner, name) = text.split_once('/')?;
        (is_name(owner) && is_name(name))
            .then(|| Repository { owner: owner.to_owned(), name: name.to_owned() })
    }
}
