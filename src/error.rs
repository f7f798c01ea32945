//! Why nothing could be judged, and what to do about it. All of these exit with 2.

#[cfg(feature = "history")]
use crate::git::GitError;
use crate::github::ContextError;
use crate::policy::UnknownReason;
use std::path::{Path, PathBuf};

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A document cannot be read that `--known-failures` names, or its default.
    #[error("cannot read the document {}: {why}", display_path(path))]
    Document { path: PathBuf, why: String },
    /// The same of a document that is an argument of its own.
    #[error("cannot read the document {}: {why}", display_path(path))]
    Argument { path: PathBuf, why: String },
    /// A file that an option names cannot be read.
    #[error("cannot read {}: {why}", display_path(path))]
    Read { path: PathBuf, why: String },
    /// A file that should be a report of an earlier run.
    #[error("{} is not a report of `knownfail check --json`", display_path(path))]
    NotAReport { path: PathBuf },
    /// A table of exit codes that is not text, or a document that is to be edited.
    #[error("{}:{line}: this line is not UTF-8", display_path(path))]
    NotUtf8 { path: PathBuf, line: usize },
    /// A line of the exit codes without a number.
    #[error("{}:{line}: the second column is not an exit code", display_path(path))]
    InvalidExitCode { path: PathBuf, line: usize },
    /// A table of exit codes that has none.
    #[error("{} has no exit code", display_path(path))]
    NoExitCodes { path: PathBuf },
    /// A pattern of results files that cannot be read as one.
    #[error("cannot read the pattern `{pattern}`: {why}")]
    Pattern { pattern: String, why: String },
    /// A pattern that no file matches, and the option that gives it, where it is not of the results.
    #[error("no file matches `{pattern}`{}", option_suffix(*option))]
    NoMatchingFile { pattern: String, option: Option<&'static str> },
    /// A file that patterns give for two variants.
    #[error("{} is given for two variants: {} and {}", display_path(path), quoted_variant(&variants[0]), quoted_variant(&variants[1]))]
    TwoVariants { path: PathBuf, variants: [String; 2] },
    /// A list of no known kind.
    #[error("no known kind of list: {}", display_path(path))]
    UnknownList { path: PathBuf },
    /// No results were given at all.
    #[error("no results were given")]
    NoResultsGiven,
    /// A path that leads out of the directory in which it has to stay.
    #[error("{} leads out of {}", display_path(path), display_path(root))]
    OutsideRoot { path: PathBuf, root: PathBuf },
    /// A path that leads to where secrets are.
    #[error("{} leads to what is never read: a process's own files, or git's", display_path(path))]
    ForbiddenPath { path: PathBuf },
    /// A file that is too large to be held as a whole.
    #[error("{} has more than {limit} {what}", display_path(path))]
    TooLarge { path: PathBuf, limit: u64, what: &'static str },
    /// A directory, a device or a pipe where a file was expected.
    #[error("{} is {}", display_path(path), kind.describe())]
    NotAFile { path: PathBuf, kind: FileKind, purpose: FilePurpose },
    /// More than may be read.
    #[error("there are more than {limit} {what}")]
    LimitExceeded { what: &'static str, limit: u64, option: &'static str },
    /// Rows that take too long to be held against the names of the tests.
    #[error(
        "{file}:{line}: it takes too long to tell which tests such rows claim, this one most of all"
    )]
    MatchingTooSlow { file: std::sync::Arc<str>, line: u32 },
    /// Standard output did not take what was printed.
    #[error("cannot print: {why}")]
    Stdout { why: String },
    /// A file of ours that cannot be written.
    #[error("cannot write {}: {why}", display_path(path))]
    Write { path: PathBuf, why: String },
    /// An output that would take the place of something that is read.
    #[error("{} is read as {role}: {output} cannot be written to it", display_path(path))]
    OutputIsInput { path: PathBuf, role: &'static str, output: &'static str },
    /// Two outputs of which one would take the place of the other.
    #[error(
        "{} is where {first} is written: {output} cannot be written to it too",
        display_path(path)
    )]
    DuplicateOutput { path: PathBuf, first: &'static str, output: &'static str },
    /// More variants than can be told apart.
    #[error("{count} variants are too many")]
    TooManyVariants { count: usize },
    /// An input of the action that is none of the words it takes.
    #[error("the input `{input}` is `{value}`")]
    Input { input: &'static str, value: String, expected: String },
    /// An input of the action that names no reason to be red.
    #[error("the input `fail-on`: {0}")]
    FailOn(#[from] UnknownReason),
    /// The action runs where there is no GitHub.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// A document's history cannot be read.
    #[cfg(feature = "history")]
    #[error("{}", crate::sanitize::single_line(&.0.to_string()))]
    Git(#[from] GitError),
}

/// What stands where a file was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    Directory,
    /// A symbolic link whose target is gone.
    BrokenSymlink,
    /// A device, a pipe, or something that is gone by now.
    Other,
}

impl FileKind {
    fn detect(path: &Path) -> FileKind {
        match (path.is_dir(), path.is_symlink() && !path.exists()) {
            (true, _) => FileKind::Directory,
            (false, true) => FileKind::BrokenSymlink,
            (false, false) => FileKind::Other,
        }
    }

    fn describe(self) -> &'static str {
        match self {
            FileKind::Directory => "a directory",
            FileKind::BrokenSymlink => "a broken link",
            FileKind::Other => "not a regular file",
        }
    }
}

/// What a file was wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilePurpose {
    /// Results are read from it.
    Results,
    /// A document, a list or a table is read from it.
    Text,
    /// Something is written to it.
    Output,
}

