//! Why a file cannot be found, read or written, and what to do about it.

use super::hints;
use crate::sanitize;
use std::path::{Path, PathBuf};

/// Why a file cannot be found, read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The document given by `--known-failures`, or its default, cannot be read.
    #[error("cannot read the list {}: {why}", sanitize::path_value(path))]
    Document { path: PathBuf, why: String },
    /// A document that is a positional argument cannot be read.
    #[error("cannot read the list {}: {why}", sanitize::path_value(path))]
    Argument { path: PathBuf, why: String },
    /// A document that is given twice.
    #[error("the list {} is given twice{}", sanitize::path_value(path), other_path(path, first))]
    SameDocument { path: PathBuf, first: PathBuf },
    /// Any other file that the user named cannot be read.
    #[error("cannot read {}: {why}", sanitize::path_value(path))]
    Read { path: PathBuf, why: String },
    /// A text file that has to be UTF-8 is not.
    #[error("{}:{line}: this line is not UTF-8", sanitize::path_value(path))]
    NotUtf8 { path: PathBuf, line: usize },
    /// A pattern of files that is malformed or matches too much.
    #[error("cannot read the pattern `{}`: {why}", sanitize::value(pattern))]
    Pattern { pattern: String, why: String },
    /// A pattern that no file matches, and the option that gives it unless it is one of the results.
    #[error("no file matches `{}`{}", sanitize::value(pattern), option_suffix(*option))]
    NoMatchingFile { pattern: String, option: Option<&'static str> },
    /// A file that two patterns give different variants.
    #[error("{} is given for two variants: {} and {}", sanitize::path_value(path), quoted_variant(&variants[0]), quoted_variant(&variants[1]))]
    TwoVariants { path: PathBuf, variants: [String; 2] },
    /// A path that leads out of the directory that it has to stay in.
    #[error("{} leads out of {}", sanitize::path_value(path), sanitize::path_value(root))]
    OutsideRoot { path: PathBuf, root: PathBuf },
    /// A path to where secrets may be.
    #[error("{} is under /proc, /sys or .git, which are never read", sanitize::path_value(path))]
    ForbiddenPath { path: PathBuf },
    /// A file that is too large to be read into memory.
    #[error("{} has more than {limit} {what}", sanitize::path_value(path))]
    TooLarge { path: PathBuf, limit: u64, what: &'static str },
    /// A directory, a device or a pipe where a file is required.
    #[error("{} is {}", sanitize::path_value(path), kind.describe())]
    NotAFile { path: PathBuf, kind: FileKind, purpose: FilePurpose },
    /// An output file that cannot be written.
    #[error("cannot write {}: {why}", sanitize::path_value(path))]
    Write { path: PathBuf, why: String },
}

/// What a path names that should name a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    Directory,
    /// A symbolic link whose target does not exist.
    BrokenSymlink,
    /// A device, a pipe, or a file that no longer exists.
    Other,
}

