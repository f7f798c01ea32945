//! The states of issues, in one GraphQL query.
//!
//! An issue that the token may not see does not fail the query: GraphQL returns the others.
//! <https://docs.github.com/en/graphql/reference/unions#issueorpullrequest>

use super::error::Result;
use crate::github::Client;
use serde_json::{Map, Value, json};

/// An issue of any repository on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    pub owner: String,
    pub name: String,
    pub number: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiIssueState {
    Open,
    Closed,
}

/// The state of each issue, in the same order; `None` for one that does not exist or is not visible. Not retried: nothing
/// depends on the response.
pub async fn issue_states(client: &Client, issues: &[Issue]) -> Result<Vec<Option<ApiIssueState>>> {
    // Pull requests have no state in it: a merged one does not show whether the rows that name it still fail.
    let field = |(index, issue): (usize, &Issue)| {
        let (owner, name, number) = (json!(issue.owner), json!(issue.name), issue.number);
        format!(
            "i{index}:repository(owner:{owner},name:{name}){{issueOrPullRequest(number:{number})\
             {{...on Issue{{state}}}}}}"
        )
    };
    let fields: String = issues.iter().enumerate().map(field).collect();
    let response: Map<String, Value> = client.graphql_once(&format!("query{{{fields}}}")).await?;
    let state = |index: usize| {
        let state = response.get(&format!("i{index}"))?.pointer("/issueOrPullRequest/state")?;
        match state.as_str()? {
            "OPEN" => Some(ApiIssueState::Open),
            "CLOSED" => Some(ApiIssueState::Closed),
            _ => None,
        }
    };
    Ok((0..issues.len()).map(state).collect())
}
