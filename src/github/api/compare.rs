//! Where a pull request left its base branch, and which files it renames.
//!
//! What a pull request changes is the difference between its head and the merge base, as on GitHub's own page. The
//! checked-out files are no help: usually they are the head merged into the base branch, with all its later changes.
//! <https://docs.github.com/en/rest/commits/commits#compare-two-commits>

use super::error::Result;
use crate::github::event::parse_sha;
use crate::github::{Client, Context, RequestError};
use serde::Deserialize;

/// What a pull request does to files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullDiff {
    /// The merge base: 40 or 64 hexadecimal digits.
    pub merge_base: String,
    /// New and previous paths of renamed files.
    renamed: Vec<(String, String)>,
}

impl PullDiff {
    /// The path at the merge base of a file that was renamed to this path.
    pub fn previous_path(&self, path: &str) -> Option<&str> {
        let renamed = self.renamed.iter().find(|(new, _)| new == path);
        renamed.map(|(_, previous)| previous.as_str())
    }
}

/// The difference between the base branch at `base` and the head. GitHub lists up to 300 files of it.
pub async fn pull_diff(client: &Client, context: &Context, base: &str) -> Result<PullDiff> {
    let range = format!("{base}...{}", context.head_sha);
    let resource = context.resource(&["compare", &range]);
    // The first page has all files, however few commits it has.
    let comparison: Comparison = client.get(&resource, &[("per_page", "1")]).await?;
    let merge_base = parse_sha(&comparison.merge_base_commit.sha);
    let merge_base = merge_base.ok_or_else(|| RequestError::Unclear {
        cause: "a comparison without a commit".to_owned(),
    })?;
    let renamed = comparison.files.into_iter();
    let renamed = renamed.filter_map(|file| Some((file.filename, file.previous_filename?)));
    Ok(PullDiff { merge_base, renamed: renamed.collect() })
}

#[derive(Deserialize)]
struct Comparison {
    merge_base_commit: MergeBaseCommit,
    #[serde(default)]
    files: Vec<ChangedFile>,
}

#[derive(Deserialize)]
struct MergeBaseCommit {
    sha: String,
}

#[derive(Deserialize)]
struct ChangedFile {
    filename: String,
    /// Its path before it was renamed.
    previous_filename: Option<String>,
}
