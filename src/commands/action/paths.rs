//! Paths from the repository's root, as GitHub's API and its pages name files.

use super::api::Job;
use std::path::{Component, Path};

/// The path of a document from the repository's root; `None` if it is outside.
pub(super) fn document_path(job: &Job<'_>, path: &Path) -> Option<String> {
    match path.strip_prefix(&job.context.workspace) {
        Ok(relative) => repository_path(Path::new(""), relative),
        Err(_) => repository_path(&job.settings.directory, path),
    }
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
