//! Pull requests: which one a branch belongs to, and the commit of its head.
//!
//! Neither `workflow_run.pull_requests` nor `commits/{sha}/pulls` has the pull requests of forks; the list filtered by
//! `owner:branch` has them. The name of a branch proves nothing, so the head's commit must be the run's.
//! <https://docs.github.com/en/rest/pulls/pulls#list-pull-requests>

use super::error::Result;
use crate::github::base::BranchName;
use crate::github::event::choose_pull;
use crate::github::{Client, Context, Pull};
use serde::Deserialize;

/// Which pull request a run belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundPull {
    /// None that is open.
    None,
    /// None any more: that of its branch has newer commits.
    MovedOn(u64),
    /// This one; others have the same commit.
    Number { number: u64, others: Vec<u64> },
}

impl FoundPull {
    /// The pull request to comment on.
    pub fn number(&self) -> Option<u64> {
        match self {
            FoundPull::Number { number, .. } => Some(*number),
            FoundPull::None | FoundPull::MovedOn(_) => None,
        }
    }
}

#[derive(Deserialize)]
struct PullRequest {
    number: u64,
    head: PullRequestEnd,
    base: PullRequestEnd,
}

#[derive(Deserialize)]
struct PullRequestEnd {
    sha: String,
    #[serde(rename = "ref")]
    branch: String,
}

/// The pull request that the run belongs to, looked up if the event does not name it.
pub async fn find_pull(client: &Client, context: &Context) -> Result<FoundPull> {
    let (owner, branch) = match &context.pull {
        Pull::None => return Ok(FoundPull::None),
        Pull::Number(number) => {
            return Ok(FoundPull::Number { number: *number, others: context.other_pulls.clone() });
        }
        Pull::FromBranch { owner, branch } => (owner, branch),
    };
    let head = format!("{owner}:{branch}");
    let query = [("state", "open"), ("head", &head), ("per_page", "100")];
    let pulls: Vec<PullRequest> = client.get(&context.resource(&["pulls"]), &query).await?;
    let newer = pulls.first().map_or(FoundPull::None, |pull| FoundPull::MovedOn(pull.number));
    let pulls = pulls.into_iter().filter(|pull| pull.head.sha == context.head_sha);
    let pulls = pulls.map(|pull| (pull.number, pull.base.branch)).collect();
    let default_branch = context.default_branch.as_ref().map(BranchName::as_str);
    let chosen = choose_pull(pulls, default_branch);
    Ok(chosen.map_or(newer, |(number, others)| FoundPull::Number { number, others }))
}

/// The present commit of a pull request's head.
pub(crate) async fn fetch_head_sha(
    client: &Client,
    context: &Context,
    number: u64,
) -> Result<String> {
    let number = number.to_string();
    let path = context.resource(&["pulls", &number]);
    let pull: PullRequest = client.get(&path, &[]).await?;
    Ok(pull.head.sha)
}
