//! Why a command failed, and what to do about it. Every error exits with code 2.

use crate::files;
#[cfg(feature = "history")]
use crate::git::GitError;
use crate::github::ContextError;
use crate::policy::UnknownReason;
use crate::sanitize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message of a variant names its fields")]
pub enum Error {
    /// A file cannot be found, read or written.
    #[error(transparent)]
    Files(#[from] files::Error),
    /// A file that should be a report of an earlier run.
    #[error("{} is not a report of `knownfail check --json`", sanitize::path_value(path))]
    NotAReport { path: PathBuf },
    /// A line of the table of exit codes without a number.
    #[error("{}:{line}: the second column is not an exit code", sanitize::path_value(path))]
    InvalidExitCode { path: PathBuf, line: usize },
    /// An empty table of exit codes.
    #[error("{} has no exit code", sanitize::path_value(path))]
    NoExitCodes { path: PathBuf },
    /// A list of no known kind.
    #[error("no known kind of list: {}", sanitize::path_value(path))]
    UnknownList { path: PathBuf },
    /// A list in which nothing is of the kind that was requested.
    #[error(
        "{}:{line}: nothing in this file is an entry of a list of the kind {kind}",
        sanitize::path_value(path)
    )]
    NoEntryOfKind { path: PathBuf, kind: &'static str, line: u32 },
    /// A list that looks like results.
    #[error("{} looks like results ({format}), not like a list", sanitize::path_value(path))]
    ResultsAsList { path: PathBuf, format: &'static str },
    /// A list that would be written in place of an existing file.
    #[error("{} exists, and is not replaced", sanitize::path_value(path))]
    ListExists { path: PathBuf },
    /// A list that would be written where there is none, and cannot be.
    #[error("no list can be written to {}", sanitize::path_value(path))]
    UnwritableList { path: PathBuf },
    /// Results files in which there is no test.
    #[error("there is no test in the results")]
    NoTests,
    /// A file that is given as a list and as results, so that its failures would excuse themselves.
    #[error("{} is given as a list and as results", sanitize::path_value(path))]
    ListIsResults { path: PathBuf },
    /// No results files were named.
    #[error("no results were given")]
    NoResultsGiven,
    /// A limit on untrusted input.
    #[error("there are more than {limit} {what}")]
    LimitExceeded { what: &'static str, limit: u64, option: &'static str },
    /// Patterns that are too expensive to match against the names and messages of the tests.
    #[error(
        "{file}:{line}: matching these patterns against the names and messages of the tests takes too long; this row is the most expensive"
    )]
    MatchingTooSlow { file: Arc<str>, line: u32 },
    /// An edit after which the document would not have a row as it is written.
    #[error("{file}:{line}: nothing is written: {why}")]
    RowWouldNotCount { file: Arc<str>, line: u32, why: String },
    /// Standard output cannot be written.
    #[error("cannot print: {why}")]
    Stdout { why: String },
    /// An output that would replace an input.
    #[error("{} is read as {role}: {output} cannot be written to it", sanitize::path_value(path))]
    OutputIsInput { path: PathBuf, role: &'static str, output: &'static str },
    /// Two outputs with one path.
    #[error(
        "{} is where {first} is written: {output} cannot be written to it too",
        sanitize::path_value(path)
    )]
    DuplicateOutput { path: PathBuf, first: &'static str, output: &'static str },
    /// More variants than can be numbered.
    #[error("{count} variants are too many")]
    TooManyVariants { count: usize },
    /// An input of the action with an invalid value.
    #[error("the input `{input}` is `{}`", sanitize::value(value))]
    Input { input: &'static str, value: String, expected: String },
    /// An input of the action that names a file outside of the workspace.
    #[error("the input `{input}`: `{}` is outside of the workspace", sanitize::value(path))]
    OutsideWorkspace { input: &'static str, path: String },
    /// The action's input `working-directory` with a path that is none of a directory in the workspace.
    #[error("the input `working-directory`: `{}` {why}", sanitize::single_line(path))]
    WorkingDirectory { path: String, why: DirectoryProblem },
    /// The action's input `fail-on` with an unknown word.
    #[error("the input `fail-on`: {0}")]
    FailOn(#[from] UnknownReason),
    /// `known-failures-ref: base` with a base that GitHub does not give.
    #[error("cannot read the base branch's list: {}: {why}", sanitize::value(what))]
    BaseList { what: String, why: String, hint: String },
    /// The action runs outside GitHub Actions.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// A document's history cannot be read.
    #[cfg(feature = "history")]
    #[error("{}", sanitize::single_line(&.0.to_string()))]
    Git(#[from] GitError),
}

/// Why nothing can be read in a directory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages name the variants")]
pub enum DirectoryProblem {
    #[error("does not exist")]
    Missing,
    #[error("is no directory")]
    File,
    #[error("is outside of the workspace")]
    Outside,
    #[error("cannot be entered: {0}")]
    Inaccessible(String),
}

/// The result of a command, or of a part of it.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An input of the action with an invalid value.
    pub fn input(input: &'static str, value: String, expected: impl Into<String>) -> Error {
        Error::Input { input, value, expected: expected.into() }
    }

    /// Turns the error on a document of an option into that on a positional argument.
    #[must_use]
    pub fn into_argument(self) -> Error {
        match self {
            Error::Files(error) => Error::Files(error.into_argument()),
            other => other,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        let hint = match self {
            Error::Files(error) => return error.hint(),
            Error::NotAReport { .. } => {
                "name what `knownfail check` wrote with `--json FILE` or `--record FILE`, whole"
            }
            Error::InvalidExitCode { .. } | Error::NoExitCodes { .. } => {
                "write a results file's name without its extension, then its exit code"
            }
            Error::UnknownList { .. } | Error::NoEntryOfKind { .. } => {
                "name its kind with `--list-format KIND` (`--from KIND` of `import`, the action's input `list-format`); `knownfail check --help` lists them"
            }
            Error::ResultsAsList { .. } | Error::ListIsResults { .. } => {
                "name the list with `--known-failures FILE` and the results without an option, or name its kind with `--list-format KIND`"
            }
            Error::ListExists { .. } => {
                "`knownfail update --add` adds a run's failures to it; to write another file, name it with `-k FILE`"
            }
            Error::UnwritableList { .. } => {
                "a new list is a file, and `markdown` or `plain`: name it with `-k FILE`, such as `-k KNOWN_FAILURES.md` or `-k known_failures.txt`"
            }
            Error::NoTests => {
                "check that the runner wrote its results there; `knownfail formats` lists what can be read"
            }
            Error::NoResultsGiven => {
                "name the results files, in quotes: 'results/**/*.xml' (the action's input `results`)"
            }
            Error::LimitExceeded { option, .. } => {
                return format!(
                    "name fewer, or allow more with `--{option}` (the action's input `{option}`)"
                );
            }
            Error::MatchingTooSlow { .. } => {
                "use patterns with more literal text and fewer wildcards, or list the tests by name"
            }
            Error::RowWouldNotCount { .. } => {
                "mend the document, or write the row by hand where GitHub shows it as part of a list"
            }
            Error::Stdout { .. } => "check whether the disk is full",
            Error::OutputIsInput { output, .. } | Error::DuplicateOutput { output, .. } => {
                return format!("give {output} a path of its own");
            }
            Error::TooManyVariants { .. } => "check that `{variant}` is not where a test's name is",
            Error::WorkingDirectory { path, why } => return directory_hint(path, why),
            Error::Input { expected, .. } => return format!("it takes {expected}"),
            Error::OutsideWorkspace { .. } => {
                "the action reads and writes files of the workspace and of `runner.temp`"
            }
            Error::FailOn(_) => {
                "separate several with commas; leave it out for `regression`, give `nothing` to only report"
            }
            Error::BaseList { hint, .. } => return hint.clone(),
            Error::Context(error) => error.hint(),
            #[cfg(feature = "history")]
            Error::Git(error) => error.hint(),
        };
        hint.to_owned()
    }
}

fn directory_hint(path: &str, why: &DirectoryProblem) -> String {
    let hint = match why {
        DirectoryProblem::Missing => files::path_hint(Path::new(path)),
        DirectoryProblem::File => Some("name the directory that the file is in".to_owned()),
        DirectoryProblem::Outside | DirectoryProblem::Inaccessible(_) => None,
    };
    hint.unwrap_or_else(|| "it takes a directory in the workspace, from its root".to_owned())
}
