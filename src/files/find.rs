//! The files that the user's paths and patterns name.

use super::access::{AccessRoot, SafePath};
use super::error::{Error, FilePurpose};
use super::glob;
use crate::model::Variant;
use crate::sanitize;
use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One file that a pattern matched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MatchedFile {
    /// As the user would write it.
    pub path: PathBuf,
    pub variant: Variant,
    pub safe_path: SafePath,
}

impl MatchedFile {
    /// Whether it is the file at this path.
    pub fn is_at(&self, path: &Path) -> bool {
        fs::canonicalize(path).is_ok_and(|path| path == self.safe_path.canonical())
    }
}

/// Finds the files of some patterns, sorted. A pattern that is the path of an existing file matches that file,
/// whatever characters it has. A file with several paths is found once, by the first. `option` is the one that gives the
/// patterns; `None` for the results.
///
/// # Errors
/// A malformed pattern, or one that nothing matches; a file that may not be read, or that has two variants.
pub fn find(
    patterns: &[String],
    variant: &Variant,
    root: &AccessRoot,
    option: Option<&'static str>,
) -> Result<Vec<MatchedFile>, Error> {
    let (mut found, mut seen): (Vec<MatchedFile>, HashMap<PathBuf, usize>) = Default::default();
    for pattern in patterns {
        let files = match Path::new(pattern) {
            path if path.is_file() => vec![(path.to_owned(), variant.clone())],
            path if path.exists() => return Err(Error::not_a_file(path, FilePurpose::Results)),
            _ => glob::expand(pattern, variant)?,
        };
        if files.is_empty() {
            return Err(Error::NoMatchingFile { pattern: pattern.clone(), option });
        }
        for (path, variant) in files {
            let file = MatchedFile { safe_path: SafePath::resolve(&path, root)?, path, variant };
            match seen.entry(file.safe_path.canonical()) {
                Entry::Vacant(entry) => {
                    entry.insert(found.len());
                    found.push(file);
                }
                Entry::Occupied(entry) => {
                    let variants = [found[*entry.get()].variant.as_str(), file.variant.as_str()];
                    if variants[0] != variants[1] {
                        let variants = variants.map(str::to_owned);
                        return Err(Error::TwoVariants { path: file.path, variants });
                    }
                }
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Extensions of compressed files.
const COMPRESSED_EXTENSIONS: [&str; 3] = ["gz", "bz2", "zst"];

/// A file's name without its extension, and without that of its compression.
pub fn stem(path: &Path) -> Cow<'_, str> {
    let extension = path.extension();
    let is_compressed =
        extension.is_some_and(|extension| COMPRESSED_EXTENSIONS.iter().any(|it| extension == *it));
    let stem = path.file_stem().map(Path::new);
    let stem =
        if is_compressed { stem.and_then(Path::file_stem) } else { stem.map(Path::as_os_str) };
    stem.map(|stem| stem.to_string_lossy()).unwrap_or_default()
}

/// A path as links and patches need it: relative to the working directory where it is below that, and sanitized.
pub fn display_path(path: &Path) -> Arc<str> {
    let current_dir = std::env::current_dir().unwrap_or_default();
    let relative =
        path.strip_prefix(&current_dir).ok().filter(|relative| !relative.as_os_str().is_empty());
    sanitize::path(relative.unwrap_or(path)).into()
}

/// How a file was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    /// The user named it.
    Path,
    /// It is in a directory that the user named.
    Directory,
}

/// Whether a file of this name is in a directory only by accident: hidden, or an editor's backup.
pub fn is_hidden_or_backup(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~')
}

/// These paths, and in place of each directory the files in it: sorted, without hidden files and editors' backups.
///
/// # Errors
/// A directory that cannot be read.
pub fn expand_directories(paths: &[PathBuf]) -> Result<Vec<(PathBuf, FoundBy)>, Error> {
    let mut found = Vec::new();
    for path in paths {
        if !path.is_dir() {
            found.push((path.clone(), FoundBy::Path));
            continue;
        }
        let mut inside = Vec::new();
        for entry in fs::read_dir(path).map_err(|error| Error::read(path, error))? {
            let entry = entry.map_err(|error| Error::read(path, error))?.path();
            let name = entry.file_name().unwrap_or_default().to_string_lossy();
            if entry.is_file() && !is_hidden_or_backup(&name) {
                inside.push(entry);
            }
        }
        inside.sort();
        found.extend(inside.into_iter().map(|path| (path, FoundBy::Directory)));
    }
    Ok(found)
}
