//! The versions of one file in a repository's history.
//!
//! In: a file's path. Out: each version that HEAD's first-parent history gave the file, oldest first. It
//! knows nothing of ours, and no git program is run. A newcomer's trap: along first parents a merge is
//! one commit, so a file's date is the day it came to this branch, not the day somebody wrote it.

mod rename;

use gix::ObjectId;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

/// Bytes of decoded objects that are kept: the trees above the file are the same in most commits.
const OBJECT_CACHE: usize = 8 << 20;

/// Why a file's history cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The file stands in no repository that can be read.
    #[error("{path} stands in no git repository that can be read: {why}")]
    Repository { path: String, why: String },
    /// HEAD names no commit yet.
    #[error("the git repository of {path} has no commit")]
    NoCommit { path: String },
    /// No commit has such a file.
    #[error("no commit of HEAD's history has {path}")]
    NotInHistory { path: String },
    /// The clone was cut where the history was wanted.
    #[error("the history of {path} is cut: this is a shallow clone")]
    Shallow { path: String },
    /// An object that is missing or damaged.
    #[error("cannot read the git repository: {why}")]
    Object { why: String },
}

impl GitError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            GitError::Repository { .. } => {
                "run it in a clone of the repository, with git's directory"
            }
            GitError::NoCommit { .. } => "commit the document first",
            GitError::NotInHistory { .. } => {
                "check the path and the branch that is checked out; a file that is not committed yet has no \
                 history"
            }
            GitError::Shallow { .. } => {
                "fetch all of it: `fetch-depth: 0` for actions/checkout, or `git fetch --unshallow`"
            }
            GitError::Object { .. } => {
                "a clone without all of its files (`--filter`) lacks the old ones; `git fsck` tells a damaged one"
            }
        }
    }
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its whole id, in hexadecimal.
    pub id: String,
    /// When it was made: seconds since 1970, of its committer's clock.
    pub seconds: i64,
}

/// What a commit made of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileVersion<T> {
    pub commit: Commit,
    /// Where the file stands, from the repository's root, and what was read of it; `None` where the commit
    /// deleted it.
    pub file: Option<(String, T)>,
}

/// A file's versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileHistory<T> {
    /// The commit that HEAD names.
    pub head: Commit,
    /// The versions before the last one, oldest first. Where only a part was asked for, the first of all is
    /// the version that held at its beginning, with the last commit before.
    pub earlier: Vec<FileVersion<T>>,
    /// The newest version.
    pub last: FileVersion<T>,
}

/// Where a file stood in a commit.
#[derive(Clone, PartialEq, Eq)]
struct BlobLocation {
    path: PathBuf,
    blob: ObjectId,
}

