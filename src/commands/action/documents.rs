//! The documents in the workspace, on the base branch, and in the pull request.
//!
//! A run is judged by the workspace's documents, or by the base branch's where forks are not trusted. The effect of
//! the pull request on the list is that from its merge base to its head.

use super::api::{Job, Warning};
use super::settings::DocumentSource;
use crate::compare::ListChange;
use crate::error::Error;
use crate::files::{self, AccessRoot, display_path};
use crate::github::{Context, ContextError, FileChange, Pull};
use crate::ingest::inputs::read_documents;
use crate::known::KnownFailures;
use std::path::{Component, Path};
use std::sync::Arc;

/// The list that the run is judged by.
///
/// # Errors
/// A document that cannot be read; no pull request for [`DocumentSource::Base`].
pub(super) fn read(job: &Job<'_>) -> Result<KnownFailures, Error> {
    let Context { base_sha, pull, workspace, .. } = job.context;
    match (job.settings.document_source, base_sha, pull) {
        (DocumentSource::Base, Some(base), _) => read_at_commit(job, base),
        (DocumentSource::Base, None, Pull::Number(_) | Pull::FromBranch { .. }) => {
            Err(ContextError::Event("pull_request.base.sha").into())
        }
        (DocumentSource::Base, None, Pull::None) | (DocumentSource::Workspace, _, _) => {
            let root = AccessRoot::Within(workspace.clone());
            Ok(read_documents(&job.settings.check.read.known_failures, &root)?)
        }
    }
}

fn read_at_commit(job: &Job<'_>, commit: &str) -> Result<KnownFailures, Error> {
    let mut documents = Vec::new();
    for path in &job.settings.check.read.known_failures {
        let failed = |why: &str| files::Error::Document { path: path.clone(), why: why.to_owned() };
        let path_in_repository = repository_path(&job.settings.directory, path)
            .ok_or_else(|| failed("the base branch has no files outside the repository"))?;
        let api = job.api.as_ref().map_err(|warning| failed(&warning.what))?;
        let text =
            api.file_at(commit, &path_in_repository).map_err(|warning| failed(&warning.what))?;
        let text = text.ok_or_else(|| failed("there is no such file on the base branch"))?;
        files::check_document_size(path, &text)?;
        documents.push((display_path(path), text));
    }
    Ok(KnownFailures::read_bytes(documents))
}

/// The effect of the pull request on the list; `None` if it does not change the documents.
pub(super) fn list_change(job: &Job<'_>) -> Result<Option<ListChange>, Warning> {
    let Job { settings, context, api } = job;
    let base = context.base_sha.as_deref();
    let base = base.ok_or_else(|| Warning::new("the event is none of a pull request", ""))?;
    let api = api.as_ref().map_err(Warning::clone)?;
    let paths = settings.check.read.known_failures.iter();
    let (display_paths, paths): (Vec<Arc<str>>, Vec<String>) = paths
        .filter_map(|path| Some((display_path(path), repository_path(&settings.directory, path)?)))
        .unzip();
    let Some(changes) = api.pull_file_changes(base, &paths)? else { return Ok(None) };
    for (path, change) in paths.iter().zip(&changes) {
        let texts = change.before.iter().chain(&change.after);
        let checks = texts.map(|text| files::check_document_size(Path::new(path), text));
        checks.collect::<Result<(), files::Error>>().map_err(|e| Warning::new(&e, &e.hint()))?;
    }
    let list = |version: fn(&FileChange) -> &Option<String>| {
        let texts = display_paths.iter().zip(&changes);
        let texts =
            texts.filter_map(|(path, change)| Some((path.clone(), version(change).clone()?)));
        KnownFailures::read(&texts.collect::<Vec<_>>())
    };
    Ok(Some(ListChange::new(list(|change| &change.before), list(|change| &change.after))))
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
