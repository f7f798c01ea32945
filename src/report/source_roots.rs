//! Paths of source files relative to where a report is, whichever machine or container ran the tests.

use std::borrow::Cow;
use std::path::PathBuf;

/// The directories in which the repository was checked out.
#[derive(Debug, Clone, Default)]
pub struct SourceRoots {
    /// Absolute, with `/` between their parts and none at the end.
    roots: Vec<String>,
    /// The directory of the repository that a report's paths are relative to; empty, or ends in a slash.
    directory: String,
}

/// The directories in which GitHub's runners check out `NAME` as `NAME/NAME`: on Linux and macOS, on a machine of
/// one's own, on Windows, in a job's container.
const RUNNER_DIRECTORIES: [&str; 4] = ["work", "_work", "a", "__w"];

impl SourceRoots {
    /// Directories that hold the repository, and the directory in it that the paths of a report are relative to: empty,
    /// or with a slash at its end.
    pub fn new(
        roots: impl IntoIterator<Item = PathBuf>,
        directory: impl Into<String>,
    ) -> SourceRoots {
        let root =
            |path: PathBuf| with_slashes(&path.to_string_lossy()).trim_end_matches('/').to_owned();
        let roots = roots.into_iter().map(root);
        let roots = roots.filter(|root| !root.is_empty()).collect();
        SourceRoots { roots, directory: directory.into() }
    }

    /// A path as a runner printed it, relative to the report's directory where it is in the repository.
    pub(crate) fn relative<'p>(&self, path: &'p str) -> Cow<'p, str> {
        let local = path.strip_prefix("file://").map_or(Cow::Borrowed(path), path_of_url);
        let slashed = with_slashes(&local);
        let slashed = match slashed.strip_prefix('/') {
            Some(drive) if has_drive(drive) => drive,
            Some(_) | None => &slashed,
        };
        let normalized = if is_plain(slashed.trim_start_matches('/')) {
            Cow::Borrowed(slashed)
        } else {
            Cow::Owned(normalize(slashed))
        };
        let slashed = &*normalized;
        if !slashed.starts_with('/') && !has_drive(slashed) {
            let is_same = slashed == path;
            return if is_same { Cow::Borrowed(path) } else { Cow::Owned(slashed.to_owned()) };
        }
        let inside = self.roots.iter().find_map(|root| strip_root(slashed, root));
        let inside = inside.or_else(|| checked_out(slashed));
        inside.map_or(Cow::Borrowed(path), |inside| from_directory(&self.directory, inside).into())
    }
}

/// A path from the repository's root, from a directory in it.
fn from_directory(directory: &str, path: &str) -> String {
    let parts = Vec::from_iter(directory.split_terminator('/'));
    let (mut above, mut rest) = (&parts[..], path);
    while let ([first, others @ ..], Some((part, inside))) = (above, rest.split_once('/'))
        && part == *first
    {
        (above, rest) = (others, inside);
    }
    "../".repeat(above.len()) + rest
}

/// The path in the rest of a file's URL, after `file://`.
fn path_of_url(rest: &str) -> Cow<'_, str> {
    let path = rest.strip_prefix("localhost").filter(|path| path.starts_with('/')).unwrap_or(rest);
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut parts = path.split('%');
    bytes.extend_from_slice(parts.next().unwrap_or("").as_bytes());
    for part in parts {
        let code = part.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok());
        let (byte, rest) = code.map_or((b'%', part), |code| (code, &part[2..]));
        bytes.push(byte);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(path), Cow::Owned)
}

/// With `/` for the `\` of Windows, which a path with a `/` may have in its names.
fn with_slashes(path: &str) -> Cow<'_, str> {
    let is_windows = path.contains('\\') && (has_drive(path) || !path.contains('/'));
    if is_windows { Cow::Owned(path.replace('\\', "/")) } else { Cow::Borrowed(path) }
}

/// Whether a path begins with `C:/` or `C:\`.
fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic())
}

/// What follows a directory in a path. The letter of a drive may be in either case.
fn strip_root<'p>(path: &'p str, root: &str) -> Option<&'p str> {
    let (start, rest) = path.split_at_checked(root.len())?;
    let is_root = if has_drive(path) { start.eq_ignore_ascii_case(root) } else { start == root };
    rest.strip_prefix('/').filter(|_| is_root)
}

