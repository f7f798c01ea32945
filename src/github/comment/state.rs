//! The content of a comment, and why it could not be published.

use super::marker::CommentState;
use super::sections::CommentSection;
use crate::github::context::TokenAccess;
use crate::github::{Permission, RequestError, WorkflowRun};
use std::collections::BTreeMap;

/// Why there is no comment. It never changes a verdict.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    #[error("the run belongs to no pull request")]
    NoPullRequest,
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error("the pull request has more comments than can be looked through")]
    TooManyComments,
    #[error("other jobs kept writing the same comment")]
    Contended,
}

impl PublishError {
    /// What to do about it, with a token of this access.
    pub fn hint(&self, access: TokenAccess) -> &'static str {
        match self {
            PublishError::NoPullRequest => "comments need a pull request; the summary does not",
            PublishError::Request(error) => error.hint(Permission::WritePullRequests, access),
            PublishError::TooManyComments => "turn the comment off; the summary says the same",
            PublishError::Contended => "give each job an `id` of its own",
        }
    }
}

/// The content of a comment: one run of one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommentBody {
    pub run: u64,
    /// The run's id, which no other workflow's run has; 0 if the comment has none.
    pub run_id: u64,
    pub sha: String,
    /// In a job's own content, the first is its own section.
    pub sections: Vec<CommentSection>,
}

impl CommentBody {
    /// Greater is newer. The content of another head than the reference's is older than any.
    pub(super) fn recency(&self, reference: &CommentBody) -> Option<(u64, u64)> {
        (self.sha == reference.sha).then_some((self.run, self.run_id))
    }

    /// The run that the content claims to be of, with the last attempt in it.
    pub(super) fn claimed_run(&self) -> WorkflowRun {
        let attempt = self.sections.iter().map(|section| section.attempt).max().unwrap_or(0);
        WorkflowRun { id: self.run_id, number: self.run, attempt }
    }

    /// What is left of content that is not believed: older than any, and without sections.
    pub(super) fn disbelieved() -> CommentBody {
        CommentBody { run: 0, run_id: 0, sha: String::new(), sections: Vec::new() }
    }

    pub(super) fn has_same_content(&self, other: &CommentBody) -> bool {
        let by_name = |body: &CommentBody| -> BTreeMap<String, CommentSection> {
            body.sections.iter().map(|s| (s.name.clone(), s.clone())).collect()
        };
        let head = |body: &CommentBody| (body.run, body.run_id, body.sha.clone());
        head(self) == head(other) && by_name(self) == by_name(other)
    }
}

/// A comment with our marker and our author.
#[derive(Debug, Clone)]
pub(crate) struct OwnComment {
    pub id: u64,
    pub node_id: Option<String>,
    pub state: CommentState,
    pub body: CommentBody,
}
