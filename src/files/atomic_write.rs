//! Writing files whole or not at all.
//!
//! The content is written to a temporary file in the same directory, which is then renamed over the target. The
//! directory may be an attacker's, so the temporary file has an unpredictable name and must not exist.

use super::access::{AccessRoot, SafePath, parent_dir};
use super::dir::DirHandle;
use super::error::{Error, FileKind, FilePurpose};
use crate::secrets;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::path::Path;

/// Replaces the content of a document that was read: follows links, keeps the permissions, does not redact.
///
/// # Errors
/// I/O errors; a link that leads out of its directory.
pub fn replace(path: &Path, text: &str) -> Result<(), Error> {
    let safe_path = SafePath::resolve(path, &AccessRoot::Unrestricted)?;
    write_atomically(&safe_path, |to| to.write_all(text.as_bytes()))
        .map_err(|error| Error::write(path, error))
}

/// Writes a text to a file that must not exist, with the job's secrets redacted.
///
/// # Errors
/// I/O errors; a file that exists.
pub fn write_new(path: &Path, text: &str) -> Result<(), Error> {
    let root = &AccessRoot::Unrestricted;
    let WriteTarget::File(target) = WriteTarget::resolve(path, root)? else {
        return Err(Error::not_a_file(path, FilePurpose::Output));
    };
    let write = || -> io::Result<()> {
        let (directory, name) = target.open_parent()?;
        let mut file = directory.create(name)?;
        let written = file.write_all(secrets::redact(text).as_bytes());
        written.and_then(|()| file.sync_all()).inspect_err(|_| drop(directory.remove(name)))
    };
    write().map_err(|error| Error::write(path, error))
}

/// Whether there is anything at a path, a link that leads nowhere included.
pub fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Writes a text with the job's secrets redacted.
///
/// # Errors
/// I/O errors; a path that leads out of the root; an existing target that is not a file.
pub fn write(path: &Path, text: &str, root: &AccessRoot) -> Result<(), Error> {
    write_with(path, root, |to| to.write_all(text.as_bytes()))
}

/// Like [`write`], but an empty text leaves no file, not even that of an earlier run.
pub fn write_unless_empty(path: &Path, text: &str, root: &AccessRoot) -> Result<(), Error> {
    if !text.is_empty() {
        return write(path, text, root);
    }
    let removed = match WriteTarget::resolve(path, root)? {
        WriteTarget::InPlace => OpenOptions::new().write(true).open(path).map(drop),
        WriteTarget::File(file) => {
            let (directory, name) =
                file.open_parent().map_err(|error| Error::write(path, error))?;
            directory.remove(name)
        }
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::write(path, error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Like [`write`], for a text that is written piece by piece.
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
pub fn write_unredacted(
    path: &Path,
    root: &AccessRoot,
    write_contents: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    let result = match WriteTarget::resolve(path, root)? {
        WriteTarget::InPlace => {
            OpenOptions::new().write(true).open(path).and_then(|mut file| write_contents(&mut file))
        }
        WriteTarget::File(file) => write_atomically(&file, write_contents),
    };
    result.map_err(|error| Error::write(path, error))
}

/// What a path names that is to be written.
enum WriteTarget {
    /// A terminal, a pipe, `/dev/null`: written to, never replaced.
    InPlace,
    /// A file that may not exist yet.
    File(SafePath),
}

impl WriteTarget {
    fn resolve(path: &Path, root: &AccessRoot) -> Result<WriteTarget, Error> {
        let not_a_file = || Error::not_a_file(path, FilePurpose::Output);
        if let Ok(existing) = fs::metadata(path)
            && !existing.is_file()
        {
            return match root {
                AccessRoot::Unrestricted if !existing.is_dir() => Ok(WriteTarget::InPlace),
                AccessRoot::Unrestricted | AccessRoot::Within { .. } => Err(not_a_file()),
            };
        }
        if names_directory(path) {
            let (path, kind) = (path.to_owned(), FileKind::Directory);
            return Err(Error::NotAFile { path, kind, purpose: FilePurpose::Output });
        }
        let name = path.file_name().ok_or_else(not_a_file)?;
        let real = fs::canonicalize(parent_dir(path)).map_err(|error| Error::write(path, error))?;
        let bounds = root.bounds(path)?.swap_remove(0);
        match bounds.relative(&real.join(name)) {
            Some(relative) => Ok(WriteTarget::File(SafePath { root: bounds.directory, relative })),
            None => Err(Error::OutsideRoot { path: path.to_owned(), root: bounds.directory }),
        }
    }
}

/// Whether a path is one of a directory by its end, which [`Path::file_name`] ignores.
fn names_directory(path: &Path) -> bool {
    let text = path.to_string_lossy();
    matches!(text.rsplit(std::path::is_separator).next(), Some("" | "." | ".."))
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
        match WriteTarget::resolve(path, root)? {
            WriteTarget::File(file) => {
                TempFile::create(&file).map_err(|error| Error::write(path, error))
            }
            WriteTarget::InPlace => Err(Error::not_a_file(path, FilePurpose::Output)),
        }
    }

    /// Creates it with an unpredictable name, so that nobody can have created such a file before.
    fn create(target: &SafePath) -> io::Result<TempFile> {
        let (directory, target_name) = target.open_parent()?;
        let random = RandomState::new().hash_one(std::process::id());
        let mut name = OsString::from(".");
        name.push(target_name);
        name.push(format!(".{random:016x}.part"));
        Ok(TempFile { file: directory.create(&name)?, directory, name })
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = self.directory.remove(&self.name);
    }
}

/// Writes a file in a directory; an existing file's permissions are kept.
fn write_atomically(
    target: &SafePath,
    write_contents: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let temp = TempFile::create(target)?;
    let mut buffered = io::BufWriter::new(&temp.file);
    write_contents(&mut buffered)?;
    buffered.flush()?;
    let name = target.relative.file_name().unwrap_or_default();
    let existing = temp.directory.read(name).and_then(|file| file.metadata()).ok();
    if let Some(existing) = existing.filter(|existing| existing.is_file()) {
        temp.file.set_permissions(existing.permissions())?;
    }
    temp.file.sync_all()?;
    temp.directory.rename(&temp.name, name)
}
