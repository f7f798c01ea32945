//! Whether the workspace's documents are those of a commit.
//!
//! The job's steps and the tests themselves can write to the workspace, so that the list that judges may be another
//! than the one that was reviewed. Git's own directory can be written as well, so the files are compared with GitHub's.

use super::api::{Api, Job, Warning};
use super::settings::DocumentSource;
use crate::files::display_path;
use crate::github::{CommittedFile, Context, DirectoryFile, TrustedBase};
use crate::ingest::lists;
use crate::known::KnownFailures;
use crate::model::{Problem, ProblemKind};
use std::path::{Path, PathBuf};

/// A problem for each document that differs from the commits that the job may have checked out, or that none of them
/// has.
///
/// # Errors
/// A file of a commit that cannot be read.
pub(super) fn problems(
    job: &Job<'_>,
    known: &KnownFailures,
    paths: &[PathBuf],
) -> Result<Vec<Problem>, Warning> {
    all_problems(job, known, paths).map_err(|warning| {
        warning.context("whether the list was changed after the checkout is unknown")
    })
}

fn all_problems(
    job: &Job<'_>,
    known: &KnownFailures,
    paths: &[PathBuf],
) -> Result<Vec<Problem>, Warning> {
    let api = job.api.as_ref().map_err(Warning::clone)?;
    let checker = Checker { job, api, commits: checked_out_commits(job.context) };
    let mut problems = Vec::new();
    let mut added = Vec::new();
    for given in job.settings.check.read.known_failures.iter().filter(|path| path.is_dir()) {
        let Some(changed) = checker.changed_directory(given, paths)? else { continue };
        let found = || Found::Changed { commit: changed.commit, line: 0 };
        for path in changed.added.iter().chain(&changed.removed) {
            problems.extend(checker.problem(&display_path(path), found())?);
        }
        added.extend(changed.added);
    }
    for (path, document) in paths.iter().zip(known.documents()) {
        if !added.contains(path) {
            let in_repository = job.workspace.path_from_root(path);
            let found = checker.find(in_repository, &document.text)?;
            problems.extend(checker.problem(&document.path, found)?);
        }
        for (name, text) in document.included_files() {
            let found = checker.find(job.workspace.path_beside(path, name), text)?;
            let included = path.with_file_name(name);
            problems.extend(checker.problem(&display_path(&included), found)?);
        }
    }
    Ok(problems)
}

/// Compares files of the workspace with those of commits.
struct Checker<'a> {
    job: &'a Job<'a>,
    api: &'a Api<'a>,
    commits: Vec<&'a str>,
}

/// The lists that a directory of the workspace has and that of a commit has not, and the other way round.
struct ChangedDirectory<'a> {
    commit: &'a str,
    added: Vec<PathBuf>,
    removed: Vec<PathBuf>,
}

impl<'a> Checker<'a> {
    /// The problem of a file, if it is one.
    fn problem(&self, path: &str, found: Found<'_>) -> Result<Option<Problem>, Warning> {
        let source = self.job.settings.document_source;
        let short = |commit: &str| commit.chars().take(12).collect::<String>();
        let (line, kind) = match found {
            Found::Same => return Ok(None),
            // Whoever chose the workspace knows that a step makes the list.
            Found::Nowhere if source == DocumentSource::Workspace => return Ok(None),
            Found::Nowhere if !self.api.has_commit(self.commits[0])? => {
                let commit = short(self.commits[0]);
                let what = format!("GitHub shows no files of the commit {commit}");
                return Err(Warning::new(what, "give the job `contents: read`"));
            }
            Found::Nowhere => {
                let commit = short(self.commits[0]);
                (0, ProblemKind::UncommittedList { commit, is_changed: false })
            }
            Found::Changed { commit, line } => match source {
                DocumentSource::Workspace => {
                    (line, ProblemKind::UncommittedList { commit: short(commit), is_changed: true })
                }
                DocumentSource::Committed | DocumentSource::Base => {
                    (line, ProblemKind::ChangedList { commit: short(commit) })
                }
            },
        };
        Ok(Some(Problem::new(path, line, 0, kind)))
    }

