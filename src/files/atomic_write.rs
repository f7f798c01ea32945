//! Writing files whole or not at all.
//!
//! In: a path and a text. Out: a file with that text, or the old one: what is written goes into a file beside
//! it, which then takes its place, so that an interrupted process leaves no half of anything. A newcomer's
//! trap: the directory may be an attacker's, so that the file beside it has a name that nobody can guess,
//! and is made anew.

use super::dir::DirHandle;
use super::{AccessRoot, real_path, resolve_permitted};
use crate::error::{Error, FilePurpose};
use crate::secrets;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, Permissions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes over a document that was read: where a link leads, with the same permissions. What stands in it
/// stays as it is, secrets too.
///
/// # Errors
/// Those of the system, with the path; a link that leads out.
pub fn replace(path: &Path, text: &str) -> Result<(), Error> {
    let safe_path = resolve_permitted(path, &AccessRoot::Unrestricted)?;
    write_atomically(&safe_path.root, &safe_path.relative, |to| to.write_all(text.as_bytes()))
        .map_err(|error| write_error(path, &error))
}

/// Writes a text, without the secrets of the job. A link may not lead a relative path out of the root; an
/// absolute one is what the user says it is.
///
/// # Errors
/// Those of the system, with the path; a link that leads out; what is there already and is no file.
pub fn write(path: &Path, text: &str, root: &AccessRoot) -> Result<(), Error> {
    write_with(path, root, |to| to.write_all(text.as_bytes()))
}

/// The same for a text that is written piece by piece: the job's secrets are taken out of it as well.
///
/// # Errors
/// Those of the system, with the path; a link that leads out; what is there already and is no file.
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

/// Writes bytes as they are, whatever secrets stand in them: whoever writes them has taken those out.
///
/// # Errors
/// Those of the system, with the path; a link that leads out; what is there already and is no file.
pub fn write_unredacted(
    path: &Path,
    root: &AccessRoot,
    write_contents: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    let result = match resolve_target(path, root)? {
        WriteTarget::InPlace => {
            OpenOptions::new().write(true).open(path).and_then(|mut file| write_contents(&mut file))
        }
        WriteTarget::File { root, relative } => write_atomically(&root, &relative, write_contents),
    };
    result.map_err(|error| write_error(path, &error))
}

/// What a path names that is to be written.
enum WriteTarget {
    /// A terminal, a pipe, `/dev/null`: what the user names is written into, and never replaced.
    InPlace,
    /// A directory, and the way from there to a file.
    File { root: PathBuf, relative: PathBuf },
}

fn resolve_target(path: &Path, root: &AccessRoot) -> Result<WriteTarget, Error> {
    let is_trusted = match root {
        AccessRoot::Within(_) => path.is_absolute(),
        AccessRoot::Unrestricted => true,
    };
    if let Ok(existing) = fs::metadata(path)
        && !existing.is_file()
    {
        return match is_trusted && !existing.is_dir() {
            true => Ok(WriteTarget::InPlace),
            false => Err(Error::not_a_file(path, FilePurpose::Output)),
        };
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    let real = fs::canonicalize(parent).map_err(|error| write_error(path, &error))?;
    let root = match root {
        AccessRoot::Within(root) if !is_trusted => real_path(root)?,
        AccessRoot::Within(_) | AccessRoot::Unrestricted => real.clone(),
    };
    let Ok(relative) = real.strip_prefix(&root) else {
        return Err(Error::OutsideRoot { path: path.to_owned(), root });
    };
    let name = path.file_name().ok_or_else(|| Error::not_a_file(path, FilePurpose::Output))?;
    let relative = relative.join(name);
    Ok(WriteTarget::File { root, relative })
}

/// An empty file beside another, to be written and read; it is gone when this is dropped.
pub struct TempFile {
    pub file: File,
    directory: DirHandle,
    name: OsString,
}

impl TempFile {
    /// A file beside the one of this path.
    ///
    /// # Errors
    /// Those of the system, with the path; a link that leads out; a path that is no file's.
    pub fn create_for(path: &Path, root: &AccessRoot) -> Result<TempFile, Error> {
        let WriteTarget::File { root, relative } = resolve_target(path, root)? else {
            return Err(Error::not_a_file(path, FilePurpose::Output));
        };
        let name = temp_name(relative.file_name().unwrap_or_default());
        let parent: PathBuf = relative.parent().map(Path::to_owned).unwrap_or_default();
        let created = DirHandle::open(&root, &parent)
            .and_then(|directory| directory.create(&name).map(|file| (directory, file)));
        let (directory, file) = created.map_err(|error| write_error(path, &error))?;
        Ok(TempFile { file, directory, name })
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = self.directory.remove(&self.name);
    }
}

fn write_error(path: &Path, error: &io::Error) -> Error {
    Error::Write { path: path.to_owned(), why: error.to_string() }
}

/// Writes a file below a directory; one that was there keeps its permissions.
fn write_atomically(
    root: &Path,
    relative: &Path,
    write_contents: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let name = relative.file_name().unwrap_or_default();
    let parent: PathBuf = relative.parent().map(Path::to_owned).unwrap_or_default();
    let directory = DirHandle::open(root, &parent)?;
    let existing = directory.read(name).and_then(|file| file.metadata()).ok();
    let permissions = existing.filter(|there| there.is_file()).map(|there| there.permissions());
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

/// A name that nobody can guess, so that nobody has made such a file before.
fn temp_name(name: &OsStr) -> OsString {
    let random = RandomState::new().hash_one(std::process::id());
    let mut temp = OsString::from(".");
    temp.push(name);
    temp.push(format!(".{random:016x}.part"));
    temp
}
