//! Writing files whole or not at all.
//!
//! The content is written to a temporary file in the same directory, which is then renamed over the target. The
//! directory may be an attacker's, so the temporary file has an unpredictable name and must not exist.

use super::access::{AccessRoot, SafePath, canonicalize, parent_dir};
use super::dir::DirHandle;
use super::error::{Error, FilePurpose};
use crate::secrets;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, Permissions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Replaces the content of a document that was read: follows links, keeps the permissions, does not redact.
///
/// # Errors
/// I/O errors; a link that leads out of its directory.
pub fn replace(path: &Path, text: &str) -> Result<(), Error> {
    let safe_path = SafePath::resolve(path, &AccessRoot::Unrestricted)?;
    write_atomically(&safe_path.root, &safe_path.relative, |to| to.write_all(text.as_bytes()))
        .map_err(|error| Error::write(path, error))
}

/// Writes a text with the job's secrets redacted. A relative path may not leave the root through a link; an
/// absolute one is trusted.
///
/// # Errors
/// I/O errors; a path that leads out of the root; an existing target that is not a file.
pub fn write(path: &Path, text: &str, root: &AccessRoot) -> Result<(), Error> {
    write_with(path, root, |to| to.write_all(text.as_bytes()))
}

/// Like [`write`], for a text that is written piece by piece.
///
/// # Errors
/// Those of [`write`].
pub fn write_with(
    path: &Path,
    root: &AccessRoot,
    write_contents: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    write_unredacted(path, root, |to| {
        let mut redacting = secrets::RedactingWriter::new(to);
        write_contents(&mut redacting)?;
        redacting.flush()
    })
}

/// Like [`write_with`], for bytes whose secrets the caller has redacted.
///
/// # Errors
/// Those of [`write`].
pub fn write_unredacted(
    path: &Path,
    root: &AccessRoot,
    write_contents: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    let result = match WriteTarget::resolve(path, root)? {
        WriteTarget::InPlace => {
            OpenOptions::new().write(true).open(path).and_then(|mut file| write_contents(&mut file))
        }
        WriteTarget::File { root, relative } => write_atomically(&root, &relative, write_contents),
    };
    result.map_err(|error| Error::write(path, error))
}

/// What a path names that is to be written.
enum WriteTarget {
    /// A terminal, a pipe, `/dev/null`: written to, never replaced.
    InPlace,
    /// A directory, and the path of a file in it.
    File { root: PathBuf, relative: PathBuf },
}

impl WriteTarget {
    fn resolve(path: &Path, root: &AccessRoot) -> Result<WriteTarget, Error> {
        let is_trusted = match root {
            AccessRoot::Within(_) => path.is_absolute(),
            AccessRoot::Unrestricted => true,
        };
        if let Ok(existing) = fs::metadata(path)
            && !existing.is_file()
        {
            return if is_trusted && !existing.is_dir() {
                Ok(WriteTarget::InPlace)
            } else {
                Err(Error::not_a_file(path, FilePurpose::Output))
            };
        }
        let real = fs::canonicalize(parent_dir(path)).map_err(|error| Error::write(path, error))?;
        let root = match root {
            AccessRoot::Within(root) if !is_trusted => canonicalize(root)?,
            AccessRoot::Within(_) | AccessRoot::Unrestricted => real.clone(),
        };
        let Ok(relative) = real.strip_prefix(&root) else {
            return Err(Error::OutsideRoot { path: path.to_owned(), root });
        };
        let name = path.file_name().ok_or_else(|| Error::not_a_file(path, FilePurpose::Output))?;
        let relative = relative.join(name);
        Ok(WriteTarget::File { root, relative })
    }
}

/// A temporary file, open for reading and writing; removed when dropped.
pub struct TempFile {
    pub file: File,
    directory: DirHandle,
    name: OsString,
}

impl TempFile {
    /// Creates an empty file in the directory of `path`.
    ///
    /// # Errors
    /// Those of [`write`]; a path that does not name a regular file.
    pub fn create_for(path: &Path, root: &AccessRoot) -> Result<TempFile, Error> {
        let WriteTarget::File { root, relative } = WriteTarget::resolve(path, root)? else {
            return Err(Error::not_a_file(path, FilePurpose::Output));
        };
        let name = temp_name(relative.file_name().unwrap_or_default());
        let parent = relative.parent().unwrap_or(Path::new(""));
        let created = DirHandle::open(&root, parent)
            .and_then(|directory| directory.create(&name).map(|file| (directory, file)));
        let (directory, file) = created.map_err(|error| Error::write(path, error))?;
        Ok(TempFile { file, directory, name })
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = self.directory.remove(&self.name);
    }
}

/// Writes a file in a directory; an existing file's permissions are kept.
fn write_atomically(
    root: &Path,
    relative: &Path,
    write_contents: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let name = relative.file_name().unwrap_or_default();
    let directory = DirHandle::open(root, relative.parent().unwrap_or(Path::new("")))?;
    let existing = directory.read(name).and_then(|file| file.metadata()).ok();
    let existing = existing.filter(|existing| existing.is_file());
    let permissions = existing.map(|existing| existing.permissions());
    let temp = temp_name(name);
    let result = write_temp(&directory, &temp, write_contents, permissions)
        .and_then(|()| directory.rename(&temp, name));
    if result.is_err() {
        let _ = directory.remove(&temp);
    }
    result
}

fn write_temp(
    directory: &DirHandle,
    temp: &OsStr,
    write_contents: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    permissions: Option<Permissions>,
) -> io::Result<()> {
    let mut buffered = io::BufWriter::new(directory.create(temp)?);
    write_contents(&mut buffered)?;
    let file = buffered.into_inner().map_err(io::IntoInnerError::into_error)?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    file.sync_all()
}

/// An unpredictable name, so that nobody can have created such a file before.
fn temp_name(name: &OsStr) -> OsString {
    let random = RandomState::new().hash_one(std::process::id());
    let mut temp = OsString::from(".");
    temp.push(name);
    temp.push(format!(".{random:016x}.part"));
    temp
}
