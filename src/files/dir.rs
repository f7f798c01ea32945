//! A directory, held open: what is opened, made or renamed in it stays beneath it.
//!
//! In: a directory and paths in it that have been followed to their end already. Out: open files. A
//! newcomer's trap: between looking at a path and opening it somebody may put a link in its place. So no
//! part of a path is followed here: each is opened in the one before, and one that has become a link is
//! an error. Systems other than Unix have no such calls in safe Rust: there a path is opened as it was
//! checked.

use std::fs::File;
use std::io;
use std::path::{Component, Path};

/// The parts of a path that leads down and nowhere else.
fn parts(path: &Path) -> io::Result<Vec<&std::ffi::OsStr>> {
    let part = |part| match part {
        Component::Normal(name) => Ok(name),
        Component::Prefix(_) | Component::RootDir | Component::CurDir | Component::ParentDir => {
            Err(io::Error::from(io::ErrorKind::InvalidInput))
        }
    };
    path.components().map(part).collect()
}

#[cfg(unix)]
mod system {
    use super::{File, Path, io, parts};
    use rustix::fs::{AtFlags, Mode, OFlags, openat, renameat, unlinkat};
    use std::ffi::OsStr;
    use std::os::fd::OwnedFd;

    /// A directory that is opened to go on from, not to be read: that needs no right to read it.
    #[cfg(target_os = "linux")]
    const DIRECTORY: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
    #[cfg(not(target_os = "linux"))]
    const DIRECTORY: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);

    /// A directory.
    pub(crate) struct DirHandle(OwnedFd);

    impl DirHandle {
        /// Opens a directory, and in it the one at this path.
        pub(crate) fn open(root: &Path, path: &Path) -> io::Result<DirHandle> {
            let mut directory = openat(rustix::fs::CWD, root, DIRECTORY, Mode::empty())?;
            for part in parts(path)? {
                directory = openat(&directory, part, DIRECTORY | OFlags::NOFOLLOW, Mode::empty())?;
            }
            Ok(DirHandle(directory))
        }

        /// Opens a file to read. What is no file is opened as well and never waited for.
        pub(crate) fn read(&self, name: &OsStr) -> io::Result<File> {
            let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
            let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            Ok(openat(&self.0, name, flags, Mode::empty())?.into())
        }

        /// Makes a file that was not there, to be written and read.
        pub(crate) fn create(&self, name: &OsStr) -> io::Result<File> {
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
            let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            Ok(openat(&self.0, name, flags, Mode::from_raw_mode(0o666))?.into())
        }

        /// Puts a file in the place of another, or where none was.
        pub(crate) fn rename(&self, old: &OsStr, new: &OsStr) -> io::Result<()> {
            Ok(renameat(&self.0, old, &self.0, new)?)
        }

        /// Takes a file away.
        pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
            Ok(unlinkat(&self.0, name, AtFlags::empty())?)
        }
    }
}

#[cfg(not(unix))]
mod system {
    use super::{File, Path, io, parts};
    use std::ffi::OsStr;
    use std::fs;
    use std::path::PathBuf;

    /// A directory.
    pub struct Beneath(PathBuf);

    impl DirHandle {
        /// Opens a directory, and in it the one at this path.
        pub fn open(root: &Path, path: &Path) -> io::Result<DirHandle> {
            parts(path)?;
            Ok(DirHandle(root.join(path)))
        }

        /// Opens a file to read.
        pub fn read(&self, name: &OsStr) -> io::Result<File> {
            File::open(self.0.join(name))
        }

        /// Makes a file that was not there, to be written and read.
        pub fn create(&self, name: &OsStr) -> io::Result<File> {
            File::create_new(self.0.join(name))
        }

        /// Puts a file in the place of another, or where none was.
        pub fn rename(&self, old: &OsStr, new: &OsStr) -> io::Result<()> {
            fs::rename(self.0.join(old), self.0.join(new))
        }

        /// Takes a file away.
        pub fn remove(&self, name: &OsStr) -> io::Result<()> {
            fs::remove_file(self.0.join(name))
        }
    }
}

pub(crate) use system::DirHandle;

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Read;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_part_that_has_become_a_link_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("a/b/file"), "inside").unwrap();
        fs::create_dir(root.join("c")).unwrap();
        fs::write(root.join("c/file"), "elsewhere").unwrap();
        symlink("../c", root.join("a/link")).unwrap();
        symlink("../../c/file", root.join("a/b/linked")).unwrap();

        let mut text = String::new();
        let inside = DirHandle::open(root, Path::new("a/b")).unwrap();
        inside.read("file".as_ref()).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "inside");
        assert!(inside.read("linked".as_ref()).is_err());
        assert!(inside.create("linked".as_ref()).is_err());
        for path in ["a/link", "a/../c", "/c", "a/b/file"] {
            assert!(DirHandle::open(root, Path::new(path)).is_err(), "{path}");
        }
    }
}
