//! The lists that a command's options name: found, read, and checked to be lists.

use crate::cli::ReadOptions;
use crate::error::{Error, Result};
use crate::files::{self, AccessRoot, NotUtf8, display_path};
use crate::formats::Format;
use crate::known::{Document, KnownFailures, ListFile, ListFormat};
use crate::model::{Problem, ProblemKind};
use crate::report::messages;
use crate::sanitize;
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Maximum number of lists in a directory: the action reads each through GitHub's API.
const MAX_IN_DIRECTORY: usize = 500;
/// Maximum size of all lists together, in bytes.
const MAX_TOTAL_SIZE: usize = 64 << 20;

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
        if !path.is_dir() {
            lists.push(path.clone());
            continue;
        }
        let found = files::expand_directories(std::slice::from_ref(path))?;
        let found = found.into_iter().map(|(path, _)| path);
        let found = found.filter(|file| is_list_name(&file_name(file)));
        lists.extend(bounded(path, found.collect())?);
    }
    Ok(lists)
}

fn file_name(path: &Path) -> Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

/// The lists of a directory, if they are some, and not too many.
///
/// # Errors
/// No list, or too many.
pub(crate) fn bounded<T>(directory: &Path, lists: Vec<T>) -> Result<Vec<T>, files::Error> {
    let why = match lists.len() {
        0 => "it is a directory without a list".to_owned(),
        1..=MAX_IN_DIRECTORY => return Ok(lists),
        n => format!("the directory has {n} lists, more than {MAX_IN_DIRECTORY}"),
    };
    Err(files::Error::Document { path: directory.to_owned(), why })
}

/// Whether a file of this name in a directory is a list: not if it is hidden, a backup, or describes the directory.
pub(crate) fn is_list_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let describes = ["readme", "license", "copying"].iter().any(|prefix| lower.starts_with(prefix));
    !describes && !files::is_hidden_or_backup(name)
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
    parse(paths, lists, &mut |list, included| read_included(list, included))
}

/// Reads texts of lists; `paths` are theirs. `load` reads a file that a list includes, by the path of the list.
///
/// # Errors
/// A file that is no list, or of another kind than it is given as; too many bytes in all.
pub(crate) fn parse(
    paths: &[PathBuf],
    lists: Vec<ListFile>,
    load: &mut dyn FnMut(&Path, &str) -> Result<String, String>,
) -> Result<KnownFailures> {
    ensure_total_size(paths, &lists)?;
    let given_formats: Vec<Option<ListFormat>> = lists.iter().map(|list| list.format).collect();
    let known = read_texts(paths, lists, load);
    for ((path, given), document) in paths.iter().zip(given_formats).zip(known.documents()) {
        if given.is_none() && !ListFormat::is_declared(&document.text) {
            ensure_not_results(path, document)?;
        }
        ensure_list(path, document, &known)?;
    }
    Ok(known)
}

/// [`parse`] for versions of lists that judge nothing, which may be anything.
pub(crate) fn read_texts(
    paths: &[PathBuf],
    lists: Vec<ListFile>,
    load: &mut dyn FnMut(&Path, &str) -> Result<String, String>,
) -> KnownFailures {
    KnownFailures::read_files(lists, &mut |list, included| {
        let path = paths.iter().find(|path| *display_path(path) == *list);
        load(path.ok_or("it is not found")?, included)
    })
}

fn ensure_total_size(paths: &[PathBuf], lists: &[ListFile]) -> Result<(), files::Error> {
    let mut left = MAX_TOTAL_SIZE;
    for (path, list) in paths.iter().zip(lists) {
        let (path, size) = (path.clone(), list.bytes.len());
        let (limit, what) = (MAX_TOTAL_SIZE as u64, "bytes with the lists before it");
        left = left.checked_sub(size).ok_or(files::Error::TooLarge { path, limit, what })?;
    }
    Ok(())
}

