//! A pattern of results files, and the files that it matches.
//!
//! In: what the user wrote, with `*`, `**` and `{variant}`. Out: paths with their variants, sorted. A
//! newcomer's trap: a directory that cannot be read may hold a failing test, so everything that the walk
//! could not look at is an error; and it looks no deeper than the pattern reaches, so that a directory
//! that nobody means does no harm.
//!
//! Syntax: <https://docs.rs/globset/latest/globset/#syntax>

use crate::error::{Error, FilePurpose};
use crate::model::Variant;
use globset::GlobBuilder;
use regex::bytes::Regex;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// What stands for a file's variant in a pattern.
const VARIANT_PLACEHOLDER: &str = "{variant}";
/// The same while a pattern is turned into an expression; not part of any path that anybody has.
const VARIANT_MARK: &str = "KNOWNFAILvariantKNOWNFAIL";

/// Files and directories that a pattern may look at, and how deep.
const MAX_ENTRIES: u32 = 1_000_000;
const MAX_DEPTH: usize = 500;

/// The files that match a pattern, sorted; none where the directory that it begins with is missing.
///
/// # Errors
/// A pattern that cannot be read; a file or a directory that cannot be looked at.
pub(crate) fn expand(pattern: &str, variant: &Variant) -> Result<Vec<(PathBuf, Variant)>, Error> {
    let unreadable = |why: String| Error::Pattern { pattern: pattern.to_owned(), why };
    let pattern = &normalize(pattern);
    let regex = compile(pattern).map_err(unreadable)?;
    let base = literal_prefix(pattern);
    let depth = max_depth(pattern, &base);
    let start = if base.as_os_str().is_empty() { Path::new(".") } else { &base };
    let mut found = Vec::new();
    let entries = walkdir::WalkDir::new(start).max_depth(depth.min(MAX_DEPTH)).sort_by_file_name();
    for (count, entry) in (1..).zip(entries) {
        if count > MAX_ENTRIES {
            return Err(unreadable(format!("more than {MAX_ENTRIES} files stand where it looks")));
        }
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if is_missing_root(&error) => return Ok(Vec::new()),
            Err(error) => return Err(walk_error(start, &error)),
        };
        if entry.depth() == MAX_DEPTH && depth > MAX_DEPTH && entry.file_type().is_dir() {
            let why =
                format!("it stands more than {MAX_DEPTH} directories below {}", start.display());
            return Err(Error::Read { path: entry.into_path(), why });
        }
        let path = with_slashes(entry.path().strip_prefix("./").unwrap_or(entry.path()));
        let Some(parts) = regex.captures(path.as_os_str().as_encoded_bytes()) else { continue };
        let variant_name =
            parts.name("variant").map(|name| String::from_utf8_lossy(name.as_bytes()));
        let variant = variant_name.map_or_else(|| variant.clone(), |name| Variant::new(&name));
        if is_file(&path)? {
            found.push((path, variant));
        }
    }
    Ok(found)
}

/// A pattern without the parts that name nothing: the walk has no `//` and no `/./` in its paths.
fn normalize(pattern: &str) -> String {
    let parts: Vec<&str> =
        pattern.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let root = if pattern.starts_with('/') { "/" } else { "" };
    // Only directories have a slash at their end, and no file may match for want of it.
    let end = if !parts.is_empty() && pattern.ends_with('/') { "/" } else { "" };
    format!("{root}{}{end}", parts.join("/"))
}

/// What matches the paths, the variant as a group of its own; or else why there is none.
fn compile(pattern: &str) -> Result<Regex, String> {
    let glob = GlobBuilder::new(&pattern.replace(VARIANT_PLACEHOLDER, VARIANT_MARK))
        .literal_separator(true)
        .build()
        .map_err(|error| error.kind().to_string())?;
    let regex = glob.regex().replacen(VARIANT_MARK, "(?P<variant>[^/]+?)", 1);
    match regex.contains(VARIANT_MARK) {
        true => Err(format!("`{VARIANT_PLACEHOLDER}` may stand in it once")),
        false => Regex::new(&regex).map_err(|error| error.to_string()),
    }
}

/// The directories of a pattern before the first one with a wildcard.
fn literal_prefix(pattern: &str) -> PathBuf {
    let path = Path::new(pattern);
    let is_literal = |part: &Component<'_>| {
        !part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{', '\\'])
    };
    path.components().take_while(is_literal).collect()
}

/// How many directories below its fixed part a pattern can match something, the file included.
fn max_depth(pattern: &str, base: &Path) -> usize {
    let rest = pattern.replace(VARIANT_PLACEHOLDER, VARIANT_MARK);
    // A set and alternatives may hold a slash.
    let is_bounded = !rest.contains("**") && !rest.contains(['[', '{', '\\']);
    let parts = Path::new(pattern).components().count();
    if is_bounded { parts - base.components().count() } else { usize::MAX }
}

/// Whether a path is a file. Results that are gone or out of reach must not look like none.
fn is_file(path: &Path) -> Result<bool, Error> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(metadata.is_file()),
        Err(_) if path.is_symlink() => Err(Error::not_a_file(path, FilePurpose::Results)),
        Err(error) => Err(Error::Read { path: path.to_owned(), why: error.to_string() }),
    }
}

/// Whether a walk ended before it began, since there is no such directory.
fn is_missing_root(error: &walkdir::Error) -> bool {
    let kind = error.io_error().map(io::Error::kind);
    error.depth() == 0
        && matches!(kind, Some(io::ErrorKind::NotFound | io::ErrorKind::NotADirectory))
}

/// What a walk could not look at.
fn walk_error(start: &Path, error: &walkdir::Error) -> Error {
    let path = error.path().unwrap_or(start);
    let path = path.strip_prefix("./").unwrap_or(path).to_owned();
    let why = error.io_error().map_or_else(|| error.to_string(), io::Error::to_string);
    Error::Read { path, why }
}

/// A path as patterns are written and reports show it: Windows has backslashes in it.
fn with_slashes(path: &Path) -> PathBuf {
    match cfg!(windows) {
        true => path.to_string_lossy().replace('\\', "/").into(),
        false => path.to_owned(),
    }
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
            assert_eq!(super::normalize(written), expected);
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
