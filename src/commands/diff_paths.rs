//! How diffs name the documents, where no repository is known that they are applied to.

use crate::files::{common_dir, display_path};
use crate::report::DiffPaths;
use std::path::PathBuf;

/// Diffs that apply in the current directory, or in the nearest one above it that all documents are in.
pub(super) fn current_diff_paths(documents: &[PathBuf]) -> DiffPaths {
    let Some(common) = common_dir(documents) else { return DiffPaths::default() };
    let displayed = documents.iter().map(|path| display_path(path));
    DiffPaths { directory: common.directory, documents: displayed.zip(common.files).collect() }
}
