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
use crate::github::{CommittedFile, ContextError, PullDiff, TrustedBase};
use crate::ingest::lists;
use crate::known::{KnownFailures, ListFile};
use crate::report::JudgedList;
use std::path::{Path, PathBuf};

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
const OUTSIDE_THE_BASE: &str = "the base branch has no files outside the repository";

/// The list that the run is judged by.
pub(super) struct JudgingList {
    /// Its files, also those of the directories that the input names.
    pub paths: Vec<PathBuf>,
    pub known: KnownFailures,
    /// Why it is unknown whether it is the list of a commit.
    pub unknown_source: Option<Warning>,
}

/// The list that the run is judged by.
///
/// # Errors
/// A list that cannot be read, or is given twice.
pub(super) fn read(job: &Job<'_>, source: &ListSource) -> Result<JudgingList, Error> {
    let read = &job.settings.check.read;
    match source {
        ListSource::Commit(commit) => {
            files::ensure_distinct_documents(&read.known_failures)?;
            read_at_commit(job, commit)
        }
        ListSource::Workspace => {
            let paths = lists::expand_paths(&read.known_failures)?;
            files::ensure_distinct_documents(&paths)?;
            let root = job.workspace.access_root();
            let mut known = lists::read(&paths, read.list.list_format, &root)?;
            let compared = committed::problems(job, &known, &paths);
            let unknown_source = compared.map(|problems| known.add_problems(problems)).err();
            Ok(JudgingList { paths, known, unknown_source })
        }
    }
}

fn read_at_commit(job: &Job<'_>, commit: &str) -> Result<JudgingList, Error> {
    let mut found: Vec<CommittedList> = Vec::new();
    for path in &job.settings.check.read.known_failures {
        let at_commit = lists_at(job, commit, path).map_err(|no_list| no_list.into_error(path))?;
        for list in lists::bounded(path, at_commit)? {
            if let Some(first) =
                found.iter().find(|other| other.in_repository == list.in_repository)
            {
                let (path, first) = (list.path, first.path.clone());
                return Err(files::Error::SameDocument { path, first }.into());
            }
            found.push(list);
        }
    }
    let (paths, files) = to_files(job, found);
    let known = lists::parse(&paths, files, &mut |list, included| {
        included_at(job, commit, list, included)
    })?;
    Ok(JudgingList { paths, known, unknown_source: None })
}

/// The effect of the pull request on the list; `None` if it does not change the list.
pub(super) fn list_change(job: &Job<'_>) -> Result<Option<ListChange>, Warning> {
    let base = job.context.base_sha.as_deref();
    let base = base.ok_or_else(|| Warning::new("the event is none of a pull request", ""))?;
    let api = job.api.as_ref().map_err(Warning::clone)?;
    let diff = api.pull_diff(base)?;
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for path in &job.settings.check.read.known_failures {
        before.extend(lists_if_any(job, &diff.merge_base, path)?);
        after.extend(lists_if_any(job, &job.context.head_sha, path)?);
    }
    before.extend(renamed_lists(api, &diff, &before, &after)?);
    before.sort_by_cached_key(|list| (place(job, &list.path), list.path.clone()));
    let is_same = |(old, new): (&CommittedList, &CommittedList)| old == new;
    if before.len() == after.len() && before.iter().zip(&after).all(is_same) {
        return Ok(None);
    }
    let read = |commit: &str, found: Vec<CommittedList>| {
        let (paths, files) = to_files(job, found);
        lists::read_texts(&paths, files, &mut |list, included| {
            included_at(job, commit, list, included)
        })
    };
    let before = read(&diff.merge_base, before);
    Ok(Some(ListChange::new(before, read(&job.context.head_sha, after))))
}

/// The index of the input's path that a list is from: a later list overlays those before it.
fn place(job: &Job<'_>, list: &Path) -> Option<usize> {
    let mut given = job.settings.check.read.known_failures.iter();
    given.position(|path| path == list || list.parent() == Some(path))
}

/// The lists of the head that are no lists before, as they were under their previous names. A file may become a list by
/// being renamed, but not in the place of another list.
fn renamed_lists(
    api: &Api<'_>,
    diff: &PullDiff,
    before: &[CommittedList],
    after: &[CommittedList],
) -> Result<Vec<CommittedList>, Warning> {
    let is_before = |path: &str| before.iter().any(|list| list.in_repository == path);
    let mut renamed = Vec::new();
    for new in after.iter().filter(|new| !is_before(&new.in_repository)) {
        let previous = diff.previous_path(&new.in_repository);
        let Some(previous) = previous.filter(|path| !is_before(path)) else { continue };
        if let CommittedFile::Content(text) = api.file_at(&diff.merge_base, previous)? {
            let old = CommittedList { text, ..new.clone() };
            renamed.push(old.within_limits().map_err(|e| Warning::new(&e, &e.hint()))?);
        }
    }
    Ok(renamed)
}

