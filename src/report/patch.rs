//! Unified diffs of documents, for `git apply` and `patch -p1`.
//!
//! Both programs take lines that end in `\n`: a `\r` in them is kept, and a document with no other line ends is a single
//! line. Both refuse `..` in a name, and `patch` ends a name at a blank unless a tab follows it.

use super::messages;
use crate::known::{Document, KnownFailures, RowId, Successors, edit, remove_rows};
use crate::model::Variant;
use similar::{Change, ChangeTag, TextDiff};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Lines around a change that a diff has, as git's.
pub const CONTEXT: usize = 3;

/// Rows that are removed from one document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patch {
    /// The document's path as the user gave it.
    pub file: String,
    /// The document's whole text.
    pub text: String,
    /// The lines of the rows.
    pub rows: BTreeSet<u32>,
    /// The lines of directives that would apply to other rows without theirs; they go with these.
    pub directives: BTreeSet<u32>,
    /// The lines of the rows that can be removed without the others: the list excuses no more then.
    pub separable: BTreeSet<u32>,
}

impl Patch {
    /// The patch that removes these lines of a document; `separable` are those that can be removed without the others, as
    /// far as other rows are concerned.
    pub(super) fn new(document: &Document, rows: BTreeSet<u32>, separable: BTreeSet<u32>) -> Patch {
        let directives =
            |rows: &BTreeSet<u32>| edit::orphaned_directives(document, rows, &BTreeSet::new());
        let is_alone = |line: &u32| directives(&BTreeSet::from([*line])).is_empty();
        Patch {
            file: document.path.to_string(),
            text: document.text.clone(),
            directives: directives(&rows),
            separable: separable.into_iter().filter(is_alone).collect(),
            rows,
        }
    }

    /// The unified diff without its headers.
    pub fn hunks(&self, context: usize) -> String {
        hunks(&self.text, &remove_rows(&self.text, &(&self.rows | &self.directives)), context)
    }
}

/// Where diffs apply, and the documents' paths from there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DiffPaths {
    /// The directory from the current one, where it is another.
    pub directory: Option<PathBuf>,
    /// By their displayed paths.
    pub documents: BTreeMap<Arc<str>, PathBuf>,
}

impl DiffPaths {
    /// Some diffs as the content of one file. It begins with a line that both programs skip if the directory is not the
    /// current one.
    pub fn join(&self, diffs: impl IntoIterator<Item = String>) -> String {
        let diffs = String::from_iter(diffs);
        match &self.directory {
            Some(directory) if !diffs.is_empty() => {
                messages::patch_directory(directory) + "\n\n" + &diffs
            }
            Some(_) | None => diffs,
        }
    }

    /// A unified diff with git's prefixes `a/` and `b/`; empty without a difference.
    pub fn diff(&self, file: &str, old: &str, new: &str) -> String {
        let hunks = hunks(old, new, CONTEXT);
        if hunks.is_empty() { hunks } else { self.headers(file) + &hunks }
    }

    /// The unified diff that creates a file.
    pub fn new_file(&self, file: &str, text: &str) -> String {
        let path = self.path(file).unwrap_or(Path::new(file));
        format!("--- /dev/null\n+++ {}\n{}", header_name('b', path), hunks("", text, CONTEXT))
    }

    /// The unified diff of a patch, with `context` lines around each change.
    pub fn patch(&self, patch: &Patch, context: usize) -> String {
        self.headers(&patch.file) + &patch.hunks(context)
    }

    /// A document's path as the headers of its diff have it; `None` if it is not below the directory where diffs apply.
    pub fn path<'p>(&'p self, file: &'p str) -> Option<&'p Path> {
        let is_below = |path: &Path| {
            path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
        };
        let found = self.documents.get(file).map(PathBuf::as_path);
        found.or_else(|| Some(Path::new(file)).filter(|path| is_below(path)))
    }