/// Reads a file's versions, each distinct content once: `read` gets its bytes. With `since`, in seconds
/// since 1970, the walk ends at the first commit before it.
///
/// # Errors
/// No repository, no such file in its history, or less of the history than was asked for.
pub fn read_history<T: Clone>(
    file: &Path,
    since: Option<i64>,
    mut read: impl FnMut(&[u8]) -> T,
) -> Result<FileHistory<T>, GitError> {
    let display_path = || file.to_string_lossy().into_owned();
    let (repository, path) = find_repository(file)?;
    let walk = HistoryWalk::new(&repository)?;
    let head = repository.head_id().map_err(|_| GitError::NoCommit { path: display_path() })?;
    let found = match walk.versions(head.detach(), path, since)? {
        (_, WalkEnd::Shallow) => return Err(GitError::Shallow { path: display_path() }),
        (found, WalkEnd::Root) => found,
    };
    let mut contents: HashMap<ObjectId, T> = HashMap::new();
    let mut versions = Vec::with_capacity(found.len());
    for (commit, location) in found.into_iter().rev() {
        let file = match location {
            None => None,
            Some(BlobLocation { path, blob }) => {
                let content = match contents.get(&blob) {
                    Some(content) => content.clone(),
                    None => {
                        let content = read(&repository.find_blob(blob).map_err(object_error)?.data);
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

fn object_error(error: impl std::fmt::Display) -> GitError {
    GitError::Object { why: error.to_string() }
}

/// The repository that a file stands in, and its path from the repository's root. The file itself, and
/// directories above it, may be gone from the working tree.
fn find_repository(file: &Path) -> Result<(gix::Repository, PathBuf), GitError> {
    let repository_error =
        |why: String| GitError::Repository { path: file.to_string_lossy().into_owned(), why };
    let failed = |error: std::io::Error| repository_error(error.to_string());
    let absolute = std::path::absolute(file).map_err(failed)?;
    let existing = absolute.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    let missing = absolute.strip_prefix(existing).unwrap_or(Path::new(""));
    let real = existing.canonicalize().map_err(failed)?;
    let start = if real.is_dir() { &real } else { real.parent().unwrap_or(&real) };
    // Nothing of the machine's or the user's configuration matters here, nor what `GIT_*` says.
    let options = gix::open::Options::isolated();
    let mut repository = gix::discover_opts(start, Default::default(), options)
        .map_err(|error| repository_error(error.to_string()))?;
    repository.object_cache_size(OBJECT_CACHE);
    let root = match repository.workdir() {
        Some(root) => root.canonicalize().map_err(failed)?,
        // A bare repository: the path is one of its trees.
        None => std::path::absolute("").map_err(failed)?,
    };
    let real = if missing.as_os_str().is_empty() { real } else { real.join(missing) };
    let path = real
        .strip_prefix(&root)
        .map(Path::to_owned)
        .map_err(|_| repository_error(format!("it is outside of {}", root.display())))?;
    match path.components().all(|part| matches!(part, Component::Normal(_))) {
        true => Ok((repository, path)),
        false => Err(repository_error("its path leads elsewhere".to_owned())),
    }
}

/// A commit that changed the file, and where the file stands in it; `None` where it was deleted.
type CommittedBlob = (Commit, Option<BlobLocation>);

/// How far a walk came.
enum WalkEnd {
    /// To the beginning of the history, or of what was asked for.
    Root,
    /// To where a shallow clone ends.
    Shallow,
}

/// The first-parent history.
struct HistoryWalk<'r> {
    repository: &'r gix::Repository,
    /// Commits whose parents the clone lacks.
    shallow_commits: Vec<ObjectId>,
}

impl<'r> HistoryWalk<'r> {
    fn new(repository: &'r gix::Repository) -> Result<HistoryWalk<'r>, GitError> {
        let shallow = repository.shallow_commits().map_err(object_error)?;
        let shallow_commits =
            shallow.map(|commits| commits.iter().copied().collect()).unwrap_or_default();
        Ok(HistoryWalk { repository, shallow_commits })
    }

    /// The commits that changed the file and what they made of it, newest first.
    fn versions(
        &self,
        head: ObjectId,
        mut path: PathBuf,
        since: Option<i64>,
    ) -> Result<(Vec<CommittedBlob>, WalkEnd), GitError> {
        let mut found = Vec::new();
        let (mut id, mut location) = (head, self.blob_at(head, &path)?);
        loop {
            let (commit, parent) = self.commit(id)?;
            if since.is_some_and(|since| commit.seconds < since) {
                found.push((commit, location));
                return Ok((found, WalkEnd::Root));
            }
            if self.shallow_commits.contains(&id) {
                return Ok((found, WalkEnd::Shallow));
            }
            let Some(parent) = parent else {
                found.extend(location.map(|location| (commit, Some(location))));
                return Ok((found, WalkEnd::Root));
            };
            let mut previous = self.blob_at(parent, &path)?;
            if let (Some(current), None) = (&location, &previous) {
                previous = rename::find_rename_source(self.repository, parent, id, current)?;
            }
            if let Some(previous) = &previous {
                path.clone_from(&previous.path);
            }
            let blob = |location: &Option<BlobLocation>| location.as_ref().map(|place| place.blob);
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

    /// Where a commit has the file; `None` where there is none, or something else of that name.
    fn blob_at(&self, commit: ObjectId, path: &Path) -> Result<Option<BlobLocation>, GitError> {
        let tree = self.repository.find_commit(commit).and_then(|commit| commit.tree());
        let entry = tree.and_then(|tree| tree.lookup_entry_by_path(path)).map_err(object_error)?;
        let entry = entry.filter(|entry| entry.mode().is_blob());
        Ok(entry.map(|entry| BlobLocation { path: path.to_owned(), blob: entry.object_id() }))
    }
}
