//! Runs of workflows.
//!
//! <https://docs.github.com/en/rest/actions/workflow-runs#get-a-workflow-run>

use super::error::Result;
use crate::github::{Client, Context};
use serde::Deserialize;

/// What GitHub knows of a run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct RunRecord {
    pub run_number: u64,
    /// The number of its last attempt.
    pub run_attempt: u64,
    pub workflow_id: u64,
    pub head_sha: String,
    /// The workflow's file, sometimes with `@` and a ref.
    pub path: Option<String>,
}

/// Looks up a run by its id.
pub(crate) async fn fetch_run(client: &Client, context: &Context, id: u64) -> Result<RunRecord> {
    let id = id.to_string();
    client.get(&context.resource(&["actions", "runs", &id]), &[]).await
}
