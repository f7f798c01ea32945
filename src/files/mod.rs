//! Files: patterns to paths, paths to open files, strings to files.
//!
//! In: what the user wrote. Out: regular files only, sorted, each with its variant. A newcomer's trap:
//! a results directory may come from an attacker's artifact, and a symbolic link in it may point at
//! `/proc/self/environ`: a link that leads out of the root is refused, and what was looked at is opened
//! without following any link, so that nobody can put another in its place meanwhile.

pub(crate) mod atomic_write;
pub(crate) mod dir;
pub(crate) mod glob;

pub use atomic_write::{TempFile, replace, write, write_unredacted, write_with};

use crate::error::{Error, FilePurpose};
use crate::model::Variant;
use dir::DirHandle;
use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::string::FromUtf8Error;

/// What is read of a file that is held as a whole, in bytes: documents, lists, tables, certificates.
pub const MAX_TEXT_SIZE: u64 = 256 << 20;
/// What a document may have: each byte of it may take two hundred of memory, and each line a thousand.
const MAX_DOCUMENT_SIZE: usize = 8 << 20;
const MAX_DOCUMENT_LINES: usize = 200_000;

/// One file that a pattern matched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MatchedFile {
    /// As the user would write it.
    pub path: PathBuf,
    pub variant: Variant,
    pub safe_path: SafePath,
}

/// Where a file stands that may be read: a directory, and the way from there without any link.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SafePath {
    root: PathBuf,
    relative: PathBuf,
}

impl SafePath {
    /// The path that leads there, without any link.
    pub fn canonical(&self) -> PathBuf {
        self.root.join(&self.relative)
    }

    /// Opens the file.
    ///
    /// # Errors
    /// Those of the system, where it is no regular file or has become a link since it was looked at.
    pub fn open(&self) -> io::Result<File> {
        let none = || io::Error::from(io::ErrorKind::NotFound);
        let name = self.relative.file_name().ok_or_else(none)?;
        let parent = self.relative.parent().unwrap_or(Path::new(""));
        let file = DirHandle::open(&self.root, parent)?.read(name)?;
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(io::Error::other("it is no regular file")),
        }
    }
}

/// What a process may read.
#[derive(Debug, Clone)]
pub enum AccessRoot {
    /// Everything the user names; links only lead to where they stand or below the present directory.
    Unrestricted,
    /// Nothing outside this directory, whoever names it.
    Within(PathBuf),
}

/// Finds the files of some patterns, sorted. A pattern that names an existing file is that file, whatever
/// characters it has. A file that several paths lead to is read once, by the path that was given first.
///
/// # Errors
/// A pattern that cannot be read or that nothing matches; a file that may not be read, or that is given for
/// two variants.
pub fn find(
    patterns: &[String],
    variant: &Variant,
    root: &AccessRoot,
) -> Result<Vec<MatchedFile>, Error> {
    let (mut found, mut seen): (Vec<MatchedFile>, HashMap<PathBuf, usize>) = Default::default();
    for pattern in patterns {
        let files = match Path::new(pattern) {
            path if path.is_file() => vec![(path.to_owned(), variant.clone())],
            path if path.exists() => return Err(Error::not_a_file(path, FilePurpose::Results)),
            _ => glob::expand(pattern, variant)?,
        };
        if files.is_empty() {
            return Err(Error::NoMatchingFile { pattern: pattern.clone(), option: None });
        }
        for (path, variant) in files {
            let file = MatchedFile { safe_path: resolve_permitted(&path, root)?, path, variant };
            match seen.entry(file.safe_path.canonical()) {
                Entry::Vacant(entry) => {
                    entry.insert(found.len());
                    found.push(file);
                }
                Entry::Occupied(entry) => ensure_same_variant(&found[*entry.get()], &file)?,
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Nobody can say which of two variants one file is of.
fn ensure_same_variant(first: &MatchedFile, second: &MatchedFile) -> Result<(), Error> {
    let variants = [&first.variant, &second.variant];
    match variants[0] == variants[1] {
        true => Ok(()),
        false => Err(Error::TwoVariants {
            path: second.path.clone(),
            variants: variants.map(|variant| variant.as_str().to_owned()),
        }),
    }
}

/// Where a file stands that may be read: within the root when its links are followed, and nowhere that
/// holds secrets.
fn resolve_permitted(path: &Path, root: &AccessRoot) -> Result<SafePath, Error> {
    let real = real_path(path)?;
    let allowed: Vec<PathBuf> = match root {
        AccessRoot::Within(root) => vec![real_path(root)?],
        AccessRoot::Unrestricted => {
            let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
            vec![real_path(parent.unwrap_or(Path::new(".")))?, real_path(Path::new("."))?]
        }
    };
    let within = allowed.iter().find_map(|root| Some((root, real.strip_prefix(root).ok()?)));
    let Some((root, relative)) = within else {
        return Err(Error::OutsideRoot { path: path.to_owned(), root: allowed[0].clone() });
    };
    if may_hold_secrets(&real) {
        return Err(Error::ForbiddenPath { path: path.to_owned() });
    }
    Ok(SafePath { root: root.clone(), relative: relative.to_owned() })
}

/// Whether a path, its links followed, leads to what the system tells of processes or git keeps of a
/// clone: either may hold the job's token, and no results or documents stand there.
fn may_hold_secrets(real: &Path) -> bool {
    let is_system_path = ["/proc", "/sys"].iter().any(|root| real.starts_with(root));
    is_system_path || real.components().any(|part| part.as_os_str() == ".git")
}

fn real_path(path: &Path) -> Result<PathBuf, Error> {
    fs::canonicalize(path).map_err(|_| Error::not_a_file(path, FilePurpose::Text))
}

/// The endings of packed files.
const COMPRESSED_EXTENSIONS: [&str; 3] = ["gz", "bz2", "zst"];

/// A file's name without its ending, and without the one that says how it is packed.
pub fn stem(path: &Path) -> Cow<'_, str> {
    let is_packed = path
        .extension()
        .is_some_and(|ending| COMPRESSED_EXTENSIONS.iter().any(|packed| ending == *packed));
    let stem = path.file_stem().map(Path::new);
    let stem = if is_packed { stem.and_then(Path::file_stem) } else { stem.map(Path::as_os_str) };
    stem.map(|stem| stem.to_string_lossy()).unwrap_or_default()
}

/// Reads a document of known failures.
///
/// # Errors
/// A path that is none, or that leads out of the root; too many bytes or lines.
pub fn read_document(path: &Path, root: &AccessRoot) -> Result<Vec<u8>, Error> {
    let text = read_bytes(path, root).map_err(|error| match error {
        Error::Read { path, why } => Error::Document { path, why },
        other => other,
    })?;
    check_document_size(path, &text)?;
    Ok(text)
}

/// Whether a document is small enough to be read, wherever it comes from.
///
/// # Errors
/// Too many bytes or lines.
pub fn check_document_size(path: &Path, text: impl AsRef<[u8]>) -> Result<(), Error> {
    let text = text.as_ref();
    let too_large =
        |what: &'static str, limit| Err(Error::TooLarge { path: path.to_owned(), limit, what });
    if text.len() > MAX_DOCUMENT_SIZE {
        return too_large("bytes", MAX_DOCUMENT_SIZE as u64);
    }
    match memchr::memchr_iter(b'\n', text).count() > MAX_DOCUMENT_LINES {
        true => too_large("lines", MAX_DOCUMENT_LINES as u64),
        false => Ok(()),
    }
}

/// How a file came to be among those that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    /// The user named it.
    Path,
    /// It stands in a directory that he named.
    Directory,
}

/// The files that these paths are, and those in them where they are directories: sorted, without
/// editors' backups.
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
        let read =
            |error: std::io::Error| Error::Read { path: path.clone(), why: error.to_string() };
        let mut inside = Vec::new();
        for entry in fs::read_dir(path).map_err(read)? {
            let entry = entry.map_err(read)?.path();
            let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if entry.is_file() && !name.ends_with('~') && !name.starts_with('.') {
                inside.push((entry, FoundBy::Directory));
            }
        }
        inside.sort_by(|(a, _), (b, _)| a.cmp(b));
        found.extend(inside);
    }
    Ok(found)
}

