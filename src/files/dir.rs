//! A directory handle; every operation stays inside the directory.
//!
//! Paths have been canonicalized before, but a component may be replaced by a link between that check and
//! opening it. So no link is followed: each component is opened in its parent, and one that has become a link
//! is an error. Safe Rust has such calls for Unix only; on other systems a path is opened as it was checked.

use std::fs::File;
use std::io;
use std::path::{Component, Path};

/// The components of a path that only descends.
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

    /// Opens a directory without reading it, which needs no read permission.
    #[cfg(target_os = "linux")]
    const DIRECTORY: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
    #[cfg(not(target_os = "linux"))]
    const DIRECTORY: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);

    /// An open directory.
    pub(crate) struct DirHandle(OwnedFd);

    impl DirHandle {
        /// Opens the directory at `path` below `root`.
        pub(crate) fn open(root: &Path, path: &Path) -> io::Result<DirHandle> {
            let mut directory = openat(rustix::fs::CWD, root, DIRECTORY, Mode::empty())?;
            for part in parts(path)? {
                directory = openat(&directory, part, DIRECTORY | OFlags::NOFOLLOW, Mode::empty())?;
            }
            Ok(DirHandle(directory))
        }

        /// Opens a file for reading; does not block on a pipe or device.
        pub(crate) fn read(&self, name: &OsStr) -> io::Result<File> {
            let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
            let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            Ok(openat(&self.0, name, flags, Mode::empty())?.into())
        }

        /// Creates a new file for reading and writing.
        pub(crate) fn create(&self, name: &OsStr) -> io::Result<File> {
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
            let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            Ok(openat(&self.0, name, flags, Mode::from_raw_mode(0o666))?.into())
        }

        /// Renames a file, replacing an existing one.
        pub(crate) fn rename(&self, old: &OsStr, new: &OsStr) -> io::Result<()> {
            Ok(renameat(&self.0, old, &self.0, new)?)
        }

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

    /// The path of a directory.
    pub(crate) struct DirHandle(PathBuf);

    impl DirHandle {
        pub(crate) fn open(root: &Path, path: &Path) -> io::Result<DirHandle> {
            parts(path)?;
            Ok(DirHandle(root.join(path)))
        }

        pub(crate) fn read(&self, name: &OsStr) -> io::Result<File> {
            File::open(self.0.join(name))
        }

        pub(crate) fn create(&self, name: &OsStr) -> io::Result<File> {
            File::create_new(self.0.join(name))
        }

        pub(crate) fn rename(&self, old: &OsStr, new: &OsStr) -> io::Result<()> {
            fs::rename(self.0.join(old), self.0.join(new))
        }

        pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
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
    fn component_that_became_a_link_is_an_error() {
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
