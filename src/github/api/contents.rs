//! Files as they stand in the repository: at a commit, and before and after a pull request.
//!
//! In: paths from the repository's root. Out: texts. A newcomer's trap: what a pull request changes is
//! told by its head and the commit where it left the base branch, as GitHub's own page tells it. The
//! checked-out files are of no use for that: they are mostly the head merged into the base branch,
//! with all that others did there since.
//! <https://docs.github.com/en/rest/repos/contents>,
//! <https://docs.github.com/en/rest/commits/commits#compare-two-commits>

use crate::github::{Client, Context, RequestError, context};
use serde::Deserialize;

/// Beyond this many files a comparison does not list them.
const MAX_LISTED_FILES: usize = 300;

/// A file of a pull request. `None`: there is no such file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// Where the pull request left the base branch.
    pub before: Option<String>,
    /// On the pull request's head.
    pub after: Option<String>,
}

/// A file's bytes at a commit; `None` where there is no such file.
pub async fn file_at(
    client: &Client,
    context: &Context,
    commit: &str,
    path: &str,
) -> Result<Option<Vec<u8>>, RequestError> {
    let repository = &context.repository;
    let mut resource = vec!["repos", &repository.owner, &repository.name, "contents"];
    resource.extend(path.split('/'));
    match client.get_raw(&resource, &[("ref", commit)]).await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(RequestError::Forbidden { status: 404, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What the pull request makes of these files, whose base branch is at `base`; `None` when it touches
/// none of them.
pub async fn pull_file_changes(
    client: &Client,
    context: &Context,
    base: &str,
    paths: &[String],
) -> Result<Option<Vec<FileChange>>, RequestError> {
    let comparison = compare(client, context, base).await?;
    if !paths.iter().any(|path| comparison.touches(path)) {
        return Ok(None);
    }
    let mut changes = Vec::new();
    for path in paths {
        let after = file_at(client, context, &context.head_sha, path).await?;
        let before = match comparison.touches(path) {
            false => after.clone(),
            true => {
                let before = comparison.previous_path(path);
                file_at(client, context, &comparison.merge_base_commit.sha, before).await?
            }
        };
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        changes.push(FileChange { before: before.map(text), after: after.map(text) });
    }
    Ok(Some(changes))
}

async fn compare(
    client: &Client,
    context: &Context,
    base: &str,
) -> Result<CompareResponse, RequestError> {
    let repository = &context.repository;
    let range = format!("{base}...{}", context.head_sha);
    let resource = ["repos", &repository.owner, &repository.name, "compare", &range];
    // The files come with the first page, however few commits it has.
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
    /// Where it stood before it was renamed.
    previous_filename: Option<String>,
}

impl CompareResponse {
    /// Whether the file may be another one than before.
    fn touches(&self, path: &str) -> bool {
        let is_match = |file: &ChangedFile| {
            file.filename == path || file.previous_filename.as_deref() == Some(path)
        };
        self.files.len() >= MAX_LISTED_FILES || self.files.iter().any(is_match)
    }

    /// What a file of the head was called before.
    fn previous_path<'p>(&'p self, path: &'p str) -> &'p str {
        let renamed = self.files.iter().find(|file| file.filename == path);
        renamed.and_then(|file| file.previous_filename.as_deref()).unwrap_or(path)
    }
}