/// Reads a file that a list includes, as text where it is UTF-8. A list may be untrusted: it may only include files of its
/// own directory.
///
/// # Errors
/// A path that is not a readable file of that directory.
pub(crate) fn read_sibling(
    list: &Path,
    included: &str,
) -> Result<Result<String, NotUtf8>, files::Error> {
    let directory = list.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new(".")).to_owned();
    files::read_text(&directory.join(included), &AccessRoot::within(directory))
}

fn read_included(list: &Path, included: &str) -> Result<String, String> {
    let read = read_sibling(list, included).map_err(|error| error.to_string())?;
    read.map_err(|bad| format!("line {} is not UTF-8", bad.line))
}

/// Makes sure that what could be a plain list, as any text could, is not a file of results.
fn ensure_not_results(path: &Path, document: &Document) -> Result<()> {
    let plain = document.format.filter(|format| format.is_plain());
    match plain.and_then(|_| Format::sniff(document.text.as_bytes())) {
        Some(format) => Err(Error::ResultsAsList { path: path.to_owned(), format: format.name() }),
        None => Ok(()),
    }
}

/// Makes sure that a document is a list: a wrong file would be a list without rows.
fn ensure_list(path: &Path, document: &Document, known: &KnownFailures) -> Result<()> {
    let path = path.to_owned();
    match document.format {
        None => return Err(Error::UnknownList { path }),
        Some(ListFormat::Markdown) => return Ok(()),
        Some(ListFormat::Other(_)) => {}
    }
    let is_of_document = |file: &str| *file == *document.path;
    let mut has_entries = known.rows().iter().any(|row| is_of_document(&row.file));
    let mut unread = None;
    for problem in known.problems().iter().filter(|problem| is_of_document(&problem.file)) {
        if let ProblemKind::UnreadEntry(entry) = &problem.kind {
            has_entries |= entry.is_superseded();
            unread = unread.or(Some(problem));
        }
    }
    match (unread, document.format) {
        (Some(Problem { line, .. }), Some(format)) if !has_entries => {
            Err(Error::NoEntryOfKind { path, kind: format.name(), line: *line })
        }
        (Some(_) | None, _) => Ok(()),
    }
}

/// As many lists of a kind in one directory are named; more are counted.
const MAX_NAMED_LISTS: usize = 3;

/// Lists of a kind in one directory.
struct ListGroup<'a> {
    directory: &'a str,
    kind: &'static str,
    /// The path of each, with the number of its rows.
    lists: Vec<(&'a str, u64)>,
}

/// What is printed on the lists that are no documents: `radv-fails.txt: a list of the kind deqp-fails, 12 rows`.
pub(crate) fn kinds(known: &KnownFailures) -> Vec<String> {
    let mut row_counts: HashMap<&str, u64> = HashMap::new();
    for row in known.rows() {
        *row_counts.entry(&row.file).or_default() += 1;
    }
    let mut groups: Vec<ListGroup> = Vec::new();
    for document in known.documents() {
        let Some(ListFormat::Other(kind)) = document.format else { continue };
        let (path, kind) = (&*document.path, kind.name());
        let directory = path.rsplit_once('/').map_or(".", |(directory, _)| directory);
        let list = (path, row_counts.get(path).copied().unwrap_or(0));
        match groups.iter_mut().find(|g| (g.directory, g.kind) == (directory, kind)) {
            Some(group) => group.lists.push(list),
            None => groups.push(ListGroup { directory, kind, lists: vec![list] }),
        }
    }
    groups.iter().flat_map(ListGroup::lines).collect()
}

impl ListGroup<'_> {
    fn lines(&self) -> Vec<String> {
        let line = |path: &str, text: String| format!("{}: {text}", sanitize::single_line(path));
        if self.lists.len() > MAX_NAMED_LISTS {
            let rows = self.lists.iter().map(|(_, rows)| rows).sum();
            let text = messages::list_kinds(self.kind, self.lists.len() as u64, rows);
            return vec![line(self.directory, text)];
        }
        let lists = self.lists.iter();
        lists.map(|(path, rows)| line(path, messages::list_kind(self.kind, *rows))).collect()
    }
}
