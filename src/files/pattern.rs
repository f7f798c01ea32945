//! The syntax of patterns of results files: <https://docs.rs/globset/latest/globset/#syntax>, and `{variant}` for the file's
//! variant.

use globset::GlobBuilder;
use regex::bytes::Regex;
use std::path::{Component, Path, PathBuf};

/// Matches a file's variant.
const VARIANT_PLACEHOLDER: &str = "{variant}";
/// Replaces the placeholder while globset translates the pattern; must not occur in a path.
const VARIANT_MARK: &str = "KNOWNFAILvariantKNOWNFAIL";

/// Maximum number of files and directories that a pattern may visit.
pub(super) const MAX_ENTRIES: u32 = 1_000_000;
pub(super) const MAX_DEPTH: usize = 500;

/// Removes empty and `.` components: the walk's paths have neither `//` nor `/./`.
pub(super) fn normalize(pattern: &str) -> String {
    let parts: Vec<&str> =
        pattern.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let root = if pattern.starts_with('/') { "/" } else { "" };
    // A trailing slash is kept: only directories have one, so no file matches.
    let end = if !parts.is_empty() && pattern.ends_with('/') { "/" } else { "" };
    format!("{root}{}{end}", parts.join("/"))
}

/// Whether the case of letters matters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Sensitive,
    Insensitive,
}

/// A regex over whole paths, with a group for the variant.
pub(super) fn compile(pattern: &str, case: Case) -> Result<Regex, String> {
    let glob = GlobBuilder::new(&pattern.replace(VARIANT_PLACEHOLDER, VARIANT_MARK))
        .literal_separator(true)
        .case_insensitive(case == Case::Insensitive)
        .build()
        .map_err(|error| error.kind().to_string())?;
    let regex = glob.regex().replacen(VARIANT_MARK, "(?P<variant>[^/]+?)", 1);
    if regex.contains(VARIANT_MARK) {
        return Err(format!("`{VARIANT_PLACEHOLDER}` may occur only once"));
    }
    Regex::new(&regex).map_err(|error| error.to_string())
}

/// The components of a pattern up to the first one with a wildcard.
pub(super) fn literal_prefix(pattern: &str) -> PathBuf {
    let is_literal = |part: &Component<'_>| {
        !part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{', '\\'])
    };
    Path::new(pattern).components().take_while(is_literal).collect()
}

/// How many levels below its literal prefix a pattern can match, the file included.
pub(super) fn max_depth(pattern: &str, base: &Path) -> usize {
    let rest = pattern.replace(VARIANT_PLACEHOLDER, VARIANT_MARK);
    // Character classes and alternatives may contain a slash.
    let is_bounded = !rest.contains("**") && !rest.contains(['[', '{', '\\']);
    let parts = Path::new(pattern).components().count();
    if is_bounded { parts - base.components().count() } else { usize::MAX }
}

/// A path as patterns and reports write it, also on Windows.
pub(super) fn with_slashes(path: &Path) -> PathBuf {
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
