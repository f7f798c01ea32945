//! Lines and paths of lists.

use crate::known::document::lines::lines;

/// The trimmed lines of a list with their numbers from 1.
pub(super) fn numbered_lines(text: &str) -> impl Iterator<Item = (u32, &str)> + Clone {
    (1..).zip(lines(text.trim_start_matches('\u{feff}')).map(str::trim))
}

/// The lines that are neither empty nor comments.
pub(super) fn entries(text: &str) -> impl Iterator<Item = &str> + Clone {
    let lines = numbered_lines(text).map(|(_, line)| line);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The components of a path, from its end.
pub(super) fn path_parts_reversed(path: &str) -> impl Iterator<Item = &str> {
    path.rsplit(['/', '\\'])
}

/// The last component of a path.
pub(super) fn file_name(path: &str) -> &str {
    path_parts_reversed(path).next().unwrap_or_default()
}
