//! The lists that a command's options name: found, read, and checked to be lists.

use crate::cli::ReadOptions;
use crate::error::{Error, Result};
use crate::files::{self, AccessRoot, display_path};
use crate::formats::Format;
use crate::known::{Document, KnownFailures, ListFile, ListFormat};
use crate::model::{Problem, ProblemKind};
use crate::report::messages;
use crate::sanitize;
use std::path::{Path, PathBuf};

/// The options with the files of each directory in its place.
///
/// # Errors
/// A directory that cannot be read; a list that is given twice.
pub(crate) fn expand(options: &ReadOptions) -> Result<ReadOptions> {
    let known_failures = expand_paths(&options.known_failures)?;
    files::ensure_distinct_documents(&known_failures)?;
    Ok(ReadOptions { known_failures, ..options.clone() })
}

/// The files of lists, sorted within each directory. Files that describe a directory are no lists.
///
/// # Errors
/// A directory that cannot be read, or has no list.
pub(crate) fn expand_paths(paths: &[PathBuf]) -> Result<Vec<PathBuf>, files::Error> {
    let mut lists = Vec::new();
    for path in paths {
        let found = files::expand_directories(std::slice::from_ref(path))?;
        let found = found.into_iter().map(|(path, _)| path);
        let before = lists.len();
        lists.extend(found.filter(|file| file == path || !describes_directory(file)));
        if lists.len() == before {
            return Err(files::Error::Document {
                path: path.clone(),
                why: "it is a directory without a list".to_owned(),
            });
        }
    }
    Ok(lists)
}

fn describes_directory(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    ["readme", "license", "copying"].iter().any(|prefix| name.starts_with(prefix))
}

/// Reads lists; `format` is theirs, or detected if there is none.
///
/// # Errors
/// A path that is not a readable file within the root; a file that is no list, or of another kind than `format`.
pub(crate) fn read(
    paths: &[PathBuf],
    format: Option<ListFormat>,
    root: &AccessRoot,
) -> Result<KnownFailures> {
    let read = |path: &PathBuf| -> Result<ListFile, files::Error> {
        Ok(ListFile::new(display_path(path), files::read_document(path, root)?, format))
    };
    read_files(paths, paths.iter().map(read).collect::<Result<_, _>>()?)
}

/// [`read`] for lists that are written again, all of whose bytes have to be preserved.
///
/// # Errors
/// Those of [`read`]; bytes that are not UTF-8.
pub(crate) fn read_for_edit(
    paths: &[PathBuf],
    format: Option<ListFormat>,
) -> Result<KnownFailures> {
    let root = &AccessRoot::Unrestricted;
    let read = |path: &PathBuf| -> Result<ListFile, files::Error> {
        let text = files::read_for_edit(path, root)?;
        Ok(ListFile::new(display_path(path), text.into_bytes(), format))
    };
    read_files(paths, paths.iter().map(read).collect::<Result<_, _>>()?)
}

fn read_files(paths: &[PathBuf], lists: Vec<ListFile>) -> Result<KnownFailures> {
    let known = KnownFailures::read_files(lists, &mut |list, included| {
        let path = paths.iter().find(|path| *display_path(path) == *list);
        let path = path.ok_or("it is not found")?;
        read_included(path, included)
    });
    for (path, document) in paths.iter().zip(known.documents()) {
        ensure_list(path, document, &known)?;
    }
    Ok(known)
}

/// Reads a file that a list includes. A list may be untrusted: it may only include files of its own directory.
fn read_included(list: &Path, included: &str) -> Result<String, String> {
    let directory = list.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new(".")).to_owned();
    let read = files::read_text(&directory.join(included), &AccessRoot::within(directory));
    read.map_err(|error| error.to_string())?
        .map_err(|bad| format!("line {} is not UTF-8", bad.line))
}

/// Makes sure that a document is a list: a wrong file would be a list without rows.
fn ensure_list(path: &Path, document: &Document, known: &KnownFailures) -> Result<()> {
    let path = path.to_owned();
    match document.format {
        None => return Err(Error::UnknownList { path }),
        Some(ListFormat::Markdown) => return Ok(()),
        Some(ListFormat::Other(kind)) if kind.is_any_text() => {
            if let Some(format) = Format::sniff(document.text.as_bytes()) {
                return Err(Error::ResultsAsList { path, format: format.name() });
            }
        }
        Some(ListFormat::Other(_)) => {}
    }
    let is_of_document = |file: &str| *file == *document.path;
    let has_rows = known.rows().iter().any(|row| is_of_document(&row.file));
    let unread = known.problems().iter().find(|problem| {
        is_of_document(&problem.file) && matches!(problem.kind, ProblemKind::UnreadEntry(_))
    });
    match (unread, document.format) {
        (Some(Problem { line, .. }), Some(format)) if !has_rows => {
            Err(Error::NoEntryOfKind { path, kind: format.name(), line: *line })
        }
        (Some(_) | None, _) => Ok(()),
    }
}

/// What is printed on each list that is no document: `radv-fails.txt: a list of the kind deqp-fails, 12 rows`.
pub(crate) fn kinds(known: &KnownFailures) -> Vec<String> {
    let line = |document: &Document| {
        let Some(ListFormat::Other(kind)) = document.format else { return None };
        let rows = known.rows().iter().filter(|row| *row.file == *document.path).count() as u64;
        let path = sanitize::single_line(&document.path);
        Some(format!("{path}: {}", messages::list_kind(kind.name(), rows)))
    };
    known.documents().iter().filter_map(line).collect()
}
