//! Writing files whole or not at all.
//!
//! In: a path and a text. Out: a file with that text, or the old one: what is written goes into a file beside
//! it, which then takes its place, so that an interrupted process leaves no half of anything. A newcomer's
//! trap: the directory may be an attacker's, so that the file beside it has a name that nobody can guess,
//! and is made anew.

use super::beneath::Beneath;
use super::{Root, permitted, real_path};
use crate::error::Error;
use crate::secrets;
use std::ffi::{OsStr, OsString};
use std::fs::{self, OpenOptions, Permissions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes over a document that was read: where a link leads, with the same permissions.
///
/// # Errors
/// Those of the system, with the path; a link that leads out.
pub fn replace(path: &Path, text: &str) -> Result<(), Error> {
    let place = permitted(path, &Root::Anywhere)?;
    write_in(&place.root, &place.below, text).map_err(|error| failed(path, &error))
}

/// Writes a file. A link may not lead a relative path out of the root; an absolute one is what the user
/// says it is.
///
/// # Errors
/// Those of the system, with the path; a link that leads out; what is there already and is no file.
pub fn write(path: &Path, text: &str, root: &Root) -> Result<(), Error> {
    let text = &*secrets::hide(text);
    let is_ours = match root {
        Root::Below(_) => path.is_absolute(),
        Root::Anywhere => true,
    };
    if let Ok(there) = fs::metadata(path)
        && !there.is_file()
    {
        // A terminal, a pipe, `/dev/null`: what the user names is written into, and never replaced.
        return match is_ours && !there.is_dir() {
            true => into(path, text).map_err(|error| failed(path, &error)),
            false => Err(Error::NoFile { path: path.to_owned() }),
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
    let name = path.file_name().ok_or_else(|| Error::NoFile { path: path.to_owned() })?;
    write_in(&root, &below.join(name), text).map_err(|error| failed(path, &error))
}

fn failed(path: &Path, error: &io::Error) -> Error {
    Error::Write { path: path.to_owned(), why: error.to_string() }
}

fn into(path: &Path, text: &str) -> io::Result<()> {
    OpenOptions::new().write(true).open(path)?.write_all(text.as_bytes())
}

/// Writes a file below a directory; one that was there keeps its permissions.
fn write_in(root: &Path, below: &Path, text: &str) -> io::Result<()> {
    let name = below.file_name().unwrap_or_default();
    let parent: PathBuf = below.parent().map(Path::to_owned).unwrap_or_default();
    let directory = Beneath::open(root, &parent)?;
    let there = directory.read(name).and_then(|file| file.metadata()).ok();
    let permissions = there.filter(|there| there.is_file()).map(|there| there.permissions());
    let half = half_name(name);
    let written = write_half(&directory, &half, text, permissions)
        .and_then(|()| directory.rename(&half, name));
    if written.is_err() {
        let _ = directory.remove(&half);
    }
    written
}

fn write_half(
    directory: &Beneath,
    half: &OsStr,
    text: &str,
    permissions: Option<Permissions>,
) -> io::Result<()> {
    let mut file = directory.create(half)?;
    file.write_all(text.as_bytes())?;
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
