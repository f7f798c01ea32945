//! The documents in the workspace, at the base, and in the pull request.
//!
//! A run is judged by the workspace's documents, or by those of a commit that is reviewed, where the change is not
//! trusted. The effect of the pull request on the list is that from its merge base to its head.

use super::api::{Api, Job, Warning};
use super::committed;
use super::settings::DocumentSource;
use crate::compare::ListChange;
use crate::error::Error;
use crate::files::{self, display_path};
use crate::github::{CommittedFile, ContextError, TrustedBase};
use crate::ingest::lists;
use crate::known::{KnownFailures, ListFile};
use crate::report::JudgedList;
use std::path::Path;
use std::sync::Arc;

/// Where the documents are that judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ListSource {
    Workspace,
    Commit(String),
}

impl ListSource {
    /// Finds the source that `known-failures-ref` asks for.
    ///
    /// # Errors
    /// [`DocumentSource::Base`] for an event without a base, or one that GitHub does not give.
    pub(super) fn find(job: &Job<'_>) -> Result<ListSource, Error> {
        match job.settings.document_source {
            DocumentSource::Committed | DocumentSource::Workspace => Ok(ListSource::Workspace),
            DocumentSource::Base => base_commit(job).map(ListSource::Commit),
        }
    }

    /// Whose list it is.
    pub(super) fn judged_list(&self) -> JudgedList {
        match self {
            ListSource::Workspace => JudgedList::OfChange,
            ListSource::Commit(_) => JudgedList::OfBase,
        }
    }
}

fn base_commit(job: &Job<'_>) -> Result<String, Error> {
    match job.context.trusted_base.as_ref().map_err(|error| ContextError::from(*error))? {
        TrustedBase::Commit(commit) => Ok(commit.clone()),
        TrustedBase::DefaultBranch(branch) => {
            let api = job.api.as_ref().map_err(Warning::clone);
            let head = api.and_then(|api| api.branch_head(branch));
            head.map_err(|warning| unreadable("the head of the default branch", warning))
        }
    }
}

/// The error that GitHub does not give what the run is judged by.
fn unreadable(what: &str, Warning { what: why, hint, .. }: Warning) -> Error {
    Error::BaseList { what: what.to_owned(), why, hint }
}

/// Why there is nothing to judge by.
const NOT_AT_THE_BASE: &str = "there is no such file on the base branch";

/// The list that the run is judged by, and a warning if it is unknown whether it is a commit's.
///
/// # Errors
/// A document that cannot be read, or is given twice.
pub(super) fn read(
    job: &Job<'_>,
    source: &ListSource,
) -> Result<(KnownFailures, Option<Warning>), Error> {
    let paths = &job.settings.check.read.known_failures;
    files::ensure_distinct_documents(paths)?;
    match source {
        ListSource::Commit(commit) => Ok((read_at_commit(job, commit)?, None)),
        ListSource::Workspace => {
            let format = job.settings.check.read.list.list_format;
            let mut known = lists::read(paths, format, &job.workspace.access_root())?;
            let compared = committed::problems(job, &known);
            let warning = compared.map(|problems| known.add_problems(problems)).err();
            Ok((known, warning))
        }
    }
}

fn read_at_commit(job: &Job<'_>, commit: &str) -> Result<KnownFailures, Error> {
    let mut documents = Vec::new();
    for path in &job.settings.check.read.known_failures {
        let missing =
            |why: &str| files::Error::Document { path: path.clone(), why: why.to_owned() };
        let failed = |warning: Warning| unreadable(&display_path(path), warning);
        let path_in_repository = job
            .workspace
            .path_from_root(path)
            .ok_or_else(|| missing("the base branch has no files outside the repository"))?;
        let api = job.api.as_ref().map_err(|warning| failed(warning.clone()))?;
        let text = match api.file_at(commit, &path_in_repository).map_err(failed)? {
            CommittedFile::Content(text) => text,
            CommittedFile::Missing => return Err(missing(NOT_AT_THE_BASE).into()),
            CommittedFile::Unreadable(why) => return Err(missing(why).into()),
        };
        files::check_document_size(path, &text)?;
        documents.push((display_path(path), text));
    }
    Ok(from_texts(job, documents))
}

/// The effect of the pull request on the list; `None` if it does not change the documents.
pub(super) fn list_change(job: &Job<'_>) -> Result<Option<ListChange>, Warning> {
    let base = job.context.base_sha.as_deref();
    let base = base.ok_or_else(|| Warning::new("the event is none of a pull request", ""))?;
    let api = job.api.as_ref().map_err(Warning::clone)?;
    let diff = api.pull_diff(base)?;
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for path in &job.settings.check.read.known_failures {
        let in_repository = job.workspace.path_from_root(path).ok_or_else(|| {
            Warning::new(format!("{} is outside the repository", display_path(path)), "")
        })?;
        let at_base = |in_repository: &str| text_at(api, &diff.merge_base, in_repository, path);
        // A file may become a document by being renamed, but not in the place of another document.
        let old = match (at_base(&in_repository)?, diff.previous_path(&in_repository)) {
            (None, Some(previous)) => at_base(previous)?,
            (old, _) => old,
        };
        before.extend(old);
        after.extend(text_at(api, &job.context.head_sha, &in_repository, path)?);
    }
    if before == after {
        return Ok(None);
    }
    Ok(Some(ListChange::new(from_texts(job, before), from_texts(job, after))))
}

/// The list of these documents, by displayed path and text.
fn from_texts(job: &Job<'_>, documents: Vec<(Arc<str>, Vec<u8>)>) -> KnownFailures {
    let format = job.settings.check.read.list.list_format;
    let file = |(path, text)| ListFile::new(path, text, format);
    KnownFailures::from_files(documents.into_iter().map(file))
}

/// A document at a commit, with the path that it is displayed as.
fn text_at(
    api: &Api<'_>,
    commit: &str,
    path_in_repository: &str,
    path: &Path,
) -> Result<Option<(Arc<str>, Vec<u8>)>, Warning> {
    let bytes = match api.file_at(commit, path_in_repository)? {
        CommittedFile::Content(bytes) => bytes,
        CommittedFile::Missing => return Ok(None),
        CommittedFile::Unreadable(why) => {
            return Err(Warning::new(
                format!("{} at commit {commit}: {why}", display_path(path)),
                "",
            ));
        }
    };
    files::check_document_size(path, &bytes).map_err(|e| Warning::new(&e, &e.hint()))?;
    Ok(Some((display_path(path), bytes)))
}
