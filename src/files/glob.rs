//! Patterns of results files.
//!
//! A directory that cannot be read may hold a failing test, so everything that the walk cannot look at is an
//! error. The walk goes no deeper than the pattern can match, so that unrelated directories do no harm.

use super::error::{Error, FilePurpose};
use super::pattern::{
    Case, MAX_DEPTH, MAX_ENTRIES, compile, literal_prefix, max_depth, normalize, with_slashes,
};
use crate::model::Variant;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The files that match a pattern, sorted; none where the directory that it begins with is missing. `variant` is
/// that of files whose pattern has no `{variant}`.
///
/// # Errors
/// A malformed pattern; a file or directory that cannot be accessed.
pub(super) fn expand(pattern: &str, variant: &Variant) -> Result<Vec<(PathBuf, Variant)>, Error> {
    let pattern_error = |why: String| Error::Pattern { pattern: pattern.to_owned(), why };
    let pattern = &normalize(pattern);
    let regex = compile(pattern, Case::Sensitive).map_err(pattern_error)?;
    let base = literal_prefix(pattern);
    let depth = max_depth(pattern, &base);
    // A pattern without such a prefix matches what is in the working directory, and not that itself.
    let (start, min_depth) =
        if base.as_os_str().is_empty() { (Path::new("."), 1) } else { (&*base, 0) };
    let mut found = Vec::new();
    let entries = walkdir::WalkDir::new(start).min_depth(min_depth);
    let entries = entries.max_depth(depth.min(MAX_DEPTH)).sort_by_file_name();
    for (count, entry) in (1..).zip(entries) {
        if count > MAX_ENTRIES {
            return Err(pattern_error(format!("it would visit more than {MAX_ENTRIES} files")));
        }
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if is_missing_root(&error) => return Ok(Vec::new()),
            Err(error) => return Err(walk_error(start, &error)),
        };
        if entry.depth() == MAX_DEPTH && depth > MAX_DEPTH && entry.file_type().is_dir() {
            let why = format!("it is more than {MAX_DEPTH} directories below {}", start.display());
            return Err(Error::read(entry.path(), why));
        }
        let path = with_slashes(entry.path().strip_prefix("./").unwrap_or(entry.path()));
        let Some(groups) = regex.captures(path.as_os_str().as_encoded_bytes()) else { continue };
        let name = groups.name("variant").map(|name| String::from_utf8_lossy(name.as_bytes()));
        let variant = name.map_or_else(|| variant.clone(), |name| Variant::new(&name));
        if is_file(&path)? {
            found.push((path, variant));
        }
    }
    Ok(found)
}

/// Whether a path is a file; a broken link or an inaccessible file is an error, so that it cannot be overlooked.
fn is_file(path: &Path) -> Result<bool, Error> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(metadata.is_file()),
        Err(_) if path.is_symlink() => Err(Error::not_a_file(path, FilePurpose::Results)),
        Err(error) => Err(Error::read(path, error)),
    }
}

/// Whether the directory that the walk starts in does not exist.
fn is_missing_root(error: &walkdir::Error) -> bool {
    let kind = error.io_error().map(io::Error::kind);
    error.depth() == 0
        && matches!(kind, Some(io::ErrorKind::NotFound | io::ErrorKind::NotADirectory))
}

fn walk_error(start: &Path, error: &walkdir::Error) -> Error {
    let path = error.path().unwrap_or(start);
    let path = path.strip_prefix("./").unwrap_or(path);
    Error::read(path, error.io_error().map_or_else(|| error.to_string(), io::Error::to_string))
}
