//! The commit at the head of a branch.
//!
//! <https://docs.github.com/en/rest/branches/branches#get-a-branch>

use super::error::Result;
use crate::github::base::BranchName;
use crate::github::event::parse_sha;
use crate::github::{Client, Context, RequestError};
use serde::Deserialize;

#[derive(Deserialize)]
struct Branch {
    commit: BranchHead,
}

#[derive(Deserialize)]
struct BranchHead {
    sha: String,
}

/// The commit at the head of a branch of the repository.
pub async fn branch_head(client: &Client, context: &Context, name: &BranchName) -> Result<String> {
    let branch: Branch = client.get(&context.resource(&["branches", name.as_str()]), &[]).await?;
    parse_sha(&branch.commit.sha)
        .ok_or_else(|| RequestError::Unclear { cause: "a branch without a commit".to_owned() })
}
