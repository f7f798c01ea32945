//! Files of the repository: at a commit, and before and after a pull request.
//!
//! What a pull request changes is the difference between its head and the merge base, as on GitHub's own page. The
//! checked-out files are no help: usually they are the head merged into the base branch, with all its later changes.
//! <https://docs.github.com/en/rest/repos/contents>,
//! <https://docs.github.com/en/rest/commits/commits#compare-two-commits>

use super::client::Result;
use crate::github::{Client, Context, RequestError, context};
use serde::Deserialize;

/// A comparison lists no more files than this.
const MAX_LISTED_FILES: usize = 300;

/// The text of a file before and after a pull request; `None` if it does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// At the merge base.
    pub before: Option<String>,
    /// At the pull request's head.
    pub after: Option<String>,
}

/// A file's bytes at a commit; `None` if it does not exist.
pub async fn file_at(
    client: &Client,
    context: &Context,
    commit: &str,
    path: &str,
) -> Result<Option<Vec<u8>>> {
    let mut resource = context.resource(&["contents"]);
    resource.extend(path.split('/'));
    match client.get_raw(&resource, &[("ref", commit)]).await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(RequestError::Forbidden { status: 404, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The changes of these files between the base branch at `base` and the head; `None` if the pull request touches none.
pub async fn pull_file_changes(
    client: &Client,
    context: &Context,
    base: &str,
    paths: &[String],
) -> Result<Option<Vec<FileChange>>> {
    let comparison = compare(client, context, base).await?;
    if !paths.iter().any(|path| comparison.touches(path)) {
        return Ok(None);
    }
    let mut changes = Vec::new();
    for path in paths {
        let after = file_at(client, context, &context.head_sha, path).await?;
        let before = if comparison.touches(path) {
            let before = comparison.previous_path(path);
            file_at(client, context, &comparison.merge_base_commit.sha, before).await?
        } else {
            after.clone()
        };
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        changes.push(FileChange { before: before.map(text), after: after.map(text) });
    }
    Ok(Some(changes))
}

async fn compare(client: &Client, context: &Context, base: &str) -> Result<CompareResponse> {
    let range = format!("{base}...{}", context.head_sha);
    let resource = context.resource(&["compare", &range]);
    // The first page has all files, however few commits it has.
    let comparison: CompareResponse = client.get(&resource, &[("per_page", "1")]).await?;
    match context::parse_sha(&comparison.merge_base_commit.sha) {
        Some(_) => Ok(comparison),
        None => Err(RequestError::Unclear { cause: "a comparison without a commit".to_owned() }),
    }
}

#[derive(Deserialize)]
struct CompareResponse {
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

impl CompareResponse {
    /// Whether the file may differ; with a truncated list of files, any may.
    fn touches(&self, path: &str) -> bool {
        let is_match = |file: &ChangedFile| {
            file.filename == path || file.previous_filename.as_deref() == Some(path)
        };
        self.files.len() >= MAX_LISTED_FILES || self.files.iter().any(is_match)
    }

    /// The path at the merge base of a file of the head.
    fn previous_path<'p>(&'p self, path: &'p str) -> &'p str {
        let renamed = self.files.iter().find(|file| file.filename == path);
        renamed.and_then(|file| file.previous_filename.as_deref()).unwrap_or(path)
    }
}
