//! Which files may be opened.

use super::dir::DirHandle;
use super::error::{Error, FilePurpose};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

/// What a process may read and write.
#[derive(Debug, Clone)]
pub enum AccessRoot {
    /// Every path that the user names; a link may lead to its own directory or below the working directory.
    Unrestricted,
    /// Nothing outside a directory, but for what a path names in another: that one also has files of other programs, and
    /// secrets. So a link may not lead out of the file or directory in it that the path names.
    Within { root: PathBuf, temp: Option<PathBuf> },
}

/// A directory that a path has to be in.
pub(super) struct Bounds<'p> {
    pub(super) directory: PathBuf,
    /// The name in the directory that the path has to be or be below.
    name: Option<Component<'p>>,
}

impl AccessRoot {
    /// Nothing outside a directory.
    pub fn within(root: PathBuf) -> AccessRoot {
        AccessRoot::Within { root, temp: None }
    }

    /// Where a path may lead; the first is for a message.
    pub(super) fn bounds<'p>(&self, path: &'p Path) -> Result<Vec<Bounds<'p>>, Error> {
        let bounds = |directory: &Path, name| {
            Ok::<_, Error>(Bounds { directory: canonicalize(directory)?, name })
        };
        match self {
            AccessRoot::Within { root, temp } => {
                let in_temp = temp.as_ref().and_then(|temp| {
                    Some((temp, path.strip_prefix(temp).ok()?.components().next()?))
                });
                let bounds = match in_temp {
                    Some((temp, name)) => bounds(temp, Some(name)),
                    None => bounds(root, None),
                };
                Ok(vec![bounds?])
            }
            AccessRoot::Unrestricted => {
                Ok(vec![bounds(parent_dir(path), None)?, bounds(Path::new("."), None)?])
            }
        }
    }
}

impl Bounds<'_> {
    /// A path without links from the directory; `None` if it is not within the bounds.
    pub(super) fn relative(&self, real: &Path) -> Option<PathBuf> {
        let relative = real.strip_prefix(&self.directory).ok()?;
        let is_within = self.name.is_none_or(|name| relative.components().next() == Some(name));
        is_within.then(|| relative.to_owned())
    }
}

/// A file that may be read: a directory, and a path in it that has no links.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SafePath {
    pub(super) root: PathBuf,
    pub(super) relative: PathBuf,
}

impl SafePath {
    /// Checks that a path, its links followed, is within the root and not where secrets may be.
    pub(super) fn resolve(path: &Path, root: &AccessRoot) -> Result<SafePath, Error> {
        let real = canonicalize(path)?;
        let bounds = root.bounds(path)?;
        let within =
            bounds.iter().find_map(|bounds| Some((&bounds.directory, bounds.relative(&real)?)));
        let Some((root, relative)) = within else {
            let root = bounds[0].directory.clone();
            return Err(Error::OutsideRoot { path: path.to_owned(), root });
        };
        if may_hold_secrets(&real) {
            return Err(Error::ForbiddenPath { path: path.to_owned() });
        }
        Ok(SafePath { root: root.clone(), relative })
    }

    /// The whole path, without any link.
    pub fn canonical(&self) -> PathBuf {
        self.root.join(&self.relative)
    }

    /// Opens the file.
    ///
    /// # Errors
    /// I/O errors, also where the path is not a regular file or has become a link since it was resolved.
    pub fn open(&self) -> io::Result<File> {
        let (directory, name) = self.open_parent()?;
        let file = directory.read(name)?;
        if file.metadata()?.is_file() {
            Ok(file)
        } else {
            Err(io::Error::other("it is no regular file"))
        }
    }

    /// Opens the file's directory; returns the file's name, too.
    pub(super) fn open_parent(&self) -> io::Result<(DirHandle, &OsStr)> {
        let name = self.relative.file_name().ok_or(io::ErrorKind::NotFound)?;
        let parent = self.relative.parent().unwrap_or(Path::new(""));
        Ok((DirHandle::open(&self.root, parent)?, name))
    }
}

/// Whether a canonical path is one of the system's process files or inside a git directory: either may
/// contain the job's token.
fn may_hold_secrets(real: &Path) -> bool {
    let is_system_path = ["/proc", "/sys"].iter().any(|root| real.starts_with(root));
    is_system_path || real.components().any(|part| part.as_os_str() == ".git")
}

pub(super) fn canonicalize(path: &Path) -> Result<PathBuf, Error> {
    fs::canonicalize(path).map_err(|_| Error::not_a_file(path, FilePurpose::Text))
}

/// The directory of a path; the working directory for a bare name.
pub(super) fn parent_dir(path: &Path) -> &Path {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}
