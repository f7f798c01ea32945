//! The content of a comment, and why it could not be published.

use super::marker::CommentState;
use super::sections::CommentSection;
use crate::github::context::TokenAccess;
use crate::github::{Permission, RequestError, WorkflowRun};

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

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishResult {
    Posted,
    Edited,
    /// The comment was up to date.
    Unchanged,
    /// There is no comment, and none was to be created.
    NotNeeded,
    /// A newer run has written, or the pull request has a newer head.
    Superseded,
}

/// What a reader of the job's log has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishNote {
    /// Nothing was written: the pull request has a newer head.
    NewerHead,
    /// Nothing was written: this run or attempt has written, which is newer.
    NewerRun(WorkflowRun),
    /// Another job that nothing distinguishes from this one has written to the comment.
    Twin,
}

/// The content of a comment about one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommentBody {
    pub sha: String,
    /// In a job's own content, the first is its own section.
    pub sections: Vec<CommentSection>,
    /// How many sections it had that are not believed.
    pub disbelieved: usize,
}

impl CommentBody {
    pub(super) fn has_same_content(&self, other: &CommentBody) -> bool {
        let sorted = |body: &CommentBody| {
            let mut sections = body.sections.clone();
            sections.sort_by(|a, b| (&a.key, a.slot).cmp(&(&b.key, b.slot)));
            CommentBody { sections, ..body.clone() }
        };
        sorted(self) == sorted(other)
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