/// A list at a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CommittedList {
    /// As the user would name it.
    path: PathBuf,
    /// Its path from the repository's root.
    in_repository: String,
    text: Vec<u8>,
}

impl CommittedList {
    fn within_limits(self) -> Result<CommittedList, files::Error> {
        files::check_document_size(&self.path, &self.text)?;
        Ok(self)
    }
}

/// Why a path names no list at a commit.
enum NoList {
    Missing,
    Outside,
    /// Its author made it so that it cannot be read.
    Unusable(files::Error),
    /// GitHub does not give it.
    Unavailable(Warning),
}

impl NoList {
    /// Why a run cannot be judged by the list of its base.
    fn into_error(self, path: &Path) -> Error {
        let document = |why: &str| unreadable_document(path, why).into();
        match self {
            NoList::Missing => document(NOT_AT_THE_BASE),
            NoList::Outside => document(OUTSIDE_THE_BASE),
            NoList::Unusable(error) => error.into(),
            NoList::Unavailable(warning) => unreadable(&display_path(path), warning),
        }
    }
}

fn unreadable_document(path: &Path, why: &str) -> files::Error {
    files::Error::Document { path: path.to_owned(), why: why.to_owned() }
}

/// The lists that a path names at a commit: the file, or the lists of the directory that it is there.
fn lists_at(job: &Job<'_>, commit: &str, path: &Path) -> Result<Vec<CommittedList>, NoList> {
    let api = job.api.as_ref().map_err(|warning| NoList::Unavailable(warning.clone()))?;
    let in_repository = job.workspace.path_from_root(path).ok_or(NoList::Outside)?;
    let read = |path: &str| api.file_at(commit, path).map_err(NoList::Unavailable);
    let list = |path: PathBuf, in_repository: String, text: Vec<u8>| {
        let list = CommittedList { path, in_repository, text };
        list.within_limits().map_err(NoList::Unusable)
    };
    let unusable = |path: &Path, why: &str| NoList::Unusable(unreadable_document(path, why));
    let directory = match read(&in_repository)? {
        CommittedFile::Content(text) => return Ok(vec![list(path.into(), in_repository, text)?]),
        CommittedFile::Missing => return Err(NoList::Missing),
        CommittedFile::Unreadable(why) => return Err(unusable(path, why)),
        CommittedFile::Directory(files) => files,
    };
    let mut names: Vec<String> = directory.into_iter().map(|file| file.name).collect();
    names.retain(|name| lists::is_list_name(name));
    names.sort();
    let names = lists::bounded(path, names).map_err(NoList::Unusable)?;
    let mut found = Vec::new();
    for name in names {
        let (path, in_repository) = (path.join(&name), format!("{in_repository}/{name}"));
        match read(&in_repository)? {
            CommittedFile::Content(text) => found.push(list(path, in_repository, text)?),
            CommittedFile::Unreadable(why) => return Err(unusable(&path, why)),
            // A link to a directory, or to nothing, is no list of this one.
            CommittedFile::Directory(_) | CommittedFile::Missing => {}
        }
    }
    Ok(found)
}

/// The lists that a path names at a commit, if it names any there.
fn lists_if_any(job: &Job<'_>, commit: &str, path: &Path) -> Result<Vec<CommittedList>, Warning> {
    lists_at(job, commit, path).or_else(|no_list| match no_list {
        NoList::Missing => Ok(Vec::new()),
        NoList::Outside => {
            Err(Warning::new(format!("{} is outside the repository", display_path(path)), ""))
        }
        NoList::Unusable(error) => {
            Err(Warning::new(format!("{error} (at commit {commit})"), &error.hint()))
        }
        NoList::Unavailable(warning) => Err(warning),
    })
}

/// The lists as they are read, with their paths.
fn to_files(job: &Job<'_>, lists: Vec<CommittedList>) -> (Vec<PathBuf>, Vec<ListFile>) {
    let format = job.settings.check.read.list.list_format;
    let file = |CommittedList { path, text, .. }| {
        let file = ListFile::new(display_path(&path), text, format);
        (path, file)
    };
    lists.into_iter().map(file).unzip()
}

/// A file that a list includes, at the list's commit. A list may be untrusted: it may only include files of its own
/// directory.
fn included_at(job: &Job<'_>, commit: &str, list: &Path, included: &str) -> Result<String, String> {
    let path = job.workspace.path_beside(list, included).ok_or("it is in another directory")?;
    let api = job.api.as_ref().map_err(|warning| warning.what.clone())?;
    match api.file_at(commit, &path).map_err(|warning| warning.what)? {
        CommittedFile::Content(text) => {
            String::from_utf8(text).map_err(|_| "it is not UTF-8".to_owned())
        }
        CommittedFile::Unreadable(why) => Err(why.to_owned()),
        CommittedFile::Directory(_) | CommittedFile::Missing => {
            Err("there is no such file".to_owned())
        }
    }
}
