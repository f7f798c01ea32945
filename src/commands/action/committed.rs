//! Whether the workspace's documents are those of a commit.
//!
//! The job's steps and the tests themselves can write to the workspace, so that the list that judges may be another
//! than the one that was reviewed. Git's own directory can be written as well, so the files are compared with GitHub's.

use super::api::{Api, Job, Warning};
use super::settings::DocumentSource;
use crate::github::{CommittedFile, Context, TrustedBase};
use crate::known::{Document, KnownFailures};
use crate::model::{Problem, ProblemKind};
use std::path::Path;

/// A problem for each document that differs from the commits that the job may have checked out, or that none of them
/// has.
///
/// # Errors
/// A file of a commit that cannot be read.
pub(super) fn problems(job: &Job<'_>, known: &KnownFailures) -> Result<Vec<Problem>, Warning> {
    let paths = job.settings.check.read.known_failures.iter();
    let problems =
        paths.zip(known.documents()).map(|(path, document)| problem(job, path, document));
    let problems: Result<Vec<_>, Warning> = problems.collect();
    let context = |warning: Warning| {
        warning.context("whether the list was changed after the checkout is unknown")
    };
    Ok(problems.map_err(context)?.into_iter().flatten().collect())
}

fn problem(job: &Job<'_>, path: &Path, document: &Document) -> Result<Option<Problem>, Warning> {
    let api = job.api.as_ref().map_err(Warning::clone)?;
    let commits = checked_out_commits(job.context);
    let found = match job.workspace.path_from_root(path) {
        Some(path) => compare(api, &commits, &path, &document.text)?,
        None => Found::Nowhere,
    };
    let short = |commit: &str| commit.chars().take(12).collect::<String>();
    let (line, kind) = match found {
        Found::Same => return Ok(None),
        // Whoever chose the workspace knows that a step makes the list.
        Found::Nowhere if job.settings.document_source == DocumentSource::Workspace => {
            return Ok(None);
        }
        Found::Nowhere if !api.has_commit(commits[0])? => {
            let what = format!("GitHub shows no files of the commit {}", short(commits[0]));
            return Err(Warning::new(what, "give the job `contents: read`"));
        }
        Found::Nowhere => {
            (0, ProblemKind::UncommittedList { commit: short(commits[0]), is_changed: false })
        }
        Found::Changed { commit, line } => match job.settings.document_source {
            DocumentSource::Workspace => {
                (line, ProblemKind::UncommittedList { commit: short(commit), is_changed: true })
            }
            DocumentSource::Committed | DocumentSource::Base => {
                (line, ProblemKind::ChangedList { commit: short(commit) })
            }
        },
    };
    Ok(Some(Problem::new(&document.path, line, 0, kind)))
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
            CommittedFile::Unreadable(_) => 0,
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