    /// Where a text is; `path` is from the root, `None` for a file outside the repository.
    fn find(&self, path: Option<String>, text: &str) -> Result<Found<'a>, Warning> {
        match path {
            Some(path) => compare(self.api, &self.commits, &path, text),
            None => Ok(Found::Nowhere),
        }
    }

    /// How the names of a directory's lists differ from those of each commit that has it: a list that is put into a
    /// directory is a change of the list, as is one that is taken out. `paths` are the lists of the workspace.
    fn changed_directory(
        &self,
        directory: &Path,
        paths: &[PathBuf],
    ) -> Result<Option<ChangedDirectory<'a>>, Warning> {
        let Some(in_repository) = self.job.workspace.path_from_root(directory) else {
            return Ok(None);
        };
        let here = |path: &&PathBuf| path.parent() == Some(directory);
        let here: Vec<PathBuf> = paths.iter().filter(here).cloned().collect();
        let mut first = None;
        for commit in self.commits.iter().copied() {
            let there: Vec<PathBuf> = match self.api.file_at(commit, &in_repository)? {
                CommittedFile::Missing => continue,
                CommittedFile::Content(_) | CommittedFile::Unreadable(_) => Vec::new(),
                CommittedFile::Directory(files) => {
                    let lists = files.into_iter().filter(|file| lists::is_list_name(&file.name));
                    lists
                        .filter(|file| self.is_file(commit, &in_repository, file))
                        .map(|file| directory.join(file.name))
                        .collect()
                }
            };
            let only_in = |these: &[PathBuf], others: &[PathBuf]| {
                let only = these.iter().filter(|path| !others.contains(path));
                only.cloned().collect::<Vec<_>>()
            };
            let (added, removed) = (only_in(&here, &there), only_in(&there, &here));
            if added.is_empty() && removed.is_empty() {
                return Ok(None);
            }
            first = first.or(Some(ChangedDirectory { commit, added, removed }));
        }
        Ok(first)
    }

    /// Whether an entry of a directory is a file, or a link to one.
    fn is_file(&self, commit: &str, directory: &str, file: &DirectoryFile) -> bool {
        let target = || self.api.file_at(commit, &format!("{directory}/{}", file.name));
        file.blob.is_some() || matches!(target(), Ok(CommittedFile::Content(_)))
    }
}

/// The commits whose documents are reviewed or in the pull request's diff: the one under test, the one that is checked
/// out unless the workflow names another, the pull request's merge into the base, and the base.
pub(super) fn checked_out_commits(context: &Context) -> Vec<&str> {
    let mut commits = vec![context.head_sha.as_str()];
    let base = match &context.trusted_base {
        Ok(TrustedBase::Commit(commit)) => Some(commit.as_str()),
        Ok(TrustedBase::DefaultBranch(_)) | Err(_) => None,
    };
    let checked_out = [&context.checkout_sha, &context.merge_sha].into_iter().flatten();
    for commit in checked_out.map(String::as_str).chain(base) {
        if !commits.contains(&commit) {
            commits.push(commit);
        }
    }
    commits
}

/// Where a text was found.
#[derive(Debug, PartialEq, Eq)]
enum Found<'c> {
    Same,
    /// A commit has the file with another text; the first line that differs, or 0.
    Changed {
        commit: &'c str,
        line: u32,
    },
    /// No commit has the file.
    Nowhere,
}

fn compare<'c>(
    api: &Api<'_>,
    commits: &[&'c str],
    path: &str,
    text: &str,
) -> Result<Found<'c>, Warning> {
    let mut found = Found::Nowhere;
    for commit in commits.iter().copied() {
        let line = match api.file_at(commit, path)? {
            CommittedFile::Missing => continue,
            // Nobody could compare it, so its author may not gain from that.
            CommittedFile::Directory(_) | CommittedFile::Unreadable(_) => 0,
            CommittedFile::Content(bytes) => {
                match first_difference(&String::from_utf8_lossy(&bytes), text) {
                    None => return Ok(Found::Same),
                    Some(line) => line,
                }
            }
        };
        if found == Found::Nowhere {
            found = Found::Changed { commit, line };
        }
    }
    Ok(found)
}

/// The first line, from 1, in which two texts differ. Git may convert line ends.
pub(super) fn first_difference(old: &str, new: &str) -> Option<u32> {
    let lines = |text| str::split(text, '\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let (mut old, mut new) = (lines(old), lines(new));
    for number in 1.. {
        match (old.next(), new.next()) {
            (None, None) => return None,
            (old, new) if old != new => return Some(number),
            (_, _) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_no_difference() {
        for (old, new, expected) in [
            ("a\nb\n", "a\r\nb\r\n", None),
            ("a\r\nb", "a\nb", None),
            ("", "", None),
            ("a\nb\n", "a\nb\nc\n", Some(3)),
            ("a\nb\n", "a\n", Some(2)),
            ("a\nb\n", "a\n\nb\n", Some(2)),
            ("a\rb", "a\nb", Some(1)),
            ("a\r\r\nb", "a\r\nb", Some(1)),
        ] {
            assert_eq!(first_difference(old, new), expected, "{old:?} {new:?}");
        }
    }
}
