//! The commit whose list may judge a change that is not trusted, for each event.
//!
//! It is reviewed by others than the change's author: the top of the branch that a pull request or a merge group goes
//! to, or the default branch. A commit that is itself on the default branch has been reviewed, so it is its own base;
//! with the commit before it instead, each commit that adds a row together with its test would be red once more after
//! the merge. `docs/github.md` has the table for users.

use super::event::{ListedPull, listed_pulls, sha_at, text_at};
use serde_json::Value;

/// The commit whose list may judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustedBase {
    /// This commit: 40 or 64 hexadecimal digits.
    Commit(String),
    /// The present head of the repository's default branch.
    DefaultBranch(BranchName),
}

/// The name of a branch, by the rules of `git check-ref-format`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchName(String);

/// Why an event has no base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the event names no base for the list: it has no usable {missing}")]
pub struct NoBase {
    /// The field of the payload.
    pub missing: &'static str,
}

/// Where a run that no pull request has started is.
pub(super) struct RunCommit<'a> {
    /// `GITHUB_REF`.
    pub git_ref: &'a str,
    pub sha: &'a str,
}

impl TrustedBase {
    /// The base of an event. `run` is only used for events that name no commit themselves.
    pub(super) fn from_event(
        name: &str,
        event: &Value,
        run: &RunCommit<'_>,
    ) -> Result<TrustedBase, NoBase> {
        match name {
            "pull_request"
            | "pull_request_target"
            | "pull_request_review"
            | "pull_request_review_comment" => commit_at(event, "pull_request.base.sha"),
            "merge_group" => commit_at(event, "merge_group.base_sha"),
            "workflow_run" => match &listed_pulls(event)[..] {
                [ListedPull { base_sha: Some(base), .. }] => Ok(TrustedBase::Commit(base.clone())),
                [] | [_, ..] => default_branch(event).map(TrustedBase::DefaultBranch),
            },
            // It only runs on the default branch, and its payload may lack the repository.
            "schedule" => Ok(TrustedBase::Commit(run.sha.to_owned())),
            _ => {
                let branch = default_branch(event)?;
                let is_on_it = run.git_ref.strip_prefix("refs/heads/") == Some(branch.as_str());
                Ok(if is_on_it {
                    TrustedBase::Commit(run.sha.to_owned())
                } else {
                    TrustedBase::DefaultBranch(branch)
                })
            }
        }
    }
}

fn commit_at(event: &Value, path: &'static str) -> Result<TrustedBase, NoBase> {
    sha_at(event, path).map(TrustedBase::Commit).ok_or(NoBase { missing: path })
}

/// The repository's default branch.
pub(super) fn default_branch(event: &Value) -> Result<BranchName, NoBase> {
    let path = "repository.default_branch";
    text_at(event, path).and_then(BranchName::parse).ok_or(NoBase { missing: path })
}

impl BranchName {
    /// Parses a branch's name, without `refs/heads/`.
    fn parse(text: &str) -> Option<BranchName> {
        let is_allowed = |c: char| !c.is_control() && !c.is_whitespace() && !"~^:?*[\\".contains(c);
        let is_part =
            |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
        let is_name = text.len() <= 255
            && text.chars().all(is_allowed)
            && text.split('/').all(is_part)
            && !text.starts_with('-')
            && !text.ends_with('.')
            && text != "@"
            && !text.contains("..")
            && !text.contains("@{");
        is_name.then(|| BranchName(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_valid_branch_names_are_accepted() {
        for name in ["main", "release/1.x", "über", "a-b_c.d", "x@y"] {
            assert_eq!(BranchName::parse(name).as_ref().map(BranchName::as_str), Some(name));
        }
        for name in [
            "", ".", "..", "a..b", "/a", "a/", "a//b", "a/.b", "a.lock", "a.lock/b", "-a", "a.",
            "@", "a@{1}", "a b", "a\nb", "a?ref=b", "a:b", "a\\b", "a*", "a\u{7f}b", "a\u{a0}b",
        ] {
            assert_eq!(BranchName::parse(name), None, "{name:?}");
        }
        assert_eq!(BranchName::parse(&"a".repeat(256)), None);
    }
}
