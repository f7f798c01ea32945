//! A pattern of results files, and the files that it matches.
//!
//! In: what the user wrote, with `*`, `**` and `{variant}`. Out: paths with their variants, sorted. A
//! newcomer's trap: a directory that cannot be read may hold a failing test, so everything that the walk
//! could not look at is an error; and it looks no deeper than the pattern reaches, so that a directory
//! that nobody means does no harm.
//!
//! Syntax: <https://docs.rs/globset/latest/globset/#syntax>

use crate::error::{Error, Wanted};
use crate::model::Variant;
use globset::GlobBuilder;
use regex::bytes::Regex;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// What stands for a file's variant in a pattern.
const VARIANT: &str = "{variant}";
/// The same while a pattern is turned into an expression; not part of any path that anybody has.
const VARIANT_MARK: &str = "KNOWNFAILvariantKNOWNFAIL";

/// Files and directories that a pattern may look at, and how deep.
const MOST_ENTRIES: u32 = 1_000_000;
const DEEPEST: usize = 500;

/// The files that match a pattern, sorted; none where the directory that it begins with is missing.
///
/// # Errors
/// A pattern that cannot be read; a file or a directory that cannot be looked at.
pub fn matching(pattern: &str, variant: &Variant) -> Result<Vec<(PathBuf, Variant)>, Error> {
    let unreadable = |why: String| Error::Pattern { pattern: pattern.to_owned(), why };
    let pattern = &normal(pattern);
    let regex = expression(pattern).map_err(unreadable)?;
    let base = fixed_part(pattern);
    let reach = reach(pattern, &base);
    let start = if base.as_os_str().is_empty() { Path::new(".") } else { &base };
    let mut found = Vec::new();
    let entries = walkdir::WalkDir::new(start).max_depth(reach.min(DEEPEST)).sort_by_file_name();
    for (number, entry) in (1..).zip(entries) {
        if number > MOST_ENTRIES {
            return Err(unreadable(format!("more than {MOST_ENTRIES} files stand where it looks")));
        }
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if is_missing_start(&error) => return Ok(Vec::new()),
            Err(error) => return Err(not_looked_at(start, &error)),
        };
        if entry.depth() == DEEPEST && reach > DEEPEST && entry.file_type().is_dir() {
            let why =
                format!("it stands more than {DEEPEST} directories below {}", start.display());
            return Err(Error::Read { path: entry.into_path(), why });
        }
        let path = with_slashes(entry.path().strip_prefix("./").unwrap_or(entry.path()));
        let Some(parts) = regex.captures(path.as_os_str().as_encoded_bytes()) else { continue };
        let named = parts.name("variant").map(|name| String::from_utf8_lossy(name.as_bytes()));
        let variant = named.map_or_else(|| variant.clone(), |name| Variant::new(&name));
        if is_file(&path)? {
            found.push((path, variant));
        }
    }
    Ok(found)
}

/// A pattern without the parts that name nothing: the walk has no `//` and no `/./` in its paths.
fn normal(pattern: &str) -> String {
    let parts: Vec<&str> =
        pattern.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let root = if pattern.starts_with('/') { "/" } else { "" };
    // Only directories have a slash at their end, and no file may match for want of it.
    let end = if !parts.is_empty() && pattern.ends_with('/') { "/" } else { "" };
    format!("{root}{}{end}", parts.join("/"))
}

/// What matches the paths, the variant as a group of its own; or else why there is none.
fn expression(pattern: &str) -> Result<Regex, String> {
    let glob = GlobBuilder::new(&pattern.replace(VARIANT, VARIANT_MARK))
        .literal_separator(true)
        .build()
        .map_err(|error| error.kind().to_string())?;
    let regex = glob.regex().replacen(VARIANT_MARK, "(?P<variant>[^/]+?)", 1);
    match regex.contains(VARIANT_MARK) {
        true => Err(format!("`{VARIANT}` may stand in it once")),
        false => Regex::new(&regex).map_err(|error| error.to_string()),
    }
}

/// The directories of a pattern before the first one with a wildcard.
fn fixed_part(pattern: &str) -> PathBuf {
    let path = Path::new(pattern);
    let fixed = |part: &Component<'_>| {
        !part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{', '\\'])
    };
    path.components().take_while(fixed).collect()
}

/// How many directories below its fixed part a pattern can match something, the file included.
fn reach(pattern: &str, base: &Path) -> usize {
    let rest = pattern.replace(VARIANT, VARIANT_MARK);
    // A set and alternatives may hold a slash.
    let is_bounded = !rest.contains("**") && !rest.contains(['[', '{', '\\']);
    let parts = Path::new(pattern).components().count();
    if is_bounded { parts - base.components().count() } else { usize::MAX }
}

/// Whether a path is a file. Results that are gone or out of reach must not look like none.
fn is_file(path: &Path) -> Result<bool, Error> {
    match fs::metadata(path) {
        Ok(there) => Ok(there.is_file()),
        Err(_) if path.is_symlink() => Err(Error::no_file(path, Wanted::Results)),
        Err(error) => Err(Error::Read { path: path.to_owned(), why: error.to_string() }),
    }
}

/// Whether a walk ended before it began, since there is no such directory.
fn is_missing_start(error: &walkdir::Error) -> bool {
    let kind = error.io_error().map(io::Error::kind);
    error.depth() == 0
        && matches!(kind, Some(io::ErrorKind::NotFound | io::ErrorKind::NotADirectory))
}

/// What a walk could not look at.
fn not_looked_at(start: &Path, error: &walkdir::Error) -> Error {
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
    fn a_pattern_has_no_parts_that_name_nothing() {
        for (written, normal) in [
            ("./r//*.xml", "r/*.xml"),
            ("r/./*/r.tap", "r/*/r.tap"),
            ("//abs///x/*", "/abs/x/*"),
            ("../r/*", "../r/*"),
            ("r/*/", "r/*/"),
            ("./", ""),
            ("/", "/"),
        ] {
            assert_eq!(super::normal(written), normal);
        }
    }

    #[test]
    fn a_pattern_reaches_as_deep_as_its_parts() {
        for (pattern, expected) in [
            ("r/*.xml", 1),
            ("*/{variant}/*.xml", 3),
            ("r/a.xml", 0),
            ("r/**/*.xml", usize::MAX),
            ("r/{a/b,c}.xml", usize::MAX),
        ] {
            assert_eq!(reach(pattern, &fixed_part(pattern)), expected, "{pattern}");
        }
    }
}