    fn headers(&self, file: &str) -> String {
        let path = self.path(file).unwrap_or(Path::new(file));
        format!("--- {}\n+++ {}\n", header_name('a', path), header_name('b', path))
    }
}

/// The patches that remove these rows, of the lists that can be edited: in others, more than the rows' lines may have to
/// change.
pub(super) fn removing_rows(
    known: &KnownFailures,
    removed: &BTreeSet<RowId>,
    variants: impl IntoIterator<Item = Variant>,
) -> Vec<Patch> {
    if removed.is_empty() {
        return Vec::new();
    }
    let separable = Successors::new(known, variants).removable_alone(removed);
    let mut patches = Vec::new();
    for document in known.documents().iter().filter(|document| document.is_editable()) {
        let lines = |rows: &BTreeSet<RowId>| -> BTreeSet<u32> {
            let rows = rows.iter().map(|id| known.row(*id));
            rows.filter(|row| *row.file == *document.path).map(|row| row.line).collect()
        };
        let removed = lines(removed);
        if !removed.is_empty() {
            patches.push(Patch::new(document, removed, lines(&separable)));
        }
    }
    patches
}

fn hunks(old: &str, new: &str, context: usize) -> String {
    let lines = |text| Vec::from_iter(str::split_inclusive(text, '\n'));
    let (old, new) = (lines(old), lines(new));
    let diff = TextDiff::from_slices(&old, &new);
    let mut text = String::new();
    for hunk in diff.unified_diff().context_radius(context).iter_hunks() {
        let changes = Vec::from_iter(hunk.iter_changes());
        text += &hunk_header(&changes);
        for change in &changes {
            let _ = write!(text, "{}{}", change.tag(), change.value());
            if !change.value().ends_with('\n') {
                text += "\n\\ No newline at end of file\n";
            }
        }
    }
    text
}

/// The header of a hunk. That of `similar` is wrong where lines were moved to compact the diff.
fn hunk_header(changes: &[Change<&str>]) -> String {
    // Without a line of context before it, the change is at the start.
    let first = changes.first().filter(|change| change.tag() == ChangeTag::Equal);
    let range = |index: Option<usize>, other_side: ChangeTag| {
        let start = index.unwrap_or_default();
        match changes.iter().filter(|change| change.tag() != other_side).count() {
            0 => format!("{start},0"),
            1 => (start + 1).to_string(),
            count => format!("{},{count}", start + 1),
        }
    };
    let old = range(first.and_then(Change::old_index), ChangeTag::Insert);
    let new = range(first.and_then(Change::new_index), ChangeTag::Delete);
    format!("@@ -{old} +{new} @@\n")
}

/// A file's name in a header as git writes it, but for letters outside ASCII, which both programs read as they are.
fn header_name(side: char, path: &Path) -> String {
    let mut name = vec![side as u8];
    for component in path.components() {
        if let Component::Normal(part) = component {
            name.push(b'/');
            name.extend(part.as_encoded_bytes());
        }
    }
    let needs_quotes = |byte: &u8| byte.is_ascii_control() || matches!(byte, b'"' | b'\\');
    match String::from_utf8(name) {
        Ok(name) if !name.bytes().any(|byte| needs_quotes(&byte)) && !name.ends_with(' ') => {
            // The tab ends a name with blanks.
            let tab = if name.contains(' ') { "\t" } else { "" };
            name + tab
        }
        Ok(name) => quoted(name.as_bytes()),
        Err(error) => quoted(error.as_bytes()),
    }
}

/// A name in quotes, with escapes as in C.
fn quoted(name: &[u8]) -> String {
    let mut text = String::from('"');
    for byte in name {
        match byte {
            b'"' | b'\\' => text.extend(['\\', char::from(*byte)]),
            b' '..=b'~' => text.push(char::from(*byte)),
            _ => {
                let _ = write!(text, "\\{byte:03o}");
            }
        }
    }
    text + "\""
}
