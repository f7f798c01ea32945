//! Paths from the repository's root, as GitHub's API and its pages name files.

use super::api::Job;
use crate::files::{display_path, path_from};
use crate::report::DiffPaths;
use std::path::{Component, Path, PathBuf};

/// The path of a document from the repository's root; `None` if it is outside.
pub(super) fn document_path(job: &Job<'_>, path: &Path) -> Option<String> {
    match path.strip_prefix(&job.context.workspace) {
        Ok(relative) => repository_path(Path::new(""), relative),
        Err(_) => repository_path(&job.settings.directory, path),
    }
}

/// Diffs that apply at the repository's root.
pub(super) fn diff_paths(job: &Job<'_>) -> DiffPaths {
    let from_root = |path: &PathBuf| {
        let real = path_from(&job.context.workspace, path);
        let path_in_repository = || document_path(job, path).map(PathBuf::from);
        Some((display_path(path), real.or_else(path_in_repository)?))
    };
    let documents = &job.settings.check.read.known_failures;
    let documents = documents.iter().filter_map(from_root).collect();
    DiffPaths { directory: None, documents }
}

/// A path from the repository's root; `None` if it is outside.
pub(crate) fn repository_path(directory: &Path, path: &Path) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.components().chain(path.components()) {
        match part {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop()?;
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repository_path_is_normalized() {
        for (directory, path, expected) in [
            (".", "KNOWN_FAILURES.md", Some("KNOWN_FAILURES.md")),
            ("", "./docs//known.md", Some("docs/known.md")),
            ("test/smb", "../known.md", Some("test/known.md")),
            ("test", "../../known.md", None),
            ("", "/etc/passwd", None),
            ("", "", None),
        ] {
            let got = repository_path(Path::new(directory), Path::new(path));
            assert_eq!(got.as_deref(), expected, "{directory} {path}");
        }
    }
}
