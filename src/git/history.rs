//! The versions of a file along HEAD's first-parent history. No git program is run.
//!
//! Along first parents a merge is one commit, so a version's date is when it reached this branch, not when it was
//! written.

use super::error::{GitError, object_error};
use super::rename::{BlobLocation, find_rename_source};
use gix::ObjectId;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

/// Size of the cache of decoded objects, in bytes: most commits share the file's parent trees.
const OBJECT_CACHE: usize = 8 << 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The full id, in hexadecimal.
    pub id: String,
    /// The committer's time, in seconds since 1970.
    pub seconds: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileVersion<T> {
    pub commit: Commit,
    /// The path from the repository's root, and the parsed content; `None` where the commit deleted the file.
    pub file: Option<(String, T)>,
}

/// A file's versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileHistory<T> {
    /// The commit that HEAD names.
    pub head: Commit,
    /// The versions before the last one, oldest first. With a start date, the first is the version on that date,
    /// with its commit.
    pub earlier: Vec<FileVersion<T>>,
    /// The newest version.
    pub last: FileVersion<T>,
}

/// Reads a file's versions; `parse` is called once for each distinct content. With `since`, in seconds since 1970,
/// the walk ends at the first earlier commit.
///
/// # Errors
/// No repository, no such file in its history, or a shallow clone that ends too early.
pub fn read_history<T: Clone>(
    file: &Path,
    since: Option<i64>,
    mut parse: impl FnMut(&[u8]) -> T,
) -> Result<FileHistory<T>, GitError> {
    let display_path = || file.to_string_lossy().into_owned();
    let (repository, path) = find_repository(file)?;
    let walk = HistoryWalk::new(&repository, file)?;
    let head = repository.head_id().map_err(|_| GitError::NoCommit { path: display_path() })?;
    let found = walk.versions(head.detach(), path, since)?;
    let mut contents: HashMap<ObjectId, T> = HashMap::new();
    let mut versions = Vec::with_capacity(found.len());
    for (commit, location) in found.into_iter().rev() {
        let file = match location {
            None => None,
            Some(BlobLocation { path, blob }) => {
                let content = match contents.get(&blob) {
                    Some(content) => content.clone(),
                    None => {
                        let content =
                            parse(&repository.find_blob(blob).map_err(object_error)?.data);
                        contents.entry(blob).or_insert(content).clone()
                    }
                };
                Some((path.to_string_lossy().into_owned(), content))
            }
        };
        versions.push(FileVersion { commit, file });
    }
    let ever = versions.iter().any(|version| version.file.is_some());
    let Some(last) = versions.pop().filter(|_| ever) else {
        return Err(GitError::NotInHistory { path: display_path() });
    };
    let head = walk.commit(head.detach())?.0;
    Ok(FileHistory { head, earlier: versions, last })
}

/// The repository of a file, and its path from the repository's root. The file and its directories need not exist in
/// the working tree.
fn find_repository(file: &Path) -> Result<(gix::Repository, PathBuf), GitError> {
    let repository_error =
        |why: String| GitError::Repository { path: file.to_string_lossy().into_owned(), why };
    let failed = |error: std::io::Error| repository_error(error.to_string());
    let absolute = std::path::absolute(file).map_err(failed)?;
    let existing = absolute.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    let missing = absolute.strip_prefix(existing).unwrap_or(Path::new(""));
    let real = existing.canonicalize().map_err(failed)?;
    let start = if real.is_dir() { &real } else { real.parent().unwrap_or(&real) };
    // Ignores the system's and the user's configuration, and `GIT_*`.
    let options = gix::open::Options::isolated();
    let mut repository = gix::discover_opts(start, Default::default(), options)
        .map_err(|error| repository_error(error.to_string()))?;
    repository.object_cache_size(OBJECT_CACHE);
    let root = match repository.workdir() {
        Some(root) => root.canonicalize().map_err(failed)?,
        // In a bare repository, the path is relative to its trees.
        None => std::path::absolute("").map_err(failed)?,
    };
    let real = if missing.as_os_str().is_empty() { real } else { real.join(missing) };
    let path = real
        .strip_prefix(&root)
        .map(Path::to_owned)
        .map_err(|_| repository_error(format!("it is outside of {}", root.display())))?;
    if path.components().all(|part| matches!(part, Component::Normal(_))) {
        Ok((repository, path))
    } else {
        Err(repository_error("its path leads elsewhere".to_owned()))
    }
}

/// A commit that changed the file, and the file in it; `None` where it was deleted.
type CommittedBlob = (Commit, Option<BlobLocation>);

/// The first-parent history.
struct HistoryWalk<'r> {
    repository: &'r gix::Repository,
    /// The file as the user named it.
    file: &'r Path,
    /// Commits whose parents the clone lacks.
    shallow_commits: Vec<ObjectId>,
}

impl<'r> HistoryWalk<'r> {
    fn new(repository: &'r gix::Repository, file: &'r Path) -> Result<HistoryWalk<'r>, GitError> {
        let shallow = repository.shallow_commits().map_err(object_error)?;
        let shallow_commits =
            shallow.map(|commits| commits.iter().copied().collect()).unwrap_or_default();
        Ok(HistoryWalk { repository, file, shallow_commits })
    }

    /// The commits that changed the file, newest first.
    fn versions(
        &self,
        head: ObjectId,
        mut path: PathBuf,
        since: Option<i64>,
    ) -> Result<Vec<CommittedBlob>, GitError> {
        let mut found = Vec::new();
        let (mut id, mut location) = (head, self.blob_at(head, &path)?);
        loop {
            let (commit, parent) = self.commit(id)?;
            if since.is_some_and(|since| commit.seconds < since) {
                found.push((commit, location));
                return Ok(found);
            }
            if self.shallow_commits.contains(&id) {
                let path = self.file.to_string_lossy().into_owned();
                return Err(GitError::Shallow { path });
            }
            let Some(parent) = parent else {
                found.extend(location.map(|location| (commit, Some(location))));
                return Ok(found);
            };
            let mut previous = self.blob_at(parent, &path)?;
            if let (Some(current), None) = (&location, &previous) {
                previous = find_rename_source(self.repository, parent, id, current)?;
            }
            if let Some(previous) = &previous {
                path.clone_from(&previous.path);
            }
            let blob = |location: &Option<BlobLocation>| location.as_ref().map(|file| file.blob);
            if blob(&location) != blob(&previous) {
                found.push((commit, location));
            }
            (id, location) = (parent, previous);
        }
    }

    /// A commit and its first parent.
    fn commit(&self, id: ObjectId) -> Result<(Commit, Option<ObjectId>), GitError> {
        let commit = self.repository.find_commit(id).map_err(object_error)?;
        let seconds = commit.time().map_err(object_error)?.seconds;
        let parent = commit.parent_ids().next().map(|parent| parent.detach());
        Ok((Commit { id: id.to_string(), seconds }, parent))
    }

    /// The file in a commit; `None` if there is none, or if the path is not a file.
    fn blob_at(&self, commit: ObjectId, path: &Path) -> Result<Option<BlobLocation>, GitError> {
        let tree = self.repository.find_commit(commit).and_then(|commit| commit.tree());
        let entry = tree.and_then(|tree| tree.lookup_entry_by_path(path)).map_err(object_error)?;
        let entry = entry.filter(|entry| entry.mode().is_blob());
        Ok(entry.map(|entry| BlobLocation { path: path.to_owned(), blob: entry.object_id() }))
    }
}
