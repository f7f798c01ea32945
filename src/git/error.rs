//! Why a file's history cannot be read, and what to do about it.

/// Why a file's history cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The file is not in a readable repository.
    #[error("{path} is not in a readable git repository: {why}")]
    Repository { path: String, why: String },
    /// HEAD has no commit.
    #[error("the git repository of {path} has no commit")]
    NoCommit { path: String },
    /// No commit has the file.
    #[error("no commit of HEAD's history has {path}")]
    NotInHistory { path: String },
    /// A shallow clone ends before the history does.
    #[error("the history of {path} is cut: this is a shallow clone")]
    Shallow { path: String },
    /// A missing or damaged object.
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
                "a clone without all of its files (`--filter`) lacks the old ones; `git fsck` reports damaged ones"
            }
        }
    }
}

pub(super) fn object_error(error: impl std::fmt::Display) -> GitError {
    GitError::Object { why: error.to_string() }
}
