//! Which files may be opened.

use super::dir::DirHandle;
use super::error::{Error, FilePurpose};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// What a process may read.
#[derive(Debug, Clone)]
pub enum AccessRoot {
    /// Every path that the user names; a link may lead to its own directory or below the working directory.
    Unrestricted,
    /// Nothing outside this directory.
    Within(PathBuf),
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
        let roots = match root {
            AccessRoot::Within(root) => vec![canonicalize(root)?],
            AccessRoot::Unrestricted => {
                vec![canonicalize(parent_dir(path))?, canonicalize(Path::new("."))?]
            }
        };
        let within = roots.iter().find_map(|root| Some((root, real.strip_prefix(root).ok()?)));
        let Some((root, relative)) = within else {
            return Err(Error::OutsideRoot { path: path.to_owned(), root: roots[0].clone() });
        };
        if may_hold_secrets(&real) {
            return Err(Error::ForbiddenPath { path: path.to_owned() });
        }
        Ok(SafePath { root: root.clone(), relative: relative.to_owned() })
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
