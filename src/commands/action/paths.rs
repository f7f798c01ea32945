//! Paths from the repository's root, as diffs and GitHub's API name files.

use super::api::Job;
use crate::files::{display_path, path_from};
use crate::report::DiffPaths;
use std::path::{Path, PathBuf};

/// Diffs of these lists that apply at the repository's root.
pub(super) fn diff_paths(job: &Job<'_>, lists: &[PathBuf]) -> DiffPaths {
    let from_root = |path: &PathBuf| {
        let real = path_from(job.workspace.root(), path);
        let path_in_repository = || job.workspace.path_from_root(path).map(PathBuf::from);
        Some((display_path(path), real.or_else(path_in_repository)?))
    };
    DiffPaths { directory: None, documents: lists.iter().filter_map(from_root).collect() }
}

/// A path from the root as the API has it, on Windows too.
pub(super) fn api_path(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.iter().map(|part| part.to_str()).collect();
    Some(parts?.join("/"))
}