/// Reads a document that is to be written again: every byte has to come back.
///
/// # Errors
/// A path that is none, or that leads out of the root; bytes that are no UTF-8.
pub fn read_for_edit(path: &Path, root: &AccessRoot) -> Result<String, Error> {
    let error = |why: String| Error::Document { path: path.to_owned(), why };
    let bytes = read_bytes(path, root).map_err(|failed| match failed {
        Error::Read { why, .. } => error(why),
        other => other,
    })?;
    let text = String::from_utf8(bytes).map_err(|bad| {
        let line = NotUtf8::from_error(&bad).line;
        Error::NotUtf8 { path: path.to_owned(), line }
    })?;
    check_document_size(path, &text)?;
    Ok(text)
}

/// Bytes that should be text and are not all UTF-8.
#[derive(Debug)]
pub struct NotUtf8 {
    /// With replacement characters where it is not.
    pub text: String,
    /// The first line that is not, from 1.
    pub line: usize,
}

impl NotUtf8 {
    fn from_error(bad: &FromUtf8Error) -> NotUtf8 {
        let valid = &bad.as_bytes()[..bad.utf8_error().valid_up_to()];
        NotUtf8 {
            text: String::from_utf8_lossy(bad.as_bytes()).into_owned(),
            line: 1 + memchr::memchr_iter(b'\n', valid).count(),
        }
    }
}

/// Reads a file whole, as text where it is UTF-8.
///
/// # Errors
/// A path that is none, or that leads out of the root; more than [`LARGEST_TEXT`].
pub fn read_text(path: &Path, root: &AccessRoot) -> Result<Result<String, NotUtf8>, Error> {
    let text = String::from_utf8(read_bytes(path, root)?);
    Ok(text.map_err(|bad| NotUtf8::from_error(&bad)))
}

fn read_bytes(path: &Path, root: &AccessRoot) -> Result<Vec<u8>, Error> {
    let why = |error: io::Error| Error::Read {
        path: path.to_owned(),
        why: match error.kind() {
            io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => error.to_string(),
        },
    };
    if !fs::metadata(path).map_err(why)?.is_file() {
        return Err(Error::not_a_file(path, FilePurpose::Text));
    }
    let file = resolve_permitted(path, root)?.open().map_err(why)?;
    let mut bytes = Vec::new();
    file.take(MAX_TEXT_SIZE + 1).read_to_end(&mut bytes).map_err(why)?;
    match bytes.len() as u64 > MAX_TEXT_SIZE {
        true => Err(Error::TooLarge { path: path.to_owned(), limit: MAX_TEXT_SIZE, what: "bytes" }),
        false => Ok(bytes),
    }
}
