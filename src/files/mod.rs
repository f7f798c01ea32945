//! Patterns to paths, paths to open files, and atomic writing.
//!
//! A results directory may come from an attacker's artifact, and a symbolic link in it may point at
//! `/proc/self/environ`. So a link that leads out of the root is refused, and a checked path is opened
//! without following any link, so that no link can be put in its place after the check.

mod access;
mod atomic_write;
mod common_dir;
mod dir;
mod error;
mod find;
mod glob;
mod hints;
mod pattern;
mod read;

pub use access::{AccessRoot, SafePath};
pub use atomic_write::{
    TempFile, exists, replace, write, write_new, write_unless_empty, write_unredacted, write_with,
};
pub use common_dir::{CommonDir, common_dir, path_from};
pub use error::{Error, FileKind, FilePurpose};
pub use find::{
    FoundBy, MatchedFile, display_path, expand_directories, find, is_hidden_or_backup, stem,
};
pub use hints::path_hint;
pub use read::{
    NotUtf8, check_document_size, ensure_distinct_documents, read_bytes, read_document,
    read_for_edit, read_text,
};