impl FileKind {
    fn detect(path: &Path) -> FileKind {
        if path.is_dir() {
            FileKind::Directory
        } else if path.is_symlink() && !path.exists() {
            FileKind::BrokenSymlink
        } else {
            FileKind::Other
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

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilePurpose {
    /// Results are read from it.
    Results,
    /// A document, a list or a table is read from it.
    Text,
    /// An output is written to it.
    Output,
}

impl Error {
    /// The error that `path` is not a file.
    pub(super) fn not_a_file(path: &Path, purpose: FilePurpose) -> Error {
        Error::NotAFile { path: path.to_owned(), kind: FileKind::detect(path), purpose }
    }

    /// The error that a file cannot be read.
    pub(crate) fn read(path: &Path, why: impl ToString) -> Error {
        Error::Read { path: path.to_owned(), why: why.to_string() }
    }

    /// The error that a file cannot be written.
    pub(crate) fn write(path: &Path, why: impl ToString) -> Error {
        Error::Write { path: path.to_owned(), why: why.to_string() }
    }

    /// Turns the error on any file into that on a document.
    #[must_use]
    pub(super) fn into_document(self) -> Error {
        match self {
            Error::Read { path, why } => Error::Document { path, why },
            other => other,
        }
    }

    /// Turns the error on a document of an option into that on a positional argument.
    #[must_use]
    pub fn into_argument(self) -> Error {
        match self {
            Error::Document { path, why } => Error::Argument { path, why },
            other => other,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        if let Error::Pattern { pattern, .. } | Error::NoMatchingFile { pattern, .. } = self {
            let hint = hints::pattern_hint(pattern);
            return hint.unwrap_or_else(|| in_missing_directory(pattern, self.general_hint()));
        }
        if let Error::Document { path, .. }
        | Error::Argument { path, .. }
        | Error::Read { path, .. } = self
        {
            let text = path.to_string_lossy();
            let hint = hints::path_hint(path);
            return hint.unwrap_or_else(|| in_missing_directory(&text, self.general_hint()));
        }
        self.general_hint()
    }

    /// What to do about any error of its kind.
    fn general_hint(&self) -> String {
        use FilePurpose::{Output, Results, Text};
        let hint = match self {
            Error::Document { path, .. } if is_pattern(path) => {
                "documents are not named by a pattern: give `--known-failures FILE` once for each (the action's \
                 input `known-failures`: one a line)"
            }
            Error::Argument { path, .. } if is_pattern(path) => {
                "documents are not named by a pattern: name each"
            }
            Error::Document { path, .. } => {
                let name =
                    path.file_name().map_or("document".into(), |name| name.to_string_lossy());
                let name = sanitize::value(&name);
                return format!(
                    "give the path of the known failures with `--known-failures FILE` (the action's input \
                     `known-failures`); a team without a list writes {name} with `knownfail init`"
                );
            }
            Error::Argument { .. } | Error::Read { .. } => {
                "check the path and the working directory"
            }
            Error::SameDocument { .. } => "name each document once, in the order of overlays",
            Error::NotUtf8 { .. } => "save it as UTF-8",
            Error::Pattern { .. } => {
                "`*` matches part of a name, `**` directories, `{variant}` for a variant"
            }
            Error::NoMatchingFile { option: Some(option), .. } => {
                return format!(
                    "check the path and the working directory; without any, leave `{option}` out"
                );
            }
            Error::NoMatchingFile { option: None, .. } => {
                "check the path, the working directory, and that the test runner wrote its results; a run \
                 without results never passes"
            }
            Error::TwoVariants { .. } => {
                "let one pattern match it: the others should leave it out, or have the same `{variant}`"
            }
            Error::OutsideRoot { .. } => "name one inside that directory",
            Error::ForbiddenPath { .. } => "name the file itself, outside of /proc, /sys and .git",
            Error::TooLarge { .. } => "split it: several documents together are one list",
            Error::NotAFile { path, kind, purpose } => match (kind, purpose) {
                (FileKind::Directory, Results) => {
                    let pattern = path.join("**/*.xml");
                    return format!(
                        "name the files in it, in quotes: '{}'",
                        sanitize::path_value(&pattern)
                    );
                }
                (FileKind::BrokenSymlink, _) => "remove it, or point it at a file",
                (FileKind::Other, Results) => {
                    "what comes through a pipe or a device has to be written to a file first"
                }
                (FileKind::Directory, Text | Output) => "name a file in it",
                (FileKind::Other, Text | Output) => "name a regular file",
            },
            Error::Write { .. } => "check that the directory exists and can be written",
        };
        hint.to_owned()
    }
}

/// A hint, after the directory that is missing.
fn in_missing_directory(pattern: &str, hint: String) -> String {
    match hints::missing_directory(pattern) {
        Some(directory) => format!("there is no directory `{directory}`: {hint}"),
        None => hint,
    }
}

fn other_path(path: &Path, first: &Path) -> String {
    if path == first {
        String::new()
    } else {
        format!(", first as {}", sanitize::path_value(first))
    }
}

/// Whether a path that does not exist was meant as a pattern.
fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?'])
}

fn quoted_variant(variant: &str) -> String {
    match variant {
        "" => "none".to_owned(),
        variant => format!("`{}`", sanitize::value(variant)),
    }
}

fn option_suffix(option: Option<&str>) -> String {
    option.map(|name| format!(", which `{name}` names")).unwrap_or_default()
}