impl Error {
    /// That this path is no file.
    pub fn not_a_file(path: &Path, purpose: FilePurpose) -> Error {
        Error::NotAFile { path: path.to_owned(), kind: FileKind::detect(path), purpose }
    }

    /// An input of the action that is none of what it takes.
    pub fn input(input: &'static str, value: String, expected: impl Into<String>) -> Error {
        Error::Input { input, value, expected: expected.into() }
    }

    /// The same of a pattern that stands in this option and not among the results.
    #[must_use]
    pub fn for_option(self, name: &'static str) -> Error {
        match self {
            Error::NoMatchingFile { pattern, .. } => {
                Error::NoMatchingFile { pattern, option: Some(name) }
            }
            other => other,
        }
    }

    /// The same of a document that the command takes as an argument and not with an option.
    #[must_use]
    pub fn into_argument(self) -> Error {
        match self {
            Error::Document { path, why } => Error::Argument { path, why },
            other => other,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Error::Document { path, .. } if is_pattern(path) => {
                "documents are not named by a pattern: give `--known-failures FILE` once for each (the action's \
                 input `known-failures`: one a line)"
                    .to_owned()
            }
            Error::Argument { path, .. } if is_pattern(path) => {
                "documents are not named by a pattern: name each".to_owned()
            }
            Error::Document { path, .. } => format!(
                "give the path of the known failures with `--known-failures FILE` (the action's input \
                 `known-failures`); a team that expects no failure yet starts with an empty {}",
                path.file_name().map_or_else(|| "document".into(), |name| name.to_string_lossy())
            ),
            Error::Argument { .. } | Error::Read { .. } => "check the path and the working directory".to_owned(),
            Error::NotAReport { .. } => {
                "name what `knownfail check` wrote with `--json FILE` or `--record FILE`, whole".to_owned()
            }
            Error::InvalidExitCode { .. } | Error::NoExitCodes { .. } => {
                "write a results file's name without its extension, then its exit code".to_owned()
            }
            Error::Pattern { .. } => {
                "`*` matches part of a name, `**` directories, `{variant}` for a variant".to_owned()
            }
            Error::NoMatchingFile { option: Some(option), .. } => {
                format!("check the path and the working directory; without any, leave `{option}` out")
            }
            Error::NoMatchingFile { option: None, .. } => {
                "check the path, the working directory, and that the test runner wrote its results; a run \
                 without results never passes"
                    .to_owned()
            }
            Error::TwoVariants { .. } => {
                "let one pattern match it: the others should leave it out, or have the same `{variant}`".to_owned()
            }
            Error::UnknownList { .. } => {
                "say which one it is with `--from KIND`; `knownfail import --help` names them".to_owned()
            }
            Error::NoResultsGiven => {
                "name the results files, in quotes: 'results/**/*.xml' (the action's input `results`)".to_owned()
            }
            Error::ForbiddenPath { .. } => "name the file itself, outside of /proc, /sys and .git".to_owned(),
            Error::TooLarge { .. } => "split it: several documents together are one list".to_owned(),
            Error::OutsideRoot { .. } => "name one inside that directory".to_owned(),
            Error::NotAFile { purpose: FilePurpose::Results, kind: FileKind::Directory, path } => {
                format!("name the files in it, in quotes: '{}'", display_path(&path.join("**/*.xml")))
            }
            Error::NotAFile { kind: FileKind::BrokenSymlink, .. } => "remove it, or point it at a file".to_owned(),
            Error::NotAFile { purpose: FilePurpose::Results, kind: FileKind::Other, .. } => {
                "what comes through a pipe or a device has to be written to a file first".to_owned()
            }
            Error::NotAFile { purpose: FilePurpose::Text | FilePurpose::Output, kind: FileKind::Directory, .. } => {
                "name a file in it".to_owned()
            }
            Error::NotAFile { purpose: FilePurpose::Text | FilePurpose::Output, kind: FileKind::Other, .. } => {
                "name a regular file".to_owned()
            }
            Error::NotUtf8 { .. } => "save it as UTF-8".to_owned(),
            Error::LimitExceeded { option, .. } => {
                format!("name fewer, or allow more with `--{option}` (the action's input `{option}`)")
            }
            Error::MatchingTooSlow { .. } => {
                "write more of the names' text into it and into rows like it, with fewer `*`, `?` and \
                 repeats, or name the tests"
                    .to_owned()
            }
            Error::Stdout { .. } => "check whether the disk is full".to_owned(),
            Error::Write { .. } => "check that the directory exists and can be written".to_owned(),
            Error::OutputIsInput { output, .. } | Error::DuplicateOutput { output, .. } => {
                format!("give {output} a path of its own")
            }
            Error::TooManyVariants { .. } => {
                "check that `{variant}` is not where a test's name is".to_owned()
            }
            Error::Input { expected, .. } => format!("it takes {expected}"),
            Error::FailOn(_) => {
                "separate several with commas; leave it out for `regression`, give `nothing` to only report".to_owned()
            }
            Error::Context(error) => error.hint().to_owned(),
            #[cfg(feature = "history")]
            Error::Git(error) => error.hint().to_owned(),
        }
    }
}

/// Whether a path that names nothing was meant as a pattern.
fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?'])
}

/// A path as it is shown: nothing in it can move a cursor.
fn display_path(path: &Path) -> String {
    crate::sanitize::single_line(&path.to_string_lossy()).into_owned()
}

/// A variant as it is named.
fn quoted_variant(variant: &str) -> String {
    match variant {
        "" => "none".to_owned(),
        variant => format!("`{}`", crate::sanitize::single_line(variant)),
    }
}

/// Which option a pattern is of.
fn option_suffix(option: Option<&str>) -> String {
    option.map(|name| format!(", which `{name}` names")).unwrap_or_default()
}
