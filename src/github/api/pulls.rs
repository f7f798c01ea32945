//! Pull requests: which one a branch belongs to, and the commit of its head.
//!
//! Neither `workflow_run.pull_requests` nor `commits/{sha}/pulls` has the pull requests of forks; the list filtered by
//! `owner:branch` has them. The name of a branch proves nothing, so the head's commit must be the run's.
//! <https://docs.github.com/en/rest/pulls/pulls#list-pull-requests>

use super::client::Result;
use crate::github::{Client, Context, Pull};
use serde::Deserialize;

#[derive(Deserialize)]
struct PullRequest {
    number: u64,
    head: PullRequestHead,
}

#[derive(Deserialize)]
struct PullRequestHead {
    sha: String,
}

/// The number of the pull request that the run belongs to, looked up if the event does not name it.
pub async fn find_pull(client: &Client, context: &Context) -> Result<Option<u64>> {
    let (owner, branch) = match &context.pull {
        Pull::None => return Ok(None),
        Pull::Number(number) => return Ok(Some(*number)),
        Pull::FromBranch { owner, branch } => (owner, branch),
    };
    let head = format!("{owner}:{branch}");
    let query = [("state", "open"), ("head", &head), ("per_page", "100")];
    let pulls: Vec<PullRequest> = client.get(&context.resource(&["pulls"]), &query).await?;
    let pull = pulls.iter().find(|pull| pull.head.sha == context.head_sha);
    Ok(pull.map(|pull| pull.number))
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
