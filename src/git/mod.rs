//! The history of a file in a git repository.

mod error;
mod history;
mod rename;

pub use error::GitError;
pub use history::{Commit, FileHistory, FileVersion, read_history};
