//! The context of a run: repository, run, head commit, pull request.
//!
//! Read from the runner's environment and the event payload alone. `GITHUB_SHA` is *not* the commit under test in a pull
//! request: it is the merge commit, or the default branch's head for `pull_request_target` and `workflow_run`. The event has
//! the commit.
//! Variables: <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>.
//! Events: <https://docs.github.com/en/webhooks/webhook-events-and-payloads>.

use super::base::{NoBase, RunCommit, TrustedBase};
use super::event::{parse_sha, sha_at, text_at};
use super::{ApiUrl, ApiUrlError};
use serde_json::Value;
use std::path::PathBuf;

/// The context of a run. Names that have no validated type are untrusted text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The API's base URL.
    pub api_url: ApiUrl,
    /// The URL of the web pages, without a trailing slash.
    pub server_url: String,
    /// The repository that the workflow runs in.
    pub repository: Repository,
    /// Which run this is.
    pub run: WorkflowRun,
    /// The workflow's name or path, as the runner gives it.
    pub workflow: String,
    /// The job's id in the workflow file.
    pub job: String,
    /// The event's name, such as `pull_request`.
    pub event: String,
    /// The commit under test: 40 or 64 hexadecimal digits.
    pub head_sha: String,
    /// Whose commit it is.
    pub head_repository: HeadRepository,
    /// The pull request that it belongs to.
    pub pull: Pull,
    /// The commit at the top of the base branch, for events of a pull request.
    pub base_sha: Option<String>,
    /// The commit whose list may judge if the change under test is not trusted.
    pub trusted_base: Result<TrustedBase, NoBase>,
    /// The commit that is checked out unless the workflow names another.
    pub checkout_sha: Option<String>,
    /// The pull request's merge into the base branch, which a workflow may check out.
    pub merge_sha: Option<String>,
    /// The directory of the checked-out files.
    pub workspace: PathBuf,
    /// The parent of that directory on the machine that runs the job, which a container does not see.
    pub runner_workspace: Option<PathBuf>,
    /// The file for the step's outputs.
    pub output_file: Option<PathBuf>,
    /// The file for the step's summary.
    pub summary_file: Option<PathBuf>,
}

/// A repository's owner and name: letters, digits, `-`, `_` and `.` only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    pub owner: String,
    pub name: String,
}

/// A run of a workflow. Later runs have greater numbers; a re-run has the same number and a greater attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// What to do if a fork's token cannot write.
pub(super) const READ_ONLY_TOKEN_HINT: &str = "pull requests from forks get a read-only token whatever the workflow says; \
                             docs/recipes.md has a workflow that comments on them";

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
            ContextError::Api(_) => "GitHub's runner sets it to the server's own API",
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
        let number = |name: &'static str| {
            required(name)?.parse().map_err(|_| ContextError::Malformed(name, "a number"))
        };
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
            api_url: ApiUrl::parse(&required("GITHUB_API_URL")?)?,
            server_url: ApiUrl::parse(&required("GITHUB_SERVER_URL")?)
                .map_err(|_| ContextError::Malformed("GITHUB_SERVER_URL", "an https address"))?
                .as_str()
                .to_owned(),
            repository,
            run: WorkflowRun {
                id: number("GITHUB_RUN_ID")?,
                number: number("GITHUB_RUN_NUMBER")?,
                attempt: number("GITHUB_RUN_ATTEMPT")?,
            },
            workflow: required("GITHUB_WORKFLOW")?,
            job: required("GITHUB_JOB")?,
            event: event_name,
            head_sha: head.sha,
            head_repository: head.repository,
            pull: head.pull,
            base_sha: head.base_sha,
            trusted_base,
            checkout_sha: optional("GITHUB_SHA").and_then(|sha| parse_sha(&sha)),
            merge_sha: sha_at(event, "pull_request.merge_commit_sha"),
            workspace: required("GITHUB_WORKSPACE")?.into(),
            runner_workspace: optional("RUNNER_WORKSPACE").map(PathBuf::from),
            output_file: optional("GITHUB_OUTPUT").map(PathBuf::from),
            summary_file: optional("GITHUB_STEP_SUMMARY").map(PathBuf::from),
        })
    }

    /// The URL of the repository's page.
    pub(crate) fn repository_url(&self) -> String {
        let Context { server_url, repository: Repository { owner, name }, .. } = self;
        format!("{server_url}/{owner}/{name}")
    }

    /// The URL of this attempt of the run.
    pub fn run_url(&self) -> String {
        let WorkflowRun { id, attempt, .. } = self.run;
        format!("{}/actions/runs/{id}/attempts/{attempt}", self.repository_url())
    }

    /// The path segments of a resource of the repository.
    pub(super) fn resource<'a>(&'a self, segments: &[&'a str]) -> Vec<&'a str> {
        let Repository { owner, name } = &self.repository;
        [&["repos", owner, name], segments].concat()
    }
}

/// What an event has about the commit under test.
struct EventHead {
    sha: String,
    repository: HeadRepository,
    pull: Pull,
    base_sha: Option<String>,
}

impl EventHead {
    /// A commit of this repository, of no pull request.
    fn without_pull(sha: String) -> EventHead {
        EventHead { sha, repository: HeadRepository::Same, pull: Pull::None, base_sha: None }
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
        base_sha: sha_at(event, "pull_request.base.sha"),
    })
}

/// `workflow_run.pull_requests` is empty for forks, so the branch is used for all.
fn head_from_workflow_run(event: &Value, base: &Repository) -> Result<EventHead, ContextError> {
    let started_by = text_at(event, "workflow_run.event").unwrap_or_default();
    let owner = text_at(event, "workflow_run.head_repository.owner.login");
    let branch = text_at(event, "workflow_run.head_branch");
    let pull = match (started_by, owner, branch) {
        ("pull_request" | "pull_request_target", Some(owner), Some(branch)) => {
            Pull::FromBranch { owner: owner.to_owned(), branch: branch.to_owned() }
        }
        _ => Pull::None,
    };
    Ok(EventHead {
        sha: required_sha(event, "workflow_run.head_sha")?,
        repository: head_repository(event, "workflow_run.head_repository.full_name", base),
        pull,
        base_sha: None,
    })
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
