//! Patterns of results files.
//!
//! A directory that cannot be read may hold a failing test, so everything that the walk cannot look at is an
//! error. The walk goes no deeper than the pattern can match, so that unrelated directories do no harm.
//!
//! Syntax: <https://docs.rs/globset/latest/globset/#syntax>, and `{variant}` for the file's variant.

use super::error::{Error, FilePurpose};
use crate::model::Variant;
use globset::GlobBuilder;
use regex::bytes::Regex;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Matches a file's variant.
const VARIANT_PLACEHOLDER: &str = "{variant}";
/// Replaces the placeholder while globset translates the pattern; must not occur in a path.
const VARIANT_MARK: &str = "KNOWNFAILvariantKNOWNFAIL";

/// Maximum number of files and directories that a pattern may visit.
const MAX_ENTRIES: u32 = 1_000_000;
const MAX_DEPTH: usize = 500;

/// The files that match a pattern, sorted; none where the directory that it begins with is missing. `variant` is
/// that of files whose pattern has no `{variant}`.
///
/// # Errors
/// A malformed pattern; a file or directory that cannot be accessed.
pub(super) fn expand(pattern: &str, variant: &Variant) -> Result<Vec<(PathBuf, Variant)>, Error> {
    let pattern_error = |why: String| Error::Pattern { pattern: pattern.to_owned(), why };
    let pattern = &normalize(pattern);
    let regex = compile(pattern).map_err(pattern_error)?;
    let base = literal_prefix(pattern);
    let depth = max_depth(pattern, &base);
    let start = if base.as_os_str().is_empty() { Path::new(".") } else { &base };
    let mut found = Vec::new();
    let entries = walkdir::WalkDir::new(start).max_depth(depth.min(MAX_DEPTH)).sort_by_file_name();
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

/// Removes empty and `.` components: the walk's paths have neither `//` nor `/./`.
fn normalize(pattern: &str) -> String {
    let parts: Vec<&str> =
        pattern.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let root = if pattern.starts_with('/') { "/" } else { "" };
    // A trailing slash is kept: only directories have one, so no file matches.
    let end = if !parts.is_empty() && pattern.ends_with('/') { "/" } else { "" };
    format!("{root}{}{end}", parts.join("/"))
}

/// A regex over whole paths, with a group for the variant.
fn compile(pattern: &str) -> Result<Regex, String> {
    let glob = GlobBuilder::new(&pattern.replace(VARIANT_PLACEHOLDER, VARIANT_MARK))
        .literal_separator(true)
        .build()
        .map_err(|error| error.kind().to_string())?;
    let regex = glob.regex().replacen(VARIANT_MARK, "(?P<variant>[^/]+?)", 1);
    if regex.contains(VARIANT_MARK) {
        return Err(format!("`{VARIANT_PLACEHOLDER}` may occur only once"));
    }
    Regex::new(&regex).map_err(|error| error.to_string())
}

/// The components of a pattern up to the first one with a wildcard.
fn literal_prefix(pattern: &str) -> PathBuf {
    let is_literal = |part: &Component<'_>| {
        !part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{', '\\'])
    };
    Path::new(pattern).components().take_while(is_literal).collect()
}

/// How many levels below its literal prefix a pattern can match, the file included.
fn max_depth(pattern: &str, base: &Path) -> usize {
    let rest = pattern.replace(VARIANT_PLACEHOLDER, VARIANT_MARK);
    // Character classes and alternatives may contain a slash.
    let is_bounded = !rest.contains("**") && !rest.contains(['[', '{', '\\']);
    let parts = Path::new(pattern).components().count();
    if is_bounded { parts - base.components().count() } else { usize::MAX }
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

/// A path as patterns and reports write it, also on Windows.
fn with_slashes(path: &Path) -> PathBuf {
    if cfg!(windows) { path.to_string_lossy().replace('\\', "/").into() } else { path.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalize_removes_empty_and_dot_parts() {
        for (written, expected) in [
            ("./r//*.xml", "r/*.xml"),
            ("r/./*/r.tap", "r/*/r.tap"),
            ("//abs///x/*", "/abs/x/*"),
            ("../r/*", "../r/*"),
            ("r/*/", "r/*/"),
            ("./", ""),
            ("/", "/"),
        ] {
            assert_eq!(normalize(written), expected);
        }
    }

    #[test]
    fn max_depth_is_the_number_of_variable_parts() {
        for (pattern, expected) in [
            ("r/*.xml", 1),
            ("*/{variant}/*.xml", 3),
            ("r/a.xml", 0),
            ("r/**/*.xml", usize::MAX),
            ("r/{a/b,c}.xml", usize::MAX),
        ] {
            assert_eq!(max_depth(pattern, &literal_prefix(pattern)), expected, "{pattern}");
        }
    }
}
