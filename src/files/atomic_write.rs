//! Writing files whole or not at all.
//!
//! In: a path and a text. Out: a file with that text, or the old one: what is written goes into a file beside
//! it, which then takes its place, so that an interrupted process leaves no half of anything. A newcomer's
//! trap: the directory may be an attacker's, so that the file beside it has a name that nobody can guess,
//! and is made anew.

use super::dir::Beneath;
use super::{Root, permitted, real_path};
use crate::error::{Error, Wanted};
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
    let place = permitted(path, &Root::Anywhere)?;
    write_in(&place.root, &place.below, |to| to.write_all(text.as_bytes()))
        .map_err(|error| failed(path, &error))
}

/// Writes a text, without the secrets of the job. A link may not lead a relative path out of the root; an
/// absolute one is what the user says it is.
///
/// # Errors
/// Those of the system, with the path; a link that leads out; what is there already and is no file.
pub fn write(path: &Path, text: &str, root: &Root) -> Result<(), Error> {
    write_pieces(path, root, |to| to.write_all(text.as_bytes()))
}

/// The same for a text that is written piece by piece: the job's secrets are taken out of it as well.
///
/// # Errors
/// Those of the system, with the path; a link that leads out; what is there already and is no file.
pub fn write_pieces(
    path: &Path,
    root: &Root,
    written: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    write_raw(path, root, |to| {
        let mut hiding = secrets::Hiding::new(to);
        written(&mut hiding)?;
        hiding.flush()
    })
}

/// Writes bytes as they are, whatever secrets stand in them: whoever writes them has taken those out.
///
/// # Errors
/// Those of the system, with the path; a link that leads out; what is there already and is no file.
pub fn write_raw(
    path: &Path,
    root: &Root,
    written: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    let done = match target(path, root)? {
        Target::Into => {
            OpenOptions::new().write(true).open(path).and_then(|mut file| written(&mut file))
        }
        Target::File { root, below } => write_in(&root, &below, written),
    };
    done.map_err(|error| failed(path, &error))
}

/// What a path names that is to be written.
enum Target {
    /// A terminal, a pipe, `/dev/null`: what the user names is written into, and never replaced.
    Into,
    /// A directory, and the way from there to a file.
    File { root: PathBuf, below: PathBuf },
}

fn target(path: &Path, root: &Root) -> Result<Target, Error> {
    let is_ours = match root {
        Root::Below(_) => path.is_absolute(),
        Root::Anywhere => true,
    };
    if let Ok(there) = fs::metadata(path)
        && !there.is_file()
    {
        return match is_ours && !there.is_dir() {
            true => Ok(Target::Into),
            false => Err(Error::no_file(path, Wanted::Output)),
        };
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    let real = fs::canonicalize(parent).map_err(|error| failed(path, &error))?;
    let root = match root {
        Root::Below(root) if !is_ours => real_path(root)?,
        Root::Below(_) | Root::Anywhere => real.clone(),
    };
    let Ok(below) = real.strip_prefix(&root) else {
        return Err(Error::Outside { path: path.to_owned(), root });
    };
    let name = path.file_name().ok_or_else(|| Error::no_file(path, Wanted::Output))?;
    let below = below.join(name);
    Ok(Target::File { root, below })
}

/// An empty file beside another, to be written and read; it is gone when this is dropped.
pub struct Scratch {
    pub file: File,
    directory: Beneath,
    name: OsString,
}

impl Scratch {
    /// A file beside the one of this path.
    ///
    /// # Errors
    /// Those of the system, with the path; a link that leads out; a path that is no file's.
    pub fn beside(path: &Path, root: &Root) -> Result<Scratch, Error> {
        let Target::File { root, below } = target(path, root)? else {
            return Err(Error::no_file(path, Wanted::Output));
        };
        let name = half_name(below.file_name().unwrap_or_default());
        let parent: PathBuf = below.parent().map(Path::to_owned).unwrap_or_default();
        let made = Beneath::open(&root, &parent)
            .and_then(|directory| directory.create(&name).map(|file| (directory, file)));
        let (directory, file) = made.map_err(|error| failed(path, &error))?;
        Ok(Scratch { file, directory, name })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = self.directory.remove(&self.name);
    }
}

fn failed(path: &Path, error: &io::Error) -> Error {
    Error::Write { path: path.to_owned(), why: error.to_string() }
}

/// Writes a file below a directory; one that was there keeps its permissions.
fn write_in(
    root: &Path,
    below: &Path,
    written: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let name = below.file_name().unwrap_or_default();
    let parent: PathBuf = below.parent().map(Path::to_owned).unwrap_or_default();
    let directory = Beneath::open(root, &parent)?;
    let there = directory.read(name).and_then(|file| file.metadata()).ok();
    let permissions = there.filter(|there| there.is_file()).map(|there| there.permissions());
    let half = half_name(name);
    let written = write_half(&directory, &half, written, permissions)
        .and_then(|()| directory.rename(&half, name));
    if written.is_err() {
        let _ = directory.remove(&half);
    }
    written
}

fn write_half(
    directory: &Beneath,
    half: &OsStr,
    written: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    permissions: Option<Permissions>,
) -> io::Result<()> {
    let mut buffered = io::BufWriter::new(directory.create(half)?);
    written(&mut buffered)?;
    let file = buffered.into_inner().map_err(io::IntoInnerError::into_error)?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    file.sync_all()
}

/// A name that nobody can guess, so that nobody has made such a file before.
fn half_name(name: &OsStr) -> OsString {
    let random = RandomState::new().hash_one(std::process::id());
    let mut half = OsString::from(".");
    half.push(name);
    half.push(format!(".{random:016x}.part"));
    half
}