/// What follows the directory of a checkout by GitHub's runner in a path.
fn checked_out(path: &str) -> Option<&str> {
    if let Some(inside) = path.strip_prefix("/github/workspace/") {
        return Some(inside);
    }
    let parts: Vec<&str> = path.splitn(12, '/').collect();
    let is_checkout =
        |parts: &[&str]| RUNNER_DIRECTORIES.contains(&parts[0]) && parts[1] == parts[2];
    let index = parts.windows(3).position(is_checkout)?;
    let len: usize = parts[..index + 3].iter().map(|part| part.len() + 1).sum();
    path.get(len..)
}

fn is_plain(path: &str) -> bool {
    !path.split('/').any(|part| matches!(part, "" | "." | ".."))
}

/// A path without `.` and empty parts, and with `..` only at its start.
fn normalize(path: &str) -> String {
    let root = if path.starts_with('/') { "/" } else { "" };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match (part, parts.last()) {
            ("" | ".", _) => {}
            ("..", Some(last)) if *last != ".." => {
                parts.pop();
            }
            (part, _) => parts.push(part),
        }
    }
    format!("{root}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_inside_a_checkout_are_relative() {
        let roots = ["/tmp/checkout", r"E:\build\app"].map(PathBuf::from);
        let roots = SourceRoots::new(roots, "");
        for (path, expected) in [
            ("src/a.c", "src/a.c"),
            ("./src//a.c", "src/a.c"),
            ("src/x/../a.c", "src/a.c"),
            (r"src\sub\a.cs", "src/sub/a.cs"),
            ("/tmp/checkout/src/a.c", "src/a.c"),
            ("file:///tmp/checkout/src/a.c", "src/a.c"),
            ("/tmp/checkout-2/src/a.c", "/tmp/checkout-2/src/a.c"),
            (r"e:\Build\app\src\a.cs", "src/a.cs"),
            ("/github/workspace/src/a.c", "src/a.c"),
            ("/runner/work/repo/repo/src/a.c", "src/a.c"),
            ("/volume/work/repo/repo/a.swift", "a.swift"),
            ("/opt/actions-runner/_work/repo/repo/src/a.c", "src/a.c"),
            ("/__w/repo/repo/src/a.c", "src/a.c"),
            (r"D:\a\repo\repo\src\a.cs", "src/a.cs"),
            ("file:///D:/a/repo/repo/src/a.js", "src/a.js"),
            ("file:///tmp/checkout/my%20dir/50%25%.js", "my dir/50%%.js"),
            ("file://localhost/tmp/checkout/a.js", "a.js"),
            ("/tmp/checkout/build/../src//a.c", "src/a.c"),
            ("/tmp/checkout/../checkout/src/a.c", "src/a.c"),
            ("/tmp/checkout/../a.c", "/tmp/checkout/../a.c"),
            ("/usr/lib/python3/a.py", "/usr/lib/python3/a.py"),
            ("/srv/repo/repo/a.py", "/srv/repo/repo/a.py"),
            ("/runner/work/repo/repo", "/runner/work/repo/repo"),
            ("../a.c", "../a.c"),
            (r"a\b/c", r"a\b/c"),
            ("", ""),
        ] {
            assert_eq!(roots.relative(path), expected, "{path}");
        }
    }

    #[test]
    fn paths_are_relative_to_the_directory_of_the_report() {
        let roots = SourceRoots::new(["/work/repo".into()], "tests/smb/");
        for (path, expected) in [
            ("a.t", "a.t"),
            ("../a.t", "../a.t"),
            ("./x/../../b//a.t", "../b/a.t"),
            ("/work/repo/tests/smb/x/a.t", "x/a.t"),
            ("/work/repo/tests/smb2/a.t", "../smb2/a.t"),
            ("/work/repo/a.t", "../../a.t"),
            ("/__w/repo/repo/tests/smb/a.t", "a.t"),
            ("/__w/repo/repo/src/a.t", "../../src/a.t"),
            ("/github/workspace/tests/a.t", "../a.t"),
            (r"D:\a\repo\repo\src\a.t", "../../src/a.t"),
            ("file:///work/repo/src/a.t", "../../src/a.t"),
            ("/work/repo/tests/smb", "../smb"),
            ("/usr/include/a.h", "/usr/include/a.h"),
        ] {
            assert_eq!(roots.relative(path), expected, "{path}");
        }
    }
}
